"""What the committed demo city promises, read from its files."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from app.grids.city import City

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "geodata" / "jianyang"
SOURCES = ROOT / "geodata" / "sources"
COUNTS = {"town": 22, "general": 291, "ordinary": 886, "micro": 4951, "dedicated": 580}
LEVELS = ("town", "general", "ordinary", "micro")


@pytest.fixture(scope="module")
def city() -> City:
    return City.open(FOLDER)


@pytest.fixture(scope="module")
def outside() -> gpd.GeoDataFrame:
    return gpd.read_parquet(FOLDER / "outside.parquet")


@pytest.fixture(scope="module")
def metric(city: City) -> dict[str, gpd.GeoDataFrame]:
    frames = {level: city.frame(level).to_crs("EPSG:4544") for level in (*LEVELS, "dedicated")}
    for base in ("water", "roads"):
        frames[base] = gpd.read_parquet(FOLDER / f"{base}.parquet").to_crs("EPSG:4544")
    return frames


def listed(name: str) -> pd.DataFrame:
    return pd.read_csv(SOURCES / name, dtype=str).sort_values("code", ignore_index=True)


@pytest.mark.parametrize(("level", "count"), COUNTS.items())
def test_there_are_as_many_grids_as_published(city: City, level: str, count: int) -> None:
    assert len(city.frame(level)) == count


def test_towns_are_those_of_the_statistics_list(city: City) -> None:
    towns = listed("towns.csv")
    own = towns[towns.managed_by == "简阳市"]
    assert list(city.frame("town").code) == list(own.code)
    assert list(city.frame("town").name) == list(own.name)
    assert (city.frame("town").parent == "").all()


def test_general_grids_are_the_villages_of_the_statistics_list(city: City) -> None:
    villages = listed("villages.csv")
    towns = set(city.frame("town").code)
    own = villages[villages.town_code.isin(towns)]
    general = city.frame("general")
    assert list(general.code) == list(own.code)
    assert list(general.parent) == list(own.town_code)
    for official, name in zip(own.name, general.name, strict=True):
        assert official in (name + "居民委员会", name + "村民委员会", name[:-1] + "村民委员会")
    assert general.name[0] == "安象街社区"


def test_outside_areas_are_the_towns_of_the_eastern_new_area(outside: gpd.GeoDataFrame) -> None:
    towns = listed("towns.csv")
    other = towns[towns.managed_by == "成都东部新区"]
    assert list(outside.code) == list(other.code)
    assert list(outside.name) == list(other.name)
    assert set(outside.governed_by) == {"成都东部新区"}


def test_codes_extend_the_parent_s_code(city: City) -> None:
    for level, tail in (("ordinary", r"-\d\d"), ("micro", r"-\d\d"), ("dedicated", r"-Z\d\d\d")):
        frame = city.frame(level)
        for code, parent in zip(frame.code, frame.parent, strict=True):
            assert re.fullmatch(re.escape(parent) + tail, code)
        above = {"ordinary": "general", "micro": "ordinary", "dedicated": "general"}[level]
        assert set(frame.parent) <= set(city.frame(above).code)
        numbers = frame.code.str.extract(r"(\d+)$")[0].astype(int)
        for _, own in numbers.groupby(frame.parent):
            assert list(own) == list(range(1, len(own) + 1))


@pytest.mark.parametrize("level", ["ordinary", "micro", "dedicated"])
def test_grids_are_numbered_west_to_east_in_bands_from_north_to_south(
    city: City, level: str
) -> None:
    frame = city.frame(level)
    centre = shapely.get_coordinates(shapely.centroid(np.asarray(frame.geometry.array)))
    for rows in frame.groupby("parent").indices.values():
        xy = centre[rows]
        bands = max(round(float(np.sqrt(len(rows)))), 1)
        top, height = xy[:, 1].max(), (xy[:, 1].max() - xy[:, 1].min()) / bands
        band = [min(int((top - y) / height), bands - 1) if height else 0 for y in xy[:, 1]]
        keys = list(zip(band, xy[:, 0], strict=True))
        assert keys == sorted(keys)


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_is_a_valid_coverage_with_the_outside(
    city: City, outside: gpd.GeoDataFrame, level: str
) -> None:
    shapes = np.concatenate(
        [np.asarray(city.frame(level).geometry.array), np.asarray(outside.geometry.array)]
    )
    assert shapely.is_valid(shapes).all()
    assert set(shapely.get_type_id(shapes)) == {shapely.GeometryType.POLYGON}
    assert shapely.coverage_is_valid(shapes)


@pytest.mark.parametrize(
    ("parent", "child"), [("town", "general"), ("general", "ordinary"), ("ordinary", "micro")]
)
def test_children_tile_their_parent_exactly(city: City, parent: str, child: str) -> None:
    joined = city.frame(child).dissolve("parent", method="coverage").geometry
    whole = city.frame(parent).set_index("code").geometry
    assert set(joined.index) == set(whole.index)
    ours = np.asarray(joined.array)
    theirs = np.asarray(whole.loc[joined.index].array)
    assert shapely.equals(ours, theirs).all()
    assert shapely.area(shapely.symmetric_difference(ours, theirs)).max() == 0.0


def test_the_towns_are_one_connected_area(city: City) -> None:
    assert shapely.coverage_union_all(np.asarray(city.frame("town").geometry.array)).geom_type == (
        "Polygon"
    )


def test_coordinates_are_whole_multiples_of_the_lattice(
    city: City, outside: gpd.GeoDataFrame
) -> None:
    for frame in [*(city.frame(level) for level in COUNTS), outside]:
        coords = shapely.get_coordinates(np.asarray(frame.geometry.array))
        assert (np.round(coords, 7) == coords).all()


def test_households_add_up(city: City) -> None:
    assert city.frame("micro").households.between(30, 100).all()
    for parent, child in (("ordinary", "micro"), ("general", "ordinary"), ("town", "general")):
        total = city.frame(child).groupby("parent").households.sum()
        assert (city.frame(parent).set_index("code").households == total).all()


def test_areas_are_those_of_the_shapes(metric: dict[str, gpd.GeoDataFrame]) -> None:
    for level in COUNTS:
        frame = metric[level]
        assert np.allclose(frame.area / 1e6, frame.area_km2, rtol=1e-4, atol=2e-6)


def test_micro_grids_are_compact_and_dense_in_the_seat(
    metric: dict[str, gpd.GeoDataFrame],
) -> None:
    micro = metric["micro"]
    compact = 4 * np.pi * micro.area / micro.length**2
    assert compact.min() > 0.1
    assert compact.median() > 0.5
    seat = micro[micro.parent.str.startswith("510185001")]
    hills = micro[micro.parent.str.startswith("510185121")]
    assert hills.area_km2.median() > 3 * seat.area_km2.median()


def test_dedicated_grids_lie_inside_their_general_grid_and_apart(city: City) -> None:
    dedicated = city.frame("dedicated")
    general = city.frame("general").set_index("code").geometry
    own = np.asarray(dedicated.geometry.array)
    assert shapely.contains_properly(np.asarray(general.loc[dedicated.parent].array), own).all()
    left, right = shapely.STRtree(own).query(own, predicate="intersects")
    assert (left == right).all()
    assert set(dedicated.kind) == {
        "school", "hospital", "mall", "plant", "park", "market", "office",
    }  # fmt: skip
    assert (dedicated.households == 0).all()


def test_dedicated_grids_are_dry_and_off_the_main_roads(
    metric: dict[str, gpd.GeoDataFrame],
) -> None:
    own = np.asarray(metric["dedicated"].geometry.array)
    tree = shapely.STRtree(own)
    water = np.asarray(metric["water"].geometry.array)
    roads = metric["roads"]
    lines = np.asarray(roads[roads.kind.isin(["main", "motorway"])].geometry.array)
    assert len(tree.query(water, predicate="intersects")[0]) == 0
    assert len(tree.query(lines, predicate="intersects")[0]) == 0


def test_the_river_runs_north_to_south_through_the_seat(
    metric: dict[str, gpd.GeoDataFrame],
) -> None:
    water = metric["water"].set_index("name")
    river = water.geometry["沱江"]
    assert water.kind["沱江"] == "river"
    seat = metric["town"].set_index("name").geometry["简城街道"]
    assert river.intersects(seat)
    west, south, east, north = river.bounds
    assert north - south > 3 * (east - west)
    assert {"river", "reservoir"} == set(water.kind)


def border_share_on_lines(
    frame: gpd.GeoDataFrame, lines: np.ndarray, area: shapely.Geometry
) -> float:
    """Return which part of the length of all borders inside `area` runs within 1 m of a line."""
    rings = shapely.boundary(np.asarray(frame.geometry.array))
    inside = shapely.intersection(shapely.union_all(rings), area)
    pieces = shapely.segmentize(shapely.get_parts(inside), 10.0)
    ends = [np.stack([xy[:-1], xy[1:]], axis=1) for xy in map(shapely.get_coordinates, pieces)]
    segments = np.concatenate(ends)
    length = np.hypot(*(segments[:, 0] - segments[:, 1]).T)
    middle = shapely.points(segments.mean(axis=1))
    near = np.unique(shapely.STRtree(lines).query(middle, predicate="dwithin", distance=1.0)[0])
    return float(length[near].sum() / length.sum())


def test_borders_in_the_seat_follow_streets_and_river(
    metric: dict[str, gpd.GeoDataFrame],
) -> None:
    roads = metric["roads"]
    river = metric["water"].set_index("name").geometry["沱江"]
    streets = np.asarray(roads.geometry.array)
    core = shapely.centroid(
        shapely.intersection(metric["town"].set_index("name").geometry["简城街道"], river)
    ).buffer(1800.0)
    share = border_share_on_lines(metric["micro"], streets, core)
    # A lattice of lines shifted by half a block is what chance alone would give.
    shifted = shapely.transform(streets, lambda xy: xy + np.array([61.0, 83.0]))
    chance = border_share_on_lines(metric["micro"], shifted, core)
    assert share > 0.4
    assert share > 8 * chance


def test_roads_are_a_network_of_four_kinds(metric: dict[str, gpd.GeoDataFrame]) -> None:
    roads = metric["roads"]
    assert set(roads.kind) == {"motorway", "main", "local", "street"}
    assert roads.geometry.is_valid.all()
    assert (roads.name != "").all()


def test_staff_reproduces_the_published_shares() -> None:
    staff = pd.read_parquet(FOLDER / "staff.parquet")
    assert len(staff) == 291 + 886 + 4951 + 580
    for column, percent in (
        ("college", 50.4),
        ("under_30", 61.0),
        ("party_member", 73.5),
        ("group_leader", 84.0),
    ):
        assert staff[column].dtype == bool
        assert round(100 * staff[column].mean(), 1) == percent


def test_staff_is_one_leader_per_grid_with_numbers_that_reach_nobody(city: City) -> None:
    staff = pd.read_parquet(FOLDER / "staff.parquet")
    for level in ("general", "ordinary", "micro", "dedicated"):
        assert list(staff[staff.level == level].code) == list(city.frame(level).code)
    assert (staff.label == staff.role + " " + staff.code).all()
    assert staff.phone.is_unique
    assert staff.phone.str.fullmatch(r"000-0000-\d{4}").all()
    assert list(staff.columns) == [
        "code", "level", "role", "label", "phone",
        "college", "under_30", "party_member", "group_leader",
    ]  # fmt: skip


def test_the_manifest_says_what_is_synthetic(city: City) -> None:
    assert "合成" in city.manifest.synthetic
    assert "synthetic" in city.manifest.synthetic
    assert {level.id: level.expected for level in city.levels} == {
        level: COUNTS[level] for level in LEVELS
    }
    assert all(source.origin and source.licence for source in city.manifest.sources)


def test_the_folder_is_small_enough_to_commit() -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) <= 12_000_000
