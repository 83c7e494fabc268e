"""The engines that a Python user could take instead, each from raw lon, lat to grid rows.

Every engine opens its polygons once, outside of the clock. Inside the clock it gets two float64
arrays and returns an int32 array: the lowest row of the polygons that cover each point, -1 for
none. What an engine needs to make of the arrays (points, a table) belongs to its time.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import duckdb
import duckdb_extension_spatial
import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import rtree
import sedonadb
import shapely

from app.locate.cell_build import build
from app.locate.cell_engine import CellEngine

Floats = npt.NDArray[np.float64]
Found = npt.NDArray[np.int32]
Locate = Callable[[Floats, Floats], Found]
Polygons = npt.NDArray[np.object_]


def lowest_of_pairs(point: npt.ArrayLike, row: npt.ArrayLike, n: int) -> Found:
    """Return the lowest row for each of n points from point-row pairs in any order."""
    found = np.full(n, np.iinfo(np.int32).max, dtype=np.int32)
    np.minimum.at(found, np.asarray(point), np.asarray(row, dtype=np.int32))
    found[found == np.iinfo(np.int32).max] = -1
    return found


def in_parts(locate: Locate, threads: int) -> Locate:
    """Return an engine that does even parts of the points in threads of its own."""
    if threads == 1:
        return locate

    def locate_all(lon: Floats, lat: Floats) -> Found:
        edges = [len(lon) * part // threads for part in range(threads + 1)]
        parts = [slice(*pair) for pair in pairwise(edges)]
        with ThreadPoolExecutor(threads) as pool:
            return np.concatenate(list(pool.map(lambda one: locate(lon[one], lat[one]), parts)))

    return locate_all


def weige(polygons: Polygons, threads: int) -> Locate:
    """Return Weige's engine over its cell index."""
    return CellEngine(polygons, build(polygons), threads).lowest


def geopandas_sjoin(polygons: Polygons, threads: int) -> Locate:
    """Return geopandas.sjoin, points left, predicate within."""
    grids = gpd.GeoDataFrame({"row": np.arange(len(polygons))}, geometry=polygons, crs=4326)
    grids.sindex  # noqa: B018 - built outside of the clock

    def locate(lon: Floats, lat: Floats) -> Found:
        points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat, crs=4326))
        joined = points.sjoin(grids, predicate="intersects")
        return lowest_of_pairs(joined.index, joined["row"], len(lon))

    return in_parts(locate, threads)


def strtree_query(polygons: Polygons, threads: int) -> Locate:
    """Return shapely's STRtree with the predicate inside the query."""
    tree = shapely.STRtree(polygons)

    def locate(lon: Floats, lat: Floats) -> Found:
        pairs = tree.query(shapely.points(lon, lat), predicate="intersects")
        return lowest_of_pairs(*pairs, len(lon))

    return in_parts(locate, threads)


def strtree_prepared(polygons: Polygons, threads: int) -> Locate:
    """Return shapely's STRtree for boxes, then intersects_xy on prepared polygons."""
    tree = shapely.STRtree(polygons)
    shapely.prepare(polygons)

    def locate(lon: Floats, lat: Floats) -> Found:
        point, row = tree.query(shapely.points(lon, lat))
        hit = shapely.intersects_xy(polygons[row], lon[point], lat[point])
        return lowest_of_pairs(point[hit], row[hit], len(lon))

    return in_parts(locate, threads)


def rtree_shapely(polygons: Polygons, threads: int) -> Locate:  # noqa: ARG001 - not safe in two
    """Return rtree for boxes, then intersects_xy on prepared polygons."""
    bounds = shapely.bounds(polygons)
    index = rtree.index.Index(
        (np.arange(len(polygons)), bounds[:, :2].copy(), bounds[:, 2:].copy())
    )
    shapely.prepare(polygons)

    def locate(lon: Floats, lat: Floats) -> Found:
        corners = np.column_stack([lon, lat])
        row, counts = index.intersection_v(corners, corners)
        point = np.repeat(np.arange(len(lon)), counts.astype(np.int64))
        hit = shapely.intersects_xy(polygons[row], lon[point], lat[point])
        return lowest_of_pairs(point[hit], row[hit], len(lon))

    return locate


def duckdb_spatial(polygons: Polygons, threads: int) -> Locate:
    """Return DuckDB with its spatial extension."""
    folder = Path(duckdb_extension_spatial.__file__).parent / "extensions"
    (extension,) = folder.glob("*/spatial.duckdb_extension")
    con = duckdb.connect(config={"allow_unsigned_extensions": "true", "threads": threads})
    con.execute(f"LOAD '{extension}'")
    grids = pa.table({"row": np.arange(len(polygons)), "wkb": shapely.to_wkb(polygons)})
    con.register("grid_table", grids)
    con.execute("CREATE TABLE grids AS SELECT row, ST_GeomFromWKB(wkb) AS shape FROM grid_table")

    def locate(lon: Floats, lat: Floats) -> Found:
        given = pa.table({"i": np.arange(len(lon)), "lon": lon, "lat": lat})
        con.register("given", given)
        # A table of its own is shared among threads, one batch of Arrow is not.
        con.execute("CREATE OR REPLACE TEMP TABLE points AS SELECT * FROM given")
        pairs = con.execute(
            "SELECT points.i, grids.row FROM points "
            "JOIN grids ON ST_Intersects(grids.shape, ST_Point(points.lon, points.lat))"
        ).fetchnumpy()
        return lowest_of_pairs(pairs["i"], pairs["row"], len(lon))

    return locate


def sedona_db(polygons: Polygons, threads: int) -> Locate:
    """Return SedonaDB; it has as many threads as there are processors."""
    del threads
    con = sedonadb.connect()
    grids = gpd.GeoDataFrame({"row": np.arange(len(polygons), dtype=np.int32)}, geometry=polygons)
    con.create_data_frame(grids).to_view("grids")

    def locate(lon: Floats, lat: Floats) -> Found:
        table = pa.table({"i": np.arange(len(lon)), "lon": lon, "lat": lat})
        con.create_data_frame(table).to_view("points", overwrite=True)
        pairs = con.sql(
            "SELECT p.i, grids.row FROM (SELECT i, ST_Point(lon, lat) AS place FROM points) AS p "
            "JOIN grids ON ST_Intersects(grids.geometry, p.place)"
        ).to_arrow_table()
        return lowest_of_pairs(pairs["i"].to_numpy(), pairs["row"].to_numpy(), len(lon))

    return locate


ENGINES: dict[str, Callable[[Polygons, int], Locate]] = {
    "Weige": weige,
    "geopandas.sjoin": geopandas_sjoin,
    "shapely STRtree, predicate in the query": strtree_query,
    "shapely STRtree, then intersects_xy": strtree_prepared,
    "rtree, then intersects_xy": rtree_shapely,
    "DuckDB spatial": duckdb_spatial,
    "SedonaDB": sedona_db,
}
# With how many threads an engine is measured. rtree is not safe in two; SedonaDB takes as many as
# there are processors.
THREADS = dict.fromkeys(ENGINES, (1, 2)) | {
    "rtree, then intersects_xy": (1,),
    "SedonaDB": (2,),
}
