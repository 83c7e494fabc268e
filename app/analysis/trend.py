"""What became of hot spots over time: month by month, by trend, in eight words.

The words and their definitions are those of emerging hot spot analysis as it is practised (Esri's
tool of that name), said here in full because others draw the borders differently:

========== ======================================================================================
new         hot in the last month, and never before
consecutive hot in the last two months or more without a break, never before that, and in less
            than 90 % of all
intensifying hot in 90 % of the months and in the last, and Gi* rises significantly
persistent  hot in 90 % of the months and in the last, and Gi* neither rises nor falls
diminishing hot in 90 % of the months and in the last, and Gi* falls significantly
sporadic    hot in the last month and before, on and off, in less than 90 %, and never cold
oscillating hot in the last month, and cold in some month before, in less than 90 %
historical  not hot in the last month, but in 90 % of all
========== ======================================================================================

A month is hot where its Gi*, over the grid and its neighbours in this month and the one before,
is positive and its p-value (`app.analysis.exact`), adjusted over all grids and months together,
is at most q. The trend is that of Mann and Kendall, at 10 %.

Mann, H. B. (1945), Nonparametric tests against trend, Econometrica 13, 245-259. Kendall, M. G.
(1975), Rank Correlation Methods. Hamed, K. H. (2009) on ties and continuity.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy import special

from app.analysis.exact import exact_p
from app.analysis.getis_ord import adjusted, around, z_scores

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

# Fewer months say nothing of a trend.
MIN_MONTHS = 10
TREND_P = 0.1
_MOST = 0.9


class Pattern(StrEnum):
    """What became of a hot spot."""

    NONE = "none"
    NEW = "new"
    CONSECUTIVE = "consecutive"
    INTENSIFYING = "intensifying"
    PERSISTENT = "persistent"
    DIMINISHING = "diminishing"
    SPORADIC = "sporadic"
    OSCILLATING = "oscillating"
    HISTORICAL = "historical"


def mann_kendall(series: Floats) -> tuple[Floats, Floats]:
    """Return the trend of each series, and its p-value.

    Parameters
    ----------
    series : ndarray of float64, shape (times, n)
        One column for each place.

    Returns
    -------
    z : ndarray of float64, shape (n,)
        Positive where the figures rise: Kendall's S by its standard deviation, corrected for
        ties and by one towards 0 (continuity). 0 where all are the same.
    p : ndarray of float64, shape (n,)
        Of both sides, by the normal approximation.
    """
    times, n = series.shape
    score = np.zeros(n)
    for step in range(1, times):
        score += np.sign(series[step:] - series[:-step]).sum(axis=0)
    variance = (times * (times - 1) * (2 * times + 5) - _ties(series)) / 18
    spread = np.sqrt(np.maximum(variance, 0))
    corrected = score - np.sign(score)
    z = np.divide(corrected, spread, out=np.zeros(n), where=spread > 0)
    return z, np.asarray(2 * special.ndtr(-np.abs(z)))


def space_time(
    counts: Floats, left: Rows, right: Rows, fdr: float
) -> tuple[Floats, Floats, npt.NDArray[np.int8]]:
    """Return Gi* of every place and month among all places and months.

    Parameters
    ----------
    counts : ndarray of float64, shape (times, n)
    left, right : ndarray of int64, shape (pairs,)
        Neighbours, in both directions.
    fdr
        Part of the hot and cold months that may be false.

    Returns
    -------
    z, p : ndarray of float64, shape (times, n)
    hot : ndarray of int8, shape (times, n)
        1 where it is hot, -1 where it is cold, 0 elsewhere.
    """
    times, n = counts.shape
    beside = around(left, right, n)

    def add(figures: Floats) -> Floats:
        """Return, of each month, the neighbours and the place itself; and the month before."""
        sums = (beside @ figures.T).T
        sums[1:] += sums[:-1].copy()
        return np.asarray(sums)

    near = np.tile(beside.sum(axis=1), (times, 1))
    near[1:] *= 2
    z, p = z_scores(counts, add(counts), near)
    p = exact_p(counts, near, z, p, add)
    hot = np.where(adjusted(p) <= fdr, np.sign(z), 0).astype(np.int8)
    return z, p, hot


def patterns(hot: npt.NDArray[np.int8], trend: Floats, trend_p: Floats) -> npt.NDArray[np.str_]:
    """Return what became of each place.

    Parameters
    ----------
    hot : ndarray of int8, shape (times, n)
        1 in hot months, -1 in cold ones.
    trend, trend_p : ndarray of float64, shape (n,)
        Of Gi*, see `mann_kendall`.

    Returns
    -------
    ndarray of str, shape (n,)
        Of `Pattern`.
    """
    times, n = hot.shape
    is_hot = hot > 0
    number = is_hot.sum(axis=0)
    now = is_hot[-1]
    most = number >= _MOST * times
    cold = (hot < 0).any(axis=0)
    # The months without a break up to the last one.
    run = np.cumprod(is_hot[::-1], axis=0).sum(axis=0)
    moves = trend_p <= TREND_P
    only_run = now & (run == number)
    found = np.full(n, str(Pattern.NONE), dtype="<U12")
    for name, which in (
        (Pattern.OSCILLATING, now & ~most & cold),
        (Pattern.SPORADIC, now & ~most & ~cold),
        (Pattern.CONSECUTIVE, only_run & ~most & (run > 1)),
        (Pattern.NEW, only_run & ~most & (run == 1)),
        (Pattern.HISTORICAL, ~now & most),
        (Pattern.PERSISTENT, now & most & ~moves),
        (Pattern.INTENSIFYING, now & most & moves & (trend > 0)),
        (Pattern.DIMINISHING, now & most & moves & (trend < 0)),
    ):
        found[which] = name
    return found


def _ties(series: Floats) -> Floats:
    """Return what equal figures take from the variance of each series' score (times 18)."""
    ordered = np.sort(series, axis=0)
    taken = np.zeros(series.shape[1])
    # The length of each run of equals, counted where it ends.
    run = np.ones(series.shape[1])
    for at in range(1, len(ordered) + 1):
        goes_on = (
            ordered[at] == ordered[at - 1]
            if at < len(ordered)
            else np.zeros(series.shape[1], dtype=np.bool_)
        )
        taken += np.where(goes_on, 0, run * (run - 1) * (2 * run + 5))
        run = np.where(goes_on, run + 1, 1)
    return taken
