"""Overlaps, gaps and spills settled: every piece of ground gets the one grid that it belongs to.

The borders of the grids that are not clean are noded: cut wherever they meet, with no vertex moved
anywhere. They enclose faces, and of each face it is known who claims it and in which parent it
lies. A face with one claim, by a child of its parent, is as it should be and stays what it is. The
others, put together where the same is wrong, are patches; a patch within the tolerances goes to one
grid, and each grid becomes the union of its faces. So a clean border cannot move: only whole
patches change hands. (GEOS's coverage cleaner would settle every overlap, however large, and knows
nothing of parents.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import shapely

from app.geo.overlay import intersection
from app.geo.plane import ROUNDING_M, Plane, Shapes, polygons_of
from app.grids.coverage import Tiling, open_ground, outside, same_shape
from app.grids.manifest import AllowedGap
from app.grids.mend_changes import Change, Kind, Tolerances

Rows = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# How far from what is wrong a grid or a border may lie to take part, in degrees (0.1 mm).
_BESIDE_DEG = 1e-9
# Faces that are thinner on average may have tails of rounding.
_SLIM_M = 1.0
# How much of the rim of a gap between grids may lie on the border of what is above them.
_MOST_AT_BORDER = 0.25
# A patch may lie among others that are settled first; so often is looked again.
_PASSES = 4


@dataclass(frozen=True, slots=True)
class Family:
    """The grids of a level, and their parents.

    Attributes
    ----------
    tiling : Tiling
        The grids; their shapes are valid.
    parent_row : ndarray of int64, shape (n,)
        Row of the parent of each in `above`, -1 for none.
    above : Tiling or None
        The parents; None for the coarsest level, or where they are not to be asked.
    tiles : bool
        Whether they have to cover their ground (a level does, an overlay does not).
    allowed : sequence of AllowedGap
        Gaps that are to stay.
    between_only : bool
        Whether open ground is a gap only where it lies between grids. What lies along the border
        of `above` is then nobody's to fill: there, `above` gives way.
    """

    tiling: Tiling
    parent_row: Rows
    above: Tiling | None
    tiles: bool = True
    allowed: Sequence[AllowedGap] = ()
    between_only: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of the grids.

    Attributes
    ----------
    shapes : ndarray of object, shape (n,)
        The same objects where nothing was done.
    done, left : list of Change
        What changed hands, and what did not, largest first.
    """

    shapes: Shapes
    done: list[Change]
    left: list[Change]


def settle(family: Family, plane: Plane, tolerances: Tolerances) -> Settled:
    """Settle what is wrong between the grids of a level, and between them and their parents."""
    wrong = _wrong_places(family, plane)
    shapes = family.tiling.shapes.copy()
    if not len(wrong):
        return Settled(shapes, [], [])
    near = shapely.STRtree(shapes).query(wrong, predicate="dwithin", distance=_BESIDE_DEG)[1]
    rows = np.unique(near).astype(np.int64)
    faces = _Faces(family, rows, wrong, plane)
    faces.settle(tolerances)
    for row in rows:
        shapes[row] = faces.shape_of(int(row))
    return Settled(shapes, faces.listed(faces.done), faces.listed(faces.left))


def _wrong_places(family: Family, plane: Plane) -> Shapes:
    """Return borders that do not match, shared ground, open ground and what sticks out.

    What is only rounding is nowhere: to node it would make more of it, and there is no end to that.
    """
    tiling, above = family.tiling, family.above
    odd = tiling.unmatched_rows
    found = []
    left, right = shapely.STRtree(tiling.shapes).query(tiling.shapes[odd], predicate="intersects")
    pairs = np.column_stack((odd[left], right))
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    found.append(intersection(tiling.shapes[pairs[:, 0]], tiling.shapes[pairs[:, 1]]))
    if family.tiles:
        found.append(np.array([open_ground(tiling, above)], dtype=object))
    if above is not None:
        found.append(outside(tiling.shapes, family.parent_row, above)[1])
    parts, _ = plane.parts(np.concatenate(found))
    return np.concatenate([tiling.edges[odd], parts.polygon])


class _Faces:
    """The faces that borders enclose, who claims them, and who gets them."""

    def __init__(self, family: Family, rows: Rows, wrong: Shapes, plane: Plane) -> None:
        self.family = family
        self.plane = plane
        self.rows = rows
        lines = shapely.boundary(family.tiling.shapes[rows])
        if family.above is not None:
            lines = np.concatenate([lines, _segments_near(family.above.shapes, wrong)])
        noded = shapely.get_parts(shapely.union_all(lines))
        self.polygon: Shapes = shapely.get_parts(shapely.polygonize(noded))
        self.area, self.width = plane.sizes(self.polygon)
        self.thin: Bools = self.width < ROUNDING_M
        self._inside = points_inside(self.polygon, self.width)
        self.claims = self._claims()
        self.parent = self._parents()
        self.owners: list[tuple[int, ...]] = list(self.claims)
        self.open: Bools = np.array([self._is_wrong(face) for face in range(len(self.polygon))])
        self.open |= self.thin
        self.done: list[Change] = []
        self.left: list[Change] = []
        self._keep_allowed()

    def _claims(self) -> list[tuple[int, ...]]:
        """Return the rows of the grids that claim each face."""
        tree = shapely.STRtree(self.family.tiling.shapes)
        face, row = tree.query(self._inside, predicate="intersects")
        claims: list[list[int]] = [[] for _ in self.polygon]
        for one, who in zip(face.tolist(), row.tolist(), strict=True):
            claims[one].append(who)
        return [tuple(sorted(some)) for some in claims]

    def _parents(self) -> Rows:
        """Return the row of the parent in which each face lies, -1 for none."""
        parent = np.full(len(self.polygon), -1, dtype=np.int64)
        if self.family.above is None:
            return parent
        tree = shapely.STRtree(self.family.above.shapes)
        face, row = tree.query(self._inside, predicate="intersects")
        # Where parents overlap, that of one who claims the face is meant, else the first.
        for one, who in sorted(zip(face.tolist(), row.tolist(), strict=True), reverse=True):
            own = {int(self.family.parent_row[claim]) for claim in self.claims[one]}
            if parent[one] < 0 or parent[one] not in own or who in own:
                parent[one] = who
        return parent

    def _fits(self, row: int, parent: int) -> bool:
        """Tell whether a grid may have ground that lies in a parent."""
        own = int(self.family.parent_row[row])
        return self.family.above is None or own < 0 or own == parent

    def _is_wrong(self, face: int) -> bool:
        claims, parent = self.claims[face], int(self.parent[face])
        if not claims:
            enclosed = self.family.above is None or parent >= 0
            return self.family.tiles and enclosed
        return len(claims) > 1 or not self._fits(claims[0], parent)

    def _keep_allowed(self) -> None:
        """Leave out the gaps that may be there."""
        if not self.family.allowed:
            return
        points = shapely.points([(gap.lon, gap.lat) for gap in self.family.allowed])
        ground = shapely.get_parts(open_ground(self.family.tiling, self.family.above))
        ground = ground[np.unique(shapely.STRtree(points).query(ground, predicate="contains")[0])]
        empty = np.array([not claims for claims in self.claims], dtype=np.bool_)
        spots = np.flatnonzero(self.open & empty)
        inside = self._inside[spots]
        hit = shapely.STRtree(ground).query(inside, predicate="within")[0]
        self.open[spots[hit]] = False

    def settle(self, tolerances: Tolerances) -> None:
        """Give every patch within the tolerances to the grid that it belongs to."""
        for _ in range(_PASSES):
            before = int(self.open.sum())
            self.left = []
            for faces in self._patches():
                self._settle_patch(faces, tolerances)
            if int(self.open.sum()) == before:
                break

    def _patches(self) -> list[Rows]:
        """Return the open faces, put together where they touch and the same is wrong with them."""
        spots = np.flatnonzero(self.open)
        tree = shapely.STRtree(self.polygon[spots])
        one, other = tree.query(self.polygon[spots], predicate="intersects")
        head = list(range(len(spots)))

        def first(place: int) -> int:
            while head[place] != place:
                head[place] = head[head[place]]
                place = head[place]
            return place

        for a, b in zip(one.tolist(), other.tolist(), strict=True):
            if a < b and self._alike(int(spots[a]), int(spots[b])):
                low, high = sorted((first(a), first(b)))
                head[high] = low
        members: dict[int, list[int]] = {}
        for place, spot in enumerate(spots.tolist()):
            members.setdefault(first(place), []).append(spot)
        return [np.array(some, dtype=np.int64) for some in members.values()]

    def _alike(self, one: int, other: int) -> bool:
        if self.claims[one] != self.claims[other] or self.parent[one] != self.parent[other]:
            return False
        if self.thin[one] or self.thin[other]:
            return False
        return bool(shapely.relate_pattern(self.polygon[one], self.polygon[other], "****1****"))

    def _settle_patch(self, faces: Rows, tolerances: Tolerances) -> None:
        claims, parent = self.claims[int(faces[0])], int(self.parent[faces[0]])
        thin = bool(self.thin[faces[0]])
        patch = together(self.polygon[faces])
        if not claims and self.family.between_only and self._lies_along(patch, parent):
            self.open[faces] = False
            return
        areas, widths = self.plane.sizes(np.array([patch], dtype=object))
        area, width = float(areas[0]), float(widths[0])
        known, taker = self._taker(patch, claims, parent)
        reason = "" if thin else tolerances.why_not(area, width)
        if not reason and not known:
            reason = "no grid of its parent lies beside it"
        losers = tuple(row for row in claims if row != taker)
        if not reason and any(self._is_all_of(row, faces) for row in losers):
            reason = "it is all that the grid has"
        if not reason:
            for face in faces:
                self.owners[int(face)] = () if taker is None else (taker,)
            self.open[faces] = False
        if thin:
            return
        point = shapely.point_on_surface(patch)
        codes = self.family.tiling.codes
        change = Change(
            level="",
            kind=self._kind(claims, parent),
            taken_from=tuple(str(codes[row]) for row in (claims if reason else losers)),
            given_to="" if taker is None or reason else str(codes[taker]),
            area_m2=area,
            width_m=width,
            lon=float(point.x),
            lat=float(point.y),
            note=reason,
            shape=patch,
        )
        (self.left if reason else self.done).append(change)

    def _lies_along(self, patch: shapely.Geometry, parent: int) -> bool:
        """Tell whether a patch lies along the outermost border, or only opens to it.

        A strip along the border has about half of its rim there; a gap between two grids, of
        which one end is open, its width.
        """
        if self.family.above is None or parent < 0:
            return False
        rim = shapely.boundary(patch)
        shared = shapely.length(shapely.intersection(rim, self._outermost))
        return bool(shared > _MOST_AT_BORDER * shapely.length(rim))

    @cached_property
    def _outermost(self) -> shapely.Geometry:
        """The border of all that is above together."""
        above = self.family.above
        return shapely.GeometryCollection() if above is None else shapely.boundary(above.union)

    def _kind(self, claims: tuple[int, ...], parent: int) -> Kind:
        if not claims:
            return Kind.GAP
        fitting = [row for row in claims if self._fits(row, parent)]
        return Kind.OVERLAP if len(fitting) > 1 else Kind.SPILL

    def _taker(
        self, patch: shapely.Geometry, claims: tuple[int, ...], parent: int
    ) -> tuple[bool, int | None]:
        """Return whether it is known whose a patch is, and the grid; None for nobody's."""
        fitting = [row for row in claims if self._fits(row, parent)]
        if len(fitting) == 1:
            return True, fitting[0]
        border = self._borders(patch)
        if fitting:
            return True, max(fitting, key=lambda row: (border.get(row, 0.0), -row))
        if self.family.above is not None and parent < 0:
            return True, None
        if not self.family.tiles:
            return True, None
        beside = [row for row in border if self._fits(row, parent)]
        if not beside:
            return False, None
        return True, max(beside, key=lambda row: (border[row], -row))

    def _borders(self, patch: shapely.Geometry) -> dict[int, float]:
        """Return how long the border is that a patch shares with each grid, in degrees."""
        rim = shapely.boundary(patch)
        near = self._tree.query(rim, predicate="intersects")
        near = near[~self.open[near]]
        shared = shapely.length(shapely.intersection(shapely.boundary(self.polygon[near]), rim))
        found: dict[int, float] = {}
        for face, length in zip(near.tolist(), shared.tolist(), strict=True):
            owners = self.owners[face]
            if len(owners) == 1 and length > 0:
                found[owners[0]] = found.get(owners[0], 0.0) + length
        return found

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.polygon)

    def _is_all_of(self, row: int, faces: Rows) -> bool:
        """Tell whether a grid has nothing but these faces."""
        mine = self._claimed.get(row, ())
        held = {face for face in mine if row in self.owners[face] and not self.thin[face]}
        return row in self._claimed and held <= {int(face) for face in faces}

    @cached_property
    def _claimed(self) -> dict[int, list[int]]:
        """The faces that each grid claims."""
        return _by_row(self.claims)

    @cached_property
    def _given(self) -> dict[int, list[int]]:
        """The faces that each grid gets; to be asked when all is settled."""
        return _by_row(self.owners)

    def shape_of(self, row: int) -> shapely.Geometry:
        """Return a grid as the union of its faces; the very shape that it had if that is it."""
        old = self.family.tiling.shapes[row]
        mine = self._given.get(row, [])
        if not mine or (not self.family.tiles and mine == self._claimed.get(row)):
            # Overlays have no border in common: nothing is to match.
            return old
        new = together(self.polygon[mine])
        return old if same_shape(new, old) else new

    def listed(self, changes: list[Change]) -> list[Change]:
        """Return changes largest first."""
        return sorted(changes, key=lambda one: (-one.area_m2, one.lon, one.lat))


def points_inside(polygons: Shapes, width_m: npt.NDArray[np.float64]) -> Shapes:
    """Return a point well inside each polygon.

    A thin face may have a tail that is all rounding, and there `point_on_surface` may lie, where
    nobody can tell whose the ground is; so of a thin one the middle of its largest triangle.
    """
    points = np.asarray(shapely.point_on_surface(polygons), dtype=object)
    slim = np.flatnonzero(width_m < _SLIM_M)
    triangles, owner = shapely.get_parts(
        shapely.constrained_delaunay_triangles(polygons[slim]), return_index=True
    )
    order = np.lexsort((shapely.area(triangles), owner))
    last = np.flatnonzero(np.diff(owner[order], append=-1))
    points[slim[owner[order][last]]] = shapely.centroid(triangles[order][last])
    return points


def _by_row(rows_of: Sequence[tuple[int, ...]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for face, rows in enumerate(rows_of):
        for row in rows:
            found.setdefault(row, []).append(face)
    return found


def together(faces: Shapes) -> shapely.Geometry:
    """Return the union of faces that share their borders vertex by vertex."""
    try:
        return shapely.coverage_union_all(faces)
    except shapely.GEOSException:
        # It takes areas of hair-thin faces, which are all rounding, for a sign of overlaps.
        return shapely.union_all(faces)


def _segments_near(shapes: Shapes, wrong: Shapes) -> Shapes:
    """Return the segments of borders that lie within reach of what is wrong, cut nowhere."""
    tree = shapely.STRtree(wrong)
    near = np.unique(tree.query(shapes, predicate="dwithin", distance=_BESIDE_DEG)[0])
    rings = shapely.get_rings(polygons_of(shapes[near])[0])
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    start = np.flatnonzero(ring[1:] == ring[:-1])
    segments = shapely.linestrings(np.stack((xy[start], xy[start + 1]), axis=1))
    hit = np.unique(tree.query(segments, predicate="dwithin", distance=_BESIDE_DEG)[0])
    return np.asarray(segments[hit], dtype=object)
