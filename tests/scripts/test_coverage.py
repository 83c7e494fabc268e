"""The command line that tells how far a city is covered."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.grids import City
from app.tables import open_table
from scripts.coverage import app
from tests.cities import chessboard, with_tables
from tests.reference_tables import TABLES
from tests.tables.test_text import rows_of


def run(*arguments: Any) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


@pytest.fixture
def city(tmp_path: Path) -> City:
    return with_tables(chessboard(tmp_path / "board"), **TABLES)


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def test_all_three_are_told_with_the_city_first(city: City) -> None:
    done = run("--city", city.folder, "--suppress", 0)
    assert done.exit_code == 0, done.output
    for said in ("boundary", "staffing", "reach · town级 · 2026-10-31", "town级: 2", "测试数据"):
        assert said in done.stdout
    assert done.stdout.index("示例市") < done.stdout.index("格A")


def test_chinese_is_spoken_to_who_speaks_it(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    done = run("--city", city.folder, "--kind", "reach", "--station", "fire")
    assert "消防站 1000 米范围内" in done.stdout


def test_small_counts_are_not_printed_unless_asked(city: City) -> None:
    hidden = run("--city", city.folder, "--kind", "reach", "--days", 31)
    assert "* < 5" in hidden.stdout
    shown = run("--city", city.folder, "--kind", "reach", "--days", 31, "--suppress", 0)
    assert "77.8 %" in shown.stdout
    assert "77.8 %" not in hidden.stdout


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
def test_the_table_of_a_level_is_written(city: City, tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    done = run(
        "--city", city.folder, "--kind", "reach", "--kind", "staffing", "--level", "cell",
        "--days", 31, "--suppress", 0, "-o", out,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    table = open_table(out)
    rows = rows_of(table)
    assert len(rows) == 8
    one = dict(zip(table.columns, rows[0], strict=True))
    assert one["code"] == "A1"
    assert float(one["visited_part"]) == 7
    assert float(one["visited_whole"]) == 9
    assert one["visited_state"] == "value"
    assert one["households_state"] == "no_data"
    assert not one["households"]
    assert float(one["led"]) == 1
    assert str(one["as_of"])[:10] == date(2026, 10, 31).isoformat()
    assert one["synthetic"] == "测试数据 test data"


def test_json_is_what_the_api_answers(city: City, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    done = run("--city", city.folder, "--area", "B", "--gaps", 1, "-o", out)
    assert done.exit_code == 0, done.output
    found = json.loads(out.read_text(encoding="utf-8"))["coverage"]
    assert [one["kind"] for one in found] == ["boundary", "staffing", "reach"]
    assert {one["area"]["code"] for one in found} == {"B"}
    assert found[2]["grids"]["code"] == ["B"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--level", "county"], "level is 'county'"),
        (["--area", "Q"], "no grid of 示例市 has the code 'Q'"),
        (["--as-of", "yesterday"], "--as-of is 'yesterday'"),
        (["--station", "nurse"], "allowed are ['aed', 'fire', 'responder']"),
        (["--suppress", "-1"], "suppress is -1"),
        (["-o", "out.docx"], "out.docx"),
    ],
)
def test_what_is_not_usable_ends_with_2_and_writes_nothing(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("--city", city.folder, *arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["board"]


def test_a_report_never_goes_into_the_city(city: City) -> None:
    done = run("--city", city.folder, "-o", city.folder / "out.csv")
    assert done.exit_code == 2
    assert "would lie in the city folder" in done.stderr
