"""Reference tables: what is read from them, and what is refused with which words."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from app.errors import CityError
from app.grids import City
from app.grids.reference import Kind, Reference, read_team
from app.grids.store import digest
from tests.cities import chessboard, with_tables
from tests.reference_tables import PEOPLE, SITES, TABLES


@pytest.fixture
def board(tmp_path: Path) -> City:
    return chessboard(tmp_path / "board")


def opened(city: City, **changed: pd.DataFrame | pa.Table) -> Reference:
    return Reference.open(with_tables(city, **(TABLES | changed)))


def fault(city: City, **changed: pd.DataFrame | pa.Table) -> str:
    with pytest.raises(CityError) as caught:
        opened(city, **changed)
    assert caught.value.message_zh != caught.value.message
    assert "city-folder.md" in caught.value.hint
    return caught.value.message


def test_a_city_without_tables_has_none(board: City) -> None:
    found = Reference.open(board)
    assert found.people is found.visits is found.stations is found.sites is None
    assert found.residents is found.estates is found.projects is found.last_day is None
    team = read_team(board)
    assert list(team.codes) == ["A1", "A", "K"]
    assert team.qualities == ()


def test_tables_are_read_by_the_rows_of_the_grids(board: City) -> None:
    found = opened(board)
    codes = list(board.finest.codes)
    assert found.people is not None
    assert found.people.groups == (Kind("old", "高龄"), Kind("ill", "重病"))
    assert found.people.people.sum() == 14
    assert list(found.people.people[codes.index("A1")]) == [7, 2]
    assert found.visits is not None
    assert [codes[row] for row in found.visits.row] == ["A1", "A1", "B4"]
    assert found.stations is not None
    assert found.stations.kinds == (Kind("aed", "除颤器"), Kind("fire", "消防站"))
    assert list(found.stations.of_kind("fire")) == [0, 2]
    assert [codes[row] if row >= 0 else "" for row in found.stations.row] == ["A1", "B2", ""]
    assert found.sites is not None
    assert list(np.isnat(found.sites.last_day)) == [False, True]
    assert found.last_day == date(2026, 10, 31)
    assert found.residents is not None
    assert list(found.residents.members) == [70]
    assert found.estates is not None
    assert [found.estates.kinds[kind].id for kind in found.estates.kind] == ["trust", "company"]
    assert found.projects is not None
    assert list(found.projects.codes) == ["B", ""]


def test_qualities_of_the_team_are_yes_no_or_unknown(board: City) -> None:
    staff = pd.DataFrame(
        {
            "code": ["A1", "A", "K"],
            "role": ["网格长"] * 3,
            "label": ["一", "二", "三"],
            "phone": [""] * 3,
            "under_30": pd.array([True, False, None], dtype="boolean"),
        }
    )
    team = read_team(with_tables(board, staff=staff))
    assert team.qualities == ("under_30",)
    assert team.has.tolist() == [[1], [0], [-1]]


def test_texts_may_come_as_categories(board: City) -> None:
    packed = PEOPLE.astype({"code": "category", "group": "category"})
    found = opened(board, special_people=packed).people
    assert found is not None
    assert found.people.sum() == 14


@pytest.mark.parametrize(
    ("table", "column", "values", "said"),
    [
        ("special_people", "code", ["A1", "A1", "Z9"], "row 3: 'Z9'; allowed is one that cell"),
        ("special_people", "code", ["A1", "A1", "B"], "row 3: 'B'"),
        ("special_people", "group", ["old", "ill", "young"], "row 3: 'young'"),
        ("special_people", "people", [7, -1, 5], "people that is not usable, first row 2: -1"),
        ("special_people", "people", [7.0, 2.5, 5.0], "of type double, allowed are whole numbers"),
        ("special_people", "group", ["old", "old", "old"], "more than once, first ['A1', 'old']"),
        ("visits", "people", [4, 4, 5], "first 'A1' 'old': 8 of 7"),
        ("visits", "last_day", [date(1899, 12, 30)] * 3, "row 1: '1899-12-30'"),
        ("visits", "last_day", [date(2026, 1, 1), None, date(2026, 1, 1)], "row 2: None"),
        ("visits", "last_day", ["2026-10-01"] * 3, "allowed are days"),
        ("stations", "id", ["s1", "s1", "s3"], "more than once, first ['s1']"),
        ("stations", "kind", ["fire", "A E D", "fire"], "row 2: 'A E D'"),
        ("stations", "kind_name", ["消防站", "除颤器", "消防点"], "by 2 names"),
        ("stations", "lon", [30.405, 104.5, 104.5], "row 1: 30.405; allowed is degrees in or near"),
        ("stations", "lat", [float("nan"), 30.4, 30.4], "row 1: nan"),
        ("stations", "lat", ["30", "30", "30"], "allowed are degrees"),
        ("stations", "name", ["一", "", "三"], "row 2: ''; allowed is a text"),
        ("sites", "code", ["A1", ""], "row 2: ''"),
        ("resident_groups", "members", [-3], "row 1: -3"),
        ("estates", "management", ["trust", ""], "row 2: ''"),
        ("projects", "code", ["B", "Q"], "row 2: 'Q'; allowed is the code of a grid"),
    ],
)
def test_what_is_not_usable_is_refused_with_its_place(
    board: City, table: str, column: str, values: list[object], said: str
) -> None:
    message = fault(board, **{table: TABLES[table].assign(**{column: values})})
    assert message.startswith(f"{table}.parquet: ")
    assert said in message


def test_every_fault_of_a_table_is_named_at_once(board: City) -> None:
    message = fault(board, special_people=PEOPLE.assign(code=["A1", "A1", "Z"], people=[7, 2, -5]))
    assert "'Z'" in message
    assert "-5" in message


@pytest.mark.parametrize("table", ["special_people", "visits", "resident_groups"])
def test_a_table_of_counts_has_no_room_for_names(board: City, table: str) -> None:
    message = fault(board, **{table: TABLES[table].assign(person="某某")})
    assert "has the columns ['person']" in message


def test_a_missing_column_is_named(board: City) -> None:
    assert "lacks the columns ['last_day']" in fault(board, sites=SITES.drop(columns="last_day"))


@pytest.mark.parametrize(
    ("given", "wanted"), [("special_people", "special_groups"), ("visits", "special_people")]
)
def test_tables_that_need_another_say_which(board: City, given: str, wanted: str) -> None:
    with pytest.raises(CityError, match=f"no '{wanted}'"):
        Reference.open(with_tables(board, **{given: TABLES[given]}))


def test_a_changed_file_is_refused(board: City) -> None:
    city = with_tables(board, **TABLES)
    (city.folder / "visits.parquet").write_bytes(b"PAR1")
    with pytest.raises(CityError, match=r"visits\.parquet has sha256"):
        Reference.open(city)


def test_what_is_no_parquet_is_refused(board: City) -> None:
    city = with_tables(board, **TABLES)
    path = city.folder / "stations.parquet"
    old = city.manifest.sha256["stations.parquet"]
    path.write_bytes(b"not a table")
    manifest = city.folder / "city.toml"
    manifest.write_text(manifest.read_text().replace(old, digest(path)), encoding="utf-8")
    with pytest.raises(CityError, match=r"stations\.parquet is not a Parquet table"):
        Reference.open(City.open(city.folder))
