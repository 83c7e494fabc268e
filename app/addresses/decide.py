"""Which grid a reading leads to, if any: the rules of honesty.

A grid is assigned only where all that was found lies in it: a building or a door of the gazetteer,
a number between two of its side that lie in one grid, an estate, place, group or community that
lies in one grid. A road alone never decides; words that contradict each other never do; where the
town is missing, every town that has the road counts.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from app.addresses.area import Area, area_grids, area_of, sole_grid
from app.addresses.columns import Form
from app.addresses.entry import Kind
from app.addresses.gazetteer import Gazetteer
from app.addresses.lookup import (
    AGAINST,
    BASE,
    BEYOND,
    EXACT,
    FAR,
    SEVERAL_GRIDS,
    Finder,
    Finding,
    distance_m,
)
from app.addresses.match import Level, Status
from app.addresses.reading import Reading, Word

_NEAR_BORDER_M = 15.0
# An estate and a number that belong together lie no further apart, metres.
_TOGETHER_M = 1500.0
_LANDMARK_M = 100.0
_MANY = 5
_TOWNS_KEPT = 1000
# A name of three characters is one edit from too many that the gazetteer may lack.
_SURE_TYPO = 4
_AREA_LEVEL = {"group": Level.GROUP, "community": Level.COMMUNITY, "town": Level.TOWN}
# With one of these the streets that were found are not those that were meant, or not surely.
_UNSURE_STREETS = frozenset({"SECTION.not_found", "LANE.not_found", "LANE.missing"})


class Decision:
    """What a reading leads to.

    Attributes
    ----------
    status : Status
    level : Level
    grid : int
        -1 unless assigned.
    weights : dict of int to float
        Of all grids that it may be.
    finding : Finding or None
        What decided.
    findings : list of Finding
        All that was found by the words that decided.
    area : Area
    faults : list of (code, start, stop, detail)
        Places in the folded text, -1 for none.
    used : list of (start, stop)
        Words that decided.
    """

    __slots__ = (
        "area", "faults", "finding", "findings", "grid", "level", "reading", "status", "used",
        "weights",
    )  # fmt: skip

    def __init__(self, reading: Reading, area: Area) -> None:
        self.reading = reading
        self.area = area
        self.status = Status.NONE
        self.level = Level.NONE
        self.grid = -1
        self.weights: dict[int, float] = {}
        self.finding: Finding | None = None
        self.findings: list[Finding] = []
        self.faults: list[tuple[str, int, int, str]] = []
        self.used: list[str] = []


class Decider:
    """Decides by one gazetteer."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._finder = Finder(gazetteer)
        self._towns: dict[frozenset[int], dict[int, int]] = {}

    def decide(self, reading: Reading) -> Decision:
        """Return what a reading leads to."""
        area = area_of(self._gazetteer, reading)
        decision = Decision(reading, area)
        decision.faults = list(reading.faults)
        self._say_words(decision)
        if self._elsewhere(decision):
            return decision
        findings, sure = self._findings(decision)
        self._settle(decision, findings, sure)
        return decision

    # --- words -----------------------------------------------------------------------------------

    def _say_words(self, decision: Decision) -> None:  # noqa: C901 - one word after the other
        r, faults = decision.reading, decision.faults
        if r.outdated is not None:
            faults.append(("PARENT.outdated", r.outdated.start, r.outdated.stop, ""))
        for word in r.areas:
            if word.typo:
                faults.append(("AREA.typo", word.start, word.stop, word.key))
            ref = word.refs[0]
            if ref.form is Form.ALIAS and ref.alias >= 0:
                names = self._names(word)
                if len(word.refs) > 1 and decision.area.split:
                    faults.append(("AREA.split", word.start, word.stop, names))
                elif ref.kind is Kind.TOWN:
                    faults.append(("TOWN.former", word.start, word.stop, names))
                else:
                    faults.append(("COMMUNITY.former", word.start, word.stop, names))
        if decision.area.group_unknown and r.group is not None:
            faults.append(("GROUP.not_found", r.group.start, r.group.stop, ""))
        for piece in r.leftover:
            if piece.what not in {"road", "estate"}:
                faults.append(("SPAN.unrecognized", piece.start, piece.stop, ""))
            elif piece.what == "estate":
                faults.append(("ESTATE.unknown", piece.start, piece.stop, ""))
            else:
                faults.append(("ROAD.unknown", piece.start, piece.stop, ""))

    def _names(self, word: Word) -> str:
        places = self._gazetteer.places
        names = []
        for ref in word.refs:
            name = places[ref.kind].name[ref.id]
            if name not in names:
                names.append(name)
        return "、".join(names[:4])

    def _elsewhere(self, decision: Decision) -> bool:
        """Settle addresses that others govern; tell whether this is one."""
        r, area = decision.reading, decision.area
        if r.foreign is not None:
            decision.faults.append(("PARENT.foreign", r.foreign.start, r.foreign.stop, ""))
            decision.status = Status.OUTSIDE
            return True
        if r.outside is not None:
            word = r.outside
            decision.faults.append(("TOWN.outside", word.start, word.stop, ""))
            decision.status = Status.CONFLICT if area.towns else Status.OUTSIDE
            return True
        return False

    # --- findings --------------------------------------------------------------------------------

    def _findings(self, decision: Decision) -> tuple[list[Finding], bool]:
        """Return what the finest words of a reading find, and whether it may decide."""
        r, area, faults = decision.reading, decision.area, decision.faults
        estates: list[Finding] = []
        if r.estate is not None:
            estates = self._finder.estates(r, r.estate.refs, area)
        doors, sure = self._doors(decision)
        if estates and r.estate is not None:
            return self._with_estate(decision, estates, doors, sure)
        if doors and not (r.poi is not None and all(one.rank >= FAR for one in doors)):
            if r.poi is not None:
                self._check_poi(decision, doors)
            decision.used = ["door"]
            return doors, sure
        if r.poi is not None:
            found = self._finder.pois(r.poi.refs, area)
            if found:
                decision.used = ["poi"]
                several = len(found) > 1 and len({grid for one in found for grid in one.grids}) > 1
                if several:
                    faults.append(("POI.several", r.poi.start, r.poi.stop, ""))
                return found, self._trust(decision, r.poi, "ESTATE")
            faults.append(("ESTATE.conflict", r.poi.start, r.poi.stop, ""))
            return [], False
        decision.used = ["door"] if doors else []
        return doors, sure

    def _doors(  # noqa: C901, PLR0911, PLR0912 - one rule after the other
        self, decision: Decision
    ) -> tuple[list[Finding], bool]:
        r, area, faults = decision.reading, decision.area, decision.faults
        door = r.door
        if r.lost_door is not None:
            faults.append(("DOOR.unplaced", r.lost_door.start, r.lost_door.stop, ""))
        if r.road is None and (door is None or r.door_of == "estate"):
            return [], False
        if r.road is None and not area.communities:
            assert door is not None  # noqa: S101 - for the type checker
            faults.append(("DOOR.unplaced", door.start, door.stop, ""))
            return [], False
        streets, fault = self._finder.streets(r, area)
        sure = fault not in _UNSURE_STREETS
        word = r.road
        if fault:
            at = (
                r.section
                if fault == "SECTION.not_found"
                else r.lane
                if "LANE.not" in fault
                else word
            )
            if at is not None:
                faults.append((fault, at.start, at.stop, ""))
        if fault == "TOWN.conflict":
            found = [self._at(one, decision) for one in streets]
            return [one._replace(rank=AGAINST, fault="") for one in found], False
        if word is not None:
            sure &= self._trust(decision, word, "ROAD")
        if door is None or r.lost_door is not None or r.door_of == "estate":
            if word is None:
                return [], False
            if r.door_of != "estate" and r.lost_door is None:
                faults.append(("DOOR.missing", word.start, word.stop, ""))
            return [self._finder.along(one, -1) for one in streets], False
        if not streets:
            return [], False
        if r.loose:
            faults.append(("DOOR.no_suffix", door.start, door.stop, ""))
        if r.glued:
            return self._glued(decision, streets, sure)
        return [self._at(one, decision) for one in streets], sure

    def _at(self, street: int, decision: Decision) -> Finding:
        r = decision.reading
        door = r.door
        if door is None or r.door_of == "estate":
            return self._finder.along(street, -1)
        building = "" if r.building is None else r.building.key
        if r.loose and not building and door.key:
            building = door.key
        grouped = r.road is None
        found = self._finder.door(street, door.value, door.key, building, decision.area, grouped)
        if door.to >= 0 and found.rank <= BEYOND and not (found.rank == EXACT and door.key):
            last = self._finder.door(street, door.to, "", "", decision.area, grouped)
            if last.rank <= BASE and last.grids.keys() != found.grids.keys():
                both = dict.fromkeys((*found.grids, *last.grids), 0.5)
                found = found._replace(rank=SEVERAL_GRIDS, grids=both, fault="DOOR.range")
        return found

    def _glued(
        self, decision: Decision, streets: list[int], sure: bool
    ) -> tuple[list[Finding], bool]:
        r = decision.reading
        known: list[tuple[int, list[Finding]]] = []
        possible: list[Finding] = []
        for token in r.glued:
            found = [
                self._finder.door(one, token.value, "", "", decision.area, False) for one in streets
            ]
            if any(one.rank <= BASE for one in found):
                known.append((token.value, found))
            possible += [one for one in found if one.rank <= BEYOND]
        door = r.glued[0]
        said = "、".join(f"{value}号" for value, _ in known) or "几种"
        decision.faults.append(("DOOR.glued_digits", door.start, door.stop, said))
        if len(known) == 1:
            value, found = known[0]
            r.door = door._replace(value=value)
            # Other splits whose first number may well be there without being known count too.
            others = [one for one in possible if one not in found]
            grids = {grid for one in found if one.rank <= BEYOND for grid in one.grids}
            if all(set(one.grids) <= grids for one in others):
                return found, sure
            return found + others, False
        return (possible or [self._finder.along(one, -1) for one in streets]), False

    def _trust(self, decision: Decision, word: Word, what: str) -> bool:
        """Say what is wrong with a name; tell whether it may decide all the same."""
        faults = decision.faults
        ref = word.refs[0]
        if ref.form is Form.ALIAS and not word.typo:
            faults.append((f"{what}.alias", word.start, word.stop, self._names(word)))
        if word.typo:
            faults.append((f"{what}.typo", word.start, word.stop, word.key))
            # Something else has to bear it out, and names so short are too near to others.
            borne_out = decision.area.towns is not None
            return borne_out and len(word.key) >= _SURE_TYPO
        if word.prefixed:
            faults.append((f"{what}.prefixed", word.start, word.stop, ""))
            return False
        return True

    def _check_poi(self, decision: Decision, doors: list[Finding]) -> None:
        r = decision.reading
        if r.poi is None:
            return
        found = self._finder.pois(r.poi.refs, decision.area)
        near = [one for one in found for door in doors if distance_m(one, door) < _TOGETHER_M]
        if not near:
            decision.faults.append(("POI.conflict", r.poi.start, r.poi.stop, ""))

    def _with_estate(  # noqa: PLR0911 - one rule after the other
        self, decision: Decision, estates: list[Finding], doors: list[Finding], sure: bool
    ) -> tuple[list[Finding], bool]:
        r, faults = decision.reading, decision.faults
        word = r.estate
        assert word is not None  # noqa: S101 - for the type checker
        trusted = self._trust(decision, word, "ESTATE")
        if any(fault[0] == "ESTATE.phase_unknown" for fault in faults):
            trusted = False
        numbered = [one for one in doors if one.rank <= BEYOND]
        against = doors and all(one.rank == AGAINST for one in doors)
        if against:
            decision.used = ["door"]
            return doors, False
        if not numbered:
            decision.used = ["estate"]
            return estates, trusted
        buildings = [one for one in estates if one.rank == EXACT]
        own = self._gazetteer.doors.estate
        estate_ids = {ref.id for ref in word.refs if ref.kind is Kind.ESTATE}
        linked = any(one.place >= 0 and own[one.place] in estate_ids for one in numbered)
        # A number of its own estate tells which of several estates of the name is meant.
        apart = all(distance_m(one, door) > _TOGETHER_M for one in estates for door in numbered)
        if apart and not linked:
            faults.append(("ESTATE.conflict", word.start, word.stop, ""))
            decision.used = ["estate", "door"]
            return [one._replace(rank=AGAINST) for one in (*numbered, *estates)], False
        decision.used = ["estate", "door"]
        if buildings and trusted:
            near = [
                one
                for one in buildings
                if linked or any(distance_m(one, door) <= _TOGETHER_M for door in numbered)
            ]
            return near or buildings, True
        if not trusted:
            # The number decides unless the estate, if it is that, says otherwise.
            return doors, sure and _same_grids(estates, numbered)
        if _same_grids(estates, numbered):
            return doors, sure
        # A gate in one grid, houses in several: without the house nothing decides.
        return [*numbered, *estates], False

    # --- the decision ----------------------------------------------------------------------------

    def _settle(  # noqa: PLR0911 - one rule after the other
        self, decision: Decision, findings: list[Finding], sure: bool
    ) -> None:
        r, area = decision.reading, decision.area
        known, what = self._known(area)
        if area.contradiction is not None:
            one, other = area.contradiction
            decision.faults.append(("AREA.conflict", other.start, other.stop, one.key))
            self._list(decision, findings, known, Status.CONFLICT)
            return
        if findings and all(one.rank == AGAINST for one in findings):
            self._say(decision, findings)
            self._list(decision, findings, known, Status.CONFLICT)
            return
        usable = [one for one in findings if one.rank != AGAINST]
        bound = what in {"group", "community"} and bool(known)
        if bound and usable:
            usable, against = self._inside(usable, known)
            if not usable and any(one.rank <= BASE for one in against):
                decision.faults.append(("COMMUNITY.conflict", *_place(r), ""))
                self._list(decision, against, known, Status.CONFLICT)
                return
        usable = self._without_complete(usable)
        decision.findings = usable
        weights = _merged(usable)
        decision.weights = weights
        barred = self._barred(decision)
        decisive = (
            sure and not barred and len(weights) == 1 and all(one.rank <= BEYOND for one in usable)
        )
        if usable:
            self._say(decision, usable)
        if decisive:
            self._assign(decision, usable, next(iter(weights)))
            return
        sole = sole_grid(known, what)
        named = sole != -1 and not barred and not area.split
        if named and bound and self._assign_area(decision, sole, what):
            return
        if sole == -1 and len(known) == 1 and -1 in known and not usable:
            decision.faults.append(("GAZETTEER.outside", -1, -1, ""))
            decision.status, decision.level = Status.OUTSIDE, _AREA_LEVEL[what]
            return
        if named and what == "town" and not usable and self._assign_area(decision, sole, what):
            return
        self._list(decision, usable, known, None)

    def _known(self, area: Area) -> tuple[dict[int, int], str]:
        """Return the grids of an area; those of a town are many and asked for again and again."""
        if area.groups or area.communities or area.towns is None:
            return area_grids(self._gazetteer, area)
        known = self._towns.get(area.towns)
        if known is None:
            known, _ = area_grids(self._gazetteer, area)
            if len(self._towns) < _TOWNS_KEPT:
                self._towns[area.towns] = known
        return known, "town"

    def _inside(
        self, findings: list[Finding], known: dict[int, int]
    ) -> tuple[list[Finding], list[Finding]]:
        """Return findings with only the grids of the area, and those that have none of them."""
        kept, against = [], []
        for one in findings:
            grids = {grid: weight for grid, weight in one.grids.items() if grid in known}
            if not grids:
                against.append(one)
            elif len(grids) == len(one.grids):
                kept.append(one)
            else:
                # Still several as far as it decides: neighbours that disagree say no grid.
                kept.append(one._replace(grids=grids))
        return kept, against

    def _without_complete(self, findings: list[Finding]) -> list[Finding]:
        """Leave out streets of towns whose doors are all known, where others have the number."""
        if len(findings) < 2 or not any(one.rank <= BASE for one in findings):  # noqa: PLR2004
            return findings
        town_of, complete = self._gazetteer.streets.town, self._gazetteer.complete
        return [
            one
            for one in findings
            if one.rank < FAR or one.street < 0 or complete(town_of[one.street], "door") is not True
        ]

    def _barred(self, decision: Decision) -> bool:
        """Tell whether words say that the place is only near what was found."""
        r, faults = decision.reading, decision.faults
        if r.relative is not None:
            faults.append(("RELATIVE.landmark", r.relative.start, r.relative.stop, ""))
            return True
        if r.crossing is not None:
            faults.append(("CROSSING", r.crossing.start, r.crossing.stop, ""))
            return True
        return False

    def _say(self, decision: Decision, findings: list[Finding]) -> None:
        """Take the faults of findings over, each once."""
        r = decision.reading
        said = set()
        best = min(one.rank for one in findings)
        for one in findings:
            if one.fault and one.fault not in said:
                said.add(one.fault)
                if one.rank > BEYOND and best <= BEYOND:
                    continue
                decision.faults.append((one.fault, *_place_of(r, one.fault), one.detail))
        if best <= BEYOND and any(one.rank >= FAR for one in findings):
            decision.faults.append(("DOOR.town_unsure", *_place(r), ""))

    def _assign(self, decision: Decision, findings: list[Finding], grid: int) -> None:
        best = findings[0]
        for one in findings:
            if one.rank < best.rank:
                best = one
        worst = max(one.rank for one in findings)
        decision.finding, decision.level = best, best.level
        if grid < 0:
            decision.faults.append(("GAZETTEER.outside", -1, -1, ""))
            decision.status = Status.OUTSIDE
            return
        if decision.area.towns is None:
            decision.faults.append(("TOWN.missing", -1, -1, ""))
        if best.border_m < _NEAR_BORDER_M and worst <= BASE:
            decision.faults.append(("GRID.near_border", -1, -1, ""))
        if decision.area.split and one_of(decision.faults, "AREA.split"):
            # An old name of several places, of which the other words leave one.
            decision.faults = [
                ("TOWN.former", *fault[1:]) if fault[0] == "AREA.split" else fault
                for fault in decision.faults
            ]
        decision.status, decision.grid = Status.ASSIGNED, grid

    def _assign_area(self, decision: Decision, grid: int, what: str) -> bool:
        r = decision.reading
        if any(word.typo and len(word.key) < _SURE_TYPO for word in r.areas):
            return False
        if r.road is not None and r.road.typo is False and decision.findings == [] and r.door:
            # Its number lies elsewhere as far as its neighbours tell: the community is named.
            decision.faults.append(("DOOR.not_in_gazetteer", r.door.start, r.door.stop, ""))
        decision.level = _AREA_LEVEL[what]
        decision.finding = None
        decision.weights = {grid: 1.0}
        if grid < 0:
            decision.faults.append(("GAZETTEER.outside", -1, -1, ""))
            decision.status = Status.OUTSIDE
            return True
        decision.status, decision.grid = Status.ASSIGNED, grid
        decision.used = ["area"]
        return True

    def _list(  # noqa: C901 - one status after the other
        self,
        decision: Decision,
        findings: list[Finding],
        known: dict[int, int],
        status: Status | None,
    ) -> None:
        """Name the grids that it may be, and assign none."""
        r = decision.reading
        decision.findings = findings
        weights = _merged(findings)
        if findings and r.relative is not None:
            for grid, weight in self._nearby(findings[0]).items():
                weights[grid] = weights.get(grid, 0.0) + weight
        if findings and r.crossing is not None and len(r.roads) > 1:
            weights = self._crossing(r) or weights
        best = min(findings, key=lambda one: one.rank) if findings else None
        decision.finding = best
        if not weights:
            whole = sum(known.values()) or 1
            weights = {grid: (count or 0.5) / whole for grid, count in known.items()}
        decision.weights = weights
        inside = [grid for grid in weights if grid >= 0]
        if best is not None:
            decision.level = best.level
        else:
            decision.level = (
                Level.GROUP if decision.area.groups
                else Level.COMMUNITY if decision.area.communities
                else Level.TOWN if decision.area.towns
                else Level.NONE
            )  # fmt: skip
        if status is not None:
            decision.status = status
        elif not inside:
            decision.status = Status.OUTSIDE if weights else Status.NONE
            if weights:
                decision.faults.append(("GAZETTEER.outside", -1, -1, ""))
            if decision.level is not Level.NONE and not weights:
                decision.status = Status.AREA_ONLY
        elif best is not None or len(inside) <= _MANY:
            decision.status = Status.CANDIDATES
        else:
            decision.status = Status.AREA_ONLY

    def _crossing(self, r: Reading) -> dict[int, float]:
        grids = []
        for word in r.roads:
            counts: dict[int, float] = {}
            for ref in word.refs:
                if ref.kind is Kind.ROAD:
                    counts |= self._gazetteer.roads.grids.counts(ref.id)
            grids.append(counts)
        common = set(grids[0]).intersection(*grids[1:])
        if not common:
            # They may cross between the points that are known.
            return {grid: float(count) for one in grids for grid, count in one.items()}
        return {grid: float(sum(one[grid] for one in grids)) for grid in common}

    def _nearby(self, finding: Finding) -> dict[int, float]:
        """Return the grids of doors about a landmark."""
        lon, lat, grid, order = self._by_lon
        d_lon, d_lat = _LANDMARK_M / 96_000.0, _LANDMARK_M / 111_000.0
        low, high = np.searchsorted(lon, [finding.lon - d_lon, finding.lon + d_lon])
        near = order[low:high]
        near = near[np.abs(lat[near] - finding.lat) < d_lat]
        found, count = np.unique(grid[near], return_counts=True)
        whole = max(1, int(count.sum()))
        return {int(g): 0.5 * int(n) / whole for g, n in zip(found, count, strict=True)}

    @cached_property
    def _by_lon(self) -> tuple[npt.NDArray[Any], ...]:
        arrays = self._gazetteer.arrays
        order = np.argsort(arrays["door.lon"], kind="stable")
        return arrays["door.lon"][order], arrays["door.lat"], arrays["door.grid"], order


def one_of(faults: list[tuple[str, int, int, str]], code: str) -> bool:
    """Tell whether a fault is among others."""
    return any(fault[0] == code for fault in faults)


def _same_grids(estates: list[Finding], doors: list[Finding]) -> bool:
    grids = {grid for one in estates for grid in one.grids}
    return len(grids) == 1 and all(set(one.grids) == grids for one in doors)


def _merged(findings: list[Finding]) -> dict[int, float]:
    if len(findings) == 1:
        return dict(findings[0].grids)
    weights: dict[int, float] = {}
    for one in findings:
        own = sum(one.grids.values()) or 1.0
        worth = _WORTH[one.rank] / own
        for grid, weight in one.grids.items():
            weights[grid] = weights.get(grid, 0.0) + worth * weight
    return weights


_WORTH = (1.0, 0.9, 0.8, 0.6, 0.6, 0.1, 0.3)


def _place(r: Reading) -> tuple[int, int]:
    if r.door is not None and r.door.start >= 0:
        return r.door.start, r.door.stop
    return (-1, -1) if r.road is None else (r.road.start, r.road.stop)


def _place_of(r: Reading, fault: str) -> tuple[int, int]:
    """Return the words that a fault of a finding is about."""
    if fault.startswith("BUILDING") and r.building is not None:
        return r.building.start, r.building.stop
    if fault.startswith("ESTATE") and r.estate is not None:
        return r.estate.start, r.estate.stop
    if fault.startswith("POI") and r.poi is not None:
        return r.poi.start, r.poi.stop
    return _place(r)
