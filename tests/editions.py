"""Further editions of the chessboard city, for tests."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd

from app.addresses.update import Options, prepare
from app.grids.layer_file import read_layer
from app.grids.manifest import Manifest
from app.grids.store import EDITIONS_FOLDER, read_manifest, write_city
from tests.cities import chessboard, square

# A point in A2 of the chessboard; the later edition gives it to A1.
POINT = {"lon": 104.512, "lat": 30.405}


def add_edition(
    folder: Path, name: str, day: date, layers: dict[str, gpd.GeoDataFrame] | None = None
) -> Path:
    """Put an edition beside those of a city: its first one with other layers, by level."""
    first = read_manifest(folder)
    files: dict[str, pd.DataFrame | str | Path] = {}
    for part in (*first.levels, *first.overlays):
        files[part.file] = (layers or {}).get(part.id, read_layer(folder / part.file))
    if first.outside_file:
        files[first.outside_file] = read_layer(folder / first.outside_file)
    for file in first.tables.values():
        files[file] = folder / file
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


DOORS = """road,number,lon,lat
东滨路,1,104.512,30.405
东滨路,2,104.518,30.405
东滨路,3,104.505,30.405
西滨路,4,104.535,30.415
"""


def changed_board(root: Path) -> Path:
    """Return the chessboard with doors, and with an edition of June.

    In it A1 gets half of A2, B3 and B4 become one, B1 is recoded, A3 renamed.
    """
    folder = chessboard(root / "board").folder
    (root / "doors.csv").write_text(DOORS, encoding="utf-8")
    prepare(folder, [root / "doors.csv"], Options()).write()
    cells = wider(folder)
    rest = read_layer(folder / "cell.parquet").set_index("code")
    joined = rest.loc["B3", "geometry"].union(rest.loc["B4", "geometry"])
    cells.loc[cells["code"] == "B3", "geometry"] = joined
    cells = cells[cells["code"] != "B4"].replace({"code": {"B1": "B9"}, "name": {"格A3": "新A3"}})
    add_edition(folder, "june", date(2026, 6, 1), {"cell": cells.sort_values("code")})
    return folder
