"""The tables of the demo city: levels, dedicated grids, water, roads."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.demo.borders import LATTICE_DEG
from app.demo.campuses import place_campuses
from app.demo.hierarchy import Hierarchy, largest_remainder
from app.demo.land import Land
from app.demo.numbering import name_villages, numbers_within, padded, short_name
from app.demo.sizes import DemoSizes
from app.demo.sources import OUTSIDE, Sources, to_degrees, to_metric

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]


def level_frames(
    sources: Sources, land: Land, parts: Hierarchy, micro: Shapes, sizes: DemoSizes
) -> dict[str, pd.DataFrame]:
    """Return the frames of all levels, of the dedicated grids and of the towns outside.

    Parameters
    ----------
    sources, land, sizes
        What the city is made from.
    parts
        The hierarchy, numbered without gaps on every level.
    micro
        Polygons of the finest parts in lon, lat degrees, a valid coverage.
    """
    rng = np.random.default_rng((sizes.seed, 3))
    inside_town = land.towns.inside
    town_of_ordinary = parts.town_of_village[parts.village_of_ordinary]
    town_of_micro = town_of_ordinary[parts.ordinary_of_micro]
    ordinary = _union(micro, parts.ordinary_of_micro)
    village = _union(ordinary, parts.village_of_ordinary)
    town = _union(village, parts.town_of_village)
    village_people = np.bincount(
        parts.village_of_ordinary[parts.ordinary_of_micro], parts.people, len(village)
    )
    village_area = _area_km2(village)
    # Codes and names, top down; parts outside the city stay without.
    village_code, village_name = _village_names(
        sources, parts, village, village_people / village_area
    )
    ordinary_no = numbers_within(parts.village_of_ordinary, _centres(ordinary))
    micro_no = numbers_within(parts.ordinary_of_micro, _centres(micro))
    ordinary_tail, micro_tail = padded(ordinary_no), padded(micro_no)
    ordinary_code = village_code[parts.village_of_ordinary] + "-" + ordinary_tail
    ordinary_name = np.array(
        [
            f"{village_name[v]}第{k}网格"
            for v, k in zip(parts.village_of_ordinary, ordinary_no, strict=True)
        ],
        dtype=object,
    )
    micro_code = ordinary_code[parts.ordinary_of_micro] + "-" + micro_tail
    micro_name = ordinary_name[parts.ordinary_of_micro] + micro_tail + "微网格"
    ours = inside_town[town_of_micro]
    share = parts.people / parts.people[ours].mean()
    draw = share * sizes.households_per_micro * np.exp(rng.normal(0.0, 0.14, len(share)))
    households = np.clip(np.round(draw), 30, 100).astype(np.int64)
    households[~ours] = 0
    of_ordinary = np.bincount(parts.ordinary_of_micro, households, len(ordinary)).astype(np.int64)
    of_village = np.bincount(parts.village_of_ordinary, of_ordinary, len(village)).astype(np.int64)
    of_town = np.bincount(parts.town_of_village, of_village, len(town)).astype(np.int64)

    town_code = sources.towns["code"].to_numpy(dtype=object)
    town_name = sources.towns["name"].to_numpy(dtype=object)
    nothing = np.full(len(town), "", dtype=object)
    frames: dict[str, pd.DataFrame] = {
        "towns.parquet": _frame(town_code, town_name, nothing, of_town, town, inside_town),
        "general.parquet": _frame(
            village_code,
            village_name,
            town_code[parts.town_of_village],
            of_village,
            village,
            inside_town[parts.town_of_village],
        ),
        "ordinary.parquet": _frame(
            ordinary_code,
            ordinary_name,
            village_code[parts.village_of_ordinary],
            of_ordinary,
            ordinary,
            inside_town[town_of_ordinary],
        ),
        "micro.parquet": _frame(
            micro_code,
            micro_name,
            ordinary_code[parts.ordinary_of_micro],
            households,
            micro,
            ours,
        ),
        "outside.parquet": gpd.GeoDataFrame(
            {
                "code": town_code[~inside_town],
                "name": town_name[~inside_town],
                "governed_by": OUTSIDE,
            },
            geometry=town[~inside_town],
            crs="EPSG:4326",
        ),
    }
    general = frames["general.parquet"]
    frames["dedicated.parquet"] = _dedicated_frame(rng, land, general, sizes)
    return frames


def _union(children: Shapes, parent: Ints) -> Shapes:
    """Return the coverage union of the children of each parent (numbered without gaps)."""
    order = np.argsort(parent, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(parent[order])) + 1)
    return np.array(
        [
            shapely.normalize(children[g[0]] if len(g) == 1 else _coverage(children[g]))
            for g in groups
        ],
        dtype=object,
    )


def _coverage(shapes: Shapes) -> shapely.Geometry:
    joined = shapely.coverage_union_all(shapes)
    parts = shapely.get_parts(joined)
    return parts[0] if len(parts) == 1 else joined


def _centres(shapes: Shapes) -> Floats:
    return np.asarray(shapely.get_coordinates(shapely.centroid(shapes)), dtype=np.float64)


def _area_km2(shapes: Shapes) -> Floats:
    return np.asarray(shapely.area(shapely.transform(shapes, to_metric)) / 1e6, dtype=np.float64)


def _village_names(
    sources: Sources, parts: Hierarchy, village: Shapes, density: Floats
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    code = np.full(len(village), "", dtype=object)
    name = np.full(len(village), "", dtype=object)
    centres = _centres(village)
    for town, row in enumerate(sources.towns.itertuples()):
        own = np.flatnonzero(parts.town_of_village == town)
        listed = sources.villages[sources.villages["town_code"] == row.code]
        if row.managed_by == OUTSIDE:
            continue
        official = list(listed["name"])
        chosen = own[name_villages(official, centres[own], density[own])]
        code[chosen] = listed["code"].to_numpy(dtype=object)
        name[chosen] = [short_name(one) for one in official]
    return code, name


def _frame(
    code: npt.NDArray[np.object_],
    name: npt.NDArray[np.object_],
    parent: npt.NDArray[np.object_],
    households: Ints,
    shapes: Shapes,
    use: npt.NDArray[np.bool_],
) -> gpd.GeoDataFrame:
    rows = np.flatnonzero(use)
    rows = rows[np.argsort(code[rows].astype(str), kind="stable")]
    return gpd.GeoDataFrame(
        {
            "code": code[rows],
            "name": name[rows],
            "parent": parent[rows],
            "households": households[rows],
            "area_km2": np.round(_area_km2(shapes[rows]), 6),
        },
        geometry=shapely.normalize(shapes[rows]),
        crs="EPSG:4326",
    )


def _dedicated_frame(
    rng: np.random.Generator, land: Land, general: pd.DataFrame, sizes: DemoSizes
) -> gpd.GeoDataFrame:
    shapes = shapely.transform(np.asarray(general["geometry"].array, dtype=object), to_metric)
    density = (general["households"] / general["area_km2"]).to_numpy(dtype=np.float64)
    weight = general["households"].to_numpy(dtype=np.float64) * density**0.25
    least = 1 if sizes.dedicated >= len(general) else 0
    counts = largest_remainder(weight, sizes.dedicated, least)
    campuses = place_campuses(rng, land, shapes, counts, density)
    geometry = np.array(
        [
            shapely.Polygon(_round(to_degrees(np.asarray(c.shape.exterior.coords))))
            for c in campuses
        ],
        dtype=object,
    )
    village = np.array([campus.village for campus in campuses], dtype=np.int64)
    number = numbers_within(village, _centres(geometry))
    parent = general["code"].to_numpy(dtype=object)[village]
    names = general["name"].to_numpy(dtype=object)[village]
    frame = gpd.GeoDataFrame(
        {
            "code": [f"{p}-Z{k:03d}" for p, k in zip(parent, number, strict=True)],
            "name": [
                f"{n}{c.word}专属网格Z{k:03d}"
                for n, c, k in zip(names, campuses, number, strict=True)
            ],
            "parent": parent,
            "kind": [campus.kind for campus in campuses],
            "households": np.zeros(len(campuses), dtype=np.int64),
            "area_km2": np.round(_area_km2(geometry), 6),
        },
        geometry=shapely.normalize(geometry),
        crs="EPSG:4326",
    )
    return frame.sort_values("code", ignore_index=True)


def _round(degrees: Floats) -> Floats:
    return np.round(degrees, 7)


def water_frame(land: Land) -> gpd.GeoDataFrame:
    """Return rivers and reservoirs with name and kind."""
    names = [river.name for river in land.rivers] + [lake.name for lake in land.reservoirs]
    kinds = ["river"] * len(land.rivers) + ["reservoir"] * len(land.reservoirs)
    shapes = np.array(
        [shapely.simplify(river.water, 0.8) for river in land.rivers]
        + [shapely.simplify(lake.water, 0.8) for lake in land.reservoirs],
        dtype=np.object_,
    )
    return gpd.GeoDataFrame(
        {"name": names, "kind": kinds}, geometry=_to_lattice(shapes), crs="EPSG:4326"
    )


def road_frame(land: Land) -> gpd.GeoDataFrame:
    """Return roads with name and kind (motorway, main, local, street)."""
    return gpd.GeoDataFrame(
        {"name": [road.name for road in land.roads], "kind": [road.kind for road in land.roads]},
        geometry=_to_lattice(
            np.array([shapely.LineString(r.path) for r in land.roads], dtype=np.object_)
        ),
        crs="EPSG:4326",
    )


def _to_lattice(shapes: Shapes) -> Shapes:
    degrees = shapely.transform(shapes, to_degrees)
    return np.asarray(shapely.set_precision(degrees, LATTICE_DEG), dtype=object)
