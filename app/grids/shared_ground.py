"""How much ground the grids of two editions have in common, pair by pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from app.geo.plane import Plane, Shapes

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Pieces smaller than this, or thinner on average, are borders drawn anew, not ground that moved:
# a city folder holds coordinates rounded to 1e-7 degree, about a centimetre.
NOISE_M2, NOISE_M = 1.0, 0.05
_PAIRS = 50_000
# To which share of an area the plane is exact, with a margin.
_EXACT = 1e-5


@dataclass(frozen=True, slots=True)
class SharedGround:
    """Pieces that a grid of before has in common with one of after.

    Attributes
    ----------
    before, after : ndarray of int64, shape (p,)
        Rows of the two grids, ordered by `before`, then by `after`.
    area_m2 : ndarray of float64, shape (p,)
        What they have in common; never less than `NOISE_M2`, but where both are the same shape.
    area_before_m2, area_after_m2 : ndarray of float64, shape (n,) and (m,)
        Areas of all grids.
    bare_m2 : ndarray of float64, shape (n,)
        How much of each grid of before no grid of after covers.
    twin : ndarray of int64, shape (n,)
        For each grid of before the one of after that has the same corners; -1 for none.
    """

    before: Rows
    after: Rows
    area_m2: Floats
    area_before_m2: Floats
    area_after_m2: Floats
    bare_m2: Floats
    twin: Rows


def shared_ground(before: Shapes, after: Shapes, plane: Plane) -> SharedGround:
    """Lay one edition of a level over another.

    A grid that both have corner for corner has all its ground in common with its twin; it is not
    laid over other such grids, so an overlap that both editions have is no change. All is cut in
    degrees, where borders are straight, and measured in the plane.

    Parameters
    ----------
    before, after
        Polygons in degrees, shape (n,) and (m,).
    plane
        The plane of the city.
    """
    before, after = _valid(before), _valid(after)
    area_before, area_after = plane.area_m2(before), plane.area_m2(after)
    twin = _twins(before, after)
    one, other = _candidates(before, after, twin)
    area, around = np.zeros(len(one)), np.zeros(len(one))
    for start in range(0, len(one), _PAIRS):
        part = slice(start, start + _PAIRS)
        piece = shapely.intersection(before[one[part]], after[other[part]])
        area[part], around[part] = plane.area_m2(piece), plane.length_m(piece)
    same = np.flatnonzero(twin >= 0)
    covered = np.bincount(one, area, minlength=len(before))
    covered[same] = area_before[same]
    bare = area_before - covered
    rim = NOISE_M * plane.length_m(before) / 2
    bare[bare < np.maximum.reduce([np.full(len(bare), NOISE_M2), rim, _EXACT * area_before])] = 0
    # Twice the area by the perimeter is the width of a long strip.
    real = (area >= NOISE_M2) & (2 * area >= NOISE_M * around)
    one, other = np.append(one[real], same), np.append(other[real], twin[same])
    area = np.append(area[real], area_before[same])
    order = np.lexsort((other, one))
    return SharedGround(one[order], other[order], area[order], area_before, area_after, bare, twin)


def _valid(shapes: Shapes) -> Shapes:
    bad = np.flatnonzero(~shapely.is_valid(shapes))
    if not len(bad):
        return shapes
    mended = shapes.copy()
    mended[bad] = shapely.make_valid(shapes[bad], method="structure", keep_collapsed=False)
    return mended


def _twins(before: Shapes, after: Shapes) -> Rows:
    """Return for each shape of before the row of after that is the same, each used once."""
    known: dict[bytes, int] = {}
    for row, key in enumerate(shapely.to_wkb(shapely.normalize(after))):
        known.setdefault(key, row)
    keys = shapely.to_wkb(shapely.normalize(before))
    return np.array([known.pop(key, -1) for key in keys], dtype=np.int64)


def _candidates(before: Shapes, after: Shapes, twin: Rows) -> tuple[Rows, Rows]:
    """Return pairs of grids that meet, of which at least one has no twin."""
    alone = np.flatnonzero(twin < 0)
    fresh = np.setdiff1d(np.arange(len(after)), twin)
    left, right = shapely.STRtree(after).query(before[alone], predicate="intersects")
    pairs = [(alone[left], right)]
    paired = np.flatnonzero(twin >= 0)
    left, right = shapely.STRtree(before[paired]).query(after[fresh], predicate="intersects")
    pairs.append((paired[right], fresh[left]))
    one, other = (np.concatenate(part).astype(np.int64) for part in zip(*pairs, strict=True))
    return one, other
