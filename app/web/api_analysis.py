"""GET /api/heat, /api/hotspots, /api/stats, /api/breakdown: what the incidents add up to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apiflask import APIBlueprint
from flask import Response

from app import __version__
from app.analysis.breakdown import breakdown
from app.analysis.grid_figures import Measure
from app.analysis.ground import Area, check_level
from app.analysis.heat import SEVERITY_WEIGHTS, WEIGHTED, HeatOptions, heat
from app.analysis.hotspots import hotspots
from app.analysis.isobands import breaks_of, isobands
from app.analysis.period import Period, parse_time, year_before
from app.analysis.rates import stats
from app.analysis.scope import area_for
from app.analysis.selection import IncidentSet, kinds_of
from app.errors import BadInputError
from app.locate.rows import parse_degrees
from app.store import utc_now
from app.web.analysis_views import breakdown_out, heat_out, hotspots_out, stats_out
from app.web.api_grids import GEOJSON
from app.web.auth import current_actor
from app.web.cached import json_bytes, respond
from app.web.reading import quote, takes
from app.web.schemas_analysis import (
    AnalysisQuery,
    BreakdownOut,
    HeatOut,
    HeatQuery,
    HotspotsOut,
    HotspotsQuery,
    StatsOut,
    StatsQuery,
)
from app.web.service import service

bp = APIBlueprint("analysis", __name__, tag="Analysis")

_RESPONSES: dict[int, str] = {
    304: "What you have by If-None-Match is still the same",
    404: "No grid has the code of the area, or no edition holds on the day",
}
_TOO_FINE = {413: "The bandwidth is too small for a ground of this size"}


class _Asked:
    """The incidents, the time and the ground that a question names."""

    def __init__(self, query: AnalysisQuery) -> None:
        self.now = now = service().on(query.on)
        self.hazards = kinds_of(now.policy, query.hazard)
        self.area: Area | None = area_for(
            current_actor(), now.ground, now.accounts.areas, query.area
        )
        self.period = _period(query)
        self.every = now.archive.current()

    @property
    def incidents(self) -> IncidentSet:
        return self.every.select(
            self.now.ground, period=self.period, hazards=self.hazards, area=self.area
        )


@bp.get("/api/heat")
@takes(bp, HeatQuery, "query")
@bp.output(HeatOut, content_type=GEOJSON)
@bp.doc(responses=_RESPONSES | _TOO_FINE)
def get_heat(query_data: HeatQuery) -> Response:
    """Return how many incidents there are per km² and month, as bands of equal density."""
    asked = _Asked(query_data)
    given = _numbers("breaks", query_data.breaks)
    options = HeatOptions(
        query_data.bandwidth_m,
        _weights(query_data.severity),
        query_data.half_life_days,
        query_data.suppress,
    )

    def make() -> dict[str, Any]:
        ground = asked.now.ground
        found = heat(
            asked.incidents,
            ground,
            asked.period,
            hazard=query_data.hazard,
            area=asked.area,
            options=options,
        )
        breaks = given or breaks_of(found, query_data.scheme, query_data.k)
        synthetic = ground.city.manifest.synthetic
        return heat_out(found, isobands(found, ground, breaks), breaks, synthetic, asked.every.seq)

    return _answer("heat", asked, query_data, make, GEOJSON)


@bp.get("/api/stats")
@takes(bp, StatsQuery, "query")
@bp.output(StatsOut)
@bp.doc(responses=_RESPONSES)
def get_stats(query_data: StatsQuery) -> Response:
    """Return a figure for every grid: a count, per 1,000 households, or per km²."""
    asked = _Asked(query_data)

    def make() -> dict[str, Any]:
        ground = asked.now.ground
        found = stats(
            asked.incidents,
            ground,
            asked.period,
            check_level(ground, query_data.level),
            Measure(query_data.measure),
            hazard=query_data.hazard,
            area=asked.area,
            smooth=query_data.smooth == "true",
            scheme=query_data.scheme,
            k=query_data.k,
            suppress=query_data.suppress,
        )
        return stats_out(found, ground.city.manifest.synthetic, asked.every.seq)

    return _answer("stats", asked, query_data, make)


@bp.get("/api/breakdown")
@takes(bp, AnalysisQuery, "query")
@bp.output(BreakdownOut)
@bp.doc(responses=_RESPONSES)
def get_breakdown(query_data: AnalysisQuery) -> Response:
    """Return how many incidents there are of each month, hazard, severity, weekday and hour."""
    asked = _Asked(query_data)

    def make() -> dict[str, Any]:
        ground = asked.now.ground
        found = breakdown(
            asked.incidents, ground, asked.period, hazard=query_data.hazard, area=asked.area
        )
        return breakdown_out(found, ground.city.manifest.synthetic, asked.every.seq)

    return _answer("breakdown", asked, query_data, make)


@bp.get("/api/hotspots")
@takes(bp, HotspotsQuery, "query")
@bp.output(HotspotsOut)
@bp.doc(responses=_RESPONSES | {413: "Too many grids and months for a trend"})
def get_hotspots(query_data: HotspotsQuery) -> Response:
    """Return the grids where incidents lie together more than chance would have it."""
    asked = _Asked(query_data)

    def make() -> dict[str, Any]:
        ground = asked.now.ground
        found = hotspots(
            asked.incidents,
            ground,
            asked.period,
            check_level(ground, query_data.level),
            Measure(query_data.measure),
            hazard=query_data.hazard,
            area=asked.area,
            fdr=query_data.fdr,
            trend=query_data.trend == "true",
        )
        return hotspots_out(found, ground.city.manifest.synthetic, asked.every.seq)

    return _answer("hotspots", asked, query_data, make)


def _answer(
    what: str,
    asked: _Asked,
    query: AnalysisQuery,
    make: Callable[[], dict[str, Any]],
    mimetype: str = "application/json",
) -> Response:
    """Answer from what is kept: by what is asked, the boundaries, and the last change."""
    now = asked.now
    key = (
        what,
        __version__,
        now.city.manifest.content_hash,
        now.city.manifest.generation,
        query.model_dump_json(exclude={"since", "until", "area"}),
        asked.period.since.isoformat(),
        asked.period.until.isoformat(),
        asked.area and (asked.area.level, asked.area.row),
        asked.every.seq,
    )
    return respond(now.answers.get(key, lambda: json_bytes(make())), mimetype)


def _period(query: AnalysisQuery) -> Period:
    zone = service().policy.time_zone
    usual = Period.last_year(utc_now(), zone)
    until = parse_time(query.until, zone) if query.until else usual.until
    if query.since:
        return Period(parse_time(query.since, zone), until, zone)
    if not query.until:
        return usual
    return Period(year_before(until, zone), until, zone)


def _weights(text: str) -> tuple[float, ...] | None:
    if text == WEIGHTED:
        return SEVERITY_WEIGHTS
    return _numbers("severity", text) or None


def _numbers(name: str, text: str) -> tuple[float, ...]:
    """Return decimal numbers separated by commas; none of an empty text."""
    if not text:
        return ()
    values, reasons = parse_degrees(text.split(","), name)
    if reasons:
        raise BadInputError(
            f"{name} is {quote(text)}, allowed are decimal numbers separated by commas"
            + (f", or {WEIGHTED}" if name == "severity" else ""),
            message_zh=f"{name} 为 {quote(text)}，应为以逗号分隔的十进制数"
            + (f"，或 {WEIGHTED}" if name == "severity" else ""),
        )
    return tuple(values.tolist())
