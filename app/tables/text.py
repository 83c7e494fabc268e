"""CSV: its encoding, its delimiter, its rows."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from app.errors import BadFileError, BadInputError
from app.tables.cells import Cell
from app.tables.table import DEFAULT_BATCH_ROWS, Batch, Table

_CHUNK = 1 << 20
_DELIMITERS = (",", "\t", ";")
_BOM = "\ufeff"
# Handed to the parser after the last line. It comes back as a row of its own unless a quote is
# still open, which the csv module does not report.
_END = "\ue000end of file\ue000"
# Characters of one cell; the csv module stops at 131,072 unless told. The largest C long anywhere.
_MAX_CELL = 2**31 - 1


class CsvTable(Table):
    """A CSV file; see `app.tables.open_table`."""

    def __init__(self, path: Path, encoding: str | None, delimiter: str | None) -> None:
        if delimiter is not None and len(delimiter) != 1:
            raise BadInputError(f"delimiter {delimiter!r} is not one character")
        self.path = path
        found, lines = _scan(path)
        self.encoding = found if encoding is None else _known_encoding(encoding)
        if not self.encoding:
            raise BadFileError(
                f"{path} is neither UTF-8 nor GB18030 text",
                "Name the encoding with --encoding, or save the file as CSV UTF-8.",
                message_zh=f"{path} 既不是 UTF-8 也不是 GB18030 文本",
                hint_zh="请用 --encoding 指定编码，或另存为 CSV UTF-8。",
            )
        self.delimiter = delimiter or self._sniff()
        _, header = next(self._records(), (0, []))
        if not header:
            raise BadFileError(
                f"{path} is empty, not even a header is there",
                "The first line names the columns.",
                message_zh=f"{path} 是空文件，没有表头",
                hint_zh="第一行应为列名。",
            )
        schema = pa.schema([pa.field(name, pa.string()) for name in header])
        super().__init__(path, schema, lines - 1 if lines else None)

    def batches(self, rows: int = DEFAULT_BATCH_ROWS) -> Iterator[Batch]:
        """See `Table.batches`; cells are text, and None where a row is too short to have them."""
        records = self._records()
        next(records)
        width = len(self.schema)
        whole: list[list[Cell]] = []
        faults: dict[int, str] = {}
        for line, row in records:
            if len(row) != width:
                fault = _fault(line, row, width)
                if fault:
                    faults[len(whole)] = fault
                whole.append([*row[:width], *[None] * (width - len(row))])
            else:
                whole.append(row)
            if len(whole) == rows:
                yield _batch(whole, faults)
                whole, faults = [], {}
        if whole:
            yield _batch(whole, faults)

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows with the line on which they begin, the header first.

        Empty lines before the header and after the last row are no rows; any other one is.
        """
        reader = csv.reader(self._lines(), delimiter=self.delimiter)
        begin, header_seen = 1, False
        blank: list[int] = []
        try:
            for row in _unlimited(reader):
                if row and row[-1].endswith(_END):
                    if row != [_END] or reader.line_num != begin:
                        raise BadFileError(
                            f"{self.path}: a quote that opens on line {begin} is never closed",
                            "Close it, or double it where it is part of the text.",
                            message_zh=f"{self.path}：第 {begin} 行的引号没有闭合",
                            hint_zh="请补上引号；若引号是内容的一部分，请写成两个。",
                        )
                    return
                if row:
                    yield from ((line, []) for line in blank)
                    blank = []
                    yield begin, row
                    header_seen = True
                elif header_seen:
                    blank.append(begin)
                begin = reader.line_num + 1
        except csv.Error as error:
            raise BadFileError(
                f"{self.path}, line {begin}: {error}",
                "Is a quote open there that is never closed?",
                message_zh=f"{self.path} 第 {begin} 行：{error}",
                hint_zh="该行是否有未闭合的引号？",
            ) from error

    def _lines(self) -> Iterator[str]:
        try:
            with self.path.open(encoding=self.encoding, newline="") as file:
                for count, line in enumerate(file, 1):
                    yield line.removeprefix(_BOM) if count == 1 else line
        except UnicodeError as error:
            where = _undecodable_line(self.path, self.encoding)
            raise BadFileError(
                f"{self.path} is not {self.encoding} text, first on line {where}: {error}",
                "Name the right one with --encoding, or leave it out: UTF-8 and GBK are found out.",
                message_zh=f"{self.path} 从第 {where} 行起不是 {self.encoding} 文本",
                hint_zh="请用 --encoding 指定正确的编码，或省略：UTF-8 与 GBK 可自动识别。",
            ) from error
        yield _END

    def _sniff(self) -> str:
        """Return the delimiter that stands most often in the header line, outside of quotes."""
        header = next((line for line in self._lines() if line.strip("\r\n")), "")
        bare = "".join(header.split('"')[::2])
        return max(_DELIMITERS, key=bare.count)


def _unlimited(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """Yield what the csv module reads without its limit on a cell, which is one for all readers."""
    while True:
        before = csv.field_size_limit(_MAX_CELL)
        try:
            row = next(rows)
        except StopIteration:
            return
        finally:
            csv.field_size_limit(before)
        yield row


def _batch(rows: list[list[Cell]], faults: dict[int, str]) -> Batch:
    return Batch([list(column) for column in zip(*rows, strict=True)], faults)


def _fault(line: int, row: list[str], width: int) -> str:
    """Say what is wrong with a row of another width; nothing if it is only padded."""
    if not row:
        return f"line {line} is empty"
    surplus = row[width:]
    if len(row) > width and not any(surplus):
        return ""
    cells = "1 cell" if len(row) == 1 else f"{len(row)} cells"
    text = f"line {line} has {cells}, the header has {width}"
    return text + "".join(f"; surplus {cell!r}" for cell in surplus)


def _known_encoding(name: str) -> str:
    try:
        codecs.lookup(name)
        "".encode(name)  # a codec of bytes (hex, zip) is no encoding
    except LookupError:
        raise BadInputError(
            f"encoding {name!r} is not known, allowed are utf-8, gb18030, gbk, big5, utf-16 and "
            "other names that Python knows",
            message_zh=f"不认识编码 {name!r}，可用 utf-8、gb18030、gbk、big5、utf-16 等",
        ) from None
    return name


def _scan(path: Path) -> tuple[str, int]:
    """Return the encoding of a text file, empty if it is none, and how many lines it has.

    A BOM says UTF-8; else what decodes strictly as UTF-8 is UTF-8, and what does not is GB18030
    (with GBK and GB2312 in it) if it decodes strictly as that. Text in GBK of more than a few
    characters is hardly ever valid UTF-8 by chance.
    """
    with path.open("rb") as file:
        if file.read(3) == codecs.BOM_UTF8:
            return "utf-8-sig", _count_lines(path)
    for encoding in ("utf-8", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        try:
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    if b"\0" in chunk:  # UTF-16, or no text at all
                        return "", 0
                    decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding, _count_lines(path)
    return "", _count_lines(path)


def _undecodable_line(path: Path, encoding: str) -> int:
    """Return the line, from 1, on which a file first is not text of the encoding.

    A text stream cannot tell: it decodes ahead of the line that it hands out.
    """
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    ends = 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                ends += _line_ends(decoder.decode(chunk))
    except UnicodeDecodeError as error:
        ends += _line_ends(error.object[: error.start].decode(encoding, "replace"))
    except UnicodeError:
        pass  # it stops where a chunk begins, such as UTF-16 without its mark
    return ends + 1


def _line_ends(text: str) -> int:
    return max(text.count("\n"), text.count("\r"))


def _count_lines(path: Path) -> int:
    lines, chunk = 0, b"\n"
    with path.open("rb") as file:
        for chunk in iter(lambda: file.read(_CHUNK), b""):
            lines += chunk.count(b"\n")
    return lines + (not chunk.endswith(b"\n"))
