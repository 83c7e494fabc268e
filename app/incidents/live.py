"""Open incidents on the map, in memory: what is in a box, what is nearest, what is near.

A read model of one process. It is read from the database once, together with the number of the
last event that it holds, and follows the feed from there: whatever an event tells of is read
again. Delete it and it is built anew. Every question first takes in what was committed before
it, so that who has just reported an incident finds it.

This is the only module that knows rtree. libspatialindex is not safe for threads, not even for
reading: everything that touches the index holds the lock.
"""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar

import numpy as np
import sqlalchemy as sa
from rtree import index as rtree
from sqlalchemy.engine import Connection

from app.accounts import Actor, Permission
from app.geo.measure import distance_m
from app.incidents.follow import Follower
from app.incidents.incident import Event, location_codes
from app.incidents.lifecycle import OPEN, Status
from app.incidents.near import WORLD, Box, box_around
from app.incidents.tables import event, incident
from app.store import Database

Result = TypeVar("Result")
Keep = Callable[["Pin"], bool] | None

# Small nodes: an incident is taken out and put in some seven times as fast as with the usual 100,
# and found as fast.
_NODE = 20
# From so many events behind on, everything is read anew.
MAX_BEHIND = 5_000
# Of the nearest ones so many are looked through for those that are asked for, then all are.
_MAX_LOOK = 4_096
# Of so many areas an index is kept; of the others it is made again.
_MAX_AREAS = 64
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
)


@dataclass(frozen=True, slots=True)
class Pin:
    """An open incident on the map.

    Attributes
    ----------
    id, number : int, str
        Of the incident.
    lon, lat : float
        WGS-84, degrees.
    due_at : datetime or None
        When the next move is due.
    codes : frozenset of str
        The grids, of every level and overlay, in which it lies.
    """

    id: int
    number: str
    lon: float
    lat: float
    hazard: str
    severity: int
    status: Status
    due_at: datetime | None
    occurred_at: datetime
    codes: frozenset[str]

    @property
    def box(self) -> Box:
        """The point as a box, as the index knows it."""
        return (self.lon, self.lat, self.lon, self.lat)


@dataclass(frozen=True, slots=True)
class Near:
    """An open incident, and how far it is."""

    pin: Pin
    distance_m: float


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
        self._pins: dict[int, Pin] = {}
        # An index of all, and one of each area that somebody with that area has asked for.
        self._trees: OrderedDict[str | None, rtree.Index] = OrderedDict()
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
            self._fill({}, None)

    def in_box(
        self, actor: Actor, box: Box, limit: int, hazards: Sequence[str] = ()
    ) -> tuple[tuple[Pin, ...], int]:
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

        Returns
        -------
        pins, total
            Some of them, and how many there are.

        Raises
        ------
        ForbiddenError
            If the actor may not see incidents.
        UnavailableError
            If the database cannot be read.
        """
        keep = self._prepare(actor, hazards)
        found = self._ask(lambda: self._pins_in(actor.area, box, keep))
        # Sorting twice keeps the order of the first among equals, and needs no keys to be made.
        found.sort(key=attrgetter("id"), reverse=True)
        found.sort(key=attrgetter("severity"), reverse=True)
        return tuple(found[:limit]), len(found)

    def nearest(
        self, actor: Actor, lon: float, lat: float, k: int, hazards: Sequence[str] = ()
    ) -> tuple[Near, ...]:
        """Return the k nearest incidents, nearest first, by metres on the ellipsoid.

        The index knows degrees only. Its k nearest in degrees bound how far the k nearest in
        metres can be; all within that distance are then measured.

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
        keep = self._prepare(actor, hazards)

        def look() -> list[Pin]:
            some = self._some(actor.area, lon, lat, k, keep)
            if len(some) <= k:
                return some
            bound = _ranked(some, lon, lat)[k - 1].distance_m
            return self._pins_in(actor.area, box_around(lon, lat, bound), keep)

        return _ranked(self._ask(look), lon, lat)[:k]

    def within(
        self, actor: Actor, lon: float, lat: float, metres: float, hazards: Sequence[str] = ()
    ) -> tuple[Near, ...]:
        """Return the incidents within some metres, nearest first; parameters as for `nearest`."""
        keep = self._prepare(actor, hazards)
        found = self._ask(lambda: self._pins_in(actor.area, box_around(lon, lat, metres), keep))
        return tuple(one for one in _ranked(found, lon, lat) if one.distance_m <= metres)

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

    def _prepare(self, actor: Actor, hazards: Sequence[str]) -> Keep:
        """Return which incidents of its area an actor asks for; None is all of them."""
        actor.require(Permission.VIEW)
        if self._follower is not None and not self._subscribed:
            self._subscribed = True
            self._follower.subscribe(self._wake)
        wanted = frozenset(hazards)
        return (lambda one: one.hazard in wanted) if wanted else None

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
                pins = {row.id: _pin(row, codes) for row in rows}
            with self._lock:
                self._codes = codes
                self._fill(pins, head)

    def _take_in(self, rows: list[Any], head: int) -> None:
        for row in rows:
            self._put(row)
        self._position = head

    def _fill(self, pins: dict[int, Pin], position: int | None) -> None:
        self._pins = pins
        self._trees.clear()
        self._position = position

    def _put(self, row: sa.Row[Any]) -> None:
        """Take an incident in as it is now, or out where it is over."""
        before = self._pins.pop(row.id, None)
        pin = _pin(row, self._codes) if row.lon is not None and row.status in OPEN else None
        if pin is not None:
            self._pins[pin.id] = pin
        for area, tree in self._trees.items():
            was = before is not None and _is_in(before, area)
            is_now = pin is not None and _is_in(pin, area)
            if before is not None and pin is not None and was and is_now and before.box == pin.box:
                continue
            if before is not None and was:
                tree.delete(before.id, before.box)
            if pin is not None and is_now:
                tree.insert(pin.id, pin.box)

    def _tree(self, area: str | None) -> rtree.Index:
        """Return the index of an area; it is made when it is first asked for."""
        tree = self._trees.get(area)
        if tree is None:
            tree = _tree([one for one in self._pins.values() if _is_in(one, area)])
            self._trees[area] = tree
            if len(self._trees) > _MAX_AREAS:
                self._trees.popitem(last=False)
        self._trees.move_to_end(area)
        return tree

    def _some(self, area: str | None, lon: float, lat: float, k: int, keep: Keep) -> list[Pin]:
        """Return more than k of the incidents that are asked for; fewer if there are no more."""
        tree = self._tree(area)
        look = k + 1
        while look <= _MAX_LOOK:
            idents = list(tree.nearest((lon, lat, lon, lat), look))
            found = self._kept(idents, keep)
            if len(found) > k or len(idents) < look:
                return found
            look *= 4
        return self._pins_in(area, WORLD, keep)

    def _pins_in(self, area: str | None, box: Box, keep: Keep) -> list[Pin]:
        return self._kept(self._tree(area).intersection(box), keep)

    def _kept(self, idents: Iterable[int], keep: Keep) -> list[Pin]:
        found = map(self._pins.__getitem__, idents)
        return list(found) if keep is None else list(filter(keep, found))


def _is_in(pin: Pin, area: str | None) -> bool:
    return area is None or area in pin.codes


def _head(connection: Connection) -> int:
    return connection.execute(sa.select(sa.func.max(event.c.seq))).scalar() or 0


def _pin(row: Any, codes: dict[str, frozenset[str]]) -> Pin:  # noqa: ANN401 - a row of _PINS
    # Thousands of incidents share the same few grids.
    found = location_codes(row.location)
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


def _tree(pins: list[Pin]) -> rtree.Index:
    properties = rtree.Property(leaf_capacity=_NODE, index_capacity=_NODE)
    # Of the entries of a node so many are looked at to overlap least; it must be fewer than fit.
    properties.near_minimum_overlap_factor = _NODE - 1
    if not pins:
        return rtree.Index(properties=properties)
    points = np.array([(one.lon, one.lat) for one in pins], dtype=np.float64)
    idents = np.array([one.id for one in pins], dtype=np.int64)
    return rtree.Index((idents, points, points.copy()), properties=properties)


def _ranked(pins: list[Pin], lon: float, lat: float) -> tuple[Near, ...]:
    """Return incidents with their distances, nearest first; of equal ones the older first."""
    if not pins:
        return ()
    metres = distance_m(lon, lat, [one.lon for one in pins], [one.lat for one in pins])
    pairs = sorted(zip(metres.tolist(), pins, strict=True), key=lambda one: (one[0], one[1].id))
    return tuple(Near(pin, far) for far, pin in pairs)
