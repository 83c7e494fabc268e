"""Small counts: what is hidden, and that it cannot be reckoned from what is shown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analysis.suppression import check_threshold, suppressed
from app.errors import BadInputError

GRIDS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3)), min_size=1, max_size=40)


@settings(deadline=None)
@given(grids=GRIDS, threshold=st.integers(1, 8))
def test_no_small_count_is_shown_nor_left_alone(
    grids: list[tuple[int, int]], threshold: int
) -> None:
    counts = np.array([one for one, _ in grids])
    parent = np.array([one for _, one in grids], dtype=np.int32)
    hidden = suppressed(counts, parent, threshold)
    assert hidden[(counts > 0) & (counts < threshold)].all()
    assert not hidden[counts == 0].any()
    for one in np.unique(parent):
        family = parent == one
        if hidden[family].sum() == 1:
            # Then there is nothing else in the parent, whose own count is as small.
            assert counts[family].sum() == counts[family & hidden].sum()


def test_the_next_smallest_sibling_goes_with_a_single_one() -> None:
    counts = np.array([3, 0, 9, 7, 20, 2, 1])
    parent = np.array([0, 0, 0, 0, 0, 1, 1], dtype=np.int32)
    hidden = suppressed(counts, parent, 5)
    assert hidden.tolist() == [True, False, False, True, False, True, True]


def test_thresholds() -> None:
    assert check_threshold(0) == 0
    for wrong in (-1, 1_001):
        with pytest.raises(BadInputError, match=str(wrong)):
            check_threshold(wrong)
