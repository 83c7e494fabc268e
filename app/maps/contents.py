"""Layers of an exported map, from what was reckoned to what is drawn: counts and rates."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from app.analysis.classes import QUANTILES, Classes
from app.analysis.grid_figures import Measure
from app.analysis.rates import stats
from app.analysis.terms import State, Words
from app.errors import BadInputError
from app.maps.elements import Drawn, Shapes
from app.maps.legend import Legend, LegendRow, state_rows
from app.maps.palette import Texture
from app.maps.question import Question
from app.maps.specs import LayerSpec

Floats = npt.NDArray[np.float64]

_ZERO, _NONE, _HELD = "z", "n", "s"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxy"
# A level is chosen by itself if at least this part of its grids that have anything can be shown.
_SHOWN_PART = 0.5


def classes_text(states: npt.NDArray[Any], places: npt.NDArray[Any]) -> str:
    """Return one character for each grid: its class, or that it has none and why."""
    marks = {State.ZERO: _ZERO, State.NO_DATA: _NONE, State.SUPPRESSED: _HELD}
    return "".join(
        marks.get(State(str(state)), _DIGITS[int(place)] if place >= 0 else _NONE)
        for state, place in zip(states, places, strict=True)
    )


def number_text(value: float) -> str:
    """Return a number with three digits that count."""
    text = f"{float(f'{value:.3g}'):,.10f}".rstrip("0").rstrip(".")
    return text or "0"


def class_labels(classes: Classes) -> list[str]:
    """Return what each class holds, as a legend says it."""
    edges = [number_text(edge) for edge in classes.edges]
    if len(edges) == 2 and edges[0] == edges[1]:  # noqa: PLR2004 - both ends of one class
        return [edges[0]]
    return [f"{low} – {high}" for low, high in pairwise(edges)]


def choropleth(
    question: Question,
    shapes: Shapes,
    spec: LayerSpec,
    *,
    level: str,
    text: str,
    values: Floats | None,
    labels: Sequence[str],
    colours: Sequence[str],
    name: str,
    group: str,
    unit: str,
    title: str,
    notes: Sequence[str],
    small: Sequence[int] = (),
    textures: Sequence[Texture | None] = (),
) -> Drawn:
    """Return a layer that colours the grids of a level by class, with its legend.

    Classes that have names and no order are told by `textures`, too.

    Grids in `small` are marked in their popup: their denominator is too small to be trusted.
    """
    words = question.words
    counts = {one: text.count(one) for one in set(text)}
    rows = [
        LegendRow(colour, label, counts.get(_DIGITS[at], 0), texture=texture)
        for at, (colour, label, texture) in enumerate(
            zip(colours, labels, textures or [None] * len(colours), strict=True)
        )
    ]
    rows += state_rows(
        question.palette, words, *(counts.get(mark, 0) for mark in (_ZERO, _NONE, _HELD))
    )
    options: dict[str, Any] = {
        "pane": "wx-theme",
        "level": level,
        "classes": text,
        "values": None if values is None else [_short(one) for one in values],
        "labels": list(labels),
        "colours": list(colours),
        "unit": unit,
        "marks": question.palette.marks,
        "words": {one: words[one] for one in ("held", "none", "small")},
    }
    if small:
        options["small"] = list(small)
    if textures:
        options["textures"] = [one and one.as_json() for one in textures]
    return Drawn(
        "Classes",
        shapes,
        options,
        ident=spec.ident,
        name=name,
        group=group,
        alone=True,
        legend=Legend(title, unit, tuple(rows), tuple(notes)),
    )


def _short(value: float) -> float | None:
    return None if np.isnan(value) else float(f"{value:.4g}")


def chosen_level(question: Question, spec: LayerSpec) -> str:
    """Return the level that was asked for, "" if none was.

    Raises
    ------
    BadInputError
        If the level is not one that is shown.
    """
    shown = question.shown_levels
    if spec.level and spec.level not in shown:
        raise BadInputError(
            f"the level in {spec.text!r} is {spec.level!r}, allowed are {shown}",
            message_zh=f"{spec.text!r} 的层级为 {spec.level!r}，可用：{'、'.join(shown)}",
        )
    return spec.level


def level_for(question: Question, spec: LayerSpec) -> str:
    """Return the level that was asked for, or the finest of which enough can be shown."""
    if asked := chosen_level(question, spec):
        return asked
    shown = question.shown_levels
    counts = question.counts(spec.hazard)
    for level in reversed(shown):
        count, held = counts[level]
        some = count > 0
        if some.any() and (some & ~held).sum() >= _SHOWN_PART * some.sum():
            return level
    return shown[0] if len(shown) == 1 else shown[1]


def make_rates(question: Question, spec: LayerSpec, shapes: Shapes) -> Drawn:
    """Return a choropleth of counts or rates."""
    measure = spec.measure(Measure.PER_HOUSEHOLD)
    level = level_for(question, spec)
    # What the levels above hold back binds this one as well.
    held = np.zeros(len(question.ground.layer(level)), dtype=np.bool_)
    held[question.scope.rows[level]] = question.counts(spec.hazard)[level][1]
    made = stats(
        question.select(spec.hazard),
        question.ground,
        question.period,
        level,
        measure,
        hazard=spec.hazard,
        area=question.area,
        smooth=spec.smooth,
        scheme=question.scheme or QUANTILES,
        k=question.k,
        suppress=question.suppress,
        hidden=held,
    )
    # Smoothed, also a grid without incidents has a rate.
    values = np.where(made.state == State.VALUE, made.value, np.nan)
    flagged = np.flatnonzero(made.small & (made.state == State.VALUE))
    unit = question.say(made.unit)
    hazard = question.hazard_name(spec.hazard)
    words = question.words
    return choropleth(
        question,
        shapes,
        spec,
        level=level,
        text=classes_text(made.state, made.classes.place(values)),
        values=values,
        labels=class_labels(made.classes),
        colours=question.palette.ramp(question.ramp(spec.hazard), made.classes.k),
        name=words["smooth_name" if spec.smooth else "rates_name"].format(hazard=hazard, unit=unit),
        group=words["group_rates"],
        unit=unit,
        title=words["rates_title"].format(hazard=hazard, level=question.ground.name(level)),
        notes=[
            words["denominator"].format(name=question.say(made.denominator_name)),
            period_note(question),
            scheme_note(question, made.classes),
            *notes_of(question, made.notes),
        ],
        small=flagged.tolist(),
    )


def make_counts(question: Question, spec: LayerSpec, shapes: Shapes) -> Drawn:
    """Return discs of counts, for every level that is shown."""
    words, palette = question.words, question.palette
    hazard = question.hazard_name(spec.hazard)
    levels = [
        {
            "level": level,
            "counts": [
                None if hidden else int(one) for one, hidden in zip(count, held, strict=True)
            ],
        }
        for level, (count, held) in question.counts(spec.hazard).items()
    ]
    domain = question.ramp(spec.hazard)
    colour = palette.map.get(f"hazard-{domain}", palette.ui["accent"])
    held_row = LegendRow(palette.marks["paper"], words["held"], None, "dots", colour)
    unit = words["incidents_unit"]
    name = words["counts_name"].format(hazard=hazard)
    return Drawn(
        "Counts",
        shapes,
        {
            "pane": "wx-signs",
            "levels": levels,
            "colour": colour,
            "ink": palette.map["hazard-ink"],
            "halo": palette.map["halo"],
            "marks": palette.marks,
            "unit": unit,
            "words": {"held": words["held"]},
        },
        ident=spec.ident,
        name=name,
        group=words["group_incidents"],
        legend=Legend(
            name,
            unit,
            (
                LegendRow(colour, words["counts_disc"], radius=7.0),
                *([held_row] if question.suppress else []),
            ),
            (words["counts_note"], period_note(question)),
        ),
        show=False,
    )


def scheme_note(question: Question, classes: Classes) -> str:
    """Return how classes were made."""
    return question.words[f"scheme_{classes.scheme}"].format(k=classes.k)


def period_note(question: Question) -> str:
    """Return of which time a layer is."""
    return question.words["period"].format(period=question.period_text())


def notes_of(question: Question, notes: Sequence[Words]) -> list[str]:
    """Return the notes that are of this layer; that the data is synthetic stands below the map."""
    synthetic = question.scope.city.manifest.synthetic
    return [question.say(one) for one in notes if not synthetic.startswith(one.zh)]
