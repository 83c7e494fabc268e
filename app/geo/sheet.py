"""A sheet of an XLSX workbook with shapes as WKT in one column."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from app.errors import BadFileError
from app.geo.fields import find_fields
from app.geo.raw_layer import RawLayer, column_of, is_shape_name, wkb_of

DRIVER = "XLSX with WKT"
# What a cell of a workbook can hold, and the digits that a number in it keeps.
_MOST_CHARACTERS = 32_767
_FIRST_INEXACT = 10**15


def read_sheet(path: Path, wanted: tuple[str, ...], sheet: str) -> RawLayer:
    """Read the wanted columns and the shapes of a sheet, whose first row is the header.

    Shapes are WKT (or WKB in hexadecimal) in the column WKT, geometry, geom, the_geom, shape or
    几何; such a table declares no CRS.

    Parameters
    ----------
    path
        The workbook.
    wanted
        Names of the columns.
    sheet
        Name of the sheet; may be empty if only one has such a column.

    Raises
    ------
    BadFileError
        If the workbook cannot be read, lacks the sheet or a column, several sheets have shapes,
        or codes are numbers of more digits than a workbook keeps.
    """
    try:
        with CalamineWorkbook.from_path(path) as book:
            names = book.sheet_names
            rows_of = {
                name: book.get_sheet_by_name(name).to_python()
                for name in ([sheet] if sheet in names else names)
            }
    except CalamineError as error:
        raise BadFileError(
            f"{path} is not an XLSX workbook that can be read: {error}",
            "Open it in a spreadsheet program and save it as .xlsx without a password.",
            message_zh=f"{path} 不是可读取的 XLSX 工作簿",
            hint_zh="请用表格软件打开，另存为不带密码的 .xlsx。",
        ) from error
    if sheet and sheet not in names:
        raise BadFileError(
            f"{path} has no sheet {sheet!r}; it has {names}",
            message_zh=f"{path} 没有工作表 {sheet!r}，现有 {names}",
        )
    shaped = [name for name, rows in rows_of.items() if rows and _shape_columns(rows[0])]
    if len(shaped) != 1:
        raise _not_one_sheet(path, shaped, names)
    header, *body = rows_of[shaped[0]]
    while body and not any(map(_is_filled, body[-1])):
        body.pop()
    return _layer(path, wanted, shaped[0], [str(name).strip() for name in header], body)


def _shape_columns(header: Sequence[object]) -> list[int]:
    return [place for place, name in enumerate(header) if is_shape_name(str(name))]


def _layer(
    path: Path,
    wanted: tuple[str, ...],
    sheet: str,
    header: list[str],
    body: Sequence[Sequence[object]],
) -> RawLayer:
    at = _shape_columns([*header])
    fields = find_fields(path, wanted, header)
    twice = sorted({name for name in header if header.count(name) > 1} & {*fields.names})
    if len(at) > 1 or twice:
        named = ", ".join(repr(name) for name in twice or [header[place] for place in at])
        raise BadFileError(
            f"sheet {sheet!r} of {path} has several columns that may be meant: {named}",
            "Leave one of them, or give them different names.",
            message_zh=f"{path} 的工作表 {sheet!r} 有多个可能的列：{named}",
            hint_zh="请只保留一个，或改用不同的列名。",
        )
    cells = [[row[place] if _is_filled(row[place]) else None for row in body] for place in at]
    columns = {}
    for name, found in zip(wanted, fields.names, strict=True):
        place = header.index(found)
        values = [row[place] if _is_filled(row[place]) else None for row in body]
        _refuse_rounded(path, name, values)
        columns[name] = column_of(values)
    full = sum(isinstance(cell, str) and len(cell) >= _MOST_CHARACTERS for cell in cells[0])
    notes = list(fields.notes)
    if full:
        notes.append(
            f"{full} shapes fill their cell, which holds {_MOST_CHARACTERS:,} characters: they "
            "were cut by the program that wrote the workbook"
        )
    said = "utf-8, as the format has it"
    return RawLayer(sheet, DRIVER, None, wkb_of(cells[0]), columns, said, tuple(notes))


def _is_filled(cell: object) -> bool:
    return cell is not None and cell != ""


def _refuse_rounded(path: Path, name: str, values: list[object]) -> None:
    """Refuse numbers of which the spreadsheet has replaced the last digits by zeros."""
    for value in values:
        if isinstance(value, int | float) and abs(value) >= _FIRST_INEXACT:
            raise BadFileError(
                f"column {name!r} of {path} holds the number {value:.0f}; a workbook keeps 15 "
                "digits of a number and the rest are lost",
                "Format the column as text in the source and export it again.",
                message_zh=f"{path} 的列 {name!r} 含数字 {value:.0f}；表格只保留 15 位数字，"
                "其余已丢失",
                hint_zh="请在源数据中把该列设为文本格式后重新导出。",
            )


def _not_one_sheet(path: Path, shaped: list[str], names: list[str]) -> BadFileError:
    if shaped:
        return BadFileError(
            f"{path} has several sheets with a column of shapes: {shaped}",
            'Say which: layer = "NAME".',
            message_zh=f"{path} 有多个带图形列的工作表：{shaped}",
            hint_zh='请注明 layer = "工作表名"。',
        )
    return BadFileError(
        f"{path} has no sheet with a column of shapes; it has the sheets {names}",
        "The first row names the columns; that of the shapes is WKT.",
        message_zh=f"{path} 没有带图形列的工作表，现有 {names}",
        hint_zh="首行为列名，图形列命名为 WKT。",
    )
