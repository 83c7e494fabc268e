"""One row of a gazetteer: an addressable point and the words that name it.

A gazetteer is a table of such rows. What they name — towns, communities, groups, roads, estates,
buildings, points of interest — follows from the rows; nothing has to be declared apart from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa


class Kind(StrEnum):
    """What a row stands for: the finest thing that it names."""

    TOWN = "town"
    COMMUNITY = "community"
    GROUP = "group"
    ROAD = "road"
    DOOR = "door"
    ESTATE = "estate"
    BUILDING = "building"
    POI = "poi"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an imported file.

    Attributes
    ----------
    name : str
        In the gazetteer.
    headers : tuple of str
        Under which files bring it.
    """

    name: str
    headers: tuple[str, ...]


# In the order of an address, from coarse to fine.
COLUMNS: tuple[Column, ...] = (
    Column("town", ("town", "镇街", "镇", "街道", "乡镇")),
    Column("community", ("community", "社区", "村", "社区/村", "村社区", "里")),
    Column("group", ("group", "组", "村民小组", "邻", "鄰")),
    Column("road", ("road", "道路", "路", "街", "街路")),
    Column("section", ("section", "段")),
    Column("lane", ("lane", "巷", "弄", "巷弄")),
    Column("number", ("number", "门牌号", "门牌", "号", "號")),
    Column("sub_number", ("sub_number", "附号", "附號", "之")),
    Column("estate", ("estate", "小区", "院落")),
    Column("building", ("building", "楼栋", "栋", "幢")),
    Column("unit", ("unit", "单元")),
    Column("poi", ("poi", "名称", "单位")),
    Column("alias", ("alias", "别名")),
    Column("lon", ("lon", "longitude", "经度")),
    Column("lat", ("lat", "latitude", "纬度")),
)

# The gazetteer's file. Texts are as given but for outer blanks; a part that a row does not have is
# "". `number` holds the base number of a door in digits, `sub_number` what follows it.
SCHEMA = pa.schema(
    [
        *(
            pa.field(column.name, pa.dictionary(pa.int32(), pa.string()))
            for column in COLUMNS
            if column.name not in {"lon", "lat"}
        ),
        # WGS-84, degrees.
        pa.field("lon", pa.float64()),
        pa.field("lat", pa.float64()),
        # What the locator says of the point: code of the finest grid ("" outside of all), metres
        # to its border.
        pa.field("grid", pa.dictionary(pa.int32(), pa.string())),
        pa.field("border_m", pa.float32()),
        pa.field("kind", pa.dictionary(pa.int32(), pa.string())),
        # What the point is: survey_point, building_polygon or centroid.
        pa.field("basis", pa.dictionary(pa.int32(), pa.string())),
        pa.field("source", pa.dictionary(pa.int32(), pa.string())),
    ]
)

# Former, colloquial, merged names; one row for each target, so a split name has several.
ALIAS_SCHEMA = pa.schema(
    [
        pa.field("alias", pa.string()),
        pa.field("kind", pa.string()),
        # Of what sort the target is: town, community, road, estate, poi …
        pa.field("target_kind", pa.string()),
        pa.field("town", pa.string()),
        pa.field("target", pa.string()),
        pa.field("why", pa.string()),
        pa.field("split", pa.bool_()),
        pa.field("valid_from", pa.string()),
        pa.field("valid_to", pa.string()),
        pa.field("source", pa.string()),
    ]
)
# The source of rows that corrections lay over a gazetteer (app.addresses.amendments).
CORRECTIONS = "corrections"
# Why a name is an alias.
ALIAS_WHY = ("abbreviation", "former", "colloquial", "merged", "misspelling", "correction")

# For which scope which elements are complete, so that "not there" can mean something.
COVERAGE_SCHEMA = pa.schema(
    [
        pa.field("town", pa.string()),
        pa.field("element", pa.string()),
        pa.field("complete", pa.bool_()),
    ]
)
