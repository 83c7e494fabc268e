"""Which grid a reading leads to, if any: the rules of honesty.

A grid is assigned only where all that was found lies in it: a building or a door of the gazetteer,
a number between two of its side that lie in one grid, an estate, place, group or community that
lies in one grid. A road alone never decides; words that contradict each other never do; where the
town is missing, every town that has the road counts.
"""

from __future__ import annotations

from heapq import nlargest
from typing import NamedTuple

from app.addresses.area import Area, area_grids, area_of
from app.addresses.decision import Decision, place_of
from app.addresses.entry import Kind
from app.addresses.found import AGAINST, BASE, BEYOND, FAR, Finding
from app.addresses.gazetteer import Gazetteer
from app.addresses.grounds import Grounds, names_of
from app.addresses.landmarks import Landmarks
from app.addresses.match import Level, Status
from app.addresses.names import Form
from app.addresses.nesting import Nesting
from app.addresses.normalise import key
from app.addresses.reading import Reading, Word

_NEAR_BORDER_M = 15.0
_MANY = 5
# A list of so many leaves out what is as likely if it holds less of what was found.
_LISTED_SHARE = 2 / 3
_AREAS_KEPT = 20_000
# A name of three characters is one edit from too many that the gazetteer may lack.
_SURE_TYPO = 4
_AREA_LEVEL = {
    Kind.GROUP: Level.GROUP,
    Kind.COMMUNITY: Level.COMMUNITY,
    Kind.TOWN: Level.TOWN,
}


class _Known(NamedTuple):
    """What is known of an area.

    Attributes
    ----------
    grids : dict of int to int
        Points by grid; of a place with points astray only its own grid.
    what : Kind or None
        Of the finest places that it is.
    sole : int
        Its grid if it lies in one, else -1.
    """

    grids: dict[int, int]
    what: Kind | None
    sole: int


class Decider:
    """Decides by one gazetteer."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._nesting = Nesting(gazetteer)
        self._grounds = Grounds(gazetteer, self._nesting)
        self._landmarks = Landmarks(gazetteer)
        # What areas are named comes again and again.
        self._areas: dict[tuple[str, ...], tuple[Area, _Known]] = {}
        others = {key(one.name) for one in gazetteer.outside}
        # Towns that others govern: the gazetteer may name them, the city has no grid there.
        self._foreign = frozenset(
            place
            for place, name in enumerate(gazetteer.places[Kind.TOWN].name)
            if key(name) in others
        )

    def warm(self) -> None:
        """Build now what is built on first use."""
        self._nesting.warm()
        self._grounds.warm()

    def decide(self, reading: Reading) -> Decision:
        """Return what a reading leads to."""
        area, known = self._area(reading)
        decision = Decision(reading, area)
        decision.faults = list(reading.faults)
        self._say_words(decision)
        if self._elsewhere(decision):
            return decision
        findings, sure = self._grounds.findings(decision)
        self._settle(decision, findings, sure, known)
        return decision

    def _area(self, reading: Reading) -> tuple[Area, _Known]:
        """Return the area of a reading, and what is known of it."""
        known_by = _area_key(reading)
        found = None if known_by is None else self._areas.get(known_by)
        if found is not None:
            return found
        area = area_of(self._gazetteer, reading)
        grids, what = area_grids(self._gazetteer, area)
        sole = -1 if what is None else self._nesting.sole(grids, what)
        if sole >= 0 and len(grids) > 1:
            # Its other points are astray.
            grids = {sole: grids[sole]}
        found = area, _Known(grids, what, sole)
        if known_by is not None and area.contradiction is None:
            if len(self._areas) >= _AREAS_KEPT:
                self._areas.clear()
            self._areas[known_by] = found
        return found

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
                names = names_of(self._gazetteer, word)
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
            ours = area.towns and not area.towns <= self._foreign
            decision.status = Status.CONFLICT if ours else Status.OUTSIDE
            return True
        if area.towns and area.towns <= self._foreign and not self._names_ours(area):
            word = next(one for one in r.areas if self._towns_of(one) & self._foreign)
            decision.faults.append(("TOWN.outside", word.start, word.stop, ""))
            decision.status, decision.level = Status.OUTSIDE, Level.TOWN
            return True
        return False

    def _names_ours(self, area: Area) -> bool:
        """Tell whether an area that others govern contradicts a place of the city, named in full.

        A bare or mistyped name may as well be a place there, of which the gazetteer knows nothing.
        """
        if area.contradiction is None:
            return False
        word = area.contradiction[1]
        full = any(one.form in {Form.FULL, Form.LONG} for one in word.refs)
        return full and not word.typo and not self._towns_of(word) <= self._foreign

    def _towns_of(self, word: Word) -> frozenset[int]:
        """Return the towns that a word may name, or be part of."""
        places = self._gazetteer.places
        return frozenset(
            one.id if one.kind is Kind.TOWN else places[one.kind].town[one.id] for one in word.refs
        )

    # --- the decision ----------------------------------------------------------------------------

    def _settle(self, decision: Decision, findings: list[Finding], sure: bool, of: _Known) -> None:
        r, area = decision.reading, decision.area
        known, what, sole = of
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
        bound = what in {Kind.GROUP, Kind.COMMUNITY} and bool(known)
        if bound and usable:
            usable, against = self._inside(usable, known)
            if not usable and any(one.rank <= BASE for one in against):
                decision.faults.append(("COMMUNITY.conflict", *place_of(r), ""))
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
        named = sole != -1 and not barred and not area.split
        if (
            what is not None
            and named
            and (bound or not usable)
            and self._assign_area(decision, sole, what)
        ):
            return
        if what is not None and sole == -1 and set(known) == {-1} and not usable:
            decision.faults.append(("GAZETTEER.outside", -1, -1, ""))
            decision.status, decision.level = Status.OUTSIDE, _AREA_LEVEL[what]
            return
        self._list(decision, usable, known, None)

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
                decision.faults.append((one.fault, *place_of(r, one.fault), one.detail))
        if r.road is None and len(self._groups_of(findings)) > 1:
            decision.faults.append(("GROUP.missing", *place_of(r), ""))
        elif best <= BEYOND and any(one.rank >= FAR for one in findings):
            decision.faults.append(("DOOR.town_unsure", *place_of(r), ""))

    def _groups_of(self, findings: list[Finding]) -> set[int]:
        """Return the groups within which the numbers count that were found."""
        group = self._gazetteer.streets.group
        return {group[one.street] for one in findings if one.street >= 0}

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

    def _assign_area(self, decision: Decision, grid: int, what: Kind) -> bool:
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

    def _list(
        self,
        decision: Decision,
        findings: list[Finding],
        known: dict[int, int],
        status: Status | None,
    ) -> None:
        """Name the grids that it may be, and assign none."""
        r = decision.reading
        decision.findings = findings
        best = min(findings, key=lambda one: one.rank) if findings else None
        decision.finding = best
        weights = self._likely(r, findings)
        if not weights or (status is Status.CONFLICT and len(known) <= _MANY):
            # What the area says is as likely as what the number says.
            whole, more = sum(weights.values()) or 1.0, sum(known.values()) or 1
            for grid, count in known.items():
                weights[grid] = weights.get(grid, 0.0) + whole * (count or 0.5) / more
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
        elif best is None:
            decision.status = Status.CANDIDATES if len(inside) <= _MANY else Status.AREA_ONLY
        elif decision.area.communities and not _listed(weights, inside):
            # A number that many groups of a village have: the village is all that is known.
            decision.status = Status.AREA_ONLY
            decision.level = Level.GROUP if decision.area.groups else Level.COMMUNITY
        else:
            decision.status = Status.CANDIDATES

    def _likely(self, r: Reading, findings: list[Finding]) -> dict[int, float]:
        """Return the grids of findings, those about a landmark, those that share a crossing."""
        weights = _merged(findings)
        if findings and r.relative is not None:
            for grid, weight in self._landmarks.nearby(findings[0]).items():
                weights[grid] = weights.get(grid, 0.0) + weight
        if findings and r.crossing is not None and len(r.roads) > 1:
            weights = self._landmarks.crossing(r) or weights
        return weights


def _listed(weights: dict[int, float], inside: list[int]) -> bool:
    """Tell whether the likeliest grids are most of what was found."""
    if len(inside) <= _MANY:
        return True
    most = sum(nlargest(_MANY, (weights[grid] for grid in inside)))
    return most >= _LISTED_SHARE * sum(weights.values())


def one_of(faults: list[tuple[str, int, int, str]], code: str) -> bool:
    """Tell whether a fault is among others."""
    return any(fault[0] == code for fault in faults)


def _area_key(reading: Reading) -> tuple[str, ...] | None:
    """Return by what the area of a reading is known again; None if it is one of a kind."""
    words = reading.areas
    for word in words:
        if word.start < 0 or word.typo or word.prefixed:
            return None
    group = reading.group
    return ("" if group is None else group.key, *[word.key for word in words])


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
