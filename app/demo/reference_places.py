"""Where help comes from and what is inspected in the demo city: all of it invented."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.demo.gazetteer_ground import Ground, metric
from app.demo.incidents import DAYS, FIRST_DAY

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]

# The last day of the demo's incidents is that of all its records.
LAST_DAY = FIRST_DAY + np.timedelta64(DAYS - 1, "D")
# Beside one in each general grid, so many more where households are densest.
_MORE_FIRE_STATIONS = 49
_FLOOD_POSTS, _FLOOD_REACH_M = 64, 250.0
_AED_SHARES = {"hospital": 0.9, "mall": 0.8, "office": 0.4, "school": 0.35, "market": 0.15}
STATION_KINDS = {"fire": "微型消防站", "aed": "自动体外除颤器（AED）", "flood": "防汛救援点"}
SITE_KINDS = {
    "gas_shop": "燃气经营点",
    "school": "学校",
    "market": "市场",
    "plant": "工厂",
    "reservoir": "水库",
    "slope": "地质灾害隐患点",
}
_GAS_SHOPS, _SLOPES = 58, 86
# Mean days between inspections; some sites have not been inspected yet.
_INSPECTED_DAYS = {
    "gas_shop": 22.0, "school": 30.0, "market": 26.0, "plant": 34.0, "reservoir": 14.0,
    "slope": 18.0,
}  # fmt: skip
_NEVER, _MOST_DAYS = 0.02, 300


def make_stations(frames: Mapping[str, pd.DataFrame], rng: np.random.Generator) -> pd.DataFrame:
    """Return fire micro-stations, AEDs and flood posts, each in the grid in which it stands.

    Parameters
    ----------
    frames
        The frames of the city and of its gazetteer by their files.
    rng
        Where the randomness comes from.
    """
    doors = _doors(frames["gazetteer.parquet"])
    parts = [_fire(frames, doors, rng), _aeds(frames, rng), _flood(frames, doors, rng)]
    return _numbered(parts, "S", STATION_KINDS)


def make_sites(frames: Mapping[str, pd.DataFrame], rng: np.random.Generator) -> pd.DataFrame:
    """Return what is inspected, with the day of the last inspection.

    Parameters
    ----------
    frames
        The frames of the city and of its gazetteer by their files.
    rng
        Where the randomness comes from.
    """
    places = _dedicated_places(frames)
    named = [
        places[(places["what"] == kind).to_numpy()].assign(kind=kind)
        for kind in ("school", "market", "plant")
    ]
    parts = [_gas_shops(frames, rng), *named, _reservoirs(frames), _slopes(frames, rng)]
    whole = _numbered(parts, "I", SITE_KINDS)
    mean = np.array([_INSPECTED_DAYS[kind] for kind in whole["kind"]])
    ago = np.minimum(rng.exponential(mean).astype(np.int64), _MOST_DAYS)
    day = (LAST_DAY - ago).astype(object)
    day[rng.random(len(whole)) < _NEVER] = None
    return whole.assign(last_day=day)


def _numbered(parts: list[pd.DataFrame], letter: str, kinds: dict[str, str]) -> pd.DataFrame:
    columns = ["kind", "name", "code", "lon", "lat"]
    whole = pd.concat([part[columns] for part in parts], ignore_index=True)
    whole.insert(0, "id", [f"{letter}{k + 1:04d}" for k in range(len(whole))])
    whole.insert(2, "kind_name", [kinds[kind] for kind in whole["kind"]])
    return whole


def _doors(gazetteer: pd.DataFrame) -> pd.DataFrame:
    """Return the doors: lon, lat, code, ordered by code."""
    kind = gazetteer["kind"].astype(object).to_numpy()
    own = gazetteer[kind == "door"]
    found = pd.DataFrame(
        {
            "lon": own["lon"].to_numpy(),
            "lat": own["lat"].to_numpy(),
            "code": own["grid"].astype(object).to_numpy(),
        }
    )
    return found.sort_values("code", kind="stable", ignore_index=True)


def _at_doors(
    codes: Texts, names: list[str], kind: str, doors: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Return a place at some door of each micro-grid named; grids without a door get none."""
    sorted_codes = doors["code"].to_numpy().astype(str)
    first = np.searchsorted(sorted_codes, codes.astype(str), "left")
    last = np.searchsorted(sorted_codes, codes.astype(str), "right")
    door = np.minimum(first + (rng.random(len(codes)) * (last - first)).astype(np.int64), last - 1)
    some = last > first
    picked = doors.iloc[door[some]].reset_index(drop=True)
    return picked.assign(kind=kind, name=[one for one, ok in zip(names, some, strict=True) if ok])


def _fire(
    frames: Mapping[str, pd.DataFrame], doors: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Put a station in the densest micro-grid of each general grid, and more in the densest."""
    micro = frames["micro.parquet"]
    with_door = micro["code"].isin(set(doors["code"])).to_numpy()
    micro = micro[with_door]
    density = (micro["households"] / micro["area_km2"]).to_numpy(dtype=np.float64)
    general_of = dict(
        zip(frames["ordinary.parquet"]["code"], frames["ordinary.parquet"]["parent"], strict=True)
    )
    general = micro["parent"].map(general_of).to_numpy(dtype=object)
    name_of = dict(
        zip(frames["general.parquet"]["code"], frames["general.parquet"]["name"], strict=True)
    )
    order = np.lexsort((-density, general.astype(str)))
    first = order[np.unique(general[order].astype(str), return_index=True)[1]]
    rest = np.setdiff1d(np.argsort(-density, kind="stable")[: 6 * _MORE_FIRE_STATIONS], first)
    more = np.sort(rng.choice(rest, min(_MORE_FIRE_STATIONS, len(rest)), replace=False))
    codes = micro["code"].to_numpy(dtype=object)
    names = [f"{name_of[general[row]]}微型消防站" for row in first]
    names += [f"{micro['name'].iloc[row]}微型消防站" for row in more]
    return _at_doors(codes[np.concatenate([first, more])], names, "fire", doors, rng)


def _dedicated_places(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return what the dedicated grids are: the first points of interest of the gazetteer."""
    dedicated, gazetteer = frames["dedicated.parquet"], frames["gazetteer.parquet"]
    kind, basis = (gazetteer[one].astype(object).to_numpy() for one in ("kind", "basis"))
    own = gazetteer[(kind == "poi") & (basis == "centroid")]
    return pd.DataFrame(
        {
            "what": dedicated["kind"].to_numpy(dtype=object),
            "name": own["poi"].astype(object).to_numpy(),
            "code": own["grid"].astype(object).to_numpy(),
            "lon": own["lon"].to_numpy(),
            "lat": own["lat"].to_numpy(),
        }
    )


def _aeds(frames: Mapping[str, pd.DataFrame], rng: np.random.Generator) -> pd.DataFrame:
    places = _dedicated_places(frames)
    share = np.array([_AED_SHARES.get(kind, 0.0) for kind in places["what"]])
    some = places[rng.random(len(places)) < share]
    return some.assign(kind="aed", name=[f"{name}AED" for name in some["name"]])


def _flood(
    frames: Mapping[str, pd.DataFrame], doors: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Put posts in some of the micro-grids at the water."""
    micro, water = frames["micro.parquet"], frames["water.parquet"]
    shapes, wet = (
        metric(np.asarray(frame["geometry"].array, dtype=object)) for frame in (micro, water)
    )
    near = shapely.STRtree(shapes).query(wet, predicate="dwithin", distance=_FLOOD_REACH_M)[1]
    rows = np.unique(near)
    codes = micro["code"].to_numpy(dtype=object)
    rows = rows[np.isin(codes[rows].astype(str), np.unique(doors["code"].to_numpy().astype(str)))]
    rows = np.sort(rng.choice(rows, min(_FLOOD_POSTS, len(rows)), replace=False))
    names = [f"{micro['name'].iloc[row]}防汛救援点" for row in rows]
    return _at_doors(codes[rows], names, "flood", doors, rng)


def _gas_shops(frames: Mapping[str, pd.DataFrame], rng: np.random.Generator) -> pd.DataFrame:
    doors, micro = _doors(frames["gazetteer.parquet"]), frames["micro.parquet"]
    density = (micro["households"] / micro["area_km2"]).to_numpy(dtype=np.float64)
    rows = np.sort(rng.choice(len(micro), 2 * _GAS_SHOPS, False, density / density.sum()))
    names = [f"{micro['name'].iloc[row]}燃气经营点" for row in rows]
    codes = micro["code"].to_numpy(dtype=object)[rows]
    return _at_doors(codes, names, "gas_shop", doors, rng).iloc[:_GAS_SHOPS]


def _reservoirs(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    water = frames["water.parquet"]
    own = water[(water["kind"].astype(object) == "reservoir").to_numpy()]
    shapes = np.asarray(own["geometry"].array, dtype=object)
    return _placed(shapes, own["name"].to_numpy(dtype=object), "reservoir", frames)


def _slopes(frames: Mapping[str, pd.DataFrame], rng: np.random.Generator) -> pd.DataFrame:
    """Put places that may slide into the least dense tenth of the micro-grids."""
    micro = frames["micro.parquet"]
    density = (micro["households"] / micro["area_km2"]).to_numpy(dtype=np.float64)
    thin = np.argsort(density, kind="stable")[: max(len(micro) // 8, _SLOPES)]
    rows = np.sort(rng.choice(thin, min(_SLOPES, len(thin)), replace=False))
    shapes = np.asarray(micro["geometry"].array, dtype=object)[rows]
    names = [f"{name}隐患点" for name in micro["name"].to_numpy(dtype=object)[rows]]
    return _placed(shapes, np.array(names, dtype=object), "slope", frames)


def _placed(
    shapes: npt.NDArray[np.object_], names: Texts, kind: str, frames: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Return a place in each shape with its micro-grid; those outside of the city are left."""
    # In degrees the middle of two corners lies halfway between two written places: which one is
    # taken would hang on the last bit.
    xy = shapely.get_coordinates(shapely.point_on_surface(metric(shapes)))
    lon, lat = Ground.written(xy).T
    micro = frames["micro.parquet"]
    tree = shapely.STRtree(np.asarray(micro["geometry"].array, dtype=object))
    at, row = tree.query(shapely.points(lon, lat), predicate="within")
    codes = micro["code"].to_numpy(dtype=object)[row]
    return pd.DataFrame(
        {"kind": kind, "name": names[at], "code": codes, "lon": lon[at], "lat": lat[at]}
    )
