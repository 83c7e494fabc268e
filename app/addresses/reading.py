"""What one reading of an address holds: words, numbers, and what could not be read."""

from __future__ import annotations

from typing import NamedTuple

from app.addresses.names import NameRef
from app.addresses.tokens import Token


class Word(NamedTuple):
    """A name of the gazetteer as it stands in an address.

    Attributes
    ----------
    start, stop : int
        In the folded text; -1 if it came as a part of its own.
    key : str
        The name in the gazetteer's folding.
    refs : tuple of NameRef
        What it may mean.
    typo : bool
        Whether it was written one edit off.
    slip : bool
        Whether that edit hardly makes another name: see `app.addresses.typos.is_slip`.
    prefixed : bool
        Whether unknown characters stand right before it, so that it may be the end of another
        name.
    written : str
        As it was written, if it came as a part of its own.
    """

    start: int
    stop: int
    key: str
    refs: tuple[NameRef, ...]
    typo: bool = False
    slip: bool = False
    prefixed: bool = False
    written: str = ""


class Piece(NamedTuple):
    """Characters of the folded text; `what` tells what they look like."""

    start: int
    stop: int
    what: str


class Reading:
    """One hypothesis about an address; see `app.addresses.parse`."""

    __slots__ = (
        "areas",
        "building",
        "crossing",
        "door",
        "door_of",
        "estate",
        "faults",
        "floor",
        "foreign",
        "glued",
        "group",
        "landmarks",
        "lane",
        "leftover",
        "loose",
        "lost_door",
        "outdated",
        "outside",
        "phase",
        "poi",
        "relative",
        "road",
        "roads",
        "room",
        "section",
        "unit",
        "unknown_estate",
        "unknown_road",
    )

    def __init__(self) -> None:
        self.areas: list[Word] = []
        self.group: Token | None = None
        self.roads: list[Word] = []
        self.road: Word | None = None
        self.section: Token | None = None
        self.lane: Token | None = None
        # Its number counts along the road, in the community or in the estate.
        self.door: Token | None = None
        self.door_of = ""
        # Without its 号, or as one of several readings of digits.
        self.loose = False
        self.glued: tuple[Token, ...] = ()
        # A number whose street is not known.
        self.lost_door: Token | None = None
        self.estate: Word | None = None
        self.phase: Token | None = None
        self.building: Token | None = None
        self.unit: Token | None = None
        self.floor: Token | None = None
        self.room: Token | None = None
        self.poi: Word | None = None
        # Places that are named as landmarks only.
        self.landmarks: list[Word] = []
        self.relative: Token | None = None
        self.crossing: Token | None = None
        self.outside: Word | None = None
        self.foreign: Piece | None = None
        self.outdated: Piece | None = None
        self.unknown_road: Piece | None = None
        self.unknown_estate: Piece | None = None
        self.leftover: list[Piece] = []
        # Code, place in the folded text, detail.
        self.faults: list[tuple[str, int, int, str]] = []
