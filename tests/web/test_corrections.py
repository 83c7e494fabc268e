"""/api/addresses/corrections: tried, made, taken in by who answers, undone, refused."""

from __future__ import annotations

import gzip
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from app.grids import City
from app.maps.houses import HOUSES
from app.maps.mvt import only_layer
from app.maps.tiles import build_tiles
from app.store import Database
from tests.corrections.conftest import at, streets, streets_folder  # noqa: F401 - fixtures
from tests.web.signing import production, token

PATH = "/api/addresses/corrections"
DOOR = {"kind": "place", "text": "格A东滨路12号", "words": {"road": "东滨路", "number": "12号"}}
NAME = {"kind": "alias", "alias": "太阳小区", "target_kind": "estate", "target": "阳光花园"}
LONG_S = 60


@pytest.fixture
def real(streets: City, prepared_sqlite: Path, tmp_path: Path) -> Iterator[APIFlask]:  # noqa: F811
    shutil.copy(prepared_sqlite, tmp_path / "weige.db")
    database = Database(f"sqlite:///{tmp_path / 'weige.db'}")
    with production(streets, database, tmp_path) as app:
        app.extensions["weige"].live_corrections.start()
        yield app
    database.close()


@pytest.fixture
def client(real: APIFlask) -> FlaskClient:
    return real.test_client()


@pytest.fixture
def dina(real: APIFlask) -> dict[str, str]:
    return token(real, "dina")


def grid_of(client: FlaskClient, who: dict[str, str], text: str) -> tuple[str, str]:
    """Return the grid of an address and the version of the gazetteer that said so."""
    body = {"addresses": [{"text": text}]}
    answer = client.post("/api/addresses/assign", json=body, headers=who)
    assert answer.status_code == 200, answer.text
    return answer.json["results"][0]["grid"], answer.json["gazetteer_version"]


def taken_in(client: FlaskClient, who: dict[str, str], ident: str) -> dict[str, Any]:
    until = time.monotonic() + LONG_S
    while time.monotonic() < until:
        found: dict[str, Any] = client.get(f"{PATH}/{ident}", headers=who).json
        if found["taken_in"]:
            return found
        time.sleep(0.05)
    pytest.fail("it was not taken in")


def test_tried_made_in_effect_undone(client: FlaskClient, dina: dict[str, str]) -> None:
    body = DOOR | at("A2") | {"note": "现场核实"}
    grid, version = grid_of(client, dina, "格A东滨路12号")
    assert grid == "A1"
    tried = client.post(PATH, json=body | {"dry_run": True}, headers=dina)
    assert tried.status_code == 200, tried.text
    trial = tried.json["trial"]
    assert tried.json["correction"] is None
    assert trial["words"] == {"town": "格A", "road": "东滨路", "number": "12"}
    assert trial["filled"] == ["town"]
    assert trial["point"]["grid"] == "A2"
    assert [one["grid"] for one in trial["replaced"]] == ["A1"]
    assert trial["before"] == {"status": "assigned", "grid": "A1", "gazetteer_version": version}
    assert client.get(PATH, headers=dina).json["corrections"] == []

    made = client.post(PATH, json=body, headers=dina)
    assert made.status_code == 201, made.text
    ident = made.json["correction"]["id"]
    found = taken_in(client, dina, ident)
    assert found["state"] == "in_effect"
    assert found["made_by"]
    after = grid_of(client, dina, "格A东滨路12号")
    assert after[0] == "A2"
    assert after[1].startswith(f"{version}+")
    listed = client.get(f"{PATH}?state=in_effect", headers=dina).json
    assert [one["id"] for one in listed["corrections"]] == [ident]
    assert listed["gazetteer_version"] == after[1]

    undone = client.post(f"{PATH}/{ident}/undo", json={"note": "看错了"}, headers=dina)
    assert undone.status_code == 200, undone.text
    assert undone.json["state"] == "undone"
    assert taken_in(client, dina, ident)["undo_note"] == "看错了"
    assert grid_of(client, dina, "格A东滨路12号") == ("A1", version)
    again = client.post(f"{PATH}/{ident}/undo", json={}, headers=dina)
    assert again.status_code == 409
    assert again.json["error"]["details"]["undone_by"] == found["made_by"]


def test_a_name_is_suggested_too(client: FlaskClient, dina: dict[str, str]) -> None:
    made = client.post(PATH, json=NAME, headers=dina)
    assert made.status_code == 201, made.text
    taken_in(client, dina, made.json["correction"]["id"])
    found = client.get("/api/addresses?q=太阳小", headers=dina).json["suggestions"]
    assert [(one["name"], one["alias"], one["why"]) for one in found][:1] == [
        ("阳光花园", "太阳小区", "correction")
    ]
    assert grid_of(client, dina, "格A太阳小区1栋")[0] == "A3"


def moved(client: FlaskClient, who: dict[str, str], *, wanted: bool) -> dict[str, Any] | None:
    """Wait until /api/city says that a house was moved, or none is any more."""
    until = time.monotonic() + LONG_S
    while time.monotonic() < until:
        found: dict[str, Any] | None = client.get("/api/city", headers=who).json["moved"]
        if (found is not None) == wanted:
            return found
        time.sleep(0.05)
    pytest.fail("the houses stay as they are")


def test_a_house_stands_where_it_was_corrected_to(
    real: APIFlask,
    client: FlaskClient,
    dina: dict[str, str],
    streets: City,  # noqa: F811
    tmp_path: Path,
) -> None:
    build_tiles(streets, tmp_path)
    assert client.get("/api/city", headers=dina).json["moved"] is None
    made = client.post(PATH, json=DOOR | at("A2"), headers=dina)
    assert made.status_code == 201
    told = moved(client, dina, wanted=True)
    assert told is not None
    houses = real.extensions["weige"].moved_houses
    assert {tuple(one) for one in told["tiles"]} == set(houses.layers)
    column, row = told["tiles"][0]
    url = told["url"].format(x=column, y=row)
    answer = client.get(url, headers=dina)
    assert "immutable" in answer.headers["Cache-Control"]
    tile = gzip.decompress(answer.data)
    assert only_layer(tile, HOUSES) == houses.layers[column, row]
    assert only_layer(tile, "cell")
    # An address of other corrections is answered as it is by now, and not to be kept.
    other = client.get(url.replace(told["url"].split("/")[-3], "0000"), headers=dina)
    assert gzip.decompress(other.data) == tile
    assert other.headers["Cache-Control"] == "no-store"
    client.post(f"{PATH}/{made.json['correction']['id']}/undo", json={}, headers=dina)
    moved(client, dina, wanted=False)
    archived = gzip.decompress(client.get(url, headers=dina).data)
    assert only_layer(archived, HOUSES) != only_layer(tile, HOUSES)


def test_conflicts_say_what_to_do(client: FlaskClient, dina: dict[str, str]) -> None:
    touching = NAME | {"alias": "东宾路", "target_kind": "road", "target": "建设路"}
    refused = client.post(PATH, json=touching, headers=dina)
    assert refused.status_code == 409
    (touched,) = refused.json["error"]["details"]["touched"]
    assert (touched["name"], touched["how"]) == ("东滨路", "one_edit")
    made = client.post(PATH, json=touching | {"confirmed": True}, headers=dina)
    assert made.status_code == 201
    other = touching | {"confirmed": True, "target": "东滨路"}
    taken = client.post(PATH, json=other, headers=dina)
    assert taken.status_code == 409
    ident = taken.json["error"]["details"]["in_effect"]
    assert ident == made.json["correction"]["id"]
    assert client.post(PATH, json=other | {"replaces": ident}, headers=dina).status_code == 201
    states = [one["state"] for one in client.get(PATH, headers=dina).json["corrections"]]
    assert states == ["in_effect", "replaced"]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (DOOR | {"lon": 104.545, "lat": 30.405}, 400, "新区"),
        (DOOR | {"lon": 30.405, "lat": 104.505}, 400, "颠倒"),
        (DOOR, 400, "lon"),
        (DOOR | {"lon": "104.5", "lat": 30.4}, 400, "lon"),
        (DOOR | at("A2") | {"words": {"street": "x"}}, 400, "street"),
        (NAME | {"target": "星星花园"}, 400, "星星花园"),
        (NAME | {"kind": "rule"}, 400, "kind"),
        ({}, 400, "kind"),
    ],
)
def test_what_is_wrong_is_said(
    client: FlaskClient, dina: dict[str, str], body: dict[str, Any], status: int, said: str
) -> None:
    answer = client.post(PATH, json=body, headers=dina | {"Accept-Language": "zh"})
    assert answer.status_code == status, answer.text
    assert said in answer.json["error"]["message"]


def test_who_may(real: APIFlask, client: FlaskClient, dina: dict[str, str]) -> None:
    vera, town_a, town_b = (token(real, name) for name in ("vera", "town-a", "town-b"))
    body = DOOR | at("A2")
    assert client.post(PATH, json=body, headers=vera).status_code == 403
    assert client.get(PATH, headers=vera).status_code == 403
    assert client.post(PATH, json=body, headers=town_b).status_code == 403
    made = client.post(PATH, json=body, headers=town_a)
    assert made.status_code == 201
    ident = made.json["correction"]["id"]
    assert client.get(PATH, headers=town_b).json["corrections"] == []
    assert client.get(f"{PATH}/{ident}", headers=town_b).status_code == 404
    assert client.post(f"{PATH}/{ident}/undo", json={}, headers=town_b).status_code == 404
    assert len(client.get(PATH, headers=dina).json["corrections"]) == 1
    boss = token(real, "boss")
    (found,) = client.get(f"/api/audit?subject={ident}", headers=boss).json["records"]
    assert found["what"] == "correct_address"


def test_pages(client: FlaskClient, dina: dict[str, str]) -> None:
    for number in (12, 14, 16):
        words = {"road": "东滨路", "number": str(number)}
        body = DOOR | at("A2") | {"words": words}
        assert client.post(PATH, json=body, headers=dina).status_code == 201
    first = client.get(f"{PATH}?limit=2", headers=dina).json
    assert [one["words"]["number"] for one in first["corrections"]] == ["16", "14"]
    rest = client.get(f"{PATH}?limit=2&before={first['next']}", headers=dina).json
    assert [one["words"]["number"] for one in rest["corrections"]] == ["12"]
    assert rest["next"] is None


def test_a_city_without_a_gazetteer_says_so(
    board: City, prepared_sqlite: Path, tmp_path: Path
) -> None:
    shutil.copy(prepared_sqlite, tmp_path / "weige.db")
    database = Database(f"sqlite:///{tmp_path / 'weige.db'}")
    with production(board, database, tmp_path) as app:
        who = token(app, "dina")
        answer = app.test_client().post(PATH, json=DOOR | at("A2"), headers=who)
        assert answer.status_code == 404
        assert answer.json["error"]["code"] == "no_gazetteer"
        assert app.test_client().get(PATH, headers=who).status_code == 404
    database.close()
