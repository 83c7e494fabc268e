"""Hot spots of a city: Gi* of the grids asked for, with what is behind it."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from app.analysis.exact import exact_p
from app.analysis.getis_ord import adjusted, around, gi_star
from app.analysis.grid_figures import Measure
from app.analysis.ground import Ground
from app.analysis.hotspots import hotspots
from app.analysis.period import Period
from app.analysis.selection import IncidentSet
from app.analysis.terms import State
from app.analysis.trend import Pattern, mann_kendall
from app.errors import BadInputError
from app.locate import Locator
from tests.analysis.sets import YEAR, ZONE, incidents_at
from tests.cities import layer, make_city, square

WIDE, HIGH = 12, 8
Set = tuple[Locator, Ground]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Set:
    """A town of 12 × 8 squares and another of two."""
    cells = [
        (f"T{row:02}{column:02}", "T", square(column, row))
        for row in range(HIGH)
        for column in range(WIDE)
    ]
    cells += [("U0000", "U", square(WIDE, 0)), ("U0001", "U", square(WIDE, 1))]
    frame = layer(cells)
    frame["households"] = pd.array([50] * (WIDE * HIGH) + [0, 0], dtype="Int64")
    towns = layer([("T", "", square(0, 0, WIDE, HIGH)), ("U", "", square(WIDE, 0, 1, 2))])
    city = make_city(tmp_path_factory.mktemp("plain") / "city", {"town": towns, "cell": frame})
    return Locator(city), Ground(city)


def planted(plain: Set, seed: int = 1) -> IncidentSet:
    """Return a few everywhere, all year, and many around (3, 3) in the last month."""
    rng = np.random.default_rng(seed)
    few = rng.uniform((0, 0), (WIDE, HIGH), (1_200, 2))
    many = rng.uniform((2, 2), (5, 5), (250, 2))
    days = np.concatenate([rng.uniform(0, 365, 1_200), rng.uniform(336, 364, 250)])
    return incidents_at(*plain, np.concatenate([few, many]), days=days)


def test_a_planted_cluster_is_hot_and_new(plain: Set) -> None:
    chosen = planted(plain)
    found = hotspots(chosen, plain[1], YEAR, "cell")
    code = np.array(found.codes)
    middle = code == "T0303"
    assert found.spot[middle] == ["hot"]
    assert found.trend is not None
    assert found.trend.pattern[middle] == [Pattern.NEW]
    assert found.trend.hot_months[middle] == [1]
    hot = np.flatnonzero(found.spot == "hot")
    rows, columns = [int(code[one][1:3]) for one in hot], [int(code[one][3:]) for one in hot]
    assert min(rows + columns) >= 1
    assert max(rows + columns) <= 5
    assert found.total == len(chosen)
    assert sum(found.count) == len(chosen)


def test_p_values_are_kept_and_adjusted(plain: Set) -> None:
    found = hotspots(planted(plain), plain[1], YEAR, "cell", fdr=0.01)
    left, right = plain[1].neighbours("cell")
    count = found.count.astype(np.float64)
    z, p = gi_star(count, left, right)
    np.testing.assert_allclose(found.z, z)
    beside = around(left, right, len(count))
    exact = exact_p(count, beside.sum(axis=1), z, p, lambda figures: beside @ figures)
    np.testing.assert_allclose(found.p, exact)
    np.testing.assert_allclose(found.p_adjusted, adjusted(exact))
    assert ((found.p_adjusted <= 0.01) & (found.z > 0)).tolist() == (found.spot == "hot").tolist()


def test_the_months_are_those_of_the_city(plain: Set) -> None:
    chosen = planted(plain)
    found = hotspots(chosen, plain[1], YEAR, "cell").trend
    assert found is not None
    assert found.months[0] == "2025-11"
    assert found.months[-1] == "2026-10"
    assert found.monthly.sum() == len(chosen)
    z, p = mann_kendall(found.monthly.astype(np.float64))
    np.testing.assert_allclose(found.z, z)
    np.testing.assert_allclose(found.p, p)


def test_grids_without_a_denominator_are_not_compared(plain: Set) -> None:
    found = hotspots(planted(plain), plain[1], YEAR, "cell", Measure.PER_HOUSEHOLD)
    code = np.array(found.codes)
    empty = np.char.startswith(code.astype(str), "U")
    assert (found.state[empty] == State.NO_DATA).all()
    assert np.isnan(found.z[empty]).all()
    assert (found.spot[empty] == "").all()
    assert not np.isnan(found.z[~empty]).any()
    # All others have as many households each, so the counts tell the same.
    counts = hotspots(planted(plain), plain[1], YEAR, "cell", area=plain[1].area("T"))
    np.testing.assert_allclose(found.z[~empty], counts.z)


def test_the_order_of_rows_changes_nothing(plain: Set) -> None:
    chosen = planted(plain)
    mixed = chosen.take(np.random.default_rng(0).permutation(len(chosen)))
    one, other = (hotspots(each, plain[1], YEAR, "cell") for each in (chosen, mixed))
    np.testing.assert_array_equal(one.z, other.z)
    assert one.trend is not None
    assert other.trend is not None
    assert one.trend.pattern.tolist() == other.trend.pattern.tolist()


def test_a_short_period_has_no_trend_and_says_so(plain: Set) -> None:
    short = Period.of_days(date(2025, 11, 15), date(2026, 8, 15), ZONE)
    chosen = planted(plain).select(plain[1], period=short)
    found = hotspots(chosen, plain[1], short, "cell")
    assert found.trend is None
    assert any("8 whole months" in one.en for one in found.notes)
    assert hotspots(chosen, plain[1], short, "cell", trend=False).trend is None


def test_few_incidents_are_warned_of(plain: Set) -> None:
    chosen = planted(plain).take(np.arange(30))
    found = hotspots(chosen, plain[1], YEAR, "cell")
    assert any("incidents per grid" in one.en for one in found.notes)


def test_nothing_happened_nothing_is_hot(plain: Set) -> None:
    found = hotspots(planted(plain).take(np.arange(0)), plain[1], YEAR, "cell")
    assert set(found.spot) == {""}
    assert (found.p == 1).all()
    assert found.trend is not None
    assert set(found.trend.pattern) == {Pattern.NONE}


def test_what_cannot_be_compared_is_refused(plain: Set) -> None:
    chosen = planted(plain)
    with pytest.raises(BadInputError, match="2 grids"):
        hotspots(chosen, plain[1], YEAR, "cell", area=plain[1].area("U"))
    with pytest.raises(BadInputError, match="2 grids") as caught:
        hotspots(chosen, plain[1], YEAR, "town")
    assert "至少需要 8 个" in caught.value.message_zh
    for wrong in (0.0, 0.9, float("nan")):
        with pytest.raises(BadInputError, match="fdr"):
            hotspots(chosen, plain[1], YEAR, "cell", fdr=wrong)
