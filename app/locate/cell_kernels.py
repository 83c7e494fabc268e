"""The inner loops of the cell index, compiled by numba, all of them without the GIL.

None of them locks or writes to the index, so any number of threads may run them over one. `data`
is an index as app.locate.cells lays it out.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from app.geo.compiled import compiled, inlined
from app.geo.measure import PLANE_M, find_foot
from app.locate.cell_prefetch import prefetch
from app.locate.cells import (
    ACROSS_AT,
    BAND,
    BLOCKS_AT,
    CROWDED,
    DEPTH_BITS,
    FIRST_AT,
    HEADER_WORDS,
    LEAVES_AT,
    POINTERS_AT,
    RECORDS_AT,
    SEGMENT_WORDS,
    SEGMENTS,
    SEGMENTS_AT,
    SEVERAL,
    STEP_BITS,
)
from app.locate.engine import ASK

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint32]
Rows = npt.NDArray[np.int64]
Singles = npt.NDArray[np.float32]

_SIGN = np.int32(-(1 << 31))
_ZERO, _ONE = np.uint32(0), np.uint32(1)
_RECORD = np.int32(0x7FFFFFFF)
_CROWDED = np.uint32(CROWDED)
_SINGLE_ZERO = np.float32(0)
_DEPTH = np.uint32((1 << DEPTH_BITS) - 1)
_DEPTH_BITS = np.uint32(DEPTH_BITS)
_STEP_BITS = np.uint32(STEP_BITS)
_STEP = np.uint32((1 << STEP_BITS) - 1)
_STEPS = float(1 << STEP_BITS)
_BAND = np.int32(BAND)
_SEVERAL = np.int32(SEVERAL)
_PLACE = np.uint32(SEVERAL - 1)
_NO_STEP = np.int32(0)
# Points in one run of the passes: what they need stays in the first caches.
_CHUNK = 2_048


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


@compiled
def lowest_of_record(
    records: Words, start: np.uint64, lon: float, lat: float
) -> tuple[np.int32, bool, bool]:
    """Return the lowest row of a record that covers a point, whether more do, and are unsure."""
    singles, doubles = records.view(np.float32), records.view(np.float64)
    mask, unsure = _covering_record(records, singles, doubles, start, lon, lat)
    row = np.int32(records[start + np.uint64(HEADER_WORDS) + _lowest_bit(mask)])
    return row if mask != _ZERO else np.int32(-1), (mask & (mask - _ONE)) != _ZERO, unsure


@inlined
def _steps(degrees: float, per_degree: float, last: float) -> np.uint32:
    """Return the step that a point is in; one outside (or no number) falls into the outer ring."""
    x = degrees * per_degree
    x = x if x > 0.0 else 0.0
    x = x if x < last else last
    return np.uint32(np.int32(x))


@inlined
def _leaf(word: np.uint32, x: np.uint32, y: np.uint32) -> np.uint32:
    """Return the leaf in which a step of a block lies."""
    depth = np.uint32(word & _DEPTH)
    shift = np.uint32(_STEP_BITS - depth)
    rank = np.uint32(np.uint32(y >> shift) << depth) + np.uint32(x >> shift)
    return np.uint32(np.uint32(word >> _DEPTH_BITS) + np.uint32(rank))


@inlined
def _number(line: np.int64, x: np.uint32, y: np.uint32) -> np.int32:
    """Return on which side of a leaf's line a step lies, and how far; see `cell_leaf.fit`."""
    a = np.int32(np.int16(line))
    b = np.int32(np.int32(line) >> np.int32(16))
    c = np.int32(line >> np.int64(32))
    return np.int32(a * np.int32(x) + b * np.int32(y) + c)


@compiled
def lowest(data: Words, lon: Floats, lat: Floats, out: Ints, undecided: Rows) -> int:
    """Write the lowest row that covers each point into `out`, -1 for none.

    Chunks of points go through five passes, so that a pass waits for nothing: blocks (no branch:
    the compiler makes vectors of it), leaves, sides of their lines, and for the few points within
    a band pointers and records. What the next pass reads is fetched in the one before it.

    Parameters
    ----------
    data
        The index.
    lon, lat : ndarray of float64, shape (n,)
    out : ndarray of int32, shape (n,)
    undecided : ndarray of int64, shape (n + 1,)
        Receives the points that GEOS has to decide.

    Returns
    -------
    int
        How many points are undecided.
    """
    singles, doubles, numbers = data.view(np.float32), data.view(np.float64), data.view(np.int64)
    west, south = doubles[0], doubles[1]
    per_lon, per_lat = doubles[2] * _STEPS, doubles[3] * _STEPS
    columns = data[8]
    last_x, last_y = columns * _STEPS - 1.0, data[9] * _STEPS - 1.0
    blocks = data[BLOCKS_AT:]
    leaves = data[numbers[LEAVES_AT] :].view(np.int64)
    pointers = data[numbers[POINTERS_AT] :]
    base = np.uint64(numbers[RECORDS_AT])
    size = min(_CHUNK, len(lon))
    x, y = np.empty(size, dtype=np.uint32), np.empty(size, dtype=np.uint32)
    leaf, start = np.empty(size, dtype=np.uint32), np.empty(size, dtype=np.uint32)
    border = np.empty(size + 1, dtype=np.uint32)
    left = 0
    for at in range(0, len(lon), _CHUNK):
        n = min(_CHUNK, len(lon) - at)
        lons, lats, outs = lon[at : at + n], lat[at : at + n], out[at : at + n]
        for i in range(n):
            column = _steps(lons[i] - west, per_lon, last_x)
            row = _steps(lats[i] - south, per_lat, last_y)
            x[i], y[i] = column & _STEP, row & _STEP
            leaf[i] = np.uint32((row >> _STEP_BITS) * columns + (column >> _STEP_BITS))
        for i in range(n):
            leaf[i] = _leaf(blocks[np.uint64(leaf[i])], x[i], y[i])
            prefetch(leaves, np.uint64(2) * np.uint64(leaf[i]))
        count = np.uint32(0)
        for i in range(n):
            here = np.uint64(2) * np.uint64(leaf[i])
            sides = leaves[here]
            number = _number(leaves[here + np.uint64(1)], x[i], y[i])
            outs[i] = np.int32(sides) if number > _NO_STEP else np.int32(sides >> np.int64(32))
            border[count] = i
            count += np.uint32(abs(number) < _BAND)
        for j in range(count):
            prefetch(pointers, np.uint64(leaf[border[j]]))
        for j in range(count):
            start[j] = pointers[np.uint64(leaf[border[j]])] & _PLACE
            record = base + np.uint64(2) * np.uint64(start[j])
            prefetch(data, record)
            prefetch(data, record + np.uint64(16))
        for j in range(count):
            i = border[j]
            record = base + np.uint64(2) * np.uint64(start[j])
            mask, unsure = _covering_record(data, singles, doubles, record, lons[i], lats[i])
            candidate = np.int32(data[record + np.uint64(HEADER_WORDS) + _lowest_bit(mask)])
            outs[i] = candidate if mask != _ZERO else np.int32(-1)
            undecided[left] = at + np.int64(i)
            left += int(unsure)
    return left


@inlined
def _find_leaf(data: Words, lon: float, lat: float) -> tuple[np.uint64, np.uint32, np.uint32]:
    """Return the leaf in which a point lies, and its step in the block."""
    doubles = data.view(np.float64)
    x = _steps(lon - doubles[0], doubles[2] * _STEPS, data[8] * _STEPS - 1.0)
    y = _steps(lat - doubles[1], doubles[3] * _STEPS, data[9] * _STEPS - 1.0)
    block = np.uint64(y >> _STEP_BITS) * np.uint64(data[8]) + np.uint64(x >> _STEP_BITS)
    word = data[np.uint64(BLOCKS_AT) + block]
    return np.uint64(_leaf(word, x & _STEP, y & _STEP)), x & _STEP, y & _STEP


@inlined
def _side(data: Words, leaf: np.uint64, x: np.uint32, y: np.uint32) -> tuple[np.int32, np.bool_]:
    """Return the row on one side of the leaf's line, and whether the line decides."""
    numbers = data.view(np.int64)
    at = np.uint64(numbers[LEAVES_AT] >> 1) + np.uint64(2) * leaf
    sides, number = numbers[at], _number(numbers[at + np.uint64(1)], x, y)
    row = np.int32(sides) if number > _NO_STEP else np.int32(sides >> np.int64(32))
    return row, abs(number) >= _BAND


@inlined
def _pointer(data: Words, leaf: np.uint64) -> np.int32:
    """Return the pointer of a leaf."""
    return np.int32(data[np.uint64(data.view(np.int64)[POINTERS_AT]) + leaf])


@compiled
def lowest_one(data: Words, lon: float, lat: float) -> int:
    """Return the lowest row that covers a point, -1 for none, `ASK` for GEOS to decide."""
    leaf, x, y = _find_leaf(data, lon, lat)
    row, sure = _side(data, leaf, x, y)
    if not sure:
        row, _, unsure = lowest_of_record(data, _record(data, _pointer(data, leaf)), lon, lat)
        if unsure:
            return ASK
    return int(row)


@inlined
def _record(data: Words, pointer: np.int32) -> np.uint64:
    """Return the word at which a record begins."""
    place = np.uint64(np.uint32(pointer) & _PLACE)
    return np.uint64(data.view(np.int64)[RECORDS_AT]) + np.uint64(2) * place


@compiled
def answer_one(data: Words, lon: float, lat: float) -> tuple[int, float, int]:
    """Return row, metres to its border and row across, see `Engine.one`."""
    leaf, x, y = _find_leaf(data, lon, lat)
    row, sure = _side(data, leaf, x, y)
    pointer = _pointer(data, leaf)
    numbers, doubles = data.view(np.int64), data.view(np.float64)
    if pointer >= 0 and not (sure and pointer < _SEVERAL):
        row, more, unsure = lowest_of_record(data, _record(data, pointer), lon, lat)
        if unsure or more:
            return ASK, np.nan, -1
    if row < 0:
        return -1, np.nan, -1
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
    return int(row), metres, across


@compiled
def covering(
    data: Words, lon: Floats, lat: Floats, masks: Words, starts: Ints, undecided: Ints
) -> tuple[int, int]:
    """Find everything that covers each point.

    `starts` receives the row where one polygon fills the leaf, -1 for none, or the record with
    the sign bit set; `masks` the candidates of the record that cover the point. No point on
    a border is decided here: it is within the band of its leaf's line, and within the bound of a
    comparison in its record.

    Returns
    -------
    hits, left : int
        How many point-polygon pairs there are, and how many points GEOS has to decide.
    """
    singles, doubles = data.view(np.float32), data.view(np.float64)
    hits = left = 0
    for i in range(len(lon)):
        leaf, x, y = _find_leaf(data, lon[i], lat[i])
        row, sure = _side(data, leaf, x, y)
        pointer = _pointer(data, leaf)
        masks[i] = _ZERO
        if pointer < 0 or (sure and pointer < _SEVERAL):
            starts[i] = row
            hits += int(row >= 0)
            continue
        starts[i] = (pointer & (_SEVERAL - np.int32(1))) | _SIGN
        record = _record(data, pointer)
        mask, unsure = _covering_record(data, singles, doubles, record, lon[i], lat[i])
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
