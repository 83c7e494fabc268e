"""Do the grids of a level tile their ground: overlaps, gaps, and how they fit their parents.

What overlaps and what gapes is decided in lon, lat degrees, where borders are straight lines, and
measured in the metric CRS. The borders of one level are compared vertex by vertex first (GEOS's
coverage validator, `shapely.coverage_invalid_edges`): only where they do not match can there be
an overlap, so that a clean level costs seconds whatever its size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from app.geo.overlay import difference, intersection, union_all
from app.geo.plane import Parts, Plane, Shapes, polygons_of
from app.grids.findings import Gap, Island, Mismatch, Overlap, Scrap, Spill, Unmatched
from app.grids.manifest import AllowedGap
from app.grids.parents import holders

Rows = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]
# How far from a gap a grid may be to count as next to it, in degrees (0.1 mm).
_BESIDE_DEG = 1e-9
# Vertices as near as this are the same vertex, in degrees (10 µm): what is left of numbers that a
# file or a transformation of coordinates has rounded.
_SAME_DEG = 1e-10
# Over half of a grid outside its parent: then it is worth saying where it is instead.
_ELSEWHERE_SHARE = 0.5
# A parent of which its children leave open this much has no part in them (1 less rounding).
_WHOLLY_OPEN = 1 - 1e-6


@dataclass(frozen=True, slots=True)
class Tiling:
    """The grids of one level as shapes, compared with each other once.

    Attributes
    ----------
    codes : ndarray of object, shape (n,)
        In order.
    shapes : ndarray of object, shape (n,)
        Valid polygons in degrees.
    edges : ndarray of object, shape (n,)
        The borders of each grid that do not match its neighbours'; empty lines where all do.
    union : Geometry
        All of them together.
    """

    codes: Texts
    shapes: Shapes
    edges: Shapes
    union: shapely.Geometry

    @classmethod
    def of(cls, codes: Texts, shapes: Shapes) -> Tiling:
        """Compare the grids of a level with each other."""
        edges = np.asarray(shapely.coverage_invalid_edges(shapes))
        return cls(codes, shapes, edges, union_of(shapes, matched=shapely.is_empty(edges)))

    @property
    def unmatched_rows(self) -> Rows:
        """Rows of the grids of which some border does not match."""
        return np.flatnonzero(~shapely.is_empty(self.edges))


def union_of(shapes: Shapes, matched: npt.NDArray[np.bool_]) -> shapely.Geometry:
    """Return the union of shapes of which `matched` tells which form a clean coverage."""
    try:
        clean = shapely.coverage_union_all(shapes[matched])
    except shapely.GEOSException:
        return union_all(shapes)
    if matched.all():
        return clean
    return union_all([clean, *shapes[~matched]])


def same_shape(one: shapely.Geometry, other: shapely.Geometry) -> bool:
    """Tell whether two shapes have the same vertices, wherever their rings begin."""
    first, second = (
        shapely.normalize(shapely.MultiPolygon(polygons_of([shape])[0])) for shape in (one, other)
    )
    return bool(shapely.equals_identical(first, second))


def unmatched_borders(tiling: Tiling, plane: Plane) -> Unmatched | None:
    """Return the borders whose vertices do not match those across; None if all do.

    Vertices within `_SAME_DEG` of each other match: files round their numbers.
    """
    rows = tiling.unmatched_rows
    if not len(rows):
        return None
    edges = shapely.coverage_invalid_edges(_joined(tiling.shapes[rows]))
    still = ~shapely.is_empty(edges)
    if not still.any():
        return None
    length = float(plane.length_m(edges[still]).sum())
    return Unmatched(codes=tuple(map(str, tiling.codes[rows[still]])), length_m=length)


def _joined(shapes: Shapes) -> Shapes:
    """Return shapes whose vertices are one where they are the same but for rounding."""
    xy, place = np.unique(shapely.get_coordinates(shapes), axis=0, return_inverse=True)
    pairs = cKDTree(xy).query_pairs(_SAME_DEG, output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(xy), len(xy)))
    _, group = connected_components(links, directed=False)
    _, first = np.unique(group, return_index=True)
    return np.asarray(
        shapely.set_coordinates(shapes.copy(), xy[first[group[place.ravel()]]]), dtype=object
    )


def overlaps(tiling: Tiling, plane: Plane) -> tuple[list[Overlap], int]:
    """Return every pair of grids that share ground, largest first, and the roundings left out."""
    # A grid whose borders match all its neighbours' can only overlap one of whose they do not.
    odd = tiling.unmatched_rows
    if not len(odd):
        return [], 0
    left, right = shapely.STRtree(tiling.shapes).query(tiling.shapes[odd], predicate="intersects")
    pairs = np.unique(np.sort(np.column_stack((odd[left], right)), axis=1), axis=0)
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    common = intersection(tiling.shapes[pairs[:, 0]], tiling.shapes[pairs[:, 1]])
    parts, thin = plane.parts(common)
    found = [
        Overlap(
            area_m2=area,
            width_m=float(parts.width_m[main]),
            lon=float(parts.lon[main]),
            lat=float(parts.lat[main]),
            codes=(str(tiling.codes[pairs[owner, 0]]), str(tiling.codes[pairs[owner, 1]])),
            parts=count,
        )
        for owner, area, main, count in _by_owner(parts)
    ]
    return sorted(found, key=lambda one: (-one.area_m2, one.codes)), thin


def islands(codes: Texts, shapes: Shapes, plane: Plane) -> list[Island]:
    """Return the grids that consist of several pieces, those with the largest apart first.

    Parameters
    ----------
    codes, shapes : ndarray of object, shape (n,)
        The grids: codes, and valid polygons in degrees.
    plane
        Where to measure.
    """
    rows = np.flatnonzero(shapely.get_num_geometries(shapes) > 1)
    parts, _ = plane.parts(shapes[rows])
    found = []
    for owner, sum_, main, count in _by_owner(parts):
        if count == 1:
            continue
        own = np.flatnonzero(parts.owner == owner)
        apart = own[own != main]
        largest = int(apart[np.argmax(parts.area_m2[apart])])
        found.append(
            Island(
                area_m2=sum_ - float(parts.area_m2[main]),
                width_m=float(parts.width_m[largest]),
                lon=float(parts.lon[largest]),
                lat=float(parts.lat[largest]),
                code=str(codes[rows[owner]]),
                parts=count - 1,
            )
        )
    return sorted(found, key=lambda one: (-one.area_m2, one.code))


def gaps(
    tiling: Tiling, above: Tiling | None, plane: Plane, allowed: Sequence[AllowedGap] = ()
) -> tuple[list[Gap], int, frozenset[int]]:
    """Return the ground that no grid covers, largest first, and the roundings left out.

    Parameters
    ----------
    tiling
        The level.
    above
        The next coarser level, within which it must leave nothing open; None for the coarsest,
        where only what its grids enclose is a gap.
    plane
        Where to measure.
    allowed
        Gaps that are no defect.

    Returns
    -------
    tuple of (list of Gap, int, frozenset of int)
        The gaps; how many were only rounding; which of `allowed` are among them.
    """
    within_rings = filled(tiling)
    parts, thin = plane.parts([open_ground(tiling, above)])
    tree = shapely.STRtree(tiling.shapes)
    gap, beside = tree.query(parts.polygon, predicate="dwithin", distance=_BESIDE_DEG)
    enclosed = np.zeros(len(parts), dtype=np.bool_)
    middle = shapely.points(parts.lon, parts.lat)
    enclosed[shapely.STRtree(middle).query(within_rings, predicate="contains")[1]] = True
    order = np.lexsort((beside, gap))
    neighbours = np.split(beside[order], np.searchsorted(gap[order], np.arange(1, len(parts))))
    known, met = np.full(len(parts), "", dtype=object), np.zeros(0, dtype=np.int64)
    if allowed:
        points = shapely.points([(one.lon, one.lat) for one in allowed])
        inside, met = shapely.STRtree(points).query(parts.polygon, predicate="contains")
        known[inside] = [allowed[one].name for one in met]
    found = [
        Gap(
            area_m2=float(parts.area_m2[place]),
            width_m=float(parts.width_m[place]),
            lon=float(parts.lon[place]),
            lat=float(parts.lat[place]),
            kind="hole" if enclosed[place] else "rim",
            codes=tuple(map(str, tiling.codes[neighbours[place]])),
            allowed=known[place],
        )
        for place in range(len(parts))
    ]
    found.sort(key=lambda one: (-one.area_m2, one.lon, one.lat))
    return found, thin, frozenset(met.tolist())


def open_ground(tiling: Tiling, above: Tiling | None) -> shapely.Geometry:
    """Return the ground that no grid covers, within the parents or the grids' outer rings."""
    within = union_all(filled(tiling)) if above is None else above.union
    return difference(within, tiling.union)[0]


def filled(tiling: Tiling) -> Shapes:
    """Return the outer rings of all grids together, filled: ground in them is enclosed."""
    rings = shapely.get_exterior_ring(polygons_of([tiling.union])[0])
    return np.asarray(shapely.polygons(rings), dtype=object)


@dataclass(frozen=True, slots=True)
class Fit:
    """How the grids of a level fit their parents.

    Attributes
    ----------
    spills : list of Spill
        What sticks out of its parent, largest first.
    mismatches : list of Mismatch
        Parents that their children do not make up, largest share first.
    scraps : list of Scrap
        Parents without a part in their children, by code.
    roundings : int
        Differences left out because they are only rounding.
    """

    spills: list[Spill]
    mismatches: list[Mismatch]
    scraps: list[Scrap]
    roundings: int


def fit(
    codes: Texts, shapes: Shapes, parent_row: Rows, above: Tiling, plane: Plane, *, tiles: bool
) -> Fit:
    """Compare grids with their parents.

    Parameters
    ----------
    codes, shapes : ndarray of object, shape (n,)
        The grids: codes, and valid polygons in degrees.
    parent_row : ndarray of int64, shape (n,)
        Row of each one's parent in `above`, -1 for an orphan.
    above
        The level of the parents.
    plane
        Where to measure.
    tiles
        Whether the grids have to make up their parents (a level does, an overlay does not).
    """
    rows, out = outside(shapes, parent_row, above)
    spilled, thin = _spills(codes, shapes, rows, out, parent_row, above, plane)
    if not tiles:
        return Fit(spilled, [], [], thin)
    order = np.argsort(parent_row, kind="stable")
    order = order[parent_row[order] >= 0]
    parents, starts = np.unique(parent_row[order], return_index=True)
    families = np.split(order, starts[1:]) if len(parents) else []
    together = np.array([_union(shapes[family]) for family in families], dtype=object)
    missing, thin_missing = plane.parts(difference(above.shapes[parents], together))
    open_m2 = np.bincount(missing.owner, missing.area_m2, minlength=len(parents))
    over_m2 = _excess(parents, parent_row[rows], out, plane)
    area = plane.area_m2(above.shapes)
    children = np.bincount(parent_row[order], minlength=len(above.codes))
    mismatches = [
        Mismatch(
            code=str(above.codes[parents[place]]),
            children=int(children[parents[place]]),
            missing_m2=float(open_m2[place]),
            excess_m2=float(over_m2[place]),
            share=float((open_m2[place] + over_m2[place]) / area[parents[place]]),
        )
        for place in np.flatnonzero(open_m2 + over_m2 > 0)
    ]
    mismatches.sort(key=lambda one: (-one.share, one.code))
    reached = np.zeros(len(above.codes), dtype=np.bool_)
    reached[parents] = open_m2 < area[parents] * _WHOLLY_OPEN
    scraps = [
        Scrap(code=str(above.codes[row]), children=int(children[row]), area_m2=float(area[row]))
        for row in np.flatnonzero(~reached)
    ]
    return Fit(spilled, mismatches, scraps, thin + thin_missing)


def outside(shapes: Shapes, parent_row: Rows, above: Tiling) -> tuple[Rows, Shapes]:
    """Return the rows that stick out of their parent, by however little, and what sticks out."""
    rows = np.flatnonzero(parent_row >= 0)
    shapely.prepare(above.shapes)
    rows = rows[~shapely.covers(above.shapes[parent_row[rows]], shapes[rows])]
    return rows, difference(shapes[rows], above.shapes[parent_row[rows]])


def _excess(parents: Rows, parent_of: Rows, out: Shapes, plane: Plane) -> npt.NDArray[np.float64]:
    """Return the area in m² that the children of each parent have outside of it together."""
    over_m2 = np.zeros(len(parents), dtype=np.float64)
    order = np.argsort(parent_of, kind="stable")
    found, starts = np.unique(parent_of[order], return_index=True)
    families = np.split(out[order], starts[1:]) if len(found) else []
    together = [union_all(family) for family in families]
    parts, _ = plane.parts(together)
    area = np.bincount(parts.owner, parts.area_m2, minlength=len(found))
    over_m2[np.searchsorted(parents, found)] = area
    return over_m2


def _spills(
    codes: Texts,
    shapes: Shapes,
    rows: Rows,
    out: Shapes,
    parent_row: Rows,
    above: Tiling,
    plane: Plane,
) -> tuple[list[Spill], int]:
    parts, thin = plane.parts(out)
    area = plane.area_m2(shapes[rows])
    entries = [(owner, sum_, main, sum_ / area[owner]) for owner, sum_, main, _ in _by_owner(parts)]
    gone = np.array([owner for owner, _, _, share in entries if share > _ELSEWHERE_SHARE], np.int64)
    held = holders(shapes[rows[gone]], above.shapes).row if len(gone) else gone
    elsewhere = {
        int(owner): str(above.codes[row])
        for owner, row in zip(gone, held, strict=True)
        if row >= 0 and row != parent_row[rows[owner]]
    }
    found = [
        Spill(
            area_m2=sum_,
            width_m=float(parts.width_m[main]),
            lon=float(parts.lon[main]),
            lat=float(parts.lat[main]),
            code=str(codes[rows[owner]]),
            parent=str(above.codes[parent_row[rows[owner]]]),
            share=min(float(share), 1.0),
            mostly_in=elsewhere.get(owner, ""),
        )
        for owner, sum_, main, share in entries
    ]
    return sorted(found, key=lambda one: (-one.area_m2, one.code)), thin


def _union(shapes: Shapes) -> shapely.Geometry:
    if len(shapes) == 1:
        return shapes[0]
    if shapely.coverage_is_valid(shapes):
        return shapely.coverage_union_all(shapes)
    return union_all(shapes)


def _by_owner(parts: Parts) -> list[tuple[int, float, int, int]]:
    """Return for each owner: itself, the sum of areas, its largest part, the number of parts."""
    found = []
    owners, starts = np.unique(parts.owner, return_index=True)
    stops = np.append(starts, len(parts))[1:]
    for owner, start, stop in zip(owners, starts, stops, strict=True):
        area = parts.area_m2[start:stop]
        main = int(start + np.argmax(area))
        found.append((int(owner), float(area.sum()), main, int(stop - start)))
    return found
