"""Takes the names and numbers of an address into a reading, one after the other."""

from __future__ import annotations

import re

from app.addresses.numbers import NUMERAL
from app.addresses.patterns import AREA, FORMER, OUTSIDE, PROVINCE, Entry
from app.addresses.reading import Piece, Word
from app.addresses.take_numbers import take_token
from app.addresses.take_words import take_words
from app.addresses.taking import Taking
from app.addresses.tokens import GROUP_AHEAD, tokens

_HAN = "[\u4e00-\u9fff]"
_NAME_AHEAD = re.compile(
    rf"{_HAN}{{1,7}}?(?:路|街|大道|巷|村|社区|花园|小区|苑|家园|公寓)|{NUMERAL}[组社队邻]"
)


def take_name(t: Taking, start: int, stop: int, entry: Entry) -> None:
    """Take a name."""
    r = t.reading
    mask = entry.mask
    dirty, t.dirty = t.dirty == start, -1
    if not entry.refs:
        if mask & PROVINCE:
            if start == 0 and t.parser.home.known and stop < len(t.text):
                r.foreign = Piece(start, stop, "region")
        elif mask & FORMER:
            r.outdated = Piece(start, stop, "region")
        elif mask & OUTSIDE and not t.hinted(start) and r.door is None:
            r.outside = r.outside or Word(start, stop, entry.key, ())
        t.tail = stop
        return
    if entry.bare and (dirty or r.door is not None or r.estate is not None):
        r.leftover.append(Piece(start, stop, "bare"))
        t.dirty = stop
        return
    if entry.bare and stop - start < 3 and not _bounded(t, stop):  # noqa: PLR2004
        r.leftover.append(Piece(start, stop, "bare"))
        t.dirty = stop
        return
    refs = entry.refs
    if entry.communities and r.road is None and GROUP_AHEAD.match(t.text, stop):
        # Groups are parts of a community: 解放路15组 is in 解放路社区.
        refs, mask = entry.communities, AREA
    word = Word(start, stop, entry.key, refs, prefixed=dirty)
    t.put(word, mask)
    t.tail = stop


def _bounded(t: Taking, stop: int) -> bool:
    """Tell whether something known may follow."""
    text = t.text
    if stop == len(text) or not "\u4e00" <= text[stop] <= "\u9fff":
        return True
    if t.parser.starts_name(text, stop):
        return True
    return _NAME_AHEAD.match(text, stop) is not None


def take_gap(t: Taking, start: int, stop: int, following: Entry | None) -> None:
    """Take what stands between names."""
    text = t.text
    place = start
    for token in tokens(text, start, stop):
        if place < token.start:
            take_words(t, place, token.start, token)
        take_token(t, token)
        place = token.stop
    if place < stop:
        take_words(t, place, stop, None if following is None else following)


def finish(t: Taking) -> None:
    """Settle what only the whole text tells."""
    r = t.reading
    if r.relative is not None and r.door is not None:
        # 阳光花园旁东滨路128号: the number decides, what it lies beside is a landmark.
        for word in (r.estate, r.poi):
            if word is not None and word.stop == r.relative.start and r.door.start > word.stop:
                t.demote(word)
                r.relative = None
                break
    if r.door is None and r.glued:
        r.door = r.glued[0]
    if r.unknown_road is not None and r.road is not None and r.door is not None:
        r.unknown_road = None
    if r.estate is not None and r.phase is not None:
        refs = t.parser.phased(r.estate.key, r.phase.key)
        if refs:
            r.estate = r.estate._replace(refs=refs, stop=r.phase.stop)
        elif not r.estate.key.endswith(r.phase.key):
            r.faults.append(("ESTATE.phase_unknown", r.phase.start, r.phase.stop, ""))
