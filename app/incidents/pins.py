"""Places of open incidents in memory: an index that is changed as they come and go, and columns.

The index (rtree) finds the nearest, and what is in a small box, in a time that hardly grows with
their number. For a box with very many in it, and for what is limited to an area or a hazard, it
is quicker to look at every one: numpy columns beside the index hold longitude, latitude, hazard,
rank and grids, one row for each incident, kept up to date with every change. The row of an
incident that is over goes to the next one.

This is the only module that knows rtree. libspatialindex is not safe for threads, not even for
reading: whoever holds a `Pins` holds a lock whenever it is asked or changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
from rtree import index as rtree

from app.geo.measure import distance_m
from app.incidents.lifecycle import Status
from app.incidents.near import WORLD, Box, box_around

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

# Small nodes: an incident is taken out and put in some seven times as fast as with the usual 100,
# and found as fast.
_NODE = 20
# A box that is no wider and no higher, degrees, is asked of the index.
_SMALL = 0.02
# Of more than so many, those that are surely too far are left out before true distances are taken.
_MANY = 200
# A great circle differs from the geodesic by less than 0.6 %.
_EARTH_M, _SLACK = 6_371_008.8, 1.01
_ID_BITS = 48
_FIRST_ROWS = 64
_STATUSES = {one: row for row, one in enumerate(Status)}


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
class Such:
    """Which of the open incidents; what is left empty does not limit.

    Attributes
    ----------
    severities : tuple of int
    statuses : tuple of Status
    overdue : bool or None
        Whether the next move is due before `at`.
    at : datetime or None
        The time of the question.
    """

    severities: tuple[int, ...] = ()
    statuses: tuple[Status, ...] = ()
    overdue: bool | None = None
    at: datetime | None = None


ALL = Such()


class Pins:
    """Open incidents by where they are.

    Parameters
    ----------
    pins
        The first ones; put all at once they are indexed some ten times as fast.
    """

    def __init__(self, pins: Iterable[Pin] = ()) -> None:
        given = list(pins)
        count = len(given)
        self._held: list[Pin | None] = [*given]
        self._row = {one.id: row for row, one in enumerate(given)}
        self._free: list[int] = []
        self._codes = _Names()
        self._hazards = _Names()
        # Of a row that is free, lon and lat are NaN, which is in no box.
        self._lon = np.fromiter((one.lon for one in given), np.float64, count)
        self._lat = np.fromiter((one.lat for one in given), np.float64, count)
        self._rank = np.fromiter(map(_rank, given), np.int64, count)
        self._hazard = np.fromiter(
            (self._hazards.number(one.hazard) for one in given), np.int32, count
        )
        self._status = np.fromiter((_STATUSES[one.status] for one in given), np.int8, count)
        self._due_s = np.fromiter(map(_due_s, given), np.float64, count)
        # Every column is one of the grids of an incident, in no order; 0 is none.
        width = max((len(one.codes) for one in given), default=0)
        self._grids = np.zeros((width, count), np.int32)
        for row, one in enumerate(given):
            self._grids[: len(one.codes), row] = self._codes.numbers(one.codes)
        self._tree = _tree(self._lon, self._lat)

    def __len__(self) -> int:
        """Return how many incidents there are."""
        return len(self._row)

    def put(self, pin: Pin) -> None:
        """Take an incident in as it is now."""
        row = self._row.get(pin.id)
        before = None
        if row is None:
            row = self._row[pin.id] = self._new_row()
        else:
            before = self._held[row]
        if before is not None and before.box != pin.box:
            self._tree.delete(row, before.box)
        if before is None or before.box != pin.box:
            self._tree.insert(row, pin.box)
        self._held[row] = pin
        self._lon[row], self._lat[row] = pin.lon, pin.lat
        self._rank[row] = _rank(pin)
        self._hazard[row] = self._hazards.number(pin.hazard)
        self._status[row], self._due_s[row] = _STATUSES[pin.status], _due_s(pin)
        missing = len(pin.codes) - len(self._grids)
        if missing > 0:
            self._grids = np.pad(self._grids, ((0, missing), (0, 0)))
        self._grids[:, row] = 0
        self._grids[: len(pin.codes), row] = self._codes.numbers(pin.codes)

    def drop(self, ident: int) -> None:
        """Take an incident out, if it is there."""
        row = self._row.pop(ident, None)
        pin = None if row is None else self._held[row]
        if row is None or pin is None:
            return
        self._tree.delete(row, pin.box)
        self._held[row] = None
        self._lon[row] = self._lat[row] = np.nan
        self._free.append(row)

    def gravest(
        self, area: str | None, box: Box, hazards: Sequence[str], limit: int, such: Such = ALL
    ) -> tuple[list[Pin], int]:
        """Return the gravest in a box, of equal ones the newest first, and how many it holds."""
        rows = self._such(self._in_box(area, box, hazards), such)
        total = len(rows)
        rank = self._rank[rows]
        if total > limit:
            most = np.argpartition(rank, total - limit)[total - limit :]
            rows, rank = rows[most], rank[most]
        return self._pins_of(rows[np.argsort(rank)[::-1]]), total

    def within(self, area: str | None, box: Box, hazards: Sequence[str]) -> list[Pin]:
        """Return all that a box holds, in no order."""
        return self._pins_of(self._in_box(area, box, hazards))

    def around(
        self, area: str | None, lon: float, lat: float, k: int, hazards: Sequence[str]
    ) -> list[Pin]:
        """Return some that surely hold the k nearest, by metres on the ellipsoid, in no order.

        The index and a plane know degrees only. The k nearest in degrees bound how far the k
        nearest in metres can be; all within that distance are returned.
        """
        if area is None and not hazards:
            every, some = None, _rows(self._tree.nearest((lon, lat, lon, lat), k))
        else:
            some = every = self._in_box(area, WORLD, hazards)
            if len(every) > k:
                east = (self._lon[every] - lon) * math.cos(math.radians(lat))
                north = self._lat[every] - lat
                some = every[np.argpartition(east * east + north * north, k - 1)[:k]]
        if len(some) < k or len(some) == len(self._row):
            return self._pins_of(some)
        far = distance_m(lon, lat, self._lon[some], self._lat[some])
        bound = float(np.partition(far, k - 1)[k - 1])
        box = box_around(lon, lat, bound)
        if every is None:
            rows = self._in_box(None, box, ())
        else:
            rows = every[_inside(self._lon[every], self._lat[every], box)]
        if len(rows) > _MANY:
            circle = _great_circle_m(lon, lat, self._lon[rows], self._lat[rows])
            rows = rows[circle <= bound * _SLACK + 1]
        return self._pins_of(rows)

    def _in_box(self, area: str | None, box: Box, hazards: Sequence[str]) -> Rows:
        west, south, east, north = box
        if east - west <= _SMALL and north - south <= _SMALL:
            rows = _rows(self._tree.intersection(box))
            return rows[self._asked_for(rows, area, hazards)]
        every = slice(0, len(self._held))
        inside = _inside(self._lon[every], self._lat[every], box)
        if area is not None or hazards:
            inside &= self._asked_for(every, area, hazards)
        return np.flatnonzero(inside)

    def _such(self, rows: Rows, such: Such) -> Rows:
        if such.severities:
            rows = rows[np.isin(self._rank[rows] >> _ID_BITS, such.severities)]
        if such.statuses:
            rows = rows[np.isin(self._status[rows], [_STATUSES[one] for one in such.statuses])]
        if such.overdue is not None and such.at is not None:
            rows = rows[(self._due_s[rows] < such.at.timestamp()) == such.overdue]
        return rows

    def _asked_for(self, rows: Rows | slice, area: str | None, hazards: Sequence[str]) -> Mask:
        """Tell which rows are of an area and of some hazards."""
        asked: Mask = np.ones(len(self._hazard[rows]), np.bool_)
        if area is not None:
            asked &= (self._grids[:, rows] == self._codes.known(area)).any(axis=0)
        if hazards:
            asked &= np.isin(self._hazard[rows], [self._hazards.known(one) for one in hazards])
        return asked

    def _pins_of(self, rows: Rows) -> list[Pin]:
        held = self._held
        return [pin for row in rows.tolist() if (pin := held[row]) is not None]

    def _new_row(self) -> int:
        if self._free:
            return self._free.pop()
        row = len(self._held)
        self._held.append(None)
        if row == len(self._lon):
            # Doubled, so that it happens seldom.
            more = max(row, _FIRST_ROWS)
            self._lon = np.pad(self._lon, (0, more), constant_values=np.nan)
            self._lat = np.pad(self._lat, (0, more), constant_values=np.nan)
            self._rank = np.pad(self._rank, (0, more))
            self._hazard = np.pad(self._hazard, (0, more))
            self._status = np.pad(self._status, (0, more))
            self._due_s = np.pad(self._due_s, (0, more))
            self._grids = np.pad(self._grids, ((0, 0), (0, more)))
        return row


class _Names:
    """Numbers, from 1 on, in place of names that very many share."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._sets: dict[frozenset[str], tuple[int, ...]] = {}

    def known(self, name: str) -> int:
        """Return the number of a name, -1 if nobody has it."""
        return self._numbers.get(name, -1)

    def number(self, name: str) -> int:
        return self._numbers.setdefault(name, len(self._numbers) + 1)

    def numbers(self, names: frozenset[str]) -> tuple[int, ...]:
        found = self._sets.get(names)
        if found is None:
            found = self._sets[names] = tuple(self.number(one) for one in names)
        return found


def ranked(pins: list[Pin], lon: float, lat: float) -> list[tuple[float, Pin]]:
    """Return incidents with their distances in metres, nearest first; of equal ones the older."""
    if not pins:
        return []
    metres = distance_m(lon, lat, [one.lon for one in pins], [one.lat for one in pins])
    pairs = zip(metres.tolist(), pins, strict=True)
    return sorted(pairs, key=lambda one: (one[0], one[1].id))


def _inside(lon: Floats, lat: Floats, box: Box) -> Mask:
    west, south, east, north = box
    inside: Mask = lon >= west
    inside &= lon <= east
    inside &= lat >= south
    inside &= lat <= north
    return inside


def _rank(pin: Pin) -> int:
    """Return a number that is the higher the graver and then the newer an incident is."""
    return (pin.severity << _ID_BITS) + pin.id


def _due_s(pin: Pin) -> float:
    """Return when the next move is due, seconds of the epoch; never where nothing is."""
    return math.inf if pin.due_at is None else pin.due_at.timestamp()


def _rows(found: Iterable[int]) -> Rows:
    return np.fromiter(found, np.int64)


def _tree(lon: Floats, lat: Floats) -> rtree.Index:
    properties = rtree.Property(leaf_capacity=_NODE, index_capacity=_NODE)
    # Of the entries of a node so many are looked at to overlap least; it must be fewer than fit.
    properties.near_minimum_overlap_factor = _NODE - 1
    if not len(lon):
        return rtree.Index(properties=properties)
    points = np.column_stack([lon, lat])
    return rtree.Index((np.arange(len(lon)), points, points.copy()), properties=properties)


def _great_circle_m(lon: float, lat: float, to_lon: Floats, to_lat: Floats) -> Floats:
    """Return distances on a sphere, metres, by the haversine formula."""
    phi, to_phi = math.radians(lat), np.radians(to_lat)
    half = np.sin((to_phi - phi) / 2) ** 2
    half += math.cos(phi) * np.cos(to_phi) * np.sin(np.radians(to_lon - lon) / 2) ** 2
    return np.asarray(2 * _EARTH_M * np.arcsin(np.minimum(np.sqrt(half), 1.0)))
