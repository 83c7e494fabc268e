import numpy as np
import pytest
import shapely
from pyproj import Geod, Transformer

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
    assert plane.length_m([box.exterior])[0] == pytest.approx(perimeter, rel=1e-4)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2263", "EPSG:999999", "metres"])
def test_a_crs_that_is_no_plane_in_metres_is_refused_by_name(crs):
    with pytest.raises(BadInputError, match=crs):
        Plane(crs)


def test_parts_are_the_polygons_however_deep_in_collections():
    shapes = shapely.from_wkt(
        [
            (
                "GEOMETRYCOLLECTION(POINT(1 1),GEOMETRYCOLLECTION(POLYGON((0 0,0 1,1 0,0 0)),"
                "MULTIPOLYGON(((2 2,2 3,3 2,2 2)),((5 5,5 6,6 5,5 5)))))"
            ),
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


@pytest.mark.parametrize("size", [0.001, 0.05, 0.19, 0.21, 1.5])
def test_areas_are_those_of_borders_that_are_straight_in_degrees(size):
    corners = [(104.1, 30.1), (104.1 + size, 30.1 + size / 3), (104.1 + size / 2, 30.1 + size)]
    triangle = shapely.Polygon(corners)
    plane = Plane("EPSG:4544")
    dense = shapely.segmentize(triangle, size / 20_000)
    to_plane = Transformer.from_crs("EPSG:4326", "EPSG:4544", always_xy=True)
    exact = shapely.transform(
        dense, lambda xy: np.column_stack(to_plane.transform(xy[:, 0], xy[:, 1]))
    ).area
    assert plane.area_m2([triangle])[0] == pytest.approx(exact, rel=1e-6)


def test_a_vertex_more_on_a_straight_border_changes_no_area():
    plain = shapely.box(104.5, 30.4, 104.55, 30.4001)
    south = [(104.5, 30.4), (104.51, 30.4), (104.55, 30.4)]
    noded = shapely.Polygon([*south, (104.55, 30.4001), (104.5, 30.4001)])
    one, other = Plane("EPSG:4544").area_m2([plain, noded])
    assert one == pytest.approx(other, abs=1e-6)


def test_the_point_of_a_part_lies_in_its_body_and_not_in_a_hair_on_it():
    body = shapely.box(104.5, 30.4, 104.501, 30.4005)
    hair = shapely.box(104.5, 30.4005, 104.5 + 1e-12, 30.45)
    hole = shapely.box(104.62, 30.42, 104.69, 30.49)
    ring = shapely.difference(shapely.box(104.6, 30.4, 104.7, 30.5), hole)
    parts, _ = Plane("EPSG:4544").parts([shapely.union(body, hair), ring])
    assert body.contains(shapely.Point(parts.lon[0], parts.lat[0]))
    assert shapely.Point(parts.lon[1], parts.lat[1]).distance(ring.boundary) > 0.005
