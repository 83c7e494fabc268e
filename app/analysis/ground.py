"""What figures of a city stand on: areas, households, neighbours, and what lies in what.

Everything is read from the opened city when it is first asked for, and kept: a city does not
change while it is open.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt
import shapely

from app.errors import BadInputError
from app.geo.plane import Plane
from app.geo.quick_plane import QuickPlane
from app.grids import City, Layer, Level
from app.grids.coverage import union_of

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Rows32 = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]
Kept = TypeVar("Kept")

# Of what is large and made for the options of one question, so many are kept.
_RECENT = 4

HOUSEHOLDS = "households"
# Grids this near to each other share a border: corners that are one point on the ground may differ
# by the rounding of degrees (0.1 mm).
_BESIDE_DEG = 1e-9


@dataclass(frozen=True, slots=True)
class Area:
    """A grid of some level, as the ground to which figures are limited.

    Attributes
    ----------
    level : str
        Id of its level.
    row : int
        Its row in the layer.
    code, name : str
    """

    level: str
    row: int
    code: str
    name: str


class Ground:
    """What a city's figures stand on.

    Parameters
    ----------
    city
        The opened city.
    """

    def __init__(self, city: City) -> None:
        self.city = city
        self.plane = Plane(city.manifest.metric_crs)
        self._kept: dict[tuple[Any, ...], Any] = {}
        self._recent: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._making = threading.RLock()

    @cached_property
    def quick_plane(self) -> QuickPlane:
        """The projection for very many points, over the extent of the city."""
        return QuickPlane(self.plane, self.city.bounds)

    @cached_property
    def levels(self) -> tuple[str, ...]:
        """Ids of the levels, coarse to fine."""
        return tuple(level.id for level in self.city.levels)

    def layer(self, level: str) -> Layer:
        """Return the layer of a level.

        Raises
        ------
        BadInputError
            If there is no such level; overlays, which do not tile the city, are none.
        """
        if level not in self.levels:
            raise BadInputError(
                f"level is {level!r:.80}, allowed are {list(self.levels)}",
                message_zh=f"层级为 {level!r:.80}，可用：{'、'.join(self.levels)}",
            )
        return self.city.layer(level)

    def area(self, code: str) -> Area:
        """Return a grid of a level as an area.

        Raises
        ------
        NotFoundError
            If no grid has this code.
        BadInputError
            If it is that of an overlay: only levels tile the ground.
        """
        grid = self.city.find(code)
        if not isinstance(grid.part, Level):
            raise BadInputError(
                f"the area {code!r} is a grid of the overlay {grid.part.id!r}, allowed are grids "
                f"of the levels {list(self.levels)}",
                "Name the grid of a level in which it lies.",
                message_zh=f"区域 {code!r} 属于{grid.part.name}，只能用层级网格："
                f"{'、'.join(self.levels)}",
                hint_zh="请改用其所在的层级网格编码。",
            )
        return Area(grid.part.id, grid.row, grid.code, grid.name)

    def above(self, level: str, upper: str) -> Rows32:
        """Return for each grid of a level the row of the grid of `upper` in which it lies.

        Parameters
        ----------
        level, upper
            Ids of levels, `upper` the same or coarser.

        Returns
        -------
        ndarray of int32, shape (n,)
            -1 where the city records no parent.
        """
        names = self.levels
        low, high = names.index(level), names.index(upper)
        if high > low:
            raise BadInputError(
                f"level is {level!r}, which is coarser than {upper!r}",
                f"Ask for one of {list(names[high:])}.",
                message_zh=f"层级 {level!r} 比 {upper!r} 更粗",
                hint_zh=f"请改用 {'、'.join(names[high:])}。",
            )

        def make() -> Rows32:
            rows = np.arange(len(self.layer(level)), dtype=np.int32)
            for ident in names[low:high:-1]:
                parents = self.layer(ident).parent_row
                rows = np.where(rows >= 0, parents[rows], np.int32(-1))
            return rows

        return self.keep(("above", level, upper), make)

    def within(self, level: str, area: Area | None) -> Mask:
        """Tell which grids of a level lie in an area; all for None.

        Raises
        ------
        BadInputError
            If the level is coarser than the area.
        """
        if area is None:
            return np.ones(len(self.layer(level)), dtype=np.bool_)
        self.layer(level)
        return np.asarray(self.above(level, area.level) == area.row)

    def area_km2(self, level: str) -> Floats:
        """Return the area of each grid of a level, km²."""
        return self.keep(
            ("area", level), lambda: self.plane.area_m2(self.layer(level).geometry) / 1e6
        )

    def households(self, level: str) -> Floats | None:
        """Return the households of each grid of a level, NaN where they are not known.

        What a level does not hold itself is the sum of the next finer one that does; a grid of
        which a part is not known is not known. None if no level holds any.
        """
        return self.keep(("households", level), lambda: self._count_households(level))

    def neighbours(self, level: str) -> tuple[Rows, Rows]:
        """Return the pairs of grids of a level that share a border, if only a point (queen).

        Returns
        -------
        left, right : ndarray of int64, shape (pairs,)
            Rows; every pair in both directions, ordered by `left` and then `right`.
        """

        def make() -> tuple[Rows, Rows]:
            shapes = self.layer(level).geometry
            tree = shapely.STRtree(shapes)
            left, right = tree.query(shapes, predicate="dwithin", distance=_BESIDE_DEG)
            apart = left != right
            left, right = left[apart], right[apart]
            order = np.lexsort((right, left))
            return left[order].astype(np.int64), right[order].astype(np.int64)

        return self.keep(("neighbours", level), make)

    def shape(self, area: Area | None) -> shapely.Geometry:
        """Return the ground of an area, or of the whole city, in metres of the metric CRS."""

        def make() -> shapely.Geometry:
            if area is not None:
                whole = self.layer(area.level).geometry[area.row]
            else:
                shapes = self.layer(self.levels[0]).geometry
                matched = shapely.is_empty(shapely.coverage_invalid_edges(shapes))
                whole = union_of(shapes, matched=matched)
            # Straight in degrees; in the plane the vertices are far too close to tell.
            return shapely.make_valid(shapely.transform(whole, self.plane.to_metres))

        return self.keep(("shape", area and (area.level, area.row)), make)

    def name(self, level: str) -> str:
        """Return the shown name of a level."""
        return self.layer(level).part.name

    def _count_households(self, level: str) -> Floats | None:
        frame = self.layer(level).frame
        if HOUSEHOLDS in frame.columns:
            return np.asarray(
                frame[HOUSEHOLDS].astype("Float64").to_numpy(np.float64, na_value=np.nan)
            )
        place = self.levels.index(level) + 1
        if place == len(self.levels):
            return None
        finer = self.households(self.levels[place])
        if finer is None:
            return None
        parents = self.layer(self.levels[place]).parent_row
        held = parents >= 0
        count = len(frame)
        total = np.bincount(parents[held], finer[held], minlength=count)
        total[np.bincount(parents[held], minlength=count) == 0] = np.nan
        return np.asarray(total)

    def keep(self, key: tuple[Any, ...], make: Callable[[], Kept]) -> Kept:
        """Return what a key stands for, made when it is first asked for, and kept for good."""
        found = self._kept.get(key)
        if found is None:
            with self._making:
                found = self._kept.get(key)
                if found is None:
                    found = self._kept[key] = (make(),)
        return cast("Kept", found[0])

    def keep_some(self, key: tuple[Any, ...], make: Callable[[], Kept]) -> Kept:
        """Return what a key stands for, and keep it until a few others were asked for since."""
        with self._making:
            if key not in self._recent:
                self._recent[key] = make()
                while len(self._recent) > _RECENT:
                    self._recent.popitem(last=False)
            self._recent.move_to_end(key)
            return cast("Kept", self._recent[key])


def check_level(ground: Ground, level: str) -> str:
    """Return a level's id, the finest for "".

    Raises
    ------
    BadInputError
        If there is no such level.
    """
    if not level:
        return ground.levels[-1]
    ground.layer(level)
    return level
