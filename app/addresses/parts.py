"""Parts of an address that a table has in columns of their own: they beat the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.addresses.entry import Kind
from app.addresses.folded import fold
from app.addresses.normalise import key
from app.addresses.numbers import (
    building_key,
    door_number,
    group_key,
    lane_key,
    section_key,
    sub_number,
    unit_key,
)
from app.addresses.reading import Reading, Word
from app.addresses.tokens import BUILDING, DOOR, GROUP, LANE, SECTION, UNIT, Token

if TYPE_CHECKING:
    from app.addresses.parse import Parser

_AREAS = {
    "town": frozenset({Kind.TOWN}),
    "community": frozenset({Kind.COMMUNITY}),
}
_TOKENS = {
    "group": (GROUP, group_key),
    "section": (SECTION, section_key),
    "lane": (LANE, lane_key),
    "building": (BUILDING, building_key),
    "unit": (UNIT, unit_key),
}


def merge_parts(reading: Reading, parts: dict[str, str], parser: Parser) -> None:
    """Put parts in the place of what the text says, and tell where the two differ.

    Parameters
    ----------
    reading
        Of the text; changed.
    parts
        By the names of the gazetteer's columns; blank ones are left out. The number of a door may
        hold its sub-number, a road its section, lane and number.
    parser
        Of the gazetteer.
    """
    given = {name: text.strip() for name, text in parts.items() if text and text.strip()}
    _areas(reading, given, parser)
    _road(reading, given, parser)
    for name, (kind, make) in _TOKENS.items():
        if name in given:
            made = Token(-1, -1, kind, make(given[name]), -1, -1)
            _differs(reading, getattr(reading, name), made.key, given[name])
            setattr(reading, name, made)
    _door(reading, given)
    for name, kinds in (("estate", Kind.ESTATE), ("poi", Kind.POI)):
        if name in given:
            word = parser.word(key(given[name]), frozenset({kinds}), given[name])
            if word is None:
                reading.faults.append(("ESTATE.unknown", -1, -1, given[name]))
                setattr(reading, name, None)
                continue
            _differs(reading, getattr(reading, name), word.key, given[name])
            setattr(reading, name, word)


def _differs(reading: Reading, said: Word | Token | None, wanted: str, given: str) -> None:
    if said is not None and said.start >= 0 and said.key != wanted:
        reading.faults.append(("PARTS.differ", said.start, said.stop, given))


def _areas(reading: Reading, given: dict[str, str], parser: Parser) -> None:
    for name, kinds in _AREAS.items():
        if name not in given:
            continue
        word = parser.word(key(given[name]), kinds, given[name])
        if word is None:
            inner = parser.readings(fold(given[name]))[0]
            if inner.outside is not None:
                reading.outside = inner.outside._replace(start=-1, stop=-1)
                continue
            reading.faults.append(("AREA.unknown", -1, -1, given[name]))
            # What the column names is not known: nothing else of the kind may take its place.
            reading.areas = [one for one in reading.areas if not _is(one, kinds)]
            continue
        for said in reading.areas:
            if _is(said, kinds) and not {r.id for r in said.refs} & {r.id for r in word.refs}:
                _differs(reading, said, word.key, given[name])
        reading.areas = [one for one in reading.areas if not _is(one, kinds)]
        reading.areas.append(word)


def _is(word: Word, kinds: frozenset[Kind]) -> bool:
    return all(ref.kind in kinds for ref in word.refs)


def _road(reading: Reading, given: dict[str, str], parser: Parser) -> None:
    if "road" not in given:
        return
    text = given["road"]
    inner = parser.readings(fold(text))[0]
    if inner.road is None:
        reading.faults.append(("ROAD.unknown", -1, -1, text))
        if reading.road is not None:
            reading.faults.append(("PARTS.differ", reading.road.start, reading.road.stop, text))
        if reading.door is not None and "number" not in given:
            reading.lost_door = reading.door
        reading.road, reading.door = None, None
        return
    said = reading.road
    _differs(reading, said, inner.road.key, text)
    reading.road = inner.road._replace(start=-1, stop=-1, written=text)
    reading.roads = [reading.road]
    reading.unknown_road = None
    for name in ("section", "lane", "door"):
        own = getattr(inner, name)
        if own is not None:
            setattr(reading, name, own._replace(start=-1, stop=-1))
            if name == "door":
                reading.door_of, reading.loose, reading.lost_door = "road", inner.loose, None
    if reading.lost_door is not None and said is None:
        reading.door, reading.lost_door, reading.door_of = reading.lost_door, None, "road"


def _door(reading: Reading, given: dict[str, str]) -> None:
    if "number" not in given:
        if "sub_number" in given and reading.door is not None:
            reading.door = reading.door._replace(key=sub_number(given["sub_number"]))
        return
    found = door_number(given["number"])
    if found is None:
        reading.faults.append(("DOOR.unplaced", -1, -1, given["number"]))
        reading.lost_door = Token(-1, -1, DOOR, "", -1, -1)
        return
    base, sub = found
    if "sub_number" in given:
        sub = sub_number(given["sub_number"])
    said = reading.door
    if said is not None and said.start >= 0 and said.value != base:
        reading.faults.append(("PARTS.differ", said.start, said.stop, given["number"]))
    reading.door = Token(-1, -1, DOOR, sub, base, -1)
    reading.loose, reading.glued = False, ()
    if reading.road is not None:
        reading.door_of = "road"
    elif "road" in given:
        # The road is not known, so its number has no place.
        reading.lost_door, reading.door = reading.door, None
    else:
        reading.door_of = "estate" if "estate" in given else "community"
        reading.lost_door = None
