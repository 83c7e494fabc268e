import itertools

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from app.geo.datum import to_wgs84
from app.geo.nodes import share_vertices
from app.geo.plane import Plane
from app.geo.vector import VectorRequest, read_vectors

X, Y = 450_000.0, 3_370_000.0
_TO_DEGREES = Transformer.from_crs("EPSG:4544", "EPSG:4326", always_xy=True)
PLANE = Plane("EPSG:4544")


def move(xy):
    return np.column_stack(_TO_DEGREES.transform(xy[:, 0], xy[:, 1]))


def box(x, y, wide, high):
    return shapely.box(X + x, Y + y, X + x + wide, Y + y + high)


def array(*shapes):
    return np.array([*shapes, None], dtype=object)[:-1]


def wall(cuts, high=700.0, wide=3000.0):
    """Return courses of bricks, each cut at its own places, and the wall as one."""
    bricks = []
    for course, places in enumerate(cuts):
        ends = [0.0, *sorted(places), wide]
        for left, right in itertools.pairwise(ends):
            bricks.append(box(left, course * high, right - left, high))
    return array(*bricks), array(box(0, 0, wide, high * len(cuts)))


def faults_m2(bricks, whole):
    """Return what overlaps and what gapes in degrees, beyond rounding, by brute force."""
    in_degrees = shapely.transform(bricks, move)
    whole = shapely.transform(whole, move)[0]
    union = shapely.union_all(in_degrees)
    pairs = [shapely.intersection(a, b) for i, a in enumerate(in_degrees) for b in in_degrees[:i]]
    wrong, _ = PLANE.parts(
        [*pairs, shapely.difference(whole, union), shapely.difference(union, whole)]
    )
    return wrong.area_m2.sum()


courses = st.lists(
    st.lists(st.integers(1, 299).map(lambda tens: tens * 10.0), max_size=4, unique=True),
    min_size=1,
    max_size=4,
)


@settings(max_examples=40, deadline=None)
@given(cuts=courses)
def test_bricks_that_meet_in_the_plane_meet_in_degrees(cuts):
    bricks, whole = wall(cuts)
    (noded, around), _ = share_vertices([bricks, whole], move, 1e-3)
    assert faults_m2(noded, around) == 0
    assert shapely.equals(noded, bricks).all()


def test_without_the_nodes_they_would_not():
    bricks, whole = wall([[1000.0], [2000.0]])
    assert faults_m2(bricks, whole) > 10


def test_a_vertex_within_the_tolerance_is_on_the_border_for_both_sides():
    south, north = box(0, 0, 2000, 500), box(0, 500, 2000, 500)
    third = shapely.Polygon([(X + 900, Y + 500.0008), (X + 950, Y + 900), (X + 850, Y + 900)])
    far = shapely.Polygon([(X + 300, Y + 500.002), (X + 350, Y + 900), (X + 250, Y + 900)])
    (noded,), added = share_vertices([array(south, north, third, far)], move, 1e-3)
    assert added == 2
    for shape in noded[:2]:
        assert (X + 900, Y + 500.0008) in shape.exterior.coords
    assert shapely.coverage_is_valid(noded[:2])


def test_what_is_not_bent_or_has_no_vertex_on_it_is_left_alone():
    short = array(box(0, 0, 20, 20), box(20, 0, 20, 10), box(20, 10, 20, 10))
    same, added = share_vertices([short], move, 1e-3)
    assert added == 0
    assert shapely.equals_identical(same[0], short).all()
    alone = array(box(0, 0, 5000, 5000))
    same, added = share_vertices([alone], move, 1e-3)
    assert added == 0
    assert shapely.equals_identical(same[0], alone).all()
    assert share_vertices([array()], move, 1e-3)[1] == 0


def test_holes_and_parts_get_their_vertices_and_other_rows_pass():
    ring = shapely.difference(box(0, 0, 9000, 9000), box(2000, 2000, 4000, 4000))
    parts = shapely.MultiPolygon([box(9000, 0, 3000, 9000), box(20_000, 0, 10, 10)])
    inner = array(box(2000, 2000, 1500, 4000), box(3500, 2000, 2500, 4000))
    line = shapely.LineString([(X, Y), (X + 9000, Y)])
    broken = shapely.Polygon([(X, Y), (np.inf, Y), (X, Y + 1)])
    first = array(ring, None, line, broken, shapely.Polygon(), parts)
    tables, added = share_vertices([first, inner], move, 1e-3)
    assert added == 2  # the two places where the halves meet in the hole
    got = tables[0]
    assert got[0].geom_type == "Polygon"
    assert len(got[0].interiors[0].coords) == 7
    assert got[1] is None
    assert got[2] == line
    assert got[3].equals_exact(broken, 0)
    assert got[4].is_empty
    assert got[5].geom_type == "MultiPolygon"
    assert shapely.equals_identical(got[5], parts)
    assert shapely.equals_identical(tables[1], inner).all()


def test_a_polygon_that_a_vertex_would_spoil_is_left_alone():
    needle = shapely.Polygon([(X, Y), (X + 4000, Y), (X + 2000, Y + 0.0005), (X, Y + 900)])
    assert needle.is_valid
    (noded,), added = share_vertices([array(needle)], move, 1e-3)
    assert noded[0].is_valid
    assert added == 0


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_a_china_datum_bends_too(datum):
    bricks, _ = wall([[1000.0], [2000.0], []])
    degrees = shapely.transform(bricks, lambda xy: (104.5, 30.4) + (xy - (X, Y)) / 1e5)
    (noded,), added = share_vertices(
        [degrees], lambda xy: np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], datum)), 1e-8
    )
    assert added > 0
    assert shapely.coverage_is_valid(noded)


def test_files_in_one_crs_are_kept_together_and_it_is_told(tmp_path):
    bricks, whole = wall([[1000.0], [2000.0]])
    for name, shapes in (("bricks", bricks), ("wall", whole)):
        gpd.GeoDataFrame({"c": range(len(shapes))}, geometry=shapes, crs="EPSG:4544").to_file(
            tmp_path / f"{name}.gpkg"
        )
    seen = []
    requests = [
        VectorRequest(path=tmp_path / f"{name}.gpkg", columns=("c",)) for name in ("bricks", "wall")
    ]
    small, large = read_vectors(requests, seen.append)
    assert seen == ["bricks.gpkg", "wall.gpkg"]
    assert shapely.coverage_is_valid(small.geometry)
    union = shapely.union_all(small.geometry)
    assert not len(PLANE.parts([shapely.symmetric_difference(union, large.geometry[0])])[0])
    assert "vertices were added to long borders of the files in EPSG:4544" in small.notes[0]
    assert small.notes == large.notes
