"""How figures are worded in answers: columns of plain values, null where nothing is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from app.analysis.breakdown import Breakdown
from app.analysis.grid_figures import GridFigures
from app.analysis.heat import Heat
from app.analysis.hotspots import Hotspots
from app.analysis.isobands import Band, to_geojson
from app.analysis.rates import Stats
from app.analysis.terms import State, Words

# A figure is not known to more digits than this.
_DIGITS = 8


def heat_out(
    found: Heat, bands: tuple[Band, ...], breaks: tuple[float, ...], synthetic: str, seq: int
) -> dict[str, Any]:
    """Return what /api/heat answers."""
    return to_geojson(bands) | {
        "about": _about(found, synthetic, seq)
        | {
            "bandwidth_m": found.bandwidth_m,
            "bandwidth_reason": _words(found.bandwidth_reason),
            "breaks": list(breaks),
            "count": found.count,
            "weight": _round(found.weight),
            "left_out": found.left_out,
            "suppressed": found.suppressed,
        }
    }


def stats_out(found: Stats, synthetic: str, seq: int) -> dict[str, Any]:
    """Return what /api/stats answers."""
    valued = found.state == State.VALUE
    place = np.where(valued, found.classes.place(np.where(valued, found.value, np.nan)), -1)
    classes = found.classes
    return {
        "about": _about(found, synthetic, seq)
        | _grids_about(found)
        | {
            "smoothed": found.smoothed,
            "classes": {
                "scheme": classes.scheme,
                "k": classes.k,
                "edges": [_round(one) for one in classes.edges],
                "counts": list(classes.counts),
                "note": None if classes.note is None else _words(classes.note),
            },
        },
        "grids": {
            "code": list(found.codes),
            "name": list(found.names),
            "state": found.state.tolist(),
            "value": _column(found.value),
            "count": [None if one < 0 else one for one in found.count.tolist()],
            "denominator": _column(found.denominator),
            "small": found.small.tolist(),
            "class": [None if one < 0 else one for one in place.tolist()],
        },
    }


def breakdown_out(found: Breakdown, synthetic: str, seq: int) -> dict[str, Any]:
    """Return what /api/breakdown answers."""
    return {
        "about": _about(found, synthetic, seq) | {"total": found.total, "unplaced": found.unplaced},
        "month": [{"month": month, "count": count} for month, count in found.month],
        "hazard": [{"hazard": one, "count": count} for one, count in found.by_hazard],
        "severity": found.severity.tolist(),
        "weekday": found.weekday.tolist(),
        "hour": found.hour.tolist(),
    }


def hotspots_out(found: Hotspots, synthetic: str, seq: int) -> dict[str, Any]:
    """Return what /api/hotspots answers."""
    trend = found.trend
    return {
        "about": _about(found, synthetic, seq)
        | _grids_about(found)
        | {"fdr": found.fdr, "months": [] if trend is None else list(trend.months)},
        "grids": {
            "code": list(found.codes),
            "name": list(found.names),
            "state": found.state.tolist(),
            "value": _column(found.value),
            "count": found.count.tolist(),
            "z": _column(found.z),
            "p": _column(found.p),
            "p_adjusted": _column(found.p_adjusted),
            "spot": found.spot.tolist(),
            "pattern": [] if trend is None else trend.pattern.tolist(),
            "hot_months": [] if trend is None else trend.hot_months.tolist(),
            "trend_z": [] if trend is None else _column(trend.z),
            "trend_p": [] if trend is None else _column(trend.p),
        },
    }


def _about(found: Heat | GridFigures | Breakdown, synthetic: str, seq: int) -> dict[str, Any]:
    period = found.period
    return {
        "hazard": found.hazard,
        "area": found.area.code if found.area else "",
        "period": {
            "from": period.since.astimezone(period.zone).isoformat(),
            "to": period.until.astimezone(period.zone).isoformat(),
            "months": _round(period.months),
        },
        "unit": _words(found.unit),
        "generation": found.generation,
        "synthetic": synthetic,
        "seq": seq,
        "notes": [_words(one) for one in found.notes],
    }


def _grids_about(found: GridFigures) -> dict[str, Any]:
    return {
        "level": found.level,
        "measure": str(found.measure),
        "denominator": _words(found.denominator_name),
        "total": found.total,
        "unplaced": found.unplaced,
    }


def _words(words: Words) -> dict[str, str]:
    return {"en": words.en, "zh": words.zh}


def _column(values: npt.NDArray[np.float64]) -> list[float | None]:
    return [None if one != one else _round(one) for one in values.tolist()]  # noqa: PLR0124 - NaN


def _round(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
