"""The command lines that bring incidents in and out: what they write, and what they end with."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from app.errors import UnavailableError
from app.grids import City
from app.grids.editions import activate
from app.incidents import bring_in
from app.store import Database
from app.tables import open_table
from scripts.export_incidents import app as export_app
from scripts.import_incidents import app as import_app
from tests.cities import chessboard
from tests.editions import add_edition, wider
from tests.tables.test_text import rows_of
from tests.web.signing import url_of

ROWS = """工单号,类别,标题,经度,纬度,上报时间
001,gas,=1+1,104.505,30.405,2026/11/20 8:05
002,alien,坏行,104.505,30.405,2026/11/20 8:05
003,fire,楼道堆物,,,2026/11/21 8:05
"""


@pytest.fixture
def url(database: Database) -> str:
    return url_of(database).replace("postgresql+psycopg", "postgresql")


@pytest.fixture
def bring(board: City, url: str, tmp_path: Path):
    (tmp_path / "in.csv").write_text(ROWS, encoding="gb18030")

    def run(*arguments: object, file: Path = tmp_path / "in.csv"):
        words = [file, "--city", board.folder, "--database-url", url, *arguments]
        return CliRunner().invoke(import_app, list(map(str, words)))

    return run


@pytest.fixture
def hand_out(board: City, url: str):
    def run(*arguments: object):
        words = ["--city", board.folder, "--database-url", url, *arguments]
        return CliRunner().invoke(export_app, list(map(str, words)))

    return run


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_a_rehearsal_then_the_real_thing_then_again(bring, tmp_path: Path, kind: str) -> None:
    report = tmp_path / f"report.{kind}"
    told = []
    for arguments in ([], ["--commit"], ["--commit"]):
        result = bring("-o", report, *arguments)
        assert result.exit_code == 1, result.output
        table = open_table(report)
        rows = rows_of(table)
        place = table.index("import_status")
        assert list(table.columns[:place]) == ROWS.splitlines()[0].split(",")
        assert [[cell or "" for cell in row[:place]] for row in rows] == list(
            csv.reader(ROWS.splitlines()[1:])
        )
        told.append([tuple(cell or "" for cell in row[place : place + 4]) for row in rows])
        assert "alien" in rows[1][place + 4]
        assert ("nothing was written to the database" in result.stderr) is (arguments == [])
    bad = ("unusable", "", "", "")
    first, third = ("JY-20261120-0001", "A1", "inside"), ("JY-20261121-0001", "", "unlocated")
    assert told[0] == [("new", "", *first[1:]), bad, ("new", "", *third[1:])]
    assert told[1] == [("new", *first), bad, ("new", *third)]
    assert told[2] == [("known", *first), bad, ("known", *third)]


def test_rows_of_days_with_other_boundaries_are_told(url: str, tmp_path: Path) -> None:
    folder = chessboard(tmp_path / "city").folder
    add_edition(folder, "later", date(2026, 11, 21), {"cell": wider(folder)})
    (tmp_path / "in.csv").write_text(ROWS, encoding="gb18030")
    words = [str(tmp_path / "in.csv"), "--city", str(folder), "--database-url", url]
    told = []
    for _ in range(2):
        told.append(CliRunner().invoke(import_app, words).output)
        if len(told) == 1:
            activate(folder, "later")
    assert "other boundaries held" not in told[0]
    assert "1 rows were reported before 2026-11-21, when other boundaries held" in told[1]


def test_exit_codes(bring, tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text("hazard,title\ngas,x\n", encoding="utf-8")
    result = bring("--commit", file=tmp_path / "good.csv")
    assert result.exit_code == 0
    assert "1 rows have no external id" in result.stderr
    for words in (["--datum", "utm"], ["--mapping", tmp_path / "none.toml"], ["--sheet", "x"],
                  ["-o", tmp_path / "in.csv"], ["-o", tmp_path / "x.doc"]):  # fmt: skip
        result = bring("--commit", *words)
        assert result.exit_code == 2, words
        assert "error: " in result.stderr
    assert bring(file=tmp_path / "none.csv").exit_code == 2


def test_an_earlier_report_is_not_taken_for_input_with_other_columns(bring, tmp_path: Path) -> None:
    assert bring("-o", tmp_path / "report.csv").exit_code == 1
    result = bring("-o", tmp_path / "again.csv", file=tmp_path / "report.csv")
    assert result.exit_code == 2
    assert "import_status" in result.stderr
    assert not (tmp_path / "again.csv").exists()


def test_a_database_that_fails_on_the_way_is_told_with_what_was_done(
    bring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bring_in, "ROWS_AT_ONCE", 1)
    lines = ["id,hazard,title,reported_at"] + [f"{i},gas,x,2026-11-2{i}" for i in range(3)]
    (tmp_path / "many.csv").write_text("\n".join(lines), encoding="utf-8")
    real, calls = bring_in.take_in, []

    def fails(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise UnavailableError("the database cannot serve now: disk full")
        return real(*arguments)

    monkeypatch.setattr(bring_in, "take_in", fails)
    result = bring("--commit", "-o", tmp_path / "r.csv", file=tmp_path / "many.csv")
    assert result.exit_code == 2
    assert "1 of 3 incidents were taken in before" in result.stderr
    assert not (tmp_path / "r.csv").exists()
    monkeypatch.undo()
    result = bring("--commit", file=tmp_path / "many.csv")
    assert "new 2, known 1" in result.stderr


def test_out_in_every_format(bring, hand_out, tmp_path: Path) -> None:
    bring("--commit")
    for kind in ("csv", "tsv", "xlsx", "parquet", "geojson"):
        result = hand_out("-o", tmp_path / f"o.{kind}")
        assert result.exit_code == 0, result.output
        assert "2 incidents" in result.stderr
    text = (tmp_path / "o.csv").read_text(encoding="utf-8-sig")
    assert ",'=1+1," in text
    assert "2026-11-20T08:05:00+08:00" in text
    found = json.loads((tmp_path / "o.geojson").read_text(encoding="utf-8"))
    assert found["data_note"] == "演示数据 synthetic"
    assert [one["geometry"] and one["geometry"]["coordinates"] for one in found["features"]] == [
        [104.505, 30.405],
        None,
    ]
    assert pq.read_table(tmp_path / "o.parquet")["title"].to_pylist() == ["=1+1", "楼道堆物"]
    assert sorted(one.suffix for one in tmp_path.glob("o.*")) == sorted(
        [".csv", ".tsv", ".xlsx", ".parquet", ".geojson"]
    )


def test_filters(bring, hand_out, tmp_path: Path) -> None:
    bring("--commit")

    def titles(*words: object) -> list[str]:
        assert hand_out("-o", tmp_path / "o.parquet", *words).exit_code == 0
        return pq.read_table(tmp_path / "o.parquet")["title"].to_pylist()

    assert titles("--from", "2026-11-21") == ["楼道堆物"]
    assert titles("--to", "2026-11-21") == ["=1+1"]
    assert titles("--hazard", "gas") == titles("--area", "A1") == ["=1+1"]
    assert len(titles("--status", "open")) == 2
    assert titles("--status", "over", "--status", "closed") == []


def test_what_cannot_be_asked_for(hand_out, tmp_path: Path) -> None:
    for words in (["--hazard", "alien"], ["--status", "lost"], ["--area", "Z9"],
                  ["--from", "gestern"]):  # fmt: skip
        result = hand_out("-o", tmp_path / "o.csv", *words)
        assert result.exit_code == 2, words
        assert words[1] in result.stderr
    assert hand_out("-o", tmp_path / "o.doc").exit_code == 2
    assert hand_out("-o", tmp_path / "none" / "o.csv").exit_code == 2
    assert list(tmp_path.glob("o.*")) == []
