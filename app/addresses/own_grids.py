"""Grids that are towns and communities themselves: all the finest grids in them are theirs."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.addresses.entry import Kind
from app.addresses.index_rows import Rows
from app.addresses.variants import short_key
from app.grids import City

Ints = npt.NDArray[np.int32]


class Pairs(NamedTuple):
    """Which places have which finest grids in them, as two arrays of one length."""

    place: Ints
    grid: Ints


def own_grids(city: City, rows: Rows) -> dict[Kind, Pairs]:
    """Return the finest grids of towns and communities that are grids of some level by name.

    A town is the only grid of its name on the coarsest level that has the name; a community the
    only one of its name below its town. Rows know only the grids in which they have points; these
    are all.

    Parameters
    ----------
    city
        Its levels are looked through from coarse to fine.
    rows
        Their `grids` are the codes of the city's finest level.
    """
    levels = _Levels(city)
    return {kind: levels.pairs(found) for kind, found in _named(levels, rows).items()}


def named_grids(city: City, rows: Rows) -> dict[Kind, dict[int, tuple[int, int]]]:
    """Return which grid a town or community is, as depth of the level and row in it, by its id.

    See `own_grids`; places that are none are left out.
    """
    return _named(_Levels(city), rows)


def _named(levels: _Levels, rows: Rows) -> dict[Kind, dict[int, tuple[int, int]]]:
    towns = {
        town: found
        for town, name in enumerate(rows.names[Kind.TOWN])
        if (found := levels.only(Kind.TOWN, name, None)) is not None
    }
    communities = {}
    for community, name in enumerate(rows.names[Kind.COMMUNITY]):
        above = towns.get(int(rows.town_of[Kind.COMMUNITY][community]))
        found = levels.only(Kind.COMMUNITY, name, above)
        if found is not None:
            communities[community] = found
    return {Kind.TOWN: towns, Kind.COMMUNITY: communities}


class _Levels:
    """The levels of a city with the ancestor of each finest grid on each."""

    def __init__(self, city: City) -> None:
        n = len(city.finest)
        row = np.arange(n, dtype=np.int32)
        self.ancestor: list[Ints] = [row]
        for level in reversed(city.levels[1:]):
            parent = city.layer(level.id).parent_row
            row = np.where(row >= 0, parent[row], -1).astype(np.int32)
            self.ancestor.insert(0, row)
        self._names: dict[tuple[Kind, int], dict[str, list[int]]] = {}
        for kind in (Kind.TOWN, Kind.COMMUNITY):
            for depth, level in enumerate(city.levels):
                by_name: dict[str, list[int]] = defaultdict(list)
                for place, name in enumerate(city.layer(level.id).names):
                    by_name[short_key(kind, str(name))].append(place)
                self._names[kind, depth] = by_name

    def only(self, kind: Kind, name: str, above: tuple[int, int] | None) -> tuple[int, int] | None:
        """Return level and row of the only grid of a name, below a grid if one is given."""
        start = 0 if above is None else above[0] + 1
        for depth in range(start, len(self.ancestor)):
            places = self._names[kind, depth].get(short_key(kind, name), [])
            if above is not None:
                places = [one for one in places if self._is_below(depth, one, above)]
            if places:
                return (depth, places[0]) if len(places) == 1 else None
        return None

    def _is_below(self, depth: int, place: int, above: tuple[int, int]) -> bool:
        inside = self.ancestor[depth] == place
        return bool((self.ancestor[above[0]][inside] == above[1]).any())

    def pairs(self, found: dict[int, tuple[int, int]]) -> Pairs:
        """Return the finest grids in the grids that were found for places."""
        grids = [np.flatnonzero(self.ancestor[depth] == row) for depth, row in found.values()]
        count = [len(own) for own in grids]
        return Pairs(
            np.repeat(np.array(list(found), np.int32), count),
            np.concatenate([np.empty(0, np.int64), *grids]).astype(np.int32),
        )
