"""One thing that was found in the gazetteer for a reading, and how much it is worth."""

from __future__ import annotations

from typing import NamedTuple

from app.addresses.match import Level

# Ranks of findings: what the gazetteer has, its number without the sub-number, between neighbours
# of one side, just beyond them, several grids, elsewhere on the street, against other words.
EXACT, BASE, BETWEEN, BEYOND, SEVERAL_GRIDS, FAR, AGAINST = range(7)
# Degrees of latitude and, at Chengdu, of longitude.
_M_PER_LAT, _M_PER_LON = 111_000.0, 96_000.0
UNKNOWN_M = float("nan")


class Finding(NamedTuple):
    """One thing that was found.

    Attributes
    ----------
    rank : int
        See above.
    level : Level
    grids : dict of int to float
        Weights by grid; -1: outside of all.
    lon, lat : float
    basis : str
        As `app.addresses.match.Basis`.
    border_m : float
        NaN where not known.
    fault : str
        Code of what is wrong with it, "" for nothing.
    detail : str
        Of that fault.
    street : int
    place : int
        Row in doors or buildings, id of a place; -1 for none.
    """

    rank: int
    level: Level
    grids: dict[int, float]
    lon: float
    lat: float
    basis: str
    border_m: float
    fault: str = ""
    detail: str = ""
    street: int = -1
    place: int = -1


def metres(d_lon: float, d_lat: float) -> float:
    """Return about how long a way is that is given in degrees."""
    return float(((d_lon * _M_PER_LON) ** 2 + (d_lat * _M_PER_LAT) ** 2) ** 0.5)


def distance_m(a: Finding, b: Finding) -> float:
    """Return about how far two findings lie apart, metres."""
    return metres(a.lon - b.lon, a.lat - b.lat)
