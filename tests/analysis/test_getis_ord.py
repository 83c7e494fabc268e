"""Gi*: as published, as the formula has it, and how many of the findings are false."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analysis.getis_ord import adjusted, gi_star, within

PUBLISHED = Path(__file__).parents[1] / "data" / "getisord" / "getisord.csv"


def both_ways(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    left, right = np.array(sorted({*pairs, *((b, a) for a, b in pairs)}), np.int64).reshape(-1, 2).T
    return left, right


def rows_of(wide: int, high: int) -> list[tuple[int, int]]:
    """Return the pairs of a board of which squares share a side (rook)."""
    number = np.arange(wide * high).reshape(high, wide)
    beside = zip(number[:, :-1].ravel(), number[:, 1:].ravel(), strict=True)
    above = zip(number[:-1].ravel(), number[1:].ravel(), strict=True)
    return [(int(a), int(b)) for a, b in (*beside, *above)]


def by_formula(values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return Gi* as Ord and Getis (1995) write it, place by place."""
    n, mean = len(values), values.mean()
    spread = np.sqrt((values**2).mean() - mean**2)
    found = []
    for place in range(n):
        near = np.append(right[left == place], place)
        w = len(near)
        below = spread * np.sqrt((n * w - w**2) / (n - 1))
        found.append((values[near].sum() - mean * w) / below if below > 0 else 0.0)
    return np.array(found)


def test_the_example_of_pysal() -> None:
    """Six points and who is within 15 of whom: z-scores as in the documentation of esda."""
    pairs = both_ways([(0, 1), (0, 3), (1, 3), (1, 4), (2, 4), (3, 4), (4, 5)])
    z, p = gi_star(np.array([2, 3, 3.2, 5, 8, 7]), *pairs)
    wanted = [-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331]
    np.testing.assert_allclose(z, wanted, atol=1e-8)
    assert p[5] == pytest.approx(0.04294, abs=1e-5)


def test_the_example_that_getis_and_ord_published() -> None:
    """16 × 16 pixels of 1996, of which the paper prints one z-score (tests/data/getisord).

    It divides by n - 1 in the variance, and by n in its formula 14.2, as all have it since.
    """
    values = pd.read_csv(PUBLISHED)["val"].to_numpy(np.float64)
    z, _ = gi_star(values, *both_ways(rows_of(16, 16)))
    assert z[119] == pytest.approx(1.45078, abs=5e-6)
    assert z[119] * values.std() / values.std(ddof=1) == pytest.approx(1.447943, abs=5e-7)


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 10_000))
def test_it_is_the_formula(seed: int) -> None:
    """On any neighbours, also where somebody has none."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 30))
    values = rng.poisson(3, n).astype(np.float64)
    pairs = [(int(a), int(b)) for a, b in rng.integers(0, n, (n, 2)) if a != b]
    left, right = both_ways(pairs)
    z, p = gi_star(values, left, right)
    if np.ptp(values) == 0:
        assert not z.any()
        return
    np.testing.assert_allclose(z, by_formula(values, left, right), atol=1e-7)
    assert ((p >= 0) & (p <= 1)).all()


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_places_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.poisson(2, 20).astype(np.float64)
    left, right = both_ways(rows_of(5, 4))
    order = rng.permutation(20)
    place = np.argsort(order)
    z, _ = gi_star(values, left, right)
    shuffled, _ = gi_star(values[order], place[left], place[right])
    np.testing.assert_allclose(shuffled, z[order], atol=1e-9)


def test_where_all_are_the_same_nothing_stands_out() -> None:
    for values in (np.zeros(6), np.full(6, 3.0), np.array([4.0]), np.array([])):
        z, p = gi_star(values, *both_ways([]))
        assert not z.any()
        assert (p == 1).all()


def test_false_discoveries_by_the_definition() -> None:
    p = np.array([0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216])
    found = adjusted(p)
    # Benjamini and Hochberg keep the largest i with p(i) <= q i / m, and all before it.
    for q in (0.01, 0.05, 0.1, 0.25):
        kept = max((i + 1 for i in range(10) if p[i] <= q * (i + 1) / 10), default=0)
        assert int((found <= q).sum()) == kept
    assert (found >= p).all()
    assert adjusted([]).shape == (0,)


def test_of_what_is_chance_alone_little_is_called_hot() -> None:
    """Figures without any pattern, many times: seldom is anything found at 5 %."""
    rng = np.random.default_rng(8)
    left, right = both_ways(rows_of(20, 20))
    found = 0
    for _ in range(60):
        z, p = gi_star(rng.normal(50, 5, 400), left, right)
        found += bool((adjusted(p) <= 0.05).any())
        assert np.isfinite(z).all()
    assert found <= 8


def test_a_planted_cluster_is_found_and_little_else() -> None:
    rng = np.random.default_rng(9)
    values = rng.poisson(4, (20, 20)).astype(np.float64)
    values[5:9, 5:9] += 12
    z, p = gi_star(values.ravel(), *both_ways(rows_of(20, 20)))
    hot = ((adjusted(p) <= 0.05) & (z > 0)).reshape(20, 20)
    assert hot[5:9, 5:9].all()
    assert hot.sum() <= 16 + 20


def test_pairs_of_which_both_are_kept() -> None:
    left, right = both_ways([(0, 1), (1, 2), (2, 3)])
    kept = np.array([True, False, True, True])
    assert [one.tolist() for one in within(left, right, kept)] == [[1, 2], [2, 1]]
