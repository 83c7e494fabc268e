"""What figures stand on: areas, households, neighbours, and what lies in what."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from libpysal.graph import Graph

from app.analysis.ground import Ground
from app.errors import BadInputError, NotFoundError
from app.grids import City
from tests.cities import coverage, layer, make_city, square


def test_what_lies_in_what(ground: Ground) -> None:
    assert ground.above("cell", "town").tolist() == [0] * 4 + [1] * 4
    assert ground.above("town", "town").tolist() == [0, 1]
    assert ground.within("cell", ground.area("B")).tolist() == [False] * 4 + [True] * 4
    assert ground.within("cell", ground.area("A2")).sum() == 1
    assert ground.within("cell", None).all()
    with pytest.raises(BadInputError, match="coarser"):
        ground.within("town", ground.area("A2"))


def test_areas_are_grids_of_levels(ground: Ground) -> None:
    assert (ground.area("A").level, ground.area("B3").level) == ("town", "cell")
    with pytest.raises(BadInputError, match="overlay") as caught:
        ground.area("K")
    assert "cell" in caught.value.message_zh
    with pytest.raises(NotFoundError):
        ground.area("Z9")
    with pytest.raises(BadInputError, match="village"):
        ground.layer("village")
    with pytest.raises(BadInputError, match="campus"):
        ground.layer("campus")


def test_km2_are_true_ones(ground: Ground) -> None:
    # A square of 0.01° by 0.01° at 30.4° N.
    assert ground.area_km2("cell") == pytest.approx([1.0646] * 8, rel=2e-3)
    assert ground.area_km2("town") == pytest.approx(ground.area_km2("cell").reshape(2, 4).sum(1))
    whole = ground.shape(None).area / 1e6
    assert whole == pytest.approx(ground.area_km2("town").sum(), rel=1e-4)


def test_neighbours_share_a_border_or_a_corner(ground: Ground) -> None:
    left, right = ground.neighbours("cell")
    codes = ground.layer("cell").codes
    of = {code: sorted(codes[right[left == row]]) for row, code in enumerate(codes)}
    assert of["A1"] == ["A2", "A3", "A4"]
    assert of["A2"] == ["A1", "A3", "A4", "B1", "B3"]
    assert of["B4"] == ["B1", "B2", "B3"]


@pytest.mark.parametrize("seed", range(4))
def test_neighbours_are_those_of_libpysal(tmp_path: Path, seed: int) -> None:
    """Queen contiguity of a valid coverage, where vertices match."""
    shapes = coverage(seed)
    names = [f"{number:03}" for number in range(len(shapes))]
    whole = shapely.union_all(shapes)
    city = make_city(
        tmp_path / "city",
        {
            "town": layer([("T", "", whole)]),
            "cell": layer([(n, "T", s) for n, s in zip(names, shapes, strict=True)]),
        },
    )
    left, right = Ground(city).neighbours("cell")
    queen = Graph.build_contiguity(city.frame("cell").reset_index(drop=True), rook=False)
    wanted = queen.adjacency[queen.adjacency > 0].reset_index()
    assert sorted(zip(left.tolist(), right.tolist(), strict=True)) == sorted(
        zip(wanted["focal"], wanted["neighbor"], strict=True)
    )


def test_neighbours_whose_vertices_do_not_match(tmp_path: Path) -> None:
    """A long side against two short ones shares no vertex in its middle, and is a border."""
    city = make_city(
        tmp_path / "city",
        {
            "town": layer([("T", "", square(0, 0, 2, 2))]),
            "cell": layer(
                [
                    ("1", "T", square(0, 0, 1, 2)),
                    ("2", "T", square(1, 0, 1, 0.9)),
                    ("3", "T", square(1, 0.9, 1, 1.1)),
                ]
            ),
        },
    )
    left, right = Ground(city).neighbours("cell")
    assert set(zip(left.tolist(), right.tolist(), strict=True)) == {
        (0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1),
    }  # fmt: skip


def test_households_add_up_where_they_are_known(tmp_path: Path, board: City) -> None:
    cells = board.frame("cell").copy()
    cells["households"] = pd.array([10, 20, 30, None, 5, 5, 5, 5], dtype="Int64")
    city = make_city(tmp_path / "city", {"town": board.frame("town"), "cell": cells})
    ground = Ground(city)
    found = ground.households("cell")
    assert found is not None
    assert found[:3].tolist() == [10, 20, 30]
    assert np.isnan(found[3])
    towns = ground.households("town")
    assert towns is not None
    assert np.isnan(towns[0])
    assert towns[1] == 20
    assert Ground(board).households("cell") is None


def test_only_so_much_is_kept_of_what_is_asked_once(ground: Ground) -> None:
    made: list[int] = []

    def make(number: int) -> int:
        made.append(number)
        return number

    for number in (1, 2, 3, 4, 5, 5, 1):
        assert ground.keep_some(("test", number), lambda number=number: make(number)) == number
    assert made == [1, 2, 3, 4, 5, 1]
