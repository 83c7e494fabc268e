"""The application as it is in production, and browsers that sign in to it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apiflask import APIFlask
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts import Actor, Permission, Role
from app.accounts.accounts import Accounts
from app.accounts.tokens import Tokens
from app.grids import City
from app.store import Database
from app.web import create_app
from app.web.settings import Settings

PASSWORD = "four plain words here"
KEY = "k" * 32
ORIGIN = "https://weige.test"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
ROOT = Actor.system("setup")
# name: role, area
PEOPLE: dict[str, tuple[Role, str | None]] = {
    "boss": (Role.ADMIN, None),
    "dina": (Role.DISPATCHER, None),
    "vera": (Role.VIEWER, None),
    "town-a": (Role.TOWN_ADMIN, "A"),
    "town-b": (Role.TOWN_ADMIN, "B"),
}


def url_of(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


@contextmanager
def production(city: City, database: Database, var: Path, **settings: Any) -> Iterator[APIFlask]:
    """Give the application with an account for each of PEOPLE."""
    accounts = Accounts(database, city, hasher=QUICK)
    for name, (role, area) in PEOPLE.items():
        accounts.create(ROOT, name, PASSWORD, role, area)
    url = url_of(database).replace("postgresql+psycopg", "postgresql")
    app = create_app(
        Settings(
            city=city.folder,
            var=var,
            database_url=url,
            env="production",
            secret_key=KEY,
            **settings,
        )
    )
    service = app.extensions["weige"]
    service.accounts = accounts
    try:
        yield app
    finally:
        service.end()
        service.database.close()


def real_copy(board: City, folder: Path) -> City:
    """Return a copy of the city that does not call itself synthetic."""
    shutil.copytree(board.folder, folder)
    manifest = folder / "city.toml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace("测试数据 test data", ""), encoding="utf-8")
    return City.open(folder)


def token(app: APIFlask, name: str, *scopes: Permission) -> dict[str, str]:
    """Return the header of a token of an account, with all that it may, or some of it."""
    tokens: Tokens = app.extensions["weige"].tokens
    given = scopes or PEOPLE[name][0].permissions
    return {"Authorization": f"Bearer {tokens.make(ROOT, name, 'test', given)[1]}"}


@dataclass
class Visitor:
    """A browser: keeps cookies, speaks TLS, says where a request comes from."""

    client: FlaskClient

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, base_url=ORIGIN, **more)

    def post(self, path: str, **more: Any) -> TestResponse:
        headers = {"Sec-Fetch-Site": "same-origin"} | more.pop("headers", {})
        return self.client.post(path, base_url=ORIGIN, headers=headers, **more)

    def submit(self, page: str, path: str, **fields: str) -> TestResponse:
        """Open a page and send one of its forms, with what is hidden in it."""
        text = self.get(page).text
        form = next(one for one in text.split("<form")[1:] if f'action="{path}"' in one)
        hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
        return self.post(path, data=dict(hidden) | fields)

    def sign_in(self, name: str, password: str = PASSWORD, page: str = "/sign-in") -> TestResponse:
        return self.submit(page, "/sign-in", name=name, password=password)

    def csrf(self) -> dict[str, str]:
        return {"X-CSRFToken": self.get("/api/me").json["csrf_token"]}
