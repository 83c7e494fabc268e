"""Coordinates in metres that are written another way than their CRS says.

In China an easting may begin with the number of its zone (35,451,914 m in zone 35), and x is often
the northing. Read as a CRS that has it otherwise, such coordinates lie thousands of kilometres
away or nowhere; read the right way they lie where the CRS is used.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from app.errors import BadFileError
from app.geo.plane import LONLAT, Shapes
from app.geo.vector_table import Place

Points = npt.NDArray[np.float64]

# Cities are drawn in the zone beside their own, too, but no further away than this.
_MARGIN_DEG = 3.0
# Shapes that are looked at.
_MOST_SHAPES = 1000
# What a zone number counts in an easting.
_ZONE_M = 1_000_000
# CGCS2000 / 3-degree Gauss-Kruger zones 25 to 45 are EPSG:4513 to 4533, CGCS2000 / Gauss-Kruger
# zones 13 to 23, of 6 degrees, EPSG:4491 to 4501.
_ZONES = {zone: 4513 + zone - 25 for zone in range(25, 46)} | {
    zone: 4491 + zone - 13 for zone in range(13, 24)
}


def refuse_misread_metres(path: Place, shapes: Shapes, crs: CRS, name: str) -> None:
    """Refuse a file in metres whose x and y are exchanged, or whose zone number is not in its CRS.

    Parameters
    ----------
    path
        What is read, for the message.
    shapes : ndarray of object
        In their own coordinates.
    crs, name
        What they are read as, and what that is called.

    Raises
    ------
    BadFileError
        If most shapes lie far from where a projected CRS is used, and would lie there if read
        the other way.
    """
    if not crs.is_projected:
        return
    bounds = shapely.bounds(shapes)
    known = bounds[np.isfinite(bounds).all(axis=1)]
    known = known[:: max(1, len(known) // _MOST_SHAPES)]
    middle = (known[:, :2] + known[:, 2:]) / 2
    if not len(middle) or crs.area_of_use is None or _lie_in(middle, crs):
        return
    swapped = middle[:, ::-1]
    zoned, zoned_swapped = _with_zone(middle), _with_zone(swapped)
    exchange = "Its x and y are exchanged: write the easting first"
    exchange_zh = "横、纵坐标似乎颠倒了，应先写横坐标（东），后写纵坐标（北）"
    if _lie_in(swapped, crs):
        hint, hint_zh = f"{exchange}.", f"{exchange_zh}。"
    elif zoned is not None and _lie_in(middle, zoned):
        hint, hint_zh = _state(zoned, middle)
    elif zoned_swapped is not None and _lie_in(swapped, zoned_swapped):
        more, more_zh = _state(zoned_swapped, swapped)
        hint, hint_zh = f"{exchange}. {more}", f"{exchange_zh}。{more_zh}"
    else:
        return
    such = [round(float(one), 2) for one in middle[0]]
    raise BadFileError(
        f"{path} read as {name} lies far from where that is used: its coordinates are such as "
        f"{such}",
        hint,
        message_zh=f"{path} 按 {name} 读取后远离该坐标系的适用范围，坐标如 {such}",
        hint_zh=hint_zh,
    )


def _state(zoned: CRS, points: Points) -> tuple[str, str]:
    """Return the advice to state a CRS that has the zone number, in both languages."""
    zone, code = _zone_of(points), ":".join(zoned.to_authority() or ())
    hint = (
        f'Its eastings begin with the zone number {zone}: state crs = "{code}" ({zoned.name}), '
        f"or, if the datum is another one, its CRS with zone {zone}."
    )
    hint_zh = (
        f'横坐标带有带号 {zone}：请注明 crs = "{code}"（{zoned.name}）；'
        f"若为其他基准，请用该基准带号 {zone} 的坐标系。"
    )
    return hint, hint_zh


def _zone_of(points: Points) -> int:
    return int(np.median(points[:, 0]) // _ZONE_M)


def _with_zone(points: Points) -> CRS | None:
    """Return the CRS of CGCS2000 whose zone number the eastings begin with, None if they do not."""
    code = _ZONES.get(_zone_of(points))
    return None if code is None else CRS.from_epsg(code)


def _lie_in(points: Points, crs: CRS) -> bool:
    """Tell whether most points lie where a CRS is used, or near."""
    area = crs.area_of_use
    if area is None:
        return False
    try:
        lon, lat = Transformer.from_crs(crs, LONLAT, always_xy=True).transform(*points.T)
    except ProjError:
        return False
    within = (lon >= area.west - _MARGIN_DEG) & (lon <= area.east + _MARGIN_DEG)
    within &= (lat >= area.south - _MARGIN_DEG) & (lat <= area.north + _MARGIN_DEG)
    return bool(within.mean() > 0.5)  # noqa: PLR2004 - most
