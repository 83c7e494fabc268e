"""The cell index answers as GEOS does, point by point, on everything that is hard."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import TooLargeError
from app.grids import City
from app.locate import cell_kernels
from app.locate.cell_build import _check_room, build
from app.locate.cell_engine import CellEngine
from app.locate.cell_store import index_path, load, open_or_build, save
from app.locate.cells import DEPTH_BITS, SEVERAL, CellIndex
from app.locate.engine import TreeEngine
from tests.cities import coverage
from tests.locate.layouts import LAYOUTS, points_on_and_around

ROOT = Path(__file__).resolve().parent.parent.parent


def brute_force(polygons: np.ndarray, xy: np.ndarray) -> list[list[int]]:
    """Return the rows of all polygons that cover each point: every pair is asked of GEOS."""
    points = shapely.points(xy)
    hits = np.array([shapely.intersects(polygon, points) for polygon in polygons])
    return [np.flatnonzero(column).tolist() for column in hits.T]


def check(polygons: np.ndarray, index: CellIndex, xy: np.ndarray) -> None:
    engine = CellEngine(polygons, index)
    lon, lat = np.ascontiguousarray(xy.T)
    truth = brute_force(polygons, xy)
    pairs = engine.covering(lon, lat)
    found: list[list[int]] = [[] for _ in xy]
    for point, row in zip(pairs.point, pairs.row, strict=True):
        found[point].append(int(row))
    assert found == truth
    lowest = [rows[0] if rows else -1 for rows in truth]
    assert engine.lowest(lon, lat).tolist() == lowest
    assert [engine.lowest_one(x, y) for x, y in zip(lon, lat, strict=True)] == lowest


@pytest.mark.parametrize("cells", ["coarse", "chosen", "fine"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_all_hits_are_those_of_geos(name: str, cells: str) -> None:
    polygons = LAYOUTS[name]
    west, south, east, north = shapely.total_bounds(polygons)
    extent_m = max(east - west, north - south) * 111_000
    cell_m = {"coarse": extent_m / 5, "chosen": 0.0, "fine": extent_m / 400}[cells]
    rng = np.random.default_rng(len(name))
    check(polygons, build(polygons, cell_m), points_on_and_around(polygons, rng, 150))


@pytest.mark.parametrize("cells", ["coarse", "chosen", "fine"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_who_is_contested_is_what_geos_says(name: str, cells: str) -> None:
    """No point on a border is taken for one inside: the index must leave them all to GEOS."""
    polygons = LAYOUTS[name]
    west, south, east, north = shapely.total_bounds(polygons)
    extent_m = max(east - west, north - south) * 111_000
    cell_m = {"coarse": extent_m / 5, "chosen": 0.0, "fine": extent_m / 400}[cells]
    xy = points_on_and_around(polygons, np.random.default_rng(len(name)), 150)
    lon, lat = np.ascontiguousarray(xy.T)
    claims = CellEngine(polygons, build(polygons, cell_m)).claims(lon, lat)
    found: dict[int, list[tuple[int, bool]]] = {}
    for point, row, inner in zip(
        claims.contested.point, claims.contested.row, claims.interior, strict=True
    ):
        found.setdefault(int(point), []).append((int(row), bool(inner)))
    points = shapely.points(xy)
    inside = np.array([shapely.contains_properly(polygon, points) for polygon in polygons])
    for i, rows in enumerate(brute_force(polygons, xy)):
        assert claims.lowest[i] == (rows[0] if rows else -1)
        plain = not rows or (len(rows) == 1 and inside[rows[0], i])
        told = None if plain else [(row, bool(inside[row, i])) for row in rows]
        assert found.get(i) == told


@pytest.mark.parametrize("radius_m", [0.0, 0.05, 40.0, 3_000.0, 60_000.0])
@pytest.mark.parametrize("name", LAYOUTS)
def test_what_is_near_is_what_the_tree_finds(name: str, radius_m: float) -> None:
    polygons = LAYOUTS[name]
    engine, tree = CellEngine(polygons, build(polygons)), TreeEngine(polygons)
    rng = np.random.default_rng(len(name))
    lon, lat = np.ascontiguousarray(points_on_and_around(polygons, rng, 12).T)
    radius = radius_m * rng.uniform(0, 1, len(lon)).round(1)
    pairs, metres = engine.within(lon, lat, radius)
    truth, truth_metres = tree.within(lon, lat, radius)
    assert np.array_equal(pairs.point, truth.point)
    assert np.array_equal(pairs.row, truth.row)
    assert np.array_equal(metres, truth_metres)


def test_what_is_near_many_points_is_found_in_parts() -> None:
    """More points than one thread takes, more pairs than one buffer holds."""
    polygons = LAYOUTS["coverage"]
    engine, tree = CellEngine(polygons, build(polygons)), TreeEngine(polygons)
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(104.5, 104.54, 40_000), rng.uniform(30.4, 30.44, 40_000)
    pairs, metres = engine.within(lon, lat, np.full(40_000, 2_000.0))
    assert len(metres) > 8 * 200_000 / 4
    some = slice(0, 2_000)
    truth, truth_metres = tree.within(lon[some], lat[some], np.full(2_000, 2_000.0))
    count = len(truth.point)
    assert np.array_equal(pairs.point[:count], truth.point)
    assert np.array_equal(pairs.row[:count], truth.row)
    assert np.array_equal(metres[:count], truth_metres)
    assert np.array_equal(np.unique(pairs.point), np.arange(40_000))


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(2, 80),
    st.floats(-179, 178),
    st.floats(-89, 88),
    st.sampled_from([1e-4, 1e-2, 1.0]),
    st.sampled_from([0.0, 0.3, 0.03]),
)
def test_any_coverage_anywhere_on_earth(
    seed: int, n: int, lon: float, lat: float, size: float, cells: float
) -> None:
    unit = (coverage(seed, n), np.array([104.5, 30.4]))
    polygons = np.asarray(
        shapely.transform(unit[0], lambda xy: (xy - unit[1]) / 0.04 * size + [lon, lat])
    )
    rng = np.random.default_rng(seed)
    index = build(polygons, cells * size * 111_000)
    check(polygons, index, points_on_and_around(polygons, rng, 60))


def test_the_demo_city(jianyang_folder: Path) -> None:
    """Points on every vertex and every edge's middle of 4,951 real shapes, against the tree."""
    polygons = City.open(jianyang_folder).finest.geometry
    engine, tree = CellEngine(polygons, build(polygons)), TreeEngine(polygons)
    vertices = shapely.get_coordinates(polygons)
    rng = np.random.default_rng(3)
    west, south, east, north = shapely.total_bounds(polygons)
    free = np.column_stack([rng.uniform(west, east, 50_000), rng.uniform(south, north, 50_000)])
    rounded = np.round(free, 7)
    for xy in (
        vertices[::3],
        (vertices[1::3] + vertices[:-1:3][: len(vertices[1::3])]) / 2,
        rounded,
    ):
        lon, lat = np.ascontiguousarray(xy.T)
        got, truth = engine.covering(lon, lat), tree.covering(lon, lat)
        assert np.array_equal(got.point, truth.point)
        assert np.array_equal(got.row, truth.row)
        assert np.array_equal(engine.lowest(lon, lat), tree.lowest(lon, lat))


def test_geos_is_asked_for_few_points_only() -> None:
    """The index must do the work itself: GEOS decides what lies on a border, not the rest."""
    polygons = LAYOUTS["coverage"]
    rng = np.random.default_rng(1)
    west, south, east, north = shapely.total_bounds(polygons)
    lon, lat = rng.uniform(west, east, 100_000), rng.uniform(south, north, 100_000)
    undecided = np.empty(100_001, dtype=np.int64)
    out = np.empty(100_000, dtype=np.int32)
    left = cell_kernels.lowest(build(polygons).data, lon, lat, out, undecided)
    assert left <= 20


def test_points_that_are_no_places_are_nowhere() -> None:
    polygons = LAYOUTS["coverage"]
    engine = CellEngine(polygons, build(polygons))
    odd = np.array([np.nan, np.inf, -np.inf, 1e308, -1e308, 0.0])
    assert engine.lowest(odd, odd).tolist() == [-1] * len(odd)
    assert len(engine.covering(odd, odd).point) == 0


def many_points(n: int = 500_000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(9)
    return rng.uniform(104.49, 104.55, n), rng.uniform(30.39, 30.45, n)


def test_threads_do_not_change_the_answer() -> None:
    polygons = LAYOUTS["coverage"]
    index = build(polygons)
    lon, lat = many_points()
    truth = CellEngine(polygons, index, threads=1).lowest(lon, lat)
    shared = CellEngine(polygons, index, threads=3)
    with ThreadPoolExecutor(6) as pool:
        for found in pool.map(lambda _: shared.lowest(lon, lat), range(12)):
            assert np.array_equal(found, truth)


def _locate_in_child(engine: CellEngine, queue: multiprocessing.Queue) -> None:  # type: ignore[type-arg]
    queue.put(int(engine.lowest(*many_points()).sum()))


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_a_forked_process_answers_too() -> None:
    """Gunicorn opens the city once and forks: threads of the parent must not be needed."""
    polygons = LAYOUTS["coverage"]
    engine = CellEngine(polygons, build(polygons), threads=2)
    truth = int(engine.lowest(*many_points()).sum())
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    children = [context.Process(target=_locate_in_child, args=(engine, queue)) for _ in range(2)]
    for child in children:
        child.start()
    assert [queue.get(timeout=60) for _ in children] == [truth, truth]
    for child in children:
        child.join(10)
        assert child.exitcode == 0


def test_the_index_is_kept_and_mapped(tmp_path: Path) -> None:
    polygons = LAYOUTS["coverage"]
    path = index_path(tmp_path, "cell", "abc")
    built = open_or_build(path, polygons, "abc")
    stamp = path.stat().st_mtime_ns
    again = open_or_build(path, polygons, "abc")
    assert path.stat().st_mtime_ns == stamp
    assert np.array_equal(again.data, built.data)
    assert not again.data.flags.writeable
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    check(polygons, again, points_on_and_around(polygons, np.random.default_rng(2), 100))


@pytest.mark.parametrize("place", [0, 10, 200, 4095, 4096, 5000, 0.3, 0.6, 0.9, -1])
def test_a_damaged_index_is_built_again(tmp_path: Path, place: float) -> None:
    polygons = LAYOUTS["overlapping"]
    path = index_path(tmp_path, "cell", "abc")
    open_or_build(path, polygons, "abc")
    whole = path.read_bytes()
    at = int(place * len(whole)) if isinstance(place, float) else place % len(whole)
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x5A]) + whole[at + 1 :])
    damaged = path.read_bytes()
    found = open_or_build(path, polygons, "abc")
    # A changed blank of the header's padding is no damage; everything else is.
    harmless = load_header_is_same(whole, damaged)
    assert harmless or path.read_bytes() == whole
    check(polygons, found, points_on_and_around(polygons, np.random.default_rng(2), 50))


def load_header_is_same(whole: bytes, other: bytes) -> bool:
    return whole[:4096].strip() == other[:4096].strip() and whole[4096:] == other[4096:]


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff" * 5000, b"null" + b" " * 5000])
def test_a_foreign_file_is_not_trusted(tmp_path: Path, content: bytes) -> None:
    path = index_path(tmp_path, "cell", "abc")
    path.parent.mkdir()
    path.write_bytes(content)
    assert load(path, "abc", 1) is None


def test_an_index_of_other_content_is_not_trusted(tmp_path: Path) -> None:
    polygons = LAYOUTS["coverage"]
    path = tmp_path / "index"
    save(build(polygons), path, "abc", len(polygons))
    assert load(path, "abc", len(polygons)) is not None
    assert load(path, "abd", len(polygons)) is None
    assert load(path, "abc", len(polygons) - 1) is None
    path.write_bytes(path.read_bytes()[:-4])
    assert load(path, "abc", len(polygons)) is None


def test_the_smallest_numbers_are_answered_as_geos_does() -> None:
    thin = shapely.from_wkt(
        "POLYGON ((0 -45, -9.995035260235667e-11 -45.00000000000315, "
        "-9.994080641291498e-11 -45.00000000000344, 0 -45))"
    )
    polygons = np.array([thin, shapely.box(-1, 1, 0, 2)], dtype=object)
    xy = np.array([[-5e-324, -45.0], [-1e-310, -45.0], [0.0, -45.0], [5e-324, -45.0]])
    check(polygons, build(polygons), xy)


def test_an_index_without_room_is_refused() -> None:
    _check_room(2 * SEVERAL - 2, 10)
    for words, leaves in ((2 * SEVERAL, 10), (10, 1 << 32 - DEPTH_BITS)):
        with pytest.raises(TooLargeError, match="allowed are"):
            _check_room(words, leaves)


def test_the_index_of_another_level_is_not_trusted(tmp_path: Path) -> None:
    polygons = LAYOUTS["coverage"]
    other = index_path(tmp_path, "other", "abc")
    open_or_build(other, polygons, "abc")
    own = index_path(tmp_path, "cell", "abc")
    other.rename(own)
    assert load(own, "abc", len(polygons)) is None


@pytest.mark.parametrize("header", [b"[" * 4096, b'{"words": Infinity}', b"\x00" * 4096, b""])
def test_a_header_that_is_none_is_not_trusted(tmp_path: Path, header: bytes) -> None:
    path = tmp_path / "cells-cell-abc-v0.idx"
    path.write_bytes(header)
    assert load(path, "abc", 1) is None


def test_an_index_takes_the_place_of_its_older_ones(tmp_path: Path) -> None:
    polygons = np.array([shapely.box(0, 0, 1, 1)], dtype=object)
    for level in "cell", "cell-block":
        open_or_build(index_path(tmp_path, level, "old"), polygons, "old")
    open_or_build(index_path(tmp_path, "cell", "new"), polygons, "new")
    assert sorted(one.name.rsplit("-", 1)[0] for one in (tmp_path / ".derived").iterdir()) == [
        "cells-cell-block-old",
        "cells-cell-new",
    ]


def test_a_place_that_cannot_be_written_is_no_hindrance(tmp_path: Path) -> None:
    polygons = LAYOUTS["coverage"]
    (tmp_path / ".derived").write_text("a file where the folder should be")
    found = open_or_build(index_path(tmp_path, "cell", "abc"), polygons, "abc")
    check(polygons, found, points_on_and_around(polygons, np.random.default_rng(2), 50))


@pytest.mark.slow
def test_without_a_place_for_compiled_code_it_still_works(tmp_path: Path) -> None:
    """Numba keeps machine code on disk; where it cannot, the kernels are compiled each time."""
    code = (
        "import numba.core.caching as c\n"
        "c.CacheImpl._locator_classes = []\n"
        "from app.locate.cell_build import build\n"
        "from app.locate.cell_engine import CellEngine\n"
        "import numpy as np, shapely\n"
        "p = np.array([shapely.box(0, 0, 1, 1)])\n"
        "print(CellEngine(p, build(p)).lowest(np.array([0.5, 2.0]), np.array([0.5, 2.0])))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert done.stdout.strip() == "[ 0 -1]", done.stderr
