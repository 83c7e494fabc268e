"""One Chinese sentence for each answer, and the address in the gazetteer's own words."""

from __future__ import annotations

from functools import lru_cache

from app.addresses.decision import Decision
from app.addresses.entry import Kind
from app.addresses.faults import ASIDE, FAULTS
from app.addresses.folded import Folded
from app.addresses.found import Finding
from app.addresses.gazetteer import Gazetteer
from app.addresses.match import Level, Status
from app.addresses.numbers import numeral
from app.addresses.reading import Reading, Word
from app.addresses.tokens import DOOR, Token

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


def quoted(folded: Folded, thing: Word | Token | None) -> str:
    """Return what was written for a word or number."""
    if thing is None:
        return ""
    if thing.start < 0:
        if isinstance(thing, Word):
            return thing.written
        return door_text(thing.value, thing.key) if thing.kind is DOOR else thing.key
    return folded.written(thing.start, thing.stop)


def used_words(folded: Folded, reading: Reading) -> list[str]:
    """Return the words that were understood, coarse to fine, as they were written."""
    r = reading
    found = [quoted(folded, word) for word in r.areas]
    if len(r.roads) > 1 and r.crossing is not None:
        found += [quoted(folded, word) for word in r.roads[:-1]]
    raw = folded.raw if folded.places is None else None
    for thing in (r.group, r.road, r.section, r.lane, r.door, r.estate, r.phase, r.building,
                  r.unit, r.poi):  # fmt: skip
        if thing is not None:
            if raw is not None and thing.start >= 0:
                text = raw[thing.start : thing.stop]
            else:
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
            sentence = sentence.format(word=word or detail or "所写内容", detail=detail)
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


class Explainer:
    """Says what was found in the words of one gazetteer."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        # Streets come again and again; the names of the last ones are kept.
        self.street_name = lru_cache(maxsize=50_000)(self._street_name)
        self._name = lru_cache(maxsize=50_000)(self._place_name)

    def _place_name(self, kind: Kind, place: int) -> str:
        return str(self._gazetteer.places[kind].name[place])

    def reason(self, finding: Finding) -> str:
        """Return in Chinese which reading leads to a finding."""
        return f"{self.standard_finding(finding)}{_HOW[finding.level]}"

    def standard_finding(self, finding: Finding) -> str:
        """Return a finding's own name."""
        g = self._gazetteer
        if finding.street >= 0:
            return self.street_name(finding.street)
        if finding.place < 0:
            return ""
        if finding.level is Level.BUILDING:
            estate = g.buildings.estate[finding.place]
            label = g.labels[g.buildings.building[finding.place]]
            return f"{self._name(Kind.ESTATE, estate)}{label}栋"
        return self._name(Kind.POI if finding.level is Level.POI else Kind.ESTATE, finding.place)

    def _street_name(self, street: int) -> str:
        """Return town, road, section and lane of a street, or town, community, group and lane."""
        g, s = self._gazetteer, self._gazetteer.streets
        parts = []
        if s.town[street] >= 0:
            parts.append(self._name(Kind.TOWN, s.town[street]))
        if s.road[street] >= 0:
            parts.append(self._name(Kind.ROAD, s.road[street]))
        else:
            if s.community[street] >= 0:
                parts.append(self._name(Kind.COMMUNITY, s.community[street]))
            if s.group[street] >= 0:
                parts.append(self._group_name(s.group[street]))
        if s.section[street]:
            parts.append(f"{g.labels[s.section[street]]}段")
        if s.lane[street]:
            parts.append(g.labels[s.lane[street]])
        return "".join(parts)

    def _group_name(self, group: int) -> str:
        name = self._name(Kind.GROUP, group)
        return f"{name}组" if numeral(name) is not None else name

    def standard_address(self, decision: Decision) -> str:
        """Return the address in the gazetteer's words, as far as it was understood."""
        finding = decision.finding
        if finding is not None and finding.street >= 0:
            return self._on_street(decision, finding)
        if finding is not None and finding.place >= 0:
            return self._at_place(finding)
        area = decision.area
        parts = []
        if area.towns is not None and len(area.towns) == 1:
            parts.append(self._name(Kind.TOWN, next(iter(area.towns))))
        if len(area.communities) == 1:
            parts.append(self._name(Kind.COMMUNITY, area.communities[0]))
        if len(area.groups) == 1:
            parts.append(self._group_name(area.groups[0]))
        return "".join(parts)

    def _on_street(self, decision: Decision, finding: Finding) -> str:
        r, area, s = decision.reading, decision.area, self._gazetteer.streets
        street = finding.street
        name = self.street_name(street)
        if s.road[street] >= 0 and len(area.communities) == 1 and s.town[street] >= 0:
            town = self._name(Kind.TOWN, s.town[street])
            community = self._name(Kind.COMMUNITY, area.communities[0])
            name = f"{town}{community}{name.removeprefix(town)}"
        if r.door is not None and r.door_of != "estate":
            sub = "" if r.loose and finding.level is not Level.DOOR else r.door.key
            name += door_text(r.door.value, sub)
        if r.building is not None and finding.level is Level.BUILDING:
            name += f"{r.building.key}栋"
        return name

    def _at_place(self, finding: Finding) -> str:
        g = self._gazetteer
        place, kind = finding.place, Kind.POI if finding.level is Level.POI else Kind.ESTATE
        if finding.level is Level.BUILDING:
            place = g.buildings.estate[finding.place]
        own = g.places[kind]
        parts = []
        if own.town[place] >= 0:
            parts.append(self._name(Kind.TOWN, own.town[place]))
        if own.parent[place] >= 0:
            parts.append(self._name(Kind.COMMUNITY, own.parent[place]))
        return f"{''.join(parts)}{self.standard_finding(finding)}"

    def parsed(  # noqa: C901, PLR0912 - one part after the other
        self, decision: Decision
    ) -> dict[str, str]:
        """Return the parts that were understood, by the names of the gazetteer's columns."""
        r, area = decision.reading, decision.area
        found: dict[str, str] = {}
        if area.towns is not None and len(area.towns) == 1:
            found["town"] = self._name(Kind.TOWN, next(iter(area.towns)))
        if len(area.communities) == 1:
            found["community"] = self._name(Kind.COMMUNITY, area.communities[0])
        if r.road is not None:
            found["road"] = self._name(Kind.ROAD, _first(r.road, Kind.ROAD))
        if r.door is not None:
            found["number"] = str(r.door.value)
            if r.door.key:
                found["sub_number"] = r.door.key
        if r.section is not None:
            found["section"] = f"{r.section.key}段"
        if r.estate is not None:
            found["estate"] = self._name(Kind.ESTATE, _first(r.estate, Kind.ESTATE))
        if r.poi is not None:
            found["poi"] = self._name(Kind.POI, _first(r.poi, Kind.POI))
        if r.group is not None:
            found["group"] = r.group.key
        if r.lane is not None:
            found["lane"] = r.lane.key
        if r.building is not None:
            found["building"] = r.building.key
        if r.unit is not None:
            found["unit"] = r.unit.key
        if r.floor is not None:
            found["floor"] = r.floor.key
        if r.room is not None:
            found["room"] = r.room.key
        return found


def _first(word: Word, kind: Kind) -> int:
    """Return the first place of a kind that a word may mean."""
    return next((ref.id for ref in word.refs if ref.kind is kind), word.refs[0].id)


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
