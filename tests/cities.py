"""Small cities for tests: real folders, written by the same code that writes real ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from shapely.geometry.base import BaseGeometry

from app.grids import BaseLayer, City, Level, Manifest, Overlay
from app.grids.store import replace_tables, write_city

ORIGIN = (104.5, 30.4)
STEP = 0.01


def layer(rows: Sequence[tuple[str, str, BaseGeometry]]) -> gpd.GeoDataFrame:
    """Return a layer of (code, parent, shape), ordered by code; the name is made from the code."""
    rows = sorted(rows, key=lambda row: row[0])
    return gpd.GeoDataFrame(
        {
            "code": [row[0] for row in rows],
            "name": [f"格{row[0]}" for row in rows],
            "parent": [row[1] for row in rows],
        },
        geometry=[row[2] for row in rows],
        crs="EPSG:4326",
    )


def make_city(
    folder: Path,
    levels: dict[str, gpd.GeoDataFrame],
    overlays: dict[str, tuple[str, gpd.GeoDataFrame]] | None = None,
    outside: gpd.GeoDataFrame | None = None,
    staff: pd.DataFrame | None = None,
    bases: dict[str, gpd.GeoDataFrame] | None = None,
) -> City:
    """Write a city folder and open it."""
    overlays = overlays or {}
    bases = bases or {}
    files: dict[str, pd.DataFrame | str] = {f"{key}.parquet": val for key, val in levels.items()}
    files |= {f"{key}.parquet": val[1] for key, val in overlays.items()}
    files |= {f"{key}.parquet": val for key, val in bases.items()}
    tables = {}
    if outside is not None:
        files["outside.parquet"] = outside
    if staff is not None:
        files["staff.parquet"] = staff
        tables["staff"] = "staff.parquet"
    manifest = Manifest(
        id="demo",
        name="示例市",
        metric_crs="EPSG:4544",
        generation="1",
        valid_from=date(2026, 1, 1),
        levels=tuple(Level(key, f"{key}级", f"{key}.parquet") for key in levels),
        overlays=tuple(
            Overlay(key, f"{key}层", f"{key}.parquet", val[0]) for key, val in overlays.items()
        ),
        bases=tuple(BaseLayer(key, key, f"{key}.parquet") for key in bases),
        outside_file="outside.parquet" if outside is not None else "",
        tables=tables,
        synthetic="测试数据 test data",
    )
    write_city(folder, manifest, files)
    return City.open(folder)


def square(column: float, row: float, wide: float = 1, high: float = 1) -> shapely.Polygon:
    """Return a box in units of `STEP` from `ORIGIN`."""
    x, y = ORIGIN[0] + column * STEP, ORIGIN[1] + row * STEP
    return shapely.box(x, y, x + wide * STEP, y + high * STEP)


def chessboard(folder: Path) -> City:
    """Return two towns A, B side by side, each of 2 × 2 squares; a campus; one outside area.

    A1 A2 | B1 B2 in the south, A3 A4 | B3 B4 in the north; C lies east of B and is governed by
    others; the campus K stands across A1 and A2.
    """
    towns = layer([("A", "", square(0, 0, 2, 2)), ("B", "", square(2, 0, 2, 2))])
    cells = [
        (f"{town}{1 + column + 2 * row}", town, square(left + column, row))
        for town, left in (("A", 0), ("B", 2))
        for row in (0, 1)
        for column in (0, 1)
    ]
    campus = layer([("K", "A", square(0.8, 0.2, 0.4, 0.2))])
    outside = gpd.GeoDataFrame(
        {"code": ["C"], "name": ["邻镇"], "governed_by": ["新区"]},
        geometry=[square(4, 0, 2, 2)],
        crs="EPSG:4326",
    )
    staff = pd.DataFrame(
        {
            "code": ["A1", "A", "K"],
            "role": ["网格长", "镇长", "专员"],
            "label": ["网格长 A1", "镇长 A", "专员 K"],
            "phone": ["000-0000-0001", "000-0000-0002", "000-0000-0003"],
        }
    )
    return make_city(
        folder,
        {"town": towns, "cell": layer(cells)},
        {"campus": ("town", campus)},
        outside,
        staff,
    )


def coverage(seed: int, n: int = 40) -> np.ndarray:
    """Return a random valid coverage: Voronoi cells of n points, clipped to a square."""
    rng = np.random.default_rng(seed)
    low, high = np.array(ORIGIN), np.array(ORIGIN) + 4 * STEP
    seeds = shapely.MultiPoint(rng.uniform(low, high, size=(n, 2)))
    frame = square(0, 0, 4, 4)
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=frame))
    clipped = shapely.get_parts(shapely.intersection(cells, frame))
    return np.array([shapely.set_precision(cell, 1e-9) for cell in clipped], dtype=object)


def with_tables(city: City, **tables: pa.Table | pd.DataFrame) -> City:
    """Put reference tables into a city folder; return the city, opened again."""
    typed = {
        name: one if isinstance(one, pa.Table) else pa.Table.from_pandas(one, preserve_index=False)
        for name, one in tables.items()
    }
    replace_tables(city.folder, city.manifest, typed)
    return City.open(city.folder)
