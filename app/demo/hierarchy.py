"""Towns, villages, ordinary and micro-grids: the levels cut one out of the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.demo.atoms import BARRIER, BORDER_WEIGHT, FREE, Atoms, morton
from app.demo.land import Land
from app.demo.noise import noise_field
from app.demo.partition import Graph, Recipe, build_graph, divide
from app.demo.sizes import DemoSizes
from app.errors import BadInputError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_TOWN = Recipe(grow_rounds=36, even=0.10, round_=0.0, heat=0.35)
_VILLAGE = Recipe(grow_rounds=14, even=0.25, round_=0.35, heat=0.5)
_ORDINARY = Recipe(grow_rounds=12, even=0.5, round_=0.35, heat=0.55)
_MICRO = Recipe(grow_rounds=12, even=0.7, round_=0.25, heat=0.6)


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """The parts of every level, numbered from 0 within the level.

    A town that others govern appears on every level as one part.

    Attributes
    ----------
    town, village, ordinary, micro : ndarray of int64, shape (n,)
        Part of each atom.
    town_of_village, village_of_ordinary, ordinary_of_micro : ndarray of int64
        Parent of each part.
    people : ndarray of float64
        Relative number of people of each micro-grid.
    """

    town: Ints
    village: Ints
    ordinary: Ints
    micro: Ints
    town_of_village: Ints
    village_of_ordinary: Ints
    ordinary_of_micro: Ints
    people: Floats


def largest_remainder(weights: Floats, total: int, least: int = 1) -> Ints:
    """Share out `total` whole units by weight, each getting at least `least`.

    Raises
    ------
    ValueError
        If `total` is too small for everyone to get the least.
    """
    if total < least * len(weights):
        raise ValueError(f"{total} units cannot give {len(weights)} parts {least} each")
    quota = weights / weights.sum() * (total - least * len(weights))
    share = np.floor(quota).astype(np.int64)
    order = np.argsort(-(quota - share), kind="stable")
    share[order[: total - least * len(weights) - int(share.sum())]] += 1
    return np.asarray(share + least, dtype=np.int64)


def share_within(weights: Floats, total: int, most: Floats) -> Ints:
    """Share out `total` whole units by weight, each getting at least one and no more than it can.

    Parameters
    ----------
    weights
        What to share by, shape (n,).
    total
        How many units there are.
    most
        How many units each can take (rounded down, at least one), shape (n,).

    Raises
    ------
    BadInputError
        If all together cannot take them.
    """
    room = np.maximum(np.floor(most), 1.0).astype(np.int64)
    if int(room.sum()) < total:
        raise BadInputError(
            f"{total} grids do not fit: the atoms of their parents make {int(room.sum())} at most",
            "Ask for fewer grids, or raise atoms_per_micro.",
        )
    full = np.zeros(len(weights), dtype=bool)
    share = largest_remainder(weights, total)
    while (share > room).any():
        full |= share >= room
        share = room.copy()
        share[~full] = largest_remainder(weights[~full], total - int(room[full].sum()))
    return share


def cut_levels(
    atoms: Atoms, land: Land, sizes: DemoSizes, progress: Callable[[str], None]
) -> Hierarchy:
    """Cut the county into towns, and the city's towns down to micro-grids.

    Parameters
    ----------
    atoms, land, sizes
        What to cut, and how many parts to make.
    progress
        Called with the name of each step before it is taken.

    Raises
    ------
    BadInputError
        If there are too few atoms for as many grids.
    """
    progress(f"cutting {len(atoms.xy):,} atoms into towns")
    rng = np.random.default_rng((sizes.seed, 2))
    middle = (atoms.nodes[atoms.edge_nodes[:, 0]] + atoms.nodes[atoms.edge_nodes[:, 1]]) / 2.0
    length = np.hypot(
        *(atoms.nodes[atoms.edge_nodes[:, 0]] - atoms.nodes[atoms.edge_nodes[:, 1]]).T
    )
    # Borders in open land like the bottoms and crests of the land: the zero lines of a noise.
    relief = noise_field(rng, land.sources.outline.bounds, 60.0, (1600.0, 600.0)).sample(middle)
    free = atoms.edge_kind == FREE
    liking = np.where(free & ~atoms.edge_town, 0.3 + 1.0 * np.minimum(np.abs(relief), 1.3), 1.0)
    # Between streets a border runs through yards, which it rather avoids.
    liking[free & atoms.edge_town] = 2.2
    # Nobody draws a border through water but along its middle or straight across.
    liking[free & atoms.edge_wet] = 4.0
    graph = build_graph(
        atoms.xy,
        atoms.area_m2 / 1e6,
        atoms.edge_atoms,
        middle,
        length * BORDER_WEIGHT[atoms.edge_kind] * liking,
        length,
        BARRIER[atoms.edge_kind],
        atoms.spacing_m,
    )
    rounds = sizes.anneal_rounds
    town = _towns(graph, land, rng, rounds)
    inside = land.towns.inside
    by_people = _with_mass(graph, atoms.people + 0.01)

    # How many parts a parent of so many atoms may be cut into: fewer atoms make no decent shape.
    atoms_per_part = max(min(sizes.atoms_per_micro / 3.0, 4.0), 1.0)

    progress("cutting towns into general grids")
    counts = np.where(inside, land.towns.villages, 1)
    village, town_of_village = _split(by_people, town, counts, atoms, 0.5, _VILLAGE, rng, rounds)
    progress(f"cutting general grids into {sizes.ordinary:,} ordinary grids")
    of_city = inside[town_of_village]
    weight = _sums(village, atoms.people, len(of_city))
    counts = np.ones(len(of_city), dtype=np.int64)
    most = np.bincount(village, minlength=len(of_city)) / atoms_per_part
    counts[of_city] = share_within(weight[of_city], sizes.ordinary, most[of_city])
    ordinary, village_of_ordinary = _split(
        by_people, village, counts, atoms, 1.0, _ORDINARY, rng, rounds
    )
    progress(f"cutting ordinary grids into {sizes.micro:,} micro-grids")
    of_city = of_city[village_of_ordinary]
    weight = _sums(ordinary, atoms.people, len(of_city))
    counts = np.ones(len(of_city), dtype=np.int64)
    most = np.bincount(ordinary, minlength=len(of_city)) / atoms_per_part
    counts[of_city] = share_within(weight[of_city], sizes.micro, most[of_city])
    micro, ordinary_of_micro = _split(by_people, ordinary, counts, atoms, 1.0, _MICRO, rng, rounds)
    people = _sums(micro, atoms.people, len(ordinary_of_micro))
    return Hierarchy(
        town,
        village,
        ordinary,
        micro,
        town_of_village,
        village_of_ordinary,
        ordinary_of_micro,
        people,
    )


def _sums(part: Ints, values: Floats, count: int) -> Floats:
    return np.asarray(np.bincount(part, values, count), dtype=np.float64)


def _with_mass(graph: Graph, mass: Floats) -> Graph:
    return Graph(
        graph.xy,
        mass,
        graph.pairs,
        graph.cost,
        graph.ring,
        graph.ring_next,
        graph.ring_cut,
        graph.ring_joined,
    )


def _towns(graph: Graph, land: Land, rng: np.random.Generator, rounds: int) -> Ints:
    seeds = np.array(
        [np.argmin(((graph.xy - centre) ** 2).sum(axis=1)) for centre in land.towns.centre]
    )
    target = land.towns.area_km2 * graph.mass.sum() / land.towns.area_km2.sum()
    recipe = Recipe(_TOWN.grow_rounds, rounds, _TOWN.even, _TOWN.round_, _TOWN.heat)
    roughness = np.exp(0.55 * land.hills.sample(graph.xy[graph.pairs].mean(axis=1)))
    return divide(
        graph,
        np.zeros(len(graph), dtype=np.int64),
        seeds,
        target,
        graph.cost * roughness,
        recipe,
        rng,
        hold_seeds=True,
    )


def _split(
    graph: Graph,
    parent: Ints,
    counts: Ints,
    atoms: Atoms,
    local: float,
    recipe: Recipe,
    rng: np.random.Generator,
    rounds: int,
) -> tuple[Ints, Ints]:
    """Cut each parent into `counts` parts of about the same mass; return parts and parents."""
    parent_of_part = np.repeat(np.arange(len(counts)), counts)
    total = np.bincount(parent, graph.mass, len(counts))
    target = (total / counts)[parent_of_part]
    seeds = _first_seeds(graph, parent, counts, atoms)
    size = atoms.spacing_m[graph.pairs].mean(axis=1)
    cost = graph.cost / size**local
    recipe = Recipe(recipe.grow_rounds, rounds, recipe.even, recipe.round_, recipe.heat)
    return divide(graph, parent, seeds, target, cost, recipe, rng), parent_of_part


def _first_seeds(graph: Graph, parent: Ints, counts: Ints, atoms: Atoms) -> Ints:
    """Return evenly spaced atoms along a space-filling curve through each parent."""
    low = atoms.xy.min(axis=0)
    cell = np.floor((atoms.xy - low) / 8.0).astype(np.int64)
    order = np.lexsort((morton(cell[:, 0], cell[:, 1]), parent))
    owner = parent[order]
    start = np.searchsorted(owner, np.arange(len(counts)))
    mass = np.cumsum(graph.mass[order])
    before = np.concatenate([[0.0], mass])[start]
    total = np.bincount(parent, graph.mass, len(counts))
    of_part = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(len(of_part)) - np.repeat(np.cumsum(counts) - counts, counts)
    wanted = before[of_part] + total[of_part] * (number + 0.5) / counts[of_part]
    at = np.searchsorted(mass, wanted)
    size = np.bincount(parent, minlength=len(counts))
    if (size < counts).any():
        worst = int(np.argmax(counts - size))
        raise BadInputError(
            f"a parent of {size[worst]} atoms cannot be cut into {counts[worst]} parts",
            "Raise atoms_per_micro.",
        )
    # Two seeds on one atom would make an empty part: move on to the next atom of the parent.
    for i in range(1, len(at)):
        if of_part[i] == of_part[i - 1] and at[i] <= at[i - 1]:
            at[i] = at[i - 1] + 1
    last = start + size - 1
    for i in range(len(at) - 1, -1, -1):
        cap = last[of_part[i]]
        if i + 1 < len(at) and of_part[i + 1] == of_part[i]:
            cap = min(cap, at[i + 1] - 1)
        at[i] = min(at[i], cap)
    return np.asarray(order[at], dtype=np.int64)
