"""Files of addressable points read for a gazetteer: which column is what, which rows are usable."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from app.addresses.entry import COLUMNS
from app.addresses.normalise import key
from app.addresses.number_cells import NumberCell, number_cell
from app.addresses.numbers import sub_number
from app.addresses.texted import Texted
from app.errors import BadInputError
from app.geo.coordinates import faults
from app.geo.datum import to_wgs84
from app.tables import Column, Table, open_table, text_of
from app.tables.cells import whole

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

NAMING = tuple(column.name for column in COLUMNS if column.name not in {"alias", "lon", "lat"})
# Headers met in files; they count only where none of the contract's stands for the same thing.
_MORE_HEADERS = {
    "town": ("镇街道", "乡镇街道", "乡镇市区", "镇街名称", "township", "district"),
    "community": ("村里", "社区名称", "村居", "village"),
    "group": ("neighborhood", "neighbourhood"),
    "lane": ("alley",),
    "road": ("street", "街路段", "街、路段", "道路名称", "路街", "街路巷"),
    "number": ("门牌号码", "号码", "house_number", "housenumber"),
    "estate": ("小区名称",),
    "building": ("楼栋号", "幢号", "栋号"),
    "unit": ("单元号",),
    "lon": ("x", "lng", "经度(度)"),
    "lat": ("y", "纬度(度)"),
}
_BY_HEADER = {key(header): column.name for column in COLUMNS for header in column.headers}
_BY_MORE = {header: name for name, headers in _MORE_HEADERS.items() for header in headers}
# Where there is no road Taiwan's door plates name the place that numbers count within as one.
_INSTEAD = {"地区": "road"}
# Several columns of a file may say the lane together: 12巷, 3弄.
_LANES = {"巷": "巷", "弄": "弄", "alley": "弄"}
# How people write that there is none.
_ABSENT = frozenset({"无", "null", "none", "nan", "-", "--", "/", "\\n", "n/a", "#n/a"})
_BARE_NUMBER = re.compile(r"[0-9一二三四五六七八九十]+")


@dataclass(slots=True)
class Points:
    """n usable points of a file, in its order.

    Attributes
    ----------
    columns : dict of str to Texted
        By the names of `app.addresses.entry.COLUMNS` without lon and lat; the number in digits.
    lon, lat : ndarray of float64, shape (n,), WGS-84 degrees
    row : ndarray of int64, shape (n,)
        Row of the file, as a spreadsheet counts: the header is row 1.
    """

    columns: dict[str, Texted]
    lon: Floats
    lat: Floats
    row: Longs


@dataclass(slots=True)
class Intake:
    """What a file brought.

    Attributes
    ----------
    file : str
        Its name.
    rows : int
        How many it has.
    used : dict of str to str
        Column by header.
    left_out : list of str
        Headers of columns that are not of a gazetteer.
    unusable : dict of int to str
        Why a row is left out, by its number; the header is row 1.
    spread : int
        How many rows stand for several doors (12、14号).
    points : Points
    """

    file: str
    rows: int
    used: dict[str, str]
    left_out: list[str]
    unusable: dict[int, str]
    spread: int
    points: Points = field(repr=False)


def take_in(
    path: Path,
    datum: str,
    bounds: tuple[float, float, float, float],
    city_name: str = "",
    *,
    encoding: str | None = None,
    sheet: str | None = None,
) -> Intake:
    """Read a file of addressable points.

    Parameters
    ----------
    path
        CSV, XLSX or Parquet with columns under the headers of `app.addresses.entry.COLUMNS`.
    datum
        Of its coordinates: wgs84 (cgcs2000), gcj02 or bd09.
    bounds
        Where the points are expected: min lon, min lat, max lon, max lat, degrees.
    city_name
        Left out where it stands before the name of a town.
    encoding, sheet
        See `app.tables.open_table`.

    Raises
    ------
    BadFileError
        If the file cannot be read.
    BadInputError
        If a required column is missing or there twice, or an option is not known.
    """
    table = open_table(path, encoding=encoding, sheet=sheet)
    used, left_out = columns_of(table)
    texts, broken, n = _read(table, [place for place, _ in used])
    by_name: dict[str, list[tuple[str, Texted]]] = {}
    for (place, name), column in zip(used, texts, strict=True):
        by_name.setdefault(name, []).append((table.columns[place], column))
    points, reasons, spread = _points_of(by_name, n, broken, datum, bounds, city_name)
    return Intake(
        file=path.name,
        rows=n,
        used={table.columns[place]: name for place, name in used},
        left_out=left_out,
        unusable={row + 2: reasons[row] for row in sorted(reasons)},
        spread=spread,
        points=points,
    )


def take_one(
    words: Mapping[str, str],
    lon: float,
    lat: float,
    datum: str,
    bounds: tuple[float, float, float, float],
    city_name: str = "",
) -> tuple[Points, str]:
    """Read one addressable point as a row of a file would be read.

    Parameters
    ----------
    words
        By the names of `app.addresses.entry.COLUMNS`, without lon and lat.
    lon, lat, datum, bounds, city_name
        As in `take_in`.

    Returns
    -------
    Points
        One point; several where the number stands for several doors; none if it is not usable.
    str
        Why it is not usable, "" if it is.

    Raises
    ------
    BadInputError
        If the datum is not known.
    """
    cells = {name: text for name, text in words.items() if name in {*NAMING, "alias"}}
    cells |= {"lon": repr(lon), "lat": repr(lat)}
    by_name = {name: [(name, Texted.same(_clean(text), 1))] for name, text in cells.items()}
    points, reasons, _ = _points_of(by_name, 1, {}, datum, bounds, city_name)
    return points, reasons.get(0, "")


def _points_of(
    by_name: dict[str, list[tuple[str, Texted]]],
    n: int,
    broken: dict[int, str],
    datum: str,
    bounds: tuple[float, float, float, float],
    city_name: str,
) -> tuple[Points, dict[int, str], int]:
    """Return the usable points of n rows, why others are not, and how many have several doors."""
    lon, lat, reasons = _coordinates(by_name["lon"][0][1], by_name["lat"][0][1], bounds)
    reasons |= broken
    columns = {name: Texted.same("", n) for name in (*NAMING, "alias")}
    columns |= {name: own[0][1] for name, own in by_name.items() if name not in {"lon", "lat"}}
    if "lane" in by_name:
        columns["lane"] = _lane(by_name["lane"])
    for header, column in by_name.get("road", []):
        if key(header) in _INSTEAD:
            road = next((own for other, own in by_name["road"] if other != header), column)
            columns["road"] = road.where(road.is_empty(), column)
    columns["town"] = columns["town"].mapped(lambda town: _without_city(town, city_name))
    columns["sub_number"] = columns["sub_number"].mapped(lambda text: text and sub_number(text))
    named = ~np.logical_and.reduce([columns[name].is_empty() for name in NAMING])
    for row in np.flatnonzero(~named).tolist():
        reasons.setdefault(row, "names nothing: every naming column is empty")
    keep, spread = _spread_numbers(columns, reasons, n)
    _refuse_scopeless(columns, keep, reasons)
    bad = np.zeros(n, bool)
    bad[list(reasons)] = True
    usable = ~bad[keep]
    keep = keep[usable]
    points = Points(
        {name: column.take(np.flatnonzero(usable)) for name, column in columns.items()},
        *to_wgs84(lon[keep], lat[keep], datum),
        keep + 2,
    )
    return points, reasons, spread


def columns_of(table: Table) -> tuple[list[tuple[int, str]], list[str]]:
    """Return which columns of a table are which of a gazetteer, and the headers of the others.

    Returns
    -------
    list of (int, str)
        Place in the table and name in the gazetteer.
    list of str

    Raises
    ------
    BadInputError
        If lon, lat or every naming column is missing, or one is there twice.
    """
    used, left_out = [], []
    plain = {_BY_HEADER.get(key(header)) for header in table.columns} - {"lane"}
    more = {header: name for header, name in _BY_MORE.items() if name not in plain}
    for place, header in enumerate(table.columns):
        name = (_BY_HEADER | more | _INSTEAD).get(key(header))
        if name is None:
            left_out.append(header)
        else:
            used.append((place, name))
    names = [name for _, name in used]
    for name in sorted(set(names)):
        headers = [
            table.columns[place]
            for place, one in used
            if one == name and key(table.columns[place]) not in _INSTEAD
        ]
        if len(headers) > 1 and name != "lane":
            raise BadInputError(
                f"{table.path.name} has {len(headers)} columns for {name}: {headers}",
                "Leave one of them, or rename the others.",
                message_zh=f"{table.path.name} 有 {len(headers)} 列可作 {name}：{headers}",
                hint_zh="请只保留其中一列，或将其余改名。",
            )
    missing = [name for name in ("lon", "lat") if name not in names]
    if not any(name in NAMING for name in names):
        missing.append("one of " + ", ".join(NAMING))
    if missing:
        allowed = "; ".join(f"{column.name}: {' '.join(column.headers)}" for column in COLUMNS)
        raise BadInputError(
            f"{table.path.name} lacks {', '.join(missing)}; its header has "
            f"{', '.join(map(repr, table.columns))}",
            f"Columns are known by these headers: {allowed}.",
            message_zh=f"{table.path.name} 缺少列 {'、'.join(missing)}；表头有 "
            f"{'、'.join(map(repr, table.columns))}",
            hint_zh=f"可用的表头：{allowed}。",
        )
    return used, left_out


def _read(table: Table, places: list[int]) -> tuple[list[Texted], dict[int, str], int]:
    """Return the texts of some columns without outer blanks, faulty rows, and the rows' number."""
    parts: list[list[pa.Array]] = [[] for _ in places]
    broken: dict[int, str] = {}
    n = 0
    for batch in table.batches():
        broken |= {n + row: why for row, why in batch.faults.items()}
        for part, place in zip(parts, places, strict=True):
            part.append(_texts(batch.columns[place]))
        n += len(batch)
    columns = [Texted.of(pa.chunked_array(part, pa.string())).mapped(_clean) for part in parts]
    return columns, broken, n


def _texts(column: Column) -> pa.Array:
    if isinstance(column, pa.Array) and (
        pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    ):
        return column.cast(pa.string())
    cells = column.to_pylist() if isinstance(column, pa.Array) else column
    return pa.array([text_of(whole(cell)) for cell in cells], pa.string())


def _clean(text: str) -> str:
    bare = text.strip().strip("\ufeff\u200b")
    return "" if bare.lower() in _ABSENT else bare


def _coordinates(
    lon: Texted, lat: Texted, bounds: tuple[float, float, float, float]
) -> tuple[Floats, Floats, dict[int, str]]:
    """Return coordinates as numbers, NaN where they are none, and what is wrong with them."""
    reasons: dict[int, str] = {}
    values = []
    for name, column in (("lon", lon), ("lat", lat)):
        numbers = pd.to_numeric(pd.Series(column.distinct, dtype=object), errors="coerce")
        known = numbers.to_numpy(np.float64)
        values.append(known[column.code])
        for row in np.flatnonzero(np.isnan(values[-1])).tolist():
            text = column[row]
            reasons.setdefault(
                row, f"{name} is {text!r}, which is no number" if text else f"{name} is empty"
            )
    found = faults(values[0], values[1], bounds)
    for row in np.flatnonzero(found != None).tolist():  # noqa: E711 - element by element
        reasons.setdefault(row, found[row])
    return values[0], values[1], reasons


def _lane(columns: list[tuple[str, Texted]]) -> Texted:
    """Return the lane from its columns: 12 under 巷 and 3 under 弄 are 12巷3弄."""
    if len(columns) == 1 and _LANES.get(key(columns[0][0])) != "弄":
        return columns[0][1]
    # 巷 comes before 弄 whatever the order of the columns.
    parts = []
    for header, column in sorted(columns, key=lambda own: _LANES.get(key(own[0])) == "弄"):
        suffix = _LANES.get(key(header), "巷")
        parts.append(column.mapped(_with_suffix(suffix)))
    joined = parts[0]
    for part in parts[1:]:
        pair = joined.code.astype(np.int64) * len(part.distinct) + part.code
        pairs, code = np.unique(pair, return_inverse=True)
        values = [
            joined.distinct[one // len(part.distinct)] + part.distinct[one % len(part.distinct)]
            for one in pairs.tolist()
        ]
        joined = Texted(code.astype(np.int32), values)
    return joined


def _with_suffix(suffix: str) -> Callable[[str], str]:
    return lambda text: text + suffix if _BARE_NUMBER.fullmatch(key(text)) else text


def _without_city(town: str, city_name: str) -> str:
    """Return the name of a town without the city and what stands before that."""
    _, found, rest = town.partition(city_name) if city_name else ("", "", "")
    return rest if found and rest else town


def _spread_numbers(
    columns: dict[str, Texted], reasons: dict[int, str], n: int
) -> tuple[Longs, int]:
    """Bring numbers into base and sub-number, and rows with several doors into several rows.

    Changes `columns` and adds to `reasons`.

    Returns
    -------
    ndarray of int64
        Row of the file for each row of the columns.
    int
        How many rows stand for several doors.
    """
    number = columns["number"]
    cells = [number_cell(text) if text else NumberCell(((-1, ""),)) for text in number.distinct]
    unknown = np.array([cell is None for cell in cells], bool)[number.code]
    for row in np.flatnonzero(unknown).tolist():
        reasons.setdefault(row, f"number {number[row]!r} is not that of a door")
    known = [cell or NumberCell(((-1, ""),)) for cell in cells]
    count = np.array([len(cell.doors) for cell in known], np.int64)[number.code]
    keep = np.repeat(np.arange(n), count)
    which = np.arange(len(keep)) - np.repeat(np.cumsum(count) - count, count)
    for name, column in list(columns.items()):
        columns[name] = column.take(keep)
    number = columns["number"]
    base = Texted.same("", len(keep))
    sub = Texted.same("", len(keep))
    for place in range(int(count.max(initial=1))):
        doors = [cell.doors[min(place, len(cell.doors) - 1)] for cell in known]
        here = which == place
        bases = ["" if door[0] < 0 else str(door[0]) for door in doors]
        base = base.where(here, Texted(number.code, bases))
        sub = sub.where(here, Texted(number.code, [door[1] for door in doors]))
    columns["number"] = base
    given = columns["sub_number"]
    both = ~given.is_empty() & ~sub.is_empty()
    if both.any():
        pairs = [
            one if one == two else f"{one}-{two}"
            for one, two in zip(
                (sub[row] for row in range(len(keep))),
                (given[row] for row in range(len(keep))),
                strict=True,
            )
        ]
        given = given.where(both, Texted(np.arange(len(keep), dtype=np.int32), pairs))
    columns["sub_number"] = given.where(given.is_empty(), sub)
    for name in ("lane", "group"):
        parts = Texted(number.code, [getattr(cell, name) for cell in known])
        columns[name] = columns[name].where(columns[name].is_empty(), parts)
    return keep, int((count > 1).sum())


def _refuse_scopeless(columns: dict[str, Texted], keep: Longs, reasons: dict[int, str]) -> None:
    """Refuse numbers that count within nothing."""
    scopes = ("community", "group", "road", "lane", "estate")
    nowhere = np.logical_and.reduce([columns[name].is_empty() for name in scopes])
    for place in np.flatnonzero(nowhere & ~columns["number"].is_empty()).tolist():
        reasons.setdefault(
            int(keep[place]),
            f"number {columns['number'][place]!r} stands alone: there is no road, lane, community, "
            "group or estate",
        )
