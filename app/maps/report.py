"""What a town's monthly report says: figures beside earlier ones, trends, worst gaps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import pairwise

import numpy as np

from app.analysis.coverage_table import Kind, Measure, worst_gaps
from app.analysis.period import Period
from app.analysis.suppression import suppressed
from app.errors import BadInputError
from app.maps.content_coverage import coverage_of
from app.maps.question import Question

# Rows of each list of the report.
_MOST = 5
_MONTHS = 13


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of incidents as it is shown.

    Attributes
    ----------
    count : int or None
        None where it is held back or not known.
    known : bool
        Whether the incidents reach back to where it begins.
    """

    count: int | None
    known: bool = True


@dataclass(frozen=True, slots=True)
class HazardRow:
    """The figures of one hazard, or of all.

    Attributes
    ----------
    hazard, name : str
        Id ("" for all) and name.
    month, before, year_ago : Figure
        Of the month, the one before it, and the same month a year before.
    year, year_before : Figure
        Of the twelve months up to the end of the month, and of the twelve before those.
    months : tuple of Figure
        Of the last 13 months, the month last.
    """

    hazard: str
    name: str
    month: Figure
    before: Figure
    year_ago: Figure
    year: Figure
    year_before: Figure
    months: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class GapRow:
    """A grid in which something is not covered."""

    name: str
    affected: float
    whole: float
    value: float


@dataclass(frozen=True, slots=True)
class GapList:
    """The worst gaps of a measure, and how it stands in the whole area.

    Attributes
    ----------
    measure : Measure
    value : float
        Share covered in the area, NaN where it is not known or not shown.
    rows : tuple of GapRow
        Worst first.
    more : int
        How many grids have gaps beside those.
    level : str
        Name of the level.
    """

    measure: Measure
    value: float
    rows: tuple[GapRow, ...]
    more: int
    level: str


@dataclass(frozen=True, slots=True)
class Report:
    """A report, before it is a page.

    Attributes
    ----------
    question : Question
        Of the area and the twelve months up to the end of the month.
    month : Period
    months : tuple of Period
        The last 13, the month last.
    hazards : tuple of HazardRow
        All of them together first.
    busiest : tuple of (str, int)
        Grids of the level below with most incidents of the year.
    busiest_level : str
        Name of their level; "" if there is none below.
    gaps : tuple of GapList
    as_of : date or None
        The day on which coverage is as it is told.
    """

    question: Question
    month: Period
    months: tuple[Period, ...]
    hazards: tuple[HazardRow, ...]
    busiest: tuple[tuple[str, int], ...]
    busiest_level: str
    gaps: tuple[GapList, ...]
    as_of: date | None


def parse_month(text: str, question: Question) -> Period:
    """Return the calendar month that a text such as 2026-10 names.

    Raises
    ------
    BadInputError
        If it names none.
    """
    year, dash, month = text.strip().partition("-")
    if dash and len(year) == 4 and year.isdigit() and month.isdigit():  # noqa: PLR2004
        try:
            return Period.of_month(int(year), int(month), question.policy.time_zone)
        except ValueError:
            pass
    raise BadInputError(
        f"the month is {text!r:.40}, allowed is one such as 2026-10",
        message_zh=f"月份为 {text!r:.40}，应写作 2026-10",
    )


def report_of(question: Question, month: Period) -> Report:
    """Return the report of an area for a month.

    Parameters
    ----------
    question
        Says the area, the incidents and the threshold; its period is not looked at.
    month
        A calendar month.

    Raises
    ------
    BadInputError
        If it lies before the first incident that is known, or after the last.
    """
    first, last = _reach(question, month)
    if not first <= month.since <= last:
        names = f"{first:%Y-%m}", f"{last:%Y-%m}"
        raise BadInputError(
            f"the month is {month.since.astimezone(month.zone):%Y-%m}, incidents are known from "
            f"{names[0]} to {names[1]}",
            "A report of another month would say that nothing happened.",
            message_zh=f"月份为 {month.since.astimezone(month.zone):%Y-%m}，已知事件为 "
            f"{names[0]} 至 {names[1]}",
            hint_zh="其他月份的月报会误报为没有事件。",
        )
    months = _months_up_to(month, 2 * 12 + 1)
    year = Period(months[-12].since, month.until, month.zone)
    year_before = Period(months[-24].since, months[-12].since, month.zone)
    asked = replace(question, period=year)
    columns = [month, months[-2], months[-13], year, year_before, *months[-_MONTHS:]]
    domains = [hazard.id for hazard in question.policy.hazards.values() if not hazard.parent]
    nothing = [Figure(None, known=False)] * (1 + len(domains))
    counted = [
        _column(asked, domains, period) if period.since >= first else nothing for period in columns
    ]
    hazards = []
    for at, hazard in enumerate(["", *domains]):
        now, before, year_ago, whole, whole_before, *monthly = (column[at] for column in counted)
        hazards.append(
            HazardRow(
                hazard=hazard,
                name=question.hazard_name(hazard),
                month=now,
                before=before,
                year_ago=year_ago,
                year=whole,
                year_before=whole_before,
                months=tuple(monthly),
            )
        )
    busiest, level = _busiest(asked)
    gaps, as_of = _gaps(asked)
    return Report(
        question=asked,
        month=month,
        months=tuple(months[-_MONTHS:]),
        hazards=tuple(hazards),
        busiest=busiest,
        busiest_level=level,
        gaps=gaps,
        as_of=as_of,
    )


def _reach(question: Question, month: Period) -> tuple[datetime, datetime]:
    """Return when the months of the first and of the last incident that is known begin."""
    at = question.incidents.at
    if not len(at):
        return month.since, month.since
    ends = (one.astype("datetime64[us]").item().replace(tzinfo=UTC) for one in (at.min(), at.max()))
    local = [one.astimezone(month.zone) for one in ends]
    first, last = (Period.of_month(one.year, one.month, month.zone).since for one in local)
    return first, last


def _months_up_to(month: Period, count: int) -> list[Period]:
    first = month.since.astimezone(month.zone)
    number = first.year * 12 + first.month - 1
    return [
        Period.of_month(one // 12, one % 12 + 1, month.zone)
        for one in range(number - count + 1, number + 1)
    ]


def _column(question: Question, domains: list[str], period: Period) -> list[Figure]:
    """Return the numbers of all hazards together and of each domain, held back where small."""
    counts = np.array([len(question.select(one, period)) for one in domains], dtype=np.int64)
    total = len(question.select("", period))
    if not question.suppress:
        return [Figure(total), *(Figure(int(one)) for one in counts)]
    if 0 < total < question.suppress:
        # The domains add up to it.
        return [Figure(None), *(Figure(None if one else 0) for one in counts)]
    held = suppressed(counts, np.zeros(len(counts), dtype=np.int32), question.suppress)
    return [
        Figure(total),
        *(Figure(None if hidden else int(one)) for one, hidden in zip(counts, held, strict=True)),
    ]


def _busiest(question: Question) -> tuple[tuple[tuple[str, int], ...], str]:
    shown = question.shown_levels
    for _, level in pairwise(shown):
        count, held = question.counts("")[level]
        layer = question.ground.layer(level)
        rows = question.scope.rows[level]
        order = [at for at in np.lexsort((rows, -count)) if count[at] and not held[at]]
        found = tuple((str(layer.names[rows[at]]), int(count[at])) for at in order[:_MOST])
        return found, question.ground.name(level)
    return (), ""


def _gaps(question: Question) -> tuple[tuple[GapList, ...], date | None]:
    """Return where reach and staffing are worst, of the finest level that is shown well enough."""
    found: list[GapList] = []
    as_of = None
    for kind, idents in (
        (Kind.REACH, ("households", "visited", "inspected")),
        (Kind.STAFFING, ("led",)),
    ):
        coverage = coverage_of(question, kind)
        as_of = as_of or coverage.as_of
        known = {measure.id for measure in coverage.measures}
        # One level below the area: grids that have a name that people know.
        table = coverage.levels[min(1, len(coverage.levels) - 1)]
        for ident in idents:
            if ident not in known:
                continue
            gaps = worst_gaps(table, (ident,))[ident]
            column = coverage.total.column(ident)
            found.append(
                GapList(
                    measure=column.measure,
                    value=float(column.value[0]),
                    rows=tuple(
                        GapRow(gap.name, gap.affected, gap.whole, gap.value) for gap in gaps[:_MOST]
                    ),
                    more=max(0, len(gaps) - _MOST),
                    level=table.name,
                )
            )
    return tuple(found), as_of
