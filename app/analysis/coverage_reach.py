"""Reach: who lives near to help, who was visited, what was inspected.

Days are counted back from a stated day, which is one of them: the last 30 days as of 31 October
are 2 to 31 October. The tables hold the last visit or inspection only, so that no day before the
newest one in them can be asked for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from app.analysis.coverage_levels import Counted, tables
from app.analysis.coverage_near import RESPONDER, Nearness
from app.analysis.coverage_table import Coverage, Form, Kind, Measure
from app.analysis.ground import Ground
from app.analysis.terms import Words, notes, synthetic_note
from app.errors import BadInputError
from app.grids import reference as named
from app.grids.reference import Places, Reference

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

# Defaults and bounds of what may be asked.
D_M, DAYS = 1_000.0, 30
MOST_D_M, MOST_DAYS = 100_000.0, 3_660
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2100, 1, 1)
_SHARE = Words("share", "占比")


@dataclass(frozen=True, slots=True)
class ReachQuestion:
    """What is asked about reach.

    Attributes
    ----------
    station, group, site : str
        Ids of a kind of station, of a special group and of a kind of site; "" for all together.
        The station may be ``responder``: people on duty, each in the middle of their grid.
    d_m : float
        How far a station reaches, metres in a straight line.
    days : int
        How many days back a visit or an inspection counts, the day of `as_of` included.
    as_of : date or None
        From which day days are counted back; None for the newest day of the tables, if the city
        is synthetic.

    Raises
    ------
    BadInputError
        If the distance, the days or the day are not usable.
    """

    station: str = ""
    group: str = ""
    site: str = ""
    d_m: float = D_M
    days: int = DAYS
    as_of: date | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be asked."""
        if not (math.isfinite(self.d_m) and 0 < self.d_m <= MOST_D_M):
            raise BadInputError(
                f"d_m is {self.d_m:g}, allowed is more than 0 and up to {MOST_D_M:g} metres",
                message_zh=f"d_m 为 {self.d_m:g}，应大于 0 且不超过 {MOST_D_M:g} 米",
            )
        if not 1 <= self.days <= MOST_DAYS:
            raise BadInputError(
                f"days is {self.days}, allowed are 1 to {MOST_DAYS}",
                message_zh=f"days 为 {self.days}，应为 1 至 {MOST_DAYS}",
            )
        if self.as_of is not None and not FIRST_DAY <= self.as_of <= LAST_DAY:
            raise BadInputError(
                f"as_of is {self.as_of}, allowed is a day from {FIRST_DAY} to {LAST_DAY}",
                message_zh=f"as_of 为 {self.as_of}，应为 {FIRST_DAY} 至 {LAST_DAY} 之间的日期",
            )


def reach(
    ground: Ground, reference: Reference, nearness: Nearness, question: ReachQuestion
) -> Coverage:
    """Return how far stations, visits and inspections reach.

    Parameters
    ----------
    ground, reference
        Of the city.
    nearness
        To its stations and people on duty.
    question
        What is asked.

    Raises
    ------
    BadInputError
        If there is no such kind or group, or the day is missing or too early.
    """
    day = _day(ground, reference, question.as_of)
    since = None if day is None else np.datetime64(day - timedelta(days=question.days - 1), "D")
    said: list[Words | None] = [synthetic_note(ground.city.manifest.synthetic)]
    counted = [
        *_near(ground, reference.stations, nearness, question, said),
        _visited(ground, reference, question, since, said),
        _inspected(ground, reference.sites, question, since, said),
    ]
    total, levels = tables(ground, counted)
    manifest = ground.city.manifest
    return Coverage(
        kind=Kind.REACH,
        area=None,
        total=total,
        levels=levels,
        settings={
            "station": question.station,
            "d_m": question.d_m,
            "days": question.days,
            "group": question.group,
            "site": question.site,
        },
        as_of=day,
        notes=notes(*said),
        generation=manifest.generation,
        city_name=manifest.name,
        synthetic=manifest.synthetic,
    )


def _day(ground: Ground, reference: Reference, as_of: date | None) -> date | None:
    """Return the day from which days are counted back; None where there is nothing to count."""
    newest = reference.last_day
    if newest is None:
        return as_of
    if as_of is None:
        if ground.city.manifest.synthetic:
            return newest
        raise BadInputError(
            "as_of is missing: from which day days are counted back",
            f"Name a day from {newest} on, the newest in the tables.",
            message_zh="缺少 as_of：从哪一天起往回计算天数",
            hint_zh=f"请给出不早于 {newest}（表中最新一天）的日期。",
        )
    if as_of < newest:
        raise BadInputError(
            f"as_of is {as_of}, allowed is {newest} or later: the tables hold the last visits and "
            f"inspections up to that day, not those before them",
            f"Name a day from {newest} on.",
            message_zh=f"as_of 为 {as_of}，应不早于 {newest}：表中只有截至该日的最近一次走访和检查",
            hint_zh=f"请给出不早于 {newest} 的日期。",
        )
    return as_of


def _near(
    ground: Ground,
    stations: Places | None,
    nearness: Nearness,
    question: ReachQuestion,
    said: list[Words | None],
) -> list[Counted]:
    """Count ground and households within the distance of a station, or of somebody on duty."""
    kind = _chosen("station", question.station, nearness.kinds)
    what = kind or Words("any station", "任一站点")
    if question.station == RESPONDER:
        what = Words("somebody on duty", "在岗人员")
        said.append(
            Words(
                "People on duty are taken to be in the middle of their grid.",
                "在岗人员按其网格的中心计。",
            )
        )
    within = Words(
        f"within {question.d_m:g} m of {what.en}", f"{what.zh} {question.d_m:g} 米范围内"
    )
    finest = ground.levels[-1]
    area = ground.area_km2(finest)
    households = ground.households(finest)
    unknown = np.full(len(area), np.nan)
    basis = Words("by area: there is no gazetteer", "按面积估算：无标准地址库")
    near_area = near_homes = unknown
    if stations is None and not question.station:
        said.append(_absent(named.STATIONS_TABLE))
    else:
        by_area = nearness.area_share(question.station, question.d_m)
        near_area = by_area * area
        share, by_address = nearness.household_share(question.station, question.d_m, by_area)
        if nearness.addresses is not None:
            left = int((~by_address).sum())
            basis = Words(
                "by doors and buildings of the gazetteer, among which the households of a "
                "grid are shared evenly"
                + (f"; by area in {left} grids without any" if left else ""),
                "按标准地址库的门牌和楼栋，网格内户数平均分摊"
                + (f"；其中 {left} 个网格无地址，按面积估算" if left else ""),
            )
        near_homes = share * households if households is not None else unknown
    if households is None:
        said.append(Words("The grids have no number of households.", "网格没有户数。"))
    return [
        Counted(
            Measure(
                "area",
                Words(f"Ground {within.en}", f"{within.zh}的面积占比"),
                Form.SHARE,
                _SHARE,
                Words(f"km² {within.en}", f"{within.zh}的面积（平方公里）"),
                Words("km² of the grids", "网格面积（平方公里）"),
                Words("circles cut with the grids", "圆形范围与网格求交"),
            ),
            {finest: near_area},
            {finest: area},
        ),
        Counted(
            Measure(
                "households",
                Words(f"Households {within.en}", f"{within.zh}的户数占比"),
                Form.SHARE,
                _SHARE,
                Words(f"households {within.en}", f"{within.zh}的户数"),
                Words("households", "户数"),
                basis,
            ),
            {finest: near_homes},
            {finest: unknown if households is None else households},
        ),
    ]


def _visited(
    ground: Ground,
    reference: Reference,
    question: ReachQuestion,
    since: np.datetime64 | None,
    said: list[Words | None],
) -> Counted:
    """Count people of special groups who were visited in the days."""
    finest, n = ground.levels[-1], len(ground.city.finest)
    people, visits = reference.people, reference.visits
    group = _chosen("group", question.group, people.groups if people else ())
    who = group or Words("special groups", "特殊群体")
    part = whole = np.full(n, np.nan)
    if people is None:
        said.append(_absent(named.PEOPLE_TABLE))
    else:
        ids = [one.id for one in people.groups]
        asked = [ids.index(question.group)] if question.group else list(range(len(ids)))
        whole = people.people[:, asked].sum(axis=1).astype(np.float64)
        if visits is None:
            said.append(_absent(named.VISITS_TABLE))
        elif since is not None:
            counts = np.isin(visits.group, asked) & (visits.last_day >= since)
            part = np.bincount(visits.row[counts], visits.people[counts], minlength=n).astype(
                np.float64
            )
        else:
            part = np.zeros(n)
    return Counted(
        Measure(
            "visited",
            Words(
                f"People of {who.en} visited in the last {question.days} days",
                f"近 {question.days} 天走访的{who.zh}人数占比",
            ),
            Form.SHARE,
            _SHARE,
            Words("people visited", "已走访人数"),
            Words(f"people of {who.en}", f"{who.zh}人数"),
            Words("each counted once, by the last visit", "按最近一次走访，每人只计一次"),
            personal=True,
        ),
        {finest: part},
        {finest: whole},
    )


def _inspected(
    ground: Ground,
    sites: Places | None,
    question: ReachQuestion,
    since: np.datetime64 | None,
    said: list[Words | None],
) -> Counted:
    """Count sites that were inspected in the days."""
    finest, n = ground.levels[-1], len(ground.city.finest)
    kind = _chosen("site", question.site, sites.kinds if sites else ())
    what = kind or Words("sites", "检查对象")
    part = whole = np.full(n, np.nan)
    if sites is None:
        said.append(_absent(named.SITES_TABLE))
    else:
        asked = sites.of_kind(question.site) if question.site else np.arange(len(sites.ids))
        # NaT compares as later than nothing: what was never inspected is not counted.
        done = np.zeros(len(asked), dtype=bool)
        if since is not None:
            done = ~np.isnat(sites.last_day[asked]) & (sites.last_day[asked] >= since)
        whole = np.bincount(sites.row[asked], minlength=n).astype(np.float64)
        part = np.bincount(sites.row[asked[done]], minlength=n).astype(np.float64)
    return Counted(
        Measure(
            "inspected",
            Words(
                f"{what.en[0].upper()}{what.en[1:]} inspected in the last {question.days} days",
                f"近 {question.days} 天检查的{what.zh}占比",
            ),
            Form.SHARE,
            _SHARE,
            Words("sites inspected", "已检查数"),
            Words(what.en, f"{what.zh}数"),
            Words("by the last inspection", "按最近一次检查"),
        ),
        {finest: part},
        {finest: whole},
    )


def _chosen(what: str, ident: str, known: tuple[named.Kind, ...]) -> Words | None:
    """Return what the chosen kind is called; None for all.

    Raises
    ------
    BadInputError
        If the city has no such kind.
    """
    if not ident:
        return None
    for one in known:
        if one.id == ident:
            # The city's own word, which is in its own language.
            return Words(f"{one.id} ({one.name})", one.name)
    ids = [one.id for one in known]
    raise BadInputError(
        f"{what} is {ident!r:.80}, allowed are {ids or 'none: the city has no such table'}",
        "Leave it out for all of them.",
        message_zh=f"{what} 为 {ident!r:.80}，可用：{'、'.join(ids) or '无（城市没有这张表）'}",
        hint_zh="不填则为全部。",
    )


def _absent(table: str) -> Words:
    return Words(
        f"The city has no table {table!r}: what would be counted from it is not known.",
        f"城市没有表 {table!r}，相应指标无数据。",
    )
