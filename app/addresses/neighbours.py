"""What the neighbours of a number that the gazetteer lacks tell about where it is."""

from __future__ import annotations

from bisect import bisect_left

from app.addresses.columns import SEVERAL
from app.addresses.found import BETWEEN, BEYOND, FAR, SEVERAL_GRIDS, UNKNOWN_M, Finding, metres
from app.addresses.gazetteer import Gazetteer
from app.addresses.match import Level

# Numbers beyond the last known one of a side.
_BEYOND = 20
# Metres for each number: at least, and where nothing tells; and to the other side of a street.
_LEAST_SPACING_M, _SPACING_M, _ACROSS_M = 3.0, 15.0, 30.0
# Neighbours further apart tell nothing, metres.
_WIDE_M, _FEW_M = 1500.0, 200.0
_FEW_GAP = 20
_NEAREST = 3


class Neighbours:
    """Looks at the sides of the streets of one gazetteer."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer

    def beside(self, street: int, base: int) -> Finding:
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
                        BETWEEN, Level.INTERPOLATED, {one: 1.0}, lon, lat, "interpolated",
                        UNKNOWN_M, "DOOR.interpolated", detail, street,
                    )  # fmt: skip
                return Finding(
                    SEVERAL_GRIDS, Level.INTERPOLATED, self.around(street, base, {one: 1.0}), lon,
                    lat, "interpolated", UNKNOWN_M, "DOOR.side_unreliable", detail, street,
                )  # fmt: skip
            grids: dict[int, float] = {}
            for grid, weight in ((one, 1 - share), (other, share)):
                if grid != SEVERAL:
                    grids[grid] = grids.get(grid, 0.0) + 0.2 + weight
            return Finding(
                SEVERAL_GRIDS, Level.INTERPOLATED, self.around(street, base, grids), lon, lat,
                "interpolated", UNKNOWN_M, "DOOR.brackets_disagree", detail, street,
            )  # fmt: skip
        near = self._goes_on(street, base)
        if near >= 0:
            return Finding(
                BEYOND, Level.EXTRAPOLATED, {sides.grid[near]: 1.0}, sides.lon[near],
                sides.lat[near], "interpolated", UNKNOWN_M, "DOOR.extrapolated",
                f"{sides.number[near]}号", street,
            )  # fmt: skip
        return self.along(street, base)

    def along(self, street: int, base: int) -> Finding:
        """Return a street as far as a number that it does not have tells where on it."""
        g = self._gazetteer
        grids = self.around(street, base, {})
        for grid, count in g.streets.grids.counts(street).items():
            grids[grid] = grids.get(grid, 0.0) + 0.001 * count
        lon, lat = self._point(street, base)
        fault = "DOOR.not_in_gazetteer" if base >= 0 else "DOOR.missing"
        return Finding(FAR, Level.ROAD, grids, lon, lat, "centroid", UNKNOWN_M, fault, "", street)

    def is_off(self, street: int, base: int) -> bool:
        """Tell whether the point of a number lies far off its side, in another grid."""
        sides = self._gazetteer.sides
        run = sides.of(street, base % 2)
        place = bisect_left(sides.number, base, run.start, run.stop)
        if place >= run.stop or sides.number[place] != base or not sides.outlier[place]:
            return False
        grid = sides.grid[place]
        return any(sides.grid[near] != grid for near in (place - 1, place + 1) if near in run)

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

    def around(self, street: int, base: int, grids: dict[int, float]) -> dict[int, float]:
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
        apart = metres(sides.lon[low] - sides.lon[high], sides.lat[low] - sides.lat[high])
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
                apart = metres(
                    sides.lon[place] - sides.lon[other], sides.lat[place] - sides.lat[other]
                )
                most = max(most, apart / abs(sides.number[place] - sides.number[other]))
        return max(most, _LEAST_SPACING_M) if most else _SPACING_M
