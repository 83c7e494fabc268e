"""Further editions of the chessboard city, for tests."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd

from app.grids.manifest import Manifest
from app.grids.store import EDITIONS_FOLDER, read_layer, read_manifest, write_city
from tests.cities import square

# A point in A2 of the chessboard; the later edition gives it to A1.
POINT = {"lon": 104.512, "lat": 30.405}


def add_edition(
    folder: Path, name: str, day: date, layers: dict[str, gpd.GeoDataFrame] | None = None
) -> Path:
    """Put an edition beside those of a city: its first one with other layers, by level."""
    first = read_manifest(folder)
    files: dict[str, pd.DataFrame | str] = {}
    for part in (*first.levels, *first.overlays):
        files[part.file] = (layers or {}).get(part.id, read_layer(folder / part.file))
    if first.outside_file:
        files[first.outside_file] = read_layer(folder / first.outside_file)
    for file in first.tables.values():
        files[file] = pd.read_parquet(folder / file)
    manifest: Manifest = dataclasses.replace(first, generation=name, valid_from=day, sha256={})
    place = folder / EDITIONS_FOLDER / name
    write_city(place, manifest, files)
    return place


def wider(folder: Path) -> gpd.GeoDataFrame:
    """Return the cells of the chessboard with half of A2 given to A1."""
    cells = read_layer(folder / "cell.parquet").set_index("code")
    cells.loc["A1", "geometry"] = square(0, 0, 1.5)
    cells.loc["A2", "geometry"] = square(1.5, 0, 0.5)
    return cells.reset_index()[["code", "name", "parent", "geometry"]]
