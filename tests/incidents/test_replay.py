"""Incidents by another edition: what it says of them, and the history when they take it."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.accounts import Actor, Role
from app.errors import ForbiddenError
from app.grids import City
from app.grids.editions import activate
from app.grids.layer_file import read_layer
from app.incidents.desk import Desk
from app.incidents.incident import Assignee, Draft
from app.incidents.ledger import Ledger
from app.incidents.lifecycle import Move
from app.incidents.policy import Policy
from app.incidents.replay import Replay
from app.locate import Locator
from app.store import Database
from scripts.replay_incidents import app
from tests.cities import chessboard
from tests.editions import POINT, add_edition, wider

BY = Actor.system("test")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the chessboard with an edition in which A2 is half as wide and B4 is no more."""
    folder = chessboard(tmp_path_factory.mktemp("prepared") / "board").folder
    cells = wider(folder)
    rest = read_layer(folder / "cell.parquet").set_index("code")
    joined = rest.loc["B3", "geometry"].union(rest.loc["B4", "geometry"])
    cells.loc[cells["code"] == "B3", "geometry"] = joined
    add_edition(folder, "june", date(2026, 6, 1), {"cell": cells[cells["code"] != "B4"]})
    return folder


@pytest.fixture
def desk(prepared: Path, database: Database) -> Desk:
    return Desk(database, Locator(City.at(prepared)), Policy.read())


@pytest.fixture
def replay(prepared: Path, database: Database) -> Replay:
    return Replay(database, Locator(City.at(prepared / "generations" / "june")))


def report(desk: Desk, **more: object) -> str:
    draft = Draft(hazard="gas", title="测试", **more)
    return desk.report(BY, draft)[0].number


def test_what_changes_is_told_and_nothing_is_written(
    desk: Desk, replay: Replay, database: Database
) -> None:
    moved = report(desk, **POINT)
    stays = report(desk, lon=104.505, lat=30.405)
    kept = report(desk, grid="A1")
    lost = report(desk, grid="B4")
    before = Ledger(database, Policy.read()).get(BY, moved)
    found = {one.number: one for one in replay.look(BY)}
    assert [found[one].changes for one in (moved, stays, kept, lost)] == [True, False, False, True]
    told = found[moved]
    assert (told.grid_from, told.grid_to) == ("A2", "A1")
    assert (told.generation_from, told.generation_to) == ("1", "june")
    assert "no grid of 示例市 has the code 'B4'" in found[lost].fault
    assert Ledger(database, Policy.read()).get(BY, moved) == before


def test_written_an_incident_has_the_codes_of_the_edition_and_its_history_those_of_its_day(
    desk: Desk, replay: Replay, database: Database
) -> None:
    number = report(desk, **POINT)
    desk.move(BY, number, Move.FILE, 1)
    desk.move(BY, number, Move.DISPATCH, 2, assignee=Assignee("town", "A", "镇长"))
    assert replay.write(BY, number, "新版") is True
    ledger = Ledger(database, Policy.read())
    found = ledger.get(BY, number)
    assert (found.grid, found.generation, found.version) == ("A1", "june", 4)
    assert found.assignee == Assignee("town", "A", "镇长")
    told = ledger.history(BY, number)[-1]
    assert told.data == {"changed": {"generation": ["1", "june"], "grid": ["A2", "A1"]}}
    assert {"A1", "A2", "A"} <= told.codes, "both grids see that it moved"
    assert replay.write(BY, number) is False
    assert [one.changes for one in replay.look(BY)] == [False]


def test_what_is_over_is_asked_for_only_if_wanted_and_a_town_may_not_ask(
    desk: Desk, replay: Replay
) -> None:
    number = report(desk, **POINT)
    desk.move(BY, number, Move.SETTLE, 1, note="已处理")
    assert list(replay.look(BY)) == []
    assert [one.number for one in replay.look(BY, only_open=False)] == [number]
    with pytest.raises(ForbiddenError):
        list(replay.look(Actor.of(1, "镇", Role.TOWN_ADMIN, "A")))


@pytest.fixture
def run(
    prepared: Path, tmp_path: Path, prepared_sqlite: Path
) -> tuple[Desk, Callable[..., list[dict[str, str]]]]:
    shutil.copy(prepared_sqlite, tmp_path / "weige.db")
    folder = shutil.copytree(prepared, tmp_path / "board")
    database = Database(f"sqlite:///{tmp_path / 'weige.db'}")
    desk = Desk(database, Locator(City.at(folder)), Policy.read())

    def call(*more: str, code: int = 0) -> list[dict[str, str]]:
        out = tmp_path / "out.csv"
        arguments = [str(folder), "--var", str(tmp_path), "-o", str(out), *more]
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == code, done.output
        with out.open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream))

    yield desk, call
    database.close()


def test_the_script_changes_nothing_without_commit_and_all_that_can_be_with_it(
    run, tmp_path
) -> None:
    desk, call = run
    moved, lost = report(desk, **POINT), report(desk, grid="B4")
    assert call() == [], "today's edition is the one that located them"
    rows = call("--generation", "june", code=1)
    assert [(one["number"], one["grid_to"]) for one in rows] == [(moved, "A1"), (lost, "")]
    refused = CliRunner().invoke(
        app, [str(tmp_path / "board"), "--var", str(tmp_path), "--generation", "june", "--commit"]
    )
    assert refused.exit_code == 2
    assert "'june' does not answer today" in refused.stderr
    assert call("--generation", "june", code=1) == rows
    activate(tmp_path / "board", "june")
    assert call("--commit", code=1) == rows
    assert [one["number"] for one in call("--generation", "june", code=1)] == [lost]


def test_a_dry_run_makes_no_database_and_brings_none_to_another_form(
    prepared: Path, tmp_path: Path
) -> None:
    def refused() -> str:
        done = CliRunner().invoke(app, [str(prepared), "--var", str(tmp_path / "var")])
        assert done.exit_code == 2
        return done.stderr

    path = tmp_path / "var" / "weige.db"
    assert f"there is no {path}" in refused()
    assert not path.parent.exists()
    database = Database(f"sqlite:///{path}")
    database.upgrade("0001")
    database.close()
    before = path.read_bytes()
    assert "a command that only reads does not change them" in refused()
    assert path.read_bytes() == before


@pytest.mark.usefixtures("run")
def test_an_edition_in_force_that_does_not_answer_today_is_told_with_its_day(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "board"
    add_edition(folder, "far", date(2999, 1, 1))
    for name in ("far", "june"):
        activate(folder, name)
    hints = []
    for name in ("far", "1"):
        arguments = [str(folder), "--var", str(tmp_path), "--generation", name, "--commit"]
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 2
        hints.append(done.stderr)
    assert "answers from 2999-01-01 on: write then" in hints[0]
    assert "It answered until 2026-06-01; today 'june' does" in hints[1]
