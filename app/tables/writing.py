"""Row files written: beside the target first, then renamed, so that none is ever half there."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from math import isfinite
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException

from app.errors import BadFileError, BadInputError, TooLargeError
from app.tables.cells import Cell, text_of
from app.tables.encoding import CellEncoder, CsvEncoder, Encoded, Encoder, ParquetEncoder
from app.tables.reading import extension_of
from app.tables.table import Column

# Excel: specifications and limits.
XLSX_MAX_ROWS = 1_048_576
XLSX_MAX_COLUMNS = 16_384
XLSX_MAX_TEXT = 32_767
# Excel keeps 15 digits of a number; a longer code must be text to stay what it is.
_XLSX_EXACT_INT = 10**15
# Before this day Excel counts a 29 February 1900 that never was.
_XLSX_FIRST_DAY = date(1900, 3, 1)
_XLSX_CREATED = datetime(2000, 1, 1, tzinfo=UTC)


def check_output(path: str | Path, *inputs: str | Path) -> None:
    """Refuse a place to which a table cannot be written, before any work is done.

    Parameters
    ----------
    path
        Where the table is to go. An existing file there would be replaced.
    *inputs
        Files that must not be written over.

    Raises
    ------
    BadFileError
        If the extension is unknown, or the folder is missing, or the path is a folder.
    BadInputError
        If the path is one of the inputs.
    """
    path = Path(path)
    extension_of(path)
    if path.is_dir():
        raise BadFileError(f"{path} is a folder", "Name the file to write.")
    if not path.absolute().parent.is_dir():
        raise BadFileError(
            f"{path} cannot be written, there is no folder {path.absolute().parent}",
            "Make the folder first.",
            message_zh=f"无法写入 {path}，文件夹 {path.absolute().parent} 不存在",
            hint_zh="请先新建该文件夹。",
        )
    for one in inputs:
        if path.resolve() == Path(one).resolve():
            raise BadInputError(
                f"the output {path} is the input itself",
                "Name another file; the input is never written over.",
                message_zh=f"输出 {path} 就是输入文件",
                hint_zh="请另取文件名；输入文件不会被覆盖。",
            )


class TableWriter:
    """Writes a table by batches; a context manager.

    The rows go to a file beside `path`, which takes its name when the context is left without an
    error and is removed when it is left with one.

    Parameters
    ----------
    path
        A .csv, .tsv, .xlsx or .parquet file in a folder that exists.
    schema
        Names and types of the columns; only Parquet needs the types.
    partial
        The file that takes the name in the end; by default one that no other process uses.

    Attributes
    ----------
    path : Path
        The file.
    rows : int
        How many were written so far.
    encoder : Encoder
        Makes the larger part of the work of `write` apart from it: `write_encoded` takes what it
        makes. It can be pickled.

    Raises
    ------
    BadFileError, BadInputError
        As `check_output`, and if the format cannot hold such columns.

    Notes
    -----
    CSV comes as UTF-8 with a BOM (so that Excel reads it as such), comma (.tsv: tab), CRLF. XLSX:
    text is written as text whatever it looks like, numbers and days as numbers and days except
    those that Excel would change (whole numbers of more than 15 digits, days before March 1900,
    parts of a millisecond), which become text; the time of writing is not in it. Parquet: cells are
    converted to the types of the schema, to text where that says text.
    """

    def __init__(self, path: str | Path, schema: pa.Schema, partial: Path | None = None) -> None:
        self.path = Path(path)
        check_output(self.path)
        self._schema = schema
        self._kind = extension_of(self.path)
        self.encoder = _encoder(self._kind, schema)
        own = self.path.with_name(f"{self.path.name}.{os.getpid()}.partial")
        self._partial = partial or own
        self._sink: _Sink | None = None
        self.rows = 0
        _check_columns(self.path, self._kind, schema)

    def __enter__(self) -> Self:
        """Start the file beside the target."""
        try:
            self._touch()
            if self._kind == ".xlsx":
                self._sink = _XlsxSink(self._partial, self._schema)
            elif self._kind == ".parquet":
                self._sink = _ParquetSink(self._partial, self._schema)
            else:
                self._sink = _CsvSink(self._partial, self._schema, self._kind == ".tsv")
        except BaseException:
            with suppress(OSError):
                self._partial.unlink()
            raise
        return self

    def _touch(self) -> None:
        try:
            self._partial.touch()  # an XLSX would tell only in the end
        except OSError as error:
            raise BadFileError(f"{self.path} cannot be written: {error.strerror}") from error

    def write(self, columns: Sequence[Column]) -> None:
        """Append rows.

        Parameters
        ----------
        columns
            One list of cells (or pyarrow Array) for each column of the schema, of one length.

        Raises
        ------
        TooLargeError
            If an XLSX cannot hold that many rows, or so long a text.
        """
        lengths = {len(column) for column in columns}
        if len(columns) != len(self._schema) or len(lengths) != 1:
            raise ValueError(
                f"{len(columns)} columns of {sorted(lengths)} rows for {len(self._schema)} columns"
            )
        self.write_encoded(self.encoder.encode(columns), lengths.pop())

    def write_encoded(self, encoded: Encoded, rows: int) -> None:
        """Append rows that `encoder` made, in this process or another.

        Parameters
        ----------
        encoded
            What `encoder.encode` returned.
        rows
            How many rows that are.

        Raises
        ------
        TooLargeError
            As `write`.
        """
        if self._sink is None:
            raise ValueError("a TableWriter writes inside its context only")
        self._sink.write(encoded)
        self.rows += rows

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the file its name, or remove it after an error."""
        sink, self._sink = self._sink, None
        try:
            if sink is not None and kind is None:
                sink.close()
                self._partial.replace(self.path)
            elif sink is not None:
                with suppress(Exception):
                    sink.close()
        finally:
            self._partial.unlink(missing_ok=True)


def _check_columns(path: Path, kind: str, schema: pa.Schema) -> None:
    names = schema.names
    twice = sorted({name for name in names if names.count(name) > 1})
    if kind == ".parquet" and twice:
        raise BadInputError(
            f"{path.name} cannot hold several columns of one name: {twice}",
            "Rename them, or write CSV or XLSX.",
            message_zh=f"{path.name} 不能有重名的列：{twice}",
            hint_zh="请改名，或输出为 CSV、XLSX。",
        )
    if kind == ".xlsx" and len(names) > XLSX_MAX_COLUMNS:
        raise TooLargeError(
            f"{path.name} would have {len(names)} columns, XLSX holds {XLSX_MAX_COLUMNS}",
            "Write CSV or Parquet.",
        )


def _encoder(kind: str, schema: pa.Schema) -> Encoder:
    if kind == ".xlsx":
        return CellEncoder()
    if kind == ".parquet":
        return ParquetEncoder(schema)
    return CsvEncoder("\t" if kind == ".tsv" else ",")


class _Sink(Protocol):
    def write(self, encoded: Encoded) -> None: ...

    def close(self) -> None: ...


class _CsvSink:
    def __init__(self, path: Path, schema: pa.Schema, tabs: bool) -> None:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            # With \n alone the csv module leaves a \r within a cell unquoted, and that ends a row.
            header = csv.writer(file, delimiter="\t" if tabs else ",", lineterminator="\r\n")
            header.writerow(schema.names)
        self._file = path.open("ab")

    def write(self, encoded: pa.Buffer) -> None:
        self._file.write(encoded)

    def close(self) -> None:
        self._file.close()


class _ParquetSink:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._file = pq.ParquetWriter(path, schema, compression="zstd", write_page_checksum=True)

    def write(self, encoded: pa.RecordBatch) -> None:
        self._file.write_batch(encoded)

    def close(self) -> None:
        self._file.close()


class _Exact(float):
    """A float that is formatted with all its digits; xlsxwriter formats with 16."""

    def __format__(self, spec: str) -> str:
        return float.__repr__(self)


class _XlsxSink:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._names = schema.names
        self._book = xlsxwriter.Workbook(path, {"constant_memory": True})
        self._book.use_zip64()
        # The same rows make the same file, whenever they are written.
        self._book.set_properties({"created": _XLSX_CREATED})
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        # Codes are text on purpose, so Excel need not mark them.
        self._sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        self._formats = {
            pattern: self._book.add_format({"num_format": pattern})
            for pattern in (
                "yyyy-mm-dd",
                "yyyy-mm-dd hh:mm:ss",
                "yyyy-mm-dd hh:mm:ss.000",
                "hh:mm:ss",
                "hh:mm:ss.000",
                "[h]:mm:ss",
                "[h]:mm:ss.000",
            )
        }
        self._next = 0
        self._put_row(self._names)

    def write(self, encoded: Sequence[Sequence[Cell]]) -> None:
        for row in zip(*encoded, strict=True):
            if self._next >= XLSX_MAX_ROWS:
                raise TooLargeError(
                    f"an XLSX sheet holds {XLSX_MAX_ROWS} rows with its header, there are more",
                    "Write CSV or Parquet.",
                    message_zh=f"XLSX 工作表连表头最多 {XLSX_MAX_ROWS} 行，数据超出",
                    hint_zh="请输出为 CSV 或 Parquet。",
                )
            self._put_row(row)

    def close(self) -> None:
        try:
            self._book.close()
        except XlsxWriterException as error:
            raise OSError(str(error)) from error

    def _put_row(self, row: Sequence[Cell]) -> None:
        for place, cell in enumerate(row):
            if cell is None or cell == "":
                continue
            if isinstance(cell, str):
                self._put_text(place, cell)
            elif not self._put_value(place, cell):
                self._put_text(place, text_of(cell))
        self._next += 1

    def _put_value(self, place: int, cell: Cell) -> bool:
        """Write a number, a truth value, a day or a time; tell whether Excel can hold it."""
        if isinstance(cell, bool):
            self._sheet.write_boolean(self._next, place, cell)
        elif isinstance(cell, int) and abs(cell) < _XLSX_EXACT_INT:
            self._sheet.write_number(self._next, place, cell)
        elif isinstance(cell, float) and isfinite(cell):
            self._sheet.write_number(self._next, place, _Exact(cell))
        elif pattern := _time_format(cell):
            self._sheet.write_datetime(self._next, place, cell, self._formats[pattern])
        else:
            return False
        return True

    def _put_text(self, place: int, text: str) -> None:
        if len(text) > XLSX_MAX_TEXT:
            raise TooLargeError(
                f"row {self._next + 1}, column {self._names[place]!r}: an XLSX cell holds "
                f"{XLSX_MAX_TEXT} characters, there are {len(text)}",
                "Write CSV or Parquet.",
                message_zh=f"第 {self._next + 1} 行 {self._names[place]!r} 列：XLSX 单元格最多 "
                f"{XLSX_MAX_TEXT} 个字符，实有 {len(text)} 个",
                hint_zh="请输出为 CSV 或 Parquet。",
            )
        self._sheet.write_string(self._next, place, text)


def _time_format(cell: Cell) -> str:
    """Return the format under which Excel holds a day or time unchanged; empty if it cannot."""
    pattern = ""
    if isinstance(cell, datetime):
        if cell.tzinfo is None and cell.date() >= _XLSX_FIRST_DAY:
            pattern = "yyyy-mm-dd hh:mm:ss"
    elif isinstance(cell, date):
        return "yyyy-mm-dd" if cell >= _XLSX_FIRST_DAY else ""
    elif isinstance(cell, time):
        pattern = "hh:mm:ss" if cell.tzinfo is None else ""
    elif isinstance(cell, timedelta) and cell >= timedelta(0):
        pattern = "[h]:mm:ss"
    if not pattern:
        return ""
    micro = cell.microseconds if isinstance(cell, timedelta) else cell.microsecond
    if micro % 1000 or getattr(cell, "nanosecond", 0):
        return ""
    return pattern + ".000" if micro else pattern
