"""Row files opened for reading."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from app.errors import BadFileError, BadInputError
from app.tables.cells import Cell, arrow_type, text_of, whole
from app.tables.sheet_errors import error_cells
from app.tables.table import DEFAULT_BATCH_ROWS, PART_BYTES, PART_ROWS, Batch, Part, Table
from app.tables.text import CsvTable

_BUFFER = 1 << 20
# Of columns as they are in memory, which text of a CSV is not.
_PARQUET_PART_BYTES = 4 * PART_BYTES
EXTENSIONS = (".csv", ".tsv", ".xlsx", ".parquet")


def open_table(
    path: str | Path,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
) -> Table:
    """Open a row file; its extension says what it is.

    Parameters
    ----------
    path
        A .csv, .tsv, .xlsx or .parquet file.
    encoding
        Of a CSV. By default a BOM says UTF-8, else the whole file must be strictly UTF-8 or else
        strictly GB18030 (GBK).
    delimiter
        Of a CSV. By default that of comma, tab and semicolon which stands most often in the
        header line; a .tsv has tabs.
    sheet
        Of an XLSX. May be left out where only one visible sheet holds anything.

    Returns
    -------
    Table
        CSV: cells are text, exactly as they stood there. XLSX: whole numbers are int, days are
        date, errors such as #DIV/0! are their text, blank cells are None, and everything is read
        into memory. Parquet: columns of pyarrow, untouched.

    Raises
    ------
    BadFileError
        If there is no such file, of another kind, damaged, or without a header.
    BadInputError
        If the encoding or the sheet is not known, the sheet must be chosen, or an option is given
        that files of this kind do not have.
    """
    path = Path(path)
    kind = extension_of(path)
    _refuse_foreign_options(path, kind, encoding=encoding, delimiter=delimiter, sheet=sheet)
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise BadFileError(
            f"{path} {what}",
            "Name the file to read.",
            message_zh=f"{path} {'是文件夹' if path.is_dir() else '不存在'}",
            hint_zh="请给出要读取的文件。",
        )
    try:
        if kind == ".xlsx":
            return XlsxTable(path, sheet)
        if kind == ".parquet":
            return ParquetTable(path)
        return CsvTable(path, encoding, delimiter or ("\t" if kind == ".tsv" else None))
    except OSError as error:
        raise BadFileError(f"{path} cannot be read: {error.strerror}") from error


def _refuse_foreign_options(path: Path, kind: str, **options: str | None) -> None:
    """Raise BadInputError if an option is given that would go unheard."""
    heard = {".xlsx": {"sheet"}, ".parquet": set()}.get(kind, {"encoding", "delimiter"})
    for name, value in options.items():
        if value is not None and name not in heard:
            owner = "an XLSX workbook" if name == "sheet" else "a CSV"
            raise BadInputError(
                f"--{name} {value!r} is given, but {path.name} is not {owner}",
                f"Leave --{name} out.",
                message_zh=f"给出了 --{name} {value!r}，但 {path.name} 不是"
                f"{' XLSX 工作簿' if name == 'sheet' else ' CSV 文件'}",
                hint_zh=f"请去掉 --{name}。",
            )


def extension_of(path: Path) -> str:
    """Return the extension of a row file in small letters; BadFileError if it is none."""
    kind = path.suffix.lower()
    if kind not in EXTENSIONS:
        allowed = ", ".join(EXTENSIONS)
        raise BadFileError(
            f"{path} has the extension {path.suffix!r}, allowed are {allowed}",
            "The extension says how a file is read and written.",
            message_zh=f"{path} 的扩展名是 {path.suffix!r}，可用的有 {allowed}",
            hint_zh="文件按扩展名读写。",
        )
    return kind


class XlsxTable(Table):
    """One sheet of an XLSX workbook; see `open_table`.

    The first row that holds anything is the header.
    """

    def __init__(self, path: Path, sheet: str | None) -> None:
        try:
            with CalamineWorkbook.from_path(path) as book:
                chosen = _sheet(book, path, sheet)
                rows = chosen.to_python()
        except CalamineError as error:
            raise BadFileError(
                f"{path} is not an XLSX workbook that can be read: {error}",
                "Open it in a spreadsheet program and save it as .xlsx without a password.",
                message_zh=f"{path} 不是可读取的 XLSX 工作簿",
                hint_zh="请用表格软件打开，另存为不带密码的 .xlsx。",
            ) from error
        first_row, first_column = chosen.start or (0, 0)
        for (row, column), text in error_cells(path, chosen.name).items():
            rows[row - first_row][column - first_column] = text
        header, *body = [[None if cell == "" else whole(cell) for cell in row] for row in rows]
        while body and not any(cell is not None for cell in body[-1]):
            body.pop()
        self._rows = body
        # As the spreadsheet counts: from 1, and the header is the first row of the range.
        self._first_row = first_row + 2
        schema = pa.schema(
            [
                pa.field(text_of(name), arrow_type(row[place] for row in body))
                for place, name in enumerate(header)
            ]
        )
        super().__init__(path, schema, len(body))

    def batches(self, rows: int = DEFAULT_BATCH_ROWS) -> Iterator[Batch]:
        """See `Table.batches`."""
        for start in range(0, len(self._rows), rows):
            part = self._rows[start : start + rows]
            faults = {
                place: f"row {self._first_row + start + place} is empty"
                for place, row in enumerate(part)
                if all(cell is None for cell in row)
            }
            columns: list[list[Cell]] = [list(column) for column in zip(*part, strict=True)]
            yield Batch(columns, faults)


def _sheet(book: CalamineWorkbook, path: Path, name: str | None) -> CalamineSheet:
    """Return the sheet with this name, or the only visible one that holds anything."""
    if name is not None and name not in book.sheet_names:
        raise BadInputError(
            f"{path.name} has no sheet {name!r}; it has {book.sheet_names}",
            "Name one of them with --sheet.",
            message_zh=f"{path.name} 没有工作表 {name!r}；有 {book.sheet_names}",
            hint_zh="请用 --sheet 指定其中一个。",
        )
    names = [
        one.name
        for one in book.sheets_metadata
        if one.typ == SheetTypeEnum.WorkSheet
        and (one.name == name if name is not None else one.visible == SheetVisibleEnum.Visible)
    ]
    filled = [sheet for sheet in map(book.get_sheet_by_name, names) if sheet.height]
    if not filled:
        raise BadFileError(
            f"{path} is empty, not even a header is there",
            "The first row names the columns.",
            message_zh=f"{path} 是空表，没有表头",
            hint_zh="第一行应为列名。",
        )
    if len(filled) > 1:
        several = [sheet.name for sheet in filled]
        raise BadInputError(
            f"{path.name} has several sheets that hold something: {several}",
            f'Name the one that is meant: --sheet "{several[0]}"',
            message_zh=f"{path.name} 有多个非空工作表：{several}",
            hint_zh=f'请用 --sheet 指定其中一个，如 --sheet "{several[0]}"',
        )
    return filled[0]


class ParquetTable(Table):
    """A Parquet file; see `open_table`."""

    def __init__(self, path: Path) -> None:
        try:
            with _opened(path) as file:
                schema, rows = file.schema_arrow, file.metadata.num_rows
                groups = map(file.metadata.row_group, range(file.metadata.num_row_groups))
                # Nothing further is asked of a row group: its columns, damaged, end the process.
                size = sum(group.total_byte_size for group in groups)
        except (pa.ArrowException, ValueError) as error:
            raise _damaged(path, error) from error
        except OSError as error:
            # What pyarrow finds damaged comes without a number; with one, the file was not opened.
            if error.errno is not None:
                raise
            raise _damaged(path, error) from error
        if not len(schema):
            raise BadFileError(f"{path} has no columns", message_zh=f"{path} 没有列")
        self._row_bytes = size / max(rows, 1)
        super().__init__(path, schema, rows)

    def batches(self, rows: int = DEFAULT_BATCH_ROWS) -> Iterator[Batch]:
        """See `Table.batches`; columns are arrays of pyarrow."""
        try:
            with _opened(self.path) as file:
                for batch in file.iter_batches(batch_size=rows, use_threads=False):
                    yield Batch(batch.columns)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise _damaged(self.path, error) from error

    def parts(self) -> Iterator[Part]:
        """See `Table.parts`; the wider a row is, the fewer make a part."""
        return self.batches(
            max(1, min(PART_ROWS, int(_PARQUET_PART_BYTES // max(self._row_bytes, 1))))
        )


def _opened(path: Path) -> pq.ParquetFile:
    """Open a file to be read page by page, so that memory does not grow with its row groups.

    What pyarrow reads ahead by itself it keeps until the file is closed: in the end, all of it.
    """
    return pq.ParquetFile(
        path, buffer_size=_BUFFER, pre_buffer=False, page_checksum_verification=True
    )


def _damaged(path: Path, error: Exception) -> BadFileError:
    return BadFileError(
        f"{path} is not a Parquet file that can be read: {error}",
        message_zh=f"{path} 不是可读取的 Parquet 文件",
    )
