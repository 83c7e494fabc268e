"""Borders as lines, each stretch once."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from app.maps.borders import border_lines
from tests.cities import coverage


@pytest.mark.parametrize("seed", range(6))
def test_each_stretch_is_there_once_and_with_its_coarsest_level(seed: int) -> None:
    cells = coverage(seed, 60)
    rng = np.random.default_rng(seed)
    town_of = rng.integers(0, 4, len(cells))
    towns = np.array([shapely.coverage_union_all(cells[town_of == one]) for one in range(4)])
    coarse, fine = border_lines([towns, cells])
    around = [shapely.union_all(shapely.boundary(one)) for one in (towns, cells)]
    # Nothing is missing, nothing is there that is no border, and no stretch is there twice.
    lines = shapely.union_all(np.concatenate((coarse, fine)))
    assert lines.symmetric_difference(around[1]).length < 1e-9
    assert shapely.union_all(coarse).symmetric_difference(around[0]).length < 1e-9
    total = float(shapely.length(np.concatenate((coarse, fine))).sum())
    assert total == pytest.approx(around[1].length, rel=1e-9)
    # A line goes on until it meets another: ends are where not exactly two lines of its level meet.
    for level in (coarse, fine):
        ends = [tuple(line.coords[at]) for line in level if not line.is_closed for at in (0, -1)]
        assert all(ends.count(one) != 2 for one in ends)


def test_borders_that_do_not_share_their_corners_are_both_kept() -> None:
    left = shapely.box(0, 0, 1, 2)
    right = shapely.union_all([shapely.box(1, 0, 2, 1), shapely.box(1, 1, 2, 2)])
    right = shapely.segmentize(right, 0.7)
    (lines,) = border_lines([np.array([left, right], dtype=object)])
    assert shapely.length(lines).sum() == pytest.approx(left.length + right.length)


def test_none_have_none() -> None:
    nothing = np.empty(0, dtype=object)
    assert [len(one) for one in border_lines([nothing, nothing])] == [0, 0]
