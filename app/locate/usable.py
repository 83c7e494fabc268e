"""Which of many points can be looked up, and why the others cannot: one rule for every door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from app.geo.coordinates import Bounds, faults
from app.geo.datum import datum_named, to_wgs84

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Usable:
    """The points of n that can be looked up.

    Attributes
    ----------
    place : ndarray of int64, shape (m,)
        Which of the n they are, in order.
    lon, lat : ndarray of float64, shape (m,)
        Where they are, WGS-84 degrees.
    reasons : dict of int to str
        Why each of the others cannot, in the caller's language.
    """

    place: Rows
    lon: Floats
    lat: Floats
    reasons: dict[int, str]


def usable(
    lon: Floats,
    lat: Floats,
    datum: str,
    bounds: Bounds,
    language: Language = "en",
    told: Mapping[int, str] | None = None,
) -> Usable:
    """Sort out the points that are no places, and convert the others to WGS-84.

    Parameters
    ----------
    lon, lat : ndarray of float64, shape (n,), degrees of `datum`
    datum
        As `app.geo.datum.datum_named` takes it.
    bounds
        Where points are expected, as for `app.geo.coordinates.faults`.
    language
        Of the reasons.
    told
        Why points are unusable whatever their coordinates, by index.

    Raises
    ------
    BadInputError
        If the datum is unknown.
    """
    named = datum_named(datum)
    reasons = dict(told or {})
    _add_faults(reasons, lon, lat, bounds, language)
    x, y = to_wgs84(lon, lat, named)
    if named != "wgs84":
        # Of a place at the rim of the range nothing may be left in another datum.
        prefix = f"按 {datum} 换算后：" if language == "zh" else f"as {datum}: "
        _add_faults(reasons, x, y, bounds, language, prefix)
    if not reasons:
        return Usable(np.arange(len(x), dtype=np.int64), x, y, reasons)
    good = np.ones(len(x), dtype=np.bool_)
    good[list(reasons)] = False
    return Usable(np.flatnonzero(good), x[good], y[good], reasons)


def _add_faults(
    reasons: dict[int, str],
    lon: Floats,
    lat: Floats,
    bounds: Bounds,
    language: Language,
    prefix: str = "",
) -> None:
    """Note the faults of points that have no reason yet."""
    west, south, east, north = bounds
    # Where points are expected nothing can be wrong with one; only the others are looked into.
    odd = np.flatnonzero(~((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)))
    found = faults(lon[odd], lat[odd], bounds, language)
    for place, fault in zip(odd.tolist(), found.tolist(), strict=True):
        if fault is not None:
            reasons.setdefault(place, prefix + fault)
