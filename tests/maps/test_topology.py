"""Arcs and their text hold the shapes that they were cut from."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from app.grids import City
from app.maps.compact import Lines, decode, encode
from app.maps.scope import find_area, scope_of
from app.maps.shapes import TOLERANCE_M, shapes_json
from app.maps.simplify import mercator
from app.maps.topology import WORLD_BITS, cut_into_arcs, world_steps
from tests.cities import coverage, square

STEP_M = 40_075_016.685578488 / 2**WORLD_BITS


def put_together(arcs: list[np.ndarray], rings: list[list[int]]) -> shapely.Geometry:
    """Return a shape from its rings, as the page does (even-odd)."""
    lines = []
    for ring in rings:
        parts = [arcs[one] if one >= 0 else arcs[~one][::-1] for one in ring]
        for before, after in zip(parts, [*parts[1:], parts[0]], strict=True):
            assert tuple(before[-1]) == tuple(after[0]), "arcs of a ring meet"
        lines.append(shapely.Polygon(np.concatenate(parts)))
    whole = shapely.Polygon()
    for one in lines:
        whole = shapely.symmetric_difference(whole, one)
    return whole


def in_steps(shapes: np.ndarray) -> list[shapely.Geometry]:
    return [shapely.transform(shape, world_steps) for shape in mercator(shapes)]


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_shapes_are_their_arcs(seed: int) -> None:
    cells = coverage(seed, 25)
    topology = cut_into_arcs([mercator(cells)])
    for shape, rings in zip(in_steps(cells), topology.shapes[0], strict=True):
        assert put_together(topology.arcs, rings).equals(shape)


def test_every_stretch_of_border_is_kept_once() -> None:
    cells = coverage(3, 60)
    topology = cut_into_arcs([mercator(cells)])
    edges = [frozenset([tuple(a), tuple(b)]) for arc in topology.arcs for a, b in pairwise(arc)]
    assert len(edges) == len(set(edges))
    corners = [shapely.get_coordinates(one) for one in in_steps(cells)]
    wanted = {
        frozenset([tuple(a), tuple(b)])
        for ring in corners
        for a, b in pairwise(ring)
        if tuple(a) != tuple(b)
    }
    assert set(edges) == wanted


def test_an_arc_knows_the_coarsest_level_that_it_divides() -> None:
    cells = np.array([square(0, 0), square(1, 0)], dtype=object)
    noded = shapely.coverage_union_all(cells)
    topology = cut_into_arcs([mercator(np.array([noded], dtype=object)), mercator(cells)])
    groups = sorted(topology.arc_group)
    assert groups == [0, 0, 1]
    inner = topology.arcs[topology.arc_group.index(1)]
    assert len(np.unique(inner[:, 0])) == 1, "the line between the cells"


def test_islands_and_holes() -> None:
    island = shapely.difference(square(0, 0, 3, 3), square(1, 1))
    shapes = np.array([island, square(1, 1), shapely.MultiPolygon([square(5, 0), square(7, 0)])])
    topology = cut_into_arcs([mercator(shapes)])
    for shape, rings in zip(in_steps(shapes), topology.shapes[0], strict=True):
        assert put_together(topology.arcs, rings).equals(shape)
    assert len(topology.arcs) == 4, "outside, the hole once, and two islands"


def test_overlaps_and_gaps_are_kept() -> None:
    shapes = np.array([square(0, 0, 2, 2), square(1, 1, 2, 2), square(5, 5)])
    topology = cut_into_arcs([mercator(shapes)])
    for shape, rings in zip(in_steps(shapes), topology.shapes[0], strict=True):
        assert put_together(topology.arcs, rings).equals(shape)


def test_nothing_at_all() -> None:
    topology = cut_into_arcs([np.array([], dtype=object)])
    assert (topology.arcs, topology.shapes) == ([], [[]])


points = st.lists(
    st.tuples(st.integers(0, 2**WORLD_BITS), st.integers(0, 2**WORLD_BITS)), min_size=1, max_size=9
)


@settings(deadline=None)
@given(st.lists(points, max_size=6))
def test_text_holds_lines(lines: list[list[tuple[int, int]]]) -> None:
    given_lines = [np.array(one, dtype=np.int64) for one in lines]
    text = encode(given_lines)
    found = decode(text)
    assert [one.tolist() for one in found] == [one.tolist() for one in given_lines]
    assert all("?" <= character <= "~" for character in text.text)


def test_the_published_example_of_the_encoding() -> None:
    """The example of the format's description, with its coordinates as whole steps."""
    example = [(3850000, -12020000), (4070000, -12095000), (4325200, -12645300)]
    assert encode([np.array(example)]).text == "_p~iF~ps|U_ulLnnqC_mqNvxq`@"


def test_the_demo_city_in_short(jianyang_folder) -> None:
    city = City.open(jianyang_folder)
    told = shapes_json(scope_of(city))
    arcs = decode(Lines(**told["arcs"]))
    assert len(told["arcLevels"]) == len(arcs)
    for level, layer in ((one, city.layer(one.id)) for one in city.levels):
        drawn = next(one for one in told["levels"] if one["id"] == level.id)
        assert drawn["codes"] == list(layer.codes)
        assert [-1 if row < 0 else int(row) for row in layer.parent_row] == drawn["parents"]
        # A few of each level, against the boundaries themselves.
        for row in range(0, len(layer), max(1, len(layer) // 15)):
            shape = put_together(arcs, drawn["rings"][row])
            assert shape.is_valid
            real = in_steps(layer.geometry[row : row + 1])[0]
            off_steps = shapely.hausdorff_distance(shape, real)
            assert off_steps * STEP_M < 3 * TOLERANCE_M + 1, level.id


def test_a_town_alone(jianyang_folder) -> None:
    city = City.open(jianyang_folder)
    town = find_area(city, "射洪坝街道")
    scope = scope_of(city, town)
    told = shapes_json(scope)
    for level in told["levels"]:
        assert all(code.startswith(town.code) for code in level["codes"])
    wanted = sum(str(code).startswith(town.code) for code in city.finest.codes)
    assert len(told["levels"][-1]["rings"]) == wanted
    assert len(told["overlays"][0]["codes"]) > 0
    assert all(code.startswith(town.code) for code in told["overlays"][0]["codes"])
    # The other towns stand around it, as names without colours.
    assert len(told["around"]["names"]) == 21 + len(city.outside)


def test_a_part_below_the_top_names_what_is_above(board: City) -> None:
    told = shapes_json(scope_of(board, find_area(board, "A1")))
    town, cell = told["levels"]
    assert (town["codes"], town["rings"]) == (["A"], None)
    assert (cell["codes"], cell["parents"]) == (["A1"], [0])
    assert len(cell["rings"]) == 1


@pytest.mark.parametrize("text", ["A", "格A"])
def test_an_area_by_code_or_name(board: City, text: str) -> None:
    assert find_area(board, text).code == "A"
