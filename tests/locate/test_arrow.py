"""Points in Arrow tables: the same answers as the Locator's, row by row, whatever carries them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import BadInputError, TooLargeError
from app.geo.datum import from_wgs84
from app.grids import City
from app.locate import Locator
from app.locate import arrow as module
from app.locate.arrow import FIELDS, locate_arrow
from tests.cities import coverage, layer, make_city

# Inside, on borders and corners, outside, swapped, off the Earth, and no number at all.
LON = st.one_of(
    st.floats(104.49, 104.57),
    st.sampled_from(
        [104.5, 104.51, 104.52, 104.508, 30.4, 500.0, float("nan"), float("inf"), None]
    ),
)
LAT = st.one_of(
    st.floats(30.39, 30.43),
    st.sampled_from([30.4, 30.41, 30.402, 104.5, -91.0, float("-inf"), None]),
)
ACCURACY = st.one_of(st.floats(0, 900), st.sampled_from([0.0, -1.0, 10_001.0, float("nan"), None]))


def expected(locator: Locator, row: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the Locator says of one row, None where it refuses the row."""
    values = [row["lon"], row["lat"], row["accuracy_m"]]
    if any(value is None for value in values):
        return None
    try:
        found = locator.locate(*values)
    except BadInputError:
        return None
    city = locator.city
    answer: dict[str, Any] = {
        "code": found.codes.get(city.levels[-1].id),
        "status": str(found.status),
        "reason": found.explain("zh") or None,
    }
    for level in city.levels:
        code = found.codes.get(level.id)
        answer[f"{level.id}_code"] = code
        answer[f"{level.id}_name"] = None if code is None else city.name_of(code, level.id)
    for ident, codes in found.overlays.items():
        answer[f"{ident}_codes"] = list(codes)
    answer |= {"border_m": found.border_m, "neighbour": found.neighbour}
    answer["alternatives"] = [
        {"code": alt.code, "distance_m": alt.distance_m} for alt in found.alternatives
    ]
    return answer


@pytest.fixture(scope="module")
def board_locator(board: City) -> Locator:
    return Locator(board, tolerance_m=300)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(LON, LAT, ACCURACY), max_size=30), st.sampled_from([3, 7, 1000]))
def test_every_row_is_as_the_locator_says(
    board_locator: Locator, rows: list[tuple[Any, ...]], part: int
) -> None:
    table = pa.table(
        {
            name: pa.array([row[place] for row in rows], pa.float64())
            for place, name in enumerate(("lon", "lat", "accuracy_m"))
        }
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_WIDE_PART", part)
        answer = locate_arrow(board_locator, table, fields=FIELDS, language="zh")
    answer.validate(full=True)
    assert answer.num_rows == len(rows)
    for row, found in zip(table.to_pylist(), answer.to_pylist(), strict=True):
        wanted = expected(board_locator, row)
        if wanted is None:
            assert found["status"] == "unusable"
            assert found["reason"]
            assert found["code"] is None
            assert found["alternatives"] == []
        else:
            assert found == wanted


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(LON, LAT), max_size=40),
    st.lists(st.sampled_from(FIELDS), min_size=1, max_size=4),
    st.sampled_from([5, 1000]),
)
def test_what_is_asked_for_is_the_same_whatever_else_is(
    board_locator: Locator, rows: list[tuple[Any, Any]], fields: list[str], part: int
) -> None:
    table = pa.table(
        {
            "lon": pa.array([row[0] for row in rows], pa.float64()),
            "lat": pa.array([row[1] for row in rows], pa.float64()),
        }
    )
    whole = locate_arrow(board_locator, table, fields=FIELDS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_PART", part)
        some = locate_arrow(board_locator, table, fields=fields)
    names = set(some.column_names)
    if "reason" not in fields and "status" in fields:
        unusable = [one == "unusable" for one in whole["status"].to_pylist()]
        reasons = whole["reason"].to_pylist()
        assert some["reason"].to_pylist() == [
            reason if bad else None for reason, bad in zip(reasons, unusable, strict=True)
        ]
        names.discard("reason")
    for name in names:
        assert some[name].to_pylist() == whole[name].to_pylist()
    with_levels = {"town_code", "cell_code"} <= set(some.column_names)
    assert with_levels == ("levels" in fields)


def test_overlaps_and_gaps_are_told_by_the_default_fields(tmp_path: Any) -> None:
    """A city of Voronoi cells with one grid moved: overlaps on one side, a gap on the other."""
    cells = coverage(3)
    moved = [cell if i != 5 else _moved(cell) for i, cell in enumerate(cells)]
    grids = layer([(f"G{i:02d}", "", cell) for i, cell in enumerate(moved)])
    locator = Locator(make_city(tmp_path / "city", {"grid": grids}))
    rng = np.random.default_rng(8)
    west, south, east, north = grids.total_bounds
    lon, lat = rng.uniform(west, east, 20_000), rng.uniform(south, north, 20_000)
    answer = locate_arrow(locator, pa.table({"lon": lon, "lat": lat}))
    wanted = [
        (found.codes.get("grid"), str(found.status)) for found in locator.locate_table(lon, lat)
    ]
    got = list(zip(answer["code"].to_pylist(), answer["status"].to_pylist(), strict=True))
    assert got == wanted
    assert {status for _, status in got} >= {"inside", "overlap", "nearest", "outside"}


def _moved(cell: Any) -> Any:
    from shapely import affinity  # noqa: PLC0415

    return affinity.translate(cell, 0.002, 0.001)


@pytest.mark.parametrize(
    "kind", [pa.float64(), pa.float32(), pa.float16(), pa.int8(), pa.int64(), pa.uint16()]
)
def test_numbers_of_any_kind_are_read(board_locator: Locator, kind: pa.DataType) -> None:
    lon, lat = pa.array([104, 30, None], kind), pa.array([30, 104, 30], kind)
    answer = locate_arrow(board_locator, pa.table({"lon": lon, "lat": lat}))
    assert answer["status"].to_pylist() == ["outside", "unusable", "unusable"]
    assert answer["reason"].to_pylist()[2] == "lon is None, allowed is a number"


@pytest.mark.parametrize("datum", ["gcj02", "bd09", "cgcs2000"])
def test_the_datum_is_taken_into_account(board_locator: Locator, datum: str) -> None:
    lon, lat = from_wgs84([104.509, 104.531], [30.403, 30.411], datum)
    answer = locate_arrow(board_locator, pa.table({"lon": lon, "lat": lat}), datum=datum)
    assert answer["code"].to_pylist() == ["A1", "B4"]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({}, "no column 'lon'; it has none"),
        ({"lon": [1.0]}, "no column 'lat'"),
        ({"lon": [1.0], "lat": [1.0], "acuracy_m": [1.0]}, "'acuracy_m' is not known"),
        ({"lon": ["1"], "lat": [1.0]}, "type 'string'"),
        ({"lon": [True], "lat": [1.0]}, "type 'bool'"),
        ({"lon": [[1.0]], "lat": [1.0]}, "type 'list<"),
        ({"lon": pa.array([1.0]).dictionary_encode(), "lat": [1.0]}, "type 'dictionary<"),
        ({"lon": pa.nulls(1), "lat": [1.0]}, "type 'null'"),
    ],
)
def test_other_columns_are_refused(
    board_locator: Locator, columns: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadInputError, match=words) as caught:
        locate_arrow(board_locator, pa.table(columns))
    assert caught.value.message_zh != caught.value.message


def test_a_column_given_twice_is_refused(board_locator: Locator) -> None:
    ones = pa.array([1.0])
    with pytest.raises(BadInputError, match="2 times"):
        locate_arrow(board_locator, pa.table([ones, ones, ones], names=["lon", "lat", "lon"]))


@pytest.mark.parametrize("fields", [[], ["codes"], ["code", "x" * 500]])
def test_unknown_fields_are_refused(board_locator: Locator, fields: list[str]) -> None:
    with pytest.raises(BadInputError, match="allowed are code, status") as caught:
        locate_arrow(board_locator, pa.table({"lon": [104.5], "lat": [30.4]}), fields=fields)
    assert len(caught.value.message) < 300


def test_alternatives_have_a_bound(board_locator: Locator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ALTERNATIVES", 20)
    table = pa.table({"lon": [104.52] * 9, "lat": [30.41] * 9, "accuracy_m": [10.0] * 9})
    with pytest.raises(TooLargeError, match="more than 20 alternatives"):
        locate_arrow(board_locator, table, fields=["alternatives"])


def test_the_answer_says_what_it_is_about(board_locator: Locator, board: City) -> None:
    metadata = locate_arrow(
        board_locator, pa.table({"lon": [104.5], "lat": [30.4]})
    ).schema.metadata
    told = {key.decode(): value.decode() for key, value in metadata.items()}
    assert told["weige.city"] == "demo"
    assert told["weige.generation"] == board.manifest.generation
    assert told["weige.synthetic"] == board.manifest.synthetic


def test_a_short_answer_carries_no_more_codes_than_it_uses(board_locator: Locator) -> None:
    table = pa.table({"lon": [104.505, 0.0], "lat": [30.403, 0.0]})
    codes = locate_arrow(board_locator, table)["code"].chunk(0)
    assert codes.dictionary.to_pylist() == ["A1"]
    assert codes.to_pylist() == ["A1", None]
