"""The loops that fill the cell index, compiled by numba; see app.locate.cells for the layout."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.geo.compiled import compiled
from app.locate.cells import CROWDED, HEADER_WORDS, MAX_CANDIDATES, SEGMENT_WORDS

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint32]

# Segments count for a block this much larger, which is more than for a leaf in it.
_EPSILON_CELLS = 2e-5
# Bound on the rounding of 32-bit offsets in app.locate.cell_kernels: x at the crossing carries at
# most 8 roundings of 2**-24 of the farthest offset, times one plus the slope.
_ROUNDING = 2.0**-21
_CROWDED = np.uint32(CROWDED)
_ZERO, _ONE = np.uint32(0), np.uint32(1)


class Lists(NamedTuple):
    """What comes together in the leaves; the lists of one follow those of the other.

    Attributes
    ----------
    ends : ndarray of float64, shape (s, 4)
        x, y of the lower end and x, y of the upper end of each segment, degrees.
    owner_first, owner : ndarray of int64
        Segment i bounds the polygons ``owner[owner_first[i]:owner_first[i + 1]]``.
    entry_first, entry : ndarray of int64
        Segments that come into leaf k.
    hit_first, hit : ndarray of int64
        Polygons that cover the centre of leaf k.
    lon, lat : ndarray of float64, shape (b,)
        Centres of the leaves.
    half : ndarray of float64, shape (b,)
        Half of their longer side, degrees.
    """

    ends: Floats
    owner_first: Rows
    owner: Rows
    entry_first: Rows
    entry: Rows
    hit_first: Rows
    hit: Rows
    lon: Floats
    lat: Floats
    half: Floats


@compiled
def raster(
    ends: Floats,
    west: float,
    south: float,
    per_lon: float,
    per_lat: float,
    columns: int,
    rows: int,
    cell: Rows,
    segment: Rows,
) -> int:
    """Write every block that each segment touches; only count them if there is no room."""
    count = 0
    for s in range(len(ends)):
        ax, ay = (ends[s, 0] - west) * per_lon, (ends[s, 1] - south) * per_lat
        bx, by = (ends[s, 2] - west) * per_lon, (ends[s, 3] - south) * per_lat
        low = max(0, int(np.floor(ay - _EPSILON_CELLS)))
        high = min(rows - 1, int(np.floor(by + _EPSILON_CELLS)))
        for r in range(low, high + 1):
            start, stop = 0.0, 1.0
            if by > ay:
                start = max(0.0, (r - _EPSILON_CELLS - ay) / (by - ay))
                stop = min(1.0, (r + 1 + _EPSILON_CELLS - ay) / (by - ay))
            left, right = ax + start * (bx - ax), ax + stop * (bx - ax)
            if left > right:
                left, right = right, left
            from_column = max(0, int(np.floor(left - _EPSILON_CELLS)))
            to_column = min(columns - 1, int(np.floor(right + _EPSILON_CELLS)))
            for c in range(from_column, to_column + 1):
                if len(cell):
                    cell[count] = r * columns + c
                    segment[count] = s
                count += 1
    return count


@compiled
def measure(lists: Lists) -> Rows:
    """Return the word at which the record of each leaf begins, and the end of the last."""
    starts = np.empty(len(lists.lon) + 1, dtype=np.int64)
    candidates = np.empty(MAX_CANDIDATES, dtype=np.int64)
    at = 0
    for k in range(len(lists.lon)):
        starts[k] = at
        count = _gather(lists, k, candidates)
        if count <= MAX_CANDIDATES:
            segments = lists.entry_first[k + 1] - lists.entry_first[k]
            at += count + SEGMENT_WORDS * segments
        at += HEADER_WORDS
        at += at & 1
    starts[len(lists.lon)] = at
    return starts


@compiled
def pack(
    lists: Lists,
    starts: Rows,
    words: Words,
    singles: npt.NDArray[np.float32],
    doubles: Floats,
) -> None:
    """Write the records; `words`, `singles` and `doubles` are views of one buffer of zeros."""
    candidates = np.empty(MAX_CANDIDATES, dtype=np.int64)
    for k in range(len(lists.lon)):
        here = starts[k]
        count = _gather(lists, k, candidates)
        doubles[(here >> 1) + 2] = lists.lon[k]
        doubles[(here >> 1) + 3] = lists.lat[k]
        if count > MAX_CANDIDATES:
            words[here] = _CROWDED
            continue
        candidates[:count].sort()
        words[here] = lists.entry_first[k + 1] - lists.entry_first[k]
        words[here + 1] = count
        mask = _ZERO
        for h in range(lists.hit_first[k], lists.hit_first[k + 1]):
            mask |= _ONE << np.uint32(_place(candidates, count, lists.hit[h]))
        words[here + 2] = mask
        for c in range(count):
            words[here + HEADER_WORDS + c] = candidates[c]
        first = here + HEADER_WORDS + count
        reach = _pack_segments(lists, k, first, candidates, count, words, singles)
        bound = 2 * _ROUNDING * max(reach, lists.half[k])
        singles[here + 3] = bound
        _flatten(singles, first, words[here], bound)
        if _touches_centre(singles, first, words[here], bound):
            # A border through the centre leaves no state to start from.
            words[here] = _CROWDED


@compiled
def _pack_segments(
    lists: Lists,
    k: int,
    first: int,
    candidates: Rows,
    count: int,
    words: Words,
    singles: npt.NDArray[np.float32],
) -> float:
    """Write the segments of leaf k; return the farthest offset of their ends."""
    ends, x0, y0 = lists.ends, lists.lon[k], lists.lat[k]
    reach = 0.0
    at = first
    for j in range(lists.entry_first[k], lists.entry_first[k + 1]):
        s = lists.entry[j]
        ax, ay, bx, by = ends[s, 0] - x0, ends[s, 1] - y0, ends[s, 2] - x0, ends[s, 3] - y0
        reach = max(reach, abs(ax), abs(ay), abs(bx), abs(by))
        singles[at] = ay
        singles[at + 1] = by
        singles[at + 2] = ax
        singles[at + 3] = (bx - ax) / (by - ay) if by > ay else 0.0
        crosses = (ends[s, 0] > x0) != (ends[s, 2] > x0)
        singles[at + 4] = ay - ax * ((by - ay) / (bx - ax)) if crosses else np.inf
        mask = _ZERO
        for a in range(lists.owner_first[s], lists.owner_first[s + 1]):
            mask ^= _ONE << np.uint32(_place(candidates, count, lists.owner[a]))
        words[at + 5] = mask
        at += SEGMENT_WORDS
    return reach


@compiled
def _flatten(singles: npt.NDArray[np.float32], first: int, segments: int, bound: float) -> None:
    """Store segments so flat that rounding hides their slope as crossing at the centre."""
    for t in range(segments):
        at = first + SEGMENT_WORDS * t
        if singles[at + 1] - singles[at] <= 4 * bound:
            singles[at + 2] = singles[at + 3] = 0.0


@compiled
def _touches_centre(
    singles: npt.NDArray[np.float32], first: int, segments: int, bound: float
) -> bool:
    """Return whether any segment comes so near to the centre that rounding hides its side."""
    for t in range(segments):
        at = first + SEGMENT_WORDS * t
        low, high, x_low, slope = singles[at], singles[at + 1], singles[at + 2], singles[at + 3]
        if abs(singles[at + 4]) <= 2 * bound:
            return True
        level = low <= 2 * bound and high >= -2 * bound
        if level and abs(x_low - low * slope) <= 2 * bound * (1 + abs(slope)):
            return True
    return False


@compiled
def _gather(lists: Lists, k: int, candidates: Rows) -> int:
    """Collect who bounds leaf k or covers its centre; return how many, room or not."""
    count = 0
    for j in range(lists.entry_first[k], lists.entry_first[k + 1]):
        s = lists.entry[j]
        for a in range(lists.owner_first[s], lists.owner_first[s + 1]):
            count = _add(candidates, count, lists.owner[a])
    for h in range(lists.hit_first[k], lists.hit_first[k + 1]):
        count = _add(candidates, count, lists.hit[h])
    return count


@compiled
def _add(candidates: Rows, count: int, row: int) -> int:
    """Add a row if it is new; past the room only the count goes on."""
    for c in range(min(count, MAX_CANDIDATES)):
        if candidates[c] == row:
            return count
    if count < MAX_CANDIDATES:
        candidates[count] = row
    return count + 1


@compiled
def _place(candidates: Rows, count: int, row: int) -> int:
    """Return the bit of a row."""
    for c in range(count):
        if candidates[c] == row:
            return c
    return 0
