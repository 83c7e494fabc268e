"""Linear passes over entries that are ordered by point, compiled by numba."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from app.geo.compiled import compiled

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
Rows32 = npt.NDArray[np.int32]

# Up to this many entries of a point are put in order by insertion.
_FEW = 32


def firsts(point: Rows) -> Rows:
    """Return where each run of equal points begins."""
    fresh = np.ones(len(point), dtype=np.bool_)
    np.not_equal(point[1:], point[:-1], out=fresh[1:])
    return np.flatnonzero(fresh)


@compiled
def starts_of(point: Rows, n: int) -> Rows:
    """Return where the entries of each of n points begin, and the end of the last."""
    first = np.empty(n + 1, dtype=np.int64)
    at = 0
    for i in range(n + 1):
        while at < len(point) and point[at] < i:
            at += 1
        first[i] = at
    return first


@compiled
def lowest_rows(point: Rows, row: Rows, n: int) -> tuple[Rows32, Flags]:
    """Return the first row of each of n points, -1 for none, and which points have several."""
    lowest = np.full(n, -1, dtype=np.int32)
    several = np.zeros(n, dtype=np.bool_)
    for p in range(len(point)):
        i = point[p]
        if lowest[i] < 0:
            lowest[i] = row[p]
        else:
            several[i] = True
    return lowest, several


@compiled
def fill_above(own: Rows32, above: Rows32, out: Rows32) -> None:
    """Write for each point the row above its own, -1 where it has none."""
    for i in range(len(own)):
        out[i] = above[own[i]] if own[i] >= 0 else -1


@compiled
def put_nearest_first(point: Rows, row: Rows, metres: Floats) -> None:
    """Order the entries of each point by metres; equally near ones stay as they were."""
    start = 0
    while start < len(point):
        stop = start + 1
        while stop < len(point) and point[stop] == point[start]:
            stop += 1
        if stop - start > _FEW:
            order = np.argsort(metres[start:stop], kind="mergesort")
            row[start:stop] = row[start:stop][order]
            metres[start:stop] = metres[start:stop][order]
        else:
            for p in range(start + 1, stop):
                one, far = row[p], metres[p]
                q = p
                while q > start and metres[q - 1] > far:
                    row[q], metres[q] = row[q - 1], metres[q - 1]
                    q -= 1
                row[q], metres[q] = one, far
        start = stop
