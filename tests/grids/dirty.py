"""Files as they come: each a level of the demo set with one defect, made on purpose.

    python -m tests.grids.dirty FOLDER

writes them all, and boundaries with the defects of tests.grids.defects in folders of their own,
to be looked at in QGIS. test_dirty.py and test_defects.py have what an import must say of each.
"""

from __future__ import annotations

import json
import sys
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
import xlsxwriter

from app.geo.datum import from_wgs84
from tests.grids.boundaries import villages
from tests.grids.defects import DEFECTS, write_defects


@dataclass(frozen=True, slots=True)
class Dirty:
    """A file with one defect.

    Attributes
    ----------
    file : str
        Its name.
    make : callable
        Writes it to a path.
    spec : dict of str to str
        What SPEC.toml states of it beside the usual.
    """

    file: str
    make: Callable[[Path], None]
    spec: dict[str, Any] = field(default_factory=dict)


def _write(path: Path, frame: gpd.GeoDataFrame, **options: Any) -> None:
    with warnings.catch_warnings():
        # That names of fields are cut is the point.
        warnings.simplefilter("ignore", RuntimeWarning)
        pyogrio.write_dataframe(frame, path, **options)


def _moved(change: Callable[[Any], Any]) -> gpd.GeoDataFrame:
    frame = villages()
    frame.geometry = shapely.transform(frame.geometry.to_numpy(), change)
    return frame


def _shapefile_without_cpg(path: Path) -> None:
    _write(path, villages(), encoding="GBK")
    path.with_suffix(".cpg").unlink()
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[29] = 0
    path.with_suffix(".dbf").write_bytes(table)


def _shapefile_with_wrong_cpg(path: Path) -> None:
    _write(path, villages(), encoding="GBK")
    path.with_suffix(".cpg").write_text("UTF-8")


def _zipped(path: Path) -> None:
    inside = path.with_suffix(".shp")
    _write(inside, villages(), encoding="GBK")
    with zipfile.ZipFile(path, "w") as archive:
        for one in sorted(path.parent.glob(f"{path.stem}.*")):
            if one != path:
                archive.write(one, one.name)
                one.unlink()


def _cut_fields(path: Path) -> None:
    _write(path, villages().rename(columns={"VNAME": "社区全称文字"}), encoding="GBK")


def _geojson_in_metres(path: Path) -> None:
    document = json.loads(villages().to_crs("EPSG:4544").to_json(drop_id=True))
    document["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4544"}}
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def _workbook(path: Path) -> None:
    frame = villages()
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("村")
        sheet.write_row(0, 0, ["VCODE", "VNAME", "TOWNCODE", "WKT"])
        for place, row in enumerate(frame.itertuples(), start=1):
            sheet.write_row(place, 0, [row.VCODE, row.VNAME, row.TOWNCODE, row.geometry.wkt])


def _with_heights(path: Path) -> None:
    _write(path, villages().set_geometry(shapely.force_3d(villages().geometry, 480.0)))


def _with_a_collection(path: Path) -> None:
    frame = villages()
    shape = frame.geometry.iloc[0]
    frame.loc[0, "geometry"] = shapely.GeometryCollection([shape, shape.centroid])
    _write(path, frame, driver="GeoJSON")


def _in(datum: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        frame = _moved(lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], datum)))
        _write(path, frame)

    return make


def _two_layers(path: Path) -> None:
    _write(path, villages(), layer="今年")
    _write(path, villages().iloc[:3], layer="去年", append=True)


DIRTY = {
    "no_cpg": Dirty("no_cpg.shp", _shapefile_without_cpg),
    "wrong_cpg": Dirty("wrong_cpg.shp", _shapefile_with_wrong_cpg),
    "zipped": Dirty("zipped.zip", _zipped),
    "cut_fields": Dirty("cut_fields.shp", _cut_fields, {"name_field": "社区全称文字"}),
    "foreign_crs": Dirty("foreign_crs.geojson", _geojson_in_metres),
    "workbook": Dirty("workbook.xlsx", _workbook, {"crs": "EPSG:4490"}),
    "heights": Dirty("heights.gpkg", _with_heights),
    "collection": Dirty("collection.geojson", _with_a_collection),
    "gcj02": Dirty("gcj02.gpkg", _in("gcj02")),
    "bd09": Dirty("bd09.gpkg", _in("bd09")),
    "two_layers": Dirty("two_layers.gpkg", _two_layers, {"layer": "今年"}),
    "flatgeobuf": Dirty("flat.fgb", lambda path: _write(path, villages(), driver="FlatGeobuf")),
    "swapped": Dirty("swapped.gpkg", lambda path: _write(path, _moved(lambda xy: xy[:, ::-1]))),
}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for dirty in DIRTY.values():
        dirty.make(folder / dirty.file)
    for name in [*DEFECTS, "all"]:
        (folder / name).mkdir(exist_ok=True)
        write_defects(folder / name, DEFECTS if name == "all" else [name])
