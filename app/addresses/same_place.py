"""Which rows of a gazetteer name the same thing as given words, though they may say more or less.

Two rows are told apart by what numbers and names count within: a door of a road by road, section,
lane, number and sub-number, whatever community one of them adds. A part that both name and that
differs makes two things; a part that only one of them names does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from app.addresses.bring_in import KEYS
from app.addresses.entry import Kind
from app.addresses.index_rows import settle
from app.addresses.intake import NAMING
from app.addresses.normalise import key
from app.addresses.texted import Texted

Longs = npt.NDArray[np.int64]
Words = Mapping[str, str]

_DOOR = ("lane", "number", "sub_number", "building", "unit")


@dataclass(frozen=True, slots=True)
class _Rule:
    """What tells things of one sort apart.

    Attributes
    ----------
    kind : Kind
    same : tuple of str
        Parts that are the same, or both absent.
    absent : tuple of str
        Parts that a row must not have: it would be something finer.
    several : tuple of str
        Parts by which rows are different things if they differ between themselves.
    given_up : tuple of str
        Parts that a row gives up which names something else beside, such as a POI at a door.
    beside : tuple of str
        What that something else is.
    """

    kind: Kind
    same: tuple[str, ...]
    absent: tuple[str, ...] = ()
    several: tuple[str, ...] = ("town",)
    given_up: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


_POI = _Rule(Kind.POI, ("poi",), several=("town", "community", "road", "number"))
_BUILDING = _Rule(
    Kind.BUILDING,
    ("estate", "building", "unit"),
    given_up=("building", "unit"),
    beside=("poi",),
)
_ON_ROAD = _Rule(
    Kind.DOOR,
    ("road", "section", *_DOOR),
    several=("town", "community"),
    given_up=("number", "sub_number"),
    beside=("estate", "poi"),
)
_IN_COMMUNITY = _Rule(
    Kind.DOOR,
    ("road", "community", *_DOOR),
    several=("town", "group"),
    given_up=("number", "sub_number"),
    beside=("estate", "poi"),
)
_ESTATE = _Rule(Kind.ESTATE, ("estate",), absent=("building", "unit", "number", "poi"))
_GROUP = _Rule(
    Kind.GROUP, ("community", "group"), absent=("road", "lane", "number", "estate", "poi")
)


def keyed(words: Words) -> dict[str, str]:
    """Return what the words of a row are compared by; every naming part, "" for none."""
    columns = {name: Texted.same(words.get(name, ""), 1) for name in NAMING}
    return {name: column[0] for name, column in _keyed(columns).items()}


def kind_of(words: Words) -> Kind | None:
    """Return what a point with these words is; None for a town, a community or a road.

    Their points are no more than a middle, which tells nothing of a grid.
    """
    rule = _rule_of(keyed(words))
    return rule.kind if rule is not None else None


def identity(words: Words) -> tuple[str, ...]:
    """Return what is the same of all words that may name one thing; `is_same` decides.

    Raises
    ------
    ValueError
        If the words are those of an area.
    """
    parts = keyed(words)
    rule = _rule_of(parts)
    if rule is None:
        raise ValueError(f"{dict(words)} names an area")
    return (str(rule.kind), *(parts[name] for name in rule.same))


def is_same(one: Words, other: Words) -> bool:
    """Tell whether two points name one thing."""
    own, its = keyed(one), keyed(other)
    rule = _rule_of(own)
    return rule is not None and rule is _rule_of(its) and _fits(rule, own, its)


def _rule_of(parts: Words) -> _Rule | None:
    if parts["poi"]:
        return _POI
    if parts["estate"] and (parts["building"] or parts["unit"]):
        return _BUILDING
    if parts["number"]:
        return _ON_ROAD if parts["road"] else _IN_COMMUNITY
    if parts["estate"]:
        return _ESTATE
    if parts["group"] and not (parts["road"] or parts["lane"]):
        return _GROUP
    return None


def _fits(rule: _Rule, own: Words, its: Words) -> bool:
    if any(its[name] for name in rule.absent):
        return False
    return all(
        own[name] == its[name] or (name not in rule.same and not (own[name] and its[name]))
        for name in NAMING
    )


def _keyed(columns: dict[str, Texted]) -> dict[str, Texted]:
    settled = dict(columns)
    settle(settled)
    return {name: settled[name].mapped(KEYS.get(name, key)) for name in NAMING}


@dataclass(frozen=True, slots=True)
class SameRows:
    """Rows of a table that name the same thing as some words.

    Attributes
    ----------
    rows : tuple of int
        All of them.
    beside : tuple of int
        Those of them that name something else beside, and stay without `given_up`.
    given_up : tuple of str
        Parts.
    several : dict of str to list of str
        Parts in which the rows differ between themselves though the words do not say which is
        meant: then they are several things.
    """

    rows: tuple[int, ...]
    beside: tuple[int, ...]
    given_up: tuple[str, ...]
    several: dict[str, list[str]]


class SamePlaces:
    """Finds the rows of a table that name the same thing.

    Parameters
    ----------
    table
        Of `app.addresses.entry.SCHEMA`.
    """

    def __init__(self, table: pa.Table) -> None:
        self._texts = {name: Texted.of(table[name]) for name in NAMING}
        self._parts = _keyed(self._texts)
        self._place: dict[str, dict[str, int]] = {
            name: {value: at for at, value in enumerate(column.distinct)}
            for name, column in self._parts.items()
        }
        self._sorted: dict[tuple[str, ...], tuple[npt.NDArray[np.uint64], Longs]] = {}

    @cached_property
    def _odd(self) -> dict[str, int]:
        chance = np.random.default_rng(0)
        numbers = chance.integers(1 << 62, size=len(NAMING), dtype=np.uint64) | np.uint64(1)
        return dict(zip(NAMING, numbers.tolist(), strict=True))

    def words(self, row: int) -> dict[str, str]:
        """Return the words of a row as given, without empty parts."""
        return {name: text for name in NAMING if (text := self._texts[name][row])}

    def find(self, words: Words) -> SameRows:
        """Return the rows that name the same thing as some words."""
        own = keyed(words)
        rule = _rule_of(own)
        if rule is None:
            return SameRows((), (), (), {})
        rows = [row for row in self._alike(rule, own) if _fits(rule, own, self._row(row))]
        beside = [
            row
            for row in rows
            if any(self._row(row)[name] and not own[name] for name in rule.beside)
        ]
        several = {}
        for name in rule.several:
            named = {self._parts[name][row]: self._texts[name][row] for row in rows}
            named.pop("", None)
            if not own[name] and len(named) > 1:
                several[name] = sorted(named.values())
        return SameRows(tuple(rows), tuple(beside), rule.given_up, several)

    def _row(self, row: int) -> dict[str, str]:
        return {name: column[row] for name, column in self._parts.items()}

    def _alike(self, rule: _Rule, own: Words) -> list[int]:
        """Return the rows whose telling parts are the same, or a few more."""
        wanted = 0
        for name in rule.same:
            place = self._place[name].get(own[name])
            if place is None:
                return []
            wanted = (wanted + place * self._odd[name]) % (1 << 64)
        hashes, order = self._hashes(rule.same)
        low = int(np.searchsorted(hashes, np.uint64(wanted), "left"))
        high = int(np.searchsorted(hashes, np.uint64(wanted), "right"))
        return sorted(order[low:high].tolist())

    def _hashes(self, names: tuple[str, ...]) -> tuple[npt.NDArray[np.uint64], Longs]:
        found = self._sorted.get(names)
        if found is None:
            whole = np.zeros(len(self._parts["town"]), np.uint64)
            for name in names:
                whole += self._parts[name].code.astype(np.uint64) * np.uint64(self._odd[name])
            order = np.argsort(whole, kind="stable")
            found = self._sorted[names] = whole[order], order
        return found
