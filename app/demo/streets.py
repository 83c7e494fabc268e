"""Streets of the seat and of the towns: lattices that follow the river or the main road."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy import ndimage, sparse
from scipy.sparse import csgraph

from app.demo.noise import noise_curve, normals, resample
from app.demo.roads import Road
from app.demo.water import River

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
# How far apart the yards of the seat and of the towns are, where grids are not smaller than that.
_SEAT_YARD_M = 50.0
_TOWN_YARD_M = 55.0
# Distances of parallel streets in towns, for a seat whose streets are 215 m apart.
_TOWN_BLOCK_M = (150.0, 200.0)
_USUAL_SEAT_BLOCK_M = 215.0


@dataclass(frozen=True, slots=True)
class Quarter:
    """A built-up area with its streets.

    Attributes
    ----------
    area : Polygon
        The built-up area in metres.
    streets : tuple of ndarray, shape (2, 2)
        Street pieces between neighbouring crossings.
    blocks : ndarray of float64, shape (b, 4, 2)
        Corners of the blocks between crossings, whether or not a street runs on every side.
    yard_m : float
        About how far apart the yards are.
    yards : ndarray of float64, shape (y, 2)
        Points in rows and columns inside the blocks: cells around them look like yards.
    yard_block : ndarray of int64, shape (y,)
        Row of `blocks` in which each yard lies.
    """

    area: shapely.Polygon
    streets: tuple[Floats, ...]
    blocks: Floats
    yard_m: float
    yards: Floats
    yard_block: Ints


def blob(
    rng: np.random.Generator, centre: Floats, radius_m: float, rough: float
) -> shapely.Polygon:
    """Return a rounded, irregular area around a centre."""
    n = 180
    ring = noise_curve(rng, 3 * n, n / 3.0)[n : 2 * n]
    fade = np.linspace(0.0, 1.0, n)
    ring = ring + fade * (ring[0] - ring[-1])
    radius = radius_m * np.exp(rough * (ring - ring.mean()))
    angle = np.linspace(0.0, 2 * np.pi, n, endpoint=False)
    xy = centre + radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return shapely.make_valid(shapely.Polygon(xy))


def seat_quarter(
    rng: np.random.Generator,
    centre: Floats,
    radius_m: float,
    block_m: float,
    rivers: list[River],
    keep_off: shapely.Geometry,
) -> Quarter:
    """Return the streets of the seat: along and across the river, with bridges and gaps.

    Parameters
    ----------
    rng
        Where the randomness comes from.
    centre, radius_m
        Middle and mean radius of the built-up area, metres.
    block_m
        Mean distance of parallel streets.
    rivers
        The main river first.
    keep_off
        Where no street may go (reservoirs, land outside the county).
    """
    axis = _axis(rivers[0].path, centre, radius_m)
    area = shapely.difference(blob(rng, centre, radius_m, 0.16), keep_off)
    area = max(shapely.get_parts(area), key=lambda part: part.area)
    along = _ticks(rng, -1.5 * radius_m, 1.5 * radius_m, block_m)
    bank = 150.0
    across = np.concatenate(
        [
            -_ticks(rng, bank, 1.4 * radius_m, block_m)[::-1],
            _ticks(rng, bank, 1.4 * radius_m, block_m),
        ]
    )
    lattice = _Lattice(rng, axis, along, across)
    bridges = _bridges(rng, along, radius_m)
    streets = lattice.streets(rng, radius_m, bridges)
    water = shapely.union_all([river.water for river in rivers]).buffer(12.0)
    tributaries = shapely.union_all([river.water for river in rivers[1:]]).buffer(12.0)
    cut = _cut(streets, bridges, area, water, tributaries)
    return _quarter(rng, area, cut, lattice, _SEAT_YARD_M)


def town_quarter(
    rng: np.random.Generator,
    centre: Floats,
    radius_m: float,
    heading: float,
    seat_block_m: float,
    keep_off: shapely.Geometry,
) -> Quarter:
    """Return the few streets of a town, turned along its main road.

    Parameters
    ----------
    rng
        Where the randomness comes from.
    centre, radius_m
        Middle and mean radius of the built-up area, metres.
    heading
        Direction of the main road in radians.
    seat_block_m
        Mean distance of parallel streets in the seat; those of towns are a little closer.
    keep_off
        Where no street may go (water, the seat, land outside the county).
    """
    area = shapely.difference(blob(rng, centre, radius_m, 0.20), keep_off)
    area = max(shapely.get_parts(area), key=lambda part: part.area)
    way = np.array([np.cos(heading), np.sin(heading)])
    steps = np.arange(-1.6 * radius_m, 1.6 * radius_m, 20.0)[:, None]
    bow = normals(steps * way) * (14.0 * noise_curve(rng, len(steps), 40.0))[:, None]
    axis = _Axis(centre + steps * way + bow, centre)
    block = rng.uniform(*_TOWN_BLOCK_M) * (seat_block_m / _USUAL_SEAT_BLOCK_M)
    ticks = [_ticks(rng, -1.3 * radius_m, 1.3 * radius_m, block) for _ in range(2)]
    lattice = _Lattice(rng, axis, *ticks)
    streets = lattice.streets(rng, radius_m, np.zeros(0))
    empty = shapely.Polygon()
    cut = _cut(streets, np.zeros(0), area, empty, empty)
    return _quarter(rng, area, cut, lattice, _TOWN_YARD_M)


def _quarter(
    rng: np.random.Generator,
    area: shapely.Polygon,
    streets: tuple[Floats, ...],
    lattice: _Lattice,
    yard_m: float,
) -> Quarter:
    blocks = lattice.blocks(area)
    return Quarter(area, streets, blocks, yard_m, *rows_of_yards(rng, blocks, yard_m))


def rows_of_yards(
    rng: np.random.Generator, blocks: Floats, yard_m: float | Floats
) -> tuple[Floats, Ints]:
    """Return points in rows and columns inside blocks.

    Parameters
    ----------
    rng
        Where the randomness comes from.
    blocks
        Corners, metres, shape (b, 4, 2).
    yard_m
        About how far apart the points are to be, metres; one number or one per block.

    Returns
    -------
    points : ndarray of float64, shape (y, 2)
    block : ndarray of int64, shape (y,)
        Row of `blocks` of each point.
    """
    yards = [np.zeros((0, 2))]
    for (a, b, c, d), apart in zip(blocks, np.broadcast_to(yard_m, len(blocks)), strict=True):
        nu = max(round(float(np.hypot(*(b - a))) / apart), 1)
        nv = max(round(float(np.hypot(*(d - a))) / apart), 1)
        s, t = np.meshgrid((np.arange(nu) + 0.5) / nu, (np.arange(nv) + 0.5) / nv)
        s, t = s.ravel()[:, None], t.ravel()[:, None]
        xy = (1 - s) * (1 - t) * a + s * (1 - t) * b + s * t * c + (1 - s) * t * d
        yards.append(xy + rng.normal(0.0, 0.02 * apart, xy.shape))
    block = np.repeat(np.arange(len(blocks)), [len(xy) for xy in yards[1:]])
    return np.concatenate(yards), block.astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Piece:
    """One street between two crossings; `cross` is the index of a street across the axis."""

    path: Floats
    u: float
    crosses_axis: bool


class _Axis:
    """Coordinates along (u) and across (v, to the left) a gently bent line."""

    def __init__(self, path: Floats, origin: Floats) -> None:
        self.path = path
        self.normal = normals(path)
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
        start = int(np.argmin(((path - origin) ** 2).sum(axis=1)))
        self.along = along - along[start]

    def place(self, u: Floats, v: Floats) -> Floats:
        base = np.column_stack([np.interp(u, self.along, self.path[:, k]) for k in (0, 1)])
        side = np.column_stack([np.interp(u, self.along, self.normal[:, k]) for k in (0, 1)])
        side /= np.maximum(np.hypot(side[:, 0], side[:, 1]), 1e-9)[:, None]
        placed: Floats = base + side * v[:, None]
        return placed


def _axis(path: Floats, centre: Floats, radius_m: float) -> _Axis:
    path = resample(path, 25.0)
    near = np.hypot(*(path - centre).T) < 2.2 * radius_m
    first, last = np.flatnonzero(near)[[0, -1]]
    bent = path[first : last + 1]
    smooth = ndimage.gaussian_filter1d(bent, 700.0 / 25.0, axis=0, mode="nearest")
    return _Axis(resample(smooth, 25.0), centre)


def _ticks(rng: np.random.Generator, start: float, stop: float, step: float) -> Floats:
    n = max(int(np.ceil((stop - start) / step)), 1)
    return start + np.concatenate([[0.0], np.cumsum(rng.uniform(0.8, 1.2, n) * step)])


def _bridges(rng: np.random.Generator, along: Floats, radius_m: float) -> Floats:
    """Return the u of the streets that cross the river: one in about 900 m."""
    near = np.flatnonzero(np.abs(along) < 0.9 * radius_m)
    return along[near[int(rng.integers(0, 3)) :: 4]]


class _Lattice:
    """Crossings of a warped lattice, kept by index."""

    def __init__(
        self, rng: np.random.Generator, axis: _Axis, along: Floats, across: Floats
    ) -> None:
        u, v = np.meshgrid(along, across, indexing="ij")
        drift = 26.0
        # Rows and columns sway as wholes, crossings only a little: streets stay streets.
        u = u + drift * np.stack([noise_curve(rng, len(across), 9.0) for _ in along])
        v = v + drift * np.stack([noise_curve(rng, len(along), 9.0) for _ in across], axis=1)
        self.along, self.across = along, across
        self.xy = axis.place(u.ravel(), v.ravel()).reshape(*u.shape, 2)

    def blocks(self, area: shapely.Polygon) -> Floats:
        """Return the corners of the blocks inside `area`, shape (b, 4, 2)."""
        corners = np.stack(
            [self.xy[:-1, :-1], self.xy[1:, :-1], self.xy[1:, 1:], self.xy[:-1, 1:]], axis=2
        ).reshape(-1, 4, 2)
        inside: Floats = corners[shapely.contains(area, shapely.polygons(corners))]
        return inside

    def streets(self, rng: np.random.Generator, radius_m: float, bridges: Floats) -> list[_Piece]:
        """Return the pieces between neighbouring crossings, some left out."""
        pieces = []
        nu, nv = len(self.along), len(self.across)
        middle = self.xy[nu // 2, nv // 2]
        for i in range(nu):
            for j in range(nv):
                for di, dj in ((1, 0), (0, 1)):
                    if i + di >= nu or j + dj >= nv:
                        continue
                    path = np.stack([self.xy[i, j], self.xy[i + di, j + dj]])
                    far = np.hypot(*(path.mean(axis=0) - middle)) / radius_m
                    spans = dj == 1 and self.across[j] < 0.0 < self.across[j + 1]
                    trunk = (di == 1 and j % 3 == 0) or (dj == 1 and self.along[i] in bridges)
                    drop = 0.03 if trunk else 0.07 + 0.16 * far
                    if rng.random() < drop and not spans:
                        continue
                    pieces.append(_Piece(path, float(self.along[i]), spans))
        return pieces


def _cut(
    pieces: list[_Piece],
    bridges: Floats,
    area: shapely.Polygon,
    water: shapely.Geometry,
    tributaries: shapely.Geometry,
) -> tuple[Floats, ...]:
    """Keep the pieces inside the area and on dry land, and those that are bridges."""
    kept: list[Floats] = []
    for piece in pieces:
        line = shapely.LineString(piece.path)
        if not area.contains(line):
            continue
        if piece.crosses_axis and len(bridges):
            if np.abs(bridges - piece.u).min() > 1.0:
                continue
            if tributaries.intersects(line):
                continue
        elif water.intersects(line) and (not tributaries.intersects(line) or len(kept) % 3):
            continue
        kept.append(piece.path)
    return tuple(kept)


def through_streets(roads: list[Road], quarter: Quarter) -> list[bool]:
    """Return which street pieces of a quarter carry a main road through to its middle."""
    ends = np.round(np.concatenate(quarter.streets), 3)
    nodes, number = np.unique(ends, axis=0, return_inverse=True)
    pairs = number.reshape(-1, 2)
    index = {(x, y): k for k, (x, y) in enumerate(nodes.tolist())}
    entries = set()
    for road in roads:
        if road.kind == "main":
            for tip in np.round(road.path[[0, -1]], 3).tolist():
                entries |= {index[tuple(tip)]} if tuple(tip) in index else set()
    if not entries:
        return [False] * len(pairs)
    middle = np.array(quarter.area.centroid.coords[0])
    length = np.hypot(*(nodes[pairs[:, 0]] - nodes[pairs[:, 1]]).T)
    graph = sparse.csr_matrix((length, pairs.T), shape=(len(nodes), len(nodes)))
    # The middle must be reachable: take the crossing nearest to it in the entries' component.
    _, group = csgraph.connected_components(graph, directed=False)
    own = np.flatnonzero(group == np.bincount(group[sorted(entries)]).argmax())
    hub = own[int(np.argmin(((nodes[own] - middle) ** 2).sum(axis=1)))]
    _, before = csgraph.dijkstra(graph, directed=False, indices=hub, return_predecessors=True)
    chosen = set()
    for entry in sorted(entries):
        at = entry
        while before[at] >= 0:
            chosen.add((min(at, int(before[at])), max(at, int(before[at]))))
            at = int(before[at])
    return [(int(min(a, b)), int(max(a, b))) in chosen for a, b in pairs]


def join_streets(pieces: list[Floats]) -> list[Floats]:
    """Return streets as long as they run on: pieces merged where just two of them meet."""
    if not pieces:
        return []
    merged = shapely.line_merge(shapely.union_all([shapely.LineString(p) for p in pieces]))
    return [np.asarray(part.coords) for part in shapely.get_parts(merged)]


def meet_quarters(roads: list[Road], quarters: list[Quarter]) -> list[Road]:
    """End country roads at built-up areas: the last stretch leads to the nearest crossing."""
    shapely.prepare([quarter.area for quarter in quarters])
    boxes = [quarter.area.bounds for quarter in quarters]
    met: list[Road] = []
    for road in roads:
        if road.kind == "motorway":
            met.append(road)
            continue
        pieces = [road.path]
        for quarter, box in zip(quarters, boxes, strict=True):
            pieces = [cut for piece in pieces for cut in _end_at(piece, quarter, box)]
        met += [Road(road.name, road.kind, piece) for piece in pieces]
    return met


def _end_at(path: Floats, quarter: Quarter, box: tuple[float, ...]) -> list[Floats]:
    if (path.min(axis=0) > box[2:]).any() or (path.max(axis=0) < box[:2]).any():
        return [path]
    line = shapely.LineString(path)
    if not quarter.area.intersects(line) or not quarter.streets:
        return [path]
    crossings = np.unique(np.concatenate([np.round(s, 3) for s in quarter.streets]), axis=0)
    pieces = []
    for part in shapely.get_parts(shapely.difference(line, quarter.area.buffer(25.0))):
        if part.length < 40.0:  # noqa: PLR2004 - a stub is no road
            continue
        xy = np.asarray(part.coords)
        if not np.allclose(xy[0], path[0]):
            xy = np.concatenate([_nearest(crossings, xy[0])[None], xy])
        if not np.allclose(xy[-1], path[-1]):
            xy = np.concatenate([xy, _nearest(crossings, xy[-1])[None]])
        pieces.append(xy)
    return pieces


def _nearest(points: Floats, xy: Floats) -> Floats:
    found: Floats = points[int(np.argmin(((points - xy) ** 2).sum(axis=1)))]
    return found
