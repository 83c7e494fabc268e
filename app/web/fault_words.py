"""The faults of an address in English; in Chinese app.addresses.faults has them."""

from __future__ import annotations

from typing import Literal

from app.addresses.faults import FAULTS

# {word} is what was written, {detail} what the gazetteer knows.
ENGLISH: dict[str, str] = {
    "TEXT.empty": "there is nothing in it",
    "TEXT.cut": "longer than 200 characters; the rest was not read",
    "TEXT.ambiguous": "it can be read in several ways",
    "PARENT.outdated": "“{word}” is a former superior of the city",
    "PARENT.foreign": "“{word}” is not in this city",
    "PARTS.differ": "“{word}” differs from “{detail}” in a column of its own, which counts",
    "TOWN.missing": "no town is named",
    "TOWN.former": "“{word}” is a former or another name of {detail}",
    "TOWN.outside": "“{word}” is not governed by this city",
    "TOWN.conflict": "“{word}” is not in the town or community named",
    "AREA.conflict": "“{word}” and “{detail}” contradict each other",
    "AREA.split": "“{word}” is now several places: {detail}",
    "AREA.typo": "“{word}” is taken as “{detail}”",
    "AREA.unknown": "“{word}” was not found",
    "COMMUNITY.former": "“{word}” is a former name of {detail}",
    "COMMUNITY.conflict": "“{word}” lies in another community than the one named",
    "GROUP.missing": "several groups have “{word}”, and none is named",
    "GROUP.not_found": "“{word}” was not found",
    "GROUP.conflict": "“{word}” lies in another group than the one named",
    "ROAD.typo": "“{word}” is taken as “{detail}”",
    "ROAD.alias": "“{word}” is another name of {detail}",
    "ROAD.prefixed": "what stands before “{word}” is not known; it may be another road",
    "ROAD.unknown": "“{word}” was not found",
    "ROAD.multi_town": "“{word}” runs through several towns",
    "ROAD.conflict": "“{word}” contradicts the rest",
    "CROSSING": "a crossing often lies between several grids",
    "SECTION.missing": "“{word}” has sections, and none is named",
    "SECTION.not_found": "“{word}” was not found",
    "LANE.not_found": "“{word}” was not found",
    "LANE.missing": "“{word}” has doors in lanes only, and no lane is named",
    "DOOR.missing": "no door number; a road alone decides no grid",
    "DOOR.unplaced": "of which road or village “{word}” is, is not known",
    "DOOR.not_in_gazetteer": "the gazetteer has neither “{word}” nor its neighbours",
    "DOOR.sub_ignored": "the sub-number of “{word}” was not found; its base number counts",
    "DOOR.sub_missing": "the gazetteer has “{word}” with sub-numbers only",
    "DOOR.off": "the point of “{word}” is far off its neighbours and not reliable",
    "DOOR.several": "the gazetteer has “{word}” at several points",
    "DOOR.interpolated": "“{word}” is not in the gazetteer; it is placed between {detail}, its "
    "neighbours on the same side",
    "DOOR.elsewhere": "the road has “{word}” in another community; the nearest in the one named is "
    "{detail}",
    "DOOR.extrapolated": "“{word}” is not in the gazetteer; it is placed by {detail}, the nearest "
    "on the same side",
    "DOOR.brackets_disagree": "“{word}” is not in the gazetteer, and {detail}, its neighbours on "
    "the same side, lie in different grids",
    "DOOR.side_unreliable": "“{word}” is not in the gazetteer, and numbers on its side are out of "
    "order",
    "DOOR.no_suffix": "“{word}” has no 号; it is taken as a door",
    "DOOR.range": "“{word}” is a range of doors",
    "DOOR.glued_digits": "digits run together in “{word}”; they are split as {detail}",
    "DOOR.town_unsure": "several towns have a road of this name, and not all of them this door",
    "ESTATE.typo": "“{word}” is taken as “{detail}”",
    "ESTATE.alias": "“{word}” is another name of {detail}",
    "ESTATE.prefixed": "what stands around “{word}” is not known; it may be another place",
    "ESTATE.unknown": "“{word}” was not found",
    "ESTATE.multi_grid": "“{word}” lies in several grids; the building decides",
    "ESTATE.phase_unknown": "“{word}” of this estate was not found",
    "ESTATE.conflict": "“{word}” is not in the town, community or at the door named",
    "BUILDING.not_found": "“{word}” was not found",
    "BUILDING.several": "“{word}” lies in several grids",
    "POI.several": "there are several places called “{word}”",
    "POI.conflict": "“{word}” is far from the door named",
    "RELATIVE.landmark": "“{word}” only says what it is near to",
    "GRID.near_border": "less than 15 m from the border of the grid",
    "GAZETTEER.outside": "the place lies in no grid",
    "SPAN.unrecognized": "“{word}” was not understood",
}
_SOMETHING = {"en": "what is written", "zh": "所写内容"}


def fault_sentence(code: str, word: str, detail: str, language: Literal["en", "zh"]) -> str:
    """Return what a fault says.

    Parameters
    ----------
    code
        Of `app.addresses.faults.FAULTS`.
    word
        The words that it is about, "" if they do not stand in the text.
    detail
        What the gazetteer knows.
    language
        Of the caller; a fault without English words is told in Chinese.
    """
    chinese = FAULTS[code].sentence if code in FAULTS else code
    sentence = ENGLISH.get(code, chinese) if language == "en" else chinese
    if language == "en":
        detail = ", ".join(detail.split("、"))
    return sentence.format(word=word or detail or _SOMETHING[language], detail=detail)
