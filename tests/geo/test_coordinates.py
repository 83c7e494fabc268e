"""Faults of coordinates: named, quoted, and never found where there is none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import BadCoordinateError
from app.geo.coordinates import check_lonlat, faults

JIANYANG = (104.19, 30.07, 104.9, 30.71)
nan, inf = math.nan, math.inf


@pytest.mark.parametrize(
    ("lon", "lat", "bounds", "reason"),
    [
        (104.5, 30.4, None, None),
        (104.5, 30.4, JIANYANG, None),
        (nan, 30.4, None, "lon is not a finite number: nan"),
        (104.5, nan, None, "lat is not a finite number: nan"),
        (-inf, 30.4, None, "lon is not a finite number: -inf"),
        (104.5, inf, JIANYANG, "lat is not a finite number: inf"),
        (nan, nan, None, "lon is not a finite number: nan"),
        (180.5, 30.4, None, "lon 180.5 is out of range, allowed is -180 to 180 degrees"),
        (120.0, -90.5, None, "lat -90.5 is out of range, allowed is -90 to 90 degrees"),
        (545678.9, 3365432.0, None, "lon 545678.9 is out of range, allowed is -180 to 180 degrees"),
        (30.4, 104.5, None, "swapped? lon 30.4, lat 104.5"),
        (30.4, 104.5, JIANYANG, "swapped? lon 30.4, lat 104.5"),
        # Latitude 200 is no longitude either.
        (30.4, 200.0, None, "lat 200.0 is out of range, allowed is -90 to 90 degrees"),
        # Somewhere else on Earth is no fault: the Locator says outside.
        (0.0, 0.0, JIANYANG, None),
        (-73.97, 40.75, JIANYANG, None),
        (180.0, 90.0, None, None),
        (-180.0, -90.0, None, None),
        # Where no latitude is impossible, only the bounds show a swap.
        (40.75, -73.97, None, None),
        (40.75, -73.97, (-74.3, 40.4, -73.6, 41.0), "swapped? lon 40.75, lat -73.97"),
        # Within a degree of the bounds as it stands, so it is taken as it stands.
        (31.5, 30.5, (30.0, 30.0, 31.0, 32.0), None),
    ],
)  # fmt: skip
def test_reason(lon, lat, bounds, reason):
    found = faults([lon], [lat], bounds)
    assert found.tolist() == [reason]
    assert faults(lon, lat, bounds).item() == reason
    if reason is None:
        check_lonlat([lon], [lat], bounds)
        check_lonlat(lon, lat, bounds)
    else:
        with pytest.raises(BadCoordinateError) as caught:
            check_lonlat([lon], [lat], bounds)
        assert caught.value.message == reason
        assert caught.value.hint
        assert caught.value.hint_zh != caught.value.hint
        assert caught.value.message_zh != caught.value.message


def test_the_swap_margin_is_one_degree():
    box = (104.0, 30.0, 105.0, 31.0)
    assert faults(29.0, 103.0, box).item() == "swapped? lon 29.0, lat 103.0"
    # Outside the margin lat 102.9 still is no latitude.
    assert faults(28.9, 102.9, box).item() == "swapped? lon 28.9, lat 102.9"
    low = (60.0, 30.0, 61.0, 31.0)
    assert faults(29.0, 62.0, low).item() == "swapped? lon 29.0, lat 62.0"
    assert faults(28.9, 62.0, low).item() is None


def test_the_first_fault_of_many_is_named_with_its_place():
    with pytest.raises(BadCoordinateError) as caught:
        check_lonlat([104.5, 30.4, nan], [30.4, 104.5, 0.0])
    assert caught.value.message == "point 2 of 3: swapped? lon 30.4, lat 104.5"
    assert caught.value.message_zh == "第 2 个点（共 3 个）：经纬度是否颠倒？经度 30.4，纬度 104.5"


def test_reasons_come_in_chinese_when_asked_for():
    lon, lat = [nan, 104.5, 30.4, 500.0, 104.5], [30.4, inf, 104.5, 30.4, 30.4]
    assert faults(lon, lat, language="zh").tolist() == [
        "经度不是有限的数：nan",
        "纬度不是有限的数：inf",
        "经纬度是否颠倒？经度 30.4，纬度 104.5",
        "经度 500.0 超出范围，允许 -180 至 180 度",
        None,
    ]


def test_shapes():
    assert faults(np.zeros((2, 3)), np.full((2, 3), 95.0)).shape == (2, 3)
    assert faults([], []).shape == (0,)
    check_lonlat([], [])
    with pytest.raises(ValueError, match=r"\(1,\) and \(2,\)"):
        faults([1.0], [1.0, 2.0])


anything = st.one_of(st.floats(), st.floats(-200, 200))


@settings(deadline=None)
@given(anything, anything, st.sampled_from([None, JIANYANG]))
def test_a_point_without_fault_is_a_place_and_any_other_gets_a_reason(lon, lat, bounds):
    reason = faults([lon], [lat], bounds)[0]
    is_place = -180 <= lon <= 180 and -90 <= lat <= 90
    if reason is None:
        assert is_place
    elif is_place:
        assert reason.startswith("swapped?")
        west, south, east, north = bounds
        assert west - 1 <= lat <= east + 1
        assert south - 1 <= lon <= north + 1
