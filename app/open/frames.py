"""The grids of a level or overlay as a table that stands for itself: names, parents, areas."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.errors import BadInputError
from app.geo.datum import from_wgs84
from app.geo.plane import LONLAT, Plane
from app.grids import City, Layer, Overlay
from app.grids.city import REQUIRED_COLUMNS
from app.locate.rows import SYNTHETIC_NOTE
from app.open.references import references_of

Shapes = npt.NDArray[np.object_]

WGS84 = "wgs84"
_SHIFTED = {"gcj02": "GCJ-02", "bd09": "BD-09"}
_DEGREE = 'ANGLEUNIT["degree",0.0174532925199433]'
_LOCAL = (
    'ENGCRS["{name} (shifted; not WGS 84)",EDATUM["{name}"],CS[Cartesian,2],'
    f'AXIS["longitude",east,ORDER[1],{_DEGREE}],AXIS["latitude",north,ORDER[2],{_DEGREE}]]'
)
_AREA_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Frame:
    """In which coordinates a file is written.

    Attributes
    ----------
    code : str
        ``wgs84``, ``gcj02``, ``bd09`` or such as ``EPSG:4544``.
    crs : str
        What the file declares; of a shifted datum, which no register knows, a local CRS that is
        called by its name, so that no program takes it for another.
    label : str
        What the file says of it in words.
    """

    code: str
    crs: str
    label: str

    @property
    def lonlat(self) -> bool:
        """Whether it is plain longitude and latitude in WGS-84."""
        return self.code == WGS84


def frames_of(city: City) -> tuple[str, ...]:
    """Return the codes of what a city can be written in."""
    known = [one.code for one in references_of(city).values()][1:]
    return (WGS84, *known, *_SHIFTED)


def frame_named(city: City, code: str) -> Frame:
    """Return the coordinates of a code, in capitals or not; ``EPSG:4326`` is ``wgs84``.

    Raises
    ------
    BadInputError
        If a city cannot be written in them.
    """
    plain = code.strip().lower()
    plain = WGS84 if plain == LONLAT.lower() else plain
    known = {one.lower(): one for one in frames_of(city)}
    if plain not in known:
        allowed = ", ".join(known.values())
        raise BadInputError(
            f"crs is {code!r:.80}, allowed are {allowed}",
            message_zh=f"crs 为 {code!r:.80}，可用：{allowed}",
        )
    found = known[plain]
    if found in _SHIFTED:
        name = _SHIFTED[found]
        return Frame(found, _LOCAL.format(name=name), f"{name} (shifted; not WGS 84) 偏移坐标")
    return Frame(found, LONLAT if found == WGS84 else found, found.replace(WGS84, "WGS-84"))


def table_of(city: City, ident: str, frame: Frame) -> gpd.GeoDataFrame:
    """Return the grids of a level or overlay with all that is known of them.

    Parameters
    ----------
    city
        The edition.
    ident
        Id of the level or overlay.
    frame
        In which coordinates.

    Returns
    -------
    GeoDataFrame
        Columns code, name, parent, parent_name; code and name of each level above it; area_km2 in
        the city's metric CRS; what else the folder holds; level, generation, datum, and
        data_note if the city is not real. By code.

    Raises
    ------
    NotFoundError
        If there is no such level.
    """
    layer = city.layer(ident)
    columns: dict[str, npt.ArrayLike] = {
        "code": layer.codes,
        "name": layer.names,
        "parent": layer.parents,
    }
    columns |= _above(city, layer)
    area = Plane(city.manifest.metric_crs).area_m2(layer.geometry) / 1e6
    columns["area_km2"] = np.round(area, _AREA_DECIMALS)
    for name in layer.frame.columns:
        if name not in columns and name not in REQUIRED_COLUMNS:
            columns[str(name)] = layer.frame[name].to_numpy()
    columns["level"] = np.full(len(layer), ident, dtype=object)
    columns["generation"] = np.full(len(layer), city.manifest.generation, dtype=object)
    columns["datum"] = np.full(len(layer), frame.label, dtype=object)
    if city.manifest.synthetic:
        columns["data_note"] = np.full(len(layer), SYNTHETIC_NOTE, dtype=object)
    shapes = _moved(city, shapely.orient_polygons(layer.geometry), frame)
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=shapes, crs=frame.crs)


def _above(city: City, layer: Layer) -> dict[str, npt.ArrayLike]:
    """Return the name of the parent, and code and name of the grid of each level above."""
    ids = [level.id for level in city.levels]
    part = layer.part
    nearest = ids.index(part.parent_level) if isinstance(part, Overlay) else ids.index(part.id) - 1
    found: dict[str, npt.ArrayLike] = {}
    rows = layer.parent_row
    for place in range(nearest, -1, -1):
        upper = city.layer(ids[place])
        known = rows >= 0
        code, name = (np.full(len(layer), "", dtype=object) for _ in range(2))
        code[known], name[known] = upper.codes[rows[known]], upper.names[rows[known]]
        if place == nearest:
            found["parent_name"] = name
        found |= {f"{ids[place]}_code": code, f"{ids[place]}_name": name}
        rows = np.where(known, upper.parent_row[rows], -1)
    return found


def _moved(city: City, shapes: Shapes, frame: Frame) -> Shapes:
    if frame.code in _SHIFTED:
        return np.asarray(
            shapely.transform(
                shapes, lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], frame.code))
            )
        )
    for one in references_of(city).values():
        if one.code == frame.code:
            return one.flat(shapes)
    return shapes
