"""The projection as a polynomial: within a millimetre of the projection, or it is not used."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.geo.plane import Plane
from app.geo.quick_plane import TOLERANCE_M, QuickPlane

JIANYANG = (104.15, 30.05, 104.9, 30.7)


@settings(deadline=None, max_examples=30)
@given(
    west=st.floats(75, 130),
    south=st.floats(5, 50),
    wide=st.floats(0.01, 2.0),
    high=st.floats(0.01, 2.0),
    seed=st.integers(0, 1_000),
)
def test_it_is_within_a_millimetre(
    west: float, south: float, wide: float, high: float, seed: int
) -> None:
    """Anywhere in a city of any size, also far from the middle of the zone."""
    plane = Plane("EPSG:4544")
    west = min(max(west, 103.0), 106.0)
    quick = QuickPlane(plane, (west, south, west + wide, south + high))
    assert quick.error_m <= TOLERANCE_M
    rng = np.random.default_rng(seed)
    lonlat = rng.uniform((west, south), (west + wide, south + high), (500, 2))
    exact = plane.to_metres(lonlat)
    found = quick.to_metres(lonlat[:, 0], lonlat[:, 1])
    assert np.abs(found.T - exact).max() < 2 * TOLERANCE_M


@settings(deadline=None, max_examples=100)
@given(
    west=st.floats(103.0, 106.0),
    south=st.floats(5, 50),
    wide=st.floats(0.01, 2.0),
    high=st.floats(0.01, 2.0),
)
def test_its_corners_are_within(west: float, south: float, wide: float, high: float) -> None:
    """However their distance from the middle is rounded."""
    east, north = west + wide, south + high
    quick = QuickPlane(Plane("EPSG:4544"), (west, south, east, north))
    found = quick.to_metres(
        np.array([west, east, east, west]), np.array([south, south, north, north])
    )
    assert np.isfinite(found).all()


def test_beyond_its_bounds_there_is_nothing() -> None:
    quick = QuickPlane(Plane("EPSG:4544"), JIANYANG)
    lon = np.array([104.5, 104.0, 104.5, np.nan, np.inf])
    lat = np.array([30.4, 30.4, 31.0, 30.4, 30.4])
    found = quick.to_metres(lon, lat)
    assert np.isfinite(found[:, 0]).all()
    assert np.isnan(found[:, 1:]).all()
    assert quick.to_metres(np.array([]), np.array([])).shape == (2, 0)


def test_what_no_polynomial_comes_near_to_is_projected(monkeypatch: pytest.MonkeyPatch) -> None:
    plane = Plane("EPSG:4544")
    monkeypatch.setattr("app.geo.quick_plane._DEGREES", (1,))
    quick = QuickPlane(plane, JIANYANG)
    assert quick.error_m == np.inf
    lonlat = np.array([[104.3, 30.2], [104.8, 30.6], [100.0, 30.0]])
    found = quick.to_metres(lonlat[:, 0], lonlat[:, 1])
    np.testing.assert_array_equal(found[:, :2].T, plane.to_metres(lonlat[:2]))
    assert np.isnan(found[:, 2]).all()
