import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.grids.parents import holders, overlay_level, whole_shares
from tests.cities import coverage, square


def shapes(*polygons):
    return np.array([*polygons, None], dtype=object)[:-1]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**16), n=st.integers(1, 40), m=st.integers(1, 12))
def test_the_holder_is_the_one_with_the_largest_part_by_brute_force(seed, n, m):
    cells, above = coverage(seed, n), coverage(seed + 1, m)[: max(m - 1, 1)]
    found = holders(cells, above)
    for cell, row, share in zip(cells, found.row, found.share, strict=True):
        parts = np.array([cell.intersection(shape).area for shape in above]) / cell.area
        if parts.max() < 1e-9:
            assert share < 1e-6
            continue
        assert parts[row] == pytest.approx(parts.max(), abs=1e-6)
        assert share == pytest.approx(parts[row], abs=1e-6)


def test_of_equals_the_first_is_taken_and_where_none_is_there_is_none():
    found = holders(
        shapes(square(0.5, 0), square(9, 9), square(2, 0), square(0, 0)),
        shapes(square(0, 0), square(1, 0), square(0, 0)),
    )
    assert found.row.tolist() == [0, -1, -1, 0]
    assert found.share.tolist() == pytest.approx([0.5, 0, 0, 1])


def test_an_overlay_belongs_to_the_finest_level_that_holds_its_grids_whole():
    levels = {
        "town": shapes(square(0, 0, 4, 4)),
        "village": shapes(square(0, 0, 2, 4), square(2, 0, 2, 4)),
        "cell": coverage(3, 400),
    }
    small = shapes(*(square(0.1, 0.1 + i / 10, 0.05, 0.05) for i in range(9)), square(1.5, 1))
    shares = whole_shares(small, levels)
    assert shares["town"] == 1
    assert shares["village"] == pytest.approx(0.9)
    assert shares["cell"] < 0.9
    assert overlay_level(shares) == "village"


def test_without_a_level_that_holds_nearly_all_the_best_is_taken():
    assert overlay_level({"town": 0.6, "village": 0.6, "cell": 0.2}) == "village"
    assert overlay_level({"town": 0.7, "village": 0.6}) == "town"
    assert overlay_level({"town": 1.0, "village": 1.0}) == "village"
