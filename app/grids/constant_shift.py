"""Boundaries that lie off their parents by the same way everywhere, whatever the cause.

Each corner of a parent is a corner of some child. If one file lies off the other by a constant way,
that way leads from nearly every corner of the parents to a corner of the children, while any other
way leads there by chance only. So all ways from corners to corners near them are counted, and the
one most often met is looked at (a Hough transform of the translation). A whole zone of the
Gauss-Krüger projections is too far for that and is tried by itself: coordinates of one zone that
are taken for those of another lie off by just 3 or 6 degrees of longitude.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from app.geo.plane import Plane, Shapes

Points = npt.NDArray[np.float64]

# How far the ways that are counted may lead, in metres: further than older datums lie from
# CGCS2000 in China (about 200 m).
_REACH_M = 500.0
# Corners as near as this are the same corner: surveys of one border differ by less.
_SAME_M = 3.0
_BIN_M = 2.0
# So many of the corners must be met along the way, and at most so many without it.
_MET = 0.6
_MET_ALREADY = 0.2
# Corners that are looked at, and the least of which anything is said.
_MOST, _LEAST = 300, 12
_ZONES_DEG = (3.0, -3.0, 6.0, -6.0)


@dataclass(frozen=True, slots=True)
class ConstantShift:
    """How far boundaries lie from those that they should share corners with.

    Attributes
    ----------
    east_m, north_m : float
        Where the boundaries lie, seen from where they would; 0 where it is a zone.
    zone_deg : float
        Degrees of longitude that they lie too far east; 0 where it is no zone.
    met : float
        Share of the corners that would be met without the shift.
    """

    east_m: float
    north_m: float
    zone_deg: float
    met: float

    def note(self, name: str) -> str:
        """Return what to say of it; `name` is what the reference is called."""
        met = f"{self.met:.0%} of the corners of {name} would then be met"
        if self.zone_deg:
            side = "east" if self.zone_deg > 0 else "west"
            return (
                f"these boundaries lie {abs(self.zone_deg):g} degrees of longitude too far {side} "
                f"of {name}: probably the CRS that is declared or stated has another central "
                f"meridian than the coordinates (EPSG:4544 for 4545, say); {met}"
            )
        sides = (
            f"{abs(self.east_m):.1f} m {'east' if self.east_m > 0 else 'west'} and "
            f"{abs(self.north_m):.1f} m {'north' if self.north_m > 0 else 'south'}"
        )
        return (
            f"these boundaries lie {sides} of {name}, everywhere alike; neither gcj02 nor bd09 "
            "explains it: perhaps an older datum (Beijing 1954, Xi'an 1980) or an offset that was "
            f"added; {met}"
        )


def find_constant_shift(shapes: Shapes, reference: Shapes, plane: Plane) -> ConstantShift | None:
    """Find the one way by which shapes lie off a reference; None if there is none.

    Parameters
    ----------
    shapes, reference : ndarray of object
        Polygons in degrees that should share corners, the reference the coarser.
    plane
        Where to measure.
    """
    corners = np.unique(shapely.get_coordinates(reference), axis=0)
    vertices = np.unique(shapely.get_coordinates(shapes), axis=0)
    if len(corners) < _LEAST or len(vertices) < _LEAST:
        return None
    corners = corners[:: max(1, len(corners) // _MOST)]
    for zone_deg in _ZONES_DEG:
        there = vertices - [zone_deg, 0.0]
        low, high = there.min(axis=0), there.max(axis=0)
        if ((corners >= low) & (corners <= high)).all(axis=1).mean() < _MET:
            continue
        met = _met(plane.to_metres(corners), cKDTree(plane.to_metres(there)))
        if met >= _MET:
            return ConstantShift(0.0, 0.0, zone_deg, met)
    tree = cKDTree(plane.to_metres(vertices))
    from_ = plane.to_metres(corners)
    near = tree.query(from_, distance_upper_bound=_REACH_M)[0] < np.inf
    from_ = from_[near]
    if len(from_) < _LEAST or _met(from_, tree) > _MET_ALREADY:
        return None
    way = _commonest_way(from_, tree)
    met = _met(from_ + way, tree)
    if met < _MET:
        return None
    return ConstantShift(float(way[0]), float(way[1]), 0.0, met)


def _met(corners: Points, tree: cKDTree) -> float:
    """Return the share of corners at which there is a vertex."""
    return float((tree.query(corners)[0] <= _SAME_M).mean())


def _commonest_way(corners: Points, tree: cKDTree) -> Points:
    """Return the way that most often leads from a corner to a vertex, in metres."""
    bins = int(2 * _REACH_M / _BIN_M)
    count = np.zeros((bins, bins))
    for corner in corners:
        ways = tree.data[tree.query_ball_point(corner, _REACH_M)] - corner
        place = np.clip(((ways + _REACH_M) / _BIN_M).astype(np.int64), 0, bins - 1)
        # A corner counts once for a way, however many vertices stand there.
        count[tuple(np.unique(place, axis=0).T)] += 1
    around = np.zeros_like(count)
    for east in (-1, 0, 1):
        for north in (-1, 0, 1):
            around += np.roll(count, (east, north), axis=(0, 1))
    best = np.unravel_index(int(np.argmax(around)), around.shape)
    way = (np.array(best, dtype=np.float64) + 0.5) * _BIN_M - _REACH_M
    found, nearest = tree.query(corners + way)
    hit = found <= 2 * _SAME_M
    return np.asarray(np.median(tree.data[nearest[hit]] - corners[hit], axis=0))
