"""Parents rebuilt as the unions of their children."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from app.geo.plane import Plane, Shapes
from app.grids.coverage import Tiling, union_of
from app.grids.mend_changes import Change, Kind, Tolerances
from app.grids.mend_faces import Settled

Rows = npt.NDArray[np.int64]


def rebuild(
    parents: Tiling, children: Tiling, parent_row: Rows, plane: Plane, tolerances: Tolerances
) -> Settled:
    """Make each parent the union of its children, where that moves nothing above the tolerances.

    What a parent has beyond its children, or they beyond it, is a patch each; patches above the
    tolerances stay as the parent had them, and are told. A parent without children stays.

    Parameters
    ----------
    parents, children
        Two levels; their shapes are valid.
    parent_row : ndarray of int64
        Row of the parent of each child, -1 for none.
    plane, tolerances
        Where to measure, and how much may be done.
    """
    shapes = parents.shapes.copy()
    done: list[Change] = []
    left: list[Change] = []
    matched = shapely.is_empty(children.edges)
    for row in range(len(shapes)):
        own = np.flatnonzero(parent_row == row)
        if not len(own):
            continue
        union = union_of(children.shapes[own], matched[own])
        more, less = _patches(parents.shapes[row], union, plane)
        small: list[Change] = []
        keep: list[shapely.Geometry] = []
        drop: list[shapely.Geometry] = []
        code = str(parents.codes[row])
        for patch, gained in [*((one, False) for one in more), *((one, True) for one in less)]:
            area, width = (float(one[0]) for one in plane.sizes(np.array([patch], dtype=object)))
            reason = tolerances.why_not(area, width)
            if reason:
                (drop if gained else keep).append(patch)
            point = shapely.point_on_surface(patch)
            change = Change(
                level="",
                kind=Kind.PARENT,
                taken_from=() if gained and not reason else (code,),
                given_to=code if gained and not reason else "",
                area_m2=area,
                width_m=width,
                lon=float(point.x),
                lat=float(point.y),
                note=reason,
                shape=patch,
            )
            (left if reason else small).append(change)
        new = shapely.difference(shapely.union_all([union, *keep]), shapely.union_all(drop))
        if small:
            shapes[row] = new
        done += small
    return Settled(shapes, done, left)


def _patches(
    parent: shapely.Geometry, union: shapely.Geometry, plane: Plane
) -> tuple[Shapes, Shapes]:
    """Return the polygons of the parent that no child has, and of the children beyond it.

    What is only rounding is left out: where no more than that is apart, the parent stays.
    """
    apart = [shapely.difference(parent, union), shapely.difference(union, parent)]
    missing, excess = (plane.parts([one])[0].polygon for one in apart)
    return missing, excess
