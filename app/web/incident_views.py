"""Incidents in the words of the API: domain objects in, typed answers out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any, cast

from flask import url_for

from app.accounts import Actor
from app.errors import NotFoundError
from app.grids import City
from app.incidents.assign import Offer, Proposal
from app.incidents.duplicates import Duplicate
from app.incidents.incident import CITY_LEVEL, Assignee, Event, Incident
from app.incidents.lifecycle import TRANSITIONS, Transition, allowed
from app.incidents.photos import Photo
from app.incidents.policy import Policy
from app.incidents.reach import rights
from app.web.schemas import AlternativeOut, ChainRef, GridRef, OutsideOut
from app.web.schemas_incidents_out import (
    AssigneeOut,
    DuplicateOut,
    EventOut,
    IncidentOut,
    MoveOut,
    OfferOut,
    PhotoOut,
    PlaceOut,
    ProposalOut,
    SummaryOut,
)

_RULES = {
    "level": (
        "the leader of the finest grid comes first, then the dedicated grid's",
        "先派给最细一级网格的负责人，再派给专属网格的负责人",
    ),
    "dedicated": (
        "where a dedicated grid holds the place, its leader comes first",
        "有专属网格的，先派给专属网格的负责人",
    ),
}


def grid_name(city: City, code: str, part: str = "") -> str:
    """Return the name of a grid, "" where the present boundaries do not know it."""
    try:
        return city.name_of(code, part)
    except NotFoundError:
        return ""


def assignee_out(city: City, assignee: Assignee | None) -> AssigneeOut | None:
    """Return who has an incident, with the name of the grid."""
    if assignee is None:
        return None
    if assignee.level == CITY_LEVEL:
        name = city.manifest.name
    else:
        name = grid_name(city, assignee.code, assignee.level)
    return AssigneeOut(**asdict(assignee), name=name)


def summary(city: City, incident: Incident, now: datetime) -> dict[str, Any]:
    """Return the fields of a `SummaryOut`."""
    return {
        "number": incident.number,
        "version": incident.version,
        "status": str(incident.status),
        "hazard": incident.hazard,
        "severity": incident.severity,
        "title": incident.title,
        "address": incident.address,
        "source": str(incident.source),
        "lon": incident.lon,
        "lat": incident.lat,
        "location_status": incident.location_status,
        "grid": incident.grid,
        "assignee": assignee_out(city, incident.assignee),
        "merged_into": incident.merged_into,
        "synthetic": incident.synthetic,
        "open": incident.is_open,
        "overdue": incident.is_overdue(now),
        "occurred_at": incident.occurred_at,
        "reported_at": incident.reported_at,
        "updated_at": incident.updated_at,
        "due_at": incident.due_at,
    }


def summary_out(city: City, incident: Incident, now: datetime) -> SummaryOut:
    """Return an incident as lists have it."""
    return SummaryOut(**summary(city, incident, now))


def incident_out(
    city: City,
    policy: Policy,
    actor: Actor,
    incident: Incident,
    now: datetime,
    language: str,
    merged: Iterable[str] = (),
    photos: Iterable[Photo] = (),
) -> IncidentOut:
    """Return an incident in full, with the moves that this actor may make."""
    return IncidentOut(
        **summary(city, incident, now),
        description=incident.description,
        external_source=incident.external_source,
        external_id=incident.external_id,
        lon_given=incident.lon_given,
        lat_given=incident.lat_given,
        datum=cast("Any", incident.datum),
        accuracy_m=incident.accuracy_m,
        dispatched_at=incident.dispatched_at,
        closed_at=incident.closed_at,
        place=place_out(city, policy, incident, language),
        assignee_elsewhere=incident.assignee_elsewhere,
        moves=[
            move_out(TRANSITIONS[one])
            for one in allowed(incident.status)
            if TRANSITIONS[one].permission in rights(actor, incident)
        ],
        merged=list(merged),
        photos=[photo_out(incident.number, one) for one in photos],
    )


def place_out(city: City, policy: Policy, incident: Incident, language: str) -> PlaceOut:
    """Return what the locator said of the place, with the names of the grids."""
    location = incident.location
    finest = city.levels[-1].id
    names = {one.id: one.name for one in city.levels}
    names |= {one.id: one.name for one in city.overlays}
    neighbour = location.get("neighbour")
    border_m = location.get("border_m")

    def ref(layer: str, code: str) -> ChainRef:
        return ChainRef(
            level=layer,
            level_name=names.get(layer, ""),
            code=code,
            name=grid_name(city, code, layer) if layer in names else "",
        )

    governed_by = location.get("governed_by")
    return PlaceOut(
        status=location["status"],
        chain=[ref(level, code) for level, code in location.get("codes", {}).items()],
        overlays=[
            ref(overlay, code)
            for overlay, codes in location.get("overlays", {}).items()
            for code in codes
        ],
        border_m=border_m,
        neighbour=GridRef(code=neighbour, name=grid_name(city, neighbour, finest))
        if neighbour
        else None,
        alternatives=[
            AlternativeOut(
                code=one["code"],
                name=grid_name(city, one["code"], finest),
                distance_m=one["distance_m"],
            )
            for one in location.get("alternatives", ())
        ],
        outside=OutsideOut(name=location.get("outside_area") or "", governed_by=governed_by)
        if governed_by
        else None,
        border_note=_border_note(city, policy, neighbour, border_m, language),
        generation=incident.generation,
    )


def _border_note(
    city: City, policy: Policy, neighbour: str | None, border_m: float | None, language: str
) -> str:
    if border_m is None or border_m >= policy.neighbour_within_m:
        return ""
    if neighbour is None:
        return (
            f"距边界 {border_m:.0f} 米，界外不属于任何网格"
            if language == "zh"
            else f"the border is {border_m:.0f} m away; no grid lies across it"
        )
    name = grid_name(city, neighbour, city.levels[-1].id) or neighbour
    return (
        f"距边界 {border_m:.0f} 米，相邻网格为{name}（{neighbour}）"
        if language == "zh"
        else f"the border is {border_m:.0f} m away; across it lies {name} ({neighbour})"
    )


def move_out(step: Transition) -> MoveOut:
    """Return a move with its names."""
    return MoveOut(
        move=step.move.value,
        name=step.name,
        name_zh=step.name_zh,
        target=step.target.value if step.target else None,
        note=step.note,
        assignee=step.assigns,
    )


def event_out(event: Event) -> EventOut:
    """Return one change of an incident."""
    return EventOut(
        seq=event.seq,
        version=event.version,
        at=event.at,
        kind=event.kind.value,
        actor=event.actor,
        move=event.move.value if event.move else None,
        status_from=event.status_from.value if event.status_from else None,
        status_to=event.status_to.value,
        note=event.note,
        data=event.data,
    )


def duplicate_out(city: City, duplicate: Duplicate, now: datetime) -> DuplicateOut:
    """Return an open incident that may be the same."""
    return DuplicateOut(
        **summary(city, duplicate.incident, now),
        distance_m=duplicate.distance_m,
        hours=duplicate.hours,
    )


def proposal_out(
    city: City, proposal: Proposal, language: str, phone_of: Callable[[Offer], str | None]
) -> ProposalOut:
    """Return who is asked, with phones only where they may be shown."""

    def offer(one: Offer) -> OfferOut:
        to = assignee_out(city, one.assignee)
        return OfferOut(
            **asdict(one.assignee),
            name=to.name if to else "",
            label=one.label,
            phone=phone_of(one),
            reason=one.reason_zh if language == "zh" else one.reason,
        )

    return ProposalOut(
        rule=cast("Any", proposal.first_assignee),
        rule_text=_RULES[proposal.first_assignee][language == "zh"],
        offers=[offer(one) for one in proposal.offers],
        neighbours=[offer(one) for one in proposal.neighbours],
        notes=list(proposal.notes_zh if language == "zh" else proposal.notes),
        above=assignee_out(city, proposal.above),
    )


def photo_out(number: str, photo: Photo) -> PhotoOut:
    """Return a photo with its addresses."""
    return PhotoOut(
        id=photo.id,
        sha256=photo.sha256,
        width=photo.width,
        height=photo.height,
        size=photo.size,
        added_at=photo.added_at,
        image=url_for("photos.get_photo", number=number, ident=photo.id),
        thumbnail=url_for("photos.get_thumbnail", number=number, ident=photo.id),
    )


def feature(incident: Incident, now: datetime) -> dict[str, Any]:
    """Return an incident as a GeoJSON feature that says no more than a map needs."""
    point = None
    if incident.lon is not None:
        point = {"type": "Point", "coordinates": [incident.lon, incident.lat]}
    return {
        "type": "Feature",
        "id": incident.number,
        "geometry": point,
        "properties": {
            "number": incident.number,
            "hazard": incident.hazard,
            "severity": incident.severity,
            "status": str(incident.status),
            "overdue": incident.is_overdue(now),
        },
    }
