"""From which grid to which the ground and the households of one level went."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.grids.shared_ground import SharedGround

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where the grids of before went; the shares of each add to 1.

    Attributes
    ----------
    before, after : ndarray of int64, shape (k,)
        Rows of the two editions, ordered by `before`, the largest share first; -1 in `after`
        for ground that no grid of after covers.
    area_m2, share : ndarray of float64, shape (k,)
        The ground, and which part of the grid of before it is.
    households : ndarray of float64, shape (k,)
        The households that went along; NaN where they are not known.
    """

    before: Rows
    after: Rows
    area_m2: Floats
    share: Floats
    households: Floats

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.before)


def lineage_of(
    ground: SharedGround,
    households: Floats | None = None,
    points: tuple[Rows, Rows, Floats] | None = None,
) -> Lineage:
    """Return where the grids of before went.

    Ground that is too small to be told (app.grids.shared_ground) counts to the largest piece. Where
    grids of after overlap, the pieces of a grid are more than it; their shares are of all pieces.

    Parameters
    ----------
    ground
        What both editions have in common.
    households : ndarray of float64, shape (n,), or None
        Households of each grid of before.
    points
        Where people live: for each point the rows of its grids before and after (-1 for none) and
        its weight. They say how the households of a grid are spread over its pieces; where there
        are none, the area does.
    """
    count = len(ground.area_before_m2)
    covered = np.bincount(ground.before, minlength=count)
    bare = np.flatnonzero((ground.bare_m2 > 0) | (covered == 0))
    left = np.where(covered == 0, ground.area_before_m2, ground.bare_m2)
    before = np.append(ground.before, bare)
    after = np.append(ground.after, np.full(len(bare), -1))
    area = np.append(ground.area_m2, left[bare])
    order = np.lexsort((after, -area, before))
    before, after, area = before[order], after[order], area[order]
    first = np.searchsorted(before, np.arange(count))
    rest = ground.area_before_m2 - np.bincount(before, area, minlength=count)
    area[first] += np.maximum(rest, 0.0)
    share = area / np.bincount(before, area, minlength=count)[before]
    spread = share if points is None else _spread(before, after, share, points, count)
    known = np.full(count, np.nan) if households is None else households
    return Lineage(before, after, area, share, spread * known[before])


def _spread(
    before: Rows, after: Rows, share: Floats, points: tuple[Rows, Rows, Floats], count: int
) -> Floats:
    """Return which part of the households of a grid lives on each of its pieces."""
    one, other, weight = points
    inside = one >= 0
    one, other, weight = one[inside], other[inside], weight[inside]
    base = int(max(after.max(initial=-1), other.max(initial=-1))) + 2
    key, place = np.unique(before * base + after + 1, return_inverse=True)
    at = np.searchsorted(key, one * base + other + 1)
    found = (at < len(key)) & (key[np.minimum(at, len(key) - 1)] == one * base + other + 1)
    lives = np.bincount(at[found], weight[found], minlength=len(key))[place]
    whole = np.bincount(before, lives, minlength=count)[before]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(whole > 0, lives / whole, share))


def coarser(lineage: Lineage, fine: Lineage, above_before: Rows, above_after: Rows) -> Lineage:
    """Return a lineage whose households are those of the finest level.

    Where they go together with no ground, it has a row of no area.

    Parameters
    ----------
    lineage
        Of a coarser level.
    fine
        Of the finest level.
    above_before, above_after : ndarray of int64
        For each grid of the finest level the one of the coarser level that it lies in, -1 for none.
    """
    one = above_before[fine.before]
    other = np.where(fine.after >= 0, above_after[np.maximum(fine.after, 0)], -1)
    base = int(max(lineage.after.max(initial=-1), other.max(initial=-1))) + 2
    count = int(max(lineage.before.max(initial=-1), one.max(initial=-1))) + 1
    known = one >= 0
    lives = np.zeros(count * base)
    np.add.at(lives, one[known] * base + other[known] + 1, fine.households[known])
    # Households may go from one to another of which no ground goes there: their grid has another
    # parent now.
    alone = np.setdiff1d(np.flatnonzero(lives != 0), lineage.before * base + lineage.after + 1)
    none = np.zeros(len(alone))
    before = np.append(lineage.before, alone // base)
    after = np.append(lineage.after, alone % base - 1)
    area, share = np.append(lineage.area_m2, none), np.append(lineage.share, none)
    order = np.lexsort((after, -area, before))
    before, after = before[order], after[order]
    households = lives[before * base + after + 1]
    return Lineage(before, after, area[order], share[order], households)
