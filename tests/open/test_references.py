"""Coordinates out and boxes in, in each CRS and the axis order of its authority."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from app.errors import BadInputError
from app.grids import City
from app.open.box import Box, parse_box
from app.open.features import Feature, feature_texts
from app.open.references import CRS84, Reference, reference_named, references_of
from tests.cities import coverage, square

LON = st.floats(-180, 180)
LAT = st.floats(-90, 90)


@pytest.fixture(scope="module")
def known(board: City) -> dict[str, Reference]:
    return references_of(board)


def by_code(known: dict[str, Reference], code: str) -> Reference:
    return next(one for one in known.values() if one.code == code)


def test_a_city_has_these(known: dict[str, Reference]) -> None:
    epsg = "http://www.opengis.net/def/crs/EPSG/0/"
    assert list(known) == [CRS84, f"{epsg}4490", f"{epsg}4544"]
    assert reference_named(known, "", "crs").uri == CRS84
    with pytest.raises(BadInputError, match=r"crs is 'EPSG:9', allowed are http"):
        reference_named(known, "EPSG:9", "crs")


@settings(deadline=None, max_examples=40)
@given(points=st.lists(st.tuples(LON, LAT), min_size=1, max_size=20))
def test_degrees_are_read_back_bit_for_bit(
    known: dict[str, Reference], points: list[tuple[float, float]]
) -> None:
    line = shapely.MultiPoint(points)
    for code, step in (("CRS84", 1), ("EPSG:4490", -1)):
        (text,) = feature_texts([Feature("x", line, {})], by_code(known, code))
        read = np.array(json.loads(text)["geometry"]["coordinates"])[:, ::step]
        assert read.tobytes() == shapely.get_coordinates(line).tobytes()


def test_metres_are_those_of_pyproj_with_northing_first(known: dict[str, Reference]) -> None:
    way = Transformer.from_crs("EPSG:4326", "EPSG:4544")
    cells = coverage(3)
    xy = shapely.get_coordinates(cells)
    expected = np.column_stack(way.transform(xy[:, 1], xy[:, 0]))
    found = shapely.get_coordinates(by_code(known, "EPSG:4544").out(cells))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    assert found[0, 0] > 3_000_000 > found[0, 1]


def test_rings_follow_the_right_hand_rule(known: dict[str, Reference]) -> None:
    hole = square(1, 1).exterior.coords
    shape = shapely.Polygon(square(0, 0, 3, 3).exterior.coords[::-1], [hole])
    (text,) = feature_texts([Feature("x", shape, {"n": None})], known[CRS84])
    read = json.loads(text)
    outer, inner = (shapely.LinearRing(ring) for ring in read["geometry"]["coordinates"])
    assert outer.is_ccw
    assert not inner.is_ccw
    assert read["properties"] == {"n": None}


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10), west=st.floats(0, 3), south=st.floats(0, 3), side=st.floats(0, 2))
def test_a_box_meets_what_shapely_says_it_meets(
    known: dict[str, Reference], seed: int, west: float, south: float, side: float
) -> None:
    cells = coverage(seed, 12)
    tree = shapely.STRtree(cells)
    asked = square(west, south, side, side)
    for reference in known.values():
        flat = reference.flat(cells)
        edges = shapely.bounds(reference.flat(np.array([asked]))[0])
        box = Box(reference, tuple(map(float, edges)))
        expected = np.flatnonzero(shapely.intersects(flat, shapely.box(*edges)))
        assert box.rows_meeting(cells, tree).tolist() == expected.tolist()
        lon, lat = shapely.get_coordinates(cells)[:40].T
        xy = reference.to_xy(np.column_stack((lon, lat)))
        inside = [edges[0] <= x <= edges[2] and edges[1] <= y <= edges[3] for x, y in xy]
        assert box.holds(lon, lat).tolist() == np.flatnonzero(inside).tolist()


def test_a_box_is_read_in_the_axis_order_of_its_crs(known: dict[str, Reference]) -> None:
    edges = (104.5, 30.4, 104.6, 30.5)
    assert parse_box("104.5,30.4,104.6,30.5", known[CRS84]).edges == edges
    assert parse_box("104.5,30.4,-9,104.6,30.5,9e3", known[CRS84]).edges == edges
    assert parse_box("30.4,104.5,30.5,104.6", by_code(known, "EPSG:4490")).edges == edges
    metres = parse_box("3364000,451000,3365000,452000", by_code(known, "EPSG:4544"))
    assert metres.edges == (451000, 3364000, 452000, 3365000)


def test_a_box_may_cross_the_antimeridian(known: dict[str, Reference]) -> None:
    box = parse_box("170,-10,-170,10", known[CRS84])
    points = np.array([shapely.Point(x, 0) for x in (169, 171, 180, -180, -171, -169, 0)])
    assert box.rows_meeting(points, shapely.STRtree(points)).tolist() == [1, 2, 3, 4]
    assert box.holds(*shapely.get_coordinates(points).T).tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "text",
    ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "1,2,nan,4", "104,31,105,30", "181,0,182,1", "0,0,0,91"],
)
def test_what_is_no_box_is_refused(known: dict[str, Reference], text: str) -> None:
    with pytest.raises(BadInputError, match="bbox is"):
        parse_box(text, known[CRS84])


def test_a_box_beyond_the_projection_leaves_nothing_out(known: dict[str, Reference]) -> None:
    box = parse_box("-1e12,-1e12,1e12,1e12", by_code(known, "EPSG:4544"))
    cells = coverage(1)
    assert len(box.rows_meeting(cells, shapely.STRtree(cells))) == len(cells)
