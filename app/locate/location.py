"""The answer of the Locator: one location, or a table of them in columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from app.grids import City, Overlay
from app.locate.runs import starts_of

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


class Status(StrEnum):
    """How sure the answer is."""

    INSIDE = "inside"
    ON_BORDER = "on_border"
    OVERLAP = "overlap"
    NEAREST = "nearest"
    OUTSIDE = "outside"


STATUSES = tuple(Status)


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another grid of the finest level that the point may belong to.

    Attributes
    ----------
    code : str
        Its code.
    distance_m : float
        Metres from the point to it, 0 where it covers the point.
    """

    code: str
    distance_m: float


@dataclass(frozen=True, slots=True)
class Location:
    """Where one point belongs.

    Attributes
    ----------
    lon, lat : float
        The point, WGS-84 degrees.
    status : Status
        How sure the answer is.
    codes : dict of str to str
        Code by level id; a level that has no grid there is absent.
    overlays : dict of str to tuple of str
        Codes by overlay id, every overlay present.
    border_m : float or None
        Metres to the border of the named grid; None where none is named.
    neighbour : str or None
        The grid across that border; None at the edge of the city.
    alternatives : tuple of Alternative
        Other grids that cover the point or lie within the accuracy, nearest first.
    outside_area : str or None
        Name of the neighbouring area that holds the point, where known.
    governed_by : str or None
        Who governs there, where known.
    """

    lon: float
    lat: float
    status: Status
    codes: dict[str, str]
    overlays: dict[str, tuple[str, ...]]
    border_m: float | None
    neighbour: str | None
    alternatives: tuple[Alternative, ...]
    outside_area: str | None
    governed_by: str | None

    @property
    def distance_m(self) -> float | None:
        """Metres to the named grid: 0 where it covers the point, None where none is named."""
        if self.border_m is None:
            return None
        return self.border_m if self.status is Status.NEAREST else 0.0

    @property
    def reason(self) -> str:
        """Why the status is what it is, in English; see `explain` for Chinese."""
        return self.explain("en")

    def explain(self, language: str) -> str:
        """Return one sentence on the status, in ``zh`` or ``en``."""
        return explain(self, language)


def explain(location: Location, language: str) -> str:
    """Return one sentence on why `location` has its status, in ``zh`` or ``en``."""
    zh = language == "zh"
    others = "、".join(alt.code for alt in location.alternatives if alt.distance_m == 0)
    if location.status is Status.INSIDE:
        return ""
    if location.status is Status.ON_BORDER:
        if not others:
            return "正好在城市边界上" if zh else "exactly on the city's edge"
        return (
            f"正好在与 {others} 的共用边界上，按规则取编码最小的网格"
            if zh
            else f"exactly on the border shared with {others}; the lowest code is taken"
        )
    if location.status is Status.OVERLAP:
        return (
            f"边界数据有重叠：{others} 也包含该点，请核对"
            if zh
            else f"the boundaries overlap here: {others} covers the point too; check who comes"
        )
    if location.status is Status.NEAREST:
        return (
            f"该点不在任何网格内，最近的网格距 {location.border_m:.1f} 米"
            if zh
            else f"no grid covers the point; the nearest is {location.border_m:.1f} m away"
        )
    return _explain_outside(location, zh=zh)


def _explain_outside(location: Location, *, zh: bool) -> str:
    if location.governed_by:
        area = location.outside_area or ""
        return (
            f"不在本市网格范围内：{area}由{location.governed_by}管理"
            if zh
            else f"outside: {area} is governed by {location.governed_by}"
        )
    if location.codes:
        deepest = list(location.codes.values())[-1]
        return (
            f"位于 {deepest} 内，但其中没有划定更细的网格"
            if zh
            else f"inside {deepest}, in which no finer grid is drawn"
        )
    return "不在任何网格内" if zh else "outside every grid"


@dataclass(frozen=True, slots=True)
class Ragged:
    """Several rows for each of n points.

    Attributes
    ----------
    first : ndarray of int64, shape (n + 1,)
        Point i owns the entries ``first[i]`` to ``first[i + 1] - 1``.
    row : ndarray of int64, shape (p,)
        Row in the layer.
    metres : ndarray of float64, shape (p,)
        Distance that goes with each entry.
    """

    first: Rows
    row: Rows
    metres: Floats

    @classmethod
    def of(cls, point: Rows, row: Rows, metres: Floats, n: int) -> Ragged:
        """Build from entries that are ordered by point."""
        return cls(starts_of(point, n), row, metres)

    def at(self, index: int) -> slice:
        """Return the entries of one point."""
        return slice(int(self.first[index]), int(self.first[index + 1]))


@dataclass(frozen=True, slots=True)
class LocationTable:
    """Where n points belong, in columns; ``table[i]`` is the `Location` of point i.

    Attributes
    ----------
    city : City
        Whose rows these are.
    lon, lat : ndarray of float64, shape (n,)
        The points, WGS-84 degrees.
    status : ndarray of uint8, shape (n,)
        Index into `STATUSES`.
    rows : ndarray of int32, shape (levels, n)
        Row in each level, coarse to fine; -1 where none.
    overlays : dict of str to Ragged
        Rows in each overlay; none if overlays were not asked for.
    border_m : ndarray of float64, shape (n,)
        Metres to the border of the named grid; NaN where none is named, and where the border was
        not asked for unless the status is nearest.
    neighbour : ndarray of int64, shape (n,)
        Row of the grid across that border in the finest level; -1 for none, or if not asked for.
    alternatives : Ragged
        Rows in the finest level and metres, nearest first.
    outside : ndarray of int32, shape (n,)
        Row in the city's outside areas; -1 for none.
    """

    city: City
    lon: Floats
    lat: Floats
    status: npt.NDArray[np.uint8]
    rows: npt.NDArray[np.int32]
    overlays: dict[str, Ragged]
    border_m: Floats
    neighbour: Rows
    alternatives: Ragged
    outside: npt.NDArray[np.int32]

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.lon)

    def __iter__(self) -> Iterator[Location]:
        """Yield the location of each point in order."""
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int) -> Location:
        """Return the location of one point."""
        levels = self.city.levels
        finest = self.city.finest.codes
        codes = {
            level.id: str(self.city.layer(level.id).codes[row])
            for level, row in zip(levels, self.rows[:, index], strict=True)
            if row >= 0
        }
        own = self.alternatives.at(index)
        alternatives = tuple(
            Alternative(str(finest[row]), float(metres))
            for row, metres in zip(
                self.alternatives.row[own], self.alternatives.metres[own], strict=True
            )
        )
        area = by = None
        if (place := int(self.outside[index])) >= 0:
            area = str(self.city.outside["name"].iat[place])
            by = str(self.city.outside["governed_by"].iat[place])
        border = float(self.border_m[index])
        neighbour = int(self.neighbour[index])
        return Location(
            lon=float(self.lon[index]),
            lat=float(self.lat[index]),
            status=STATUSES[self.status[index]],
            codes=codes,
            overlays={over.id: self._overlay_codes(over, index) for over in self.city.overlays},
            border_m=None if np.isnan(border) else border,
            neighbour=str(finest[neighbour]) if neighbour >= 0 else None,
            alternatives=alternatives,
            outside_area=area,
            governed_by=by,
        )

    def _overlay_codes(self, overlay: Overlay, index: int) -> tuple[str, ...]:
        hits = self.overlays[overlay.id]
        codes = self.city.layer(overlay.id).codes
        return tuple(str(codes[row]) for row in hits.row[hits.at(index)])
