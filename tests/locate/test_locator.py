"""The Locator's contract, status by status, and against brute force."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import BadCoordinateError, BadInputError
from app.geo.measure import distance_m
from app.grids import City
from app.locate import Locator, Status
from app.locate.location import STATUSES
from tests.cities import ORIGIN, STEP, coverage, layer, make_city, square


def at(column: float, row: float) -> tuple[float, float]:
    """Return lon, lat of a place on the chessboard."""
    return ORIGIN[0] + column * STEP, ORIGIN[1] + row * STEP


@pytest.fixture(scope="module")
def locator(board: City) -> Locator:
    return Locator(board)


def test_inside_names_the_chain_the_metres_and_the_neighbour(locator: Locator) -> None:
    lon, lat = at(0.9, 0.5)
    found = locator.locate(lon, lat)
    assert found.status is Status.INSIDE
    assert found.codes == {"town": "A", "cell": "A1"}
    assert found.border_m == pytest.approx(float(distance_m(lon, lat, *at(1, 0.5))), rel=1e-6)
    assert found.neighbour == "A2"
    assert found.distance_m == 0
    assert found.alternatives == ()
    assert (found.reason, found.governed_by) == ("", None)


def test_the_edge_of_the_city_has_no_neighbour(locator: Locator) -> None:
    found = locator.locate(*at(0.05, 0.5))
    assert (found.codes["cell"], found.neighbour) == ("A1", None)


def test_overlays_are_named_beside_the_tiling(locator: Locator) -> None:
    assert locator.locate(*at(0.9, 0.3)).overlays == {"campus": ("K",)}
    assert locator.locate(*at(0.5, 0.3)).overlays == {"campus": ()}


def test_on_a_shared_edge_the_lowest_code_wins(locator: Locator) -> None:
    found = locator.locate(*at(1, 0.5))
    assert found.status is Status.ON_BORDER
    assert (found.codes["cell"], found.border_m) == ("A1", 0)
    assert [alt.code for alt in found.alternatives] == ["A2"]
    assert "A2" in found.reason
    assert "A2" in found.explain("zh")


def test_at_a_corner_of_four_all_others_are_named(locator: Locator) -> None:
    found = locator.locate(*at(2, 1))
    assert found.codes["cell"] == "A2"
    assert [alt.code for alt in found.alternatives] == ["A4", "B1", "B3"]


def test_accuracy_lists_every_grid_in_reach_nearest_first(locator: Locator) -> None:
    lon, lat = at(0.9, 0.8)
    found = locator.locate(lon, lat, accuracy_m=300)
    assert [alt.code for alt in found.alternatives] == ["A2", "A3", "A4"]
    metres = [float(distance_m(lon, lat, *at(*place))) for place in ((1, 0.8), (0.9, 1), (1, 1))]
    assert [alt.distance_m for alt in found.alternatives] == pytest.approx(metres, rel=1e-6)
    assert locator.locate(lon, lat, accuracy_m=metres[0] - 0.01).alternatives == ()


def test_outside_says_who_governs_there_even_a_metre_from_the_border(locator: Locator) -> None:
    found = locator.locate(*at(4.001, 0.5))
    assert found.status is Status.OUTSIDE
    assert (found.codes, found.border_m) == ({}, None)
    assert (found.outside_area, found.governed_by) == ("邻镇", "新区")
    assert "新区" in found.explain("zh")
    near = locator.locate(*at(4.001, 0.5), accuracy_m=50)
    assert [alt.code for alt in near.alternatives] == ["B2"]


def test_nearest_within_the_tolerance_and_outside_beyond_it(locator: Locator) -> None:
    lon, lat = at(0.5, -0.02)  # about 22 m south of A1
    found = locator.locate(lon, lat)
    assert found.status is Status.NEAREST
    assert found.codes == {"town": "A", "cell": "A1"}
    assert found.distance_m == found.border_m
    assert found.distance_m == pytest.approx(float(distance_m(lon, lat, *at(0.5, 0))), abs=1e-3)
    assert locator.locate(*at(0.5, -0.03)).status is Status.OUTSIDE
    assert Locator(locator.city, 0).locate(lon, lat).status is Status.OUTSIDE
    assert Locator(locator.city, 100).locate(*at(0.5, -0.08)).status is Status.NEAREST


def test_a_gap_belongs_to_the_parent_that_covers_it(tmp_path: Path) -> None:
    """The gap lies in A, 11 m from a grid of B and 200 m from the nearest grid of A."""
    towns = layer([("A", "", square(0, 0, 2, 1)), ("B", "", square(2, 0)), ("D", "", square(3, 0))])
    cells = layer([("A1", "A", square(0, 0)), ("A2", "A", square(1, 0.5, 0.5, 0.5)),
                   ("B1", "B", square(2, 0))])  # fmt: skip
    locator = Locator(make_city(tmp_path / "gap", {"town": towns, "cell": cells}))
    found = locator.locate(*at(1.99, 0.45))
    assert found.status is Status.NEAREST
    assert found.codes == {"town": "A", "cell": "A2"}
    assert found.border_m == pytest.approx(float(distance_m(*at(1.99, 0.45), *at(1.5, 0.5))), 1e-5)
    empty = locator.locate(*at(3.5, 0.5))
    assert empty.status is Status.OUTSIDE
    assert empty.codes == {"town": "D"}
    assert "D" in empty.reason


def test_a_wide_gap_costs_no_more_memory_than_a_narrow_one(tmp_path: Path) -> None:
    """Thousands of points kilometres from the only grid of their town: each finds it."""
    towns = layer([("A", "", square(0, 0, 40, 40)), ("B", "", square(40, 0))])
    cells = layer([("A1", "A", square(0, 0)), ("B1", "B", square(40, 0))])
    locator = Locator(make_city(tmp_path / "wide", {"town": towns, "cell": cells}))
    rng = np.random.default_rng(1)
    lon, lat = (np.array(ORIGIN) + rng.uniform(2, 39.9, (5_000, 2)) * STEP).T
    table = locator.locate_table(lon, lat)
    assert {location.codes["cell"] for location in table} == {"A1"}
    corner = at(1, 1)
    assert table.border_m == pytest.approx(distance_m(lon, lat, *corner), rel=1e-4)


def test_an_overlay_or_a_level_without_grids_is_nowhere(tmp_path: Path) -> None:
    towns = layer([("A", "", square(0, 0))])
    campus = {"campus": ("town", layer([]))}
    city = make_city(tmp_path / "bare", {"town": towns, "cell": layer([])}, campus)
    locator = Locator(city)
    found = locator.locate(*at(0.5, 0.5))
    assert (found.status, found.codes) == (Status.OUTSIDE, {"town": "A"})
    assert found.overlays == {"campus": ()}
    assert locator.locate_many(*np.transpose([at(0.5, 0.5), at(9, 9)])).tolist() == [-1, -1]
    assert locator.locate(*at(9, 9), accuracy_m=500).alternatives == ()


def test_overlapping_grids_are_all_named(tmp_path: Path) -> None:
    cells = layer([("1", "", square(0, 0, 1.2)), ("2", "", square(1, 0)), ("3", "", square(1, 0))])
    locator = Locator(make_city(tmp_path / "overlap", {"cell": cells}))
    found = locator.locate(*at(1.1, 0.5))
    assert found.status is Status.OVERLAP
    assert found.codes == {"cell": "1"}
    assert [alt.code for alt in found.alternatives] == ["2", "3"]
    # Inside one grid and on the border of another: still two that claim the point.
    assert locator.locate(*at(1, 0.5)).status is Status.OVERLAP


@pytest.mark.parametrize(
    ("lon", "lat", "words"),
    [
        (math.nan, 30.4, "nan"),
        (104.5, math.inf, "inf"),
        (181.0, 30.4, "181"),
        (104.5, -90.5, "-90.5"),
        (30.4, 104.5, "30.4"),
    ],
)
def test_an_impossible_place_is_an_error_that_quotes_it(
    locator: Locator, lon: float, lat: float, words: str
) -> None:
    with pytest.raises(BadCoordinateError, match=words):
        locator.locate(lon, lat)


def test_swapped_axes_inside_the_valid_range_are_recognised(locator: Locator) -> None:
    with pytest.raises(BadCoordinateError, match=r"(?i)swap"):
        locator.locate_many([30.4], [104.5])
    with pytest.raises(BadCoordinateError, match=r"(?i)swap"):
        locator.locate(30.41, 104.51)


@pytest.mark.parametrize("lon", [180.0, -180.0])
def test_the_antimeridian_is_a_place_outside(locator: Locator, lon: float) -> None:
    assert locator.locate(lon, 10).status is Status.OUTSIDE
    assert locator.locate_many([lon], [10]).tolist() == [-1]


@pytest.mark.parametrize("accuracy", [-1, math.nan, math.inf, 10_001])
def test_an_impossible_accuracy_is_an_error(locator: Locator, accuracy: float) -> None:
    with pytest.raises(BadInputError, match="accuracy_m is"):
        locator.locate(*at(0.5, 0.5), accuracy_m=accuracy)


def test_an_impossible_tolerance_is_an_error(board: City) -> None:
    with pytest.raises(BadInputError, match="tolerance_m is -1"):
        Locator(board, -1)


def test_nothing_asked_nothing_answered(locator: Locator) -> None:
    assert len(locator.locate_table([], [])) == 0
    assert locator.locate_many([], []).shape == (0,)


def special_points(cells: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return points inside, outside, on vertices and on edges of a coverage, shape (n, 2)."""
    free = np.array(ORIGIN) + rng.uniform(-0.2, 4.2, (60, 2)) * STEP
    vertices = shapely.get_coordinates(cells)
    middles = (vertices[1:] + vertices[:-1]) / 2
    pick = rng.integers(0, len(middles), 40)
    return np.vstack([free, vertices[pick], middles[pick]])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_many_one_and_brute_force_agree(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cells = coverage(seed, 30)
    codes = [f"{row:03}" for row in range(len(cells))]
    locator = Locator(city_of(cells, codes), tolerance_m=0)
    lon, lat = special_points(cells, rng).T
    many = locator.locate_many(lon, lat)
    table = locator.locate_table(lon, lat)
    for i, point in enumerate(shapely.points(lon, lat)):
        covering = np.flatnonzero(shapely.intersects(cells, point))
        assert many[i] == (covering[0] if len(covering) else -1)
        found = table[i]
        assert found == locator.locate(float(lon[i]), float(lat[i]))
        named = [*found.codes.values(), *(alt.code for alt in found.alternatives)]
        assert named == [codes[row] for row in covering]
        inner = shapely.contains_properly(cells[covering], point).any()
        if len(covering) == 0:
            assert found.status is Status.OUTSIDE
        elif not inner:
            assert found.status is Status.ON_BORDER
        else:
            assert found.status is (Status.INSIDE if len(covering) == 1 else Status.OVERLAP)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.booleans(), st.booleans(), st.sampled_from([0.0, 30.0]))
def test_what_is_not_asked_for_is_blank_and_the_rest_is_the_same(
    board: City, seed: int, border: bool, overlays: bool, accuracy: float
) -> None:
    rng = np.random.default_rng(seed)
    lon, lat = special_points(board.finest.geometry, rng).T
    locator = Locator(board)
    whole = locator.locate_table(lon, lat, accuracy)
    part = locator.locate_table(lon, lat, accuracy, border=border, overlays=overlays)
    assert np.array_equal(part.status, whole.status)
    assert np.array_equal(part.rows, whole.rows)
    assert np.array_equal(part.outside, whole.outside)
    for name in ("first", "row", "metres"):
        own, other = getattr(part.alternatives, name), getattr(whole.alternatives, name)
        assert np.array_equal(own, other)
        own, other = (getattr(one.overlays["campus"], name) for one in (part, whole))
        assert np.array_equal(own, other if overlays else np.zeros_like(own))
    nearest = whole.status == STATUSES.index(Status.NEAREST)
    metres = np.where(nearest | border, whole.border_m, np.nan)
    assert np.array_equal(part.border_m, metres, equal_nan=True)
    assert np.array_equal(part.neighbour, np.where(border, whole.neighbour, -1))
    assert all(location.explain("zh") == other.explain("zh")
               for location, other in zip(part, whole, strict=True))  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 900))
def test_alternatives_are_those_that_brute_force_finds_within_the_accuracy(
    seed: int, accuracy: float
) -> None:
    rng = np.random.default_rng(seed)
    cells = coverage(seed, 25)
    codes = [f"{row:03}" for row in range(len(cells))]
    locator = Locator(city_of(cells, codes))
    lon, lat = (np.array(ORIGIN) + rng.uniform(0, 4, 2) * STEP).tolist()
    found = locator.locate(lon, lat, accuracy)
    named = {alt.code for alt in found.alternatives} | set(found.codes.values())
    dense = [shapely.get_coordinates(shapely.segmentize(c.boundary, 5e-6)) for c in cells]
    metres = np.array([distance_m(lon, lat, xy[:, 0], xy[:, 1]).min() for xy in dense])
    metres[shapely.intersects_xy(cells, lon, lat)] = 0
    slack = 0.3  # half a step of the sample
    assert {codes[i] for i in np.flatnonzero(metres < accuracy - slack)} <= named
    assert named <= {codes[i] for i in np.flatnonzero(metres <= accuracy + slack)}


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_every_point_lies_in_exactly_one_grid_of_a_valid_coverage(seed: int) -> None:
    cells = coverage(seed, 30)
    locator = Locator(city_of(cells, [f"{row:03}" for row in range(len(cells))]))
    rng = np.random.default_rng(seed)
    lon, lat = (np.array(ORIGIN) + rng.uniform(0.001, 3.999, (300, 2)) * STEP).T
    table = locator.locate_table(lon, lat)
    assert {location.status for location in table} == {Status.INSIDE}


def city_of(cells: np.ndarray, codes: list[str]) -> City:
    """Return a one-level city of the given cells, from a folder that is forgotten again."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [(code, "", cell) for code, cell in zip(codes, cells, strict=True)]
        return make_city(Path(folder) / "one", {"cell": layer(rows)})
