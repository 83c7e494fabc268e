"""Whether boundaries lie where they should: on the right side of the Earth, and on their parents.

A wrong datum or a wrong declaration cannot be seen in the numbers of one file, but against another
that shares borders with it: each corner of a parent is a corner of some child. Nothing is
corrected here; what is found is said with its likely cause.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from app.geo.datum import SHIFTED_BOUNDS, from_wgs84, to_wgs84
from app.geo.plane import Plane, Shapes
from app.geo.vector_table import VectorTable
from app.grids.constant_shift import find_constant_shift

Points = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float64]
Bounds = tuple[float, float, float, float]

# China with its islands, generously: min lon, min lat, max lon, max lat.
CHINA = (73.0, 3.0, 136.0, 54.0)
# Corners of the reference that are looked at: enough for a quartile, few enough for any city.
_MOST_POINTS = 3000
# Two files that lie within this of each other are drawn alike; surveyed borders differ by that.
_ALIKE_M = 20.0
# A cause is likely if it brings the files this much nearer to each other.
_BETTER = 4.0
# Where a child may be looked for: further than any of the datums lies from another.
_REACH_M = 3000.0
# Of the corners within reach some belong to parents of which no child is there; not a quarter.
_QUARTILE = 0.25

# Dimension of polygons.
_AREA = 2

_CAUSES = (
    # Name of the datum that the boundaries, or the reference, may be in; which of the two.
    ("gcj02", True),
    ("bd09", True),
    ("gcj02", False),
    ("bd09", False),
)


@dataclass(frozen=True, slots=True)
class Shift:
    """How far boundaries lie from those that they should share borders with.

    Attributes
    ----------
    apart_m : float
        Distance of corners of the reference to the nearest border in metres, lower quartile.
    datum : str
        The datum that would explain it.
    own : bool
        Whether it is that of the boundaries (else of the reference).
    left_m : float
        What of the distance is left if so.
    east_m, north_m : float
        Where the boundaries lie, seen from where they would.
    """

    apart_m: float
    datum: str
    own: bool
    left_m: float
    east_m: float
    north_m: float


def expected_bounds(metric_crs: str) -> Bounds:
    """Return where a city is expected: the area in which its stated metric CRS is used, or China.

    Parameters
    ----------
    metric_crs
        As the boundary set states it; empty if it does not.

    Returns
    -------
    tuple of float
        Min lon, min lat, max lon, max lat in degrees.
    """
    area = CRS.from_user_input(metric_crs).area_of_use if metric_crs else None
    return CHINA if area is None else area.bounds


def place_notes(shapes: Shapes, expected: Bounds) -> list[str]:
    """Say whether most shapes lie outside of where they are expected, and what may be the cause.

    Parameters
    ----------
    shapes : ndarray of object, shape (n,)
        In degrees; None where there is none.
    expected
        As `expected_bounds` has it.
    """
    bounds = shapely.bounds(shapes)
    known = bounds[np.isfinite(bounds).all(axis=1)]
    middle = (known[:, :2] + known[:, 2:]) / 2
    outside = ~_within(middle, expected)
    if not len(known) or outside.sum() * 2 <= len(known):
        return []
    lon, lat = (float(one) for one in np.median(middle[outside], axis=0))
    if _within(middle[outside][:, ::-1], expected).mean() > 0.5:  # noqa: PLR2004 - most
        cause = "longitude and latitude are probably swapped: write lon first"
    else:
        cause = (
            "the CRS that it declares, or the one stated, is probably another one; if the city "
            "does lie there, state its metric_crs"
        )
    where = "China" if expected == CHINA else "the area in which metric_crs is used"
    note = f"{outside.sum()} of {len(known)} shapes lie outside of {where}, about lon {lon:.4f}, "
    return [f"{note}lat {lat:.4f}: {cause}"]


def shift_notes(
    shapes: Shapes, reference: Shapes, name: str, plane: Plane, stated: str = "wgs84"
) -> list[str]:
    """Say whether shapes lie off a reference as one datum lies off another, or by any one way.

    Parameters
    ----------
    shapes, reference : ndarray of object
        Polygons in degrees that should share borders, the reference the coarser.
    name
        What the reference is called.
    plane
        Where to measure.
    stated
        The datum that the shapes were read as.
    """
    found = find_shift(shapes, reference, plane)
    if found is not None:
        return [_shift_note(found, f"corners of {name}", "here", name, stated)]
    constant = find_constant_shift(shapes, reference, plane)
    return [] if constant is None else [constant.note(name)]


def notes_of_each(files: Sequence[VectorTable], notes: Callable[[Shapes], list[str]]) -> list[str]:
    """Return what is to be noted of single files of a level, which all together hide.

    Parameters
    ----------
    files
        The files of one level; nothing is said of one that is alone.
    notes
        What is said of shapes, as by `place_notes` or `shift_notes`.
    """
    if len(files) == 1:
        return []
    found = []
    for one in files:
        polygons = one.geometry[shapely.get_dimensions(one.geometry) == _AREA]
        polygons = polygons[
            shapely.get_type_id(polygons) != shapely.GeometryType.GEOMETRYCOLLECTION
        ]
        found += [f"{one.path}: {note}" for note in notes(polygons)]
    return found


def reference_notes(
    shapes: Shapes, lines: Shapes, name: str, plane: Plane, stated: str = "wgs84"
) -> list[str]:
    """Say whether shapes lie off lines along which their borders run, as `shift_notes` does.

    Parameters
    ----------
    shapes : ndarray of object
        Polygons in degrees.
    lines : ndarray of object
        Lines, such as the middles of roads, or polygons with their borders, in degrees.
    name, plane, stated
        As for `shift_notes`.
    """
    seen = find_shift(lines, shapes, plane)
    if seen is None:
        return []
    found = replace(seen, own=not seen.own, east_m=-seen.east_m, north_m=-seen.north_m)
    return [_shift_note(found, "corners here", f"of {name}", name, stated)]


def _shift_note(found: Shift, corners: str, borders: str, name: str, stated: str) -> str:
    sides = (
        f"{abs(found.east_m):.0f} m {'east' if found.east_m > 0 else 'west'} and "
        f"{abs(found.north_m):.0f} m {'north' if found.north_m > 0 else 'south'}"
    )
    left = f"{found.left_m:.1f} m would be left"
    if not found.own and stated == found.datum:
        cause = f"these boundaries are not in {stated}, as is stated (without it {left})"
    else:
        who = "these boundaries are" if found.own else f"those of {name} are"
        cause = f'{who} in {found.datum} (then {left}); if so, state datum = "{found.datum}"'
    return (
        f"{corners} lie {found.apart_m:.0f} m (lower quartile) off the borders {borders}: these "
        f"boundaries seem shifted {sides}; probably {cause}"
    )


def find_shift(shapes: Shapes, reference: Shapes, plane: Plane) -> Shift | None:
    """Find the datum that explains why shapes lie off a reference; None if nothing does.

    Corners of the reference that lie on the shapes, or near, are moved as each datum would have
    them, and the one is taken that brings them nearest to the borders of the shapes.

    Parameters
    ----------
    shapes, reference : ndarray of object
        Polygons in degrees; `shapes` may be lines as well.
    plane
        Where to measure.
    """
    borders = shapes[~shapely.is_missing(shapes)]
    areas = shapely.get_dimensions(borders) == _AREA  # lines stay as they are
    borders = np.where(areas, shapely.boundary(borders), borders)
    corners = np.unique(shapely.get_coordinates(reference), axis=0)
    corners = corners[_within(corners, SHIFTED_BOUNDS)]
    if not len(borders) or not len(corners):
        return None
    tree = shapely.STRtree(shapely.transform(borders, plane.to_metres))
    corners = _near(corners[:: max(1, len(corners) // _MOST_POINTS)], tree, plane)
    if not len(corners):
        return None
    apart = _apart(corners, tree, plane)
    if apart < _ALIKE_M:
        return None
    best: Shift | None = None
    for datum, own in _CAUSES:
        # If the shapes are in the datum, the corners must be brought there, and the other way.
        change = from_wgs84 if own else to_wgs84
        moved = np.column_stack(change(corners[:, 0], corners[:, 1], datum))
        left = _apart(moved, tree, plane)
        if left * _BETTER < apart and left < _ALIKE_M and (best is None or left < best.left_m):
            by = plane.to_metres(moved) - plane.to_metres(corners)
            east, north = (float(one) for one in np.median(by, axis=0))
            best = Shift(apart, datum, own, left, east, north)
    return best


def _near(corners: Points, tree: shapely.STRtree, plane: Plane) -> Points:
    """Return the corners that lie within reach of a border."""
    points = shapely.points(plane.to_metres(corners))
    rows, _ = tree.query_nearest(points, max_distance=_REACH_M, all_matches=False)
    return np.asarray(corners[rows])


def _apart(corners: Points, tree: shapely.STRtree, plane: Plane) -> float:
    points = shapely.points(plane.to_metres(corners))
    _, distance = tree.query_nearest(points, all_matches=False, return_distance=True)
    return float(np.quantile(distance, _QUARTILE))


def _within(points: Points, bounds: Bounds) -> npt.NDArray[np.bool_]:
    west, south, east, north = bounds
    across = (points[:, 0] >= west) & (points[:, 0] <= east)
    return np.asarray(across & (points[:, 1] >= south) & (points[:, 1] <= north))
