"""Rows of a table located: cells in, the columns to append out, one row for every row.

A row that cannot be located is told so in its status and reason, and never stops the others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from app.errors import BadInputError
from app.geo.coordinates import faults
from app.geo.datum import datum_named, to_wgs84
from app.grids import City
from app.locate.location import STATUSES, LocationTable, Ragged, Status
from app.locate.locator import Locator
from app.tables import Batch, Column, Table, text_of
from app.tables.table import as_cells

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Objects = npt.NDArray[np.object_]

UNUSABLE = "unusable"
# Header names that are taken for what they say, if --lon and --lat do not name others.
LON_NAMES = ("lon", "longitude", "lng", "经度")
LAT_NAMES = ("lat", "latitude", "纬度")
# Columns that cannot be left out: what became of a row, and that the city is not real.
ALWAYS = ("status", "reason", "data_note")
# What every row of a city that is not real carries, so that no export is taken for real data.
SYNTHETIC_NOTE = "演示数据 synthetic"

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
# Texts that are a number under both `_NUMBER` and the conversion of pyarrow.
_PLAIN_NUMBER = r"^-?\d{1,9}(\.\d{1,20})?$"
_MAX_QUOTE = 40
_BORDER_DECIMALS = 2


@dataclass(frozen=True, slots=True)
class LocatedRows:
    """The columns that a batch of rows gets.

    Attributes
    ----------
    columns : list of pyarrow.Array
        One for each of `RowLocator.fields`; texts of which there are few are dictionary-encoded.
    statuses : Counter of str
        How many rows have which status.
    """

    columns: list[pa.Array]
    statuses: Counter[str]


class RowLocator:
    """Locates the rows of tables.

    Parameters
    ----------
    locator
        Of the city.
    datum
        Datum of the coordinates in the rows, one of `app.geo.datum.DATUMS`.
    accuracy_m
        How far the true places may be from the points, metres.
    columns
        Names of the columns wanted, None for all; `ALWAYS` come in any case. What is not wanted
        is not computed either.

    Attributes
    ----------
    fields : list of pyarrow.Field
        What is appended to a row: ``status``: one of `Status`, or ``unusable``; ``<level>_code``
        and ``<level>_name`` for each level, coarse to fine; ``<overlay>_code`` for each overlay,
        several joined by ``;``; ``border_m``: metres to the border of the named grid, to the
        centimetre; ``alternatives``: other grids as ``code(12.3m)``, joined by ``;``; ``reason``:
        why the status is not inside; and, only if the city declares itself synthetic,
        ``data_note``: `SYNTHETIC_NOTE`.

    Raises
    ------
    BadInputError
        If the datum or a column is unknown or the accuracy is not one that the locator takes.
    """

    def __init__(
        self,
        locator: Locator,
        datum: str = "wgs84",
        accuracy_m: float = 0.0,
        columns: Sequence[str] | None = None,
    ) -> None:
        self._locator = locator
        self._datum = datum_named(datum)
        self._accuracy_m = accuracy_m
        locator.locate_table([], [], accuracy_m)
        city = locator.city
        self._statuses = pa.array([*map(str, STATUSES), UNUSABLE])
        self._texts = [
            (_texts(city.layer(level.id).codes), _texts(city.layer(level.id).names))
            for level in city.levels
        ]
        self.fields = _fields(city, columns)
        self._wanted = {field.name for field in self.fields}

    def locate_batch(self, batch: Batch, lon_index: int, lat_index: int) -> LocatedRows:
        """Locate the rows of a batch by two of its columns; see `locate`."""
        return self.locate(batch.columns[lon_index], batch.columns[lat_index], batch.faults)

    def locate(
        self, lon: Column, lat: Column, row_faults: Mapping[int, str] | None = None
    ) -> LocatedRows:
        """Locate rows.

        Parameters
        ----------
        lon, lat
            Cells of n rows: numbers, or text that is a decimal number of degrees.
        row_faults
            Why a row is unusable whatever its coordinates, by index.

        Returns
        -------
        LocatedRows
            Of n rows in the same order.
        """
        x, x_reasons = parse_degrees(lon, "lon")
        y, y_reasons = parse_degrees(lat, "lat")
        reasons = y_reasons | x_reasons | dict(row_faults or {})
        bounds = self._locator.city.bounds
        _add_faults(reasons, faults(x, y, bounds))
        x, y = to_wgs84(x, y, self._datum)
        # Of a place at the rim of the range nothing may be left in another datum.
        _add_faults(reasons, faults(x, y, bounds), f"as {self._datum}: ")
        good = np.ones(len(x), dtype=np.bool_)
        good[list(reasons)] = False
        rows = np.flatnonzero(good)
        table = self._locator.locate_table(
            x[rows],
            y[rows],
            self._accuracy_m,
            border="border_m" in self._wanted,
            overlays=any(f"{one.id}_code" in self._wanted for one in self._locator.city.overlays),
        )
        return self._columns(table, rows, reasons, len(x))

    def _columns(
        self, table: LocationTable, good: Rows, reasons: dict[int, str], n: int
    ) -> LocatedRows:
        """Spread the locations of the good rows over all rows."""
        unusable = len(STATUSES)
        statuses = np.full(n, unusable, dtype=np.int32)
        statuses[good] = table.status
        city, wanted = self._locator.city, self._wanted
        columns = [_picked(statuses, self._statuses)]
        for level, texts, rows in zip(city.levels, self._texts, table.rows, strict=True):
            spread = np.full(n, -1, dtype=np.int32)
            spread[good] = rows
            names = (f"{level.id}_code", f"{level.id}_name")
            columns += [
                _picked(spread, one)
                for name, one in zip(names, texts, strict=True)
                if name in wanted
            ]
        for overlay in city.overlays:
            if f"{overlay.id}_code" in wanted:
                hits = _joined(table.overlays[overlay.id], city.layer(overlay.id).codes, "{code}")
                columns.append(_sparse(hits, good, n))
        if "border_m" in wanted:
            metres = np.full(n, np.nan)
            metres[good] = np.round(table.border_m, _BORDER_DECIMALS)
            columns.append(pa.array(metres, mask=np.isnan(metres)))
        if "alternatives" in wanted:
            others = _joined(table.alternatives, city.finest.codes, "{code}({metres:.1f}m)")
            columns.append(_sparse(others, good, n))
        columns.append(_told(table, good, reasons, n))
        if city.manifest.synthetic:
            columns.append(_picked(np.zeros(n, dtype=np.int32), pa.array([SYNTHETIC_NOTE])))
        counts = np.bincount(statuses, minlength=unusable + 1).tolist()
        names = self._statuses.to_pylist()
        return LocatedRows(
            columns, Counter({k: c for k, c in zip(names, counts, strict=True) if c})
        )


def _fields(city: City, columns: Sequence[str] | None) -> list[pa.Field]:
    """Return the fields that are wanted, in the order of all."""
    names = ["status"]
    for level in city.levels:
        names += [f"{level.id}_code", f"{level.id}_name"]
    names += [f"{overlay.id}_code" for overlay in city.overlays]
    names += ["border_m", "alternatives", "reason"]
    names += ["data_note"] if city.manifest.synthetic else []
    unknown = [name for name in columns or () if name not in names]
    if unknown:
        allowed = ", ".join(names)
        raise BadInputError(
            f"there is no column {unknown[0]!r}, allowed are {allowed}",
            "Levels and overlays are those of the city.",
            message_zh=f"没有列 {unknown[0]!r}，可用的有 {allowed}",
            hint_zh="层级和专属网格以该城市为准。",
        )
    if columns is not None:
        names = [name for name in names if name in columns or name in ALWAYS]
    kinds = {"border_m": pa.float64()}
    return [pa.field(name, kinds.get(name, pa.string())) for name in names]


def _told(table: LocationTable, good: Rows, reasons: dict[int, str], n: int) -> pa.Array:
    """Return the reasons of rows that are not plainly inside.

    To build a `Location` takes long beside all else, and most such points are outside, where the
    reason depends only on the area and on the finest grid that is named: one is built for each.
    """
    which = np.full(n, -1, dtype=np.int32)
    texts: dict[str, int] = {}

    def number(text: str) -> int:
        return texts.setdefault(text, len(texts)) if text else -1

    outside = table.status == STATUSES.index(Status.OUTSIDE)
    places = np.flatnonzero(outside)
    named = table.rows[:, places] >= 0
    depth = (named * np.arange(1, len(named) + 1)[:, None]).max(axis=0, initial=0)
    row = np.where(depth > 0, table.rows[depth - 1, places], 0).astype(np.int64)
    most = int(row.max(initial=0)) + 1
    keys = (table.outside[places].astype(np.int64) + 1) * (len(named) + 1) + depth
    _, first, kind = np.unique(keys * most + row, return_index=True, return_inverse=True)
    own = [number(table[int(place)].reason) for place in places[first]]
    which[good[places]] = np.array(own, dtype=np.int32)[kind.ravel()] if own else -1
    for place in np.flatnonzero(~outside & (table.status != STATUSES.index(Status.INSIDE))):
        which[good[place]] = number(table[int(place)].reason)
    for bad, reason in reasons.items():
        which[bad] = number(reason)
    return _picked(which, pa.array(list(texts), pa.string()))


def _texts(values: Objects) -> pa.Array:
    return pa.array(values.tolist(), pa.string())


def _picked(places: npt.NDArray[np.int32], texts: pa.Array) -> pa.DictionaryArray:
    """Return the texts at the places, null where the place is -1."""
    return pa.DictionaryArray.from_arrays(pa.array(places, mask=places < 0), texts)


def _sparse(cells: Mapping[int, str], good: Rows, n: int) -> pa.DictionaryArray:
    """Return n texts, most of them null: those given by place among the good rows."""
    which = np.full(n, -1, dtype=np.int32)
    texts: dict[str, int] = {}
    if cells:
        which[good[list(cells)]] = [texts.setdefault(one, len(texts)) for one in cells.values()]
    return _picked(which, pa.array(list(texts), pa.string()))


def parse_degrees(cells: Column, name: str) -> tuple[Floats, dict[int, str]]:
    """Read cells as numbers.

    Parameters
    ----------
    cells
        Numbers, or text that is one decimal number with a point (blanks around it are allowed).
        Degrees, minutes and seconds, decimal commas and thousands separators are not guessed at.
    name
        What reasons call the value.

    Returns
    -------
    values : ndarray of float64, shape (n,)
        NaN where there is no number.
    reasons : dict of int to str
        Why there is none, by index.
    """
    values = np.full(len(cells), np.nan)
    left: Sequence[int] = range(len(cells))
    if isinstance(cells, pa.Array):
        plain = _plain_numbers(cells)
        if plain is not None:
            values = plain.to_numpy(zero_copy_only=False).astype(np.float64)
            missing = np.flatnonzero(plain.is_null().to_numpy(zero_copy_only=False))
            values[missing] = np.nan
            left, cells = missing.tolist(), cells.take(pa.array(missing))
    reasons: dict[int, str] = {}
    for row, cell in zip(left, as_cells(cells), strict=True):
        if isinstance(cell, float):
            values[row] = cell
            continue
        text = text_of(cell).strip()
        if not text:
            reasons[row] = f"{name} is empty"
        elif not _NUMBER.fullmatch(text):
            quoted = text if len(text) <= _MAX_QUOTE else text[:_MAX_QUOTE] + "…"
            reasons[row] = f"{name} is not a number: {quoted!r}"
        else:
            values[row] = float(text)
    return values, reasons


def _plain_numbers(cells: pa.Array) -> pa.Array | None:
    """Return as numbers those of the cells that plainly are, null for others; None if none are."""
    kind = cells.type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        return cells.cast(pa.float64(), safe=False)
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return None
    plain = pc.match_substring_regex(cells, _PLAIN_NUMBER)
    return pc.if_else(plain, cells, None).cast(pa.float64())


def coordinate_columns(table: Table, lon: str | None, lat: str | None) -> tuple[int, int]:
    """Return the places of the columns that hold longitude and latitude.

    Parameters
    ----------
    table
        The rows.
    lon, lat
        Names of the columns. Without one, the column must be called exactly like one of
        `LON_NAMES` or `LAT_NAMES`, and only one may be.

    Raises
    ------
    BadInputError
        If there is no such column, or more than one; the message quotes the header.
    """
    places = (
        _coordinate_column(table, lon, LON_NAMES, ("longitude", "经度", "--lon")),
        _coordinate_column(table, lat, LAT_NAMES, ("latitude", "纬度", "--lat")),
    )
    if places[0] == places[1]:
        name = table.columns[places[0]]
        raise BadInputError(
            f"longitude and latitude are both to come from the column {name!r}",
            "Name one column for each with --lon and --lat.",
            message_zh=f"经度和纬度都取自同一列 {name!r}",
            hint_zh="请用 --lon 与 --lat 分别指定两列。",
        )
    return places


def _coordinate_column(
    table: Table, name: str | None, known: Sequence[str], axis: tuple[str, str, str]
) -> int:
    if name is not None:
        return table.index(name)
    found = [one for one in table.columns if one in known]
    if len(found) == 1:
        return table.columns.index(found[0])
    header = ", ".join(map(repr, table.columns))
    if found:
        names = ", ".join(map(repr, found))
        single = [one for one in found if found.count(one) == 1]
        raise BadInputError(
            f"{table.path.name} has more than one column for the {axis[0]}: {names}",
            f'Name the one that is meant: {axis[2]} "{single[0]}"'
            if single
            else "Give the columns different names in the file.",
            message_zh=f"{table.path.name} 中有多列可作{axis[1]}：{names}",
            hint_zh=f'请指定其中一列，如 {axis[2]} "{single[0]}"'
            if single
            else "请在文件中改成不同的列名。",
        )
    raise BadInputError(
        f"{table.path.name} has no column named {' or '.join(known)}; its header has {header}",
        f"Name the column of the {axis[0]} with {axis[2]}.",
        message_zh=f"{table.path.name} 没有名为 {'、'.join(known)} 的列；表头有 {header}",
        hint_zh=f"请用 {axis[2]} 指定{axis[1]}列的列名。",
    )


def _add_faults(reasons: dict[int, str], found: Objects, prefix: str = "") -> None:
    """Note faults of rows that have no reason yet."""
    for row in np.flatnonzero(found != None).tolist():  # noqa: E711 - element by element
        reasons.setdefault(row, prefix + found[row])


def _joined(ragged: Ragged, codes: Objects, form: str) -> dict[int, str]:
    """Write the entries of each point that has any in this form, joined by ``;``."""
    cells: dict[int, str] = {}
    for point in np.flatnonzero(np.diff(ragged.first)).tolist():
        own = ragged.at(point)
        entries = zip(codes[ragged.row[own]], ragged.metres[own].tolist(), strict=True)
        cells[point] = ";".join(form.format(code=code, metres=metres) for code, metres in entries)
    return cells
