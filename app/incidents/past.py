"""What happened to incidents elsewhere, and the replay of it by the same table of moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from app.errors import BadInputError
from app.grids import City
from app.incidents.assign import Duty, grids_up, propose, step_up
from app.incidents.checks import check_draft, check_text
from app.incidents.incident import Assignee, Draft, Kind, location_codes
from app.incidents.lifecycle import OPEN, Move, Status, due, transition
from app.incidents.place import Place
from app.incidents.policy import Policy

# A number stands for itself; an external id is one of its source.
NUMBER = ""
Key = tuple[str, str]


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
        For a merge, the other incident: its number if it brings one, or its external id of the
        same source.
    """

    at: datetime
    move: Move
    actor: str
    note: str = ""
    into: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of how an incident stands now, where a replay would only guess it.

    Attributes
    ----------
    assignee : Assignee or None
        Who has it.
    updated_at, due_at : datetime or None
        When it last changed, and when the next move is due.
    """

    assignee: Assignee | None = None
    updated_at: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """An incident of the past: how it was reported, and what was done with it.

    Attributes
    ----------
    draft : Draft
        With external_source and external_id unless it brings a number, and with occurred_at.
    reported_at : datetime
    reported_by : str
        Label.
    steps : tuple of Step
        In order.
    number : str or None
        The number that it has already and keeps; None gets a new one.
    known : Known or None
    """

    draft: Draft
    reported_at: datetime
    reported_by: str
    steps: tuple[Step, ...] = ()
    number: str | None = None
    known: Known | None = None

    @property
    def keys(self) -> list[Key]:
        """By what it is known, the surest first."""
        keys = [(NUMBER, self.number)] if self.number else []
        if self.draft.external_source is not None and self.draft.external_id is not None:
            keys.append((self.draft.external_source, self.draft.external_id))
        return keys

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.number or str(self.draft.external_id)


class Chains:
    """The grids of assignees and all above them, each looked up once."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._found: dict[Assignee | None, frozenset[str]] = {}

    def of(self, assignee: Assignee | None) -> frozenset[str]:
        """Return what `app.incidents.assign.grids_up` returns."""
        found = self._found.get(assignee)
        if found is None:
            found = self._found[assignee] = grids_up(self._city, assignee)
        return found


@dataclass(slots=True)
class State:
    """One incident while its past is replayed."""

    past: Past
    place: Place
    number: str = ""
    status: Status = Status.REPORTED
    version: int = 1
    assignee: Assignee | None = None
    updated_at: datetime | None = None
    dispatched_at: datetime | None = None
    closed_at: datetime | None = None
    due_at: datetime | None = None
    merged_into: State | None = None
    ident: int = 0
    assignee_codes: frozenset[str] = frozenset()
    # Of all grids that see it.
    codes: list[str] = field(default_factory=list)

    def hand(self, assignee: Assignee | None, chains: Chains) -> None:
        """Give it to somebody, whose grids see it from then on."""
        self.assignee = assignee
        self.assignee_codes = chains.of(assignee)
        self.codes = sorted(location_codes(self.place.location) | self.assignee_codes)


# An event as its row, but for its number in the feed, and whose it is.
Told = tuple[State, dict[str, Any]]


def check_past(past: Past, policy: Policy) -> None:
    """Refuse what cannot be taken in, but for its place and its moves.

    Raises
    ------
    BadInputError
        If a field is not usable, a time has no zone or runs backwards, or nothing names it.
    """
    policy.hazard(past.draft.hazard)
    check_draft(past.draft)
    if not past.keys:
        raise BadInputError(
            "an incident of the past needs external_source and external_id, or its number"
        )
    for step in past.steps:
        check_text("note", step.note)
    times = [past.reported_at, *(step.at for step in past.steps)]
    if any(one.tzinfo is None for one in times):
        raise BadInputError(f"{past.name}: a time has no time zone")
    if any(later < before for before, later in pairwise(times)):
        raise BadInputError(
            f"{past.name}: a time is before the one that it follows",
            message_zh=f"{past.name}：时间早于其前一步",
        )


def replay(states: list[State], policy: Policy, duty: Duty) -> list[Told]:
    """Make all moves in the order of their times; return the events.

    Raises
    ------
    ConflictError
        If the life cycle does not allow a move.
    BadInputError
        If one is merged into what is not open then.
    """
    named = {key: state for state in states for key in state.past.keys}
    chains = Chains(duty.city)
    depth = _depths(states, named)
    events: list[Told] = []
    todo: list[tuple[tuple[datetime, int, int], State, Step | None]] = []
    for row, state in enumerate(states):
        todo.append(((state.past.reported_at, 0, 0), state, None))
        # At one instant: reports, then merges (of what is merged into others first), then the rest.
        before: tuple[datetime, int, int] | None = None
        for made in state.past.steps:
            mine = (1, -depth[row]) if made.move is Move.MERGE else (1, 1)
            order = (made.at, *mine)
            before = order if before is None else max(before, order)
            todo.append((before, state, made))
    todo.sort(key=lambda one: one[0])
    for (at, _, _), state, step in todo:
        if step is None:
            events.append((state, _report(state, policy)))
            continue
        status, codes, merged_into = state.status, state.codes, state.merged_into
        data = _move(state, step, policy, duty, chains)
        state.version += 1
        moved = _event(state, at, Kind.MOVED, step.actor, status, step.note, data)
        if codes != state.codes:
            moved["codes"] = sorted({*codes, *state.codes})
        events.append((state, moved))
        if step.move is Move.MERGE:
            events.append(_merge(state, step, named, data))
        elif merged_into is not None and state.merged_into is None:
            released = {"released": state.number}
            events.append(_tell_other(merged_into, step, Kind.RELEASED, released))
    for state in states:
        if state.past.known is not None:
            _keep(state, state.past.known, chains)
    return events


def _merge(state: State, step: Step, named: dict[Key, State], data: dict[str, Any]) -> Told:
    """Merge one into another, and say so in its event; return the event of the other."""
    other = _target(state, step, named)
    if other is None or other.status not in OPEN or other.updated_at is None:
        raise BadInputError(f"{state.past.name} is merged into {step.into!r}, which is not open")
    state.merged_into = other
    data["into"] = other.number
    return _tell_other(other, step, Kind.ABSORBED, {"merged": state.number})


def _tell_other(other: State, step: Step, kind: Kind, data: dict[str, Any]) -> Told:
    """Return the event of the incident that took another in, or gave it back."""
    other.version += 1
    other.updated_at = step.at
    return other, _event(other, step.at, kind, step.actor, other.status, step.note, data)


def _target(state: State, step: Step, named: dict[Key, State]) -> State | None:
    into = (step.into or "").strip()
    return named.get((NUMBER, into)) or named.get((state.past.draft.external_source or "", into))


def _depths(states: list[State], named: dict[Key, State]) -> list[int]:
    """Return how many merges follow upon each other from each incident on."""
    depths = []
    for first in states:
        depth, state = 0, first
        while depth < len(states):
            merge = next((one for one in state.past.steps if one.move is Move.MERGE), None)
            found = _target(state, merge, named) if merge else None
            if found is None:
                break
            depth, state = depth + 1, found
        depths.append(depth)
    return depths


def _keep(state: State, known: Known, chains: Chains) -> None:
    state.hand(known.assignee or state.assignee, chains)
    state.updated_at = known.updated_at or state.updated_at
    if known.due_at is not None and state.status in OPEN:
        state.due_at = known.due_at


def _report(state: State, policy: Policy) -> dict[str, Any]:
    """Begin an incident; return the event that says so."""
    draft, at = state.past.draft, state.past.reported_at
    hazard = policy.hazard(draft.hazard)
    state.updated_at = at
    state.due_at = due(hazard, draft.severity, Status.REPORTED, None, at)
    state.codes = sorted(location_codes(state.place.location))
    data = {"hazard": draft.hazard, "severity": draft.severity, "source": str(draft.source)}
    return _event(state, at, Kind.REPORTED, state.past.reported_by, None, "", data)


def _move(state: State, step: Step, policy: Policy, duty: Duty, chains: Chains) -> dict[str, Any]:
    """Change the state by a move, as the desk would; return what its event says."""
    found = transition(state.status, step.move)
    had_it = state.assignee
    state.status = found.target or state.status
    data = {"move": str(step.move)} | _hand_over(state, step, found.assigns, policy, duty, chains)
    # Who has it already gets no more time by being asked again.
    if step.move is not Move.ESCALATE and not (
        step.move is Move.REASSIGN and state.assignee == had_it
    ):
        if state.status is Status.DISPATCHED:
            state.dispatched_at = step.at
        draft = state.past.draft
        hazard = policy.hazard(draft.hazard)
        state.due_at = due(hazard, draft.severity, state.status, state.due_at, step.at)
    state.closed_at = None if state.status in OPEN else step.at
    state.updated_at = step.at
    return data


def _hand_over(
    state: State, step: Step, assigns: bool, policy: Policy, duty: Duty, chains: Chains
) -> dict[str, Any]:
    """Give it to whom the desk would give it; return what the event says of that."""
    known = state.past.known
    passed_over: tuple[str, ...] = ()
    if assigns and known is not None and known.assignee is not None:
        state.hand(known.assignee, chains)
    elif assigns:
        proposal = propose(duty.city, policy, duty, state.place.location)
        state.hand(proposal.offers[0].assignee, chains)
        passed_over = proposal.passed_over
    elif step.move is Move.ESCALATE:
        above = step_up(duty.city, duty, state.assignee)
        if above is not None:
            state.hand(above.assignee, chains)
            passed_over = above.passed_over
    elif step.move is Move.REOPEN:
        out_of = state.merged_into
        state.hand(None, chains)
        state.dispatched_at = state.merged_into = None
        return {"out_of": out_of.number} if out_of is not None else {}
    if state.assignee is None or not (assigns or step.move is Move.ESCALATE):
        return {}
    to = state.assignee
    data: dict[str, Any] = {"assignee": {"level": to.level, "code": to.code, "role": to.role}}
    return data | ({"passed_over": list(passed_over)} if passed_over else {})


def _event(
    state: State,
    at: datetime,
    kind: Kind,
    actor: str,
    before: Status | None,
    note: str,
    data: dict[str, Any],
) -> dict[str, Any]:
    """Return an event as its row, but for the keys that are only known once it is written."""
    return {
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
