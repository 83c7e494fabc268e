"""How large a demo city is: every number that scales it, in one place."""

from __future__ import annotations

from dataclasses import dataclass

from app.errors import BadInputError

# Real, from the sources, at every size.
TOWNS = 22
GENERAL = 291
# How many households a grid of these levels is recommended to have, as other cities publish it.
ORDINARY_HOUSEHOLDS = (300, 500)
MICRO_HOUSEHOLDS = (30, 100)
# Below these, streets and roads become a thicket, and grids have too few atoms for a shape.
_LEAST_STREET_BLOCK_M = 60.0
_LEAST_ROAD_CELL_M = 50.0
_LEAST_ATOMS_PER_MICRO = 4.0


@dataclass(frozen=True, slots=True)
class DemoSizes:
    """Sizes of a demo city; the defaults are those of the committed 简阳 city.

    The land is 简阳's at every size, and so are its 22 towns and 291 general grids, whose names
    and codes are real: more grids are smaller grids.

    Attributes
    ----------
    seed : int
        Seed of every random draw.
    ordinary, micro, dedicated : int
        How many grids of each kind to make.
    atoms_per_micro : float
        Mean number of atoms (smallest cells, never shown) from which a micro-grid is put together.
    households_per_micro : float
        Mean number of households of a micro-grid; each gets 30 to 100.
    road_cell_m : float
        Cell of the raster on which country roads find their way.
    reservoirs : int
        How many small reservoirs lie in the hills.
    street_block_m : float
        Mean distance of parallel streets in the seat; those of towns keep their proportion.
    anneal_rounds : int
        Rounds of border refinement per level.
    meet_exactly : bool
        Whether segments are put on their lattice once more after noding. Without it (so the
        committed city was made) some ends differ in the last bit of a float, and the atoms beside
        them are merged.
    gazetteer : bool
        Whether to put up street signs and door plates, and what stands at them (reference tables).
        A city whose only use is the size of its boundaries does without: it would be most of the
        work.
    city_id, city_name : str
        ASCII id and shown name of the city.

    Raises
    ------
    BadInputError
        If no city can have these sizes; everything that is wrong is named.
    """

    seed: int = 510185
    ordinary: int = 886
    micro: int = 4951
    dedicated: int = 580
    atoms_per_micro: float = 24.0
    households_per_micro: float = 64.0
    road_cell_m: float = 200.0
    reservoirs: int = 70
    street_block_m: float = 215.0
    anneal_rounds: int = 160
    meet_exactly: bool = False
    gazetteer: bool = True
    city_id: str = "jianyang"
    city_name: str = "简阳市"

    def __post_init__(self) -> None:
        """Refuse sizes that no city can have."""
        least = {
            "ordinary": GENERAL,
            "micro": self.ordinary,
            "dedicated": 1,
            "atoms_per_micro": _LEAST_ATOMS_PER_MICRO,
            "road_cell_m": _LEAST_ROAD_CELL_M,
            "reservoirs": 0,
            "street_block_m": _LEAST_STREET_BLOCK_M,
            "anneal_rounds": 1,
        }
        faults = [
            f"{name} is {getattr(self, name)}, the least is {bound}"
            for name, bound in least.items()
            if not getattr(self, name) >= bound
        ]
        if faults:
            raise BadInputError("the demo city cannot have these sizes: " + "; ".join(faults))

    @property
    def published(self) -> bool:
        """Whether there are as many grids of every kind as were published of 简阳."""
        return (self.ordinary, self.micro, self.dedicated) == (886, 4951, 580)


# Sizes by name, for the command line and the benchmarks.
PRESETS: dict[str, DemoSizes] = {
    "jianyang": DemoSizes(),
    # As many micro-grids as the whole of Chengdu has (126,449 under 14,020 ordinary grids were
    # published), on the land of 简阳: a test of size, not a map of any place.
    "large": DemoSizes(
        ordinary=14_000,
        micro=124_000,
        dedicated=2_000,
        atoms_per_micro=8.0,
        street_block_m=120.0,
        anneal_rounds=24,
        meet_exactly=True,
        gazetteer=False,
        city_id="jianyang_large",
        city_name="简阳市（大规模演示）",
    ),
}
