"""What scripts.draw_cells shows: a window of cells over real grids, and a walk in one of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from app.errors import BadInputError
from app.geo.measure import metres_per_degree
from app.grids import City
from app.locate.cell_store import index_path, open_or_build
from app.locate.segments import SharedSegments

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Objects = npt.NDArray[np.object_]

MIDDLE = 0.5
# Things in the enlarged cell are at least this share of a cell apart.
_APART = 0.07
# Points tried along each side of a cell, and the most crossings that can still be read.
_STEPS, _MAX_CROSSINGS = 17, 3
# Best for the eye are three grids and two crossings, one on each leg.
_GRIDS, _CROSSINGS = 3, 2


@dataclass(frozen=True)
class Crossing:
    """Where a walk crosses a border, in cells from the cell's corner, and whom it bounds."""

    x: float
    y: float
    owners: tuple[int, ...]


@dataclass(frozen=True)
class Walk:
    """The walk from a point to the centre of a border cell.

    Attributes
    ----------
    column, row : int
        The cell.
    x, y : float
        The point, in cells from the cell's corner.
    candidates : tuple of int
        Rows of the grids, ascending.
    centre : tuple of bool
        Which of them contain the centre.
    crossings : tuple of Crossing
        In the order of the walk.
    """

    column: int
    row: int
    x: float
    y: float
    candidates: tuple[int, ...]
    centre: tuple[bool, ...]
    crossings: tuple[Crossing, ...]

    @property
    def inside(self) -> tuple[bool, ...]:
        """Which candidates contain the point, by the walk alone."""
        turns = [sum(row in one.owners for one in self.crossings) for row in self.candidates]
        return tuple(state != bool(n % 2) for state, n in zip(self.centre, turns, strict=True))


class Window:
    """The part of a city that is drawn, in cells of its index from the south-west corner.

    Parameters
    ----------
    city
        The city.
    lon, lat
        Middle of the window, degrees.
    columns, rows
        Its size in cells.

    Raises
    ------
    BadInputError
        If fewer than two grids lie there.
    """

    def __init__(self, city: City, lon: float, lat: float, columns: int, rows: int) -> None:
        layer, key = city.finest, city.manifest.content_hash
        path = index_path(city.folder, city.levels[-1].id, key)
        frame = open_or_build(path, layer.geometry, key).frame
        # The middle of the window, in whole cells: cells of the window are cells of the index.
        column = round((lon - frame.west) * frame.per_lon) - columns // 2
        row = round((lat - frame.south) * frame.per_lat) - rows // 2
        corner = np.array([frame.west + column / frame.per_lon, frame.south + row / frame.per_lat])
        per = np.array([frame.per_lon, frame.per_lat])
        box = shapely.box(-1, -1, columns + 1, rows + 1)
        polygons = np.asarray(
            shapely.transform(layer.geometry, lambda xy: (xy - corner) * per), dtype=object
        )
        self.grids = np.flatnonzero(shapely.intersects(polygons, box))
        if len(self.grids) <= 1:
            raise BadInputError(
                f"{len(self.grids)} grids lie around {lon}, {lat}; a picture needs two",
                "Name a place in the city with --lon and --lat.",
                message_zh=f"{lon}, {lat} 附近只有 {len(self.grids)} 个网格，作图至少需要两个",
                hint_zh="请用 --lon 与 --lat 指定市内的位置。",
            )
        self.columns, self.rows = columns, rows
        self.cell_m = float(metres_per_degree(lat)[1]) / frame.per_lat
        self.codes = [str(layer.codes[one]) for one in self.grids]
        self.polygons = polygons[self.grids]
        shapely.prepare(self.polygons)
        self.lines = shapely.intersection(shapely.boundary(self.polygons), box)
        left, low = np.meshgrid(np.arange(columns), np.arange(rows))
        self.left, self.low = left.ravel(), low.ravel()
        borders = shapely.union_all(self.lines)
        shapely.prepare(borders)
        self.is_border = shapely.intersects(
            borders, shapely.box(self.left, self.low, self.left + 1, self.low + 1)
        )
        self._segments = SharedSegments.of(self.polygons)

    def grid_at(self, x: float, y: float) -> int:
        """Return which of the grids covers a place, the lowest of several, -1 for none."""
        hits = np.flatnonzero(shapely.intersects_xy(self.polygons, x, y))
        return int(hits[0]) if len(hits) else -1

    def best_walk(self) -> Walk:
        """Return the walk that shows most: several crossings, well apart.

        Raises
        ------
        BadInputError
            If there is none in the window.
        """
        inner = (self.left > 1) & (self.left < self.columns - 2)
        inner &= (self.low > 1) & (self.low < self.rows - 2) & self.is_border
        walks = itertools.chain.from_iterable(
            self._walks(int(self.left[cell]), int(self.low[cell])) for cell in np.flatnonzero(inner)
        )
        best = max(walks, key=lambda walk: walk[0], default=None)
        if best is None:
            raise BadInputError(
                "no cell here has a walk that crosses borders well apart",
                "Name another place with --lon and --lat.",
                message_zh="此处没有适合展示的边界格",
                hint_zh="请用 --lon 与 --lat 指定其他位置。",
            )
        return best[1]

    def _walks(self, column: int, row: int) -> Iterator[tuple[float, Walk]]:
        """Yield the walks in one cell that can be read, and how good each is."""
        ends = self._segments.ends - [column, row, column, row]
        lines = shapely.linestrings(ends.reshape(-1, 2, 2))
        own = np.flatnonzero(shapely.intersects(lines, shapely.box(0, 0, 1, 1)))
        ends, border = ends[own], shapely.union_all(lines[own])
        owners = [self._owners(int(s)) for s in own]
        covers = shapely.intersects_xy(self.polygons, column + MIDDLE, row + MIDDLE)
        candidates = sorted({*itertools.chain.from_iterable(owners), *np.flatnonzero(covers)})
        if shapely.distance(border, shapely.Point(MIDDLE, MIDDLE)) < _APART:
            return
        cell = shapely.box(column, row, column + 1, row + 1)
        areas = shapely.area(shapely.intersection(self.polygons[candidates], cell))
        steps = np.linspace(0.15, 0.85, _STEPS)
        for x, y in itertools.product(steps.tolist(), repeat=2):
            crossings = tuple(Crossing(px, py, owners[s]) for px, py, s in crossings_of(ends, x, y))
            if not 1 <= len(crossings) <= _MAX_CROSSINGS:
                continue
            hits = [(one.x, one.y) for one in crossings]
            marks = np.array([(x, y), (MIDDLE, y), (MIDDLE, MIDDLE), *hits])
            gaps = [np.hypot(*(a - b)) for a, b in itertools.combinations(marks, 2)]
            corners = np.hypot(*(np.array(hits)[:, None] - ends.reshape(-1, 2)[None]).T)
            room = min(*gaps, corners.min(), shapely.distance(border, shapely.Point(x, y)))
            if room < _APART:
                continue
            both_legs = len({one.x == MIDDLE for one in crossings}) > 1
            walk = Walk(
                *(column, row, x, y, tuple(int(one) for one in candidates)),
                tuple(bool(covers[one]) for one in candidates),
                crossings,
            )
            fitting = len(candidates) == _GRIDS and len(crossings) == _CROSSINGS
            # Best if the walk leads through all the grids, from one to another.
            telling = len({one.owners for one in crossings}) > 1 and walk.inside != walk.centre
            yield float(min(room, *areas)) + 0.3 * both_legs + 0.5 * fitting + 0.5 * telling, walk

    def _owners(self, segment: int) -> tuple[int, ...]:
        first, last = self._segments.owner_first[segment : segment + 2]
        return tuple(self._segments.owner[first:last].tolist())


def crossings_of(ends: Floats, x: float, y: float) -> list[tuple[float, float, int]]:
    """Return where the walk from a point to the middle of a cell crosses segments, in order.

    The rule is that of app.locate.cell_kernels: a segment has its lower end and not its upper
    one, and an end on the centre's meridian counts as west of it.

    Parameters
    ----------
    ends : ndarray of float64, shape (s, 4)
        x, y of the lower and of the upper end of each segment.
    x, y
        The point.

    Returns
    -------
    list of (x, y, segment)
    """
    ax, ay, bx, by = ends.T
    level = np.flatnonzero((y >= ay) & (y < by))
    at = ax[level] + (y - ay[level]) / (by - ay)[level] * (bx - ax)[level]
    hit = (at > x) != (at > MIDDLE)
    along = sorted((abs(px - x), px, int(s)) for px, s in zip(at[hit], level[hit], strict=True))
    astride = np.flatnonzero((ax > MIDDLE) != (bx > MIDDLE))
    at = ay[astride] + (MIDDLE - ax[astride]) / (bx - ax)[astride] * (by - ay)[astride]
    hit = (at > y) != (at > MIDDLE)
    up = sorted((abs(py - y), py, int(s)) for py, s in zip(at[hit], astride[hit], strict=True))
    return [(float(px), y, s) for _, px, s in along] + [(MIDDLE, float(py), s) for _, py, s in up]
