"""Which part of a city a map shows."""

from __future__ import annotations

import pytest

from app.errors import BadInputError, NotFoundError
from app.grids import City
from app.maps.scope import find_area, scope_of
from tests.cities import layer, make_city, square


def test_all_of_it(board: City) -> None:
    scope = scope_of(board)
    assert scope.name == "示例市"
    assert {ident: len(rows) for ident, rows in scope.rows.items()} == {
        "town": 2,
        "cell": 8,
        "campus": 1,
    }
    assert all(scope.shows(level.id) for level in board.levels)


def test_one_town(board: City) -> None:
    scope = scope_of(board, find_area(board, "B"))
    assert scope.name == "格B"
    assert [board.layer("cell").codes[row] for row in scope.rows["cell"]] == [
        "B1",
        "B2",
        "B3",
        "B4",
    ]
    assert len(scope.rows["campus"]) == 0, "the campus belongs to A"


def test_one_cell(board: City) -> None:
    scope = scope_of(board, find_area(board, "A2"))
    assert [board.layer("town").codes[row] for row in scope.rows["town"]] == ["A"]
    assert not scope.shows("town")
    assert scope.shows("cell")
    assert len(scope.rows["campus"]) == 0, "overlays hang on the level above"


def test_an_unknown_area_names_those_there_are(board: City) -> None:
    with pytest.raises(NotFoundError, match="'Z'") as caught:
        find_area(board, "Z")
    assert "格A, 格B" in caught.value.hint


def test_a_name_that_several_have(tmp_path) -> None:
    towns = layer([("A", "", square(0, 0)), ("B", "", square(1, 0))])
    towns["name"] = "同名"
    with pytest.raises(BadInputError, match=r"\['A', 'B'\]"):
        find_area(make_city(tmp_path / "c", {"town": towns}), "同名")
