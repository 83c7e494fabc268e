"""The engine over the cell index: kernels for nearly every point, GEOS for the rest."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

import numpy as np
import numpy.typing as npt

from app.locate import cell_kernels as kernels
from app.locate.cells import CellIndex
from app.locate.engine import ASK, Claims, Floats, Pairs, Rows, TreeEngine
from app.locate.near import Near

# Fewer points than this are not worth waking a second thread for.
_THREAD_POINTS = 200_000


class CellEngine(TreeEngine):
    """Engine over a cell index; what rounding may have decided is decided by GEOS.

    Safe to share among threads: nothing that is there is written again, and a call makes its own
    pool of threads, so that it also works in a process that was forked.

    Parameters
    ----------
    polygons : ndarray of object, shape (n,)
        The polygons, in the order of their codes.
    index : CellIndex
        Their index.
    threads
        How many threads a large call may use; 0 means as many as there are processors.
    """

    def __init__(
        self, polygons: npt.NDArray[np.object_], index: CellIndex, threads: int = 0
    ) -> None:
        super().__init__(polygons, index.borders)
        self._data = index.data
        self._threads = threads or len(os.sched_getaffinity(0))

    def lowest(self, lon: Floats, lat: Floats) -> npt.NDArray[np.int32]:
        """See `Engine.lowest`."""
        n = len(lon)
        found = np.empty(n, dtype=np.int32)
        if n <= _THREAD_POINTS or self._threads == 1:
            left = self._lowest_part(lon, lat, found, 0, n)
        else:
            left = np.concatenate(
                self._in_threads(lambda a, b: self._lowest_part(lon, lat, found, a, b), n)
            )
        if len(left):
            found[left] = super().lowest(lon[left], lat[left])
        return found

    def lowest_one(self, lon: float, lat: float) -> int:
        """Return the lowest row that covers one point, -1 where none does."""
        row = kernels.lowest_one(self._data, lon, lat)
        if row != ASK:
            return int(row)
        return int(super().lowest(np.array([lon]), np.array([lat]))[0])

    def one(self, lon: float, lat: float) -> tuple[int, float, int]:
        """See `Engine.one`."""
        return kernels.answer_one(self._data, lon, lat)

    def _in_threads(self, work: Callable[[int, int], Rows], n: int) -> list[Rows]:
        """Run `work` over even parts of n points, four for each thread so that none waits long."""
        parts = 4 * self._threads
        edges = [n * part // parts for part in range(parts + 1)]
        with ThreadPoolExecutor(self._threads) as pool:
            return list(pool.map(work, edges[:-1], edges[1:]))

    def _lowest_part(
        self, lon: Floats, lat: Floats, found: npt.NDArray[np.int32], start: int, stop: int
    ) -> Rows:
        """Fill one part of `found`; return the points that GEOS has to decide."""
        undecided = np.empty(stop - start + 1, dtype=np.int64)
        part = slice(start, stop)
        count = kernels.lowest(self._data, lon[part], lat[part], found[part], undecided)
        return undecided[:count] + start

    def covering(self, lon: Floats, lat: Floats) -> Pairs:
        """See `Engine.covering`."""
        return self._covering(lon, lat)[0]

    def _covering(self, lon: Floats, lat: Floats) -> tuple[Pairs, Rows]:
        """Return what covers the points, and which points GEOS had to decide."""
        pairs, left = self._certain(lon, lat)
        if not len(left):
            return pairs, left
        rest = super().covering(lon[left], lat[left])
        point = left[rest.point]
        at = np.searchsorted(pairs.point, point)
        merged = Pairs(np.insert(pairs.point, at, point), np.insert(pairs.row, at, rest.row))
        return merged, left

    def claims(self, lon: Floats, lat: Floats) -> Claims:
        """See `Engine.claims`.

        A point on a border is at no distance from a segment of its cell, which is within any
        bound: what the kernel decides is off every border, and only the rest is asked of GEOS.
        """
        pairs, left = self._covering(lon, lat)
        ask = np.zeros(len(lon), dtype=np.bool_)
        ask[left] = True
        return self._contest(pairs, lon, lat, ask)

    def within(self, lon: Floats, lat: Floats, radius_m: Floats) -> tuple[Pairs, Floats]:
        """See `Engine.within`."""
        return self._near.within(self.covering(lon, lat), lon, lat, radius_m)

    @cached_property
    def _near(self) -> Near:
        return Near(self._borders)

    def _certain(self, lon: Floats, lat: Floats) -> tuple[Pairs, Rows]:
        """Return what covers the points that the kernel can decide, and the other points."""
        n = len(lon)
        masks = np.empty(n, dtype=np.uint32)
        starts, undecided = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32)
        count, left = kernels.covering(self._data, lon, lat, masks, starts, undecided)
        point, row = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
        kernels.expand(self._data, starts, masks, point, row)
        return Pairs(point, row), undecided[:left].astype(np.int64)
