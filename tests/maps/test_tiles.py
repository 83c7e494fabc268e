"""Vector tiles: nothing lost, no cracks, exact at the last zoom."""

from __future__ import annotations

import fcntl
import gzip
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from pmtiles.reader import MmapSource, Reader, all_tiles

from app.grids import City
from app.maps.tiles import (
    BORDER,
    MAX_ZOOM,
    MIN_ZOOM,
    build_tiles,
    first_label_zooms,
    first_zooms,
    tiles_path,
)
from tests.cities import coverage, layer, make_city, square

ROOT = Path(__file__).resolve().parents[2]
HALF_M = 20037508.342789244  # half the side of EPSG:3857


@pytest.fixture(scope="module")
def wiggly(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Return a two-level city of random cells, the west in town A and the east in town B."""
    cells = coverage(11, 40)
    middle = shapely.get_x(shapely.centroid(cells)) < 104.52
    towns = [
        ("A", "", shapely.coverage_union_all(cells[middle])),
        ("B", "", shapely.coverage_union_all(cells[~middle])),
    ]
    rows = [
        (f"{'A' if west else 'B'}{row:02}", "A" if west else "B", cell)
        for row, (cell, west) in enumerate(zip(cells, middle, strict=True))
    ]
    folder = tmp_path_factory.mktemp("tiles") / "wiggly"
    campus = layer([("K", "A", square(0.5, 0.5, 0.3, 0.3))])
    return make_city(
        folder, {"town": layer(towns), "cell": layer(rows)}, {"campus": ("town", campus)}
    )


@pytest.fixture(scope="module")
def archive(wiggly: City, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiles(wiggly, tmp_path_factory.mktemp("var"))


def tiles(archive: Path) -> Iterator[tuple[tuple[int, int, int], bytes]]:
    with archive.open("rb") as stream:
        for zxy, tile in all_tiles(MmapSource(stream)):
            yield zxy, gzip.decompress(tile)


def read(
    archive: Path, zoom: int, name: str, scratch: Path, polygons: bool = True, key: str = "code"
) -> dict[Any, Any]:
    """Return the shapes of one layer at one zoom, the pieces of all tiles joined, EPSG:3857."""
    pieces: dict[Any, list[shapely.Geometry]] = {}
    for (z, x, y), tile in tiles(archive):
        if z != zoom:
            continue
        file = scratch / f"{z}-{x}-{y}.pbf"
        file.write_bytes(tile)
        layers = {str(row[0]) for row in pyogrio.list_layers(file)}
        if name not in layers:
            continue
        frame = pyogrio.read_dataframe(file, layer=name, X=x, Y=y, Z=z)
        side = 2 * HALF_M / 2**z
        west, south = -HALF_M + x * side, HALF_M - (y + 1) * side
        own = shapely.box(west, south, west + side, south + side)
        for code, shape in zip(frame[key], frame.geometry, strict=True):
            whole = shape.buffer(0) if polygons else shape
            pieces.setdefault(code, []).append(shapely.intersection(whole, own))
    return {code: shapely.union_all(parts) for code, parts in pieces.items()}


def mercator(city: City, ident: str) -> dict[str, shapely.Geometry]:
    frame = city.frame(ident).to_crs("EPSG:3857")
    return dict(zip(frame["code"], frame.geometry, strict=True))


def test_the_last_zoom_draws_what_the_locator_answers(
    archive: Path, wiggly: City, tmp_path: Path
) -> None:
    drawn = read(archive, MAX_ZOOM, "cell", tmp_path)
    true = mercator(wiggly, "cell")
    assert set(drawn) == set(true)
    unit = 40075016.7 / 2**MAX_ZOOM / 4096
    for code, shape in true.items():
        assert shape.buffer(2 * unit).covers(drawn[code])
        assert drawn[code].buffer(2 * unit).covers(shape)


@pytest.mark.parametrize("zoom", [10, 12, 14])
def test_no_grid_is_lost_and_no_crack_opens(
    archive: Path, wiggly: City, tmp_path: Path, zoom: int
) -> None:
    drawn = read(archive, zoom, "cell", tmp_path)
    assert set(drawn) == set(wiggly.finest.codes)
    shapes = np.array(list(drawn.values()))
    total = shapely.area(shapes).sum()
    whole = shapely.area(shapely.union_all(shapes))
    assert abs(total - whole) / total < 2e-3  # overlaps: the rounding of the tile grid
    hull = shapely.union_all(list(mercator(wiggly, "town").values()))
    assert abs(whole - hull.area) / hull.area < 5e-3


@pytest.mark.parametrize("zoom", [10, 12])
def test_borders_of_towns_lie_on_borders_of_their_grids(
    archive: Path, tmp_path: Path, zoom: int
) -> None:
    cells = read(archive, zoom, "cell", tmp_path)
    for code, town in read(archive, zoom, "town", tmp_path).items():
        own = shapely.union_all([shape for key, shape in cells.items() if key.startswith(code)])
        assert shapely.area(own ^ town) / town.area < 2e-3


@pytest.mark.parametrize("zoom", [10, 12, MAX_ZOOM])
def test_each_border_is_there_once_with_the_coarsest_level_that_it_divides(
    archive: Path, wiggly: City, tmp_path: Path, zoom: int
) -> None:
    lines = read(archive, zoom, BORDER, tmp_path, polygons=False, key="level")
    assert set(lines) == {0, 1}
    unit = 2 * HALF_M / 2**zoom / 4096
    for place, level in enumerate(wiggly.levels):
        shapes = read(archive, zoom, level.id, tmp_path)
        divided = shapely.union_all([lines[one] for one in range(place + 1)])
        west, south, east, north = shapely.total_bounds(list(shapes.values()))
        inside = shapely.box(west, south, east, north).buffer(10 * unit)
        borders = shapely.union_all([shape.boundary for shape in shapes.values()])
        # Polygons are cut at the sides of tiles; those cuts are no borders.
        cuts = shapely.union_all(list(sides_of_tiles(zoom, inside)))
        assert divided.buffer(2 * unit).covers(borders.difference(cuts.buffer(2 * unit)))
        assert borders.buffer(2 * unit).covers(divided)
    assert lines[0].intersection(lines[1].buffer(unit)).length < lines[0].length / 10


def sides_of_tiles(zoom: int, within: shapely.Geometry) -> Iterator[shapely.Geometry]:
    west, south, east, north = within.bounds
    side = 2 * HALF_M / 2**zoom
    for at in range(int((west + HALF_M) // side), int((east + HALF_M) // side) + 2):
        yield shapely.LineString([(at * side - HALF_M, south), (at * side - HALF_M, north)])
    for at in range(int((south + HALF_M) // side), int((north + HALF_M) // side) + 2):
        yield shapely.LineString([(west, at * side - HALF_M), (east, at * side - HALF_M)])


def test_every_zoom_has_the_layers_that_are_due(
    archive: Path, wiggly: City, tmp_path: Path
) -> None:
    first, labels = first_zooms(wiggly), first_label_zooms(wiggly)
    assert first["town"] == MIN_ZOOM <= first["cell"] <= 12
    seen: dict[int, set[str]] = {}
    for (zoom, x, y), tile in tiles(archive):
        file = tmp_path / f"{zoom}-{x}-{y}.pbf"
        file.write_bytes(tile)
        seen.setdefault(zoom, set()).update(str(row[0]) for row in pyogrio.list_layers(file))
    for zoom in range(MIN_ZOOM, MAX_ZOOM + 1):
        due = {ident for ident, lowest in first.items() if lowest <= zoom}
        if zoom >= first["cell"]:
            due.add("campus")
        named = {ident for ident, lowest in labels.items() if lowest <= zoom}
        if zoom >= MAX_ZOOM - 1:
            named.add("campus")
        assert seen[zoom] == {BORDER} | due | {f"{ident}_label" for ident in named}


def test_names_are_in_the_tiles_wherever_there_is_room_for_them(wiggly: City) -> None:
    """The page draws a name where a mean grid is 62 pixels wide (static/js/map/scale.mjs)."""
    labels = first_label_zooms(wiggly)
    assert labels["town"] == MIN_ZOOM
    west, south, east, north = np.radians(wiggly.bounds)
    width_m = (east - west) * np.cos((south + north) / 2) * HALF_M / np.pi
    height_m = (north - south) * HALF_M / np.pi
    size_m = np.sqrt(0.6 * width_m * height_m / len(wiggly.layer("cell")))
    pixel_m = 2 * HALF_M * np.cos((south + north) / 2) / 512  # at zoom 0
    drawn_from = np.log2(62 * pixel_m / size_m)
    assert labels["cell"] <= np.floor(drawn_from)
    assert labels["cell"] > first_zooms(wiggly)["cell"]


def test_the_archive_says_what_it_holds(archive: Path) -> None:
    with archive.open("rb") as stream:
        reader = Reader(MmapSource(stream))
        names = {part["id"] for part in reader.metadata()["vector_layers"]}
        header = reader.header()
    assert {BORDER, "town", "cell", "campus", "town_label", "cell_label", "campus_label"} == names
    assert header["min_zoom"] == MIN_ZOOM
    assert header["max_zoom"] == MAX_ZOOM


def test_labels_stand_once_inside_their_grid(archive: Path, wiggly: City, tmp_path: Path) -> None:
    points = read(archive, MAX_ZOOM, "cell_label", tmp_path, polygons=False)
    for code, shape in mercator(wiggly, "cell").items():
        assert points[code].geom_type == "Point"
        assert shape.contains(points[code])


def test_tiles_are_built_once_for_each_content(wiggly: City, archive: Path) -> None:
    var = archive.parents[2]
    assert archive == tiles_path(wiggly, var)
    before = archive.stat().st_mtime_ns
    assert build_tiles(wiggly, var) == archive
    assert archive.stat().st_mtime_ns == before
    assert sorted(one.name for one in archive.parent.iterdir()) == ["build.lock", archive.name]


BUILD = """
import sys
from pathlib import Path
from app.grids import City
from app.maps.tiles import build_tiles
print(build_tiles(City.open(sys.argv[1]), Path(sys.argv[2])))
"""


def builder(city: City, var: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", BUILD, str(city.folder), str(var)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_what_a_killed_build_left_is_removed_by_the_next(wiggly: City, tmp_path: Path) -> None:
    path = tiles_path(wiggly, tmp_path)
    with builder(wiggly, tmp_path) as killed:
        while killed.poll() is None and not list(path.parent.glob("*.partial/*")):
            time.sleep(0.001)
        killed.kill()
    assert list(path.parent.glob("*.partial")), "it was done before it could be killed"
    assert not path.exists()
    assert build_tiles(wiggly, tmp_path) == path
    assert sorted(one.name for one in path.parent.iterdir()) == ["build.lock", path.name]


def test_two_builders_at_once_do_not_disturb_each_other(wiggly: City, tmp_path: Path) -> None:
    path = tiles_path(wiggly, tmp_path)
    with builder(wiggly, tmp_path) as one, builder(wiggly, tmp_path) as other:
        said = [process.communicate(timeout=120)[0].strip() for process in (one, other)]
    assert (one.returncode, other.returncode) == (0, 0)
    assert said == [str(path)] * 2
    assert sorted(one.name for one in path.parent.iterdir()) == ["build.lock", path.name]


def test_scratch_of_a_builder_at_work_is_left_alone(wiggly: City, tmp_path: Path) -> None:
    path = tiles_path(wiggly, tmp_path)
    scratch = path.parent / "other.partial"
    scratch.mkdir(parents=True)
    with (path.parent / "build.lock").open("ab") as lock, ThreadPoolExecutor(1) as pool:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = pool.submit(build_tiles, wiggly, tmp_path)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=1)
        assert scratch.is_dir()
        fcntl.flock(lock, fcntl.LOCK_UN)
        assert waiting.result(timeout=120) == path
    assert not scratch.exists()


def test_a_defective_coverage_is_drawn_as_it_is(tmp_path: Path) -> None:
    """Overlapping grids cannot be simplified together; they are drawn whole."""
    rows = [("1", "", square(0, 0, 1.2)), ("2", "", square(1, 0))]
    city = make_city(tmp_path / "bad", {"cell": layer(rows)})
    drawn = read(build_tiles(city, tmp_path / "var"), 12, "cell", tmp_path)
    assert set(drawn) == {"1", "2"}


def test_an_empty_overlay_is_no_hindrance(tmp_path: Path) -> None:
    cells = layer([("1", "", square(0, 0))])
    city = make_city(tmp_path / "bare", {"cell": cells}, {"campus": ("cell", layer([]))})
    assert set(read(build_tiles(city, tmp_path / "var"), 12, "cell", tmp_path)) == {"1"}
