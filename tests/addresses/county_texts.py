"""How people write the doors of the synthetic county: in full, shortened, sloppily.

Nothing here knows how addresses are read.
"""

from __future__ import annotations

import numpy as np

from tests.addresses.county import COUNTY, Door

LEVELS = ("clean", "short", "sloppy")
_HAN = "零一二三四五六七八九"
_FULL = str.maketrans("0123456789", "０１２３４５６７８９")
_HOMOPHONES = dict(
    zip(
        "中正民族權生復興和平光建國信義仁愛忠孝自強公園文化林湖溪龍安豐竹金松泉洲",
        "忠政明足全升富星合坪廣健果新易人艾中校字牆工圓雯華淋胡西隆案風築今鬆全州",
        strict=True,
    )
)
_OTHER = "天地日月人手足刀車馬牛羊鳥魚米豆茶花草木"
_NOISE = ("收件人王先生", "0900000000", "(近便利商店)", "，請按電鈴", " 2樓後門", "（管理室代收）")


def han(number: int) -> str:
    """Return a number below 1,000 in Chinese characters."""
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = f"{_HAN[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else _HAN[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (_HAN[ones] if ones or not number else "")


def number_text(door: Door) -> str:
    """Return the number of a door in full."""
    sub = f"之{door.sub}" if door.sub else ""
    return f"{'臨' if door.temporary else ''}{door.number}{sub}號"


def road_text(door: Door) -> str:
    """Return road and section."""
    return f"{door.road}{f'{han(door.section)}段' if door.section else ''}"


def lanes_text(door: Door) -> str:
    """Return lane and alley."""
    lane = f"{door.lane}巷" if door.lane else ""
    return lane + (f"{door.alley}弄" if door.alley else "")


def text_of(door: Door, level: str, rng: np.random.Generator) -> str:
    """Return an address of a door as it is written on a level of care."""
    if level == "clean":
        return (
            f"{COUNTY}{door.town}{door.village}{door.group}鄰{road_text(door)}{lanes_text(door)}"
            f"{number_text(door)}"
        )
    if level == "short":
        return _short(door, rng, door.road, number_text(door))
    return _sloppy(door, rng)


def _short(door: Door, rng: np.random.Generator, road: str, number: str) -> str:
    """Leave parts out, but never all that tells where a number counts."""
    chance = rng.random
    text = COUNTY if chance() < 0.25 else ""
    if chance() < 0.7:
        town = door.town
        text += town if chance() < 0.8 or len(town) < 3 else town[:-1]
    if not door.road or chance() < 0.35:
        text += door.village
    if chance() < (0.8 if not door.road else 0.15):
        text += f"{door.group}鄰"
    if door.section and chance() < 0.85:
        road += f"{han(door.section)}段" if chance() < 0.7 else f"{door.section}段"
    return f"{text}{road}{lanes_text(door)}{number}"


def _sloppy(door: Door, rng: np.random.Generator) -> str:
    chance = rng.random
    road = _mistyped(door.road, rng) if door.road and chance() < 0.15 else door.road
    number = number_text(door)
    if door.sub and chance() < 0.6:
        number = f"{door.number}-{door.sub}號"
    what = chance()
    if what < 0.10:
        number = f"{number.removesuffix('號')}"
    elif what < 0.16 and not door.sub and not door.temporary:
        number = f"{door.number}{rng.integers(2, 10)}樓"
    elif what < 0.36:
        number += f"{rng.integers(2, 13)}樓{'' if chance() < 0.7 else f'之{rng.integers(1, 9)}'}"
    elif what < 0.42 and not door.sub and not door.temporary and door.number < 1000:
        number = f"{han(door.number)}號"
    text = _short(door, rng, road, number)
    if chance() < 0.15:
        text = text.translate(_FULL)
    if chance() < 0.10:
        text = text.replace("臺", "台").replace("鄰", "邻").replace("號", "号")
    if chance() < 0.2:
        noise = _NOISE[rng.integers(len(_NOISE))]
        text = f"{noise} {text}" if chance() < 0.3 else f"{text}{noise}"
    if chance() < 0.06:
        place = int(rng.integers(1, len(text)))
        text = f"{text[:place]} {text[place:]}"
    return text


def _mistyped(road: str, rng: np.random.Generator) -> str:
    """Return a road with one error: a homophone, another character, one missing or double."""
    place = int(rng.integers(len(road) - 1))
    what = rng.random()
    if what < 0.5:
        new = _HOMOPHONES.get(road[place]) or _OTHER[rng.integers(len(_OTHER))]
    elif what < 0.75:
        new = _OTHER[rng.integers(len(_OTHER))]
    elif what < 0.9:
        new = road[place] * 2
    else:
        new = ""
    return f"{road[:place]}{new}{road[place + 1 :]}"
