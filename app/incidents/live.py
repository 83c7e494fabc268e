"""Open incidents on the map, in memory: what is in a box, what is nearest, what is near.

A read model of one process. It is read from the database once, together with the number of the
last event that it holds, and follows the feed from there: whatever an event tells of is read
again. Delete it and it is built anew. Every question first takes in what was committed before
it, so that who has just reported an incident finds it.

The places themselves are in app.incidents.pins, which knows no threads: everything that touches
them holds the lock, and only for as long as it takes to pick what is asked for. The database is
read, a first index built, distances put in order and answers written without it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.accounts import Actor, Permission
from app.incidents.follow import Follower
from app.incidents.incident import Event
from app.incidents.lifecycle import OPEN, Status
from app.incidents.near import Box, box_around
from app.incidents.pins import ALL, Pin, Pins, Such, ranked
from app.incidents.records import ASSIGNEE_CODES, seen_by_codes
from app.incidents.tables import event, incident
from app.store import Database

Result = TypeVar("Result")

# From so many events behind on, everything is read anew.
MAX_BEHIND = 5_000
_ROWS = 2_000

_PINS = sa.select(
    incident.c.id,
    incident.c.number,
    incident.c.lon,
    incident.c.lat,
    incident.c.hazard,
    incident.c.severity,
    incident.c.status,
    incident.c.due_at,
    incident.c.occurred_at,
    incident.c.location,
    ASSIGNEE_CODES,
)


@dataclass(frozen=True, slots=True)
class Near:
    """An open incident, and how far it is."""

    pin: Pin
    distance_m: float


@dataclass(frozen=True, slots=True)
class InBox:
    """Open incidents in a box.

    Attributes
    ----------
    pins : tuple of Pin
        The gravest and then the newest first, as many as were asked for.
    total : int
        How many the box holds.
    seq : int
        Number of the last event that is taken in: what follows is not in this answer.
    """

    pins: tuple[Pin, ...]
    total: int
    seq: int


class Live:
    """The open incidents that have a place.

    Parameters
    ----------
    database
        Where incidents are kept.
    follower
        Wakes the index when something happens, so that a question finds little to catch up with;
        without one, the questions do it all.
    """

    def __init__(self, database: Database, follower: Follower | None = None) -> None:
        self._database = database
        self._follower = follower
        self._lock = threading.Lock()
        self._building = threading.Lock()
        self._subscribing = threading.Lock()
        self._pins = Pins()
        self._codes: dict[str, frozenset[str]] = {}
        self._position: int | None = None
        self._subscribed = False

    @property
    def position(self) -> int:
        """Number of the last event that is taken in; -1 before the first question."""
        return -1 if self._position is None else self._position

    def __len__(self) -> int:
        """Return how many incidents there are, as far as is known without asking."""
        return len(self._pins)

    def forget(self) -> None:
        """Drop everything; the next question builds it anew."""
        with self._lock:
            self._fill(Pins(), None)

    def in_box(
        self,
        actor: Actor,
        box: Box,
        limit: int,
        hazards: Sequence[str] = (),
        such: Such = ALL,
    ) -> InBox:
        """Return the incidents in a box, the gravest and then the newest first.

        Parameters
        ----------
        actor
            Only what lies in its area is found.
        box
            West, south, east, north in degrees; its edges belong to it.
        limit
            At most so many.
        hazards
            Only these, all where empty.
        such
            Only those of some severities or statuses, or that are overdue.

        Returns
        -------
        InBox
            Some of them, how many there are, and with which event.

        Raises
        ------
        ForbiddenError
            If the actor may not see incidents.
        UnavailableError
            If the database cannot be read.
        """
        self._prepare(actor)

        def look() -> InBox:
            found, total = self._pins.gravest(actor.area, box, hazards, limit, such)
            return InBox(tuple(found), total, self.position)

        return self._ask(look)

    def nearest(
        self, actor: Actor, lon: float, lat: float, k: int, hazards: Sequence[str] = ()
    ) -> tuple[Near, ...]:
        """Return the k nearest incidents, nearest first, by metres on the ellipsoid.

        Parameters
        ----------
        actor, hazards
            As for `in_box`.
        lon, lat
            Degrees, WGS-84.
        k
            How many; fewer are returned only if there are no more.

        Raises
        ------
        ForbiddenError, UnavailableError
            Like `in_box`.
        """
        self._prepare(actor)
        found = self._ask(lambda: self._pins.around(actor.area, lon, lat, k, hazards))
        return tuple(Near(pin, far) for far, pin in ranked(found, lon, lat)[:k])

    def within(
        self, actor: Actor, lon: float, lat: float, metres: float, hazards: Sequence[str] = ()
    ) -> tuple[Near, ...]:
        """Return the incidents within some metres, nearest first; parameters as for `nearest`."""
        self._prepare(actor)
        box = box_around(lon, lat, metres)
        found = self._ask(lambda: self._pins.within(actor.area, box, hazards))
        return tuple(Near(pin, far) for far, pin in ranked(found, lon, lat) if far <= metres)

    def catch_up(self) -> int:
        """Take in what has happened since; return the number of the last event taken in.

        The database is asked without the lock. What two threads read at once overlaps, and the
        one that read the later state wins.

        Raises
        ------
        UnavailableError
            If the database cannot be read.
        """
        while True:
            since = self._position
            if since is None:
                self._build(since)
                continue
            head, rows = self._read(since)
            if head < since or head - since > MAX_BEHIND:
                # Another database was put in its place, or too much has happened.
                self._build(since)
                continue
            with self._lock:
                # It may have been forgotten by now.
                if self._position is not None and self._position >= since:
                    if self._position < head:
                        self._take_in(rows, head)
                    return head

    def _prepare(self, actor: Actor) -> None:
        actor.require(Permission.VIEW)
        if self._follower is None or self._subscribed:
            return
        with self._subscribing:
            if not self._subscribed:
                self._follower.subscribe(self._wake)
                # Only now: it fails while the database is away, and the next question tries again.
                self._subscribed = True

    def _ask(self, look: Callable[[], Result]) -> Result:
        """Return what `look` finds under the lock, with everything taken in that was committed."""
        while True:
            head = self.catch_up()
            with self._lock:
                if self.position >= head:
                    return look()

    def _wake(self, _: Sequence[Event]) -> None:
        self.catch_up()

    def _read(self, since: int) -> tuple[int, list[Any]]:
        """Return the last event, and the incidents after `since` as they are with it."""
        with self._database.read() as connection:
            head = _head(connection)
            if not 0 < head - since <= MAX_BEHIND:
                return head, []
            told = sa.select(event.c.incident_id).where(event.c.seq > since)
            return head, list(connection.execute(_PINS.where(incident.c.id.in_(told))))

    def _build(self, since: int | None) -> None:
        """Read everything anew, unless another thread did while this one waited for its turn."""
        with self._building:
            if self._position != since:
                return
            codes: dict[str, frozenset[str]] = {}
            open_ones = incident.c.status.in_([str(one) for one in OPEN])
            asked = _PINS.where(open_ones, incident.c.lon.is_not(None))
            with self._database.read() as connection:
                head = _head(connection)
                rows = connection.execute(asked.execution_options(yield_per=_ROWS))
                pins = Pins(_pin(row, codes) for row in rows)
            # What is compiled when it is first needed must not be so under the lock.
            box_around(0.0, 0.0, 1.0)
            with self._lock:
                self._codes = codes
                self._fill(pins, head)

    def _take_in(self, rows: list[Any], head: int) -> None:
        for row in rows:
            if row.lon is not None and row.status in OPEN:
                self._pins.put(_pin(row, self._codes))
            else:
                self._pins.drop(row.id)
        self._position = head

    def _fill(self, pins: Pins, position: int | None) -> None:
        self._pins = pins
        self._position = position


def _head(connection: Connection) -> int:
    return connection.execute(sa.select(sa.func.max(event.c.seq))).scalar() or 0


def _pin(row: Any, codes: dict[str, frozenset[str]]) -> Pin:  # noqa: ANN401 - a row of _PINS
    # Thousands of incidents share the same few grids.
    found = seen_by_codes(row)
    key = "\n".join(sorted(found))
    return Pin(
        id=row.id,
        number=row.number,
        lon=row.lon,
        lat=row.lat,
        hazard=sys.intern(row.hazard),
        severity=row.severity,
        status=Status(row.status),
        due_at=row.due_at,
        occurred_at=row.occurred_at,
        codes=codes.setdefault(key, found),
    )
