import numpy as np
import pytest
import shapely

from app.geo.plane import Plane
from app.grids.repair import make_usable
from tests.cities import STEP, square

PLANE = Plane("EPSG:4544")
X, Y = square(0, 0).bounds[:2]


def usable(*shapes, faults=None):
    return make_usable(np.array([*shapes, None], dtype=object)[:-1], faults or {}, PLANE)


def test_a_valid_polygon_is_left_alone():
    multi = shapely.MultiPolygon([square(0, 0), square(2, 0)])
    done = usable(square(0, 0), multi)
    assert not done.unusable
    assert not done.mended
    assert done.shapes.tolist() == [square(0, 0), multi]


def test_a_bow_tie_becomes_its_two_loops_and_the_reason_is_told():
    tie = shapely.Polygon([(X, Y), (X + STEP, Y + STEP), (X + STEP, Y), (X, Y + STEP)])
    done = usable(square(5, 5), tie)
    assert set(done.mended) == {1}
    mend = done.mended[1]
    assert "Self-intersection" in mend.reason
    assert mend.area_before_m2 == pytest.approx(0, abs=1)  # its loops cancel each other
    half = PLANE.area_m2([square(0, 0)])[0] / 2
    assert mend.area_change_m2 == pytest.approx(half, rel=1e-3)
    assert done.shapes[1].is_valid
    assert PLANE.area_m2([done.shapes[1]])[0] == pytest.approx(half, rel=1e-3)


def test_ground_that_rings_enclose_twice_is_kept():
    twice = shapely.MultiPolygon([square(0, 0, 2, 1), square(1, 0, 2, 1)])
    done = usable(twice)
    assert done.shapes[0].equals(square(0, 0, 3, 1))
    assert done.mended[0].area_change_m2 == pytest.approx(-PLANE.area_m2([square(1, 0)])[0])


def test_a_spike_goes_and_the_body_stays():
    spike = shapely.Polygon(
        [(X, Y), (X + STEP, Y), (X + STEP, Y + STEP), (X, Y + STEP), (X, Y), (X - STEP, Y)]
    )
    done = usable(spike)
    assert done.shapes[0].equals(square(0, 0))
    assert done.mended[0].area_change_m2 == pytest.approx(0, abs=1e-3)


def test_a_collection_is_reduced_to_its_polygons_and_what_went_is_named():
    mixed = shapely.GeometryCollection(
        [square(0, 0), shapely.LineString([(X, Y), (X, Y + 9)]), shapely.Point(X, Y), square(2, 0)]
    )
    nested = shapely.GeometryCollection([shapely.GeometryCollection([square(1, 1)])])
    done = usable(mixed, nested)
    assert done.shapes[0].equals(shapely.MultiPolygon([square(0, 0), square(2, 0)]))
    assert "1 LineString, 1 Point, 2 Polygon" in done.mended[0].reason
    assert done.shapes[1] == square(1, 1)
    assert not done.unusable


def test_a_collection_of_overlapping_polygons_is_reduced_and_repaired():
    done = usable(shapely.GeometryCollection([square(0, 0, 2, 1), square(1, 0, 2, 1)]))
    assert done.shapes[0].equals(square(0, 0, 3, 1))
    assert "reduced" in done.mended[0].reason
    assert "elf-intersection" in done.mended[0].reason


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (None, "no shape"),
        (shapely.Polygon(), "empty shape"),
        (shapely.GeometryCollection(), "empty shape"),
        (shapely.Point(X, Y), "Point: not a polygon"),
        (shapely.LineString([(X, Y), (X + 1, Y)]), "LineString: not a polygon"),
        (shapely.GeometryCollection([shapely.Point(X, Y)]), "of 1 Point: not a polygon"),
        (shapely.Polygon([(X, Y), (X + 1, Y), (X, Y)]), "encloses no area"),
        (shapely.Polygon([(X, Y), (np.inf, Y), (X, Y + 1)]), "no lon, lat"),
        (shapely.box(X, 89.9, X + 1, 90.1), "no lon, lat"),
        (shapely.box(30.4, 104.5, 30.41, 104.51), "exchanged they would be: write lon first"),
        (shapely.box(500_000, 3_300_000, 500_010, 3_300_010), "no lon, lat degrees"),
    ],
)
def test_a_row_without_a_polygon_is_told_and_not_dropped(shape, reason):
    done = usable(square(0, 0), shape, square(1, 0))
    assert set(done.unusable) == {1}
    assert reason in done.unusable[1]
    assert done.shapes[1] is None
    assert done.shapes[0] == square(0, 0)
    assert done.shapes[2] == square(1, 0)
    assert not done.mended


def test_what_the_reader_met_is_passed_on():
    done = usable(square(0, 0), None, faults={0: "ring is not closed", 1: "shape cannot be read"})
    assert done.mended[0].reason == "ring is not closed"
    assert done.unusable == {1: "shape cannot be read"}
