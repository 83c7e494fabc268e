"""A later edition of a demo city: what becomes of its boundaries is made up, and known.

Some grids of the finest level are split, merged, redrawn, renamed, recoded, or put under another
parent. The tiling stays one: a grid is split along a line between two of its corners, and a border
is redrawn by a corner that both its grids get. Everything else is that of the city.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.errors import BadInputError
from app.geo.plane import Plane
from app.grids import City
from app.grids.certificate import CERTIFICATE_FILE, CERTIFICATE_TABLE
from app.grids.certify import certify
from app.grids.manifest import Level, Manifest, Overlay
from app.grids.replace import with_kept
from app.grids.store import write_city

# A grid is split into parts of about one size, and a border moves by so much of the way.
_EVEN, _BUMP = 0.25, 0.5
_MOST_CORNERS = 60
_NUMBERED = re.compile(r"(.*?)(\d+)")


@dataclass(frozen=True, slots=True)
class Edit:
    """What was made up for some grids of the finest level.

    Attributes
    ----------
    kind : str
        ``split``, ``merged``, ``redrawn``, ``renamed``, ``recoded`` or ``moved`` (to another
        parent).
    before, after : tuple of str
        Codes before and after.
    """

    kind: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(slots=True)
class NextEdition:
    """A later edition that is not written yet.

    Attributes
    ----------
    city : City
        The edition from which it was made.
    manifest : Manifest
    frames : dict of str to GeoDataFrame
        By level and overlay.
    edits : list of Edit
    """

    city: City
    manifest: Manifest
    frames: dict[str, gpd.GeoDataFrame]
    edits: list[Edit] = field(default_factory=list)

    def write(self, folder: Path) -> Manifest:
        """Write it as a city folder, with the tables and base layers of the city that it is of."""
        parts: tuple[Level | Overlay, ...] = (*self.manifest.levels, *self.manifest.overlays)
        files: dict[str, pd.DataFrame | str | Path] = {
            part.file: self.frames[part.id] for part in parts
        }
        files[CERTIFICATE_FILE] = certify(self.manifest, self.frames).to_json()
        manifest, kept = with_kept(folder, self.manifest, self.city.folder)
        return write_city(folder, manifest, {**files, **kept})


def next_edition(
    city: City, name: str, valid_from: dt.date, numbers: Mapping[str, int], seed: int = 1
) -> NextEdition:
    """Make up a later edition of a city.

    Parameters
    ----------
    city
        The edition from which it is made; must say that it is synthetic.
    name, valid_from
        Of the new edition.
    numbers
        How many edits of which kind, see `Edit`. A grid takes part in one of them at most.
    seed
        Of what is chosen.

    Raises
    ------
    BadInputError
        If the city is real, or has too few grids for the edits.
    """
    if not city.manifest.synthetic:
        raise BadInputError(
            f"{city.manifest.name} is not synthetic: no edition of real boundaries is made up",
            message_zh=f"{city.manifest.name} 不是合成数据：不为真实边界虚构版本",
        )
    maker = _Maker(city, np.random.default_rng(seed))
    makers = {
        "split": maker.split, "merged": maker.merge, "redrawn": maker.redraw,
        "renamed": maker.rename, "recoded": maker.recode, "moved": maker.move,
    }  # fmt: skip
    edits = []
    for kind, count in numbers.items():
        for _ in range(count):
            edits.append(makers[kind]())
    parts: tuple[Level | Overlay, ...] = (*city.levels, *city.overlays)
    manifest = dataclasses.replace(
        city.manifest, generation=name, valid_from=valid_from, sha256={},
        tables={CERTIFICATE_TABLE: CERTIFICATE_FILE},
        levels=tuple(dataclasses.replace(one, expected=None) for one in city.levels),
        bases=(), outside_file="",
    )  # fmt: skip
    frames = {one.id: city.frame(one.id) for one in parts} | maker.frames()
    return NextEdition(city, manifest, frames, edits)


class _Maker:
    """Edits the finest level of a city, each grid once at most."""

    def __init__(self, city: City, rng: np.random.Generator) -> None:
        self._city = city
        self._plane = Plane(city.manifest.metric_crs)
        layer = city.finest
        self._rows: dict[str, dict[str, Any]] = {
            row["code"]: row for row in layer.frame.to_dict("records")
        }
        self._known = set(layer.codes)
        self._moved_parents: set[str] = set()
        order = rng.permutation(len(layer))
        self._free = [str(layer.codes[row]) for row in order]
        self._siblings: dict[str, list[str]] = {}
        for code, parent in zip(layer.codes, layer.parents, strict=True):
            self._siblings.setdefault(str(parent), []).append(str(code))

    def split(self) -> Edit:
        """Divide a grid along a line between two of its corners."""
        for code in self._free:
            row = self._rows[code]
            halves = _halves(row["geometry"])
            if halves is None:
                continue
            fresh = self._fresh_code(code)
            whole = row["geometry"].area
            other = dict(row, code=fresh, name=f"{row['name']}东")
            for one, shape in ((row, halves[0]), (other, halves[1])):
                one["geometry"] = shape
                if "households" in row:
                    one["households"] = round(row["households"] * shape.area / whole)
            self._rows[fresh] = other
            self._take(code, fresh)
            return Edit("split", (code,), (code, fresh))
        raise _too_few("split")

    def merge(self) -> Edit:
        """Join a grid to the one beside it under the same parent."""
        one, other = self._neighbours("merged")
        kept, gone = self._rows[one], self._rows.pop(other)
        kept["geometry"] = shapely.union_all([kept["geometry"], gone["geometry"]])
        if "households" in kept:
            kept["households"] += gone["households"]
        self._take(one, other)
        return Edit("merged", (one, other), (one,))

    def redraw(self) -> Edit:
        """Move the border of two grids under the same parent into one of them."""
        one, other = self._neighbours("redrawn", bent=True)
        bent = _bent(self._rows[one]["geometry"], self._rows[other]["geometry"])
        assert bent is not None  # noqa: S101 - _neighbours chose such a pair
        self._rows[one]["geometry"], self._rows[other]["geometry"] = bent
        self._take(one, other)
        return Edit("redrawn", (one, other), (one, other))

    def rename(self) -> Edit:
        """Give a grid another name."""
        code = self._first("renamed")
        self._rows[code]["name"] = f"新{self._rows[code]['name']}"
        self._take(code)
        return Edit("renamed", (code,), (code,))

    def recode(self) -> Edit:
        """Give a grid another code."""
        code = self._first("recoded")
        fresh = self._fresh_code(code)
        row = self._rows.pop(code)
        self._rows[fresh] = dict(row, code=fresh)
        self._take(code, fresh)
        return Edit("recoded", (code,), (fresh,))

    def move(self) -> Edit:
        """Put a grid under the parent of the one beside it, with a code of that parent."""
        layer, above = self._city.finest, self._city.layer(self._city.levels[-2].id)
        tree = shapely.STRtree(layer.geometry)
        for code in self._free:
            row = layer.row_of[code]
            home = str(layer.parents[row])
            if len(self._siblings[home]) < 3 or home in self._moved_parents:  # noqa: PLR2004
                continue
            for at in tree.query(layer.geometry[row], predicate="touches"):
                parent = str(layer.parents[at])
                if parent == home or parent in self._moved_parents:
                    continue
                if above.parents[above.row_of[parent]] != above.parents[above.row_of[home]]:
                    continue
                rest = [self._rows[one]["geometry"] for one in self._siblings[home] if one != code]
                joined = [self._rows[code]["geometry"], layer.geometry[at]]
                if any(shapely.union_all(one).geom_type != "Polygon" for one in (rest, joined)):
                    continue
                fresh = self._fresh_code(self._siblings[parent][-1])
                old = self._rows.pop(code)
                self._rows[fresh] = dict(old, code=fresh, parent=parent)
                # Their other grids are left as they are, so that what is moved is known.
                self._moved_parents |= {home, parent}
                self._take(*self._siblings[home], *self._siblings[parent], fresh)
                return Edit("moved", (code,), (fresh,))
        raise _too_few("moved")

    def frames(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the finest level, and the one above it where grids changed their parent."""
        layer = self._city.finest
        rows = [self._rows[code] for code in sorted(self._rows)]
        frame = gpd.GeoDataFrame(
            pd.DataFrame(rows)[list(layer.frame.columns)], geometry="geometry", crs="EPSG:4326"
        )
        self._measure(frame)
        found = {layer.part.id: frame}
        if self._moved_parents:
            above = self._city.levels[-2].id
            parents = self._city.frame(above).copy()
            for parent in self._moved_parents:
                children = frame[frame["parent"] == parent]
                at = parents.index[parents["code"] == parent]
                parents.loc[at, "geometry"] = shapely.union_all(children.geometry.to_numpy())
                if "households" in parents.columns:
                    parents.loc[at, "households"] = children["households"].sum()
            self._measure(parents)
            found[above] = parents
        return found

    def _measure(self, frame: gpd.GeoDataFrame) -> None:
        if "area_km2" in frame.columns:
            shapes: npt.NDArray[np.object_] = np.asarray(frame.geometry.array, dtype=object)
            frame["area_km2"] = self._plane.area_m2(shapes) / 1e6

    def _neighbours(self, kind: str, *, bent: bool = False) -> tuple[str, str]:
        """Return a grid and one beside it under the same parent; both still free."""
        free = set(self._free)
        for one in self._free:
            shape = self._rows[one]["geometry"]
            for other in self._siblings[self._rows[one]["parent"]]:
                if other == one or other not in free:
                    continue
                beside = self._rows[other]["geometry"]
                if bent and _bent(shape, beside) is not None:
                    return one, other
                union = shapely.union_all([shape, beside])
                if not bent and union.geom_type == "Polygon" and not len(union.interiors):
                    return one, other
        raise _too_few(kind)

    def _first(self, kind: str) -> str:
        if not self._free:
            raise _too_few(kind)
        return self._free[0]

    def _take(self, *codes: str) -> None:
        gone = set(codes)
        self._free = [code for code in self._free if code not in gone]

    def _fresh_code(self, code: str) -> str:
        """Return a code like one that there is, with the next number that nobody has had."""
        found = _NUMBERED.fullmatch(code)
        head, digits = found.groups() if found else (f"{code}-", "0")
        number = int(digits)
        while True:
            number += 1
            fresh = f"{head}{number:0{len(digits)}d}"
            if fresh not in self._known:
                self._known.add(fresh)
                return fresh


def _too_few(kind: str) -> BadInputError:
    return BadInputError(
        f"no grid is left that could be {kind}",
        "Ask for fewer edits.",
        message_zh=f"没有可用于“{kind}”的网格",
        hint_zh="请减少修改数量。",
    )


def _halves(shape: shapely.Geometry) -> tuple[shapely.Polygon, shapely.Polygon] | None:
    """Return the two parts of a polygon along the line between two corners that is most even."""
    if shape.geom_type != "Polygon" or shape.interiors:
        return None
    ring = shapely.get_coordinates(shape.exterior)[:-1]
    if not 4 <= len(ring) <= _MOST_CORNERS:  # noqa: PLR2004 - a triangle has no such line
        return None
    pairs = [
        (one, other)
        for one, other in combinations(range(len(ring)), 2)
        if 1 < other - one < len(ring) - 1
    ]
    lines = shapely.linestrings(np.array([[ring[one], ring[other]] for one, other in pairs]))
    parts = [
        (
            shapely.Polygon(ring[one : other + 1]),
            shapely.Polygon(np.concatenate([ring[other:], ring[: one + 1]])),
        )
        for one, other in pairs
    ]
    share = np.array([part.area for part, _ in parts]) / shape.area
    inside = shapely.relate_pattern(lines, shape, "1FFF0F212")
    for at in np.argsort(np.abs(share - 0.5)):
        if abs(share[at] - 0.5) > _EVEN:
            return None
        if inside[at] and all(part.is_valid for part in parts[int(at)]):
            first, second = parts[int(at)]
            return first, second
    return None


def _bent(
    one: shapely.Geometry, other: shapely.Geometry
) -> tuple[shapely.Polygon, shapely.Polygon] | None:
    """Return two neighbours with their longest common stretch of border bent into the first."""
    if any(part.geom_type != "Polygon" or part.interiors for part in (one, other)):
        return None
    ends = _edges(one).keys() & _edges(other).keys()
    if not ends:
        return None
    edge = max(ends, key=lambda pair: float(np.hypot(*np.subtract(*pair))))
    middle = np.mean(edge, axis=0)
    corner = middle + (np.array(one.centroid.coords[0]) - middle) * _BUMP
    bent = tuple(_with_corner(part, _edges(part)[edge], corner) for part in (one, other))
    moved = 1 - bent[0].area / one.area
    if not all(part.is_valid for part in bent) or not 0.02 < moved < _EVEN:  # noqa: PLR2004
        return None
    # What one loses the other gains, and nothing else.
    if abs(bent[0].area + bent[1].area - one.area - other.area) > 1e-9 * one.area:
        return None
    if shapely.intersection(*bent).area > 1e-9 * one.area:
        return None
    return bent[0], bent[1]


_Edge = tuple[tuple[float, float], tuple[float, float]]


def _edges(shape: shapely.Polygon) -> dict[_Edge, int]:
    """Return where each edge of a polygon begins in its ring, by its ends in order."""
    ring: Iterable[tuple[float, float]] = list(shape.exterior.coords)
    points = list(ring)
    found: dict[_Edge, int] = {}
    for at, (one, other) in enumerate(pairwise(points)):
        low, high = sorted((one, other))
        found[low, high] = at
    return found


def _with_corner(
    shape: shapely.Polygon, at: int, corner: npt.NDArray[np.float64]
) -> shapely.Polygon:
    ring = shapely.get_coordinates(shape.exterior)
    return shapely.Polygon(np.insert(ring, at + 1, corner, axis=0))
