"""Overlays that GEOS gets wrong are made anew; all others are GEOS's own."""

import numpy as np
import pytest
import shapely

from app.geo.overlay import difference, intersection, union_all
from tests.cities import coverage

# From New York: a triangle in a box, with a hole along a side of it that is all but a line.
HAIR = [
    (-73.97087567598632, 40.633719514319495),
    (-73.97126138597923, 40.63353598792345),
    (-73.97087567664624, 40.63371951381707),
    (-73.97049284823912, 40.63390015738282),
]
BOX = shapely.Polygon(shapely.box(-73.989, 40.630, -73.967, 40.649).exterior.coords, [HAIR])
TRIANGLE = shapely.Polygon(
    [
        (-73.96872218293916, 40.639018538249005),
        (-73.97087567598632, 40.633719514319495),
        (-73.9719042695034, 40.633230094639806),
    ]
)


def test_what_lies_inside_is_not_found_outside():
    assert BOX.is_valid
    assert shapely.covers(BOX, TRIANGLE.centroid)
    out = difference([TRIANGLE], BOX)[0]
    assert out.area < 1e-6 * TRIANGLE.area
    common = intersection([TRIANGLE, TRIANGLE], [BOX, BOX])
    assert (np.abs(shapely.area(common) / TRIANGLE.area - 1) < 1e-6).all()
    together = union_all([TRIANGLE, BOX])
    assert together.is_valid
    assert abs(together.area / BOX.area - 1) < 1e-9


def test_what_an_overlay_left_beside_polygons_does_not_matter():
    mixed = [shapely.GeometryCollection([one, shapely.Point(104, 30)]) for one in (TRIANGLE, BOX)]
    assert difference(*mixed)[0].area < 1e-6 * TRIANGLE.area
    assert abs(intersection(*mixed)[0].area / TRIANGLE.area - 1) < 1e-6


@pytest.mark.parametrize("seed", range(6))
def test_elsewhere_it_is_what_geos_says(seed):
    cells = np.array(coverage(seed, 12), dtype=object)
    moved = shapely.transform(cells, lambda xy: np.add(xy, (0.003, -0.002)))
    left, right = shapely.STRtree(moved).query(cells)
    one, other = cells[left], moved[right]
    apart, common = difference(one, other), intersection(one, other)
    assert shapely.equals_identical(apart, shapely.difference(one, other)).all()
    assert shapely.equals_identical(common, shapely.intersection(one, other)).all()
    areas = shapely.area(apart) + shapely.area(common)
    # Of areas far from the origin the eighth digit is rounding.
    np.testing.assert_allclose(areas, shapely.area(one), rtol=1e-6)
    assert shapely.equals(union_all(cells), shapely.union_all(cells))


def test_nothing_is_nothing():
    none = np.zeros(0, dtype=object)
    assert len(difference(none, none)) == len(intersection(none, none)) == 0
    assert union_all(none).is_empty
