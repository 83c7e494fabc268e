"""The command line that assigns addresses: one row out for every row in, whatever comes."""

from __future__ import annotations

import csv
import io
import json
import re
import signal
import subprocess
import time
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from app.addresses.match import Query
from app.addresses.matcher import Matcher
from app.addresses.partitions import PART_ROWS
from app.grids import City
from app.tables import open_table
from scripts.assign_addresses import app
from tests.addresses.case_folders import board
from tests.scripts.assigning import (
    ADDRESSES,
    OWN,
    ROOT,
    command,
    elements_city,
    ran,
    read_rows,
    write_rows,
)
from tests.tables.test_text import cells as csv_cells

HEADER = ["编号", "地址", "备注"]
ROWS = [[f"{place:03}", text, "a,b\n'=1"] for place, (text, _, _) in enumerate(ADDRESSES)]


@pytest.fixture(scope="module")
def city(tmp_path_factory) -> City:
    folder = tmp_path_factory.mktemp("cities")
    return elements_city(board(folder / "board"), folder / "elements")


@pytest.fixture(scope="module")
def matcher(city):
    return Matcher.open(city)


@pytest.fixture
def run(city):
    def invoke(*arguments):
        return CliRunner().invoke(app, [*map(str, arguments), "--city", str(city.folder)])

    return invoke


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Return a CSV of many parts, every row with a number of its own."""
    path = tmp_path_factory.mktemp("many") / "in.csv"
    rows = [
        [str(place), f"{ADDRESSES[place % len(ADDRESSES)][0]} 尾{place}", ""]
        for place in range(3 * PART_ROWS + 17)
    ]
    write_rows(path, HEADER, rows)
    return path


@pytest.fixture(scope="module")
def whole(city, many):
    """Return what one process makes of `many`, undisturbed, by format."""

    @cache
    def made(kind):
        out = many.with_name(f"whole.{kind}")
        words = [many, "--city", city.folder, "-o", out, "--workers", 1]
        result = CliRunner().invoke(app, list(map(str, words)))
        assert result.exit_code == 0, result.stderr
        return out.read_bytes()

    return made


@pytest.mark.parametrize("kind", ["csv", "tsv", "xlsx", "parquet"])
@pytest.mark.parametrize("source", ["csv", "xlsx", "parquet"])
def test_every_format_to_every_other(run, tmp_path, source, kind):
    write_rows(tmp_path / f"in.{source}", HEADER, ROWS)
    result = run(tmp_path / f"in.{source}", "--address", "地址", "-o", tmp_path / f"out.{kind}")
    assert result.exit_code == 0, result.stderr
    header, rows = read_rows(tmp_path / f"out.{kind}")
    assert header == HEADER + OWN
    assert [row[:3] for row in rows] == ROWS
    found = [dict(zip(header, row, strict=True)) for row in rows]
    assert [(one["status"], one["grid_code"]) for one in found] == [one[1:] for one in ADDRESSES]
    assert result.stdout == ""
    assert "7 rows (assigned 4, candidates 1, area_only 1, none 1)" in result.stderr
    assert result.stderr.splitlines()[-1] == "示例市: 测试数据 test data"
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted({f"in.{source}", f"out.{kind}"})
    for one in found:
        assert one["cell_code"] == one["grid_code"]
        assert one["town_code"] == ("t" if one["grid_code"] else "")
        assert one["grid_name"] == (f"格{one['grid_code']}" if one["grid_code"] else "")
        assert one["data_note"] == "演示数据 synthetic"
    # A sheet holds codes as text, confidences as numbers.
    if kind in {"xlsx", "parquet"}:
        assert isinstance(found[0]["grid_code"], str)
        assert isinstance(found[0]["confidence"], float)


def test_a_row_says_what_the_matcher_says(run, matcher, tmp_path):
    write_rows(tmp_path / "in.csv", HEADER, ROWS)
    run(tmp_path / "in.csv", "-o", tmp_path / "out.csv")
    header, rows = read_rows(tmp_path / "out.csv")
    for row, (text, _, _) in zip(rows, ADDRESSES, strict=True):
        one, match = dict(zip(header, row, strict=True)), matcher.assign(Query(text))
        assert one["match_level"] == match.level
        assert one["position_basis"] == match.basis
        assert float(one["confidence"]) == match.confidence
        assert one["band"] == match.band
        assert one["explanation"] == match.explanation
        assert one["standard_address"] == match.standard_address
        assert one["leftover"] == match.leftover
        assert one["gazetteer_version"] == matcher.gazetteer.version
        told = json.loads(one["candidates"]) if one["candidates"] else []
        assert [(c["grid"], c["share"], c["reason"]) for c in told] == [
            (c.grid, c.share, c.reason) for c in match.candidates
        ]
        assert len(told) <= 5
    assert "“政府街”" in rows[2][header.index("explanation")]


def test_columns_of_parts_beat_the_text(run, tmp_path):
    rows = [
        ["简城街道政府街南段12号", "", "", "", ""],
        ["简城街道政府街南段12号", "", "", "二段", ""],
        ["", "射洪坝街道", "东滨路", "", "128"],
        ["不相干", "射洪坝街道", "东滨路", "", "128号"],
    ]
    write_rows(tmp_path / "in.csv", ["地址", "镇", "路", "段", "号"], rows)
    result = run(
        tmp_path / "in.csv", "-o", tmp_path / "out.csv", "--address", "地址",
        "--town", "镇", "--road", "路", "--section", "段", "--number", "号",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    header, found = read_rows(tmp_path / "out.csv")
    grids = [row[header.index("grid_code")] for row in found]
    assert grids == ["g62", "g72", "g21", "g21"]


def test_parts_alone_need_no_address(run, tmp_path):
    write_rows(tmp_path / "in.csv", ["镇街", "小区", "栋"], [["射洪坝街道", "阳光花园", "5栋"]])
    names = ["--town", "镇街", "--estate", "小区", "--building", "栋"]
    assert run(tmp_path / "in.csv", "-o", tmp_path / "out.csv", *names).exit_code == 0
    header, [row] = read_rows(tmp_path / "out.csv")
    assert row[header.index("grid_code")] == "g31"


def test_corrections_of_a_file_hold_and_are_named_in_the_version(run, matcher, tmp_path):
    write_rows(tmp_path / "in.csv", ["地址"], [["向日葵公馆5栋"], ["射洪坝街道东滨路900号"]])
    (tmp_path / "c.csv").write_text(
        "kind,alias,target_kind,target_town,target,town,road,number,lon,lat\n"
        "alias,向日葵公馆,estate,射洪坝街道,阳光花园,,,,,\n"
        "place,,,,,射洪坝街道,东滨路,900号,104.545,30.435\n",
        encoding="utf-8",
    )
    words = [tmp_path / "in.csv", "-o", tmp_path / "out.csv"]
    grids, versions = [], set()
    for options in ([], ["--corrections", tmp_path / "c.csv"]):
        result = run(*words, *options)
        assert result.exit_code == 0, result.stderr
        header, rows = read_rows(tmp_path / "out.csv")
        grids.append([row[header.index("grid_code")] for row in rows])
        versions |= {row[header.index("gazetteer_version")] for row in rows}
    assert grids == [["", ""], ["g31", "g43"]]
    plain, corrected = sorted(versions, key=len)
    assert plain == matcher.gazetteer.version
    assert corrected.startswith(f"{plain}+")
    (tmp_path / "c.csv").write_text("kind,alias\nnonsense,x\n", encoding="utf-8")
    result = run(*words, "--corrections", tmp_path / "c.csv")
    assert result.exit_code == 2
    assert "c.csv, row 2" in result.stderr


def test_every_part_has_its_option():
    text = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).stdout
    for name in ("town", "community", "group", "road", "section", "lane", "number", "sub-number",
                 "estate", "building", "unit", "poi"):  # fmt: skip
        assert f"--{name}" in text


BAD_ROWS = """地址,note
射洪坝街道东滨路128号,good
,blank
　 ,blank as well

射洪坝街道东滨路128号,a,b
射洪坝街道东滨路128号
简城街道政府街南段12号,good
"""


def test_rows_without_an_address_are_told_and_stop_nothing(run, tmp_path):
    (tmp_path / "in.csv").write_text(BAD_ROWS, encoding="utf-8")
    result = run(tmp_path / "in.csv", "-o", tmp_path / "out.csv")
    assert result.exit_code == 1
    assert "5 rows without an address that can be read" in result.stderr
    header, rows = read_rows(tmp_path / "out.csv")
    told = [(row[header.index("status")], row[header.index("explanation")]) for row in rows]
    assert [status for status, _ in told] == ["assigned", *["none"] * 5, "assigned"]
    assert [why for _, why in told[1:6]] == [
        "这一行没有地址。",
        "这一行没有地址。",
        "这一行不完整，没有读地址（line 5 is empty）。",
        "这一行不完整，没有读地址（line 6 has 3 cells, the header has 2; surplus 'b'）。",
        "这一行不完整，没有读地址（line 7 has 1 cell, the header has 2）。",
    ]
    assert all(row[header.index("grid_code")] == "" for row in rows[1:6])


def test_a_header_alone_gives_a_header_alone(run, tmp_path):
    (tmp_path / "in.csv").write_text("地址\n", encoding="utf-8")
    result = run(tmp_path / "in.csv", "-o", tmp_path / "out.csv", "--report", tmp_path / "r.html")
    assert result.exit_code == 0, result.stderr
    assert read_rows(tmp_path / "out.csv") == (["地址", *OWN], [])
    assert "0 rows (none)" in result.stderr
    assert "地址定网格报告" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_an_output_as_the_next_input_needs_a_prefix(run, tmp_path):
    write_rows(tmp_path / "in.csv", HEADER, ROWS)
    assert run(tmp_path / "in.csv", "-o", tmp_path / "1.csv").exit_code == 0
    again = run(tmp_path / "1.csv", "-o", tmp_path / "2.csv")
    assert again.exit_code == 2
    assert f"would be appended: {', '.join(OWN)}" in again.stderr
    assert not (tmp_path / "2.csv").exists()
    assert run(tmp_path / "1.csv", "-o", tmp_path / "2.csv", "--prefix", "w_").exit_code == 0
    assert read_rows(tmp_path / "2.csv")[0] == [*HEADER, *OWN, *(f"w_{name}" for name in OWN)]


@pytest.mark.parametrize(
    ("arguments", "content", "message"),
    [
        (["in.csv", "-o", "out.csv"], "x,y\n1,2\n", "its header has 'x', 'y'"),
        (["in.csv", "-o", "out.csv"], "", "is empty"),
        (["in.csv", "-o", "out.csv"], "地址,address\n", "'地址', 'address'"),
        (["in.csv", "-o", "out.csv", "--address", "住址"], "地址\n", "no column '住址'"),
        (["in.csv", "-o", "out.csv", "--town", "镇"], "地址\n", "no column '镇'"),
        (["in.csv", "-o", "out.csv", "--sheet", "zz"], "地址\n", "in.csv is not an XLSX"),
        (["in.csv", "-o", "out.txt"], "地址\n", "allowed are .csv, .tsv, .xlsx, .parquet"),
        (["in.csv", "-o", "none/out.csv"], "地址\n", "there is no folder"),
        (["in.csv", "-o", "in.csv"], "地址\nx\n", "is the input itself"),
        (["other.csv", "-o", "out.csv"], "地址\n", "does not exist"),
        (["in.csv", "-o", "out.csv", "--workers", "-1"], "地址\n", "--workers is -1"),
        (["in.csv", "-o", "out.csv", "--scheduler", "x"], "地址\n", "'x' is no address"),
        (["in.csv", "-o", "out.csv", "--report", "none/r.html"], "地址\n", "not a place"),
        (["in.csv", "-o", "out.csv", "--report", "in.csv"], "地址\nx\n", "in.csv"),
        (["in.csv", "-o", "out.csv", "--report", "out.csv"], "地址\nx\n", "out.csv"),
        # What only shows once rows have been written.
        (["in.csv", "-o", "out.csv"], '地址\n东滨路\n"东滨路\n', "line 3 is never closed"),
        (["in.csv", "-o", "out.parquet"], "地址,a,a\n", "several columns of one name"),
    ],
)  # fmt: skip
def test_what_is_unusable_exits_2_and_writes_nothing(
    run, tmp_path, monkeypatch, arguments, content, message
):
    monkeypatch.chdir(tmp_path)
    Path("in.csv").write_text(content, encoding="utf-8")
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.startswith("error: ") or "\nerror: " in result.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["in.csv"]
    assert Path("in.csv").read_text(encoding="utf-8") == content


def test_a_city_without_a_gazetteer_exits_2(tmp_path):
    board(tmp_path / "city")
    write_rows(tmp_path / "in.csv", HEADER, ROWS)
    words = [tmp_path / "in.csv", "--city", tmp_path / "city", "-o", tmp_path / "out.csv"]
    result = CliRunner().invoke(app, list(map(str, words)))
    assert result.exit_code == 2
    assert "has no gazetteer" in result.stderr
    assert not (tmp_path / "out.csv").exists()


def test_what_looks_like_a_formula_is_one_nowhere_in_the_new_columns(run, tmp_path):
    texts = ["=HYPERLINK(1)", "+86", "-东滨路128号", "@x", "'=1", "＝1+1"]
    write_rows(tmp_path / "in.csv", ["地址"], [[text] for text in texts])
    run(tmp_path / "in.csv", "-o", tmp_path / "out.csv")
    header, rows = read_rows(tmp_path / "out.csv")
    assert [row[0] for row in rows] == texts
    for row in rows:
        for cell in row[1:]:
            assert not re.match(r"\s*[=+\-@＝＋－＠\t\r\n]", cell)
    assert any(row[header.index("leftover")].startswith("'") for row in rows)


texts = st.one_of(csv_cells, st.sampled_from([one[0] for one in ADDRESSES]))


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None
)
@given(rows=st.lists(st.tuples(csv_cells, texts), max_size=5))
def test_any_table_keeps_its_cells_and_its_rows(run, tmp_path, rows):
    with (tmp_path / "in.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("note", "地址"), *rows])
    result = run(tmp_path / "in.csv", "-o", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *found = list(csv.reader(file))
    assert header == ["note", "地址", *OWN]
    assert [tuple(row[:2]) for row in found] == rows
    blank = [row for row in found if not row[1].strip()]
    assert result.exit_code == (1 if blank else 0)
    assert all(row[header.index("explanation")] for row in found)


# ---- as a process --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_the_standard_input_may_be_of_any_format(city, tmp_path, kind):
    write_rows(tmp_path / f"in.{kind}", HEADER, ROWS)
    content = (tmp_path / f"in.{kind}").read_bytes()
    done = subprocess.run(
        command("-", "--city", city.folder, "-o", tmp_path / "out.csv"),
        cwd=ROOT,
        input=content,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [row[:3] for row in read_rows(tmp_path / "out.csv")[1]] == ROWS
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted({f"in.{kind}", "out.csv"})


def test_an_empty_standard_input_is_told(city, tmp_path):
    empty = ran("-", "--city", city.folder, "-o", tmp_path / "none.csv", input="")
    assert empty.returncode == 2
    assert "nothing came" in empty.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "workers"), [("xlsx", 2), ("csv", 3)])
def test_any_number_of_workers_makes_the_same_file(city, many, whole, tmp_path, kind, workers):
    out = tmp_path / f"out.{kind}"
    done = ran(many, "--city", city.folder, "-o", out, "--workers", workers)
    assert done.returncode == 0, done.stderr
    assert f"{3 * PART_ROWS + 17}/{3 * PART_ROWS + 17} rows" in done.stderr
    assert out.read_bytes() == whole(kind)


def killed(many, city, out, number=signal.SIGKILL, parts=1):
    """Start a run, end it once some of its parts are done, and return what it said."""
    journal = out.with_name(f"{out.name}.journal")
    with subprocess.Popen(
        command(many, "--city", city.folder, "-o", out, "--workers", 2, "--resume"),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        deadline = time.monotonic() + 120
        first = 0
        while time.monotonic() < deadline and running.poll() is None:
            size = journal.stat().st_size if journal.exists() else 0
            first = first or (size if size > 10_000 else 0)
            if first and size > first * (parts - 0.5):
                break
            time.sleep(0.002)
        running.send_signal(number)
        _, told = running.communicate(timeout=60)
    return running.returncode, told


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "kills"), [("xlsx", 2), ("parquet", 1)])
def test_a_killed_run_is_continued_to_the_very_same_file(city, many, whole, tmp_path, kind, kills):
    out = tmp_path / f"out.{kind}"
    for parts in range(1, kills + 1):
        code, told = killed(many, city, out, parts=parts)
        assert code == -signal.SIGKILL, told
        assert not out.exists()
        assert (tmp_path / f"out.{kind}.journal").exists()
    report = tmp_path / "r.html"
    done = ran(many, "--city", city.folder, "-o", out, "--resume", "--report", report)
    assert done.returncode == 0, done.stderr
    assert "that are done already" in done.stderr
    assert out.read_bytes() == whole(kind)
    assert sorted(one.name for one in tmp_path.iterdir()) == [out.name, "r.html"]
    # What was counted before the kill is counted in the report.
    assert f"{3 * PART_ROWS + 17:,}" in report.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_run_leaves_no_output_and_can_be_continued(
    run, city, many, whole, tmp_path, number
):
    out = tmp_path / "out.csv"
    code, told = killed(many, city, out, number)
    assert code == 128 + number
    assert "--resume goes on from here" in told
    assert [one.name for one in tmp_path.iterdir()] == ["out.csv.journal"]
    result = run(many, "-o", out, "--resume", "--workers", "1")
    assert result.exit_code == 0, result.stderr
    assert out.read_bytes() == whole("csv")


@pytest.mark.slow
def test_a_journal_of_another_input_or_other_options_is_refused(run, city, many, tmp_path):
    out = tmp_path / "out.csv"
    killed(many, city, out)
    other = tmp_path / "other.csv"
    write_rows(other, HEADER, ROWS)
    for arguments, word in (
        ([other], "input was "),
        ([many, "--town", "备注"], "--town was not given, is 备注"),
        ([many, "--address", "备注"], "address was "),
        ([many, "--prefix", "w_"], "prefix was , is w_"),
    ):
        result = run(*arguments, "-o", out, "--resume")
        assert result.exit_code == 2
        assert "is the journal of another run" in result.stderr
        assert word in result.stderr
        assert not out.exists()
    # Without --resume it begins afresh, and says so.
    result = run(other, "-o", out)
    assert result.exit_code == 0
    assert "beginning afresh" in result.stderr
    assert len(read_rows(out)[1]) == len(ROWS)


def test_resume_with_nothing_to_go_on_with_begins(run, tmp_path):
    write_rows(tmp_path / "in.csv", HEADER, ROWS)
    result = run(tmp_path / "in.csv", "-o", tmp_path / "out.csv", "--resume")
    assert result.exit_code == 0
    assert "there is nothing to go on with" in result.stderr


def test_no_address_is_said_on_stderr(run, tmp_path):
    write_rows(tmp_path / "in.csv", HEADER, ROWS)
    result = run(tmp_path / "in.csv", "-o", tmp_path / "out.csv")
    assert not any(text in result.stderr for text, _, _ in ADDRESSES)
    assert "东滨路" not in result.stderr


def test_doors_of_the_demo_city_get_their_grids(jianyang_folder, tmp_path):
    table = open_table(jianyang_folder / "gazetteer.parquet")
    names = ("town", "road", "section", "number", "sub_number", "lane", "grid", "kind")
    places = [table.index(name) for name in names]
    rows = []
    for batch in table.batches(20_000):
        columns = [batch.cells(place) for place in places]
        for town, road, section, number, sub, lane, grid, kind in zip(*columns, strict=True):
            if kind == "door" and road and not sub and not lane and grid:
                rows.append([f"{town}{road}{section}{number}号", grid])
    rows = rows[::200]
    write_rows(tmp_path / "in.csv", ["address", "真"], rows)
    done = ran(tmp_path / "in.csv", "--city", jianyang_folder, "-o", tmp_path / "out.csv")
    assert done.returncode == 0, done.stderr
    header, found = read_rows(tmp_path / "out.csv")
    wrong = [row for row in found if row[header.index("grid_code")] not in {"", row[1]}]
    assigned = [row for row in found if row[header.index("grid_code")]]
    assert not wrong
    assert len(assigned) > 0.95 * len(rows)
    row = dict(zip(header, assigned[0], strict=True))
    assert row["micro_code"] == row["grid_code"]
    assert row["ordinary_code"] == row["grid_code"][:15]
    assert row["general_code"] == row["grid_code"][:12]
    assert row["town_code"] == row["grid_code"][:9]
    text = io.StringIO(row["candidates"])
    assert json.load(text)[0]["grid"] == row["grid_code"]
