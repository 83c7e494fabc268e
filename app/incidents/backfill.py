"""Taking in histories that happened elsewhere: incidents with all their moves, at their own times.

What the desk does one by one and now, this does for many and then: the same table of moves, the
same numbers, events and feed, in one transaction. What has come under its external id before is
passed over, so that a second run adds nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.errors import BadInputError
from app.incidents.assign import Duty, next_level_up, propose
from app.incidents.checks import check_draft, check_text
from app.incidents.feed import FEED, take_values
from app.incidents.incident import Assignee, Draft, Kind, location_codes
from app.incidents.lifecycle import OPEN, Move, Status, due, transition
from app.incidents.place import Place, find_place
from app.incidents.policy import Policy
from app.incidents.records import grid_rows, location_record
from app.incidents.tables import event, event_grid, incident, incident_grid, reporter
from app.locate import Locator
from app.store import Database

_ROWS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Step:
    """One move of the past.

    Attributes
    ----------
    at : datetime
        When, with a time zone.
    move : Move
    actor : str
        Label of who made it.
    note : str
    into : str or None
        For a merge, the external id of the other incident of the same source.
    """

    at: datetime
    move: Move
    actor: str
    note: str = ""
    into: str | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """An incident of the past: how it was reported, and what was done with it.

    Attributes
    ----------
    draft : Draft
        With external_source, external_id and occurred_at.
    reported_at : datetime
    reported_by : str
        Label.
    steps : tuple of Step
        In order.
    """

    draft: Draft
    reported_at: datetime
    reported_by: str
    steps: tuple[Step, ...] = ()


@dataclass(slots=True)
class _State:
    """One incident while its past is replayed."""

    past: Past
    place: Place
    number: str
    status: Status = Status.REPORTED
    version: int = 1
    assignee: Assignee | None = None
    updated_at: datetime | None = None
    dispatched_at: datetime | None = None
    closed_at: datetime | None = None
    due_at: datetime | None = None
    merged_into: str | None = None
    ident: int = 0
    codes: list[str] = field(default_factory=list)


def backfill(database: Database, locator: Locator, policy: Policy, pasts: Sequence[Past]) -> int:
    """Take the past of incidents in, all or none; return how many were new.

    Parameters
    ----------
    database, locator, policy
        As for `app.incidents.desk.Desk`.
    pasts
        Incidents of one external source, each external id once.

    Raises
    ------
    BadInputError
        If a field is not usable, a time runs backwards, or an external id is missing.
    ConflictError
        If the life cycle does not allow a move.
    """
    for past in pasts:
        policy.hazard(past.draft.hazard)
        _check(past)
    places = _find_places(locator, [past.draft for past in pasts])

    def work(connection: Connection) -> int:
        known = _known(connection, pasts)
        fresh = [
            (past, place)
            for past, place in zip(pasts, places, strict=True)
            if past.draft.external_id not in known
        ]
        if not fresh:
            return 0
        numbers = _numbers(connection, policy, [past for past, _ in fresh])
        states = {
            str(past.draft.external_id): _State(past, place, number)
            for (past, place), number in zip(fresh, numbers, strict=True)
        }
        events = _replay(states, policy, Duty(locator.city, frozenset()))
        _write(connection, list(states.values()), events)
        return len(states)

    return database.write(work)


def _check(past: Past) -> None:
    draft = past.draft
    if draft.external_id is None or draft.external_source is None:
        raise BadInputError("an incident of the past needs external_source and external_id")
    check_draft(draft)
    for step in past.steps:
        check_text("note", step.note)
    times = [past.reported_at, *(step.at for step in past.steps)]
    if any(one.tzinfo is None for one in times):
        raise BadInputError(f"{draft.external_id}: a time has no time zone")
    if any(later < before for before, later in pairwise(times)):
        raise BadInputError(f"{draft.external_id}: a time is before the one that it follows")


def _find_places(locator: Locator, drafts: list[Draft]) -> list[Place]:
    """Locate all drafts; those with a plain WGS-84 point together, the others one by one."""
    plain = [
        row
        for row, one in enumerate(drafts)
        if one.lon is not None
        and one.lat is not None
        and one.datum == "wgs84"
        and one.accuracy_m == 0
    ]
    places: list[Place | None] = [None] * len(drafts)
    if plain:
        lon = np.array([drafts[row].lon for row in plain], dtype=np.float64)
        lat = np.array([drafts[row].lat for row in plain], dtype=np.float64)
        table = locator.locate_table(lon, lat)
        for at, row in enumerate(plain):
            x, y = float(lon[at]), float(lat[at])
            record = location_record(table[at], locator.city)
            places[row] = Place(x, y, "wgs84", x, y, 0.0, record)
    return [
        place or find_place(locator, one.lon, one.lat, one.datum, one.accuracy_m)
        for place, one in zip(places, drafts, strict=True)
    ]


def _known(connection: Connection, pasts: Sequence[Past]) -> set[str]:
    sources = {past.draft.external_source for past in pasts}
    asked = sa.select(incident.c.external_id).where(incident.c.external_source.in_(sources))
    return set(connection.execute(asked).scalars())


def _numbers(connection: Connection, policy: Policy, pasts: list[Past]) -> list[str]:
    """Return a number for each, counted by the day on which it was reported."""
    days = [past.reported_at.astimezone(policy.time_zone).strftime("%Y%m%d") for past in pasts]
    rows: dict[str, list[int]] = defaultdict(list)
    for row in sorted(range(len(pasts)), key=lambda row: pasts[row].reported_at):
        rows[days[row]].append(row)
    numbers = [""] * len(pasts)
    for day in sorted(rows):
        last = take_values(connection, f"number:{day}", len(rows[day]))
        for row, count in zip(rows[day], range(last - len(rows[day]) + 1, last + 1), strict=True):
            numbers[row] = f"{policy.number_prefix}-{day}-{count:04d}"
    return numbers


def _replay(states: dict[str, _State], policy: Policy, duty: Duty) -> list[dict[str, Any]]:
    """Make all moves in the order of their times; return the events, without their numbers."""
    events: list[dict[str, Any]] = []
    todo: list[tuple[datetime, str, Step | None]] = []
    for ident, state in states.items():
        todo.append((state.past.reported_at, ident, None))
        todo += [(step.at, ident, step) for step in state.past.steps]
    todo.sort(key=lambda one: one[0])
    for at, ident, step in todo:
        state = states[ident]
        if step is None:
            events.append(_report(state, policy))
            continue
        before = state.status
        data = _move(state, step, policy, duty)
        state.version += 1
        moved = _event(state, at, Kind.MOVED, step.actor, before, step.note, data)
        events.append(moved)
        if step.move is Move.MERGE:
            other = states.get(step.into or "")
            if other is None or other.status not in OPEN:
                raise BadInputError(f"{ident} is merged into {step.into!r}, which is not open")
            state.merged_into = step.into
            data["into"] = other.number
            other.version += 1
            other.updated_at = at
            told = {"merged": state.number}
            events.append(
                _event(other, at, Kind.ABSORBED, step.actor, other.status, step.note, told)
            )
    return events


def _report(state: _State, policy: Policy) -> dict[str, Any]:
    """Begin an incident; return the event that says so."""
    draft, at = state.past.draft, state.past.reported_at
    hazard = policy.hazard(draft.hazard)
    state.updated_at = at
    state.due_at = due(hazard, draft.severity, Status.REPORTED, None, at)
    state.codes = sorted(location_codes(state.place.location))
    data = {"hazard": draft.hazard, "severity": draft.severity, "source": str(draft.source)}
    return _event(state, at, Kind.REPORTED, state.past.reported_by, None, "", data)


def _move(state: _State, step: Step, policy: Policy, duty: Duty) -> dict[str, Any]:
    """Change the state by a move, as the desk would; return what its event says."""
    draft = state.past.draft
    found = transition(state.status, step.move)
    data: dict[str, Any] = {"move": str(step.move)}
    state.status = found.target or state.status
    if found.assigns:
        offers = propose(duty.city, policy, duty, state.place.location).offers
        state.assignee = offers[0].assignee
    elif step.move is Move.ESCALATE:
        state.assignee = next_level_up(duty.city, duty, state.assignee) or state.assignee
    if (found.assigns or step.move is Move.ESCALATE) and state.assignee is not None:
        to = state.assignee
        data["assignee"] = {"level": to.level, "code": to.code, "role": to.role}
    if step.move is not Move.ESCALATE:
        if state.status is Status.DISPATCHED:
            state.dispatched_at = step.at
        hazard = policy.hazard(draft.hazard)
        state.due_at = due(hazard, draft.severity, state.status, state.due_at, step.at)
    state.closed_at = None if state.status in OPEN else step.at
    state.updated_at = step.at
    return data


def _event(
    state: _State,
    at: datetime,
    kind: Kind,
    actor: str,
    before: Status | None,
    note: str,
    data: dict[str, Any],
) -> dict[str, Any]:
    """Return an event as its row, but for the keys that are only known once it is written."""
    return {
        "external_id": state.past.draft.external_id,
        "version": state.version,
        "at": at,
        "kind": str(kind),
        "actor_id": None,
        "actor": actor,
        "status_from": str(before) if before else None,
        "status_to": str(state.status),
        "note": note,
        "data": data,
        "codes": state.codes,
    }


def _write(connection: Connection, states: list[_State], events: list[dict[str, Any]]) -> None:
    made = sa.insert(incident).returning(incident.c.id, sort_by_parameter_order=True)
    rows = [_row(state) for state in states]
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        idents = connection.execute(made, rows[start : start + _ROWS_AT_ONCE]).scalars()
        for state, ident in zip(states[start : start + _ROWS_AT_ONCE], idents, strict=True):
            state.ident = ident
    by_external = {str(state.past.draft.external_id): state for state in states}
    for state in states:
        if state.merged_into is not None:
            connection.execute(
                sa.update(incident)
                .where(incident.c.id == state.ident)
                .values(merged_into=by_external[state.merged_into].ident)
            )
    _insert(
        connection,
        incident_grid,
        [row for state in states for row in grid_rows(state.ident, state.place.location)],
    )
    _insert(connection, reporter, [row for state in states for row in _reporters(state)])
    first = take_values(connection, FEED, len(events)) - len(events) + 1
    for seq, one in enumerate(events, first):
        one["seq"] = seq
        one["incident_id"] = by_external[one.pop("external_id")].ident
    _insert(connection, event, events)
    seen = [{"seq": one["seq"], "code": code} for one in events for code in one["codes"]]
    _insert(connection, event_grid, seen)


def _insert(connection: Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        connection.execute(sa.insert(table), rows[start : start + _ROWS_AT_ONCE])


def _row(state: _State) -> dict[str, Any]:
    draft, to = state.past.draft, state.assignee
    return state.place.columns | {
        "number": state.number,
        "version": state.version,
        "status": str(state.status),
        "hazard": draft.hazard,
        "severity": draft.severity,
        "title": draft.title,
        "description": draft.description,
        "source": str(draft.source),
        "external_source": draft.external_source,
        "external_id": draft.external_id,
        "address": draft.address,
        "assignee_level": to.level if to else None,
        "assignee_code": to.code if to else None,
        "assignee_role": to.role if to else None,
        "synthetic": draft.synthetic,
        "created_by": None,
        "occurred_at": draft.occurred_at or state.past.reported_at,
        "reported_at": state.past.reported_at,
        "updated_at": state.updated_at,
        "dispatched_at": state.dispatched_at,
        "closed_at": state.closed_at,
        "due_at": state.due_at,
    }


def _reporters(state: _State) -> list[dict[str, Any]]:
    draft = state.past.draft
    if not (draft.reporter_name or draft.reporter_contact):
        return []
    return [
        {
            "incident_id": state.ident,
            "name": draft.reporter_name,
            "contact": draft.reporter_contact,
        }
    ]
