"""What lowers certainty, each with a code, the highest confidence beside it and a Chinese sentence.

In the sentences {word} is what was written, {detail} what the gazetteer knows.
"""

from __future__ import annotations

from typing import NamedTuple

from app.addresses.match import Level


class FaultKind(NamedTuple):
    """One kind of fault.

    Attributes
    ----------
    most : float
        No answer with this fault is surer before it is measured.
    sentence : str
        In Chinese.
    """

    most: float
    sentence: str


# The figures are the accuracies that half of the real door plates of two counties gave for the
# other half, rounded down; they hold until a calibration of the city's own gazetteer is given.
FAULTS: dict[str, FaultKind] = {
    "TEXT.empty": FaultKind(0.0, "没有内容"),
    "TEXT.cut": FaultKind(0.9, "地址超过200字，后面的没有读"),
    "TEXT.ambiguous": FaultKind(0.5, "有几种读法"),
    "PARENT.outdated": FaultKind(0.999, "“{word}”是旧的上级"),
    "PARENT.foreign": FaultKind(0.0, "“{word}”不在本市"),
    "PARTS.differ": FaultKind(0.9, "“{word}”与分列填写的“{detail}”不一致，以分列为准"),
    "TOWN.missing": FaultKind(0.97, "没有写镇街"),
    "TOWN.former": FaultKind(0.97, "“{word}”是旧名或别名，现为{detail}"),
    "TOWN.outside": FaultKind(0.0, "“{word}”不由本市管理"),
    "TOWN.conflict": FaultKind(0.0, "“{word}”不在所写的镇街或社区"),
    "AREA.conflict": FaultKind(0.0, "“{word}”与“{detail}”互相矛盾"),
    "AREA.split": FaultKind(0.5, "“{word}”对应现在的几个地方：{detail}"),
    "AREA.typo": FaultKind(0.95, "“{word}”按“{detail}”理解"),
    "AREA.unknown": FaultKind(0.9, "没有查到“{word}”"),
    "COMMUNITY.former": FaultKind(0.97, "“{word}”是旧名，现为{detail}"),
    "COMMUNITY.conflict": FaultKind(0.0, "“{word}”所在的社区与所写的不一致"),
    "GROUP.missing": FaultKind(0.97, "有“{word}”的不止一个组，没有写哪一组"),
    "GROUP.not_found": FaultKind(0.95, "没有查到“{word}”"),
    "GROUP.conflict": FaultKind(0.0, "“{word}”所在的组与所写的不一致"),
    "ROAD.typo": FaultKind(0.95, "“{word}”按“{detail}”理解"),
    "ROAD.alias": FaultKind(0.99, "“{word}”是{detail}的别名"),
    "ROAD.prefixed": FaultKind(0.6, "“{word}”前面的字不认识，可能是另一条路"),
    "ROAD.unknown": FaultKind(0.9, "没有查到“{word}”"),
    "ROAD.multi_town": FaultKind(0.9, "“{word}”经过几个镇街"),
    "ROAD.conflict": FaultKind(0.0, "“{word}”与其他内容矛盾"),
    "CROSSING": FaultKind(0.5, "路口常在几个网格之间"),
    "SECTION.missing": FaultKind(0.97, "“{word}”分段，没有写哪一段"),
    "SECTION.not_found": FaultKind(0.6, "没有查到“{word}”"),
    "LANE.not_found": FaultKind(0.6, "没有查到“{word}”"),
    "LANE.missing": FaultKind(0.6, "“{word}”只有巷弄的门牌，没有写哪一巷"),
    "DOOR.missing": FaultKind(0.5, "没有门牌号，只凭路名不定网格"),
    "DOOR.unplaced": FaultKind(0.9, "“{word}”不知属于哪条路或哪个村"),
    "DOOR.not_in_gazetteer": FaultKind(0.9, "地址库没有“{word}”，也没有相邻的门牌"),
    "DOOR.sub_ignored": FaultKind(0.985, "没有查到“{word}”的附号，按主号定位"),
    "DOOR.sub_missing": FaultKind(0.985, "“{word}”在地址库里只有附号"),
    "DOOR.elsewhere": FaultKind(0.97, "这条路上的“{word}”在别的社区，所写的社区里最近的是{detail}"),
    "DOOR.off": FaultKind(0.7, "“{word}”的位置离相邻门牌很远，不可靠"),
    "DOOR.several": FaultKind(0.7, "“{word}”在地址库里有几处"),
    "DOOR.interpolated": FaultKind(0.99, "地址库没有“{word}”，按同侧相邻的{detail}推算"),
    "DOOR.extrapolated": FaultKind(0.97, "地址库没有“{word}”，按同侧最近的{detail}推算"),
    "DOOR.brackets_disagree": FaultKind(0.7, "地址库没有“{word}”，同侧相邻的{detail}不在同一网格"),
    "DOOR.side_unreliable": FaultKind(0.7, "地址库没有“{word}”，这一侧的门牌次序不可靠"),
    "DOOR.no_suffix": FaultKind(0.985, "“{word}”没有写“号”，按门牌理解"),
    "DOOR.range": FaultKind(0.98, "“{word}”是一段门牌"),
    "DOOR.glued_digits": FaultKind(0.93, "“{word}”的数字连写，按{detail}拆开"),
    "DOOR.town_unsure": FaultKind(0.8, "同名的路不止一个镇街有，有的没有查到这个门牌"),
    "ESTATE.typo": FaultKind(0.95, "“{word}”按“{detail}”理解"),
    "ESTATE.alias": FaultKind(0.98, "“{word}”是{detail}的别名"),
    "ESTATE.prefixed": FaultKind(0.6, "“{word}”前后的字不认识，可能是另一处"),
    "ESTATE.unknown": FaultKind(0.97, "没有查到“{word}”"),
    "ESTATE.multi_grid": FaultKind(0.6, "“{word}”分属几个网格，要写楼栋"),
    "ESTATE.phase_unknown": FaultKind(0.6, "没有查到这个小区的“{word}”"),
    "ESTATE.conflict": FaultKind(0.0, "“{word}”不在所写的镇街、社区或门牌"),
    "BUILDING.not_found": FaultKind(0.96, "没有查到“{word}”"),
    "BUILDING.several": FaultKind(0.7, "“{word}”分属几个网格"),
    "POI.several": FaultKind(0.6, "“{word}”不止一处"),
    "POI.conflict": FaultKind(0.9, "“{word}”离所写的门牌较远"),
    "RELATIVE.landmark": FaultKind(0.5, "“{word}”只说了参照的地方"),
    "GRID.near_border": FaultKind(0.998, "离网格边界不到15米"),
    "GAZETTEER.outside": FaultKind(0.0, "所在位置不在任何网格内"),
    "SPAN.unrecognized": FaultKind(0.985, "“{word}”没有看懂"),
}

LEVELS: dict[Level, float] = {
    Level.BUILDING: 0.998,
    Level.DOOR: 0.998,
    Level.DOOR_BASE: 0.99,
    Level.INTERPOLATED: 0.99,
    Level.EXTRAPOLATED: 0.97,
    Level.ESTATE: 0.97,
    Level.POI: 0.96,
    Level.GROUP: 0.98,
    Level.COMMUNITY: 0.98,
    Level.TOWN: 0.95,
    Level.ROAD: 0.5,
    Level.NONE: 0.0,
}

# Faults that tell something about the text but do not belong to the grounds of an answer.
ASIDE = frozenset({"PARENT.outdated", "GRID.near_border"})


def main_fault(codes: list[str]) -> str:
    """Return the fault that lowers certainty most, "" for none."""
    worst, least = "", 1.0
    for code in codes:
        most = FAULTS[code].most
        if most < least:
            worst, least = code, most
    return worst


def starting_confidence(level: Level, fault: str) -> float:
    """Return the confidence of a level with a main fault ("" for none) before it is measured."""
    most = FAULTS[fault].most if fault else 1.0
    return min(LEVELS[level], most)
