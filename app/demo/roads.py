"""Country roads: least-cost paths over a made-up terrain, so that they wind, meet and share."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import Delaunay, cKDTree

from app.demo.noise import Field, catmull_rom, empty_field, noise_curve, normals, smooth_path
from app.demo.places import Towns
from app.demo.sources import to_metric
from app.demo.water import Reservoir, River

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Control points in degrees (WGS-84): approximate courses, named as sketches.
_MOTORWAYS: tuple[tuple[str, tuple[tuple[float, float], ...]], ...] = (
    (
        "成渝高速（示意）",
        (
            (104.285, 30.520),
            (104.352, 30.484),
            (104.405, 30.462),
            (104.446, 30.440),
            (104.492, 30.404),
            (104.513, 30.372),
            (104.538, 30.335),
            (104.549, 30.296),
            (104.566, 30.262),
            (104.590, 30.214),
        ),
    ),
    (
        "成安渝高速（示意）",
        (
            (104.380, 30.590),
            (104.448, 30.545),
            (104.500, 30.508),
            (104.562, 30.476),
            (104.622, 30.440),
            (104.694, 30.420),
            (104.765, 30.404),
            (104.836, 30.410),
            (104.902, 30.396),
        ),
    ),
    (
        "绕城高速（示意）",
        (
            (104.470, 30.640),
            (104.487, 30.572),
            (104.463, 30.510),
            (104.436, 30.440),
            (104.428, 30.372),
            (104.412, 30.306),
            (104.396, 30.242),
            (104.372, 30.180),
            (104.352, 30.120),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Road:
    """A road: name, kind (motorway, main, local, street) and course in metres."""

    name: str
    kind: str
    path: Floats


def draw_motorways(rng: np.random.Generator, outline: shapely.Polygon) -> list[Road]:
    """Return the motorways, cut at the county border."""
    roads = []
    for name, control in _MOTORWAYS:
        path = catmull_rom(to_metric(np.array(control)), 40.0)
        path = path + normals(path) * (140.0 * noise_curve(rng, len(path), 90.0))[:, None]
        line = shapely.LineString(smooth_path(path, 40.0, 260.0)).simplify(1.5)
        roads += [
            Road(name, "motorway", np.asarray(part.coords))
            for part in shapely.get_parts(shapely.intersection(line, outline))
            if part.length > 500.0  # noqa: PLR2004 - no stubs along the border
        ]
    return roads


class Terrain:
    """Raster on which roads find their way."""

    def __init__(
        self,
        rng: np.random.Generator,
        outline: shapely.Polygon,
        hills: Field,
        rivers: list[River],
        lakes: list[Reservoir],
        cell_m: float,
    ) -> None:
        grid = empty_field(outline.bounds, cell_m)
        self.shape = grid.values.shape
        centres = grid.centres()
        self.xy: Floats = centres + rng.uniform(-0.3, 0.3, centres.shape) * cell_m
        cost = np.exp(0.55 * hills.sample(self.xy))
        x, y = self.xy.T
        for lake in lakes:
            cost[shapely.contains_xy(lake.water.buffer(cell_m * 0.45), x, y)] = 400.0
        for river, toll in zip(rivers, (14.0, *[3.0] * len(rivers)), strict=False):
            near = shapely.contains_xy(shapely.LineString(river.path).buffer(cell_m * 0.6), x, y)
            cost[near] *= toll
        cost[~shapely.contains_xy(outline.buffer(-cell_m), x, y)] = 900.0
        self.cost: Floats = cost
        self._rows, self._cols, self._length = self._moves()

    def _moves(self) -> tuple[Ints, Ints, Floats]:
        """Return moves to the eight neighbours and the eight knight's moves, one way each."""
        ny, nx = self.shape
        index = np.arange(ny * nx).reshape(ny, nx)
        rows, cols = [], []
        for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (2, 1), (1, -2), (2, -1)):
            left, right = max(-dx, 0), nx - max(dx, 0)
            rows.append(index[: ny - dy, left:right].ravel())
            cols.append(index[dy:, left + dx : right + dx].ravel())
        a, b = np.concatenate(rows), np.concatenate(cols)
        return a, b, np.hypot(*(self.xy[a] - self.xy[b]).T)

    def graph(self) -> sparse.csr_matrix:
        """Return the cost of every move, there and back, with the present cost of the cells."""
        weight = self._length * 0.5 * (self.cost[self._rows] + self.cost[self._cols])
        n = len(self.xy)
        # Both ways: an undirected search would turn the matrix round at every call.
        ways = sparse.csr_matrix((weight, (self._rows, self._cols)), shape=(n, n))
        return (ways + ways.T).tocsr()

    def nearest(self, xy: Floats) -> Ints:
        """Return the cell nearest to each point."""
        return np.asarray(cKDTree(self.xy).query(xy)[1], dtype=np.int64)


def route_country_roads(
    rng: np.random.Generator, terrain: Terrain, towns: Towns, sites: Floats
) -> list[tuple[str, list[int]]]:
    """Return chains of raster cells, each with its kind (main or local).

    Towns are linked along the Gabriel graph, each path making the next one cheaper where they can
    share; then every village is linked to what there is, all at once; then some villages to their
    neighbours.
    """
    homes = terrain.nearest(towns.centre)
    used: dict[tuple[int, int], str] = {}
    limit = terrain.cost.copy()
    for a, b in _gabriel(towns.centre):
        _, before = csgraph.dijkstra(terrain.graph(), indices=homes[a], return_predecessors=True)
        path = _trace(before, int(homes[b]))
        for one, two in pairwise(path):
            used[min(one, two), max(one, two)] = "main"
        terrain.cost[path] = np.minimum(terrain.cost[path], 0.42 * limit[path])
    known = sorted({cell for move in used for cell in move})
    _, before, _ = csgraph.dijkstra(
        terrain.graph(), indices=known, return_predecessors=True, min_only=True
    )
    for cell in terrain.nearest(sites):
        path = _trace(before, int(cell))
        for one, two in pairwise(path):
            used.setdefault((min(one, two), max(one, two)), "local")
    cells = np.array(sorted({cell for move in used for cell in move}))
    terrain.cost[cells] = np.minimum(terrain.cost[cells], 0.5 * limit[cells])
    graph = terrain.graph()
    homes = terrain.nearest(sites)
    for a, b in _gabriel(sites):
        if rng.random() > 0.7 or homes[a] == homes[b]:  # noqa: PLR2004 - not every pair has a road
            continue
        far = 2.6 * float(np.hypot(*(sites[a] - sites[b])))
        _, before = csgraph.dijkstra(graph, indices=homes[a], return_predecessors=True, limit=far)
        path = _trace(before, int(homes[b]))
        for one, two in pairwise(path):
            used.setdefault((min(one, two), max(one, two)), "local")
    return _chains(used)


def _gabriel(points: Floats) -> list[tuple[int, int]]:
    """Return the edges of the Gabriel graph, shortest first."""
    triangles = Delaunay(points).simplices
    edges = {
        tuple(sorted((int(t[i]), int(t[j]))))
        for t in triangles
        for i, j in ((0, 1), (1, 2), (0, 2))
    }
    kept = []
    for a, b in sorted(edges):
        middle = (points[a] + points[b]) / 2.0
        radius2 = ((points[a] - points[b]) ** 2).sum() / 4.0
        gap2 = ((points - middle) ** 2).sum(axis=1)
        gap2[[a, b]] = np.inf
        if gap2.min() > radius2 * 0.92:
            kept.append((float(radius2), int(a), int(b)))
    return [(a, b) for _, a, b in sorted(kept)]


def _trace(before: Ints, end: int) -> list[int]:
    path = [end]
    while before[path[-1]] >= 0:
        path.append(int(before[path[-1]]))
    return path[::-1]


def _chains(used: dict[tuple[int, int], str]) -> list[tuple[str, list[int]]]:
    """Cut the used moves into chains between junctions; a change of kind is a junction."""
    links: dict[int, list[int]] = {}
    for one, two in sorted(used):
        links.setdefault(one, []).append(two)
        links.setdefault(two, []).append(one)

    def kind(one: int, two: int) -> str:
        return used[min(one, two), max(one, two)]

    def passes(cell: int) -> bool:
        ways = links[cell]
        return len(ways) == 2 and kind(cell, ways[0]) == kind(cell, ways[1])  # noqa: PLR2004

    done: set[tuple[int, int]] = set()
    chains = []
    for start in sorted(links):
        if passes(start):
            continue
        for step in links[start]:
            if (min(start, step), max(start, step)) in done:
                continue
            chain = [start, step]
            done.add((min(start, step), max(start, step)))
            while passes(chain[-1]):
                ahead = next(c for c in links[chain[-1]] if c != chain[-2])
                done.add((min(chain[-1], ahead), max(chain[-1], ahead)))
                chain.append(ahead)
            chains.append((kind(start, step), chain))
    return chains


def smooth_roads(terrain: Terrain, chains: list[tuple[str, list[int]]]) -> list[Road]:
    """Return chains of cells as winding roads whose ends stay where they meet."""
    roads = []
    count = {"main": 0, "local": 0}
    for kind, chain in chains:
        count[kind] += 1
        sigma = 170.0 if kind == "main" else 120.0
        path = smooth_path(terrain.xy[chain], 25.0, sigma)
        line = shapely.simplify(shapely.LineString(path), 1.5)
        label = "干道" if kind == "main" else "村道"
        roads.append(Road(f"{label}{count[kind]}（示意）", kind, np.asarray(line.coords)))
    return roads
