"""Rows of a table located: cells in, the columns to append out, one row for every row.

A row that cannot be located is told so in its status and reason, and never stops the others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from app.errors import BadInputError
from app.geo.coordinates import faults
from app.geo.datum import datum_named, to_wgs84
from app.locate.location import STATUSES, LocationTable, Ragged, Status
from app.locate.locator import Locator
from app.tables import Batch, Table, text_of

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Objects = npt.NDArray[np.object_]

UNUSABLE = "unusable"
# Header names that are taken for what they say, if --lon and --lat do not name others.
LON_NAMES = ("lon", "longitude", "lng", "经度")
LAT_NAMES = ("lat", "latitude", "纬度")
# What every row of a city that is not real carries, so that no export is taken for real data.
SYNTHETIC_NOTE = "演示数据 synthetic"

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_MAX_QUOTE = 40
_BORDER_DECIMALS = 2
_NONE = np.array(None, dtype=object)


@dataclass(frozen=True, slots=True)
class LocatedRows:
    """The columns that a batch of rows gets.

    Attributes
    ----------
    columns : list of list
        One for each of `RowLocator.fields`.
    statuses : Counter of str
        How many rows have which status.
    """

    columns: list[list[Any]]
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

    Raises
    ------
    BadInputError
        If the datum is unknown or the accuracy is not one that the locator takes.
    """

    def __init__(self, locator: Locator, datum: str = "wgs84", accuracy_m: float = 0.0) -> None:
        self._locator = locator
        self._datum = datum_named(datum)
        self._accuracy_m = accuracy_m
        locator.locate_table([], [], accuracy_m)

    @property
    def fields(self) -> list[pa.Field]:
        """What is appended to a row.

        ``status``: one of `Status`, or ``unusable``; ``<level>_code`` and ``<level>_name`` for
        each level, coarse to fine; ``<overlay>_code`` for each overlay, several joined by ``;``;
        ``border_m``: metres to the border of the named grid, to the centimetre; ``alternatives``:
        other grids as ``code(12.3m)``, joined by ``;``; ``reason``: why the status is not inside;
        and, only if the city declares itself synthetic, ``data_note``: `SYNTHETIC_NOTE`.
        """
        city = self._locator.city
        names = ["status"]
        for level in city.levels:
            names += [f"{level.id}_code", f"{level.id}_name"]
        names += [f"{overlay.id}_code" for overlay in city.overlays]
        return [
            *(pa.field(name, pa.string()) for name in names),
            pa.field("border_m", pa.float64()),
            pa.field("alternatives", pa.string()),
            pa.field("reason", pa.string()),
            *([pa.field("data_note", pa.string())] if city.manifest.synthetic else []),
        ]

    def locate_batch(self, batch: Batch, lon_index: int, lat_index: int) -> LocatedRows:
        """Locate the rows of a batch by two of its columns; see `locate`."""
        return self.locate(batch.cells(lon_index), batch.cells(lat_index), batch.faults)

    def locate(
        self,
        lon: Sequence[Any],
        lat: Sequence[Any],
        row_faults: Mapping[int, str] | None = None,
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
        reasons = [first or second for first, second in zip(x_reasons, y_reasons, strict=True)]
        for row, fault in (row_faults or {}).items():
            reasons[row] = fault
        bounds = self._locator.city.bounds
        _add_faults(reasons, faults(x, y, bounds))
        x, y = to_wgs84(x, y, self._datum)
        # Of a place at the rim of the range nothing may be left in another datum.
        _add_faults(reasons, faults(x, y, bounds), f"as {self._datum}: ")
        good = np.array([index for index, reason in enumerate(reasons) if not reason], np.int64)
        table = self._locator.locate_table(x[good], y[good], self._accuracy_m)
        return self._columns(table, good, reasons)

    def _columns(self, table: LocationTable, good: Rows, reasons: list[str]) -> LocatedRows:
        """Spread the locations of the good rows over all rows."""
        n = len(reasons)
        statuses = np.full(n, UNUSABLE, dtype=object)
        statuses[good] = np.array([str(one) for one in STATUSES], dtype=object)[table.status]

        city = self._locator.city
        columns: list[list[Any]] = [statuses.tolist()]
        for level, rows in zip(city.levels, table.rows, strict=True):
            layer = city.layer(level.id)
            for texts in (layer.codes, layer.names):
                # Row -1 stands for none and picks the None at the end.
                named = np.concatenate([texts, [None]])[rows]
                columns.append(_spread(named, good, n))
        for overlay in city.overlays:
            codes = city.layer(overlay.id).codes
            hits = _joined(table.overlays[overlay.id], codes, "{code}")
            columns.append(_spread(hits, good, n))
        metres = np.round(table.border_m, _BORDER_DECIMALS)
        columns.append(_spread(np.where(np.isnan(metres), _NONE, metres), good, n))
        finest = city.finest.codes
        others = _joined(table.alternatives, finest, "{code}({metres:.1f}m)")
        columns.append(_spread(others, good, n))
        told = list(reasons)
        for place, reason in _explained(table):
            told[good[place]] = reason
        columns.append([reason or None for reason in told])
        if city.manifest.synthetic:
            columns.append([SYNTHETIC_NOTE] * n)
        return LocatedRows(columns, Counter(columns[0]))


def _explained(table: LocationTable) -> Iterator[tuple[int, str]]:
    """Yield the points that are not inside, each with its reason.

    To build a `Location` takes long beside all else, and most such points are outside, where the
    reason depends only on the area and on the grids that are named: one is built for each.
    """
    outside = table.status == STATUSES.index(Status.OUTSIDE)
    places = np.flatnonzero(outside)
    keys = np.vstack([table.outside[places], table.rows[:, places]])
    _, first, kind = np.unique(keys, axis=1, return_index=True, return_inverse=True)
    reasons = [table[int(place)].reason for place in places[first]]
    for place, which in zip(places.tolist(), kind.ravel().tolist(), strict=True):
        yield place, reasons[which]
    others = np.flatnonzero(~outside & (table.status != STATUSES.index(Status.INSIDE)))
    for place in others.tolist():
        yield place, table[place].reason


def parse_degrees(cells: Sequence[Any], name: str) -> tuple[Floats, list[str]]:
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
    reasons : list of str
        Why there is none; empty where there is one.
    """
    values = np.full(len(cells), np.nan)
    reasons = [""] * len(cells)
    for row, cell in enumerate(cells):
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


def _add_faults(reasons: list[str], found: Objects, prefix: str = "") -> None:
    """Note faults of rows that have no reason yet."""
    for row in np.flatnonzero(found != None):  # noqa: E711 - element by element
        reasons[row] = reasons[row] or prefix + found[row]


def _spread(values: Objects, good: Rows, n: int) -> list[Any]:
    """Return n cells: the values at the rows `good`, None elsewhere."""
    cells = np.full(n, None, dtype=object)
    cells[good] = values
    return cells.tolist()


def _joined(ragged: Ragged, codes: Objects, form: str) -> Objects:
    """Write the entries of each point in this form, joined by ``;``; None for none."""
    cells = np.full(len(ragged.first) - 1, None, dtype=object)
    for point in np.flatnonzero(np.diff(ragged.first)):
        own = ragged.at(int(point))
        entries = zip(codes[ragged.row[own]], ragged.metres[own], strict=True)
        cells[point] = ";".join(form.format(code=code, metres=metres) for code, metres in entries)
    return cells
