"""/ogc while the boundaries change: pages stay with the edition of the first one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from apiflask import APIFlask

from app.grids.editions import activate, roll_back
from app.web import create_app
from app.web.settings import Settings
from tests.cities import chessboard
from tests.editions import add_edition, wider

CELLS = "/ogc/collections/cell/items"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = chessboard(tmp_path / "board").folder
    add_edition(made, "june", date(2026, 6, 1), {"cell": wider(made)})
    return made


@pytest.fixture
def app(folder: Path, tmp_path: Path, prepared_sqlite: Path) -> Iterator[APIFlask]:
    shutil.copy(prepared_sqlite, tmp_path / "weige.db")
    made = create_app(Settings(city=folder, var=tmp_path))
    yield made
    made.extensions["weige"].follower.stop()
    made.extensions["weige"].database.close()


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
        assert [one["id"] for one in told["features"]] == ["A4", "B1", "B2"]
    # Each edition holds on its days.
    assert client.get(f"{CELLS}?datetime=2026-05-31").json["numberMatched"] == 0
    assert client.get(f"{CELLS}?datetime=2026-05-31&generation=1").json["numberMatched"] == 8
    assert client.get(f"{CELLS}?datetime=2026-06-01&generation=1").json["numberMatched"] == 0
    roll_back(folder)
    switch.catch_up()
    gone = client.get(next_of(new))
    assert gone.status_code == 404
    assert "'june'" in gone.json["description"]
