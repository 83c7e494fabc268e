"""What is wrong with a pair of coordinates, before anything is looked up with it.

Three faults can be seen in the numbers alone: a value that is not a finite number, a place that
is not on Earth, and longitude and latitude given in the wrong order. A wrong datum cannot be
seen; see app.geo.datum.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.errors import BadCoordinateError

FloatArray: TypeAlias = NDArray[np.float64]
Bounds: TypeAlias = tuple[float, float, float, float]

MAX_LON, MAX_LAT = 180.0, 90.0
# A point this far outside of the bounds may still be meant as it stands.
SWAP_MARGIN_DEG = 1.0


class _Fault(IntEnum):
    NONE = 0
    LON_NOT_FINITE = 1
    LAT_NOT_FINITE = 2
    SWAPPED = 3
    LON_RANGE = 4
    LAT_RANGE = 5


_REASON = {
    _Fault.LON_NOT_FINITE: "lon is not a finite number: {lon}",
    _Fault.LAT_NOT_FINITE: "lat is not a finite number: {lat}",
    _Fault.SWAPPED: "swapped? lon {lon}, lat {lat}",
    _Fault.LON_RANGE: "lon {lon} is out of range, allowed is -180 to 180 degrees",
    _Fault.LAT_RANGE: "lat {lat} is out of range, allowed is -90 to 90 degrees",
}
_REASON_ZH = {
    _Fault.LON_NOT_FINITE: "经度不是有限的数：{lon}",
    _Fault.LAT_NOT_FINITE: "纬度不是有限的数：{lat}",
    _Fault.SWAPPED: "经纬度是否颠倒？经度 {lon}，纬度 {lat}",
    _Fault.LON_RANGE: "经度 {lon} 超出范围，允许 -180 至 180 度",
    _Fault.LAT_RANGE: "纬度 {lat} 超出范围，允许 -90 至 90 度",
}
_NUMBER_HINT = ("Give both in decimal degrees.", "请以十进制度给出经纬度。")
_HINT = {
    _Fault.LON_NOT_FINITE: _NUMBER_HINT,
    _Fault.LAT_NOT_FINITE: _NUMBER_HINT,
    _Fault.SWAPPED: ("Longitude comes first.", "经度在前，纬度在后。"),
    _Fault.LON_RANGE: _NUMBER_HINT,
    _Fault.LAT_RANGE: _NUMBER_HINT,
}


def faults(
    lon: ArrayLike,
    lat: ArrayLike,
    bounds: Bounds | None = None,
    language: Literal["en", "zh"] = "en",
) -> NDArray[np.object_]:
    """Say of each point what is wrong with it.

    Plainly swapped is a point that lies outside of `bounds` as it is given and inside of them
    when its members are exchanged (both with a degree of margin), or one whose latitude can
    only be a longitude (90 < |lat| ≤ 180) while its longitude can be a latitude.

    Parameters
    ----------
    lon, lat
        Array-likes of one shape, degrees.
    bounds
        Where points are expected, as (min lon, min lat, max lon, max lat) in degrees; without
        them a swap shows only where the latitude is impossible.
    language
        Of the reasons: English or Chinese.

    Returns
    -------
    ndarray of object, of the shape of `lon`
        None for a usable point, else the reason, quoting the value.
    """
    x, y, kinds = _examine(lon, lat, bounds)
    reasons = np.full(x.shape, None, dtype=object)
    table = _REASON_ZH if language == "zh" else _REASON
    for spot in np.flatnonzero(kinds):
        reasons.flat[spot] = _reason(table, int(kinds.flat[spot]), x.flat[spot], y.flat[spot])
    return reasons


def check_lonlat(
    lon: ArrayLike | float, lat: ArrayLike | float, bounds: Bounds | None = None
) -> None:
    """Refuse points of which any has a fault.

    Parameters
    ----------
    lon, lat, bounds
        As for `faults`.

    Raises
    ------
    BadCoordinateError
        For the first point at fault, in English and Chinese; of several points it says which.
    """
    # Nearly every call is one point where it is expected; numpy would take longer than the lookup.
    if bounds is not None and isinstance(lon, float) and isinstance(lat, float):
        west, south, east, north = bounds
        if west <= lon <= east and south <= lat <= north:
            return
    x, y, kinds = _examine(lon, lat, bounds)
    wrong = np.flatnonzero(kinds)
    if not len(wrong):
        return
    first = wrong[0]
    kind = _Fault(kinds.flat[first])
    texts = [_reason(table, kind, x.flat[first], y.flat[first]) for table in (_REASON, _REASON_ZH)]
    if x.size > 1:
        texts[0] = f"point {first + 1} of {x.size}: {texts[0]}"
        texts[1] = f"第 {first + 1} 个点（共 {x.size} 个）：{texts[1]}"
    hint, hint_zh = _HINT[kind]
    raise BadCoordinateError(texts[0], hint, message_zh=texts[1], hint_zh=hint_zh)


def _examine(
    lon: ArrayLike, lat: ArrayLike, bounds: Bounds | None
) -> tuple[FloatArray, FloatArray, NDArray[np.uint8]]:
    """Return the points as float64 arrays, and the fault of each."""
    x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    if x.shape != y.shape:
        raise ValueError(f"lon and lat have the shapes {x.shape} and {y.shape}")
    east, north = np.abs(x), np.abs(y)
    swapped = (north > MAX_LAT) & (north <= MAX_LON) & (east <= MAX_LAT)
    if bounds is not None:
        swapped |= _near(y, x, bounds) & ~_near(x, y, bounds)
    # The last that applies wins.
    kinds = np.zeros(x.shape, dtype=np.uint8)
    for kind, hit in (
        (_Fault.LAT_RANGE, north > MAX_LAT),
        (_Fault.LON_RANGE, east > MAX_LON),
        (_Fault.SWAPPED, swapped),
        (_Fault.LAT_NOT_FINITE, ~np.isfinite(y)),
        (_Fault.LON_NOT_FINITE, ~np.isfinite(x)),
    ):
        kinds[hit] = kind
    return x, y, kinds


def _near(x: FloatArray, y: FloatArray, bounds: Bounds) -> NDArray[np.bool_]:
    west, south, east, north = bounds
    across = (x >= west - SWAP_MARGIN_DEG) & (x <= east + SWAP_MARGIN_DEG)
    along = (y >= south - SWAP_MARGIN_DEG) & (y <= north + SWAP_MARGIN_DEG)
    return np.asarray(across & along)


def _reason(table: dict[_Fault, str], kind: int, x: float, y: float) -> str:
    # float() so that numpy's scalars print as plain numbers.
    return table[_Fault(kind)].format(lon=float(x), lat=float(y))
