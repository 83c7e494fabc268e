"""The incidents that count: which, where, and up to date with the feed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.accounts import Actor, Role
from app.analysis import archive as archives
from app.analysis.archive import Archive
from app.analysis.ground import Ground
from app.analysis.selection import IncidentSet, join, kinds_of, read_table
from app.errors import BadInputError, CityError
from app.incidents.desk import Desk
from app.incidents.incident import Changes, Draft, Incident
from app.incidents.lifecycle import Move
from app.incidents.policy import Policy
from app.locate import Locator
from app.store import Database
from tests.analysis.sets import YEAR, incidents_at

BOSS = Actor.of(1, "市级", Role.ADMIN)
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
IN_A1 = {"lon": 104.505, "lat": 30.405}
IN_B4 = {"lon": 104.535, "lat": 30.415}


@pytest.fixture(scope="module")
def policy() -> Policy:
    return Policy.read()


@pytest.fixture
def desk(database: Database, locator: Locator, policy: Policy) -> Desk:
    return Desk(database, locator, policy, lambda: NOW)


@pytest.fixture
def archive(database: Database, locator: Locator, ground: Ground) -> Archive:
    return Archive(database, locator, ground)


def report(desk: Desk, **more: object) -> Incident:
    draft = {"hazard": "gas.leak", "title": "气味", "severity": 3} | IN_A1 | more
    return desk.report(BOSS, Draft(**draft))[0]  # type: ignore[arg-type]


def same(one: IncidentSet, other: IncidentSet) -> bool:
    names = [tuple(each.hazards[at] for at in each.hazard) for each in (one, other)]
    return (
        one.ident.tolist() == other.ident.tolist()
        and names[0] == names[1]
        and one.row.tolist() == other.row.tolist()
        and one.at.tolist() == other.at.tolist()
        and np.array_equal(one.lon, other.lon, equal_nan=True)
        and one.severity.tolist() == other.severity.tolist()
    )


def test_columns_are_those_of_the_incidents(desk: Desk, archive: Archive, ground: Ground) -> None:
    at = NOW - timedelta(days=3)
    report(desk, occurred_at=at)
    report(desk, hazard="fire", severity=1, **IN_B4)
    found = archive.current()
    assert found.ident.tolist() == [1, 2]
    assert [found.hazards[one] for one in found.hazard] == ["gas.leak", "fire"]
    assert found.severity.tolist() == [3, 1]
    assert found.at.tolist()[0] == at.replace(tzinfo=None)
    cells = ground.layer("cell").codes
    assert [cells[one] for one in found.rows(ground, "cell")] == ["A1", "B4"]
    assert found.rows(ground, "town").tolist() == [0, 1]


def test_rejected_and_merged_ones_do_not_count(desk: Desk, archive: Archive) -> None:
    kept, doubled, untrue = report(desk), report(desk), report(desk)
    assert len(archive.current()) == 3
    desk.merge(BOSS, doubled.number, doubled.version, kept.number)
    desk.move(BOSS, untrue.number, Move.REJECT, untrue.version, note="不属实")
    assert archive.current().ident.tolist() == [kept.id]


def test_it_follows_what_happens(
    desk: Desk, archive: Archive, database: Database, locator: Locator, ground: Ground
) -> None:
    """After every change it is what is read anew, and nothing is read twice for nothing."""
    first = report(desk)
    before = archive.current()
    assert archive.current() is before
    report(desk, hazard="drowning", **IN_B4)
    desk.edit(BOSS, first.number, first.version, Changes(hazard="fire", severity=4))
    found = archive.current()
    assert found.seq > before.seq
    assert same(found, Archive(database, locator, ground).current())
    assert set(found.hazards) >= {"fire", "drowning"}


def test_far_behind_it_is_read_anew(
    desk: Desk, archive: Archive, monkeypatch: pytest.MonkeyPatch,
    database: Database, locator: Locator, ground: Ground,
) -> None:  # fmt: skip
    report(desk)
    archive.current()
    monkeypatch.setattr(archives, "MAX_BEHIND", 1)
    for _ in range(3):
        report(desk)
    assert same(archive.current(), Archive(database, locator, ground).current())
    assert len(archive.current()) == 4


def test_without_a_point_the_named_grid_counts(
    desk: Desk, archive: Archive, ground: Ground
) -> None:
    report(desk, lon=None, lat=None, grid="B")
    report(desk, lon=None, lat=None, grid="A3")
    report(desk, lon=None, lat=None)
    found = archive.current()
    assert np.isnan(found.lon).all()
    assert found.rows(ground, "town").tolist() == [1, 0, -1]
    assert found.rows(ground, "cell").tolist() == [-1, 2, -1]


def test_an_empty_database_has_none(archive: Archive, ground: Ground) -> None:
    found = archive.current()
    assert len(found) == 0
    assert len(found.select(ground, period=YEAR, hazards=("gas",), area=ground.area("A"))) == 0


def test_selections_limit_by_all_that_is_asked(locator: Locator, ground: Ground) -> None:
    every = incidents_at(
        locator, ground, [[0.5, 0.5], [0.5, 1.5], [2.5, 0.5], [9, 9]],
        hazard=["gas.leak", "fire", "gas", "gas"], days=[0, 10, 364.9, 3],
    )  # fmt: skip

    def idents(**limits: object) -> list[int]:
        return every.select(ground, **limits).ident.tolist()  # type: ignore[arg-type]

    assert idents() == [1, 2, 3, 4]
    assert idents(period=YEAR) == [1, 2, 3, 4]
    assert idents(hazards=("gas", "gas.leak", "gas.appliance")) == [1, 3, 4]
    assert idents(hazards=("drowning",)) == []
    assert idents(area=ground.area("A")) == [1, 2]
    assert idents(area=ground.area("B1")) == [3]
    assert idents(area=ground.area("A"), hazards=("fire",)) == [2]


def test_a_hazard_stands_for_its_kinds(policy: Policy) -> None:
    assert kinds_of(policy, "gas") == ("gas", "gas.leak", "gas.appliance")
    assert kinds_of(policy, "") == ()
    with pytest.raises(BadInputError, match="plague"):
        kinds_of(policy, "plague")


def test_sets_are_joined_in_order(locator: Locator, ground: Ground) -> None:
    hazard = ["gas", "fire", "drowning", "fire"]
    every = incidents_at(locator, ground, [[0.5, 0.5]] * 4, hazard=hazard)
    odd, even = every.take(every.ident % 2 == 1), every.take(every.ident % 2 == 0)
    assert same(join(odd, even), every)
    assert same(join(every.take([]), every), every)


def test_the_table_of_the_demo_city(jianyang_folder: Path) -> None:
    """Its incidents all lie in a grid, and those that do not count are left out."""
    locator = Locator.open(jianyang_folder)
    ground = Ground(locator.city)
    found = read_table(locator, ground)
    frame = pd.read_parquet(jianyang_folder / "incidents.parquet")
    assert len(found) == (~frame["outcome"].isin(["rejected", "merged"])).sum()
    assert (found.row >= 0).all()
    assert (np.diff(found.row[0][np.argsort(found.row[-1])]) >= 0).all()


def test_a_city_without_such_a_table_says_so(locator: Locator, ground: Ground) -> None:
    with pytest.raises(CityError, match="incidents"):
        read_table(locator, ground)
