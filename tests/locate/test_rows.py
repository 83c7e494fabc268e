"""Rows located: each as the Locator locates it alone, and every bad one with its reason."""

from __future__ import annotations

import dataclasses
import math
from datetime import date
from decimal import Decimal

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import BadInputError
from app.geo.datum import from_wgs84
from app.grids import City
from app.locate import Locator
from app.locate.rows import (
    ALWAYS,
    SYNTHETIC_NOTE,
    UNUSABLE,
    RowLocator,
    coordinate_columns,
    parse_degrees,
)
from app.tables import open_table
from tests.cities import layer, make_city, square

INSIDE = (104.505, 30.405)


@pytest.fixture(scope="module")
def locator(board):
    return Locator(board)


def columns_of(rows, located):
    columns = [column.to_pylist() for column in located.columns]
    return dict(zip((field.name for field in rows.fields), columns, strict=True))


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (104.5, 104.5),
        (104, 104.0),
        (Decimal("104.50"), 104.5),
        ("104.5", 104.5),
        (" 104.5\t", 104.5),
        ("+104.", 104.0),
        (".5", 0.5),
        ("-1.5e1", -15.0),
        ("007", 7.0),
        (np.float64(1.5), 1.5),
    ],
)
def test_cells_that_are_numbers(cell, value):
    values, reasons = parse_degrees([cell], "lon")
    assert values.tolist() == [value]
    assert reasons == {}


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("", "lon is empty"),
        (None, "lon is empty"),
        (" \n", "lon is empty"),
        ("abc", "lon is not a number: 'abc'"),
        ("nan", "lon is not a number: 'nan'"),
        ("inf", "lon is not a number: 'inf'"),
        ("1_0", "lon is not a number: '1_0'"),
        ("104,5", "lon is not a number: '104,5'"),
        ("104°30′", "lon is not a number: '104°30′'"),
        ("１０４", "lon is not a number: '１０４'"),
        ("0x1F", "lon is not a number: '0x1F'"),
        (True, "lon is not a number: 'TRUE'"),
        (date(2026, 5, 1), "lon is not a number: '2026-05-01'"),
        ("x" * 41, f"lon is not a number: '{'x' * 40}…'"),
    ],
)
def test_cells_that_are_none(cell, reason):
    values, reasons = parse_degrees([cell], "lon")
    assert np.isnan(values).all()
    assert reasons == {0: reason}


@pytest.mark.parametrize(
    ("lon", "lat", "reason"),
    [
        ("abc", "30.4", "lon is not a number: 'abc'"),
        ("104.5", "", "lat is empty"),
        ("", "", "lon is empty"),
        (math.nan, 30.4, "lon is not a finite number: nan"),
        (104.5, -math.inf, "lat is not a finite number: -inf"),
        ("1e999", "30.4", "lon is not a finite number: inf"),
        (10**400, 30.4, "lon is not a finite number: inf"),
        ("30.4", "104.5", "swapped? lon 30.4, lat 104.5"),
        ("104.5", "91", "lat 91.0 is out of range, allowed is -90 to 90 degrees"),
        ("3500000", "30.4", "lon 3500000.0 is out of range, allowed is -180 to 180 degrees"),
    ],
)
def test_a_bad_row_gets_its_reason_and_stops_no_other(locator, lon, lat, reason):
    rows = RowLocator(locator)
    located = rows.locate([INSIDE[0], lon, INSIDE[0]], [INSIDE[1], lat, INSIDE[1]])
    found = columns_of(rows, located)
    assert found["status"] == ["inside", UNUSABLE, "inside"]
    assert found["reason"] == [None, reason, None]
    assert found["cell_code"] == ["A1", None, "A1"]
    told = {"status", "reason", "data_note"}
    assert {cells[1] for name, cells in found.items() if name not in told} == {None}
    assert located.statuses == {"inside": 2, UNUSABLE: 1}


def test_the_fault_of_a_row_comes_first(locator):
    rows = RowLocator(locator)
    found = columns_of(
        rows, rows.locate([*INSIDE[:1], "x"], [*INSIDE[1:], "y"], {0: "torn", 1: "short"})
    )
    assert found["status"] == [UNUSABLE, UNUSABLE]
    assert found["reason"] == ["torn", "short"]


def test_no_rows(locator):
    rows = RowLocator(locator)
    located = rows.locate([], [])
    assert [column.to_pylist() for column in located.columns] == [[] for _ in rows.fields]
    assert located.statuses.total() == 0


def test_fields_name_levels_and_overlays_in_order(locator):
    names = [field.name for field in RowLocator(locator).fields]
    assert names == [
        "status",
        "town_code",
        "town_name",
        "cell_code",
        "cell_name",
        "campus_code",
        "border_m",
        "alternatives",
        "reason",
        "data_note",
    ]


def test_every_row_of_a_synthetic_city_says_so_and_none_of_a_real_one(locator, board):
    rows = RowLocator(locator)
    found = columns_of(rows, rows.locate([INSIDE[0], "x", 104.6], [INSIDE[1], "y", 30.9]))
    assert found["data_note"] == [SYNTHETIC_NOTE] * 3
    real = City(board.folder, dataclasses.replace(board.manifest, synthetic=""))
    rows = RowLocator(Locator(real))
    found = columns_of(rows, rows.locate([INSIDE[0], "x"], [INSIDE[1], "y"]))
    assert list(found)[-1] == "reason"
    assert found["status"] == ["inside", UNUSABLE]


@pytest.mark.parametrize(
    "wanted", [["cell_code"], ["town_name", "border_m"], ["campus_code"], ["alternatives"], []]
)
def test_columns_that_are_asked_for_are_the_same_without_the_others(locator, wanted):
    lon, lat = np.random.default_rng(3).uniform((104.49, 30.39), (104.57, 30.44), (200, 2)).T
    cells = [*lon.tolist(), "x", 104.51], [*lat.tolist(), "y", 30.405]
    whole = RowLocator(locator, accuracy_m=50)
    every = columns_of(whole, whole.locate(*cells))
    some = RowLocator(locator, accuracy_m=50, columns=wanted)
    names = [name for name in every if name in {*wanted, *ALWAYS}]
    assert [field.name for field in some.fields] == names
    located = some.locate(*cells)
    assert columns_of(some, located) == {name: every[name] for name in names}
    assert located.statuses == whole.locate(*cells).statuses


def test_a_column_that_there_is_not_is_refused_with_those_there_are(locator):
    with pytest.raises(
        BadInputError, match="no column 'micro_code', allowed are status, town_code"
    ):
        RowLocator(locator, columns=["status", "micro_code"])


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["104.5", " 104.5", "+1e2", "abc", "", None, "nan", "1e999", "-7", "5.", ".5"]),
        pa.array(["1234567890.5", "0." + "1" * 30, "١", "Infinity"], pa.large_string()),
        pa.array(["104.5", None, "x"]).dictionary_encode(),
        pa.array([104.5, None, math.nan, -math.inf]),
        pa.array([104.5, None], pa.float32()),
        pa.array([104, None, 2**62 + 1]),
        pa.array([Decimal("104.50"), None]),
        pa.array([True, None]),
        pa.array([None, None]),
        pa.array([], pa.string()),
    ],
)
def test_columns_of_pyarrow_are_read_as_their_cells(column):
    values, reasons = parse_degrees(column, "lon")
    wanted, why = parse_degrees(column.to_pylist(), "lon")
    assert values.tolist() == pytest.approx(wanted.tolist(), rel=0, abs=0, nan_ok=True)
    assert reasons == why


@settings(deadline=None)
@given(st.lists(st.floats(-360, 360).map(repr) | st.from_regex(r"[+-]?[0-9]{0,4}\.?[0-9]{0,25}")))
def test_any_text_of_a_column_is_read_as_its_cell(texts):
    values, reasons = parse_degrees(pa.array(texts, pa.string()), "lat")
    wanted, why = parse_degrees(texts, "lat")
    assert values.tobytes() == wanted.tobytes()
    assert reasons == why


# The chessboard and a good deal around it, corners and shared edges among them.
steps = st.integers(-4, 30).map(lambda step: step / 4)
offsets = st.sampled_from([0.0, 1e-4, -1e-3])
coordinates = st.tuples(steps, offsets, steps, offsets).map(
    lambda p: (104.5 + (p[0] + p[1]) * 0.01, 30.4 + (p[2] + p[3]) * 0.01)
)


@settings(deadline=None)
@given(
    points=st.lists(coordinates, max_size=8),
    accuracy_m=st.sampled_from([0.0, 150.0, 3000.0]),
)
def test_every_row_is_what_the_locator_says_of_it_alone(locator, points, accuracy_m):
    rows = RowLocator(locator, accuracy_m=accuracy_m)
    lon, lat = [str(x) for x, _ in points], [y for _, y in points]
    found = columns_of(rows, rows.locate(lon, lat))
    for row, (x, y) in enumerate(points):
        alone = locator.locate(x, y, accuracy_m)
        cells = {name: column[row] for name, column in found.items()}
        assert cells["status"] == alone.status
        for level in locator.city.levels:
            code = alone.codes.get(level.id)
            assert cells[f"{level.id}_code"] == code
            name = None if code is None else locator.city.name_of(code, level.id)
            assert cells[f"{level.id}_name"] == name
        assert cells["campus_code"] == (";".join(alone.overlays["campus"]) or None)
        if alone.border_m is None:
            assert cells["border_m"] is None
        else:
            assert cells["border_m"] == pytest.approx(alone.border_m, abs=0.0051)
        others = ";".join(f"{alt.code}({alt.distance_m:.1f}m)" for alt in alone.alternatives)
        assert cells["alternatives"] == (others or None)
        assert cells["reason"] == (alone.reason or None)


def test_reasons_of_many_points_outside_are_those_of_each_alone(tmp_path):
    towns = layer([("A", "", square(0, 0)), ("B", "", square(1, 0)), ("C", "", square(2, 0))])
    areas = gpd.GeoDataFrame(
        {"code": ["X", "Y"], "name": ["甲镇", "乙镇"], "governed_by": ["新区", ""]},
        geometry=[square(0, 1), square(1, 1)],
        crs="EPSG:4326",
    )
    levels = {"town": towns, "cell": layer([("A1", "A", square(0, 0))])}
    locator = Locator(make_city(tmp_path / "c", levels, outside=areas))
    places = np.random.default_rng(5).uniform((104.49, 30.39), (104.54, 30.43), (400, 2))
    lon, lat = places.T.tolist()
    rows = RowLocator(locator)
    found = columns_of(rows, rows.locate(lon, lat))["reason"]
    assert found == [locator.locate(x, y).reason or None for x, y in zip(lon, lat, strict=True)]
    assert {
        None,
        "outside every grid",
        "outside: 甲镇 is governed by 新区",
        "inside B, in which no finer grid is drawn",
        "inside C, in which no finer grid is drawn",
    } <= set(found)


def test_several_overlays_and_alternatives_are_joined(tmp_path):
    city = make_city(
        tmp_path / "c",
        {
            "cell": layer(
                [("A", "", square(0, 0)), ("B", "", square(1, 0)), ("C", "", square(1, 1))]
            )
        },
        {"x": ("cell", layer([("X1", "A", square(0.5, 0)), ("X2", "A", square(0.8, 0))]))},
    )
    rows = RowLocator(Locator(city), accuracy_m=1000)
    found = columns_of(rows, rows.locate([104.509], [30.4095]))
    assert found["x_code"] == ["X1;X2"]
    assert found["alternatives"] == ["B(96.1m);C(110.9m)"]


@pytest.mark.parametrize("datum", ["gcj02", "bd09", "cgcs2000"])
def test_rows_of_a_declared_datum(locator, datum):
    lon, lat = from_wgs84([104.505, 104.535], [30.405, 30.415], datum)
    rows = RowLocator(locator, datum)
    assert columns_of(rows, rows.locate(lon.tolist(), lat.tolist()))["cell_code"] == ["A1", "B4"]


def test_a_place_that_another_datum_leaves_off_the_earth_is_unusable(locator):
    rows = RowLocator(locator, "bd09")
    found = columns_of(rows, rows.locate([-180.0], [30.0]))
    assert found["status"] == [UNUSABLE]
    assert found["reason"][0].startswith("as bd09: lon -180.00")


def test_settings_are_checked_before_any_row(locator):
    with pytest.raises(BadInputError, match="datum 'wgs' is not known"):
        RowLocator(locator, "wgs")
    with pytest.raises(BadInputError, match="accuracy_m is -1"):
        RowLocator(locator, accuracy_m=-1)


# ---- which columns -------------------------------------------------------------------------------


@pytest.fixture
def table(tmp_path):
    def with_header(header):
        path = tmp_path / "in.csv"
        path.write_text(header + "\n", encoding="utf-8")
        return open_table(path)

    return with_header


@pytest.mark.parametrize(
    ("header", "places"),
    [
        ("lon,lat", (0, 1)),
        ("id,纬度,经度", (2, 1)),
        ("longitude,x,latitude", (0, 2)),
        ("lng,lat", (0, 1)),
        # Only the exact names count.
        ("Lon,lon,lat,LAT,lon ", (1, 2)),
    ],
)
def test_exact_names_are_taken(table, header, places):
    assert coordinate_columns(table(header), None, None) == places


def test_stated_names_are_taken(table):
    opened = table("x,y,lon,lat,lng")
    assert coordinate_columns(opened, "x", "y") == (0, 1)
    assert coordinate_columns(opened, "lng", None) == (4, 3)


@pytest.mark.parametrize(
    ("header", "lon", "lat", "message"),
    [
        (
            "x,lat",
            None,
            None,
            "no column named lon or longitude or lng or 经度; its header has 'x', 'lat'",
        ),
        ("lon,y", None, None, "no column named lat or latitude or 纬度; its header has 'lon', 'y'"),
        ("LON,lat", None, None, "its header has 'LON', 'lat'"),
        ("lon,经度,lat", None, None, "more than one column for the longitude: 'lon', '经度'"),
        ("lon,lat,lat", None, None, "more than one column for the latitude: 'lat', 'lat'"),
        ("lon,lat", "东经", None, "no column '东经'; its header has 'lon', 'lat'"),
        ("a,a,lat", "a", None, "2 columns 'a'"),
        ("lon,lat", "lat", None, "both to come from the column 'lat'"),
    ],
)
def test_anything_else_is_refused_with_the_names_there_are(table, header, lon, lat, message):
    with pytest.raises(BadInputError) as caught:
        coordinate_columns(table(header), lon, lat)
    assert message in caught.value.message
    assert caught.value.message_zh != caught.value.message


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        ("x,lat", "--lon"),
        ("lon,经度,lat", '--lon "lon"'),
        ("lon,lon,经度,lat", '--lon "经度"'),
        ("lon,纬度,lat", '--lat "纬度"'),
        ("lon,lon,lat", "different names in the file"),
    ],
)
def test_the_hint_names_the_option_that_helps(table, header, hint):
    opened = table(header)
    with pytest.raises(BadInputError) as caught:
        coordinate_columns(opened, None, None)
    assert hint in caught.value.hint
    option, _, value = hint.partition(" ")
    if option.startswith("--") and value:
        assert coordinate_columns(
            opened, **{"lon": None, "lat": None, option[2:]: value.strip('"')}
        )
