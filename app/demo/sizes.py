"""How large a demo city is: every number that scales it, in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoSizes:
    """Sizes of a demo city; the defaults are those of the committed 简阳 city.

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
        Mean distance of parallel streets in the seat.
    anneal_rounds : int
        Rounds of border refinement per level.
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
