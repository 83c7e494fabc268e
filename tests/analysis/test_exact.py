"""Exact p-values: as all drawings have them, one by one, and no more false spots than said."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analysis.exact import MOST_NEAR, exact_p
from app.analysis.getis_ord import adjusted, around, z_scores
from tests.analysis.test_getis_ord import both_ways, rows_of

FIGURES = st.lists(st.sampled_from([0, 0, 0, 1, 2, 7, 400]), min_size=3, max_size=9)


def compared(
    values: np.ndarray, pairs: list[tuple[int, int]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return Gi*, p by the normal approximation, p exactly, and how many figures are added up."""
    beside = around(*both_ways(pairs), len(values))
    near = np.asarray(beside.sum(axis=1))
    z, p = z_scores(values, beside @ values, near)
    return z, p, exact_p(values, near, z, p, lambda figures: beside @ figures), near


@settings(deadline=None, max_examples=60)
@given(figures=FIGURES, seed=st.integers(0, 1_000))
def test_it_is_what_all_drawings_have(figures: list[int], seed: int) -> None:
    values = np.array(figures, dtype=np.float64)
    n = len(values)
    drawn = np.random.default_rng(seed).integers(0, n, (n, 2))
    pairs = [(int(a), int(b)) for a, b in drawn if a != b]
    z, p, exact, near = compared(values, pairs)
    beside = around(*both_ways(pairs), n).toarray() > 0
    for place in range(n):
        if z[place] == 0:
            assert exact[place] == p[place]
            continue
        told = values[beside[place]].sum()
        sums = np.array([sum(one) for one in combinations(figures, int(near[place]))])
        far = sums >= told - 1e-9 if z[place] > 0 else sums <= told + 1e-9
        assert exact[place] == pytest.approx(min(2 * far.mean(), 1.0), rel=1e-9)


def test_rates_are_as_exact_as_their_steps() -> None:
    """Against the same figures dealt at random, many times."""
    rng = np.random.default_rng(3)
    values = np.round(rng.gamma(0.3, 20, 120), 3)
    z, _, exact, near = compared(values, rows_of(12, 10))
    beside = around(*both_ways(rows_of(12, 10)), 120)
    far = np.zeros(120)
    deals = 4_000
    for _ in range(deals):
        sums = beside @ rng.permutation(values)
        told = beside @ values
        far += np.where(z > 0, sums >= told, sums <= told)
    dealt = np.minimum(2 * far / deals, 1)
    spread = np.sqrt(dealt * (1 - dealt / 2) * 2 / deals)
    assert (np.abs(exact - dealt) <= 5 * spread + 0.01).all()
    assert near.max() == 5


def test_where_there_are_many_incidents_it_is_near_the_normal() -> None:
    values = np.random.default_rng(5).poisson(4_000, 400).astype(np.float64)
    _, p, exact, _ = compared(values, rows_of(20, 20))
    assert np.abs(exact - p).max() < 0.05


def test_little_is_called_a_spot_where_figures_are_dealt_at_random() -> None:
    """One grid in five has anything: seldom is there a spot, and often by the approximation."""
    rng = np.random.default_rng(6)
    false = np.zeros(2)
    for _ in range(40):
        values = rng.permutation(np.repeat([0.0, 1.0, 2.0, 6.0], [320, 60, 15, 5]))
        z, p, exact, _ = compared(values, rows_of(20, 20))
        false += [bool((adjusted(one) <= 0.05).any()) for one in (p, exact)]
        assert (exact >= 0).all()
        assert (exact <= 1).all()
        assert np.isfinite(z).all()
    assert false[0] >= 30
    assert false[1] <= 5


def test_sums_of_very_many_keep_the_approximation() -> None:
    n = MOST_NEAR + 20
    values = np.random.default_rng(7).poisson(1, n).astype(np.float64)
    # A star: the middle has all others for neighbours, each of them has the middle.
    _, p, exact, near = compared(values, [(0, one) for one in range(1, n - 5)])
    assert near[0] > MOST_NEAR
    assert exact[0] == p[0]
    assert (exact[1 : n - 5] != p[1 : n - 5]).any()
