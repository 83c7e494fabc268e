"""The parameter datetime."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import BadInputError
from app.open.span import Span, parse_span

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
MIDNIGHT = datetime(2026, 5, 1, tzinfo=ZONE)
FIRST, LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("2026-05-01T12:00:00Z", NOON, NOON),
        ("2026-05-01T20:00:00.000+08:00", NOON, NOON),
        ("2026-05-01t20:00:00 08:00", NOON, NOON),
        ("2026-05-01T12:00:00Z/..", NOON, None),
        ("2026-05-01T12:00:00Z/", NOON, None),
        ("../2026-05-01T12:00:00Z", None, NOON),
        ("/2026-05-01T12:00:00Z", None, NOON),
        ("2026-05-01", MIDNIGHT, MIDNIGHT + DAY - TICK),
        ("2026-05-01/2026-05-02", MIDNIGHT, MIDNIGHT + 2 * DAY - TICK),
        ("../..", None, None),
        ("/", None, None),
        ("../", None, None),
        # Beyond a day from the ends of what can be told is the end: every zone can tell it.
        ("0001-01-01", FIRST, FIRST),
        ("9999-12-31", LAST, LAST),
        ("0001-01-01T00:00:00+14:00/9999-12-31T23:59:59-12:00", FIRST, LAST),
    ],
)
def test_it_is_read(text: str, since: datetime | None, until: datetime | None) -> None:
    assert parse_span(text, ZONE) == Span(since, until)


@pytest.mark.parametrize(
    "text",
    [
        "", "..", "2026", "2026-05", "2026-02-30", "2026-05-01T12:00:00",
        "20260501T120000Z", "2026-05-01/2026-04-01", "a/b", "2026-05-01/b", "b/..", "1/2/3",
        "0000-01-01", "10000-01-01", "2026-05-01T25:00:00Z",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadInputError, match="datetime is"):
        parse_span(text, ZONE)


HOURS = st.none() | st.integers(0, 6)


@settings(deadline=None, max_examples=40)
@given(ends=st.tuples(HOURS, HOURS), since=st.integers(0, 6), long=st.none() | st.integers(1, 3))
def test_it_meets_a_range_that_has_one_of_its_hours(
    ends: tuple[int | None, int | None], since: int, long: int | None
) -> None:
    first, last = 0 if ends[0] is None else ends[0], 20 if ends[1] is None else ends[1]
    asked = {one for one in range(21) if first <= one <= last}
    held = {one for one in range(21) if since <= one and (long is None or one < since + long)}

    def at(hour: int | None) -> datetime | None:
        return None if hour is None else NOON + timedelta(hours=hour)

    if asked:
        met = Span(at(ends[0]), at(ends[1])).meets(at(since), at(long and since + long))
        assert met == bool(asked & held)
