"""Addresses as people write them, made from rows of a gazetteer to measure how right answers are.

Three styles: with every part in its official form; shortened, with parts left out; and sloppy,
shortened and with a mistyped name, glued or Chinese numbers, names and telephones around it. It
knows nothing of how addresses are read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random
from typing import NamedTuple

STYLES = ("clean", "shortened", "sloppy")
_DIGITS = "零一二三四五六七八九"
_FULL_WIDTH = str.maketrans("0123456789-#", "０１２３４５６７８９－＃")
# Characters that sound alike, as they are confused in names of places.
_ALIKE = (
    "滨宾斌彬", "东冬", "红洪宏虹", "阳杨扬洋", "坝霸", "华花", "明名鸣", "建健", "新鑫心欣",
    "安庵", "和河禾荷", "平坪萍屏", "兴星", "园圆源元", "景井锦", "城成诚程", "江姜", "桥乔",
    "石时", "龙隆", "富福", "光广", "春椿", "林临", "中钟", "政正", "清青", "水税", "山杉",
    "学雪", "民明", "胜盛圣", "祥翔", "嘉佳家", "康抗", "丰风枫", "文闻", "顺舜", "松淞", "云芸",
    "竹祝", "兰蓝", "翠脆", "晴情", "溪西", "湖胡", "岭领", "塘堂", "湾弯", "德得", "通同",
    "乐悦", "瑞锐", "礼里", "信芯", "琴勤", "凤奉", "鹤贺", "昌长", "泉全", "庭亭", "苑院",
    "解姐", "放方", "团湍", "结洁", "利力",
)  # fmt: skip
_SUFFIXES = ("街道", "镇", "乡", "社区", "村", "市", "区", "里")
_BEFORE = ("地址：", "住址 ", "收货地址:", "现住")
# Nobody's: a role, and numbers that no telephone has.
_AFTER = (" 收件人张某 13800000000", "，电话13800000000", " 网格员", "(张某收)", " 028-00000000")
_BRACKETS = ("(临街)", "（二楼）", "(原粮站)", "【大门】")
_NEAR = ("附近", "旁边", "对面")


class _Part(NamedTuple):
    column: str
    text: str


def write(words: Mapping[str, str], rng: Random, city: str = "") -> dict[str, str]:
    """Return an address in each of the `STYLES`.

    Parameters
    ----------
    words
        Of a row, by the columns of a gazetteer.
    rng
        Where the randomness comes from.
    city
        Name of the city.
    """
    short = _shortened(words, rng)
    head = city if _chance(rng, 30) else ""
    return {
        "clean": city + "".join(part.text for part in _full(words)),
        "shortened": head + "".join(part.text for part in short),
        "sloppy": _sloppy(words, short, rng),
    }


def _chance(rng: Random, percent: int) -> bool:
    return rng.random() < percent / 100


# --- clean ---------------------------------------------------------------------------------------


def _full(words: Mapping[str, str]) -> list[_Part]:
    """Return all parts of an address, coarse to fine, each in its official form."""
    parts = [_Part(name, words.get(name, "")) for name in ("town", "community")]
    parts.append(_Part("group", _with_unit(words.get("group", ""), "组")))
    parts += [_Part(name, words.get(name, "")) for name in ("road", "section", "lane")]
    if words.get("number"):
        parts.append(_Part("number", _door(words["number"], words.get("sub_number", ""))))
    parts.append(_Part("estate", words.get("estate", "")))
    parts.append(_Part("building", _with_unit(words.get("building", ""), "栋")))
    parts.append(_Part("unit", _with_unit(words.get("unit", ""), "单元")))
    parts.append(_Part("poi", words.get("poi", "")))
    return [part for part in parts if part.text]


def _with_unit(text: str, unit: str) -> str:
    return f"{text}{unit}" if text.isdigit() else text


def _door(number: str, sub: str) -> str:
    if not sub:
        return f"{number}号"
    return f"{number}号附{sub}号" if sub.isdigit() else f"{number}{sub}号"


# --- shortened -----------------------------------------------------------------------------------


def _shortened(words: Mapping[str, str], rng: Random) -> list[_Part]:
    """Leave parts out, but never all that tells one address from the next."""
    dropped = _left_out(words, rng)
    parts = []
    for part in _full(words):
        if part.column in dropped:
            continue
        text = part.text
        if part.column in {"town", "community"} and _chance(rng, 25):
            text = _bare(text)
        elif part.column == "number":
            text = _said(words, rng)
        parts.append(_Part(part.column, text))
    return parts


def _left_out(words: Mapping[str, str], rng: Random) -> set[str]:
    on_road, in_estate = bool(words.get("road")), bool(words.get("estate"))
    place = bool(words.get("poi"))
    # Where nothing else says what a number counts in, its community stays.
    community = 70 if on_road or in_estate or place else 0
    dropped = {
        column
        for column, percent in (
            ("town", 50), ("community", community), ("group", 5), ("section", 25), ("unit", 50),
            ("building", 10),
        )
        if _chance(rng, percent)
    }  # fmt: skip
    if "building" in dropped:
        dropped.add("unit")
    if place and (on_road or in_estate):
        either = {"poi"} if _chance(rng, 50) else {"road", "section", "lane", "number"}
        dropped |= either
    elif on_road and in_estate and words.get("number") and not words.get("building"):
        dropped.add("estate")
    return dropped


def _bare(name: str) -> str:
    for suffix in _SUFFIXES:
        if name.endswith(suffix) and len(name) > len(suffix) + 1:
            return name.removesuffix(suffix)
    return name


def _said(words: Mapping[str, str], rng: Random) -> str:
    """Return the number of a door as it is said."""
    number, sub = words["number"], words.get("sub_number", "")
    if sub.isdigit():
        forms = (f"{number}号附{sub}号", f"{number}附{sub}号", f"{number}-{sub}号")
        return rng.choices(forms, (5, 3, 2))[0]
    if not sub and words.get("road") and _chance(rng, 15):
        return number
    return _door(number, sub)


# --- sloppy --------------------------------------------------------------------------------------


def _sloppy(words: Mapping[str, str], parts: list[_Part], rng: Random) -> str:
    """Return parts as they are written where nobody looks at what is written."""
    found = _with_room(words, _with_error(parts, rng), rng)
    if _chance(rng, 10):
        found = [
            _Part(one, _in_characters(text) if one in {"number", "group", "building"} else text)
            for one, text in found
        ]
    text = rng.choice(("", "", "", "", "", " ", "，")).join(part.text for part in found)
    if _chance(rng, 10):
        text = text.translate(_FULL_WIDTH)
    for percent, choices in ((5, _NEAR), (10, _BRACKETS), (20, _AFTER)):
        if _chance(rng, percent):
            text += rng.choice(choices)
    return rng.choice(_BEFORE) + text if _chance(rng, 15) else text


def _with_error(parts: list[_Part], rng: Random) -> list[_Part]:
    """Mistype the name that matters most, in 15 of 100 addresses."""
    columns = [part.column for part in parts]
    column = next((one for one in ("road", "estate", "community", "poi") if one in columns), "")
    if not column or not _chance(rng, 15):
        return parts
    return [_Part(one, mistyped(text, rng) if one == column else text) for one, text in parts]


def _with_room(words: Mapping[str, str], parts: list[_Part], rng: Random) -> list[_Part]:
    """Put floors and rooms behind the last number, sometimes without what keeps them apart."""
    if not parts:
        return parts
    floor = str(rng.randint(1, 6))
    room = f"{floor}0{rng.randint(1, 4)}"
    last, number = parts[-1], words.get("number", "")
    if last.column == "number" and words.get("road") and not words.get("sub_number"):
        if _chance(rng, 8):
            return [*parts[:-1], _Part("number", f"{number}{floor}楼")]
        if _chance(rng, 25):
            return [*parts[:-1], _Part("number", f"{number}号{floor}楼{room}室")]
    elif last.column in {"building", "unit"}:
        building = words.get("building", "").rstrip("栋幢座号楼")
        unit = words.get("unit", "").removesuffix("单元") or "1"
        if building.isdigit() and unit.isdigit() and _chance(rng, 40):
            named = [part for part in parts if part.column not in {"building", "unit"}]
            return [*named, _Part("building", f"{building}-{unit}-{room}")]
        if _chance(rng, 30):
            return [*parts, _Part("room", f"{room}室")]
    return parts


def mistyped(name: str, rng: Random) -> str:
    """Return a name with one character exchanged for one that sounds alike, missing or doubled."""
    places = list(range(max(1, len(name) - 1)))
    rng.shuffle(places)
    for place in places:
        for alike in _ALIKE:
            if name[place] in alike:
                other = rng.choice([one for one in alike if one != name[place]])
                return name[:place] + other + name[place + 1 :]
    place = places[0]
    again = name[place] * (2 if _chance(rng, 50) else 0)
    return name[:place] + again + name[place + 1 :]


def _in_characters(text: str) -> str:
    """Return a text with its first number in Chinese characters, long ones digit by digit."""
    found = re.search("[0-9]+", text)
    if found is None:
        return text
    digits = found.group()
    written = "".join(_DIGITS[int(one)] for one in digits)
    if len(digits) == 2:  # noqa: PLR2004 - ten to ninety-nine
        tens, ones = divmod(int(digits), 10)
        written = f"{_DIGITS[tens] if tens > 1 else ''}十{_DIGITS[ones] if ones else ''}"
    return text[: found.start()] + written + text[found.end() :]
