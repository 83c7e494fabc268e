"""China's datums: WGS-84, GCJ-02 (AMap, Tencent) and BD-09 (Baidu).

CGCS2000 differs from WGS-84 by centimetres, so here it is another name of it. GCJ-02 lies up to
about 700 m away from WGS-84 and BD-09 further still: more than a small grid is wide. Nothing in
a pair of numbers tells its datum, so the datum is always declared, never guessed.

Notice: China's surveying law (测绘法) restricts who may collect, process and publish surveying
data, and how. These functions are for lawful users of lawful data, who bring data that they may
hold into the one datum in which they work; whoever uses them answers for that use.

Neither formula was ever issued by its author. Both have long been public in open source
(googollee/eviltransform, hujiulong/gcoord, Artoria2e5/PRCoords), and the constants below are
theirs. Here the inverses are solved by iteration instead of approximated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.errors import BadInputError

FloatArray: TypeAlias = NDArray[np.float64]
Pair: TypeAlias = tuple[FloatArray, FloatArray]

DATUMS = ("wgs84", "gcj02", "bd09")
_ALIASES = {"cgcs2000": "wgs84"}

# The shift of GCJ-02 applies to WGS-84 points inside this rectangle (lon, lat, degrees) alone.
SHIFTED_BOUNDS = (72.004, 0.8293, 137.8347, 55.8271)

# Krasovsky 1940 (EPSG:7024): semi-major axis in metres; 1/f = 298.3, ee = 2f - f².
_AXIS_M = 6378245.0
_EE = 0.00669342162296594323
# Baidu counts its wave in 3000ths of a half turn per degree and moves the origin.
_BD09_WAVE = np.pi * 3000.0 / 180.0
_BD09_LON, _BD09_LAT = 0.0065, 0.006

# Both shifts change by less than 3 % of the step, so each round gains a digit and a half or
# more; six reach the last bits of a double and the rest is headroom.
_ROUNDS = 20
_SETTLED_DEG = 1e-12
# No GCJ-02 point is further than this from its WGS-84 point inside the rectangle (0.011 at most).
_REACH_DEG = 0.05
_RIM_DEG = 1e-10


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Convert WGS-84 to GCJ-02.

    Parameters
    ----------
    lon, lat
        Array-likes of one shape (or shapes that broadcast), degrees.

    Returns
    -------
    lon, lat : ndarray of float64
        Degrees, of the common shape. Points outside `SHIFTED_BOUNDS` come out as they went in.
        A point of which a member is not finite comes out as NaN, NaN.
    """
    x, y = _pair(lon, lat)
    moved = _within(x, y, 0.0)
    dx, dy = _gcj02_shift(x[moved], y[moved])
    x[moved] += dx
    y[moved] += dy
    return x, y


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Convert GCJ-02 to WGS-84, the inverse of `wgs84_to_gcj02` to 1e-9 degree.

    At the rim of `SHIFTED_BOUNDS`, where the shift begins at once, the inverse is not unique. A
    point that the shift can have produced is shifted back. Any other point is returned as it is,
    because outside the rectangle nothing was shifted. So every WGS-84 point inside comes back
    from a round trip; one outside, but within a shift's length of the rim, may not.

    Parameters
    ----------
    lon, lat
        Array-likes of one shape (or shapes that broadcast), degrees.

    Returns
    -------
    lon, lat : ndarray of float64
        Degrees; NaN, NaN for a point of which a member is not finite.
    """
    x, y = _pair(lon, lat)
    near = np.flatnonzero(_within(x, y, _REACH_DEG))
    flat_x, flat_y = x.reshape(-1), y.reshape(-1)
    back_x, back_y = _solve(_gcj02_shift, flat_x[near], flat_y[near])
    # A point of the rim itself may come back a rounding error outside of it.
    inside = _within(back_x, back_y, _RIM_DEG)
    west, south, east, north = SHIFTED_BOUNDS
    flat_x[near[inside]] = np.clip(back_x[inside], west, east)
    flat_y[near[inside]] = np.clip(back_y[inside], south, north)
    return x, y


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Convert GCJ-02 to BD-09.

    Baidu's own shift applies everywhere, inside China's rectangle and outside of it.

    Parameters
    ----------
    lon, lat
        Array-likes of one shape (or shapes that broadcast), degrees.

    Returns
    -------
    lon, lat : ndarray of float64
        Degrees; NaN, NaN for a point of which a member is not finite.
    """
    x, y = _pair(lon, lat)
    dx, dy = _bd09_shift(x, y)
    return np.asarray(x + dx), np.asarray(y + dy)


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Convert BD-09 to GCJ-02, the inverse of `gcj02_to_bd09` to 1e-9 degree.

    Parameters
    ----------
    lon, lat
        Array-likes of one shape (or shapes that broadcast), degrees.

    Returns
    -------
    lon, lat : ndarray of float64
        Degrees; NaN, NaN for a point of which a member is not finite.
    """
    return _solve(_bd09_shift, *_pair(lon, lat))


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Convert WGS-84 to BD-09: `wgs84_to_gcj02`, then `gcj02_to_bd09`."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Convert BD-09 to WGS-84: `bd09_to_gcj02`, then `gcj02_to_wgs84`."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


_TO_WGS84: dict[str, Callable[[ArrayLike, ArrayLike], Pair]] = {
    "gcj02": gcj02_to_wgs84,
    "bd09": bd09_to_wgs84,
}
_FROM_WGS84: dict[str, Callable[[ArrayLike, ArrayLike], Pair]] = {
    "gcj02": wgs84_to_gcj02,
    "bd09": wgs84_to_bd09,
}


def to_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str) -> Pair:
    """Convert coordinates of a declared datum to WGS-84.

    Parameters
    ----------
    lon, lat
        Array-likes of one shape (or shapes that broadcast), degrees.
    datum
        As `datum_named` takes it.

    Returns
    -------
    lon, lat : ndarray of float64
        New arrays, degrees; NaN, NaN for a point of which a member is not finite.

    Raises
    ------
    BadInputError
        If the datum is not one of `DATUMS`.
    """
    return _TO_WGS84.get(datum_named(datum), _pair)(lon, lat)


def from_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str) -> Pair:
    """Convert WGS-84 coordinates to the given datum; the other way round of `to_wgs84`."""
    return _FROM_WGS84.get(datum_named(datum), _pair)(lon, lat)


def datum_named(name: str) -> str:
    """Return the member of `DATUMS` that is meant.

    Parameters
    ----------
    name
        A member of `DATUMS` or ``cgcs2000`` (as ``wgs84``); capitals and a hyphen before the
        year are allowed (``GCJ-02``).

    Raises
    ------
    BadInputError
        If it is anything else.
    """
    plain = name.strip().lower().replace("-", "")
    known = _ALIASES.get(plain, plain)
    if known not in DATUMS:
        allowed = ", ".join((*DATUMS, *_ALIASES))
        raise BadInputError(
            f"datum {name!r} is not known, allowed are {allowed}",
            "GPS and Tianditu give wgs84, AMap and Tencent gcj02, Baidu bd09.",
            message_zh=f"不认识坐标系 {name!r}，可用的有 {allowed}",
            hint_zh="GPS、天地图为 wgs84，高德、腾讯为 gcj02，百度为 bd09。",
        )
    return known


def _pair(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Return two fresh float64 arrays of one shape, NaN in both where either is not finite."""
    x, y = np.broadcast_arrays(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
    x, y = np.array(x, order="C"), np.array(y, order="C")
    lost = ~(np.isfinite(x) & np.isfinite(y))
    x[lost] = np.nan
    y[lost] = np.nan
    return x, y


def _within(x: FloatArray, y: FloatArray, margin: float) -> NDArray[np.bool_]:
    """Tell which points lie in `SHIFTED_BOUNDS` grown by `margin` degrees, rim included."""
    west, south, east, north = SHIFTED_BOUNDS
    return np.asarray(
        (x >= west - margin) & (x <= east + margin) & (y >= south - margin) & (y <= north + margin)
    )


def _gcj02_shift(lon: FloatArray, lat: FloatArray) -> Pair:
    """Return GCJ-02 minus WGS-84 at WGS-84 points, in degrees, wherever they are."""
    x, y = lon - 105.0, lat - 35.0
    root = 0.1 * np.sqrt(np.abs(x))
    fine = 20.0 * (np.sin(6.0 * np.pi * x) + np.sin(2.0 * np.pi * x))
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * (x + y) + root + 2.0 / 3.0 * (
        fine
        + 20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi / 3.0 * x)
        + 150.0 * np.sin(np.pi / 12.0 * x) + 300.0 * np.sin(np.pi / 30.0 * x)
    )  # fmt: skip
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 2.0 * root + 2.0 / 3.0 * (
        fine
        + 20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi / 3.0 * y)
        + 160.0 * np.sin(np.pi / 12.0 * y) + 320.0 * np.sin(np.pi / 30.0 * y)
    )  # fmt: skip
    phi = np.radians(lat)
    w2 = 1.0 - _EE * np.sin(phi) ** 2
    # Radii of curvature of the ellipsoid: across the meridian, and along it.
    normal_m = _AXIS_M / np.sqrt(w2)
    meridian_m = normal_m * (1.0 - _EE) / w2
    return (
        np.asarray(np.degrees(east_m / (normal_m * np.cos(phi)))),
        np.asarray(np.degrees(north_m / meridian_m)),
    )


def _bd09_shift(lon: FloatArray, lat: FloatArray) -> Pair:
    """Return BD-09 minus GCJ-02 at GCJ-02 points, in degrees."""
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(_BD09_WAVE * lat)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(_BD09_WAVE * lon)
    return (
        np.asarray(radius * np.cos(angle) + _BD09_LON - lon),
        np.asarray(radius * np.sin(angle) + _BD09_LAT - lat),
    )


def _solve(shift: Callable[[FloatArray, FloatArray], Pair], x: FloatArray, y: FloatArray) -> Pair:
    """Return the points p with p + shift(p) = (x, y), by fixed-point iteration."""
    from_x, from_y = x, y
    for _ in range(_ROUNDS):
        dx, dy = shift(from_x, from_y)
        next_x, next_y = x - dx, y - dy
        step = np.fmax(np.abs(next_x - from_x), np.abs(next_y - from_y))
        from_x, from_y = next_x, next_y
        if not np.any(step > _SETTLED_DEG):
            break
    return np.asarray(from_x), np.asarray(from_y)
