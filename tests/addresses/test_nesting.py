"""Groups that lie in one grid each, and points astray of theirs, by trying all."""

import numpy as np
import pytest

from app.addresses.entry import Kind
from app.addresses.match import Query, Status
from app.addresses.nesting import Nesting
from tests.addresses.case_folders import board, matcher_of
from tests.cities import ORIGIN, STEP


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return board(tmp_path_factory.mktemp("board"))


def door(column, row, **words):
    return {"lon": ORIGIN[0] + column * STEP, "lat": ORIGIN[1] + row * STEP} | words


def village(rng, column, row, doors, strays):
    """Return the doors of a village in one square, the last of them in the next square."""
    return [
        door(
            column + rng.uniform(0.1, 0.9) + (1 if number > doors - strays else 0),
            row + rng.uniform(0.1, 0.9),
            town="甲镇", community=f"{'甲乙丙丁戊己庚辛壬癸'[column]}{'东南西北'[row]}村",
            group="1组", number=str(number),
        )
        for number in range(1, doors + 1)
    ]  # fmt: skip


def county(rng, strays):
    return [
        one for column in range(9) for row in range(4)
        for one in village(rng, column, row, 16, strays if (column + row) % 6 == 0 else 0)
    ]  # fmt: skip


def test_points_astray_of_their_group_are_those_that_trying_all_finds(city, tmp_path):
    rows = county(np.random.default_rng(1), 1)
    gazetteer = matcher_of(city, tmp_path / "city", rows).gazetteer
    nesting = Nesting(gazetteer)
    doors = gazetteer.doors
    for at in range(len(doors)):
        own = [
            doors.grid[other]
            for other in range(len(doors))
            if doors.group[other] == doors.group[at]
        ]
        chief = max(set(own), key=own.count)
        assert nesting.homes[at] == (chief if doors.grid[at] != chief else -1)
    assert sum(one >= 0 for one in nesting.homes) == 5
    sides = gazetteer.sides
    for street in range(len(gazetteer.streets)):
        for place in (*sides.of(street, 0), *sides.of(street, 1)):
            own = doors.at(street, sides.number[place])
            astray = any(nesting.homes[door] >= 0 for door in own)
            assert nesting.wrong[place] == (astray or sides.outlier[place])


def test_a_group_with_one_point_astray_still_lies_in_its_grid(city, tmp_path):
    matcher = matcher_of(city, tmp_path / "city", county(np.random.default_rng(2), 1))
    match = matcher.assign(Query("甲镇甲东村1组"))
    assert (match.status, match.grid, str(match.level)) == (Status.ASSIGNED, "g00", "group")
    # Its own number lies astray: the group decides, the point does not.
    match = matcher.assign(Query("甲镇甲东村1组16号"))
    assert (match.status, match.grid, str(match.level)) == (Status.ASSIGNED, "g00", "group")
    assert "DOOR.off" in {fault.code for fault in match.faults}


def test_where_groups_lie_in_several_grids_no_point_is_astray(city, tmp_path):
    matcher = matcher_of(city, tmp_path / "city", county(np.random.default_rng(3), 6))
    nesting = Nesting(matcher.gazetteer)
    assert nesting.homes is None
    assert nesting.sole({1: 15, 2: 1}, Kind.GROUP) == -1
    assert matcher.assign(Query("甲镇甲东村1组")).status is Status.CANDIDATES
    assert matcher.assign(Query("甲镇甲东村1组16号")).grid == "g10"


@pytest.mark.parametrize(
    ("grids", "kind", "wanted"),
    [
        ({4: 0}, Kind.COMMUNITY, 4), ({4: 12}, Kind.COMMUNITY, 4), ({4: 11}, Kind.COMMUNITY, -1),
        ({4: 3}, Kind.GROUP, 4), ({4: 2}, Kind.GROUP, -1), ({4: 15, 5: 1}, Kind.GROUP, 4),
        ({4: 6, 5: 1}, Kind.GROUP, -1), ({4: 500, 5: 1}, Kind.TOWN, -1), ({}, Kind.GROUP, -1),
    ],
)  # fmt: skip
def test_a_place_is_in_one_grid_as_far_as_enough_points_tell(city, tmp_path, grids, kind, wanted):
    matcher = matcher_of(city, tmp_path / "city", county(np.random.default_rng(1), 1))
    assert Nesting(matcher.gazetteer).sole(grids, kind) == wanted
