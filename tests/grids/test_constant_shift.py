"""A shift that was planted is found with its size, and nothing else is."""

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from app.geo.plane import Plane
from app.grids import City
from app.grids.constant_shift import find_constant_shift
from app.grids.placement import shift_notes
from tests.grids.test_placement import nested

PLANE = Plane("EPSG:4544")


def moved(shapes, lon, lat):
    return shapely.transform(shapes, lambda xy: xy + np.array([lon, lat]))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), lon=st.floats(-0.003, 0.003), lat=st.floats(-0.003, 0.003))
def test_any_constant_shift_is_found_with_its_size(seed, lon, lat):
    children, parents = nested(6, 3, seed=seed)
    east, north = lon * 95_900, lat * 110_860
    if np.hypot(east, north) < 10:
        return
    found = find_constant_shift(moved(children, lon, lat), parents, PLANE)
    assert found.zone_deg == 0
    assert found.east_m == pytest.approx(east, abs=3)
    assert found.north_m == pytest.approx(north, abs=3)
    assert found.met > 0.9


def test_a_thousandth_of_a_degree_is_told_in_metres():
    children, parents = nested()
    (note,) = shift_notes(moved(children, 0.001, 0.0), parents, "镇街", PLANE)
    assert "these boundaries lie 9" in note
    assert "m east" in note
    assert "everywhere alike; neither gcj02 nor bd09 explains it" in note


@pytest.mark.parametrize(("declared", "degrees"), [("EPSG:4545", 3), ("EPSG:4543", -3)])
def test_coordinates_of_another_zone_are_told_by_their_meridian(declared, degrees):
    children, parents = nested()
    there = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:4544", always_xy=True)
    back = pyproj.Transformer.from_crs(declared, "EPSG:4326", always_xy=True)
    wrong = shapely.transform(
        children, lambda xy: np.column_stack(back.transform(*there.transform(*xy.T)))
    )
    found = find_constant_shift(wrong, parents, PLANE)
    assert found.zone_deg == degrees
    (note,) = shift_notes(wrong, parents, "镇街", PLANE)
    assert f"3 degrees of longitude too far {'east' if degrees > 0 else 'west'} of 镇街" in note
    assert "central meridian" in note


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), wiggle_m=st.floats(0, 60))
def test_what_lies_well_or_is_drawn_roughly_is_not_accused(seed, wiggle_m):
    children, parents = nested(6, 3, wiggle_m, seed)
    assert find_constant_shift(children, parents, PLANE) is None


def test_a_real_density_of_corners_accuses_nobody(jianyang_folder):
    """Parents that are simplified, and those whose vertices are all other ones."""
    city = City.open(jianyang_folder)
    micro, town = (city.layer(name).geometry for name in ("micro", "town"))
    assert find_constant_shift(micro, town, PLANE) is None
    assert find_constant_shift(micro, shapely.simplify(town, 1e-4), PLANE) is None
    rough = shapely.segmentize(shapely.simplify(town, 3e-3), 1e-3)
    assert find_constant_shift(micro, rough, PLANE) is None
    found = find_constant_shift(moved(micro, 0.001, -0.0005), town, PLANE)
    assert found.east_m == pytest.approx(95.9, abs=1)
    assert found.north_m == pytest.approx(-55.4, abs=1)
