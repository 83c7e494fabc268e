"""Takes the names and numbers of an address into a reading, one after the other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from app.addresses.columns import NameRef
from app.addresses.entry import Kind
from app.addresses.folded import Folded
from app.addresses.numbers import NUMERAL, lane_key, numeral
from app.addresses.reading import Piece, Reading, Word
from app.addresses.tokens import (
    BUILDING,
    CROSSING,
    DASH,
    DOOR,
    FLOOR,
    GROUP,
    LANE,
    NUMBER,
    PHASE,
    RELATION,
    ROOM,
    SECTION,
    UNIT,
    Token,
    tokens,
)  # fmt: skip

if TYPE_CHECKING:
    from app.addresses.parse import Parser

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

# Relations of a number that name no other place.
_AT_IT = frozenset({"楼下", "门口"})
_HAN = "[\u4e00-\u9fff]"
_NAME_AHEAD = re.compile(
    rf"{_HAN}{{1,7}}?(?:路|街|大道|巷|村|社区|花园|小区|苑|家园|公寓)|{NUMERAL}[组社队邻]"
)
_REGION = re.compile(rf"{_HAN}{{2,9}}?(?:特别行政区|自治区|自治州|地区|省|市(?!场)|县|区|盟)")
# Regions that are no level of anything.
_ZONE = re.compile(
    rf"{_HAN}{{0,8}}(?:新区|园区|开发区|高新区|工业区|景区|社区|小区|片区|校区|厂区|城区|市区|郊区|辖区|新城)"
)
_NOISE = re.compile(
    r"(?:[的之在于位上内里处侧边旁约近向往至到,\s#~/.'\"-]|地址|住址|现住|收[件货]|联系|电话|手机|门牌号?码?|老|新|原|现|旧|临街|"
    r"大门|院内|号|楼|户|室|弄|巷|市辖区|[东西南北]面|[a-z])*+"
)
# What may stand right before a name without being its beginning: 新东滨路 is another road.
_BEFORE_NAMES = re.compile(
    r"(?:[的在于位往至到向近约,\s#~/.'\"-]|地址|住址|现住|收[件货]|电话|临街|原|现|市辖区|号|楼|户|室)*+"
)
_BETWEEN_ROADS = re.compile("[与和跟同及,/]+")
_ENDS = frozenset("省市县区镇乡村组社队邻里路街道巷弄号段栋幢院原现旧老在于住")
_SUFFIX = frozenset("路街道巷弄村区镇乡里园苑城府院楼厦组")
_HIGHEST_FLOOR, _MOST_BUILDINGS = 60, 100
_ROAD_LIKE = re.compile(rf"{_HAN}*?[路街巷弄道线衖]$")
_ESTATE_LIKE = re.compile(
    rf"{_HAN}*?(?:小区|花园|家园|新村|公寓|苑|府|城|大院|院|宿舍|安置点|广场|大厦|大楼|山庄|庄园|里|湾|郡|都|居|庭|园|阁|轩)$"
)


class Entry(NamedTuple):
    """A pattern of the automaton and what it may mean."""

    key: str
    mask: int
    bare: bool
    refs: tuple[NameRef, ...]


_NUMBERED = frozenset({SECTION, LANE, DOOR, NUMBER, DASH, FLOOR, BUILDING})
_ANY = frozenset({Kind.TOWN, Kind.COMMUNITY, Kind.ROAD, Kind.ESTATE})
_OWNS_DOORS = frozenset({Kind.COMMUNITY, Kind.ROAD, Kind.ESTATE})


class Taker:
    """Takes names and numbers into a reading, in the order of the text."""

    __slots__ = ("_at", "_dirty", "_fold", "_last", "_parser", "_reading", "_tail", "_text")

    def __init__(self, parser: Parser, folded: Folded, reading: Reading) -> None:
        self._parser = parser
        self._fold = folded
        self._text = folded.text
        self._reading = reading
        # What numbers belong to: road, community, estate, unknown, or nothing yet.
        self._last = ""
        # Where unknown words end, if nothing stands between them and what comes next.
        self._dirty = -1
        self._at: Word | None = None
        # End of the last name or number.
        self._tail = 0

    def _hinted(self, start: int) -> bool:
        hints = self._fold.hints
        return bool(hints) and any(low <= start < high for low, high in hints)

    # --- names -----------------------------------------------------------------------------------

    def name(self, start: int, stop: int, entry: Entry) -> None:
        """Take a name."""
        r = self._reading
        mask = entry.mask
        dirty, self._dirty = self._dirty == start, -1
        if not entry.refs:
            if mask & PROVINCE:
                if start == 0 and self._parser.home.known and stop < len(self._text):
                    r.foreign = Piece(start, stop, "region")
            elif mask & FORMER:
                r.outdated = Piece(start, stop, "region")
            elif mask & OUTSIDE and not self._hinted(start) and r.door is None:
                r.outside = r.outside or Word(start, stop, entry.key, ())
            self._tail = stop
            return
        if entry.bare and (dirty or r.door is not None or r.estate is not None):
            r.leftover.append(Piece(start, stop, "bare"))
            self._dirty = stop
            return
        if entry.bare and stop - start < 3 and not self._bounded(stop):  # noqa: PLR2004
            r.leftover.append(Piece(start, stop, "bare"))
            self._dirty = stop
            return
        word = Word(start, stop, entry.key, entry.refs, prefixed=dirty)
        self._take(word, mask)
        self._tail = stop

    def _bounded(self, stop: int) -> bool:
        """Tell whether something known may follow."""
        text = self._text
        if stop == len(text) or not "\u4e00" <= text[stop] <= "\u9fff":
            return True
        if self._parser.starts_name(text, stop):
            return True
        return _NAME_AHEAD.match(text, stop) is not None

    def _take(self, word: Word, mask: int) -> None:  # noqa: C901, PLR0912 - one kind after the other
        r = self._reading
        hinted = word.start >= 0 and self._hinted(word.start)
        if mask & (mask - 1):
            mask = self._choose(word, mask)
        if hinted and mask != AREA:
            r.landmarks.append(word)
            return
        if mask == AREA:
            r.areas.append(word)
            if not hinted and any(ref.kind is not Kind.TOWN for ref in word.refs):
                self._last = "community"
            elif not hinted:
                self._last = ""
        elif mask == ROAD:
            if r.door is None:
                if r.road is not None and r.road.key != word.key:
                    between = self._text[r.road.stop : word.start]
                    if _BETWEEN_ROADS.fullmatch(between):
                        r.crossing = r.crossing or Token(
                            r.road.stop, word.start, CROSSING, between, -1, -1
                        )
                r.road, r.section, r.lane = word, None, None
            r.roads.append(word)
            self._last = "road" if r.door is None else self._last
        elif mask == ESTATE:
            if r.estate is None:
                r.estate = word
                self._last = "estate"
            else:
                r.landmarks.append(word)
        else:
            if r.poi is None:
                r.poi = word
            else:
                r.landmarks.append(word)
            self._last = "poi"
        self._at = word

    def _choose(self, word: Word, mask: int) -> int:
        """Return as what a name of several kinds is taken: by what comes next."""
        following = self._text[word.stop : word.stop + 8]
        if mask & ROAD and re.match(rf"(?:\d|{NUMERAL}[段巷弄号]|[东西南北中]段)", following):
            return ROAD
        if mask & AREA:
            return AREA
        if mask & ESTATE:
            return ESTATE
        return ROAD if mask & ROAD else POI

    # --- between names ---------------------------------------------------------------------------

    def gap(self, start: int, stop: int, following: Entry | None) -> None:
        """Take what stands between names."""
        text = self._text
        place = start
        for token in tokens(text, start, stop):
            if place < token.start:
                self._rest(place, token.start, token)
            self._token(token)
            place = token.stop
        if place < stop:
            self._rest(place, stop, None if following is None else following)

    def _rest(self, start: int, stop: int, following: Token | Entry | None) -> None:
        """Take words that are neither names nor numbers."""
        text = self._text
        if stop - start == 1 and text[start] in ", ":
            return
        noise = _BEFORE_NAMES if isinstance(following, Entry) and following.refs else _NOISE
        if noise.fullmatch(text, start, stop):
            return
        # Each piece between stops for itself.
        pieces = []
        low = start
        for place in range(start, stop):
            if text[place] in ", ":
                pieces.append((low, place))
                low = place + 1
        pieces.append((low, stop))
        for low, high in pieces:
            if low < high and not (noise if high == stop else _NOISE).fullmatch(text, low, high):
                self._piece(low, high, following if high == stop else None)

    def _piece(  # noqa: C901 - one reading of the words after the other
        self, low: int, high: int, following: Token | Entry | None
    ) -> None:
        r, text = self._reading, self._text
        if r.road is None and r.estate is None and r.door is None:
            low = self._regions(low, high)
            if low == high:
                return
        numbered = isinstance(following, Token) and following.kind in _NUMBERED
        if self._lane(low, high) or self._corrected(low, high, numbered, following):
            return
        hinted = self._hinted(low)
        piece = Piece(low, high, "")
        if _BETWEEN_ROADS.fullmatch(text, low, high):
            return
        if not hinted:
            if _ROAD_LIKE.match(text[low:high]):
                piece = Piece(low, high, "road")
                if r.door is None:
                    r.unknown_road = piece
                    self._last = "unknown"
            elif _ESTATE_LIKE.match(text[low:high]):
                piece = Piece(low, high, "estate")
                self._goes_on(low)
                r.unknown_estate = piece
                self._last = "unknown" if r.door is None else "unknown_estate"
            elif numbered:
                self._goes_on(low)
                self._last = "unknown" if r.door is None else "unknown_estate"
            if (high - low <= 2 and text[high - 1] not in _ENDS) or text[high - 1] not in _ENDS:  # noqa: PLR2004 - a short prefix
                self._dirty = high
        r.leftover.append(piece)

    def _goes_on(self, place: int) -> None:
        """Mark a name that unknown words make the beginning of another: 市人民医院家属院."""
        r = self._reading
        for name in ("estate", "poi"):
            word = getattr(r, name)
            if word is not None and word.stop == place:
                setattr(r, name, word._replace(prefixed=True))

    def _regions(self, low: int, high: int) -> int:
        """Take names of regions that an address begins with; return where they end."""
        r, text, home = self._reading, self._text, self._parser.home
        while low < high:
            zone = _ZONE.match(text, low, high)
            if zone is not None:
                return low if text[zone.end() - 2 : zone.end()] in {"社区", "小区"} else zone.end()
            found = _REGION.match(text, low, high)
            if found is None:
                return low
            region = found.group()
            if home.foreign(region):
                near = self._parser.near_names(region)
                if not near and not any(_near(region, one) for one in home.above):
                    r.foreign = r.foreign or Piece(low, found.end(), "region")
            low = found.end()
        return low

    def _lane(self, low: int, high: int) -> bool:
        """Take a lane that has a name, where the gazetteer has such a lane."""
        r, text = self._reading, self._text
        if self._last == "road" and r.lane is None and text[high - 1] in "巷弄里衖":
            key = lane_key(text[low:high])
            if self._parser.knows_label(key):
                r.lane = Token(low, high, LANE, key, -1, -1)
                self._tail = high
                return True
        return False

    def _corrected(
        self, low: int, high: int, numbered: bool, following: Token | Entry | None
    ) -> bool:
        """Take a name one edit off; what stands beside it is kept as not understood."""
        text, parser = self._text, self._parser
        if high - low < 2 or self._hinted(low):  # noqa: PLR2004 - a name has three
            return False
        glued = isinstance(following, Entry) and following.mask & (ROAD | ESTATE | AREA)
        if glued and high - low <= 2:  # noqa: PLR2004 - may be the beginning of that name
            return False
        ends = [high]
        ends += [q for q in range(high - 1, low + 2, -1) if text[q - 1] in _SUFFIX][:5]
        for end in ends:
            kinds = _OWNS_DOORS if numbered and end == high else _ANY
            for length in range(min(9, end - low), 2, -1):
                refs, key = parser.mistyped(text[end - length : end], kinds)
                if refs:
                    first = end - length
                    if first > low:
                        self._piece(low, first, None)
                    mask = 0
                    for ref in refs:
                        mask |= MASK[ref.kind]
                    if self._reading.door is None or mask & ESTATE:
                        self._dirty = -1
                        self._take(Word(first, end, key, refs, typo=True), mask)
                        self._tail = end
                    else:
                        self._reading.leftover.append(Piece(first, end, ""))
                    if end < high:
                        self._piece(end, high, following)
                    return True
        return False

    # --- numbers ---------------------------------------------------------------------------------

    def _token(self, token: Token) -> None:  # noqa: C901, PLR0912 - one kind after the other
        r = self._reading
        kind = token.kind
        self._dirty = -1
        if self._hinted(token.start) and kind is not SECTION:
            return
        if kind is DOOR:
            self._door(token)
        elif kind is SECTION:
            if self._last == "road" and r.section is None:
                r.section = token
        elif kind is LANE:
            if self._last in {"road", "community", ""} and r.lane is None and r.door is None:
                r.lane = token
            elif self._last == "unknown":
                r.leftover.append(Piece(token.start, token.stop, "lane"))
        elif kind is GROUP:
            if r.group is None and r.door is None:
                r.group = token
                if self._last != "road":
                    self._last = "community"
            else:
                r.leftover.append(Piece(token.start, token.stop, "group"))
        elif kind is BUILDING:
            self._building(token)
        elif kind is UNIT:
            r.unit = r.unit or token
        elif kind is PHASE:
            if self._last == "estate":
                r.phase = r.phase or token
        elif kind is FLOOR:
            self._floor(token)
        elif kind is ROOM:
            r.room = r.room or token
        elif kind is DASH:
            self._dash(token)
        elif kind is NUMBER:
            self._number(token)
        elif kind is RELATION:
            self._relation(token)
        elif kind is CROSSING and r.door is None:
            r.crossing = token
        self._tail = token.stop

    def _door(self, token: Token) -> None:  # noqa: C901, PLR0912 - one owner after the other
        r = self._reading
        if token.value < 0:
            # 附3号 alone goes on from the number before it.
            if r.door is not None and not r.door.key:
                r.door = r.door._replace(stop=token.stop, key=token.key)
            return
        if self._last == "unknown":
            r.lost_door = r.lost_door or token
        elif self._last == "unknown_estate":
            r.room = r.room or token
        elif self._last == "estate" and r.estate is not None:
            if r.door is None and r.building is None:
                r.door, r.door_of = token, "estate"
            elif r.building is None and r.door_of != "estate":
                r.building = token._replace(kind=BUILDING, key=str(token.value))
            else:
                r.room = r.room or token
        elif r.door is None:
            if self._last == "poi" and r.road is None:
                r.lost_door = r.lost_door or token
            else:
                r.door = token
                r.door_of = "road" if r.road is not None else "community"
        elif r.loose and r.door.stop + 1 >= token.start and r.door_of == "road":
            # 12、14号: the first of several numbers had no 号.
            r.door = r.door._replace(stop=token.stop, to=token.value)
            r.loose = False
        elif r.unit is None and r.building is None and token.value >= 0:
            r.room = r.room or token
        else:
            r.room = r.room or token

    def _adjacent(self, token: Token) -> bool:
        return token.start - self._tail <= 1

    def _building(self, token: Token) -> None:
        r = self._reading
        if (
            r.door is None
            and self._last == "road"
            and r.estate is None
            and token.value >= _MOST_BUILDINGS
            and self._adjacent(token)
        ):
            self._split(token, token.key, _MOST_BUILDINGS)
        elif self._last == "unknown":
            r.lost_door = r.lost_door or token
        elif self._last == "unknown_estate":
            return
        elif r.building is None:
            r.building = token

    def _floor(self, token: Token) -> None:
        r = self._reading
        if (
            r.door is None
            and self._last == "road"
            and token.value > _HIGHEST_FLOOR
            and self._adjacent(token)
        ):
            self._split(token, token.key, _HIGHEST_FLOOR)
        elif r.door is None and self._last == "estate" and r.building is None:
            # 3楼 of an estate is said of its third building as well; nothing is decided by it.
            r.floor = r.floor or token
        else:
            r.floor = r.floor or token

    def _split(self, token: Token, digits: str, most: int) -> None:
        """Take glued digits as a door and what follows it, in every way that can be."""
        r = self._reading
        if not digits.isdigit() or len(digits) > 8:  # noqa: PLR2004 - a door and a building
            r.lost_door = token
            return
        ways = []
        for place in range(1, len(digits)):
            first, rest = digits[:place], digits[place:]
            if first[0] != "0" and rest[0] != "0" and int(rest) <= most and len(first) <= 5:  # noqa: PLR2004
                ways.append(Token(token.start, token.stop, DOOR, "", int(first), -1))
        r.glued = tuple(ways)
        r.door_of = "road"
        if ways:
            r.door = ways[0]

    def _dash(self, token: Token) -> None:
        r = self._reading
        parts = token.key.split("-")
        numbers = [one if one.isdigit() else "" for one in parts]
        after_estate = self._last == "estate"
        if (
            not after_estate
            and r.door is None
            and self._last in {"road", "community"}
            and self._adjacent(token)
        ):
            if not numbers[0] or len(numbers[0]) > 5:  # noqa: PLR2004
                return
            r.door_of = "road" if r.road is not None else "community"
            r.loose = True
            base = int(numbers[0])
            if len(parts) == 2:  # noqa: PLR2004 - a door and a sub-number, or a building
                r.door = Token(token.start, token.stop, DOOR, parts[1], base, -1)
            else:
                r.door = Token(token.start, token.stop, DOOR, "", base, -1)
                r.building = token._replace(kind=BUILDING, key=parts[1])
        elif r.building is None and (after_estate or r.door is not None):
            if self._last == "unknown_estate":
                return
            if len(parts) > 1 and (after_estate or len(parts) > 2):  # noqa: PLR2004
                r.building = token._replace(kind=BUILDING, key=_digits(parts[0]))
                if len(parts) > 2:  # noqa: PLR2004 - building, unit, room
                    r.unit = r.unit or token._replace(kind=UNIT, key=_digits(parts[1]))
        elif self._last == "unknown":
            r.lost_door = r.lost_door or token

    def _number(self, token: Token) -> None:
        r = self._reading
        if (
            r.door is None
            and token.value > 0
            and self._last in {"road", "community"}
            and self._adjacent(token)
        ):
            r.door = Token(token.start, token.stop, DOOR, "", token.value, -1)
            r.door_of = "road" if r.road is not None else "community"
            r.loose = True
        elif self._last == "unknown":
            r.lost_door = r.lost_door or token
        elif r.room is None:
            r.room = token

    def _relation(self, token: Token) -> None:
        r = self._reading
        if token.start != self._tail:
            return
        word = self._at
        if word is not None and word.stop == token.start:
            if word is r.estate or word is r.poi:
                if r.door is not None:
                    self._demote(word)
                else:
                    r.relative = token
                return
            if word is r.road:
                return
            return
        if token.key in _AT_IT:
            return
        if r.relative is None and (r.door is not None or r.building is not None):
            r.relative = token

    def _demote(self, word: Word) -> None:
        r = self._reading
        r.landmarks.append(word)
        if word is r.estate:
            r.estate = None
            self._last = "road"
        else:
            r.poi = None

    def finish(self) -> None:
        """Settle what only the whole text tells."""
        r = self._reading
        if r.relative is not None and r.door is not None:
            # 阳光花园旁东滨路128号: the number decides, what it lies beside is a landmark.
            for word in (r.estate, r.poi):
                if word is not None and word.stop == r.relative.start and r.door.start > word.stop:
                    self._demote(word)
                    r.relative = None
                    break
        if r.door is None and r.glued:
            r.door = r.glued[0]
        if r.unknown_road is not None and r.road is not None and r.door is not None:
            r.unknown_road = None
        if r.estate is not None and r.phase is not None:
            refs = self._parser.phased(r.estate.key, r.phase.key)
            if refs:
                r.estate = r.estate._replace(refs=refs, stop=r.phase.stop)
            elif not r.estate.key.endswith(r.phase.key):
                r.faults.append(("ESTATE.phase_unknown", r.phase.start, r.phase.stop, ""))


def _digits(text: str) -> str:
    value = numeral(text)
    return text if value is None else str(value)


def _near(a: str, b: str) -> bool:
    return len(a) == len(b) and sum(one != two for one, two in zip(a, b, strict=True)) == 1
