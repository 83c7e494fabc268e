"""Addresses as people write them, made from rows of a gazetteer; shares nothing with the matcher.

It is not the one by which a city is calibrated (app.addresses.calibration_texts): what that one
believes of how people write is held against this one.

Three levels: `clean`, the full official form; `shortened`, parts, suffixes and 号 left out, former
regions above the city; `sloppy`, shortened and with a typing error in the road, 3-2-501, full
width, Chinese numerals, names and telephones, brackets, floors glued to numbers, 附近 and 旁.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

LEVELS = ("clean", "shortened", "sloppy")
Words = Mapping[str, str]

# In the demo city's own words: what stands above its towns, what stood there before, and what
# people write in their place.
REGIONS = ("四川省成都市简阳市", "成都市简阳市", "简阳市", "简阳", "四川省简阳市")
FORMER_REGIONS = ("四川省资阳市简阳市", "资阳市简阳市", "资阳简阳")
# Pairs and triples that input by sound confuses, one string for each sound.
SOUNDS = (
    "园圆元原苑院", "景井境", "荷和合禾河", "枫丰锋", "松嵩", "柏白百", "桂贵柜", "兰蓝岚",
    "竹烛", "莲连联", "翠粹", "碧壁必", "晴情青清", "顺舜", "安鞍", "泰太", "康亢", "宁凝",
    "盛圣胜", "昌长常", "隆龙", "明名鸣铭", "华桦花", "文纹闻", "礼里理", "信心新欣", "学雪",
    "墨默", "琴勤秦", "凤奉", "鹤贺赫", "鹭路露", "雁燕宴", "锦金紧", "瑞锐", "嘉家加佳",
    "祥详翔", "云芸匀", "榕容荣融", "杏幸兴", "林临霖琳", "溪西希", "泉全", "湖胡", "岭领",
    "川穿", "江姜疆", "台抬", "庭亭廷", "塘唐堂糖", "湾弯", "畔盼", "屏平坪萍", "荫因音", "茂贸",
    "乐悦月", "德得", "达答", "通同铜", "建健件", "设社", "解姐", "放方芳", "团抟", "结节洁",
    "人仁", "民敏", "胜剩", "政正整", "府福富", "光广", "幸性", "青轻", "年念", "迎营", "宾滨彬",
    "工公功", "业叶", "站战", "市世视", "场厂", "粮良", "阳杨洋", "滨斌", "桥侨乔", "石实十",
    "三山", "坝霸", "城成诚程", "东冬", "红宏洪",
)  # fmt: skip
COMMON = "大小天地水火土木日月田上下中正平方高新美好长青春秋海山川石林"
FULL_WIDTH = {ord(one): chr(ord(one) + 0xFEE0) for one in "0123456789-#()"}
TRADITIONAL = str.maketrans(
    "东号组镇园阳栋单区龙云华兴庆乐马门义广", "東號組鎮園陽棟單區龍雲華興慶樂馬門義廣"
)
DIGITS = "〇一二三四五六七八九"
LEADS = ("地址：", "收件地址:", "住址：", "家住", "现住 ", "【地址】", "送至")
# Roles and numbers that are nobody's.
TAILS = (
    " 张某 13800000000", "，李某收", " 电话:13900000000", "（网格员签收）", " 028-00000000",
    " 请放门卫", "  王女士", "/13700000000", " 无人接听改天",
)  # fmt: skip
BRACKETS = (
    "（临街）",
    "(老邮局)",
    "[靠河]",
    "（一楼门面",
    "原供销社）",
    "(菜市场背后)",
    "（近路口）",
)
NEAR = ("附近", "旁", "旁边", "对面", "斜对面", "背后")
SUFFIXES = {"town": ("街道", "镇", "乡"), "community": ("社区", "村"), "estate": ("小区",)}


@dataclass(frozen=True, slots=True)
class Text:
    """An address as it was written, and what was done to it.

    Attributes
    ----------
    text : str
    done : frozenset of str
        Names of what makes it hard: typo, glued, near, no_town …
    """

    text: str
    done: frozenset[str]


def numeral(value: int) -> str:
    """Return a number from 0 to 999 as it is spoken."""
    if value < 10:
        return "零" if value == 0 else DIGITS[value]
    if value < 20:
        return "十" + (DIGITS[value - 10] if value > 10 else "")
    if value < 100:
        return DIGITS[value // 10] + "十" + (DIGITS[value % 10] if value % 10 else "")
    hundreds, rest = divmod(value, 100)
    head = DIGITS[hundreds] + "百"
    if rest == 0:
        return head
    if rest < 10:
        return head + "零" + DIGITS[rest]
    return head + DIGITS[rest // 10] + "十" + (DIGITS[rest % 10] if rest % 10 else "")


def typing_error(name: str, rng: Random) -> str:
    """Return a name with one error before its last character."""
    stem = len(name) - 1
    if stem < 1:
        return name
    sounding = [(place, sound) for place in range(stem) for sound in SOUNDS if name[place] in sound]
    way = rng.random()
    if sounding and way < 0.6:
        place, sound = rng.choice(sounding)
        other = rng.choice([one for one in sound if one != name[place]])
        return name[:place] + other + name[place + 1 :]
    place = rng.randrange(stem)
    if way < 0.75 and stem > 1:
        return name[:place] + name[place + 1 :]
    if way < 0.85:
        return name[:place] + name[place] + name[place:]
    other = rng.choice([one for one in COMMON if one != name[place]])
    return name[:place] + other + name[place + 1 :]


def perturb(words: Words, level: str, rng: Random) -> Text:
    """Return an address of a row at a level.

    Parameters
    ----------
    words
        Of a row, by the columns of a gazetteer.
    level
        One of `LEVELS`.
    rng
        Where the randomness comes from.
    """
    if level == "clean":
        return Text(rng.choice(REGIONS[:3]) + "".join(t for _, t in full(words)), frozenset())
    done: set[str] = set()
    parts = shorten(words, rng, done)
    if level == "sloppy":
        return Text(slop(words, parts, rng, done), frozenset(done))
    return Text("".join(text for _, text in parts), frozenset(done))


def full(words: Words) -> list[tuple[str, str]]:
    """Return the parts of an address, coarse to fine, in their official form."""
    found = []
    for column in ("town", "community", "group", "road", "section", "lane"):
        text = words.get(column) or ""
        if column == "group" and text.isdigit():
            text += "组"
        found.append((column, text))
    if words.get("number"):
        found.append(("number", plate(words["number"], words.get("sub_number") or "")))
    building, unit = words.get("building") or "", words.get("unit") or ""
    found.append(("estate", words.get("estate") or ""))
    found.append(("building", building + ("栋" if building.isdigit() else "")))
    found.append(("unit", unit + ("单元" if unit.isdigit() else "")))
    found.append(("poi", words.get("poi") or ""))
    return [(column, text) for column, text in found if text]


def plate(number: str, sub: str) -> str:
    """Return what stands on a door plate."""
    if sub.isdigit():
        return f"{number}号附{sub}号"
    return f"{number}{sub}号"


def shorten(words: Words, rng: Random, done: set[str]) -> list[tuple[str, str]]:
    """Return the parts that are left, as short as people say them."""
    has = {column for column, text in words.items() if text}
    drop = left_out(has, rng)
    done |= {f"no_{column}" for column in drop & has}
    found = []
    for column, written in full(words):
        text = written
        if column in drop:
            continue
        if column in SUFFIXES and column != "estate" and rng.random() < 0.3:
            text = bare(column, text)
            done |= {"bare"} if text != written else set()
        if column == "number":
            text = said_number(words, rng, done)
        found.append((column, text))
    way = rng.random()
    if way < 0.35:
        found.insert(0, ("region", rng.choice(REGIONS)))
    elif way < 0.42:
        found.insert(0, ("region", rng.choice(FORMER_REGIONS)))
        done.add("former_region")
    return found


def left_out(has: set[str], rng: Random) -> set[str]:
    """Return which parts go; hardly ever one that its number or name counts within."""
    rural = "number" in has and not has & {"road", "estate"}
    drop = {
        column
        for column, share in (
            ("town", 0.55), ("community", 0.0 if rural else 0.75), ("section", 0.3),
            ("group", 0.05), ("unit", 0.5),
        )
        if rng.random() < share
    }  # fmt: skip
    if "poi" in has and has & {"road", "estate"}:
        drop |= {"poi"} if rng.random() < 0.5 else {"road", "section", "lane", "number", "estate"}
    if "building" not in has and {"number", "estate", "road"} <= has and rng.random() < 0.7:
        drop.add("estate")
    return drop


def bare(column: str, name: str) -> str:
    """Return a name without its suffix, if two characters are left."""
    for suffix in SUFFIXES[column]:
        if name.endswith(suffix) and len(name) - len(suffix) >= 2:
            return name[: -len(suffix)]
    return name


def said_number(words: Words, rng: Random, done: set[str]) -> str:
    """Return a number of a door as it is said."""
    number, sub = words["number"], words.get("sub_number") or ""
    if sub.isdigit():
        done.add("sub")
        forms = (
            f"{number}号附{sub}号",
            f"{number}附{sub}号",
            f"{number}号附{sub}",
            f"{number}-{sub}号",
        )
        return rng.choice(forms)
    if not sub and words.get("road") and rng.random() < 0.15:
        done.add("no_suffix")
        return number
    return plate(number, sub)


def slop(words: Words, parts: list[tuple[str, str]], rng: Random, done: set[str]) -> str:
    """Return what is left of an address when nobody looks at what is written."""
    parts = _mistype(parts, rng, done)
    parts = _rooms(words, parts, rng, done)
    if rng.random() < 0.12:
        parts = [
            (c, _characters(t) if c in {"number", "building", "group"} else t) for c, t in parts
        ]
        done.add("characters")
    text = rng.choice(("",) * 8 + (" ", "，")).join(t for _, t in parts)
    if rng.random() < 0.12:
        text = text.translate(FULL_WIDTH)
        done.add("full_width")
    if rng.random() < 0.04:
        text = text.translate(TRADITIONAL)
        done.add("traditional")
    if rng.random() < 0.05:
        text += rng.choice(NEAR)
        done.add("near")
    if rng.random() < 0.1:
        text += rng.choice(BRACKETS)
        done.add("brackets")
    if rng.random() < 0.15:
        text = rng.choice(LEADS) + text
        done.add("lead")
    if rng.random() < 0.25:
        text += rng.choice(TAILS)
        done.add("tail")
    return text


def _mistype(parts: list[tuple[str, str]], rng: Random, done: set[str]) -> list[tuple[str, str]]:
    """Make a typing error in what matters most, in 15 of 100 addresses."""
    if rng.random() >= 0.15:
        return parts
    columns = [column for column, _ in parts]
    column = next((one for one in ("road", "estate", "community", "poi") if one in columns), "")
    if not column:
        return parts
    done.add("typo")
    return [(c, typing_error(t, rng) if c == column else t) for c, t in parts]


def _rooms(
    words: Words, parts: list[tuple[str, str]], rng: Random, done: set[str]
) -> list[tuple[str, str]]:
    """Put floors and rooms behind the last number."""
    if not parts:
        return parts
    floor = rng.randint(1, 7)
    room = f"{floor}0{rng.randint(1, 4)}"
    column, text = parts[-1]
    if column == "number" and not text.isdigit() and not words.get("sub_number"):
        way = rng.random()
        if words.get("road") and way < 0.06:
            done.add("glued")
            return [*parts[:-1], (column, f"{words['number']}{floor}楼")]
        if way < 0.3:
            done.add("room")
            tail = rng.choice((f"{floor}楼", f"{floor}层{room}室", f"{room}室", f"{room}"))
            return [*parts, ("room", tail)]
    elif column in {"building", "unit"}:
        return _flat(words, parts, room, rng, done)
    return parts


def _flat(
    words: Words, parts: list[tuple[str, str]], room: str, rng: Random, done: set[str]
) -> list[tuple[str, str]]:
    """Write building, unit and room in another way."""
    building = (words.get("building") or "").rstrip("栋幢座")
    unit = (words.get("unit") or "1").removesuffix("单元")
    column, way = parts[-1][0], rng.random()
    if way < 0.3 and building.isdigit() and unit.isdigit():
        done.add("dashes")
        kept = [(c, t) for c, t in parts if c not in {"building", "unit"}]
        return [*kept, ("building", f"{building}-{unit}-{room}")]
    if way < 0.4 and building.isdigit() and column == "building":
        done.add("other_word")
        return [*parts[:-1], (column, building + rng.choice(("幢", "号楼", "#", "座")))]
    if way < 0.6:
        done.add("room")
        return [*parts, ("room", f"{room}室")]
    return parts


def _characters(text: str) -> str:
    """Return a text with its first number in Chinese characters."""
    digits = ""
    for one in text:
        if one.isdigit():
            digits += one
        elif digits:
            break
    if not digits or int(digits) > 999 or digits not in text:
        return text
    return text.replace(digits, numeral(int(digits)), 1)
