"""Takes numbers with their units, and words that relate to a place."""

from __future__ import annotations

from app.addresses.numbers import numeral
from app.addresses.reading import Piece
from app.addresses.taking import Taking
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
)

# Relations of a number that name no other place.
_AT_IT = frozenset({"楼下", "门口"})
_HIGHEST_FLOOR, _MOST_BUILDINGS = 60, 100
# Digits with a blank between them are one number up to here; else a door and a room.
_HIGHEST_JOINED = 1999


def take_token(  # noqa: C901, PLR0912 - one kind after the other
    t: Taking, token: Token
) -> None:
    """Take a number or a relation."""
    r = t.reading
    kind = token.kind
    t.dirty = -1
    if t.hinted(token.start) and kind is not SECTION:
        return
    if kind is DOOR:
        _door(t, token)
    elif kind is SECTION:
        if t.last == "road" and r.section is None:
            r.section = token
        elif r.section is None or r.section.key != token.key:
            r.leftover.append(Piece(token.start, token.stop, "section"))
    elif kind is LANE:
        if _broken_lane(t, token):
            pass
        elif t.last in {"road", "community", ""} and r.lane is None and r.door is None:
            r.lane = token
        else:
            r.leftover.append(Piece(token.start, token.stop, "lane"))
    elif kind is GROUP:
        if r.group is None and r.door is None:
            r.group = token
            if t.last != "road":
                t.last = "community"
        else:
            r.leftover.append(Piece(token.start, token.stop, "group"))
    elif kind is BUILDING:
        _building(t, token)
    elif kind is UNIT:
        r.unit = r.unit or token
    elif kind is PHASE:
        if t.last == "estate":
            r.phase = r.phase or token
    elif kind is FLOOR:
        _floor(t, token)
    elif kind is ROOM:
        r.room = r.room or token
    elif kind is DASH:
        _dash(t, token)
    elif kind is NUMBER:
        _number(t, token)
    elif kind is RELATION:
        _relation(t, token)
    elif kind is CROSSING and r.door is None:
        r.crossing = token
    t.tail = token.stop


def _door(t: Taking, token: Token) -> None:  # noqa: C901, PLR0912 - one owner after the other
    r = t.reading
    if token.value < 0:
        # 附3号 alone goes on from the number before it.
        if r.door is not None and not r.door.key:
            r.door = r.door._replace(stop=token.stop, key=token.key)
        return
    if t.last == "unknown":
        r.lost_door = r.lost_door or token
    elif t.last == "unknown_estate":
        r.room = r.room or token
    elif t.last == "estate" and r.estate is not None:
        if r.door is None and r.building is None:
            r.door, r.door_of = token, "estate"
        elif r.building is None and r.door_of != "estate":
            r.building = token._replace(kind=BUILDING, key=str(token.value))
        else:
            r.room = r.room or token
    elif r.door is None:
        if t.last == "poi" and r.road is None:
            r.lost_door = r.lost_door or token
        else:
            r.door = token
            r.door_of = "road" if r.road is not None else "community"
    elif _broken(t, token):
        return
    elif r.loose and r.door.stop + 1 >= token.start and r.door_of == "road":
        # 12、14号: the first of several numbers had no 号.
        r.door = r.door._replace(stop=token.stop, to=token.value)
        r.loose = False
    elif r.unit is None and r.building is None and token.value >= 0:
        r.room = r.room or token
    else:
        r.room = r.room or token


def _building(t: Taking, token: Token) -> None:
    r = t.reading
    if (
        r.door is None
        and t.last == "road"
        and r.estate is None
        and token.value >= _MOST_BUILDINGS
        and t.adjacent(token)
    ):
        _split(t, token, token.key, _MOST_BUILDINGS)
    elif t.last == "unknown":
        r.lost_door = r.lost_door or token
    elif t.last == "unknown_estate":
        return
    elif r.building is None:
        r.building = token


def _floor(t: Taking, token: Token) -> None:
    r = t.reading
    if r.door is None and t.last == "road" and token.value > _HIGHEST_FLOOR and t.adjacent(token):
        _split(t, token, token.key, _HIGHEST_FLOOR)
    elif r.door is None and t.last == "estate" and r.building is None:
        # 3楼 of an estate is said of its third building as well; nothing is decided by it.
        r.floor = r.floor or token
    else:
        r.floor = r.floor or token


def _split(t: Taking, token: Token, digits: str, most: int) -> None:
    """Take glued digits as a door and what follows it, in every way that can be."""
    r = t.reading
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


def _dash(t: Taking, token: Token) -> None:
    r = t.reading
    parts = token.key.split("-")
    numbers = [one if one.isdigit() else "" for one in parts]
    after_estate = t.last == "estate"
    if (
        not after_estate
        and r.door is None
        and t.last in {"road", "community"}
        and t.adjacent(token)
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
        if t.last == "unknown_estate":
            return
        if len(parts) > 1 and (after_estate or len(parts) > 2):  # noqa: PLR2004
            r.building = token._replace(kind=BUILDING, key=_digits(parts[0]))
            if len(parts) > 2:  # noqa: PLR2004 - building, unit, room
                r.unit = r.unit or token._replace(kind=UNIT, key=_digits(parts[1]))
    elif t.last == "unknown":
        r.lost_door = r.lost_door or token


def _broken(t: Taking, token: Token) -> bool:
    """Take 12 8号 for a door that may be 128, 12 or 8: only a blank stands between the digits."""
    r = t.reading
    door = r.door
    if (
        door is None
        or not r.loose
        or door.key
        or r.door_of == "estate"
        or t.text[door.stop : token.start] != " "
    ):
        return False
    joined = int(f"{door.value}{token.value}")
    if not 0 < joined <= _HIGHEST_JOINED:
        return False
    place = door._replace(stop=token.stop)
    r.glued = tuple(place._replace(value=one) for one in (joined, door.value, token.value))
    r.door = r.glued[0]
    r.loose = False
    return True


def _broken_lane(t: Taking, token: Token) -> bool:
    """Take 12 1巷 for lane 121: nobody writes a door before its lane."""
    r = t.reading
    door = r.door
    if door is None or not r.loose or door.key or t.text[door.stop : token.start] != " ":
        return False
    r.lane = token._replace(start=door.start, key=f"{door.value}{token.key}")
    r.door, r.door_of, r.loose = None, "", False
    return True


def _number(t: Taking, token: Token) -> None:
    r = t.reading
    if r.door is None and token.value > 0 and t.last in {"road", "community"} and t.adjacent(token):
        r.door = Token(token.start, token.stop, DOOR, "", token.value, -1)
        r.door_of = "road" if r.road is not None else "community"
        r.loose = True
    elif t.last == "unknown":
        r.lost_door = r.lost_door or token
    elif r.room is None and not _broken(t, token):
        r.room = token


def _relation(t: Taking, token: Token) -> None:
    r = t.reading
    if token.start != t.tail:
        return
    word = t.at
    if word is not None and word.stop == token.start:
        if word is r.estate or word is r.poi:
            if r.door is not None:
                t.demote(word)
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


def _digits(text: str) -> str:
    value = numeral(text)
    return text if value is None else str(value)
