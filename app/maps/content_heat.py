"""Heat as a layer of an exported map: bands of density for the whole period and for its months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import shapely

from app.analysis.heat import Heat, heat
from app.analysis.isobands import breaks_of, isobands
from app.analysis.period import Period
from app.analysis.suppression import suppressed
from app.maps.contents import number_text
from app.maps.elements import Drawn, Shapes
from app.maps.legend import Legend, LegendRow
from app.maps.question import Question
from app.maps.shapes import own_rings
from app.maps.specs import LayerSpec

_TOLERANCE_M = 6.0


def make_heat(question: Question, spec: LayerSpec, shapes: Shapes) -> Drawn:
    """Return heat of the whole period, and of each step of the time bar."""
    windows = windows_of(question.period, question.window_months)
    made = [_heat(question, spec, period) for period in (question.period, *windows)]
    breaks = max((breaks_of(one) for one in made), key=lambda one: one[-1:] or (0.0,))
    colours = question.palette.ramp(question.ramp(spec.hazard), max(1, len(breaks)))
    held = [0 < made[0].count < question.suppress, *_held(question, made[1:])]
    frames = [
        _frame(question, one, period, breaks, few=few)
        for one, period, few in zip(made, (question.period, *windows), held, strict=True)
    ]
    words, whole = question.words, made[0]
    hazard = question.hazard_name(spec.hazard)
    unit = question.say(whole.unit)
    labels = [number_text(one) for one in breaks]
    rows = [
        LegendRow(colour, f"{low} – {high}" if high else f"≥ {low}")
        for colour, low, high in zip(colours, labels, [*labels[1:], ""], strict=False)
    ]
    if breaks:
        rows.insert(0, LegendRow(question.palette.map["land"], f"< {labels[0]}"))
    synthetic = question.scope.city.manifest.synthetic
    notes = [
        words["bandwidth"].format(
            m=f"{whole.bandwidth_m:,.0f}", why=question.say(whole.bandwidth_reason)
        ),
        words["period"].format(period=question.period_text()),
        *(question.say(one) for one in whole.notes if not synthetic.startswith(one.zh)),
    ]
    if windows:
        one = question.window_months == 1
        notes.append(words["window_one" if one else "window"].format(n=question.window_months))
    return Drawn(
        "Heat",
        shapes,
        {"pane": "wx-theme", "frames": frames, "colours": colours, "first": 0},
        ident=spec.ident,
        name=words["heat_name"].format(hazard=hazard),
        group=words["group_heat"],
        alone=True,
        legend=Legend(words["heat_name"].format(hazard=hazard), unit, tuple(rows), tuple(notes)),
    )


def windows_of(period: Period, months: int) -> list[Period]:
    """Return the steps of a time bar: each ends with a calendar month and takes in `months`."""
    whole = period.whole_months()
    if len(whole) <= months:
        return []
    return [
        Period(whole[last - months + 1].since, whole[last].until, period.zone)
        for last in range(months - 1, len(whole))
    ]


def _heat(question: Question, spec: LayerSpec, period: Period) -> Heat:
    return heat(
        question.select(spec.hazard, period),
        question.ground,
        period,
        hazard=spec.hazard,
        area=question.area,
        options=replace(question.heat, suppress=question.suppress),
    )


def _held(question: Question, windows: Sequence[Heat]) -> list[bool]:
    """Tell of which steps the number is not shown: no sum of others is to give away a small one."""
    counts = np.array([one.count for one in windows], dtype=np.int64)
    held = np.zeros(len(counts), dtype=np.bool_)
    # Steps that lie end to end add up to the whole period, which is shown.
    for first in range(question.window_months if question.suppress else 0):
        family = counts[first :: question.window_months]
        parent = np.zeros(len(family), dtype=np.int32)
        held[first :: question.window_months] = suppressed(family, parent, question.suppress)
    return [bool(one) for one in held]


def _frame(
    question: Question, made: Heat, period: Period, breaks: Sequence[float], *, few: bool
) -> dict[str, Any]:
    bands = []
    for at, band in enumerate(isobands(made, question.ground, breaks) if breaks else ()):
        if band.shape.is_empty:
            continue
        flat = shapely.simplify(
            question.scope.flat(np.array([band.shape], dtype=object)), _TOLERANCE_M
        )
        lines, rings = own_rings(flat)
        bands.append({"at": at, "lines": lines.as_json(), "rings": rings})
    told = question.words["held"] if few else f"{made.count:,} {question.words['incidents_unit']}"
    return {
        "label": question.period_text(period),
        "told": told,
        "weight": None if few else made.count,
        "bands": bands,
    }
