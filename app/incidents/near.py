"""Boxes in degrees that hold everything within some metres of a point."""

from __future__ import annotations

import math

from app.geo.measure import metres_per_degree

Box = tuple[float, float, float, float]

# What a plane at the point neglects over the distances of a city is far below this share.
_MARGIN = 1.001
# Beyond these a box in degrees has no east and west any more.
_MAX_M, _MAX_LAT = 1_000_000.0, 80.0
WORLD: Box = (-180.0, -90.0, 180.0, 90.0)


def box_around(lon: float, lat: float, metres: float) -> Box:
    """Return west, south, east, north of a box that holds all that lies within a distance.

    Parameters
    ----------
    lon, lat
        Degrees, WGS-84.
    metres
        The distance on the ellipsoid.

    Returns
    -------
    west, south, east, north
        Degrees; the whole world where the box would cross the antimeridian or come near a pole.
    """
    # One degree of latitude is shortest at the equator, one of longitude nearest to the pole.
    high = metres / float(metres_per_degree(0.0)[1]) * _MARGIN
    south, north = lat - high, lat + high
    worst = max(abs(south), abs(north))
    if metres > _MAX_M or worst > _MAX_LAT:
        return WORLD
    # On a sphere a circle is widest at asin(sin r / cos lat), which is less than r over the
    # cosine of its farthest latitude.
    wide = metres / float(metres_per_degree(worst)[0]) * _MARGIN
    west, east = lon - wide, lon + wide
    if west < WORLD[0] or east > WORLD[2]:
        return WORLD
    # A point must not fall off its own box by rounding.
    step = math.ulp(360.0)
    return (west - step, south - step, east + step, north + step)
