"""Doors along the roads: odd numbers on one side, even ones on the other, in their order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.demo.gazetteer_ground import Ground, rows
from app.demo.gazetteer_roads import Stroke, course

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Metres of frontage of one lot, and how far the doors stand from the middle of the road, at least
# and at most.
_LOT_M = {"street": (9.5, 14.0), "main": (16.0, 24.0), "local": (26.0, 38.0)}
_SETBACK_M = {"street": (8.0, 12.0), "main": (13.0, 18.0), "local": (9.0, 14.0)}
# Share of the lots that have a door: in the open country, and at most.
_LEAST = {"street": 0.55, "main": 0.10, "local": 0.035}
_MOST, _FULL_PER_KM2 = 0.86, 900.0
_ONE_SIDED, _SHOPS = 0.07, 0.1
# No door stands so near to a junction.
_CORNER_M = 11.0
_JITTER = 0.22


@dataclass(frozen=True, slots=True)
class Doors:
    """Doors along roads, in the order of road, section, side and number.

    Attributes
    ----------
    xy : ndarray of float64, shape (n, 2), metres
    stroke : ndarray of int64, shape (n,)
        Place of the road among those that were given.
    section, side, number, sub : ndarray of int64, shape (n,)
        Place of the section, side (0 left, 1 right), number and sub-number, 0 for none.
    micro : ndarray of int64, shape (n,)
    """

    xy: Floats
    stroke: Ints
    section: Ints
    side: Ints
    number: Ints
    sub: Ints
    micro: Ints

    def __len__(self) -> int:
        """Return how many doors there are."""
        return len(self.number)

    def take(self, keep: npt.NDArray[np.bool_]) -> Doors:
        """Return some of the doors."""
        return Doors(
            self.xy[keep], self.stroke[keep], self.section[keep], self.side[keep],
            self.number[keep], self.sub[keep], self.micro[keep],
        )  # fmt: skip


def make_doors(roads: list[Stroke], ground: Ground, rng: np.random.Generator) -> Doors:
    """Place doors along all roads that have a name.

    A lot counts whether it has a door or not, so that numbers are left out, as they are anywhere.

    Parameters
    ----------
    roads
        Of the city.
    ground
        Of the same city.
    rng
        Where the randomness comes from.
    """
    parts = [_along(place, road, ground, rng) for place, road in enumerate(roads) if road.name]
    whole = np.concatenate(parts)
    xy = whole[:, :2]
    stroke, section, side, number, sub = whole[:, 2:7].astype(np.int64).T
    setback = whole[:, 7]
    micro = ground.micro_at(xy)
    keep = (micro >= 0) & ~ground.wet(xy)
    # A door stands at its own road, not in the middle of another one or across a bend of its own.
    tree = shapely.STRtree([road.line for road in roads])
    near, _ = tree.query(shapely.points(xy), predicate="dwithin", distance=setback - 1.0)
    keep[near] = False
    towns = np.array(["\n".join(road.towns) for road in roads], dtype=object)
    own = ground.town[np.maximum(micro, 0)]
    keep &= np.array([t in names for t, names in zip(own, towns[stroke], strict=True)], bool)
    return Doors(xy, stroke, section, side, number, sub, micro).take(keep)


def _along(place: int, road: Stroke, ground: Ground, rng: np.random.Generator) -> Floats:
    """Return the doors of one road: x, y, road, section, side, number, sub-number, setback."""
    lot = rng.uniform(*_LOT_M[road.kind])
    setback = rng.uniform(*_SETBACK_M[road.kind])
    odd_side = int(rng.integers(2))
    only = int(rng.integers(2)) if rng.random() < _ONE_SIDED else -1
    blocks = []
    start = 0.0
    for section, end in enumerate(road.cuts):
        count = int((end - start) // lot)
        for side in (0, 1):
            if side == only or count == 0:
                continue
            k = np.arange(count)
            at = start + (k + 0.5 + rng.uniform(-_JITTER, _JITTER, count)) * lot
            number = 2 * k + (1 if side == odd_side else 2)
            block = np.column_stack(
                [at, np.full(count, section), np.full(count, side), number, np.zeros(count)]
            )
            blocks.append(_thinned(block, road, ground, rng, lot, setback))
        start = end
    if not blocks:
        return np.empty((0, 8))
    block = np.concatenate(blocks)
    point, normal = course(road.line, block[:, 0])
    hand = np.where(block[:, 2] == 0, 1.0, -1.0)[:, None]
    depth = setback + rng.uniform(0.0, 2.0, len(block))
    xy = point + hand * normal * depth[:, None]
    road_of = np.full(len(block), place)
    return np.column_stack([xy, road_of, block[:, 1:], np.full(len(block), setback)])


def _thinned(
    block: Floats,
    road: Stroke,
    ground: Ground,
    rng: np.random.Generator,
    lot: float,
    setback: float,
) -> Floats:
    """Return the lots that have a door, with the sub-numbers of shops."""
    at = block[:, 0]
    apart = np.abs(at[:, None] - road.joints[None, :]).min(axis=1)
    point, normal = course(road.line, at)
    hand = np.where(block[:, 2] == 0, 1.0, -1.0)[:, None]
    micro = ground.micro_at(point + hand * normal * setback)
    density = np.where(micro >= 0, ground.density[np.maximum(micro, 0)], 0.0)
    least = _LEAST[road.kind]
    share = np.minimum(least + (_MOST - least) * density / _FULL_PER_KM2, _MOST)
    keep = (rng.random(len(block)) < share) & (apart > _CORNER_M) & (micro >= 0)
    kept, density = block[keep], density[keep]
    shops = rng.random(len(kept)) < _SHOPS * np.minimum(density / _FULL_PER_KM2, 1.0)
    found = [kept]
    for row in kept[shops & (road.kind != "local")]:
        count = int(rng.integers(2, 7))
        many = np.repeat(row[None, :], count, axis=0)
        many[:, 0] += (np.arange(count) - (count - 1) / 2.0) * (0.8 * lot / count)
        many[:, 4] = np.arange(1, count + 1)
        found.append(many)
    whole = np.concatenate(found)
    return whole[np.lexsort((whole[:, 4], whole[:, 3]))]


def door_rows(doors: Doors, roads: list[Stroke], ground: Ground) -> pd.DataFrame:
    """Return doors as rows of a gazetteer."""
    name, lane = (
        np.array([getattr(road, part) for road in roads], dtype=object)[doors.stroke]
        for part in ("name", "lane")
    )
    sections = [roads[s].sections[k] for s, k in zip(doors.stroke, doors.section, strict=True)]
    return rows(
        doors.xy, "door", "survey_point", "synthetic",
        town=ground.town[doors.micro],
        community=ground.community[doors.micro],
        road=name,
        section=np.array(sections, dtype=object),
        lane=lane,
        number=doors.number.astype(str).astype(object),
        sub_number=np.where(doors.sub > 0, doors.sub.astype(str), "").astype(object),
    )  # fmt: skip
