"""Staffing: vacancies, households per person, and the team's shares that were published."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.analysis.coverage import CoverageOf
from app.analysis.coverage_suppress import suppress
from app.analysis.coverage_table import worst_gaps
from app.analysis.terms import State
from app.grids import City
from app.incidents.assign import Duty
from tests.cities import chessboard, make_city, with_tables


@pytest.fixture(scope="module")
def demo(jianyang_folder: Path) -> CoverageOf:
    return CoverageOf(City.open(jianyang_folder))


def staff(**qualities: list[bool | None]) -> pd.DataFrame:
    codes = ["A1", "A1", "A", "K", "B1"]
    made = pd.DataFrame(
        {
            "code": codes,
            "role": ["网格长", "副网格长", "镇长", "专员", "网格长"],
            "label": [f"人员 {at}" for at in range(5)],
            "phone": ["000"] * 5,
        }
    )
    for name, values in qualities.items():
        made[name] = pd.array(values, dtype="boolean")
    return made


@pytest.fixture
def counted(tmp_path: Path) -> City:
    board = chessboard(tmp_path / "board")
    return make_city(
        tmp_path / "counted",
        {
            "town": board.frame("town"),
            "cell": board.frame("cell").assign(households=[10, 20, 30, 40, 50, 60, 70, 80]),
        },
        {"campus": ("town", board.frame("campus"))},
        staff=staff(under_30=[True, False, True, None, False]),
    )


def test_grids_with_somebody_are_counted_with_all_below_them(counted: City) -> None:
    found = CoverageOf(counted).staffing()
    town, cell = found.level("town"), found.level("cell")
    # A: itself, four cells and the campus, of which A, A1 and the campus have somebody.
    assert list(town.column("led").part) == [3, 1]
    assert list(town.column("led").whole) == [6, 5]
    assert dict(zip(cell.codes, cell.column("led").part, strict=True))["A1"] == 1
    assert found.total.column("led").part[0] == 4
    gaps = worst_gaps(town, ("led",))["led"]
    assert [(one.code, one.affected) for one in gaps] == [("B", 4), ("A", 3)]


def test_households_without_anybody_are_the_worst_gap(counted: City) -> None:
    cell = CoverageOf(counted).staffing().level("cell")
    gaps = worst_gaps(cell, ("households_led",))["households_led"]
    assert [(one.code, one.affected) for one in gaps[:2]] == [("B4", 80), ("B3", 70)]
    assert {one.code for one in gaps} == {"A2", "A3", "A4", "B2", "B3", "B4"}


def test_households_per_person_names_both(counted: City) -> None:
    found = CoverageOf(counted).staffing()
    column = found.level("town").column("households_per_worker")
    assert list(column.part) == [100, 260]
    assert list(column.whole) == [4, 1]
    assert list(column.value) == [25, 260]
    assert np.isnan(column.missing).all()
    nobody = found.level("cell").column("households_per_worker")
    assert nobody.states[1] is State.NO_DATA
    assert nobody.whole[1] == 0


def test_who_is_off_duty_leaves_a_gap(counted: City) -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    one = Duty(counted, frozenset({("A1", "网格长")}))
    assert CoverageOf(counted).staffing(one, at).total.column("led").part[0] == 4
    both = Duty(counted, frozenset({("A1", "")}))
    found = CoverageOf(counted).staffing(both, at)
    assert found.total.column("led").part[0] == 3
    assert found.settings == {"at": "2026-11-01T00:00:00+00:00"}
    assert "off duty" in found.notes[-1].en


def test_the_team_s_qualities_leave_out_who_is_not_known(counted: City) -> None:
    found = CoverageOf(counted).staffing()
    column = found.level("town").column("team_under_30")
    assert list(column.part) == [2, 0]
    assert list(column.whole) == [3, 1]
    assert column.measure.personal
    assert found.total.column("team_under_30").value[0] == 0.5


def test_a_quality_that_has_no_name_of_its_own_is_shown_as_it_is_called(counted: City) -> None:
    swims = staff(swims=[True, True, False, False, None])
    found = CoverageOf(with_tables(counted, staff=swims)).staffing()
    assert found.measures[-1].id == "team_swims"
    assert "swims" in found.measures[-1].name.zh


def test_a_level_without_anybody_is_an_office(tmp_path: Path) -> None:
    only_cells = staff().query("code in ('A1', 'B1')")
    city = with_tables(chessboard(tmp_path / "board"), staff=only_cells)
    found = CoverageOf(city).staffing()
    # Towns and the campus have nobody: what is left are eight cells, two of them with somebody.
    assert found.total.column("led").whole[0] == 8
    assert found.total.column("led").part[0] == 2
    assert "town" in found.notes[-1].en


def test_no_staff_at_all_is_no_data(tmp_path: Path) -> None:
    board = chessboard(tmp_path / "board")
    city = make_city(tmp_path / "empty", {"town": board.frame("town"), "cell": board.frame("cell")})
    found = CoverageOf(city).staffing()
    assert set(found.total.column("led").states) == {State.NO_DATA}
    assert set(found.level("cell").column("households_led").states) == {State.NO_DATA}


def test_the_demo_s_team_is_the_published_one(demo: CoverageOf) -> None:
    total = demo.staffing().total
    published = {"college": 50.4, "under_30": 61.0, "party_member": 73.5, "group_leader": 84.0}
    for quality, percent in published.items():
        column = total.column(f"team_{quality}")
        assert column.whole[0] == 6_708
        assert round(100 * column.value[0], 1) == percent
    assert total.column("led").part[0] == total.column("led").whole[0] == 6_708


def test_the_demo_s_towns_agree_with_a_plain_sum(demo: CoverageOf, jianyang_folder: Path) -> None:
    people = pd.read_parquet(jianyang_folder / "staff.parquet")
    by_town = people.groupby(people.code.str[:9]).college.agg(["sum", "count"])
    found = demo.staffing().level("town")
    rows = by_town.loc[list(found.codes)]
    assert list(found.column("team_college").part) == list(rows["sum"])
    assert list(found.column("team_college").whole) == list(rows["count"])


def test_one_person_s_qualities_do_not_leave_the_house(demo: CoverageOf) -> None:
    found = suppress(demo.ground, demo.staffing())
    assert set(found.level("micro").column("team_party_member").states) == {State.SUPPRESSED}
    assert set(found.level("town").column("team_party_member").states) == {State.VALUE}
    # Whether a grid has somebody is no secret.
    assert State.SUPPRESSED not in set(found.level("micro").column("led").states)
