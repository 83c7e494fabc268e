"""Files as they come: each a level of the demo set with one defect, made on purpose.

    python -m tests.grids.dirty FOLDER [postgresql://USER@HOST/DATABASE]

writes them all, the table with a defect into a database with PostGIS, and boundaries with the
defects of tests.grids.defects in folders of their own, to be looked at in QGIS. test_dirty.py and
test_defects.py have what an import must say of each.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
import sqlalchemy as sa
import xlsxwriter

from app.geo.datum import from_wgs84
from tests.grids.boundaries import villages
from tests.grids.defects import DEFECTS, write_defects
from tests.zips import pack


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
    beside : tuple of str
        Names of other files that belong to the level.
    """

    file: str
    make: Callable[[Path], None]
    spec: dict[str, Any] = field(default_factory=dict)
    beside: tuple[str, ...] = ()


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


def _zipped(
    inside: str = "", codec: str = "", without: tuple[str, ...] = ()
) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        shapefile = path.with_name(f"{inside or path.stem}.shp")
        _write(shapefile, villages(), encoding="GBK")
        files = [one for one in sorted(path.parent.glob(f"{shapefile.stem}.*")) if one != path]
        pack(path, [one for one in files if one.suffix not in without], codec)
        for one in files:
            one.unlink()

    return make


def _shapefile_without_shx(path: Path) -> None:
    _write(path, villages(), encoding="GBK")
    path.with_suffix(".shx").unlink()


def _shapefile_in_big5(path: Path) -> None:
    _write(path, villages(), encoding="CP950")
    path.with_suffix(".cpg").unlink()
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[29] = 0
    path.with_suffix(".dbf").write_bytes(table)


def _kml(path: Path) -> None:
    # The name of a placemark is its Name, whatever it was called.
    _write(path, villages().rename(columns={"VNAME": "Name"}), driver="KML")


def _topojson(path: Path) -> None:
    frame = villages()
    arcs = [shapely.get_coordinates(one).tolist() for one in frame.geometry]
    shapes = [
        {"type": "Polygon", "arcs": [[at]], "properties": row}
        for at, row in enumerate(frame.drop(columns="geometry").to_dict("records"))
    ]
    objects = {"villages": {"type": "GeometryCollection", "geometries": shapes}}
    document = {"type": "Topology", "arcs": arcs, "objects": objects}
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def _in_two_files(path: Path) -> None:
    frame = villages()
    east = frame["TOWNCODE"] == "B"
    _write(path, frame[east].to_crs("EPSG:4544"), encoding="GBK")
    _write(path.with_name("west.gpkg"), frame[~east])


def write_postgis(url: str) -> str:
    """Write the villages into a table of PostGIS and return its name.

    Its defect: the shapes have heights, the codes are in no order, and it has a column of points.
    """
    engine = sa.create_engine(
        url.replace("postgresql:", "postgresql+psycopg:"), poolclass=sa.NullPool
    )
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS postgis")
        connection.exec_driver_sql("DROP TABLE IF EXISTS villages")
        connection.exec_driver_sql(
            'CREATE TABLE villages ("VCODE" text, "VNAME" text, "TOWNCODE" text,'
            " middle geometry(Point, 4490), shape geometry(PolygonZ, 4490))"
        )
        for row in villages().itertuples():
            connection.execute(
                sa.text(
                    "INSERT INTO villages VALUES (:code, :name, :town,"
                    " ST_GeomFromText(:middle, 4490), ST_Force3D(ST_GeomFromText(:shape, 4490)))"
                ),
                {
                    "code": row.VCODE,
                    "name": row.VNAME,
                    "town": row.TOWNCODE,
                    "middle": row.geometry.centroid.wkt,
                    "shape": row.geometry.wkt,
                },
            )
    return "villages"


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
    "zipped": Dirty("zipped.zip", _zipped()),
    "zipped_in_gbk": Dirty("in_gbk.zip", _zipped("村社边界", "gbk")),
    "zipped_no_shx": Dirty("no_shx.zip", _zipped(without=(".shx",))),
    "zipped_no_dbf": Dirty("no_dbf.zip", _zipped(without=(".dbf",))),
    "no_shx": Dirty("bare.shp", _shapefile_without_shx),
    "big5": Dirty("big5.shp", _shapefile_in_big5, {"encoding": "big5"}),
    "big5_unsaid": Dirty("big5_unsaid.shp", _shapefile_in_big5),
    "kml": Dirty("placemarks.kml", _kml, {"name_field": "Name"}),
    "topojson": Dirty("topology.json", _topojson, {"crs": "EPSG:4490"}),
    "topojson_no_crs": Dirty("no_crs.json", _topojson),
    "two_files": Dirty("east.shp", _in_two_files, beside=("west.gpkg",)),
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
    for url in sys.argv[2:]:
        write_postgis(url)
    for dirty in DIRTY.values():
        dirty.make(folder / dirty.file)
    for name in [*DEFECTS, "all"]:
        (folder / name).mkdir(exist_ok=True)
        write_defects(folder / name, DEFECTS if name == "all" else [name])
