"""Blocks of a CSV: cut where a row ends, to be parsed apart, in any thread or process.

Most blocks are plain: every quote stands where RFC 4180 wants it, every row is as wide as the
header. Of such a block pyarrow and the csv module make the same cells, and pyarrow is much the
faster. Any other block goes to the csv module, which decides what a stray quote means.
"""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv

from app.errors import BadFileError
from app.tables.cells import Cell
from app.tables.table import Batch

_QUOTE, _NEWLINE, _RETURN = b'"\n\r'
_BOM = "\ufeff".encode()
# Handed to the parser after the last line. It comes back as a row of its own unless a quote is
# still open, which the csv module does not report.
END = "\ue000end of file\ue000"
# Characters of one cell; the csv module stops at 131,072 unless told. The largest C long anywhere.
_MAX_CELL = 2**31 - 1
# The limit is one for all readers, so only one thread may change it at a time.
_LIMIT = threading.Lock()
# pyarrow counts the bytes of a block in 32 bits.
_MAX_BLOCK = 1 << 30


class BadRowsError(BadFileError):
    """Rows that cannot be told apart; the message does not name the file yet."""


@dataclass(frozen=True, slots=True)
class CsvBlock:
    """Whole rows of a CSV, not parsed yet.

    Attributes
    ----------
    text : bytes
        UTF-8; quotes are where they belong, and the last line is not empty.
    line : int
        Line of the file, from 1, on which it begins.
    delimiter : str
        One ASCII character.
    width : int
        Columns of the header.
    """

    text: bytes
    line: int
    delimiter: str
    width: int

    def read(self) -> Batch:
        """Return the rows; cells are text, and None where a row is too short to have them.

        Raises
        ------
        BadFileError
            If the text is not UTF-8 any more.
        """
        columns = self._plain_columns()
        if columns is not None:
            return Batch(columns)
        try:
            lines = io.StringIO(self.text.decode(), newline="")
        except UnicodeDecodeError as error:
            # It was UTF-8 when it was opened.
            raise BadFileError(
                f"after line {self.line}: {error}", "Was the file changed while it was read?"
            ) from error
        return batch_of(records(lines, self.delimiter, self.line), self.width)

    def _plain_columns(self) -> list[pa.Array] | None:
        """Return the columns as pyarrow reads them, None where the csv module has to."""
        text = self.text
        if (
            len(text) > _MAX_BLOCK
            or b"\0" in text
            or text.startswith(_BOM)  # pyarrow would take it for a mark
            or text.count(b"\r") != text.count(b"\r\n")
            or _has_empty_line(text)  # it would be a row of empty cells
        ):
            return None
        names = [str(place) for place in range(self.width)]
        try:
            table = pa_csv.read_csv(
                pa.BufferReader(text),
                pa_csv.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=names),
                pa_csv.ParseOptions(
                    delimiter=self.delimiter,
                    newlines_in_values=_QUOTE in text,
                    ignore_empty_lines=False,
                ),
                pa_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    strings_can_be_null=False,
                    quoted_strings_can_be_null=False,
                ),
            )
        except pa.ArrowInvalid:  # rows of another width, or no UTF-8
            return None
        return [column.combine_chunks() for column in table.columns]


def _has_empty_line(text: bytes) -> bool:
    return text[:1] in {b"\n", b"\r"} or b"\n\n" in text or b"\n\r" in text


def records(
    lines: Iterable[str], delimiter: str, first_line: int = 1, *, header: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows with the line on which they begin.

    Empty lines after the last row are no rows, nor are those before a header; any other one is.
    After the last line there may be `END`.

    Raises
    ------
    BadRowsError
        If a quote is never closed.
    """
    reader = csv.reader(lines, delimiter=delimiter)
    begin, seen = first_line, not header
    blank: list[int] = []
    try:
        for row in _unlimited(reader):
            if row and row[-1].endswith(END):
                if row != [END] or reader.line_num + first_line - 1 != begin:
                    raise BadRowsError(
                        f"a quote that opens on line {begin} is never closed",
                        "Close it, or double it where it is part of the text.",
                        message_zh=f"第 {begin} 行的引号没有闭合",
                        hint_zh="请补上引号；若引号是内容的一部分，请写成两个。",
                    )
                return
            if row:
                yield from ((line, []) for line in blank)
                blank = []
                yield begin, row
                seen = True
            elif seen:
                blank.append(begin)
            begin = reader.line_num + first_line
    except csv.Error as error:
        raise BadRowsError(
            f"line {begin}: {error}",
            "Is a quote open there that is never closed?",
            message_zh=f"第 {begin} 行：{error}",
            hint_zh="该行是否有未闭合的引号？",
        ) from error


def _unlimited(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """Yield what the csv module reads without its limit on a cell, which is one for all readers."""
    while True:
        with _LIMIT:
            before = csv.field_size_limit(_MAX_CELL)
            try:
                row = next(rows)
            except StopIteration:
                return
            finally:
                csv.field_size_limit(before)
        yield row


def batch_of(rows: Iterable[tuple[int, list[str]]], width: int) -> Batch:
    """Bring rows to one width, noting what is wrong with those of another one."""
    whole: list[list[Cell]] = []
    faults: dict[int, str] = {}
    for line, row in rows:
        if len(row) == width:
            whole.append([*row])
            continue
        fault = _fault(line, row, width)
        if fault:
            faults[len(whole)] = fault
        whole.append([*row[:width], *[None] * (width - len(row))])
    columns = [list(column) for column in zip(*whole, strict=True)]
    return Batch(columns or [[] for _ in range(width)], faults)


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


class BlockCutter:
    """Cuts the body of a CSV into parts that can be parsed apart.

    Parameters
    ----------
    chunks
        The body, UTF-8, in pieces of any size.
    line
        Line of the file, from 1, on which it begins.
    delimiter
        One character.
    width
        Columns of the header.
    size
        About how many bytes a part holds; more only where a row is longer.
    """

    def __init__(
        self, chunks: Iterator[bytes], line: int, delimiter: str, width: int, size: int
    ) -> None:
        self._chunks = chunks
        self._line = line
        self._delimiter = delimiter
        self._width = width
        self._size = size
        self._text = b""
        self._ended = False

    def parts(self) -> Iterator[CsvBlock | Batch]:
        """Yield the rows: as blocks, or parsed already where only parsing tells where rows end.

        Raises
        ------
        BadRowsError
            If a quote is never closed.
        """
        wanted = self._size
        plain = self._delimiter.isascii() and self._delimiter not in '"\r\n'
        while True:
            self._fill(wanted)
            if not self._text.strip(b"\r\n") and self._ended:
                return
            end = self._row_end() if plain else None
            if end is None:
                yield from self._parsed()
            elif end:
                block, self._text = self._text[:end], self._text[end:]
                yield CsvBlock(block, self._line, self._delimiter, self._width)
                self._line += _line_ends(block)
            wanted = 2 * len(self._text) if end == 0 else self._size

    def _fill(self, wanted: int) -> None:
        pieces, have = [self._text], len(self._text)
        while not self._ended and have < wanted:
            chunk = next(self._chunks, None)
            if chunk is None:
                self._ended = True
            else:
                pieces.append(chunk)
                have += len(chunk)
        self._text = b"".join(pieces)

    def _row_end(self) -> int | None:
        """Return where the last row ends that is whole and not followed by empty lines only.

        0 if more text is needed to tell, None if a quote stands where it does not belong, so that
        only a parser can tell.
        """
        text = self._text
        end = _last_line_end(text, self._ended)
        if _QUOTE in text:
            bytes_ = np.frombuffer(text, dtype=np.uint8)
            quotes = np.flatnonzero(bytes_ == _QUOTE)
            if end and np.searchsorted(quotes, end) % 2:
                # The last line ends within quotes: go back to one that does not.
                ends = np.flatnonzero(bytes_ == _NEWLINE) + 1
                outside = ends[np.searchsorted(quotes, ends) % 2 == 0]
                end = int(outside[-1]) if len(outside) else 0
            known = quotes[quotes < end] if end else quotes
            if not self._well_placed(bytes_, known, whole=bool(end)):
                return None
        bare = len(text[:end].rstrip(b"\r\n"))
        if not bare:
            return None if self._ended else 0
        end_of_line = 2 if text[bare : bare + 2] == b"\r\n" else 1
        return min(bare + end_of_line, end)

    def _well_placed(
        self, text: npt.NDArray[np.uint8], quotes: npt.NDArray[np.int64], *, whole: bool
    ) -> bool:
        """Tell whether quotes only enclose whole cells and stand doubled within them.

        Then every even one opens a cell or is the second of a double, and every odd one closes a
        cell or is the first of a double; of the last one that shows only where the text is whole.
        """
        first = np.array([_NEWLINE], dtype=np.uint8)
        around = np.concatenate([first, text, first])
        opens, closes = quotes[::2], quotes[1::2]
        ends = np.array([ord(self._delimiter), _NEWLINE, _RETURN], dtype=np.uint8)
        after_cell = np.isin(around[opens], ends)
        before_cell = np.isin(around[closes + 2], ends)
        doubled = opens[1:] == closes[: len(opens) - 1] + 1
        after_cell[1:] |= doubled
        before_cell[: len(doubled)] |= doubled
        if not whole and len(quotes) % 2 == 0:
            before_cell = before_cell[:-1]
        return bool(after_cell.all() and before_cell.all())

    def _parsed(self) -> Iterator[Batch]:
        """Parse rows in order until about one part of text is used up."""
        feed = _Feed(self._text, self._chunks, self._ended)
        rows: list[tuple[int, list[str]]] = []
        for line, row in records(feed.lines(), self._delimiter, self._line):
            rows.append((line, row))
            if row and feed.used >= self._size:
                break
        self._line += feed.count
        self._text, self._ended = feed.rest(), feed.ended
        if rows:
            yield batch_of(rows, self._width)


class _Feed:
    """Hands out lines and remembers how far it came."""

    def __init__(self, text: bytes, chunks: Iterator[bytes], ended: bool) -> None:
        self._tail = text
        self._chunks = chunks
        self._lines: Iterator[bytes] = iter(())
        self.ended = ended
        self.used = 0
        self.count = 0

    def lines(self) -> Iterator[str]:
        """Yield lines with their ends, then `END`."""
        while True:
            for line in self._lines:
                self.used += len(line)
                self.count += 1
                yield line.decode()
            if self.ended and not self._tail:
                yield END
                return
            self._split()

    def _split(self) -> None:
        whole = self._tail.splitlines(keepends=True)
        if self.ended:
            self._tail = b""
        else:
            # The last line may go on, and a return may yet be followed by a newline.
            self._tail = whole.pop() if whole else b""
            if not whole:
                chunk = next(self._chunks, None)
                self.ended = chunk is None
                self._tail += chunk or b""
        self._lines = iter(whole)

    def rest(self) -> bytes:
        """Return what was not handed out."""
        return b"".join([*self._lines, self._tail])


def _last_line_end(text: bytes, ended: bool) -> int:
    """Return where the last line ends, 0 if none is known to."""
    if ended:
        return len(text)
    newline = text.rfind(b"\n") + 1
    # A return at the very end may be followed by its newline.
    return newline or text.rfind(b"\r", 0, -1) + 1


def _line_ends(text: bytes) -> int:
    return text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n")
