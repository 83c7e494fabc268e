"""/ogc while the boundaries change: pages stay with the edition of the first one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
import shapely
from apiflask import APIFlask
from flask.testing import FlaskClient
from typer.testing import CliRunner

from app.grids import City
from app.grids.editions import activate, roll_back
from app.open.tiles import QUAD
from app.web import create_app
from app.web.settings import Settings
from scripts.build_derived import app as build_derived
from tests.cities import chessboard
from tests.editions import add_edition, wider
from tests.web.test_ogc_tiles import ZOOM, tile_at

CELLS = "/ogc/collections/cell/items"


def board_with_june(place: Path) -> Path:
    made = chessboard(place / "board").folder
    add_edition(made, "june", date(2026, 6, 1), {"cell": wider(made)})
    return made


@contextmanager
def application(folder: Path, var: Path, database: Path) -> Iterator[APIFlask]:
    shutil.copy(database, var / "weige.db")
    made = create_app(Settings(city=folder, var=var))
    yield made
    made.extensions["weige"].follower.stop()
    made.extensions["weige"].database.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return board_with_june(tmp_path)


@pytest.fixture
def app(folder: Path, tmp_path: Path, prepared_sqlite: Path) -> Iterator[APIFlask]:
    with application(folder, tmp_path, prepared_sqlite) as made:
        yield made


def next_of(told: dict) -> str:
    return next(one["href"] for one in told["links"] if one["rel"] == "next")


def editions_of(told: dict) -> set[str]:
    return {one["properties"]["generation"] for one in told["features"]}


def test_pages_stay_with_their_edition_and_say_if_it_is_taken_back(
    app: APIFlask, folder: Path
) -> None:
    client, switch = app.test_client(), app.extensions["weige"].switch
    assert client.get(f"{CELLS}?generation=june").status_code == 404
    old = client.get(f"{CELLS}?limit=3").json
    activate(folder, "june")
    switch.catch_up()
    new = client.get(f"{CELLS}?limit=3").json
    assert (editions_of(old), editions_of(new)) == ({"1"}, {"june"})
    assert old["features"][0]["geometry"] != new["features"][0]["geometry"]
    for first, edition in ((old, "1"), (new, "june")):
        told = client.get(next_of(first)).json
        assert editions_of(told) == {edition}
        behind = "" if edition == "june" else f"@{edition}"
        assert [one["id"] for one in told["features"]] == [
            f"{x}{behind}" for x in ("A4", "B1", "B2")
        ]
    # Each edition holds on its days.
    assert client.get(f"{CELLS}?datetime=2026-05-31&generation=june").json["numberMatched"] == 0
    assert client.get(f"{CELLS}?datetime=2026-05-31&generation=1").json["numberMatched"] == 8
    assert client.get(f"{CELLS}?datetime=2026-06-01&generation=1").json["numberMatched"] == 0
    roll_back(folder)
    switch.catch_up()
    gone = client.get(next_of(new))
    assert gone.status_code == 404
    assert "'june'" in gone.json["description"]


EVERY = ["A1", "A2", "A3", "A4", "B1", "B2", "B3", "B4"]
OLD, NEW = [f"{code}@1" for code in EVERY], EVERY


@pytest.fixture(scope="module")
def two_editions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a city whose second edition answers today."""
    folder = board_with_june(tmp_path_factory.mktemp("two"))
    activate(folder, "june")
    return folder


@pytest.fixture(scope="module")
def after_june(
    two_editions: Path, tmp_path_factory: pytest.TempPathFactory, prepared_sqlite: Path
) -> Iterator[FlaskClient]:
    var = tmp_path_factory.mktemp("var")
    with application(two_editions, var, prepared_sqlite) as made:
        yield made.test_client()


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ("", NEW),
        ("2026-05-31", OLD),
        ("2026-05-31T23:59:59.999999+08:00", OLD),
        ("2026-06-01T00:00:00+08:00", NEW),
        ("2026-06-01", NEW),
        ("2026-05-31/2026-06-01", OLD + NEW),
        ("2026-05-31T15:59:59Z/2026-05-31T16:00:00Z", OLD + NEW),
        ("../2026-05-31", OLD),
        ("../2026-06-01", OLD + NEW),
        ("2026-06-01/..", NEW),
        ("2026-05-31/", OLD + NEW),
        ("../..", OLD + NEW),
        ("/", OLD + NEW),
        ("2025-12-31", []),
        ("0001-01-01", []),
        ("0001-01-01T00:00:00Z/9999-12-31T23:59:59Z", OLD + NEW),
        ("9999-12-31", NEW),
        ("9999-12-31T23:59:59-23:59", NEW),
    ],
)
def test_a_time_chooses_among_all_editions(
    after_june: FlaskClient, asked: str, ids: list[str]
) -> None:
    """Whatever holds then is found: each id once, on pages as well, and each leads to its grid."""
    client = after_june
    query = {"datetime": asked} if asked else {}
    told = client.get(CELLS, query_string=query).json
    assert [one["id"] for one in told["features"]] == ids
    assert told["numberMatched"] == len(ids)
    seen, url = [], client.get(CELLS, query_string=query | {"limit": 3}).json["links"][0]["href"]
    while url:
        page = client.get(url).json
        assert page["numberMatched"] == len(ids)
        seen += page["features"]
        url = next((one["href"] for one in page["links"] if one["rel"] == "next"), "")
    assert seen == told["features"]
    for one in told["features"][::5]:
        alone = client.get(f"{CELLS}/{one['id']}").json
        assert {key: value for key, value in alone.items() if key != "links"} == one


def test_a_grid_of_an_edition_says_when_it_holds(
    after_june: FlaskClient, two_editions: Path
) -> None:
    first, second = (after_june.get(f"{CELLS}/{ident}").json for ident in ("A1@1", "A1@june"))
    assert (first["id"], second["id"]) == ("A1@1", "A1")
    days = ("generation", "valid_from", "valid_to")
    assert [first["properties"][x] for x in days] == ["1", "2026-01-01", "2026-05-31"]
    assert [second["properties"][x] for x in days] == ["june", "2026-06-01", None]
    cells = City.at(two_editions / "generations" / "june").layer("cell")
    for told, shape in (
        (first, City.at(two_editions).layer("cell").geometry[0]),
        (second, cells.geometry[0]),
    ):
        found = shapely.from_geojson(json.dumps(told["geometry"]))
        assert shapely.equals(found, shape)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("A1?datetime=2026-03-01", "A1@1"),
        ("A1?datetime=2026-07-01", "A1"),
        ("A1?datetime=../..", "A1"),
        ("A1?datetime=../2026-05-01", "A1@1"),
        ("A1@1?datetime=../..", "A1@1"),
        ("A1?generation=1", "A1@1"),
        ("A1@1?generation=1", "A1@1"),
        ("A1@1?datetime=2026-07-01", None),
        ("A1@1?generation=june", None),
        ("A1?datetime=2025-01-01", None),
        ("A1?datetime=2026-07-01&generation=1", None),
        ("A1@nothing", None),
        ("Z9@1", None),
        ("Z9?datetime=../..", None),
    ],
)
def test_one_grid_is_found_by_its_time(
    after_june: FlaskClient, path: str, found: str | None
) -> None:
    answer = after_june.get(f"{CELLS}/{path}")
    assert answer.status_code == (404 if found is None else 200), answer.text
    if found is not None:
        assert answer.json["id"] == found


def test_figures_by_another_edition_have_ids_that_lead_to_them(after_june: FlaskClient) -> None:
    base = "/ogc/collections/statistics-cell/items"
    told = after_june.get(f"{base}?generation=1").json["features"]
    assert [one["id"] for one in told] == OLD
    alone = after_june.get(f"{base}/A2@1").json
    assert alone["properties"]["generation"] == "1"
    assert alone["geometry"] == told[1]["geometry"]
    assert after_june.get(f"{base}/A2@1?generation=june").status_code == 404
    assert [one["id"] for one in after_june.get(base).json["features"]] == NEW


def test_a_page_after_an_edition_that_was_taken_back_says_so(app: APIFlask, folder: Path) -> None:
    client = app.test_client()
    activate(folder, "june")
    app.extensions["weige"].switch.catch_up()
    last = client.get(f"{CELLS}?datetime=../..&limit=9").json
    roll_back(folder)
    app.extensions["weige"].switch.catch_up()
    gone = client.get(next_of(last))
    assert gone.status_code == 404
    assert "['1']" in gone.json["description"]
    for text in ("A1", "@", "x@1x"):
        answer = client.get(CELLS, query_string={"after": text})
        assert answer.status_code in {400, 404}, text
        assert answer.json["code"] in {"bad_input", "not_found"}


# --- tiles ------------------------------------------------------------------------------------


def test_tiles_are_those_of_the_edition_or_the_day_that_is_asked_for(
    app: APIFlask, folder: Path, tmp_path: Path
) -> None:
    client, switch = app.test_client(), app.extensions["weige"].switch
    activate(folder, "june")
    switch.catch_up()
    row, column = tile_at(104.52, 30.405)
    tile = f"tiles/{QUAD}/{ZOOM}/{row}/{column}"

    def drawn(path: str, **query: str) -> bytes:
        answer = client.get(f"/ogc/{path}", query_string=query)
        assert answer.status_code == 200, answer.text
        return bytes(answer.data)

    arguments = ["--city", str(folder), "--var", str(tmp_path), "--generation"]
    for name in ("1", "june"):
        missing = client.get(f"/ogc/{tile}", query_string={"generation": name})
        assert missing.status_code == 404
        assert f"--generation {name}" in missing.json["error"]["hint"]
        assert CliRunner().invoke(build_derived, [*arguments, name]).exit_code == 0
    for path in (tile, f"collections/cell/{tile}"):
        old, new = (drawn(path, generation=name) for name in ("1", "june"))
        assert old != new
        assert drawn(path) == new
        assert drawn(path, datetime="2026-05-31") == old
        assert drawn(path, datetime="2026-05-31/2026-06-01") == new
        assert drawn(path, datetime="2026-05-31", generation="1") == old
        # An edition that is named and does not hold then, and a time before all: nothing.
        for query in ({"datetime": "2026-05-31", "generation": "june"}, {"datetime": "1999-01-01"}):
            assert client.get(f"/ogc/{path}", query_string=query).status_code == 204
    # Figures: the time is what is counted, the edition is named.
    path = f"collections/statistics-cell/{tile}"
    assert drawn(path, generation="1") != drawn(path, generation="june")
    assert drawn(path, datetime="2026-05-31") == drawn(
        path, datetime="2026-05-31", generation="june"
    )
