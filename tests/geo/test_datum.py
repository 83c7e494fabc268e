"""China's datums against published vectors, and as functions with an inverse."""

from __future__ import annotations

import csv
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from app.errors import BadInputError
from app.geo import datum
from app.geo.datum import (
    DATUMS,
    SHIFTED_BOUNDS,
    bd09_to_gcj02,
    bd09_to_wgs84,
    from_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    to_wgs84,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)

VECTORS = Path(__file__).parent.parent / "data" / "coords"
WEST, SOUTH, EAST, NORTH = SHIFTED_BOUNDS
ROUND_TRIP_DEG = 1e-9

lons_in_china = st.floats(WEST, EAST)
lats_in_china = st.floats(SOUTH, NORTH)
lons = st.floats(-180.0, 180.0)
lats = st.floats(-90.0, 90.0)


def far(a, b):
    """Return the largest difference of two pairs of coordinates, degrees."""
    return max(float(np.max(np.abs(x - y))) for x, y in zip(a, b, strict=True))


@pytest.fixture(scope="module")
def cities():
    rows = json.loads((VECTORS / "gcoord-china-cities.json").read_text(encoding="utf-8"))
    assert len(rows) == 664
    return {
        name: tuple(np.array([row["coords"][key] for row in rows]).T)
        for name, key in (("wgs84", "WGS84"), ("gcj02", "GCJ02"), ("bd09", "BD09"))
    }


@pytest.fixture(scope="module")
def edges():
    with (VECTORS / "edge_vectors_multi_lib.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 40

    def pair(prefix):
        return tuple(
            np.array([float(row[f"{prefix}_{a}"]) for row in rows]) for a in ("lng", "lat")
        )

    return pair


# The cities come from the map services themselves: see tests/data/coords/ORIGIN.md.
@pytest.mark.parametrize(
    ("source", "target", "within_deg"),
    [
        ("wgs84", "gcj02", 7.4e-6),
        ("gcj02", "wgs84", 7.4e-6),
        ("gcj02", "bd09", 1e-7),
        ("bd09", "gcj02", 1e-7),
        ("wgs84", "bd09", 7.5e-6),
        ("bd09", "wgs84", 7.5e-6),
    ],
)
def test_664_cities_come_out_where_the_map_services_put_them(cities, source, target, within_deg):
    convert = getattr(datum, f"{source}_to_{target}")
    assert far(convert(*cities[source]), cities[target]) <= within_deg


@pytest.mark.parametrize("library", ["evil", "prc", "cc"])
def test_edge_points_agree_with_other_libraries_in_gcj02(edges, library):
    assert far(wgs84_to_gcj02(*edges("wgs")), edges(f"{library}_gcj")) <= 1.2e-7


@pytest.mark.parametrize("library", ["prc", "cc"])
def test_edge_points_agree_with_other_libraries_in_bd09(edges, library):
    # Nine decimals are printed, so half of the ninth is all that may differ.
    assert far(wgs84_to_bd09(*edges("wgs")), edges(f"{library}_bd")) <= 5.1e-10


def test_edge_points_come_back(edges):
    assert far(bd09_to_wgs84(*edges("prc_bd")), edges("wgs")) <= 2e-9


@settings(deadline=None)
@given(lons_in_china, lats_in_china)
@example(105.0, 35.0)  # where the square root under the shift has no derivative
@example(WEST, SOUTH)
@example(EAST, NORTH)
def test_round_trip_inside_the_rectangle(lon, lat):
    assert far(gcj02_to_wgs84(*wgs84_to_gcj02(lon, lat)), (lon, lat)) <= ROUND_TRIP_DEG
    assert far(bd09_to_wgs84(*wgs84_to_bd09(lon, lat)), (lon, lat)) <= ROUND_TRIP_DEG


@settings(deadline=None)
@given(lons, lats)
@example(0.0, 0.0)
@example(180.0, -90.0)
def test_bd09_round_trip_anywhere(lon, lat):
    assert far(bd09_to_gcj02(*gcj02_to_bd09(lon, lat)), (lon, lat)) <= ROUND_TRIP_DEG


@settings(deadline=None)
@given(lons, lats)
def test_outside_the_rectangle_nothing_is_shifted(lon, lat):
    assume(not (WEST <= lon <= EAST and SOUTH <= lat <= NORTH))
    assert far(wgs84_to_gcj02(lon, lat), (lon, lat)) == 0.0
    near = WEST - 0.02 <= lon <= EAST + 0.02 and SOUTH - 0.02 <= lat <= NORTH + 0.02
    if not near:
        assert far(gcj02_to_wgs84(lon, lat), (lon, lat)) == 0.0


@settings(deadline=None)
@given(lons_in_china, lats_in_china)
def test_inside_the_rectangle_everything_is_shifted_but_not_far(lon, lat):
    shift = far(wgs84_to_gcj02(lon, lat), (lon, lat))
    assert 0.0 < shift < 0.011


rim = st.one_of(
    st.tuples(st.floats(WEST - 0.02, WEST + 0.02), lats_in_china),
    st.tuples(st.floats(EAST - 0.02, EAST + 0.02), lats_in_china),
    st.tuples(lons_in_china, st.floats(SOUTH - 0.02, SOUTH + 0.02)),
    st.tuples(lons_in_china, st.floats(NORTH - 0.02, NORTH + 0.02)),
)


@settings(deadline=None)
@given(rim)
def test_inverse_at_the_rim_is_a_true_preimage_or_leaves_the_point_alone(point):
    back = gcj02_to_wgs84(*point)
    is_preimage = far(wgs84_to_gcj02(*back), point) <= ROUND_TRIP_DEG
    untouched = far(back, point) == 0.0
    assert is_preimage or untouched


def test_a_gcj02_point_inside_whose_preimage_is_outside_is_left_alone():
    # On the western rim the shift is 0.0039° east: no point inside can have produced 72.005.
    lon, lat = 72.005, 30.0
    assert far(gcj02_to_wgs84(lon, lat), (lon, lat)) == 0.0


def test_a_gcj02_point_outside_whose_preimage_is_inside_is_shifted_back():
    lon, lat = 137.8346, 30.0
    gcj = wgs84_to_gcj02(lon, lat)
    assert gcj[0] > EAST
    assert far(gcj02_to_wgs84(*gcj), (lon, lat)) <= ROUND_TRIP_DEG


def test_the_rim_itself_is_shifted_and_the_next_double_is_not():
    for lon, lat in ((WEST, 30.0), (EAST, 30.0), (100.0, SOUTH), (100.0, NORTH)):
        assert far(wgs84_to_gcj02(lon, lat), (lon, lat)) > 0.0
    for lon, lat in (
        (np.nextafter(WEST, 0), 30.0),
        (np.nextafter(EAST, 180), 30.0),
        (100.0, np.nextafter(SOUTH, 0)),
        (100.0, np.nextafter(NORTH, 90)),
    ):
        assert far(wgs84_to_gcj02(lon, lat), (lon, lat)) == 0.0


CONVERSIONS = [f"{a}_to_{b}" for a in DATUMS for b in DATUMS if a != b]


@pytest.mark.parametrize("name", CONVERSIONS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_comes_out_as_nan_and_spoils_nothing_else(name, bad):
    convert = getattr(datum, name)
    lon, lat = convert([bad, 104.5, 104.5], [30.4, bad, 30.4])
    assert np.isnan(lon).tolist() == [True, True, False]
    assert np.isnan(lat).tolist() == [True, True, False]
    alone = convert(104.5, 30.4)
    assert (lon[2], lat[2]) == (alone[0], alone[1])


@pytest.mark.parametrize("name", CONVERSIONS)
def test_shapes_are_kept_and_arguments_are_not_written_to(name):
    convert = getattr(datum, name)
    lon = np.linspace(100.0, 110.0, 12).reshape(3, 4)
    lat = np.linspace(25.0, 35.0, 12).reshape(3, 4)
    kept = lon.copy(), lat.copy()
    out = convert(lon, lat)
    assert [a.shape for a in out] == [(3, 4), (3, 4)]
    assert [a.dtype for a in out] == [np.float64, np.float64]
    assert far((lon, lat), kept) == 0.0
    flipped = convert(lon.T, lat.T)
    assert far((flipped[0].T, flipped[1].T), out) <= 1e-12
    for point in (convert(104.5, 30.4), convert([], [])):
        assert all(isinstance(a, np.ndarray) for a in point)
    assert convert(104.5, 30.4)[0].shape == ()
    assert convert([], [])[0].shape == (0,)
    assert convert(104.5, [30.4, 30.5])[0].shape == (2,)


@settings(deadline=None)
@given(lons_in_china, lats_in_china, st.sampled_from([*DATUMS, "cgcs2000"]))
def test_by_name_there_and_back(lon, lat, name):
    assert far(to_wgs84(*from_wgs84(lon, lat, name), name), (lon, lat)) <= ROUND_TRIP_DEG


def test_names_lead_to_the_functions():
    point = 104.5469, 30.4115
    assert far(from_wgs84(*point, "gcj02"), wgs84_to_gcj02(*point)) == 0.0
    assert far(from_wgs84(*point, "BD-09"), wgs84_to_bd09(*point)) == 0.0
    assert far(to_wgs84(*point, "GCJ-02"), gcj02_to_wgs84(*point)) == 0.0
    assert far(to_wgs84(*point, "bd09"), bd09_to_wgs84(*point)) == 0.0
    for same in ("wgs84", "cgcs2000", "CGCS2000", "WGS-84"):
        assert far(to_wgs84(*point, same), point) == 0.0
        assert far(from_wgs84(*point, same), point) == 0.0


def test_the_three_datums_are_apart_by_more_than_a_micro_grid_is_wide():
    lon, lat = 104.5469, 30.4115
    places = [from_wgs84(lon, lat, name) for name in DATUMS]
    assert all(far(a, b) > 0.002 for a, b in pairwise(places))


@pytest.mark.parametrize("convert", [to_wgs84, from_wgs84])
@pytest.mark.parametrize("name", ["", "wgs", "gcj2002", "bd09mc", "EPSG:4490"])
def test_an_unknown_datum_is_refused_with_the_allowed_ones(convert, name):
    with pytest.raises(BadInputError) as caught:
        convert(104.5, 30.4, name)
    for text in (caught.value.message, caught.value.message_zh):
        assert repr(name) in text
        assert all(one in text for one in (*DATUMS, "cgcs2000"))
    assert caught.value.hint
    assert caught.value.hint_zh != caught.value.hint


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="broadcast"):
        wgs84_to_gcj02([1.0, 2.0], [1.0, 2.0, 3.0])
