"""What the page is sent in English is English, but for names and what people wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from app.grids import City
from app.web import create_app
from app.web.settings import Settings

HAN = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
EN = {"Accept-Language": "en"}
# Fields that hold what the city's data or people call something, or the Chinese half of a pair.
DATA = frozenset(
    {"name", "name_zh", "zh", "title", "description", "label", "role", "area_name", "who", "actor"}
    | {"level_name", "overlay_name", "synthetic", "generation", "given", "within", "city", "origin"}
)
# A statement of both languages, as city folders have them.
BOTH = re.compile(r"^[^/]* / [^/]*$")


@pytest.fixture
def client(board: City, tmp_path: Any) -> Iterator[FlaskClient]:
    app = create_app(Settings(city=board.folder, var=tmp_path))
    with app.test_client() as client:
        yield client


def chinese(told: Any, known: frozenset[str], path: str = "") -> Iterator[str]:
    """Yield what is said in Chinese, with its place, but for the names that are known."""
    if isinstance(told, dict):
        for key, value in told.items():
            if key not in DATA:
                yield from chinese(value, known, f"{path}.{key}")
    elif isinstance(told, list):
        for one in told:
            yield from chinese(one, known, path)
    elif isinstance(told, str):
        rest = told
        for one in sorted(known, key=len, reverse=True):
            rest = rest.replace(one, "")
        if HAN.search(rest) and not BOTH.match(told):
            yield f"{path}: {told}"


def names(told: Any) -> Iterator[str]:
    """Yield what things are called."""
    if isinstance(told, dict):
        for key, value in told.items():
            if isinstance(value, str) and key in DATA:
                yield value
            yield from names(value)
    elif isinstance(told, list):
        for one in told:
            yield from names(one)


def test_what_is_sent_in_english_is_english(client: FlaskClient) -> None:
    place = {"lon": 104.5051, "lat": 30.4051}
    draft = place | {"hazard": "gas.leak", "title": "闻到燃气味"}
    sent = [client.post("/api/incidents", json=draft, headers=EN) for _ in range(2)]
    number, version = (sent[0].json["incident"][one] for one in ("number", "version"))
    moved = client.post(
        f"/api/incidents/{number}/moves", json={"move": "file", "version": version}, headers=EN
    )
    assert [one.status_code for one in (*sent, moved)] == [201, 201, 200]
    chain = client.get("/api/locate", query_string=place, headers=EN).json["chain"]
    where, towns = "lon=104.5051&lat=30.4051", f"level={chain[0]['level']}"
    paths = [
        *("/api/city", "/api/hazards", "/api/lifecycle", "/api/me", "/api/incidents"),
        *(f"/api/locate?{one}" for one in (where, "lon=104.4&lat=30.3", "lon=104.51&lat=30.4051")),
        *(f"/api/grids/{one['code']}" for one in chain),
        f"/api/grid-names?q={chain[-1]['name']}&limit=3",
        f"/api/incidents/nearest?{where}&k=3",
        "/api/incidents/live?bbox=104,30,105,31",
        f"/api/incidents/duplicates?{where}&hazard=gas.leak",
        *(f"/api/incidents/{number}{part}" for part in ("", "/history", "/proposal", "/photos")),
        *("/api/heat?hazard=gas", "/api/breakdown", f"/api/hotspots?{towns}&measure=count"),
        *(f"/api/stats?{towns}&measure={one}" for one in ("count", "per_km2")),
        *(f"/api/coverage?{towns}&kind={one}" for one in ("staffing", "reach", "boundary")),
    ]
    answers = {path: client.get(path, headers=EN) for path in paths}
    answers["moved"] = moved
    told = {urlsplit(path).path: answer.json for path, answer in answers.items()}
    known = frozenset(names(list(told.values())))
    assert {path: list(chinese(one, known)) for path, one in told.items()} == {
        path: [] for path in told
    }
    # A refusal is told in English, too.
    assert {answer.status_code for answer in answers.values()} == {200, 400}
    # The check itself: the same in Chinese does not pass.
    zh = client.get(f"/api/incidents/{number}/proposal", headers={"Accept-Language": "zh"}).json
    assert list(chinese(zh, known))
