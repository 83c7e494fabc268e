"""The numbers of the feed: without holes, in the order in which changes take effect.

A counter row gives the next number and stays locked until its transaction ends. So a number is
visible only after every lower one is, on PostgreSQL too, where transactions otherwise become
visible in any order; and what is rolled back gives its number back. A reader that has seen
number n has seen everything up to n, and asks for what comes after n.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from app.accounts import Actor, Permission
from app.incidents.incident import Event
from app.incidents.records import EVENTS, to_event
from app.incidents.tables import counter, event, event_grid
from app.store import Database

FEED = "feed"
MAX_EVENTS = 1_000


def next_value(connection: Connection, name: str) -> int:
    """Return 1, 2, 3 … for a counter; its row stays locked until the transaction ends."""
    return take_values(connection, name, 1)


def take_values(connection: Connection, name: str, count: int) -> int:
    """Take the next `count` values of a counter like `next_value`; return the last of them."""
    raised = (
        sa.update(counter)
        .where(counter.c.name == name)
        .values(value=counter.c.value + count)
        .returning(counter.c.value)
    )
    value = connection.execute(raised).scalar()
    if value is None:
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        begun = insert(counter).values(name=name, value=0).on_conflict_do_nothing()
        connection.execute(begun)
        value = connection.execute(raised).scalar_one()
    return int(value)


class Feed:
    """Everything that changes, in order.

    Parameters
    ----------
    database
        Where it is kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def head(self) -> int:
        """Return the highest number so far, 0 before the first."""
        with self._database.read() as connection:
            return connection.execute(sa.select(sa.func.max(event.c.seq))).scalar() or 0

    def after(self, seq: int, limit: int = MAX_EVENTS) -> tuple[Event, ...]:
        """Return the events after a number, at most `limit`, whoever may see them."""
        asked = EVENTS.where(event.c.seq > seq).order_by(event.c.seq).limit(limit)
        with self._database.read() as connection:
            return tuple(to_event(row) for row in connection.execute(asked))

    def seen_by(self, actor: Actor, seq: int, limit: int = MAX_EVENTS) -> tuple[Event, ...]:
        """Return the events after a number that an actor may see, at most `limit`."""
        actor.require(Permission.VIEW)
        asked = EVENTS.where(event.c.seq > seq).order_by(event.c.seq).limit(limit)
        if actor.area is not None:
            here = sa.exists().where(
                event_grid.c.seq == event.c.seq, event_grid.c.code == actor.area
            )
            asked = asked.where(here)
        with self._database.read() as connection:
            return tuple(to_event(row) for row in connection.execute(asked))


def seen(events: Sequence[Event], actor: Actor) -> list[Event]:
    """Return those of some events that an actor may see."""
    if actor.area is None:
        return list(events)
    return [one for one in events if actor.area in one.codes]
