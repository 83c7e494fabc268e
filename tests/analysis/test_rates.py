"""Rates: denominators named and true, and four states that never pass for each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from esda.smoothing import Empirical_Bayes
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analysis.grid_figures import Measure
from app.analysis.ground import Ground
from app.analysis.rates import Stats, smoothed_rates, stats
from app.analysis.terms import State
from app.errors import BadInputError
from app.grids import City
from app.locate import Locator
from tests.analysis.sets import YEAR, incidents_at
from tests.cities import make_city

HOUSEHOLDS = [100, 20, 0, None, 50, 60, 70, 80]
# Squares A1 A2 A3 A4 B1 B2 B3 B4, by their middles.
MIDDLES = [(0.5, 0.5), (1.5, 0.5), (0.5, 1.5), (1.5, 1.5),
           (2.5, 0.5), (3.5, 0.5), (2.5, 1.5), (3.5, 1.5)]  # fmt: skip


@pytest.fixture(scope="module")
def housed(tmp_path_factory: pytest.TempPathFactory, board: City) -> City:
    cells = board.frame("cell").copy()
    cells["households"] = pd.array(HOUSEHOLDS, dtype="Int64")
    folder = tmp_path_factory.mktemp("housed") / "city"
    return make_city(folder, {"town": board.frame("town"), "cell": cells})


@pytest.fixture(scope="module")
def of_housed(housed: City) -> tuple[Locator, Ground]:
    return Locator(housed), Ground(housed)


def counted(of_housed: tuple[Locator, Ground], counts: list[int], measure: Measure, **more: object
) -> Stats:  # fmt: skip
    places = np.repeat(np.array(MIDDLES), counts, axis=0)
    chosen = incidents_at(*of_housed, places)
    level = str(more.pop("level", "cell"))
    return stats(chosen, of_housed[1], YEAR, level, measure, **more)  # type: ignore[arg-type]


def test_the_three_measures(of_housed: tuple[Locator, Ground]) -> None:
    counts = [5, 1, 2, 3, 0, 6, 0, 4]
    found = counted(of_housed, counts, Measure.COUNT)
    assert found.value.tolist() == counts
    assert found.codes == ("A1", "A2", "A3", "A4", "B1", "B2", "B3", "B4")
    assert (found.total, found.unplaced) == (21, 0)
    per_household = counted(of_housed, counts, Measure.PER_HOUSEHOLD)
    np.testing.assert_allclose(per_household.value[[0, 1, 5]], [50, 50, 100])
    assert "households" in per_household.denominator_name.en
    assert "户" in per_household.denominator_name.zh
    per_km2 = counted(of_housed, counts, Measure.PER_KM2)
    area = of_housed[1].area_km2("cell")
    np.testing.assert_allclose(per_km2.value, np.array(counts) / area)
    assert "km²" in per_km2.unit.en
    towns = counted(of_housed, counts, Measure.COUNT, level="town")
    assert towns.value.tolist() == [11, 10]


def test_zero_no_data_and_a_value_are_three_things(of_housed: tuple[Locator, Ground]) -> None:
    found = counted(of_housed, [5, 1, 2, 3, 0, 6, 0, 4], Measure.PER_HOUSEHOLD)
    assert found.state.tolist() == [
        State.VALUE, State.VALUE, State.NO_DATA, State.NO_DATA,
        State.ZERO, State.VALUE, State.ZERO, State.VALUE,
    ]  # fmt: skip
    assert np.isnan(found.value[2:4]).all()
    # Nobody lives there, or nobody knows: the incidents are told all the same.
    assert found.count[2:4].tolist() == [2, 3]
    # Zeros are in no class.
    assert sum(found.classes.counts) == 4


def test_suppressed_is_a_fourth(of_housed: tuple[Locator, Ground]) -> None:
    found = counted(of_housed, [5, 1, 9, 7, 0, 6, 0, 4], Measure.COUNT, suppress=5)
    assert found.state.tolist() == [
        State.SUPPRESSED, State.SUPPRESSED, State.VALUE, State.VALUE,
        State.ZERO, State.SUPPRESSED, State.ZERO, State.SUPPRESSED,
    ]  # fmt: skip
    hidden = found.state == State.SUPPRESSED
    assert np.isnan(found.value[hidden]).all()
    assert (found.count[hidden] == -1).all()
    assert found.total == 16
    assert any("4 grids are suppressed" in one.en for one in found.notes)


def test_small_denominators_are_flagged(of_housed: tuple[Locator, Ground]) -> None:
    found = counted(of_housed, [1] * 8, Measure.PER_HOUSEHOLD)
    assert found.small.tolist() == [False, True] + [False] * 6
    assert any("fewer than 30 households" in one.en for one in found.notes)
    assert not counted(of_housed, [1] * 8, Measure.COUNT).small.any()


def test_smoothing_draws_small_ones_to_the_mean(of_housed: tuple[Locator, Ground]) -> None:
    counts = [5, 4, 0, 0, 0, 6, 0, 9]
    raw = counted(of_housed, counts, Measure.PER_HOUSEHOLD)
    smooth = counted(of_housed, counts, Measure.PER_HOUSEHOLD, smooth=True)
    known = ~np.isnan(raw.value)
    mean = sum(counts) / sum(one or 0 for one in HOUSEHOLDS) * 1000
    moved = np.abs(smooth.value - raw.value)[known]
    assert (np.abs(smooth.value[known] - mean) <= np.abs(raw.value[known] - mean) + 1e-9).all()
    assert moved.max() > 0
    assert smooth.smoothed
    assert any("Marshall" in one.en for one in smooth.notes)
    with pytest.raises(BadInputError, match="smoothed"):
        counted(of_housed, counts, Measure.COUNT, smooth=True)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000))
def test_smoothing_is_that_of_esda_where_rates_differ_beyond_chance(seed: int) -> None:
    """Where they do not, esda has weights below zero; Marshall takes the mean."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 40))
    houses = rng.integers(1, 300, n).astype(np.float64)
    count = rng.poisson(houses * rng.gamma(0.5, 0.1, n))
    if not count.any():
        count[0] = 1
    found = smoothed_rates(count, houses)
    mean, rate = count.sum() / houses.sum(), count / houses
    beyond = (houses * (rate - mean) ** 2).sum() / houses.sum() - mean / houses.mean()
    if beyond > 0:
        np.testing.assert_allclose(found, Empirical_Bayes(count, houses).r.ravel(), rtol=1e-9)
    else:
        np.testing.assert_allclose(found, mean)
    low, high = np.minimum(rate, mean), np.maximum(rate, mean)
    assert ((found >= low - 1e-12) & (found <= high + 1e-12)).all()


def test_smoothing_nothing() -> None:
    assert smoothed_rates(np.zeros(4, dtype=np.int64), np.ones(4)).tolist() == [0] * 4


def test_within_an_area(of_housed: tuple[Locator, Ground]) -> None:
    ground = of_housed[1]
    area = ground.area("B")
    chosen = incidents_at(*of_housed, np.array(MIDDLES)).select(ground, area=area)
    found = stats(chosen, ground, YEAR, "cell", Measure.COUNT, area=area)
    assert found.codes == ("B1", "B2", "B3", "B4")
    assert found.value.tolist() == [1] * 4
    assert found.area == area


def test_what_lies_in_no_grid_is_said(of_housed: tuple[Locator, Ground]) -> None:
    chosen = incidents_at(*of_housed, [*MIDDLES, (9.0, 9.0)])
    found = stats(chosen, of_housed[1], YEAR, "cell", Measure.COUNT)
    assert (found.total, found.unplaced) == (8, 1)
    assert any("1 incidents lie in no grid" in one.en for one in found.notes)


def test_without_households_there_is_no_rate_of_them(locator: Locator, ground: Ground) -> None:
    chosen = incidents_at(locator, ground, MIDDLES)
    with pytest.raises(BadInputError, match="households") as caught:
        stats(chosen, ground, YEAR, "cell", Measure.PER_HOUSEHOLD)
    assert "per_km2" in caught.value.message
    assert "户数" in caught.value.message_zh


def test_every_note_and_unit_is_in_both_languages(of_housed: tuple[Locator, Ground]) -> None:
    for measure in Measure:
        found = counted(of_housed, [1, 2, 3, 4, 5, 6, 7, 8], measure, suppress=5)
        for words in (found.unit, found.denominator_name, *found.notes):
            assert words.en
            assert any("一" <= one <= "鿿" for one in words.zh)
