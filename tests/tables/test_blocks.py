"""CSV cut into blocks: the cells are those of the csv module, wherever it is cut."""

from __future__ import annotations

import csv
import io
import pickle

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.tables import open_table
from app.tables.blocks import END, BadRowsError, BlockCutter, CsvBlock, batch_of, records
from app.tables.delimited import csv_text
from app.tables.table import Batch, as_cells
from tests.tables.test_text import cells, rows_of, tables


def as_parsed_at_once(text, width):
    batch = batch_of(records([*io.StringIO(text, newline=""), END], ","), width)
    return [as_cells(column) for column in batch.columns], batch.faults


def parts_of(text, width, size, chunk):
    data = text.encode()
    chunks = (data[start : start + chunk] for start in range(0, len(data), chunk))
    return BlockCutter(chunks, 1, ",", width, size).parts()


def as_parsed_by_parts(text, width, size, chunk):
    columns, faults, rows = [[] for _ in range(width)], {}, 0
    for part in parts_of(text, width, size, chunk):
        batch = pickle.loads(pickle.dumps(part)).read()
        faults |= {rows + row: fault for row, fault in batch.faults.items()}
        rows += len(batch)
        for column, more in zip(columns, batch.columns, strict=True):
            column.extend(as_cells(more))
    return columns, faults


def outcome(parse, *arguments):
    try:
        return parse(*arguments)
    except BadRowsError as error:
        return error.message


@settings(deadline=None, max_examples=400)
@given(
    text=st.one_of(
        st.text(st.sampled_from('ab,\n"'), max_size=40),
        st.text(st.sampled_from('a,\n\r"'), max_size=30),
        st.text(st.sampled_from('a,"\r\n\ufeff简 \u2028'), max_size=30),
    ),
    width=st.integers(1, 3),
    size=st.integers(1, 40),
    chunk=st.integers(1, 12),
)
@example('\n\n"a', 1, 1, 1)
@example('a,b\n5" x,1\n"2""","3\n"\n', 2, 4, 3)
@example("\n\n\n1,2\n\n", 2, 1, 1)
def test_any_text_gives_the_same_rows_and_faults_however_it_is_cut(text, width, size, chunk):
    assert outcome(as_parsed_by_parts, text, width, size, chunk) == outcome(
        as_parsed_at_once, text, width
    )


@settings(deadline=None)
@given(rows=tables(), size=st.integers(1, 30), end=st.sampled_from(["\n", "\r\n"]))
def test_any_table_of_the_csv_module_is_cut_without_parsing_it(rows, size, end):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    parts = list(parts_of(out.getvalue(), len(rows[0]), size, 5))
    assert all(isinstance(part, CsvBlock) for part in parts)
    assert "".join(part.text.decode() for part in parts) == out.getvalue()
    read = [part.read() for part in parts]
    found = [list(row) for batch in read for row in zip(*map(as_cells, batch.columns), strict=True)]
    assert found == rows


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("1,2\n3,4\n", True),
        ('"1","2\n2"\r\n3,4', True),
        ("1\n3,4\n", False),
        ("1,2\n\n3,4\n", False),
        ("1,2\r3,4\n", False),
        ("\ufeff1,2\n", False),
    ],
)
def test_only_plain_blocks_are_read_by_pyarrow(text, plain):
    batch = CsvBlock(text.encode(), 1, ",", 2).read()
    assert all(isinstance(column, pa.Array) for column in batch.columns) == plain


def test_parts_are_small_whatever_the_file_is(tmp_path, monkeypatch):
    monkeypatch.setattr("app.tables.text.PART_BYTES", 1000)
    monkeypatch.setattr("app.tables.text._CHUNK", 100)
    text = "a,b\n" + "".join(f'{n},"x\n{n}"\n' for n in range(2000))
    (tmp_path / "in.csv").write_text(text, encoding="utf-8")
    table = open_table(tmp_path / "in.csv")
    parts = list(table.parts())
    assert len(parts) > 20
    assert max(len(part.text) for part in parts) < 1000 + 100
    assert rows_of(table) == [[str(n), f"x\n{n}"] for n in range(2000)]


@settings(deadline=None)
@given(
    rows=st.integers(1, 3).flatmap(
        lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), max_size=5)
    ),
    delimiter=st.sampled_from([",", "\t"]),
    coded=st.booleans(),
)
def test_text_is_that_of_the_csv_module(rows, delimiter, coded):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    columns = [list(column) for column in zip(*rows, strict=True)] or [[]]
    if coded:
        columns = [pa.array(column, pa.string()).dictionary_encode() for column in columns]
    assert csv_text(columns, delimiter).to_pybytes().decode() == out.getvalue()


@settings(deadline=None, max_examples=300)
@given(st.lists(st.one_of(st.none(), st.floats(), st.floats(-200, 200)), min_size=1))
@example([0.0, -0.0, 1e-4, 9.99e-5, 1e9, 999999999.5, 1e15, 1e16, 12.0, 0.1 + 0.2, 5e-324])
def test_floats_are_written_as_python_writes_them(values):
    text = csv_text([pa.array(values, pa.float64()), ["x"] * len(values)], ",")
    wanted = "".join(f"{'' if v is None else repr(v)},x\r\n" for v in values)
    assert text.to_pybytes().decode() == wanted


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pa.array([1, None, -(2**63)]), ["1", "", str(-(2**63))]),
        (pa.array([2**64 - 1], pa.uint64()), [str(2**64 - 1)]),
        (pa.array([True, None, False]), ["TRUE", "", "FALSE"]),
        (pa.array(['a"b', None, "c,d"], pa.large_string()), ['"a""b"', "", '"c,d"']),
        (pa.array([None, None]), ["", ""]),
        (pa.array([b"\x01\xff"]), ["01ff"]),
        (pa.array(["x", "y", "z"])[1:], ["y", "z"]),
        (pa.array(["x,", None, "x,"]).dictionary_encode()[1:], ["", '"x,"']),
    ],
)
def test_columns_of_every_type_are_written_as_their_text(column, texts):
    text = csv_text([column, pa.array(["e"] * len(column))], ",").to_pybytes().decode()
    assert text == "".join(f"{one},e\r\n" for one in texts)


def test_more_text_than_one_column_holds_is_written_in_several_goes(monkeypatch):
    rows = [[f"{n}" * 10, 'q"'] for n in range(50)]
    columns = [list(column) for column in zip(*rows, strict=True)]
    whole = csv_text(columns, ",")
    monkeypatch.setattr("app.tables.delimited._MAX_TEXT", 100)
    assert csv_text(columns, ",") == whole


@pytest.mark.parametrize("protocol", [2, 5])
def test_a_slice_is_pickled_without_what_it_is_of(protocol):
    column = pa.array(range(100_000))
    batch = Batch([column[500:510], pa.array(["x"] * 10)], {3: "torn"})
    data = pickle.dumps(batch, protocol)
    assert len(data) < 10_000
    found = pickle.loads(data)
    assert found.cells(0) == list(range(500, 510))
    assert found.faults == {3: "torn"}
    lists = pickle.loads(pickle.dumps(Batch([[1, "a", None]], {})))
    assert lists.columns == [[1, "a", None]]
