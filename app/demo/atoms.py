"""Atoms: the smallest cells, never shown, out of which every grid is put together.

A Voronoi diagram whose cells are small where many people live is cut along rivers, roads, streets
and shores, so that a border between two atoms can run exactly along such a line.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely
from scipy import ndimage, sparse
from scipy.sparse import csgraph
from scipy.spatial import Voronoi

from app.demo.land import Land
from app.demo.noise import Field
from app.demo.sizes import DemoSizes
from app.demo.streets import Quarter, rows_of_yards
from app.errors import CityError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# Everything is noded on a lattice of a centimetre.
LATTICE_M = 0.01
FREE = 0
# Out of fewer yards no micro-grid of a decent shape can be put together.
_YARDS_PER_MICRO = 10.0
# How many segments are made into shapes at once: it bounds the memory of large cities.
_AT_ONCE = 1_000_000
# No atom is wider.
_WIDEST_M = 3000.0
# What a piece of border runs along, by class number; the rank decides where lines share a course.
LINE_KINDS = ("free", "local", "street", "main", "stream", "shore", "motorway", "river", "outline")
# Weight of a metre of border along such a line, against 1 in open land: low attracts borders (a
# shore repels them, so that a reservoir mostly lies well inside one grid).
BORDER_WEIGHT = np.array([1.0, 0.40, 0.20, 0.20, 0.32, 1.30, 0.24, 0.10, 1.0])
# How much harder it is to grow across such a line.
BARRIER = np.array([1.0, 2.0, 2.5, 4.0, 2.5, 3.0, 4.0, 8.0, 1.0])


@dataclass(frozen=True, slots=True)
class Atoms:
    """The planar graph of atoms.

    Attributes
    ----------
    xy : ndarray of float64, shape (n, 2)
        Centroids in metres.
    area_m2, people, spacing_m : ndarray of float64, shape (n,)
        Area; people in relative units (mean 1 per atom of the city); local size of an atom.
    nodes : ndarray of float64, shape (v, 2)
        Corners in metres.
    edge_nodes : ndarray of int64, shape (e, 2)
        Ends of every piece of border between atoms (or on the outline).
    edge_atoms : ndarray of int64, shape (e, 2)
        Atoms left and right; -1 is outside the county.
    edge_kind : ndarray of int64, shape (e,)
        Index into `LINE_KINDS`.
    edge_wet, edge_town : ndarray of bool, shape (e,)
        Whether the piece lies in water, and whether in a built-up block.
    """

    xy: Floats
    area_m2: Floats
    people: Floats
    spacing_m: Floats
    nodes: Floats
    edge_nodes: Ints
    edge_atoms: Ints
    edge_kind: Ints
    edge_wet: Bools
    edge_town: Bools


def make_atoms(land: Land, sizes: DemoSizes) -> Atoms:
    """Scatter points, cut their Voronoi cells along the lines of the land, merge scraps."""
    rng = np.random.default_rng((sizes.seed, 1))
    density = _density(land, sizes)
    points = _with_yards(_scatter(rng, density, land.sources.outline), density, land, sizes)
    lines, kinds = _lines(land)
    segments = _node(points, lines, land.sources.outline)
    if sizes.meet_exactly:
        segments = np.round(segments / LATTICE_M) / round(1.0 / LATTICE_M)
    faces = faces_between(segments, land.sources.outline)
    nodes, edge_nodes, edge_faces = _face_graph(faces)
    middle = (nodes[edge_nodes[:, 0]] + nodes[edge_nodes[:, 1]]) / 2.0
    edge_kind = _kinds_at(middle, lines, kinds)
    length = np.hypot(*(nodes[edge_nodes[:, 0]] - nodes[edge_nodes[:, 1]]).T)
    owner = _merge_scraps(faces, edge_faces, edge_kind, length, density, land)
    return _atoms(faces, owner, nodes, edge_nodes, edge_faces, edge_kind, density, land)


def inside_mask(land: Land, xy: Floats) -> Bools:
    """Return roughly which points lie in towns that the city manages."""
    reach = np.sqrt(land.towns.area_km2 * 1e6)
    best = np.full(len(xy), np.inf)
    owner = np.zeros(len(xy), dtype=np.int64)
    for town, (centre, size) in enumerate(zip(land.towns.centre, reach, strict=True)):
        gap = np.hypot(xy[:, 0] - centre[0], xy[:, 1] - centre[1]) / size
        owner[gap < best] = town
        best = np.minimum(best, gap)
    return np.asarray(land.towns.inside[owner])


def _density(land: Land, sizes: DemoSizes) -> Field:
    """Return atoms per square metre, coarser where the city does not rule."""
    field = land.people
    cells = field.centres()
    inside = inside_mask(land, cells).reshape(field.values.shape)
    within = shapely.contains_xy(land.sources.outline, cells[:, 0], cells[:, 1])
    total = field.values[inside & within.reshape(inside.shape)].sum() * field.cell_m**2
    scale = sizes.micro * sizes.atoms_per_micro / total
    near = ndimage.gaussian_filter(inside.astype(np.float64), 1500.0 / field.cell_m)
    coarse = 0.12 + 0.88 * np.clip(near * 6.0, 0.0, 1.0)
    return Field(field.x0, field.y0, field.cell_m, field.values * scale * coarse)


def _scatter(rng: np.random.Generator, density: Field, outline: shapely.Polygon) -> Floats:
    """Return points of the given density, evenly spread (low discrepancy, then Lloyd)."""
    cells = density.centres()
    rim = outline.buffer(3.0 / np.sqrt(density.values.mean()))
    shapely.prepare(rim)
    use = np.flatnonzero(shapely.contains_xy(rim, cells[:, 0], cells[:, 1]))
    nx = density.values.shape[1]
    use = use[np.argsort(morton(use % nx, use // nx), kind="stable")]
    mass = np.cumsum(density.values.ravel()[use]) * density.cell_m**2
    at = np.searchsorted(mass, np.arange(rng.random(), mass[-1], 1.0))
    points = cells[use[at]] + rng.uniform(-0.5, 0.5, (len(at), 2)) * density.cell_m
    for _ in range(3):
        points = _relax(points, rim)
    return points


def _with_yards(points: Floats, density: Field, land: Land, sizes: DemoSizes) -> Floats:
    """Return the points with those inside street blocks replaced by rows of yards."""
    rng = np.random.default_rng((sizes.seed, 5))
    blocks = shapely.polygons(np.concatenate([q.blocks for q in land.quarters if len(q.blocks)]))
    taken = shapely.STRtree(blocks).query(shapely.points(points), predicate="intersects")[0]
    free = np.ones(len(points), dtype=bool)
    free[taken] = False
    yards = [_yards(rng, quarter, density, sizes) for quarter in land.quarters]
    return np.concatenate([points[free], *yards])


def _yards(rng: np.random.Generator, quarter: Quarter, density: Field, sizes: DemoSizes) -> Floats:
    """Return the yards of a quarter, closer together in blocks of many small micro-grids."""
    middle = quarter.blocks.mean(axis=1)
    per_micro = min(sizes.atoms_per_micro, _YARDS_PER_MICRO)
    wanted_m = np.sqrt(sizes.atoms_per_micro / (density.sample(middle) * per_micro))
    close = wanted_m < quarter.yard_m
    if not close.any():
        return quarter.yards
    more, _ = rows_of_yards(rng, quarter.blocks[close], wanted_m[close])
    return np.concatenate([quarter.yards[~close[quarter.yard_block]], more])


def morton(cols: Ints, rows: Ints) -> Ints:
    """Return the Z-order of cells: neighbours in it are mostly neighbours on the ground."""
    key = np.zeros(len(cols), dtype=np.int64)
    for bit in range(20):
        key |= ((cols >> bit) & 1) << (2 * bit)
        key |= ((rows >> bit) & 1) << (2 * bit + 1)
    return key


def _relax(points: Floats, rim: shapely.Polygon) -> Floats:
    """Move points to about the middle of their Voronoi cells."""
    diagram = Voronoi(points)
    ends = np.asarray(diagram.ridge_vertices)
    whole = (ends >= 0).all(axis=1)
    a, b = diagram.vertices[ends[whole, 0]], diagram.vertices[ends[whole, 1]]
    weight = np.hypot(*(a - b).T)
    pairs = diagram.ridge_points[whole]
    open_cells = np.zeros(len(points), dtype=bool)
    open_cells[diagram.ridge_points[~whole].ravel()] = True
    total = np.zeros(len(points))
    middle = np.zeros_like(points)
    for side in (0, 1):
        total += np.bincount(pairs[:, side], weight, len(points))
        for k in (0, 1):
            middle[:, k] += np.bincount(
                pairs[:, side], weight * (a[:, k] + b[:, k]) / 2.0, len(points)
            )
    moved = middle / np.maximum(total, 1e-9)[:, None]
    stay = open_cells | ~shapely.contains_xy(rim, moved[:, 0], moved[:, 1])
    return np.where(stay[:, None], points, moved)


def _lines(land: Land) -> tuple[list[shapely.LineString], Ints]:
    """Return every line that borders may follow, with its kind."""
    lines: list[shapely.LineString] = []
    kinds: list[int] = []

    def add(paths: list[Floats], kind: str) -> None:
        for path in paths:
            rounded = np.round(path / LATTICE_M) * LATTICE_M
            if len(np.unique(rounded, axis=0)) > 1:
                lines.append(shapely.LineString(rounded))
                kinds.append(LINE_KINDS.index(kind))

    for index, river in enumerate(land.rivers):
        path = np.asarray(shapely.LineString(river.path).simplify(1.0).coords)
        add([path], "river" if index == 0 else "stream")
    for lake in land.reservoirs:
        add([np.asarray(lake.water.exterior.coords)], "shore")
    for kind in ("motorway", "main", "local", "street"):
        add([road.path for road in land.roads if road.kind == kind], kind)
    add([np.asarray(land.sources.outline.exterior.coords)], "outline")
    return lines, np.array(kinds, dtype=np.int64)


def _node(points: Floats, lines: list[shapely.LineString], outline: shapely.Polygon) -> Floats:
    """Return all borders of cells and all lines, cut wherever they meet, shape (m, 2, 2)."""
    diagram = Voronoi(points)
    ends = np.asarray(diagram.ridge_vertices)
    ends = ends[(ends >= 0).all(axis=1)]
    ridges = np.round(diagram.vertices[ends] / LATTICE_M) * LATTICE_M
    ridges = ridges[(ridges[:, 0] != ridges[:, 1]).any(axis=1)]
    near = outline.buffer(60.0)
    shapely.prepare(near)
    kept = [shapely.contains_xy(near, ridges[:, k, 0], ridges[:, k, 1]) for k in (0, 1)]
    ridges = ridges[kept[0] | kept[1]]
    line_segments = _segments_of(lines)
    tree = shapely.STRtree(shapely.linestrings(line_segments))
    plain = np.ones(len(ridges), dtype=bool)
    for first in range(0, len(ridges), _AT_ONCE):
        shapes = shapely.linestrings(ridges[first : first + _AT_ONCE])
        plain[first + tree.query(shapes, predicate="intersects")[0]] = False
    noded = shapely.union_all([*shapely.linestrings(ridges[~plain]), *lines], grid_size=LATTICE_M)
    return np.concatenate([ridges[plain], _segments_of(shapely.get_parts(noded))])


def faces_between(
    segments: Floats, outline: shapely.Polygon, at_once: int = _AT_ONCE
) -> npt.NDArray[np.object_]:
    """Return the faces inside the outline that noded segments enclose.

    Polygonizing takes over a kilobyte per segment, so that many segments are taken in strips from
    west to east. A strip hands over the faces that begin in it; its segments reach so far beyond
    its eastern end that those faces are whole.

    Parameters
    ----------
    segments
        Noded segments in metres, shape (m, 2, 2); those of the outline are among them.
    outline
        What the faces inside it tile.
    at_once
        About how many segments to take at once.

    Raises
    ------
    CityError
        If the faces do not add up to the outline.
    """
    west, east = segments[:, :, 0].min(axis=1), segments[:, :, 0].max(axis=1)
    count = -(-len(segments) // at_once)
    ends = np.quantile(west, np.linspace(0.0, 1.0, count + 1))
    ends[0], ends[-1] = -np.inf, np.inf
    shapely.prepare(outline)
    found = []
    for first, last in pairwise(ends):
        near = (east >= first) & (west <= last + _WIDEST_M)
        lines = shapely.linestrings(segments[near])
        faces = shapely.get_parts(shapely.polygonize(list(lines)))
        begin = shapely.bounds(faces)[:, 0]
        faces = faces[(begin >= first) & (begin < last)]
        found.append(faces[shapely.contains(outline, shapely.point_on_surface(faces))])
    faces = np.concatenate(found)
    if not np.isclose(shapely.area(faces).sum(), outline.area, rtol=1e-5):
        raise CityError(
            f"the atoms cover {shapely.area(faces).sum() / 1e6:.3f} km² of the "
            f"{outline.area / 1e6:.3f} km² of the county"
        )
    return faces


def _segments_of(lines: npt.ArrayLike) -> Floats:
    """Return the segments of all lines one after the other, shape (m, 2, 2)."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    follows = line[1:] == line[:-1]
    return np.stack([xy[:-1][follows], xy[1:][follows]], axis=1)


def _face_graph(faces: npt.NDArray[np.object_]) -> tuple[Floats, Ints, Ints]:
    """Return nodes, edges by node, and the faces on both sides (-1 for none)."""
    rings, face_of_ring = shapely.get_rings(faces, return_index=True)
    coords, ring_of = shapely.get_coordinates(rings, return_index=True)
    lattice = np.round(coords / LATTICE_M).astype(np.int64)
    key = lattice[:, 0] * (1 << 31) + lattice[:, 1]
    unique, first, node = np.unique(key, return_index=True, return_inverse=True)
    follows = np.flatnonzero(ring_of[:-1] == ring_of[1:])
    a, b = node[follows], node[follows + 1]
    face = face_of_ring[ring_of[follows]]
    pair = np.minimum(a, b) * len(unique) + np.maximum(a, b)
    order = np.argsort(pair, kind="stable")
    pair, face = pair[order], face[order]
    starts = np.flatnonzero(np.concatenate([[True], pair[1:] != pair[:-1]]))
    sides = np.full((len(starts), 2), -1, dtype=np.int64)
    sides[:, 0] = face[starts]
    double = np.diff(np.append(starts, len(pair))) > 1
    sides[double, 1] = face[starts[double] + 1]
    ends = np.column_stack([pair[starts] // len(unique), pair[starts] % len(unique)])
    return lattice[first] * LATTICE_M, ends, sides


def _kinds_at(middle: Floats, lines: list[shapely.LineString], kinds: Ints) -> Ints:
    """Return which kind of line runs through each point, the highest rank where several do."""
    found = np.zeros(len(middle), dtype=np.int64)
    of_line = np.repeat(np.arange(len(lines)), shapely.get_num_coordinates(lines) - 1)
    tree = shapely.STRtree(shapely.linestrings(_segments_of(lines)))
    at, which = tree.query(shapely.points(middle), predicate="dwithin", distance=3.0 * LATTICE_M)
    np.maximum.at(found, at, kinds[of_line[which]])
    return found


def _merge_scraps(
    faces: npt.NDArray[np.object_],
    edge_faces: Ints,
    edge_kind: Ints,
    length: Floats,
    density: Field,
    land: Land,
) -> Ints:
    """Return the atom of each face: scraps join the neighbour behind their longest free side."""
    n = len(faces)
    centre = shapely.get_coordinates(shapely.centroid(faces))
    area = shapely.area(faces)
    owner = _lake_groups(faces, land)
    usual = 1.0 / np.maximum(density.sample(centre), 1e-12)
    between = (edge_faces >= 0).all(axis=1)
    for _ in range(4):
        count = int(owner.max()) + 1
        size = np.bincount(owner, area, count)
        norm = np.bincount(owner, usual * area, count) / size
        pair = owner[edge_faces[between]]
        free = edge_kind[between] == FREE
        worth = length[between] * np.where(free, 1.0, 1e-4)
        small = size < 0.34 * norm
        tiny = size < 0.02 * norm
        links = []
        for side in (0, 1):
            me, other = pair[:, side], pair[:, 1 - side]
            use = (me != other) & small[me] & (free | tiny[me])
            links.append(np.column_stack([me[use], other[use]]))
            links[-1] = np.column_stack([links[-1], np.flatnonzero(use)])
        link = np.concatenate(links)
        if len(link) == 0:
            break
        order = np.lexsort((link[:, 2], -worth[link[:, 2]], link[:, 0]))
        link = link[order]
        head = np.concatenate([[True], link[1:, 0] != link[:-1, 0]])
        best = link[head]
        joins = sparse.coo_matrix(
            (np.ones(len(best)), (best[:, 0], best[:, 1])), shape=(count, count)
        )
        _, group = csgraph.connected_components(joins, directed=False)
        owner = group[owner].astype(np.int64)
    assert len(owner) == n  # noqa: S101 - shape invariant
    return owner


def _lake_groups(faces: npt.NDArray[np.object_], land: Land) -> Ints:
    """Return a first numbering of faces in which every reservoir is one."""
    inner = shapely.point_on_surface(faces)
    tree = shapely.STRtree([lake.water for lake in land.reservoirs])
    face, lake = tree.query(inner, predicate="within")
    owner = np.arange(len(faces), dtype=np.int64)
    owner[face] = len(faces) + lake
    return np.unique(owner, return_inverse=True)[1].astype(np.int64)


def _atoms(
    faces: npt.NDArray[np.object_],
    owner: Ints,
    nodes: Floats,
    edge_nodes: Ints,
    edge_faces: Ints,
    edge_kind: Ints,
    density: Field,
    land: Land,
) -> Atoms:
    count = int(owner.max()) + 1
    face_area = shapely.area(faces)
    face_xy = shapely.get_coordinates(shapely.centroid(faces))
    area = np.bincount(owner, face_area, count).astype(np.float64)
    xy = np.column_stack(
        [np.bincount(owner, face_area * face_xy[:, k], count) / area for k in (0, 1)]
    )
    wet = np.zeros(len(faces), dtype=bool)
    water = [r.water for r in land.rivers] + [lake.water for lake in land.reservoirs]
    tree = shapely.STRtree(shapely.get_parts(shapely.union_all(water)))
    wet[tree.query(shapely.point_on_surface(faces), predicate="within")[0]] = True
    dry_area = np.where(wet, 0.0, face_area)
    people = np.bincount(owner, dry_area * land.people.sample(face_xy), count).astype(np.float64)
    sides = np.where(edge_faces >= 0, owner[np.maximum(edge_faces, 0)], -1)
    real = sides[:, 0] != sides[:, 1]
    scale = people[inside_mask(land, xy)].mean()
    middle = shapely.points((nodes[edge_nodes[real, 0]] + nodes[edge_nodes[real, 1]]) / 2.0)
    edge_wet = np.zeros(len(middle), dtype=bool)
    edge_wet[tree.query(middle, predicate="within")[0]] = True
    blocks = shapely.polygons(np.concatenate([q.blocks for q in land.quarters if len(q.blocks)]))
    edge_town = np.zeros(len(middle), dtype=bool)
    edge_town[shapely.STRtree(blocks).query(middle, predicate="intersects")[0]] = True
    return Atoms(
        xy,
        area,
        people / scale,
        1.0 / np.sqrt(np.maximum(density.sample(xy), 1e-12)),
        nodes,
        edge_nodes[real],
        sides[real],
        edge_kind[real],
        edge_wet,
        edge_town,
    )
