"""What another edition changes, as rows for tables, as JSON and as GeoJSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from app.grids.city import Layer
from app.grids.diff import HOUSEHOLDS, Change, CityDiff, Kind, LayerDiff

CHANGE_COLUMNS = (
    "level", "level_name", "kind", "code_from", "name_from", "parent_from", "code_to", "name_to",
    "parent_to", "into", "origins", "renamed", "reparented", "recoded", "redrawn",
    "share_kept", "hausdorff_m", "households_from", "households_to",
)  # fmt: skip
LINEAGE_COLUMNS = (
    "level", "code_from", "name_from", "code_to", "name_to", "area_m2", "share", "households",
    "household_share",
)  # fmt: skip


def change_rows(layer: LayerDiff, *, kept: bool = False) -> Iterator[dict[str, Any]]:
    """Yield what became of each grid of a level.

    Those that are kept, and the new parts of a split one, which ``into`` names, have rows of their
    own only if asked for. With them each grid of before is in ``code_from`` once, and each of after
    in ``code_to``: once, and of several that merged once for each. Numbers that there are none of
    are None, codes and names "".
    """
    for one in (*layer.changes, *_new_parts(layer)) if kept else layer.changed:
        yield {
            "level": layer.part.id,
            "level_name": layer.part.name,
            "kind": one.kind.value,
            **_side(layer.before, one.before, "from"),
            **_side(layer.after, one.after, "to"),
            "into": _codes(layer.after, one.into),
            "origins": _codes(layer.before, one.origins),
            "renamed": one.renamed,
            "reparented": one.reparented,
            "recoded": one.recoded,
            "redrawn": one.redrawn,
            "share_kept": _number(one.share_kept, 6),
            "hausdorff_m": _number(one.hausdorff_m, 2),
            "households_from": _households(layer.before, one.before),
            "households_to": _households(layer.after, one.after),
        }


def _new_parts(layer: LayerDiff) -> Iterator[Change]:
    """Yield the grids of after that are new and parts of a split one: it is their origin."""
    known = {one.after for one in layer.changes}
    parts = {other: one.before for one in layer.changes for other in one.into}
    for row in sorted(parts.keys() - known):
        yield Change(layer.part.id, Kind.SPLIT, -1, row, origins=(parts[row],))


def lineage_rows(layer: LayerDiff, *, kept: bool = False) -> Iterator[dict[str, Any]]:
    """Yield where the ground and the households of each grid of a level went.

    Grids that are kept, all of them and all of their ground, only if asked for.
    """
    lineage = layer.lineage
    whole = np.bincount(lineage.before, lineage.households, minlength=len(layer.before))
    same = np.array([one.kind is Kind.KEPT for one in layer.changes[: len(layer.before)]])
    for at, (one, other) in enumerate(zip(lineage.before, lineage.after, strict=True)):
        if same[one] and not kept:
            continue
        known = other >= 0
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.float64(lineage.households[at]) / whole[one]
        yield {
            "level": layer.part.id,
            "code_from": str(layer.before.codes[one]),
            "name_from": str(layer.before.names[one]),
            "code_to": str(layer.after.codes[other]) if known else "",
            "name_to": str(layer.after.names[other]) if known else "",
            "area_m2": round(float(lineage.area_m2[at]), 1),
            "share": float(lineage.share[at]),
            "households": _number(float(lineage.households[at]), 2),
            "household_share": _number(float(share), 6),
        }


def summary(diff: CityDiff) -> dict[str, Any]:
    """Return how much changes in which level, as plain values."""
    return {
        "city": diff.after.id,
        "name": diff.after.name,
        "from": {"name": diff.before.generation, "valid_from": diff.before.valid_from.isoformat()},
        "to": {"name": diff.after.generation, "valid_from": diff.after.valid_from.isoformat()},
        "only_from": list(diff.only_before),
        "only_to": list(diff.only_after),
        "levels": [
            {
                "id": one.part.id,
                "name": one.part.name,
                "count_from": len(one.before),
                "count_to": len(one.after),
                "counts": {kind.value: count for kind, count in one.counts.items()},
                "households_moved": _number(one.households[0], 1),
                "households": _number(one.households[1], 1),
            }
            for one in diff.layers
        ],
        "synthetic": diff.after.synthetic,
    }


def to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return rows as CSV in UTF-8 with a mark, as spreadsheets read it; lists joined by blanks."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in columns])
    return text.getvalue().encode("utf-8-sig")


def to_geojson(diff: CityDiff) -> bytes:
    """Return all grids that are not kept as GeoJSON: as they were, and as they are to be.

    ``side`` of a feature says which: ``from`` or ``to``. Grids of after that are parts of a split
    one have its kind.
    """
    features = []
    for layer in diff.layers:
        for one, row in zip(layer.changed, change_rows(layer), strict=True):
            told = {key: value for key, value in row.items() if key not in {"into", "origins"}}
            told |= {key: row[key] for key in ("into", "origins")}
            if one.before >= 0:
                features.append(_feature(layer.before, one.before, "from", told))
            for other in one.into or ((one.after,) if one.after >= 0 else ()):
                features.append(_feature(layer.after, other, "to", told))
    document = {"type": "FeatureCollection", **_head(diff), "features": features}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _head(diff: CityDiff) -> dict[str, Any]:
    told = summary(diff)
    return {key: told[key] for key in ("city", "name", "from", "to", "synthetic")}


def _feature(layer: Layer, row: int, side: str, told: dict[str, Any]) -> dict[str, Any]:
    code = str(layer.codes[row])
    return {
        "type": "Feature",
        "geometry": json.loads(shapely.to_geojson(layer.geometry[row])),
        "properties": {"side": side, "code": code, "name": str(layer.names[row]), **told},
    }


def _side(layer: Layer, row: int, end: str) -> dict[str, str]:
    columns = {"code": layer.codes, "name": layer.names, "parent": layer.parents}
    return {
        f"{name}_{end}": str(values[row]) if row >= 0 else "" for name, values in columns.items()
    }


def _codes(layer: Layer, rows: tuple[int, ...]) -> list[str]:
    return [str(layer.codes[row]) for row in rows]


def _households(layer: Layer, row: int) -> int | None:
    if row < 0 or HOUSEHOLDS not in layer.frame.columns:
        return None
    found = layer.frame[HOUSEHOLDS].iloc[row]
    return None if found is None or np.isnan(float(found)) else int(found)


def _number(value: float, digits: int) -> float | None:
    return None if np.isnan(value) else round(value, digits)


def _cell(value: Any) -> Any:  # noqa: ANN401 - whatever a row holds
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value
