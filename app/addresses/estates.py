"""What the gazetteer has of estates, their buildings, and places by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.addresses.area import Area
from app.addresses.columns import BASES
from app.addresses.entry import Kind
from app.addresses.found import AGAINST, BASE, EXACT, SEVERAL_GRIDS, Finding
from app.addresses.gazetteer import Gazetteer
from app.addresses.match import Level
from app.addresses.names import NameRef
from app.addresses.reading import Reading


class EstateFinder:
    """Finds estates and places of one gazetteer."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer

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
            rank, Level.BUILDING, grids, own.lon[row], own.lat[row], BASES[own.basis[row]],
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
        basis = BASES[own.basis[ident]]
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
