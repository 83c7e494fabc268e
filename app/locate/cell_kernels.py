"""The inner loops of the cell index, compiled by numba, all of them without the GIL.

None of them locks or writes to the index, so any number of threads may run them over one. `data`
is an index as app.locate.cells lays it out.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from app.geo.compiled import compiled, inlined
from app.geo.measure import PLANE_M, find_foot
from app.locate.cells import (
    ACROSS_AT,
    CELLS_AT,
    CROWDED,
    FIRST_AT,
    HEADER_WORDS,
    RECORDS_AT,
    SEGMENT_WORDS,
    SEGMENTS,
    SEGMENTS_AT,
)
from app.locate.engine import ASK

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint32]
Rows = npt.NDArray[np.int64]
Singles = npt.NDArray[np.float32]

_ZERO, _ONE = np.uint32(0), np.uint32(1)
_RECORD = np.int32(0x7FFFFFFF)
_CROWDED = np.uint32(CROWDED)
_SINGLE_ZERO = np.float32(0)


@inlined
def _lowest_bit(mask: np.uint32) -> np.uint64:
    """Return the place of the lowest bit that is set, 0 for none, without a branch."""
    low = mask & (_ZERO - mask)
    place = np.uint64((low & np.uint32(0xAAAAAAAA)) != _ZERO)
    place |= np.uint64((low & np.uint32(0xCCCCCCCC)) != _ZERO) << np.uint64(1)
    place |= np.uint64((low & np.uint32(0xF0F0F0F0)) != _ZERO) << np.uint64(2)
    place |= np.uint64((low & np.uint32(0xFF00FF00)) != _ZERO) << np.uint64(3)
    place |= np.uint64((low & np.uint32(0xFFFF0000)) != _ZERO) << np.uint64(4)
    return place


@inlined
def _covering_record(
    words: Words, singles: Singles, doubles: Floats, start: np.uint64, lon: float, lat: float
) -> tuple[np.uint32, bool]:
    """Return the candidates that cover a point as bits, and whether rounding may have decided.

    `words`, `singles` and `doubles` are three views of the index, `start` the word of a record.
    Places are unsigned: numba then need not ask whether they count from the end.
    """
    segments = words[start]
    crowded = segments == _CROWDED
    mask = words[start + np.uint64(2)]
    bound = singles[start + np.uint64(3)]
    x = np.float32(lon - doubles[(start >> np.uint64(1)) + np.uint64(2)])
    y = np.float32(lat - doubles[(start >> np.uint64(1)) + np.uint64(3)])
    at = start + np.uint64(HEADER_WORDS) + np.uint64(words[start + np.uint64(1)])
    unsure = np.uint32(crowded)
    for _ in range(_ZERO if crowded else segments):
        low, high = singles[at], singles[at + np.uint64(1)]
        slope = singles[at + np.uint64(3)]
        crossing_x = singles[at + np.uint64(2)] + (y - low) * slope
        crossing_y = singles[at + np.uint64(4)]
        # Along the parallel from the point to the centre's meridian …
        beside = (y >= low) & (y < high)
        across = beside & ((crossing_x > x) != (crossing_x > _SINGLE_ZERO))
        # … and along that meridian to the centre.
        along = (crossing_y > y) != (crossing_y > _SINGLE_ZERO)
        # The ends of segments that meet are rounded alike, so their heights need no bound of
        # their own. Flat segments are stored as if they crossed at the centre: always close.
        wide = bound + bound * abs(slope)
        near = (y >= low - bound) & (y <= high + bound)
        close = (abs(crossing_x - x) <= wide) | (abs(crossing_x) <= wide)
        unsure |= np.uint32(near & close) | np.uint32(abs(crossing_y - y) <= bound)
        mask ^= words[at + np.uint64(5)] if across != along else _ZERO
        at += np.uint64(SEGMENT_WORDS)
    return mask, unsure != _ZERO


@inlined
def _cell_of(
    west: float,
    south: float,
    per_lon: float,
    per_lat: float,
    columns: np.uint32,
    rows: np.uint32,
    lon: float,
    lat: float,
) -> np.int32:
    """Return the cell of a point; what lies outside (or is no number) falls into the outer ring."""
    x = (lon - west) * per_lon
    y = (lat - south) * per_lat
    last_x, last_y = columns - 1.0, rows - 1.0
    x = x if x > 0.0 else 0.0
    x = x if x < last_x else last_x
    y = y if y > 0.0 else 0.0
    y = y if y < last_y else last_y
    return np.int32(np.int32(y) * np.int32(columns) + np.int32(x))


@compiled
def lowest(
    data: Words, lon: Floats, lat: Floats, out: Ints, cell: Ints, border: Ints, undecided: Ints
) -> int:
    """Write the lowest row that covers each point into `out`, -1 for none.

    Three passes over a chunk that stays in the cache: cells of all points (no branch, so that the
    compiler makes vectors of it), their entries, then the few points in border cells.

    Parameters
    ----------
    data
        The index.
    lon, lat : ndarray of float64, shape (n,)
    out : ndarray of int32, shape (n,)
    cell, border, undecided : ndarray of int32, shape (n + 1,)
        Scratch; `undecided` holds the points that GEOS has to decide.

    Returns
    -------
    int
        How many points are undecided.
    """
    head = data.view(np.float64)
    west, south, per_lon, per_lat = head[0], head[1], head[2], head[3]
    columns, rows = data[8], data[9]
    cells = data[CELLS_AT:].view(np.int32)
    base = np.uint64(data.view(np.int64)[RECORDS_AT])
    singles, doubles = data.view(np.float32), data.view(np.float64)
    n = len(lon)
    for i in range(n):
        cell[i] = _cell_of(west, south, per_lon, per_lat, columns, rows, lon[i], lat[i])
    count = 0
    for i in range(n):
        entry = cells[cell[i]]
        out[i] = entry
        border[count] = i
        count += int(entry < np.int32(-1))
    # A first look at each record brings it into the cache while others are on their way.
    seen = _ZERO
    for j in range(count):
        record = out[border[j]] & _RECORD
        cell[j] = record
        seen ^= data[base + np.uint64(2) * np.uint64(record)]
    left = 0
    for j in range(count):
        i = border[j]
        start = base + np.uint64(2) * np.uint64(cell[j])
        mask, unsure = _covering_record(data, singles, doubles, start, lon[i], lat[i])
        row = np.int32(data[start + np.uint64(HEADER_WORDS) + _lowest_bit(mask)])
        out[i] = row if mask != _ZERO else np.int32(-1)
        undecided[left] = i
        left += int(unsure)
    undecided[n] = np.int32(seen & _ONE)  # keeps the first look from being optimised away
    return left


@compiled
def _one(data: Words, lon: float, lat: float) -> tuple[int, np.uint32]:
    """Return the lowest row that covers a point and the bits of the others.

    The row is -1 where nothing covers the point, `ASK` where GEOS has to decide.
    """
    head = data.view(np.float64)
    cell = _cell_of(head[0], head[1], head[2], head[3], data[8], data[9], lon, lat)
    entry = np.int32(data[CELLS_AT + cell])
    if entry >= np.int32(-1):
        return int(entry), _ZERO
    start = np.uint64(data.view(np.int64)[RECORDS_AT]) + np.uint64(2) * np.uint64(entry & _RECORD)
    mask, unsure = _covering_record(data, data.view(np.float32), head, start, lon, lat)
    if unsure:
        return ASK, _ZERO
    if mask == _ZERO:
        return -1, _ZERO
    row = int(data[start + np.uint64(HEADER_WORDS) + _lowest_bit(mask)])
    return row, mask & (mask - _ONE)


@compiled
def lowest_one(data: Words, lon: float, lat: float) -> int:
    """Return the lowest row that covers a point, -1 for none, `ASK` for GEOS to decide."""
    return _one(data, lon, lat)[0]


@compiled
def answer_one(data: Words, lon: float, lat: float) -> tuple[int, float, int]:
    """Return row, metres to its border and row across, see `Engine.one`."""
    row, others = _one(data, lon, lat)
    if row < 0:
        return row, np.nan, -1
    if others != _ZERO:
        return ASK, np.nan, -1
    numbers, doubles = data.view(np.int64), data.view(np.float64)
    count = numbers[SEGMENTS]
    at = numbers[SEGMENTS_AT] >> 1
    first = numbers[FIRST_AT] >> 1
    metres, _, _, segment = find_foot(
        numbers[first + row],
        numbers[first + row + 1],
        doubles[at : at + count],
        doubles[at + count : at + 2 * count],
        doubles[at + 2 * count : at + 3 * count],
        doubles[at + 3 * count : at + 4 * count],
        lon,
        lat,
    )
    across = int(np.int32(data[numbers[ACROSS_AT] + segment]))
    if across < 0 or metres > PLANE_M:
        return ASK, np.nan, -1
    return row, metres, across


@compiled
def covering(
    data: Words, lon: Floats, lat: Floats, masks: Words, starts: Ints, undecided: Ints
) -> tuple[int, int]:
    """Find everything that covers each point.

    `starts` receives the row where one polygon fills the cell, -1 for none, or the record with
    the sign bit set; `masks` the candidates of the record that cover the point.

    Returns
    -------
    hits, left : int
        How many point-polygon pairs there are, and how many points GEOS has to decide.
    """
    head = data.view(np.float64)
    west, south, per_lon, per_lat = head[0], head[1], head[2], head[3]
    columns, rows = data[8], data[9]
    cells = data[CELLS_AT:].view(np.int32)
    base = np.uint64(data.view(np.int64)[RECORDS_AT])
    singles, doubles = data.view(np.float32), data.view(np.float64)
    hits = left = 0
    for i in range(len(lon)):
        entry = cells[_cell_of(west, south, per_lon, per_lat, columns, rows, lon[i], lat[i])]
        starts[i] = entry
        masks[i] = _ZERO
        if entry >= np.int32(-1):
            hits += int(entry >= np.int32(0))
            continue
        start = base + np.uint64(2) * np.uint64(entry & _RECORD)
        mask, unsure = _covering_record(data, singles, doubles, start, lon[i], lat[i])
        if unsure:
            undecided[left] = i
            left += 1
            starts[i] = np.int32(-1)
            continue
        masks[i] = mask
        while mask != _ZERO:
            mask &= mask - _ONE
            hits += 1
    return hits, left


@compiled
def expand(data: Words, starts: Ints, masks: Words, point: Rows, row: Rows) -> None:
    """Write what `covering` found as pairs, by point and then by row."""
    base = np.uint64(data.view(np.int64)[RECORDS_AT]) + np.uint64(HEADER_WORDS)
    at = 0
    for i in range(len(starts)):
        entry = starts[i]
        if entry >= np.int32(0):
            point[at] = i
            row[at] = entry
            at += 1
        elif entry < np.int32(-1):
            start = base + np.uint64(2) * np.uint64(entry & _RECORD)
            mask = masks[i]
            while mask != _ZERO:
                point[at] = i
                row[at] = data[start + _lowest_bit(mask)]
                mask &= mask - _ONE
                at += 1
