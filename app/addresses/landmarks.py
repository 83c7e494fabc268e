"""The grids about a landmark, and of a crossing."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from app.addresses.entry import Kind
from app.addresses.found import Finding
from app.addresses.gazetteer import Gazetteer
from app.addresses.reading import Reading

_LANDMARK_M = 100.0


class Landmarks:
    """Tells the grids near places of one gazetteer."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer

    def crossing(self, r: Reading) -> dict[int, float]:
        """Return the grids that the roads of a crossing share, else those of all of them."""
        grids = []
        for word in r.roads:
            counts: dict[int, float] = {}
            for ref in word.refs:
                if ref.kind is Kind.ROAD:
                    counts |= self._gazetteer.roads.grids.counts(ref.id)
            grids.append(counts)
        common = set(grids[0]).intersection(*grids[1:])
        if not common:
            # They may cross between the points that are known.
            return {grid: float(count) for one in grids for grid, count in one.items()}
        return {grid: float(sum(one[grid] for one in grids)) for grid in common}

    def nearby(self, finding: Finding) -> dict[int, float]:
        """Return the grids of doors about a landmark."""
        lon, lat, grid, order = self._by_lon
        d_lon, d_lat = _LANDMARK_M / 96_000.0, _LANDMARK_M / 111_000.0
        low, high = np.searchsorted(lon, [finding.lon - d_lon, finding.lon + d_lon])
        near = order[low:high]
        near = near[np.abs(lat[near] - finding.lat) < d_lat]
        found, count = np.unique(grid[near], return_counts=True)
        whole = max(1, int(count.sum()))
        return {int(g): 0.5 * int(n) / whole for g, n in zip(found, count, strict=True)}

    @cached_property
    def _by_lon(self) -> tuple[npt.NDArray[Any], ...]:
        arrays = self._gazetteer.arrays
        order = np.argsort(arrays["door.lon"], kind="stable")
        return arrays["door.lon"][order], arrays["door.lat"], arrays["door.grid"], order
