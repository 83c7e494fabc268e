"""/api/incidents/live, nearest and duplicates: open incidents by where they are."""

from __future__ import annotations

from apiflask import APIBlueprint

from app.incidents.duplicates import find_duplicates, same_kinds
from app.incidents.pins import Such
from app.store import utc_now
from app.web.auth import current_actor
from app.web.incident_reading import read_severities, read_statuses
from app.web.incident_views import duplicate_out, summary
from app.web.points import as_wgs84
from app.web.reading import parse_bbox, takes
from app.web.schemas_incidents import (
    DuplicatesQuery,
    LiveQuery,
    NearestQuery,
)
from app.web.schemas_incidents_out import (
    DuplicatesOut,
    LiveOut,
    NearestOut,
    NearOut,
    PinOut,
)
from app.web.service import service

bp = APIBlueprint("live", __name__, tag="Incidents")

_MAY_NOT = "Your account may not see incidents"


@bp.get("/api/incidents/live")
@takes(bp, LiveQuery, "query")
@bp.output(LiveOut)
@bp.doc(responses={403: _MAY_NOT})
def get_live(query_data: LiveQuery) -> LiveOut:
    """Return the open incidents in a box, as small as a map needs them."""
    now = service()
    box = parse_bbox(query_data.bbox)
    at = utc_now()
    such = Such(
        severities=read_severities(query_data.severity),
        statuses=read_statuses(query_data.status),
        overdue={"": None, "true": True, "false": False}[query_data.overdue],
        at=at,
    )
    kinds = _kinds(query_data.hazard)
    found = now.live.in_box(current_actor(), box, query_data.limit, kinds, such)
    return LiveOut(
        pins=[
            PinOut(
                number=one.number,
                lon=one.lon,
                lat=one.lat,
                hazard=one.hazard,
                severity=one.severity,
                status=one.status.value,
                overdue=one.due_at is not None and one.due_at < at,
                due_at=one.due_at,
            )
            for one in found.pins
        ],
        total=found.total,
        seq=found.seq,
    )


@bp.get("/api/incidents/nearest")
@takes(bp, NearestQuery, "query")
@bp.output(NearestOut)
@bp.doc(responses={403: _MAY_NOT})
def get_nearest(query_data: NearestQuery) -> NearestOut:
    """Return the open incidents nearest to a point, in true metres."""
    now = service()
    actor = current_actor()
    lon, lat = as_wgs84(query_data.lon, query_data.lat, query_data.datum, now.city)
    near = now.live.nearest(actor, lon, lat, query_data.k, _kinds(query_data.hazard))
    found = now.ledger.numbered(actor, [one.pin.number for one in near])
    at = utc_now()
    return NearestOut(
        incidents=[
            NearOut(**summary(now.city, found[one.pin.number], at), distance_m=one.distance_m)
            for one in near
            if one.pin.number in found
        ]
    )


@bp.get("/api/incidents/duplicates")
@takes(bp, DuplicatesQuery, "query")
@bp.output(DuplicatesOut)
@bp.doc(responses={403: _MAY_NOT})
def get_duplicates(query_data: DuplicatesQuery) -> DuplicatesOut:
    """Return open incidents that may be what is about to be reported."""
    now = service()
    rule = now.policy.hazard(query_data.hazard)
    lon, lat = as_wgs84(query_data.lon, query_data.lat, query_data.datum, now.city)
    at = utc_now()
    found = find_duplicates(
        now.live,
        now.ledger,
        now.policy,
        current_actor(),
        rule.id,
        lon,
        lat,
        query_data.occurred_at or at,
    )
    return DuplicatesOut(
        duplicates=[duplicate_out(now.city, one, at) for one in found],
        within_m=rule.duplicate_m,
        within_hours=rule.duplicate_hours,
        hazards=list(same_kinds(now.policy, rule.id)),
    )


def _kinds(hazard: str) -> tuple[str, ...]:
    return service().policy.kinds(hazard) if hazard else ()
