"""POST /api/tables: a table that the page shows, as a file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Literal, cast

import pyarrow as pa
from apiflask import APIBlueprint
from flask import Response
from pydantic import BaseModel, Field

from app.errors import BadInputError
from app.tables import TableWriter
from app.web.api_exports import TYPES
from app.web.reading import quote, takes
from app.web.schemas_incidents import _In

bp = APIBlueprint("tables", __name__, tag="Analysis")

_MAX_COLUMNS = 100
_FILE = {"schema": {"type": "string", "format": "binary"}}
_KINDS = {TYPES["csv"]: _FILE, TYPES["xlsx"]: _FILE}
_KINDS_OF = {"text": pa.string(), "number": pa.float64()}


class ColumnIn(BaseModel):
    """One column."""

    name: str = Field(max_length=200)
    kind: Literal["text", "number"] = "text"


class TableBody(_In):
    """A table: what the page shows, and the words above its columns."""

    format: Literal["csv", "xlsx"] = "csv"
    columns: list[ColumnIn] = Field(min_length=1, max_length=_MAX_COLUMNS)
    rows: list[list[str | float | None]] = Field(description="Cells in the order of the columns")


@bp.post("/api/tables")
@takes(bp, TableBody, "json")
@bp.doc(responses=cast("Any", {200: {"description": "The file", "content": _KINDS}}))
def post_table(json_data: TableBody) -> Response:
    """Return a table as CSV or XLSX; text that a spreadsheet would reckon with stays text."""
    columns = json_data.columns
    cells: list[list[object]] = [[] for _ in columns]
    for number, row in enumerate(json_data.rows, 1):
        if len(row) != len(columns):
            raise BadInputError(
                f"row {number} has {len(row)} cells, the table has {len(columns)} columns",
                message_zh=f"第 {number} 行有 {len(row)} 个单元格，表有 {len(columns)} 列",
            )
        for cell, column, values in zip(row, columns, cells, strict=True):
            values.append(_cell(cell, column, number))
    schema = pa.schema([(one.name, _KINDS_OF[one.kind]) for one in columns])
    with tempfile.TemporaryDirectory(prefix="weige-table-") as folder:
        path = Path(folder) / f"table.{json_data.format}"
        with TableWriter(path, schema) as writer:
            if json_data.rows:
                writer.write(cells)
        response = Response(path.read_bytes(), mimetype=TYPES[json_data.format])
    name = f"table.{json_data.format}"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "no-store"
    return response


def _cell(cell: str | float | None, column: ColumnIn, number: int) -> object:
    if cell is None:
        return None
    if column.kind == "text":
        return str(cell)
    if isinstance(cell, str):
        raise BadInputError(
            f"row {number}: {column.name} is {quote(cell)}, allowed is a number",
            message_zh=f"第 {number} 行：{column.name} 为 {quote(cell)}，应为数字",
        )
    return float(cell)
