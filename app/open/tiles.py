"""Vector tiles by OGC API - Tiles, out of the archive that the map draws from.

Sources: OGC 20-057, OGC API - Tiles - Part 1: Core; OGC 17-083r4, Two Dimensional Tile Matrix Set,
Annex D.1, WebMercatorQuad; the Mapbox Vector Tile Specification 2.1.
"""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile of the matrix set.

    Attributes
    ----------
    zoom, row, column : int
        Of its matrix; rows go down, columns to the east.
    """

    zoom: int
    row: int
    column: int

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north, degrees."""
        side = 2**self.zoom
        north, south = (
            math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / side))))
            for row in (self.row, self.row + 1)
        )
        west, east = (360 * x / side - 180 for x in (self.column, self.column + 1))
        return west, south, east, north

    def place(self, lon: float, lat: float, extent: int) -> tuple[int, int] | None:
        """Return where a point lies in the tile; None if it lies in another one.

        Parameters
        ----------
        lon, lat
            Degrees.
        extent
            Units of the tile's side.

        Returns
        -------
        column, row : int
            From the upper left corner, from 0 to below `extent`.
        """
        side = 2**self.zoom * extent
        across = math.floor((lon + 180) / 360 * side) - self.column * extent
        down = math.floor((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side)
        down -= self.row * extent
        inside = 0 <= across < extent and 0 <= down < extent
        return (across, down) if inside else None


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


def tile_named(matrix: str, row: str, column: str) -> Tile:
    """Return the tile that an address names.

    Parameters
    ----------
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
    return Tile(zoom, y, x)


def read_tile(path: Path, tile: Tile) -> bytes:
    """Return a tile of an archive with all its layers; empty where there is nothing."""
    with path.open("rb") as stream:
        found = Reader(MmapSource(stream)).get(tile.zoom, tile.column, tile.row)
    return gzip.decompress(found) if found else b""
