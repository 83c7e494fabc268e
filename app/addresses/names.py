"""Every name that can stand in an address, and what it may mean."""

from __future__ import annotations

from bisect import bisect_left
from enum import StrEnum
from typing import NamedTuple

from app.addresses.arrays import Arrays, Ints, Texts, ints
from app.addresses.entry import Kind

KINDS = tuple(Kind)


class Form(StrEnum):
    """How a name relates to the place that it names."""

    FULL = "full"
    # The official long form: 社区居民委员会 for 社区, 街道办事处 for 街道.
    LONG = "long"
    # Without its suffix: 射洪坝 for 射洪坝街道.
    BARE = "bare"
    ALIAS = "alias"


FORMS = tuple(Form)


class NameRef(NamedTuple):
    """One thing that a name may mean.

    Attributes
    ----------
    kind : Kind
        Of the place.
    id : int
        In the places of that kind.
    form : Form
        How the name relates to it.
    alias : int
        Place in `Gazetteer.aliases` if the form is alias, else -1.
    """

    kind: Kind
    id: int
    form: Form
    alias: int


class Names:
    """Every name that can stand in an address, folded by `app.addresses.normalise.key`.

    Attributes
    ----------
    keys : list of str
        Without duplicates, in ascending order: the patterns of an automaton.
    """

    def __init__(self, arrays: Arrays) -> None:
        self.keys: list[str] = list(Texts(arrays, "names"))
        self._first: Ints = ints(arrays, "names.ref.first")
        self._kind: Ints = ints(arrays, "names.ref.kind")
        self._id: Ints = ints(arrays, "names.ref.id")
        self._form: Ints = ints(arrays, "names.ref.form")
        self._alias: Ints = ints(arrays, "names.ref.alias")

    def __len__(self) -> int:
        """Return how many keys there are."""
        return len(self.keys)

    def refs(self, place: int) -> list[NameRef]:
        """Return what the key at a place of `keys` may mean: kinds coarse to fine, then by id."""
        return [
            NameRef(
                KINDS[self._kind[one]],
                self._id[one],
                FORMS[self._form[one]],
                self._alias[one],
            )
            for one in range(self._first[place], self._first[place + 1])
        ]

    def find(self, key: str) -> list[NameRef]:
        """Return what a key may mean; nothing if it is no name."""
        place = bisect_left(self.keys, key)
        found = place < len(self.keys) and self.keys[place] == key
        return self.refs(place) if found else []
