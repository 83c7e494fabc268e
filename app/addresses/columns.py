"""The columns of an opened gazetteer: places, streets, doors, sides, buildings.

Everything is an array that is sorted once (app.addresses.index) and mapped from its file by every
process, so that opening costs nothing and forks share it.

Things are known by number: a place by its kind and its id, a street by its id, a door by its
place in `Doors`, a grid by its place in `Gazetteer.grids` (-1: outside of all grids).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from app.addresses.arrays import Arrays, Floats, GridSets, Ints, Texts, floats, ints, run_of
from app.addresses.entry import Kind

# Several grids at one number of a side.
SEVERAL = -2
# Kinds that have places of their own; doors and buildings are rows of Doors and Buildings.
PLACE_KINDS = (Kind.TOWN, Kind.COMMUNITY, Kind.GROUP, Kind.ROAD, Kind.ESTATE, Kind.POI)
BASES = ("survey_point", "building_polygon", "centroid")


class Places:
    """All places of one kind.

    Attributes
    ----------
    name : Texts
        As given.
    town : memoryview of int32
        Id of its town, -1 where not known; of a road always -1, its streets have towns.
    parent : memoryview of int32
        Id of the community of a group, estate or POI, -1 where not known or several.
    lon, lat : memoryview of float64
        WGS-84 degrees: its own row if it has one, else that of its points which lies nearest to
        their middle.
    own_row : memoryview of int32
        Row of the gazetteer that names it and nothing finer, -1 if there is none.
    basis : memoryview of uint8
        Of the own row, an index into `BASES`; centroid where there is none.
    border_m : memoryview of float32
        Of the own row, NaN where there is none.
    grids : GridSets
        Grids of all rows that name it.
    """

    def __init__(self, arrays: Arrays, kind: Kind) -> None:
        self.kind = kind
        self.name = Texts(arrays, f"{kind}.name")
        self.town: Ints = ints(arrays, f"{kind}.town")
        self.parent: Ints = ints(arrays, f"{kind}.parent")
        self.lon: Floats = floats(arrays, f"{kind}.lon")
        self.lat: Floats = floats(arrays, f"{kind}.lat")
        self.own_row: Ints = ints(arrays, f"{kind}.own_row")
        self.basis: Ints = ints(arrays, f"{kind}.basis")
        self.border_m: Floats = floats(arrays, f"{kind}.border_m")
        self.grids = GridSets(arrays, kind)

    def __len__(self) -> int:
        """Return how many places there are."""
        return len(self.name)


class Streets:
    """Scopes within which numbers of doors count, ordered by road, section, lane and town.

    A scope is (town, road, section, lane) where there is a road, else (town, community, group,
    lane); group is -1 where numbers count through all groups of a community, which is learned
    from the rows.

    Attributes
    ----------
    town, community, group, road : memoryview of int32
        Ids of places, -1 for none. A street with a road has no community.
    section, lane : memoryview of int32
        Labels, 0 for none; see `Gazetteer.label`.
    grids : GridSets
        Grids of all rows of the street.
    """

    def __init__(self, arrays: Arrays) -> None:
        self.town: Ints = ints(arrays, "street.town")
        self.community: Ints = ints(arrays, "street.community")
        self.group: Ints = ints(arrays, "street.group")
        self.road: Ints = ints(arrays, "street.road")
        self.section: Ints = ints(arrays, "street.section")
        self.lane: Ints = ints(arrays, "street.lane")
        self.grids = GridSets(arrays, "street")
        self._of_road: Ints = ints(arrays, "street.road.first")
        self._of_community: Ints = ints(arrays, "street.community.first")
        self._communities: Ints = ints(arrays, "street.community.street")

    def __len__(self) -> int:
        """Return how many streets there are."""
        return len(self.town)

    def on_road(
        self, road: int, *, town: int = -1, section: int | None = None, lane: int | None = None
    ) -> list[int]:
        """Return the streets of a road.

        Parameters
        ----------
        road
            Id of the road.
        town
            Only in this town; -1 for all.
        section, lane
            Labels; 0 for streets without one, None for any.
        """
        low, high = self._of_road[road], self._of_road[road + 1]
        if section is not None:
            low, high = run_of(self.section, section, low, high)
            if lane is not None:
                low, high = run_of(self.lane, lane, low, high)
        return [
            street
            for street in range(low, high)
            if (town < 0 or self.town[street] == town)
            and (lane is None or self.lane[street] == lane)
        ]

    def in_community(
        self, community: int, *, group: int = -1, lane: int | None = None
    ) -> list[int]:
        """Return the streets without a road of a community.

        Parameters
        ----------
        community
            Id of the community.
        group
            Leaves out streets of other groups; those that count through all groups stay. -1 for
            all.
        lane
            Label; 0 for streets without one, None for any.
        """
        run = slice(self._of_community[community], self._of_community[community + 1])
        return [
            street
            for street in self._communities[run].tolist()
            if (group < 0 or self.group[street] in {-1, group})
            and (lane is None or self.lane[street] == lane)
        ]


class Doors:
    """Rows with a number, ordered by street, number, sub-number, building and unit.

    Attributes
    ----------
    street, number : memoryview of int32
        Street and base number.
    sub, building, unit : memoryview of int32
        Labels, 0 for none.
    community, group, estate : memoryview of int32
        Ids of places that the row names, -1 for none.
    grid : memoryview of int32
        -1 outside of all.
    lon, lat : memoryview of float64
        WGS-84 degrees.
    border_m : memoryview of float32
        Metres to the border of the grid.
    basis : memoryview of uint8
        Index into `BASES`.
    row : memoryview of int32
        Row of the gazetteer.
    verified : memoryview of uint8
        1 where the row is a correction: somebody who knows said so.
    """

    def __init__(self, arrays: Arrays) -> None:
        self.street: Ints = ints(arrays, "door.street")
        self.number: Ints = ints(arrays, "door.number")
        self.sub: Ints = ints(arrays, "door.sub")
        self.building: Ints = ints(arrays, "door.building")
        self.unit: Ints = ints(arrays, "door.unit")
        self.community: Ints = ints(arrays, "door.community")
        self.group: Ints = ints(arrays, "door.group")
        self.estate: Ints = ints(arrays, "door.estate")
        self.grid: Ints = ints(arrays, "door.grid")
        self.lon: Floats = floats(arrays, "door.lon")
        self.lat: Floats = floats(arrays, "door.lat")
        self.border_m: Floats = floats(arrays, "door.border_m")
        self.basis: Ints = ints(arrays, "door.basis")
        self.row: Ints = ints(arrays, "door.row")
        self.verified: Ints = ints(arrays, "door.verified")
        self._first: Ints = ints(arrays, "door.first")

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.number)

    def of_street(self, street: int) -> range:
        """Return the doors of a street, in order of their numbers."""
        return range(self._first[street], self._first[street + 1])

    def at(self, street: int, number: int) -> range:
        """Return the doors of a street with a base number: all sub-numbers and buildings."""
        return range(*run_of(self.number, number, self._first[street], self._first[street + 1]))

    def find(self, street: int, number: int, sub: int = 0) -> range:
        """Return the doors with exactly this number; `sub` is a label, 0 for none."""
        low, high = run_of(self.number, number, self._first[street], self._first[street + 1])
        return range(*run_of(self.sub, sub, low, high))


class Sides:
    """Base numbers of each street by parity: what may be interpolated between, and what not.

    Attributes
    ----------
    number : memoryview of int32
        Base numbers, ascending within a side, each once.
    grid : memoryview of int32
        Grid of the number, `SEVERAL` if its doors lie in several, -1 outside of all.
    lon, lat : memoryview of float64
        Middle of its doors, WGS-84 degrees.
    outlier : memoryview of uint8
        1 where the point lies far off the way between its neighbours, or its doors lie far apart.
    """

    def __init__(self, arrays: Arrays) -> None:
        self.number: Ints = ints(arrays, "side.number")
        self.grid: Ints = ints(arrays, "side.grid")
        self.lon: Floats = floats(arrays, "side.lon")
        self.lat: Floats = floats(arrays, "side.lat")
        self.outlier: Ints = ints(arrays, "side.outlier")
        self._first: Ints = ints(arrays, "side.first")
        self._monotone: Ints = ints(arrays, "side.monotone")
        self._parity: Ints = ints(arrays, "side.parity")

    def of(self, street: int, parity: int) -> range:
        """Return the numbers of a side; `parity` is 0 for even, 1 for odd."""
        side = 2 * street + parity
        return range(self._first[side], self._first[side + 1])

    def is_monotone(self, street: int, parity: int) -> bool | None:
        """Tell whether points follow the numbers of a side; None where too few tell."""
        return (None, False, True)[self._monotone[2 * street + parity]]

    def keeps_parity(self, street: int) -> bool | None:
        """Tell whether odd and even lie on two sides; None where too few tell."""
        return (None, False, True)[self._parity[street]]

    def bracket(self, street: int, number: int, parity: int | None = None) -> tuple[int, int]:
        """Return the nearest known numbers below and above a number on a side.

        Parameters
        ----------
        street
            Id of the street.
        number
            A base number; if the side has it, it is neither below nor above.
        parity
            Of the side; that of the number if None.

        Returns
        -------
        tuple of (int, int)
            Places in the columns of the sides, -1 where there is none.
        """
        side = 2 * street + (number % 2 if parity is None else parity)
        first, end = self._first[side], self._first[side + 1]
        low = bisect_left(self.number, number, first, end)
        high = bisect_right(self.number, number, low, end)
        return (low - 1 if low > first else -1, high if high < end else -1)


class Buildings:
    """Rows with an estate and a building, ordered by estate, building and unit.

    Attributes
    ----------
    estate : memoryview of int32
        Id of the estate.
    building, unit : memoryview of int32
        Labels, 0 for none.
    grid, lon, lat, border_m, basis, row
        As in `Doors`.
    """

    def __init__(self, arrays: Arrays) -> None:
        self.estate: Ints = ints(arrays, "building.estate")
        self.building: Ints = ints(arrays, "building.building")
        self.unit: Ints = ints(arrays, "building.unit")
        self.grid: Ints = ints(arrays, "building.grid")
        self.lon: Floats = floats(arrays, "building.lon")
        self.lat: Floats = floats(arrays, "building.lat")
        self.border_m: Floats = floats(arrays, "building.border_m")
        self.basis: Ints = ints(arrays, "building.basis")
        self.row: Ints = ints(arrays, "building.row")
        self._first: Ints = ints(arrays, "building.first")

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.building)

    def of_estate(self, estate: int) -> range:
        """Return the buildings of an estate."""
        return range(self._first[estate], self._first[estate + 1])

    def find(self, estate: int, building: int, unit: int | None = None) -> range:
        """Return the rows of a building, or of one of its units; both are labels."""
        low, high = run_of(self.building, building, self._first[estate], self._first[estate + 1])
        if unit is not None:
            low, high = run_of(self.unit, unit, low, high)
        return range(low, high)
