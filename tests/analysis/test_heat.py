"""Heat: no incident is lost or made, whatever the order, the datum, the border."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from app.analysis.bandwidths import default_bandwidth
from app.analysis.ground import Ground
from app.analysis.heat import MAX_CELLS, SEVERITY_WEIGHTS, Heat, HeatOptions, heat
from app.analysis.period import Period
from app.analysis.selection import IncidentSet, make_set
from app.errors import BadInputError, TooLargeError
from app.geo.datum import from_wgs84, to_wgs84
from app.locate import Locator
from tests.analysis.sets import YEAR, ZONE, at_squares, incidents_at

# The chessboard is 4 × 2 squares of about 960 m × 1,110 m.
WITHIN = st.tuples(st.floats(0, 4), st.floats(0, 2))
QUICK = HeatOptions(bandwidth_m=400.0)


def density_at(found: Heat, ground: Ground, squares: np.ndarray) -> np.ndarray:
    """Return the density of the cells that hold some places."""
    cells = found.frame.cells(*ground.plane.to_metres(at_squares(squares)).T)
    assert (cells >= 0).all()
    return found.density.ravel()[cells]


@settings(deadline=None, max_examples=40)
@given(
    places=st.lists(WITHIN, min_size=0, max_size=30),
    bandwidth_m=st.sampled_from([150.0, 400.0, 3_000.0]),
    weighted=st.booleans(),
    half_life_days=st.sampled_from([None, 30.0]),
    town=st.sampled_from(["", "A"]),
)
def test_the_integral_is_what_was_counted(
    locator: Locator,
    ground: Ground,
    places: list[tuple[float, float]],
    bandwidth_m: float,
    weighted: bool,
    half_life_days: float | None,
    town: str,
) -> None:
    """Up to the border and on it: what a kernel would lose beyond is given back."""
    rng = np.random.default_rng(len(places))
    every = incidents_at(
        locator,
        ground,
        places,
        severity=rng.integers(1, 5, len(places)),
        days=rng.uniform(0, 364, len(places)),
    )
    area = ground.area(town) if town else None
    chosen = every.select(ground, area=area)
    weights = SEVERITY_WEIGHTS if weighted else None
    options = HeatOptions(bandwidth_m, weights, half_life_days)
    found = heat(chosen, ground, YEAR, area=area, options=options)
    wanted = np.ones(len(chosen))
    if weighted:
        wanted *= np.array(SEVERITY_WEIGHTS)[chosen.severity - 1]
    if half_life_days:
        end = np.datetime64("2026-10-31T16:00:00", "us")
        wanted *= 0.5 ** ((end - chosen.at) / np.timedelta64(1, "D") / half_life_days)
    assert found.left_out == 0
    assert found.count == len(chosen)
    assert found.weight == pytest.approx(wanted.sum())
    assert found.total == pytest.approx(wanted.sum(), rel=1e-9, abs=1e-12)
    assert (found.density >= 0).all()
    assert np.isfinite(found.density).all()


@settings(deadline=None, max_examples=20)
@given(places=st.lists(WITHIN, min_size=1, max_size=20), seed=st.integers(0, 99))
def test_the_order_of_rows_changes_nothing(
    locator: Locator, ground: Ground, places: list[tuple[float, float]], seed: int
) -> None:
    one = incidents_at(locator, ground, places)
    other = one.take(np.random.default_rng(seed).permutation(len(one)))
    first, second = (heat(each, ground, YEAR, options=QUICK) for each in (one, other))
    np.testing.assert_array_equal(first.density, second.density)


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_the_datum_of_the_rows_changes_nothing(
    locator: Locator, ground: Ground, datum: str
) -> None:
    """Given in another datum and declared, the same places make the same map."""
    rng = np.random.default_rng(5)
    lonlat = at_squares(rng.uniform((0.1, 0.1), (3.9, 1.9), (200, 2)))
    there = from_wgs84(lonlat[:, 0], lonlat[:, 1], datum)
    back = to_wgs84(*there, datum)
    sets = [
        make_set(
            locator, ground, ident=np.arange(200), lon=lon, lat=lat, hazard=["gas"] * 200,
            severity=np.ones(200), at=np.full(200, np.datetime64("2026-01-01", "us")),
        )
        for lon, lat in ((lonlat[:, 0], lonlat[:, 1]), back)
    ]  # fmt: skip
    first, second = (heat(each, ground, YEAR, options=QUICK) for each in sets)
    np.testing.assert_allclose(first.density, second.density, rtol=1e-6, atol=1e-9)


def scattered(locator: Locator, ground: Ground, n: int = 400) -> IncidentSet:
    """Return incidents in two clusters and far enough from the border."""
    rng = np.random.default_rng(11)
    clusters = np.concatenate(
        [rng.normal((1.6, 1.0), 0.12, (n // 2, 2)), rng.normal((2.5, 0.95), 0.2, (n // 2, 2))]
    )
    return incidents_at(locator, ground, np.clip(clusters, 0.7, (3.3, 1.3)))


def test_it_is_the_direct_sum_of_kernels(locator: Locator, ground: Ground) -> None:
    """At the centre of every cell; the rest is the binning, well below one part in a hundred."""
    chosen = scattered(locator, ground)
    bandwidth_m = 150.0
    found = heat(chosen, ground, YEAR, options=HeatOptions(bandwidth_m))
    frame = found.frame
    xy = ground.plane.to_metres(np.column_stack([chosen.lon, chosen.lat]))
    direct = np.zeros(frame.share.shape)
    for x, y in xy:
        east = np.exp(-((frame.east_of - x) ** 2) / (2 * bandwidth_m**2))
        north = np.exp(-((frame.north_of - y) ** 2) / (2 * bandwidth_m**2))
        direct += np.outer(north, east)
    direct /= 2 * np.pi * bandwidth_m**2 / 1e6 * YEAR.months
    assert np.abs(found.density - direct).max() < 0.005 * direct.max()


def test_it_agrees_with_scipy(locator: Locator, ground: Ground) -> None:
    """`scipy.stats.gaussian_kde`, whose kernel has the shape of the data: these are round."""
    bandwidth_m, spread_m = 150.0, 200.0
    middle = ground.plane.to_metres(at_squares([2.0, 1.0]))[0]
    off = np.random.default_rng(11).normal(size=(400, 2))
    off -= off.mean(axis=0)
    xy = middle + spread_m * np.linalg.solve(np.linalg.cholesky(np.cov(off.T)), off.T).T
    lonlat = ground.plane.to_degrees(xy)
    chosen = make_set(
        locator, ground, ident=np.arange(400), lon=lonlat[:, 0], lat=lonlat[:, 1],
        hazard=["gas"] * 400, severity=np.ones(400),
        at=np.full(400, np.datetime64("2026-01-01", "us")),
    )  # fmt: skip
    found = heat(chosen, ground, YEAR, options=HeatOptions(bandwidth_m))
    places = np.stack(np.meshgrid(found.frame.east_of, found.frame.north_of), -1).reshape(-1, 2)
    kde = stats.gaussian_kde(xy.T, bw_method=bandwidth_m / spread_m)
    wanted = kde(places.T) * 400 * 1e6 / YEAR.months
    inside = found.frame.share.ravel() == 1
    assert np.abs(found.density.ravel() - wanted)[inside].max() < 0.005 * wanted.max()


def test_near_the_border_the_density_is_not_halved(locator: Locator, ground: Ground) -> None:
    """Evenly spread incidents fall to ln 2 on a straight border; uncorrected, to one half.

    On a half-plane the corrected density is the integral of the normal density by the normal
    distribution function, from 0 on: ln 1 - ln 0.5.
    """
    grid = np.stack(np.meshgrid(np.arange(0.005, 4, 0.01), np.arange(0.005, 2, 0.01)), -1)
    even = incidents_at(locator, ground, grid.reshape(-1, 2))
    found = heat(even, ground, YEAR, options=HeatOptions(150.0))
    middle = density_at(found, ground, np.array([[2.0, 1.0]]))[0]
    edge = density_at(found, ground, np.array([[0.002, 1.0], [3.998, 1.0], [2.0, 0.002]]))
    np.testing.assert_allclose(edge / middle, np.log(2), rtol=0.06)
    per_month = len(even) / (ground.shape(None).area / 1e6) / YEAR.months
    assert middle == pytest.approx(per_month, rel=0.01)


def test_the_unit_is_of_a_month(locator: Locator, ground: Ground) -> None:
    """The same incidents within half the time are twice the density."""
    chosen = incidents_at(locator, ground, [[1.0, 1.0]] * 3)
    half = Period.of_days(date(2025, 11, 1), date(2026, 5, 2), ZONE)
    whole = heat(chosen, ground, YEAR, options=QUICK)
    short = heat(chosen, ground, half, options=QUICK)
    ratio = short.density.max() / whole.density.max()
    assert ratio == pytest.approx(YEAR.days / half.days)
    assert "km²" in whole.unit.en
    assert "month" in whole.unit.en


def test_the_bandwidth_is_said_and_why(locator: Locator, ground: Ground) -> None:
    chosen = incidents_at(locator, ground, [[1.0, 1.0]])
    by_rule = heat(chosen, ground, YEAR, hazard="fire.wildland")
    assert by_rule.bandwidth_m == default_bandwidth("fire.wildland").metres
    assert by_rule.bandwidth_reason == default_bandwidth("fire.wildland").reason
    assert default_bandwidth("gas.leak") == default_bandwidth("gas")
    assert default_bandwidth("unheard.of") == default_bandwidth("")
    asked = heat(chosen, ground, YEAR, hazard="gas", options=QUICK)
    assert (asked.bandwidth_m, asked.bandwidth_reason.en) == (400.0, "as asked for")
    # Twice as wide, a quarter as high.
    wide = heat(chosen, ground, YEAR, options=HeatOptions(200.0)).density.max()
    narrow = heat(chosen, ground, YEAR, options=HeatOptions(100.0)).density.max()
    assert narrow / wide == pytest.approx(4, rel=0.03)


def test_what_has_no_point_is_said_to_be_left_out(locator: Locator, ground: Ground) -> None:
    squares = np.array([[1.0, 1.0], [np.nan, np.nan], [5.0, 1.0]])
    chosen = incidents_at(locator, ground, squares, grid=[None, "A1", None])
    found = heat(chosen, ground, YEAR, options=QUICK)
    assert (found.count, found.left_out) == (1, 2)
    assert found.total == pytest.approx(1)
    assert any("2 incidents" in one.en and "2" in one.zh for one in found.notes)


def test_spots_of_few_are_not_shown(locator: Locator, ground: Ground) -> None:
    many, few = [[0.5, 1.0]] * 6, [[3.5, 1.0]] * 4
    chosen = incidents_at(locator, ground, [*many, *few])
    options = HeatOptions(bandwidth_m=200.0, suppress=5)
    found = heat(chosen, ground, YEAR, options=options)
    assert found.suppressed == 4
    assert density_at(found, ground, np.array([[3.5, 1.0], [0.5, 1.0]]))[0] == 0
    assert density_at(found, ground, np.array([[0.5, 1.0]]))[0] > 0
    assert any("fewer than 5" in one.en for one in found.notes)
    shown = heat(chosen, ground, YEAR, options=HeatOptions(200.0, suppress=4))
    assert shown.suppressed == 0


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"bandwidth_m": 0.0}, "bandwidth_m"),
        ({"bandwidth_m": float("nan")}, "bandwidth_m"),
        ({"severity_weights": (1.0, 2.0)}, "severity_weights"),
        ({"severity_weights": (1.0, -2.0, 1.0, 1.0)}, "severity_weights"),
        ({"severity_weights": (0.0,) * 4}, "severity_weights"),
        ({"half_life_days": 0.0}, "half_life_days"),
        ({"suppress": -1}, "suppress"),
    ],
)
def test_options_that_mean_nothing_are_refused(options: dict[str, object], word: str) -> None:
    with pytest.raises(BadInputError, match=word) as caught:
        HeatOptions(**options)  # type: ignore[arg-type]
    assert word in caught.value.message_zh


def test_a_bandwidth_too_fine_for_the_ground_is_refused(
    locator: Locator, ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.analysis.heat.MAX_CELLS", 1_000)
    assert MAX_CELLS > 1_000
    chosen = incidents_at(locator, ground, [[1.0, 1.0]])
    with pytest.raises(TooLargeError, match="cells") as caught:
        heat(chosen, ground, YEAR, options=HeatOptions(60.0))
    least = float(caught.value.hint.split()[2])
    heat(chosen, ground, YEAR, options=HeatOptions(least * 1.1))
