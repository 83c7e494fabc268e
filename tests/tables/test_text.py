"""CSV files as they come: encodings, delimiters, quotes, ragged rows."""

from __future__ import annotations

import codecs
import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.errors import BadFileError, BadInputError
from app.tables import open_table


@pytest.fixture
def opened(tmp_path):
    def write_and_open(content, name="in.csv", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return open_table(path, **options)

    return write_and_open


def rows_of(table, size=1000):
    return [
        list(row)
        for batch in table.batches(size)
        for row in zip(*map(batch.cells, range(len(table.columns))), strict=True)
    ]


def faults_of(table, size=1000):
    found, start = {}, 0
    for batch in table.batches(size):
        found |= {start + place: fault for place, fault in batch.faults.items()}
        start += len(batch)
    return found


TEXT = "编码,地址,经度\r\n007,简城街道建设路1号,104.5\r\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8-sig"),
        (TEXT.encode("gbk"), "gb18030"),
        (TEXT.replace("建", "𠮷").encode("gb18030"), "gb18030"),
        (b"a,b,c\n1,2,3\n", "utf-8"),
    ],
)
def test_encoding_is_found_strictly(opened, content, encoding):
    table = opened(content)
    assert table.encoding == encoding
    assert rows_of(table) == list(csv.reader(io.StringIO(content.decode(encoding), newline="")))[1:]


def test_one_chinese_character_at_the_end_of_a_long_file_decides(opened):
    content = b"a,b\n" + b"1,2\n" * 600_000 + "简,1\n".encode("gbk")
    table = opened(content)
    assert table.encoding == "gb18030"
    assert rows_of(table, 50_000)[-1] == ["简", "1"]


@pytest.mark.parametrize(
    "content",
    [b"a,b\n\xff\xff,2\n", "a,b\n简,1\n".encode("utf-16"), b"a,b\n\0,1\n", b"a,b\n1,\x81"],
)
def test_what_is_no_text_is_refused(opened, content):
    with pytest.raises(BadFileError, match="neither UTF-8 nor GB18030") as caught:
        opened(content)
    assert "GB18030" in caught.value.message_zh


@pytest.mark.parametrize("encoding", ["utf-16", "big5", "gbk", "utf-8"])
def test_a_stated_encoding_is_used(opened, encoding):
    content = (
        codecs.BOM_UTF8 + "地址\n台北\n".encode()
        if encoding == "utf-8"
        else "地址\n台北\n".encode(encoding)
    )
    table = opened(content, encoding=encoding)
    assert table.columns == ("地址",)
    assert rows_of(table) == [["台北"]]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030", None])
def test_only_one_mark_at_the_start_is_no_text(opened, encoding):
    codec = encoding or "utf-8-sig"
    mark = "\ufeff" if codec == "gb18030" else ""
    table = opened((mark + "\ufeffa,b\n1,2\n").encode(codec), encoding=encoding)
    assert table.columns == ("\ufeffa", "b")
    assert rows_of(table) == [["1", "2"]]


def test_a_wrong_stated_encoding_is_an_error_that_names_the_line(opened):
    with pytest.raises(BadFileError, match="not ascii text, first on line 1:") as caught:
        opened(TEXT, encoding="ascii")
    assert "--encoding" in caught.value.hint
    with pytest.raises(BadFileError, match="not utf-8 text, first on line 2:"):
        rows_of(opened("a,b\n简,1\n".encode("gbk"), encoding="utf-8"))
    late = opened("a,b\n" + "1,2\n" * 600_000 + "简,1\n3,4\n", encoding="ascii")
    with pytest.raises(BadFileError, match=r"in.csv is not ascii text, first on line 600002:"):
        rows_of(late)


@pytest.mark.parametrize("encoding", ["klingon", "hex"])
def test_an_unknown_encoding_is_refused(opened, encoding):
    with pytest.raises(BadInputError, match=f"encoding '{encoding}' is not known"):
        opened(TEXT, encoding=encoding)


@pytest.mark.parametrize(
    ("content", "columns", "first"),
    [
        ("a,b;c\n1,2;3\n", ("a", "b;c"), ["1", "2;3"]),
        ("a;b;c\n1,5;2;3\n", ("a", "b", "c"), ["1,5", "2", "3"]),
        ("a\tb\n1,2\t3;4\n", ("a", "b"), ["1,2", "3;4"]),
        ("a\n1;2\n", ("a",), ["1;2"]),
        ('"x;y;z",b\n1,2\n', ("x;y;z", "b"), ["1", "2"]),
        # Only the header decides: the body is full of semicolons.
        ("a,b\n;;;;,2\n", ("a", "b"), [";;;;", "2"]),
    ],
)
def test_the_delimiter_is_found_in_the_header_line(opened, content, columns, first):
    table = opened(content)
    assert table.columns == columns
    assert rows_of(table) == [first]


def test_a_tsv_has_tabs_and_a_stated_delimiter_is_used(opened):
    assert opened("a,b,c\td\n", name="in.tsv").columns == ("a,b,c", "d")
    assert opened("a|b,c\n", delimiter="|").columns == ("a", "b,c")
    with pytest.raises(BadInputError, match="'ab' is not one character"):
        opened("a|b,c\n", delimiter="ab")


def test_cells_are_the_exact_text(opened):
    table = opened('a,b,c,d,e\n007, x ,,"",510185001001020304\n"1,5","q""q","NA",null,1.50\n')
    assert rows_of(table) == [
        ["007", " x ", "", "", "510185001001020304"],
        ["1,5", 'q"q', "NA", "null", "1.50"],
    ]


def test_newlines_within_quotes_are_part_of_the_cell(opened):
    table = opened('a,"b\nb"\r\n"1\r\n2","3\n4"\r\n5,"6\r7"\r\n')
    assert table.columns == ("a", "b\nb")
    assert rows_of(table) == [["1\r\n2", "3\n4"], ["5", "6\r7"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends(opened, end, last):
    table = opened(end.join(["a,b", "1,2", "3,4"]) + (end if last else ""))
    assert rows_of(table) == [["1", "2"], ["3", "4"]]


def test_ragged_rows_are_kept_and_told(opened):
    table = opened("a,b,c\n1,2\n1,2,3\n1,2,3,4,五\n1,2,3,,\n")
    assert rows_of(table) == [["1", "2", None], ["1", "2", "3"], ["1", "2", "3"], ["1", "2", "3"]]
    assert faults_of(table) == {
        0: "line 2 has 2 cells, the header has 3",
        2: "line 4 has 5 cells, the header has 3; surplus '4'; surplus '五'",
    }
    # The same by small batches: the places are those within the batch.
    assert faults_of(table, 1) == faults_of(table)
    assert rows_of(table, 1) == rows_of(table)


def test_lines_are_counted_over_cells_of_several_lines(opened):
    table = opened('a,b\n"1\n\n1",2\n3\n')
    assert faults_of(table) == {1: "line 5 has 1 cell, the header has 2"}


def test_empty_lines_inside_are_rows_and_those_around_are_none(opened):
    table = opened("\n\na,b\n1,2\n\n3,4\n\n\n")
    assert table.columns == ("a", "b")
    assert rows_of(table) == [["1", "2"], [None, None], ["3", "4"]]
    assert faults_of(table) == {1: "line 5 is empty"}


def test_an_empty_cell_alone_on_its_line_is_a_row(opened):
    assert rows_of(opened('a\n""\nx\n""\n')) == [[""], ["x"], [""]]


@pytest.mark.parametrize("content", ["", "\n", "\r\n\r\n", codecs.BOM_UTF8])
def test_an_empty_file_is_refused(opened, content):
    with pytest.raises(BadFileError, match=r"in\.csv is empty, not even a header") as caught:
        opened(content)
    assert "没有表头" in caught.value.message_zh


@pytest.mark.parametrize("content", ["a,b", "a,b\n", "a,b\n\n\n"])
def test_a_header_alone_is_a_table_without_rows(opened, content):
    table = opened(content)
    assert table.columns == ("a", "b")
    assert list(table.batches()) == []


def test_duplicate_and_empty_names_are_kept_until_asked_for(opened):
    table = opened("a,备注,备注,\n1,2,3,4\n")
    assert table.columns == ("a", "备注", "备注", "")
    assert rows_of(table) == [["1", "2", "3", "4"]]
    assert table.index("a") == 0
    with pytest.raises(BadInputError, match=r"2 columns '备注' \(columns 2, 3\)"):
        table.index("备注")
    with pytest.raises(
        BadInputError, match=r"no column 'A'; its header has 'a', '备注', '备注', ''"
    ):
        table.index("A")


@pytest.mark.parametrize("tail", ['"x,2\n3,4\n', '"x', '"', '1,"\n'])
def test_a_quote_that_is_never_closed_is_refused(opened, tail):
    table = opened("a,b\n1,2\n" + tail)
    with pytest.raises(BadFileError, match="line 3 is never closed") as caught:
        rows_of(table)
    assert "引号" in caught.value.message_zh


def test_a_cell_beyond_the_limit_of_the_parser_is_read_and_the_limit_of_others_stays(opened):
    before = csv.field_size_limit()
    table = opened("a,b\n1,2\n" + '"' + "x" * 200_000 + '",2\n')
    rows = table.batches(1)
    next(rows)
    assert csv.field_size_limit() == before
    assert next(rows).cells(0) == ["x" * 200_000]
    assert rows_of(opened("y" * 200_000 + "\n1\n")) == [["1"]]
    assert csv.field_size_limit() == before


def test_an_open_quote_before_much_text_is_told_with_its_line(opened):
    table = opened("a,b\n1,2\n" + '"x,2\n' + "1,2\n" * 100_000)
    with pytest.raises(BadFileError, match="line 3 is never closed"):
        rows_of(table)


def test_the_row_hint_counts_lines(opened):
    assert opened("a\n1\n2\n").row_hint == 2
    assert opened("a\n1\n2").row_hint == 2
    assert opened("a\n").row_hint == 0


# Any text that UTF-8 can hold, but NUL, which marks a binary file.
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
tricky = st.text(st.sampled_from("\r\n\",;\t '=0简"), max_size=6)
cells = st.one_of(texts, tricky)


@st.composite
def tables(draw):
    width = draw(st.integers(1, 4))
    row = st.lists(cells, min_size=width, max_size=width)
    return draw(st.lists(row, min_size=1, max_size=6))


@settings(deadline=None)
@given(tables(), st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]), st.integers(1, 3))
@example([["\ufeffx"], ["y"]], "utf-8-sig", 1)
def test_any_table_comes_in_as_it_was_written(tmp_path_factory, rows, encoding, size):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    table = open_table(path, encoding=encoding, delimiter=",")
    assert [list(table.columns), *rows_of(table, size)] == rows
    assert faults_of(table, size) == {}
