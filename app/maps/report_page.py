"""A report as one page of A4: no script, no network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from app.maps.contents import number_text
from app.maps.elements import Drawn, Shapes
from app.maps.figures import bars_svg, map_svg, patterns_svg
from app.maps.order import make_layer
from app.maps.palette import STATIC
from app.maps.question import Question
from app.maps.report import Figure, GapList, HazardRow, Report
from app.maps.specs import parse_spec
from app.maps.words import HTML_LANG

TEMPLATE = Path(__file__).with_name("report.html")
_ZERO, _NONE, _HELD = "z", "n", "s"
# What the two small maps show.
_MAPS = ("rates:all:per_household", "coverage:reach")


@dataclass(frozen=True, slots=True)
class _Tile:
    name: str
    value: str
    note: str


def report_page(report: Report) -> str:
    """Return a report as an HTML page."""
    question, words = report.question, report.question.words
    manifest = question.scope.city.manifest
    zh, _, en = manifest.synthetic.partition(" / ")
    month = question.period_text(report.month)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        lang=HTML_LANG[question.language],
        title=words["report_title"].format(name=question.scope.name, month=month),
        subtitle=" · ".join(
            [
                manifest.name,
                words["generation"].format(
                    generation=manifest.generation, day=manifest.valid_from.isoformat()
                ),
            ]
        ),
        synthetic=(zh if question.language == "zh" else en or zh),
        words=words,
        palette_css=Markup((STATIC / "css/palette.css").read_text(encoding="utf-8")),  # noqa: S704
        css=Markup((STATIC / "export/report.css").read_text(encoding="utf-8")),  # noqa: S704
        patterns=patterns_svg(question.palette),
        tiles=_tiles(report),
        heads=[
            month,
            question.period_text(report.months[-2]),
            question.period_text(report.months[0]),
            words["report_year"],
            words["report_year_before"],
        ],
        rows=[_row(question, row) for row in report.hazards],
        maps=[_map(question, text) for text in _MAPS],
        busiest=report.busiest,
        busiest_level=report.busiest_level,
        gaps=[_gap(question, gap) for gap in report.gaps if gap.rows],
        full=[_no_gap(question, gap) for gap in report.gaps if not gap.rows],
        notes=_notes(report),
    )


def _tiles(report: Report) -> list[_Tile]:
    words, every = report.question.words, report.hazards[0]
    tiles = [
        _Tile(
            words["report_month"],
            _text(report.question, every.month),
            _change(report.question, every.month, every.before, "report_than_month"),
        ),
        _Tile(
            words["report_year"],
            _text(report.question, every.year),
            _change(report.question, every.year, every.year_before, "report_than_year"),
        ),
    ]
    for gap in report.gaps[:2]:
        tiles.append(
            _Tile(
                report.question.say(gap.measure.name),
                _percent(gap.value),
                words["denominator"].format(name=report.question.say(gap.measure.whole)),
            )
        )
    return tiles


def _row(question: Question, row: HazardRow) -> dict[str, Any]:
    palette = question.palette
    domain = question.ramp(row.hazard)
    colour = palette.map.get(f"hazard-{domain}", palette.ui["text"])
    figures = (row.month, row.before, row.year_ago, row.year, row.year_before)
    label = question.words["report_bars"].format(
        name=row.name, values="、".join(_text(question, one) for one in row.months)
    )
    return {
        "name": row.name,
        "colour": colour,
        "cells": [_text(question, one) for one in figures],
        # Nothing stands for what is not known.
        "bars": bars_svg(
            [one.count if one.known else 0 for one in row.months], colour, palette, label
        ),
    }


def _text(question: Question, figure: Figure) -> str:
    if not figure.known:
        return "–"
    return f"< {question.suppress}" if figure.count is None else f"{figure.count:,}"


def _change(question: Question, now: Figure, before: Figure, key: str) -> str:
    """Say how a number differs from an earlier one, where both are shown."""
    if not before.known:
        return question.words["report_no_earlier"]
    if now.count is None or before.count is None:
        return question.words[key].format(change=question.words["report_unknown"])
    difference = now.count - before.count
    text = f"{difference:+,}".replace("-", "−") if difference else "±0"
    return question.words[key].format(change=text)


def _percent(value: float) -> str:
    return "–" if np.isnan(value) else f"{number_text(100 * value)} %"


def _map(question: Question, text: str) -> dict[str, Any]:
    """Return a small map of a layer as an exported map has it, for print."""
    layer: Drawn = make_layer(question, parse_spec(text), Shapes({}))
    options, palette = layer.options, question.palette
    plain = {_ZERO: palette.marks["zero"], _NONE: "hatch", _HELD: "dots"}
    fills = [plain.get(one) or options["colours"][int(one, 36)] for one in options["classes"]]
    legend = layer.legend
    assert legend is not None  # noqa: S101 - layers of colours have one
    return {
        "title": legend.title,
        "unit": legend.unit,
        "svg": map_svg(question.scope, options["level"], fills, palette, label=legend.title),
        "legend": [row for row in legend.rows if row.count],
        "notes": legend.notes[:2],
    }


def _gap(question: Question, gap: GapList) -> dict[str, Any]:
    unit = question.say(gap.measure.whole)
    return {
        "name": question.say(gap.measure.name),
        "value": _percent(gap.value),
        "of": question.words["denominator"].format(name=unit),
        "rows": [
            {
                "name": row.name,
                "text": question.words["report_gap"].format(
                    n=number_text(row.affected),
                    of=number_text(row.whole),
                    share=_percent(row.value),
                ),
            }
            for row in gap.rows
        ],
        "more": gap.more,
    }


def _no_gap(question: Question, gap: GapList) -> str:
    return question.words["report_no_gaps"].format(
        name=question.say(gap.measure.name), value=_percent(gap.value)
    )


def _notes(report: Report) -> list[str]:
    question, words = report.question, report.question.words
    notes = [words["report_year_note"].format(period=question.period_text())]
    if report.as_of is not None:
        notes.append(words["report_as_of"].format(day=report.as_of.isoformat()))
    if question.suppress:
        notes.append(words["suppress_note"].format(n=question.suppress))
    notes.append(words["report_reported"])
    return notes
