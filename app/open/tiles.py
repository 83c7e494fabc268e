"""Vector tiles by OGC API - Tiles, out of the archive that the map draws from.

Sources: OGC 20-057, OGC API - Tiles - Part 1: Core; OGC 17-083r4, Two Dimensional Tile Matrix Set,
Annex D.1, WebMercatorQuad; the Mapbox Vector Tile Specification 2.1.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pmtiles.reader import MmapSource, Reader

from app.errors import BadInputError, NotFoundError
from app.grids import City
from app.maps.tiles import MAX_ZOOM, MIN_ZOOM
from app.open.documents import JSON, Document, Site

QUAD = "WebMercatorQuad"
QUAD_URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{QUAD}"
MVT = "application/vnd.mapbox-vector-tile"
_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
_MERCATOR = "http://www.opengis.net/def/crs/EPSG/0/3857"
_EDGE_M = 20037508.3427892
_CELL_M, _SCALE = 156543.033928041, 559082264.028717
_LEVELS = 25
_TILE_PX = 256
_LAYERS, _NAME = 3, 1
_LENGTH = 2  # wire type of what says its own length


def tile_matrix_set() -> Document:
    """Return the definition of WebMercatorQuad."""
    return {
        "id": QUAD,
        "title": "Google Maps Compatible for the World",
        "uri": QUAD_URI,
        "crs": _MERCATOR,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": [
            {
                "id": str(zoom),
                "scaleDenominator": _SCALE / 2**zoom,
                "cellSize": _CELL_M / 2**zoom,
                "cornerOfOrigin": "topLeft",
                "pointOfOrigin": [-_EDGE_M, _EDGE_M],
                "tileWidth": _TILE_PX,
                "tileHeight": _TILE_PX,
                "matrixWidth": 2**zoom,
                "matrixHeight": 2**zoom,
            }
            for zoom in range(_LEVELS)
        ],
    }


def tileset(site: Site, city: City, path: str, title: str, layers: Iterable[str]) -> Document:
    """Return what is said of the tiles at a path.

    Parameters
    ----------
    site, city
        Where, of which edition.
    path
        Below the landing page, such as ``/tiles``.
    title
        Of the tiles.
    layers
        Ids of the layers of each tile.
    """
    west, south, east, north = city.bounds
    here = f"{path}/{QUAD}"
    tiles = site.link("item", here, MVT, site.either("Tiles", "瓦片"))
    tiles["href"] += "/{tileMatrix}/{tileRow}/{tileCol}"
    return {
        "title": title,
        "dataType": "vector",
        "crs": _MERCATOR,
        "tileMatrixSetURI": QUAD_URI,
        "links": [
            site.link("self", here, JSON),
            site.link(_SCHEME, f"/tileMatrixSets/{QUAD}", JSON, QUAD),
            tiles | {"templated": True},
        ],
        "layers": [{"id": one, "dataType": "vector"} for one in layers],
        "boundingBox": {"lowerLeft": [west, south], "upperRight": [east, north]},
        "tileMatrixSetLimits": [_limits(zoom) for zoom in range(MIN_ZOOM, MAX_ZOOM + 1)],
    }


def _limits(zoom: int) -> dict[str, Any]:
    last = 2**zoom - 1
    return {
        "tileMatrix": str(zoom),
        "minTileRow": 0, "maxTileRow": last, "minTileCol": 0, "maxTileCol": last,
    }  # fmt: skip


def read_tile(path: Path, matrix: str, row: str, column: str) -> bytes:
    """Return a tile with all its layers; empty where there is nothing.

    Parameters
    ----------
    path
        The archive.
    matrix, row, column
        As the address has them.

    Raises
    ------
    BadInputError
        If one of them is not a whole number.
    NotFoundError
        If there is no such tile in the matrix set, or no tiles are drawn at this zoom.
    """
    texts = (matrix, row, column)
    if not all(one.isascii() and one.isdecimal() and len(one) < 10 for one in texts):  # noqa: PLR2004
        raise BadInputError(
            f"the tile is {'/'.join(texts)!r:.80}, allowed are whole numbers: matrix/row/column",
            message_zh=f"瓦片为 {'/'.join(texts)!r:.80}，应为整数：层级/行/列",
        )
    zoom, y, x = map(int, texts)
    if not MIN_ZOOM <= zoom <= MAX_ZOOM or max(x, y) >= 2**zoom:
        raise NotFoundError(
            f"there is no tile {zoom}/{y}/{x}, allowed are the matrices {MIN_ZOOM} to {MAX_ZOOM} "
            "and in each rows and columns below 2 to the power of it",
            message_zh=f"没有瓦片 {zoom}/{y}/{x}，层级应为 {MIN_ZOOM} 至 {MAX_ZOOM}",
        )
    with path.open("rb") as stream:
        tile = Reader(MmapSource(stream)).get(zoom, x, y)
    return gzip.decompress(tile) if tile else b""


def only_layer(tile: bytes, name: str) -> bytes:
    """Return of a vector tile the layer of a name alone; nothing if it has none."""
    found = b""
    for field, kind, start, body, end in _fields(tile):
        if (field, kind) == (_LAYERS, _LENGTH) and _name_of(tile[body:end]) == name:
            found += tile[start:end]
    return found


def _name_of(layer: bytes) -> str:
    for field, kind, _, body, end in _fields(layer):
        if (field, kind) == (_NAME, _LENGTH):
            return layer[body:end].decode()
    return ""


def _fields(message: bytes) -> Iterator[tuple[int, int, int, int, int]]:
    """Yield number, wire type, start, start of the body and end of each field of a message.

    Tiles and their layers have fields of two wire types only: numbers, and what says its length.
    """
    at = 0
    while at < len(message):
        start = at
        key, at = _varint(message, at)
        body = at
        value, at = _varint(message, at)
        if key & 7 == _LENGTH:
            body = at
            at += value
        yield key >> 3, key & 7, start, body, at


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the last one
            return value, at
        shift += 7
