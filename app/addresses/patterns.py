"""What the names of an address may be: the patterns that are looked for in it."""

from __future__ import annotations

from typing import NamedTuple

from app.addresses.entry import Kind
from app.addresses.names import NameRef

# What a name may be, as bits.
AREA, ROAD, ESTATE, POI, HOME, FORMER, OUTSIDE, PROVINCE = (1 << place for place in range(8))
MASK = {
    Kind.TOWN: AREA,
    Kind.COMMUNITY: AREA,
    Kind.GROUP: AREA,
    Kind.ROAD: ROAD,
    Kind.ESTATE: ESTATE,
    Kind.POI: POI,
}


class Entry(NamedTuple):
    """A pattern of the automaton and what it may mean.

    Attributes
    ----------
    key : str
    mask : int
        Bits of what `refs` are.
    bare : bool
        Whether it is only what places are called for short.
    refs : tuple of NameRef
        Places of that name.
    communities : tuple of NameRef
        Of a road's name: the communities that are called so for short, 解放路 for 解放路社区.
    """

    key: str
    mask: int
    bare: bool
    refs: tuple[NameRef, ...]
    communities: tuple[NameRef, ...] = ()
