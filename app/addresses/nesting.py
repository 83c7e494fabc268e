"""Whether groups and communities lie in one grid each, and which doors lie astray of theirs.

Where the grids of a city are drawn along its groups or communities, nearly all points of each lie
in one grid; a point elsewhere is then a wrong point, not a second grid. That is learned from all
of them together: one group alone tells too little.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from app.addresses.arrays import Ints
from app.addresses.entry import Kind
from app.addresses.gazetteer import Gazetteer

# Fewer points of a place tell too little about the grids in which it lies.
_TELLING = {Kind.GROUP: 3, Kind.COMMUNITY: 12, Kind.TOWN: 50}
# Places of a kind are nested in grids if so many of their points lie in the chief grid of theirs;
# a place with more than one stray in so many points is none of them.
_NESTED, _POINTS_FOR_A_STRAY = 0.97, 8
_SOME_PLACES = 10
# More than any number of a door.
_WIDE = 1 << 20


class Nesting:
    """Knows for each group and community of a gazetteer the grid in which it lies, if it is one."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer

    def sole(self, grids: dict[int, int], kind: Kind) -> int:
        """Return the grid of a place that lies in one grid as far as enough points tell, or -1.

        Parameters
        ----------
        grids
            Points of the place by grid. No points at all mean that the city itself says so.
        kind
            Group, community or town.
        """
        if len(grids) == 1:
            grid, points = next(iter(grids.items()))
            return grid if points == 0 or points >= _TELLING[kind] else -1
        if not grids or kind is Kind.TOWN or not self._nested[kind]:
            return -1
        whole = sum(grids.values())
        grid = max(grids, key=grids.__getitem__)
        strays = whole - grids[grid]
        return grid if whole >= _TELLING[kind] and strays * _POINTS_FOR_A_STRAY <= whole else -1

    @cached_property
    def homes(self) -> Ints | None:
        """For each door the grid of its group or community, if it lies astray of that; else -1.

        None where neither groups nor communities lie in one grid each.
        """
        return None if self._home is None else _view(self._home)

    @cached_property
    def wrong(self) -> Ints:
        """For each number of a side 1 if its point is not to be trusted.

        It lies far off the way between its neighbours, or a door of it lies astray.
        """
        arrays = self._gazetteer.arrays
        wrong = np.array(arrays["side.outlier"], np.uint8)
        if self._home is not None and len(wrong):
            first = np.asarray(arrays["side.first"], np.int64)
            side = np.repeat(np.arange(len(first) - 1), np.diff(first))
            astray = np.flatnonzero(self._home >= 0)
            number = arrays["door.number"][astray].astype(np.int64)
            of = 2 * arrays["door.street"][astray].astype(np.int64) + number % 2
            keys = side * _WIDE + arrays["side.number"]
            wrong[np.searchsorted(keys, of * _WIDE + number)] = 1
        return _view(wrong)

    @cached_property
    def _nested(self) -> dict[Kind, bool]:
        return {kind: self._is_nested(kind) for kind in (Kind.GROUP, Kind.COMMUNITY)}

    def _is_nested(self, kind: Kind) -> bool:
        whole, most, _ = self._chief(kind)
        telling = whole >= max(_TELLING[kind], _POINTS_FOR_A_STRAY)
        if telling.sum() < _SOME_PLACES:
            return False
        return bool(most[telling].sum() >= _NESTED * whole[telling].sum())

    def _chief(self, kind: Kind) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
        """Return for each place its points, those in its chief grid, and that grid."""
        arrays = self._gazetteer.arrays
        first = np.asarray(arrays[f"{kind}.grids.first"], np.int64)
        grid, count = arrays[f"{kind}.grids.grid"], arrays[f"{kind}.grids.count"]
        n = len(first) - 1
        of = np.repeat(np.arange(n), np.diff(first))
        whole = np.bincount(of, count, minlength=n)
        order = np.lexsort((count, of))
        last = np.maximum(first[1:] - 1, 0)
        has = np.diff(first) > 0
        chief, most = np.full(n, -1), np.zeros(n)
        chief[has] = grid[order][last[has]]
        most[has] = count[order][last[has]]
        return whole, most, chief

    @cached_property
    def _home(self) -> npt.NDArray[np.int32] | None:
        if not any(self._nested.values()):
            return None
        arrays = self._gazetteer.arrays
        home = np.full(len(arrays["door.grid"]), -1, np.int32)
        for kind in (Kind.COMMUNITY, Kind.GROUP):
            if not self._nested[kind]:
                continue
            whole, most, chief = self._chief(kind)
            sure = (whole >= _TELLING[kind]) & ((whole - most) * _POINTS_FOR_A_STRAY <= whole)
            own = np.asarray(arrays[f"door.{kind}"])
            known = own >= 0
            known[known] = sure[own[known]]
            home[known] = chief[own[known]]
        # A correction was looked at by somebody.
        home[(home == arrays["door.grid"]) | (np.asarray(arrays["door.verified"]) > 0)] = -1
        return home

    def warm(self) -> None:
        """Build now what is built on first use."""
        _ = self.homes, self.wrong


def _view(values: npt.NDArray[Any]) -> Ints:
    return cast("Ints", memoryview(cast("Any", np.ascontiguousarray(values))))
