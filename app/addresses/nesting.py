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

from app.addresses.entry import Kind
from app.addresses.gazetteer import Gazetteer

# Fewer points of a place tell too little about the grids in which it lies.
_TELLING = {Kind.GROUP: 3, Kind.COMMUNITY: 12, Kind.TOWN: 50}
# Places of a kind are nested in grids if so many of their points lie in the chief grid of theirs;
# a place with more than one stray in so many points is none of them.
_NESTED, _POINTS_FOR_A_STRAY = 0.97, 8
_SOME_PLACES = 10


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

    def astray(self, door: int) -> int:
        """Return the grid in which the group or community of a door lies, if the door does not.

        Returns
        -------
        int
            -1 if the door lies where it belongs, as far as is known.
        """
        return self._home[door] if self._any else -1

    @property
    def any_nested(self) -> bool:
        """Tell whether groups or communities lie in one grid each."""
        return self._any

    @cached_property
    def _any(self) -> bool:
        return any(self._nested.values())

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
    def _home(self) -> memoryview[int]:
        arrays = self._gazetteer.arrays
        home = np.full(len(arrays["door.grid"]), -1, np.int32)
        for kind in (Kind.COMMUNITY, Kind.GROUP):
            if not self._nested[kind]:
                continue
            whole, most, chief = self._chief(kind)
            sure = (whole >= _TELLING[kind]) & ((whole - most) * _POINTS_FOR_A_STRAY <= whole)
            own = np.asarray(arrays[f"door.{kind}"])
            named = own >= 0
            known = np.zeros(len(own), bool)
            known[named] = sure[own[named]]
            home[known] = chief[own[known]]
        home[home == arrays["door.grid"]] = -1
        return cast("memoryview[int]", memoryview(cast("Any", home)))

    def warm(self) -> None:
        """Build now what is built on first use."""
        _ = self._any and self._home
