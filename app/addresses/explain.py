"""One Chinese sentence for each answer, and the address in the gazetteer's own words."""

from __future__ import annotations

from app.addresses.decide import Decision
from app.addresses.entry import Kind
from app.addresses.faults import ASIDE, FAULTS
from app.addresses.folded import Folded
from app.addresses.gazetteer import Gazetteer
from app.addresses.lookup import Finding
from app.addresses.match import Level, Status
from app.addresses.numbers import numeral
from app.addresses.reading import Reading, Word
from app.addresses.tokens import Token

_HOW = {
    Level.BUILDING: "查到楼栋",
    Level.DOOR: "查到门牌",
    Level.DOOR_BASE: "查到主号",
    Level.INTERPOLATED: "由同侧相邻门牌推算",
    Level.EXTRAPOLATED: "由同侧最近门牌推算",
    Level.ESTATE: "查到小区",
    Level.POI: "查到地点",
    Level.GROUP: "只定到组",
    Level.COMMUNITY: "只定到社区或村",
    Level.TOWN: "只定到镇街",
    Level.ROAD: "只查到道路",
    Level.NONE: "没有查到可用的内容",
}
_DIRECTIONS = "东西南北中上下前后"


def quoted(folded: Folded, thing: Word | Token | None) -> str:
    """Return what was written for a word or number."""
    if thing is None:
        return ""
    if thing.start < 0:
        return thing.written if isinstance(thing, Word) else ""
    return folded.written(thing.start, thing.stop)


def used_words(folded: Folded, reading: Reading) -> list[str]:
    """Return the words that were understood, coarse to fine, as they were written."""
    r = reading
    found = [quoted(folded, word) for word in r.areas]
    for thing in (r.group, r.road, r.section, r.lane, r.door, r.estate, r.phase, r.building,
                  r.unit, r.poi):  # fmt: skip
        if thing is not None:
            text = quoted(folded, thing)
            if text and text not in found:
                found.append(text)
    return found


def fault_sentences(folded: Folded, faults: list[tuple[str, int, int, str]]) -> list[str]:
    """Return the sentence of each fault, with the words that it is about."""
    found = []
    for code, start, stop, detail in faults:
        sentence = FAULTS[code].sentence
        if "{" in sentence:
            word = folded.written(start, stop) if start >= 0 else ""
            sentence = sentence.format(word=word or "所写内容", detail=detail)
        if sentence not in found:
            found.append(sentence)
    return found


def explanation(folded: Folded, decision: Decision, grid: str, candidates: list[str]) -> str:
    """Return one sentence: what was used, what follows, what was wrong.

    Parameters
    ----------
    folded
        The text.
    decision
        About it.
    grid
        Code of the grid, "" for none.
    candidates
        Codes of the grids that it may be.
    """
    words = used_words(folded, decision.reading)
    text = f"依据“{'”“'.join(words)}”" if words else "没有认出任何地名或门牌"
    status = decision.status
    if status is Status.ASSIGNED:
        text += f"{_HOW[decision.level]}，属网格{grid}"
    elif status is Status.CANDIDATES:
        text += f"{_HOW[decision.level]}，可能是网格{'、'.join(candidates)}，未定"
    elif status is Status.CONFLICT:
        text += "，内容互相矛盾，未定网格"
    elif status is Status.OUTSIDE:
        text += "，不在本市网格范围内，未定网格"
    elif status is Status.AREA_ONLY:
        text += f"{_HOW[decision.level]}，未定网格"
    else:
        text += "，未定网格"
    # What only colours the answer comes last.
    faults = decision.faults
    if faults:
        if len(faults) > 1:
            faults = sorted(faults, key=lambda one: one[0] in ASIDE)
        text += "；" + "；".join(fault_sentences(folded, faults))
    return text + "。"


def reason(gazetteer: Gazetteer, finding: Finding) -> str:
    """Return in Chinese which reading leads to a finding."""
    return f"{standard_finding(gazetteer, finding)}{_HOW[finding.level]}"


def standard_finding(gazetteer: Gazetteer, finding: Finding) -> str:
    """Return a finding's own name."""
    g = gazetteer
    if finding.street >= 0:
        return street_name(g, finding.street)
    if finding.place < 0:
        return ""
    if finding.level is Level.BUILDING:
        estate = g.buildings.estate[finding.place]
        return f"{g.estates.name[estate]}{g.labels[g.buildings.building[finding.place]]}栋"
    kind = Kind.POI if finding.level is Level.POI else Kind.ESTATE
    return str(g.places[kind].name[finding.place])


def street_name(gazetteer: Gazetteer, street: int) -> str:
    """Return town, road, section and lane of a street, or town, community, group and lane."""
    g, s = gazetteer, gazetteer.streets
    parts = []
    if s.town[street] >= 0:
        parts.append(g.towns.name[s.town[street]])
    if s.road[street] >= 0:
        parts.append(g.roads.name[s.road[street]])
    else:
        if s.community[street] >= 0:
            parts.append(g.communities.name[s.community[street]])
        if s.group[street] >= 0:
            parts.append(_group_name(g, s.group[street]))
    if s.section[street]:
        parts.append(f"{g.labels[s.section[street]]}段")
    if s.lane[street]:
        parts.append(g.labels[s.lane[street]])
    return "".join(parts)


def _group_name(gazetteer: Gazetteer, group: int) -> str:
    name = str(gazetteer.groups.name[group])
    return f"{name}组" if name.isdigit() or numeral(name) is not None else name


def door_text(number: int, sub: str) -> str:
    """Return a number as it is written: 128号, 128号附3号, 128甲号."""
    if not sub:
        return f"{number}号"
    if sub[0] in "临特":
        return f"{sub[0]}{door_text(number, sub[1:])}"
    if sub.isdigit():
        return f"{number}号附{sub}号"
    stem, _, rest = sub.partition("-")
    return f"{number}{stem}号附{rest}号" if rest else f"{number}{stem}号"


def standard_address(gazetteer: Gazetteer, decision: Decision) -> str:
    """Return the address in the gazetteer's words, as far as it was understood."""
    g, r, area = gazetteer, decision.reading, decision.area
    finding = decision.finding
    parts: list[str] = []
    if finding is not None and finding.street >= 0:
        street = finding.street
        s = g.streets
        town = s.town[street]
        if town >= 0:
            parts.append(g.towns.name[town])
        if s.road[street] >= 0 and len(area.communities) == 1:
            parts.append(g.communities.name[area.communities[0]])
        name = street_name(g, street)
        parts.append(name.removeprefix(parts[0]) if town >= 0 else name)
        if r.door is not None and r.door_of != "estate":
            parts.append(door_text(r.door.value, r.door.key if not r.loose or finding.level is Level.DOOR else ""))
        if r.building is not None and finding.level is Level.BUILDING:
            parts.append(f"{r.building.key}栋")
        return "".join(parts)
    if finding is not None and finding.place >= 0:
        if finding.level is Level.BUILDING:
            estate = g.buildings.estate[finding.place]
            place, kind = estate, Kind.ESTATE
        else:
            kind = Kind.POI if finding.level is Level.POI else Kind.ESTATE
            place = finding.place
        own = g.places[kind]
        if own.town[place] >= 0:
            parts.append(g.towns.name[own.town[place]])
        if own.parent[place] >= 0:
            parts.append(g.communities.name[own.parent[place]])
        parts.append(own.name[place])
        if finding.level is Level.BUILDING:
            parts.append(f"{g.labels[g.buildings.building[finding.place]]}栋")
        return "".join(parts)
    if area.towns is not None and len(area.towns) == 1:
        parts.append(g.towns.name[next(iter(area.towns))])
    if len(area.communities) == 1:
        parts.append(g.communities.name[area.communities[0]])
    if len(area.groups) == 1:
        parts.append(_group_name(g, area.groups[0]))
    return "".join(parts)


def parsed(gazetteer: Gazetteer, decision: Decision) -> dict[str, str]:
    """Return the parts that were understood, by the names of the gazetteer's columns."""
    g, r, area = gazetteer, decision.reading, decision.area
    found: dict[str, str] = {}
    if area.towns is not None and len(area.towns) == 1:
        found["town"] = g.towns.name[next(iter(area.towns))]
    if len(area.communities) == 1:
        found["community"] = g.communities.name[area.communities[0]]
    if r.group is not None:
        found["group"] = r.group.key
    if r.road is not None:
        found["road"] = g.roads.name[r.road.refs[0].id]
        if r.section is not None:
            found["section"] = f"{r.section.key}段"
    if r.lane is not None:
        found["lane"] = r.lane.key
    if r.door is not None:
        found["number"] = str(r.door.value)
        if r.door.key:
            found["sub_number"] = r.door.key
    if r.estate is not None:
        found["estate"] = g.estates.name[r.estate.refs[0].id]
    if r.building is not None:
        found["building"] = r.building.key
    if r.unit is not None:
        found["unit"] = r.unit.key
    if r.floor is not None:
        found["floor"] = r.floor.key
    if r.room is not None:
        found["room"] = r.room.key
    if r.poi is not None:
        found["poi"] = g.pois.name[r.poi.refs[0].id]
    return found
