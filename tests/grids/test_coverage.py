"""Overlaps, gaps and fits against brute force: every pair, no index, no validator."""

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from app.geo.plane import Plane
from app.grids.coverage import Tiling, fit, gaps, overlaps, unmatched_borders
from tests.cities import STEP, coverage, square
from tests.geo.test_overlay import BOX, TRIANGLE

PLANE = Plane("EPSG:4544")


def tiling(shapes):
    shapes = np.array(shapes, dtype=object)
    return Tiling.of(np.array([f"{i:03d}" for i in range(len(shapes))], dtype=object), shapes)


def area(shape):
    parts, _ = PLANE.parts([shape])
    return float(parts.area_m2.sum())


def brute_overlaps(shapes):
    found = {}
    for (i, a), (j, b) in itertools.combinations(enumerate(shapes), 2):
        if (common := area(shapely.intersection(a, b))) > 0:
            found[f"{i:03d}", f"{j:03d}"] = common
    return found


def brute_gaps(shapes, within):
    parts, _ = PLANE.parts([shapely.difference(within, shapely.union_all(shapes))])
    return sorted(parts.area_m2)


def clean(seed, n):
    """Return a random coverage as files give it: of doubles, without a precision grid."""
    return shapely.from_wkb(shapely.to_wkb(coverage(seed, n)))


def same(found, wanted):
    return found == pytest.approx(wanted, rel=1e-6, abs=1e-3)


@st.composite
def damaged(draw):
    """Draw a coverage and what was done to it: cells removed, moved, grown, bitten, doubled."""
    cells = list(clean(draw(st.integers(0, 2**16)), draw(st.integers(4, 40))))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(cells) - 1))
        kind = draw(st.sampled_from(["remove", "move", "grow", "bite", "double"]))
        cell = cells[place]
        size = draw(st.sampled_from([0.5, 0.05, 1e-4])) * STEP
        if kind == "remove" and len(cells) > 4:
            del cells[place]
        elif kind == "move":
            cells[place] = shapely.transform(cell, lambda xy, by=size: xy + by)
        elif kind == "grow":
            cells[place] = shapely.union(cell, shapely.box(*_around(cell, size)))
        elif kind == "bite":
            left = shapely.difference(cell, shapely.box(*_around(cell, size)))
            if left.area > 0 and left.geom_type in {"Polygon", "MultiPolygon"}:
                cells[place] = left
        elif kind == "double":
            cells.append(cell)
    return cells


def _around(cell, size):
    """Return a box around the first vertex of a cell."""
    x, y = shapely.get_coordinates(cell)[0]
    return x - size / 2, y - size / 3, x + size / 2, y + size / 2


@settings(max_examples=60, deadline=None)
@given(damaged())
def test_overlaps_and_gaps_are_those_that_brute_force_finds(cells):
    level = tiling(cells)
    found, _ = overlaps(level, PLANE)
    wanted = brute_overlaps(cells)
    assert {one.codes for one in found} == set(wanted)
    for one in found:
        assert same(one.area_m2, wanted[one.codes])
        a, b = (cells[int(code)] for code in one.codes)
        assert shapely.contains_xy(a, one.lon, one.lat)
        assert shapely.contains_xy(b, one.lon, one.lat)
    frame = tiling([square(0, 0, 4, 4)])
    open_, *_ = gaps(level, frame, PLANE)
    # Where two gaps meet in a hair, rounding decides whether they are one; their sum stays.
    wanted_m2 = brute_gaps(cells, frame.union)
    assert sum(gap.area_m2 for gap in open_) == pytest.approx(sum(wanted_m2), rel=1e-6, abs=0.05)
    if len(open_) == len(wanted_m2):
        assert same(sorted(gap.area_m2 for gap in open_), wanted_m2)
    for gap in open_:
        assert shapely.contains_xy(frame.union, gap.lon, gap.lat)
        assert not shapely.contains_xy(level.shapes, gap.lon, gap.lat).any()
    assert [gap.area_m2 for gap in open_] == sorted((gap.area_m2 for gap in open_), reverse=True)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**16), n=st.integers(1, 60))
def test_of_a_clean_coverage_nothing_is_reported(seed, n):
    level = tiling(clean(seed, n))
    assert overlaps(level, PLANE) == ([], 0)
    assert gaps(level, None, PLANE)[0] == []
    assert gaps(level, tiling([square(0, 0, 4, 4)]), PLANE)[0] == []
    assert unmatched_borders(level, PLANE) is None


@settings(max_examples=30, deadline=None)
@given(cells=damaged(), pick=st.randoms(use_true_random=False))
def test_spills_and_mismatches_are_those_that_brute_force_finds(cells, pick):
    above = tiling([square(0, 0, 2, 4), square(2, 0, 1, 4), square(3, 0, 1, 4)])
    parent = np.array([pick.choice([-1, 0, 1]) for _ in cells], dtype=np.int64)
    found = fit(
        tiling(cells).codes, np.array(cells, dtype=object), parent, above, PLANE, tiles=True
    )
    outside = {
        f"{row:03d}": area(shapely.difference(cells[row], above.shapes[parent[row]]))
        for row in range(len(cells))
        if parent[row] >= 0
    }
    wanted = {code: size for code, size in outside.items() if size > 0}
    assert {one.code for one in found.spills} == set(wanted)
    for one in found.spills:
        cell = cells[int(one.code)]
        assert same(one.area_m2, wanted[one.code])
        assert one.share == pytest.approx(one.area_m2 / area(cell), rel=1e-6)
        assert shapely.contains_xy(cell, one.lon, one.lat)
        parents = [area(shapely.intersection(cell, shape)) for shape in above.shapes]
        if one.mostly_in:
            assert parents[int(one.mostly_in)] == pytest.approx(max(parents), rel=1e-9)
            assert one.mostly_in != one.parent
    by_code = {one.code: one for one in found.mismatches}
    for row, shape in enumerate(above.shapes):
        children = [cell for cell, over in zip(cells, parent, strict=True) if over == row]
        if not children:
            assert f"{row:03d}" in {scrap.code for scrap in found.scraps}
            continue
        together = shapely.union_all(children)
        missing = area(shapely.difference(shape, together))
        excess = area(shapely.difference(together, shape))
        one = by_code.get(f"{row:03d}")
        assert same(one.missing_m2 if one else 0.0, missing)
        assert same(one.excess_m2 if one else 0.0, excess)
        assert one is None or one.children == len(children)


# --- by hand ----------------------------------------------------------------------------------


def test_a_hole_in_the_middle_and_a_strip_at_the_edge_are_told_apart():
    cells = [square(x, y) for x in range(3) for y in range(3) if (x, y) != (1, 1)]
    cells[0] = square(0.25, 0, 0.75, 1)
    level = tiling(cells)
    hole, rim = gaps(level, tiling([square(0, 0, 3, 3)]), PLANE)[0]
    assert (hole.kind, rim.kind) == ("hole", "rim")
    assert same(hole.area_m2, area(square(1, 1)))
    assert same(rim.area_m2, area(square(0, 0, 0.25, 1)))
    assert set(hole.codes) == {f"{i:03d}" for i in range(8)}
    assert rim.codes == ("000", "001")
    (top,) = gaps(level, None, PLANE)[0]
    assert top.kind == "hole"
    assert same(top.area_m2, hole.area_m2)


def test_an_island_in_a_hole_is_no_gap():
    ring = shapely.difference(square(0, 0, 5, 5), square(1, 1, 3, 3))
    island = square(2, 2)
    (gap,) = gaps(tiling([ring, island]), None, PLANE)[0]
    assert same(gap.area_m2, area(square(1, 1, 3, 3)) - area(square(2, 2)))
    assert gap.codes == ("000", "001")


def test_a_hole_of_the_coarser_level_is_not_reported_again():
    ring = shapely.difference(square(0, 0, 3, 3), square(1, 1))
    cells = [square(x, y) for x in range(3) for y in range(3) if (x, y) != (1, 1)]
    assert len(gaps(tiling([ring]), None, PLANE)[0]) == 1
    assert gaps(tiling(cells), tiling([ring]), PLANE)[0] == []


def test_an_overlap_in_two_pieces_is_one_finding():
    comb = shapely.union_all([square(1, 0, 1, 3), square(0.9, 0, 1, 1), square(0.8, 2, 1, 1)])
    ((one,), _) = overlaps(tiling([square(0, 0, 1, 3), comb]), PLANE)
    assert one.parts == 2
    assert same(one.area_m2, area(square(0.9, 0, 0.1, 1)) + area(square(0.8, 2, 0.2, 1)))
    assert square(0.8, 2, 0.2, 1).contains(shapely.Point(one.lon, one.lat))


def test_one_grid_inside_another_and_the_same_grid_twice_are_overlaps():
    inner = square(1, 1)
    found, _ = overlaps(tiling([square(0, 0, 3, 3), inner, square(5, 5), square(5, 5)]), PLANE)
    assert [one.codes for one in found] == [("002", "003"), ("000", "001")] or [
        one.codes for one in found
    ] == [("000", "001"), ("002", "003")]


def test_vertices_that_do_not_match_are_told_and_are_neither_gap_nor_overlap():
    level = tiling([square(0, 0, 1, 2), square(1, 0), square(1, 1)])
    found = unmatched_borders(level, PLANE)
    assert found is not None
    assert found.codes == ("000", "001", "002")
    border = 2 * STEP * 110_860  # metres per degree of latitude at 30.4
    across = STEP * 96_100  # and of longitude: the border between the two small ones meets it
    assert 2 * border * 0.99 < found.length_m < 2 * (border + across) * 1.01
    assert overlaps(level, PLANE)[0] == []
    assert gaps(level, tiling([square(0, 0, 2, 2)]), PLANE)[0] == []


@pytest.mark.parametrize(("off", "told"), [(1e-14, False), (2e-11, False), (1e-8, True)])
def test_vertices_apart_by_rounding_match(off, told):
    """1e-8 degrees are a millimetre: that is no rounding."""
    moved = shapely.transform(square(1, 0), lambda xy: np.add(xy, [off, 0.0]))
    level = tiling([square(0, 0), moved, square(0, 1), square(1, 1)])
    assert len(level.unmatched_rows)
    assert (unmatched_borders(level, PLANE) is not None) == told


def test_a_sliver_is_found():
    thin = 2e-4 / 111_000 / STEP  # a fifth of a millimetre, in units of the squares
    level = tiling([square(0, 0, 1 + thin, 1), square(1, 0)])
    ((one,), _) = overlaps(level, PLANE)
    assert 0.1 < one.area_m2 < 0.5


def test_a_scrap_is_a_parent_whose_children_all_lie_elsewhere_or_that_has_none():
    above = tiling([square(0, 0), square(1, 0), square(2, 0)])
    cells = np.array([square(0, 0), square(0, 0, 0.5, 1)], dtype=object)
    found = fit(np.array(["a", "b"], object), cells, np.array([0, 1]), above, PLANE, tiles=True)
    assert [(one.code, one.children) for one in found.scraps] == [("001", 1), ("002", 0)]
    assert same(found.scraps[0].area_m2, area(square(1, 0)))
    (spill,) = found.spills
    assert (spill.code, spill.parent, spill.mostly_in) == ("b", "001", "000")
    assert spill.share == pytest.approx(1.0)


def test_an_overlay_need_not_make_up_its_parents():
    above = tiling([square(0, 0), square(1, 0)])
    cells = np.array([square(0.8, 0.2, 0.4, 0.2)], dtype=object)
    found = fit(np.array(["k"], object), cells, np.array([0]), above, PLANE, tiles=False)
    assert found.mismatches == found.scraps == []
    assert found.spills[0].share == pytest.approx(0.5, rel=1e-6)
    assert found.spills[0].mostly_in == ""


def test_ground_beside_a_hair_of_a_hole_is_not_taken_for_a_spill():
    """GEOS alone says that all of the triangle lies outside of the box."""
    above = tiling([BOX])
    child = np.array([TRIANGLE], dtype=object)
    found = fit(
        np.array(["A1"], dtype=object),
        child,
        np.zeros(1, dtype=np.int64),
        above,
        PLANE,
        tiles=False,
    )
    assert found.spills == []
