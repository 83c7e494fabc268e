"""The names of a gazetteer as they are searched while somebody types: by prefix and by inner word.

All keys stand behind each other in one array of characters; an inner word is found by comparing
that array with it, which takes a millisecond for a hundred thousand names and needs no index of
its own. A road is one place here for each town that it runs through.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.addresses.entry import Kind
from app.addresses.gazetteer import Gazetteer
from app.addresses.names import FORMS, KINDS, Form
from app.addresses.sounds import initials
from app.geo.measure import scales

Ints = npt.NDArray[np.int64]

# How a name fits, the best first: the whole of it, what it is called for short, its beginning, a
# part within it.
EXACT, SHORT, PREFIX, INNER = range(4)
_ROAD, _BARE = KINDS.index(Kind.ROAD), FORMS.index(Form.BARE)
_LAST = chr(0x10FFFF)
# Characters that have a known sound lie below; the last of them is none.
_PLANE = 0x10000
_MOST_M, _MOST_LENGTH = (1 << 20) - 1, (1 << 6) - 1


class Scope(NamedTuple):
    """Where a place must lie: ids of a town and a community, -1 for anywhere."""

    town: int = -1
    community: int = -1


class Hit(NamedTuple):
    """A place by one of its names.

    Attributes
    ----------
    kind : Kind
        One that has places of its own.
    id : int
        In the places of that kind.
    town : int
        Its town; of a road one of those that it runs through. -1 where not known.
    alias : int
        Place in `Gazetteer.aliases`, -1 if the name is its own.
    key : str
        The name.
    fit : int
        `EXACT`, `SHORT`, `PREFIX` or `INNER`.
    lon, lat : float
        WGS-84 degrees; of a road a point in that town.
    """

    kind: Kind
    id: int
    town: int
    alias: int
    key: str
    fit: int
    lon: float
    lat: float


class NameIndex:
    """Finds places by what their names begin with or contain.

    Parameters
    ----------
    gazetteer
        Its names are searched.
    """

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.keys = gazetteer.names.keys
        self._chars = np.frombuffer("\n".join(self.keys).encode("utf-32-le"), np.uint32)
        length = np.array([len(one) for one in self.keys], np.int64)
        self._begin = np.cumsum(length + 1) - length - 1
        self._letters = _letters()
        # Which key each character is of, with the break behind it.
        self._owner = np.repeat(np.arange(len(self.keys), dtype=np.int32), length + 1)
        arrays = gazetteer.arrays
        first = arrays["names.ref.first"].astype(np.int64)
        key = np.repeat(np.arange(len(self.keys)), np.diff(first))
        kind, ident = arrays["names.ref.kind"], arrays["names.ref.id"]
        # Each road comes once for every town that it runs through.
        towns = _towns_of_roads(gazetteer)
        times = np.ones(len(key), np.int64)
        on_road = kind == _ROAD
        times[on_road] = np.diff(towns.first)[ident[on_road]]
        at = np.repeat(np.arange(len(key)), times)
        within = np.arange(len(at)) - np.repeat(np.cumsum(times) - times, times)
        self._key, self._kind, self._id = key[at], kind[at], ident[at]
        self._bare = arrays["names.ref.form"][at] == _BARE
        self._alias = arrays["names.ref.alias"][at]
        self._first = np.searchsorted(self._key, np.arange(len(self.keys) + 1))
        n = len(at)
        self._town, self._community = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
        self._lon, self._lat = np.zeros(n), np.zeros(n)
        for place, of in enumerate(KINDS):
            own = np.flatnonzero(self._kind == place)
            if not len(own):
                continue
            one = self._id[own]
            if of is Kind.ROAD:
                pair = towns.first[one] + within[own]
                self._town[own] = towns.town[pair]
                self._lon[own], self._lat[own] = towns.lon[pair], towns.lat[pair]
                continue
            self._lon[own], self._lat[own] = arrays[f"{of}.lon"][one], arrays[f"{of}.lat"][one]
            self._town[own] = one if of is Kind.TOWN else arrays[f"{of}.town"][one]
            parent = one if of is Kind.COMMUNITY else arrays[f"{of}.parent"][one]
            self._community[own] = parent
        middle = float(np.median(self._lat)) if n else 0.0
        self._scales = scales(middle)
        # What decides where nothing else does: shorter names first, then the order of the keys.
        short = np.minimum(length, _MOST_LENGTH)[self._key]
        self._order = (short << 31) + np.arange(n)

    def exact(self, text: str, scope: Scope, near: tuple[float, float] | None) -> list[Hit]:
        """Return the places that have exactly this name, coarse to fine, the nearest first."""
        place = bisect_left(self.keys, text)
        if place == len(self.keys) or self.keys[place] != text:
            return []
        rows = np.arange(self._first[place], self._first[place + 1])
        return self._best(rows, np.zeros(len(rows), np.int64), scope, near, len(rows))

    def search(
        self, text: str, scope: Scope, near: tuple[float, float] | None, limit: int
    ) -> list[Hit]:
        """Return the places whose names begin with a text or contain it.

        Parameters
        ----------
        text
            As `app.addresses.normalise.key` writes it, not empty.
        scope
            Where they must lie.
        near
            Longitude and latitude: of equal ones the nearest come first.
        limit
            How many at most.

        Returns
        -------
        list of Hit
            By how they fit, own names before other ones, then coarse to fine, then the nearest,
            then the shortest name; each place once.
        """
        low = bisect_left(self.keys, text)
        high = bisect_left(self.keys, text + _LAST, low)
        begins = np.arange(self._first[low], self._first[high])
        fit = np.full(len(begins), PREFIX, np.int64)
        if low < high and self.keys[low] == text:
            fit[: self._first[low + 1] - self._first[low]] = EXACT
        found = self._containing(text)
        found = found[(found < low) | (found >= high)]
        count = self._first[found + 1] - self._first[found]
        inner = np.repeat(self._first[found] - (np.cumsum(count) - count), count)
        inner += np.arange(len(inner))
        rows = np.concatenate([begins, inner])
        fit = np.concatenate([fit, np.full(len(inner), INNER, np.int64)])
        return self._best(rows, fit, scope, near, limit)

    def by_initials(
        self, text: str, scope: Scope, near: tuple[float, float] | None, limit: int
    ) -> list[Hit]:
        """Return the places whose names begin with characters of these initials: sqjd, 石桥街道.

        Parameters
        ----------
        text
            Small letters and digits, not empty.
        scope, near, limit
            As in `search`.

        Returns
        -------
        list of Hit
            In the order of `search`; whole names are no better than beginnings.
        """
        chars, places = self._chars, np.arange(len(self.keys))
        for step, one in enumerate(text):
            places = places[self._begin[places] + step < len(chars)]
            # What breaks the keys apart has no letter, so a shorter name goes no further.
            own = np.minimum(chars[self._begin[places] + step], _PLANE - 1)
            places = places[self._letters[own] == ord(one)]
        count = self._first[places + 1] - self._first[places]
        rows = np.repeat(self._first[places] - (np.cumsum(count) - count), count)
        rows += np.arange(len(rows))
        return self._best(rows, np.full(len(rows), PREFIX, np.int64), scope, near, limit)

    def _containing(self, text: str) -> Ints:
        """Return which keys contain a text."""
        chars = self._chars
        places = np.flatnonzero(chars == ord(text[0]))
        for step, one in enumerate(text[1:], 1):
            places = places[places + step < len(chars)]
            places = places[chars[places + step] == ord(one)]
        found = self._owner[places].astype(np.int64)
        # In their order already: each is taken once.
        return found[np.diff(found, prepend=-1) > 0]

    def _best(
        self,
        rows: Ints,
        fit: Ints,
        scope: Scope,
        near: tuple[float, float] | None,
        limit: int,
    ) -> list[Hit]:
        if scope.town >= 0 or scope.community >= 0:
            kept = self._within(rows, scope)
            rows, fit = rows[kept], fit[kept]
        fit = np.where((fit == EXACT) & self._bare[rows], SHORT, fit)
        # Of what fits equally well, what a place is called itself comes before its other names.
        score = self._order[rows] + (fit << 61) + ((self._alias[rows] >= 0).astype(np.int64) << 60)
        score += self._kind[rows].astype(np.int64) << 57
        if near is not None:
            east, north = self._scales
            away = np.hypot((self._lon[rows] - near[0]) * east, (self._lat[rows] - near[1]) * north)
            score += np.minimum(away, _MOST_M).astype(np.int64) << 37
        hits: dict[tuple[int, int, int], Hit] = {}
        taken, wanted = 0, 4 * limit
        # A place has several names, so more of them may be needed than places.
        while taken < len(rows) and len(hits) < limit:
            chosen = np.arange(len(rows))
            if wanted < len(rows):
                chosen = np.argpartition(score, wanted)[:wanted]
            chosen = chosen[np.argsort(score[chosen])][taken:]
            for place in chosen.tolist():
                row = int(rows[place])
                ident = (int(self._kind[row]), int(self._id[row]), int(self._town[row]))
                if ident not in hits and len(hits) < limit:
                    hits[ident] = self._hit(row, int(fit[place]))
            taken, wanted = wanted, 4 * wanted
        return list(hits.values())

    def _within(self, rows: Ints, scope: Scope) -> npt.NDArray[np.bool_]:
        kept = np.ones(len(rows), bool)
        if scope.town >= 0:
            kept &= self._town[rows] == scope.town
        if scope.community >= 0:
            # A road has no community, and of some places it is not known.
            own = self._community[rows]
            coarser = self._kind[rows] <= KINDS.index(Kind.COMMUNITY)
            kept &= (own == scope.community) | ((own < 0) & ~coarser)
        return kept

    def _hit(self, row: int, fit: int) -> Hit:
        return Hit(
            KINDS[self._kind[row]],
            int(self._id[row]),
            int(self._town[row]),
            int(self._alias[row]),
            self.keys[self._key[row]],
            fit,
            float(self._lon[row]),
            float(self._lat[row]),
        )


def _letters() -> npt.NDArray[np.uint8]:
    """Return for each code of a character its initial as ASCII; 0: none is known."""
    found = np.zeros(_PLANE, np.uint8)
    for character, letter in initials().items():
        found[ord(character)] = ord(letter)
    for one in "abcdefghijklmnopqrstuvwxyz0123456789":
        found[ord(one)] = ord(one)
    return found


class _RoadTowns(NamedTuple):
    """Towns of each road, and a point of it in each; `first` is where those of a road begin."""

    first: Ints
    town: npt.NDArray[Any]
    lon: npt.NDArray[Any]
    lat: npt.NDArray[Any]


def _towns_of_roads(gazetteer: Gazetteer) -> _RoadTowns:
    arrays = gazetteer.arrays
    road, town = arrays["street.road"], arrays["street.town"]
    on_road = np.flatnonzero(road >= 0)
    roads, towns = len(gazetteer.roads), len(gazetteer.towns)
    wide = towns + 1
    # A road without a street stays where its own point is, in no known town.
    alone = np.setdiff1d(np.arange(roads), road[on_road])
    pairs = np.unique(
        np.append(road[on_road].astype(np.int64) * wide + town[on_road] + 1, alone * wide)
    )
    of, own = pairs // wide, pairs % wide - 1
    lon, lat = arrays["road.lon"][of].copy(), arrays["road.lat"][of].copy()
    # The door in the middle of the longest street of the pair.
    doors = np.diff(arrays["door.first"])[on_road]
    pair = np.searchsorted(pairs, road[on_road].astype(np.int64) * wide + town[on_road] + 1)
    order = np.lexsort((-on_road, doors, pair))
    last = np.append(pair[order][1:] != pair[order][:-1], True) if len(order) else order
    chosen = order[np.flatnonzero(last)]
    chosen = chosen[doors[chosen] > 0]
    middle = arrays["door.first"][on_road[chosen]] + doors[chosen] // 2
    lon[pair[chosen]], lat[pair[chosen]] = arrays["door.lon"][middle], arrays["door.lat"][middle]
    return _RoadTowns(np.searchsorted(of, np.arange(roads + 1)), own, lon, lat)
