"""Houses where corrections put them: the tiles of the last zoom in which that changes anything.

The archive of a city has its houses as the gazetteer was imported. A correction moves a door or
adds one; then a few tiles are others, and the page is told which. The archive stays as it is, so
that a page that was opened before goes on with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from app.addresses.amendments import Amendments, amend
from app.addresses.index import TABLE, read_tables
from app.locate import Locator
from app.maps.houses import HOUSES, Houses, house_layer, house_tiles, read_houses, tiles_reached
from app.maps.mvt import without_layer
from app.maps.tiles import MAX_ZOOM

# Marks that differ by less are the same: a few units of EPSG:3857.
_SAME_M = 0.01


@dataclass(frozen=True, slots=True)
class MovedHouses:
    """What corrections change of the houses in tiles.

    Attributes
    ----------
    version : str
        Hash of the corrections; "" if they change nothing.
    layers : dict of (int, int) to bytes
        By column and row of the last zoom: the layer of houses; no bytes where none is left.
    """

    version: str = ""
    layers: Mapping[tuple[int, int], bytes] = field(default_factory=dict)

    def tile(self, archived: bytes, column: int, row: int) -> bytes:
        """Return a tile of the archive, with the houses where they are now.

        Parameters
        ----------
        archived
            The tile as the archive has it, not compressed; no bytes if it has none.
        column, row
            Of the last zoom.
        """
        layer = self.layers.get((column, row))
        return archived if layer is None else without_layer(archived, HOUSES) + layer


def moved_houses(locator: Locator, amendments: Amendments) -> MovedHouses:
    """Return what corrections change of the houses in the tiles of a city.

    Parameters
    ----------
    locator
        Of the city.
    amendments
        The corrections in effect.

    Raises
    ------
    CityError
        If the gazetteer is damaged.
    """
    city = locator.city
    # A name of a place moves no house.
    points = Amendments(points=amendments.points)
    if not points or not house_layer(city)[0]:
        return MovedHouses()
    tables = read_tables(city.folder, city.manifest)
    before = read_houses(city, tables[TABLE])
    after = read_houses(city, amend(locator, tables, points)[TABLE])
    gone, come = _differing(before, after), _differing(after, before)
    changed = tiles_reached(gone, MAX_ZOOM) | tiles_reached(come, MAX_ZOOM)
    made = house_tiles(after, MAX_ZOOM, changed)
    layers = {(x, y): made.get((MAX_ZOOM, x, y), b"") for x, y in sorted(changed)}
    return MovedHouses(points.version if layers else "", layers)


def _differing(houses: Houses, others: Houses) -> Houses:
    """Return those houses that are not among others."""
    known = set(_keys(others))
    rows = np.array([one not in known for one in _keys(houses)], dtype=bool)
    return Houses(houses.corners[rows], houses.number[rows])


def _keys(houses: Houses) -> list[tuple[bytes, str]]:
    places = np.round(houses.corners / _SAME_M).astype(np.int64)
    return [(place.tobytes(), number) for place, number in zip(places, houses.number, strict=True)]
