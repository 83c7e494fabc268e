"""What an address that is being typed may become.

suggester = Suggester(Gazetteer.open(city), Home.of(city.manifest.name))
for one in suggester.suggest("东滨路12"):
    print(one.kind, one.name, one.area)

What is typed is read from the left: the city, towns and communities that it begins with say where
the rest is looked for. The rest is the beginning of a name or stands within one, the initials of
one, or it is a name and a number that is not finished yet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.addresses.entry import Kind
from app.addresses.folded import fold
from app.addresses.gazetteer import Gazetteer
from app.addresses.home import Home
from app.addresses.normalise import key
from app.addresses.numbers import NUMERAL
from app.addresses.suggest_names import EXACT, INNER, Hit, NameIndex, Scope
from app.addresses.suggest_numbers import NumberIndex, Spot, group_name

MAX_TYPED = 60
MAX_SUGGESTIONS = 50
_SHORTEST, _LONGEST = 2, 24
_MAX_READINGS = 8
# Whole names by their fit, numbers behind names, beginnings, inner words, sections.
_RANKS = (0, 1, 4, 5)
_EXACT_NUMBER, _NUMBER, _INITIALS, _SECTION = 2, 3, 5, 6
_LETTERS = re.compile("[a-z][a-z0-9]+")
_WHOLE_DOOR = re.compile(rf"[^号]{{0,8}}?{NUMERAL}号(?:附{NUMERAL}号)?(?=.)")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A place that what is typed may become.

    Attributes
    ----------
    kind : Kind
        Of the place; road also stands for its sections and lanes.
    name : str
        Of the place, as people write it.
    area : str
        Where it lies: town and community, "" where not known.
    address : str
        The whole address, which the matcher reads as this place.
    match : tuple of (int, int)
        Characters of the name, or of the alias if there is one, that were typed; (0, 0) for none.
    alias : str
        The other name by which it was found, "" if by its own.
    why : str
        Why the alias is one; see `app.addresses.entry.ALIAS_WHY`.
    grid : str
        Code of the finest grid if all its points lie in one, else "".
    lon, lat : float
        WGS-84 degrees.
    """

    kind: Kind
    name: str
    area: str
    address: str
    match: tuple[int, int]
    alias: str
    why: str
    grid: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class _Reading:
    """A rest of what was typed, and where it is looked for."""

    scope: Scope
    rest: str


class Suggester:
    """Completes addresses by the names and numbers of one gazetteer.

    Parameters
    ----------
    gazetteer
        Of the city.
    home
        What an address may begin with above the towns.

    Notes
    -----
    Nothing is changed after it is made: threads and forked processes share it.
    """

    def __init__(self, gazetteer: Gazetteer, home: Home | None = None) -> None:
        self.gazetteer = gazetteer
        home = home or Home()
        self._above = sorted(home.above | home.former, key=lambda one: (-len(one), one))
        self._names = NameIndex(gazetteer)
        self._numbers = NumberIndex(gazetteer)
        _ = gazetteer.aliases

    def suggest(
        self, typed: str, limit: int = 10, near: tuple[float, float] | None = None
    ) -> list[Suggestion]:
        """Return what may be meant, the likeliest first.

        Parameters
        ----------
        typed
            What is typed so far. Only its first `MAX_TYPED` characters are looked at.
        limit
            How many at most, 1 to `MAX_SUGGESTIONS`.
        near
            Longitude and latitude in WGS-84 degrees; of places that fit equally well the nearest
            come first.

        Returns
        -------
        list of Suggestion
            Whole names first, then numbers behind names, names that begin with the text, names
            that contain it; within these coarse to fine, then the nearest. Each place once.
        """
        text = key(fold(typed[:MAX_TYPED]).text.replace(",", ""))
        limit = max(1, min(limit, MAX_SUGGESTIONS))
        ranked: list[tuple[int, Suggestion]] = []
        for reading in self._readings(text):
            ranked += self._of(reading, near, limit)
        if not ranked:
            ranked = self._behind_unknown(text, near, limit)
        # Stable: within a rank the reading that leaves most together comes first.
        ranked.sort(key=lambda pair: pair[0])
        found: dict[tuple[str, str], Suggestion] = {}
        for _, one in ranked:
            found.setdefault((str(one.kind), one.address), one)
            if len(found) == limit:
                break
        return list(found.values())

    # --- reading -------------------------------------------------------------------------------

    def _readings(self, text: str) -> list[_Reading]:
        """Return the ways to take areas from the front, those that take least first."""
        found: list[_Reading] = []
        self._take(Scope(), text, found)
        below = self._below_home(text)
        if below != text:
            self._take(Scope(), below, found)
        found.sort(key=lambda one: -len(one.rest))
        return found[:_MAX_READINGS]

    def _below_home(self, text: str) -> str:
        """Return a text without the city and what stands above it at its front."""
        for above in self._above:
            if text.startswith(above) and len(text) > len(above):
                return self._below_home(text.removeprefix(above))
        return text

    def _take(self, scope: Scope, text: str, found: list[_Reading]) -> None:
        """Add a reading, and those that take another area from its front."""
        if not text or len(found) >= _MAX_READINGS or _Reading(scope, text) in found:
            return
        found.append(_Reading(scope, text))
        for length in range(min(len(text) - 1, _LONGEST), _SHORTEST - 1, -1):
            rest = text[length:]
            for hit in self._names.exact(text[:length], scope, None):
                if hit.kind is Kind.TOWN and scope.town < 0:
                    self._take(Scope(hit.id), rest, found)
                elif hit.kind is Kind.COMMUNITY and scope.community < 0:
                    self._take(Scope(hit.town, hit.id), rest, found)
                elif hit.kind is Kind.ROAD:
                    door = _WHOLE_DOOR.match(rest)
                    if door is not None:
                        self._take(Scope(hit.town), rest[door.end() :], found)

    def _of(
        self, reading: _Reading, near: tuple[float, float] | None, limit: int
    ) -> list[tuple[int, Suggestion]]:
        """Return what one reading may become, with the rank of each."""
        hits = self._names.search(reading.rest, reading.scope, near, limit)
        found = [
            (_RANKS[hit.fit], self._place(hit, reading.rest))
            for hit in hits
            # One character within names says little once an area is known.
            if hit.fit != INNER or len(reading.rest) > 1 or reading.scope.town < 0
        ]
        if _LETTERS.fullmatch(reading.rest):
            known = {(hit.kind, hit.id, hit.town) for hit in hits}
            found += [
                (_INITIALS, self._place(hit, reading.rest, initials=True))
                for hit in self._names.by_initials(reading.rest, reading.scope, near, limit)
                if (hit.kind, hit.id, hit.town) not in known
            ]
        found += self._numbered(reading, near, limit)
        if reading.scope.community >= 0:
            anchor = self._community(reading.scope)
            found += self._spots([anchor], reading.rest, limit)
        # A road's sections and lanes, once the road is whole.
        for hit in hits:
            if hit.fit == EXACT and hit.kind is Kind.ROAD:
                spots = self._numbers.behind(hit, "", limit)
                found += [(_SECTION, self._spot(hit, spot, "")) for spot in spots]
        return found

    def _numbered(
        self, reading: _Reading, near: tuple[float, float] | None, limit: int
    ) -> list[tuple[int, Suggestion]]:
        """Return numbers behind the longest name with which the rest begins."""
        rest = reading.rest
        for length in range(min(len(rest) - 1, _LONGEST), _SHORTEST - 1, -1):
            hits = self._names.exact(rest[:length], reading.scope, near)
            found = self._spots(
                [hit for hit in hits if hit.kind in {Kind.ROAD, Kind.ESTATE}], rest[length:], limit
            )
            if found:
                return found
        return []

    def _spots(self, anchors: list[Hit], tail: str, limit: int) -> list[tuple[int, Suggestion]]:
        return [
            (_EXACT_NUMBER if spot.exact else _NUMBER, self._spot(anchor, spot, tail))
            for anchor in anchors
            for spot in self._numbers.behind(anchor, tail, limit)
        ]

    def _behind_unknown(
        self, text: str, near: tuple[float, float] | None, limit: int
    ) -> list[tuple[int, Suggestion]]:
        """Return numbers behind the first name that stands behind unknown words."""
        for start in range(1, len(text) - _SHORTEST):
            found = self._numbered(_Reading(Scope(), text[start:]), near, limit)
            if found:
                return found
        return []

    def _community(self, scope: Scope) -> Hit:
        places = self.gazetteer.communities
        one = scope.community
        name = places.name[one]
        return Hit(
            Kind.COMMUNITY, one, places.town[one], -1, name, 0, places.lon[one], places.lat[one]
        )

    # --- wording -------------------------------------------------------------------------------

    def _place(self, hit: Hit, typed: str, *, initials: bool = False) -> Suggestion:
        g = self.gazetteer
        places = g.places[hit.kind]
        name = places.name[hit.id]
        if hit.kind is Kind.GROUP:
            name = group_name(name)
        community = places.parent[hit.id] if hit.kind is not Kind.ROAD else -1
        area = self._area(hit.town if hit.kind is not Kind.TOWN else -1, community)
        alias = g.aliases[hit.alias] if hit.alias >= 0 else None
        grids = set(places.grids.of(hit.id)) if hit.kind is not Kind.ROAD else set()
        shown = alias.alias if alias else name
        return Suggestion(
            kind=hit.kind,
            name=name,
            area=area,
            address=area + name,
            match=_within(shown, hit.key[: len(typed)] if initials else typed),
            alias=alias.alias if alias else "",
            why=alias.why if alias else "",
            grid=self._grid(grids),
            lon=hit.lon,
            lat=hit.lat,
        )

    def _spot(self, anchor: Hit, spot: Spot, tail: str) -> Suggestion:
        g = self.gazetteer
        places = g.places[anchor.kind]
        own = places.name[anchor.id]
        community = places.parent[anchor.id] if anchor.kind is Kind.ESTATE else -1
        area = self._area(anchor.town, community)
        alias = g.aliases[anchor.alias] if anchor.alias >= 0 else None
        name = own + spot.text
        typed = len(own) + (len(tail) if spot.text.startswith(tail) else 0)
        return Suggestion(
            kind=spot.kind,
            name=name,
            area=area,
            address=area + name,
            match=(0, 0) if alias else (0, typed),
            alias=alias.alias if alias else "",
            why=alias.why if alias else "",
            grid=self._grid(spot.grids),
            lon=spot.lon,
            lat=spot.lat,
        )

    def _area(self, town: int, community: int) -> str:
        g = self.gazetteer
        parts = [g.towns.name[town]] if town >= 0 else []
        return "".join([*parts, g.communities.name[community]] if community >= 0 else parts)

    def _grid(self, grids: set[int] | frozenset[int]) -> str:
        (one,) = grids if len(grids) == 1 else (-1,)
        return self.gazetteer.grids[one] if one >= 0 else ""


def _within(name: str, typed: str) -> tuple[int, int]:
    """Return where a name holds what was typed; (0, 0) where its folding is of another length."""
    folded = key(name)
    place = folded.find(typed) if len(folded) == len(name) else -1
    return (place, place + len(typed)) if place >= 0 else (0, 0)
