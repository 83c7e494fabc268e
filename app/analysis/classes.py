"""Classes of a map: how a column of figures is cut into a few that can be told apart.

The schemes of mapclassify, and one of our own for legends that people read: ``steps``, the
numbers 1, 2, 5, 10, 20 … Zero, no data and suppressed are states of their own and in no class.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10

import numpy as np
import numpy.typing as npt

from app.analysis.terms import Words
from app.errors import BadInputError

Floats = npt.NDArray[np.float64]

STEPS = "steps"
QUANTILES = "quantiles"
# Name of a scheme, and the class of mapclassify that makes it.
_MADE_BY = {
    "equal_interval": "EqualInterval",
    "fisher_jenks": "FisherJenks",
    "maximum_breaks": "MaximumBreaks",
}
SCHEMES = (STEPS, QUANTILES, *_MADE_BY)
MIN_K, MAX_K, DEFAULT_K = 2, 9, 5
# Fisher-Jenks takes the square of this many steps; of more values a sample is classed.
_SAMPLE = 2_000
_SERIES = (1.0, 2.0, 5.0)


@dataclass(frozen=True, slots=True)
class Classes:
    """The classes of a column of figures.

    Attributes
    ----------
    scheme : str
    asked_k : int
        How many classes were asked for.
    edges : tuple of float
        Ascending, one more than there are classes; class i holds what is above ``edges[i]`` and
        not above ``edges[i + 1]``, the first one its lower edge as well. Empty if there is
        nothing to class.
    counts : tuple of int
        How many figures each class holds.
    note : Words or None
        Why there are fewer classes than were asked for.
    """

    scheme: str
    asked_k: int
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    note: Words | None = None

    @property
    def k(self) -> int:
        """How many classes there are."""
        return max(len(self.edges) - 1, 0)

    def place(self, values: npt.ArrayLike) -> npt.NDArray[np.int8]:
        """Return the class of each figure, from 0; -1 for NaN and where there are no classes."""
        given = np.asarray(values, dtype=np.float64)
        if not self.k:
            return np.full(given.shape, -1, dtype=np.int8)
        found = np.searchsorted(self.edges[1:-1], given, side="left")
        return np.where(np.isnan(given), -1, found).astype(np.int8)


def check_scheme(scheme: str, k: int) -> None:
    """Refuse a scheme or a number of classes that there is not.

    Raises
    ------
    BadInputError
        Naming those there are.
    """
    if scheme not in SCHEMES:
        raise BadInputError(
            f"scheme is {scheme!r:.80}, allowed are {list(SCHEMES)}",
            message_zh=f"分级方法为 {scheme!r:.80}，可用：{'、'.join(SCHEMES)}",
        )
    if not MIN_K <= k <= MAX_K:
        raise BadInputError(
            f"k is {k}, allowed are {MIN_K} to {MAX_K} classes",
            "More colours than that cannot be told apart.",
            message_zh=f"分级数为 {k}，应为 {MIN_K} 至 {MAX_K}",
            hint_zh="更多颜色无法分辨。",
        )


def classify(values: npt.ArrayLike, scheme: str = "quantiles", k: int = DEFAULT_K) -> Classes:
    """Cut figures into classes.

    Parameters
    ----------
    values
        Figures; NaN are passed over.
    scheme
        One of `SCHEMES`.
    k
        How many classes, `MIN_K` to `MAX_K`. Where fewer figures differ, there are fewer.

    Raises
    ------
    BadInputError
        If there is no such scheme, or k is not allowed.
    """
    check_scheme(scheme, k)
    given = np.asarray(values, dtype=np.float64).ravel()
    given = given[~np.isnan(given)]
    distinct = np.unique(given)
    if not len(distinct):
        return Classes(scheme, k, (), ())
    few = min(k, len(distinct))
    if few == 1:
        edges = [float(distinct[0])] * 2
    elif scheme == STEPS:
        edges = _stepped(distinct, k)
    else:
        edges = _made(given, scheme, few)
    counts = np.bincount(
        np.searchsorted(edges[1:-1], given, side="left"), minlength=max(len(edges) - 1, 1)
    )
    note = None
    if len(edges) - 1 < k:
        note = Words(
            f"{len(edges) - 1} classes instead of {k}: "
            + (f"only {few} figures differ." if few < k else "their borders coincide."),
            f"分为 {len(edges) - 1} 级而非 {k} 级："
            + (f"仅有 {few} 个不同的值。" if few < k else "分级界线重合。"),
        )
    return Classes(scheme, k, tuple(edges), tuple(int(one) for one in counts), note)


def steps_below(top: float, k: int) -> tuple[float, ...]:
    """Return the k greatest numbers of the series 1, 2, 5, 10 … that are below `top`, ascending.

    The borders of a legend that people read, and the same for maps of similar figures.
    """
    if not top > 0:
        return ()
    power = floor(log10(top)) + 1
    found: list[float] = []
    while len(found) < k:
        # 10.0**-1 * 5 and the like would show their rounding.
        found += [one for one in (float(f"{m:g}e{power}") for m in _SERIES[::-1]) if one < top]
        power -= 1
    return tuple(found[:k][::-1])


def _stepped(distinct: Floats, k: int) -> list[float]:
    low, high = float(distinct[0]), float(distinct[-1])
    if low < 0:
        raise BadInputError(
            f"scheme {STEPS!r} is for figures from 0, the least is {low:g}",
            f"Use one of {list(SCHEMES[1:])}.",
            message_zh=f"分级方法 {STEPS!r} 只适用于非负数，最小值为 {low:g}",
            hint_zh=f"请改用 {'、'.join(SCHEMES[1:])}。",
        )
    inner = [one for one in steps_below(high, k - 1) if one > low]
    return [low, *inner, high]


def _made(values: Floats, scheme: str, k: int) -> list[float]:
    """Return the edges of a scheme of mapclassify, without those that coincide."""
    taken = values
    if scheme == "fisher_jenks" and len(values) > _SAMPLE:
        # Evenly spread over the order, with both ends: the same for the same figures.
        order = np.linspace(0, len(values) - 1, _SAMPLE).round().astype(np.int64)
        taken = np.sort(values)[order]
    if scheme == QUANTILES:
        # Those of mapclassify, which warns the whole process of figures that are the same.
        bins = np.quantile(values, np.linspace(0, 1, k + 1)[1:])
    else:
        # Heavy, and only needed here.
        import mapclassify  # noqa: PLC0415

        bins = np.asarray(getattr(mapclassify, _MADE_BY[scheme])(taken, k=k).bins, np.float64)
    low, high = float(values.min()), float(values.max())
    inner = np.unique(bins[(bins >= low) & (bins < high)])
    return [low, *map(float, inner), high]
