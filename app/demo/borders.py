"""From parts of atoms to polygons: borders as arcs, smoothed once and shared by both sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy import ndimage

from app.demo.atoms import FREE, LINE_KINDS, Atoms
from app.demo.noise import resample
from app.demo.sources import to_degrees

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Coordinates of a city folder are whole multiples of this many degrees.
LATTICE_DEG = 1e-7
_OUTLINE = LINE_KINDS.index("outline")


@dataclass(frozen=True, slots=True)
class Arc:
    """A stretch of border between two junctions, all free or all along a line.

    `town` says that it begins in a built-up block, where borders keep their corners.
    """

    path: Floats
    left: int
    right: int
    free: bool
    town: bool


def border_polygons(atoms: Atoms, part: Ints) -> npt.NDArray[np.object_]:
    """Return one polygon per part, in lon, lat degrees; together they are a valid coverage.

    Parameters
    ----------
    atoms
        The atoms.
    part
        Part of each atom, numbered from 0 without gaps, shape (n,).
    """
    raw = raw_polygons(atoms, part)
    arcs = cut_arcs(atoms, part)
    drawn = draw_arcs(arcs)
    metres, which = shapely.get_coordinates(drawn, return_index=True)
    degrees = np.round(to_degrees(metres) / LATTICE_DEG) * LATTICE_DEG
    lines = shapely.linestrings(degrees, indices=which)
    lines = lines[shapely.length(lines) > 0.0]
    noded = shapely.union_all(lines, grid_size=LATTICE_DEG)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded).tolist()))
    owner = _owners(faces, raw)
    return _dissolve(faces, owner, len(raw))


def raw_polygons(atoms: Atoms, part: Ints) -> npt.NDArray[np.object_]:
    """Return the parts with the unsmoothed borders of their atoms, in lon, lat degrees."""
    sides = np.where(atoms.edge_atoms >= 0, part[np.maximum(atoms.edge_atoms, 0)], -1)
    border = sides[:, 0] != sides[:, 1]
    degrees = to_degrees(atoms.nodes)
    segments = degrees[atoms.edge_nodes[border]]
    sides = sides[border]
    polygons = []
    owner = np.concatenate([sides[:, 0], sides[:, 1]])
    which = np.concatenate([np.arange(len(sides))] * 2)
    order = np.lexsort((which, owner))
    owner, which = owner[order], which[order]
    start = np.searchsorted(owner, np.arange(int(part.max()) + 2))
    lines = shapely.linestrings(segments)
    for k in range(int(part.max()) + 1):
        faces = shapely.get_parts(
            shapely.polygonize(lines[which[start[k] : start[k + 1]]].tolist())
        )
        polygons.append(shapely.union_all(_even_faces(faces)))
    return np.array(polygons, dtype=object)


def _even_faces(faces: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Drop faces that are holes of another one (a part around another part)."""
    if len(faces) < 2:  # noqa: PLR2004 - a single face is no hole
        return faces
    inner = shapely.point_on_surface(faces)
    holes = np.zeros(len(faces), dtype=bool)
    for face in faces:
        for ring in shapely.get_rings(face)[1:]:
            holes |= shapely.contains(shapely.Polygon(ring), inner)
    return faces[~holes]


def cut_arcs(atoms: Atoms, part: Ints) -> list[Arc]:
    """Return the borders between different parts, cut at junctions and where lines begin."""
    sides = np.where(atoms.edge_atoms >= 0, part[np.maximum(atoms.edge_atoms, 0)], -1)
    border = np.flatnonzero(sides[:, 0] != sides[:, 1])
    ends = atoms.edge_nodes[border]
    low, high = sides[border].min(axis=1), sides[border].max(axis=1)
    kind = atoms.edge_kind[border]
    free = kind == FREE
    town = atoms.edge_town[border]
    order = np.argsort(ends.ravel(), kind="stable")
    node_of = ends.ravel()[order]
    edge_of = order // 2
    start = np.searchsorted(node_of, np.arange(len(atoms.nodes) + 1))
    degree = np.diff(start)
    one, two = (
        edge_of[np.minimum(start[:-1], len(edge_of) - 1)],
        edge_of[np.minimum(start[:-1] + 1, len(edge_of) - 1)],
    )
    passes = (
        (degree == 2)  # noqa: PLR2004 - two pieces meet
        & (low[one] == low[two])
        & (high[one] == high[two])
        & (free[one] == free[two])
    )
    done = np.zeros(len(border), dtype=bool)
    arcs: list[Arc] = []
    heads = np.flatnonzero((degree > 0) & ~passes)
    rounds = [heads, np.flatnonzero(passes)]
    for nodes in rounds:
        for node in nodes:
            for slot in range(start[node], start[node + 1]):
                edge = edge_of[slot]
                if done[edge]:
                    continue
                chain = [int(node)]
                here = edge
                while True:
                    done[here] = True
                    a, b = ends[here]
                    chain.append(int(b if a == chain[-1] else a))
                    tip = chain[-1]
                    if not passes[tip] or tip == node:
                        break
                    ahead = one[tip] if one[tip] != here else two[tip]
                    if done[ahead]:
                        break
                    here = ahead
                arcs.append(
                    Arc(
                        atoms.nodes[chain],
                        int(low[edge]),
                        int(high[edge]),
                        bool(free[edge]),
                        bool(town[edge]),
                    )
                )
    return arcs


def draw_arcs(arcs: list[Arc]) -> npt.NDArray[np.object_]:
    """Return the arcs as they are to be seen, as lines in metres: facets smoothed, lines kept."""
    smooth = [_smoothed(arc) for arc in arcs]
    lines = shapely.linestrings(
        np.concatenate([path for path, _ in smooth]),
        indices=np.repeat(np.arange(len(smooth)), [len(path) for path, _ in smooth]),
    )
    tolerance_m = np.array([tolerance for _, tolerance in smooth])
    simple = tolerance_m > 0.0
    lines[simple] = shapely.simplify(lines[simple], tolerance_m[simple])
    return np.asarray(lines, dtype=object)


def _smoothed(arc: Arc) -> tuple[Floats, float]:
    """Return the smooth course of an arc and how far it may be simplified, metres."""
    path = arc.path
    if not arc.free or len(path) < 3:  # noqa: PLR2004 - nothing between two ends
        return path, 0.3
    closed = bool((path[0] == path[-1]).all())
    gaps = np.hypot(*np.diff(path, axis=0).T)
    usual = float(gaps.sum() / len(gaps))
    step = max(usual / 3.0, 2.0)
    fine = resample(path, step)
    if len(fine) < 4:  # noqa: PLR2004 - nothing to smooth
        return path, 0.0
    if closed:
        ring = ndimage.gaussian_filter1d(fine[:-1], 2.2, axis=0, mode="wrap")
        smooth = np.concatenate([ring, ring[:1]])
    else:
        smooth = _held(fine, 0.9 if arc.town else 3.2)
    return smooth, usual * 0.035


def _held(path: Floats, sigma: float) -> Floats:
    """Low-pass filter with both ends held: by odd reflection about them."""
    n = len(path)
    pad = min(n - 1, int(4 * sigma) + 1)
    head = 2 * path[0] - path[pad:0:-1]
    tail = 2 * path[-1] - path[-2 : -pad - 2 : -1]
    smooth = ndimage.gaussian_filter1d(
        np.concatenate([head, path, tail]), sigma, axis=0, mode="nearest"
    )[pad : pad + n]
    smooth[0], smooth[-1] = path[0], path[-1]
    held: Floats = smooth
    return held


def _owners(faces: npt.NDArray[np.object_], raw: npt.NDArray[np.object_]) -> Ints:
    """Return the part that each face overlaps most; -1 for a gap of the county."""
    shapely.prepare(raw)
    face, part = shapely.STRtree(raw).query(faces, predicate="intersects")
    shared = shapely.area(shapely.intersection(faces[face], raw[part]))
    order = np.lexsort((part, -shared, face))
    head = np.concatenate([[True], face[order][1:] != face[order][:-1]])
    owner = np.full(len(faces), -1, dtype=np.int64)
    best = order[head]
    owner[face[best]] = np.where(shared[best] > 0.0, part[best], -1)
    return owner


def _dissolve(faces: npt.NDArray[np.object_], owner: Ints, count: int) -> npt.NDArray[np.object_]:
    """Return one polygon per part; stray scraps go to the neighbour with the longest border."""
    area = shapely.area(faces)
    keep = owner >= 0
    faces, owner, area = faces[keep], owner[keep].copy(), area[keep]
    order = np.lexsort((-area, owner))
    head = np.concatenate([[True], owner[order][1:] != owner[order][:-1]])
    main = np.zeros(len(faces), dtype=bool)
    main[order[head]] = True
    tree = shapely.STRtree(faces)
    for index in np.flatnonzero(~main):
        near = tree.query(faces[index], predicate="intersects")
        near = near[(near != index) & main[near]]
        shared = shapely.length(shapely.intersection(faces[index], faces[near]))
        if len(near) and shared.max() > 0.0:
            owner[index] = owner[near[int(np.argmax(shared))]]
    polygons = []
    order = np.argsort(owner, kind="stable")
    start = np.searchsorted(owner[order], np.arange(count + 1))
    for k in range(count):
        own = faces[order[start[k] : start[k + 1]]]
        polygons.append(own[0] if len(own) == 1 else shapely.coverage_union_all(own))
    return np.array(polygons, dtype=object)
