"""Villagers' groups with the numbers of their houses, where there are no streets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.demo.gazetteer_ground import Ground, rows

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Households behind one plate: generations share a courtyard.
_PER_PLATE = 2.75
# A city of more households than this has fewer plates for each.
_HOUSEHOLDS = 330_000.0
_TOGETHER, _THROUGH, _SKIPPED, _SUBS = 0.2, 0.25, 0.05, 0.02
_HAMLET_M, _FROM_BORDER_M = 48.0, 9.0


@dataclass(frozen=True, slots=True)
class Houses:
    """Houses of villages, in the order of community, group and number.

    Attributes
    ----------
    xy : ndarray of float64, shape (n, 2), metres
    micro, group, number, sub : ndarray of int64, shape (n,)
        Micro-grid, number of the group in its community, number of the house and sub-number.
    """

    xy: Floats
    micro: Ints
    group: Ints
    number: Ints
    sub: Ints


def make_houses(ground: Ground, rng: np.random.Generator) -> Houses:
    """Settle the micro-grids that are not urban.

    A micro-grid is a group, or two neighbours are one. Houses stand in hamlets and are numbered
    from one end of the group to the other; in a quarter of the communities numbers count on from
    group to group.
    """
    plates = min(1.0, _HOUSEHOLDS / max(float(ground.households.sum()), 1.0)) / _PER_PLATE
    rural = np.flatnonzero(~ground.urban)
    parts = []
    community = ""
    group = count = 0
    through = False
    done = np.zeros(len(ground.code), dtype=bool)
    for micro in rural.tolist():
        here = ground.code[micro][:12]
        if here != community:
            community, group, count = here, 0, 0
            through = bool(rng.random() < _THROUGH)
        if done[micro]:
            continue
        own = [micro, *_neighbour(micro, done, ground, rng)]
        done[own] = True
        group += 1
        block = np.concatenate([_settle(one, plates, ground, rng) for one in own])
        if not len(block):
            continue
        block = block[np.argsort(_along(block[:, :2]), kind="stable")]
        steps = 1 + (rng.random(len(block)) < _SKIPPED)
        number = np.cumsum(steps) + (count if through else 0)
        count = int(number[-1])
        sub = np.zeros(len(block))
        # The house that a family built beside the old one.
        second = np.flatnonzero(rng.random(len(block)) < _SUBS)
        second = second[second > 0]
        number[second], sub[second] = number[second - 1], 1
        sub[second[np.isin(second - 1, second)]] = 2
        parts.append(np.column_stack([block, np.full(len(block), group), number, sub]))
    whole = np.concatenate(parts) if parts else np.empty((0, 6))
    whole = _distinct(whole, ground)
    micro_, group_, number_, sub_ = whole[:, 2:].astype(np.int64).T
    return Houses(whole[:, :2], micro_, group_, number_, sub_)


def _distinct(whole: Floats, ground: Ground) -> Floats:
    """Drop houses that have the number of another one."""
    _, community = np.unique(
        np.array([code[:12] for code in ground.code])[whole[:, 2].astype(np.int64)],
        return_inverse=True,
    )
    keys = np.column_stack([community, whole[:, 3:]])
    _, first = np.unique(keys, axis=0, return_index=True)
    return whole[np.sort(first)]


def _neighbour(
    micro: int, done: npt.NDArray[np.bool_], ground: Ground, rng: np.random.Generator
) -> list[int]:
    """Return a micro-grid that is of the same group, sometimes."""
    if rng.random() >= _TOGETHER:
        return []
    near = np.sort(ground.tree.query(ground.polygons[micro], predicate="touches"))
    ordinary = ground.ordinary
    fits = ~done[near] & ~ground.urban[near] & (ordinary[near] == ordinary[micro])
    return [int(near[fits][0])] if fits.any() else []


def _settle(micro: int, plates: float, ground: Ground, rng: np.random.Generator) -> Floats:
    """Return houses in one micro-grid: x, y, micro-grid."""
    wanted = max(round(float(ground.households[micro]) * plates), 1)
    room = shapely.buffer(ground.polygons[micro], -_FROM_BORDER_M)
    if room.is_empty:
        room = ground.polygons[micro]
    shapely.prepare(room)
    west, south, east, north = room.bounds
    hamlets = rng.uniform([west, south], [east, north], (24, 2))
    hamlets = hamlets[shapely.contains_xy(room, hamlets[:, 0], hamlets[:, 1])][:4]
    if not len(hamlets):
        hamlets = shapely.get_coordinates(shapely.point_on_surface(room))
    centre = hamlets[rng.integers(len(hamlets), size=4 * wanted)]
    xy = centre + rng.normal(0.0, _HAMLET_M, (4 * wanted, 2))
    xy = xy[shapely.contains_xy(room, xy[:, 0], xy[:, 1])][:wanted]
    xy = xy[~ground.wet(xy) & (ground.micro_at(xy) == micro)]
    return np.column_stack([xy, np.full(len(xy), micro)])


def _along(xy: Floats) -> Floats:
    """Return where points lie along the direction in which they spread the most."""
    centred = xy - xy.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    # An axis has no beginning; that in the west is taken.
    way = axes[:, 1] if axes[0, 1] >= 0 else -axes[:, 1]
    # Rounded to the centimetre, below which machines differ.
    return np.asarray(np.round(centred @ way, 2), dtype=np.float64)


def house_rows(houses: Houses, ground: Ground) -> list[pd.DataFrame]:
    """Return groups and houses as rows of a gazetteer."""
    group = np.array([f"{k}组" for k in houses.group], dtype=object)
    words = {"town": ground.town[houses.micro], "community": ground.community[houses.micro]}
    plates = rows(
        houses.xy, "door", "survey_point", "synthetic", **words, group=group,
        number=houses.number.astype(str).astype(object),
        sub_number=np.where(houses.sub > 0, houses.sub.astype(str), "").astype(object),
    )  # fmt: skip
    # The house in the middle of its numbers stands for the group.
    key = pd.factorize(words["town"] + "\n" + words["community"] + "\n" + group)[0]
    first = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
    last = np.append(first[1:], len(key))
    middle = (first + last) // 2
    groups = rows(
        houses.xy[middle], "group", "centroid", "synthetic", group=group[middle],
        **{name: column[middle] for name, column in words.items()},
    )  # fmt: skip
    return [groups, plates]
