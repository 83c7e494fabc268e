"""Who is asked to handle an incident: a proposal with its reasons.

The leader of the finest grid that holds the place comes first, or the dedicated grid's where the
policy says so; then who is above, level by level, up to the city. A grid that names nobody, or
whose people are off duty, is passed over upwards, and the proposal says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.errors import NotFoundError
from app.grids import City, Staff
from app.incidents.incident import CITY_LEVEL, Assignee
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
        Grids that were passed over, and why.
    """

    first_assignee: str
    offers: tuple[Offer, ...]
    neighbours: tuple[Offer, ...]
    notes: tuple[str, ...]
    notes_zh: tuple[str, ...]


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


def propose(city: City, policy: Policy, duty: Duty, location: dict[str, Any]) -> Proposal:
    """Return who should be asked for an incident at a place.

    Parameters
    ----------
    city, policy, duty
        The city, its policy, and who is on duty.
    location
        The place as it is kept with an incident.
    """
    notes: list[str] = []
    notes_zh: list[str] = []
    codes = location.get("codes", {})
    chain = [(level.id, codes[level.id]) for level in reversed(city.levels) if level.id in codes]
    dedicated = [
        (overlay, code) for overlay, codes in location.get("overlays", {}).items() for code in codes
    ]
    before = policy.first_assignee == "dedicated"
    order = [*dedicated, *chain] if before else [*chain[:1], *dedicated, *chain[1:]]
    offers: list[Offer] = []
    for layer, code in order:
        found = _offers(city, duty, layer, code)
        offers += found
        if not found:
            _note_vacancy(city, layer, code, notes, notes_zh)
    offers.append(Offer(CITY, "", "", "the city's own desk is above all grids", "市级调度台兜底"))
    return Proposal(
        first_assignee=policy.first_assignee,
        offers=tuple(offers),
        neighbours=tuple(_neighbours(city, policy, duty, location)),
        notes=tuple(notes),
        notes_zh=tuple(notes_zh),
    )


def read_proposal(
    database: Database, city: City, policy: Policy, location: dict[str, Any], at: datetime
) -> Proposal:
    """Return who should be asked for an incident at a place, with whoever is on duty then."""
    with database.read() as connection:
        duty = Duty.read(connection, city, at)
    return propose(city, policy, duty, location)


def next_level_up(city: City, duty: Duty, assignee: Assignee | None) -> Assignee | None:
    """Return who is above an assignee and on duty; None above the city itself."""
    if assignee is None or assignee.level == CITY_LEVEL:
        return None
    try:
        grid = city.find(assignee.code)
    except NotFoundError:  # of an older generation: the city decides
        return CITY
    for above in reversed(city.chain(grid)):
        if above.code == assignee.code:
            continue
        people = duty.on_duty(above.code)
        if people:
            return Assignee(above.part.id, above.code, people[0].role)
        # A level without staff of its own (the town's office) takes what is sent up.
        if not city.staff_of(above.code):
            return Assignee(above.part.id, above.code)
    return CITY


def _offers(city: City, duty: Duty, layer: str, code: str) -> Iterable[Offer]:
    name = city.name_of(code, layer)
    return [
        Offer(
            assignee=Assignee(layer, code, one.role),
            label=one.label,
            phone=one.phone,
            reason=f"{one.role} of {name}",
            reason_zh=f"{name}的{one.role}",
        )
        for one in duty.on_duty(code)
    ]


def _note_vacancy(city: City, layer: str, code: str, notes: list[str], notes_zh: list[str]) -> None:
    name = city.name_of(code, layer)
    if city.staff_of(code):
        notes.append(f"{name}: nobody is on duty; passed up one level")
        notes_zh.append(f"{name}：无人在岗，已上移一级")
    else:
        notes.append(f"{name}: the staff table names nobody; passed up one level")
        notes_zh.append(f"{name}：人员表中无责任人，已上移一级")


def _neighbours(
    city: City, policy: Policy, duty: Duty, location: dict[str, Any]
) -> Iterable[Offer]:
    border_m, code = location.get("border_m"), location.get("neighbour")
    finest = city.levels[-1].id
    near = [one["code"] for one in location.get("alternatives", ())]
    if code is not None and border_m is not None and border_m < policy.neighbour_within_m:
        near.insert(0, code)
    for one in dict.fromkeys(near):
        for offer in _offers(city, duty, finest, one):
            yield Offer(
                assignee=offer.assignee,
                label=offer.label,
                phone=offer.phone,
                reason=f"{offer.reason}, across a border that is near",
                reason_zh=f"{offer.reason_zh}（邻近边界）",
            )
