"""What may be the same is offered by the rule, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.accounts import Actor, Role
from app.errors import BadInputError
from app.geo.measure import metres_per_degree
from app.incidents.desk import Desk
from app.incidents.duplicates import MAX_OFFERED, Duplicate, find_duplicates, same_kinds
from app.incidents.incident import Draft
from app.incidents.ledger import Ledger
from app.incidents.lifecycle import Move
from app.incidents.live import Live
from app.incidents.policy import Policy
from app.store import Database
from tests.incidents.conftest import Clock

LON, LAT = 104.505, 30.405


@pytest.fixture
def ask(database: Database, ledger: Ledger, policy: Policy, dispatcher: Actor, clock: Clock):
    live = Live(database)

    def find(
        hazard: str = "gas.leak",
        at: datetime | None = None,
        actor: Actor = dispatcher,
        but: str = "",
    ) -> tuple[Duplicate, ...]:
        return find_duplicates(live, ledger, policy, actor, hazard, LON, LAT, at or clock.now, but)

    return find


def east(metres: float) -> float:
    return LON + metres / float(metres_per_degree(LAT)[0])


def numbers(found: tuple[Duplicate, ...]) -> list[str]:
    return [one.incident.number for one in found]


@pytest.mark.parametrize(
    ("hazard", "same"),
    [
        ("gas.leak", {"gas", "gas.leak"}),
        ("gas", {"gas", "gas.leak", "gas.appliance"}),
        ("other", {"other"}),
    ],
)
def test_the_line_of_a_hazard_counts_as_the_same(
    policy: Policy, hazard: str, same: set[str]
) -> None:
    assert set(same_kinds(policy, hazard)) == same


def test_within_the_distance_and_nearest_first(
    desk: Desk, dispatcher: Actor, draft: Draft, ask
) -> None:
    made = {
        metres: desk.report(dispatcher, replace(draft, lon=east(metres)))[0].number
        for metres in (29.9, 0.0, 12.0, 30.1, 500.0)
    }
    found = ask()
    assert numbers(found) == [made[0.0], made[12.0], made[29.9]]
    assert [one.distance_m for one in found] == pytest.approx([0, 12, 29.9], abs=1e-3)
    assert numbers(ask(but=made[0.0])) == [made[12.0], made[29.9]]


def test_within_the_time_on_either_side(desk: Desk, dispatcher: Actor, draft: Draft, ask) -> None:
    found, _ = desk.report(dispatcher, draft)
    edge = timedelta(hours=72)
    for away in timedelta(0), edge, -edge:
        (one,) = ask(at=found.occurred_at + away)
        assert one.hours == abs(away) / timedelta(hours=1)
    for away in edge + timedelta(seconds=1), -edge - timedelta(seconds=1):
        assert ask(at=found.occurred_at + away) == ()


def test_the_same_hazard_open_and_in_sight(
    desk: Desk, dispatcher: Actor, draft: Draft, ask
) -> None:
    leak, _ = desk.report(dispatcher, draft)
    gas, _ = desk.report(dispatcher, replace(draft, hazard="gas"))
    hose, _ = desk.report(dispatcher, replace(draft, hazard="gas.appliance"))
    desk.report(dispatcher, replace(draft, hazard="fire"))
    desk.report(dispatcher, replace(draft, lon=None, lat=None))
    assert numbers(ask()) == [leak.number, gas.number]
    assert numbers(ask("gas")) == [leak.number, gas.number, hose.number]
    assert ask(actor=Actor.of(3, "B", Role.DISPATCHER, "B")) == ()
    desk.move(dispatcher, leak.number, Move.SETTLE, 1, "关阀")
    assert numbers(ask()) == [gas.number]
    desk.move(dispatcher, leak.number, Move.REOPEN, 2, "又漏")
    assert numbers(ask()) == [leak.number, gas.number]


def test_no_more_than_anybody_reads(desk: Desk, dispatcher: Actor, draft: Draft, ask) -> None:
    for _ in range(MAX_OFFERED + 3):
        desk.report(dispatcher, draft)
    assert len(ask()) == MAX_OFFERED


def test_a_hazard_that_is_none_is_refused(ask) -> None:
    with pytest.raises(BadInputError, match="flood"):
        ask("flood")
