"""The map of a report: towns, and finest grids tinted by how many addresses fell into each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from app.grids import City

# Units of the picture; it is shown as wide as the page lets it.
WIDTH = 680.0
_MARGIN = 8.0
# Borders are drawn as finely as this many units; for more grids than that, not at all.
_TOLERANCE = 0.5
_MOST_GRIDS = 20_000
# With more grids than that, those of one colour are one shape, and none says its code.
_MOST_TITLES = 6_000
# Degrees of colour, and how much of it is laid on the land.
SHARES = (0.16, 0.34, 0.54, 0.76, 1.0)
_LABEL_PX = 13.0

Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Tint:
    """A class of the legend.

    Attributes
    ----------
    low, high : int
        Addresses in a grid, both counted in.
    share : float
        How strong its colour is, 0 to 1.
    """

    low: int
    high: int
    share: float


@dataclass(frozen=True, slots=True)
class Label:
    """A name on the map, in units of the picture."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Filled:
    """Grids of one colour.

    Attributes
    ----------
    share : float
        How strong it is.
    path : str
        Path data of SVG.
    title : str
        What is shown where the pointer rests on it, "" for nothing.
    """

    share: float
    path: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class AddressMap:
    """What a template draws.

    Attributes
    ----------
    width, height : float
        Of the picture.
    outside, grids, towns : str
        Path data of SVG: areas that others govern, borders of the finest level, of the coarsest.
    filled : list of Filled
        Grids that have addresses.
    labels : list of Label
        Names of the coarsest level.
    tints : list of Tint
        The legend.
    """

    width: float
    height: float
    outside: str
    grids: str
    towns: str
    filled: list[Filled]
    labels: list[Label]
    tints: list[Tint]


def address_map(city: City, counts: Mapping[str, int]) -> AddressMap:
    """Draw a city.

    Parameters
    ----------
    city
        The city.
    counts
        Addresses by code of the finest grid.
    """
    top = city.layer(city.levels[0].id)
    finest = city.finest
    place = _Placement(top.geometry)
    tints = tints_of(list(counts.values()))
    rows = [row for row, code in enumerate(finest.codes) if counts.get(code)]
    told = [(finest.codes[row], counts[finest.codes[row]]) for row in rows]
    if len(finest) <= _MOST_GRIDS:
        shapes = _simplified(place.moved(finest.geometry))
        grids, own = _path(shapes), [shapes[row] for row in rows]
    else:
        # So many borders would be ink all over; those with addresses show as areas alone.
        grids, own = "", list(_simplified(place.moved(finest.geometry[rows])))
    towns = _simplified(place.moved(top.geometry))
    outside = np.asarray(city.outside.geometry.array, dtype=object)
    return AddressMap(
        width=WIDTH,
        height=place.height,
        outside=_path(_simplified(place.moved(outside))) if len(outside) else "",
        grids=grids,
        towns=_path(towns) if len(city.levels) > 1 else "",
        filled=_filled(own, told, tints),
        labels=_labels(towns, top.names.tolist()) if len(city.levels) > 1 else [],
        tints=tints,
    )


def tints_of(counts: Sequence[int]) -> list[Tint]:
    """Return classes that hold about equally many grids, fewer where counts repeat."""
    values = np.sort(np.array([count for count in counts if count > 0], dtype=np.int64))
    if not len(values):
        return []
    cuts = np.quantile(values, np.linspace(0, 1, len(SHARES) + 1)[1:], method="inverted_cdf")
    highs = sorted({int(cut) for cut in cuts})
    lows = [int(values[0]), *(high + 1 for high in highs[:-1])]
    strengths = SHARES[-len(highs) :] if len(highs) > 1 else SHARES[2:3]
    return [Tint(*one) for one in zip(lows, highs, strengths, strict=True)]


class _Placement:
    """Brings degrees to units of the picture: equally far in both directions at its middle."""

    def __init__(self, shapes: Shapes) -> None:
        west, south, east, north = shapely.total_bounds(shapes)
        self._turn = math.cos(math.radians((south + north) / 2))
        self._scale = (WIDTH - 2 * _MARGIN) / max((east - west) * self._turn, 1e-9)
        self._west, self._north = west, north
        self.height = round((north - south) * self._scale + 2 * _MARGIN, 1)

    def moved(self, shapes: Shapes) -> Shapes:
        def to_units(lon_lat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
            x = (lon_lat[:, 0] - self._west) * self._turn * self._scale + _MARGIN
            y = (self._north - lon_lat[:, 1]) * self._scale + _MARGIN
            return np.column_stack([x, y])

        return np.asarray(shapely.transform(shapes, to_units), dtype=object)


def _simplified(shapes: Shapes) -> Shapes:
    """Simplify a coverage with its shared borders kept shared; a defective one shape by shape."""
    if not len(shapes):
        return shapes
    if shapely.coverage_is_valid(shapes):
        return np.asarray(shapely.coverage_simplify(shapes, _TOLERANCE), dtype=object)
    return np.asarray(shapely.simplify(shapes, _TOLERANCE / 2), dtype=object)


def _path(shapes: Sequence[shapely.Geometry] | Shapes) -> str:
    """Return the path data of the rings of polygons, in tenths of a unit."""
    steps = []
    for polygon in shapely.get_parts(np.asarray(list(shapes), dtype=object)):
        for ring in shapely.get_rings(polygon):
            xy = np.round(shapely.get_coordinates(ring)[:-1], 1)
            steps.append("M" + "L".join(f"{x:g} {y:g}" for x, y in xy.tolist()) + "z")
    return "".join(steps)


def _filled(
    shapes: Sequence[shapely.Geometry], own: Sequence[tuple[str, int]], tints: Sequence[Tint]
) -> list[Filled]:
    highs = np.array([tint.high for tint in tints], dtype=np.int64)
    classes = np.searchsorted(highs, [count for _, count in own]).tolist()
    if len(own) > _MOST_TITLES:
        return [
            Filled(
                tint.share,
                _path([one for one, found in zip(shapes, classes, strict=True) if found == place]),
            )
            for place, tint in enumerate(tints)
        ]
    return [
        Filled(tints[place].share, _path([shape]), f"{code}：{count}")
        for shape, (code, count), place in zip(shapes, own, classes, strict=True)
    ]


def _labels(shapes: Shapes, names: Sequence[str]) -> list[Label]:
    """Place a name in each shape, the largest first; one that would cover another is left out."""
    taken: list[tuple[float, float, float, float]] = []
    labels = []
    for row in np.argsort(-shapely.area(shapes)).tolist():
        point = shapely.point_on_surface(shapes[row])
        wide, high = _LABEL_PX * len(names[row]) + 4, _LABEL_PX + 4
        x = min(max(point.x, wide / 2), WIDTH - wide / 2)
        box = (x - wide / 2, point.y - high / 2, x + wide / 2, point.y + high / 2)
        if any(_cross(box, one) for one in taken):
            continue
        taken.append(box)
        labels.append(Label(round(x, 1), round(point.y + _LABEL_PX / 3, 1), names[row]))
    return labels


def _cross(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
