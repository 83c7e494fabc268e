import numpy as np
import pytest
import shapely
from pyproj import Geod

from app.errors import BadInputError
from app.geo.plane import Plane, choose_metric_crs, polygons_of


@pytest.mark.parametrize(
    ("bounds", "crs"),
    [
        ((104.2, 30.0, 105.0, 30.8), "EPSG:4544"),  # Jianyang: CM 105E
        ((120.9, 30.7, 122.0, 31.9), "EPSG:4549"),  # Shanghai: CM 120E
        ((116.0, 39.4, 117.4, 41.0), "EPSG:4548"),  # Beijing: CM 117E
        ((75.9, 39.3, 76.1, 39.6), "EPSG:4534"),  # Kashgar: CM 75E
        ((-74.26, 40.49, -73.7, 40.92), "EPSG:32618"),
        ((151.0, -34.0, 151.4, -33.6), "EPSG:32756"),
        ((179.9, -1.0, 180.0, 1.0), "EPSG:32660"),
    ],
)
def test_the_plane_is_chosen_from_the_extent(bounds, crs):
    assert choose_metric_crs(bounds) == crs
    Plane(crs)


def test_areas_and_lengths_are_near_those_of_the_ellipsoid():
    box = shapely.box(104.5, 30.4, 104.51, 30.41)
    area, perimeter = Geod(ellps="WGS84").geometry_area_perimeter(box)
    plane = Plane("EPSG:4544")
    assert plane.area_m2([box])[0] == pytest.approx(area, rel=2e-4)
    assert plane.length_m([box])[0] == pytest.approx(perimeter, rel=1e-4)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2263", "EPSG:999999", "metres"])
def test_a_crs_that_is_no_plane_in_metres_is_refused_by_name(crs):
    with pytest.raises(BadInputError, match=crs):
        Plane(crs)


def test_parts_are_the_polygons_however_deep_in_collections():
    shapes = shapely.from_wkt(
        [
            "GEOMETRYCOLLECTION(POINT(1 1),GEOMETRYCOLLECTION(POLYGON((0 0,0 1,1 0,0 0)),"
            "MULTIPOLYGON(((2 2,2 3,3 2,2 2)),((5 5,5 6,6 5,5 5)))))",
            "LINESTRING(0 0,1 1)",
            "POLYGON EMPTY",
            "POLYGON((9 9,9 10,10 9,9 9))",
        ]
    )
    polygons, owner = polygons_of([*shapes, None])
    assert owner.tolist() == [0, 0, 0, 3]
    assert shapely.get_type_id(polygons).tolist() == [3] * 4
    empty, none = polygons_of([])
    assert len(empty) == len(none) == 0


def test_parts_thinner_than_a_tenth_of_a_millimetre_are_counted_as_rounding():
    degree_m = 111_000
    strip = shapely.box(104.5, 30.4, 104.51, 30.4 + 5e-5 / degree_m)
    sliver = shapely.box(104.5, 30.4, 104.51, 30.4 + 5e-4 / degree_m)
    both = shapely.MultiPolygon([strip, shapely.box(104.6, 30.4, 104.7, 30.5)])
    parts, thin = Plane("EPSG:4544").parts([strip, sliver, both])
    assert thin == 2
    assert parts.owner.tolist() == [1, 2]
    assert parts.area_m2[0] == pytest.approx(0.5, rel=0.2)
    inside = shapely.contains_xy(parts.polygon, parts.lon, parts.lat)
    assert np.all(inside)
