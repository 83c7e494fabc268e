"""Who sees an incident and what they may do: where it lies, and where somebody has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.accounts import Actor, Permission, Role
from app.errors import ForbiddenError, NotFoundError
from app.grids import City
from app.incidents.assign import CITY, grids_up
from app.incidents.backfill import Known, Past, Step, backfill
from app.incidents.desk import Desk
from app.incidents.feed import Feed, seen
from app.incidents.incident import Assignee, Changes, Draft, Incident, Query
from app.incidents.ledger import Ledger
from app.incidents.lifecycle import Move, Status
from app.incidents.policy import Policy
from app.incidents.reach import is_seen, rights
from app.locate import Locator
from app.store import Database

HERE, THERE = Assignee("cell", "A1"), Assignee("cell", "B1")
AREAS = ("A", "A1", "A2", "B", "B1", "B2", "K")


def of(area: str, role: Role = Role.TOWN_ADMIN) -> Actor:
    return Actor.of(9, f"账号 {area}", role, area)


@pytest.fixture
def lent(desk: Desk, dispatcher: Actor, draft: Draft) -> Incident:
    """Return an incident in A1 that B1 has."""
    found, _ = desk.report(dispatcher, draft)
    desk.move(dispatcher, found.number, Move.FILE, 1)
    return desk.move(dispatcher, found.number, Move.DISPATCH, 2, assignee=THERE)


def areas_that_see(ledger: Ledger, number: str) -> set[str]:
    """Return the areas that see an incident; every way of asking must say the same."""
    found = set()
    for area in AREAS:
        actor = of(area)
        try:
            one = ledger.get(actor, number)
        except NotFoundError:
            assert number not in ledger.numbered(actor, [number])
            assert ledger.find(actor, Query()).total == 0
        else:
            assert is_seen(actor, one)
            assert ledger.find(actor, Query()).incidents == (one,)
            assert ledger.numbered(actor, [number]) == {number: one}
            assert ledger.history(actor, number)
            found.add(area)
    return found


def test_who_has_it_sees_it_up_the_chain_and_only_while_it_is_theirs(
    desk: Desk, ledger: Ledger, feed: Feed, dispatcher: Actor, lent: Incident
) -> None:
    number = lent.number
    assert lent.assignee_codes == {"B", "B1"}
    assert areas_that_see(ledger, number) == {"A", "A1", "B", "B1"}
    assert [one.version for one in feed.seen_by(of("B"), 0)] == [3]
    assert feed.seen_by(of("B2"), 0) == ()

    moved = desk.move(dispatcher, number, Move.REASSIGN, 3, "不在", Assignee("cell", "B2"))
    assert moved.assignee_codes == {"B", "B2"}
    assert areas_that_see(ledger, number) == {"A", "A1", "B", "B2"}
    # Who loses it is told so, and then no more.
    assert [one.version for one in feed.seen_by(of("B1"), 0)] == [3, 4]

    moved = desk.move(of("B"), number, Move.ESCALATE, 4, "无力处置")
    assert moved.assignee == CITY
    assert areas_that_see(ledger, number) == {"A", "A1"}
    assert [one.version for one in feed.seen_by(of("B"), 0)] == [3, 4, 5]
    assert seen(feed.after(0), of("B")) == list(feed.seen_by(of("B"), 0))


def test_a_dedicated_grid_is_seen_from_its_town(
    desk: Desk, ledger: Ledger, dispatcher: Actor, draft: Draft
) -> None:
    found, _ = desk.report(dispatcher, replace(draft, lon=104.525))
    desk.move(dispatcher, found.number, Move.FILE, 1)
    desk.move(dispatcher, found.number, Move.DISPATCH, 2, assignee=Assignee("campus", "K"))
    assert areas_that_see(ledger, found.number) == {"B", "B1", "A", "K"}


def test_opened_again_it_is_nobody_s(
    desk: Desk, ledger: Ledger, dispatcher: Actor, lent: Incident
) -> None:
    back = desk.move(of("B"), lent.number, Move.REPORT_BACK, 3, "好了")
    done = desk.move(dispatcher, back.number, Move.VERIFY, 4)
    done = desk.move(dispatcher, back.number, Move.CLOSE, 5)
    assert "B" in areas_that_see(ledger, done.number)
    again = desk.move(dispatcher, done.number, Move.REOPEN, 6, "又漏了")
    assert again.assignee_codes == frozenset()
    assert areas_that_see(ledger, again.number) == {"A", "A1"}


def test_moving_the_place_takes_it_from_nobody_who_has_it(
    desk: Desk, ledger: Ledger, dispatcher: Actor, lent: Incident
) -> None:
    there = Changes(lon=104.517, lat=30.405, datum="wgs84")
    assert desk.edit(dispatcher, lent.number, 3, there).grid == "A2"
    assert areas_that_see(ledger, lent.number) == {"A", "A2", "B", "B1"}


def test_a_list_of_a_grid_holds_what_lies_there_only(
    ledger: Ledger, dispatcher: Actor, lent: Incident
) -> None:
    totals = {code: ledger.find(dispatcher, Query(code=code)).total for code in AREAS}
    assert totals == {"A": 1, "A1": 1, "A2": 0, "B": 0, "B1": 0, "B2": 0, "K": 0}
    assert ledger.find(of("B"), Query(code="A")).incidents == (lent,)
    assert ledger.find(of("B"), Query(code="B")).total == 0


def test_who_has_it_handles_it(desk: Desk, lent: Incident) -> None:
    worker = of("B1", Role.GRID_WORKER)
    desk.comment(worker, lent.number, "在路上")
    found = desk.move(worker, lent.number, Move.ACCEPT, 4)
    found = desk.move(worker, lent.number, Move.ESCALATE, found.version, "要大车")
    assert found.status is Status.DISPATCHED


@pytest.mark.parametrize(
    "decide",
    [
        lambda desk, actor, one: desk.move(actor, one.number, Move.REASSIGN, 3, "x", HERE),
        lambda desk, actor, one: desk.edit(actor, one.number, 3, Changes(title="x")),
        lambda desk, actor, one: desk.merge(actor, one.number, 3, one.number),
    ],
)
def test_who_has_it_decides_nothing_of_it(
    desk: Desk, lent: Incident, decide: Callable[[Desk, Actor, Incident], object]
) -> None:
    assert rights(of("B"), lent) == of("B").permissions - {Permission.DISPATCH, Permission.VERIFY}
    assert rights(of("A"), lent) == of("A").permissions
    with pytest.raises(ForbiddenError, match="lies outside of B, which is asked to handle it"):
        decide(desk, of("B"), lent)


def test_who_handled_it_elsewhere_does_not_verify_it(desk: Desk, lent: Incident) -> None:
    desk.move(of("B"), lent.number, Move.REPORT_BACK, 3, "好了")
    with pytest.raises(ForbiddenError, match="may not verify"):
        desk.move(of("B"), lent.number, Move.VERIFY, 4)
    assert desk.move(of("A"), lent.number, Move.VERIFY, 4).status is Status.VERIFIED


def test_what_lies_nowhere_is_at_home_with_who_has_it(
    desk: Desk, dispatcher: Actor, draft: Draft
) -> None:
    found, _ = desk.report(dispatcher, replace(draft, lon=None, lat=None, address="东门外"))
    desk.move(dispatcher, found.number, Move.FILE, 1)
    desk.move(dispatcher, found.number, Move.DISPATCH, 2, assignee=THERE)
    found = desk.edit(of("B"), found.number, 3, Changes(lon=104.525, lat=30.405, datum="wgs84"))
    assert found.grid == "B1"
    place = Changes(lon=104.505, lat=30.405, datum="wgs84")
    with pytest.raises(ForbiddenError, match="outside of B"):
        desk.edit(of("B"), found.number, 4, place)


def test_an_area_reports_without_a_point_into_itself(
    desk: Desk, ledger: Ledger, feed: Feed, dispatcher: Actor, draft: Draft
) -> None:
    words = replace(draft, lon=None, lat=None, address="东门外")
    made, _ = desk.report(of("B1"), words)
    assert (made.location_status, made.lon) == ("unlocated", None)
    assert made.codes == {"B", "B1"}
    assert areas_that_see(ledger, made.number) == {"B", "B1"}
    assert ledger.find(dispatcher, Query(code="B")).incidents == (made,)
    assert [one.seq for one in feed.seen_by(of("B"), 0)] == [1]
    # Found to lie elsewhere, it is the other's.
    place = Changes(lon=104.505, lat=30.405, datum="wgs84")
    with pytest.raises(ForbiddenError, match="the place lies outside of B1"):
        desk.edit(of("B1"), made.number, 1, place)
    assert desk.edit(dispatcher, made.number, 1, place).codes == {"A", "A1"}
    assert areas_that_see(ledger, made.number) == {"A", "A1"}


def test_the_whole_city_s_report_without_a_point_lies_nowhere(
    desk: Desk, dispatcher: Actor, draft: Draft
) -> None:
    assert desk.report(dispatcher, replace(draft, lon=None, lat=None))[0].codes == frozenset()


def test_an_external_id_counts_in_the_whole_city(
    desk: Desk, feed: Feed, dispatcher: Actor, draft: Draft
) -> None:
    draft = replace(draft, external_source="12345", external_id="X-1")
    desk.report(dispatcher, draft)
    there = replace(draft, lon=104.525)
    with pytest.raises(ForbiddenError, match="already that of an incident outside of B") as caught:
        desk.report(of("B"), there)
    assert "全市唯一" in caught.value.hint_zh
    assert feed.head() == 1


def test_the_chain_of_an_assignee(board: City) -> None:
    assert grids_up(board, THERE) == {"B", "B1"}
    assert grids_up(board, Assignee("campus", "K", "专员")) == {"A", "K"}
    assert grids_up(board, CITY) == grids_up(board, None) == frozenset()
    assert grids_up(board, Assignee("cell", "Z9")) == {"Z9"}


@pytest.mark.parametrize("moves", [(Move.ACCEPT,), (Move.ESCALATE, Move.ACCEPT)])
def test_a_past_is_seen_by_those_who_had_it(
    database: Database,
    locator: Locator,
    policy: Policy,
    ledger: Ledger,
    feed: Feed,
    draft: Draft,
    moves: tuple[Move, ...],
) -> None:
    start = datetime(2025, 3, 4, 1, 0, tzinfo=UTC)
    steps = tuple(
        Step(start + timedelta(hours=hour), move, "调度员 1", "因为")
        for hour, move in enumerate((Move.FILE, Move.DISPATCH, *moves))
    )
    draft = replace(draft, external_source="old", external_id="1", occurred_at=start)
    past = Past(draft, start, "调度员 1", steps, known=Known(assignee=THERE))
    assert backfill(database, locator, policy, [past]) == 1
    assert areas_that_see(ledger, "JY-20250304-0001") == {"A", "A1", "B", "B1"}
    told = [sorted(one.codes) for one in feed.after(0)]
    dispatched = ["A", "A1", "B", "B1"]
    assert told[:3] == [["A", "A1"], ["A", "A1"], dispatched]
    assert told[3] == dispatched
    assert seen(feed.after(0), of("B")) == list(feed.seen_by(of("B"), 0))
