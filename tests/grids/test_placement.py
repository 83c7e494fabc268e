"""Shifts planted by the datums' own formulas are found with their cause, and nothing else is."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from app.geo.datum import from_wgs84, to_wgs84
from app.geo.plane import Plane
from app.grids.placement import CHINA, expected_bounds, find_shift, place_notes, shift_notes

PLANE = Plane("EPSG:4544")
STEP = 0.01


def nested(size=12, over=4, wiggle_m=0.0, seed=1):
    """Return squares of about 1 km near Jianyang whose corners are moved, and their parents."""
    rng = np.random.default_rng(seed)
    moved = rng.uniform(-0.3, 0.3, (size + 1, size + 1, 2)) * STEP
    at = np.stack(np.meshgrid(np.arange(size + 1), np.arange(size + 1), indexing="ij"), axis=2)
    corners = (104.4, 30.3) + at * STEP + moved
    cells = {
        (x, y): shapely.Polygon(corners[[x, x + 1, x + 1, x], [y, y, y + 1, y + 1]])
        for x in range(size)
        for y in range(size)
    }
    parents = [
        shapely.union_all([cells[x, y] for x in range(a, a + over) for y in range(b, b + over)])
        for a in range(0, size, over)
        for b in range(0, size, over)
    ]
    noisy = rng.normal(0, wiggle_m / 111_000, (len(parents), 2))
    parents = [
        shapely.transform(one, lambda xy, by=by: xy + by)
        for one, by in zip(parents, noisy, strict=True)
    ]
    return np.array(list(cells.values()), dtype=object), np.array(parents, dtype=object)


def changed(shapes, change, datum):
    return shapely.transform(shapes, lambda xy: np.column_stack(change(xy[:, 0], xy[:, 1], datum)))


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
@pytest.mark.parametrize("own", [True, False])
def test_a_datum_that_nobody_stated_is_named_with_how_far_it_lies(datum, own):
    children, parents = nested()
    if own:
        children = changed(children, from_wgs84, datum)
    else:
        parents = changed(parents, from_wgs84, datum)
    found = find_shift(children, parents, PLANE)
    assert (found.datum, found.own) == (datum, own)
    assert found.left_m < 0.1
    # Of BD-09 the shift changes by tens of metres across the squares; so the middle of all.
    middle = shapely.get_coordinates(shapely.centroid(parents))
    there = np.column_stack(from_wgs84(middle[:, 0], middle[:, 1], datum))
    by = (PLANE.to_metres(there) - PLANE.to_metres(middle)) * (1 if own else -1)
    low, high = by.min(axis=0) - 5, by.max(axis=0) + 5
    assert low[0] < found.east_m < high[0]
    assert low[1] < found.north_m < high[1]
    (note,) = shift_notes(children, parents, "镇街", PLANE)
    assert f"{'these boundaries are' if own else 'those of 镇街 are'} in {datum}" in note


def test_the_signature_of_gcj02_at_jianyang_is_230_m_east_and_310_m_south():
    children, parents = nested()
    (note,) = shift_notes(changed(children, from_wgs84, "gcj02"), parents, "镇街", PLANE)
    east = int(note.split("shifted ")[1].split(" m east")[0])
    south = int(note.split("east and ")[1].split(" m south")[0])
    assert 200 < east < 260
    assert 280 < south < 340


def test_a_datum_that_was_stated_and_is_not_so_is_named():
    children, parents = nested()
    children = changed(children, to_wgs84, "gcj02")
    (note,) = shift_notes(children, parents, "镇街", PLANE, "gcj02")
    assert "these boundaries are not in gcj02, as is stated" in note


def test_parts_of_a_city_and_borders_drawn_apart_by_some_metres_are_still_told():
    children, parents = nested(wiggle_m=3.0)
    children = changed(children, from_wgs84, "gcj02")
    # The children of one parent of nine.
    found = find_shift(children[[x * 12 + y for x in range(4) for y in range(4)]], parents, PLANE)
    assert (found.datum, found.own) == ("gcj02", True)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 60))
def test_what_lies_well_or_is_only_drawn_roughly_is_not_accused(seed, wiggle_m):
    children, parents = nested(6, 3, wiggle_m, seed)
    assert shift_notes(children, parents, "镇街", PLANE) == []


def test_nothing_is_said_where_china_has_no_shift_or_nothing_is_there():
    children, parents = nested()
    abroad = [
        shapely.transform(one, lambda xy: np.add(xy, (-178, 10))) for one in (children, parents)
    ]
    assert find_shift(*abroad, Plane("EPSG:32618")) is None
    nothing = np.array([None], dtype=object)
    assert find_shift(nothing, parents, PLANE) is None
    assert find_shift(children, nothing, PLANE) is None


# --- extent -------------------------------------------------------------------------------------


def test_boundaries_outside_of_china_are_told_with_the_likely_cause():
    children, _ = nested(4, 2)
    assert place_notes(children, CHINA) == []
    west = shapely.transform(children, lambda xy: (xy - (104.4, 30.3)) + (85.0, 30.3))
    assert place_notes(west, CHINA) == []
    # In Tibet both orders are degrees that exist: no value is out of range.
    swapped = shapely.transform(west, lambda xy: xy[:, ::-1])
    (note,) = place_notes(np.append(swapped, None), CHINA)
    assert note.startswith("16 of 16 shapes lie outside of China, about lon 30.3")
    assert "swapped" in note
    abroad = shapely.transform(children, lambda xy: np.add(xy, (-178, 10)))
    (note,) = place_notes(abroad, CHINA)
    assert "metric_crs" in note
    assert place_notes(np.array([None], dtype=object), CHINA) == []


def test_a_city_that_states_where_it_is_is_expected_there():
    children, _ = nested(4, 2)
    new_york = shapely.transform(children, lambda xy: np.add(xy, (-178.5, 10.3)))
    assert expected_bounds("") == CHINA
    assert place_notes(new_york, expected_bounds("EPSG:32618")) == []
    (note,) = place_notes(children, expected_bounds("EPSG:32618"))
    assert "the area in which metric_crs is used" in note
