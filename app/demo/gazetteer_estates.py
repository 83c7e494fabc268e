"""Estates with buildings and units inside the urban micro-grids; some are split over several."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.demo.gazetteer_doors import Doors
from app.demo.gazetteer_ground import Flags, Ground, rows
from app.demo.gazetteer_words import NameBook, estate_name
from app.demo.numbering import reading_order

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Part of the households of an urban micro-grid that live in estates (60 to 80 % of urban
# households do; the rest live above shops and in courtyards).
_SHARE = (0.58, 0.86)
# Buildings stand so far apart and from the border of their grid, metres.
_APART_M, _IN_ROW_M, _FROM_BORDER_M = 34.0, 46.0, 11.0
_SPLIT = 0.34
_TOWERS = 0.06
_GATE_M = 90.0
_UNIT_M = 13.0
_LETTERS = "ABCDEFGHJK"


@dataclass(frozen=True, slots=True)
class Estates:
    """Buildings of all estates, in the order of estate and number.

    Attributes
    ----------
    xy : ndarray of float64, shape (n, 2), metres
    way : ndarray of float64, shape (n, 2)
        Direction in which the units of a building follow each other.
    estate : ndarray of int64, shape (n,)
        Place in `names`.
    label : ndarray of str objects, shape (n,)
        Name of the building: 3栋.
    units, households, micro : ndarray of int64, shape (n,)
    names, town : ndarray of str objects
        Of each estate.
    """

    xy: Floats
    way: Floats
    estate: Ints
    label: npt.NDArray[np.object_]
    units: Ints
    households: Ints
    micro: Ints
    names: npt.NDArray[np.object_]
    town: npt.NDArray[np.object_]


def make_estates(ground: Ground, rng: np.random.Generator) -> Estates:
    """Fill the urban micro-grids with estates.

    Parameters
    ----------
    ground
        Of the city.
    rng
        Where the randomness comes from.
    """
    books: dict[str, NameBook] = {}
    names: list[str] = []
    towns: list[str] = []
    parts: list[Floats] = []
    labels: list[str] = []
    for group, focus in _groups(ground, rng):
        angle = float(rng.uniform(-0.3, 0.3))
        blocks = [_buildings(int(micro), focus, angle, ground, rng) for micro in group]
        block = np.concatenate(blocks)
        if not len(block):
            continue
        block = block[reading_order(block[:, :2])]
        town = str(ground.town[group[0]])
        book = books.setdefault(town, NameBook())
        names.append(_new_name(book, town, rng))
        towns.append(town)
        towers = rng.random() < _TOWERS and len(block) <= len(_LETTERS)
        suffix = "座" if towers else ("幢" if rng.random() < 0.15 else "栋")  # noqa: PLR2004
        labels += [f"{_LETTERS[k] if towers else k + 1}{suffix}" for k in range(len(block))]
        way = np.broadcast_to([np.cos(angle), np.sin(angle)], (len(block), 2))
        parts.append(np.column_stack([block[:, :2], way, block[:, 2:],
                                      np.full(len(block), len(names) - 1)]))  # fmt: skip
    whole = np.concatenate(parts) if parts else np.empty((0, 8))
    units, households, micro, estate = whole[:, 4:].astype(np.int64).T
    return Estates(
        whole[:, :2], whole[:, 2:4], estate, np.array(labels, dtype=object), units, households,
        micro, np.array(names, dtype=object), np.array(towns, dtype=object),
    )  # fmt: skip


def _new_name(book: NameBook, town: str, rng: np.random.Generator) -> str:
    stage = ("", "一期", "二期", "北区", "三期", "南区", "四期", "东区", "西区")
    for tries in range(10_000):
        name = estate_name(rng) + stage[min(tries // 40, len(stage) - 1)]
        if book.free(name, [town]):
            return book.take(name, [town])
    return book.first_free((f"{estate_name(rng)}{k}号院" for k in range(1, 10**6)), [town])


def _groups(ground: Ground, rng: np.random.Generator) -> list[tuple[Ints, Floats | None]]:
    """Return the micro-grids of each estate, with the point on their common border if several."""
    free = ground.urban.copy()
    found: list[tuple[Ints, Floats | None]] = []
    for micro in np.flatnonzero(ground.urban):
        if not free[micro]:
            continue
        free[micro] = False
        if rng.random() < _SPLIT:
            near = np.sort(ground.tree.query(ground.polygons[micro], predicate="touches"))
            near = near[free[near] & (ground.ordinary[near] == ground.ordinary[micro])]
            for other in near:
                shared = shapely.intersection(ground.polygons[micro], ground.polygons[other])
                if shared.length > 2 * _APART_M:
                    free[other] = False
                    point = shapely.get_coordinates(shapely.point_on_surface(shared))[0]
                    found.append((np.array([micro, other], dtype=np.int64), point))
                    break
            else:
                found.append((np.array([micro], dtype=np.int64), None))
            continue
        found.append((np.array([micro], dtype=np.int64), None))
    return found


def _buildings(
    micro: int, focus: Floats | None, angle: float, ground: Ground, rng: np.random.Generator
) -> Floats:
    """Return the buildings in one micro-grid: x, y, units, households, micro-grid.

    They fill places of a turned lattice, those nearest to a focus first, until enough households
    live in them.
    """
    room = shapely.buffer(ground.polygons[micro], -_FROM_BORDER_M)
    places = _lattice(room, angle)
    if not len(places):
        places = shapely.get_coordinates(shapely.point_on_surface(ground.polygons[micro]))
    places = places[~ground.wet(places) & (ground.micro_at(places) == micro)]
    if not len(places):
        return np.empty((0, 5))
    if focus is None:
        focus = places[int(rng.integers(len(places)))]
    order = np.argsort(np.hypot(*(places - focus).T), kind="stable")
    wanted = ground.households[micro] * rng.uniform(*_SHARE)
    found: list[list[float]] = []
    total = 0
    for place in order:
        # Units of a building, and two households on each of its floors.
        units = int(rng.choice([1, 2, 3, 4], p=[0.34, 0.36, 0.22, 0.08]))
        floors = int(rng.integers(3, 8))
        households = min(units * floors * 2, max(round(wanted) - total, units * 2))
        found.append([*places[place], units, households, micro])
        total += households
        if total >= wanted:
            break
    return np.array(found)


def _lattice(room: shapely.Geometry, angle: float) -> Floats:
    """Return the places of a turned lattice inside a shape, metres."""
    if room.is_empty:
        return np.empty((0, 2))
    west, south, east, north = room.bounds
    middle = np.array([(west + east) / 2, (south + north) / 2])
    reach = float(np.hypot(east - west, north - south)) / 2
    x = np.arange(-reach, reach + _IN_ROW_M, _IN_ROW_M)
    y = np.arange(-reach, reach + _APART_M, _APART_M)
    xy = np.column_stack([part.ravel() for part in np.meshgrid(x, y)])
    cos, sin = np.cos(angle), np.sin(angle)
    turned = xy @ np.array([[cos, sin], [-sin, cos]]) + middle
    shapely.prepare(room)
    return np.asarray(turned[shapely.contains_xy(room, turned[:, 0], turned[:, 1])])


def estate_rows(estates: Estates, ground: Ground, kept: Flags) -> list[pd.DataFrame]:
    """Return estates, buildings and units as rows of a gazetteer.

    Parameters
    ----------
    estates
        All of them.
    ground
        Of the city.
    kept : ndarray of bool
        Which estates the gazetteer knows.
    """
    on = kept[estates.estate]
    xy, estate, micro = estates.xy[on], estates.estate[on], estates.micro[on]
    label, units = estates.label[on], estates.units[on]
    words = {
        "town": ground.town[micro],
        "community": ground.community[micro],
        "estate": estates.names[estate],
    }
    # The building nearest to the middle stands for the estate: that is always one of its grids.
    count = np.maximum(np.bincount(estate, minlength=len(estates.names)), 1)
    middle = np.column_stack(
        [np.bincount(estate, xy[:, k], len(estates.names)) / count for k in (0, 1)]
    )
    order = np.lexsort((np.hypot(*(xy - middle[estate]).T), estate))
    first = order[np.unique(estate[order], return_index=True)[1]]
    whole = rows(
        xy[first] + 6.0, "estate", "centroid", "synthetic",
        **{name: column[first] for name, column in words.items()},
    )  # fmt: skip
    buildings = rows(xy, "building", "building_polygon", "synthetic", **words, building=label)
    of = np.repeat(np.arange(len(xy)), units)
    number = np.arange(len(of)) - np.repeat(np.cumsum(units) - units, units)
    along = (number - (units[of] - 1) / 2.0) * np.minimum(_UNIT_M, 1.6 * _FROM_BORDER_M / units[of])
    at = xy[of] + estates.way[on][of] * along[:, None]
    inside = ground.micro_at(at) == micro[of]
    at[~inside] = xy[of[~inside]]
    flats = rows(
        at, "building", "building_polygon", "synthetic",
        **{name: column[of] for name, column in words.items()},
        building=label[of],
        unit=np.array([f"{k + 1}单元" for k in number], dtype=object),
    )  # fmt: skip
    return [whole, buildings, flats]


def gates(estates: Estates, doors: Doors, kept: Flags) -> npt.NDArray[np.object_]:
    """Return for each door the name of the estate whose gate it is, "" for most.

    The gate of an estate is the door of a street nearest to one of its buildings, in its grids.
    """
    found = np.full(len(doors), "", dtype=object)
    plain = np.flatnonzero(doors.sub == 0)
    tree = shapely.STRtree(shapely.points(doors.xy[plain]))
    points = shapely.points(estates.xy)
    building, door = tree.query(points, predicate="dwithin", distance=_GATE_M)
    door = plain[door]
    apart = np.hypot(*(estates.xy[building] - doors.xy[door]).T)
    order = np.lexsort((door, apart, estates.estate[building]))
    done = np.zeros(len(estates.names), dtype=bool)
    for building_, door_ in zip(building[order].tolist(), door[order].tolist(), strict=True):
        estate = int(estates.estate[building_])
        same = doors.micro[door_] == estates.micro[building_]
        if kept[estate] and not done[estate] and same and not found[door_]:
            done[estate] = True
            found[door_] = estates.names[estate]
    return found
