"""/api/incidents: reported, listed, moved along their life cycle, changed, merged."""

from __future__ import annotations

from typing import Any, cast

from apiflask import APIBlueprint
from flask import Response, jsonify, url_for

from app.accounts import Actor
from app.incidents.assign import Offer, read_proposal
from app.incidents.contact import read_reporter
from app.incidents.duplicates import Duplicate, find_duplicates
from app.incidents.incident import Assignee, Changes, Draft, Incident, Query, Source
from app.incidents.lifecycle import Move
from app.incidents.reach import is_seen
from app.store import utc_now
from app.web.auth import current_actor
from app.web.errors import language
from app.web.incident_reading import read_severities, read_statuses
from app.web.incident_views import (
    duplicate_out,
    event_out,
    feature,
    incident_out,
    proposal_out,
    summary_out,
)
from app.web.reading import parse_bbox, takes
from app.web.schemas_incidents import (
    ChangesBody,
    CommentBody,
    DraftBody,
    IncidentsQuery,
    MergeBody,
    MoveBody,
)
from app.web.schemas_incidents_out import (
    ContactOut,
    HistoryOut,
    IncidentOut,
    IncidentsOut,
    ProposalOut,
    ReportedOut,
)
from app.web.service import service

bp = APIBlueprint("incidents", __name__, tag="Incidents")

GEOJSON = "application/geo+json"
_NONE = "You see no incident of this number"
_MAY_NOT = "Your account may not do this, or not here"
_KNOWN = {
    "description": "The incident that came under this external id before",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ReportedOut"}}},
}
_CONFLICT = "It has another version or status by now; error.details tells which, and what it allows"


@bp.get("/api/incidents")
@takes(bp, IncidentsQuery, "query")
@bp.output(IncidentsOut)
@bp.doc(
    responses=cast("Any", {200: {"content": {GEOJSON: {"schema": {"type": "object"}}}}})
    | {403: _MAY_NOT}
)
def get_incidents(query_data: IncidentsQuery) -> IncidentsOut | Response:
    """Return the incidents that are asked for, a page of them, and how many there are."""
    now = service()
    at = utc_now()
    query = to_query(query_data)
    page = now.ledger.find(current_actor(), query, at)
    if query_data.format == "geojson":
        answer = jsonify(
            {
                "type": "FeatureCollection",
                "features": [feature(one, at) for one in page.incidents],
                "total": page.total,
            }
        )
        answer.mimetype = GEOJSON
        return answer
    return IncidentsOut(
        incidents=[summary_out(now.city, one, at) for one in page.incidents],
        total=page.total,
        limit=query.limit,
        after=query.after,
    )


@bp.post("/api/incidents")
@takes(bp, DraftBody, "json")
@bp.output(ReportedOut, status_code=201)
@bp.doc(responses=cast("Any", {200: _KNOWN}) | {403: _MAY_NOT})
def post_incident(json_data: DraftBody) -> tuple[ReportedOut, int, dict[str, str]]:
    """Take a report in; answer it with what may be the same, and who should be asked."""
    now = service()
    actor = current_actor()
    values = json_data.model_dump()
    draft = Draft(**(values | {"source": Source(json_data.source)}))
    incident, new = now.desk.report(actor, draft)
    same = _duplicates_of(actor, incident) if incident.is_open else ()
    at = utc_now()
    answer = ReportedOut(
        incident=_full(actor, incident),
        new=new,
        duplicates=[duplicate_out(now.city, one, at) for one in same],
        proposal=_proposal(actor, incident),
    )
    where = url_for("incidents.get_incident", number=incident.number)
    return answer, 201 if new else 200, {"Location": where}


@bp.get("/api/incidents/<number>")
@bp.output(IncidentOut)
@bp.doc(responses={403: _MAY_NOT, 404: _NONE})
def get_incident(number: str) -> IncidentOut:
    """Return one incident, with the moves that you may make."""
    actor = current_actor()
    return _full(actor, service().ledger.get(actor, number))


@bp.get("/api/incidents/<number>/history")
@bp.output(HistoryOut)
@bp.doc(responses={403: _MAY_NOT, 404: _NONE})
def get_history(number: str) -> HistoryOut:
    """Return everything that happened to an incident, first things first."""
    events = service().ledger.history(current_actor(), number)
    return HistoryOut(number=number, events=[event_out(one) for one in events])


@bp.post("/api/incidents/<number>/moves")
@takes(bp, MoveBody, "json")
@bp.output(IncidentOut)
@bp.doc(responses={403: _MAY_NOT, 404: _NONE, 409: _CONFLICT})
def post_move(number: str, json_data: MoveBody) -> IncidentOut:
    """Move an incident along its life cycle."""
    actor = current_actor()
    given = json_data.assignee
    assignee = Assignee(given.level, given.code, given.role) if given else None
    moved = service().desk.move(
        actor, number, Move(json_data.move), json_data.version, json_data.note, assignee
    )
    return _full(actor, moved)


@bp.post("/api/incidents/<number>/merge")
@takes(bp, MergeBody, "json")
@bp.output(IncidentOut)
@bp.doc(responses={403: _MAY_NOT, 404: _NONE, 409: _CONFLICT})
def post_merge(number: str, json_data: MergeBody) -> IncidentOut:
    """Merge an incident into another that tells of the same; both keep their histories."""
    actor = current_actor()
    merged = service().desk.merge(actor, number, json_data.version, json_data.into, json_data.note)
    return _full(actor, merged)


@bp.patch("/api/incidents/<number>")
@takes(bp, ChangesBody, "json")
@bp.output(IncidentOut)
@bp.doc(responses={403: _MAY_NOT, 404: _NONE, 409: _CONFLICT})
def patch_incident(number: str, json_data: ChangesBody) -> IncidentOut:
    """Change fields of an incident; a changed place is located anew."""
    actor = current_actor()
    changes = Changes(**json_data.model_dump(exclude={"version", "note"}))
    changed = service().desk.edit(actor, number, json_data.version, changes, json_data.note)
    return _full(actor, changed)


@bp.post("/api/incidents/<number>/comments")
@takes(bp, CommentBody, "json")
@bp.output(IncidentOut, status_code=201)
@bp.doc(responses={403: _MAY_NOT, 404: _NONE})
def post_comment(number: str, json_data: CommentBody) -> tuple[IncidentOut, int]:
    """Add a remark to the history; it needs no version, since nothing else changes."""
    actor = current_actor()
    return _full(actor, service().desk.comment(actor, number, json_data.note)), 201


@bp.get("/api/incidents/<number>/proposal")
@bp.output(ProposalOut)
@bp.doc(responses={403: _MAY_NOT, 404: _NONE})
def get_proposal(number: str) -> ProposalOut:
    """Say who should be asked, and why, by the policy and who is on duty now."""
    actor = current_actor()
    return _proposal(actor, service().ledger.get(actor, number))


@bp.get("/api/incidents/<number>/contact")
@bp.output(ContactOut)
@bp.doc(responses={403: _MAY_NOT, 404: _NONE})
def get_contact(number: str) -> tuple[ContactOut, int, dict[str, str]]:
    """Say who reported an incident; that you asked is recorded."""
    found = read_reporter(service().database, current_actor(), number)
    answer = ContactOut(number=number, name=found.name, contact=found.contact)
    return answer, 200, {"Cache-Control": "no-store"}


def to_query(asked: IncidentsQuery) -> Query:
    """Return which incidents a query string asks for.

    Raises
    ------
    BadInputError
        If a value is not usable; names the parameter and what is allowed.
    """
    return Query(
        statuses=read_statuses(asked.status),
        hazard=asked.hazard or None,
        severities=read_severities(asked.severity),
        code=asked.grid or None,
        bbox=parse_bbox(asked.bbox) if asked.bbox else None,
        text=asked.text,
        overdue={"": None, "true": True, "false": False}[asked.overdue],
        since=asked.since,
        until=asked.until,
        location_status=asked.location_status or None,
        order=asked.order,
        limit=asked.limit,
        after=asked.after,
    )


def _full(actor: Actor, incident: Incident) -> IncidentOut:
    now = service()
    seen = is_seen(actor, incident)
    merged = now.ledger.merged(actor, incident.number) if seen else ()
    photos = now.photos.of(actor, incident.number) if seen else ()
    return incident_out(
        now.city, now.policy, actor, incident, utc_now(), language(), merged, photos
    )


def _duplicates_of(actor: Actor, incident: Incident) -> tuple[Duplicate, ...]:
    if incident.lon is None or incident.lat is None:
        return ()
    now = service()
    return find_duplicates(
        now.live,
        now.ledger,
        now.policy,
        actor,
        incident.hazard,
        incident.lon,
        incident.lat,
        incident.occurred_at,
        but=incident.number,
    )


def _proposal(actor: Actor, incident: Incident) -> ProposalOut:
    now = service()
    found = read_proposal(now.database, now.city, now.policy, incident, utc_now())

    def phone_of(offer: Offer) -> str | None:
        people = now.staff(actor, offer.assignee.code)
        return next((one.phone for one in people if one.label == offer.label), None)

    return proposal_out(now.city, found, language(), phone_of)
