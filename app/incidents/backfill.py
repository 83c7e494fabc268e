"""Taking in histories that happened elsewhere: incidents with all their moves, at their own times.

What the desk does one by one and now, this does for many and then: the same table of moves, the
same numbers, events and feed, in one transaction. What has come under its external id or its
number before is passed over, so that a second run adds nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.errors import BadInputError, ConflictError
from app.incidents.assign import Duty
from app.incidents.feed import FEED, take_values
from app.incidents.past import NUMBER, Key, Known, Past, State, Step, Told, check_past, replay
from app.incidents.place import Place
from app.incidents.places import find_places
from app.incidents.policy import Policy
from app.incidents.records import assignee_rows, grid_rows
from app.incidents.tables import counter, event, event_grid, incident, incident_grid, reporter
from app.locate import Locator
from app.store import Database

__all__ = ["Known", "Past", "Step", "Taken", "backfill", "find_known", "take_in"]

Item = TypeVar("Item")

_ROWS_AT_ONCE = 5_000
_KEYS_AT_ONCE = 1_000
# Times of one report that other programs kept to the minute.
_SAME_TIME = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Taken:
    """An incident that is in the database now.

    Attributes
    ----------
    number : str
    new : bool
        Whether it was not there before.
    """

    number: str
    new: bool


def backfill(database: Database, locator: Locator, policy: Policy, pasts: Sequence[Past]) -> int:
    """Take the past of incidents in, all or none; return how many were new.

    Parameters
    ----------
    database, locator, policy
        As for `app.incidents.desk.Desk`.
    pasts
        Each incident once.

    Raises
    ------
    BadInputError
        If a field is not usable, a time runs backwards, or nothing names an incident.
    ConflictError
        If the life cycle does not allow a move.
    """
    for past in pasts:
        check_past(past, policy)
    places: list[Place] = []
    for place in find_places(locator, [past.draft for past in pasts]):
        if isinstance(place, BadInputError):
            raise place
        places.append(place)
    taken = take_in(database, locator, policy, list(zip(pasts, places, strict=True)))
    return sum(one.new for one in taken)


def take_in(
    database: Database, locator: Locator, policy: Policy, located: Sequence[tuple[Past, Place]]
) -> list[Taken]:
    """Take checked and located incidents in, all or none, in one transaction.

    Parameters
    ----------
    located
        Incidents that passed `check_past`, each once, with their places.

    Returns
    -------
    list of Taken
        One for each, in order.

    Raises
    ------
    ConflictError
        If the life cycle does not allow a move, or a number is another incident's.
    BadInputError
        If one is merged into what is not open then.
    """
    duty = Duty(locator.city, frozenset())

    def work(connection: Connection) -> list[Taken]:
        there = _look_up(connection, [past for past, _ in located])
        taken: list[Taken | State] = []
        for past, place in located:
            number = _number_there(past, there)
            if number is not None:
                taken.append(Taken(number, False))
            else:
                taken.append(State(past, place, past.number or ""))
        fresh = [one for one in taken if isinstance(one, State)]
        if fresh:
            _give_numbers(connection, policy, fresh)
            _write(connection, fresh, replay(fresh, policy, duty))
        return [Taken(one.number, True) if isinstance(one, State) else one for one in taken]

    try:
        return database.write(work)
    except sa.exc.IntegrityError:
        # Another process took some of them in at the same moment: now they are known.
        return database.write(work)


def find_known(database: Database, pasts: Sequence[Past]) -> list[str | ConflictError | None]:
    """Return under which number each incident is there already, None for new ones.

    Returns
    -------
    list of str, ConflictError or None
        The error where the number that one brings is another incident's.
    """
    with database.read() as connection:
        there = _look_up(connection, pasts)
    found: list[str | ConflictError | None] = []
    for past in pasts:
        try:
            found.append(_number_there(past, there))
        except ConflictError as error:
            found.append(error)
    return found


def _look_up(connection: Connection, pasts: Sequence[Past]) -> dict[Key, tuple[str, datetime]]:
    """Return number and time of report of the incidents that are there, by number and id."""
    there: dict[Key, tuple[str, datetime]] = {}
    c = incident.c
    row = sa.select(c.number, c.reported_at, c.external_source, c.external_id)
    ids = {past.draft.external_id for past in pasts if past.draft.external_id is not None}
    for part in _parts(sorted(ids)):
        for one in connection.execute(row.where(c.external_id.in_(part))):
            there[one.external_source, one.external_id] = (one.number, one.reported_at)
    for part in _parts(sorted({past.number for past in pasts if past.number})):
        for one in connection.execute(row.where(c.number.in_(part))):
            there[NUMBER, one.number] = (one.number, one.reported_at)
    return there


def _number_there(past: Past, there: dict[Key, tuple[str, datetime]]) -> str | None:
    for key in past.keys:
        if key not in there:
            continue
        number, reported_at = there[key]
        if key[0] == NUMBER and abs(reported_at - past.reported_at) >= _SAME_TIME:
            raise ConflictError(
                f"number {number} is another incident here, reported at {reported_at.isoformat()}",
                "Leave the numbers of another system out, or map them to external_id.",
                message_zh=f"编号 {number} 在本系统中是另一事件"
                f"（上报时间 {reported_at.isoformat()}）",
                hint_zh="请去掉其他系统的编号列，或将其映射为 external_id。",
            )
        return number
    return None


def _give_numbers(connection: Connection, policy: Policy, states: list[State]) -> None:
    """Give a number to each that brings none, counted by the day on which it was reported."""
    days: dict[str, list[State]] = defaultdict(list)
    brought: dict[str, int] = {}
    for state in sorted(states, key=lambda one: one.past.reported_at):
        if state.number:
            day, count = numbered_day(state.number, policy)
            brought[day] = max(count, brought.get(day, 0))
        else:
            day = state.past.reported_at.astimezone(policy.time_zone).strftime("%Y%m%d")
            days[day].append(state)
    # In the order of days, so that two of these never wait for each other.
    for day in sorted(days.keys() | brought.keys()):
        last = take_values(connection, f"number:{day}", len(days[day]))
        if day in brought:
            # Those that are given here come after those that are brought.
            last = max(last, brought[day] + len(days[day]))
            name = counter.c.name == f"number:{day}"
            connection.execute(sa.update(counter).where(name).values(value=last))
        for count, state in enumerate(days[day], last - len(days[day]) + 1):
            state.number = f"{policy.number_prefix}-{day}-{count:04d}"


def numbered_day(number: str, policy: Policy) -> tuple[str, int]:
    """Return the day and the count of a number.

    Raises
    ------
    BadInputError
        If it is not a number as they are given here.
    """
    prefix = policy.number_prefix
    found = re.fullmatch(rf"{re.escape(prefix)}-([0-9]{{8}})-([0-9]{{4,9}})", number)
    if found is None or int(found[2]) == 0 or f"{int(found[2]):04d}" != found[2]:
        raise BadInputError(
            f"number is {number!r:.60}, allowed are numbers like {prefix}-20261122-0042",
            "Map the numbers of another system to external_id.",
            message_zh=f"编号为 {number!r:.60}，应形如 {prefix}-20261122-0042",
            hint_zh="其他系统的编号请映射为 external_id。",
        )
    return found[1], int(found[2])


def _write(connection: Connection, states: list[State], events: list[Told]) -> None:
    _insert(connection, incident, (_row(state) for state in states))
    idents: dict[str, int] = {}
    for part in _parts([state.number for state in states]):
        asked = sa.select(incident.c.number, incident.c.id).where(incident.c.number.in_(part))
        idents |= {row.number: row.id for row in connection.execute(asked)}
    for state in states:
        state.ident = idents[state.number]
    for state in states:
        if state.merged_into is not None:
            merged = sa.update(incident).where(incident.c.id == state.ident)
            connection.execute(merged.values(merged_into=state.merged_into.ident))
    _insert(
        connection,
        incident_grid,
        (
            row
            for state in states
            for row in chain(
                grid_rows(state.ident, state.place.location),
                assignee_rows(state.ident, state.assignee_codes),
            )
        ),
    )
    _insert(connection, reporter, (row for state in states for row in _reporters(state)))
    first = take_values(connection, FEED, len(events)) - len(events) + 1
    rows = [
        one | {"seq": seq, "incident_id": state.ident}
        for seq, (state, one) in enumerate(events, first)
    ]
    _insert(connection, event, rows)
    seen = ({"seq": one["seq"], "code": code} for one in rows for code in one["codes"])
    _insert(connection, event_grid, seen)


def _insert(connection: Connection, table: sa.Table, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows that all have the same keys.

    The statement is compiled once and goes to the driver with rows whose values are brought into
    its form here: `Connection.execute` would spend most of the time of an import on each row anew.
    """
    every = iter(rows)
    first = next(every, None)
    if first is None:
        return
    dialect = connection.dialect
    compiled = sa.insert(table).compile(dialect=dialect, column_keys=list(first))
    names = list(compiled.positiontup or compiled.params)
    forms = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
    text = str(compiled)

    def values(row: dict[str, Any]) -> list[Any]:
        return [
            form(row[name]) if form else row[name] for name, form in zip(names, forms, strict=True)
        ]

    sent: list[Any] = []
    for row in chain((first,), every):
        found = values(row)
        sent.append(tuple(found) if compiled.positional else dict(zip(names, found, strict=True)))
        if len(sent) == _ROWS_AT_ONCE:
            connection.exec_driver_sql(text, sent)
            sent = []
    if sent:
        connection.exec_driver_sql(text, sent)


def _parts(items: list[Item], size: int = _KEYS_AT_ONCE) -> Iterator[list[Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _row(state: State) -> dict[str, Any]:
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


def _reporters(state: State) -> list[dict[str, Any]]:
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
