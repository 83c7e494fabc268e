"""XLSX and Parquet in and out, CSV out, every way between them, and nothing half written."""

from __future__ import annotations

import csv
import math
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import load_workbook

from app.errors import BadFileError, BadInputError, TooLargeError
from app.tables import (
    TableWriter,
    check_output,
    open_table,
    text_of,
    with_own_columns,
    writing,
)
from tests.tables.test_text import faults_of, rows_of, tables

KINDS = ("csv", "tsv", "xlsx", "parquet")


def at(text):
    return datetime.fromisoformat(text)


def write(path, names, rows, types=None):
    """Write rows of cells through a TableWriter."""
    types = types or [pa.string()] * len(names)
    schema = pa.schema([pa.field(n, t) for n, t in zip(names, types, strict=True)])
    with TableWriter(path, schema) as out:
        if rows:
            out.write([list(column) for column in zip(*rows, strict=True)])
    return path


def workbook(path, sheets):
    """Write sheets of raw cells with xlsxwriter alone; days get a day's format."""
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, (row0, rows, visible) in sheets.items():
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(row0 + r, c, cell, day)
                    elif isinstance(cell, str):
                        sheet.write_string(row0 + r, c, cell)
                    elif cell is not None:
                        sheet.write(row0 + r, c, cell)
            if not visible:
                sheet.hide()
    return path


def sheet_cells(path):
    """Return what an independent reader finds in the first sheet."""
    return load_workbook(path).get_sheet_by_index(0).to_python()


# ---- reading XLSX ------------------------------------------------------------------------------


def test_xlsx_numbers_stay_whole_codes_text_and_days_days(tmp_path):
    rows = [
        ["编码", "序号", "经度", "日期", "有效", "空"],
        ["007", 510185001001, 104.5, date(2026, 5, 1), True, None],
        ["=1+1", 3, 105, None, False, None],
    ]
    table = open_table(workbook(tmp_path / "a.xlsx", {"s": (0, rows, True)}))
    assert table.columns == ("编码", "序号", "经度", "日期", "有效", "空")[: len(table.columns)]
    found = rows_of(table)
    assert found == [row[: len(table.columns)] for row in rows[1:]]
    assert [type(cell) for cell in found[0][:5]] == [str, int, float, date, bool]
    assert table.schema.types[:5] == [
        pa.string(),
        pa.int64(),
        pa.float64(),
        pa.date32(),
        pa.bool_(),
    ]
    assert table.row_hint == 2


@pytest.mark.parametrize("name", ["数据", "a & b's"])
def test_xlsx_errors_of_formulas_keep_their_text(tmp_path, name):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        book.add_worksheet("前").write_formula(3, 2, "=1/0", None, "#NAME?")
        sheet = book.add_worksheet(name)
        sheet.write_row(2, 1, ["lon", "lat", "n"])
        sheet.write_formula(3, 1, "=1/0", None, "#DIV/0!")
        sheet.write_row(3, 2, [30.4, "t"])
        sheet.write_row(4, 1, [104.5, 30.4])
        sheet.write_formula(5, 27, '="<"&NA()', None, "#N/A")
    table = open_table(tmp_path / "a.xlsx", sheet=name)
    rows = rows_of(table)
    assert [row[:3] for row in rows] == [
        ["#DIV/0!", 30.4, "t"],
        [104.5, 30.4, None],
        [None, None, None],
    ]
    assert [row[-1] for row in rows] == [None, None, "#N/A"]


def test_xlsx_header_names_become_text(tmp_path):
    rows = [["a", 2023, None, 1.5], [1, 2, 3, 4]]
    table = open_table(workbook(tmp_path / "a.xlsx", {"s": (0, rows, True)}))
    assert table.columns == ("a", "2023", "", "1.5")


def test_xlsx_rows_above_the_header_are_skipped_and_empty_ones_inside_are_kept(tmp_path):
    rows = [["a", "b"], [1, 2], [None, None], [3, None]]
    table = open_table(workbook(tmp_path / "a.xlsx", {"s": (3, rows, True)}))
    assert rows_of(table) == [[1, 2], [None, None], [3, None]]
    assert faults_of(table) == {1: "row 6 is empty"}
    assert faults_of(table, 1) == {1: "row 6 is empty"}


def test_xlsx_sheet_is_chosen_by_name_or_because_it_is_the_only_one(tmp_path):
    rows = [["a"], [1]]
    one = workbook(
        tmp_path / "one.xlsx",
        {"空": (0, [], True), "数据": (0, rows, True), "字典": (0, [["x"], [9]], False)},
    )
    assert rows_of(open_table(one)) == [[1]]
    assert rows_of(open_table(one, sheet="字典")) == [[9]]
    with pytest.raises(BadInputError, match=r"no sheet 'x'; it has .*'数据'"):
        open_table(one, sheet="x")
    with pytest.raises(BadFileError, match="is empty"):
        open_table(one, sheet="空")
    two = workbook(tmp_path / "two.xlsx", {"甲": (0, rows, True), "乙": (0, rows, True)})
    with pytest.raises(BadInputError, match=r"several sheets .*\['甲', '乙'\]") as caught:
        open_table(two)
    assert '--sheet "甲"' in caught.value.hint
    assert '--sheet "甲"' in caught.value.hint_zh


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("in.csv", {"sheet": "zz"}),
        ("in.tsv", {"sheet": "zz"}),
        ("in.parquet", {"sheet": "zz"}),
        ("in.xlsx", {"encoding": "gbk"}),
        ("in.parquet", {"encoding": "gbk"}),
        ("in.xlsx", {"delimiter": ";"}),
    ],
)
def test_an_option_that_would_go_unheard_is_refused(tmp_path, name, options):
    path = write(tmp_path / name, ["a"], [["1"]])
    [(option, value)] = options.items()
    with pytest.raises(BadInputError, match=f"--{option} '{value}' is given, but {name}") as caught:
        open_table(path, **options)
    assert f"--{option} '{value}'" in caught.value.message_zh


def test_xlsx_empty_or_with_a_header_alone(tmp_path):
    with pytest.raises(BadFileError, match="is empty, not even a header"):
        open_table(workbook(tmp_path / "a.xlsx", {"s": (0, [], True)}))
    table = open_table(workbook(tmp_path / "b.xlsx", {"s": (0, [["a", "b"]], True)}))
    assert table.columns == ("a", "b")
    assert list(table.batches()) == []


# ---- files that are not what they say -----------------------------------------------------------


@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_a_file_of_another_kind_is_refused(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    path.write_bytes(b"a,b\n1,2\n")
    with pytest.raises(BadFileError, match="can be read"):
        open_table(path)


def test_a_damaged_parquet_is_an_error_when_its_pages_are_read(tmp_path):
    path = tmp_path / "a.parquet"
    with TableWriter(path, pa.schema([pa.field("a", pa.int64())])) as out:
        out.write([np.arange(10_000)])
    content = bytearray(path.read_bytes())
    content[5000] ^= 1
    path.write_bytes(content)
    with pytest.raises(BadFileError, match="not a Parquet file that can be read"):
        rows_of(open_table(path))


def test_a_parquet_without_columns_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({}), path)
    with pytest.raises(BadFileError, match="no columns"):
        open_table(path)


@pytest.mark.parametrize("name", ["a.xls", "a.txt", "a", "a.csv.gz"])
def test_an_unknown_extension_lists_the_known_ones(tmp_path, name):
    (tmp_path / name).write_bytes(b"a\n1\n")
    for refuse in (open_table, check_output, lambda path: TableWriter(path, pa.schema([]))):
        with pytest.raises(BadFileError, match=r"allowed are \.csv, \.tsv, \.xlsx, \.parquet"):
            refuse(tmp_path / name)


def test_an_extension_in_capitals_is_the_same(tmp_path):
    path = write(tmp_path / "A.CSV", ["a"], [["1"]])
    assert rows_of(open_table(path)) == [["1"]]


def test_no_such_file_and_a_folder(tmp_path):
    with pytest.raises(BadFileError, match=r"none\.csv does not exist"):
        open_table(tmp_path / "none.csv")
    (tmp_path / "d.csv").mkdir()
    with pytest.raises(BadFileError, match=r"d\.csv is a folder"):
        open_table(tmp_path / "d.csv")
    with pytest.raises(BadFileError, match=r"d\.csv is a folder"):
        check_output(tmp_path / "d.csv")


# ---- where outputs may go -----------------------------------------------------------------------


def test_an_output_that_is_the_input_is_refused_however_it_is_spelt(tmp_path, monkeypatch):
    path = write(tmp_path / "a.csv", ["a"], [["1"]])
    (tmp_path / "link.csv").symlink_to(path)
    monkeypatch.chdir(tmp_path)
    for spelt in (path, Path("a.csv"), tmp_path / "." / "a.csv", tmp_path / "link.csv"):
        with pytest.raises(BadInputError, match="is the input itself"):
            check_output(spelt, path)
    check_output(tmp_path / "b.csv", path)


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(BadFileError, match=r"there is no folder .*none"):
        check_output(tmp_path / "none" / "a.csv")


def test_own_columns_are_appended_and_never_under_a_name_that_is_taken():
    schema = pa.schema([pa.field("a", pa.int64()), pa.field("status", pa.string())], {"k": "v"})
    own = [pa.field("status", pa.string()), pa.field("m", pa.float64())]
    with pytest.raises(BadInputError, match="would be appended: status") as caught:
        with_own_columns(schema, own)
    assert "status" in caught.value.message_zh
    both = with_own_columns(schema, own, "w_")
    assert both.names == ["a", "status", "w_status", "w_m"]
    assert both.types == [pa.int64(), pa.string(), pa.string(), pa.float64()]
    assert both.metadata == {b"k": b"v"}


def test_parquet_cannot_hold_a_name_twice_and_says_so(tmp_path):
    with pytest.raises(BadInputError, match=r"several columns of one name: \['a'\]"):
        write(tmp_path / "a.parquet", ["a", "b", "a"], [["1", "2", "3"]])
    assert list(tmp_path.iterdir()) == []
    path = write(tmp_path / "a.csv", ["a", "b", "a"], [["1", "2", "3"]])
    assert open_table(path).columns == ("a", "b", "a")


# ---- writing ------------------------------------------------------------------------------------


def test_csv_is_utf8_with_bom_and_crlf(tmp_path):
    path = write(tmp_path / "a.csv", ["地址", "b"], [["简\r城", "x,y"], [None, ""]])
    assert path.read_bytes() == '\ufeff地址,b\r\n"简\r城","x,y"\r\n,\r\n'.encode()
    tabs = write(tmp_path / "a.tsv", ["a", "b"], [["1", "2,3"]])
    assert tabs.read_bytes() == "\ufeffa\tb\r\n1\t2,3\r\n".encode()


CELLS = [
    "=1+1",
    "+1",
    "@x",
    "https://example.org/a",
    "007",
    "104.50",
    " x ",
    "a\nb",
    "a\r\nb",
    "_x0041_",
    "\x01",
    "<&>",
    "𠮷",
    7,
    -2.5,
    0.1 + 0.2,
    104.12345678901234,
    123456789012345,
    True,
    date(2026, 5, 1),
    at("2026-05-01 13:01:02"),
    at("2026-05-01 13:01:02.345"),
    time(13, 1, 2),
    timedelta(hours=30),
]


@pytest.mark.parametrize("cell", CELLS, ids=repr)
def test_xlsx_keeps_what_a_cell_is(tmp_path, cell):
    path = write(tmp_path / "a.xlsx", ["a"], [[cell]])
    assert rows_of(open_table(path)) == [[cell]]
    (raw,) = sheet_cells(path)[1]
    assert raw == cell
    # An independent reader finds text where text was given: no formula, no link, no number.
    assert isinstance(raw, str) == isinstance(cell, str)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (510185001001020304, "510185001001020304"),
        (-(10**15), "-1000000000000000"),
        (math.nan, "nan"),
        (math.inf, "inf"),
        (date(1899, 12, 31), "1899-12-31"),
        (at("1900-02-28 01:00"), "1900-02-28 01:00:00"),
        (datetime(2026, 5, 1, tzinfo=UTC), "2026-05-01 00:00:00+00:00"),
        (at("2026-05-01 13:01:02.345678"), "2026-05-01 13:01:02.345678"),
        (timedelta(days=-1), "-24:00:00"),
        (Decimal("1.10"), "1.10"),
        ([1, "甲"], '[1, "甲"]'),
    ],
)
def test_xlsx_writes_what_excel_would_change_as_text(tmp_path, cell, text):
    assert sheet_cells(write(tmp_path / "a.xlsx", ["a"], [[cell]])) == [["a"], [text]]


def test_xlsx_limits_are_errors_not_losses(tmp_path, monkeypatch):
    with pytest.raises(
        TooLargeError, match=r"row 3, column '长': .* 32767 characters, there are 32768"
    ):
        write(tmp_path / "a.xlsx", ["长"], [["x" * 32767], ["x" * 32768]])
    with pytest.raises(TooLargeError, match="16385 columns"):
        write(tmp_path / "b.xlsx", [str(n) for n in range(16385)], [])
    assert writing.XLSX_MAX_ROWS == 2**20
    monkeypatch.setattr(writing, "XLSX_MAX_ROWS", 3)
    write(tmp_path / "c.xlsx", ["a"], [["1"]] * 2).unlink()
    with pytest.raises(TooLargeError, match="holds 3 rows with its header"):
        write(tmp_path / "c.xlsx", ["a"], [["1"]] * 3)
    assert list(tmp_path.iterdir()) == []


def test_parquet_to_parquet_keeps_types_values_and_metadata(tmp_path):
    table = pa.table(
        {
            "code": pa.array(["007", None, ""]).dictionary_encode(),
            "i": pa.array([2**60 + 1, None, -1], pa.int64()),
            "f": pa.array([math.nan, None, 0.1], pa.float32()),
            "d": pa.array([Decimal("1.10"), None, Decimal("2.00")], pa.decimal128(9, 2)),
            "t": pa.array([1, None, 2], pa.timestamp("ns", "Asia/Shanghai")),
            "l": pa.array([[1], None, []], pa.list_(pa.int8())),
            "b": pa.array([b"\0", None, b""]),
        }
    ).replace_schema_metadata({"geo": "{}"})
    pq.write_table(table, tmp_path / "in.parquet")
    source = open_table(tmp_path / "in.parquet")
    assert source.row_hint == 3
    with TableWriter(tmp_path / "out.parquet", source.schema) as out:
        for batch in source.batches(2):
            out.write(batch.columns)
    assert out.rows == 3
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.schema.equals(table.schema, check_metadata=False)
    assert found.schema.metadata[b"geo"] == b"{}"
    for name in table.column_names:
        expected = table[name].combine_chunks()
        if name == "code":
            expected = expected.cast(pa.string())
            assert found[name].cast(pa.string()).to_pylist() == expected.to_pylist()
        else:
            assert str(found[name].to_pylist()) == str(expected.to_pylist())


@pytest.mark.parametrize("group_rows", [20_000, 1_000_000])
def test_parquet_is_read_in_memory_that_does_not_grow_with_the_file(tmp_path, group_rows):
    rows = 1_000_000
    column = np.random.default_rng(1).random(rows)
    whole = pa.table({"a": column, "b": column[::-1]})
    pq.write_table(whole, tmp_path / "in.parquet", row_group_size=group_rows)
    del whole
    before, most, seen = pa.total_allocated_bytes(), 0, 0
    for part in open_table(tmp_path / "in.parquet").parts():
        most = max(most, pa.total_allocated_bytes() - before)
        assert np.array_equal(part.columns[0], column[seen : seen + len(part)])
        seen += len(part)
    assert seen == rows
    assert most < column.nbytes  # half of the file


def test_parquet_with_duplicate_names_is_read_by_place(tmp_path):
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"])
    pq.write_table(table, tmp_path / "a.parquet")
    source = open_table(tmp_path / "a.parquet")
    assert rows_of(source) == [[1, 2]]


def test_mixed_columns_of_a_sheet_become_text_in_parquet(tmp_path):
    rows = [["mixed", "number", "day"], ["007", 1, date(2026, 5, 1)], [7, 2.5, None]]
    source = open_table(workbook(tmp_path / "a.xlsx", {"s": (0, rows, True)}))
    with TableWriter(tmp_path / "a.parquet", source.schema) as out:
        for batch in source.batches():
            out.write(batch.columns)
    found = pq.read_table(tmp_path / "a.parquet")
    assert found.to_pydict() == {
        "mixed": ["007", "7"],
        "number": [1.0, 2.5],
        "day": [date(2026, 5, 1), None],
    }


def test_own_columns_may_be_arrays(tmp_path):
    schema = pa.schema([pa.field("i", pa.int32()), pa.field("f", pa.float64())])
    columns = [np.array([1, 2], np.int32), pa.array([0.5, None])]
    expected = {"csv": [["1", "0.5"], ["2", ""]], "xlsx": [[1, 0.5], [2, None]]}
    expected["parquet"] = expected["xlsx"]
    for kind, rows in expected.items():
        with TableWriter(tmp_path / f"a.{kind}", schema) as out:
            out.write(columns)
        assert rows_of(open_table(tmp_path / f"a.{kind}")) == rows


@pytest.mark.parametrize("kind", KINDS)
def test_no_rows(tmp_path, kind):
    table = open_table(write(tmp_path / f"a.{kind}", ["a", "b"], []))
    assert table.columns == ("a", "b")
    assert list(table.batches()) == []


# Not even XML can hold two of the characters that Unicode sets aside for programs.
sheet_safe = tables().filter(
    lambda rows: not any(c in cell for r in rows for cell in r for c in "\ufffe\uffff")
)


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None)
@given(rows=sheet_safe, size=st.integers(1, 3))
def test_any_csv_comes_out_of_any_format_cell_by_cell(tmp_path_factory, kind, rows, size):
    folder = tmp_path_factory.getbasetemp()
    with (folder / "in.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    source = open_table(folder / "in.csv", delimiter=",")
    header, *body = rows
    if kind == "parquet" and len(set(header)) < len(header):
        return
    with TableWriter(folder / f"out.{kind}", source.schema) as out:
        for batch in source.batches(size):
            out.write(batch.columns)
    assert out.rows == len(body)
    path = folder / f"out.{kind}"
    if kind == "xlsx":
        # A sheet has no bounds of its own: empty cells and rows at its rim cannot be seen in it.
        found = {
            (r, c): cell
            for r, row in enumerate(load_workbook(path).get_sheet_by_index(0).to_python(False))
            for c, cell in enumerate(row)
            if cell != ""
        }
        expected = {(r, c): x for r, row in enumerate(rows) for c, x in enumerate(row) if x != ""}
        assert found == expected
    else:
        options = {} if kind == "parquet" else {"delimiter": "\t" if kind == "tsv" else ","}
        table = open_table(path, **options)
        assert [list(table.columns), *rows_of(table)] == rows


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.dates(),
    st.datetimes(),
    st.text("甲=0 ", min_size=1, max_size=4),
)


@settings(deadline=None)
@given(cells=st.lists(scalars, min_size=1, max_size=5))
def test_any_cell_survives_a_sheet_as_itself_or_as_its_text(tmp_path_factory, cells):
    path = tmp_path_factory.getbasetemp() / "cells.xlsx"
    write(path, ["a", "b"], [[cell, "x"] for cell in cells])
    for cell, (found, _) in zip(cells, rows_of(open_table(path)), strict=True):
        midnight = isinstance(cell, datetime) and cell.time() == time(0)
        same = found == cell or (midnight and found == cell.date())
        assert same or found == text_of(cell)


# ---- nothing half written -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("before", [None, b"older"])
def test_a_run_that_fails_leaves_what_was_there_before(tmp_path, kind, before):
    path = tmp_path / f"a.{kind}"
    if before:
        path.write_bytes(before)

    def fail():
        with TableWriter(path, pa.schema([pa.field("a", pa.string())])) as out:
            out.write([["1", "2"]])
            # Until it is whole, the output is not there under its name.
            assert (path.read_bytes() if path.exists() else None) == before
            assert len(list(tmp_path.glob("*.partial"))) == 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [one.name for one in tmp_path.iterdir()] == ([path.name] if before else [])
    assert (path.read_bytes() if path.exists() else None) == before


@pytest.mark.parametrize("kind", KINDS)
def test_an_older_output_is_replaced(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    path.write_bytes(b"older")
    write(path, ["a"], [["1"]])
    assert rows_of(open_table(path)) == [["1"]]
    assert list(tmp_path.iterdir()) == [path]


def test_parquet_cells_that_do_not_fit_their_type_leave_nothing(tmp_path):
    with pytest.raises(pa.ArrowInvalid):
        write(tmp_path / "a.parquet", ["a"], [["x"]], [pa.int64()])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("columns", [[["1"]], [["1"], ["1", "2"]], [["1"], ["2"], ["3"]]])
def test_columns_that_do_not_fit_the_schema_are_refused(tmp_path, columns):
    schema = pa.schema([pa.field("a", pa.string()), pa.field("b", pa.string())])
    with (
        pytest.raises(ValueError, match="for 2 columns"),
        TableWriter(tmp_path / "a.csv", schema) as out,
    ):
        out.write(columns)
    with pytest.raises(ValueError, match="inside its context"):
        TableWriter(tmp_path / "a.csv", schema).write([["1"], ["2"]])


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_cannot_be_made_is_told_at_once(tmp_path, kind):
    # The file beside it would have a longer name than file systems allow.
    path = tmp_path / f"{'x' * 240}.{kind}"
    with pytest.raises(BadFileError, match="cannot be written: File name too long"):
        write(path, ["a"], [])
    assert list(tmp_path.iterdir()) == []


KILLED = """
import sys, time
import pyarrow as pa
from app.tables import TableWriter
with TableWriter(sys.argv[1], pa.schema([pa.field("a", pa.string())])) as out:
    out.write([["1"] * 1000])
    print("written", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_run_leaves_no_output(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)], cwd=root, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout.readline() == "written\n"
        run.send_signal(signal.SIGKILL)
        run.wait(timeout=30)
    assert not path.exists()
    assert all(one.name.endswith(".partial") for one in tmp_path.iterdir())
