"""Hot spots: grids where incidents lie together more than chance would have it.

Gi* of every grid (`app.analysis.getis_ord`) on the count, or on a rate, with p-values
(`app.analysis.exact`) adjusted for the number of grids; and what became of them over the months
(`app.analysis.trend`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.analysis.exact import exact_p
from app.analysis.getis_ord import adjusted, around, gi_star, within
from app.analysis.grid_figures import GridFigures, Measure
from app.analysis.ground import Area, Ground
from app.analysis.period import Period
from app.analysis.rates import (
    DENOMINATORS,
    PER_HOUSEHOLDS,
    UNITS,
    counts_of,
    denominator_of,
)
from app.analysis.selection import IncidentSet
from app.analysis.terms import State, Words, notes, synthetic_note
from app.analysis.trend import MIN_MONTHS, Pattern, mann_kendall, patterns, space_time
from app.errors import BadInputError, TooLargeError

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

DEFAULT_FDR = 0.05
MAX_FDR = 0.5
# Fewer grids have no neighbourhood to stand out from.
MIN_GRIDS = 8
# Grids times months that are looked at for trends: 2 years of 40,000 grids.
MAX_BINS = 1_000_000


@dataclass(frozen=True, slots=True)
class Trend:
    """What became of the grids over the whole months of the period.

    Attributes
    ----------
    months : tuple of str
        Such as ``2026-10``, in order.
    monthly : ndarray of int64, shape (months, n)
        Incidents.
    z, p : ndarray of float64, shape (n,)
        Mann-Kendall of the monthly figures: positive where they rise.
    pattern : ndarray of str, shape (n,)
        Of `app.analysis.trend.Pattern`.
    hot_months : ndarray of int64, shape (n,)
        In how many months it was hot.
    """

    months: tuple[str, ...]
    monthly: Rows
    z: Floats
    p: Floats
    pattern: npt.NDArray[np.str_]
    hot_months: Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotspots(GridFigures):
    """Hot and cold spots among the grids of a level.

    Attributes
    ----------
    around : ndarray of int64, shape (n,)
        Incidents in the grid and those of its neighbours that were compared: of them a spot is
        made.
    z, p : ndarray of float64, shape (n,)
        Gi* and its two-sided p-value (`app.analysis.exact`); NaN without data.
    p_adjusted : ndarray of float64, shape (n,)
        By Benjamini and Hochberg over all grids that were compared.
    spot : ndarray of str, shape (n,)
        ``hot``, ``cold`` or "" (neither, at this `fdr`).
    fdr : float
        Part of the spots that may be false.
    trend : Trend or None
        None if it was not asked for, or the period has too few months.
    """

    around: Rows
    z: Floats
    p: Floats
    p_adjusted: Floats
    spot: npt.NDArray[np.str_]
    fdr: float
    trend: Trend | None


def hotspots(
    incidents: IncidentSet,
    ground: Ground,
    period: Period,
    level: str,
    measure: Measure = Measure.COUNT,
    *,
    hazard: str = "",
    area: Area | None = None,
    fdr: float = DEFAULT_FDR,
    trend: bool = True,
) -> Hotspots:
    """Return the hot and cold spots among the grids of a level.

    Parameters
    ----------
    incidents
        Those of the period, hazard and area (`IncidentSet.select`), in any order.
    ground, period
        The city, and the time of which the incidents are.
    level
        Id of the level.
    measure
        What is compared: counts, or rates.
    hazard
        Id of the hazard, "" for all.
    area
        The grid within which the grids lie, and are compared; None for the whole city.
    fdr
        Part of the spots that may be false, above 0 and up to `MAX_FDR`.
    trend
        Whether to look at the months as well.

    Raises
    ------
    BadInputError
        If there are too few grids to compare, the city knows no households, or `fdr` is not one.
    TooLargeError
        If there are too many grids and months for a trend.
    """
    if not 0 < fdr <= MAX_FDR:
        raise BadInputError(
            f"fdr is {fdr}, allowed is above 0 and up to {MAX_FDR}",
            "0.05 lets one in twenty spots be false.",
            message_zh=f"fdr 为 {fdr}，应大于 0 且不超过 {MAX_FDR}",
            hint_zh="0.05 表示平均二十个热点中可有一个为误报。",
        )
    layer = ground.layer(level)
    inside = ground.within(level, area)
    rows = np.flatnonzero(inside)
    denominator = denominator_of(ground, level, measure)[rows]
    count = counts_of(incidents, ground, level)[rows]
    value = _per(count.astype(np.float64), denominator, measure)
    compared = ~np.isnan(value)
    if int(compared.sum()) < MIN_GRIDS:
        raise BadInputError(
            f"{int(compared.sum())} grids of level {level!r} can be compared here, at least "
            f"{MIN_GRIDS} are needed",
            "Ask for a finer level, or a larger area.",
            message_zh=f"此范围内层级 {level!r} 只有 {int(compared.sum())} 个网格可比较，"
            f"至少需要 {MIN_GRIDS} 个",
            hint_zh="请选择更细的层级或更大的区域。",
        )
    kept = inside.copy()
    kept[rows[~compared]] = False
    left, right = within(*ground.neighbours(level), kept)
    z, p, p_adjusted = (np.full(len(rows), np.nan) for _ in range(3))
    z[compared], p[compared] = _compare(value[compared], left, right)
    p_adjusted[compared] = adjusted(p[compared])
    beside = np.zeros(len(rows), dtype=np.int64)
    beside[compared] = around(left, right, int(compared.sum())) @ count[compared]
    spot = np.full(len(rows), "", dtype="<U4")
    spot[(p_adjusted <= fdr) & (z > 0)] = "hot"
    spot[(p_adjusted <= fdr) & (z < 0)] = "cold"
    state = np.where(value == 0, str(State.ZERO), str(State.VALUE)).astype("<U10")
    state[~compared] = State.NO_DATA
    every = incidents.rows(ground, level)
    months = period.whole_months()
    over_time = None
    if trend and len(months) >= MIN_MONTHS:
        _check_bins(len(months), int(compared.sum()))
        over_time = _trend(
            incidents, months, every, rows, denominator, measure, compared, (left, right), fdr
        )
    return Hotspots(
        level=level,
        codes=tuple(map(str, layer.codes[rows])),
        names=tuple(map(str, layer.names[rows])),
        rows=rows,
        measure=measure,
        value=value,
        count=count,
        around=beside,
        state=state,
        z=z,
        p=p,
        p_adjusted=p_adjusted,
        spot=spot,
        fdr=fdr,
        unit=UNITS[measure],
        denominator_name=DENOMINATORS[measure],
        trend=over_time,
        hazard=hazard,
        period=period,
        area=area,
        generation=ground.city.manifest.generation,
        total=int(count.sum()),
        unplaced=int((every < 0).sum()),
        notes=notes(
            synthetic_note(ground.city.manifest.synthetic),
            _few_months(len(months)) if trend and over_time is None else None,
            _sparse(count[compared]),
        ),
    )


def _compare(values: Floats, left: Rows, right: Rows) -> tuple[Floats, Floats]:
    """Return Gi* and its p-values."""
    z, p = gi_star(values, left, right)
    beside = around(left, right, len(values))
    near = np.asarray(beside.sum(axis=1), dtype=np.float64)
    return z, exact_p(values, near, z, p, lambda figures: np.asarray(beside @ figures))


def _trend(
    incidents: IncidentSet,
    months: tuple[Period, ...],
    every: npt.NDArray[np.int32],
    rows: Rows,
    denominator: Floats,
    measure: Measure,
    compared: npt.NDArray[np.bool_],
    neighbours: tuple[Rows, Rows],
    fdr: float,
) -> Trend:
    place = np.full(int(max(rows.max(), every.max(initial=0))) + 1, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    monthly = np.zeros((len(months), len(rows)), dtype=np.int64)
    for step, month in enumerate(months):
        row = every[month.holds(incidents.at)]
        number = place[row[row >= 0]]
        monthly[step] = np.bincount(number[number >= 0], minlength=len(rows))
    values = _per(monthly.astype(np.float64), denominator, measure)[:, compared]
    gi, _, hot = space_time(values, *neighbours, fdr)
    rises, rises_p = mann_kendall(gi)
    n = len(rows)
    pattern = np.full(n, str(Pattern.NONE), dtype="<U12")
    pattern[compared] = patterns(hot, rises, rises_p)
    hot_months = np.zeros(n, dtype=np.int64)
    hot_months[compared] = (hot > 0).sum(axis=0)
    z, p = np.full(n, np.nan), np.full(n, np.nan)
    z[compared], p[compared] = mann_kendall(values)
    names = tuple(f"{month.since.astimezone(month.zone):%Y-%m}" for month in months)
    return Trend(names, monthly, z, p, pattern, hot_months)


def _per(count: Floats, denominator: Floats, measure: Measure) -> Floats:
    if measure is Measure.COUNT:
        return count
    per = PER_HOUSEHOLDS if measure is Measure.PER_HOUSEHOLD else 1
    known = np.where(denominator > 0, denominator, np.nan)
    return np.asarray(count / known * per)


def _check_bins(months: int, grids: int) -> None:
    if months * grids > MAX_BINS:
        raise TooLargeError(
            f"{grids:,} grids in {months} months are {months * grids:,} figures to compare, "
            f"allowed are {MAX_BINS:,}",
            "Ask for a shorter period, a coarser level or a smaller area, or for no trend.",
            message_zh=f"{grids:,} 个网格、{months} 个月共 {months * grids:,} 个数值，"
            f"上限为 {MAX_BINS:,}",
            hint_zh="请缩短时间段、选择更粗的层级或更小的区域，或不计算趋势。",
        )


def _few_months(found: int) -> Words:
    return Words(
        f"No trend: the period has {found} whole months, at least {MIN_MONTHS} are needed.",
        f"未计算趋势：时间段内只有 {found} 个完整月份，至少需要 {MIN_MONTHS} 个。",
    )


def _sparse(count: Rows) -> Words | None:
    """Say where there are so few incidents that only what is strong can be told from chance."""
    mean = float(count.mean()) if len(count) else 0.0
    if mean >= 1:
        return None
    return Words(
        f"There are {mean:.2g} incidents per grid: of so few only strong spots can be told from "
        "chance. A coarser level or a longer period finds more.",
        f"平均每个网格仅 {mean:.2g} 起：数量过少时只有明显的聚集才能与偶然区分；"
        "更粗的层级或更长的时间段能发现更多。",
    )
