"""What a number that is being typed may become: doors, sections, lanes, groups, buildings.

What follows a name is compared with what can follow it in the gazetteer, written in the same way:
``12`` behind a road is door 12, 120 to 129 and so on, its section 2 is ``2段``, its lane ``12巷``.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from app.addresses.entry import Kind
from app.addresses.explain import door_text
from app.addresses.gazetteer import Gazetteer
from app.addresses.numbers import MAX_NUMBER, NUMERAL, numeral, sub_number
from app.addresses.suggest_names import Hit

_CHARACTERS = re.compile("[零〇○一二三四五六七八九十百千两廿卅]+")
_DOOR = re.compile(r"(?P<base>\d{1,5})(?P<mark>号?)(?:(?:附|之|-)(?P<sub>[\da-z甲-癸]*)号?)?")
_GROUP = re.compile(rf"第?({NUMERAL})(?:村民小组|居民小组|村民组|居民组|小组|组|社|队|邻)")
_BUILDING = re.compile(r"第?([\da-z]+|[甲乙丙丁])(?:栋|幢|座|号楼|#)")
_UNIT = re.compile(r"第?([\da-z]+)(?:单元|梯)")
# Behind a building nothing decides the grid any more.
_ROOM = re.compile(r"[\d\-层楼室号f]*")


class Spot(NamedTuple):
    """A numbered place behind a name.

    Attributes
    ----------
    kind : Kind
        Door, building, group, or road for a section or lane.
    street : int
        Id of the street, -1 for none.
    place : int
        Row of `Doors` or `Buildings`, id of a group, else -1.
    text : str
        What follows the name: ``南段128号``.
    exact : bool
        Whether that is all that was typed.
    lon, lat : float
        WGS-84 degrees.
    grids : frozenset of int
        Of its points.
    """

    kind: Kind
    street: int
    place: int
    text: str
    exact: bool
    lon: float
    lat: float
    grids: frozenset[int]


def in_digits(tail: str) -> str:
    """Return what follows a name with its numerals in digits: 二段 is 2段."""

    def digits(found: re.Match[str]) -> str:
        value = numeral(found.group())
        return found.group() if value is None else str(value)

    return _CHARACTERS.sub(digits, tail)


def group_name(name: str) -> str:
    """Return the name of a group as it is written in an address."""
    return f"{name}组" if numeral(name) is not None else name


class _Ask(NamedTuple):
    """What is asked of a street: doors behind its own text that begin with what was typed.

    `group` leaves out doors of other groups, -1 none.
    """

    street: int
    own: str
    typed: str
    group: int = -1


class NumberIndex:
    """Completes numbers behind the names of one gazetteer."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        parent = gazetteer.arrays["group.parent"]
        self._groups = np.argsort(parent, kind="stable")
        self._first = np.searchsorted(
            parent[self._groups], np.arange(len(gazetteer.communities) + 1)
        )

    def behind(self, anchor: Hit, tail: str, limit: int) -> list[Spot]:
        """Return what may stand behind a name, the likeliest first.

        Parameters
        ----------
        anchor
            A road, a community or an estate.
        tail
            What was typed behind its name, as `app.addresses.normalise.key` writes it; behind a
            road "" asks for its sections.
        limit
            How many at most.
        """
        tail = in_digits(tail)
        if anchor.kind is Kind.ROAD:
            return self._on_road(anchor, tail, limit)
        if anchor.kind is Kind.COMMUNITY:
            return self._in_community(anchor.id, tail, limit)
        return self._in_estate(anchor.id, tail, limit)

    # --- roads ---------------------------------------------------------------------------------

    def _on_road(self, anchor: Hit, tail: str, limit: int) -> list[Spot]:
        g = self._gazetteer
        found: list[Spot] = []
        tail = tail.removeprefix("第")
        asks: list[_Ask] = []
        for street in g.streets.on_road(anchor.id, town=anchor.town):
            section, lane = g.streets.section[street], g.streets.lane[street]
            own_section = f"{g.labels[section]}段" if section else ""
            own = own_section + (g.labels[lane] if lane else "")
            if own and own.startswith(tail):
                found.append(self._street(street, own, exact=own == tail))
            if tail.startswith(own):
                asks.append(_Ask(street, own, tail.removeprefix(own)))
            elif own == own_section and tail[:1].isdigit():
                # The section was left out.
                asks.append(_Ask(street, own, tail))
        found.sort(key=lambda one: (not one.exact, one.text))
        return found[:limit] + self._doors(asks, limit)

    def _street(self, street: int, text: str, *, exact: bool) -> Spot:
        doors = self._gazetteer.doors
        rows = doors.of_street(street)
        middle = rows[len(rows) // 2] if len(rows) else -1
        lon, lat = (doors.lon[middle], doors.lat[middle]) if middle >= 0 else (0.0, 0.0)
        grids = frozenset(self._gazetteer.streets.grids.of(street))
        return Spot(Kind.ROAD, street, -1, text, exact, lon, lat, grids)

    def _doors(self, asks: Iterable[_Ask], limit: int) -> list[Spot]:
        """Return the doors of streets: the number that was typed first, then as they count."""
        found = [spot for ask in asks for spot in self._of_street(ask, limit)]
        number = self._gazetteer.doors.number
        found.sort(key=lambda one: (not one.exact, number[one.place], one.text, one.street))
        return found[:limit]

    def _of_street(self, ask: _Ask, limit: int) -> Iterator[Spot]:
        hit = _DOOR.fullmatch(ask.typed)
        if hit is None:
            return
        base = int(hit["base"])
        if hit["sub"] is not None:
            wanted = sub_number(hit["sub"]) if hit["sub"] else ""
            for sub, rows in self._subs(ask, base):
                if sub and sub.startswith(wanted):
                    yield self._door(ask, door_text(base, sub), rows, exact=sub == wanted)
            return
        left = limit
        for number in self._numbers(ask.street, base, ends=bool(hit["mark"])):
            subs = self._subs(ask, number)
            for sub, rows in subs if hit["mark"] else subs[:1]:
                exact = number == base and not sub
                yield self._door(ask, door_text(number, sub), rows, exact=exact)
                left -= 1
                if not left:
                    return

    def _numbers(self, street: int, base: int, *, ends: bool) -> Iterator[int]:
        """Yield the numbers of a street that begin with the digits of one, in their order."""
        doors = self._gazetteer.doors
        own = doors.of_street(street)
        low, high = base, base
        while low <= MAX_NUMBER and base:
            place = bisect_left(doors.number, low, own.start, own.stop)
            while place < own.stop and doors.number[place] <= high:
                yield doors.number[place]
                place = bisect_right(doors.number, doors.number[place], place, own.stop)
            if ends:
                return
            low, high = 10 * low, 10 * high + 9

    def _subs(self, ask: _Ask, number: int) -> list[tuple[str, list[int]]]:
        """Return the sub-numbers of a door with their rows; the door itself, "", comes first."""
        g = self._gazetteer
        found: dict[str, list[int]] = {}
        for row in g.doors.at(ask.street, number):
            if ask.group < 0 or g.doors.group[row] == ask.group:
                found.setdefault(g.labels[g.doors.sub[row]], []).append(row)
        return sorted(found.items(), key=lambda one: (len(one[0]), one[0]))

    def _door(self, ask: _Ask, text: str, rows: list[int], *, exact: bool) -> Spot:
        doors = self._gazetteer.doors
        place = rows[0]
        grids = frozenset(doors.grid[row] for row in rows)
        lon, lat = doors.lon[place], doors.lat[place]
        return Spot(Kind.DOOR, ask.street, place, ask.own + text, exact, lon, lat, grids)

    # --- communities ---------------------------------------------------------------------------

    def _in_community(self, community: int, tail: str, limit: int) -> list[Spot]:
        g = self._gazetteer
        tail = _GROUP.sub(r"\1组", tail).removeprefix("第")
        groups = {
            group_name(g.groups.name[group]): group
            for group in self._groups[self._first[community] : self._first[community + 1]].tolist()
        }
        found = [
            self._group(group, name, exact=name.removesuffix("组") == tail.removesuffix("组"))
            for name, group in groups.items()
            if tail and name.startswith(tail)
        ]
        found.sort(key=lambda one: (not one.exact, len(one.text), one.text))
        asks = []
        for street in g.streets.in_community(community):
            group, lane = g.streets.group[street], g.streets.lane[street]
            before = g.labels[lane] if lane else ""
            # Where numbers count through all groups, the group may be said all the same.
            named = [name for name in groups if group < 0 and tail.startswith(name)]
            first = group_name(g.groups.name[group]) if group >= 0 else "".join(named[:1])
            only = groups[first] if group < 0 and first else -1
            own = first + before
            if tail.startswith(own):
                asks.append(_Ask(street, own, tail.removeprefix(own), only))
        return found[:limit] + self._doors(asks, limit)

    def _group(self, group: int, name: str, *, exact: bool) -> Spot:
        groups = self._gazetteer.groups
        grids = frozenset(groups.grids.of(group))
        return Spot(Kind.GROUP, -1, group, name, exact, groups.lon[group], groups.lat[group], grids)

    # --- estates -------------------------------------------------------------------------------

    def _in_estate(self, estate: int, tail: str, limit: int) -> list[Spot]:
        g = self._gazetteer
        if not tail:
            return []
        tail = _UNIT.sub(r"\1单元", _BUILDING.sub(r"\1栋", tail)).removesuffix("号")
        found: dict[str, Spot] = {}
        for row in g.buildings.of_estate(estate):
            building = f"{g.labels[g.buildings.building[row]]}栋"
            unit = g.buildings.unit[row]
            whole = building + (f"{g.labels[unit]}单元" if unit else "")
            # A building is offered before its units, which are only asked for behind it.
            for text in {building, whole} if building in tail else {building}:
                behind = _ROOM.fullmatch(tail.removeprefix(text))
                if text.startswith(tail) or (tail.startswith(text) and behind):
                    self._add_building(found, text, row, exact=text == tail)
        spots = sorted(found.values(), key=lambda one: (not one.exact, len(one.text), one.text))
        return spots[:limit]

    def _add_building(self, found: dict[str, Spot], text: str, row: int, *, exact: bool) -> None:
        b = self._gazetteer.buildings
        known = found.get(text)
        grids = frozenset({b.grid[row]}) | (known.grids if known else frozenset())
        lon, lat = (known.lon, known.lat) if known else (b.lon[row], b.lat[row])
        place = known.place if known else row
        found[text] = Spot(Kind.BUILDING, -1, place, text, exact, lon, lat, grids)
