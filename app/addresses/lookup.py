"""What a reading finds in the gazetteer: doors, buildings, estates, places, with their grids.

Every way to look up gives findings with a rank: how much they are worth. Which of them decide is
up to app.addresses.decide.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from app.addresses.area import Area
from app.addresses.columns import SEVERAL, NameRef
from app.addresses.entry import Kind
from app.addresses.gazetteer import Gazetteer
from app.addresses.match import Level
from app.addresses.reading import Reading

# Ranks of findings: what the gazetteer has, its number without the sub-number, between neighbours
# of one side, just beyond them, several grids, elsewhere on the street, against other words.
EXACT, BASE, BETWEEN, BEYOND, SEVERAL_GRIDS, FAR, AGAINST = range(7)
# Numbers beyond the last known one of a side.
_BEYOND = 20
# Metres for each number: at least, and where nothing tells; and to the other side of a street.
_LEAST_SPACING_M, _SPACING_M, _ACROSS_M = 3.0, 15.0, 30.0
# Neighbours further apart tell nothing, metres; degrees of latitude and, at Chengdu, longitude.
_WIDE_M, _FEW_M = 1500.0, 200.0
_M_PER_LAT, _M_PER_LON = 111_000.0, 96_000.0
_FEW_GAP = 20
_MAX_STREETS = 400
_NEAREST = 3
SURVEYED = "survey_point"


class Finding(NamedTuple):
    """One thing that was found.

    Attributes
    ----------
    rank : int
        See above.
    level : Level
    grids : dict of int to float
        Weights by grid; -1: outside of all.
    lon, lat : float
    basis : str
        As `app.addresses.match.Basis`.
    border_m : float
        NaN where not known.
    fault : str
        Code of what is wrong with it, "" for nothing.
    detail : str
        Of that fault.
    street : int
    place : int
        Row in doors or buildings, id of a place; -1 for none.
    """

    rank: int
    level: Level
    grids: dict[int, float]
    lon: float
    lat: float
    basis: str
    border_m: float
    fault: str = ""
    detail: str = ""
    street: int = -1
    place: int = -1


_NAN = float("nan")


class Finder:
    """Looks up readings in one gazetteer."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._streets: dict[tuple[int, int | None, int | None], list[int]] = {}

    # --- streets ---------------------------------------------------------------------------------

    def streets(  # noqa: C901 - one part after the other
        self, reading: Reading, area: Area
    ) -> tuple[list[int], str]:
        """Return the streets on which a reading's number may stand, and what is wrong with them.

        Returns
        -------
        list of int
        str
            Code of a fault: "SECTION.missing", "SECTION.not_found", "LANE.not_found",
            "TOWN.conflict" (then all streets of the road); "" for none.
        """
        g = self._gazetteer
        word = reading.road
        if word is None:
            return self._village(reading, area)
        roads = [ref.id for ref in word.refs if ref.kind is Kind.ROAD]
        section = lane = 0
        fault = ""
        if reading.section is not None:
            section = g.label(reading.section.key)
        if reading.lane is not None:
            lane = g.label(reading.lane.key)
        wanted = None if reading.section is None else section
        found = self._on(roads, wanted, lane) if section >= 0 and lane >= 0 else []
        if (
            not found
            and reading.section is not None
            and (section < 0 or not self._on(roads, section, None))
        ):
            fault = "SECTION.not_found"
            found = []
        if not found and not fault:
            if reading.lane is not None:
                fault = "LANE.not_found"
                found = self._on(roads, wanted, None)
            else:
                # The road is known only by its lanes.
                found = self._on(roads, wanted, None)
                fault = "LANE.missing"
        elif not found:
            found = self._on(roads, None, lane if lane >= 0 else None) or self._on(
                roads, None, None
            )
        if reading.section is None and any(g.streets.section[one] for one in found[:_MAX_STREETS]):
            fault = fault or "SECTION.missing"
        if area.towns is not None:
            within = [
                one for one in found if g.streets.town[one] in area.towns or g.streets.town[one] < 0
            ]
            if not within:
                return found[:_MAX_STREETS], "TOWN.conflict"
            found = within
        return found[:_MAX_STREETS], fault

    def _on(self, roads: Sequence[int], section: int | None, lane: int | None) -> list[int]:
        if len(roads) == 1:
            key = (roads[0], section, lane)
            found = self._streets.get(key)
            if found is None:
                found = self._gazetteer.streets.on_road(roads[0], section=section, lane=lane)
                if len(self._streets) > 50_000:  # noqa: PLR2004 - bounds the memory
                    self._streets.clear()
                self._streets[key] = found
            return found
        return [one for road in roads for one in self._on((road,), section, lane)]

    def _village(self, reading: Reading, area: Area) -> tuple[list[int], str]:
        g = self._gazetteer
        lane = 0 if reading.lane is None else g.label(reading.lane.key)
        if lane < 0 or not area.communities or len(area.communities) > _MAX_STREETS:
            return [], "LANE.not_found" if lane < 0 else ""
        found = []
        for community in area.communities:
            group = -1
            if reading.group is not None and not area.former:
                group = g.group_in(community, reading.group.key)
            own = g.streets.in_community(community, group=group, lane=lane)
            if reading.group is not None and group < 0:
                own = [one for one in own if g.streets.group[one] < 0]
            found += own
        return found, ""

    # --- doors -----------------------------------------------------------------------------------

    def door(  # noqa: C901 - one part after the other
        self, street: int, base: int, sub: str, building: str, area: Area, group: bool
    ) -> Finding:
        """Return what a street has of a number."""
        g = self._gazetteer
        doors = g.doors
        label = g.label(sub) if sub else 0
        rank, level, fault = EXACT, Level.DOOR, ""
        rows: Sequence[int] = doors.find(street, base, label) if label >= 0 else ()
        if not rows:
            rows = doors.at(street, base)
            rank, level = BASE, Level.DOOR_BASE
            fault = "DOOR.sub_ignored" if sub else "DOOR.sub_missing"
        if not rows:
            return self._beside(street, base)
        if building:
            wanted = g.label(building)
            own = [row for row in rows if doors.building[row] == wanted] if wanted > 0 else []
            if own:
                rows, level = own, Level.BUILDING
            elif len(rows) > 1 and any(doors.building[row] for row in rows):
                rank, fault = max(rank, BASE), "BUILDING.not_found"
        if area.communities:
            fits = [row for row in rows if self._fits(row, area)]
            if not fits:
                return self._finding(AGAINST, level, rows, street, "COMMUNITY.conflict")
            rows = fits
        if group and area.groups:
            fits = [row for row in rows if doors.group[row] in area.groups or doors.group[row] < 0]
            if not fits:
                return self._finding(AGAINST, level, rows, street, "GROUP.conflict")
            rows = fits
        found = self._finding(rank, level, rows, street, fault)
        if found.rank <= BASE and not area.communities and self._off(street, base):
            # Its point lies far off the way between its neighbours: another road of that name, or
            # a wrong point. Only a community in the text would bear it out.
            return found._replace(
                rank=SEVERAL_GRIDS, grids=self._around(street, base, found.grids), fault="DOOR.off"
            )
        return found

    def _off(self, street: int, base: int) -> bool:
        """Tell whether the point of a number lies far off its side, in another grid."""
        sides = self._gazetteer.sides
        run = sides.of(street, base % 2)
        place = bisect_left(sides.number, base, run.start, run.stop)
        if place >= run.stop or sides.number[place] != base or not sides.outlier[place]:
            return False
        grid = sides.grid[place]
        return any(sides.grid[near] != grid for near in (place - 1, place + 1) if near in run)

    def _fits(self, row: int, area: Area) -> bool:
        community = self._gazetteer.doors.community[row]
        return community < 0 or community in area.communities

    def _finding(
        self, rank: int, level: Level, rows: Sequence[int], street: int, fault: str
    ) -> Finding:
        doors = self._gazetteer.doors
        row = rows[0]
        first = doors.grid[row]
        grids = {first: 1.0}
        for one in rows[1:]:
            grid = doors.grid[one]
            grids[grid] = grids.get(grid, 0.0) + 1.0
        if len(grids) > 1:
            whole = sum(grids.values())
            grids = {grid: weight / whole for grid, weight in grids.items()}
            if rank < SEVERAL_GRIDS:
                rank, fault = SEVERAL_GRIDS, fault or "DOOR.several"
        basis = _BASES[doors.basis[row]]
        return Finding(
            rank, level, grids, doors.lon[row], doors.lat[row], basis, doors.border_m[row],
            fault, "", street, row,
        )  # fmt: skip

    def _beside(self, street: int, base: int) -> Finding:
        """Return what the neighbours of a number on its side tell."""
        sides = self._gazetteer.sides
        low, high = sides.bracket(street, base)
        if low >= 0 and high >= 0:
            a, b = sides.number[low], sides.number[high]
            share = (base - a) / (b - a)
            lon = sides.lon[low] + share * (sides.lon[high] - sides.lon[low])
            lat = sides.lat[low] + share * (sides.lat[high] - sides.lat[low])
            one, other = sides.grid[low], sides.grid[high]
            detail = f"{a}、{b}号"
            if one == other and one != SEVERAL:
                if self._reliable(street, base, low, high, one):
                    return Finding(
                        BETWEEN, Level.INTERPOLATED, {one: 1.0}, lon, lat, "interpolated", _NAN,
                        "DOOR.interpolated", detail, street,
                    )  # fmt: skip
                return Finding(
                    SEVERAL_GRIDS, Level.INTERPOLATED, self._around(street, base, {one: 1.0}), lon,
                    lat, "interpolated", _NAN, "DOOR.side_unreliable", detail, street,
                )  # fmt: skip
            grids: dict[int, float] = {}
            for grid, weight in ((one, 1 - share), (other, share)):
                if grid != SEVERAL:
                    grids[grid] = grids.get(grid, 0.0) + 0.2 + weight
            return Finding(
                SEVERAL_GRIDS, Level.INTERPOLATED, self._around(street, base, grids), lon, lat,
                "interpolated", _NAN, "DOOR.brackets_disagree", detail, street,
            )  # fmt: skip
        near = self._goes_on(street, base)
        if near >= 0:
            return Finding(
                BEYOND, Level.EXTRAPOLATED, {sides.grid[near]: 1.0}, sides.lon[near],
                sides.lat[near], "interpolated", _NAN, "DOOR.extrapolated",
                f"{sides.number[near]}号", street,
            )  # fmt: skip
        return self.along(street, base)

    def along(self, street: int, base: int) -> Finding:
        """Return a street as far as a number that it does not have tells where on it."""
        g = self._gazetteer
        grids = self._around(street, base, {})
        for grid, count in g.streets.grids.counts(street).items():
            grids[grid] = grids.get(grid, 0.0) + 0.001 * count
        lon, lat = self._point(street, base)
        fault = "DOOR.not_in_gazetteer" if base >= 0 else "DOOR.missing"
        return Finding(FAR, Level.ROAD, grids, lon, lat, "centroid", _NAN, fault, "", street)

    def _point(self, street: int, base: int) -> tuple[float, float]:
        g = self._gazetteer
        run = g.doors.of_street(street)
        if len(run):
            row = run[len(run) // 2]
            if base >= 0:
                low, high = g.sides.bracket(street, base)
                near = low if low >= 0 else high
                if near >= 0:
                    return g.sides.lon[near], g.sides.lat[near]
            return g.doors.lon[row], g.doors.lat[row]
        road = g.streets.road[street]
        if road >= 0:
            return g.roads.lon[road], g.roads.lat[road]
        community = g.streets.community[street]
        return g.communities.lon[community], g.communities.lat[community]

    def _around(self, street: int, base: int, grids: dict[int, float]) -> dict[int, float]:
        """Add the grids of the nearest numbers of both sides, the nearer the heavier."""
        sides = self._gazetteer.sides
        found = dict(grids)
        for parity in (0, 1) if base >= 0 else ():
            run = sides.of(street, parity)
            low, high = sides.bracket(street, base, parity)
            own = 0.5 if parity == base % 2 else 0.2
            for step, places in ((-1, low), (1, high)):
                place = places
                for nth in range(_NEAREST):
                    if place not in run:
                        break
                    grid = sides.grid[place]
                    if grid != SEVERAL:
                        found[grid] = found.get(grid, 0.0) + own / (1 + nth)
                    place += step
        return found

    def _reliable(self, street: int, base: int, low: int, high: int, grid: int) -> bool:
        """Tell whether the neighbours of a number may decide: see the rules of interpolation."""
        sides = self._gazetteer.sides
        if sides.outlier[low] or sides.outlier[high]:
            return False
        apart = _metres(sides.lon[low] - sides.lon[high], sides.lat[low] - sides.lat[high])
        if apart > _WIDE_M:
            return False
        parity = base % 2
        keeps = sides.keeps_parity(street)
        if not sides.is_monotone(street, parity):
            few = len(sides.of(street, parity)) < 4  # noqa: PLR2004 - as many as tell
            if not few or apart > _FEW_M or sides.number[high] - sides.number[low] > _FEW_GAP:
                return False
        if keeps:
            return True
        # Sides are not known: what lies on the other one has to say the same.
        for place in sides.bracket(street, base, 1 - parity):
            if place >= 0 and sides.grid[place] != grid:
                return False
        return True

    def _goes_on(self, street: int, base: int) -> int:
        """Return the known number nearest to one beyond the ends of its side, if it may decide.

        It may where the number can lie nowhere but in the same grid: from the known point the
        border is further than the number can be by twice the spacing of the side, or across the
        street where its own side has no number at all.

        Returns
        -------
        int
            Place in the columns of the sides, -1 for none.
        """
        sides = self._gazetteer.sides
        best, least = -1, _BEYOND + 1
        for parity in (0, 1):
            for place in sides.bracket(street, base, parity):
                if place < 0 or abs(sides.number[place] - base) > _BEYOND:
                    continue
                off = abs(sides.number[place] - base) + (parity != base % 2)
                if off < least:
                    best, least = place, off
        if best < 0 or sides.outlier[best] or sides.grid[best] < 0:
            return -1
        number, grid = sides.number[best], sides.grid[best]
        for parity in (0, 1):
            for place in sides.bracket(street, base, parity):
                near = place >= 0 and abs(sides.number[place] - base) <= _BEYOND
                if near and sides.grid[place] != grid:
                    return -1
        across = _ACROSS_M if number % 2 != base % 2 else 0.0
        reach = 2 * self._spacing(street, best) * abs(number - base) + across
        rows = self._gazetteer.doors.at(street, number)
        return best if min(self._gazetteer.doors.border_m[row] for row in rows) > reach else -1

    def _spacing(self, street: int, place: int) -> float:
        """Return metres for each number near a number of a side."""
        sides = self._gazetteer.sides
        run = sides.of(street, sides.number[place] % 2)
        most = 0.0
        for other in (place - 2, place - 1, place + 1, place + 2):
            if other in run:
                apart = _metres(
                    sides.lon[place] - sides.lon[other], sides.lat[place] - sides.lat[other]
                )
                most = max(most, apart / abs(sides.number[place] - sides.number[other]))
        return max(most, _LEAST_SPACING_M) if most else _SPACING_M

    # --- estates, places -------------------------------------------------------------------------

    def estates(self, reading: Reading, refs: Iterable[NameRef], area: Area) -> list[Finding]:
        """Return what is found of an estate and its building."""
        found = []
        for ref in refs:
            if ref.kind is not Kind.ESTATE:
                continue
            fits = self._within(Kind.ESTATE, ref.id, area)
            finding = self._estate(reading, ref.id)
            if not fits:
                finding = finding._replace(rank=AGAINST, fault="ESTATE.conflict")
            found.append(finding)
        if any(one.rank != AGAINST for one in found):
            found = [one for one in found if one.rank != AGAINST]
        return found

    def _estate(self, reading: Reading, estate: int) -> Finding:
        g = self._gazetteer
        own = g.estates
        counts = own.grids.counts(estate)
        whole = sum(counts.values()) or 1
        grids = {grid: count / whole for grid, count in counts.items()}
        name = ""
        if reading.building is not None:
            name = reading.building.key
        elif reading.door is not None and reading.door_of == "estate":
            name = str(reading.door.value)
        if name:
            label = g.label(name)
            rows: Sequence[int] = g.buildings.find(estate, label) if label > 0 else ()
            if rows:
                return self._building(rows, reading)
            if len(grids) == 1:
                return self._place(
                    Kind.ESTATE, estate, BASE, Level.ESTATE, grids, "BUILDING.not_found"
                )
            return self._place(
                Kind.ESTATE, estate, SEVERAL_GRIDS, Level.ESTATE, grids, "BUILDING.not_found"
            )
        if len(grids) == 1:
            return self._place(Kind.ESTATE, estate, BASE, Level.ESTATE, grids, "")
        return self._place(
            Kind.ESTATE, estate, SEVERAL_GRIDS, Level.ESTATE, grids, "ESTATE.multi_grid"
        )

    def _building(self, rows: Sequence[int], reading: Reading) -> Finding:
        g = self._gazetteer
        own = g.buildings
        grids: dict[int, float] = {}
        for row in rows:
            grids[own.grid[row]] = grids.get(own.grid[row], 0.0) + 1.0 / len(rows)
        if len(grids) > 1 and reading.unit is not None:
            label = g.label(reading.unit.key)
            narrow = [row for row in rows if own.unit[row] == label]
            if narrow:
                rows = narrow
                grids = dict.fromkeys((own.grid[row] for row in rows), 1.0 / len(rows))
        row = rows[0]
        rank, fault = (EXACT, "") if len(grids) == 1 else (SEVERAL_GRIDS, "BUILDING.several")
        return Finding(
            rank, Level.BUILDING, grids, own.lon[row], own.lat[row], _BASES[own.basis[row]],
            own.border_m[row], fault, "", -1, row,
        )  # fmt: skip

    def pois(self, refs: Iterable[NameRef], area: Area) -> list[Finding]:
        """Return what is found of a place by its own name."""
        g = self._gazetteer
        found = []
        for ref in refs:
            if ref.kind is not Kind.POI or not self._within(Kind.POI, ref.id, area):
                continue
            counts = g.pois.grids.counts(ref.id)
            whole = sum(counts.values()) or 1
            grids = {grid: count / whole for grid, count in counts.items()}
            rank = BASE if len(grids) == 1 else SEVERAL_GRIDS
            fault = "" if rank == BASE else "POI.several"
            found.append(self._place(Kind.POI, ref.id, rank, Level.POI, grids, fault))
        return found

    def _place(
        self, kind: Kind, ident: int, rank: int, level: Level, grids: dict[int, float], fault: str
    ) -> Finding:
        own = self._gazetteer.places[kind]
        basis = _BASES[own.basis[ident]]
        return Finding(
            rank, level, grids, own.lon[ident], own.lat[ident], basis, own.border_m[ident], fault,
            "", -1, ident,
        )  # fmt: skip

    def _within(self, kind: Kind, ident: int, area: Area) -> bool:
        own = self._gazetteer.places[kind]
        town, parent = own.town[ident], own.parent[ident]
        if area.towns is not None and town >= 0 and town not in area.towns:
            return False
        return not (area.communities and parent >= 0 and parent not in area.communities)


_BASES = ("survey_point", "building_polygon", "centroid")


def _metres(d_lon: float, d_lat: float) -> float:
    return float(((d_lon * _M_PER_LON) ** 2 + (d_lat * _M_PER_LAT) ** 2) ** 0.5)


def distance_m(a: Finding, b: Finding) -> float:
    """Return about how far two findings lie apart, metres."""
    return _metres(a.lon - b.lon, a.lat - b.lat)
