"""P-values of Gi* by what would be if the same figures lay anywhere, written out and not guessed.

Gi* asks whether the sum over a grid and its neighbours is larger, or smaller, than if the same
figures lay anywhere. That has an exact answer: the sum of m of n figures, drawn without putting
back, has a distribution that can be written out. Its mean and variance are those of the z-score
(Ord and Getis 1995). Its tails are not those of a normal distribution where most grids have
nothing: of the demo city's figures dealt at random the normal approximation makes tens of false
spots at a false-discovery rate of 5 % (docs/benchmarks/heat.md).

How many drawings of m figures add up to s is a coefficient of a polynomial: for each figure v that
n(v) grids have, take the sum over j of C(n(v), j) x^(j v) y^j; the product of all of them has it at
x^s y^m. Figures that are not counts, or are very large, are laid on a lattice of whole steps first;
the p-value is then exact of the figures so rounded.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

# Sums of more figures than this are as good as normal, and would take long.
MOST_NEAR = 64
# Steps up to the largest sum, at most and at least; additions that are made at most, some 0.2 s.
_MOST_STEPS, _LEAST_STEPS = 4_096, 256
_MOST_ADDITIONS = 200_000_000


def exact_p(
    values: Floats, near: Floats, z: Floats, p: Floats, add: Callable[[Floats], Floats]
) -> Floats:
    """Return two-sided p-values of sums over neighbours.

    Parameters
    ----------
    values : ndarray of float64, any shape
        All figures, from 0, none missing.
    near : ndarray of float64, shape of `values`
        How many figures each place's sum takes in, itself included.
    z, p : ndarray of float64, shape of `values`
        Gi*, whose sign says which tail is meant, and what p is by the normal approximation: kept
        where more than `MOST_NEAR` figures are added up.
    add
        Returns, for figures of the shape of `values`, the sum over each place and its neighbours.

    Returns
    -------
    ndarray of float64, shape of `values`
        Twice the probability of a sum as far out or further on that side, 1 at most.
    """
    few = (near <= MOST_NEAR) & (z != 0)
    if not few.any():
        return p
    many = int(near[few].max())
    figures, sums = _on_lattice(values, many, few, add)
    # One column is for all that is more than any sum here.
    top = int(sums[few].max()) + 1
    chances = _chances(*np.unique(figures, return_counts=True), many, top)
    at_least = np.cumsum(chances[:, ::-1], axis=1)[:, ::-1]
    at_most = np.cumsum(chances, axis=1)
    m, s = near[few].astype(np.int64), sums[few]
    found = p.copy()
    found[few] = np.minimum(2 * np.where(z[few] > 0, at_least[m, s], at_most[m, s]), 1.0)
    return found


def _on_lattice(
    values: Floats, many: int, few: npt.NDArray[np.bool_], add: Callable[[Floats], Floats]
) -> tuple[Rows, Rows]:
    """Return figures and their sums in whole steps: of 1 for counts that are not too many."""
    largest = float(add(values)[few].max())
    whole = not (values != np.rint(values)).any()
    steps = min(largest, _MOST_STEPS) if whole else _MOST_STEPS
    while True:
        # Without the largest sum there is nothing but zeros, on any lattice.
        step = largest / steps if largest > 0 else 1.0
        figures = np.rint(values / step).astype(np.int64)
        numbers = np.unique(figures, return_counts=True)[1]
        additions = np.minimum(numbers, many).sum() * many * steps
        if additions <= _MOST_ADDITIONS or steps <= _LEAST_STEPS:
            break
        steps = max(steps / 2, _LEAST_STEPS)
    return figures, np.rint(add(figures.astype(np.float64))).astype(np.int64)


def _chances(figures: Rows, numbers: Rows, many: int, top: int) -> Floats:
    """Return the probabilities of sums of figures drawn without putting back.

    Returns
    -------
    ndarray of float64, shape (many + 1, top + 1)
        Of m figures (row) to add up to s (column); the last column is for `top` and more.
    """
    n = int(numbers.sum())
    # Weights of y^j, so that no coefficient leaves the range of a float.
    scale = float(np.log(max(many / 2, 1) / n))
    found = np.zeros((many + 1, top + 1))
    found[0, 0] = 1.0
    for figure, number in zip(figures.tolist(), numbers.tolist(), strict=True):
        before = found
        found = before.copy()
        j = np.arange(1, min(number, many) + 1)
        weights = np.exp(_log_choose(number, j) + j * scale)
        for taken, weight in zip(j.tolist(), weights.tolist(), strict=True):
            moved = min(taken * figure, top)
            part = before[: many + 1 - taken] * weight
            found[taken:, moved:] += part[:, : top + 1 - moved]
            if moved:
                found[taken:, top] += part[:, top + 1 - moved :].sum(axis=1)
    m = np.arange(min(many, n) + 1)
    found[m] /= np.exp(_log_choose(n, m) + m * scale)[:, None]
    return found


def _log_choose(n: int, m: Rows) -> Floats:
    return np.asarray(gammaln(n + 1) - gammaln(m + 1) - gammaln(n - m + 1))
