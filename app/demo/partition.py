"""Cutting a planar graph of atoms into connected, compact parts of equal weight.

First parts grow from seeds along shortest paths (a geodesic Lloyd iteration with additive
weights); then borders are annealed: single atoms change sides when that shortens the border,
moves it on a river or a road, or evens out the weights, and never when it would tear a part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


# Atoms with more neighbours (whole reservoirs) stay where growing has put them.
_MOST_NEIGHBOURS = 14


@dataclass(frozen=True, slots=True)
class Graph:
    """Atoms as a planar graph.

    Attributes
    ----------
    xy : ndarray of float64, shape (n, 2)
        Centroids in metres.
    mass : ndarray of float64, shape (n,)
        What is to be shared out evenly.
    pairs : ndarray of int64, shape (m, 2)
        Adjacent atoms, each pair once, smaller index first, sorted.
    cost : ndarray of float64, shape (m,)
        Cost of growing from one to the other.
    ring : ndarray of int64, shape (n, k)
        Neighbours of each atom in cyclic order, padded with -1.
    ring_next : ndarray of int64, shape (n, k)
        Column of the next neighbour.
    ring_cut : ndarray of float64, shape (n, k)
        Price of a border towards that neighbour, in units of the local atom size.
    ring_joined : ndarray of bool, shape (n, k)
        Whether that neighbour and the next one are adjacent.
    """

    xy: Floats
    mass: Floats
    pairs: Ints
    cost: Floats
    ring: Ints
    ring_next: Ints
    ring_cut: Floats
    ring_joined: Bools

    def __len__(self) -> int:
        """Return the number of atoms."""
        return len(self.xy)


def build_graph(
    xy: Floats,
    mass: Floats,
    edge_atoms: Ints,
    edge_middle: Floats,
    edge_cut: Floats,
    edge_length: Floats,
    edge_barrier: Floats,
    spacing_m: Floats,
) -> Graph:
    """Return the graph of atoms from the pieces of border between them.

    Parameters
    ----------
    xy, mass, spacing_m
        Per atom: centroid in metres, weight, local size of atoms in metres.
    edge_atoms
        Atoms on both sides of each piece, shape (e, 2); -1 is outside.
    edge_middle, edge_length, edge_cut, edge_barrier
        Per piece: middle in metres, length in metres, price as a border, factor of growing across.
    """
    n = len(xy)
    inner = (edge_atoms >= 0).all(axis=1)
    low, high = edge_atoms[inner].min(axis=1), edge_atoms[inner].max(axis=1)
    key, which = np.unique(low * n + high, return_inverse=True)
    pairs = np.column_stack([key // n, key % n])
    length = np.bincount(which, edge_length[inner])
    cut = np.bincount(which, edge_cut[inner])
    barrier = np.bincount(which, (edge_length * edge_barrier)[inner]) / np.maximum(length, 1e-9)
    size = spacing_m[pairs].mean(axis=1)
    gap = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
    # Growing through a needle's eye is no way to be connected.
    narrow = np.where(length < 0.08 * size, 6.0, 1.0)
    ring, ring_next, ring_pair = _rings(xy, edge_atoms, edge_middle, key)
    ring_cut = np.where(ring >= 0, (cut / size)[np.maximum(ring_pair, 0)], 0.0)
    repeated = _repeats(ring)
    ring_cut[repeated] = 0.0
    after = np.take_along_axis(ring, ring_next, axis=1)
    joined = (ring >= 0) & (after >= 0)
    asked = np.minimum(ring, after) * n + np.maximum(ring, after)
    at = np.minimum(np.searchsorted(key, asked), len(key) - 1)
    joined &= (key[at] == asked) | (ring == after)
    return Graph(
        xy, mass, pairs, np.maximum(gap * barrier * narrow, 1e-3), ring, ring_next, ring_cut, joined
    )


def _rings(xy: Floats, edge_atoms: Ints, edge_middle: Floats, key: Ints) -> tuple[Ints, Ints, Ints]:
    """Return each atom's neighbours in order of direction, the next column, the pair number."""
    n = len(xy)
    me = np.concatenate([edge_atoms[:, 0], edge_atoms[:, 1]])
    other = np.concatenate([edge_atoms[:, 1], edge_atoms[:, 0]])
    middle = np.concatenate([edge_middle, edge_middle])
    keep = me >= 0
    me, other, middle = me[keep], other[keep], middle[keep]
    angle = np.arctan2(middle[:, 1] - xy[me, 1], middle[:, 0] - xy[me, 0])
    order = np.lexsort((angle, me))
    me, other = me[order], other[order]
    fresh = np.ones(len(me), dtype=bool)
    fresh[1:] = (me[1:] != me[:-1]) | (other[1:] != other[:-1])
    me, other = me[fresh], other[fresh]
    count = np.bincount(me, minlength=n)
    crowded = count > _MOST_NEIGHBOURS
    me, other = me[~crowded[me]], other[~crowded[me]]
    count[crowded] = 0
    start = np.searchsorted(me, np.arange(n))
    column = np.arange(len(me)) - start[me]
    ring = np.full((n, int(count.max())), -1, dtype=np.int64)
    ring[me, column] = other
    ring_next = np.where(
        np.arange(ring.shape[1])[None, :] + 1 < count[:, None],
        np.arange(ring.shape[1])[None, :] + 1,
        0,
    )
    low = np.minimum(np.arange(n)[:, None], ring)
    high = np.maximum(np.arange(n)[:, None], ring)
    ring_pair = np.minimum(np.searchsorted(key, low * n + high), len(key) - 1)
    return ring, ring_next, np.where(ring >= 0, ring_pair, -1)


def _repeats(ring: Ints) -> Bools:
    """Return which entries name a neighbour that stands further left in the same row already."""
    repeated = np.zeros(ring.shape, dtype=bool)
    for column in range(1, ring.shape[1]):
        repeated[:, column] = (ring[:, :column] == ring[:, column : column + 1]).any(axis=1)
    return repeated & (ring >= 0)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to cut one level.

    Attributes
    ----------
    grow_rounds, anneal_rounds : int
        Rounds of growing and of annealing.
    even : float
        How much uneven weights cost.
    round_ : float
        How much far-flung atoms cost.
    heat : float
        Starting temperature of the annealing.
    """

    grow_rounds: int = 10
    anneal_rounds: int = 160
    even: float = 1.0
    round_: float = 0.25
    heat: float = 0.5


def divide(
    graph: Graph,
    parent: Ints,
    seeds: Ints,
    target: Floats,
    cost: Floats,
    recipe: Recipe,
    rng: np.random.Generator,
    *,
    hold_seeds: bool = False,
) -> Ints:
    """Cut every parent into its parts.

    Parameters
    ----------
    graph
        The atoms.
    parent
        Parent of each atom, shape (n,); parts never cross it.
    seeds
        One starting atom per part; its parent is the part's parent, shape (k,).
    target
        Mass that each part should have, shape (k,).
    cost
        Cost of growing along each of `graph.pairs`.
    recipe
        Rounds and weights.
    rng
        Where the randomness comes from.
    hold_seeds
        Whether parts stay around their seeds instead of being centred.

    Returns
    -------
    ndarray of int64, shape (n,)
        The part of each atom; every part is connected.
    """
    inner = parent[graph.pairs[:, 0]] == parent[graph.pairs[:, 1]]
    pairs, cost = graph.pairs[inner], cost[inner]
    offset = np.zeros(len(seeds))
    reach = np.sqrt(target) * np.median(cost) / np.sqrt(max(float(np.median(graph.mass)), 1e-9))
    best: Ints | None = None
    best_miss = np.inf
    for round_no in range(recipe.grow_rounds):
        part = _grow(len(graph), pairs, cost, seeds, offset, parent)
        mass = np.bincount(part, graph.mass, len(seeds))
        # Squares of logarithms: a part that has all but vanished is far worse than a large one.
        miss = float((np.log(np.maximum(mass, 1e-3 * target) / target) ** 2).mean())
        if miss < best_miss or (not hold_seeds and round_no < recipe.grow_rounds // 2):
            best, best_miss = part, miss
        step = (0.35 if hold_seeds else 0.22) / (1.0 + 0.08 * round_no)
        offset += step * reach * np.clip(mass / target - 1.0, -1.0, 1.0)
        if not hold_seeds and round_no < recipe.grow_rounds - 3:
            seeds = _middles(graph, part, len(seeds), seeds)
    assert best is not None  # noqa: S101 - there is at least one round
    part = anneal(graph, parent, best, target, recipe, rng)
    return mend(graph, parent, part)


def _grow(n: int, pairs: Ints, cost: Floats, seeds: Ints, offset: Floats, parent: Ints) -> Ints:
    k = len(seeds)
    # Offsets only matter within a parent; the smallest of each is moved to nothing.
    of_seed = parent[seeds]
    least = np.full(int(parent.max()) + 1, np.inf)
    np.minimum.at(least, of_seed, offset)
    toll = offset - least[of_seed] + 1e-3
    rows = np.concatenate([pairs[:, 0], pairs[:, 1], n + np.arange(k)])
    cols = np.concatenate([pairs[:, 1], pairs[:, 0], seeds])
    graph = sparse.csr_matrix(
        (np.concatenate([cost, cost, toll]), (rows, cols)), shape=(n + k, n + k)
    )
    _, _, source = csgraph.dijkstra(
        graph, indices=n + np.arange(k), min_only=True, return_predecessors=True
    )
    part = source[:n] - n
    lost = part < 0
    if lost.any():
        part[lost] = 0
        first = np.full(int(parent.max()) + 1, -1, dtype=np.int64)
        first[of_seed[::-1]] = np.arange(k)[::-1]
        part[lost] = first[parent[lost]]
    # A seed may have been overrun by a stronger neighbour: it keeps at least its own atom.
    part[seeds] = np.arange(k)
    return np.asarray(part, dtype=np.int64)


def _middles(graph: Graph, part: Ints, k: int, seeds: Ints) -> Ints:
    """Return the atom of each part nearest to its centre of mass."""
    weight = graph.mass + 1e-3
    mass = np.maximum(np.bincount(part, weight, k), 1e-12)
    centre = np.column_stack([np.bincount(part, weight * graph.xy[:, c], k) / mass for c in (0, 1)])
    gap = ((graph.xy - centre[part]) ** 2).sum(axis=1)
    order = np.lexsort((gap, part))
    head = np.concatenate([[True], part[order][1:] != part[order][:-1]])
    found = seeds.copy()
    found[part[order[head]]] = order[head]
    return found


def anneal(
    graph: Graph,
    parent: Ints,
    part: Ints,
    target: Floats,
    recipe: Recipe,
    rng: np.random.Generator,
) -> Ints:
    """Return the parts with better borders; parts stay connected (simple-point test).

    In a round every atom on a border that has drawn the highest number among its neighbours may
    change sides: such atoms are not adjacent, so that their changes are independent.
    """
    part = part.copy()
    n = len(graph)
    ring = np.where(graph.ring >= 0, graph.ring, n)
    same = (graph.ring >= 0) & (parent[np.minimum(ring, n - 1)] == parent[:, None])
    mass = np.bincount(part, graph.mass, len(target))
    scale = np.maximum(target, 1e-9)
    centre = np.zeros((len(target), 2))
    reach2 = np.ones(len(target))
    for round_no in range(recipe.anneal_rounds):
        warmth = recipe.heat * max(1.0 - 1.25 * round_no / recipe.anneal_rounds, 0.0) ** 2 + 1e-6
        if round_no % 8 == 0:
            count = np.maximum(np.bincount(part, minlength=len(target)), 1)
            for c in (0, 1):
                centre[:, c] = np.bincount(part, graph.xy[:, c], len(target)) / count
            spread = ((graph.xy - centre[part]) ** 2).sum(axis=1)
            reach2 = 2.0 * np.bincount(part, spread, len(target)) / count + 1.0
        padded = np.append(part, -1)
        border = np.flatnonzero((same & (padded[ring] != part[:, None])).any(axis=1))
        draw = np.full(n + 1, -1.0)
        draw[border] = rng.random(len(border))
        act = border[draw[border] > draw[ring[border]].max(axis=1)]
        near = padded[ring[act]]
        mine = part[act]
        other = same[act] & (near != mine[:, None])
        slot = np.argmax(np.where(other, rng.random(other.shape), -1.0), axis=1)
        goal = near[np.arange(len(act)), slot]
        is_mine = near == mine[:, None]
        is_goal = near == goal[:, None]
        price = graph.ring_cut[act]
        gain = (price * is_mine).sum(axis=1) - (price * is_goal).sum(axis=1)
        own = graph.mass[act]
        gain += recipe.even * (
            _uneven(mass[mine] - own, scale[mine])
            + _uneven(mass[goal] + own, scale[goal])
            - _uneven(mass[mine], scale[mine])
            - _uneven(mass[goal], scale[goal])
        )
        away = ((graph.xy[act] - centre[goal]) ** 2).sum(axis=1) / reach2[goal]
        home = ((graph.xy[act] - centre[mine]) ** 2).sum(axis=1) / reach2[mine]
        gain += recipe.round_ * (away - home)
        chance = np.exp(np.minimum(-gain / warmth, 0.0))
        go = rng.random(len(act)) < chance
        nxt = graph.ring_next[act]
        joined = graph.ring_joined[act]
        for member in (is_mine, is_goal):
            follows = np.take_along_axis(member, nxt, axis=1) & joined
            runs = (member & ~follows).sum(axis=1)
            alone = member.sum(axis=1) == 1
            go &= member.any(axis=1) & ((runs <= 1) | alone)
        act, mine, goal, own = act[go], mine[go], goal[go], own[go]
        part[act] = goal
        np.subtract.at(mass, mine, own)
        np.add.at(mass, goal, own)
    return part


def _uneven(mass: Floats, target: Floats) -> Floats:
    return target * (mass / target - 1.0) ** 2


def mend(graph: Graph, parent: Ints, part: Ints) -> Ints:
    """Return the parts with stray pieces given to a neighbouring part of the same parent."""
    part = part.copy()
    for _ in range(20):
        kept = part[graph.pairs[:, 0]] == part[graph.pairs[:, 1]]
        linked = graph.pairs[kept]
        n = len(graph)
        joins = sparse.coo_matrix(
            (np.ones(len(linked)), (linked[:, 0], linked[:, 1])), shape=(n, n)
        )
        number, piece = csgraph.connected_components(joins, directed=False)
        size = np.bincount(piece, graph.mass + 1e-6, number)
        owner = np.zeros(number, dtype=np.int64)
        owner[piece] = part
        order = np.lexsort((np.arange(number), -size, owner))
        head = np.concatenate([[True], owner[order][1:] != owner[order][:-1]])
        stray = np.ones(number, dtype=bool)
        stray[order[head]] = False
        if not stray.any():
            break
        a, b = graph.pairs[~kept].T
        me, other = np.concatenate([a, b]), np.concatenate([b, a])
        use = stray[piece[me]] & (parent[me] == parent[other]) & ~stray[piece[other]]
        if not use.any():
            break
        goal = np.full(number, -1, dtype=np.int64)
        goal[piece[me[use]][::-1]] = part[other[use]][::-1]
        move = goal[piece] >= 0
        part[move] = goal[piece[move]]
    return part
