"""Metres: against the geodesic, densely sampled."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from app.geo.measure import (
    PLANE_M,
    Borders,
    distance_m,
    find_foot,
    find_foot_in_blocks,
    metres_per_degree,
    scales,
)
from tests.cities import coverage
from tests.locate.layouts import LAYOUTS, points_on_and_around

GEOD = Geod(ellps="WGS84")


@pytest.mark.parametrize("lat", [-80.0, -30.4, 0.0, 30.4, 60.0, 85.0])
def test_metres_per_degree_is_the_slope_of_the_geodesic(lat: float) -> None:
    east, north = metres_per_degree(lat)
    step = 1e-5
    assert distance_m(10, lat, 10 + step, lat) / step == pytest.approx(float(east), rel=1e-6)
    assert distance_m(10, lat - step / 2, 10, lat + step / 2) / step == pytest.approx(
        float(north), rel=1e-6
    )


def sampled_border_m(polygon: shapely.Polygon, lon: float, lat: float, step: float) -> float:
    """Return the least geodesic distance to points laid every `step` degrees on the border."""
    dense = shapely.get_coordinates(shapely.segmentize(polygon.boundary, step))
    count = len(dense)
    metres = GEOD.inv(np.full(count, lon), np.full(count, lat), dense[:, 0], dense[:, 1])[2]
    return float(metres.min())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.floats(-0.005, 0.045), st.floats(-0.005, 0.045))
def test_border_distance_is_the_least_geodesic_to_a_dense_sample(
    seed: int, dx: float, dy: float
) -> None:
    cells = coverage(seed, 8)
    lon, lat = 104.5 + dx, 30.4 + dy
    rows = np.arange(len(cells))
    found = Borders.of(cells).nearest(rows, np.full(len(rows), lon), np.full(len(rows), lat))[0]
    step = 2e-6  # about 0.2 m
    for cell, metres in zip(cells, found, strict=True):
        sampled = sampled_border_m(cell, lon, lat, step)
        assert metres <= sampled * (1 + 1e-6) + 1e-6
        # The nearest sample is at most half a step along the border from the foot; far away the
        # plane that touches at the point bends off the geodesic by some 1e-7 of the distance.
        assert sampled - metres <= 0.12 + 1e-6 * metres


def test_holes_and_parts_count_as_border() -> None:
    outer = shapely.box(104.50, 30.40, 104.54, 30.44)
    hole = shapely.box(104.51, 30.41, 104.52, 30.42)
    far = shapely.box(104.56, 30.40, 104.57, 30.41)
    shape = shapely.MultiPolygon([outer.difference(hole), far])
    borders = Borders.of(np.array([shape], dtype=object))
    row = np.zeros(1, dtype=np.int64)
    at_hole = borders.nearest(row, np.array([104.515]), np.array([30.4201]))[0]
    assert at_hole[0] == pytest.approx(float(distance_m(104.515, 30.4201, 104.515, 30.42)))
    at_part = borders.nearest(row, np.array([104.559]), np.array([30.405]))[0]
    assert at_part[0] == pytest.approx(float(distance_m(104.559, 30.405, 104.56, 30.405)), rel=1e-6)


def test_near_and_far_metres_meet() -> None:
    """Below 5 km the plane at the middle latitude measures, beyond it the geodesic."""
    square = shapely.box(104.5, 30.4, 104.6, 30.5)
    borders = Borders.of(np.array([square], dtype=object))
    lat = np.linspace(30.2, 30.399, 400)
    lon = np.full(400, 104.55)
    found = borders.nearest(np.zeros(400, dtype=np.int64), lon, lat)[0]
    assert found == pytest.approx(distance_m(lon, lat, lon, np.full(400, 30.4)), rel=1e-7)
    assert np.all(np.diff(found) < 0)


def scanned(borders: Borders, rows: np.ndarray, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Return metres and segment from a look at every segment, shape (2, p)."""
    found = []
    for row, x, y in zip(rows, lon, lat, strict=True):
        ends = (borders.ax, borders.ay, borders.bx, borders.by)
        metres, _, _, segment = find_foot(borders.first[row], borders.first[row + 1], *ends, x, y)
        found.append((metres, segment))
    return np.transpose(found)


@pytest.mark.parametrize("name", LAYOUTS)
def test_boxes_pass_over_nothing_that_counts(name: str) -> None:
    """Bit for bit what a look at every segment finds, and of equally near ones the first."""
    polygons = LAYOUTS[name]
    borders = Borders.of(polygons)
    rng = np.random.default_rng(len(name))
    lon, lat = np.ascontiguousarray(points_on_and_around(polygons, rng, 60).T)
    rows = rng.integers(0, len(polygons), len(lon))
    metres, segments = borders.nearest(rows, lon, lat)
    truth = scanned(borders, rows, lon, lat)
    assert np.array_equal(segments, truth[1])
    near = truth[0] <= PLANE_M
    assert np.array_equal(metres[near], truth[0][near])
    # A look with a limit finds the same, or nothing if there is nothing so near.
    ends = (borders.ax, borders.ay, borders.bx, borders.by)
    for row, x, y, far, segment in zip(rows, lon, lat, *truth, strict=True):
        # At the point's own latitude a degree is nearly as long as at the middle one.
        for limit in (far * 0.99 - 1e-6, far * 1.01 + 1e-6):
            if far <= PLANE_M and abs(y) < 60 and limit > 0:
                found = find_foot_in_blocks(
                    row, borders.first, *ends, borders.blocks, x, y, *scales(y), limit
                )
                assert found[0] == (far if limit > far else np.inf)
                assert found[3] == (segment if limit > far else -1)


def test_threads_do_not_change_the_metres() -> None:
    borders = Borders.of(coverage(3, 60))
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(104.5, 104.54, 60_000), rng.uniform(30.4, 30.44, 60_000)
    rows = rng.integers(0, len(borders.first) - 1, 60_000)
    whole = borders.nearest(rows, lon, lat)
    parts = [borders.nearest(rows[k:k + 9_000], lon[k:k + 9_000], lat[k:k + 9_000])
             for k in range(0, 60_000, 9_000)]  # fmt: skip
    for found, together in zip(whole, zip(*parts, strict=True), strict=True):
        assert np.array_equal(found, np.concatenate(together))


def test_nothing_asked_nothing_answered() -> None:
    nothing = np.empty(0)
    borders = Borders.of(coverage(3, 20))
    assert borders.nearest(nothing.astype(np.int64), nothing, nothing)[0].shape == (0,)
