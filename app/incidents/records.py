"""Rows of the tables as the data classes that travel, and the place as it is kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app.grids import City
from app.incidents.incident import Assignee, Event, Incident, Kind, Source, location_codes
from app.incidents.lifecycle import Status
from app.incidents.tables import event, incident, incident_grid
from app.locate import Location

# The layer under which the grids of whoever has an incident stand; no level can be called so.
ASSIGNEE = "@assignee"
# Those grids in one text, for queries that read incidents.
ASSIGNEE_CODES = (
    sa.select(sa.func.aggregate_strings(incident_grid.c.code, "\n"))
    .where(incident_grid.c.incident_id == incident.c.id, incident_grid.c.layer == ASSIGNEE)
    .correlate(incident)
    .scalar_subquery()
    .label("assignee_codes")
)
_OTHER = incident.alias("other")
# Every column of an incident, with the number of the one that it was merged into.
INCIDENTS = sa.select(incident, _OTHER.c.number.label("into_number"), ASSIGNEE_CODES).select_from(
    incident.outerjoin(_OTHER, incident.c.merged_into == _OTHER.c.id)
)
EVENTS = sa.select(event, incident.c.number, incident.c.hazard).select_from(
    event.join(incident, event.c.incident_id == incident.c.id)
)


def to_incident(row: Row[Any]) -> Incident:
    """Return the incident of a row of `INCIDENTS`."""
    assignee = None
    if row.assignee_level is not None:
        assignee = Assignee(row.assignee_level, row.assignee_code or "", row.assignee_role or "")
    return Incident(
        id=row.id,
        number=row.number,
        version=row.version,
        status=Status(row.status),
        hazard=row.hazard,
        severity=row.severity,
        title=row.title,
        description=row.description,
        source=Source(row.source),
        external_source=row.external_source,
        external_id=row.external_id,
        lon_given=row.lon_given,
        lat_given=row.lat_given,
        datum=row.datum,
        lon=row.lon,
        lat=row.lat,
        accuracy_m=row.accuracy_m,
        address=row.address,
        location=row.location,
        location_status=row.location_status,
        generation=row.generation,
        grid=row.grid,
        assignee=assignee,
        merged_into=row.into_number,
        synthetic=row.synthetic,
        created_by=row.created_by,
        occurred_at=row.occurred_at,
        reported_at=row.reported_at,
        updated_at=row.updated_at,
        dispatched_at=row.dispatched_at,
        closed_at=row.closed_at,
        due_at=row.due_at,
        assignee_codes=_assignee_codes(row),
    )


def seen_by_codes(row: Row[Any]) -> frozenset[str]:
    """Return the grids that see an incident, of a row with `location` and `ASSIGNEE_CODES`."""
    return location_codes(row.location) | _assignee_codes(row)


def _assignee_codes(row: Row[Any]) -> frozenset[str]:
    return frozenset(row.assignee_codes.split("\n")) if row.assignee_codes else frozenset()


def to_event(row: Row[Any]) -> Event:
    """Return the event of a row of `EVENTS`."""
    return Event(
        seq=row.seq,
        incident_id=row.incident_id,
        number=row.number,
        version=row.version,
        at=row.at,
        kind=Kind(row.kind),
        actor_id=row.actor_id,
        actor=row.actor,
        status_from=Status(row.status_from) if row.status_from else None,
        status_to=Status(row.status_to),
        note=row.note,
        data=row.data,
        codes=frozenset(row.codes),
        hazard=row.hazard,
    )


def event_record(told: Event) -> dict[str, Any]:
    """Return an event as it is sent to others: all of it, by plain values."""
    return {
        "seq": told.seq,
        "number": told.number,
        "version": told.version,
        "at": told.at.isoformat().replace("+00:00", "Z"),
        "kind": str(told.kind),
        "move": str(told.move) if told.move else None,
        "hazard": told.hazard,
        "actor": told.actor,
        "status_from": str(told.status_from) if told.status_from else None,
        "status_to": str(told.status_to),
        "note": told.note,
        "data": told.data,
        "codes": sorted(told.codes),
    }


def location_record(location: Location, city: City) -> dict[str, Any]:
    """Return a location as it is kept with an incident: all of it, by plain values."""
    return {
        "city": city.manifest.id,
        "generation": city.manifest.generation,
        "status": str(location.status),
        "codes": dict(location.codes),
        "overlays": {ident: list(codes) for ident, codes in location.overlays.items()},
        "border_m": location.border_m,
        "neighbour": location.neighbour,
        "alternatives": [
            {"code": one.code, "distance_m": one.distance_m} for one in location.alternatives
        ],
        "outside_area": location.outside_area,
        "governed_by": location.governed_by,
    }


def grid_rows(ident: int, location: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of incident_grid of a place: one for each level and overlay that holds it."""
    layers = [(layer, [code]) for layer, code in location.get("codes", {}).items()]
    layers += list(location.get("overlays", {}).items())
    return [
        {"incident_id": ident, "layer": layer, "code": code}
        for layer, codes in layers
        for code in codes
    ]


def keep_grids(connection: Connection, ident: int, location: dict[str, Any]) -> None:
    """Write in which grids an incident lies, in place of what was written before."""
    _keep(connection, ident, incident_grid.c.layer != ASSIGNEE, grid_rows(ident, location))


def assignee_rows(ident: int, codes: Iterable[str]) -> list[dict[str, Any]]:
    """Return the rows of incident_grid of the grids of whoever has an incident."""
    return [{"incident_id": ident, "layer": ASSIGNEE, "code": code} for code in sorted(codes)]


def keep_assignee(connection: Connection, ident: int, codes: Iterable[str]) -> None:
    """Write of which grids whoever has an incident is, in place of what was written before."""
    _keep(connection, ident, incident_grid.c.layer == ASSIGNEE, assignee_rows(ident, codes))


def _keep(
    connection: Connection,
    ident: int,
    those: sa.ColumnElement[bool],
    rows: list[dict[str, Any]],
) -> None:
    connection.execute(sa.delete(incident_grid).where(incident_grid.c.incident_id == ident, those))
    if rows:
        connection.execute(sa.insert(incident_grid), rows)
