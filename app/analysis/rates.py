"""Figures per grid: how many incidents, per 1,000 households, per km².

A count drawn over areas is a map of where people are. So a rate is offered beside every count,
its denominator is named, and what cannot be had is said, not guessed: a grid without a
denominator has no data, which is something else than zero.

A rate of few households jumps with every incident. Such grids are flagged; with ``smooth`` the
rates are drawn to the mean of all grids, the more the fewer households stand behind them: the
global empirical-Bayes estimator of Marshall (1991), Mapping disease and mortality rates using
empirical Bayes estimators, Applied Statistics 40, 283-294, as esda has it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.analysis.classes import DEFAULT_K, Classes, classify
from app.analysis.grid_figures import GridFigures, Measure
from app.analysis.ground import Area, Ground
from app.analysis.period import Period
from app.analysis.selection import IncidentSet
from app.analysis.suppression import check_threshold, suppressed
from app.analysis.terms import State, Words, notes, synthetic_note
from app.errors import BadInputError

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


UNITS = {
    Measure.COUNT: Words("incidents", "起"),
    Measure.PER_HOUSEHOLD: Words("incidents per 1,000 households", "起/千户"),
    Measure.PER_KM2: Words("incidents per km²", "起/平方公里"),
}
DENOMINATORS = {
    Measure.COUNT: Words("none: numbers of incidents", "无：事件数量"),
    Measure.PER_HOUSEHOLD: Words("households of the grid", "网格户数"),
    Measure.PER_KM2: Words("area of the grid, km²", "网格面积（平方公里）"),
}
PER_HOUSEHOLDS = 1_000
# Fewer households than the smallest micro-grid is meant to have; less ground than a yard of
# 100 m × 100 m. One incident more moves such a rate by 33 per 1,000, or by 100 per km².
SMALL = {Measure.PER_HOUSEHOLD: 30.0, Measure.PER_KM2: 0.01}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats(GridFigures):
    """A figure for every grid of a level within an area.

    Smoothed, the figure of a grid without incidents is above 0.

    Attributes
    ----------
    denominator : ndarray of float64, shape (n,)
        Households or km²; NaN where it is not known, and for a count.
    small : ndarray of bool, shape (n,)
        Whether the denominator is too small for the rate to be trusted.
    smoothed : bool
    classes : Classes
        Of the values that are above zero.
    """

    denominator: Floats
    small: Mask
    smoothed: bool
    classes: Classes


def stats(
    incidents: IncidentSet,
    ground: Ground,
    period: Period,
    level: str,
    measure: Measure,
    *,
    hazard: str = "",
    area: Area | None = None,
    smooth: bool = False,
    scheme: str = "quantiles",
    k: int = DEFAULT_K,
    suppress: int = 0,
    hidden: Mask | None = None,
) -> Stats:
    """Return a figure for every grid of a level.

    Parameters
    ----------
    incidents
        Those of the period, hazard and area (`IncidentSet.select`), in any order.
    ground, period
        The city, and the time of which the incidents are.
    level
        Id of the level.
    measure
        What the figure is per.
    hazard
        Id of the hazard, "" for all.
    area
        The grid within which the grids of the level lie; None for the whole city.
    smooth
        Whether to smooth by empirical Bayes; a count is not a rate and cannot be.
    scheme, k
        Of the classes, see `app.analysis.classes.classify`.
    suppress
        Counts below it, but for 0, are not shown; 0 shows all.
    hidden : ndarray of bool, shape of the level's layer, or None
        Grids that are not to be shown either, for what other levels would give away.

    Raises
    ------
    BadInputError
        If the city knows no households, a count is to be smoothed, or an option is not one.
    """
    check_threshold(suppress)
    if smooth and measure is Measure.COUNT:
        raise BadInputError(
            "a count cannot be smoothed by empirical Bayes, which draws rates to their mean",
            f"Ask for {Measure.PER_HOUSEHOLD} or {Measure.PER_KM2}.",
            message_zh="数量不能做经验贝叶斯平滑，只有比率可以",
            hint_zh=f"请改用 {Measure.PER_HOUSEHOLD} 或 {Measure.PER_KM2}。",
        )
    layer = ground.layer(level)
    rows = np.flatnonzero(ground.within(level, area))
    every = incidents.rows(ground, level)
    count = counts_of(incidents, ground, level)[rows]
    denominator = denominator_of(ground, level, measure)[rows]
    value, small = _rates(count, denominator, measure, smooth=smooth)
    state = np.where(value == 0, str(State.ZERO), str(State.VALUE)).astype("<U10")
    state[np.isnan(value)] = State.NO_DATA
    held = np.zeros(len(rows), dtype=np.bool_)
    if suppress:
        held = suppressed(count, layer.parent_row[rows], suppress)
    if hidden is not None:
        held |= hidden[rows]
    state[held] = State.SUPPRESSED
    value = np.where(held, np.nan, value)
    unplaced = int((every < 0).sum())
    return Stats(
        level=level,
        codes=tuple(map(str, layer.codes[rows])),
        names=tuple(map(str, layer.names[rows])),
        rows=rows,
        measure=measure,
        value=value,
        state=state,
        count=np.where(held, -1, count),
        denominator=denominator,
        small=small,
        unit=UNITS[measure],
        denominator_name=DENOMINATORS[measure],
        smoothed=smooth,
        classes=classify(value[state == State.VALUE], scheme, k),
        hazard=hazard,
        period=period,
        area=area,
        generation=ground.city.manifest.generation,
        total=int(count[~held].sum()),
        unplaced=unplaced,
        notes=notes(
            synthetic_note(ground.city.manifest.synthetic),
            unplaced_note(unplaced),
            _hidden(int(held.sum()), suppress),
            _small(int((small & ~held).sum()), measure),
            _SMOOTHED if smooth else None,
        ),
    )


def counts_of(incidents: IncidentSet, ground: Ground, level: str) -> Rows:
    """Return how many incidents lie in each grid of a level."""
    row = incidents.rows(ground, level)
    return np.bincount(row[row >= 0], minlength=len(ground.layer(level))).astype(np.int64)


def denominator_of(ground: Ground, level: str, measure: Measure) -> Floats:
    """Return what the figure of each grid of a level is divided by; NaN for a count.

    Raises
    ------
    BadInputError
        If it is households, and the city knows none.
    """
    if measure is Measure.PER_KM2:
        return ground.area_km2(level)
    if measure is Measure.COUNT:
        return np.full(len(ground.layer(level)), np.nan)
    found = ground.households(level)
    if found is None:
        raise BadInputError(
            f"{ground.city.manifest.name} has no column 'households' in any level, so there is no "
            f"rate per household; allowed are {Measure.COUNT} and {Measure.PER_KM2}",
            "Import the city with households_field.",
            message_zh=f"{ground.city.manifest.name} 各层级均无户数（households），"
            f"不能计算每千户比率；可用 {Measure.COUNT} 和 {Measure.PER_KM2}",
            hint_zh="请在导入时指定 households_field。",
        )
    return found


def smoothed_rates(count: Rows, denominator: Floats) -> Floats:
    """Return rates (count by denominator) drawn to their common mean by empirical Bayes.

    Parameters
    ----------
    count : ndarray of int64, shape (n,)
    denominator : ndarray of float64, shape (n,)
        Above 0.
    """
    mean = count.sum() / denominator.sum()
    rate = count / denominator
    spread = (denominator * (rate - mean) ** 2).sum() / denominator.sum()
    # What the rates differ beyond chance; esda lets it be negative, and the weights with it.
    spread = max(float(spread - mean / denominator.mean()), 0.0)
    if not spread > 0:
        return np.full(len(count), mean)
    weight = spread / (spread + mean / denominator)
    return np.asarray(mean + weight * (rate - mean))


def _rates(
    count: Rows, denominator: Floats, measure: Measure, *, smooth: bool
) -> tuple[Floats, Mask]:
    """Return the figures, NaN without a denominator, and whose denominator is small."""
    if measure is Measure.COUNT:
        return count.astype(np.float64), np.zeros(len(count), dtype=np.bool_)
    known = denominator > 0
    per = PER_HOUSEHOLDS if measure is Measure.PER_HOUSEHOLD else 1
    value = np.full(len(count), np.nan)
    if smooth and known.any():
        value[known] = smoothed_rates(count[known], denominator[known]) * per
    else:
        value[known] = count[known] / denominator[known] * per
    return value, known & (denominator < SMALL[measure])


_SMOOTHED = Words(
    "Rates are smoothed by empirical Bayes (Marshall 1991): drawn to the mean of all shown grids, "
    "the more the smaller the denominator.",
    "比率经经验贝叶斯平滑（Marshall 1991）：分母越小，越向所示网格的均值收缩。",
)


def unplaced_note(count: int) -> Words | None:
    """Return what is said of incidents that lie in no grid; None if there are none."""
    if not count:
        return None
    return Words(
        f"{count} incidents lie in no grid of this level and are not counted.",
        f"{count} 起事件不在该层级任何网格内，未计入。",
    )


def _hidden(count: int, threshold: int) -> Words | None:
    if not count:
        return None
    return Words(
        f"{count} grids are suppressed: fewer than {threshold} incidents, or a count that would "
        "give such a one away.",
        f"{count} 个网格已隐去：少于 {threshold} 起，或会据以推算出该数。",
    )


def _small(count: int, measure: Measure) -> Words | None:
    if not count:
        return None
    least = f"{SMALL[measure]:g}"
    what = {
        Measure.PER_HOUSEHOLD: (f"fewer than {least} households", f"不足 {least} 户"),
        Measure.PER_KM2: (f"less than {least} km²", f"不足 {least} 平方公里"),
    }[measure]
    return Words(
        f"{count} grids have {what[0]}: their rates jump with a single incident.",
        f"{count} 个网格{what[1]}：单起事件即可使比率大幅波动。",
    )
