"""Who is asked to handle an incident: a proposal with its reasons.

The leader of the finest grid that holds the place comes first, or the dedicated grid's where the
policy says so; then who is above, level by level, up to the city. A grid that names nobody, or
whose people are off duty, is passed over upwards, and the proposal says so. A level for which the
staff table names nobody at all (the towns of many cities) is an office: it takes what is sent up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.errors import NotFoundError
from app.grids import City, Staff
from app.incidents.incident import CITY_LEVEL, Assignee, Incident
from app.incidents.policy import Policy
from app.incidents.tables import absence
from app.store import Database

CITY = Assignee(CITY_LEVEL, "")


@dataclass(frozen=True, slots=True)
class Offer:
    """One who may be asked, and why.

    Attributes
    ----------
    assignee : Assignee
    label : str
        Of the staff table; "" where the table names nobody (the city itself).
    phone : str
        Personal; shown only to those who may see it.
    reason, reason_zh : str
    """

    assignee: Assignee
    label: str
    phone: str
    reason: str
    reason_zh: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """Who is asked, the first one first.

    Attributes
    ----------
    first_assignee : str
        The rule of the policy that was followed, ``level`` or ``dedicated``.
    offers : tuple of Offer
        Up the chain; the last is always the city itself.
    neighbours : tuple of Offer
        Who is across a border that is near; to be asked as well, or instead.
    notes, notes_zh : tuple of str
        Who was passed over, and why.
    passed_over : tuple of str
        Codes of the grids in which nobody could be asked before the first offer.
    above : Assignee or None
        Who has the incident after an escalation; None where nobody has it yet, or the city.
    """

    first_assignee: str
    offers: tuple[Offer, ...]
    neighbours: tuple[Offer, ...]
    notes: tuple[str, ...]
    notes_zh: tuple[str, ...]
    passed_over: tuple[str, ...]
    above: Assignee | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Where an escalation goes.

    Attributes
    ----------
    assignee : Assignee
    passed_over : tuple of str
        Codes of the grids between in which nobody could be asked.
    """

    assignee: Assignee
    passed_over: tuple[str, ...]


@dataclass(slots=True)
class _Notes:
    """Who was passed over, and why."""

    en: list[str] = field(default_factory=list)
    zh: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)

    def add(self, name: str, why: str, why_zh: str) -> None:
        self.en.append(f"{name}: {why}")
        self.zh.append(f"{name}：{why_zh}")


@dataclass(frozen=True, slots=True)
class Duty:
    """Who is on duty at an instant.

    Attributes
    ----------
    city : City
    absent : frozenset of (code, role)
        Who is off duty; role "" is everybody of the grid.
    """

    city: City
    absent: frozenset[tuple[str, str]]

    @classmethod
    def read(cls, connection: Connection, city: City, at: datetime) -> Duty:
        """Read who is off duty at an instant."""
        asked = sa.select(absence.c.code, absence.c.role).where(
            absence.c.begins_at <= at,
            sa.or_(absence.c.ends_at.is_(None), absence.c.ends_at > at),
        )
        return cls(city, frozenset((row.code, row.role or "") for row in connection.execute(asked)))

    def on_duty(self, code: str) -> tuple[Staff, ...]:
        """Return who is on duty for a grid."""
        if (code, "") in self.absent:
            return ()
        return tuple(one for one in self.city.staff_of(code) if (code, one.role) not in self.absent)

    def is_office(self, layer: str) -> bool:
        """Whether the staff table names nobody for a whole level: its offices take what comes."""
        return not any(self.city.staff_of(code) for code in self.city.layer(layer).codes)


def propose(city: City, policy: Policy, duty: Duty, location: dict[str, Any]) -> Proposal:
    """Return who should be asked for an incident at a place.

    Parameters
    ----------
    city, policy, duty
        The city, its policy, and who is on duty.
    location
        The place as it is kept with an incident.
    """
    notes = _Notes()
    chain = [(level, code) for level, code in reversed(location.get("codes", {}).items())]
    dedicated = [
        (overlay, code) for overlay, codes in location.get("overlays", {}).items() for code in codes
    ]
    before = policy.first_assignee == "dedicated"
    order = [*dedicated, *chain] if before else [*chain[:1], *dedicated, *chain[1:]]
    offers: list[Offer] = []
    passed: tuple[str, ...] = ()
    for layer, code in order:
        if not offers:
            passed = tuple(notes.codes)
        offers += _offers(duty, layer, code, notes)
    if not offers:
        passed = tuple(notes.codes)
    offers.append(Offer(CITY, "", "", "the city's own desk is above all grids", "市级调度台兜底"))
    return Proposal(
        first_assignee=policy.first_assignee,
        offers=tuple(offers),
        neighbours=tuple(_neighbours(city, policy, duty, location)),
        notes=tuple(notes.en),
        notes_zh=tuple(notes.zh),
        passed_over=passed,
    )


def read_proposal(
    database: Database, city: City, policy: Policy, incident: Incident, at: datetime
) -> Proposal:
    """Return who should be asked for an incident, with whoever is on duty at an instant."""
    with database.read() as connection:
        duty = Duty.read(connection, city, at)
    found = propose(city, policy, duty, incident.location)
    return replace(found, above=next_level_up(city, duty, incident.assignee))


def next_level_up(city: City, duty: Duty, assignee: Assignee | None) -> Assignee | None:
    """Return who is above an assignee and on duty; None above the city itself."""
    step = step_up(city, duty, assignee)
    return step.assignee if step else None


def step_up(city: City, duty: Duty, assignee: Assignee | None) -> Step | None:
    """Return what `next_level_up` returns, and who is passed over on the way."""
    if assignee is None or assignee.level == CITY_LEVEL:
        return None
    try:
        grid = city.find(assignee.code, assignee.level)
    except NotFoundError:  # of an older generation: the city decides
        return Step(CITY, ())
    passed: list[str] = []
    for above in reversed(city.chain(grid)[:-1]):
        people = duty.on_duty(above.code)
        if people:
            return Step(Assignee(above.part.id, above.code, people[0].role), tuple(passed))
        if duty.is_office(above.part.id):
            return Step(Assignee(above.part.id, above.code), tuple(passed))
        passed.append(above.code)
    return Step(CITY, tuple(passed))


def grids_up(city: City, assignee: Assignee | None) -> frozenset[str]:
    """Return the codes of the grid of an assignee and of all above it; none of the city itself.

    All of them see what the assignee has. Of a grid that the present boundaries do not know,
    only its own code is known.
    """
    if assignee is None or assignee.level == CITY_LEVEL:
        return frozenset()
    try:
        grid = city.find(assignee.code, assignee.level)
    except NotFoundError:
        return frozenset({assignee.code})
    return frozenset(one.code for one in city.chain(grid))


def _offers(duty: Duty, layer: str, code: str, notes: _Notes) -> list[Offer]:
    """Return who may be asked in a grid; note who is passed over."""
    city = duty.city
    try:
        name = city.name_of(code, layer)
    except NotFoundError:
        notes.codes.append(code)
        notes.add(
            code, "the present boundaries have no such grid", "现行网格中没有此编码，已上移一级"
        )
        return []
    people = duty.on_duty(code)
    if people:
        for one in city.staff_of(code):
            if one not in people:
                notes.add(name, f"{one.role} is off duty", f"{one.role}不在岗")
        return [
            Offer(
                assignee=Assignee(layer, code, one.role),
                label=one.label,
                phone=one.phone,
                reason=f"{one.role} of {name}",
                reason_zh=f"{name}的{one.role}",
            )
            for one in people
        ]
    if duty.is_office(layer):
        return [Offer(Assignee(layer, code), "", "", f"office of {name}", f"{name}（本级值班）")]
    notes.codes.append(code)
    if city.staff_of(code):
        notes.add(name, "nobody is on duty; passed up one level", "无人在岗，已上移一级")
    else:
        notes.add(
            name,
            "the staff table names nobody; passed up one level",
            "人员表中无责任人，已上移一级",
        )
    return []


def _neighbours(
    city: City, policy: Policy, duty: Duty, location: dict[str, Any]
) -> Iterable[Offer]:
    border_m, code = location.get("border_m"), location.get("neighbour")
    finest = city.levels[-1].id
    near = [one["code"] for one in location.get("alternatives", ())]
    if code is not None and border_m is not None and border_m < policy.neighbour_within_m:
        near.insert(0, code)
    for one in dict.fromkeys(near):
        for offer in _offers(duty, finest, one, _Notes()):
            yield replace(
                offer,
                reason=f"{offer.reason}, across a border that is near",
                reason_zh=f"{offer.reason_zh}（邻近边界）",
            )
