"""/api/cities/<id>/download: the grids of a level as a file, as scripts.export_grids writes it."""

from __future__ import annotations

from typing import Any, Literal, cast

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field

from app.open.files import FORMATS, GridFile
from app.web.api_generations import served
from app.web.attachments import attachment, written
from app.web.reading import takes
from app.web.schemas import ON_TEXT, Day, _In
from app.web.service import service

bp = APIBlueprint("download", __name__, tag="Grids")

_FILE = {"schema": {"type": "string", "format": "binary"}}
_KINDS = {one.mimetype: _FILE for one in FORMATS.values()}
_KINDS[FORMATS["geojson"].mimetype] = {"schema": {"type": "object"}}
_FILES = {200: {"description": "The file", "content": _KINDS}}


class DownloadQuery(_In):
    """Which grids, in which form."""

    level: str = Field(
        description="Id of a level or overlay, see /api/city. 层级或专属网格编号",
        examples=["general"],
    )
    format: Literal["gpkg", "shp", "geojson", "kml", "fgb"] = Field(
        "gpkg",
        description="GeoPackage, zipped shapefile, GeoJSON (RFC 7946), KML or FlatGeobuf. 文件格式",
    )
    crs: str = Field(
        "wgs84",
        description="wgs84, EPSG:4490, the city's CRS in metres such as EPSG:4544, or gcj02 and "
        "bd09, which the file says of itself; GeoJSON and KML are wgs84. "
        "坐标系；gcj02、bd09 为偏移坐标，文件中会注明",
    )
    on: Day | None = Field(None, description=ON_TEXT)


@bp.get("/api/cities/<city_id>/download")
@takes(bp, DownloadQuery, "query")
@bp.doc(
    responses=cast("Any", _FILES)
    | {404: "Another city is served, or there is no such level", 503: "No room for the file"}
)
def get_download(city_id: str, query_data: DownloadQuery) -> Response:
    """Return all grids of a level as a file, with names, parents and areas. 下载一个层级的网格."""
    served(city_id)
    now = service().on(query_data.on)
    task = GridFile(now.city, query_data.level, query_data.format, query_data.crs)
    file, size = written(task.write, task.name)
    return attachment(file, size, task.format.mimetype, task.name)
