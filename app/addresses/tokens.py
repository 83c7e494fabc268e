"""Numbers with their units as they stand in a folded address: sections, lanes, doors, buildings.

One regular expression finds them all; which of several readings of a number holds is decided where
names and the gazetteer are known (app.addresses.parse, app.addresses.grounds).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from app.addresses.numbers import (
    MAX_NUMBER,
    NUMERAL,
    building_key,
    group_key,
    lane_key,
    numeral,
    section_key,
    unit_key,
)

SECTION, LANE, GROUP, UNIT, BUILDING, DOOR, FLOOR, ROOM, DASH, NUMBER, PHASE, RELATION, CROSSING = [
    "section",
    "lane",
    "group",
    "unit",
    "building",
    "door",
    "floor",
    "room",
    "dash",
    "number",
    "phase",
    "relation",
    "crossing",
]
_STEM = "[甲乙丙丁戊己庚辛壬癸]"
_SUB = rf"(?:{NUMERAL}|{_STEM}|[a-z](?![a-z]))"

TOKEN = re.compile(
    rf"""
    (?P<section>第?(?:{NUMERAL}|[东西南北中上下前后])段(?!子))
  | (?P<lane>(?:{NUMERAL}(?:巷|弄|衖|胡同)){{1,3}})
  | (?P<group>第?{NUMERAL}(?:村民小组|居民小组|村民组|居民组|合作社|生产队|小组|组(?!团)|社(?!区)
        |大队|队|邻))
  | (?P<phase>(?:{NUMERAL}|[ivx]+|[a-z])(?:期|区(?=[\da-z第]|$|,|{NUMERAL})))
  | (?P<unit>第?(?:{NUMERAL}|[东西南北中左右a-z])(?:单元|梯(?!田)|门(?![口牌市面诊卫头])))
  | (?P<building>第?(?:{NUMERAL}[a-z]?|[a-z]\d*|{_STEM})(?:栋|幢|座|号楼(?![下上顶道梯层])|\#楼?))
  | (?P<door>第?(?P<lead>临时|临|特)?
      (?:(?P<d1>{NUMERAL})(?P<stem>{_STEM}|[a-z])?号?[-~至到](?P<to>{NUMERAL})号(?!楼)
        |(?P<d2>{NUMERAL})(?P<stem2>{_STEM}|[a-z])?号(?:[附之-]+第?(?P<s2>{_SUB})号?|(?P<s5>{_STEM})|附(?!近|属|\w))?
        |(?P<d3>{NUMERAL})[附之/-]+(?P<s3>{_SUB})号(?!楼)
        |(?P<d4>{NUMERAL})[附之]+第?(?P<s4>{_SUB})))
  | (?P<sub>附第?(?P<s6>{_SUB})号?)
  | (?P<floor>(?:负|地下|b|-)?{NUMERAL}(?:层|楼(?![下上栋])|f(?![a-z]))(?:之{NUMERAL})?)
  | (?P<room>(?:{NUMERAL}|\d+[a-z])(?:室|房(?!子)|户))
  | (?P<dash>[a-z]?\d+[a-z]?(?:-\d+[a-z]?){{1,3}})
  | (?P<number>\d+[a-z]?(?![a-z]))
  | (?P<crossing>交叉路?口|交汇[处口]?|交界[处口]?|十字路?口|丁字路?口|路口)
  | (?P<relation>(?:斜|正)?对(?:面|门)|旁边?|附近|隔壁|门口|楼下|背后|后面|前面|[东西南北]侧
        |以?[东西南北](?:约|面)?\d+米|(?:约|方向)?\d+米(?:处|左右)?|口(?=,|$)|桥头)
    """,
    re.VERBOSE,
)


GROUP_AHEAD = re.compile(rf"第?{NUMERAL}(?:村民小组|居民小组|村民组|居民组|小组|组(?!团)|社(?!区))")

# How most of what stands between names begins: [二段][3组][128号[附3号]], then nothing, a comma or
# another number. `TOKEN` would find the same, several times as slowly.
_USUAL = re.compile(
    r"(第?[\d东西南北中上下前后一二三四五六七八九]段)?(\d{1,4}组)?"
    r"(\d{1,5}号(?:附\d{1,4}(?!\d)号?)?)?(?=[\d,]|$)"
)


class Token(NamedTuple):
    """A number with its unit, or a word that relates to a place.

    Attributes
    ----------
    start, stop : int
        In the folded text.
    kind : str
        One of the names of this module.
    key : str
        What it is compared by; of a door its sub-number.
    value : int
        Base number of a door, value of a bare number, else -1.
    to : int
        Last number of a range of doors, -1 for none.
    """

    start: int
    stop: int
    kind: str
    key: str
    value: int
    to: int


def tokens(text: str, start: int, stop: int) -> list[Token]:
    """Return the numbers between two places of a folded text, in order."""
    found = _within(text[start:stop])
    if not start:
        return list(found)
    return [
        Token(first + start, last + start, kind, key, value, to)
        for first, last, kind, key, value, to in found
    ]


@lru_cache(maxsize=50_000)
def _within(text: str) -> tuple[Token, ...]:
    """Return the numbers of what stands between two names; the same comes ever again."""
    found: list[Token] = []
    usual = _USUAL.match(text)
    place = 0
    if usual is not None:
        for piece in usual.groups():
            if piece is not None:
                known = _read(piece)
                if known is not None:
                    found.append(Token(place, place + len(piece), *known))
                place += len(piece)
        if place == len(text):
            return tuple(found)
    for hit in TOKEN.finditer(text, place):
        known = _read(hit.group())
        if known is not None:
            first, last = hit.span()
            found.append(Token(first, last, *known))
    return tuple(found)


@lru_cache(maxsize=100_000)
def _read(text: str) -> tuple[str, str, int, int] | None:
    """Return kind, key, value and last number of what `TOKEN` found; the same comes ever again."""
    hit = TOKEN.match(text)
    # What followed it in the address may have decided where it ends.
    made = _made(hit) if hit is not None else None
    return None if made is None else made[2:]


def door_token(base: int, sub: str) -> Token:
    """Return a door that stands in no text."""
    return Token(-1, -1, DOOR, sub, base, -1)


def _made(hit: re.Match[str]) -> Token | None:
    """Return the token of what was found; None for a number that is none."""
    if hit["door"] is not None:
        return _door(hit)
    if hit["sub"] is not None:
        return Token(*hit.span(), DOOR, _plain(hit["s6"]), -1, -1)
    kind = next(name for name in _NAMED if hit[name] is not None)
    key, value = _NAMED[kind](hit.group())
    return Token(*hit.span(), kind, key, value, -1)


def _read_group(text: str) -> tuple[str, int]:
    for long, short in (("合作社", "社"), ("生产队", "队"), ("大队", "队")):
        text = text.replace(long, short)
    return group_key(text), -1


def _read_building(text: str) -> tuple[str, int]:
    shown = building_key(text.removesuffix("#楼").removesuffix("#"))
    return shown, _plain_value(shown)


def _read_floor(text: str) -> tuple[str, int]:
    digits = text.split("之", maxsplit=1)[0].rstrip("层楼f")
    return digits, _plain_value(digits)


def _read_number(text: str) -> tuple[str, int]:
    value = _plain_value(text)
    return text, value if value <= MAX_NUMBER else -1


_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6"}


def phase_key(text: str) -> str:
    """Return what a phase of an estate is compared by: 二期, 2期, Ⅱ期 are "2期", B区 is "b区"."""
    number, kind = text[:-1], text[-1]
    return f"{_ROMAN.get(number) or _plain(number)}{kind}"


def _as_written(text: str) -> tuple[str, int]:
    return text, -1


_NAMED: dict[str, Callable[[str], tuple[str, int]]] = {
    SECTION: lambda text: (section_key(text), -1),
    LANE: lambda text: (lane_key(text.replace("胡同", "巷")), -1),
    GROUP: _read_group,
    PHASE: lambda text: (phase_key(text), -1),
    UNIT: lambda text: (unit_key(text), -1),
    BUILDING: _read_building,
    FLOOR: _read_floor,
    ROOM: _as_written,
    DASH: _as_written,
    NUMBER: _read_number,
    CROSSING: _as_written,
    RELATION: _as_written,
}


def _plain_value(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else -1  # noqa: PLR2004


def _plain(text: str) -> str:
    value = numeral(text)
    return text if value is None else str(value)


def _door(hit: re.Match[str]) -> Token | None:
    start, stop = hit.span()
    first = hit["d1"] or hit["d2"] or hit["d3"] or hit["d4"]
    base = numeral(first)
    if base is None or base > MAX_NUMBER:
        return None
    stem = hit["stem"] or hit["stem2"] or hit["s5"] or ""
    sub = hit["s2"] or hit["s3"] or hit["s4"] or ""
    to = -1
    if hit["to"]:
        last = numeral(hit["to"])
        if last is None or last > MAX_NUMBER:
            return None
        # 128号-130号 is a range, 128-2号 a sub-number, 3-12号 may be either.
        whole = hit.group()
        if last > base and "之" not in whole:
            to = last
        if to < 0 or not any(mark in whole[:-1] for mark in "号~至到"):
            sub = hit["to"]
    shown = "-".join(filter(None, (stem, _plain(sub) if sub else "")))
    lead = (hit["lead"] or "")[:1]
    return Token(start, stop, DOOR, f"{lead}{shown}", base, to)
