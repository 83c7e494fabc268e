"""Who reported an incident: the one function that reads it, and keeps a record of who looked."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.accounts import Actor, Permission
from app.accounts.audit import record
from app.incidents.ledger import find_visible
from app.incidents.tables import reporter
from app.store import Database

FIELDS = ("reporter_name", "reporter_contact")


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reported an incident; empty where nobody is named."""

    name: str
    contact: str


def read_reporter(database: Database, actor: Actor, number: str) -> Reporter:
    """Return who reported an incident; that it was read is recorded in the same transaction.

    Raises
    ------
    ForbiddenError
        If the actor may not see personal fields.
    NotFoundError
        If the actor sees no such incident.
    """
    actor.require(Permission.CONTACT)

    def work(connection: Connection) -> Reporter:
        found = find_visible(connection, actor, number)
        record(connection, actor, "view_reporter", found.number, FIELDS)
        asked = sa.select(reporter).where(reporter.c.incident_id == found.id)
        row = connection.execute(asked).first()
        return Reporter(row.name, row.contact) if row else Reporter("", "")

    return database.write(work)
