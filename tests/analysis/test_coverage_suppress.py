"""Small counts of people cannot be had from what is shown, not even by subtraction."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analysis.coverage import CoverageOf
from app.analysis.coverage_levels import Counted, tables
from app.analysis.coverage_plain import to_plain
from app.analysis.coverage_reach import ReachQuestion
from app.analysis.coverage_suppress import suppress
from app.analysis.coverage_table import Coverage, worst_gaps
from app.analysis.ground import Ground
from app.analysis.terms import State
from app.errors import BadInputError
from app.grids import City
from tests.cities import chessboard, with_tables
from tests.reference_tables import TABLES


@pytest.fixture(scope="module")
def of(tmp_path_factory: pytest.TempPathFactory) -> CoverageOf:
    board = chessboard(tmp_path_factory.mktemp("small") / "board")
    return CoverageOf(with_tables(board, **TABLES))


def of_people(ground: Ground, part: list[int], whole: list[int], like: Coverage) -> Coverage:
    """Return coverage with the people of each cell and how many of them were visited."""
    measure = like.total.column("visited").measure
    counted = [
        Counted(
            measure,
            {"cell": np.array(part, dtype=np.float64)},
            {"cell": np.array(whole, dtype=np.float64)},
        )
    ]
    total, levels = tables(ground, counted)
    return Coverage(
        like.kind, None, total, levels, {}, like.as_of, (), like.generation, like.city_name, ""
    )


def cell(whole: int, share: float) -> tuple[int, int]:
    """Return the people visited, and all, of a cell."""
    return round(whole * share), whole


people = st.lists(st.builds(cell, st.integers(0, 30), st.floats(0, 1)), min_size=8, max_size=8)


@given(people, st.integers(2, 9))
@settings(deadline=None, max_examples=150)
def test_no_small_count_is_shown_or_can_be_subtracted(
    of: CoverageOf, cells: list[tuple[int, int]], below: int
) -> None:
    whole = of_people(of.ground, [one[0] for one in cells], [one[1] for one in cells], of.reach())
    found = suppress(of.ground, whole, below)
    for table in (found.total, *found.levels):
        column = table.columns[0]
        for counts in (column.part, column.whole, column.whole - column.part):
            shown = counts[np.isfinite(counts)]
            assert not ((shown > 0) & (shown < below)).any()
        assert (np.isnan(column.whole) == (column.states == State.SUPPRESSED)).all()
    town, below_it = (found.level(one).columns[0] for one in ("town", "cell"))
    for at, name in enumerate(found.level("town").codes):
        own = np.array([code.startswith(name) for code in found.level("cell").codes])
        hidden = own & np.isnan(below_it.whole)
        if np.isnan(town.whole[at]):
            # Or it could be had by adding up.
            assert (hidden | (below_it.whole == 0) | ~own).all()
            continue
        if not hidden.any():
            continue
        # What is left of the town's figure after its cells that are shown.
        free = own & ~hidden
        part = town.part[at] - below_it.part[free].sum()
        every = town.whole[at] - below_it.whole[free].sum()
        for count in (part, every, every - part):
            assert not 0 < count < below
        assert hidden.sum() > 1


def test_a_single_small_cell_takes_a_sister_with_it(of: CoverageOf) -> None:
    whole = of_people(
        of.ground, [2, 10, 20, 30, 9, 9, 9, 9], [10, 20, 40, 60, 18, 18, 18, 18], of.reach()
    )
    cell = suppress(of.ground, whole, 5).level("cell").columns[0]
    assert [str(state) for state in cell.states[:4]] == [
        "suppressed", "suppressed", "value", "value",
    ]  # fmt: skip
    assert set(cell.states[4:]) == {State.VALUE}


def test_zero_is_shown_and_what_is_no_count_of_people_too(of: CoverageOf) -> None:
    whole = of_people(
        of.ground, [0, 10, 10, 0, 9, 9, 9, 9], [10, 20, 20, 0, 18, 18, 18, 18], of.reach()
    )
    found = suppress(of.ground, whole, 5).level("cell").columns[0]
    assert [found.states[0], found.states[3]] == [State.ZERO, State.NO_DATA]
    assert found.whole[3] == 0
    inspected = suppress(of.ground, of.reach(), 5).level("cell").column("inspected")
    assert State.SUPPRESSED not in set(inspected.states)
    assert set(inspected.part[inspected.whole > 0]) == {0, 1}


def test_what_is_below_a_hidden_row_is_hidden_with_it(of: CoverageOf) -> None:
    # 3 of A were visited in all, and none of them in A1: still A1 says something of the others.
    whole = of_people(of.ground, [0, 3, 0, 0, 9, 9, 9, 9], [9, 9, 9, 0, 18, 18, 18, 18], of.reach())
    found = suppress(of.ground, whole, 5)
    assert set(found.level("town").columns[0].states) == {State.SUPPRESSED}
    cell = found.level("cell").columns[0]
    assert [str(one) for one in cell.states] == [
        *["suppressed"] * 3, "no_data", *["suppressed"] * 4,
    ]  # fmt: skip
    assert found.suppressed_below == 5


def test_hidden_figures_are_neither_gaps_nor_in_json(of: CoverageOf) -> None:
    found = suppress(of.ground, of.reach(ReachQuestion(days=31)), 5)
    gaps = worst_gaps(found.level("cell"))["visited"]
    assert "A1" not in {one.code for one in gaps}
    plain = to_plain(found, "cell", 10)
    figures = plain["grids"]["figures"]["visited"]
    at = plain["grids"]["code"].index("A1")
    assert figures["state"][at] == "suppressed"
    assert {figures[name][at] for name in ("value", "part", "whole")} == {None}
    assert plain["suppressed_below"] == 5


def test_0_hides_nothing_and_nonsense_is_refused(of: CoverageOf) -> None:
    whole = of.reach()
    assert suppress(of.ground, whole, 0) == whole
    for below in (-1, 1_001):
        with pytest.raises(BadInputError, match=f"suppress is {below}"):
            suppress(of.ground, whole, below)


def test_the_demo_s_towns_are_shown_and_its_micro_grids_mostly_not(jianyang_folder: Path) -> None:
    of = CoverageOf(City.open(jianyang_folder))
    found = suppress(of.ground, of.reach())
    states = {table.level: pd.Series(table.column("visited").states) for table in found.levels}
    assert (states["town"] == State.VALUE).all()
    assert (states["micro"] == State.SUPPRESSED).mean() > 0.5
