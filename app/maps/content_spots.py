"""Hot spots as layers of an exported map: where they are, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from app.analysis.grid_figures import Measure
from app.analysis.hotspots import MIN_GRIDS, Hotspots, hotspots
from app.analysis.terms import State, Words
from app.analysis.trend import Pattern
from app.errors import BadInputError
from app.maps.contents import choropleth, chosen_level, classes_text, notes_of, period_note
from app.maps.elements import Drawn, Shapes
from app.maps.question import Question
from app.maps.specs import LayerSpec

# Trends are looked at where a grid, its neighbours and two months have as many incidents together.
_MONTHS, _ENOUGH = 2, 5
# Adjusted p-values up to which a spot is this sure.
_SURE = ((0.01, "99"), (0.05, "95"), (0.1, "90"))
_SPOTS = ("hot-99", "hot-95", "hot-90", "not-significant", "cold-90", "cold-95", "cold-99")


def make_hotspots(question: Question, spec: LayerSpec, shapes: Shapes) -> Drawn:
    """Return a map of hot and cold spots."""
    level = chosen_level(question, spec) or question.shown_levels[-1]
    made = _spots(question, spec, level, trend=False)
    place = np.full(len(made.p_adjusted), _SPOTS.index("not-significant"))
    for limit, sure in reversed(_SURE):
        is_sure = made.p_adjusted <= limit
        place[is_sure & (made.z > 0)] = _SPOTS.index(f"hot-{sure}")
        place[is_sure & (made.z < 0)] = _SPOTS.index(f"cold-{sure}")
    words = question.words
    return _spot_layer(
        question,
        spec,
        shapes,
        made,
        place,
        _SPOTS,
        plain="not-significant",
        name=words["hotspots_name"].format(hazard=question.hazard_name(spec.hazard)),
        notes=[words["hotspots_note"]],
    )


def make_trends(question: Question, spec: LayerSpec, shapes: Shapes) -> Drawn:
    """Return a map of what became of hot spots over the months.

    Raises
    ------
    BadInputError
        If the period has too few months.
    """
    made = _spots(question, spec, _level_of_trends(question, spec), trend=True)
    if made.trend is None:
        said = next(iter(made.notes[-1:]), Words("", ""))
        raise BadInputError(
            f"{spec.text!r}: {said.en}",
            "Take a longer period with --from and --to.",
            message_zh=f"{spec.text!r}：{said.zh}",
            hint_zh="请用 --from、--to 取更长的时段。",
        )
    patterns = [str(one) for one in Pattern if one is not Pattern.NONE] + [str(Pattern.NONE)]
    place = np.array([patterns.index(str(one)) for one in made.trend.pattern])
    words = question.words
    return _spot_layer(
        question,
        spec,
        shapes,
        made,
        place,
        patterns,
        plain=str(Pattern.NONE),
        name=words["trends_name"].format(hazard=question.hazard_name(spec.hazard)),
        notes=[words["trends_note"]],
    )


def _level_of_trends(question: Question, spec: LayerSpec) -> str:
    """Return the level that was asked for, or the finest that has enough for single months."""
    if asked := chosen_level(question, spec):
        return asked
    found = question.select(spec.hazard)
    months = max(len(question.period.whole_months()), 1)
    large = [
        level for level in question.shown_levels if len(question.scope.rows[level]) >= MIN_GRIDS
    ]
    for level in reversed(large):
        grids = len(question.scope.rows[level])
        near = 1 + len(question.ground.neighbours(level)[0]) / len(question.ground.layer(level))
        if len(found) / grids / months * near * _MONTHS >= _ENOUGH:
            return level
    return (large or question.shown_levels)[0]


def _spots(question: Question, spec: LayerSpec, level: str, *, trend: bool) -> Hotspots:
    return hotspots(
        question.select(spec.hazard),
        question.ground,
        question.period,
        level,
        spec.measure(Measure.COUNT),
        hazard=spec.hazard,
        area=question.area,
        trend=trend,
    )


def _spot_layer(
    question: Question,
    spec: LayerSpec,
    shapes: Shapes,
    made: Hotspots,
    place: npt.NDArray[Any],
    signs: Sequence[str],
    *,
    plain: str,
    name: str,
    notes: list[str],
) -> Drawn:
    words = question.words
    # A spot is made by a grid and its neighbours together: it is held back if these are few. That
    # nothing stands out is no secret.
    few = (made.around > 0) & (made.around < question.suppress) & (place != signs.index(plain))
    state = np.where(few, str(State.SUPPRESSED), str(State.VALUE))
    state = np.where(np.isnan(made.z), str(State.NO_DATA), state)
    return choropleth(
        question,
        shapes,
        spec,
        level=made.level,
        text=classes_text(state, place),
        values=None,
        labels=[words[f"sign_{sign}"] for sign in signs],
        colours=[question.palette.signs[sign] for sign in signs],
        textures=[question.palette.texture(sign) for sign in signs],
        name=name,
        group=words["group_spots"],
        unit="",
        title=f"{name} · {question.ground.name(made.level)}",
        notes=[
            *notes,
            words["compared"].format(unit=question.say(made.unit)),
            period_note(question),
            *notes_of(question, made.notes),
        ],
    )
