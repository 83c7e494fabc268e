"""Where an incident is: as given, in WGS-84, and what the locator says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from app.errors import BadInputError, NotFoundError
from app.geo.datum import datum_named, to_wgs84
from app.grids import City
from app.grids.manifest import Overlay
from app.incidents.checks import check_accuracy
from app.incidents.incident import UNLOCATED
from app.incidents.records import location_record
from app.locate import Locator


@dataclass(frozen=True, slots=True)
class Place:
    """A place as given, in WGS-84, and what the locator says of it."""

    lon_given: float | None
    lat_given: float | None
    datum: str
    lon: float | None
    lat: float | None
    accuracy_m: float
    location: dict[str, Any]

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of an incident that it fills."""
        codes = self.location.get("codes", {})
        return {
            "lon_given": self.lon_given,
            "lat_given": self.lat_given,
            "datum": self.datum,
            "lon": self.lon,
            "lat": self.lat,
            "accuracy_m": self.accuracy_m,
            "location": self.location,
            "location_status": self.location["status"],
            "generation": self.location["generation"],
            "grid": list(codes.values())[-1] if codes else None,
        }


def find_place(
    locator: Locator,
    lon: float | None,
    lat: float | None,
    datum: str,
    accuracy_m: float,
    grid: str | None = None,
) -> Place:
    """Locate a place.

    Parameters
    ----------
    locator
        Of the city.
    lon, lat
        Degrees in `datum`; both None where only words are known.
    datum
        ``wgs84`` (``cgcs2000``), ``gcj02`` or ``bd09``.
    accuracy_m
        How far the true place may be, metres.
    grid
        Code of a grid of any level or overlay that holds the place. It counts where no point is
        given: then the place lies in that grid and in those above it, and nobody knows where.

    Raises
    ------
    BadInputError
        If a value is not usable, no grid has that code, or only one of lon and lat is given.
    """
    datum = datum_named(datum)
    check_accuracy(accuracy_m)
    city = locator.city
    if (lon is None) != (lat is None):
        raise BadInputError(
            f"lon is {lon} and lat is {lat}: one is missing",
            message_zh=f"lon 为 {lon}、lat 为 {lat}：缺少其一",
        )
    if lon is None or lat is None:
        nowhere = {
            "city": city.manifest.id,
            "generation": city.manifest.generation,
            "status": UNLOCATED,
        }
        within = _within(city, grid) if grid else {}
        return Place(None, None, datum, None, None, accuracy_m, nowhere | within)
    x, y = (float(part[0]) for part in to_wgs84(np.array([lon]), np.array([lat]), datum))
    location = locator.locate(x, y, accuracy_m)
    return Place(lon, lat, datum, x, y, accuracy_m, location_record(location, city))


def _within(city: City, code: str) -> dict[str, Any]:
    """Return what a kept location says of a place of which only a grid is known."""
    try:
        grid = city.find(code)
    except NotFoundError as error:
        raise BadInputError(
            error.message, error.hint, message_zh=error.message_zh, hint_zh=error.hint_zh
        ) from None
    known: dict[str, Any] = {"codes": {}, "overlays": {}}
    for one in city.chain(grid):
        if isinstance(one.part, Overlay):
            known["overlays"][one.part.id] = [one.code]
        else:
            known["codes"][one.part.id] = one.code
    return known
