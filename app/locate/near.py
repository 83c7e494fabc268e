"""Which polygons come near a point, by their boxes in bins and by their borders.

The answer is that of `app.locate.engine.TreeEngine.within`, which asks GEOS; this one knows
already what covers the points, and measures only borders that come near.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.geo.compiled import compiled
from app.geo.measure import PLANE_M, Blocks, Borders, distance_m, find_foot_in_blocks, scales
from app.geo.threads import in_threads
from app.locate.engine import Pairs
from app.locate.runs import starts_of

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Rows32 = npt.NDArray[np.int32]

# Bins for each polygon, and how many bins a polygon may lie in on average.
_BINS, _MAX_ENTRIES = 4, 16
# Up to this latitude the plane at the point and the one at the middle latitude agree to a part in
# a thousand over `PLANE_M`; beyond it every border in the box is measured.
_PLANE_LAT = 60.0
_THREAD_POINTS = 2_000
# Up to this many candidates are put in order by insertion.
_FEW = 32
# Room for this many pairs at a time and thread.
_ROOM = 200_000


class Bins(NamedTuple):
    """Polygons by the bins that their boxes touch, for compiled loops.

    Attributes
    ----------
    west, south, per_lon, per_lat : float
        Corner of the first bin in degrees, and bins per degree.
    columns, rows : int
        Size.
    first : ndarray of int64, shape (columns * rows + 1,)
        Bin b holds the polygons ``row[first[b]:first[b + 1]]``.
    row : ndarray of int32, shape (e,)
        Rows of polygons.
    box : ndarray of float64, shape (e, 4), degrees
        West, south, east, north of each of these, side by side as they are read.
    polygons : int
        How many polygons there are.
    """

    west: float
    south: float
    per_lon: float
    per_lat: float
    columns: int
    rows: int
    first: Rows
    row: Rows32
    box: Floats
    polygons: int


class Near:
    """Finds polygons near points; safe to share among threads.

    Parameters
    ----------
    borders
        Border segments of the polygons, at least one polygon.
    """

    def __init__(self, borders: Borders) -> None:
        self._borders = borders
        self._bins = _bins_of(borders)

    def within(
        self, covering: Pairs, lon: Floats, lat: Floats, radius_m: Floats
    ) -> tuple[Pairs, Floats]:
        """Return every polygon within `radius_m` of each point, and the metres to it.

        Parameters
        ----------
        covering
            Every polygon that covers each point.
        lon, lat, radius_m : ndarray of float64, shape (n,), degrees and metres

        Returns
        -------
        pairs : Pairs
        metres : ndarray of float64
            Exactly 0 where the polygon covers the point and above 0 elsewhere.
        """
        cover_first = starts_of(covering.point, len(lon))
        room = max(_ROOM, self._bins.polygons)
        borders = self._borders
        blocks = borders.blocks

        def find(start: int, stop: int) -> list[tuple[Rows, Floats]]:
            found: list[tuple[Rows, Floats]] = []
            while start < stop:
                pairs, metres = np.empty((2, room), dtype=np.int64), np.empty((3, room))
                start, count = _find_near(
                    self._bins,
                    borders.first,
                    borders.ax,
                    borders.ay,
                    borders.bx,
                    borders.by,
                    blocks,
                    cover_first,
                    covering.row,
                    lon,
                    lat,
                    radius_m,
                    start,
                    stop,
                    pairs,
                    metres,
                )
                found.append((pairs[:, :count].copy(), metres[:, :count].copy()))
            return found

        parts = [part for some in in_threads(find, len(lon), _THREAD_POINTS) for part in some]
        if not parts:
            return Pairs(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)), np.empty(0)
        point, row = np.concatenate([pairs for pairs, _ in parts], axis=1)
        metres, *feet = np.concatenate([found for _, found in parts], axis=1)
        far = np.flatnonzero(metres > PLANE_M)
        if len(far):
            metres[far] = distance_m(lon[point[far]], lat[point[far]], feet[0][far], feet[1][far])
            near = metres <= radius_m[point]
            point, row, metres = point[near], row[near], metres[near]
        return Pairs(point, row), metres


def _bins_of(borders: Borders) -> Bins:
    starts = borders.first[:-1]
    lon = np.minimum(borders.ax, borders.bx), np.maximum(borders.ax, borders.bx)
    lat = np.minimum(borders.ay, borders.by), np.maximum(borders.ay, borders.by)
    box = np.column_stack(
        [
            np.minimum.reduceat(lon[0], starts),
            np.minimum.reduceat(lat[0], starts),
            np.maximum.reduceat(lon[1], starts),
            np.maximum.reduceat(lat[1], starts),
        ]
    )
    west, south = box[:, 0].min(), box[:, 1].min()
    wide, high = max(box[:, 2].max() - west, 1e-9), max(box[:, 3].max() - south, 1e-9)
    side = np.sqrt(wide * high / (_BINS * len(box)))
    while True:
        columns, rows = (int(np.clip(span / side, 1, len(box) * _BINS)) for span in (wide, high))
        bins = Bins(
            *(float(west), float(south), float(columns / wide), float(rows / high)),
            *(columns, rows, np.zeros(columns * rows + 1, dtype=np.int64)),
            *(np.empty(0, dtype=np.int32), box, len(box)),
        )
        _count(bins)
        if bins.first[-1] <= _MAX_ENTRIES * len(box) or columns * rows == 1:
            break
        side *= 2
    first = bins.first.cumsum()
    row = np.empty(first[-1], dtype=np.int32)
    _fill(bins, first[:-1].copy(), row)
    return bins._replace(first=first, row=row, box=box[row])


@compiled
def _place(value: float, start: float, per_degree: float, count: int) -> int:
    """Return the column or row of a coordinate; what lies outside falls into the rim."""
    at = (value - start) * per_degree
    return int(min(max(at, 0.0), count - 1.0))


@compiled
def _count(bins: Bins) -> None:
    """Count the polygons of bin b into ``first[b + 1]``; `box` holds one for each polygon."""
    for p in range(len(bins.box)):
        c0 = _place(bins.box[p, 0], bins.west, bins.per_lon, bins.columns)
        c1 = _place(bins.box[p, 2], bins.west, bins.per_lon, bins.columns)
        r0 = _place(bins.box[p, 1], bins.south, bins.per_lat, bins.rows)
        r1 = _place(bins.box[p, 3], bins.south, bins.per_lat, bins.rows)
        for r in range(r0, r1 + 1):
            for c in range(c0, c1 + 1):
                bins.first[r * bins.columns + c + 1] += 1


@compiled
def _fill(bins: Bins, at: Rows, row: Rows32) -> None:
    for p in range(len(bins.box)):
        c0 = _place(bins.box[p, 0], bins.west, bins.per_lon, bins.columns)
        c1 = _place(bins.box[p, 2], bins.west, bins.per_lon, bins.columns)
        r0 = _place(bins.box[p, 1], bins.south, bins.per_lat, bins.rows)
        r1 = _place(bins.box[p, 3], bins.south, bins.per_lat, bins.rows)
        for r in range(r0, r1 + 1):
            for c in range(c0, c1 + 1):
                row[at[r * bins.columns + c]] = p
                at[r * bins.columns + c] += 1


@compiled
def _gather(
    bins: Bins, west: float, south: float, east: float, north: float, candidates: Rows
) -> int:
    """Collect the polygons whose boxes meet a box, ascending; return how many."""
    box = bins.box
    c0 = _place(west, bins.west, bins.per_lon, bins.columns)
    c1 = _place(east, bins.west, bins.per_lon, bins.columns)
    r0 = _place(south, bins.south, bins.per_lat, bins.rows)
    r1 = _place(north, bins.south, bins.per_lat, bins.rows)
    count = 0
    for r in range(r0, r1 + 1):
        for c in range(c0, c1 + 1):
            b = r * bins.columns + c
            for at in range(bins.first[b], bins.first[b + 1]):
                if (
                    box[at, 0] > east
                    or box[at, 2] < west
                    or box[at, 1] > north
                    or box[at, 3] < south
                ):
                    continue
                # Of the bins that both boxes touch only the first names the polygon.
                if c > c0 and c > _place(box[at, 0], bins.west, bins.per_lon, bins.columns):
                    continue
                if r > r0 and r > _place(box[at, 1], bins.south, bins.per_lat, bins.rows):
                    continue
                candidates[count] = bins.row[at]
                count += 1
    if count > _FEW:
        candidates[:count].sort()
        return count
    for k in range(1, count):
        row = candidates[k]
        q = k
        while q > 0 and candidates[q - 1] > row:
            candidates[q] = candidates[q - 1]
            q -= 1
        candidates[q] = row
    return count


@compiled
def _find_near(
    bins: Bins,
    first: Rows,
    ax: Floats,
    ay: Floats,
    bx: Floats,
    by: Floats,
    blocks: Blocks,
    cover_first: Rows,
    cover_row: Rows,
    lon: Floats,
    lat: Floats,
    radius_m: Floats,
    start: int,
    stop: int,
    pairs: Rows,
    metres: Floats,
) -> tuple[int, int]:
    """Write point and row into `pairs`, metres and the foot's lon and lat into `metres`.

    What the plane cannot measure is written whatever its metres.

    Returns
    -------
    point, count : int
        The first point for which there was no room, and how many pairs were written.
    """
    candidates = np.empty(bins.polygons, dtype=np.int64)
    tiny = np.finfo(np.float64).tiny
    count = 0
    for i in range(start, stop):
        # One part in a hundred more than asked: a box is only a filter, the metres decide.
        reach = radius_m[i] * 1.01 + 1e-3
        kx, ky = scales(lat[i])
        wide, high = reach / max(kx, 1.0), reach / ky
        found = _gather(
            bins, lon[i] - wide, lat[i] - high, lon[i] + wide, lat[i] + high, candidates
        )
        if count + found > pairs.shape[1]:
            return i, count
        limit = reach if radius_m[i] <= PLANE_M and abs(lat[i]) <= _PLANE_LAT else np.inf
        cover, last = cover_first[i], cover_first[i + 1]
        for k in range(found):
            row = candidates[k]
            while cover < last and cover_row[cover] < row:
                cover += 1
            apart, foot_lon, foot_lat = 0.0, 0.0, 0.0
            if cover == last or cover_row[cover] != row:
                apart, foot_lon, foot_lat, segment = find_foot_in_blocks(
                    row, first, ax, ay, bx, by, blocks, lon[i], lat[i], kx, ky, limit
                )
                # A point off a border by less than a rounding measures 0, yet is not covered.
                apart = max(apart, tiny)
                if segment < 0 or (apart > radius_m[i] and apart <= PLANE_M):
                    continue
            pairs[0, count], pairs[1, count] = i, row
            metres[0, count], metres[1, count], metres[2, count] = apart, foot_lon, foot_lat
            count += 1
    return stop, count
