"""Takes what is no known name: noise, regions, unknown roads and estates, names one edit off."""

from __future__ import annotations

import re

from app.addresses.entry import Kind
from app.addresses.names import Form
from app.addresses.numbers import lane_key
from app.addresses.patterns import AREA, ESTATE, MASK, ROAD, Entry
from app.addresses.reading import Piece, Word
from app.addresses.taking import BETWEEN_ROADS, Taking
from app.addresses.tokens import BUILDING, DASH, DOOR, FLOOR, LANE, NUMBER, SECTION, Token

_HAN = "[\u4e00-\u9fff]"
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
_ENDS = frozenset("省市县区镇乡村组社队邻里路街道巷弄号段栋幢院原现旧老在于住")
_SUFFIX = frozenset("路街道巷弄村区镇乡里园苑城府院楼厦组")
_ROAD_LIKE = re.compile(rf"{_HAN}*?[路街巷弄道线衖]$")
_ESTATE_LIKE = re.compile(
    rf"{_HAN}*?(?:小区|花园|家园|新村|公寓|苑|府|城|大院|院|宿舍|安置点|广场|大厦|大楼|山庄|庄园|里|湾|郡|都|居|庭|园|阁|轩)$"
)
# Fewer characters than a name of its own has.
_WHOLE_NAME = 3
_NUMBERED = frozenset({SECTION, LANE, DOOR, NUMBER, DASH, FLOOR, BUILDING})
_ANY = frozenset({Kind.TOWN, Kind.COMMUNITY, Kind.ROAD, Kind.ESTATE})
_OWNS_DOORS = frozenset({Kind.COMMUNITY, Kind.ROAD, Kind.ESTATE})


def take_words(t: Taking, start: int, stop: int, following: Token | Entry | None) -> None:
    """Take words that are neither names nor numbers; `following` comes right behind them."""
    text = t.text
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
            _piece(t, low, high, following if high == stop else None)


def _piece(  # noqa: C901 - one reading of the words after the other
    t: Taking, low: int, high: int, following: Token | Entry | None
) -> None:
    r, text = t.reading, t.text
    if r.road is None and r.estate is None and r.door is None:
        low = _regions(t, low, high)
        if low == high:
            return
    numbered = isinstance(following, Token) and following.kind in _NUMBERED
    low = _rejoined(t, low, high, numbered)
    if _lane(t, low, high) or _corrected(t, low, high, numbered, following):
        return
    hinted = t.hinted(low)
    piece = Piece(low, high, "")
    if BETWEEN_ROADS.fullmatch(text, low, high):
        return
    if not hinted:
        if _ROAD_LIKE.match(text[low:high]):
            piece = Piece(low, high, "road")
            if r.door is None:
                r.unknown_road = piece
                t.last = "unknown"
        elif _ESTATE_LIKE.match(text[low:high]):
            piece = Piece(low, high, "estate")
            _goes_on(t, low)
            r.unknown_estate = piece
            t.last = "unknown" if r.door is None else "unknown_estate"
        elif numbered:
            _goes_on(t, low)
            t.last = "unknown" if r.door is None else "unknown_estate"
        elif high - low > 1 and text[high - 1] in _SUFFIX:
            _goes_on(t, low)
        if text[high - 1] not in _ENDS:
            t.dirty = high
    r.leftover.append(piece)


def _rejoined(t: Taking, low: int, high: int, numbered: bool) -> int:
    """Give back a bare name that unknown words make the beginning of another: 上乐茶街.

    Returns
    -------
    int
        Where the unknown words begin then.
    """
    r, word = t.reading, t.at
    if word is None or word.stop != low or not r.areas or r.areas[-1] is not word:
        return low
    if word.typo or any(ref.form is not Form.BARE for ref in word.refs):
        return low
    short = high - low < _WHOLE_NAME
    called = _ROAD_LIKE.match(t.text[low:high]) or _ESTATE_LIKE.match(t.text[low:high])
    town = all(ref.kind is Kind.TOWN for ref in word.refs)
    if not (called or (numbered and short)) or (town and not short):
        return low
    r.areas.pop()
    t.at, t.last, t.tail = None, "", word.start
    return word.start


def _goes_on(t: Taking, place: int) -> None:
    """Mark a name that unknown words make the beginning of another: 市人民医院家属院."""
    r = t.reading
    for name in ("estate", "poi"):
        word = getattr(r, name)
        if word is not None and word.stop == place:
            setattr(r, name, word._replace(prefixed=True))


def _regions(t: Taking, low: int, high: int) -> int:
    """Take names of regions that an address begins with; return where they end."""
    r, text, home = t.reading, t.text, t.parser.home
    while low < high:
        zone = _ZONE.match(text, low, high)
        if zone is not None:
            return low if text[zone.end() - 2 : zone.end()] in {"社区", "小区"} else zone.end()
        found = _REGION.match(text, low, high)
        if found is None:
            return low
        region = found.group()
        if home.foreign(region):
            near = t.parser.near_names(region)
            if not near and not any(_near(region, one) for one in home.above):
                r.foreign = r.foreign or Piece(low, found.end(), "region")
        low = found.end()
    return low


def _lane(t: Taking, low: int, high: int) -> bool:
    """Take a lane that has a name, where the gazetteer has such a lane."""
    r, text = t.reading, t.text
    if t.last == "road" and r.lane is None and text[high - 1] in "巷弄里衖":
        key = lane_key(text[low:high])
        if t.parser.knows_label(key):
            r.lane = Token(low, high, LANE, key, -1, -1)
            t.tail = high
            return True
    return False


def _corrected(
    t: Taking, low: int, high: int, numbered: bool, following: Token | Entry | None
) -> bool:
    """Take a name one edit off; what stands beside it is kept as not understood."""
    text, parser = t.text, t.parser
    if high - low < 2 or t.hinted(low):  # noqa: PLR2004 - a name has three
        return False
    glued = isinstance(following, Entry) and following.mask & (ROAD | ESTATE | AREA)
    if glued and high - low <= 2:  # noqa: PLR2004 - may be the beginning of that name
        return False
    ends = [high]
    ends += [q for q in range(high - 1, low + 2, -1) if text[q - 1] in _SUFFIX][:5]
    for end in ends:
        kinds = _OWNS_DOORS if numbered and end == high else _ANY
        for length in range(min(9, end - low), 2, -1):
            refs, key, slip = parser.mistyped(text[end - length : end], kinds)
            if refs:
                first = end - length
                if first > low:
                    _piece(t, low, first, None)
                mask = 0
                for ref in refs:
                    mask |= MASK[ref.kind]
                if t.reading.door is None or mask & ESTATE:
                    _goes_on(t, first)
                    t.dirty = -1
                    t.put(Word(first, end, key, refs, typo=True, slip=slip), mask)
                    t.tail = end
                else:
                    t.reading.leftover.append(Piece(first, end, ""))
                if end < high:
                    _piece(t, end, high, following)
                return True
    return False


def _near(a: str, b: str) -> bool:
    return len(a) == len(b) and sum(one != two for one, two in zip(a, b, strict=True)) == 1
