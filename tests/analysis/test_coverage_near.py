"""Ground and households near to stations, against shapely, samples and loops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from app.addresses.entry import SCHEMA
from app.analysis.coverage_near import Nearness, area_within, read_addresses
from app.analysis.ground import Ground
from app.errors import CityError
from app.grids import City
from app.grids.reference import Reference
from tests.cities import chessboard, with_tables
from tests.reference_tables import TABLES

# A polygon stands in for a circle of the same area; its rim strays by so much of the distance.
RIM = 3e-4


def cells(n: int) -> np.ndarray:
    """Return n × n squares of 100 m."""
    return np.array(
        [shapely.box(100 * x, 100 * y, 100 * x + 100, 100 * y + 100)
         for y in range(n) for x in range(n)], dtype=object,
    )  # fmt: skip


def brute_area(shapes: np.ndarray, stations: np.ndarray, d_m: float) -> np.ndarray:
    """Cut every shape with the union of very round circles."""
    union = shapely.union_all(shapely.buffer(shapely.points(stations), d_m, quad_segs=512))
    return shapely.area(shapely.intersection(shapes, union))


places = st.lists(st.tuples(st.floats(-50, 450), st.floats(-50, 450)), min_size=1, max_size=12).map(
    lambda found: np.array(found, dtype=np.float64)
)
metres = st.floats(1.0, 700.0)


@given(places, metres)
@settings(deadline=None, max_examples=60)
def test_area_is_that_of_the_cut_circles(stations: np.ndarray, d_m: float) -> None:
    shapes = cells(4)
    found = area_within(shapes, stations, d_m)
    # Along a rim of at most the perimeter of a cell twice.
    assert np.abs(found - brute_area(shapes, stations, d_m)).max() <= 800 * RIM * d_m + 1e-6


@given(places, metres, metres)
@settings(deadline=None, max_examples=60)
def test_area_grows_with_the_distance_and_stays_in_the_shape(
    stations: np.ndarray, one: float, other: float
) -> None:
    shapes = cells(4)
    near, far = (area_within(shapes, stations, d_m) for d_m in sorted((one, other)))
    assert (near <= far + 1e-6).all()
    assert (near >= 0).all()
    assert (far <= shapely.area(shapes) + 1e-9).all()


@given(places, metres)
@settings(deadline=None, max_examples=30)
def test_more_stations_never_cover_less(stations: np.ndarray, d_m: float) -> None:
    shapes = cells(4)
    fewer = area_within(shapes, stations[:-1], d_m)
    assert (fewer <= area_within(shapes, stations, d_m) + 1e-6).all()


def test_area_agrees_with_dense_samples() -> None:
    rng = np.random.default_rng(1)
    shapes, stations = cells(3), rng.uniform(0, 300, size=(7, 2))
    step = (np.arange(200) + 0.5) / 2
    found = area_within(shapes, stations, 70.0)
    for shape, area in zip(shapes, found, strict=True):
        west, south, *_ = shape.bounds
        x, y = np.meshgrid(west + step, south + step)
        off = np.hypot(x[..., None] - stations[:, 0], y[..., None] - stations[:, 1]).min(axis=-1)
        assert area == pytest.approx((off <= 70.0).mean() * 10_000, abs=40)


def test_many_stations_are_cut_in_pieces_without_loss() -> None:
    rng = np.random.default_rng(2)
    shapes, stations = cells(20), rng.uniform(0, 2000, size=(400, 2))
    found = area_within(shapes, stations, 60.0)
    assert found.sum() == pytest.approx(brute_area(shapes, stations, 60.0).sum(), rel=1e-4)
    assert 0 < found.sum() < shapely.area(shapes).sum()


def test_whole_none_and_no_station() -> None:
    shapes = cells(2)
    assert (area_within(shapes, np.empty((0, 2)), 1e4) == 0).all()
    assert (area_within(shapes, np.array([[100.0, 100.0]]), 1e4) == 10_000).all()
    assert (area_within(shapes, np.array([[5_000.0, 0.0]]), 1e3) == 0).all()


def gazetteer(rows: list[tuple[str, str, float, float]]) -> pa.Table:
    """Return a gazetteer of (kind, grid, lon, lat)."""
    columns = {name: [""] * len(rows) for name in SCHEMA.names}
    columns |= {"kind": [one[0] for one in rows], "grid": [one[1] for one in rows]}
    columns |= {"lon": [one[2] for one in rows], "lat": [one[3] for one in rows]}
    columns |= {"border_m": [1.0] * len(rows)}
    arrays = [pa.array(columns[one.name]).cast(one.type) for one in SCHEMA]
    return pa.table(arrays, schema=SCHEMA)


HOMES = [
    ("door", "A1", 104.503, 30.403),
    ("door", "A1", 104.509, 30.409),
    ("building", "A1", 104.505, 30.405),
    ("road", "A1", 104.505, 30.405),
    ("door", "B1", 104.521, 30.401),
]


def test_households_are_shared_among_doors_and_buildings(tmp_path: Path) -> None:
    city = with_tables(chessboard(tmp_path / "board"), **TABLES, gazetteer=gazetteer(HOMES))
    stations = Reference.open(city).stations
    assert stations is not None
    nearness = Nearness(Ground(city), stations)
    by_area = nearness.area_share("", 250.0)
    share, by_address = nearness.household_share("", 250.0, by_area)
    codes = city.finest.codes
    assert list(codes[by_address]) == ["A1", "B1"]
    found = dict(zip(codes, share, strict=True))
    # Of three only the building, where the station is, lies within 250 m of it.
    assert found["A1"] == pytest.approx(1 / 3)
    assert found["B1"] == 0
    assert found["B2"] == by_area[list(codes).index("B2")] > 0


def test_nearness_is_measured_in_true_metres(tmp_path: Path) -> None:
    city = with_tables(chessboard(tmp_path / "board"), **TABLES, gazetteer=gazetteer(HOMES))
    stations = Reference.open(city).stations
    assert stations is not None
    nearness = Nearness(Ground(city), stations)
    # On the ellipsoid the door at (104.503, 30.403) is 292.9 m from the station (104.505, 30.405).
    for d_m, near in ((292.0, 1 / 3), (294.0, 2 / 3)):
        share, _ = nearness.household_share("fire", d_m, np.zeros(8))
        assert share[0] == pytest.approx(near)


def test_people_on_duty_are_in_the_middle_of_their_grids(tmp_path: Path) -> None:
    """Of the finest grid A1 and of the campus K, not of the town A; stations are others."""
    city = with_tables(chessboard(tmp_path / "board"), **TABLES)
    ground, stations = Ground(city), Reference.open(city).stations
    nearness = Nearness(ground, stations)
    assert [one.id for one in nearness.kinds] == ["aed", "fire", "responder"]
    shapes = shapely.transform(city.finest.geometry, ground.plane.to_metres)
    middles = [
        shapely.point_on_surface(city.layer(part).geometry[0]) for part in ("cell", "campus")
    ]
    near = shapely.union_all(
        shapely.buffer(shapely.transform(middles, ground.plane.to_metres), 500.0, quad_segs=64)
    )
    wanted = shapely.area(shapely.intersection(shapes, near)) / shapely.area(shapes)
    found = nearness.area_share("responder", 500.0)
    np.testing.assert_allclose(found, wanted, atol=1e-3)
    assert found[list(city.finest.codes).index("A1")] > 0.5
    assert not np.allclose(found, nearness.area_share("", 500.0))
    # A city without stations has people all the same.
    np.testing.assert_array_equal(Nearness(ground, None).area_share("responder", 500.0), found)


def test_a_kind_counts_its_own_stations_only(tmp_path: Path) -> None:
    city = with_tables(chessboard(tmp_path / "board"), **TABLES)
    stations = Reference.open(city).stations
    assert stations is not None
    nearness = Nearness(Ground(city), stations)
    fire, aed, both = (nearness.area_share(kind, 400.0) for kind in ("fire", "aed", ""))
    codes = list(city.finest.codes)
    assert fire[codes.index("A1")] > 0 == aed[codes.index("A1")]
    assert aed[codes.index("B2")] > 0
    assert np.allclose(both, fire + aed)


def test_a_city_without_addresses_is_told_apart(tmp_path: Path) -> None:
    city = chessboard(tmp_path / "board")
    assert read_addresses(Ground(city)) is None
    only_roads = with_tables(city, gazetteer=gazetteer(HOMES[3:4]))
    assert read_addresses(Ground(only_roads)) is None


def test_a_gazetteer_of_other_boundaries_is_refused(tmp_path: Path) -> None:
    moved = [*HOMES, ("door", "A2", 104.503, 30.403), ("door", "Z", 104.503, 30.403)]
    city: City = with_tables(chessboard(tmp_path / "board"), gazetteer=gazetteer(moved))
    with pytest.raises(CityError, match="other boundaries: 2 of 6"):
        read_addresses(Ground(city))
