"""Coverage as plain data for JSON: what the API answers and `scripts.coverage` writes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from app.analysis.coverage_table import Coverage, Gap, LevelTable, Measure, worst_gaps
from app.analysis.terms import Words

# Digits behind the point: square metres of a km², a hundredth of a per cent of a per cent.
_DIGITS = 6


def to_plain(coverage: Coverage, level: str, gaps: int) -> dict[str, Any]:
    """Return coverage as docs/coverage.md describes its JSON.

    Parameters
    ----------
    coverage
        Of a city or an area.
    level
        Id of the level whose grids are listed; "" for the finest.
    gaps
        How many of the worst gaps are listed for each measure.

    Raises
    ------
    BadInputError
        If it has no such level.
    """
    table = coverage.level(level)
    area = coverage.area
    return {
        "kind": str(coverage.kind),
        "city": coverage.city_name,
        "generation": coverage.generation,
        "synthetic": coverage.synthetic,
        "area": None
        if area is None
        else {"level": area.level, "code": area.code, "name": area.name},
        "level": table.level,
        "level_name": table.name,
        "as_of": None if coverage.as_of is None else coverage.as_of.isoformat(),
        "settings": coverage.settings,
        "suppressed_below": coverage.suppressed_below,
        "notes": [_words(note) for note in coverage.notes],
        "measures": [_measure(measure) for measure in coverage.measures],
        "total": {ident: _first(found) for ident, found in _figures(coverage.total).items()},
        "grids": {
            "code": table.codes.tolist(),
            "name": table.names.tolist(),
            "parent": table.parents.tolist(),
            "figures": _figures(table),
        },
        "gaps": {
            ident: {
                "grids": len(found),
                "affected": _number(sum(one.affected for one in found)),
                "worst": [_gap(one) for one in found[:gaps]],
            }
            for ident, found in worst_gaps(table).items()
        },
        "findings": [asdict(one) for one in coverage.findings],
    }


def _figures(table: LevelTable) -> dict[str, dict[str, list[Any]]]:
    return {
        column.measure.id: {
            "value": _numbers(column.value),
            "part": _numbers(column.part),
            "whole": _numbers(column.whole),
            "state": [str(state) for state in column.states],
        }
        for column in table.columns
    }


def _first(figures: dict[str, list[Any]]) -> dict[str, Any]:
    return {name: values[0] for name, values in figures.items()}


def _measure(measure: Measure) -> dict[str, Any]:
    return {
        "id": measure.id,
        "name": _words(measure.name),
        "form": str(measure.form),
        "unit": _words(measure.unit),
        "part": _words(measure.part),
        "whole": _words(measure.whole),
        "basis": _words(measure.basis),
        "personal": measure.personal,
    }


def _gap(gap: Gap) -> dict[str, Any]:
    found = asdict(gap)
    for name in ("measure", "level"):
        del found[name]
    return {name: _number(one) if isinstance(one, float) else one for name, one in found.items()}


def _words(words: Words) -> dict[str, str]:
    return {"en": words.en, "zh": words.zh}


def _numbers(values: npt.NDArray[np.float64]) -> list[float | int | None]:
    return [_number(value) for value in values.tolist()]


def _number(value: float) -> float | int | None:
    """Return a number as JSON has it: none where it is not known, whole ones without a point."""
    if not np.isfinite(value):
        return None
    return int(value) if float(value).is_integer() else round(value, _DIGITS)
