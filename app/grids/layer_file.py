"""One layer of a city folder as a file: GeoParquet in lon, lat degrees."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely
from pyproj.exceptions import CRSError

from app.errors import CityError

CRS = "EPSG:4326"
# What GeoParquet 1.1 says of a file that names no CRS.
_LEFT_OUT = {"id": {"authority": "OGC", "code": "CRS84"}}


def read_layer(path: Path) -> gpd.GeoDataFrame:
    """Read a GeoParquet file of a city folder, in lon, lat degrees (EPSG:4326).

    As `geopandas.read_parquet` does, but the CRS, whose text is the same in every file, is made
    once: to make it was nearly all of the time in which a city was opened.

    Raises
    ------
    CityError
        If it is not GeoParquet or is in another CRS.
    """
    try:
        table = pq.read_table(path)
        geo = json.loads((table.schema.metadata or {})[b"geo"])
        name = str(geo["primary_column"])
        column = geo["columns"][name]
        if column["encoding"] != "WKB":
            raise ValueError(f"its geometry is encoded as {column['encoding']!r}, not as WKB")
        crs = column.get("crs", _LEFT_OUT)
        frame = table.to_pandas()
        frame[name] = shapely.from_wkb(frame[name].to_numpy())
        lonlat = _crs(json.dumps(crs))
    except (OSError, ValueError, LookupError, TypeError, pa.ArrowException, CRSError) as error:
        raise CityError(f"{path} is not a GeoParquet file: {error!r}") from error
    except shapely.errors.GEOSException as error:
        raise CityError(f"{path} holds a geometry that cannot be read: {error}") from error
    if lonlat is None or lonlat.to_epsg() != 4326:  # noqa: PLR2004 - an EPSG number
        raise CityError(f"{path} is in {lonlat}, a city folder holds {CRS}")
    return gpd.GeoDataFrame(frame, geometry=name, crs=lonlat)


@cache
def _crs(text: str) -> pyproj.CRS | None:
    """Return the CRS that a file spells out as PROJJSON; None for none."""
    return None if text == "null" else pyproj.CRS.from_user_input(json.loads(text))
