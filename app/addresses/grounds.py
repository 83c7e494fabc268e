"""What the words of a reading find, the finest first, and whether they may decide."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property

from app.addresses.decision import Decision
from app.addresses.doors import DoorFinder
from app.addresses.entry import Kind
from app.addresses.estates import EstateFinder
from app.addresses.found import (
    AGAINST,
    BASE,
    BEYOND,
    EXACT,
    FAR,
    SEVERAL_GRIDS,
    Finding,
    distance_m,
)
from app.addresses.gazetteer import Gazetteer
from app.addresses.names import Form
from app.addresses.nesting import Nesting
from app.addresses.numbers import group_key
from app.addresses.reading import Word
from app.addresses.streets import StreetFinder

# An estate and a number that belong together lie no further apart, metres.
_TOGETHER_M = 1500.0
# A name of three characters is one edit from too many that the gazetteer may lack.
_SURE_TYPO = 4
# With one of these the streets that were found are not those that were meant, or not surely.
_UNSURE_STREETS = frozenset({"SECTION.not_found", "LANE.not_found", "LANE.missing"})


class Grounds:
    """Looks up readings in one gazetteer."""

    def __init__(self, gazetteer: Gazetteer, nesting: Nesting) -> None:
        self._gazetteer = gazetteer
        self._streets = StreetFinder(gazetteer)
        self._doors_of = DoorFinder(gazetteer, nesting)
        self._estates = EstateFinder(gazetteer)

    def findings(self, decision: Decision) -> tuple[list[Finding], bool]:
        """Return what the finest words of a reading find, and whether it may decide."""
        r, area, faults = decision.reading, decision.area, decision.faults
        estates: list[Finding] = []
        if r.estate is not None:
            estates = self._estates.estates(r, r.estate.refs, area)
        doors, sure = self._doors(decision)
        if estates and r.estate is not None:
            return self._with_estate(decision, estates, doors, sure)
        if doors and not (r.poi is not None and all(one.rank >= FAR for one in doors)):
            if r.poi is not None:
                self._check_poi(decision, doors)
            decision.used = ["door"]
            return doors, sure
        if r.poi is not None:
            found = self._estates.pois(r.poi.refs, area)
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
        streets, fault = self._streets.find(r, area)
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
            if r.estate is None and r.poi is None and r.lost_door is None:
                faults.append(("DOOR.missing", word.start, word.stop, ""))
            return [self._doors_of.along(one, -1) for one in streets], False
        if not streets:
            return [], False
        if r.loose:
            faults.append(("DOOR.no_suffix", door.start, door.stop, ""))
        if r.glued:
            return self._glued(decision, streets, sure)
        found = [self._at(one, decision) for one in streets]
        return found, sure and self._borne_out(decision, word, found)

    def _at(self, street: int, decision: Decision) -> Finding:
        r = decision.reading
        door = r.door
        if door is None or r.door_of == "estate":
            return self._doors_of.along(street, -1)
        building = "" if r.building is None else r.building.key
        if r.loose and not building and door.key:
            building = door.key
        groups = self._groups(decision)
        found = self._doors_of.find(street, door.value, door.key, building, decision.area, groups)
        if door.to >= 0 and found.rank <= BEYOND and not (found.rank == EXACT and door.key):
            last = self._doors_of.find(street, door.to, "", "", decision.area, groups)
            if last.rank <= BASE and last.grids.keys() != found.grids.keys():
                both = dict.fromkeys((*found.grids, *last.grids), 0.5)
                found = found._replace(rank=SEVERAL_GRIDS, grids=both, fault="DOOR.range")
        return found

    def _groups(self, decision: Decision) -> frozenset[int] | None:
        """Return the groups in which a number has to lie, None if no word names one."""
        r, area = decision.reading, decision.area
        if area.groups:
            return frozenset(area.groups)
        if r.group is None or r.road is None or area.communities:
            return None
        return self._group_ids.get(r.group.key, frozenset())

    def warm(self) -> None:
        """Build now what is built on first use."""
        _ = self._group_ids

    @cached_property
    def _group_ids(self) -> dict[str, frozenset[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for one, name in enumerate(self._gazetteer.groups.name):
            found[group_key(name)].append(one)
        return {key: frozenset(ids) for key, ids in found.items()}

    def _glued(
        self, decision: Decision, streets: list[int], sure: bool
    ) -> tuple[list[Finding], bool]:
        r = decision.reading
        groups = self._groups(decision)
        ways: list[tuple[int, list[Finding]]] = []
        for token in r.glued:
            found = [
                self._doors_of.find(one, token.value, "", "", decision.area, groups)
                for one in streets
            ]
            ways.append((token.value, found))
        known = [way for way in ways if any(one.rank <= BASE for one in way[1])]
        door = r.glued[0]
        said = "、".join(f"{value}号" for value, _ in known) or "几种"
        decision.faults.append(("DOOR.glued_digits", door.start, door.stop, said))
        if len(known) == 1:
            value, found = known[0]
            r.door = door._replace(value=value)
            # The other ways may be meant as well unless they lead to the same grid.
            others = [one for way in ways if way is not known[0] for one in way[1]]
            return found + others, sure
        return [one for _, found in ways for one in found], False

    def _trust(self, decision: Decision, word: Word, what: str) -> bool:
        """Say what is wrong with a name; tell whether it may decide all the same."""
        faults = decision.faults
        ref = word.refs[0]
        if ref.form is Form.ALIAS and not word.typo:
            faults.append((f"{what}.alias", word.start, word.stop, names_of(self._gazetteer, word)))
        if word.typo:
            faults.append((f"{what}.typo", word.start, word.stop, word.key))
            # Something else has to bear it out, and names so short are too near to others.
            borne_out = decision.area.towns is not None
            return word.slip and borne_out and len(word.key) >= _SURE_TYPO
        if word.prefixed:
            faults.append((f"{what}.prefixed", word.start, word.stop, ""))
            return False
        return True

    def _borne_out(self, decision: Decision, word: Word | None, found: list[Finding]) -> bool:
        """Tell whether a name one edit off is the right one: its community or its door says so.

        The gazetteer may lack the road or estate that was meant.
        """
        if word is None or not word.typo or decision.area.communities:
            return True
        return any(one.rank == EXACT for one in found)

    def _check_poi(self, decision: Decision, doors: list[Finding]) -> None:
        r = decision.reading
        if r.poi is None:
            return
        found = self._estates.pois(r.poi.refs, decision.area)
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
        trusted &= self._borne_out(decision, word, estates)
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


def _same_grids(estates: list[Finding], doors: list[Finding]) -> bool:
    grids = {grid for one in estates for grid in one.grids}
    return len(grids) == 1 and all(set(one.grids) == grids for one in doors)


def names_of(gazetteer: Gazetteer, word: Word) -> str:
    """Return what the places are called that a word may mean."""
    places = gazetteer.places
    names = []
    for ref in word.refs:
        name = places[ref.kind].name[ref.id]
        if name not in names:
            names.append(name)
    return "、".join(names[:4])
