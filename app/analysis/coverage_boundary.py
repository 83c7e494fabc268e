"""Boundaries: what the certificate of a city says, as figures of its grids.

The certificate (app.grids.certificate) is the one that the folder carries, if it is of these
boundaries; else it is made anew, which takes seconds.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from app.analysis.coverage_levels import city_row, level_table
from app.analysis.coverage_table import Column, Coverage, Form, Kind, LevelFindings, Measure
from app.analysis.ground import Ground
from app.analysis.terms import Words, notes, synthetic_note
from app.grids.certify import certify_city

Floats = npt.NDArray[np.float64]

_FINDINGS = Measure(
    "findings",
    Words("Findings of the boundary check", "边界检查问题数"),
    Form.COUNT,
    Words("findings", "个"),
    Words("findings that name the grid; one between two grids names both",
          "涉及该网格的问题；两网格之间的问题两边都计"),
)  # fmt: skip
_CHILDREN = Measure(
    "children",
    Words("Ground that the grids below cover", "下级网格覆盖的面积占比"),
    Form.SHARE,
    Words("share", "占比"),
    Words("km² covered by the next finer level", "下一级网格覆盖的面积（平方公里）"),
    Words("km² of the grid", "网格面积（平方公里）"),
)
_OVERLAP = Measure(
    "overlap_m2",
    Words("Ground shared with another grid of the level", "与同级网格重叠的面积"),
    Form.COUNT,
    Words("m²", "平方米"),
    Words("m² that two grids claim", "两个网格重复覆盖的平方米"),
)
# Kinds of findings that say of which grids they are, and under which key.
_OF_GRIDS = {
    "invalid": "code",
    "orphans": "code",
    "malformed": "code",
    "spills": "code",
    "scraps": "code",
    "overlaps": "codes",
    "gaps": "codes",
}


def boundary(ground: Ground) -> Coverage:
    """Return what the check of the boundaries found.

    Parameters
    ----------
    ground
        Of the city.
    """
    manifest = ground.city.manifest
    levels, noted = _certificate(ground)
    by_id = {level["id"]: level for level in levels}
    tables = []
    for place, ident in enumerate(ground.levels):
        finer = ground.levels[place + 1] if place + 1 < len(ground.levels) else ""
        tables.append(level_table(ground, ident, _columns(ground, by_id[ident], by_id.get(finer))))
    own = [by_id[ident] for ident in ground.levels]
    whole = float(own[0]["area_km2"])
    total = [
        Column.of(_FINDINGS, np.array([float(sum(_defects(level) for level in levels))])),
        Column.of(
            _CHILDREN,
            np.array([min(float(level["area_km2"]) for level in own)]),
            np.array([max(whole, *(float(level["area_km2"]) for level in own))]),
        ),
        Column.of(_OVERLAP, np.array([float(sum(_m2(level["overlaps"]) for level in levels))])),
    ]
    return Coverage(
        kind=Kind.BOUNDARY,
        area=None,
        total=city_row(ground, total),
        levels=tuple(tables),
        settings={},
        as_of=None,
        notes=notes(synthetic_note(manifest.synthetic), noted),
        generation=manifest.generation,
        city_name=manifest.name,
        synthetic=manifest.synthetic,
        findings=tuple(_findings(level) for level in levels),
    )


def _certificate(ground: Ground) -> tuple[list[dict[str, Any]], Words | None]:
    """Return the levels of the certificate as its JSON has them, and what is to be said of it."""
    city = ground.city
    if city.certificate:
        recorded = json.loads(city.certificate)
        if recorded["city"]["generation"] == city.manifest.generation:
            return list(recorded["levels"]), None
    made = certify_city(city).to_dict()
    return list(made["levels"]), Words(
        "The folder carries no certificate of this edition; the boundaries were checked anew.",
        "城市目录没有本版本的边界证书，已重新检查。",
    )


def _columns(
    ground: Ground, level: dict[str, Any], finer: dict[str, Any] | None
) -> tuple[Column, ...]:
    layer = ground.layer(level["id"])
    area = ground.area_km2(level["id"])
    named = Counter(
        code
        for kind, key in _OF_GRIDS.items()
        for one in level.get(kind, ())
        if not one.get("allowed")
        for code in _codes(one[key])
    )
    shared: Counter[str] = Counter()
    for one in level["overlaps"]:
        for code in one["codes"]:
            shared[code] += one["area_m2"]
    covered = np.full(len(layer), np.nan)
    if finer is not None:
        missing = {one["code"]: one["missing_m2"] for one in finer["mismatches"]}
        covered = np.maximum(area - _by_code(layer.codes, missing) / 1e6, 0.0)
    return (
        Column.of(_FINDINGS, _by_code(layer.codes, named)),
        Column.of(_CHILDREN, covered, np.where(np.isnan(covered), np.nan, area)),
        Column.of(_OVERLAP, _by_code(layer.codes, shared)),
    )


def _codes(value: str | list[str]) -> Iterable[str]:
    return [value] if isinstance(value, str) else set(value)


def _by_code(codes: npt.NDArray[np.object_], values: dict[str, Any]) -> Floats:
    return np.array([float(values.get(code, 0)) for code in codes], dtype=np.float64)


def _m2(patches: list[dict[str, Any]]) -> float:
    return float(sum(one["area_m2"] for one in patches))


def _defects(level: dict[str, Any]) -> int:
    return sum(int(count) for count in level["defects"].values())


def _findings(level: dict[str, Any]) -> LevelFindings:
    return LevelFindings(
        level=level["id"],
        name=level["name"],
        is_overlay=level["is_overlay"],
        expected=level["expected"],
        found=level["found"],
        area_km2=float(level["area_km2"]),
        gap_m2=_m2(level["gaps"]),
        overlap_m2=_m2(level["overlaps"]),
        defects=dict(level["defects"]),
    )
