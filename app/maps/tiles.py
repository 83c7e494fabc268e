"""Vector tiles of a city: one PMTiles archive with every level, overlay and base layer.

For each zoom the finest level shown is simplified as a coverage, so that shared borders stay
shared, and the coarser levels are dissolved from it, so that the border of a town lies exactly on
the borders of its grids. Borders are a layer of lines besides, each stretch once: they are not
drawn for both of the grids that share them and for each level again. GDAL writes one archive for
each layer and zoom; tiles are then joined (the layers of a Mapbox vector tile are a repeated
field: the bytes of tiles concatenate). The last zoom is not simplified: what is drawn there is
what the Locator answers, to the rounding of the tile grid (0.3 m at zoom 15).
"""

from __future__ import annotations

import fcntl
import gzip
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import shapely
from pmtiles.reader import MmapSource, all_tiles
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from app.grids import City, Layer
from app.maps.borders import border_lines
from app.maps.houses import BUILDINGS, HOUSES, house_layer, house_tiles, read_houses
from app.maps.simplify import Shapes, dissolve, label_points, mercator, simplify_coverage

MIN_ZOOM, MAX_ZOOM = 6, 15
# Raised when the content of tiles changes for the same city.
FORMAT_VERSION = 5
# The layer of borders, named as no level can be; `level` is the place of the coarsest level that a
# line divides.
BORDER = "@border"
_SCRATCH = ".partial"
_EXTENT = 4096
_EARTH_M = 40_075_016.685578488  # equator in EPSG:3857
# Tolerance in units of the tile grid; 12 units are 1.5 pixels of a 512-pixel tile.
_TOLERANCE_UNITS = 12
# From the zoom before the last on, a border may not leave its place by more than a metre or two.
_FINE_TOLERANCE_UNITS = 2
# First zoom of a level whose grids are about this many pixels wide: they can be told apart. Of a
# level of few grids, which a tile can hold all, the colours need to be.
_LEVEL_PX, _FEW_PX = 10, 2.5
_FEW = 6_000
# A name is drawn where a grid is 60 pixels wide or wider (static/js/map/scale.mjs). The tiles of a
# zoom are drawn up to twice their size; the rest is room for grids that are larger than most.
_LABEL_PX = 15
# Overlays are named when one is close to them.
_OVERLAY_LABEL_ZOOM = 14


@dataclass(frozen=True, slots=True)
class _Part:
    """One layer of one zoom, in EPSG:3857."""

    name: str
    zoom: int
    frame: gpd.GeoDataFrame


def tiles_path(city: City, var: Path) -> Path:
    """Return where the tiles of a city are, or would be once built."""
    return tiles_of(city.manifest.id, city.manifest.content_hash, var)


def tiles_of(ident: str, content_hash: str, var: Path) -> Path:
    """Return where the tiles are of a city of this id and content."""
    return var / "derived" / f"{ident}-{content_hash}" / f"city-v{FORMAT_VERSION}.pmtiles"


def build_tiles(city: City, var: Path) -> Path:
    """Build the tiles of a city unless they are there.

    Of several builders at once one builds and the others wait for it. What a killed one left is
    removed.

    Parameters
    ----------
    city
        The city.
    var
        Folder for derived files.

    Returns
    -------
    Path
        The PMTiles archive.
    """
    path = tiles_path(city, var)
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path.parent):
        if path.is_file():
            return path
        for left in path.parent.glob(f"*{_SCRATCH}"):
            shutil.rmtree(left)
        return _build(city, path)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process builds in a folder; a process that dies waits for nobody."""
    with (folder / "build.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(city: City, path: Path) -> Path:
    with tempfile.TemporaryDirectory(dir=path.parent, suffix=_SCRATCH) as scratch:
        archives = [_write_part(part, Path(scratch)) for part in _parts(city) if len(part.frame)]
        joined = Path(scratch) / "joined.pmtiles"
        houses = house_tiles(read_houses(city), MAX_ZOOM) if house_layer(city)[0] else {}
        _join(archives, houses, joined, city)
        joined.replace(path)
    return path


def first_zooms(city: City) -> dict[str, int]:
    """Return the zoom from which each level is drawn, by how large its grids are.

    Levels are data, so the zoom follows from the median width of a level's grids on the screen.
    """
    found: dict[str, int] = {}
    for level in city.levels:
        few = len(city.layer(level.id)) <= _FEW
        lowest = max(found.values(), default=MIN_ZOOM)
        found[level.id] = max(_zoom_of(city, level.id, _FEW_PX if few else _LEVEL_PX), lowest)
    found[city.levels[0].id] = MIN_ZOOM
    return found


def first_label_zooms(city: City) -> dict[str, int]:
    """Return the zoom from which tiles hold the names of each level.

    Before it there is no room for them; they would be most of what the first tiles weigh.
    """
    drawn = first_zooms(city)
    found = {
        level.id: max(_zoom_of(city, level.id, _LABEL_PX), drawn[level.id]) for level in city.levels
    }
    found[city.levels[0].id] = MIN_ZOOM
    return found


def _zoom_of(city: City, level: str, width_px: float) -> int:
    """Return the first zoom at which the median grid of a level is so wide on the screen."""
    bounds = shapely.bounds(city.layer(level).geometry)
    width_deg = float(np.median(bounds[:, 2] - bounds[:, 0]))
    zoom = int(np.ceil(np.log2(width_px * 360 / 512 / max(width_deg, 1e-6))))
    return min(max(zoom, MIN_ZOOM), MAX_ZOOM - 1)


def _parts(city: City) -> Iterator[_Part]:
    """Yield every layer of every zoom."""
    first, labels = first_zooms(city), first_label_zooms(city)
    finest_zoom = first[city.levels[-1].id]
    for zoom in range(MIN_ZOOM, MAX_ZOOM + 1):
        tolerance_m = _tolerance_m(zoom)
        shown = [level for level in city.levels if first[level.id] <= zoom]
        named = {level.id for level in shown if labels[level.id] <= zoom}
        yield from _level_parts(city, [level.id for level in shown], named, zoom, tolerance_m)
        yield from _outside_parts(city, zoom, tolerance_m)
        if zoom >= finest_zoom:
            for overlay in city.overlays:
                yield from _overlay_parts(city.layer(overlay.id), zoom, tolerance_m)
        for base in city.manifest.bases:
            if base.id == BUILDINGS and zoom < MAX_ZOOM:
                continue  # too small to be seen, and many
            yield _Part(base.id, zoom, _base_frame(city, base.id, zoom, tolerance_m))


def _tolerance_m(zoom: int) -> float:
    """Return the tolerance of a zoom in units of EPSG:3857; 0 at the last."""
    if zoom == MAX_ZOOM:
        return 0.0
    units = _FINE_TOLERANCE_UNITS if zoom == MAX_ZOOM - 1 else _TOLERANCE_UNITS
    return float(units * _EARTH_M / 2**zoom / _EXTENT)


def _level_parts(
    city: City, shown: list[str], named: set[str], zoom: int, tolerance_m: float
) -> Iterator[_Part]:
    """Yield the levels shown at a zoom, those that are named with their labels, and borders."""
    groups: list[Shapes] = []
    below: Shapes | None = None
    below_layer: Layer | None = None
    for ident in reversed(shown):
        layer = city.layer(ident)
        if below is None or below_layer is None:
            shapes = simplify_coverage(mercator(layer.geometry), tolerance_m)
        else:
            shapes = dissolve(below, below_layer, layer)
        below, below_layer = shapes, layer
        groups.insert(0, shapes)
        columns = {"code": layer.codes}
        yield _Part(ident, zoom, _frame(columns, shapes))
        if ident in named:
            labels = columns | {"name": layer.names}
            yield _Part(f"{ident}_label", zoom, _frame(labels, label_points(layer.geometry)))
    lines = border_lines(groups)
    places = np.repeat(np.arange(len(lines)), [len(one) for one in lines])
    yield _Part(BORDER, zoom, _frame({"level": places}, np.concatenate(lines)))


def _outside_parts(city: City, zoom: int, tolerance_m: float) -> Iterator[_Part]:
    if not len(city.outside):
        return
    shapes = np.asarray(city.outside.geometry.array, dtype=object)
    columns = {name: city.outside[name].to_numpy() for name in ("code", "name", "governed_by")}
    yield _Part("outside", zoom, _frame(columns, simplify_coverage(mercator(shapes), tolerance_m)))
    points = mercator(shapely.point_on_surface(shapes))
    yield _Part("outside_label", zoom, _frame(columns, points))


def _overlay_parts(layer: Layer, zoom: int, tolerance_m: float) -> Iterator[_Part]:
    columns = {"code": layer.codes}
    if "kind" in layer.frame.columns:
        columns["kind"] = layer.frame["kind"].to_numpy(dtype=object)
    shapes = shapely.simplify(mercator(layer.geometry), tolerance_m)
    yield _Part(layer.part.id, zoom, _frame(columns, shapes))
    if zoom < _OVERLAY_LABEL_ZOOM:
        return
    labels = columns | {"name": layer.names}
    yield _Part(f"{layer.part.id}_label", zoom, _frame(labels, label_points(layer.geometry)))


def _base_frame(city: City, ident: str, zoom: int, tolerance_m: float) -> gpd.GeoDataFrame:
    """Return a base layer without what would be too small to see at this zoom."""
    frame = city.base(ident)
    if "kind" in frame.columns:
        first = frame["kind"].map(_BASE_FIRST_ZOOM).fillna(MIN_ZOOM)
        frame = frame[first <= zoom]
    columns = {name: frame[name].to_numpy() for name in ("name", "kind") if name in frame.columns}
    shapes = shapely.simplify(mercator(np.asarray(frame.geometry.array)), tolerance_m)
    return _frame(columns, shapes)


# Roads come in by rank; what is not named here is drawn from the first zoom on.
_BASE_FIRST_ZOOM = {"motorway": 7, "main": 8, "local": 10, "street": 12}


def _frame(columns: dict[str, npt.NDArray[Any]], shapes: Shapes) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(pd.DataFrame(columns), geometry=shapes, crs="EPSG:3857")
    return frame[~(frame.geometry.isna() | frame.geometry.is_empty)]


def _write_part(part: _Part, scratch: Path) -> Path:
    """Write one layer of one zoom as an archive of its own."""
    path = scratch / f"{part.name}-{part.zoom}.pmtiles"
    pyogrio.write_dataframe(
        part.frame,
        path,
        layer=part.name,
        driver="PMTiles",
        dataset_options={
            "MINZOOM": part.zoom,
            "MAXZOOM": part.zoom,
            "SIMPLIFICATION": 0,
            "EXTENT": _EXTENT,
            # GDAL's own limits would thin out tiles in silence.
            "MAX_SIZE": 50_000_000,
            "MAX_FEATURES": 5_000_000,
        },
    )
    return path


def _join(
    archives: list[Path], houses: dict[tuple[int, int, int], bytes], path: Path, city: City
) -> None:
    """Join archives of one layer each, and the houses, into one archive."""
    tiles = {zxy_to_tileid(*zxy): tile for zxy, tile in houses.items()}
    names = [HOUSES] if houses else []
    for archive in archives:
        name = archive.stem.rsplit("-", 1)[0]
        names += [name] if name not in names else []
        with archive.open("rb") as stream:
            for zxy, tile in all_tiles(MmapSource(stream)):
                key = zxy_to_tileid(*zxy)
                tiles[key] = tiles.get(key, b"") + gzip.decompress(tile)
    west, south, east, north = city.bounds
    with path.open("wb") as stream:
        writer = Writer(stream)
        for key in sorted(tiles):
            writer.write_tile(key, gzip.compress(tiles[key], mtime=0))
        writer.finalize(
            {
                "tile_type": TileType.MVT,
                "tile_compression": Compression.GZIP,
                "min_zoom": MIN_ZOOM,
                "max_zoom": MAX_ZOOM,
                "min_lon_e7": round(west * 1e7),
                "min_lat_e7": round(south * 1e7),
                "max_lon_e7": round(east * 1e7),
                "max_lat_e7": round(north * 1e7),
                "center_zoom": MIN_ZOOM + 3,
                "center_lon_e7": round((west + east) / 2 * 1e7),
                "center_lat_e7": round((south + north) / 2 * 1e7),
            },
            {
                "name": city.manifest.name,
                "attribution": city.manifest.synthetic,
                "vector_layers": [{"id": name, "fields": {}} for name in names],
            },
        )
