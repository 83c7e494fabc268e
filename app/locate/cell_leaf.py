"""How blocks are divided into leaves, and a line is drawn through each; compiled by numba.

All places here are in steps from the corner of a block, see app.locate.cells. How far rounding
moves them: a block lies less than 2**15 blocks from the corner of the frame, so a coordinate that
went through two roundings (difference, product) is wrong by less than 2**31 * 2 * 2**-53, a
millionth of a step, and so are the ends of clipped parts. Corners and centres turned back into
degrees are wrong by less than 180 * 2**-52 degrees, 0.003 steps of the smallest block that the
builder makes (1e-6 degrees). `EPSILON` and the margin of `fit` are far above both.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.geo.compiled import compiled, inlined
from app.locate.cell_kernels import lowest_of_record
from app.locate.cells import BAND, MAX_FACTOR, SEVERAL, STEP_BITS

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Cells = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint32]

MAX_DEPTH = 6
# A segment counts for a leaf that is this much larger, in blocks.
EPSILON = 1e-5
_STEPS = float(1 << STEP_BITS)


class Blocks(NamedTuple):
    """The blocks that borders cross.

    Attributes
    ----------
    ends : ndarray of float64, shape (s, 4)
        x, y of the lower end and x, y of the upper end of each segment, degrees.
    west, south, per_lon, per_lat : float
        The frame, see `Frame`.
    column, row : ndarray of int64, shape (b,)
        Where they are.
    first, entry : ndarray of int64
        Block k is crossed by the segments ``entry[first[k]:first[k + 1]]``.
    """

    ends: Floats
    west: float
    south: float
    per_lon: float
    per_lat: float
    column: Rows
    row: Rows
    first: Rows
    entry: Rows


class Leaves(NamedTuple):
    """How blocks are divided.

    Attributes
    ----------
    depth : ndarray of int32, shape (b,)
        Block k is 2**depth leaves wide and high.
    begin : ndarray of int64, shape (b,)
        Its first leaf.
    first, entry : ndarray of int64
        Leaf i is touched by the segments ``entry[first[i]:first[i + 1]]``.
    """

    depth: Cells
    begin: Rows
    first: Rows
    entry: Rows


@inlined
def _shares(a: float, b: float, low: float, high: float) -> tuple[float, float]:
    """Return from where to where a way from a to b is between low and high, as shares of it."""
    start, stop = 0.0, 1.0
    if a != b:
        one, other = (low - a) / (b - a), (high - a) / (b - a)
        start = min(max(min(one, other), 0.0), 1.0)
        stop = min(max(one, other, 0.0), 1.0)
    return start, stop


@compiled
def _walk(blocks: Blocks, k: int, s: int, depth: int, touched: Rows) -> int:
    """Write which leaves of block k segment s touches, each once; return how many."""
    side = 1 << depth
    # Here in leaves, not in steps.
    ax = ((blocks.ends[s, 0] - blocks.west) * blocks.per_lon - blocks.column[k]) * side
    ay = ((blocks.ends[s, 1] - blocks.south) * blocks.per_lat - blocks.row[k]) * side
    bx = ((blocks.ends[s, 2] - blocks.west) * blocks.per_lon - blocks.column[k]) * side
    by = ((blocks.ends[s, 3] - blocks.south) * blocks.per_lat - blocks.row[k]) * side
    epsilon = EPSILON * side
    low = int(np.floor(max(ay - epsilon, 0.0)))
    high = int(np.floor(min(by + epsilon, side - 1.0)))
    count = 0
    for r in range(low, high + 1):
        start, stop = _shares(ay, by, r - epsilon, r + 1 + epsilon)
        one, other = ax + start * (bx - ax), ax + stop * (bx - ax)
        left = int(np.floor(max(min(one, other) - epsilon, 0.0)))
        right = int(np.floor(min(max(one, other) + epsilon, side - 1.0)))
        for c in range(left, right + 1):
            touched[count] = r * side + c
            count += 1
    return count


@compiled
def _clip(blocks: Blocks, k: int, s: int, depth: int, place: int, xy: Floats, at: int) -> None:
    """Write the ends of the part of segment s that lies in a leaf of block k."""
    ax = ((blocks.ends[s, 0] - blocks.west) * blocks.per_lon - blocks.column[k]) * _STEPS
    ay = ((blocks.ends[s, 1] - blocks.south) * blocks.per_lat - blocks.row[k]) * _STEPS
    bx = ((blocks.ends[s, 2] - blocks.west) * blocks.per_lon - blocks.column[k]) * _STEPS
    by = ((blocks.ends[s, 3] - blocks.south) * blocks.per_lat - blocks.row[k]) * _STEPS
    side = 1 << depth
    size, epsilon = _STEPS / side, EPSILON * _STEPS
    x, y = (place % side) * size, (place // side) * size
    start_x, stop_x = _shares(ax, bx, x - epsilon, x + size + epsilon)
    start_y, stop_y = _shares(ay, by, y - epsilon, y + size + epsilon)
    start = max(start_x, start_y)
    stop = max(min(stop_x, stop_y), start)
    xy[at, 0], xy[at, 1] = ax + start * (bx - ax), ay + start * (by - ay)
    xy[at + 1, 0], xy[at + 1, 1] = ax + stop * (bx - ax), ay + stop * (by - ay)


@compiled
def fit(xy: Floats, n: int, line: Rows) -> tuple[float, float]:
    """Draw the line through a leaf that leaves n points within the narrowest band.

    The line is a, b, c in `line`: whole numbers, so that a * x + b * y + c is exact for a place in
    whole steps. A point's place is rounded down to them, which changes its number by less than the
    sum of the positive factors one way and of the negative ones the other. Where the number of the
    rounded place is at least `BAND`, the point itself is beyond all n points, by the margin.

    Returns
    -------
    low, high : float
        Between which the numbers of the n points lie; high < low if there is no such line.
    """
    # The direction from the farthest of the points to the farthest from that.
    p = q = 0
    for _ in range(2):
        p, far = q, -1.0
        for i in range(n):
            off = (xy[i, 0] - xy[p, 0]) ** 2 + (xy[i, 1] - xy[p, 1]) ** 2
            if off > far:
                far, q = off, i
    x, y = xy[p, 1] - xy[q, 1], xy[q, 0] - xy[p, 0]
    norm = abs(x) + abs(y)
    x, y = (x / norm, y / norm) if norm > 0 else (1.0, 0.0)
    low, high = _extent(xy, n, x, y)
    scale = min(MAX_FACTOR - 1.0, 2 * BAND / max(high - low, 1e-9))
    for _ in range(12):
        a, b = np.rint(x * scale), np.rint(y * scale)
        if a == 0 and b == 0:
            break
        low, high = _extent(xy, n, a, b)
        margin = 0.01 * (abs(a) + abs(b)) + 2
        least = low - max(a, 0.0) - max(b, 0.0) - margin
        most = high - min(a, 0.0) - min(b, 0.0) + margin
        half = (most - least) / 2
        if half <= BAND - 2:
            c = -np.rint((most + least) / 2)
            line[0], line[1], line[2] = int(a), int(b), int(c)
            return low + c, high + c
        scale *= min(0.95, BAND / half)
    line[:] = 0
    return 0.0, -1.0


@inlined
def _extent(xy: Floats, n: int, a: float, b: float) -> tuple[float, float]:
    low, high = np.inf, -np.inf
    for i in range(n):
        number = a * xy[i, 0] + b * xy[i, 1]
        low, high = min(low, number), max(high, number)
    return low, high


@compiled
def choose_depths(blocks: Blocks, price: float, depth: Cells) -> None:
    """Choose how deep to divide each block.

    A division costs the share of the block in which points need a record, and `price` a leaf.
    """
    touched = np.empty(4**MAX_DEPTH, dtype=np.int64)
    line = np.empty(3, dtype=np.int64)
    pair = np.empty(4**MAX_DEPTH, dtype=np.int64)
    xy = np.empty((512, 2))
    for k in range(len(depth)):
        n = blocks.first[k + 1] - blocks.first[k]
        if 2 * n > len(xy):
            xy = np.empty((4 * n, 2))
        best = np.inf
        for level in range(MAX_DEPTH + 1):
            count = 4**level
            if price * count >= best:
                break
            total = 0
            for j in range(n):
                s = blocks.entry[blocks.first[k] + j]
                many = _walk(blocks, k, s, level, touched)
                if total + many > len(pair):
                    wider = np.empty(2 * (total + many), dtype=np.int64)
                    wider[:total] = pair[:total]
                    pair = wider
                for t in range(many):
                    pair[total + t] = touched[t] * n + j
                total += many
            cost = _unsure(blocks, k, level, np.sort(pair[:total]), xy, line) / count
            cost += price * count
            if cost < best:
                depth[k], best = level, cost


@compiled
def _unsure(blocks: Blocks, k: int, depth: int, pair: Rows, xy: Floats, line: Rows) -> float:
    """Return in how many leaves' area of a block points would need a record."""
    n = blocks.first[k + 1] - blocks.first[k]
    size = _STEPS / (1 << depth)
    unsure, at = 0.0, 0
    while at < len(pair):
        leaf, m = pair[at] // n, 0
        while at < len(pair) and pair[at] // n == leaf:
            s = blocks.entry[blocks.first[k] + pair[at] % n]
            _clip(blocks, k, s, depth, leaf, xy, 2 * m)
            m += 1
            at += 1
        low, high = fit(xy, 2 * m, line)
        wide = 2 * BAND / np.hypot(line[0], line[1]) if low <= high else size
        unsure += min(1.0, wide / size)
    return unsure


@compiled
def spread(blocks: Blocks, leaves: Leaves) -> None:
    """Write which segments touch each leaf, ordered by leaf; only count them if there is no room.

    Counting leaves in ``first[i + 1]`` how many touch leaf i; filling wants in ``first[i]`` where
    they begin and leaves there where they end.
    """
    touched = np.empty(4**MAX_DEPTH, dtype=np.int64)
    for k in range(len(leaves.depth)):
        for j in range(blocks.first[k], blocks.first[k + 1]):
            s = blocks.entry[j]
            for t in range(_walk(blocks, k, s, leaves.depth[k], touched)):
                leaf = leaves.begin[k] + touched[t]
                if len(leaves.entry):
                    leaves.entry[leaves.first[leaf]] = s
                    leaves.first[leaf] += 1
                else:
                    leaves.first[leaf + 1] += 1


@compiled
def alike(leaves: Leaves, like: Rows) -> None:
    """Write for each leaf that no border touches one of its block that is covered as it is."""
    for k in range(len(leaves.depth)):
        side = 1 << leaves.depth[k]
        for place in range(side * side):
            leaf = leaves.begin[k] + place
            like[leaf] = leaf
            if leaves.first[leaf + 1] > leaves.first[leaf]:
                continue
            if place % side and leaves.first[leaf] == leaves.first[leaf - 1]:
                like[leaf] = like[leaf - 1]
            elif place >= side and leaves.first[leaf - side + 1] == leaves.first[leaf - side]:
                like[leaf] = like[leaf - side]


@compiled
def draw(blocks: Blocks, leaves: Leaves, pointers: Cells, records: Words, content: Cells) -> None:
    """Fill the leaves that borders touch: the line, and the lowest row on either side of its band.

    Where that is too close to call even far from the line, or no line leaves room, the leaf keeps
    the line 0, 0, 0: every point in it is within the band.
    """
    xy = np.empty((512, 2))
    line = np.empty(3, dtype=np.int64)
    for k in range(len(leaves.depth)):
        for place in range(4 ** leaves.depth[k]):
            leaf = leaves.begin[k] + place
            n = leaves.first[leaf + 1] - leaves.first[leaf]
            if 2 * n > len(xy):
                xy = np.empty((4 * n, 2))
            for t in range(n):
                s = leaves.entry[leaves.first[leaf] + t]
                _clip(blocks, k, s, leaves.depth[k], place, xy, 2 * t)
            if n == 0:
                continue
            low, high = fit(xy, 2 * n, line)
            if low <= high:
                start = np.uint64(2) * np.uint64(pointers[leaf])
                above, several, sure = _beyond(
                    blocks, k, leaves.depth[k], place, line, high, records, start
                )
                below, too, certain = _beyond(
                    blocks, k, leaves.depth[k], place, -line, -low, records, start
                )
                if sure and certain:
                    content[leaf, 0], content[leaf, 1] = above, below
                    content[leaf, 2] = np.int32((line[0] & 0xFFFF) | (line[1] << 16))
                    content[leaf, 3] = line[2]
                    pointers[leaf] |= np.int32(SEVERAL) if several or too else np.int32(0)


@compiled
def _beyond(
    blocks: Blocks,
    k: int,
    depth: int,
    place: int,
    line: Rows,
    high: float,
    records: Words,
    start: np.uint64,
) -> tuple[np.int32, bool, bool]:
    """Look up what covers the part of a leaf in which the line's number is above `high`.

    It is convex and no border comes into it, so one point stands for all: the corner farthest
    from the line. If that corner is not above `high`, no point of the leaf is.

    Returns
    -------
    row, several, sure
        The lowest row, -1 for none; whether there are more; whether this can be told.
    """
    side = 1 << depth
    x = (place % side + (line[0] > 0)) * (_STEPS / side)
    y = (place // side + (line[1] > 0)) * (_STEPS / side)
    if line[0] * x + line[1] * y + line[2] <= high:
        return np.int32(-1), False, True
    lon = blocks.west + (blocks.column[k] + x / _STEPS) / blocks.per_lon
    lat = blocks.south + (blocks.row[k] + y / _STEPS) / blocks.per_lat
    row, several, unsure = lowest_of_record(records, start, lon, lat)
    return row, several, not unsure
