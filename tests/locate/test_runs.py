"""Linear passes over entries ordered by point: against numpy's sorting."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.locate.runs import firsts, lowest_rows, put_nearest_first, starts_of


@settings(deadline=None)
@given(st.lists(st.integers(0, 12), max_size=40), st.integers(13, 15))
def test_where_the_entries_of_points_begin(points: list[int], n: int) -> None:
    point = np.sort(np.array(points, dtype=np.int64))
    assert starts_of(point, n).tolist() == np.searchsorted(point, np.arange(n + 1)).tolist()
    assert firsts(point).tolist() == np.unique(point, return_index=True)[1].tolist()
    row = np.arange(len(point), dtype=np.int64)
    lowest, several = lowest_rows(point, row, n)
    for i in range(n):
        own = row[point == i]
        assert lowest[i] == (own[0] if len(own) else -1)
        assert several[i] == (len(own) > 1)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 300), st.integers(1, 8))
def test_the_nearest_comes_first_and_of_equal_ones_the_lowest(
    seed: int, n: int, points: int
) -> None:
    rng = np.random.default_rng(seed)
    point = np.sort(rng.integers(0, points, n))
    row = np.arange(n, dtype=np.int64)
    metres = rng.integers(0, 5, n).astype(np.float64)
    order = np.lexsort((row, metres, point))
    own_row, own_metres = row.copy(), metres.copy()
    put_nearest_first(point, own_row, own_metres)
    assert own_row.tolist() == row[order].tolist()
    assert own_metres.tolist() == metres[order].tolist()
