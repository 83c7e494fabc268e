"""From a folded address to readings: names of the gazetteer, numbers between them, what is left.

All names are found at once by an automaton. The longest wins, one that overlaps another by as much
makes a second reading; at most eight are kept. What lies between names is read as numbers with
units; what is neither is looked for as a name one edit off, and else kept as not understood. A
number belongs to the name that stands right before it: behind words that are not understood it
belongs to nothing known.
"""

from __future__ import annotations

import re
from functools import cached_property

from ahocorasick_rs import AhoCorasick

from app.addresses.entry import Kind
from app.addresses.folded import Folded, fold_name
from app.addresses.gazetteer import Gazetteer
from app.addresses.home import Home, provinces
from app.addresses.names import Form, NameRef
from app.addresses.numbers import NUMERAL
from app.addresses.patterns import AREA, ESTATE, FORMER, HOME, MASK, OUTSIDE, PROVINCE, ROAD, Entry
from app.addresses.reading import Reading, Word
from app.addresses.take import finish, take_gap, take_name
from app.addresses.taking import Taking
from app.addresses.tokens import phase_key
from app.addresses.typos import Typos, is_slip
from app.addresses.variants import variants

MAX_READINGS = 8

_HAN = "[\u4e00-\u9fff]"
# After a bare name: it is the beginning of another one.
_GOES_ON = re.compile(
    "路|街|巷|弄|大道|道|桥|苑|园|城|湾|小区|花园|家园|新村|公寓|广场|大厦|大楼|市场|中学|小学|学校|幼儿园|医院|卫生院|"
    "公司|酒店|宾馆|超市|车站|站|村|社区|镇|乡|河|湖|山|坝(?!街)|坡|厂|店|馆|公园|银行|派出所|水库"
)
# After an area: a road that is called after it.
_ROAD_OF_IT = re.compile(rf"(?:大道|路|街|巷)(?=\d|{NUMERAL}[段号巷弄]|[东西南北中]段|第|$|,)")
# After a road: a community or an estate that is called after it.
_CALLED_AFTER = re.compile("社区|村|居委|小区|花园|家园|苑|公寓|大厦|广场")
_PHASED = re.compile(rf"(?P<base>.{{2,}}?)(?P<phase>(?:{NUMERAL}|[ivx]+|[a-z])[期区])")


class Parser:
    """Reads addresses by the names of one gazetteer."""

    def __init__(  # noqa: C901 - one source of names after the other
        self, gazetteer: Gazetteer, home: Home
    ) -> None:
        self._gazetteer = gazetteer
        self.home = home
        self._names = gazetteer.names
        patterns = [fold_name(one) for one in self._names.keys]
        self._own = len(patterns)
        extra: dict[str, int] = dict.fromkeys(home.above, HOME)
        extra |= dict.fromkeys(home.former, FORMER)
        for one in provinces():
            extra.setdefault(one, PROVINCE)
        governed = set()
        for area in gazetteer.outside:
            for one, form in variants(Kind.TOWN, area.name):
                if form is not Form.BARE:
                    extra[one] = OUTSIDE
            if area.governed_by:
                governed.add(area.governed_by)
        for name in governed:
            for one, _ in variants(Kind.POI, name):
                extra[one] = OUTSIDE
                for above in home.above:
                    if one.startswith(above) and len(one) - len(above) > 2:  # noqa: PLR2004
                        extra[one.removeprefix(above)] = OUTSIDE
        known = set(patterns)
        # A former town whose successors are all outside is outside itself.
        outside_names = {area.name for area in gazetteer.outside}
        for alias in gazetteer.aliases:
            gone = [one.split()[-1] for one in alias.missing]
            if gone and not alias.targets and all(one in outside_names for one in gone):
                extra[fold_name(alias.alias)] = OUTSIDE
        self._extra = [
            Entry(one, mask, False, ())
            for one, mask in extra.items()
            if len(one) > 1 and (one not in known or mask & (HOME | FORMER))
        ]
        self._extra += self._without_phases(known)
        self._entries: dict[int, Entry] = {}
        patterns += [entry.key for entry in self._extra]
        self._automaton = AhoCorasick(patterns or ["\ue003"])

    @cached_property
    def _typos(self) -> Typos:
        return Typos((one, place) for place, one in enumerate(self._names.keys))

    @cached_property
    def _phases(self) -> dict[tuple[str, str], tuple[NameRef, ...]]:
        """Estates with a phase by (name without it, phase)."""
        found: dict[tuple[str, str], tuple[NameRef, ...]] = {}
        for place, one in enumerate(self._names.keys):
            if one[-1] in "期区":
                hit = _PHASED.fullmatch(one)
                if hit is not None:
                    refs = tuple(r for r in self._names.refs(place) if r.kind is Kind.ESTATE)
                    if refs:
                        at = (hit["base"], phase_key(hit["phase"]))
                        found[at] = (*found.get(at, ()), *refs)
        return found

    def _without_phases(self, known: set[str]) -> list[Entry]:
        """Return what estates are called of which only the phases have names: 阳光花园."""
        found: dict[str, tuple[NameRef, ...]] = {}
        for (base, _), refs in self._phases.items():
            if base not in known:
                found[base] = (*found.get(base, ()), *refs)
        return [Entry(base, ESTATE, False, refs) for base, refs in found.items()]

    def phased(self, base: str, phase: str) -> tuple[NameRef, ...]:
        """Return the estates that are a phase of another: 阳光花园 and 2期."""
        return self._phases.get((base, phase), ())

    def warm(self) -> None:
        """Build what is built on first use, so that forks share it."""
        _ = self._typos, self._phases, self._gazetteer.aliases

    def near_names(self, text: str) -> list[int]:
        """Return the places of names one edit away from a text."""
        return self._typos.find(text)

    def knows_label(self, key: str) -> bool:
        """Tell whether the gazetteer has a lane of this key."""
        return self._gazetteer.label(key) > 0

    def starts_name(self, text: str, place: int) -> bool:
        """Tell whether a name stands within the next characters."""
        return bool(self._automaton.find_matches_as_indexes(text[place : place + 16]))

    def word(self, key: str, kinds: frozenset[Kind], written: str) -> Word | None:
        """Return a name that came as a part of its own, or one that is one edit off."""
        refs = tuple(ref for ref in self._names.find(key) if ref.kind in kinds)
        if refs:
            return Word(-1, -1, key, refs, written=written)
        refs, found, slip = self.mistyped(key, kinds)
        if not refs:
            return None
        return Word(-1, -1, found, refs, typo=True, slip=slip, written=written)

    def readings(self, folded: Folded) -> list[Reading]:
        """Return the readings of an address, the likeliest first; at least one."""
        text = folded.text
        hits = self._hits(text)
        return [self._read(folded, one) for one in _covers(hits)]

    # --- names ---------------------------------------------------------------------------------

    def _entry(self, place: int) -> Entry:
        found = self._entries.get(place)
        if found is None:
            if place >= self._own:
                found = self._extra[place - self._own]
            else:
                refs = tuple(self._names.refs(place))
                short = tuple(ref for ref in refs if ref.form is Form.BARE)
                bare = len(short) == len(refs)
                if not bare:
                    # A whole name beats what others are called for short.
                    refs = tuple(ref for ref in refs if ref.form is not Form.BARE)
                mask = 0
                for ref in refs:
                    mask |= MASK[ref.kind]
                communities = tuple(
                    ref for ref in short if mask == ROAD and ref.kind is Kind.COMMUNITY
                )
                found = Entry(self._names.keys[place], mask, bare, refs, communities)
            self._entries[place] = found
        return found

    def _hits(self, text: str) -> list[tuple[int, int, Entry]]:
        """Return the names in a text that are not part of longer ones, by their places."""
        raw = self._automaton.find_matches_as_indexes(text, overlapping=True)
        if not raw:
            return []
        # By place, the longest first.
        places = sorted([(start, -stop, place) for place, start, stop in raw])
        starts = {hit[0] for hit in places}
        kept: list[tuple[int, int, Entry]] = []
        end = 0
        for start, minus, place in places:
            stop = -minus
            same = bool(kept) and kept[-1][0] == start and kept[-1][1] == stop
            if stop <= end and not same:
                continue
            entry = self._entries.get(place) or self._entry(place)
            if stop < len(text) and stop not in starts and _belongs_on(text, stop, entry):
                continue
            if same:
                # One text may be a name and the city's own; an own place comes first.
                other = kept[-1][2]
                if not other.refs and (entry.refs or entry.mask < other.mask):
                    kept[-1] = (start, stop, entry)
                continue
            kept.append((start, stop, entry))
            end = stop
        return kept

    def mistyped(self, text: str, kinds: frozenset[Kind]) -> tuple[tuple[NameRef, ...], str, bool]:
        """Return what a text may mean if one edit is wrong, its key, and whether that is a slip.

        Where it may be a slip from some names and any other edit from more, it is a slip.
        """
        found: list[tuple[bool, str, list[NameRef]]] = []
        for place in self._typos.find(text):
            own = [
                ref
                for ref in self._entry(place).refs
                if ref.kind in kinds and ref.form is not Form.BARE
            ]
            if own:
                key = self._names.keys[place]
                found.append((is_slip(text, key), key, own))
        if not found:
            return (), "", False
        slip = any(one[0] for one in found)
        kept = [one for one in found if one[0] == slip]
        return tuple(ref for one in kept for ref in one[2]), kept[0][1], slip

    # --- reading -------------------------------------------------------------------------------

    def _read(self, folded: Folded, hits: list[tuple[int, int, Entry]]) -> Reading:
        reading = Reading()
        taking = Taking(self, folded, reading)
        place = 0
        text = folded.text
        for start, stop, entry in hits:
            if place < start:
                take_gap(taking, place, start, entry)
            take_name(taking, start, stop, entry)
            place = stop
        if place < len(text):
            take_gap(taking, place, len(text), None)
        finish(taking)
        return reading


def _belongs_on(text: str, stop: int, entry: Entry) -> bool:
    """Tell whether a name is the beginning of another that is not known."""
    if entry.bare or entry.mask & (HOME | FORMER | PROVINCE):
        return _GOES_ON.match(text, stop) is not None and not (
            entry.key[-1] in "省市县区" and not entry.bare
        )
    if entry.mask == AREA:
        return _ROAD_OF_IT.match(text, stop) is not None
    if entry.mask == ROAD:
        return _CALLED_AFTER.match(text, stop) is not None
    return False


def _covers(hits: list[tuple[int, int, Entry]]) -> list[list[tuple[int, int, Entry]]]:
    """Return the ways to choose names that do not overlap; those that cover most, at most eight."""
    overlapping = any(hits[one][1] > hits[one + 1][0] for one in range(len(hits) - 1))
    if not overlapping:
        return [hits]
    # The best covers that end with each name, from left to right.
    best: list[tuple[int, list[list[int]]]] = [(0, [[]])]
    for one, (start, stop, entry) in enumerate(hits):
        weight = 2 * (stop - start) - (1 if entry.bare else 0)
        before = one
        while before and hits[before - 1][1] > start:
            before -= 1
        with_score = best[before][0] + weight
        without = best[one]
        taken = [[*cover, one] for cover in best[before][1]]
        if with_score > without[0]:
            best.append((with_score, taken[:MAX_READINGS]))
        elif with_score == without[0]:
            best.append((with_score, [*without[1], *taken][:MAX_READINGS]))
        else:
            best.append(without)
    return [[hits[one] for one in cover] for cover in best[-1][1]]
