"""The Locator: one function for a click, a row and an exported map.

A lookup in five steps: 1. the coordinates are checked; 2. the engine names every grid of the
finest level that covers the point, and of several the lowest code is taken; 3. what no grid
covers is looked up in the outside areas, then in the coarser levels (a gap), then within the
tolerance; 4. coarser levels follow from the parents, overlays from their own polygons; 5. the
metres to the border, the neighbour across it and the alternatives are measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.errors import BadInputError
from app.geo.coordinates import check_lonlat
from app.grids import City
from app.locate.cell_engine import CellEngine
from app.locate.cell_store import index_path, open_or_build
from app.locate.engine import NO_PAIRS, EmptyEngine, Engine, Pairs
from app.locate.location import STATUSES, Location, LocationTable, Ragged, Status
from app.locate.runs import fill_above, firsts, put_nearest_first

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Rows32 = npt.NDArray[np.int32]

DEFAULT_TOLERANCE_M = 25.0
MAX_ACCURACY_M = 10_000.0
# A grid is the neighbour across a border if it comes this close to it: city folders hold
# coordinates rounded to 1e-7 degree, about a centimetre.
_TOUCH_M = 0.05
# Where the search in a gap begins, and for how many points at a time.
_GAP_RADIUS_M, _GAP_POINTS = 250.0, 2_000
_CODE = {status: index for index, status in enumerate(STATUSES)}


@dataclass(slots=True)
class _Found:
    """What is known of n points while they are looked up."""

    status: npt.NDArray[np.uint8]
    rows: Rows32
    outside: Rows32
    border_m: Floats
    neighbour: Rows

    @property
    def grid(self) -> Rows32:
        """Row in the finest level, -1 where none is named; a view."""
        finest: Rows32 = self.rows[-1]
        return finest


class Locator:
    """Tells where points belong in one city.

    Parameters
    ----------
    city
        The city.
    tolerance_m
        How far outside every grid a point may lie and still be given the nearest one.
    """

    def __init__(self, city: City, tolerance_m: float = DEFAULT_TOLERANCE_M) -> None:
        if not (np.isfinite(tolerance_m) and 0 <= tolerance_m <= MAX_ACCURACY_M):
            raise BadInputError(
                f"tolerance_m is {tolerance_m!r}, allowed is 0 to {MAX_ACCURACY_M:.0f} metres"
            )
        self.city = city
        self.tolerance_m = tolerance_m
        self._chains: dict[int, dict[str, str]] = {}
        self._engine = self._open(city.levels[-1].id, city.finest.geometry)

    @classmethod
    def open(
        cls,
        folder: str | Path,
        tolerance_m: float = DEFAULT_TOLERANCE_M,
        on: date | None = None,
    ) -> Locator:
        """Open a city folder as it holds on a day, today if none is named; see `City.open`."""
        return cls(City.open(folder, on), tolerance_m)

    def build_indexes(self) -> None:
        """Build and keep the indexes of all layers now, so that no first question waits for one."""
        _ = (self._coarse_engines, self._overlay_engines, self._outside_engine)

    @property
    def codes(self) -> npt.NDArray[np.object_]:
        """Codes of the finest level in index order, which is the order of the codes."""
        return self.city.finest.codes

    def locate(self, lon: float, lat: float, accuracy_m: float = 0.0) -> Location:
        """Return where one point belongs.

        Parameters
        ----------
        lon, lat
            WGS-84 degrees.
        accuracy_m
            How far the true place may be from the point, metres.

        Raises
        ------
        BadCoordinateError
            If the point is not a place on Earth, or plainly swapped.
        BadInputError
            If `accuracy_m` is not between 0 and 10,000.
        """
        plain = self._locate_plain(lon, lat) if accuracy_m == 0 else None
        return plain or self.locate_table(np.array([lon]), np.array([lat]), accuracy_m)[0]

    def _locate_plain(self, lon: float, lat: float) -> Location | None:
        """Return the location of a point that is plainly inside one grid, None for any other.

        A short cut past the columns of `locate_table`, with the same answer: most clicks are
        inside one grid, off its border, in no overlay, with one grid across.
        """
        lon, lat = float(lon), float(lat)
        row, border_m, across = self._engine.one(lon, lat)
        if row < 0 or any(e.one(lon, lat)[0] != -1 for e in self._overlay_engines.values()):
            return None
        return Location(
            lon=lon,
            lat=lat,
            status=Status.INSIDE,
            codes=self._chain_codes(row).copy(),
            overlays=dict.fromkeys(self._overlay_engines, ()),
            border_m=border_m,
            neighbour=self.city.finest.codes[across],
            alternatives=(),
            outside_area=None,
            governed_by=None,
        )

    def _chain_codes(self, row: int) -> dict[str, str]:
        """Return the codes of a grid of the finest level and of the grids above it."""
        found = self._chains.get(row)
        if found is None:
            rows = [int(ancestors[row]) for ancestors in self._ancestors] + [row]
            found = {
                level.id: str(self.city.layer(level.id).codes[one])
                for level, one in zip(self.city.levels, rows, strict=True)
                if one >= 0
            }
            self._chains[row] = found
        return found

    def locate_many(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Rows32:
        """Return the grid of the finest level that covers each point.

        Parameters
        ----------
        lon, lat : array_like of float, shape (n,), WGS-84 degrees

        Returns
        -------
        ndarray of int32, shape (n,)
            Index into `codes`; the lowest of several; -1 where no grid covers the point.

        Raises
        ------
        BadCoordinateError
            If any point is not a place on Earth, or plainly swapped.
        """
        x, y = self._checked(lon, lat)
        return self._engine.lowest(x, y)

    def locate_table(
        self,
        lon: npt.ArrayLike,
        lat: npt.ArrayLike,
        accuracy_m: npt.ArrayLike = 0.0,
        *,
        border: bool = True,
        overlays: bool = True,
    ) -> LocationTable:
        """Return where each of n points belongs, with as much of it as is asked for.

        Status, grids of all levels and outside areas are always told, and always the same; the
        rest costs what it costs.

        Parameters
        ----------
        lon, lat : array_like of float, shape (n,), WGS-84 degrees
        accuracy_m : array_like of float, shape () or (n,), metres
            How far the true place may be from each point: alternatives are looked for within it.
            Where it is 0 they are the other grids that cover the point.
        border
            Whether to measure the metres to the border and to name the neighbour across it. If
            not, `neighbour` is -1 everywhere, and `border_m` is NaN but where the status is
            nearest: there the metres to the grid are what it was named by.
        overlays
            Whether to look up the overlays. If not, each of them is there without entries.

        Raises
        ------
        BadCoordinateError, BadInputError
            Like `locate`, if any point or accuracy is not usable.
        """
        x, y = self._checked(lon, lat)
        accuracy = _checked_accuracy(accuracy_m, len(x))
        found = self._find(x, y, border)
        alternatives = self._around(found, x, y, accuracy, border)
        return LocationTable(
            city=self.city,
            lon=x,
            lat=y,
            status=found.status,
            rows=found.rows,
            overlays={
                ident: _ragged(engine.covering(x, y) if overlays else NO_PAIRS, len(x))
                for ident, engine in self._overlay_engines.items()
            },
            border_m=found.border_m,
            neighbour=found.neighbour,
            alternatives=alternatives,
            outside=found.outside,
        )

    def _checked(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
        x, y = (np.atleast_1d(np.asarray(part, dtype=np.float64)) for part in (lon, lat))
        if x.ndim != 1 or x.shape != y.shape:
            raise BadInputError(f"lon and lat have the shapes {x.shape} and {y.shape}")
        check_lonlat(x, y, self.city.bounds)
        return x, y

    def _find(self, x: Floats, y: Floats, border: bool) -> _Found:
        """Name the grid of each point on every level, and the status; measure if asked to."""
        n = len(x)
        found = _Found(
            status=np.full(n, _CODE[Status.OUTSIDE], dtype=np.uint8),
            rows=np.full((len(self.city.levels), n), -1, dtype=np.int32),
            outside=np.full(n, -1, dtype=np.int32),
            border_m=np.full(n, np.nan),
            neighbour=np.full(n, -1, dtype=np.int64),
        )
        claims = self._engine.claims(x, y)
        found.grid[:] = claims.lowest
        found.status[claims.lowest >= 0] = _CODE[Status.INSIDE]
        if len(claims.interior):
            first = firsts(claims.contested.point)
            found.status[claims.contested.point[first]] = np.where(
                np.maximum.reduceat(claims.interior, first),
                _CODE[Status.OVERLAP],
                _CODE[Status.ON_BORDER],
            )
        for depth, above in enumerate(self._ancestors):
            fill_above(found.grid, above, found.rows[depth])
        if border:
            self._measure(found, x, y)
        missed = np.flatnonzero(found.grid < 0)
        if len(missed):
            self._find_uncovered(found, missed, x, y)
        return found

    def _measure(self, found: _Found, x: Floats, y: Floats) -> None:
        """Measure the metres to the border of covered points, and see who is across."""
        points = np.flatnonzero(found.grid >= 0)
        whole = len(points) == len(x)
        lon, lat = (x, y) if whole else (x[points], y[points])
        rows = found.grid[points].astype(np.int64)
        metres, across = self._engine.border(rows, lon, lat)
        status = found.status[points]
        found.border_m[points] = np.where(status == _CODE[Status.ON_BORDER], 0.0, metres)
        found.neighbour[points] = np.where(status == _CODE[Status.INSIDE], across, -1)

    def _find_uncovered(self, found: _Found, missed: Rows, x: Floats, y: Floats) -> None:
        """Look up points that no grid of the finest level covers."""
        if self._outside_engine is not None:
            found.outside[missed] = self._outside_engine.lowest(x[missed], y[missed])
            missed = missed[found.outside[missed] < 0]
        for depth in reversed(range(len(self._coarse_engines))):
            if not len(missed):
                return
            row = self._coarse_engines[depth].lowest(x[missed], y[missed])
            gaps = missed[row >= 0]
            found.rows[depth, gaps] = row[row >= 0]
            self._set_ancestors(found, gaps, depth)
            self._name_in_gap(found, gaps, depth, x, y)
            missed = missed[row < 0]
        if self.tolerance_m > 0 and len(missed):
            reach = np.full(len(missed), self.tolerance_m)
            pairs, metres = self._engine.within(x[missed], y[missed], reach)
            self._name_nearest(found, missed[pairs.point], pairs.row, metres)

    def _name_in_gap(self, found: _Found, gaps: Rows, depth: int, x: Floats, y: Floats) -> None:
        """Name the nearest grid among the descendants of the coarser grid that covers a gap.

        The circle in which it is searched grows until there is one, for a few points at a time,
        so that memory stays small however large the gap is.
        """
        ancestors = self._ancestors[depth]
        left = gaps[np.isin(found.rows[depth, gaps], ancestors)]
        radius_m = max(self.tolerance_m, _GAP_RADIUS_M)
        while len(left):
            for start in range(0, len(left), _GAP_POINTS):
                some = left[start : start + _GAP_POINTS]
                reach = np.full(len(some), radius_m)
                pairs, metres = self._engine.within(x[some], y[some], reach)
                point = some[pairs.point]
                kin = ancestors[pairs.row] == found.rows[depth, point]
                self._name_nearest(found, point[kin], pairs.row[kin], metres[kin])
            left = left[found.grid[left] < 0]
            radius_m *= 4

    def _name_nearest(self, found: _Found, point: Rows, row: Rows, metres: Floats) -> None:
        """Give each point the nearest of its candidates, of equally near ones the lowest code."""
        order = np.lexsort((row, metres, point))
        best = order[firsts(point[order])]
        points = point[best]
        found.grid[points] = row[best]
        found.status[points] = _CODE[Status.NEAREST]
        found.border_m[points] = metres[best]
        self._set_ancestors(found, points)

    def _set_ancestors(self, found: _Found, points: Rows, depth: int = -1) -> None:
        """Fill the levels above `depth` from the parents."""
        levels = self.city.levels
        depth %= len(levels)
        for lower in range(depth, 0, -1):
            parent = self.city.layer(levels[lower].id).parent_row
            own = found.rows[lower, points]
            found.rows[lower - 1, points] = np.where(own >= 0, parent[own], -1)

    def _around(
        self, found: _Found, x: Floats, y: Floats, accuracy: Floats, border: bool
    ) -> Ragged:
        """Return all other grids within the accuracy, and fill in neighbours not known yet.

        The neighbour is the grid that has the nearest segment of the border in common; where none
        has, it is the nearest grid that comes within `_TOUCH_M` of the border.
        """
        unknown = (found.grid >= 0) & (found.neighbour < 0) & border
        radius = np.fmax(np.where(unknown, found.border_m + _TOUCH_M, 0.0), accuracy)
        shared = np.isin(found.status, (_CODE[Status.OVERLAP], _CODE[Status.ON_BORDER]))
        radius[shared] = np.maximum(radius[shared], _TOUCH_M)
        ask = np.flatnonzero(radius > 0)
        pairs, metres = self._engine.within(x[ask], y[ask], radius[ask])
        point = ask[pairs.point]
        other = pairs.row != found.grid[point]
        point, row, metres = point[other], pairs.row[other], metres[other]
        put_nearest_first(point, row, metres)

        touches = np.flatnonzero(
            unknown[point] & (metres <= found.border_m[point] + _TOUCH_M) if border else []
        )
        first = touches[firsts(point[touches])]
        found.neighbour[point[first]] = row[first]

        listed = (metres <= accuracy[point]) | (metres == 0)
        return Ragged.of(point[listed], row[listed], metres[listed], len(x))

    @cached_property
    def _ancestors(self) -> list[Rows32]:
        """Row at each level above the finest, for each grid of the finest level."""
        found: list[Rows32] = []
        rows = np.arange(len(self.city.finest), dtype=np.int32)
        for level in reversed(self.city.levels[1:]):
            parent = self.city.layer(level.id).parent_row
            rows = np.where(rows >= 0, parent[rows], -1).astype(np.int32)
            found.insert(0, rows)
        return found

    @cached_property
    def _coarse_engines(self) -> list[Engine]:
        ids = [level.id for level in self.city.levels[:-1]]
        return [self._open(ident, self.city.layer(ident).geometry) for ident in ids]

    @cached_property
    def _overlay_engines(self) -> dict[str, Engine]:
        ids = [overlay.id for overlay in self.city.overlays]
        return {ident: self._open(ident, self.city.layer(ident).geometry) for ident in ids}

    @cached_property
    def _outside_engine(self) -> Engine | None:
        areas = self.city.outside
        if not len(areas):
            return None
        return self._open("outside", np.asarray(areas.geometry.array, dtype=object))

    def _open(self, ident: str, polygons: npt.NDArray[np.object_]) -> Engine:
        """Open the cell index of one layer, building it if it is not kept yet."""
        if not len(polygons):
            return EmptyEngine()
        content = self.city.manifest.content_hash
        path = index_path(self.city.folder, ident, content)
        return CellEngine(polygons, open_or_build(path, polygons, content))


def _ragged(pairs: Pairs, n: int) -> Ragged:
    return Ragged.of(pairs.point, pairs.row, np.zeros(len(pairs.row)), n)


def _checked_accuracy(accuracy_m: npt.ArrayLike, n: int) -> Floats:
    accuracy = np.asarray(accuracy_m, dtype=np.float64)
    if accuracy.shape not in {(), (n,)}:
        raise BadInputError(f"accuracy_m has the shape {accuracy.shape}, allowed is () or ({n},)")
    bad = ~((accuracy >= 0) & (accuracy <= MAX_ACCURACY_M))
    if bad.any():
        value = float(accuracy[bad].flat[0]) if accuracy.shape else float(accuracy)
        raise BadInputError(
            f"accuracy_m is {value!r}, allowed is 0 to {MAX_ACCURACY_M:.0f} metres",
            message_zh=f"accuracy_m 为 {value!r}，允许 0 至 {MAX_ACCURACY_M:.0f} 米",
        )
    return np.broadcast_to(accuracy, (n,)).copy()
