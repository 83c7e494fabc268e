"""Parents rebuilt as the unions of their children."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import shapely

from app.geo.overlay import difference, intersection, union_all
from app.geo.plane import Plane, Shapes
from app.grids.coverage import Tiling, filled, same_shape, union_of
from app.grids.mend_changes import Change, Kind, Tolerances
from app.grids.mend_faces import Settled, points_inside, together

Rows = npt.NDArray[np.int64]

# What was put back as it was may show more of the same.
_PASSES = 4
# More steps than any city needs in which what was held back is looked at again.
_STEPS = 16
# How far from a hole what encloses it may lie, in degrees (0.1 mm).
_BESIDE_DEG = 1e-9
# Why ground stays as it was though it is within the tolerances.
_NOT_ONE = "its children and those of others do not say whose it is"


def rebuild(
    parents: Tiling, children: Tiling, parent_row: Rows, plane: Plane, tolerances: Tolerances
) -> Settled:
    """Make each parent the union of its children, where that moves nothing above the tolerances.

    What a parent has beyond its children, or they beyond it, is a patch each; patches above the
    tolerances stay as the parent had them, and are told, and so does ground that several parents,
    or none, would have afterwards and did not before. A parent without children stays.

    If none is to change by more than rounding, none does; if one is, all become their union to the
    last digit: between a parent made anew and one left as it was drawn, what was rounding on
    either side would add up to gaps and overlaps.

    Parameters
    ----------
    parents, children
        Two levels; their shapes are valid.
    parent_row : ndarray of int64
        Row of the parent of each child, -1 for none.
    plane, tolerances
        Where to measure, and how much may be done.
    """
    matched = shapely.is_empty(children.edges)
    order = np.argsort(parent_row, kind="stable")
    order = order[parent_row[order] >= 0]
    rows, starts = np.unique(parent_row[order], return_index=True)
    unions = {
        int(row): union_of(children.shapes[own], matched[own])
        for row, own in zip(rows, np.split(order, starts[1:]), strict=False)
    }
    now, done = parents, list[Change]()
    for _ in range(_STEPS):
        step = _step(now, unions, plane, tolerances)
        done += step.done
        if not step.done:
            break
        now = Tiling.of(parents.codes, step.shapes)
    return Settled(now.shapes.copy(), done, step.left)


def _step(
    parents: Tiling, unions: Mapping[int, shapely.Geometry], plane: Plane, tolerances: Tolerances
) -> Settled:
    """Make what can be made of each parent at once; see `rebuild`.

    What one step holds back beside others the next may not have to. Every step brings ground to
    what the children say and none takes it away again, so there is an end.
    """
    made = {
        row: _Made.of(str(parents.codes[row]), parents.shapes[row], union, plane, tolerances)
        for row, union in unions.items()
    }
    shapes = parents.shapes.copy()
    if any(one.done for one in made.values()):
        shapes[list(made)] = [one.shape for one in made.values()]
        for attempt in range(_PASSES + len(made)):
            after = Tiling.of(parents.codes, shapes)
            spoilt = shapely.union_all(_spoilt(parents, after, plane, tolerances))
            beside = [
                row
                for row, one in made.items()
                if shapely.intersects(spoilt, [one.was, one.shape]).any()
            ]
            if attempt >= _PASSES:
                # Piece by piece there is no end to it: these stay as they were, whole.
                beside = [row for row in beside if made[row].done]
            if spoilt.is_empty or not beside:
                break
            for row in beside:
                ground = made[row].union.union(made[row].was) if attempt >= _PASSES else spoilt
                made[row] = made[row].as_it_was(ground, plane, tolerances)
                shapes[row] = made[row].shape
    done = [change for one in made.values() for change in one.done]
    left = [change for one in made.values() for change in one.left]
    return Settled(shapes if done else parents.shapes.copy(), done, left)


@dataclass(frozen=True, slots=True)
class _Made:
    """A parent made of its children.

    Attributes
    ----------
    code : str
        Its code.
    was, union, shape : Geometry
        As it was drawn; its children together; what it becomes, the very shape that it had if
        that is it.
    done, left : list of Change
        Where it is another than it was, and where it is not though its children say so; not what
        is only rounding.
    """

    code: str
    was: shapely.Geometry
    union: shapely.Geometry
    shape: shapely.Geometry
    done: list[Change]
    left: list[Change]

    @classmethod
    def of(
        cls,
        code: str,
        was: shapely.Geometry,
        union: shapely.Geometry,
        plane: Plane,
        tolerances: Tolerances,
    ) -> _Made:
        """Make a parent of its children, but for what is above the tolerances."""
        if same_shape(was, union):
            return cls(code, was, union, was, [], [])
        done: list[Change] = []
        left: list[Change] = []
        for _, change in _changes(code, was, union, plane):
            if reason := tolerances.why_not(change.area_m2, change.width_m):
                left.append(_left(change, code, reason))
            else:
                done.append(change)
        shape = union
        if left:
            shape = _but(plane, union, was, shapely.union_all([one.shape for one in left]))
        return cls(code, was, union, was if same_shape(was, shape) else shape, done, left)

    def as_it_was(self, ground: shapely.Geometry, plane: Plane, tolerances: Tolerances) -> _Made:
        """Return it with some ground as it was."""
        for _ in range(_PASSES):
            shape = _but(plane, self.shape, self.was, ground, ground)
            done = [change for _, change in _changes(self.code, self.was, shape, plane)]
            # What was apart may hang together now, and be too large for it.
            large = [one.shape for one in done if not tolerances.bears(one.area_m2, one.width_m)]
            if not large:
                break
            ground = shapely.union_all([ground, *large])
        left = [
            _left(
                change,
                self.code,
                tolerances.why_not(change.area_m2, change.width_m) or _NOT_ONE,
            )
            for _, change in _changes(self.code, shape, self.union, plane)
        ]
        return replace(self, shape=shape if done else self.was, done=done, left=left)


def _spoilt(before: Tiling, after: Tiling, plane: Plane, tolerances: Tolerances) -> Shapes:
    """Return the ground that several parents have now, or none, and did not before.

    What is given up within the tolerances at the outer rim of all of them is not meant, as long as
    they do not enclose it. Of ground beyond the rim that they enclose now, what encloses it is.
    """
    odd = after.unmatched_rows
    left, right = shapely.STRtree(after.shapes).query(after.shapes[odd], predicate="intersects")
    pairs = np.unique(np.sort(np.column_stack((odd[left], right)), axis=1), axis=0)
    one, other = pairs[pairs[:, 0] < pairs[:, 1]].T
    shared = difference(
        intersection(after.shapes[one], after.shapes[other]),
        intersection(before.shapes[one], before.shapes[other]),
    )
    lost, won = (
        plane.parts(difference(*both))[0]
        for both in ((before.union, after.union), (after.union, before.union))
    )
    rings, old_rings = (shapely.union_all(filled(tiling)) for tiling in (after, before))
    shapely.prepare(rings)
    stays = np.array(
        [tolerances.bears(*size) for size in zip(lost.area_m2, lost.width_m, strict=True)],
        dtype=np.bool_,
    ) & ~shapely.contains(rings, shapely.points(lost.lon, lost.lat))
    holes = plane.parts(difference(rings, union_all([after.union, old_rings])))[0].polygon
    around = shapely.STRtree(won.polygon).query(holes, "dwithin", _BESIDE_DEG)[1]
    return np.concatenate(
        [plane.parts(shared)[0].polygon, lost.polygon[~stays], won.polygon[np.unique(around)]]
    )


def _changes(
    code: str, was: shapely.Geometry, becomes: shapely.Geometry, plane: Plane
) -> Iterator[tuple[bool, Change]]:
    """Yield what a parent loses and gains if it becomes another shape, and which of the two.

    What is only rounding is left out.
    """
    lost, won = (
        plane.parts(difference(one, other))[0].polygon
        for one, other in ((was, becomes), (becomes, was))
    )
    for patch, gained in [*((one, False) for one in lost), *((one, True) for one in won)]:
        area, width = (float(one[0]) for one in plane.sizes(np.array([patch], dtype=object)))
        point = shapely.point_on_surface(patch)
        yield (
            gained,
            Change(
                level="",
                kind=Kind.PARENT,
                taken_from=() if gained else (code,),
                given_to=code if gained else "",
                area_m2=area,
                width_m=width,
                lon=float(point.x),
                lat=float(point.y),
                shape=patch,
            ),
        )


def _but(
    plane: Plane,
    shape: shapely.Geometry,
    was: shapely.Geometry,
    ground: shapely.Geometry,
    *cuts: shapely.Geometry,
) -> shapely.Geometry:
    """Return a shape, but on some ground as it was.

    Borders are cut where they meet and the faces chosen that belong to it: an overlay may leave a
    hair of a patch that it takes away, and what the hair encloses is a hole.

    Parameters
    ----------
    plane
        Where to measure.
    shape, was
        What it is but for the ground, and what there.
    ground
        The ground; patches between the borders of both.
    *cuts
        Shapes along whose borders is cut as well, where the ground is something else.
    """
    lines = shapely.union_all([shapely.boundary(one) for one in (shape, was, *cuts)])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    inside = points_inside(faces, plane.sizes(faces)[1])
    shapely.prepare([shape, was, ground])
    kept = np.where(
        shapely.intersects(ground, inside),
        shapely.intersects(was, inside),
        shapely.intersects(shape, inside),
    )
    return together(faces[kept])


def _left(change: Change, code: str, reason: str) -> Change:
    """Return a change as one that was not done."""
    return replace(change, taken_from=(code,), given_to="", note=reason)
