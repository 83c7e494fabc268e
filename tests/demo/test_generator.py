"""The generator: the same bytes twice, clear errors, parts that stay whole."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import Voronoi

from app.demo.city import DemoCity, build_city, check_levels
from app.demo.hierarchy import largest_remainder
from app.demo.numbering import reading_order, short_name
from app.demo.partition import Recipe, build_graph, divide
from app.demo.sizes import DemoSizes
from app.demo.sources import read_sources, to_degrees, to_metric
from app.errors import BadFileError, CityError
from app.grids.store import read_manifest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "geodata" / "sources"
SMALL = DemoSizes(
    ordinary=300, micro=700, dedicated=60, atoms_per_micro=14.0, road_cell_m=500.0,
    reservoirs=6, anneal_rounds=24,
)  # fmt: skip


@pytest.fixture(scope="module")
def small() -> DemoCity:
    return build_city(SOURCES, SMALL)


def file_hashes(folder: Path) -> dict[str, str]:
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(folder.iterdir())}


@pytest.mark.slow
def test_a_small_city_has_the_sizes_asked_for(small: DemoCity) -> None:
    counts = {name: len(frame) for name, frame in small.files.items()}
    assert counts["towns.parquet"] == 22
    assert counts["general.parquet"] == 291
    assert counts["ordinary.parquet"] == 300
    assert counts["micro.parquet"] == 700
    assert counts["dedicated.parquet"] == 60
    assert counts["staff.parquet"] == 291 + 300 + 700 + 60


@pytest.mark.slow
def test_the_same_sizes_give_the_same_bytes(small: DemoCity, tmp_path: Path) -> None:
    small.write(tmp_path / "one")
    build_city(SOURCES, SMALL).write(tmp_path / "two")
    assert file_hashes(tmp_path / "one") == file_hashes(tmp_path / "two")


@pytest.mark.slow
def test_the_committed_city_is_what_the_script_makes(tmp_path: Path) -> None:
    # In a process of its own: how PROJ spells out EPSG:4326 in the metadata of GeoParquet (as an
    # ensemble or as one datum) depends on what the process has transformed before.
    out = tmp_path / "jianyang"
    command = [sys.executable, "-m", "scripts.build_demo", "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert read_manifest(out) == read_manifest(ROOT / "geodata" / "jianyang")


def test_the_script_refuses_missing_sources(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "scripts.build_demo"]
    command += ["--out", str(tmp_path / "city"), "--sources", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "towns.csv" in done.stderr
    assert not (tmp_path / "city").exists()


@pytest.mark.slow
def test_a_city_with_a_gap_is_refused(small: DemoCity) -> None:
    files = dict(small.files)
    files["micro.parquet"] = files["micro.parquet"].iloc[:-1]
    with pytest.raises(CityError, match=r"micro\.parquet holds 699 grids"):
        check_levels(files, SMALL)
    files = dict(small.files)
    shapes = files["micro.parquet"].copy()
    moved = np.asarray(shapes.geometry.array).copy()
    moved[5] = shapely.buffer(moved[5], 1e-5)
    files["micro.parquet"] = shapes.set_geometry(moved, crs="EPSG:4326")
    with pytest.raises(CityError, match="not a valid coverage"):
        check_levels(files, SMALL)


def test_missing_sources_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match=r"towns\.csv"):
        read_sources(tmp_path)


def test_the_outline_is_repaired_and_in_wgs84() -> None:
    outline = read_sources(SOURCES).outline
    assert outline.is_valid
    assert outline.geom_type == "Polygon"
    assert outline.area / 1e6 == pytest.approx(2217, rel=0.01)
    west, south, east, north = shapely.bounds(shapely.transform(outline, to_degrees))
    # GCJ-02 bounds of the source are 104.19238 to 104.89844 and 30.08984 to 30.64453.
    assert (west, east) == pytest.approx((104.19238 - 0.0024, 104.89844 - 0.0024), abs=0.0015)
    assert (south, north) == pytest.approx((30.08984 + 0.0028, 30.64453 + 0.0028), abs=0.0015)


def test_metric_and_degrees_are_inverse() -> None:
    lon_lat = np.array([[104.2, 30.1], [104.55, 30.39], [104.89, 30.64]])
    assert np.abs(to_degrees(to_metric(lon_lat)) - lon_lat).max() < 1e-10


@pytest.mark.parametrize(
    ("official", "short"),
    [
        ("安象街社区居民委员会", "安象街社区"),
        ("金绛村民委员会", "金绛村"),
        ("某村村民委员会", "某村"),
        ("居民委员会", "居民委员会"),
    ],
)
def test_short_names_lose_their_committee(official: str, short: str) -> None:
    assert short_name(official) == short


def test_grids_are_read_like_a_page() -> None:
    xy = np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 1.9], [0.5, 0.1]])
    assert list(reading_order(xy)) == [1, 2, 3, 0]


@given(
    st.lists(st.floats(0.01, 1e6), min_size=1, max_size=40),
    st.integers(0, 500),
)
def test_largest_remainder_shares_out_everything(weights: list[float], more: int) -> None:
    total = len(weights) + more
    share = largest_remainder(np.array(weights), total)
    assert share.sum() == total
    assert share.min() >= 1
    quota = np.array(weights) / sum(weights) * more
    assert (np.abs(share - 1 - quota) < 1 + 1e-6).all()


def test_too_few_units_are_refused() -> None:
    with pytest.raises(ValueError, match="2 units cannot give 3 parts 1 each"):
        largest_remainder(np.ones(3), 2)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 9))
def test_parts_are_connected_and_about_even(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.random((260, 2)) * 1000.0
    diagram = Voronoi(points)
    ends = np.asarray(diagram.ridge_vertices)
    # Cells on the rim are adjacent along rays, too: without them a cell may stand alone.
    pairs = diagram.ridge_points.astype(np.int64)
    a, b = diagram.vertices[ends[:, 0]], diagram.vertices[ends[:, 1]]
    ray = (ends < 0).any(axis=1)
    length = np.where(ray, 60.0, np.minimum(np.hypot(*(a - b).T), 300.0))
    middle = np.where(ray[:, None], points[pairs].mean(axis=1), (a + b) / 2.0)
    graph = build_graph(
        points, np.ones(260), pairs, middle, length, length, np.ones(len(pairs)),
        np.full(260, 62.0),
    )  # fmt: skip
    parent = np.zeros(260, dtype=np.int64)
    seeds = np.sort(rng.choice(260, count, replace=False))
    part = divide(
        graph, parent, seeds, np.full(count, 260 / count), graph.cost, Recipe(anneal_rounds=40), rng
    )
    assert set(part) == set(range(count))
    kept = pairs[part[pairs[:, 0]] == part[pairs[:, 1]]]
    joins = sparse.coo_matrix((np.ones(len(kept)), (kept[:, 0], kept[:, 1])), shape=(260, 260))
    assert csgraph.connected_components(joins, directed=False)[0] == count


def test_staff_table_has_no_personal_names(small: DemoCity) -> None:
    staff: pd.DataFrame = small.files["staff.parquet"]
    assert set(staff.role) == {"总网格长", "一般网格员", "微网格长", "专属网格长"}
    assert (staff.label == staff.role + " " + staff.code).all()
