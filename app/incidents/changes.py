"""How a change is written: the incident, its event, and the event's number in the feed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.accounts import Actor
from app.incidents.feed import FEED, next_value
from app.incidents.incident import Incident, Kind
from app.incidents.records import INCIDENTS, to_incident
from app.incidents.tables import event, event_grid, incident, reporter


def change(
    connection: Connection,
    actor: Actor,
    before: Incident,
    values: dict[str, Any],
    now: datetime,
    kind: Kind,
    *,
    note: str = "",
    data: dict[str, Any],
) -> Incident:
    """Write a change of an incident with its event, and return the incident as it is then.

    Parameters
    ----------
    connection
        In a write transaction, the incident locked.
    values
        Columns of the incident to change; the version is raised in any case.
    data
        What the event says of it; no personal field.
    """
    values = values | {"version": before.version + 1, "updated_at": now}
    connection.execute(sa.update(incident).where(incident.c.id == before.id).values(values))
    after = load(connection, before.id)
    tell(connection, actor, kind, before, after, now, note=note, data=data)
    return after


def lock(connection: Connection, number: str) -> None:
    """Let nobody else change an incident until the transaction ends."""
    if "\x00" in number:  # none has such a number, and PostgreSQL refuses to look
        return
    asked = sa.select(incident.c.id).where(incident.c.number == number).with_for_update()
    connection.execute(asked)


def load(connection: Connection, ident: int) -> Incident:
    """Return an incident by its key, within a transaction."""
    return to_incident(connection.execute(INCIDENTS.where(incident.c.id == ident)).one())


def load_numbered(connection: Connection, number: str) -> Incident:
    """Return an incident by its number, whoever may see it, within a transaction."""
    return to_incident(connection.execute(INCIDENTS.where(incident.c.number == number)).one())


def tell(
    connection: Connection,
    actor: Actor,
    kind: Kind,
    before: Incident | None,
    after: Incident,
    now: datetime,
    *,
    note: str = "",
    data: dict[str, Any],
) -> None:
    """Write the event of a change.

    The counter of the feed is locked from here to the end of the transaction: everybody else who
    changes something waits for that, so what takes time is done before.
    """
    codes = sorted(after.seen_by_codes | (before.seen_by_codes if before else frozenset()))
    seq = next_value(connection, FEED)
    connection.execute(
        sa.insert(event).values(
            seq=seq,
            incident_id=after.id,
            version=after.version,
            at=now,
            kind=str(kind),
            actor_id=actor.id,
            actor=actor.label,
            status_from=str(before.status) if before else None,
            status_to=str(after.status),
            note=note,
            data=data,
            codes=codes,
        )
    )
    if codes:
        connection.execute(sa.insert(event_grid), [{"seq": seq, "code": code} for code in codes])


def keep_reporter(connection: Connection, ident: int, name: str, contact: str) -> None:
    """Write who reported an incident; nothing where nobody is named."""
    if name or contact:
        values = {"incident_id": ident, "name": name, "contact": contact}
        connection.execute(sa.insert(reporter).values(values))


def change_reporter(connection: Connection, ident: int, given: dict[str, Any]) -> None:
    """Change `reporter_name` and `reporter_contact`, those of them that are given."""
    found = connection.execute(sa.select(reporter).where(reporter.c.incident_id == ident)).first()
    name = given.get("reporter_name", found.name if found else "")
    contact = given.get("reporter_contact", found.contact if found else "")
    connection.execute(sa.delete(reporter).where(reporter.c.incident_id == ident))
    keep_reporter(connection, ident, name, contact)
