"""Getis-Ord Gi* of every grid, and which of very many findings may be believed.

Gi* compares the sum over a grid and its neighbours with what would be expected if the same
figures lay anywhere. Its z-score is positive where high figures lie together and negative where
low ones do. Reckoned by esda; neighbours share a border or a corner (queen contiguity), and all
count alike (binary weights).

Ord, J. K. and Getis, A. (1995), Local spatial autocorrelation statistics: distributional issues
and an application, Geographical Analysis 27, 286-306. Benjamini, Y. and Hochberg, Y. (1995),
Controlling the false discovery rate, Journal of the Royal Statistical Society B 57, 289-300.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse, special

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def gi_star(values: Floats, left: Rows, right: Rows) -> tuple[Floats, Floats]:
    """Return Gi* of each place as a z-score, and its p-value.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        Figures from 0, none missing.
    left, right : ndarray of int64, shape (pairs,)
        Which places are neighbours, every pair in both directions, no place its own.

    Returns
    -------
    z, p : ndarray of float64, shape (n,)
        p of both sides, under the normal approximation. Where all figures are the same nothing
        stands out: z is 0 and p is 1.
    """
    n = len(values)
    nothing = np.zeros(n), np.ones(n)
    if n < 2 or np.ptp(values) == 0:  # noqa: PLR2004 - one place has nothing to compare with
        return nothing
    # Heavy, and only needed here.
    from esda.getisord import G_Local  # noqa: PLC0415
    from libpysal.graph import Graph  # noqa: PLC0415

    # A place without neighbours is named with a weight of nothing.
    alone = np.setdiff1d(np.arange(n), left)
    focal, neighbour = np.append(left, alone), np.append(right, alone)
    weight = np.append(np.ones(len(left)), np.zeros(len(alone)))
    # A graph has its places in the order in which they come.
    order = np.lexsort((neighbour, focal))
    graph = Graph.from_arrays(focal[order], neighbour[order], weight[order])
    with np.errstate(divide="ignore", invalid="ignore"):
        found = G_Local(values, graph, transform="B", star=True, permutations=0)
    z = np.asarray(found.Zs, dtype=np.float64)
    # A place whose neighbours are all there are has no variance, and nothing to compare with.
    z = np.where(np.isfinite(z), z, 0.0)
    return z, np.asarray(2 * special.ndtr(-np.abs(z)))


def z_scores(values: Floats, sums: Floats, near: Floats) -> tuple[Floats, Floats]:
    """Return Gi* from sums that are known, as `gi_star` does from neighbours.

    For places and months together, where a graph of all of them would be large.

    Parameters
    ----------
    values : ndarray of float64, any shape
        Figures from 0, none missing.
    sums, near : ndarray of float64, shape of `values`
        The sum over each place's neighbours and itself, and of how many figures.

    Returns
    -------
    z, p : ndarray of float64, shape of `values`
    """
    n, mean, spread = values.size, values.mean(), values.std()
    if n < 2 or np.ptp(values) == 0:  # noqa: PLR2004 - one place has nothing to compare with
        return np.zeros(values.shape), np.ones(values.shape)
    expected = spread * np.sqrt(np.maximum(n * near - near**2, 0) / (n - 1))
    z = np.divide(sums - mean * near, expected, out=np.zeros(values.shape), where=expected > 0)
    return z, np.asarray(2 * special.ndtr(-np.abs(z)))


def around(left: Rows, right: Rows, n: int) -> sparse.csr_array:
    """Return the matrix that adds up the figures of each of n places and its neighbours."""
    beside = sparse.csr_array((np.ones(len(left)), (left, right)), shape=(n, n))
    return beside + sparse.eye_array(n, format="csr")


def adjusted(p: npt.ArrayLike) -> Floats:
    """Return p-values adjusted for how many there are, by Benjamini and Hochberg.

    To keep what is at most q is to be wrong, on average, in a part q of what is kept.
    """
    given = np.asarray(p, dtype=np.float64)
    if not given.size:
        return given
    # Imported where it is used: scipy.stats takes longer to import than all the rest here.
    from scipy import stats  # noqa: PLC0415

    return np.asarray(stats.false_discovery_control(given.ravel(), method="bh")).reshape(
        given.shape
    )


def within(left: Rows, right: Rows, kept: Mask) -> tuple[Rows, Rows]:
    """Return the pairs of which both places are kept, by their numbers among the kept ones."""
    number = np.cumsum(kept) - 1
    both = kept[left] & kept[right]
    return number[left[both]].astype(np.int64), number[right[both]].astype(np.int64)
