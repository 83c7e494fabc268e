"""The generator: the same bytes twice, clear errors, parts that stay whole."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
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

from app.addresses.calibration import CALIBRATION_TABLE
from app.demo.atoms import faces_between
from app.demo.city import DemoCity, build_city, check_levels, make_manifest
from app.demo.hierarchy import largest_remainder, share_within
from app.demo.numbering import padded, reading_order, short_name
from app.demo.partition import Recipe, build_graph, divide
from app.demo.sizes import PRESETS, DemoSizes
from app.demo.sources import read_sources, to_degrees, to_metric
from app.demo.streets import rows_of_yards
from app.errors import BadFileError, BadInputError, CityError
from app.grids.store import read_manifest
from scripts.build_demo import Size

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "geodata" / "sources"
# Seventy micro-grids to an ordinary one: in the seat smaller than the yards of the real city.
CROWDED = DemoSizes(
    ordinary=300, micro=22_000, dedicated=40, atoms_per_micro=4.0, road_cell_m=500.0,
    reservoirs=4, street_block_m=120.0, anneal_rounds=6, meet_exactly=True, gazetteer=False,
    city_id="crowded",
)  # fmt: skip


@pytest.mark.slow
def test_the_committed_city_is_what_the_script_makes(tmp_path: Path) -> None:
    """The same sizes give the same bytes, on any machine."""
    # In a process of its own: how PROJ spells out EPSG:4326 in the metadata of GeoParquet (as an
    # ensemble or as one datum) depends on what the process has transformed before.
    committed, out = ROOT / "geodata" / "jianyang", tmp_path / "jianyang"
    # Over an earlier edition, whose calibration stays because the gazetteer is the same.
    shutil.copytree(committed, out, ignore=shutil.ignore_patterns(".derived"))
    before = (out / "micro.parquet").stat().st_ino
    command = [sys.executable, "-m", "scripts.build_demo", "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert (out / "micro.parquet").stat().st_ino != before
    assert read_manifest(out) == read_manifest(committed)
    assert CALIBRATION_TABLE in read_manifest(out).tables


def test_the_calibration_of_another_gazetteer_does_not_stay(tmp_path: Path) -> None:
    committed, out = ROOT / "geodata" / "jianyang", tmp_path / "city"
    shutil.copytree(committed, out, ignore=shutil.ignore_patterns(".derived"))
    manifest = read_manifest(out)
    tables = {name: file for name, file in manifest.tables.items() if name != CALIBRATION_TABLE}
    lean = replace(manifest, tables=tables)
    made = DemoCity(lean, {name: committed / name for name in lean.files})
    assert CALIBRATION_TABLE in made.write(out).tables
    doors = pd.read_parquet(committed / tables["gazetteer"])
    other = DemoCity(made.manifest, {**made.files, tables["gazetteer"]: doors.iloc[:-1]})
    assert CALIBRATION_TABLE not in other.write(out).tables


def test_the_script_refuses_missing_sources(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "scripts.build_demo"]
    command += ["--out", str(tmp_path / "city"), "--sources", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "towns.csv" in done.stderr
    assert not (tmp_path / "city").exists()


@pytest.fixture(scope="module")
def crowded() -> DemoCity:
    return build_city(SOURCES, CROWDED)


@pytest.mark.slow
def test_a_crowded_city_has_the_sizes_asked_for_and_a_clean_certificate(crowded: DemoCity) -> None:
    certificate = json.loads(crowded.files["certificate.json"])
    assert certificate["ok"]
    counts = {name: len(crowded.files[f"{name}.parquet"]) for name in ("towns", "micro", "staff")}
    assert counts == {"towns": 22, "micro": 22_000, "staff": 291 + 300 + 22_000 + 40}
    found = {level["id"]: (level["found"], level["expected"]) for level in certificate["levels"]}
    assert found == {
        "town": (22, 22), "general": (291, 291), "ordinary": (300, 300), "micro": (22_000, 22_000),
        "dedicated": (40, 40),
    }  # fmt: skip


@pytest.mark.slow
def test_codes_of_a_crowded_city_have_one_width_and_sort_as_they_are_numbered(
    crowded: DemoCity,
) -> None:
    micro = crowded.files["micro.parquet"]
    tails = micro.code.str.rpartition("-")[2]
    assert micro.groupby("parent").size().max() > 99
    assert micro.code.is_unique
    assert set(tails.str.len()) == {3}
    assert (micro.code == micro.parent + "-" + tails).all()
    for _, own in tails.astype(int).groupby(micro.parent):
        assert list(own) == list(range(1, len(own) + 1))


@pytest.mark.slow
def test_a_city_of_other_sizes_says_that_its_numbers_are_made_up(crowded: DemoCity) -> None:
    manifest = crowded.manifest
    assert {level.id: level.expected for level in manifest.levels}["micro"] == 22_000
    assert "numbers of ordinary, micro and dedicated grids are not the published ones" in (
        manifest.synthetic
    )
    assert "不是公布的数量" in manifest.synthetic
    assert "synthetic" in manifest.synthetic
    assert manifest.id == "crowded"


def test_sizes_that_no_city_can_have_are_all_named() -> None:
    with pytest.raises(BadInputError) as caught:
        DemoSizes(ordinary=290, micro=200, atoms_per_micro=float("nan"))
    assert "ordinary is 290, the least is 291" in str(caught.value)
    assert "micro is 200, the least is 290" in str(caught.value)
    assert "atoms_per_micro is nan" in str(caught.value)


def test_the_script_offers_every_named_size() -> None:
    assert {str(size) for size in Size} == set(PRESETS)
    assert PRESETS["jianyang"] == DemoSizes()
    assert PRESETS["large"].micro == 124_000


def test_a_city_without_a_gazetteer_names_no_table_of_one() -> None:
    assert {name for name in make_manifest(PRESETS["large"]).tables if "gazetteer" in name} == set()
    assert "gazetteer" in make_manifest(PRESETS["jianyang"]).tables


def test_the_script_refuses_a_folder_of_other_things_before_it_works(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("keep")
    command = [sys.executable, "-m", "scripts.build_demo", "--size", "large"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path)], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "not a city folder" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]


@given(st.lists(st.integers(1, 2000), min_size=1, max_size=40))
def test_padded_numbers_sort_as_numbers(numbers: list[int]) -> None:
    text = padded(np.array(numbers))
    assert [int(one) for one in text] == numbers
    assert [int(one) for one in sorted(text)] == sorted(numbers)
    assert len({len(one) for one in text}) == 1
    assert min(len(one) for one in text) >= 2


@given(st.data())
def test_shares_stay_within_what_each_can_take(data: st.DataObject) -> None:
    weights = np.array(data.draw(st.lists(st.floats(0.01, 1e4), min_size=1, max_size=30)))
    most = np.array([data.draw(st.floats(0.0, 50.0)) for _ in weights])
    room = np.maximum(np.floor(most), 1).astype(int)
    total = data.draw(st.integers(len(weights), int(room.sum())))
    share = share_within(weights, total, most)
    assert share.sum() == total
    assert (share >= 1).all()
    assert (share <= room).all()
    plain = largest_remainder(weights, total)
    if (plain <= room).all():
        assert (share == plain).all()


def test_more_grids_than_fit_are_refused() -> None:
    with pytest.raises(BadInputError, match="6 grids do not fit"):
        share_within(np.ones(2), 6, np.array([2.9, 3.0]))


@pytest.mark.parametrize("at_once", [1, 40, 10_000])
def test_faces_do_not_depend_on_how_many_segments_are_taken_at_once(at_once: int) -> None:
    rng = np.random.default_rng(3)
    outline = shapely.box(0.0, 0.0, 40_000.0, 900.0)
    cuts = np.sort(rng.choice(np.arange(1, 400), 60, replace=False)) * 100.0
    walls = [shapely.LineString([(x, 0.0), (x, 900.0)]) for x in cuts]
    noded = shapely.union_all([outline.exterior, *walls])
    ends = [shapely.get_coordinates(part) for part in shapely.get_parts(noded)]
    segments = np.concatenate([np.stack([xy[:-1], xy[1:]], axis=1) for xy in ends])
    faces = faces_between(segments, outline, at_once)
    bounds = shapely.bounds(faces)
    edges = np.array([0.0, *cuts, 40_000.0])
    assert np.array_equal(np.sort(bounds[:, 0]), edges[:-1])
    assert np.array_equal(np.sort(bounds[:, 2]), edges[1:])


def test_faces_that_leave_part_of_the_outline_open_are_refused() -> None:
    box = shapely.box(0.0, 0.0, 100.0, 100.0)
    xy = shapely.get_coordinates(shapely.box(0.0, 0.0, 50.0, 100.0))
    with pytest.raises(CityError, match=r"cover 0\.005 km² of the 0\.010 km²"):
        faces_between(np.stack([xy[:-1], xy[1:]], axis=1), box)


def test_blocks_get_yards_as_far_apart_as_asked() -> None:
    block = np.array([[0.0, 0.0], [120.0, 0.0], [120.0, 90.0], [0.0, 90.0]])
    rng = np.random.default_rng(1)
    yards, owner = rows_of_yards(rng, np.stack([block, block + 500.0]), np.array([30.0, 10.0]))
    assert list(np.bincount(owner)) == [4 * 3, 12 * 9]
    inside = shapely.contains_xy(shapely.box(0, 0, 120, 90), *yards[owner == 0].T)
    assert inside.all()


@pytest.mark.slow
def test_a_city_with_a_gap_is_refused(crowded: DemoCity) -> None:
    files = dict(crowded.files)
    files["micro.parquet"] = files["micro.parquet"].iloc[:-1]
    with pytest.raises(CityError, match=r"micro\.parquet holds 21999 grids"):
        check_levels(files, CROWDED)
    files = dict(crowded.files)
    shapes = files["micro.parquet"].copy()
    moved = np.asarray(shapes.geometry.array).copy()
    moved[5] = shapely.buffer(moved[5], 1e-5)
    files["micro.parquet"] = shapes.set_geometry(moved, crs="EPSG:4326")
    with pytest.raises(CityError, match="not a valid coverage"):
        check_levels(files, CROWDED)


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


@pytest.mark.slow
def test_staff_table_has_no_personal_names(crowded: DemoCity) -> None:
    staff: pd.DataFrame = crowded.files["staff.parquet"]
    assert set(staff.role) == {"总网格长", "一般网格员", "微网格长", "专属网格长"}
    assert (staff.label == staff.role + " " + staff.code).all()
