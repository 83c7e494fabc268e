"""A synthetic county whose door plates count as Taiwanese ones do, made from a seed.

No place in it exists. What it has in common with real counties is what makes their addresses hard:
neighbourhoods (鄰), lanes (巷) off roads and alleys (弄) off lanes, sections (段) that count anew,
road names in several towns, roads along and across the borders of villages, streets with one side,
sides out of order, villages without roads whose numbers count through the village or through each
neighbourhood, numbers twice on a road, and points far off.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from tests.addresses.county_names import Words, road_words
from tests.cities import make_city

ORIGIN = (121.6, 24.5)
# Metres for a degree there.
M_LON, M_LAT = 101_300.0, 110_800.0
# Towns are squares of CELLS × CELLS villages; in their middle lie BLOCKS × BLOCKS blocks of houses.
CELLS, CELL_M = 4, 1700.0
BLOCKS, BLOCK_M = 8, 105.0
COUNTY = "蘭東縣"
ONE_SIDED, DISORDERED, OUTLIERS, TWICE, SHARED, RENUMBERED = 0.12, 0.10, 0.012, 0.006, 0.3, 0.004


class Door(NamedTuple):
    """A door as it is; `x` and `y` are its point on record, which may be far off."""

    town: str
    village: str
    group: int
    road: str
    section: int
    lane: str
    alley: str
    number: int
    sub: int
    temporary: bool
    x: float
    y: float


class Street(NamedTuple):
    """What numbers count along: a way and the words that name it."""

    town: str
    road: str
    section: int
    lane: str
    alley: str
    way: shapely.LineString
    first: int
    gap_m: float
    chance: float


@dataclass(frozen=True)
class County:
    """Neighbourhoods with their shapes, and doors in random order."""

    towns: list[str]
    # (town, village, neighbourhood) of each shape.
    named: list[tuple[str, str, int]]
    shapes: list[shapely.Polygon]
    doors: list[Door]

    def city(self, folder: Path, finest: str, *, named: bool = True):
        """Write a city whose finest grids are villages or neighbourhoods."""
        levels = {"town": self._layer(1, named), "village": self._layer(2, named)}
        if finest == "group":
            levels["group"] = self._layer(3, named)
        return make_city(folder, levels)

    def code(self, place: tuple[str, str, int], finest: str) -> str:
        """Return the code of the grid that a place is, or lies in."""
        return self._codes[2 if finest == "village" else 3][
            place[: 2 if finest == "village" else 3]
        ]

    @property
    def _codes(self):
        found = {}
        for depth in (1, 2, 3):
            places = sorted({one[:depth] for one in self.named})
            found[depth] = {one: f"{'tvg'[depth - 1]}{at:05d}" for at, one in enumerate(places)}
        return found

    def _layer(self, depth: int, named: bool) -> gpd.GeoDataFrame:
        codes = self._codes
        shapes: dict[tuple, list] = {}
        for place, shape in zip(self.named, self.shapes, strict=True):
            shapes.setdefault(place[:depth], []).append(shape)
        rows = []
        for place, parts in sorted(shapes.items(), key=lambda one: codes[depth][one[0]]):
            name = f"{place[2]}鄰" if depth == 3 else place[depth - 1]
            parent = codes[depth - 1][place[: depth - 1]] if depth > 1 else ""
            code = codes[depth][place]
            rows.append((code, name if named else code, parent, _degrees(shapely.union_all(parts))))
        columns = zip(*rows, strict=True)
        code, name, parent, shape = (list(one) for one in columns)
        return gpd.GeoDataFrame(
            {"code": code, "name": name, "parent": parent}, geometry=shape, crs="EPSG:4326"
        )


def _degrees(shape):
    return shapely.transform(shape, lambda xy: xy / (M_LON, M_LAT) + ORIGIN)


def degrees(x: float, y: float) -> tuple[float, float]:
    """Return the longitude and latitude of a point in metres."""
    return ORIGIN[0] + x / M_LON, ORIGIN[1] + y / M_LAT


def make_county(seed: int, columns: int = 4, rows: int = 3) -> County:
    """Return a county of columns × rows towns; 4 × 3 make about 30,000 doors."""
    return _Maker(seed, columns, rows).county()


class _Maker:
    def __init__(self, seed: int, columns: int, rows: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.columns, self.rows = columns, rows
        self.words = Words(self.rng)
        self.towns = [self.words.town() for _ in range(columns * rows)]
        self.common = [road_words(self.rng) for _ in range(40)]
        self.named: list[tuple[str, str, int]] = []
        self.shapes: list[shapely.Polygon] = []
        self.streets: list[Street] = []
        self.hamlets: list[tuple[str, str, list[int], bool]] = []

    def county(self) -> County:
        lattice = self._lattice(self.columns * CELLS, self.rows * CELLS, CELL_M, 0.12)
        for at, town in enumerate(self.towns):
            column, row = at % self.columns, at // self.columns
            self._town(town, lattice, column * CELLS, row * CELLS)
        self._trunks(lattice)
        self.tree = shapely.STRtree(self.shapes)
        doors = [door for street in self.streets for door in self._along(street)]
        for hamlet in self.hamlets:
            doors += self._hamlet(*hamlet)
        doors = [self._misplaced(door) for door in self._repeated(doors)]
        order = self.rng.permutation(len(doors))
        return County(self.towns, self.named, self.shapes, [doors[at] for at in order])

    def _lattice(self, columns: int, rows: int, step: float, jitter: float) -> np.ndarray:
        grid = np.stack(
            np.meshgrid(np.arange(columns + 1), np.arange(rows + 1), indexing="ij"), axis=-1
        ).astype(float)
        grid[1:-1, 1:-1] += self.rng.uniform(-jitter, jitter, (columns - 1, rows - 1, 2))
        return grid * step

    def _town(self, town: str, lattice: np.ndarray, column: int, row: int) -> None:
        rng = self.rng
        middle = lattice[column + CELLS // 2, row + CELLS // 2]
        blocks = self._lattice(BLOCKS, BLOCKS, BLOCK_M, 0.12) + middle - BLOCKS * BLOCK_M / 2
        urban = _ring(blocks, 0, 0, BLOCKS)
        self._blocks(town, blocks)
        self._roads_of_blocks(town, blocks)
        for i in range(column, column + CELLS):
            for j in range(row, row + CELLS):
                village = self.words.village(town)
                corners = [
                    lattice[i, j],
                    lattice[i + 1, j],
                    lattice[i + 1, j + 1],
                    lattice[i, j + 1],
                ]
                parts = _quarters(corners, urban)
                places = [len(self.shapes) + at for at in range(len(parts))]
                for number, part in enumerate(parts, 1):
                    self.named.append((town, village, number))
                    self.shapes.append(part)
                if rng.random() < 0.55:
                    self.hamlets.append((town, village, places, rng.random() < 0.4))
                else:
                    self._village_road(town, corners)

    def _blocks(self, town: str, blocks: np.ndarray) -> None:
        """Villages of 4 × 2 blocks, neighbourhoods of two blocks in them."""
        for left in range(0, BLOCKS, 4):
            for low in range(0, BLOCKS, 2):
                village = self.words.village(town)
                for number, i in enumerate(range(left, left + 4), 1):
                    self.named.append((town, village, number))
                    self.shapes.append(
                        shapely.Polygon([
                            blocks[i, low], blocks[i + 1, low], blocks[i + 1, low + 1],
                            blocks[i + 1, low + 2], blocks[i, low + 2], blocks[i, low + 1],
                        ])
                    )  # fmt: skip

    def _road(self) -> str:
        if self.rng.random() < SHARED:
            return self.common[self.rng.integers(len(self.common))]
        return self.words.road()

    def _roads_of_blocks(self, town: str, blocks: np.ndarray) -> None:
        """Streets along the blocks, each line one road or two, and lanes into the blocks."""
        rng = self.rng
        taken: set[str] = set()
        for across in (False, True):
            for line in range(BLOCKS + 1):
                nodes = blocks[:, line] if across else blocks[line]
                cuts = [0, BLOCKS] if rng.random() < 0.6 else [0, int(rng.integers(3, 6)), BLOCKS]
                for low, high in pairwise(cuts):
                    road = self._road()
                    if road in taken:
                        continue
                    taken.add(road)
                    way = shapely.LineString(nodes[low : high + 1])
                    main = Street(town, road, 0, "", "", way, 1, rng.uniform(9, 16), 0.75)
                    self.streets.append(main)
                    self._lanes(main, 3)

    def _lanes(self, main: Street, most: int, depth_m: float = 85.0) -> None:
        rng = self.rng
        for _ in range(int(rng.integers(0, most + 1))):
            at = rng.uniform(0.05, 0.95) * main.way.length
            number = _number_at(main, at) + int(rng.integers(0, 2))
            start, on = _node(main.way, at), _node(main.way, at + 5.0)
            along = (on - start) / max(np.hypot(*(on - start)), 1e-9)
            side = 1.0 if number % 2 == 0 else -1.0
            into = np.array([along[1], -along[0]]) * side
            way = shapely.LineString([start + 12 * into, start + depth_m * into])
            lane = Street(main.town, main.road, main.section, f"{number}", "", way, 1, 14.0, 0.7)
            self.streets.append(lane)
            if rng.random() < 0.3:
                turn = start + 50 * into
                end = turn + 40 * along * (1 if rng.random() < 0.5 else -1)
                alley = lane._replace(
                    alley=f"{int(rng.integers(2, 12))}", way=shapely.LineString([turn, end])
                )
                self.streets.append(alley)

    def _village_road(self, town: str, corners: list[np.ndarray]) -> None:
        a, b, c, d = (np.asarray(one) for one in corners)
        road = self._road()
        low, high = (
            a + (b - a) * self.rng.uniform(0.3, 0.7),
            d + (c - d) * self.rng.uniform(0.3, 0.7),
        )
        way = shapely.LineString([low, (low + high) / 2 + self.rng.normal(0, 60, 2), high])
        main = Street(town, road, 0, "", "", way, 1, 28.0, 0.5)
        self.streets.append(main)
        self._lanes(main, 4, 200.0)

    def _trunks(self, lattice: np.ndarray) -> None:
        """Roads through several towns, in sections, along borders of villages or across them."""
        names = [self.common[at] for at in self.rng.choice(len(self.common), 8, replace=False)]
        for at, road in enumerate(names):
            across = at % 2 == 0
            lines = lattice.shape[1 if across else 0]
            line = int(self.rng.integers(1, lines - 1))
            nodes = lattice[:, line] if across else lattice[line]
            if at % 4 >= 2:
                other = lattice[:, line - 1] if across else lattice[line - 1]
                nodes = (nodes + other) / 2
            numbered = at < 6
            number, section = 1, 1
            for step in range(len(nodes) - 1):
                way = shapely.LineString(nodes[step : step + 2])
                town = self._town_at(way)
                following = (
                    self._town_at(shapely.LineString(nodes[step + 1 : step + 3]))
                    if step + 2 < len(nodes)
                    else ""
                )
                street = Street(
                    town, road, section if numbered else 0, "", "", way, number, 20.0, 0.5
                )
                self.streets.append(street)
                self._lanes(street, 3, 150.0)
                # Numbers go on through a section and through villages, and begin anew behind it.
                number = _number_at(street, way.length) + 2
                if numbered and step % 3 == 2:
                    section, number = section + 1, 1
                elif not numbered and following != town:
                    number = 1

    def _town_at(self, way: shapely.LineString) -> str:
        x, y = _node(way, way.length / 2)
        column = min(int(x / (CELLS * CELL_M)), self.columns - 1)
        return self.towns[min(int(y / (CELLS * CELL_M)), self.rows - 1) * self.columns + column]

    # --- doors ---------------------------------------------------------------------------------

    def _along(self, street: Street) -> list[Door]:
        rng = self.rng
        sides = [0, 1]
        if rng.random() < ONE_SIDED:
            sides = [int(rng.integers(2))]
        doors = []
        for side in sides:
            count = int(street.way.length / street.gap_m)
            numbers = [street.first + 2 * at + side for at in range(count)]
            places = [(at + rng.uniform(0.2, 0.8)) * street.gap_m for at in range(count)]
            if rng.random() < DISORDERED:
                places = self._disorder(places)
            for number, at in zip(numbers, places, strict=True):
                if rng.random() > street.chance:
                    continue
                doors += self._doors(street, number, at)
        return doors

    def _disorder(self, places: list[float]) -> list[float]:
        if len(places) < 6:
            return places
        cut = sorted(self.rng.choice(len(places), 2, replace=False))
        return places[cut[1] :] + places[cut[0] : cut[1]] + places[: cut[0]]

    def _doors(self, street: Street, number: int, at: float) -> list[Door]:
        rng = self.rng
        hand, off = 1.0 if number % 2 == 0 else -1.0, rng.uniform(6, 11)
        subs = [0]
        if rng.random() < 0.14:
            subs += list(range(1, int(rng.integers(2, 6))))
            if rng.random() < 0.15:
                subs.remove(0)
        found = []
        for sub in subs:
            x, y = _beside(street.way, at + 0.8 * sub, hand * (off + rng.uniform(0, 3) * sub))
            place = self._place(x, y)
            if place is None:
                continue
            town, village, group = place
            found.append(Door(
                town, village, group, street.road, street.section, street.lane, street.alley,
                number, sub, rng.random() < 0.005, x, y,
            ))  # fmt: skip
        return found

    def _place(self, x: float, y: float) -> tuple[str, str, int] | None:
        hits = self.tree.query(shapely.Point(x, y), predicate="intersects")
        return self.named[int(hits[0])] if len(hits) else None

    def _hamlet(self, town: str, village: str, places: list[int], by_group: bool) -> list[Door]:
        """A village without roads: its numbers count through it or through each neighbourhood."""
        rng = self.rng
        doors: list[Door] = []
        number = 0
        for at in places:
            shape = self.shapes[at]
            _, _, group = self.named[at]
            number = 0 if by_group else number
            left, low, right, high = shape.bounds
            for _ in range(int(rng.integers(1, 3))):
                middle = np.array([rng.uniform(left, right), rng.uniform(low, high)])
                for _ in range(int(rng.integers(8, 26))):
                    number += int(rng.integers(1, 3))
                    x, y = middle + rng.normal(0, 70, 2)
                    if not shape.contains(shapely.Point(x, y)):
                        continue
                    subs = range(int(rng.integers(1, 4))) if rng.random() < 0.2 else (0,)
                    doors += [
                        Door(
                            town, village, group, "", 0, "", "", number, sub, False, x + 2 * sub, y
                        )
                        for sub in subs
                    ]
        return doors

    def _repeated(self, doors: list[Door]) -> list[Door]:
        """Give some doors of a road a number that the road has elsewhere, and write some twice."""
        rng = self.rng
        found = []
        for one in doors:
            door = one
            if one.road and rng.random() < RENUMBERED:
                door = one._replace(number=max(1, one.number - 2 * int(rng.integers(8, 40))))
            found.append(door)
            if rng.random() < TWICE:
                x, y = rng.normal(0, 4, 2)
                found.append(door._replace(x=door.x + x, y=door.y + y))
        return found

    def _misplaced(self, door: Door) -> Door:
        if self.rng.random() > OUTLIERS:
            return door
        angle, far = self.rng.uniform(0, 2 * np.pi), self.rng.uniform(100, 900)
        x, y = door.x + far * np.cos(angle), door.y + far * np.sin(angle)
        wide, high = self.columns * CELLS * CELL_M, self.rows * CELLS * CELL_M
        return door._replace(x=float(np.clip(x, 1, wide - 1)), y=float(np.clip(y, 1, high - 1)))


def _node(way: shapely.LineString, at: float) -> np.ndarray:
    point = way.interpolate(at)
    return np.array([point.x, point.y])


def _beside(way: shapely.LineString, at: float, off: float) -> tuple[float, float]:
    """Return the point beside a way, to its right where `off` is positive, metres."""
    at = min(at, way.length - 1.0)
    here, on = _node(way, at), _node(way, at + 1.0)
    along = (on - here) / max(np.hypot(*(on - here)), 1e-9)
    x, y = here + np.array([along[1], -along[0]]) * off
    return float(x), float(y)


def _number_at(street: Street, at: float) -> int:
    return street.first + 2 * int(at / street.gap_m)


def _ring(nodes: np.ndarray, i: int, j: int, size: int) -> shapely.Polygon:
    low, high = slice(i, i + size + 1), slice(j, j + size + 1)
    return shapely.Polygon(
        [*nodes[low, j], *nodes[i + size, high], *nodes[low, j + size][::-1], *nodes[i, high][::-1]]
    )


def _quarters(corners: list[np.ndarray], urban: shapely.Polygon) -> list[shapely.Polygon]:
    """Return a cell without the blocks of its town, in four."""
    a, b, c, d = (np.asarray(one) for one in corners)
    middle = (a + b + c + d) / 4
    ab, bc, cd, da = (a + b) / 2, (b + c) / 2, (c + d) / 2, (d + a) / 2
    quads = [(a, ab, middle, da), (ab, b, bc, middle), (middle, bc, c, cd), (da, middle, cd, d)]
    return [shapely.Polygon(quad).difference(urban) for quad in quads]
