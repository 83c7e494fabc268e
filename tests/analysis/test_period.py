"""Periods: half-open, of a zone's days and months."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analysis.period import Period, parse_time
from app.errors import BadInputError
from tests.analysis.sets import YEAR, ZONE


def test_it_holds_its_beginning_and_not_its_end() -> None:
    at = np.array(
        ["2025-10-31T15:59:59.999999", "2025-10-31T16:00", "2026-10-31T15:59:59.999999",
         "2026-10-31T16:00"], "datetime64[us]",
    )  # fmt: skip
    assert YEAR.holds(at).tolist() == [False, True, True, False]
    assert YEAR.days == 365
    assert YEAR.months == pytest.approx(12, abs=0.01)


@settings(deadline=None)
@given(first=st.dates(date(2020, 1, 1), date(2027, 1, 1)), days=st.integers(1, 900))
def test_whole_months_tile_what_lies_within(first: date, days: int) -> None:
    period = Period.of_days(first, first + timedelta(days=days), ZONE)
    months = period.whole_months()
    for one, following in pairwise(months):
        assert one.until == following.since
    for one in months:
        assert one.since.day == one.until.day == 1
        assert period.since <= one.since < one.until <= period.until
    left_days = period.days - sum(one.days for one in months)
    assert 0 <= left_days <= 60


def test_last_year_ends_with_today() -> None:
    period = Period.last_year(datetime(2026, 11, 27, 20, 0, tzinfo=UTC), ZONE)
    # In the city it is the 28th already.
    assert period.until == datetime(2026, 11, 29, tzinfo=ZONE)
    assert period.since == datetime(2025, 11, 29, tzinfo=ZONE)
    leap = Period.last_year(datetime(2028, 2, 28, 4, 0, tzinfo=UTC), ZONE)
    assert (leap.since.month, leap.since.day, leap.until.day) == (2, 28, 29)


def test_times_are_read_strictly() -> None:
    assert parse_time("2026-11-01", ZONE) == datetime(2026, 11, 1, tzinfo=ZONE)
    assert parse_time("2026-11-01T08:00:00+08:00", ZONE) == datetime(2026, 11, 1, tzinfo=UTC)
    for wrong in (
        "",
        "1.11.2026",
        "2026-13-01",
        "2026-11-01T08:00:00",
        "0001-01-01T00:00:00+23:00",
    ):
        with pytest.raises(BadInputError, match="the time is") as caught:
            parse_time(wrong, ZONE)
        assert "2026-11-01" in caught.value.message_zh


def test_what_is_no_range_is_refused() -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    with pytest.raises(BadInputError, match="from < to"):
        Period(at, at, ZONE)
    with pytest.raises(BadInputError, match="time zone"):
        Period(at.replace(tzinfo=None), at, ZONE)
