"""What another edition changes: known edits are named for what they are, and nothing is lost."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from app.demo.next_edition import next_edition
from app.errors import BadInputError
from app.geo.plane import Plane
from app.grids import City
from app.grids.diff import CityDiff, Kind, diff_cities
from app.grids.diff_rows import change_rows
from app.grids.lineage import coarser, lineage_of
from app.grids.shared_ground import shared_ground
from tests.cities import STEP, coverage, layer, make_city, square

PLANE = Plane("EPSG:4544")
Named = dict[str, BaseGeometry]


@pytest.fixture
def compare(tmp_path: Path) -> Callable[..., CityDiff]:
    """Return what compares two sets of cells under one town."""
    count = 0

    def made(cells: Named, names: dict[str, str], households: dict[str, int]) -> City:
        nonlocal count
        count += 1
        frame = layer([(code, "T", shape) for code, shape in cells.items()])
        frame["name"] = [names.get(code, code) for code in frame["code"]]
        frame["households"] = [households.get(code, 10) for code in frame["code"]]
        town = layer([("T", "", shapely.union_all(list(cells.values())))])
        town["households"] = frame["households"].sum()
        return make_city(tmp_path / str(count), {"town": town, "cell": frame})

    def call(
        before: Named, after: Named, names: dict[str, str] | None = None, **more: object
    ) -> CityDiff:
        households = more.pop("households", {})
        old, new = made(before, {}, households), made(after, names or {}, {})
        return diff_cities(old, new, **more)

    return call


def told(diff: CityDiff) -> dict[str, str]:
    """Return what became of each cell, by its code, and what is new."""
    cells = diff.layer("cell")
    return {
        str(cells.before.codes[one.before])
        if one.before >= 0
        else f"+{cells.after.codes[one.after]}": one.kind.value
        for one in cells.changes
    }


A, B, C = square(0, 0), square(1, 0), square(2, 0)
LEFT, RIGHT = square(0, 0, 0.5), square(0.5, 0, 0.5)

CASES = {
    "nothing": ({"A": A, "B": B}, {"A": A, "B": B}, {"A": "kept", "B": "kept"}),
    "corners that lie on a border": (
        {"A": A},
        {"A": shapely.segmentize(A, STEP / 3)},
        {"A": "kept"},
    ),
    "recoded": ({"A": A, "B": B}, {"A": A, "X": B}, {"A": "kept", "B": "recoded"}),
    "two codes exchanged": ({"A": A, "B": B}, {"A": B, "B": A}, {"A": "recoded", "B": "recoded"}),
    "redrawn": (
        {"A": A, "B": B},
        {"A": square(0, 0, 1.2), "B": square(1.2, 0, 0.8)},
        {"A": "redrawn", "B": "redrawn"},
    ),
    "split, its code goes on": ({"A": A}, {"A": LEFT, "X": RIGHT}, {"A": "split"}),
    "split, two new codes": ({"A": A}, {"X": LEFT, "Y": RIGHT}, {"A": "split"}),
    "split in three": (
        {"A": A},
        {"X": square(0, 0, 0.3), "Y": square(0.3, 0, 0.3), "Z": square(0.6, 0, 0.4)},
        {"A": "split"},
    ),
    "merged, a code goes on": (
        {"A": A, "B": B}, {"A": square(0, 0, 2)}, {"A": "merged", "B": "merged"},
    ),
    "merged, a new code": (
        {"A": A, "B": B}, {"X": square(0, 0, 2)}, {"A": "merged", "B": "merged"},
    ),
    "three merged": (
        {"A": A, "B": B, "C": C}, {"X": square(0, 0, 3)},
        {"A": "merged", "B": "merged", "C": "merged"},
    ),
    "a small one goes into a large one": (
        {"A": A, "B": square(1, 0, 0.1)}, {"A": square(0, 0, 1.1)}, {"A": "merged", "B": "merged"},
    ),
    "added and removed": (
        {"A": A, "B": B}, {"A": A, "C": C}, {"A": "kept", "B": "removed", "+C": "added"},
    ),
    "a code that stands elsewhere now is not the same grid": (
        {"A": A, "B": B}, {"A": square(5, 5), "B": B},
        {"A": "removed", "B": "kept", "+A": "added"},
    ),
    "shared out among neighbours": (
        {"A": A, "B": B, "C": C},
        {"A": square(0, 0, 1.4), "C": square(1.8, 0, 1.2)},
        {"A": "redrawn", "B": "removed", "C": "redrawn"},
    ),
    "split in two and joined to another": (
        {"A": A, "B": B}, {"A": LEFT, "B": square(0.5, 0, 1.5)}, {"A": "redrawn", "B": "redrawn"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "kinds"), CASES.values(), ids=CASES)
def test_each_edit_is_called_what_it_is(
    compare: Callable[..., CityDiff], before: Named, after: Named, kinds: dict[str, str]
) -> None:
    diff = compare(before, after)
    found = told(diff)
    assert {code: found[code] for code in kinds} == kinds
    cells = diff.layer("cell")
    assert sorted(one.before for one in cells.changes if one.before >= 0) == list(
        range(len(cells.before))
    )
    # Each grid of after is one that goes on, a part, a whole of others, or new.
    known = {one.after for one in cells.changes} | {x for one in cells.changes for x in one.into}
    assert known - {-1} == set(range(len(cells.after)))
    rows = list(change_rows(cells, kept=True))
    assert sorted(x["code_from"] for x in rows if x["code_from"]) == cells.before.codes.tolist()
    assert {x["code_to"] for x in rows} - {""} == set(cells.after.codes)
    alone = [x["code_to"] for x in rows if x["kind"] not in {"merged", "removed"} and x["code_to"]]
    assert len(alone) == len(set(alone))
    sums = np.bincount(cells.lineage.before, cells.lineage.share)
    assert sums == pytest.approx(np.ones(len(cells.before)), abs=1e-12)


def test_the_new_parts_of_a_split_grid_have_rows_of_their_own(
    compare: Callable[..., CityDiff],
) -> None:
    cells = compare({"A": A, "B": B}, {"A": LEFT, "X": RIGHT, "B": B}).layer("cell")
    columns = ("kind", "code_from", "code_to", "parent_to", "into", "origins")
    assert [tuple(x[name] for name in columns) for x in change_rows(cells, kept=True)] == [
        ("split", "A", "A", "T", ["A", "X"], []),
        ("kept", "B", "B", "T", [], []),
        ("split", "", "X", "T", [], ["A"]),
    ]
    assert [x["code_from"] for x in change_rows(cells)] == ["A"]


def test_a_change_says_how_much_is_kept_how_far_it_went_and_from_where(
    compare: Callable[..., CityDiff],
) -> None:
    diff = compare({"A": A, "B": B}, {"A": square(0, 0, 1.2), "B": square(1.2, 0, 0.8)})
    one, other = diff.layer("cell").changes
    assert one.share_kept == pytest.approx(1)
    assert other.share_kept == pytest.approx(0.8, abs=1e-4)
    width_m = PLANE.length_m([shapely.LineString([(104.5, 30.4), (104.5 + 0.2 * STEP, 30.4)])])
    assert one.hausdorff_m == pytest.approx(width_m[0], rel=1e-3)
    diff = compare({"A": A, "B": B, "C": C}, {"A": A, "X": square(1, 0, 2)})
    cells = diff.layer("cell")
    merged = cells.changes[2]
    assert (merged.kind, merged.origins) == (Kind.MERGED, (1, 2))
    diff = compare({"A": A}, {"X": LEFT, "Y": RIGHT}, names={"X": "左"})
    (split,) = diff.layer("cell").changes
    assert (split.into, split.share_kept) == ((0, 1), pytest.approx(0.5, abs=1e-4))
    diff = compare({"A": A}, {"A": A}, names={"A": "新名"})
    assert told(diff) == {"A": "renamed"}


def test_a_border_that_was_drawn_anew_by_centimetres_is_no_change(
    compare: Callable[..., CityDiff],
) -> None:
    shapes = coverage(5, 12)
    jitter = [shapely.transform(one, lambda xy: xy + np.sin(xy * 1e9) * 1e-7) for one in shapes]
    cells = {f"{at:02d}": one for at, one in enumerate(shapes)}
    diff = compare(cells, {code: jitter[at] for at, code in enumerate(cells)})
    assert set(told(diff).values()) == {"kept"}
    assert diff.is_empty
    assert len(diff.layer("cell").lineage) == len(cells), "slivers are not told"


def test_households_go_where_people_live_else_with_the_ground(
    compare: Callable[..., CityDiff],
) -> None:
    before, after = {"A": A, "B": B}, {"A": square(0, 0, 1.2), "B": square(1.2, 0, 0.8)}
    diff = compare(before, after, households={"B": 50})
    assert diff.layer("cell").households == pytest.approx((10, 60), rel=1e-3)
    # Three of four doors of B stand in the strip that goes to A.
    points = np.array([1, 1, 1, 1, 0, -1]), np.array([0, 0, 0, 1, 0, 0]), np.ones(6)
    diff = compare(before, after, households={"B": 50}, points=points)
    assert diff.layer("cell").households == pytest.approx((37.5, 60))
    assert diff.layer("town").households == (0, 60)


def test_a_grid_under_another_parent_is_told_but_not_if_its_parent_only_has_another_code(
    tmp_path: Path,
) -> None:
    def made(name: str, towns: Named, over: dict[str, str]) -> City:
        cells = {"A": A, "B": B, "C": C}
        return make_city(
            tmp_path / name,
            {
                "town": layer([(code, "", shape) for code, shape in towns.items()]),
                "cell": layer([(code, over[code], shape) for code, shape in cells.items()]),
            },
        )

    before = made("1", {"S": square(0, 0, 2), "T": C}, {"A": "S", "B": "S", "C": "T"})
    recoded = made("2", {"X": square(0, 0, 2), "T": C}, {"A": "X", "B": "X", "C": "T"})
    moved = made("3", {"S": A, "T": square(1, 0, 2)}, {"A": "S", "B": "T", "C": "T"})
    assert set(told(diff_cities(before, recoded)).values()) == {"kept"}
    assert told(diff_cities(before, moved)) == {"A": "kept", "B": "reparented", "C": "kept"}
    assert told(diff_cities(moved, before))["B"] == "reparented"


def test_two_cities_are_not_compared(board: City) -> None:
    other = City(board.folder, dataclasses.replace(board.manifest, id="other"))
    with pytest.raises(BadInputError, match="are two cities"):
        diff_cities(board, other)


def test_levels_that_one_edition_has_alone_are_named(board: City, tmp_path: Path) -> None:
    other = make_city(tmp_path / "x", {"town": board.frame("town"), "block": board.frame("cell")})
    diff = diff_cities(board, other)
    assert (diff.only_before, diff.only_after) == (("cell", "campus"), ("block",))
    assert not diff.is_empty


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_whatever_the_editions_the_shares_add_to_one_and_no_ground_is_lost(
    seed: int, other: int
) -> None:
    before, after = coverage(seed, 15), coverage(other, 18)
    ground = shared_ground(before, after, PLANE)
    lineage = lineage_of(ground, np.full(15, 7.0))
    assert np.bincount(lineage.before, lineage.share) == pytest.approx(np.ones(15), abs=1e-12)
    assert (lineage.share > 0).all()
    assert np.bincount(lineage.before, lineage.households) == pytest.approx(np.full(15, 7.0))
    assert lineage.area_m2.sum() == pytest.approx(ground.area_before_m2.sum(), rel=1e-6)
    for one, row, area in zip(lineage.before, lineage.after, lineage.area_m2, strict=True):
        # But for what is too small to be told, and counts to the largest piece.
        assert row >= 0
        piece = shapely.intersection(before[one], after[row])
        assert area == pytest.approx(PLANE.area_m2([piece])[0], abs=200)
    same = shared_ground(before, before, PLANE)
    assert (same.twin == np.arange(15)).all()
    assert len(lineage_of(same)) == 15


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 10_000))
def test_what_was_made_up_is_found_again(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    shapes = coverage(seed, 40)
    left = np.array([one.centroid.x < 104.52 for one in shapes])
    cells = layer([(f"{'AB'[int(not west)]}-{at:02d}", "AB"[int(not west)], one)
                   for at, (one, west) in enumerate(zip(shapes, left, strict=True))])  # fmt: skip
    towns = layer([("A", "", shapely.union_all(shapes[left])),
                   ("B", "", shapely.union_all(shapes[~left]))])  # fmt: skip
    city = make_city(tmp_path_factory.mktemp("city") / "a", {"town": towns, "cell": cells})
    numbers = {"split": 3, "merged": 3, "redrawn": 2, "renamed": 2, "recoded": 2}
    made = next_edition(city, "2027", date(2027, 1, 1), numbers, seed)
    place = city.folder / "generations" / "2027"
    made.write(place)
    diff = diff_cities(city, City.at(place))
    found = told(diff)
    wanted = {code: edit.kind for edit in made.edits for code in edit.before}
    assert {code: kind for code, kind in found.items() if kind != "kept"} == wanted
    assert not diff.layer("town").changed
    cells_diff = diff.layer("cell")
    for edit in made.edits:
        rows = [cells_diff.before.row_of[code] for code in edit.before]
        change = cells_diff.changes[rows[0]]
        after = {str(cells_diff.after.codes[row]) for row in change.into or (change.after,)}
        assert after == set(edit.after[:1] if edit.kind == "redrawn" else edit.after)
        if edit.kind == "merged":
            assert change.origins == tuple(sorted(rows))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.data())
def test_households_of_a_coarser_level_are_those_of_its_grids(
    seed: int, data: st.DataObject
) -> None:
    """Whatever parents the editions name, on whose ground or not."""
    before, after = coverage(seed, 9), coverage(seed + 1, 10)
    above_before, above_after = (
        np.array(data.draw(st.lists(st.integers(-1, 3), min_size=count, max_size=count)))
        for count in (9, 10)
    )
    lives_in = np.arange(9.0)
    fine = lineage_of(shared_ground(before, after, PLANE), lives_in)
    coarse = lineage_of(shared_ground(coverage(seed, 4), coverage(seed + 1, 4), PLANE))
    found = coarser(coarse, fine, above_before, above_after)
    named = above_before >= 0
    lives = np.bincount(above_before[named], lives_in[named], 4)
    assert np.bincount(found.before, found.households, 4) == pytest.approx(lives)
    assert np.bincount(found.before, found.share, 4) == pytest.approx(np.ones(4))
    assert found.area_m2.sum() == pytest.approx(coarse.area_m2.sum())
    keys = list(zip(found.before, -found.area_m2, found.after, strict=True))
    assert keys == sorted(keys)
    assert len({(one, row) for one, _, row in keys}) == len(keys)
