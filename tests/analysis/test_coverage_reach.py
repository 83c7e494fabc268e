"""Reach: visits, inspections and the figures of every level, against loops."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analysis.coverage import CoverageOf
from app.analysis.coverage_reach import ReachQuestion
from app.analysis.coverage_table import Coverage, worst_gaps
from app.analysis.terms import State
from app.errors import BadInputError
from app.grids import City
from tests.cities import chessboard, make_city, with_tables
from tests.reference_tables import TABLES

LAST = date(2026, 10, 31)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> City:
    return with_tables(chessboard(tmp_path_factory.mktemp("reach") / "board"), **TABLES)


@pytest.fixture(scope="module")
def of(board: City) -> CoverageOf:
    return CoverageOf(board)


@pytest.fixture(scope="module")
def demo(jianyang_folder: Path) -> CoverageOf:
    return CoverageOf(City.open(jianyang_folder))


def parts(coverage: Coverage, level: str, measure: str) -> dict[str, tuple[float, float]]:
    table = coverage.level(level)
    column = table.column(measure)
    return dict(zip(table.codes, zip(column.part, column.whole, strict=True), strict=True))


@pytest.mark.parametrize(
    ("days", "people"), [(1, 4), (30, 4), (31, 7), (60, 7), (61, 12), (3_660, 12)]
)
def test_visits_count_back_from_the_day_itself(of: CoverageOf, days: int, people: int) -> None:
    found = of.reach(ReachQuestion(days=days))
    assert found.as_of == LAST
    assert found.total.column("visited").part[0] == people
    assert found.total.column("visited").whole[0] == 14


def test_a_later_day_leaves_visits_behind(of: CoverageOf) -> None:
    found = of.reach(ReachQuestion(days=30, as_of=LAST + timedelta(days=30)))
    assert found.total.column("visited").part[0] == 0
    assert found.total.column("visited").states[0] is State.ZERO


def test_a_day_before_the_newest_record_is_refused(of: CoverageOf) -> None:
    with pytest.raises(BadInputError, match="allowed is 2026-10-31 or later"):
        of.reach(ReachQuestion(as_of=LAST - timedelta(days=1)))


def test_a_real_city_has_no_day_of_its_own(board: City, tmp_path: Path) -> None:
    manifest = board.folder / "city.toml"
    real = tmp_path / "real"
    real.mkdir()
    for one in board.folder.iterdir():
        if one.is_file():
            (real / one.name).write_bytes(one.read_bytes())
    text = manifest.read_text(encoding="utf-8").replace("测试数据 test data", "")
    (real / "city.toml").write_text(text, encoding="utf-8")
    of = CoverageOf(City.open(real))
    with pytest.raises(BadInputError, match="as_of is missing"):
        of.reach()
    assert of.reach(ReachQuestion(as_of=LAST)).as_of == LAST


def test_one_group_or_all(of: CoverageOf) -> None:
    everyone = parts(of.reach(ReachQuestion(days=61)), "cell", "visited")
    old = parts(of.reach(ReachQuestion(days=61, group="old")), "cell", "visited")
    ill = parts(of.reach(ReachQuestion(days=61, group="ill")), "cell", "visited")
    assert everyone["A1"] == (7, 9)
    assert old["A1"] == (7, 7)
    assert ill["A1"] == (0, 2)
    assert old["B4"] == (5, 5)
    assert everyone["A2"] == (0, 0)


def test_nothing_there_zero_and_no_table_are_told_apart(of: CoverageOf, tmp_path: Path) -> None:
    column = of.reach(ReachQuestion(days=1)).level("cell").column("visited")
    state = dict(zip(of.city.finest.codes, column.states, strict=True))
    whole = dict(zip(of.city.finest.codes, column.whole, strict=True))
    assert (state["A1"], state["B4"], state["A2"]) == (State.VALUE, State.ZERO, State.NO_DATA)
    assert whole["A2"] == 0
    bare = CoverageOf(chessboard(tmp_path / "bare")).reach()
    for measure in ("area", "visited", "inspected"):
        column = bare.total.column(measure)
        assert column.states[0] is State.NO_DATA
        assert np.isnan(column.part[0])
    said = " ".join(note.en for note in bare.notes)
    for table in ("stations", "special_people", "sites"):
        assert repr(table) in said


def test_sites_without_an_inspection_are_gaps(of: CoverageOf) -> None:
    found = of.reach()
    assert parts(found, "cell", "inspected")["A1"] == (1, 1)
    assert parts(found, "cell", "inspected")["A2"] == (0, 1)
    gaps = worst_gaps(found.level("cell"), ("inspected",))["inspected"]
    assert [(one.code, one.affected, one.value) for one in gaps] == [("A2", 1, 0)]


def test_gaps_are_listed_by_how_many_are_affected(of: CoverageOf) -> None:
    gaps = worst_gaps(of.reach(ReachQuestion(days=1)).level("cell"))
    # As many are affected in both: the smaller share comes first.
    assert [(one.code, one.affected) for one in gaps["visited"]] == [("B4", 5), ("A1", 5)]
    later = worst_gaps(of.reach(ReachQuestion(days=31)).level("cell"))["visited"]
    assert [(one.code, one.affected) for one in later] == [("B4", 5), ("A1", 2)]
    areas = [one.affected for one in gaps["area"]]
    assert areas == sorted(areas, reverse=True)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"station": "nurse"}, r"station is 'nurse', allowed are \['aed', 'fire', 'responder'\]"),
        ({"group": "young"}, r"allowed are \['old', 'ill'\]"),
        ({"site": "mine"}, r"allowed are \['gas'\]"),
        ({"d_m": 0.0}, "d_m is 0"),
        ({"d_m": float("nan")}, "d_m is nan"),
        ({"d_m": 1e9}, "up to 100000 metres"),
        ({"days": 0}, "days is 0, allowed are 1 to 3660"),
        ({"days": 10_000}, "days is 10000"),
        ({"as_of": date(1, 1, 1)}, "as_of is 0001-01-01, allowed is a day from 1990-01-01"),
        ({"as_of": date(9999, 12, 31)}, "as_of is 9999-12-31"),
    ],
)
def test_what_cannot_be_asked_is_refused(of: CoverageOf, asked: dict, said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        of.reach(ReachQuestion(**asked))


def test_a_missing_table_leaves_no_kind_to_ask_for(tmp_path: Path) -> None:
    of = CoverageOf(chessboard(tmp_path / "bare"))
    with pytest.raises(BadInputError, match=r"'fire', allowed are \['responder'\]"):
        of.reach(ReachQuestion(station="fire"))
    with pytest.raises(BadInputError, match="none: the city has no such table"):
        of.reach(ReachQuestion(site="school"))
    # Nothing has a day there, so any that is asked for is kept.
    asked = ReachQuestion(as_of=date(1990, 1, 1), days=3_660)
    assert of.reach(asked).as_of == date(1990, 1, 1)


def test_unknown_levels_and_measures_are_refused(of: CoverageOf) -> None:
    found = of.reach()
    with pytest.raises(BadInputError, match=r"allowed are \['town', 'cell'\]"):
        found.level("county")
    with pytest.raises(BadInputError, match="measure is 'x'"):
        found.level("").column("x")


@given(days=st.integers(1, 200), d_m=st.floats(50, 3_000))
@settings(deadline=None, max_examples=25)
def test_every_level_adds_up_and_shares_are_shares(of: CoverageOf, days: int, d_m: float) -> None:
    found = of.reach(ReachQuestion(days=days, d_m=d_m))
    more = of.reach(ReachQuestion(days=days + 1, d_m=d_m * 1.1))
    for measure in ("area", "visited", "inspected"):
        town, cell = parts(found, "town", measure), parts(found, "cell", measure)
        for code, own in town.items():
            below = [values for name, values in cell.items() if name.startswith(code)]
            assert np.allclose(own, np.sum(below, axis=0))
        total = found.total.column(measure)
        assert np.allclose((total.part[0], total.whole[0]), np.sum(list(town.values()), axis=0))
        for table in found.levels:
            value, later = (one.level(table.level).column(measure).value for one in (found, more))
            known = np.isfinite(value)
            assert ((value[known] >= 0) & (value[known] <= 1)).all()
            assert (later[known] >= value[known] - 1e-9).all()


def test_households_come_by_area_where_there_is_no_gazetteer(board: City, tmp_path: Path) -> None:
    city = make_city(
        tmp_path / "counted",
        {
            "town": board.frame("town"),
            "cell": board.frame("cell").assign(households=[10, 20, 30, 40, 50, 60, 70, 80]),
        },
    )
    found = CoverageOf(with_tables(city, stations=TABLES["stations"])).reach(ReachQuestion(d_m=400))
    area, households = (found.level("cell").column(one) for one in ("area", "households"))
    assert np.allclose(households.value, area.value)
    assert found.total.column("households").whole[0] == 360
    assert "by area" in households.measure.basis.en
    assert "面积" in households.measure.basis.zh


def test_an_area_is_its_own_total(of: CoverageOf) -> None:
    whole = of.reach()
    town = whole.within(of.ground, of.ground.area("B"))
    assert list(town.total.codes) == ["B"]
    assert list(town.level("cell").codes) == ["B1", "B2", "B3", "B4"]
    assert town.total.column("visited").whole[0] == 5
    cell = whole.within(of.ground, of.ground.area("B4"))
    assert [table.level for table in cell.levels] == ["cell"]
    with pytest.raises(BadInputError, match=r"allowed are \['cell'\]"):
        cell.level("town")
    assert whole.within(of.ground, None) is whole


def test_the_demo_visited_everybody_at_some_time(demo: CoverageOf) -> None:
    ever = demo.reach(ReachQuestion(days=3_660))
    assert ever.total.column("visited").part[0] == 20_873
    assert ever.total.column("visited").value[0] == 1
    month = demo.reach(ReachQuestion(days=30, station="fire", d_m=1_000))
    assert month.as_of == LAST
    assert 0.5 < month.total.column("visited").value[0] < 0.95
    assert month.total.column("households").whole[0] == 320_160
    assert "gazetteer" in month.total.column("households").measure.basis.en
    assert {table.level: len(table) for table in month.levels} == {
        "town": 22, "general": 291, "ordinary": 886, "micro": 4951,
    }  # fmt: skip


def test_the_demo_s_visits_agree_with_a_plain_sum(demo: CoverageOf, jianyang_folder: Path) -> None:
    visits = pd.read_parquet(jianyang_folder / "visits.parquet")
    recent = visits[pd.to_datetime(visits.last_day) >= pd.Timestamp("2026-10-18")]
    by_town = recent.groupby(recent.code.str[:9]).people.sum()
    found = demo.reach(ReachQuestion(days=14)).level("town")
    assert list(found.column("visited").part) == list(by_town.loc[list(found.codes)])


def test_the_demo_s_notes_say_that_it_is_synthetic(demo: CoverageOf) -> None:
    found = demo.reach()
    assert "synthetic" in found.notes[0].en
    assert "合成" in found.notes[0].zh
    assert found.synthetic
