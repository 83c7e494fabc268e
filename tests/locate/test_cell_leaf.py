"""Leaves and their lines: what a line decides is right to the last digit."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from app.locate.cell_build import build
from app.locate.cell_leaf import fit
from app.locate.cells import BAND, MAX_FACTOR, NONE, SEVERAL, CellIndex
from tests.locate.layouts import LAYOUTS, points_on_and_around
from tests.locate.test_cell_engine import brute_force, check

SIDE = 0.01
BLOCK_M = 60.0
HOME = np.array([104.5, 30.4])
STEPS = 65_536
# Borders through one block, in blocks from its corner.
THROUGH = {
    "through the centre": [(-1.0, -1.0), (2.0, 2.0)],
    "through the centre, steep": [(0.4, -3.0), (0.6, 4.0)],
    "level through the centre": [(-2.0, 0.5), (3.0, 0.5)],
    "upright through the centre": [(0.5, -2.0), (0.5, 3.0)],
    "nearly level": [(-2.0, 0.3), (3.0, 0.3 + 1e-9)],
    "nearly upright": [(0.3, -2.0), (0.3 + 1e-9, 3.0)],
    "on the lower edge": [(-2.0, 0.0), (3.0, 0.0)],
    "on the right edge": [(1.0, -2.0), (1.0, 3.0)],
    "on an edge of leaves": [(-2.0, 0.25), (0.75, 0.25), (0.75, 3.0)],
    "through the corner": [(-1.0, 1.0), (1.0, -1.0)],
    "a vertex just outside": [(-1.0, 0.2), (1.0 + 1e-9, 0.7), (2.0, 0.1)],
    "a vertex just inside": [(-1.0, 0.2), (1.0 - 1e-9, 0.7), (2.0, 0.1)],
    "a vertex on the edge": [(-1.0, 0.2), (1.0, 0.7), (2.0, 0.1)],
    "a bend": [(-1.0, 0.3), (0.4, 0.31), (2.0, 0.3)],
    "a corner": [(-1.0, 0.1), (0.6, 0.2), (0.5, 3.0)],
    "a tooth thinner than a band": [(0.2, -2.0), (0.4, 0.8), (0.4 + 1e-7, 0.8), (0.4, -2.0)],
    "a whole peak": [(-1.0, 0.1), (0.45, 0.1), (0.5, 0.12), (0.55, 0.1), (2.0, 0.1)],
}


def frame_of(whole: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the corner of a block in the middle, and the size of blocks, degrees."""
    frame = build(whole, BLOCK_M).frame
    size = np.array([1 / frame.per_lon, 1 / frame.per_lat])
    middle = np.array([frame.columns // 2, frame.rows // 2])
    return np.array([frame.west, frame.south]) + middle * size, size


def halves(path: np.ndarray) -> tuple[np.ndarray, shapely.Polygon, shapely.Polygon]:
    """Cut the city along a path from its west to its east; return path, south and north of it."""
    (west, south), (east, north) = HOME, HOME + SIDE
    whole = np.vstack([(west, path[0, 1]), path, (east, path[-1, 1])])
    low = shapely.Polygon([*whole, (east, south), (west, south)])
    return whole, low, shapely.Polygon([*whole, (east, north), (west, north)])


@pytest.mark.parametrize("name", THROUGH)
def test_a_border_through_a_block(name: str) -> None:
    box = shapely.box(*HOME, *(HOME + SIDE))
    corner, size = frame_of(np.array([box]))
    path, low, high = halves(corner + np.array(THROUGH[name]) * size)
    rng = np.random.default_rng(len(name))
    part = rng.uniform(-0.2, 1.2, (60, 1))
    on = [a + part[:20] * (b - a) for a, b in itertools.pairwise(path)]
    # Where leaves and steps meet, and anywhere in the block.
    edges = corner + rng.integers(-8, 72, (60, 2)) / 64 * size
    steps = corner + rng.integers(0, STEPS, (30, 2)) / STEPS * size
    xy = np.vstack([path, *on, edges, steps, corner + part * size, corner + size / 2])
    for _ in range(2):
        xy = np.vstack([xy, np.nextafter(xy, rng.choice([-np.inf, np.inf], xy.shape))])
    for polygons in (
        [low, high],
        [high, low, low],
        [high, low, box],
        [box, high],
        [low],
    ):
        row = np.array(polygons, dtype=object)
        check(row, build(row, BLOCK_M), xy)


def read(index: CellIndex, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return row, number of the line and pointer of points, read as app.locate.cells says."""
    frame = index.frame
    blocks = (xy - [frame.west, frame.south]) * [frame.per_lon, frame.per_lat]
    x, y = np.floor(blocks * STEPS).astype(np.int64).T
    word = index.blocks[(y >> 16) * frame.columns + (x >> 16)].astype(np.int64)
    x, y, depth = x & 65_535, y & 65_535, word & 7
    leaf = (word >> 3) + ((y >> (16 - depth)) << depth) + (x >> (16 - depth))
    above, below, factors, c = index.leaves[leaf].T.astype(np.int64)
    a, b = factors.astype(np.int16).astype(np.int64), factors >> 16
    number = a * x + b * y + c
    return np.where(number > 0, above, below), number, index.pointers[leaf]


@pytest.mark.parametrize("name", ["coverage", "overlapping", "parts and holes", "comb", "lattice"])
def test_lines_decide_rightly_and_nearly_everything(name: str) -> None:
    """The format is as documented, and it is lines that answer: records are for the rest."""
    polygons = LAYOUTS[name]
    index = build(polygons)
    rng = np.random.default_rng(5)
    west, south, east, north = shapely.total_bounds(polygons)
    free = np.column_stack([rng.uniform(west, east, 4_000), rng.uniform(south, north, 4_000)])
    row, number, pointer = read(index, free)
    sure = np.abs(number) >= BAND
    assert sure.mean() > 0.9
    assert (pointer[~sure] != NONE).all()
    near = points_on_and_around(polygons, rng, 300)
    inside = (near >= [west, south]).all(axis=1) & (near <= [east, north]).all(axis=1)
    xy = np.vstack([free, near[inside]])
    row, number, pointer = read(index, xy)
    truth = brute_force(polygons, xy)
    for k in np.flatnonzero(np.abs(number) >= BAND):
        assert row[k] == (truth[k][0] if truth[k] else NONE)
        assert len(truth[k]) <= 1 or (pointer[k] != NONE and pointer[k] & SEVERAL)


places = st.floats(0, STEPS, allow_subnormal=False)


@given(
    st.lists(st.tuples(places, places), min_size=2, max_size=8),
    st.floats(0, 1),
    st.lists(st.tuples(places, places), min_size=1, max_size=20),
)
def test_beyond_the_band_is_beyond_every_point(
    ends: list[tuple[float, float]], flat: float, asked: list[tuple[float, float]]
) -> None:
    """Shown with fractions: rounding down to steps never carries a point across the band."""
    xy = np.array(ends)
    # Mostly nearly straight, as borders in a leaf are.
    xy[:, 1] = xy[0, 1] + (xy[:, 0] - xy[0, 0]) * 0.3 + (xy[:, 1] - xy[0, 1]) * flat**8
    line = np.zeros(3, dtype=np.int64)
    low, high = fit(xy, len(xy), line)
    assume(low <= high)
    a, b, c = (int(part) for part in line)
    assert 0 < abs(a) + abs(b) <= MAX_FACTOR
    numbers = [a * Fraction(x) + b * Fraction(y) + c for x, y in xy.tolist()]
    # Near the line too, where it matters: as far off as a band is wide, and a little more or less.
    near = [(x + BAND / (a or b) * off, y) for x, y in xy.tolist() for off in (-1.01, -1, 1, 1.01)]
    for x, y in asked + near:
        number = a * int(np.floor(x)) + b * int(np.floor(y)) + c
        exact = a * Fraction(x) + b * Fraction(y) + c
        if number >= BAND:
            assert exact > max(numbers)
        if number <= -BAND:
            assert exact < min(numbers)
        if 0 <= x <= STEPS and 0 <= y <= STEPS:
            assert abs(number) < 2**31


def test_a_leaf_without_room_beside_its_borders_has_no_line() -> None:
    line = np.ones(3, dtype=np.int64)
    xy = np.array([[0.0, 0.0], [STEPS, STEPS], [0.0, STEPS], [STEPS, 0.0]]) * 1e6
    low, high = fit(xy, 4, line)
    assert high < low
    assert line.tolist() == [0, 0, 0]
