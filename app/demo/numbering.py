"""Codes and names: real ones for towns and villages, numbered ones below."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_SUFFIXES = ("居民委员会", "村民委员会")


def short_name(official: str) -> str:
    """Return a village's name without its committee: 安象街社区居民委员会 → 安象街社区."""
    for suffix in _SUFFIXES:
        if official.endswith(suffix) and len(official) > len(suffix):
            stem = official[: -len(suffix)]
            return stem if suffix == _SUFFIXES[0] or stem.endswith("村") else stem + "村"
    return official


def reading_order(xy: Floats) -> Ints:
    """Return the order in which grids are numbered within their parent.

    The points are sorted into bands of equal height from north to south, as many as the rounded
    square root of their number; within a band they are taken from west to east.

    Parameters
    ----------
    xy
        Centroids, x east and y north, shape (n, 2).

    Returns
    -------
    ndarray of int64, shape (n,)
        Rows of `xy` in the order of their numbers.
    """
    n = len(xy)
    bands = max(round(float(np.sqrt(n))), 1)
    top, bottom = xy[:, 1].max(), xy[:, 1].min()
    height = (top - bottom) / bands
    band = np.zeros(n, dtype=np.int64)
    if height > 0.0:
        band = np.minimum(((top - xy[:, 1]) / height).astype(np.int64), bands - 1)
    return np.lexsort((xy[:, 1], xy[:, 0], band)).astype(np.int64)


def numbers_within(parent: Ints, xy: Floats) -> Ints:
    """Return the number (from 1) of each grid within its parent, by `reading_order`."""
    number = np.zeros(len(parent), dtype=np.int64)
    order = np.argsort(parent, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(parent[order])) + 1):
        number[rows[reading_order(xy[rows])]] = np.arange(1, len(rows) + 1)
    return number


def padded(number: Ints) -> npt.NDArray[np.object_]:
    """Return numbers as text of one width: two digits, or more where the largest has more.

    Text of one width sorts as the numbers do; the width is the same in the whole city.

    Parameters
    ----------
    number
        Numbers from 1, shape (n,).

    Returns
    -------
    ndarray of str objects, shape (n,)
    """
    width = max(len(str(int(number.max(initial=0)))), 2)
    return np.array([f"{k:0{width}d}" for k in number.tolist()], dtype=object)


def name_villages(official: list[str], xy: Floats, density: Floats) -> Ints:
    """Return which part gets which official name within one town.

    Communities (居民委员会) get the densest parts, villages the others; within both groups the
    names follow the reading order.

    Parameters
    ----------
    official
        Names in code order.
    xy, density
        Centroid and people per area of each part, same length.

    Returns
    -------
    ndarray of int64
        Index of the part for each name.
    """
    urban = np.array([name.endswith(_SUFFIXES[0]) for name in official])
    dense = np.lexsort((np.arange(len(density)), -density))
    chosen = np.zeros(len(official), dtype=np.int64)
    split = int(urban.sum())
    for names, parts in (
        (np.flatnonzero(urban), np.sort(dense[:split])),
        (np.flatnonzero(~urban), np.sort(dense[split:])),
    ):
        if len(names):
            chosen[names] = parts[reading_order(xy[parts])]
    return chosen
