"""The rows of a gazetteer as numbers: ids of the places they name, labels, grids."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from app.addresses.columns import BASES
from app.addresses.entry import CORRECTIONS, SCHEMA, Kind
from app.addresses.normalise import key
from app.addresses.numbers import (
    MAX_NUMBER,
    building_key,
    group_key,
    lane_key,
    section_key,
    sub_number,
    unit_key,
)
from app.addresses.texted import Texted
from app.addresses.variants import short_key
from app.errors import CityError

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SECTION = re.compile(
    r"(?P<road>.{2,}?)(?P<section>第?(?:\d+|[一二三四五六七八九十]+|[东西南北中上下])段)"
)
_LABELLED = {
    "section": section_key,
    "lane": lane_key,
    "sub_number": sub_number,
    "building": building_key,
    "unit": unit_key,
}
# Whose point is a middle, which tells nothing about the grids that it lies in.
AREAS = (Kind.TOWN, Kind.COMMUNITY, Kind.ROAD)


@dataclass(slots=True)
class Rows:
    """n rows of a gazetteer as numbers.

    Attributes
    ----------
    place : dict of Kind to ndarray of int32, shape (n,)
        Ids of the places that a row names, -1 for none.
    names : dict of Kind to list of str
        Names of the places by id.
    town_of : dict of Kind to ndarray of int32
        Id of the town of each place, -1 for none.
    label : dict of str to ndarray of int32, shape (n,)
        Labels of section, lane, sub_number, building and unit; 0 for none.
    labels : list of str
        Keys by label.
    number : ndarray of int32, shape (n,)
        Base number, -1 for none.
    grid : ndarray of int32, shape (n,)
        Place in `grids`, -1 outside of all.
    grids : list of str
        Codes.
    lon, lat, border_m : ndarray of float64, shape (n,)
    basis : ndarray of uint8, shape (n,)
        Index into `BASES`.
    verified : ndarray of bool, shape (n,)
        Whether somebody who knows said so: the row is a correction.
    spot : ndarray of bool, shape (n,)
        Whether the row is a spot, not the middle of a town, community or road.
    """

    place: dict[Kind, Ints]
    names: dict[Kind, list[str]]
    town_of: dict[Kind, Ints]
    label: dict[str, Ints]
    labels: list[str]
    number: Ints
    grid: Ints
    grids: list[str]
    lon: Floats
    lat: Floats
    border_m: Floats
    basis: npt.NDArray[np.uint8]
    verified: Flags
    spot: Flags

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.number)


def rows_of(table: pa.Table, codes: npt.NDArray[np.object_]) -> Rows:
    """Return the rows of a gazetteer's table as numbers.

    Parameters
    ----------
    table
        Of `app.addresses.entry.SCHEMA`.
    codes : ndarray of object
        Of the finest grids, which are the `grids` of the rows.

    Raises
    ------
    CityError
        If a column is missing, a number is not one, or a grid is none of the codes.
    """
    missing = [name for name in SCHEMA.names if name not in table.column_names]
    if missing:
        raise CityError(
            f"the gazetteer lacks the columns {missing}; it has {table.column_names}",
            "Import it again with python -m scripts.import_gazetteer.",
            message_zh=f"标准地址库缺少列 {missing}；现有 {table.column_names}",
            hint_zh="请用 python -m scripts.import_gazetteer 重新导入。",
        )
    columns = {
        name: Texted.of(table[name])
        for name in SCHEMA.names
        if name not in {"lon", "lat", "border_m"}
    }
    settle(columns)
    label, labels = _labels(columns)
    place, names, town_of = _places(columns)
    kinds = columns["kind"]
    is_area = np.array([value in AREAS for value in kinds.distinct], bool)[kinds.code]
    return Rows(
        place=place,
        names=names,
        town_of=town_of,
        label=label,
        labels=labels,
        number=_numbers(columns["number"]),
        grid=_grid_places(columns["grid"], codes),
        grids=codes.tolist(),
        lon=_floats(table["lon"]),
        lat=_floats(table["lat"]),
        border_m=_floats(table["border_m"]),
        basis=_basis(columns["basis"]),
        verified=_is(columns["source"], CORRECTIONS),
        spot=~is_area,
    )


def settle(columns: dict[str, Texted]) -> None:
    """Bring what was written into another column than it belongs to where it belongs.

    Changes `columns`, which has all naming parts.
    """
    _move_named_lanes(columns)
    _split_sections(columns)
    _move_estate_numbers(columns)


def _is(column: Texted, value: str) -> Flags:
    return np.array([one == value for one in column.distinct], bool)[column.code]


def _floats(column: pa.ChunkedArray) -> Floats:
    values: Floats = column.cast(pa.float64()).to_numpy()
    return values


def _grid_places(column: Texted, codes: npt.NDArray[np.object_]) -> Ints:
    place = {str(code): one for one, code in enumerate(codes)} | {"": -1}
    unknown = [value for value in column.distinct if value not in place]
    if unknown:
        raise CityError(
            f"the gazetteer names grids that the city does not have: {unknown[:3]}",
            "Locate it again: python -m scripts.import_gazetteer --city DIR --commit.",
            message_zh=f"标准地址库中的网格 {unknown[:3]} 不在本市",
            hint_zh="请重新定位：python -m scripts.import_gazetteer --city DIR --commit。",
        )
    return np.array([place[value] for value in column.distinct], np.int32)[column.code]


def _basis(column: Texted) -> npt.NDArray[np.uint8]:
    known = {name: place for place, name in enumerate(BASES)}
    to = np.array([known.get(value, known["centroid"]) for value in column.distinct], np.uint8)
    return to[column.code]


def _numbers(column: Texted) -> Ints:
    values = []
    for text in column.distinct:
        if text and not (text.isascii() and text.isdecimal() and int(text) <= MAX_NUMBER):
            raise CityError(
                f"the gazetteer has the number {text!r}, allowed are digits up to {MAX_NUMBER}",
                "Import it again with python -m scripts.import_gazetteer.",
                message_zh=f"标准地址库中的门牌号 {text!r} 不是 {MAX_NUMBER} 以内的数字",
            )
        values.append(int(text) if text else -1)
    return np.array(values, np.int32)[column.code]


def _move_named_lanes(columns: dict[str, Texted]) -> None:
    """Take a lane with a name (建设巷) for a road where there is none."""
    road, lane = columns["road"], columns["lane"]
    named = np.array([bool(one) and not lane_key(one)[0].isdigit() for one in lane.distinct], bool)[
        lane.code
    ]
    moved = road.is_empty() & named
    if not moved.any():
        return
    columns["road"] = road.where(moved, lane)
    columns["lane"] = lane.where(moved, Texted.same("", len(lane)))


def _split_sections(columns: dict[str, Texted]) -> None:
    """Take the section out of the name of a road (中山路二段) where there is none beside it."""
    road, section = columns["road"], columns["section"]
    found = [SECTION.fullmatch(key(one)) for one in road.distinct]
    ends = np.array([hit is not None for hit in found], bool)[road.code] & section.is_empty()
    if not ends.any():
        return
    bases, parts = [], []
    for text, hit in zip(road.distinct, found, strict=True):
        # Folding may change the length; the section is then left to be compared, not to be shown.
        same = hit is not None and len(key(text)) == len(text)
        bases.append(text[: hit.end("road")] if hit and same else hit["road"] if hit else "")
        parts.append(hit["section"] if hit else "")
    columns["road"] = road.where(ends, Texted(road.code, bases))
    columns["section"] = section.where(ends, Texted(road.code, parts))


def _move_estate_numbers(columns: dict[str, Texted]) -> None:
    """Take a number in an estate without a road (阳光花园12号) for a building of the estate."""
    number, building = columns["number"], columns["building"]
    moved = (
        ~columns["estate"].is_empty()
        & ~number.is_empty()
        & columns["road"].is_empty()
        & columns["group"].is_empty()
    )
    if not moved.any():
        return
    columns["building"] = building.where(moved & building.is_empty(), number)
    columns["number"] = number.where(moved, Texted.same("", len(number)))


def _labels(columns: dict[str, Texted]) -> tuple[dict[str, Ints], list[str]]:
    """Return labels of all columns that have them, ordered by their keys; 0 is the empty one."""
    keyed = {name: columns[name].mapped(make) for name, make in _LABELLED.items()}
    known = sorted({value for column in keyed.values() for value in column.distinct} | {""})
    place = {value: one for one, value in enumerate(known)}
    label = {
        name: np.array([place[value] for value in column.distinct], np.int32)[column.code]
        for name, column in keyed.items()
    }
    return label, known


def _places(
    columns: dict[str, Texted],
) -> tuple[dict[Kind, Ints], dict[Kind, list[str]], dict[Kind, Ints]]:
    """Return which places the rows name, the names of the places, and their towns."""
    n = len(columns["town"].code)
    place: dict[Kind, Ints] = {}
    names: dict[Kind, list[str]] = {}
    town_of: dict[Kind, Ints] = {}
    nowhere = np.full(n, -1, np.int32)
    for kind in (Kind.TOWN, Kind.COMMUNITY, Kind.GROUP, Kind.ROAD, Kind.ESTATE, Kind.POI):
        # A name counts within its town, that of a group within its community; one road runs
        # through all towns.
        scope = nowhere.astype(np.int64)
        if kind not in {Kind.TOWN, Kind.ROAD}:
            scope = place[Kind.TOWN].astype(np.int64)
        if kind is Kind.GROUP:
            scope = (scope + 1) * (len(names[Kind.COMMUNITY]) + 1) + place[Kind.COMMUNITY]
        column = columns[kind]
        place[kind], first = _numbered(column, kind, scope)
        names[kind] = [column.distinct[code] for code in column.code[first].tolist()]
        town_of[kind] = (nowhere if kind is Kind.ROAD else place[Kind.TOWN])[first]
    return place, names, town_of


def _numbered(
    column: Texted, kind: Kind, scope: npt.NDArray[np.int64]
) -> tuple[Ints, npt.NDArray[np.int64]]:
    """Return a number for each distinct (scope, key) of a column by scope and key.

    Returns
    -------
    ndarray of int32, shape (n,)
        Number of each row, -1 where the text is empty.
    ndarray of int64
        First row of each number.
    """
    keyed = column.mapped(lambda text: _name_key(kind, text)).sorted()
    named = np.flatnonzero(~keyed.is_empty())
    wide = np.int64(len(keyed.distinct) + 1)
    combined = (scope[named] + 1) * wide + keyed.code[named]
    _, first, number = np.unique(combined, return_index=True, return_inverse=True)
    ids = np.full(len(column.code), -1, np.int32)
    ids[named] = number
    return ids, named[first]


def _name_key(kind: Kind, text: str) -> str:
    """Return what makes two texts one place."""
    return group_key(text) if kind is Kind.GROUP else short_key(kind, text)
