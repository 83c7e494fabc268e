"""What stands in a cell for the number of a door: often more than just one number."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.addresses.normalise import key
from app.addresses.numbers import NUMERAL, door_number

# A plate that stands for more doors than this is taken for a mistake.
_MOST_DOORS = 50
_LANE = re.compile(rf"(?P<lane>(?:{NUMERAL}(?:[-之]{NUMERAL})?(?:巷|弄|衖))+)(?P<rest>.+)")
_GROUP = re.compile(rf"(?P<group>{NUMERAL}(?:组|社|队|邻|村民小组))(?P<rest>.+)")
_LIST = re.compile(r"[、,;，；]|(?<=号)和(?=\d)")
_RANGE = re.compile(rf"(?P<low>{NUMERAL})(?:号?(?:至|~|到|—|--)|号-)(?P<high>{NUMERAL})号?")
# Floors say where in the house, not which door: 12號3樓, 12号地下.
_FLOOR = re.compile(
    rf"(?P<door>.*号(?:(?:之|-){NUMERAL})?)(?:{NUMERAL}|地下|地下?{NUMERAL}|顶)(?:楼|层|室)?.*"
)


@dataclass(frozen=True, slots=True)
class NumberCell:
    """What a cell for the number of a door says.

    Attributes
    ----------
    doors : tuple of (int, str)
        Base number and sub-number of each door.
    lane, group : str
        Where the cell holds them too, else "".
    """

    doors: tuple[tuple[int, str], ...]
    lane: str = ""
    group: str = ""


def number_cell(text: str) -> NumberCell | None:
    """Read a cell for the number of a door.

    Parameters
    ----------
    text
        128號, 49-2, 12之3號; 12、14号 and 128号-130号, which are several doors; 12巷3號, 3組45號.

    Returns
    -------
    NumberCell or None
        None if it is no number.
    """
    folded = key(text).removesuffix(".0")
    lane = group = ""
    if found := _GROUP.fullmatch(folded):
        group, folded = found["group"], found["rest"]
    if found := _LANE.fullmatch(folded):
        lane, folded = found["lane"], found["rest"]
    doors: list[tuple[int, str]] = []
    for part in _LIST.split(folded):
        found_doors = _doors(part)
        if not found_doors:
            return None
        doors += [door for door in found_doors if door not in doors]
    return NumberCell(tuple(doors), lane, group)


def _doors(text: str) -> list[tuple[int, str]]:
    """Return the doors of one number, or of a range of them; none if it is no number."""
    if found := _RANGE.fullmatch(text):
        ends = [door_number(found[name]) for name in ("low", "high")]
        if ends[0] is None or ends[1] is None:
            return []
        low, high = ends[0][0], ends[1][0]
        # Plates stand on one side of a street: 128 to 130 leaves 129 out.
        step = 2 if (high - low) % 2 == 0 else 1
        numbers = range(low, high + 1, step)
        return [(number, "") for number in numbers] if 0 < len(numbers) <= _MOST_DOORS else []
    door = door_number(text)
    if door is None and (found := _FLOOR.fullmatch(text)):
        door = door_number(found["door"])
    return [] if door is None else [door]
