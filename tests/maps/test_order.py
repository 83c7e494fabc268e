"""Layers as they are ordered: what they hold is what the analysis says, and no more."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analysis.classes import classify
from app.analysis.grid_figures import Measure
from app.analysis.ground import Ground
from app.analysis.heat import HeatOptions, weights_named
from app.analysis.hotspots import hotspots
from app.analysis.period import Period
from app.analysis.rates import stats
from app.analysis.selection import read_table
from app.errors import BadInputError
from app.incidents.mapping import Mapping
from app.incidents.policy import Policy
from app.locate import Locator
from app.maps.content_heat import windows_of
from app.maps.contents import class_labels, number_text
from app.maps.elements import Drawn, Shapes
from app.maps.order import DEFAULT_LAYERS, make_layer, newest, order_map, period_of, read_specs
from app.maps.question import Question
from app.maps.scope import find_area, scope_of
from app.maps.sources import of_file
from app.maps.specs import KINDS, parse_spec

POLICY = Policy.read()
HELD = 5


@pytest.fixture(scope="module")
def question(jianyang_folder: Path) -> Question:
    locator = Locator.open(jianyang_folder)
    ground = Ground(locator.city)
    found = read_table(locator, ground)
    return Question(
        scope=scope_of(locator.city),
        ground=ground,
        policy=POLICY,
        incidents=found,
        period=period_of(found, POLICY, "2024-11-01"),
        suppress=HELD,
    )


def of_town(question: Question) -> Question:
    area = find_area(question.scope.city, "射洪坝街道")
    return Question(
        scope=scope_of(question.scope.city, area),
        ground=question.ground,
        policy=POLICY,
        incidents=question.incidents,
        period=question.period,
        suppress=HELD,
    )


def made(question: Question, text: str) -> Drawn:
    return make_layer(question, parse_spec(text), Shapes({}))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("heatmap", "layers are"),
        ("heat:fire:more", "such as"),
        ("rates::count", "such as"),
        ("heat:fire@", "such as"),
        ("rates:all:per_head", "measures are"),
        ("rates:all:count:smoothed", "'smooth'"),
        ("", "layers are"),
    ],
)
def test_what_is_no_layer_is_refused_with_examples(text: str, hint: str) -> None:
    with pytest.raises(BadInputError, match=hint) as caught:
        parse_spec(text)
    assert repr(text) in caught.value.message
    assert "rates:gas:per_household" in caught.value.hint


def test_layers_that_come_twice() -> None:
    with pytest.raises(BadInputError, match=r"twice: \['heat:all'\]"):
        read_specs(["heat:all", "incidents", "heat:all"])
    with pytest.raises(BadInputError, match="25 layers"):
        read_specs(["heat:all"] * 25)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("heat:flood", "flood"),
        ("rates:gas:per_person", "per_household"),
        ("rates:gas:count@village", "'ordinary'"),
        ("coverage:roof", "'reach'"),
        ("coverage:reach:none", "'visited'"),
    ],
)
def test_words_that_mean_nothing_name_what_does(question: Question, text: str, named: str) -> None:
    with pytest.raises(BadInputError, match=named):
        made(question, text)


def test_every_kind_can_be_made(question: Question) -> None:
    for kind in KINDS:
        layer = made(question, kind)
        assert layer.legend
        assert layer.legend.rows
        assert layer.layer_name
        assert layer.group


def test_a_rate_is_that_of_the_analysis(question: Question) -> None:
    options: dict[str, Any] = made(question, "rates:gas:per_household@ordinary").options
    chosen = question.select("gas")
    plain = stats(
        chosen, question.ground, question.period, "ordinary", Measure.PER_HOUSEHOLD, hazard="gas"
    )
    shown = [at for at, value in enumerate(options["values"]) if value is not None]
    assert len(shown) > 20
    for at in shown:
        assert options["values"][at] == pytest.approx(plain.value[at], rel=1e-3)
        assert plain.count[at] >= HELD
    for at, mark in enumerate(options["classes"]):
        assert (mark == "z") == (plain.count[at] == 0)
        if 0 < plain.count[at] < HELD:
            assert mark == "s"


def test_classes_are_those_that_were_asked_for(question: Question) -> None:
    asked = replace(question, scheme="equal_interval", k=7)
    for text in ("rates:all:count@general", "coverage:reach@town"):
        layer = made(asked, text)
        assert len(layer.options["labels"]) == 7
        assert layer.legend
        assert "分级：等间距，7 级，每级含上限" in layer.legend.notes
    assert len(made(question, "coverage:reach@town").options["labels"]) == 5
    with pytest.raises(BadInputError, match=r"'jenks'.*fisher_jenks"):
        order_map(replace(question, scheme="jenks"), [])


def test_smoothed_rates_are_drawn_to_the_mean(question: Question) -> None:
    plain = made(question, "rates:gas:per_household@general").options
    layer = made(question, "rates:gas:per_household:smooth@general")
    assert layer.layer_name == "社区燃气（平滑后，起/千户）"
    smooth = layer.options
    shown = [one is not None for one in smooth["values"]]
    assert [mark == "s" for mark in smooth["classes"]] == [not one for one in shown]
    both = [
        pair
        for pair in zip(plain["values"], smooth["values"], strict=True)
        if None not in pair and pair[0] > 0
    ]
    assert len(both) > 20
    before, after = np.array(both).T
    assert after.std() < before.std()
    assert after.max() < before.max()
    assert "z" not in smooth["classes"]


def test_small_denominators_are_flagged(question: Question) -> None:
    layer = made(replace(question, suppress=0), "rates:all:per_km2@micro")
    area = question.ground.area_km2("micro")
    marks = layer.options["classes"]
    small = [at for at, mark in enumerate(marks) if mark != "z" and area[at] < 0.01]
    assert small
    assert layer.options["small"] == small


def test_hot_spots_are_those_of_the_finest_grids(question: Question) -> None:
    """A hot spot is made by a grid and its neighbours: held back where they are few together."""
    layer = made(question, "hotspots:all")
    assert layer.options["level"] == "micro"
    marks = layer.options["classes"]
    told = hotspots(question.select(""), question.ground, question.period, "micro", trend=False)
    assert marks.count("0") > 50
    for at, mark in enumerate(marks):
        if told.p_adjusted[at] > 0.1:
            assert mark == "3"
        elif told.z[at] > 0:
            sure = "012"[int(told.p_adjusted[at] > 0.01) + int(told.p_adjusted[at] > 0.05)]
            assert mark == ("s" if told.around[at] < HELD else sure)
    few = made(replace(question, suppress=20), "hotspots:all").options["classes"]
    held = [at for at, mark in enumerate(few) if mark == "s"]
    assert held
    assert all(told.around[at] < 20 and told.p_adjusted[at] <= 0.1 for at in held)
    trends = made(question, "trends:all")
    assert trends.options["level"] == "general"
    # What a colour says, a texture says, too: in the map and in its legend.
    for one in (layer, trends):
        assert one.legend
        told = [row.as_json().get("texture") for row in one.legend.rows]
        textures = one.options["textures"]
        assert told[: len(textures)] == textures
        assert textures.count(None) == 1


def test_what_the_city_has_not_is_refused_before_anything_is_reckoned(question: Question) -> None:
    nothing = replace(question, incidents=None)
    for text in ("heat:flood", "incidents:flood", "rates:all:count@block", "coverage:none"):
        with pytest.raises(BadInputError):
            order_map(nothing, [parse_spec("heat:all"), parse_spec(text)])


def test_a_legend_counts_every_grid(question: Question) -> None:
    for text in ("rates:all:count@micro", "hotspots:all", "coverage:reach:inspected@general"):
        layer = made(question, text)
        assert layer.legend
        total = sum(row.count or 0 for row in layer.legend.rows)
        assert total == len(layer.options["classes"])
        assert len(layer.options["colours"]) == len(layer.options["labels"])


def test_nothing_that_is_held_back_can_be_told(question: Question) -> None:
    """Not from the parent and its other children, and not from the children of what is hidden."""
    for hazard in ("", "gas", "fire", "drowning"):
        counts = question.counts(hazard)
        levels = list(counts)
        for above, level in pairwise(levels):
            count, held = counts[level]
            count_above, held_above = counts[above]
            assert not ((count > 0) & (count < HELD) & ~held).any()
            parent = question.ground.layer(level).parent_row
            for row in range(len(count_above)):
                family = np.flatnonzero(parent == row)
                hidden = family[held[family]]
                if held_above[row]:
                    # All that has any is hidden as well: the sum of what is shown is 0.
                    assert count[family][~held[family]].sum() == 0
                elif len(hidden) == 1:
                    # Alone only where there is no sister to hide.
                    assert (count[family] > 0).sum() == 1


def test_heat_of_a_step_is_that_of_its_months(question: Question) -> None:
    frames = made(question, "heat:all").options["frames"]
    assert len(frames) == 1 + 24
    assert (
        frames[0]["weight"] == len(question.select("")) == sum(one["weight"] for one in frames[1:])
    )
    assert frames[1]["label"] == "2024-11"
    assert frames[-1]["label"] == "2026-10"
    assert all(one["bands"] for one in frames)


def test_no_month_can_be_told_from_the_others(question: Question) -> None:
    """Months add up to the whole period: of those with few at least two are held back."""
    seen = 0
    for name in ("杨家镇", "赤水街道"):
        area = find_area(question.scope.city, name)
        town = replace(question, scope=scope_of(question.scope.city, area))
        for hazard in ("", "gas"):
            frames = made(town, f"heat:{hazard or 'all'}").options["frames"]
            months = question.period.whole_months()
            counts = [len(town.select(hazard, month)) for month in months]
            held = [one["weight"] is None for one in frames[1:]]
            assert all(hidden for one, hidden in zip(counts, held, strict=True) if 0 < one < HELD)
            assert sum(held) != 1
            shown = [one["weight"] for one in frames[1:] if one["weight"] is not None]
            assert sum(shown) <= sum(counts)
            seen += sum(held)
    assert seen > 10


def test_heat_is_weighted_and_says_so(question: Question) -> None:
    town = replace(of_town(question), window_months=24)
    options = HeatOptions(800.0, weights_named("weighted"), 90.0)
    layer = made(replace(town, heat=options), "heat:fire")
    assert layer.legend
    assert layer.legend.unit == "按严重程度加权（1, 2, 4, 8）的起/平方公里·月，90 天衰减一半"
    assert any("带宽 800 米" in one for one in layer.legend.notes)
    plain = made(town, "heat:fire")
    assert plain.options["frames"] != layer.options["frames"]
    assert weights_named("0,0,1,2.5") == (0, 0, 1, 2.5)
    assert weights_named("") is None
    with pytest.raises(BadInputError, match="severity is 'grave', allowed are weighted"):
        weights_named("grave")


def test_steps_of_the_time_bar() -> None:
    zone = POLICY.time_zone
    year = Period.of_days(date(2026, 1, 1), date(2027, 1, 1), zone)
    steps = windows_of(year, 3)
    assert len(steps) == 10
    assert all(len(one.whole_months()) == 3 for one in steps)
    assert (steps[0].since, steps[-1].until) == (year.since, year.until)
    assert windows_of(Period.of_month(2026, 1, zone), 1) == []


def test_the_period_ends_with_the_data_not_today(question: Question) -> None:
    period = period_of(question.incidents, POLICY)
    assert question.period_text(period) == "2025-11 – 2026-10"
    assert period.holds(np.array([newest(question.incidents).replace(tzinfo=None)]))[0]
    days = period_of(question.incidents, POLICY, "2026-03-05", "2026-04-02")
    assert question.period_text(days) == "2026-03-05 – 2026-04-01"
    with pytest.raises(BadInputError, match="from < to"):
        period_of(question.incidents, POLICY, "2026-03-05", "2026-03-05")
    nothing = question.incidents.take(np.array([], dtype=np.int64))
    with pytest.raises(BadInputError, match="no incidents") as caught:
        period_of(nothing, POLICY)
    assert "--from" in caught.value.hint


def test_a_town_has_its_own_and_nothing_else(question: Question) -> None:
    town = of_town(question)
    page = order_map(town, read_specs(DEFAULT_LAYERS))
    codes = set(re.findall(r'"(510185\d{6}-\d\d-\d\d)"', page))
    assert codes == {
        code for code in question.scope.city.finest.codes if code.startswith("510185002")
    }
    counts = made(town, "incidents").options["levels"]
    whole = question.select("").rows(question.ground, "town")
    row = question.ground.layer("town").row_of["510185002"]
    assert counts[0]["counts"] == [int((whole == row).sum())]


def test_a_day_is_named_only_if_it_is_given(question: Question) -> None:
    town = of_town(question)
    pages = {order_map(town, read_specs(["incidents"])) for _ in range(2)}
    assert len(pages) == 1
    assert "导出于 2" not in next(iter(pages))


@given(st.floats(1e-6, 1e9))
def test_numbers_have_three_digits_that_count(value: float) -> None:
    text = number_text(value)
    assert float(text.replace(",", "")) == pytest.approx(value, rel=5.1e-3)
    assert len(re.sub(r"[.,]|^0\.0*", "", text).strip("0")) <= 3


def test_one_class_has_one_number() -> None:
    assert class_labels(classify([3.0, 3.0])) == ["3"]
    assert class_labels(classify([], k=3)) == []


def test_incidents_of_a_file_are_those_of_an_import(jianyang_folder: Path) -> None:
    """The example of the docs: one row of a kind that nobody knows, one twice."""
    locator = Locator.open(jianyang_folder)
    ground = Ground(locator.city)
    root = Path(__file__).resolve().parents[2]
    mapping = Mapping.read(root / "docs/examples/hotline.toml", POLICY)
    taken = of_file(locator, ground, POLICY, root / "docs/examples/incidents.csv", mapping=mapping)
    assert taken.rows == 6
    assert [row for row, _ in taken.unusable] == [5]
    assert 1 <= len(taken.incidents) <= 4
