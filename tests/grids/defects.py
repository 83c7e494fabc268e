"""Boundaries with defects made on purpose, each in grids of its own: one at a time, or all at once.

    python -m tests.grids.dirty FOLDER

writes them as files. Two towns, A and B, of 4 × 3 villages each; a village is about 950 × 1,100 m.
Each defect knows what a certificate has to say of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import shapely
import tomli_w

from tests.cities import STEP, square
from tests.grids.boundaries import CAMPUS, TOWN, VILLAGE

# A metre, in units of `square`; north-south.
METRE = 1 / 1109.0

Rows = dict[str, dict[str, Any]]


@dataclass
class Ground:
    """Rows of every layer, by a key that stays when codes are spoilt; gaps that are allowed."""

    towns: Rows
    villages: Rows
    campuses: Rows
    allowed: list[dict[str, Any]] = field(default_factory=list)

    def take(self, key: str, piece: shapely.Polygon) -> None:
        """Cut a piece off a village."""
        row = self.villages[key]
        row["geometry"] = _lattice(row["geometry"].difference(piece))

    def give(self, key: str, piece: shapely.Polygon) -> None:
        """Add a piece to a village, whoever has it besides."""
        row = self.villages[key]
        row["geometry"] = _lattice(row["geometry"].union(piece))

    def allow(self, name: str, at: shapely.Point) -> None:
        """Say that there is a gap among the villages, and that it may be."""
        self.allowed.append({"name": name, "lon": at.x, "lat": at.y, "level": "village"})


@dataclass(frozen=True)
class Defect:
    """A defect made on purpose.

    Attributes
    ----------
    make : callable
        Spoils the rows.
    defects, warnings : dict
        How many of a kind a certificate must count, by (level, kind).
    heals : bool
        Whether a repair with its usual tolerances takes it away.
    codes : tuple of str
        Grids of which the shape may change by a repair.
    """

    make: Callable[[Ground], None]
    defects: dict[tuple[str, str], int] = field(default_factory=dict)
    warnings: dict[tuple[str, str], int] = field(default_factory=dict)
    heals: bool = False
    codes: tuple[str, ...] = ()


def ground() -> Ground:
    """Return clean boundaries."""
    towns = {
        code: {"TOWNCODE": code, "TOWNNAME": f"{code}镇", "geometry": _box(left, 0, 4, 3)}
        for code, left in (("A", 0), ("B", 4))
    }
    villages = {
        f"{town}{x}{y}": {
            "VCODE": f"{town}{x}{y}",
            "VNAME": f"{town}村{x}{y}",
            "TOWNCODE": town,
            "HU": 400,
            "geometry": _box(left + x, y),
        }
        for town, left in (("A", 0), ("B", 4))
        for x in range(4)
        for y in range(3)
    }
    campuses = {
        code: {"id": code, "name": name, "geometry": _box(x, 0.3, 0.3, 0.3)}
        for code, name, x in (("A20-Z1", "简阳中学", 2.3), ("B00-Z1", "人民医院", 4.3))
    }
    return Ground(towns, villages, campuses)


def _box(x: float, y: float, wide: float = 1, high: float = 1) -> shapely.Polygon:
    return _lattice(square(x, y, wide, high))


def _lattice(shape: shapely.Geometry) -> shapely.Geometry:
    """Round so that what is one place is one number."""
    return shapely.transform(shape, lambda xy: xy.round(9))


def _overlap(of: Ground) -> None:
    of.give("A00", square(1, 0.4, 0.1, 0.2))


def _thin_overlap(of: Ground) -> None:
    of.give("A10", square(2, 0.4, 0.5 * METRE, 0.2))


def _gap(of: Ground) -> None:
    of.take("A01", square(0.9, 1.4, 0.1, 0.2))


def _thin_gap(of: Ground) -> None:
    of.take("A30", square(3, 0.4, 0.5 * METRE, 0.2))


def _lake(of: Ground) -> None:
    lake = square(5.3, 1.3, 0.2, 0.2)
    of.take("B11", lake)
    of.allow("三岔湖", lake.centroid)


def _filled_lake(of: Ground) -> None:
    of.allow("张家岩水库", square(6.3, 0.3, 0.2, 0.2).centroid)


def _thin_spill(of: Ground) -> None:
    of.give("B30", square(8, 0.4, 0.5 * METRE, 0.2))


def _spill(of: Ground) -> None:
    of.give("B31", square(8, 1.4, 0.2, 0.2))


def _other_parent(of: Ground) -> None:
    of.villages["B01"]["TOWNCODE"] = "A"


def _spur(of: Ground) -> None:
    x, y, right, top = _box(5, 2).bounds
    ring = [(x, y), (right, y), (right, top), (x, top), (x, top + STEP / 4), (x, top), (x, y)]
    of.villages["B12"]["geometry"] = shapely.Polygon(ring)


def _missing(of: Ground) -> None:
    del of.villages["B32"]


def _same_code(of: Ground) -> None:
    of.villages["A12"]["VCODE"] = "A11"


def _no_code(of: Ground) -> None:
    of.villages["A02"]["VCODE"] = ""


def _no_parent(of: Ground) -> None:
    of.villages["A22"]["TOWNCODE"] = "Z"


def _rounded_code(of: Ground) -> None:
    of.villages["B20"]["VCODE"] = "5.10185E+14"


def _same_name(of: Ground) -> None:
    of.villages["B10"]["VNAME"] = of.villages["B00"]["VNAME"]


def _exclave(of: Ground) -> None:
    piece = square(2.4, 1.4, 0.1, 0.1)
    of.take("A21", piece)
    of.give("A32", piece)


def _few_households(of: Ground) -> None:
    of.villages["B22"]["HU"] = 12


def _vertex(of: Ground) -> None:
    x, y, right, top = _box(6, 1).bounds
    ring = [(x, y), (right, y), (right, top), (x, top), (x, (y + top) / 2)]
    of.villages["B21"]["geometry"] = shapely.Polygon(ring)


def _scrap(of: Ground) -> None:
    of.towns["C"] = {"TOWNCODE": "C", "TOWNNAME": "碎片", "geometry": square(0, -1, 0.01, 0.5)}


def _crossing(of: Ground) -> None:
    of.campuses["A20-Z1"]["geometry"] = _box(2.3, 0.9, 0.3, 0.2)


VILLAGES, CAMPUSES = "village", "dedicated"
DEFECTS = {
    "overlap": Defect(_overlap, {(VILLAGES, "overlaps"): 1}, {(VILLAGES, "unmatched"): 2}),
    "thin_overlap": Defect(
        _thin_overlap,
        {(VILLAGES, "overlaps"): 1},
        {(VILLAGES, "unmatched"): 2},
        heals=True,
        codes=("A10", "A20"),
    ),
    "gap": Defect(_gap, {(VILLAGES, "gaps"): 1}, {(VILLAGES, "unmatched"): 2}),
    "thin_gap": Defect(
        _thin_gap,
        {(VILLAGES, "gaps"): 1},
        {(VILLAGES, "unmatched"): 2},
        heals=True,
        codes=("A20", "A30"),
    ),
    "lake": Defect(_lake, {}, {(VILLAGES, "allowed_gaps"): 1}),
    "filled_lake": Defect(_filled_lake, {}, {(VILLAGES, "idle_gaps"): 1}),
    "thin_spill": Defect(_thin_spill, {(VILLAGES, "spills"): 1}, heals=True, codes=("B30",)),
    "spill": Defect(_spill, {(VILLAGES, "spills"): 1}),
    "other_parent": Defect(_other_parent, {(VILLAGES, "spills"): 1}, {(VILLAGES, "prefix"): 1}),
    "spur": Defect(_spur, {(VILLAGES, "repaired"): 1}),
    "missing": Defect(_missing, {(VILLAGES, "count"): 1, (VILLAGES, "gaps"): 1}),
    "same_code": Defect(_same_code, {(VILLAGES, "duplicates"): 1}),
    "no_code": Defect(_no_code, {(VILLAGES, "empty_codes"): 1}, {(VILLAGES, "prefix"): 1}),
    "no_parent": Defect(_no_parent, {(VILLAGES, "orphans"): 1}),
    "rounded_code": Defect(_rounded_code, {(VILLAGES, "malformed"): 1}, {(VILLAGES, "prefix"): 1}),
    "same_name": Defect(_same_name, {}, {(VILLAGES, "same_names"): 1}),
    "exclave": Defect(_exclave, {}, {(VILLAGES, "islands"): 1}),
    "few_households": Defect(_few_households, {}, {(VILLAGES, "sizes"): 1}),
    "vertex": Defect(_vertex, {}, {(VILLAGES, "unmatched"): 2}),
    "scrap": Defect(_scrap, {(VILLAGES, "scraps"): 1, (VILLAGES, "gaps"): 1}),
    "crossing": Defect(_crossing, {(CAMPUSES, "spills"): 1}),
}


def write_defects(folder: Path, names: Iterable[str]) -> Path:
    """Write the layers with these defects as GeoPackages, and their SPEC.toml; return its path."""
    of = ground()
    for name in names:
        DEFECTS[name].make(of)
    for file, rows in (
        ("towns.gpkg", of.towns),
        ("villages.gpkg", of.villages),
        ("campus.gpkg", of.campuses),
    ):
        frame = gpd.GeoDataFrame(list(rows.values()), geometry="geometry", crs="EPSG:4326")
        pyogrio.write_dataframe(frame, folder / file)
    return _write_spec(folder, of.allowed)


def _write_spec(folder: Path, allowed: list[dict[str, Any]]) -> Path:
    village = {
        **VILLAGE,
        "source": "villages.gpkg",
        "households_field": "HU",
        "households_min": 300,
        "households_max": 500,
        "expected": 24,
    }
    document = {
        "city": {"id": "demo", "name": "示例市"},
        "levels": [{**TOWN, "source": "towns.gpkg"}, village],
        "overlays": [{**CAMPUS, "parent_level": "village"}],
        "allowed_gaps": allowed,
    }
    path = folder / "SPEC.toml"
    path.write_text(tomli_w.dumps(document), encoding="utf-8")
    return path
