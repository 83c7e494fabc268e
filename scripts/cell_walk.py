"""What scripts.draw_cells shows: blocks and leaves over real grids, and how one leaf answers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import shapely

from app.errors import BadInputError
from app.geo.measure import metres_per_degree
from app.grids import City
from app.locate.cell_store import index_path, open_or_build
from app.locate.cells import BAND, STEP_BITS, CellIndex

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Place = tuple[float, float]

MIDDLE = 0.5
STEPS = 1 << STEP_BITS
# Things in the enlarged leaf are at least this share of its side apart.
_APART = 0.06
# Points tried along each side of a leaf, and the most crossings that can still be read.
_TRIED, _MAX_CROSSINGS = 23, 3
# Best for the eye are three grids and two crossings, one on each leg, and a band so wide, as a
# share of the leaf, that a walk fits into it and a letter beside it.
_GRIDS, _CROSSINGS = 3, 2
_BAND_SHARE = (0.26, 0.6)


@dataclass(frozen=True)
class Leaf:
    """A leaf in the window, as the index has it; lengths in blocks from the window's corner.

    Attributes
    ----------
    number : int
        Its place in the index.
    x, y, size : float
        South-west corner and side.
    above, below : int
        Which grid of the window a place has if the line's number is above 0, and if not; -1 for
        none.
    line : tuple of int
        The factors a, b, c.
    """

    number: int
    x: float
    y: float
    size: float
    above: int
    below: int
    line: tuple[int, int, int]

    @property
    def box(self) -> shapely.Polygon:
        """Its outline."""
        return shapely.box(self.x, self.y, self.x + self.size, self.y + self.size)

    @property
    def is_filled(self) -> bool:
        """Whether one grid, or none, has all of it."""
        return self.line[:2] == (0, 0) and abs(self.line[2]) >= BAND

    @property
    def corner(self) -> Place:
        """The south-west corner of its block."""
        return float(np.floor(self.x)), float(np.floor(self.y))

    def number_at(self, x: float, y: float) -> int:
        """Return the line's number for a place, which is rounded down to steps of the block."""
        (a, b, c), (left, low) = self.line, self.corner
        return a * int((x - left) * STEPS) + b * int((y - low) * STEPS) + c

    def between(self, low: float, high: float) -> shapely.Geometry:
        """Return the part of the leaf in which the line's number is between two."""
        a, b, c = (float(one) for one in self.line)
        if not a and not b:
            return self.box if low <= c <= high else shapely.Polygon()
        # Beyond the leaf, and not so far that the corners of the strip lose precision.
        most = (abs(a) + abs(b)) * STEPS + abs(c)
        length = float(np.hypot(a, b))
        normal = np.array([a, b]) / length
        along = np.array([-b, a]) / length * 4
        near, far = (
            np.array(self.corner) + normal * (min(max(edge, -most), most) - c) / (length * STEPS)
            for edge in (low, high)
        )
        strip = shapely.Polygon([near - along, near + along, far + along, far - along])
        return shapely.intersection(strip, self.box)

    @property
    def band(self) -> shapely.Geometry:
        """The part in which the record decides."""
        return self.between(-BAND, BAND)

    @property
    def sides(self) -> tuple[tuple[int, shapely.Geometry], ...]:
        """The parts in which the sign decides, each with its grid."""
        return (self.above, self.between(BAND, np.inf)), (self.below, self.between(-np.inf, -BAND))

    @property
    def band_share(self) -> float:
        """Width of the band as a share of the leaf's side; 0 if a grid fills it."""
        if self.is_filled:
            return 0.0
        length = float(np.hypot(*self.line[:2]))
        return 2 * BAND / (length * STEPS * self.size) if length else 1.0


@dataclass(frozen=True)
class Crossing:
    """Where a walk crosses a border, in leaves from the leaf's corner, and whom it bounds."""

    x: float
    y: float
    owners: tuple[int, ...]


@dataclass(frozen=True)
class Walk:
    """The walk from a point within the band to the leaf's centre, and a point beyond the band.

    Attributes
    ----------
    leaf : Leaf
        Where.
    x, y : float
        The point, in leaves from the leaf's corner.
    candidates : tuple of int
        Grids of the window, ascending.
    centre : tuple of bool
        Which of them contain the centre.
    crossings : tuple of Crossing
        In the order of the walk.
    sure : (x, y)
        A point that the sign decides.
    """

    leaf: Leaf
    x: float
    y: float
    candidates: tuple[int, ...]
    centre: tuple[bool, ...]
    crossings: tuple[Crossing, ...]
    sure: Place = (MIDDLE, MIDDLE)

    @property
    def inside(self) -> tuple[bool, ...]:
        """Which candidates contain the point, by the walk alone."""
        turns = [sum(row in one.owners for one in self.crossings) for row in self.candidates]
        return tuple(state != bool(n % 2) for state, n in zip(self.centre, turns, strict=True))

    @property
    def route(self) -> shapely.LineString:
        """The two legs, in leaves from the leaf's corner."""
        return shapely.LineString([(self.x, self.y), (MIDDLE, self.y), (MIDDLE, MIDDLE)])

    @property
    def grid(self) -> int:
        """The grid of the point, by the walk; -1 for none."""
        return next(
            (row for row, state in zip(self.candidates, self.inside, strict=True) if state), -1
        )

    def on_window(self, place: Place) -> Place:
        """Return where in the window a place in the leaf is."""
        size = self.leaf.size
        return self.leaf.x + place[0] * size, self.leaf.y + place[1] * size


class Window:
    """The part of a city that is drawn, in blocks of its index from the south-west corner.

    Parameters
    ----------
    city
        The city.
    lon, lat
        Middle of the window, degrees.
    columns, rows
        Its size in blocks.

    Raises
    ------
    BadInputError
        If fewer than two grids lie there.
    """

    def __init__(self, city: City, lon: float, lat: float, columns: int, rows: int) -> None:
        layer, key = city.finest, city.manifest.content_hash
        path = index_path(city.folder, city.levels[-1].id, key)
        self.index = open_or_build(path, layer.geometry, key)
        frame = self.index.frame
        # The middle of the window, in whole blocks: blocks of the window are blocks of the index.
        column = round((lon - frame.west) * frame.per_lon) - columns // 2
        row = round((lat - frame.south) * frame.per_lat) - rows // 2
        self.corner = np.array(
            [frame.west + column / frame.per_lon, frame.south + row / frame.per_lat]
        )
        self.per_degree = np.array([frame.per_lon, frame.per_lat])
        box = shapely.box(-1, -1, columns + 1, rows + 1)
        polygons = np.asarray(shapely.transform(layer.geometry, self.place), dtype=object)
        grids = np.flatnonzero(shapely.intersects(polygons, box))
        fits = 0 <= column <= frame.columns - columns and 0 <= row <= frame.rows - rows
        if len(grids) <= 1 or not fits:
            raise BadInputError(
                f"{len(grids)} grids lie around {lon}, {lat}; a picture needs two",
                "Name a place in the city with --lon and --lat.",
                message_zh=f"{lon}, {lat} 附近只有 {len(grids)} 个网格，作图至少需要两个",
                hint_zh="请用 --lon 与 --lat 指定市内的位置。",
            )
        self.columns, self.rows = columns, rows
        self.block_m = float(metres_per_degree(lat)[1]) / frame.per_lat
        self.codes = [str(layer.codes[one]) for one in grids]
        self.polygons = polygons[grids]
        shapely.prepare(self.polygons)
        self.lines = shapely.intersection(shapely.boundary(self.polygons), box)
        self._local = {int(one): k for k, one in enumerate(grids)} | {-1: -1}
        self.blocks = [
            [self._leaf(number, x, y, column, row) for number in self._numbers(column, row, x, y)]
            for y, x in itertools.product(range(rows), range(columns))
        ]
        self.leaves = list(itertools.chain.from_iterable(self.blocks))

    def place(self, degrees: Floats) -> Floats:
        """Return where in the window places in lon, lat are, shape (…, 2)."""
        return np.asarray((degrees - self.corner) * self.per_degree)

    def _numbers(self, column: int, row: int, x: int, y: int) -> range:
        return self.index.leaves_of(column + x, row + y)

    def _leaf(self, number: int, x: int, y: int, column: int, row: int) -> Leaf:
        numbers = self._numbers(column, row, x, y)
        side = round(len(numbers) ** 0.5)
        rank = number - numbers.start
        above, below = (self._local[int(one)] for one in self.index.leaves[number, :2])
        return Leaf(
            *(number, x + rank % side / side, y + rank // side / side, 1 / side),
            *(above, below, self.index.line(number)),
        )

    @property
    def filled_share(self) -> float:
        """Share of the blocks that one grid fills."""
        return float(np.mean([len(block) == 1 and block[0].is_filled for block in self.blocks]))

    @property
    def sign_share(self) -> float:
        """Share of the window in which the sign answers."""
        area = sum(shapely.area(leaf.band) for leaf in self.leaves if not leaf.is_filled)
        return 1 - float(area) / (self.columns * self.rows)

    @property
    def band_m(self) -> float:
        """Median width of the bands, metres."""
        widths = [leaf.band_share * leaf.size for leaf in self.leaves if not leaf.is_filled]
        return float(np.median(widths)) * self.block_m

    def walk(self, leaf: Leaf, x: float, y: float) -> Walk | None:
        """Walk from a place in a leaf to its centre; None if there is no record to walk by."""
        record = self.index.record(leaf.number)
        if record is None:
            return None
        local = [self._local[row] for row in record.rows]
        found = crossings_of(_in_leaf(self.index, leaf, record.segments), x, y)
        return Walk(
            *(leaf, x, y, tuple(local), record.inside),
            tuple(
                Crossing(px, py, tuple(itertools.compress(local, record.bounds[s].tolist())))
                for px, py, s in found
            ),
        )

    def best_walk(self) -> Walk:
        """Return the walk that shows most: several crossings, well apart.

        Raises
        ------
        BadInputError
            If there is none in the window.
        """
        inner = [
            leaf
            for leaf in self.leaves
            if 1 <= leaf.x < self.columns - 1
            and 1 <= leaf.y < self.rows - 1
            and _BAND_SHARE[0] <= leaf.band_share <= _BAND_SHARE[1]
            and min(leaf.above, leaf.below) >= 0
            and leaf.above != leaf.below
        ]
        walks = itertools.chain.from_iterable(self._walks(leaf) for leaf in inner)
        best = max(walks, key=lambda walk: walk[0], default=None)
        if best is None:
            raise BadInputError(
                "no leaf here has a walk that crosses borders well apart",
                "Name another place with --lon and --lat.",
                message_zh="此处没有适合展示的叶",
                hint_zh="请用 --lon 与 --lat 指定其他位置。",
            )
        return replace(best[1], sure=self._sure(best[1]))

    def _walks(self, leaf: Leaf) -> Iterator[tuple[float, Walk]]:
        """Yield the walks in one leaf that can be read, and how good each is."""
        borders = shapely.union_all(self.lines[shapely.intersects(self.lines, leaf.box)])
        borders = shapely.transform(borders, lambda xy: (xy - [leaf.x, leaf.y]) / leaf.size)
        vertices = shapely.get_coordinates(borders)
        if shapely.distance(borders, shapely.Point(MIDDLE, MIDDLE)) < _APART:
            return
        areas = shapely.area(shapely.intersection(self.polygons, leaf.box)) / leaf.size**2
        tried = np.linspace(0.1, 0.9, _TRIED)
        for x, y in itertools.product(tried.tolist(), repeat=2):
            number = leaf.number_at(leaf.x + x * leaf.size, leaf.y + y * leaf.size)
            walk = self.walk(leaf, x, y) if abs(number) < 0.75 * BAND else None
            if walk is None or not 1 <= len(walk.crossings) <= _MAX_CROSSINGS:
                continue
            hits = [(one.x, one.y) for one in walk.crossings]
            marks = np.array([(x, y), (MIDDLE, y), (MIDDLE, MIDDLE), *hits])
            gaps = [np.hypot(*(a - b)) for a, b in itertools.combinations(marks, 2)]
            corners = np.hypot(*(np.array(hits)[:, None] - vertices[None]).T)
            room = min(*gaps, corners.min(), shapely.distance(borders, shapely.Point(x, y)))
            if room < _APART:
                continue
            both_legs = len({one.x == MIDDLE for one in walk.crossings}) > 1
            fitting = len(walk.candidates) == _GRIDS and len(hits) == _CROSSINGS
            # Best if the walk leads through all the grids, from one to another.
            telling = len({one.owners for one in walk.crossings}) > 1 and walk.inside != walk.centre
            least = float(areas[[*walk.candidates]].min())
            score = min(room, least) + 0.3 * both_legs + 0.5 * fitting + 0.5 * telling
            yield float(score), walk

    def _sure(self, walk: Walk) -> Place:
        """Return the point beyond the band with most room around it."""
        leaf = walk.leaf
        best, most = (MIDDLE, MIDDLE), 0.0
        for _, side in leaf.sides:
            part = shapely.transform(side, lambda xy: (xy - [leaf.x, leaf.y]) / leaf.size)
            part = part.difference(walk.route.buffer(0.1))
            if part.is_empty:
                continue
            circle = shapely.maximum_inscribed_circle(part)
            if circle.length > most:
                (x, y), _ = shapely.get_coordinates(circle)
                best, most = (float(x), float(y)), float(circle.length)
        return best


def _in_leaf(index: CellIndex, leaf: Leaf, segments: Floats) -> Floats:
    """Return a record's segments in leaves instead of degrees; still from the centre."""
    wide, high = np.array([index.frame.per_lon, index.frame.per_lat]) / leaf.size
    return np.asarray(segments * [high, high, wide, wide / high, high])


def crossings_of(segments: Floats, x: float, y: float) -> list[tuple[float, float, int]]:
    """Return where the walk from a point to the middle of a leaf crosses segments, in order.

    The rule is that of app.locate.cell_kernels: a segment has its lower end and not its upper
    one, and an end on the centre's meridian counts as west of it.

    Parameters
    ----------
    segments : ndarray of float64, shape (s, 5)
        As in `Record`, in leaves from the centre.
    x, y
        The point, in leaves from the leaf's corner.

    Returns
    -------
    list of (x, y, segment)
        In leaves from the leaf's corner.
    """
    low, high, at_low, slope, up = segments.T
    dx, dy = x - MIDDLE, y - MIDDLE
    level = np.flatnonzero((dy >= low) & (dy < high))
    at = at_low[level] + (dy - low[level]) * slope[level]
    hit = (at > dx) != (at > 0)
    first = sorted((abs(px - dx), px, int(s)) for px, s in zip(at[hit], level[hit], strict=True))
    astride = np.flatnonzero((up > dy) != (up > 0))
    then = sorted((abs(up[s] - dy), float(up[s]), int(s)) for s in astride)
    return [(float(px) + MIDDLE, y, s) for _, px, s in first] + [
        (MIDDLE, py + MIDDLE, s) for _, py, s in then
    ]
