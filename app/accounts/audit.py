"""The audit log: who saw a personal field, who changed an account. Written once, never changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.accounts.actor import Actor
from app.accounts.tables import audit
from app.store import utc_now


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the audit log.

    Attributes
    ----------
    id : int
        Its number; a later record has a higher one.
    at : datetime
        When, UTC.
    account_id : int or None
        Who; None for a script or the demo.
    label : str
        The account's label at that time.
    what : str
        What was done, such as ``view_reporter``.
    subject : str
        To what: the number of an incident, the code of a grid, the name of an account.
    fields : list of str
        Names of the fields that were seen or changed.
    remote : str
        Address from which it was asked; "" where there is none.
    """

    id: int
    at: datetime
    account_id: int | None
    label: str
    what: str
    subject: str
    fields: list[str]
    remote: str


def record(
    connection: Connection, actor: Actor, what: str, subject: str, fields: Iterable[str]
) -> None:
    """Keep who does what, in the transaction in which it is done.

    A personal field is read in the same write transaction, after its record: who looked is known
    even if the answer never arrives, and nothing is shown that could not be recorded.

    Parameters
    ----------
    connection
        In a write transaction (`Database.write`).
    actor
        Who does it.
    what
        What is done: a verb and a noun, such as ``view_reporter`` or ``set_password``.
    subject
        To what: the number of an incident, the code of a grid, the name of an account.
    fields
        Names of the fields that are seen or changed; never what they hold.
    """
    record_each(connection, actor, what, [subject], fields)


def record_each(
    connection: Connection,
    actor: Actor,
    what: str,
    subjects: Iterable[str],
    fields: Iterable[str],
) -> None:
    """Keep who does one thing to many subjects: a record of each, so that each can be asked for.

    Parameters
    ----------
    connection, actor, what, fields
        As `record`.
    subjects
        To what.
    """
    rest = {
        "at": utc_now(),
        "account_id": actor.id,
        "label": actor.label,
        "what": what,
        "fields": sorted(fields),
        "remote": actor.remote,
    }
    rows = [rest | {"subject": subject} for subject in subjects]
    if rows:
        connection.execute(sa.insert(audit), rows)


def records(
    connection: Connection, *, before: int | None = None, subject: str = "", limit: int = 100
) -> list[Record]:
    """Return records, the newest first.

    Parameters
    ----------
    before
        Only records with a lower number: the last one of the page before.
    subject
        Only records about this; "" for all.
    limit
        How many at most.
    """
    asked = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        asked = asked.where(audit.c.id < before)
    if subject:
        asked = asked.where(audit.c.subject == subject)
    return [Record(**row) for row in connection.execute(asked).mappings()]
