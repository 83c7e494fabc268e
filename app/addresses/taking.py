"""Where the taking of an address into a reading stands, and how a name is put into it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.addresses.entry import Kind
from app.addresses.folded import Folded
from app.addresses.numbers import NUMERAL
from app.addresses.patterns import AREA, ESTATE, POI, ROAD
from app.addresses.reading import Reading, Word
from app.addresses.tokens import CROSSING, Token

if TYPE_CHECKING:
    from app.addresses.parse import Parser

BETWEEN_ROADS = re.compile("[与和跟同及,/]+")
_NUMBER_OF_ROAD = re.compile(rf"\d|{NUMERAL}[段巷弄号]|[东西南北中]段")


class Taking:
    """How far an address has been taken into a reading.

    Attributes
    ----------
    parser : Parser
        Knows the names.
    text : str
        The folded address.
    reading : Reading
    last : str
        What numbers belong to: road, community, estate, poi, unknown, unknown_estate, "" for
        nothing yet.
    dirty : int
        Where unknown words end, if nothing stands between them and what comes next; else -1.
    at : Word or None
        The last name.
    tail : int
        End of the last name or number.
    """

    __slots__ = ("_hints", "at", "dirty", "last", "parser", "reading", "tail", "text")

    def __init__(self, parser: Parser, folded: Folded, reading: Reading) -> None:
        self.parser = parser
        self.text = folded.text
        self.reading = reading
        self.last = ""
        self.dirty = -1
        self.at: Word | None = None
        self.tail = 0
        self._hints = folded.hints

    def hinted(self, start: int) -> bool:
        """Tell whether a place stands in brackets."""
        hints = self._hints
        return bool(hints) and any(low <= start < high for low, high in hints)

    def adjacent(self, token: Token) -> bool:
        """Tell whether a number follows what was taken last."""
        return token.start - self.tail <= 1

    def put(  # noqa: C901, PLR0912 - one kind after the other
        self, word: Word, mask: int
    ) -> None:
        """Put a name into the reading."""
        r = self.reading
        hinted = word.start >= 0 and self.hinted(word.start)
        if mask & (mask - 1):
            mask = self._choose(word, mask)
        if hinted and mask != AREA:
            r.landmarks.append(word)
            return
        if mask == AREA:
            r.areas.append(word)
            if not hinted and any(ref.kind is not Kind.TOWN for ref in word.refs):
                self.last = "community"
            elif not hinted:
                self.last = ""
        elif mask == ROAD:
            if r.door is None:
                if r.road is not None and r.road.key != word.key:
                    between = self.text[r.road.stop : word.start]
                    if BETWEEN_ROADS.fullmatch(between):
                        r.crossing = r.crossing or Token(
                            r.road.stop, word.start, CROSSING, between, -1, -1
                        )
                r.road, r.section, r.lane = word, None, None
            r.roads.append(word)
            self.last = "road" if r.door is None else self.last
        elif mask == ESTATE:
            if r.estate is None:
                r.estate = word
                self.last = "estate"
            else:
                r.landmarks.append(word)
        else:
            if r.poi is None:
                r.poi = word
            else:
                r.landmarks.append(word)
            self.last = "poi"
        self.at = word

    def _choose(self, word: Word, mask: int) -> int:
        """Return as what a name of several kinds is taken: by what comes next."""
        following = self.text[word.stop : word.stop + 8]
        if mask & ROAD and _NUMBER_OF_ROAD.match(following):
            return ROAD
        if mask & AREA:
            return AREA
        if mask & ESTATE:
            return ESTATE
        return ROAD if mask & ROAD else POI

    def demote(self, word: Word) -> None:
        """Take an estate or a place for a landmark only."""
        r = self.reading
        r.landmarks.append(word)
        if word is r.estate:
            r.estate = None
            self.last = "road"
        else:
            r.poi = None
