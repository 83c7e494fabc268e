"""What an incident is, what a report of one says, and what happened to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.incidents.lifecycle import OPEN, Move, Status
from app.incidents.words import is_blank


class Source(StrEnum):
    """Who reported an incident."""

    DISPATCHER = "dispatcher"
    GRID_WORKER = "grid_worker"
    CITIZEN = "citizen"
    IMPORT = "import"
    API = "api"


class Kind(StrEnum):
    """What an event tells of."""

    REPORTED = "reported"
    MOVED = "moved"
    EDITED = "edited"
    COMMENTED = "commented"
    PHOTO = "photo"
    # Another incident was merged into this one; it was opened again, and is no part any more.
    ABSORBED = "absorbed"
    RELEASED = "released"


UNLOCATED = "unlocated"
CITY_LEVEL = "city"


@dataclass(frozen=True, slots=True)
class Assignee:
    """Who has an incident: a grid of some level and a role there.

    Attributes
    ----------
    level : str
        Id of a level or overlay; `CITY_LEVEL` for the city itself.
    code : str
        The grid's code, "" for the city itself.
    role : str
        The role that the staff table names, "" for anybody.
    """

    level: str
    code: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody reports.

    Attributes
    ----------
    hazard : str
        Id of a hazard of the policy.
    title, description, address : str
        As given.
    severity : int
        1 (slight) to 4 (very grave).
    lon, lat : float or None
        The place in `datum`, degrees; None where only words or a grid are known.
    datum : str
        ``wgs84`` (``cgcs2000``), ``gcj02`` or ``bd09``.
    accuracy_m : float
        How far the true place may be, metres.
    grid : str or None
        Code of a grid of any level or overlay that holds the place, where no point is known.
    source : Source
    reporter_name, reporter_contact : str
        Personal.
    occurred_at : datetime or None
        When it happened or was seen; None is now.
    external_source, external_id : str or None
        What another system calls it, both or none; spaces around them are dropped, and a blank
        one is none, since it would make different reports one.
    synthetic : bool
        Whether it is made up for demonstration.
    """

    hazard: str
    title: str
    severity: int = 2
    description: str = ""
    lon: float | None = None
    lat: float | None = None
    datum: str = "wgs84"
    accuracy_m: float = 0.0
    address: str = ""
    source: Source = Source.DISPATCHER
    reporter_name: str = ""
    reporter_contact: str = ""
    occurred_at: datetime | None = None
    external_source: str | None = None
    external_id: str | None = None
    synthetic: bool = False
    grid: str | None = None

    def __post_init__(self) -> None:
        """Bring the external key into the one form by which it is looked up."""
        for name in ("external_source", "external_id"):
            given = getattr(self, name)
            if given is not None:
                object.__setattr__(self, name, None if is_blank(given) else given.strip())


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as it is now; personal fields are not part of it.

    Attributes
    ----------
    location : dict
        The locator's whole answer as of `generation`: status, codes, overlays, border_m,
        neighbour, alternatives, outside_area, governed_by.
    location_status : str
        The answer's status, `UNLOCATED` where no point was given.
    grid : str or None
        Code of the finest grid that the answer names.
    merged_into : str or None
        Number of the incident that this one is a duplicate of.
    assignee_codes : frozenset of str
        Codes of the grid that has it and of all above that one, wherever it lies.
    """

    id: int
    number: str
    version: int
    status: Status
    hazard: str
    severity: int
    title: str
    description: str
    source: Source
    external_source: str | None
    external_id: str | None
    lon_given: float | None
    lat_given: float | None
    datum: str
    lon: float | None
    lat: float | None
    accuracy_m: float
    address: str
    location: dict[str, Any]
    location_status: str
    generation: str
    grid: str | None
    assignee: Assignee | None
    merged_into: str | None
    synthetic: bool
    created_by: int | None
    occurred_at: datetime
    reported_at: datetime
    updated_at: datetime
    dispatched_at: datetime | None
    closed_at: datetime | None
    due_at: datetime | None
    assignee_codes: frozenset[str] = frozenset()

    @property
    def is_open(self) -> bool:
        """Whether it is still to be dealt with."""
        return self.status in OPEN

    @property
    def codes(self) -> frozenset[str]:
        """Codes of all grids, of every level and overlay, that it lies in."""
        return location_codes(self.location)

    @property
    def seen_by_codes(self) -> frozenset[str]:
        """Codes of all grids whose accounts see it: where it lies, and who has it."""
        return self.codes | self.assignee_codes

    @property
    def assignee_elsewhere(self) -> bool:
        """Whether it is with a grid in which it does not lie; the city holds all."""
        to = self.assignee
        return to is not None and to.level != CITY_LEVEL and to.code not in self.codes

    def is_overdue(self, now: datetime) -> bool:
        """Whether the next move should have been made by `now`."""
        return self.due_at is not None and self.due_at < now


@dataclass(frozen=True, slots=True)
class Event:
    """One change of one incident.

    Attributes
    ----------
    seq : int
        Number in the feed: 1, 2, 3 … without holes, in the order in which changes took effect.
    number, version : str, int
        The incident, and its version after the change.
    hazard : str
        The incident's hazard at the time of reading.
    status_from, status_to : Status
        None before the first.
    data : dict
        What changed; never the content of a personal field.
    codes : frozenset of str
        The grids that see it: where the incident lay, and who had it, before and after.
    """

    seq: int
    incident_id: int
    number: str
    version: int
    at: datetime
    kind: Kind
    actor_id: int | None
    actor: str
    status_from: Status | None
    status_to: Status
    note: str
    data: dict[str, Any]
    codes: frozenset[str]
    hazard: str

    @property
    def move(self) -> Move | None:
        """The move it tells of."""
        move = self.data.get("move")
        return Move(move) if move else None


@dataclass(frozen=True, slots=True)
class Changes:
    """Fields to change; None leaves a field as it is.

    A place is changed by lon, lat and datum together, and located anew.
    """

    hazard: str | None = None
    severity: int | None = None
    title: str | None = None
    description: str | None = None
    address: str | None = None
    lon: float | None = None
    lat: float | None = None
    datum: str | None = None
    accuracy_m: float | None = None
    reporter_name: str | None = None
    reporter_contact: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """Which incidents are asked for; what is left empty does not limit.

    Attributes
    ----------
    statuses : tuple of Status
    hazard : str or None
        With all its kinds.
    hazards : tuple of str
        These alone, without their kinds.
    severities : tuple of int
    code : str or None
        A grid of any level or overlay.
    bbox : (west, south, east, north) or None, degrees
    text : str
        Found in number, title, description or address.
    overdue : bool or None
        As of the time of the question.
    since, until : datetime or None
        Half-open range of `occurred_at`.
    reported_since, reported_until : datetime or None
        Half-open range of `reported_at`.
    location_status : str or None
    order : str
        ``-reported_at`` and the like; see `app.incidents.ledger.ORDERS`.
    limit : int
    after : int
        How many to pass over.
    """

    statuses: tuple[Status, ...] = ()
    hazard: str | None = None
    hazards: tuple[str, ...] = ()
    severities: tuple[int, ...] = ()
    code: str | None = None
    bbox: tuple[float, float, float, float] | None = None
    text: str = ""
    overdue: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    reported_since: datetime | None = None
    reported_until: datetime | None = None
    location_status: str | None = None
    order: str = "-reported_at"
    limit: int = 100
    after: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the incidents that a query finds, and how many there are in all."""

    incidents: tuple[Incident, ...] = field(default=())
    total: int = 0


def location_codes(location: dict[str, Any]) -> frozenset[str]:
    """Return the codes of all levels and overlays that a kept location names."""
    codes = set(location.get("codes", {}).values())
    for found in location.get("overlays", {}).values():
        codes.update(found)
    return frozenset(codes)
