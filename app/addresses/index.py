"""The index of a gazetteer: its tables as sorted arrays, built once and mapped from a file."""

from __future__ import annotations

from app.addresses.columns import Arrays
from app.grids import City


def open_arrays(city: City) -> tuple[Arrays, str]:
    """Map the index of the gazetteer of a city, or build it; return it with its version."""
    raise NotImplementedError(city)
