"""Small counts that are not to leave the office: which grids of a table are not shown.

A count from 1 up to the threshold is suppressed; zero is no secret. Where exactly one grid of a
parent would be suppressed, the parent's own figure, which is published beside it, would give it
away: then the next smallest of its siblings is suppressed as well.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from app.errors import BadInputError

Rows = npt.NDArray[np.int64]
Rows32 = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

DEFAULT_THRESHOLD = 5
MAX_THRESHOLD = 1_000


def check_threshold(threshold: int) -> int:
    """Return a threshold; 0 suppresses nothing.

    Raises
    ------
    BadInputError
        If it is not 0 to `MAX_THRESHOLD`.
    """
    if not 0 <= threshold <= MAX_THRESHOLD:
        raise BadInputError(
            f"suppress is {threshold}, allowed are 0 (nothing) to {MAX_THRESHOLD}",
            message_zh=f"suppress 为 {threshold}，应为 0（不隐去）至 {MAX_THRESHOLD}",
        )
    return threshold


def suppressed(counts: Rows, parent: Rows32, threshold: int) -> Mask:
    """Tell which grids are not shown.

    Parameters
    ----------
    counts : ndarray of int64, shape (n,)
        Of each grid.
    parent : ndarray of int32, shape (n,)
        Whose figure is published beside: grids of the same parent add up to it.
    threshold
        Counts below it, but for 0, are not shown.
    """
    hidden = np.asarray((counts > 0) & (counts < threshold))
    for one in np.unique(parent[hidden]):
        family = np.flatnonzero(parent == one)
        if hidden[family].sum() != 1:
            continue
        shown = family[~hidden[family] & (counts[family] > 0)]
        if len(shown):
            # Of equals the first by code.
            hidden[shown[np.argmin(counts[shown])]] = True
    return hidden
