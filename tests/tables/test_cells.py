"""Cells as text, and the types of columns."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.tables import text_of
from app.tables.cells import arrow_type, whole

MORNING = datetime.fromisoformat("2026-05-01 08:30:00")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("", ""),
        ("007", "007"),
        (None, ""),
        (True, "TRUE"),
        (False, "FALSE"),
        (510185001001, "510185001001"),
        (-3, "-3"),
        (104.5, "104.5"),
        (3.0, "3.0"),
        (1e-7, "1e-07"),
        (float("nan"), "nan"),
        (date(2026, 5, 1), "2026-05-01"),
        (MORNING, "2026-05-01 08:30:00"),
        (MORNING.replace(tzinfo=UTC), "2026-05-01 08:30:00+00:00"),
        (time(8, 30), "08:30:00"),
        (timedelta(hours=30, seconds=1), "30:00:01"),
        (timedelta(microseconds=-1500000), "-0:00:01.500000"),
        (Decimal("1E+3"), "1000"),
        (b"\x01\xff", "01ff"),
        (["甲", None, date(2026, 5, 1)], '["甲", null, "2026-05-01"]'),
        ({"a": 1}, '{"a": 1}'),
    ],
)
def test_text_of(cell, text):
    assert text_of(cell) == text


@settings(deadline=None)
@given(st.floats(allow_nan=False))
def test_a_float_reads_back_the_same(value):
    assert float(text_of(value)) == value


@pytest.mark.parametrize(
    ("cell", "expected"),
    [(3.0, 3), (510185001001.0, 510185001001), (3.5, 3.5), (2.0**60, 2.0**60), ("3.0", "3.0")],
)
def test_whole(cell, expected):
    assert whole(cell) == expected
    assert type(whole(cell)) is type(expected)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([], pa.string()),
        ([None, None], pa.string()),
        (["a", None], pa.string()),
        ([1, None], pa.int64()),
        ([1, 2.5], pa.float64()),
        ([True, None], pa.bool_()),
        ([True, 1], pa.string()),
        ([1, "1"], pa.string()),
        ([date(2026, 5, 1)], pa.date32()),
        ([date(2026, 5, 1), MORNING], pa.timestamp("us")),
        ([time(8)], pa.time64("us")),
        ([timedelta(1)], pa.duration("us")),
        ([date(2026, 5, 1), time(8)], pa.string()),
    ],
)
def test_arrow_type(cells, expected):
    assert arrow_type(cells) == expected
