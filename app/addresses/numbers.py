"""The grammar of numbers in addresses: doors, sub-numbers, sections, lanes, groups, buildings.

Each function takes one element as it was written and returns what it is compared by, so that
128號, 一百二十八号 and １２８ are one door, 二段 and 2段 one section, 3幢 and 三栋 one building.
"""

from __future__ import annotations

import re

from app.addresses.normalise import key

_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")}
_DIGITS |= {"〇": 0, "○": 0, "两": 2, "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5}
_DIGITS |= {"陆": 6, "柒": 7, "捌": 8, "玖": 9}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_TENS = {"廿": "二十", "卅": "三十"}
_HAN = "".join([*_DIGITS, *_UNITS, *_TENS])
# One numeral, in digits or in characters; of the texts that `key` returns.
NUMERAL = rf"(?:\d+|[{_HAN}]+)"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_DASH = "[-‐‑‒–—―−ー之]"
MAX_NUMBER = 99_999

# What spreadsheets make of 1-2.
_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
# 12之1之2 is door 2 of door 1 of number 12.
_SUBS = rf"{NUMERAL}(?:{_DASH}{NUMERAL})*"
_DOOR = re.compile(
    rf"(?P<lead>临|临时|特|附)?(?P<base>{NUMERAL})(?P<stem>[{_STEMS}a-z])?号?"
    rf"(?:(?:附|{_DASH}|/)(?P<sub>{_SUBS}|[{_STEMS}a-z])号?)?(?P<tail>[{_STEMS}a-z])?号?"
)
_SUB = re.compile(rf"(?:附|{_DASH}|第)*(?P<sub>{_SUBS}|[{_STEMS}a-z]+\d*|\d+[a-z])号?")
_LANE_PART = re.compile(rf"第?(?P<number>{_SUBS})(?P<kind>巷|弄|衖|胡同|支|里)?")
_GROUP_SUFFIXES = ("村民小组", "居民小组", "村民组", "居民组", "小组", "组", "社", "队", "邻")
_BUILDING = re.compile(r"第?(?P<name>.+?)(?:号楼|栋|幢|座|楼|号|#)?")


def numeral(text: str) -> int | None:
    """Return the value of one numeral in digits or Chinese characters; None if it is none.

    Both ways of writing are read: 一百二十八 and 一二八 are 128, 廿一 is 21.
    """
    if text.isdecimal():
        return int(text)
    for short, whole in _TENS.items():
        text = text.replace(short, whole)
    if not text or any(one not in _DIGITS and one not in _UNITS for one in text):
        return None
    if not any(one in _UNITS for one in text):
        return int("".join(str(_DIGITS[one]) for one in text))
    total, digit, last = 0, None, 10_000
    for one in text:
        if one in _DIGITS:
            if digit:
                return None
            digit = _DIGITS[one]
        else:
            unit = _UNITS[one]
            if unit >= last:
                return None
            total, digit, last = total + (1 if digit is None else digit) * unit, None, unit
    return total + (digit or 0)


def _plain(text: str) -> str:
    """Return numerals with dashes between them in digits, anything else as it is."""
    values = [numeral(part) for part in re.split(_DASH, text)]
    return text if None in values else "-".join(map(str, values))


def door_number(text: str) -> tuple[int, str] | None:
    """Split the number of a door into its base number and what follows it.

    Parameters
    ----------
    text
        128, 128號, 一百二十八号, 128号附3号, 128附3号, 49-2, 12之3, 128甲, 128号之一, 臨12號.

    Returns
    -------
    tuple of (int, str) or None
        The base number, and the sub-number as `sub_number` writes it, "" if there is none; None
        if the text is no such number.
    """
    folded = key(text).removeprefix("第")
    found = None if _DAY.match(folded) else _DOOR.fullmatch(folded)
    base = numeral(found["base"]) if found else None
    if found is None or base is None or base > MAX_NUMBER:
        return None
    sub = "".join(filter(None, (found["stem"], _plain(found["sub"] or ""), found["tail"])))
    if found["stem"] and found["sub"]:
        sub = f"{found['stem']}-{_plain(found['sub'])}"
    lead = {"临时": "临"}.get(found["lead"] or "", found["lead"] or "")
    if lead == "附":
        return None
    return base, f"{lead}{sub}" if lead else sub


def sub_number(text: str) -> str:
    """Return what a sub-number is compared by: 附3号, 之3, -3, 三 are "3", 甲 is "甲"."""
    folded = key(text)
    found = _SUB.fullmatch(folded)
    return _plain(found["sub"]) if found else folded


def section_key(text: str) -> str:
    """Return what a section is compared by: 二段, 2段, 第二段 are "2", 南段 is "南"."""
    return _suffixed(text, ("段",))


def group_key(text: str) -> str:
    """Return what a group is compared by: 3组, 三社, 03鄰, 第3村民小组 are "3", others a name."""
    return _suffixed(
        text, ("村民小组", "居民小组", "村民组", "居民组", "小组", "组", "社", "队", "邻")
    )


def unit_key(text: str) -> str:
    """Return what a unit is compared by: 2单元, 二单元, 2 are "2", 东单元 is "东"."""
    return _suffixed(text, ("单元", "梯", "门"))


def lane_key(text: str) -> str:
    """Return what a lane is compared by: 十二巷3弄 is "12巷3弄", 12 is "12巷", 建设巷 stays.

    12之1巷 and 12-1巷 are one.
    """
    folded = key(text)
    parts: list[str] = []
    place = 0
    while place < len(folded):
        found = _LANE_PART.match(folded, place)
        if found is None or numeral(re.split(_DASH, found["number"])[0]) is None:
            return folded
        parts.append(f"{_plain(found['number'])}{found['kind'] or ('弄' if parts else '巷')}")
        place = found.end()
    return "".join(parts)


def building_key(text: str) -> str:
    """Return what a building is compared by: 3栋, 三幢, 3#, 3号楼, 第3栋 are "3", A座 is "a"."""
    found = _BUILDING.fullmatch(key(text))
    return _plain(found["name"]) if found else key(text)


def _suffixed(text: str, suffixes: tuple[str, ...]) -> str:
    folded = key(text).removeprefix("第")
    for suffix in suffixes:
        if folded.endswith(suffix) and folded != suffix:
            folded = folded.removesuffix(suffix)
            break
    return _plain(folded)
