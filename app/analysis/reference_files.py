"""Reference tables brought in from files: special groups, visits, stations, sites, estates.

A file has the columns that docs/city-folder.md lists, under English or Chinese headers. What a
cell says has to be what its column holds, else the table is refused with the rows that do not: of
counts that are added up none may be missing quietly. Codes of places may be left out: then they are
found by the point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from app.errors import BadInputError
from app.geo.datum import to_wgs84
from app.grids import reference as named
from app.locate import Locator
from app.tables import open_table, text_of
from app.tables.cells import Cell, whole

_TEXT, _COUNT, _DAY, _DEGREES = pa.string(), pa.int64(), pa.date32(), pa.float64()
_Value = str | int | float | date | None
_PLACES = {
    "id": _TEXT,
    "kind": _TEXT,
    "kind_name": _TEXT,
    "name": _TEXT,
    "code": _TEXT,
    "lon": _DEGREES,
    "lat": _DEGREES,
}
SCHEMAS: dict[str, dict[str, pa.DataType]] = {
    named.GROUPS_TABLE: {"group": _TEXT, "name": _TEXT},
    named.PEOPLE_TABLE: {"code": _TEXT, "group": _TEXT, "people": _COUNT},
    named.VISITS_TABLE: {"code": _TEXT, "group": _TEXT, "last_day": _DAY, "people": _COUNT},
    named.STATIONS_TABLE: _PLACES,
    named.SITES_TABLE: {**_PLACES, "last_day": _DAY},
    named.RESIDENTS_TABLE: {"id": _TEXT, "name": _TEXT, "code": _TEXT, "members": _COUNT},
    named.ESTATES_TABLE: {
        "id": _TEXT,
        "name": _TEXT,
        "code": _TEXT,
        "management": _TEXT,
        "management_name": _TEXT,
    },
    named.PROJECTS_TABLE: dict.fromkeys(("id", "kind", "kind_name", "name", "code"), _TEXT),
}
# What a place may be without: its grid is found by the point.
_LOCATED = frozenset({named.STATIONS_TABLE, named.SITES_TABLE})
_HEADERS = {
    "网格编码": "code",
    "编码": "code",
    "群体": "group",
    "名称": "name",
    "人数": "people",
    "最近日期": "last_day",
    "最近走访": "last_day",
    "最近检查": "last_day",
    "编号": "id",
    "类型": "kind",
    "类型名称": "kind_name",
    "经度": "lon",
    "纬度": "lat",
    "成员数": "members",
    "物业类型": "management",
    "物业类型名称": "management_name",
}
_MOST_TOLD = 5


def read_reference_file(
    locator: Locator, name: str, path: Path, *, datum: str = "wgs84", encoding: str | None = None
) -> pa.Table:
    """Read a reference table from a file.

    Parameters
    ----------
    locator
        Of the city: finds the grids of places that name none.
    name
        Of the table, one of `SCHEMAS`.
    path
        CSV, XLSX or Parquet.
    datum
        Of its coordinates: wgs84, gcj02 or bd09.
    encoding
        Of a CSV; found out by itself for UTF-8 and GBK.

    Returns
    -------
    pyarrow.Table
        As the city folder holds it; whether it fits the city, `Reference.open` says.

    Raises
    ------
    BadFileError
        If the file cannot be read.
    BadInputError
        If there is no such table, a column is missing or one too many, or cells are not what their
        column holds; the first of them are named.
    """
    if name not in SCHEMAS:
        raise BadInputError(
            f"the table is {name!r:.80}, allowed are {list(SCHEMAS)}",
            "Write TABLE=FILE, such as stations=stations.csv.",
            message_zh=f"表名为 {name!r:.80}，可用：{'、'.join(SCHEMAS)}",
            hint_zh="请写成 表名=文件，如 stations=stations.csv。",
        )
    schema = SCHEMAS[name]
    cells = _columns(path, name, encoding)
    faults: list[str] = []
    found = {
        column: [
            _read(column, kind, cell, row, faults)
            for row, cell in enumerate(cells[column], start=2)
        ]
        for column, kind in schema.items()
    }
    if faults:
        more = f"; and {len(faults) - _MOST_TOLD} more" if len(faults) > _MOST_TOLD else ""
        told = "; ".join(faults[:_MOST_TOLD])
        raise BadInputError(
            f"{path.name}: {told}{more}",
            "Nothing was written: mend the file and start again.",
            message_zh=f"{path.name}：{told}{more}",
            hint_zh="未写入任何内容，请修正文件后重试。",
        )
    if name in _LOCATED:
        _locate(locator, found, datum)
    return pa.table({one: pa.array(found[one], kind) for one, kind in schema.items()})


def _columns(path: Path, name: str, encoding: str | None) -> Mapping[str, list[Cell]]:
    """Return the cells of each column of the schema; of a code that may be missing, None."""
    schema = SCHEMAS[name]
    table = open_table(path, encoding=encoding)
    own = [_HEADERS.get(one.strip(), one.strip().lower()) for one in table.columns]
    optional = {"code"} if name in _LOCATED else set[str]()
    missing = [one for one in schema if one not in own and one not in optional]
    more = [shown for shown, one in zip(table.columns, own, strict=True) if one not in schema]
    twice = sorted({one for one in own if own.count(one) > 1})
    if missing or more or twice:
        said = [
            *([f"lacks the columns {missing}"] if missing else []),
            *([f"has the columns {more}, which this table has no room for"] if more else []),
            *([f"has the columns {twice} more than once"] if twice else []),
        ]
        zh = [*(["缺少列 " + "、".join(missing)] if missing else [])]
        zh += [f"含有此表不存的列 {'、'.join(more)}"] if more else []
        zh += [f"列重复 {'、'.join(twice)}"] if twice else []
        headers = ", ".join(f"{one} ({'/'.join(_chinese(one))})" for one in schema)
        raise BadInputError(
            f"{path.name} {'; '.join(said)}",
            f"The columns of {name} are {headers}.",
            message_zh=f"{path.name} {'；'.join(zh)}",
            hint_zh=f"表 {name} 的列：{headers}。",
        )
    found: dict[str, list[Cell]] = {one: [] for one in schema}
    rows = 0
    for batch in table.batches():
        for at, fault in batch.faults.items():
            raise BadInputError(f"{path.name}, row {rows + at + 2}: {fault}")
        for place, one in enumerate(own):
            found[one] += batch.cells(place)
        rows += len(batch)
    return {one: cells or [None] * rows for one, cells in found.items()}


def _chinese(column: str) -> list[str]:
    return [header for header, one in _HEADERS.items() if one == column]


def _read(column: str, kind: pa.DataType, cell: Cell, row: int, faults: list[str]) -> _Value:
    """Return what a cell says; note a fault if it is not what its column holds."""
    text = text_of(whole(cell)).strip()
    if kind == _TEXT:
        return text
    if not text and kind == _DAY:
        return None
    try:
        if kind == _DAY:
            return _day(cell, text)
        return _AS[kind](text)
    except ValueError:
        faults.append(f"row {row}: {column} is {text!r:.80}, allowed is {_ALLOWED[kind]}")
        return None


def _day(cell: Cell, text: str) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    return cell if isinstance(cell, date) else date.fromisoformat(text.replace("/", "-"))


def _degrees(text: str) -> float:
    value = float(text)
    if not np.isfinite(value):
        raise ValueError(text)
    return value


_AS: dict[pa.DataType, Callable[[str], float]] = {_COUNT: int, _DEGREES: _degrees}
_ALLOWED = {
    _COUNT: "a whole number",
    _DAY: "a day such as 2026-10-31",
    _DEGREES: "decimal degrees",
}


def _locate(locator: Locator, found: dict[str, list[Any]], datum: str) -> None:
    """Bring places to WGS-84, and give those without a code that of the grid in which they lie."""
    lon, lat = to_wgs84(np.array(found["lon"], float), np.array(found["lat"], float), datum)
    found["lon"], found["lat"] = lon.tolist(), lat.tolist()
    rows = locator.locate_many(lon, lat)
    found["code"] = [
        code or ("" if row < 0 else str(locator.codes[row]))
        for code, row in zip(found["code"], rows.tolist(), strict=True)
    ]
