"""The rows of a gazetteer as numbers: ids of the places they name, labels, grids."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from app.addresses.columns import BASES
from app.addresses.entry import SCHEMA, Kind
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
_AREAS = (Kind.TOWN, Kind.COMMUNITY, Kind.ROAD)


@dataclass(slots=True)
class Texted:
    """A column of n texts as codes into its distinct values.

    Attributes
    ----------
    code : ndarray of int32, shape (n,)
    values : list of str
    """

    code: Ints
    values: list[str]

    def mapped(self, function: Callable[[str], str]) -> Texted:
        """Return the column with each value replaced, equal results as one."""
        place: dict[str, int] = {}
        to = [place.setdefault(function(value), len(place)) for value in self.values]
        return Texted(np.array(to, np.int32)[self.code], list(place))

    def is_empty(self) -> Flags:
        """Return where the text is empty, shape (n,)."""
        return np.array([not value for value in self.values], bool)[self.code]

    def sorted(self) -> Texted:
        """Return the column with its values in ascending order and none that does not occur."""
        used = np.unique(self.code)
        order = sorted(used.tolist(), key=self.values.__getitem__)
        rank = np.zeros(len(self.values), np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        return Texted(rank[self.code], [self.values[one] for one in order])


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
    spot: Flags

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.number)


def texted(column: pa.ChunkedArray) -> Texted:
    """Return a column of texts, nothing for null."""
    whole = pc.fill_null(column.cast(pa.string()), "").combine_chunks().dictionary_encode()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.combine_chunks()
    return Texted(
        whole.indices.to_numpy().astype(np.int32, copy=False), whole.dictionary.to_pylist()
    )


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
        name: texted(table[name]) for name in SCHEMA.names if name not in {"lon", "lat", "border_m"}
    }
    _move_named_lanes(columns)
    _split_sections(columns)
    _move_estate_numbers(columns)
    label, labels = _labels(columns)
    place, names, town_of = _places(columns)
    kinds = columns["kind"]
    is_area = np.array([value in _AREAS for value in kinds.values], bool)[kinds.code]
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
        spot=~is_area,
    )


def _floats(column: pa.ChunkedArray) -> Floats:
    values: Floats = column.cast(pa.float64()).to_numpy()
    return values


def _grid_places(column: Texted, codes: npt.NDArray[np.object_]) -> Ints:
    place = {str(code): one for one, code in enumerate(codes)} | {"": -1}
    unknown = [value for value in column.values if value not in place]
    if unknown:
        raise CityError(
            f"the gazetteer names grids that the city does not have: {unknown[:3]}",
            "Locate it again: python -m scripts.import_gazetteer --city DIR --commit.",
            message_zh=f"标准地址库中的网格 {unknown[:3]} 不在本市",
            hint_zh="请重新定位：python -m scripts.import_gazetteer --city DIR --commit。",
        )
    return np.array([place[value] for value in column.values], np.int32)[column.code]


def _basis(column: Texted) -> npt.NDArray[np.uint8]:
    known = {name: place for place, name in enumerate(BASES)}
    to = np.array([known.get(value, known["centroid"]) for value in column.values], np.uint8)
    return to[column.code]


def _numbers(column: Texted) -> Ints:
    values = []
    for text in column.values:
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
    named = np.array([bool(one) and not lane_key(one)[0].isdigit() for one in lane.values], bool)[
        lane.code
    ]
    moved = road.is_empty() & named
    if not moved.any():
        return
    base = len(road.values)
    columns["road"] = Texted(
        np.where(moved, lane.code + base, road.code).astype(np.int32), road.values + lane.values
    ).mapped(str)
    columns["lane"] = Texted(
        np.where(moved, len(lane.values), lane.code).astype(np.int32), [*lane.values, ""]
    ).mapped(str)


def _split_sections(columns: dict[str, Texted]) -> None:
    """Take the section out of the name of a road (中山路二段) where there is none beside it."""
    road, section = columns["road"], columns["section"]
    found = [SECTION.fullmatch(key(one)) for one in road.values]
    ends = np.array([hit is not None for hit in found], bool)[road.code] & section.is_empty()
    if not ends.any():
        return
    bases, parts = [], []
    for text, hit in zip(road.values, found, strict=True):
        # Folding may change the length; the section is then left to be compared, not to be shown.
        same = hit is not None and len(key(text)) == len(text)
        bases.append(text[: hit.end("road")] if hit and same else hit["road"] if hit else "")
        parts.append(hit["section"] if hit else "")
    base, first = len(road.values), len(section.values)
    columns["road"] = Texted(
        np.where(ends, road.code + base, road.code).astype(np.int32), road.values + bases
    ).mapped(str)
    columns["section"] = Texted(
        np.where(ends, road.code + first, section.code).astype(np.int32), section.values + parts
    ).mapped(str)


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
    bare = moved & building.is_empty()
    base = len(building.values)
    columns["building"] = Texted(
        np.where(bare, number.code + base, building.code).astype(np.int32),
        building.values + number.values,
    ).mapped(str)
    columns["number"] = Texted(
        np.where(moved, len(number.values), number.code).astype(np.int32), [*number.values, ""]
    ).mapped(str)


def _labels(columns: dict[str, Texted]) -> tuple[dict[str, Ints], list[str]]:
    """Return labels of all columns that have them, ordered by their keys; 0 is the empty one."""
    keyed = {name: columns[name].mapped(make) for name, make in _LABELLED.items()}
    known = sorted({value for column in keyed.values() for value in column.values} | {""})
    place = {value: one for one, value in enumerate(known)}
    label = {
        name: np.array([place[value] for value in column.values], np.int32)[column.code]
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
        names[kind] = [column.values[code] for code in column.code[first].tolist()]
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
    wide = np.int64(len(keyed.values) + 1)
    combined = (scope[named] + 1) * wide + keyed.code[named]
    _, first, number = np.unique(combined, return_index=True, return_inverse=True)
    ids = np.full(len(column.code), -1, np.int32)
    ids[named] = number
    return ids, named[first]


def _name_key(kind: Kind, text: str) -> str:
    """Return what makes two texts one place."""
    return group_key(text) if kind is Kind.GROUP else short_key(kind, text)
