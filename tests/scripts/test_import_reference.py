"""The command that brings reference tables in: as they were written, or not at all."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import Result
from typer.testing import CliRunner

from app.analysis.coverage import CoverageOf
from app.geo.datum import wgs84_to_gcj02
from app.grids import City
from app.grids.reference import Reference
from scripts.import_reference import app
from tests.cities import chessboard, with_tables
from tests.reference_tables import GROUPS, PEOPLE, SITES, STATIONS, TABLES, VISITS


@pytest.fixture
def board(tmp_path: Path) -> City:
    return chessboard(tmp_path / "board")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def test_what_is_brought_in_is_what_stands_in_the_city(board: City, tmp_path: Path) -> None:
    """Chinese headers in GBK, days as text and as days of a workbook, points in another datum."""
    GROUPS.to_csv(tmp_path / "g.csv", index=False)
    heads = {"code": "网格编码", "group": "群体", "people": "人数"}
    PEOPLE.rename(columns=heads).to_csv(tmp_path / "p.csv", index=False, encoding="gbk")
    VISITS.to_excel(tmp_path / "v.xlsx", index=False, engine="xlsxwriter")
    moved = STATIONS.assign(
        **dict(zip(("lon", "lat"), wgs84_to_gcj02(STATIONS["lon"], STATIONS["lat"]), strict=True))
    )
    # The grid of a place is found by its point.
    moved.drop(columns="code").to_csv(tmp_path / "s.csv", index=False)
    words = [
        *(f"special_groups={tmp_path / 'g.csv'}", f"special_people={tmp_path / 'p.csv'}"),
        *(f"visits={tmp_path / 'v.xlsx'}", f"stations={tmp_path / 's.csv'}"),
        *("--city", board.folder, "--datum", "gcj02"),
    ]
    before = (board.folder / "city.toml").read_bytes()
    dry = run(*words)
    assert dry.exit_code == 0, dry.output
    assert "special_people: 3 rows, 14 people" in dry.output
    assert "nothing written" in dry.output
    assert (board.folder / "city.toml").read_bytes() == before
    done = run(*words, "--commit")
    assert done.exit_code == 0, done.output

    found = Reference.open(City.open(board.folder))
    wanted = Reference.open(with_tables(chessboard(tmp_path / "other"), **TABLES))
    assert found.people is not None
    assert found.visits is not None
    assert found.stations is not None
    assert wanted.people is not None
    assert wanted.visits is not None
    assert wanted.stations is not None
    np.testing.assert_array_equal(found.people.people, wanted.people.people)
    assert found.people.groups == wanted.people.groups
    np.testing.assert_array_equal(found.visits.last_day, wanted.visits.last_day)
    np.testing.assert_array_equal(found.stations.row, wanted.stations.row)
    np.testing.assert_allclose(found.stations.lon, wanted.stations.lon, atol=1e-7)
    assert found.sites is None


@pytest.mark.parametrize(
    ("table", "frame", "said"),
    [
        ("stations", STATIONS.assign(lon=["x", 104.5, 104.6]), "row 2: lon is 'x'"),
        ("sites", SITES.assign(last_day="31.10.2026"), "row 2: last_day is '31.10.2026'"),
        ("special_groups", GROUPS.assign(phone="1"), "['phone'], which this table has no room for"),
        ("special_groups", GROUPS[["group"]], "lacks the columns ['name']"),
        ("resident_groups", GROUPS, "(成员数)"),
        ("special_people", PEOPLE, "no 'special_groups' to name the groups"),
        ("estate", GROUPS, "'estate', allowed are"),
    ],
)
def test_what_does_not_fit_is_refused_whole(
    board: City, tmp_path: Path, table: str, frame: pd.DataFrame, said: str
) -> None:
    frame.to_csv(tmp_path / "t.csv", index=False)
    before = (board.folder / "city.toml").read_bytes()
    done = run(f"{table}={tmp_path / 't.csv'}", "--city", board.folder, "--commit")
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())
    assert (board.folder / "city.toml").read_bytes() == before


def test_a_file_wants_a_table(board: City) -> None:
    for words in (["stations.csv"], ["stations="], ["visits=a.csv", "visits=b.csv"]):
        done = run(*words, "--city", board.folder)
        assert done.exit_code == 2
        assert "TABLE=FILE" in done.output


def test_tables_that_were_made_for_other_boundaries_are_told(board: City) -> None:
    city = with_tables(board, **TABLES)
    assert CoverageOf(city).unfit() == []
    days = [date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3)]
    other = with_tables(City.open(board.folder), visits=VISITS.assign(code="Z9", last_day=days))
    (error,) = CoverageOf(other).unfit()
    assert "visits.parquet" in error.message
    assert "'Z9'" in error.message
    # Each table is told for itself.
    moved = with_tables(City.open(board.folder), sites=SITES.assign(code="Z9"))
    assert [one.message.partition(":")[0] for one in CoverageOf(moved).unfit()] == [
        "visits.parquet",
        "sites.parquet",
    ]
