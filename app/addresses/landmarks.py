"""The grids about a landmark, and of a crossing."""

from __future__ import annotations

from collections import Counter
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
        lon, lat, grid = self._by_lon
        d_lon, d_lat = _LANDMARK_M / 96_000.0, _LANDMARK_M / 111_000.0
        low = lon.searchsorted(finding.lon - d_lon)
        high = lon.searchsorted(finding.lon + d_lon)
        near = grid[low:high][np.abs(lat[low:high] - finding.lat) < d_lat].tolist()
        whole = max(1, len(near))
        return {one: 0.5 * count / whole for one, count in sorted(Counter(near).items())}

    @cached_property
    def _by_lon(self) -> tuple[npt.NDArray[Any], ...]:
        arrays = self._gazetteer.arrays
        order = np.argsort(arrays["door.lon"], kind="stable")
        return tuple(arrays[f"door.{name}"][order] for name in ("lon", "lat", "grid"))
