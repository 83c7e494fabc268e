"""Coverage as a layer of an exported map: of the boundaries, of staff, of what is reached."""

from __future__ import annotations

import numpy as np

from app.analysis.classes import QUANTILES, Classes, classify
from app.analysis.coverage import CoverageOf
from app.analysis.coverage_suppress import suppress
from app.analysis.coverage_table import Coverage, Form, Kind, LevelTable
from app.analysis.terms import State
from app.errors import BadInputError
from app.maps.contents import choropleth, class_labels, classes_text, scheme_note
from app.maps.elements import Drawn, Shapes
from app.maps.question import Question
from app.maps.specs import LayerSpec

# What a map of each kind shows where no measure is named.
DEFAULT_MEASURES = {
    Kind.BOUNDARY: "findings",
    Kind.STAFFING: "households_per_worker",
    Kind.REACH: "households",
}
# Shares are cut alike on every map, so that maps compare.
_SHARE_EDGES = (0.0, 20.0, 40.0, 60.0, 80.0, 100.0)
_SHOWN_PART = 0.5


def coverage_of(question: Question, kind: Kind) -> Coverage:
    """Return the coverage of what is shown, without the counts of people that are too small."""
    if kind not in question.coverage:
        of = CoverageOf(question.scope.city, question.ground)
        reckon = {Kind.BOUNDARY: of.boundary, Kind.STAFFING: of.staffing, Kind.REACH: of.reach}
        question.coverage[kind] = suppress(question.ground, reckon[kind](), question.suppress)
    return question.coverage[kind].within(question.ground, question.area)


def make_coverage(question: Question, spec: LayerSpec, shapes: Shapes) -> Drawn:
    """Return a choropleth of a measure of coverage.

    Raises
    ------
    BadInputError
        If there is no such kind or measure; names those there are.
    """
    kind = kind_of(spec)
    coverage = coverage_of(question, kind)
    ident = spec.words[1] if len(spec.words) > 1 else DEFAULT_MEASURES[kind]
    table = _table(coverage, spec, ident)
    column = table.column(ident)
    measure, words = column.measure, question.words
    is_share = measure.form is Form.SHARE
    shown = column.states == State.VALUE
    values = np.where(shown, column.value * (100.0 if is_share else 1.0), np.nan)
    unit = "%" if is_share else question.say(measure.unit)
    if is_share and not question.scheme:
        classes = Classes("shares", len(_SHARE_EDGES) - 1, _SHARE_EDGES, ())
    else:
        classes = classify(values, question.scheme or QUANTILES, question.k)
    notes = [scheme_note(question, classes) if classes.k else "", question.say(measure.basis)]
    if measure.form is not Form.COUNT:
        notes.insert(0, words["denominator"].format(name=question.say(measure.whole)))
    if coverage.as_of is not None:
        notes.append(words["as_of"].format(day=coverage.as_of.isoformat()))
    name = question.say(measure.name)
    return choropleth(
        question,
        shapes,
        spec,
        level=table.level,
        text=classes_text(column.states, classes.place(values)),
        values=values,
        labels=class_labels(classes),
        colours=question.palette.ramp("share" if is_share else "load", max(1, classes.k))[
            : classes.k
        ],
        name=name,
        group=words["group_coverage"],
        unit=unit,
        title=f"{name} · {table.name}",
        notes=[note for note in notes if note],
    )


def kind_of(spec: LayerSpec) -> Kind:
    """Return the meaning of coverage that a layer names.

    Raises
    ------
    BadInputError
        If there is no such kind.
    """
    if not spec.words:
        return Kind.REACH
    try:
        return Kind(spec.words[0])
    except ValueError:
        known = [str(one) for one in Kind]
        raise BadInputError(
            f"the coverage in {spec.text!r} is {spec.words[0]!r}, allowed are {known}",
            message_zh=f"{spec.text!r} 的覆盖类型为 {spec.words[0]!r}，可用：{'、'.join(known)}",
        ) from None


def _table(coverage: Coverage, spec: LayerSpec, ident: str) -> LevelTable:
    """Return the table of the level that was asked for, or the finest of which enough is shown."""
    if spec.level:
        return coverage.level(spec.level)
    for table in reversed(coverage.levels):
        states = table.column(ident).states
        known = states != State.NO_DATA
        shown = known & (states != State.SUPPRESSED)
        if known.sum() >= _SHOWN_PART * len(states) and shown.sum() >= _SHOWN_PART * known.sum():
            return table
    return coverage.levels[0]
