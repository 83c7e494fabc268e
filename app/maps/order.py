"""An exported map as it is ordered: layers by their names, from a city and its incidents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial

from app.analysis.classes import QUANTILES, check_scheme
from app.analysis.period import Period, parse_time
from app.analysis.selection import IncidentSet
from app.errors import BadInputError
from app.incidents.policy import Policy
from app.maps.content_coverage import kind_of, make_coverage
from app.maps.content_heat import make_heat
from app.maps.content_spots import make_hotspots, make_trends
from app.maps.contents import chosen_level, make_counts, make_rates
from app.maps.elements import Drawn, Shapes
from app.maps.export import Basemap, Sayings, map_page
from app.maps.question import Question
from app.maps.specs import LayerSpec, parse_spec

MAX_LAYERS = 24
DEFAULT_LAYERS = (
    "heat:all",
    "hotspots:all",
    "rates:all:per_household",
    "coverage:reach",
    "coverage:staffing",
    "incidents:all",
)
_MOMENT = timedelta(microseconds=1)
_Maker = Callable[[Question, LayerSpec, Shapes], Drawn]
_MAKERS: dict[str, _Maker] = {
    "incidents": make_counts,
    "heat": make_heat,
    "hotspots": make_hotspots,
    "trends": make_trends,
    "rates": make_rates,
    "coverage": make_coverage,
}


def read_specs(texts: Sequence[str]) -> list[LayerSpec]:
    """Read the layers that are asked for.

    Raises
    ------
    BadInputError
        If one is none, or comes twice, or there are too many.
    """
    if len(texts) > MAX_LAYERS:
        raise BadInputError(
            f"{len(texts)} layers are asked for, allowed are {MAX_LAYERS}",
            "Make several maps.",
            message_zh=f"请求了 {len(texts)} 个图层，上限为 {MAX_LAYERS}",
            hint_zh="请分成几份地图。",
        )
    specs = [parse_spec(text) for text in texts]
    twice = {spec.text for spec in specs if [one.text for one in specs].count(spec.text) > 1}
    if twice:
        raise BadInputError(
            f"layers come twice: {sorted(twice)}",
            message_zh=f"图层重复：{'、'.join(sorted(twice))}",
        )
    return specs


def period_of(incidents: IncidentSet, policy: Policy, since: str = "", until: str = "") -> Period:
    """Return the period from one day to another, or what is meant where they are left out.

    Parameters
    ----------
    incidents
        All that are known. Without `until` the period ends with the day of the newest of them, not
        with today: what is told must not depend on the day on which it is told.
    policy
        Whose time zone counts.
    since, until
        Days, such as 2026-01-01; `until` is not part of the period. Without `since` it is a year.

    Raises
    ------
    BadInputError
        If a day is none, the period is empty, or no incident tells when it ends.
    """
    zone = policy.time_zone
    if until:
        end = parse_time(until, zone)
        last_year = Period.last_year(end.astimezone(zone) - _MOMENT, zone)
    elif len(incidents):
        last_year = Period.last_year(newest(incidents), zone)
        end = last_year.until
    else:
        raise BadInputError(
            "there are no incidents, so the period has no end by itself",
            "Give it with --from and --to.",
            message_zh="没有事件，无法确定时段",
            hint_zh="请用 --from、--to 指定时段。",
        )
    return Period(parse_time(since, zone) if since else last_year.since, end, zone)


def newest(incidents: IncidentSet) -> datetime:
    """Return when the newest incident happened; there has to be one."""
    found: datetime = incidents.at.max().astype("datetime64[us]").item()
    return found.replace(tzinfo=UTC)


def make_layer(question: Question, spec: LayerSpec, shapes: Shapes) -> Drawn:
    """Return the layer that was asked for."""
    return _MAKERS[spec.kind](question, spec, shapes)


def check_layers(question: Question, specs: Sequence[LayerSpec]) -> None:
    """Refuse what the city has not before anything is reckoned.

    Raises
    ------
    BadInputError
        If there is no such hazard, level, kind of coverage or scheme.
    """
    check_scheme(question.scheme or QUANTILES, question.k)
    for spec in specs:
        if spec.kind == "coverage":
            kind_of(spec)
        else:
            question.hazard_name(spec.hazard)
        chosen_level(question, spec)


def order_map(
    question: Question,
    specs: Sequence[LayerSpec],
    *,
    title: str = "",
    made: date | None = None,
    notes: Sequence[str] = (),
    basemap: Basemap | None = None,
) -> str:
    """Return the page of a map with the layers that were asked for."""
    check_layers(question, specs)
    words = question.words
    said = list(notes)
    if question.suppress:
        said.append(words["suppress_note"].format(n=question.suppress))
    if basemap is not None:
        said.insert(0, words["basemap_note"].format(host="、".join(basemap.hosts)))
    if question.scope.datum != "wgs84":
        said.insert(0, words["datum_note"].format(datum=question.scope.datum))
    return map_page(
        question.scope,
        [partial(make_layer, question, spec) for spec in specs],
        Sayings(
            title=title,
            period=question.period_text() if specs else "",
            notes=tuple(said),
            made=made,
        ),
        language=question.language,
        suppress=question.suppress,
        basemap=basemap,
    )
