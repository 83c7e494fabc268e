"""Whom another edition moves: doors, posts, households; and the files that say so."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from argon2 import PasswordHasher
from typer.testing import CliRunner

from app.accounts import Actor, Role
from app.accounts.accounts import Accounts
from app.analysis.moved import door_rows, moved_by, totals
from app.grids import City
from app.grids.diff import Kind
from app.grids.diff_rows import change_rows, lineage_rows, to_geojson
from app.grids.layer_file import read_layer
from app.grids.store import read_manifest
from app.incidents.desk import Desk
from app.incidents.incident import Draft
from app.incidents.policy import Policy
from app.incidents.replay import Replay
from app.locate import Locator
from app.store import Database
from scripts.diff_generations import app
from tests.cities import with_tables
from tests.editions import POINT, add_edition, changed_board


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return changed_board(tmp_path_factory.mktemp("moved"))


@pytest.fixture(scope="module")
def moved(folder: Path):
    return moved_by(*(Locator(City.at(one)) for one in (folder, folder / "generations" / "june")))


def test_doors_posts_and_changes_are_told(moved) -> None:
    told = {one["code_from"]: one for one in change_rows(moved.diff.layer("cell"))}
    assert {code: one["kind"] for code, one in told.items()} == {
        "A1": "redrawn", "A2": "redrawn", "A3": "renamed", "B1": "recoded", "B3": "merged",
        "B4": "merged",
    }  # fmt: skip
    assert (told["B1"]["code_to"], told["B4"]["code_to"]) == ("B9", "B3")
    assert told["B3"]["origins"] == told["B4"]["origins"] == ["B3", "B4"]
    assert told["A2"]["share_kept"] == pytest.approx(0.5, abs=1e-4)
    rows = list(door_rows(moved))
    assert [(one["number"], one["what"], one["code_from"], one["code_to"]) for one in rows] == [
        ("1", "moved", "A2", "A1"),
        ("4", "moved", "B4", "B3"),
    ]
    assert totals(moved) == {
        "doors": 4, "doors_moved": 2, "doors_recoded": 0, "posts": 3, "posts_changed": 0,
    }  # fmt: skip
    lineage = list(lineage_rows(moved.diff.layer("cell")))
    of_a2 = {one["code_to"]: one["share"] for one in lineage if one["code_from"] == "A2"}
    assert of_a2 == {"A1": pytest.approx(0.5, abs=1e-4), "A2": pytest.approx(0.5, abs=1e-4)}


def test_posts_of_grids_that_do_not_simply_go_on(folder: Path, tmp_path: Path) -> None:
    place = Path(shutil.copytree(folder, tmp_path / "board"))
    staff = pd.DataFrame(
        {"code": ["A1", "A3", "B1", "B4", "Z9"], "role": "网格长", "label": "x", "phone": ""}
    )
    with_tables(City.at(place), staff=staff)
    found = moved_by(*(Locator(City.at(one)) for one in (place, place / "generations" / "june")))
    assert [(one["code_from"], one["kind"], one["code_to"]) for one in found.posts] == [
        ("B1", "recoded", "B9"),
        ("B4", "merged", "B3"),
    ]


def test_an_edition_beside_itself_moves_nobody(
    folder: Path, tmp_path: Path, prepared_sqlite: Path
) -> None:
    place = Path(shutil.copytree(folder, tmp_path / "board"))
    cells = read_layer(place / "cell.parquet").assign(households=7)
    staff = pd.DataFrame({"code": ["A", "A1", "B4"], "role": "网格长", "label": "x", "phone": ""})
    first = read_manifest(place)
    with_tables(City.at(add_edition(place, "same", first.valid_from, {"cell": cells})), staff=staff)
    one = Locator(City.at(place / "generations" / "same"))
    found = moved_by(one, one)
    assert found.diff.is_empty
    assert (len(list(door_rows(found))), found.posts, found.post_count) == (0, (), 3)
    assert totals(found)["doors"] == 4
    for layer in found.diff.layers:
        assert {change.kind for change in layer.changes} == {Kind.KEPT}
        every = list(range(len(layer.before.codes)))
        assert layer.lineage.before.tolist() == layer.lineage.after.tolist() == every
        assert layer.lineage.share.tolist() == pytest.approx([1.0] * len(every))
        assert list(lineage_rows(layer)) == []
    assert found.diff.layer("cell").households == (0, 7 * len(cells))
    assert json.loads(to_geojson(found.diff))["features"] == []
    shutil.copy(prepared_sqlite, tmp_path / "weige.db")
    database = Database(f"sqlite:///{tmp_path / 'weige.db'}")
    try:
        draft = Draft(hazard="gas", title="测试", **POINT)
        Desk(database, one, Policy.read()).report(Actor.system("test"), draft)
        asked = list(Replay(database, one).look(Actor.system("test")))
    finally:
        database.close()
    assert [row.changes for row in asked] == [False]


def test_geojson_has_both_sides_of_what_changes(moved) -> None:
    told = json.loads(to_geojson(moved.diff))
    sides = [(one["properties"]["side"], one["properties"]["code"]) for one in told["features"]]
    assert ("from", "B4") in sides
    assert ("to", "B9") in sides
    assert not [one for one in sides if one[1] in {"A", "B", "A4", "K"}]
    assert (told["from"]["name"], told["to"]["name"]) == ("1", "june")


def test_the_script_writes_everything_and_says_by_its_code_whether_something_changes(
    folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"

    def run(*names: str) -> int:
        arguments = [*names, "--city", str(folder), "-o", str(out), "--var", str(tmp_path)]
        return CliRunner().invoke(app, arguments).exit_code

    assert run("1", "june") == 1
    assert sorted(one.name for one in out.iterdir()) == [
        "changes.csv", "diff.geojson", "diff.html", "doors.csv", "lineage.csv", "posts.csv",
        "summary.json",
    ]  # fmt: skip
    with (out / "changes.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len([one for one in rows if one["level"] == "cell"]) == 8
    assert [one["origins"] for one in rows if one["code_from"] == "B4"] == ["B3 B4"]
    assert json.loads((out / "summary.json").read_text())["doors_moved"] == 2
    assert run("1", "1") == 0
    assert "两个版本的边界完全相同" in (out / "diff.html").read_text(encoding="utf-8")
    assert run("1", "2030") == 2


def test_open_incidents_and_accounts_that_lose_their_area_are_told(
    folder: Path, tmp_path: Path, prepared_sqlite: Path
) -> None:
    shutil.copy(prepared_sqlite, tmp_path / "weige.db")
    database = Database(f"sqlite:///{tmp_path / 'weige.db'}")
    city = City.at(folder)
    by = Actor.system("test")
    accounts = Accounts(database, city, hasher=PasswordHasher(1, 8, 1))
    for name, area in (("wei", "B1"), ("an", "A2"), ("li", "B")):
        accounts.create(by, name, "korrekt-pferd-4711", Role.GRID_WORKER, area)
    draft = Draft(hazard="gas", title="测试", **POINT)
    number = Desk(database, Locator(city), Policy.read()).report(by, draft)[0].number
    database.close()
    arguments = ["1", "june", "--city", str(folder), "-o", str(tmp_path), "--var", str(tmp_path)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 1
    assert "open incidents: 1 of 1 get other grids" in done.output
    told = {}
    for name in ("accounts", "incidents"):
        with (tmp_path / f"{name}.csv").open(encoding="utf-8-sig", newline="") as stream:
            told[name] = list(csv.DictReader(stream))
    assert [(one["account"], one["kind"], one["code_to"]) for one in told["accounts"]] == [
        ("wei", "recoded", "B9")
    ]
    assert [(one["number"], one["grid_to"]) for one in told["incidents"]] == [(number, "A1")]


def test_the_script_changes_no_database_and_says_how_to_bring_an_older_one_up_to_date(
    folder: Path, tmp_path: Path
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'weige.db'}")
    database.upgrade("0005")
    database.close()
    before = (tmp_path / "weige.db").read_bytes()
    out = tmp_path / "out"
    arguments = ["1", "june", "--city", str(folder), "--var", str(tmp_path), "-o", str(out)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert "Start the server of this program once" in done.output
    assert not out.exists()
    assert (tmp_path / "weige.db").read_bytes() == before
