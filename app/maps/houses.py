"""Where houses stand: a mark at every door and building of the gazetteer, with its number.

A mark is a sign, not an outline: of one size, at the point that the gazetteer gives, set along the
nearest road as houses are. The points of one building (its entrances) have one mark around them.
A city that brings outlines as a base layer, `buildings`, has those drawn, and of the gazetteer only
the numbers.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import shapely

from app.addresses.entry import Kind
from app.addresses.index import TABLE, read_tables
from app.grids import City
from app.grids.manifest import BaseLayer
from app.maps.mvt import EXTENT, shapes_layer
from app.maps.simplify import mercator

HOUSES, BUILDINGS = "houses", "buildings"
_NAME, _NAME_BESIDE_OUTLINES = "房屋与门牌", "门牌号"
# Sides of the mark of a door along and across the street, and the room around the points of a
# building, metres. Points of one name farther apart than a building is long are several.
_DOOR_M, _AROUND_M, _LONGEST_M = (10.0, 9.0), 12.0, 120.0
_TOGETHER_M = 1.0
_BUILDING_WORDS = ("town", "community", "road", "number", "estate", "building")
_COLUMNS = (*_BUILDING_WORDS, "sub_number", "kind", "lon", "lat")
_HALF_M = 20_037_508.342789244  # half the side of EPSG:3857
# Corners of a mark, in the order in which vector tiles want the outside of an area.
_CORNERS = np.array([(-1.0, -1.0), (-1.0, 1.0), (1.0, 1.0), (1.0, -1.0)])

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Houses:
    """Houses of a gazetteer in EPSG:3857.

    Attributes
    ----------
    corners : ndarray of float64, shape (n, 4, 2)
        Corners of the marks; shape (n, 1, 2), the points alone, where the city brings outlines.
    number : ndarray of str objects, shape (n,)
        What stands at the house: ``128``, ``128-3``, ``3栋``; "" for nothing.
    """

    corners: Floats
    number: Texts

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.number)


@dataclass(frozen=True, slots=True)
class _Boxes:
    """Marks before they are turned: middle, half of both sides in EPSG:3857, angle or NaN."""

    xy: Floats
    half: Floats
    angle: Floats


def house_layer(city: City) -> tuple[str, str]:
    """Return id and name of the layer of houses; both empty if the city has none.

    It has none without a gazetteer, or if the id is that of another layer of its own.
    """
    manifest = city.manifest
    taken = {base.id for base in manifest.bases}
    taken |= {level.id for level in manifest.levels}
    taken |= {overlay.id for overlay in manifest.overlays}
    if TABLE not in manifest.tables or HOUSES in taken:
        return "", ""
    return HOUSES, _NAME_BESIDE_OUTLINES if BUILDINGS in taken else _NAME


def light_bases(city: City) -> list[BaseLayer]:
    """Return the base layers that a file to be mailed can carry: all but outlines of buildings."""
    return [base for base in city.manifest.bases if base.id != BUILDINGS]


def read_houses(city: City, table: pa.Table | None = None) -> Houses:
    """Read the houses of a city from its gazetteer.

    Parameters
    ----------
    city
        A city that has a gazetteer.
    table
        Its rows, if they are others than those of the folder.

    Raises
    ------
    CityError
        If the gazetteer is damaged.
    """
    if table is None:
        table = read_tables(city.folder, city.manifest)[TABLE]
    frame = table.select(list(_COLUMNS)).to_pandas()
    kind = frame["kind"].to_numpy(dtype=object)
    doors, buildings = frame[kind == Kind.DOOR.value], frame[kind == Kind.BUILDING.value]
    door_boxes, (building_boxes, names) = _door_boxes(doors), _building_boxes(buildings)
    number = np.concatenate([_door_numbers(doors), names])
    xy = np.concatenate([door_boxes.xy, building_boxes.xy])
    if any(base.id == BUILDINGS for base in city.manifest.bases):
        return Houses(xy[:, None, :], number)
    half = np.concatenate([door_boxes.half, building_boxes.half])
    angle = np.concatenate([door_boxes.angle, building_boxes.angle])
    angle = np.where(np.isnan(angle), _along_roads(city, xy), angle)
    along = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    signed = _CORNERS[None, :, :] * half[:, None, :]
    corners = xy[:, None] + signed[..., :1] * along[:, None] + signed[..., 1:] * across[:, None]
    return Houses(corners, number)


def house_tiles(
    houses: Houses, zoom: int, only: Collection[tuple[int, int]] | None = None
) -> dict[tuple[int, int, int], bytes]:
    """Return the layer of houses of each tile of a zoom, by zoom, column and row.

    A mark that reaches over the edge of a tile is whole in both, and its middle is in one.

    Parameters
    ----------
    houses
        All that there are.
    zoom
        Of the tiles.
    only
        Columns and rows of the tiles that are wanted; all if left out.
    """
    places, pairs = _pairs(houses, zoom)
    found = {}
    starts = np.flatnonzero(np.r_[True, np.any(np.diff(pairs[:, :2], axis=0) != 0, axis=1)])
    for part in np.split(pairs, starts[1:]) if len(pairs) else []:
        column, row = (int(one) for one in part[0, :2])
        if only is not None and (column, row) not in only:
            continue
        own = part[:, 2]
        units = np.round((places[own] - (column, row)) * EXTENT).astype(np.int64)
        rings = zip(units.tolist(), houses.number[own].tolist(), strict=True)
        layer = shapes_layer(HOUSES, ((ring, {"number": text or None}) for ring, text in rings))
        found[zoom, column, row] = layer
    return found


def tiles_reached(houses: Houses, zoom: int) -> set[tuple[int, int]]:
    """Return columns and rows of the tiles of a zoom that houses reach."""
    return {(int(x), int(y)) for x, y, _ in _pairs(houses, zoom)[1]}


def _pairs(houses: Houses, zoom: int) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return corners in tiles, from the upper left one of the world; column, row, house, sorted."""
    side = 2 * _HALF_M / 2**zoom
    places = np.stack(
        [houses.corners[..., 0] + _HALF_M, _HALF_M - houses.corners[..., 1]], axis=-1
    ) / side  # fmt: skip
    low, high = (np.floor(edge).astype(np.int64) for edge in (places.min(1), places.max(1)))
    ends = np.stack([low, high], axis=1)
    rows = np.tile(np.arange(len(houses)), 4)
    tiles = np.concatenate([np.stack([ends[:, a, 0], ends[:, b, 1]], 1) for a, b in _PAIRS])
    return places, np.unique(np.column_stack([tiles, rows]), axis=0)


_PAIRS = ((0, 0), (0, 1), (1, 0), (1, 1))


def _door_boxes(doors: pd.DataFrame) -> _Boxes:
    xy, scale = _placed(doors)
    half = scale[:, None] * np.array(_DOOR_M) / 2.0
    return _Boxes(xy, half, np.full(len(xy), np.nan))


def _door_numbers(doors: pd.DataFrame) -> Texts:
    number = doors["number"].astype(object).to_numpy(dtype=object)
    sub = doors["sub_number"].astype(object).to_numpy(dtype=object)
    return np.array(
        [f"{a}-{b}" if a and b else a or b for a, b in zip(number, sub, strict=True)], dtype=object
    )


def _building_boxes(buildings: pd.DataFrame) -> tuple[_Boxes, Texts]:
    """Return one mark around the points of each building, and its name."""
    xy, scale = _placed(buildings)
    words = list(_BUILDING_WORDS)
    named = buildings.groupby(words, observed=True, sort=False).ngroup()
    group = np.asarray(named, dtype=np.int64)
    size = _spread(xy, group)[1].max(axis=1, initial=0.0)
    lone = size[group] > _LONGEST_M * scale if len(group) else np.zeros(0, dtype=bool)
    group = np.where(lone, group.max(initial=0) + 1 + np.arange(len(group)), group)
    _, first, building = np.unique(group, return_index=True, return_inverse=True)
    middle, span, angle = _spread(xy, np.asarray(building, dtype=np.int64))
    scale = scale[first]
    # One point, or points on each other, say nothing of how the building lies.
    angle[span.max(axis=1, initial=0.0) < _TOGETHER_M * scale] = np.nan
    half = (span + _AROUND_M * scale[:, None]) / 2.0
    names = buildings["building"].astype(object).to_numpy(dtype=object)[first]
    return _Boxes(middle, half, angle), names


def _spread(xy: Floats, group: npt.NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
    """Return for each group of points the middle, the extent along and across its axis, the axis.

    The axis is that in which the points spread the most.
    """
    count = np.bincount(group)[:, None]
    mean = np.column_stack([np.bincount(group, xy[:, k]) for k in (0, 1)]) / count
    off = xy - mean[group]
    xx, yy, cross = (
        np.bincount(group, one)
        for one in (off[:, 0] ** 2, off[:, 1] ** 2, off[:, 0] * off[:, 1])
    )  # fmt: skip
    angle = 0.5 * np.arctan2(2 * cross, xx - yy)
    way = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    turned = np.stack(
        [
            (off * way[group]).sum(axis=1),
            off[:, 1] * way[group, 0] - off[:, 0] * way[group, 1],
        ],
        axis=1,
    )
    low, high = np.full((len(mean), 2), np.inf), np.full((len(mean), 2), -np.inf)
    np.minimum.at(low, group, turned)
    np.maximum.at(high, group, turned)
    centre = (low + high) / 2.0
    across = np.stack([-way[:, 1], way[:, 0]], axis=1)
    return mean + centre[:, :1] * way + centre[:, 1:] * across, high - low, angle


def _placed(frame: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return points in EPSG:3857, and how many of its units a metre is at each."""
    lat = frame["lat"].to_numpy(dtype=np.float64)
    points = mercator(np.asarray(shapely.points(frame["lon"].to_numpy(np.float64), lat), object))
    return shapely.get_coordinates(points), 1.0 / np.cos(np.radians(lat))


def _along_roads(city: City, xy: Floats) -> Floats:
    """Return the direction of the piece of road nearest to each point; 0 where there are none."""
    if not any(base.id == "roads" for base in city.manifest.bases):
        return np.zeros(len(xy))
    lines = shapely.get_parts(mercator(np.asarray(city.base("roads").geometry.array, object)))
    ends, line = shapely.get_coordinates(lines, return_index=True)
    joined = line[1:] == line[:-1]
    a, b = ends[:-1][joined], ends[1:][joined]
    if not len(a):
        return np.zeros(len(xy))
    near = shapely.STRtree(shapely.linestrings(np.stack([a, b], 1))).nearest(shapely.points(xy))
    way = (b - a)[near]
    return np.asarray(np.arctan2(way[:, 1], way[:, 0]), dtype=np.float64)
