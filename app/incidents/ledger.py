"""Reading incidents: one, a page of them, what happened to one, who reported it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.accounts import Actor, Permission
from app.errors import BadInputError, NotFoundError
from app.incidents.incident import Event, Incident, Page, Query
from app.incidents.policy import Policy
from app.incidents.records import ASSIGNEE, EVENTS, INCIDENTS, to_event, to_incident
from app.incidents.tables import event, incident, incident_grid
from app.store import Database, utc_now

ORDERS = ("reported_at", "occurred_at", "updated_at", "due_at", "severity", "number", "status")
MAX_LIMIT = 10_000
# No text in a database holds it, and PostgreSQL refuses to be asked for it.
NUL = "\x00"


class Ledger:
    """The incidents of a database, as somebody may see them.

    Parameters
    ----------
    database
        Where they are kept.
    policy
        Names the hazards.
    """

    def __init__(self, database: Database, policy: Policy) -> None:
        self._database = database
        self._policy = policy

    def get(self, actor: Actor, number: str) -> Incident:
        """Return one incident.

        Raises
        ------
        NotFoundError
            If there is none of this number that the actor may see.
        """
        with self._database.read() as connection:
            return find_visible(connection, actor, number)

    def history(self, actor: Actor, number: str) -> tuple[Event, ...]:
        """Return everything that happened to an incident, first things first; raises like `get`."""
        with self._database.read() as connection:
            found = find_visible(connection, actor, number)
            asked = EVENTS.where(event.c.incident_id == found.id).order_by(event.c.seq)
            return tuple(to_event(row) for row in connection.execute(asked))

    def merged(self, actor: Actor, number: str) -> tuple[str, ...]:
        """Return the numbers of the incidents that were merged into one; raises like `get`."""
        with self._database.read() as connection:
            found = find_visible(connection, actor, number)
            asked = sa.select(incident.c.number).where(incident.c.merged_into == found.id)
            return tuple(connection.execute(asked.order_by(incident.c.id)).scalars())

    def find(self, actor: Actor, query: Query, now: datetime | None = None) -> Page:
        """Return the incidents that a query asks for, and how many there are.

        Raises
        ------
        BadInputError
            If the hazard, the order or the limit is not one.
        """
        actor.require(Permission.VIEW)
        limits = [*self._limits(query, now or utc_now()), *visible(actor)]
        asked = INCIDENTS.where(*limits).order_by(*_order(query.order))
        if not 0 < query.limit <= MAX_LIMIT or query.after < 0:
            raise BadInputError(
                f"limit is {query.limit} and after is {query.after}, allowed are 1 to {MAX_LIMIT} "
                "and 0 or more",
                message_zh=f"limit 为 {query.limit}、after 为 {query.after}，"
                f"应为 1 至 {MAX_LIMIT} 与不小于 0",
            )
        if NUL in f"{query.text}{query.code}{query.location_status}":
            return Page()
        count = sa.select(sa.func.count()).select_from(incident).where(*limits)
        with self._database.read() as connection:
            rows = connection.execute(asked.limit(query.limit).offset(query.after)).all()
            total = connection.execute(count).scalar_one()
        return Page(tuple(to_incident(row) for row in rows), total)

    def numbered(self, actor: Actor, numbers: list[str]) -> dict[str, Incident]:
        """Return those incidents of some numbers that the actor may see, by number."""
        actor.require(Permission.VIEW)
        asked = INCIDENTS.where(incident.c.number.in_(numbers), *visible(actor))
        with self._database.read() as connection:
            found = [to_incident(row) for row in connection.execute(asked)]
        return {one.number: one for one in found}

    def limits(self, actor: Actor, query: Query) -> list[sa.ColumnElement[bool]]:
        """Return the conditions that an incident fulfils which an actor sees and a query asks for.

        Raises
        ------
        BadInputError
            If the hazard is not one.
        """
        return [*self._limits(query, utc_now()), *visible(actor)]

    def _limits(  # noqa: C901, PLR0912 - one field of the query after the other
        self, query: Query, now: datetime
    ) -> list[sa.ColumnElement[bool]]:
        c = incident.c
        limits: list[sa.ColumnElement[bool]] = []
        if query.statuses:
            limits.append(c.status.in_([str(one) for one in query.statuses]))
        if query.hazard is not None:
            limits.append(c.hazard.in_(self._policy.kinds(query.hazard)))
        if query.hazards:
            limits.append(c.hazard.in_(query.hazards))
        if query.severities:
            limits.append(c.severity.in_(query.severities))
        if query.code is not None:
            limits.append(lies_in(query.code))
        if query.bbox is not None:
            west, south, east, north = query.bbox
            limits += [c.lon.between(west, east), c.lat.between(south, north)]
        if query.text:
            limits.append(_holds(query.text))
        if query.overdue is not None:
            late = sa.and_(c.due_at.is_not(None), c.due_at < now)
            limits.append(late if query.overdue else sa.not_(late))
        if query.since is not None:
            limits.append(c.occurred_at >= query.since)
        if query.until is not None:
            limits.append(c.occurred_at < query.until)
        if query.reported_since is not None:
            limits.append(c.reported_at >= query.reported_since)
        if query.reported_until is not None:
            limits.append(c.reported_at < query.reported_until)
        if query.location_status is not None:
            limits.append(c.location_status == query.location_status)
        return limits


def _holds(text: str) -> sa.ColumnElement[bool]:
    """Return the condition that a text stands in one of the fields that people search."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    searched = (incident.c.number, incident.c.title, incident.c.description, incident.c.address)
    return sa.or_(*(one.ilike(f"%{escaped}%", escape="\\") for one in searched))


def lies_in(code: str) -> sa.ColumnElement[bool]:
    """Return the condition that an incident lies in a grid, of whatever level or overlay."""
    c = incident_grid.c
    return sa.exists().where(c.incident_id == incident.c.id, c.code == code, c.layer != ASSIGNEE)


def visible(actor: Actor) -> list[sa.ColumnElement[bool]]:
    """Return the conditions on an incident for an actor to see it.

    It lies in the actor's area, or somebody there has it.
    """
    if actor.area is None:
        return []
    c = incident_grid.c
    return [sa.exists().where(c.incident_id == incident.c.id, c.code == actor.area)]


def find_visible(connection: Connection, actor: Actor, number: str) -> Incident:
    """Return an incident by number within a transaction.

    Raises
    ------
    NotFoundError
        If there is none that the actor may see: whether one exists elsewhere is not told.
    """
    actor.require(Permission.VIEW)
    asked = INCIDENTS.where(incident.c.number == number, *visible(actor))
    row: sa.Row[Any] | None = None if NUL in number else connection.execute(asked).first()
    if row is None:
        raise NotFoundError(
            f"there is no incident {number!r}" + (f" in {actor.area}" if actor.area else ""),
            "A number looks like JY-20261122-0042.",
            message_zh=f"没有编号为 {number!r} 的事件",
            hint_zh="编号形如 JY-20261122-0042。",
        )
    return to_incident(row)


def _order(name: str) -> list[sa.ColumnElement[Any]]:
    column = name.removeprefix("-")
    if column not in ORDERS:
        raise BadInputError(
            f"order is {name!r}, allowed are {list(ORDERS)}, with - for descending",
            message_zh=f"order 为 {name!r}，可用：{'、'.join(ORDERS)}，前加 - 为降序",
        )
    by = incident.c[column]
    if name.startswith("-"):
        return [by.desc().nulls_last(), incident.c.id.desc()]
    return [by.asc().nulls_last(), incident.c.id]
