"""Trends: Mann-Kendall as scipy and the definition have it, and the words for hot spots."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from app.analysis.getis_ord import gi_star
from app.analysis.trend import Pattern, mann_kendall, patterns, space_time

SERIES = st.lists(st.integers(0, 6), min_size=4, max_size=24)


@settings(deadline=None)
@given(series=SERIES)
def test_the_score_is_kendalls_and_its_spread_that_of_scipy(series: list[int]) -> None:
    values = np.array(series, dtype=np.float64)
    times = len(values)
    score = sum(
        np.sign(values[later] - values[before])
        for before in range(times)
        for later in range(before + 1, times)
    )
    z, p = mann_kendall(values[:, None])
    if np.ptp(values) == 0:
        assert (z[0], p[0]) == (0, 1)
        return
    found = stats.kendalltau(np.arange(times), values, method="asymptotic")
    uncorrected = stats.norm.isf(found.pvalue / 2)
    if score:
        # scipy does without the correction for continuity.
        assert abs(z[0]) == pytest.approx(uncorrected * (abs(score) - 1) / abs(score), abs=1e-9)
        assert z[0] * score >= 0
    else:
        assert z[0] == 0
    assert p[0] == pytest.approx(2 * stats.norm.sf(abs(z[0])))


def test_a_published_trend() -> None:
    """Gilbert (1987), Statistical Methods for Environmental Pollution Monitoring, ch. 16.

    Ten figures of which no two are the same rise without exception: S is 45 and its variance
    10 · 9 · 25 / 18 = 125.
    """
    z, _ = mann_kendall(np.arange(10.0)[:, None])
    assert z[0] == pytest.approx(44 / 125**0.5)


def test_columns_are_each_for_themselves() -> None:
    rng = np.random.default_rng(0)
    series = rng.poisson(2, (24, 50)).astype(np.float64)
    together, _ = mann_kendall(series)
    alone = [mann_kendall(series[:, [one]])[0][0] for one in range(50)]
    np.testing.assert_array_equal(together, alone)


def words(hot: str, trend: float = 0.0, p: float = 1.0) -> str:
    """Return the pattern of months written as h (hot), c (cold) and - (neither)."""
    row = np.array([{"h": 1, "c": -1, "-": 0}[one] for one in hot], dtype=np.int8)
    return str(patterns(row[:, None], np.array([trend]), np.array([p]))[0])


@pytest.mark.parametrize(
    ("hot", "trend", "p", "wanted"),
    [
        ("------------", 0.0, 1.0, Pattern.NONE),
        ("-----------h", 3.0, 0.01, Pattern.NEW),
        ("----------hh", 0.0, 1.0, Pattern.CONSECUTIVE),
        ("--hhhhhhhhhh", 0.0, 1.0, Pattern.CONSECUTIVE),
        ("hhhhhhhhhhhh", 0.0, 1.0, Pattern.PERSISTENT),
        ("-hhhhhhhhhhh", 2.0, 0.2, Pattern.PERSISTENT),
        ("hhhhhhhhhhhh", 3.0, 0.05, Pattern.INTENSIFYING),
        ("hhhhhh-hhhhh", -3.0, 0.05, Pattern.DIMINISHING),
        ("h---h---h--h", 0.0, 1.0, Pattern.SPORADIC),
        ("h--------hhh", 0.0, 1.0, Pattern.SPORADIC),
        ("h---c---h--h", 0.0, 1.0, Pattern.OSCILLATING),
        ("hhhhhhhhhhh-", 0.0, 1.0, Pattern.HISTORICAL),
        ("h----hhh----", 0.0, 1.0, Pattern.NONE),
        ("cccccccccccc", -3.0, 0.01, Pattern.NONE),
    ],
)
def test_the_words_mean_what_is_written(hot: str, trend: float, p: float, wanted: str) -> None:
    assert words(hot, trend, p) == wanted


@settings(deadline=None, max_examples=200)
@given(hot=st.lists(st.sampled_from("hc-"), min_size=10, max_size=24))
def test_what_is_not_hot_now_nor_was_mostly_has_no_pattern(hot: list[str]) -> None:
    found = words("".join(hot))
    mostly = hot.count("h") >= 0.9 * len(hot)
    assert (found == Pattern.NONE) == (hot[-1] != "h" and not mostly)


def test_a_month_is_compared_with_all_and_includes_the_one_before() -> None:
    """Places in a row: the direct sum over neighbours in this month and the last."""
    rng = np.random.default_rng(4)
    times, n = 12, 9
    counts = rng.poisson(2, (times, n)).astype(np.float64)
    pairs = [(one, one + 1) for one in range(n - 1)]
    left, right = np.array(pairs + [(b, a) for a, b in pairs]).T
    z, _, hot = space_time(counts, left, right, 0.05)
    mean, spread, whole = counts.mean(), counts.std(), counts.size
    for month in range(times):
        for place in range(n):
            near = slice(max(place - 1, 0), place + 2)
            cells = counts[max(month - 1, 0) : month + 1, near]
            w = cells.size
            wanted = (cells.sum() - mean * w) / (spread * np.sqrt((whole * w - w**2) / (whole - 1)))
            assert z[month, place] == pytest.approx(wanted)
    assert set(np.unique(hot)) <= {-1, 0, 1}
    first, _ = gi_star(counts[0], left, right)
    assert not np.allclose(z[0], first)
