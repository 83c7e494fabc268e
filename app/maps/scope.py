"""The part of a city that a map or a report shows: all of it, or one grid with what lies in it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely

from app.errors import BadInputError, NotFoundError
from app.geo.datum import from_wgs84
from app.grids import City, Grid
from app.maps.simplify import Shapes, mercator

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of a city.

    Attributes
    ----------
    city : City
    area : Grid or None
        The grid that is shown, None for the whole city.
    rows : dict of str to ndarray of int64
        By level and overlay, the rows that belong to it, in order. Of the levels above the area,
        the one row above it.
    datum : str
        In which it is drawn: ``wgs84``, or ``gcj02`` over a basemap that is shifted.
    """

    city: City
    area: Grid | None
    rows: dict[str, Rows]
    datum: str = "wgs84"

    @property
    def name(self) -> str:
        """What titles call it."""
        return self.area.name if self.area else self.city.manifest.name

    def moved(self, shapes: Shapes) -> Shapes:
        """Return shapes of the city, in lon, lat of WGS-84, in lon, lat of the map's datum."""
        if self.datum == "wgs84":
            return shapes

        def move(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
            return np.column_stack(from_wgs84(points[:, 0], points[:, 1], self.datum))

        return np.asarray(shapely.transform(shapes, move), dtype=object)

    def flat(self, shapes: Shapes) -> Shapes:
        """Return shapes of the city, in lon, lat of WGS-84, in EPSG:3857 of the map's datum."""
        return mercator(self.moved(shapes))

    def shows(self, level: str) -> bool:
        """Tell whether the shapes of a level lie within it, rather than around it."""
        ids = [one.id for one in self.city.levels]
        return self.area is None or ids.index(level) >= ids.index(self.area.part.id)


def find_area(city: City, text: str) -> Grid:
    """Return the grid of a level that a code or a name means.

    Raises
    ------
    NotFoundError
        If no grid of any level has this code or name.
    BadInputError
        If several grids have the name; names their codes.
    """
    found: list[Grid] = []
    for level in city.levels:
        layer = city.layer(level.id)
        if text in layer.row_of:
            return city.find(text, level.id)
        rows = np.flatnonzero(layer.names == text)
        found += [city.find(str(layer.codes[row]), level.id) for row in rows]
    if not found:
        level = city.levels[0]
        names = [str(name) for name in city.layer(level.id).names]
        raise NotFoundError(
            f"{city.manifest.name} has no grid with the name or code {text!r}",
            f"{level.name}: {', '.join(names[:40])}",
            message_zh=f"{city.manifest.name} 没有名称或编码为 {text!r} 的网格",
            hint_zh=f"{level.name}：{'、'.join(names[:40])}",
        )
    if len(found) > 1:
        codes = [grid.code for grid in found]
        raise BadInputError(
            f"{len(found)} grids are called {text!r}: {codes[:10]}",
            "Give the code in place of the name.",
            message_zh=f"有 {len(found)} 个网格名为 {text!r}：{codes[:10]}",
            hint_zh="请改用网格编码。",
        )
    return found[0]


def scope_of(city: City, area: Grid | None = None, datum: str = "wgs84") -> Scope:
    """Return the whole city, or what lies in one grid of a level, drawn in a datum."""
    rows: dict[str, Rows] = {}
    ids = [level.id for level in city.levels]
    if area is None:
        for ident in [*ids, *(overlay.id for overlay in city.overlays)]:
            rows[ident] = np.arange(len(city.layer(ident)))
        return Scope(city, None, rows, datum)
    for grid in city.chain(area):
        rows[grid.part.id] = np.array([grid.row])
    for above, ident in pairwise(ids):
        if ident not in rows:
            layer = city.layer(ident)
            rows[ident] = np.flatnonzero(np.isin(layer.parent_row, rows[above]))
    for overlay in city.overlays:
        layer = city.layer(overlay.id)
        below = ids.index(area.part.id) <= ids.index(overlay.parent_level)
        parents = rows[overlay.parent_level] if below else np.empty(0, np.int64)
        rows[overlay.id] = np.flatnonzero(np.isin(layer.parent_row, parents))
    return Scope(city, area, rows, datum)
