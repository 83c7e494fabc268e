"""Make and change accounts and API tokens, in the database that the server uses.

    python -m scripts.manage_users add NAME --role ROLE [--area CODE] [--label TEXT]
    python -m scripts.manage_users list
    python -m scripts.manage_users set-password NAME
    python -m scripts.manage_users set-role NAME ROLE [--area CODE]
    python -m scripts.manage_users deactivate NAME [--undo]
    python -m scripts.manage_users token add NAME --for SYSTEM --scope view [--scope …] [--days N]
    python -m scripts.manage_users token list
    python -m scripts.manage_users token revoke ID

A password is asked for at the terminal, or read as the first line of stdin; never from the command
line, which others on the machine can read. City and database are those of WEIGE_CITY, WEIGE_VAR
and WEIGE_DATABASE_URL, as for the server. Exit code 0: done; 2: refused, nothing changed.
"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.accounts import Actor, Permission, Role
from app.accounts.accounts import Accounts
from app.accounts.tokens import DEFAULT_DAYS, Tokens
from app.errors import BadInputError
from app.grids import City
from app.store import Database
from scripts.console import guarded, say, speaks_chinese

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Manage accounts and tokens.")
tokens_app = typer.Typer(no_args_is_help=True, help="Manage API tokens.")
app.add_typer(tokens_app, name="token")

BY = Actor.system("manage_users")

Name = Annotated[str, typer.Argument(help="Name of the account.")]
Area = Annotated[
    str | None,
    typer.Option(help="Code of the grid, of any level, to which it is limited. Else: the city."),
]
City_ = Annotated[Path, typer.Option("--city", envvar="WEIGE_CITY", help="City folder.")]
Var = Annotated[Path, typer.Option(envvar="WEIGE_VAR", help="Where weige.db is.")]
Url = Annotated[
    str,
    typer.Option(
        "--database-url", envvar="WEIGE_DATABASE_URL", help="Another database.", show_envvar=True
    ),
]
CITY = Path("geodata/jianyang")
VAR = Path("var")


@dataclass(frozen=True, slots=True)
class Store:
    """What the commands work on."""

    accounts: Accounts
    tokens: Tokens


@contextmanager
def _store(city: Path, var: Path, url: str) -> Iterator[Store]:
    with guarded():
        opened = City.open(city)
        database = Database(url or f"sqlite:///{var / 'weige.db'}")
        try:
            database.upgrade()
            accounts = Accounts(database, opened)
            yield Store(accounts, Tokens(database, accounts))
        finally:
            database.close()


@app.command()
def add(
    name: Name,
    role: Annotated[Role, typer.Option(help="What it is for.")],
    area: Area = None,
    label: Annotated[str, typer.Option(help="What histories show; a post, never a person.")] = "",
    city: City_ = CITY,
    var: Var = VAR,
    url: Url = "",
) -> None:
    """Make an account; its password is asked for."""
    with _store(city, var, url) as store:
        made = store.accounts.create(BY, name, _password(), role, area, label)
    say(f"{made.name}: {made.role}, {made.area or 'the whole city'}, {made.label}")


@app.command("list")
def list_accounts(city: City_ = CITY, var: Var = VAR, url: Url = "") -> None:
    """List all accounts."""
    with _store(city, var, url) as store:
        rows = store.accounts.all(BY)
    _show(
        ["name", "role", "area", "label", "active", "last sign-in"],
        [
            (
                one.name,
                str(one.role),
                one.area or "",
                one.label,
                "yes" if one.active else "no",
                f"{one.last_sign_in_at:%Y-%m-%d %H:%MZ}" if one.last_sign_in_at else "",
            )
            for one in rows
        ],
    )


@app.command()
def set_password(name: Name, city: City_ = CITY, var: Var = VAR, url: Url = "") -> None:
    """Give an account a new password, which is asked for; its sessions are over."""
    with _store(city, var, url) as store:
        store.accounts.get(name)
        store.accounts.set_password(BY, name, _password())
    say(f"{name}: new password")


@app.command()
def set_role(
    name: Name,
    role: Annotated[Role, typer.Argument(help="Its new role.")],
    area: Area = None,
    city: City_ = CITY,
    var: Var = VAR,
    url: Url = "",
) -> None:
    """Give an account another role and area; without --area it is for the whole city."""
    with _store(city, var, url) as store:
        made = store.accounts.change(BY, name, role=role, area=area or None)
    say(f"{made.name}: {made.role}, {made.area or 'the whole city'}")


@app.command()
def deactivate(
    name: Name,
    undo: Annotated[bool, typer.Option("--undo", help="Let it be used again.")] = False,
    city: City_ = CITY,
    var: Var = VAR,
    url: Url = "",
) -> None:
    """End an account: no sign-in, no session, no token. It stays in histories."""
    with _store(city, var, url) as store:
        store.accounts.change(BY, name, active=undo)
    say(f"{name}: {'active' if undo else 'not active'}")


@tokens_app.command("add")
def add_token(
    name: Name,
    system: Annotated[str, typer.Option("--for", help="The system that uses it.")],
    scope: Annotated[list[Permission], typer.Option(help="What it may do; several times.")],
    days: Annotated[int, typer.Option(help="How long it can be used.")] = DEFAULT_DAYS,
    city: City_ = CITY,
    var: Var = VAR,
    url: Url = "",
) -> None:
    """Make a token that acts as an account, and print its secret, once, on stdout."""
    with _store(city, var, url) as store:
        made, secret = store.tokens.make(BY, name, system, scope, days)
    say(f"token {made.id} of {made.account}, until {made.expires_at:%Y-%m-%d}; kept nowhere:")
    print(secret)


@tokens_app.command("list")
def list_tokens(city: City_ = CITY, var: Var = VAR, url: Url = "") -> None:
    """List all tokens, without their secrets."""
    with _store(city, var, url) as store:
        rows = store.tokens.all(BY)
    _show(
        ["id", "account", "for", "scopes", "until", "revoked", "last used"],
        [
            (
                str(one.id),
                one.account,
                one.name,
                " ".join(sorted(one.scopes)),
                f"{one.expires_at:%Y-%m-%d}",
                f"{one.revoked_at:%Y-%m-%d}" if one.revoked_at else "",
                f"{one.last_used_at:%Y-%m-%d}" if one.last_used_at else "",
            )
            for one in rows
        ],
    )


@tokens_app.command("revoke")
def revoke_token(
    ident: Annotated[int, typer.Argument(metavar="ID", help="Number of the token.", min=1)],
    city: City_ = CITY,
    var: Var = VAR,
    url: Url = "",
) -> None:
    """Take a token back, for good."""
    with _store(city, var, url) as store:
        made = store.tokens.revoke(BY, ident)
    say(f"token {made.id} of {made.account}: revoked")


def _password() -> str:
    """Return a password that is typed twice unseen, or is the first line of stdin."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    zh = speaks_chinese()
    first = getpass.getpass("密码：" if zh else "Password: ")
    if getpass.getpass("再输入一次：" if zh else "Again: ") != first:
        raise BadInputError("the two passwords differ", message_zh="两次输入的密码不一致")
    return first


def _show(columns: list[str], rows: list[tuple[str, ...]]) -> None:
    if not sys.stdout.isatty():  # for other programs
        for row in rows:
            print("\t".join(row))
        return
    table = Table(*columns)
    for row in rows:
        table.add_row(*row)
    Console().print(table)


if __name__ == "__main__":
    app()
