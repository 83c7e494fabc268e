"""Sides of streets: which numbers follow each other, and whether points follow the numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from app.addresses.columns import SEVERAL
from app.geo.measure import scales

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# A side tells whether it is in order only if it has so many numbers.
_TELLING = 4
# Rank correlation of number and place from which a side is in order; below it measurement found
# interpolation to fail (about a tenth of the sides of real door plates).
_ORDERLY = 0.9
# Doors of one number further apart than this, or a way this much longer than without a number,
# make an outlier.
_APART_M, _DETOUR_M = 120.0, 120.0
# Whether odd and even lie on two sides: so many have to tell, and so many of them the same.
_WITNESSES, _AGREEING = 3, 0.8


def build_sides(
    street: npt.NDArray[np.int32],
    number: npt.NDArray[np.int32],
    grid: npt.NDArray[np.int32],
    lon: Floats,
    lat: Floats,
    streets: int,
) -> dict[str, npt.NDArray[Any]]:
    """Return the columns of `app.addresses.columns.Sides`.

    Parameters
    ----------
    street, number, grid : ndarray of int32, shape (n,)
        Of all doors, in any order.
    lon, lat : ndarray of float64, shape (n,), degrees
    streets
        How many streets there are.

    Returns
    -------
    dict of str to ndarray
        By the names that `Sides` reads.
    """
    order = np.lexsort((number, number % 2, street))
    side = (2 * street.astype(np.int64) + number % 2)[order]
    number, grid = number[order], grid[order]
    x, y = _metres(lon[order], lat[order])
    new = np.ones(len(order), bool)
    new[1:] = (side[1:] != side[:-1]) | (number[1:] != number[:-1])
    first = np.flatnonzero(new)
    if not len(first):
        return _columns(side, number, grid, lon, lat, np.empty(0, bool), streets, {})
    count = np.diff(np.append(first, len(order)))
    mean_x, mean_y = np.add.reduceat(x, first) / count, np.add.reduceat(y, first) / count
    of = np.repeat(np.arange(len(first)), count)
    apart = np.maximum.reduceat(np.hypot(x - mean_x[of], y - mean_y[of]), first) > _APART_M
    low, high = np.minimum.reduceat(grid, first), np.maximum.reduceat(grid, first)
    side, number = side[first], number[first]
    flags = {
        "monotone": _monotone(side, mean_x, mean_y, 2 * streets),
        "parity": _parity(side, number, mean_x, mean_y, streets),
    }
    return _columns(
        side,
        number,
        np.where(low == high, low, SEVERAL),
        np.add.reduceat(lon[order], first) / count,
        np.add.reduceat(lat[order], first) / count,
        apart | _detours(side, mean_x, mean_y),
        streets,
        flags,
    )


def _columns(
    side: Ints,
    number: npt.NDArray[Any],
    grid: npt.NDArray[Any],
    lon: Floats,
    lat: Floats,
    outlier: Flags,
    streets: int,
    flags: dict[str, npt.NDArray[np.uint8]],
) -> dict[str, npt.NDArray[Any]]:
    return {
        "side.first": np.searchsorted(side, np.arange(2 * streets + 1)).astype(np.int32),
        "side.number": number.astype(np.int32),
        "side.grid": grid.astype(np.int32),
        "side.lon": lon.astype(np.float64),
        "side.lat": lat.astype(np.float64),
        "side.outlier": outlier.astype(np.uint8),
        "side.monotone": flags.get("monotone", np.zeros(2 * streets, np.uint8)),
        "side.parity": flags.get("parity", np.zeros(streets, np.uint8)),
    }


def _metres(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return metres east and north; scaled at the middle latitude, which is enough for a street."""
    if not len(lon):
        return lon, lat
    east, north = scales(float(np.median(lat)))
    return lon * east, lat * north


def _monotone(side: Ints, x: Floats, y: Floats, sides: int) -> npt.NDArray[np.uint8]:
    """Return for each side 0 where too few numbers tell, 1 where points do not follow them, else 2.

    Points follow the numbers if their ranks along the side's main axis correlate with them by
    `_ORDERLY` (Spearman), or if the way in order of the numbers is no longer than that in order
    of the axis: a road that turns back has no axis, but nobody walks it in zigzag.
    """
    first = np.flatnonzero(np.r_[True, side[1:] != side[:-1]])
    count = np.diff(np.append(first, len(side)))
    of = np.repeat(np.arange(len(first)), count)
    dx = x - (np.add.reduceat(x, first) / count)[of]
    dy = y - (np.add.reduceat(y, first) / count)[of]
    xx, yy, xy = (np.add.reduceat(part, first) for part in (dx * dx, dy * dy, dx * dy))
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    along = dx * np.cos(angle)[of] + dy * np.sin(angle)[of]
    order = np.lexsort((along, of))
    place = np.arange(len(of)) - first[of]
    rank = np.empty(len(of), np.int64)
    rank[order] = place
    square = np.add.reduceat((place - rank).astype(np.float64) ** 2, first)
    size = np.maximum(count, 2).astype(np.float64)
    spearman = 1 - 6 * square / (size * (size * size - 1))
    by_number = _way(of, x, y, len(first))
    by_axis = _way(of, x[order], y[order], len(first))
    orderly = (np.abs(spearman) >= _ORDERLY) | (by_number <= by_axis)
    found = np.zeros(sides, np.uint8)
    found[side[first]] = np.where(count < _TELLING, 0, np.where(orderly, 2, 1))
    return found


def _way(of: Ints, x: Floats, y: Floats, sides: int) -> Floats:
    """Return the length of the way through the points of each side, in their order, metres."""
    step = np.hypot(np.diff(x), np.diff(y))
    within = of[1:] == of[:-1]
    way: Floats = np.bincount(of[1:][within], step[within], minlength=sides).astype(np.float64)
    return way


def _detours(side: Ints, x: Floats, y: Floats) -> Flags:
    """Return which points lie far off the way from the number below to the number above."""
    found = np.zeros(len(side), bool)
    if len(side) < 3:  # noqa: PLR2004 - a point and its two neighbours
        return found
    inner = (side[2:] == side[:-2]).nonzero()[0] + 1
    back = np.hypot(x[inner] - x[inner - 1], y[inner] - y[inner - 1])
    on = np.hypot(x[inner + 1] - x[inner], y[inner + 1] - y[inner])
    straight = np.hypot(x[inner + 1] - x[inner - 1], y[inner + 1] - y[inner - 1])
    found[inner] = back + on - straight > np.maximum(_DETOUR_M, straight)
    return found


def _parity(
    side: Ints, number: npt.NDArray[np.int32], x: Floats, y: Floats, streets: int
) -> npt.NDArray[np.uint8]:
    """Return for each street 0 where too few tell, 1 where parity tells no side, 2 where it does.

    A number lies left or right of the way between the two numbers of the other parity around it;
    all odd numbers have to lie on one hand, all even ones on the other.
    """
    # Sorted by side and number; the other parity's numbers around each.
    wide = np.int64(1 << 20)
    line = side * wide + number
    other = (side ^ 1) * wide + number
    above = np.searchsorted(line, other)
    inside = (above > 0) & (above < len(line))
    above = np.where(inside, above, 1 if len(line) > 1 else 0)
    below = np.maximum(above - 1, 0)
    inside &= (side[above] == side ^ 1) & (side[below] == side ^ 1)
    ux, uy = x[above] - x[below], y[above] - y[below]
    vx, vy = x - x[below], y - y[below]
    # Odd numbers mirrored, so that both sides vote for the same thing.
    vote = np.sign(ux * vy - uy * vx) * np.where(side % 2 == 1, -1.0, 1.0)
    inside &= vote != 0
    street = side // 2
    votes = np.bincount(street[inside], minlength=streets)
    total = np.abs(np.bincount(street[inside], vote[inside], minlength=streets))
    agreeing = (1 + total / np.maximum(votes, 1)) / 2 >= _AGREEING
    return np.where(votes < _WITNESSES, 0, np.where(agreeing, 2, 1)).astype(np.uint8)
