"""The command line that repairs the boundaries of a city folder."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from app.grids import City
from app.grids.certify import certify_city
from scripts.repair_grids import app
from tests.cities import chessboard, layer, make_city, square

THIN = 5e-4  # of a square: half a metre


def run(*arguments):
    return CliRunner().invoke(app, [str(one) for one in arguments])


@pytest.fixture
def dirty(tmp_path):
    cells = [("A1", "A", square(0, 0, 1 - THIN, 1)), ("A2", "A", square(1, 0))]
    levels = {"town": layer([("A", "", square(0, 0, 2, 1))]), "cell": layer(cells)}
    make_city(tmp_path / "city", levels)
    return tmp_path / "city"


def test_a_thin_gap_is_closed_in_a_new_folder(tmp_path, dirty):
    before = {one.name: one.read_bytes() for one in dirty.iterdir()}
    done = run(dirty, "--out", tmp_path / "new", "--changes", tmp_path / "changes.json")
    assert done.exit_code == 0, done.output
    assert "done: 1 gap in cell" in done.stderr
    assert "No defect found." in done.stdout
    assert certify_city(City.open(tmp_path / "new")).ok
    assert {one.name: one.read_bytes() for one in dirty.iterdir()} == before
    told = json.loads((tmp_path / "changes.json").read_text(encoding="utf-8"))
    assert told == json.loads((tmp_path / "new" / "repairs.json").read_text(encoding="utf-8"))
    assert told["tolerances"] == {"width_m": 1.0, "area_m2": 1000.0, "snap_m": 0.01, "fit": "clip"}


def test_what_is_above_the_tolerances_is_left_with_exit_code_1(tmp_path, dirty):
    done = run(dirty, "--width-m", "0.1", "--changes", tmp_path / "changes.csv")
    assert done.exit_code == 1
    assert "left: 1 gap in cell" in done.stderr
    assert "wider than 0.1 m" in (tmp_path / "changes.csv").read_text(encoding="utf-8-sig")
    assert "nothing written" in done.stderr
    assert sorted(one.name for one in tmp_path.iterdir()) == ["changes.csv", "city"]


def test_a_gap_at_the_rim_that_no_step_looks_at_is_told_with_exit_code_1(tmp_path):
    cells = [("A1", "A", square(0, 0)), ("A 2", "A", square(1, 0, 1 - THIN, 1))]
    levels = {"town": layer([("A", "", square(0, 0, 2, 1))]), "cell": layer(cells)}
    make_city(tmp_path / "city", levels)
    done = run(tmp_path / "city", "--fit", "none")
    assert done.exit_code == 1
    assert "done: nothing" in done.stderr
    assert "left: 1 gap in cell" in done.stderr
    assert "left, not a matter of ground: 1 malformed codes" in done.stderr
    assert run(tmp_path / "city", "--out", tmp_path / "new").exit_code == 1
    assert certify_city(City.open(tmp_path / "new")).level("cell").gaps == ()


@pytest.mark.parametrize(
    "arguments", [["--out", "city"], ["--changes", "x.txt"], ["--snap-m", "-1"]]
)
def test_what_cannot_be_done_is_refused_before_any_work(tmp_path, monkeypatch, arguments):
    chessboard(tmp_path / "city")
    monkeypatch.chdir(tmp_path)
    done = run("city", *arguments)
    assert done.exit_code == 2
    assert sorted(one.name for one in tmp_path.iterdir()) == ["city"]
