"""What a street has of a number: its doors and the buildings behind them."""

from __future__ import annotations

from collections.abc import Sequence

from app.addresses.area import Area
from app.addresses.columns import BASES
from app.addresses.found import AGAINST, BASE, EXACT, SEVERAL_GRIDS, Finding
from app.addresses.gazetteer import Gazetteer
from app.addresses.match import Level
from app.addresses.neighbours import Neighbours
from app.addresses.nesting import Nesting

# So near to the border a door of the same number may lie behind it, metres.
_CORNER_M = 15.0


class DoorFinder:
    """Finds doors of one gazetteer."""

    def __init__(self, gazetteer: Gazetteer, nesting: Nesting) -> None:
        self._gazetteer = gazetteer
        self._nesting = nesting
        self._neighbours = Neighbours(gazetteer, nesting)

    def along(self, street: int, base: int) -> Finding:
        """Return a street as far as a number that it does not have tells where on it."""
        return self._neighbours.along(street, base)

    def find(  # noqa: C901, PLR0911 - one part after the other
        self,
        street: int,
        base: int,
        sub: str,
        building: str,
        area: Area,
        groups: frozenset[int] | None,
    ) -> Finding:
        """Return what a street has of a number.

        Parameters
        ----------
        street
        base, sub, building
            The number, "" for what it does not have.
        area
            What its community has to be.
        groups
            What its group has to be; None for any.
        """
        g = self._gazetteer
        doors = g.doors
        label = g.label(sub) if sub else 0
        rank, level, fault = EXACT, Level.DOOR, ""
        every = doors.at(street, base)
        if not every:
            return self._neighbours.beside(street, base, groups)
        rows: Sequence[int] = [row for row in every if doors.sub[row] == label]
        if not rows:
            rows = every
            rank, level = BASE, Level.DOOR_BASE
            fault = "DOOR.sub_ignored" if sub else "DOOR.sub_missing"
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
                if self._neighbours.count_anew(street, base, area.communities):
                    return self._neighbours.within(street, base, area.communities)
                return self._finding(AGAINST, level, rows, street, "COMMUNITY.conflict")
            rows = fits
        if groups is not None:
            fits = [row for row in rows if doors.group[row] in groups or doors.group[row] < 0]
            if not fits:
                return self._finding(AGAINST, level, rows, street, "GROUP.conflict")
            rows = fits
        found = self._finding(rank, level, rows, street, fault)
        if found.rank == BASE and not self._holds(street, base, found):
            # The sub-number may lie round the corner, as the next number does.
            return found._replace(
                rank=SEVERAL_GRIDS, grids=self._neighbours.around(street, base, found.grids)
            )
        known = area.communities or all(doors.verified[row] for row in rows)
        if found.rank <= BASE and not known and self._neighbours.is_off(street, base):
            # Its point lies far off the way between its neighbours: another road of that name, or
            # a wrong point. Only a community in the text or a correction would bear it out.
            return found._replace(
                rank=SEVERAL_GRIDS,
                grids=self._neighbours.around(street, base, found.grids),
                fault="DOOR.off",
            )
        return found

    def _holds(self, street: int, base: int, found: Finding) -> bool:
        """Tell whether a number without its sub-number tells the grid of that too."""
        grid = self._gazetteer.doors.grid[found.place]
        near = self._neighbours
        if found.border_m < _CORNER_M and not near.agree(street, base, grid):
            return False
        return near.is_steady(street, base, grid)

    def _fits(self, row: int, area: Area) -> bool:
        community = self._gazetteer.doors.community[row]
        return community < 0 or community in area.communities

    def _finding(
        self, rank: int, level: Level, rows: Sequence[int], street: int, fault: str
    ) -> Finding:
        doors = self._gazetteer.doors
        row = rows[0]
        grids = {doors.grid[row]: 1.0}
        for one in rows[1:]:
            grid = doors.grid[one]
            grids[grid] = grids.get(grid, 0.0) + 1.0
        why = "DOOR.several"
        homes = self._nesting.homes
        if homes is not None:
            for one in rows:
                home = homes[one]
                if home >= 0:
                    # Its group or community lies in one grid, its point in another.
                    grids[home] = grids.get(home, 0.0) + 1.0
                    why = "DOOR.off"
        if len(grids) > 1:
            whole = sum(grids.values())
            grids = {grid: weight / whole for grid, weight in grids.items()}
            if rank < SEVERAL_GRIDS:
                rank, fault = SEVERAL_GRIDS, fault or why
        basis = BASES[doors.basis[row]]
        return Finding(
            rank, level, grids, doors.lon[row], doors.lat[row], basis, doors.border_m[row],
            fault, "", street, row,
        )  # fmt: skip
