"""Reporting, moving, changing, merging: on both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import pairwise

import pytest
import sqlalchemy as sa

from app.accounts import Actor, Permission, Role
from app.errors import BadInputError, ConflictError, ForbiddenError, NotFoundError, WeigeError
from app.incidents.desk import Desk
from app.incidents.feed import Feed
from app.incidents.incident import Assignee, Changes, Draft, Kind
from app.incidents.ledger import Ledger
from app.incidents.lifecycle import TRANSITIONS, Move, Status, allowed
from app.incidents.tables import event, incident
from app.locate import Locator
from app.store import Database
from tests.incidents.conftest import Clock


def test_a_report_is_numbered_located_and_told(
    desk: Desk, ledger: Ledger, feed: Feed, dispatcher: Actor, draft: Draft, clock: Clock
) -> None:
    made, new = desk.report(dispatcher, draft)
    assert new
    assert made.number == "JY-20261122-0001"
    assert made.status is Status.REPORTED
    assert made.grid == "A1"
    assert made.location["codes"] == {"town": "A", "cell": "A1"}
    assert (made.due_at - clock.now).total_seconds() == 0.25 * 3600
    assert ledger.get(dispatcher, made.number) == made
    (told,) = feed.after(0)
    assert (told.seq, told.kind, told.number) == (1, Kind.REPORTED, made.number)
    assert told.codes == {"A", "A1"}


def test_the_day_of_the_number_is_the_city_s(
    desk: Desk, dispatcher: Actor, draft: Draft, clock: Clock
) -> None:
    clock.advance(hours=13)  # past midnight in Shanghai, still the 22nd in UTC
    assert desk.report(dispatcher, draft)[0].number == "JY-20261123-0001"


def test_the_datum_is_honoured(
    desk: Desk, dispatcher: Actor, draft: Draft, locator: Locator
) -> None:
    made, _ = desk.report(dispatcher, replace(draft, datum="gcj02"))
    assert (made.lon_given, made.lat_given) == (draft.lon, draft.lat)
    assert made.lon != draft.lon
    assert made.location["codes"] == locator.locate(made.lon, made.lat).codes


def test_without_a_point_it_is_unlocated(desk: Desk, dispatcher: Actor, draft: Draft) -> None:
    made, _ = desk.report(dispatcher, replace(draft, lon=None, lat=None, address="某处"))
    assert (made.location_status, made.grid) == ("unlocated", None)


def test_the_same_external_id_comes_once(
    desk: Desk, feed: Feed, dispatcher: Actor, draft: Draft
) -> None:
    draft = replace(draft, external_source="12345", external_id="X-1")
    first, new = desk.report(dispatcher, draft)
    again, new_again = desk.report(dispatcher, draft)
    assert (new, new_again) == (True, False)
    assert again == first
    assert feed.head() == 1


@pytest.mark.parametrize("blank", ["", "  ", "\t\n", "\u200b", "\u3000\ufeff"])
def test_a_blank_external_id_swallows_no_report(
    desk: Desk, feed: Feed, dispatcher: Actor, draft: Draft, blank: str
) -> None:
    draft = replace(draft, external_source=blank, external_id=blank)
    first, new = desk.report(dispatcher, draft)
    second, new_again = desk.report(dispatcher, replace(draft, title="井盖破损"))
    assert (new, new_again) == (True, True)
    assert (second.title, second.external_source, second.external_id) == ("井盖破损", None, None)
    assert first.number != second.number
    for half in ({"external_id": "1"}, {"external_source": "12345"}):
        with pytest.raises(BadInputError, match="missing or blank"):
            desk.report(dispatcher, replace(draft, **half))
    assert feed.head() == 2


def test_spaces_around_an_external_id_are_no_part_of_it(
    desk: Desk, dispatcher: Actor, draft: Draft
) -> None:
    first, _ = desk.report(dispatcher, replace(draft, external_source="12345", external_id="X-1"))
    padded = replace(draft, external_source=" 12345", external_id="X-1\n")
    assert desk.report(dispatcher, padded) == (first, False)
    assert (first.external_source, first.external_id) == ("12345", "X-1")


def test_a_whole_life(desk: Desk, ledger: Ledger, dispatcher: Actor, draft: Draft) -> None:
    found, _ = desk.report(dispatcher, draft)
    for move, note in [
        (Move.FILE, ""),
        (Move.DISPATCH, ""),
        (Move.ACCEPT, ""),
        (Move.REPORT_BACK, "已更换软管"),
        (Move.FAIL, "仍有气味"),
        (Move.ACCEPT, ""),
        (Move.REPORT_BACK, "已关阀"),
        (Move.VERIFY, ""),
        (Move.CLOSE, ""),
    ]:
        found = desk.move(dispatcher, found.number, move, found.version, note)
    assert found.status is Status.CLOSED
    assert found.closed_at is not None
    assert found.due_at is None
    history = ledger.history(dispatcher, found.number)
    assert [one.version for one in history] == list(range(1, 11))
    assert [one.status_to for one in history][-1] is Status.CLOSED
    assert all(a.status_to == b.status_from for a, b in pairwise(history))


@pytest.mark.parametrize("move", [one for one in Move if one is not Move.MERGE])
@pytest.mark.parametrize("status", list(Status))
def test_the_table_of_moves_is_the_law(
    desk: Desk, dispatcher: Actor, draft: Draft, database: Database, status: Status, move: Move
) -> None:

    found, _ = desk.report(dispatcher, draft)
    values = {"status": str(status), "assignee_level": "cell", "assignee_code": "A1"}
    database.write(lambda connection: connection.execute(sa.update(incident).values(values)))
    step = TRANSITIONS[move]
    if move in allowed(status):
        after = desk.move(dispatcher, found.number, move, 1, "因为")
        assert after.status is (step.target or status)
    else:
        with pytest.raises(ConflictError) as caught:
            desk.move(dispatcher, found.number, move, 1, "因为")
        for one in allowed(status):
            assert repr(str(one)) in caught.value.message


def test_a_reason_is_wanted_where_the_table_says_so(
    desk: Desk, dispatcher: Actor, draft: Draft
) -> None:
    found, _ = desk.report(dispatcher, draft)
    with pytest.raises(BadInputError, match="needs a note"):
        desk.move(dispatcher, found.number, Move.REJECT, 1, "  ")


def test_the_slower_of_two_dispatchers_gets_a_conflict(
    desk: Desk, ledger: Ledger, dispatcher: Actor, draft: Draft
) -> None:
    found, _ = desk.report(dispatcher, draft)
    outcomes: list[str] = []
    barrier = threading.Barrier(8)

    def try_it(index: int) -> None:
        barrier.wait()
        try:
            desk.edit(dispatcher, found.number, 1, Changes(title=f"第 {index} 个"))
            outcomes.append("done")
        except ConflictError:
            outcomes.append("conflict")

    threads = [threading.Thread(target=try_it, args=(index,)) for index in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(outcomes) == ["conflict"] * 7 + ["done"]
    assert ledger.get(dispatcher, found.number).version == 2


def test_dispatching_names_who_has_it_and_escalating_goes_up(
    desk: Desk, dispatcher: Actor, draft: Draft
) -> None:
    found, _ = desk.report(dispatcher, draft)
    found = desk.move(dispatcher, found.number, Move.FILE, 1)
    found = desk.move(dispatcher, found.number, Move.DISPATCH, 2, assignee=Assignee("cell", "A1"))
    assert found.assignee == Assignee("cell", "A1")
    due_at = found.due_at
    found = desk.move(dispatcher, found.number, Move.ESCALATE, 3, "无力处置")
    assert found.assignee == Assignee("town", "A", "镇长")
    assert found.due_at == due_at
    found = desk.move(dispatcher, found.number, Move.ESCALATE, 4, "无力处置")
    assert found.assignee == Assignee("city", "")
    with pytest.raises(ConflictError, match="no level above"):
        desk.move(dispatcher, found.number, Move.ESCALATE, 5, "无力处置")


def test_an_assignee_that_does_not_exist_is_refused(
    desk: Desk, dispatcher: Actor, draft: Draft
) -> None:
    found, _ = desk.report(dispatcher, draft)
    desk.move(dispatcher, found.number, Move.FILE, 1)
    with pytest.raises(NotFoundError):
        desk.move(dispatcher, found.number, Move.DISPATCH, 2, assignee=Assignee("cell", "Q9"))


def test_merging_keeps_both_histories(
    desk: Desk, ledger: Ledger, feed: Feed, dispatcher: Actor, draft: Draft
) -> None:
    first, _ = desk.report(dispatcher, draft)
    second, _ = desk.report(dispatcher, draft)
    merged = desk.merge(dispatcher, second.number, 1, first.number, "同一处")
    assert (merged.status, merged.merged_into) == (Status.MERGED, first.number)
    kept = ledger.get(dispatcher, first.number)
    assert (kept.status, kept.version) == (Status.REPORTED, 2)
    assert ledger.merged(dispatcher, first.number) == (second.number,)
    assert [one.kind for one in ledger.history(dispatcher, first.number)] == [
        Kind.REPORTED,
        Kind.ABSORBED,
    ]
    assert len(ledger.history(dispatcher, second.number)) == 2
    assert [one.seq for one in feed.after(0)] == [1, 2, 3, 4]


def test_an_incident_is_not_merged_into_itself_or_into_one_that_is_over(
    desk: Desk, dispatcher: Actor, draft: Draft
) -> None:
    first, _ = desk.report(dispatcher, draft)
    second, _ = desk.report(dispatcher, draft)
    with pytest.raises(BadInputError, match="itself"):
        desk.merge(dispatcher, first.number, 1, first.number)
    desk.move(dispatcher, second.number, Move.REJECT, 1, "误报")
    with pytest.raises(ConflictError, match="only an open incident") as caught:
        desk.merge(dispatcher, first.number, 1, second.number)
    details = caught.value.details
    assert (details["version"], details["status"]) == (1, "reported")
    assert "merge" in details["allowed"]
    assert details["into"] == {
        "number": second.number, "version": 2, "status": "rejected", "allowed": ["reopen"]
    }  # fmt: skip


def test_opening_a_merged_one_again_is_told_by_the_other(
    desk: Desk, ledger: Ledger, feed: Feed, dispatcher: Actor, draft: Draft
) -> None:
    first, _ = desk.report(dispatcher, draft)
    second, _ = desk.report(dispatcher, draft)
    desk.merge(dispatcher, second.number, 1, first.number)
    desk.move(dispatcher, first.number, Move.REJECT, 2, "误报")
    again = desk.move(dispatcher, second.number, Move.REOPEN, 2, "不是同一处")
    assert (again.status, again.merged_into) == (Status.FILED, None)
    last = ledger.history(dispatcher, first.number)[-1]
    assert (last.kind, last.version, last.note) == (Kind.RELEASED, 4, "不是同一处")
    assert (last.data, last.status_to) == ({"released": second.number}, Status.REJECTED)
    assert ledger.get(dispatcher, first.number).version == 4
    assert [one.seq for one in feed.after(0)] == list(range(1, 8))
    # One that was merged into nothing tells nobody else.
    desk.move(dispatcher, first.number, Move.REOPEN, 4, "又来了")
    assert feed.head() == 8


def test_asked_again_the_same_gets_no_more_time(
    desk: Desk, dispatcher: Actor, draft: Draft, clock: Clock
) -> None:
    found, _ = desk.report(dispatcher, draft)
    desk.move(dispatcher, found.number, Move.FILE, 1)
    to = Assignee("cell", "A1", "网格长")
    found = desk.move(dispatcher, found.number, Move.DISPATCH, 2, assignee=to)
    clock.advance(hours=50)
    assert found.is_overdue(clock.now)
    again = desk.move(dispatcher, found.number, Move.REASSIGN, 3, "催办", to)
    assert (again.due_at, again.dispatched_at) == (found.due_at, found.dispatched_at)
    assert again.is_overdue(clock.now)
    other = desk.move(dispatcher, found.number, Move.REASSIGN, 4, "换人", Assignee("cell", "A2"))
    assert other.due_at > clock.now
    assert other.dispatched_at == clock.now


def test_an_edit_that_changes_nothing_is_refused(
    desk: Desk, feed: Feed, dispatcher: Actor, draft: Draft
) -> None:
    draft = replace(draft, reporter_name="张三", reporter_contact="1")
    found, _ = desk.report(dispatcher, draft)
    assert draft.lon is not None
    for same in (
        Changes(title=found.title, severity=3, hazard="gas.leak"),
        Changes(lon=draft.lon, lat=draft.lat, datum="wgs84"),
        Changes(reporter_name="张三", reporter_contact="1"),
    ):
        with pytest.raises(BadInputError, match="nothing would change"):
            desk.edit(dispatcher, found.number, 1, same)
    assert feed.head() == 1
    # Who may not read what is personal does not find it out by trying.
    blind = replace(dispatcher, permissions=dispatcher.permissions - {Permission.CONTACT})
    assert desk.edit(blind, found.number, 1, Changes(reporter_name="张三")).version == 2
    nearer = Changes(lon=draft.lon, lat=draft.lat, datum="wgs84", accuracy_m=5.0)
    assert desk.edit(dispatcher, found.number, 2, nearer).accuracy_m == 5.0
    both = Changes(title=found.title, severity=4)
    assert desk.edit(dispatcher, found.number, 3, both).version == 4
    assert feed.after(3)[0].data == {"changed": {"severity": [3, 4]}}


def test_what_is_over_is_edited_with_a_reason_only(
    desk: Desk, dispatcher: Actor, draft: Draft
) -> None:
    found, _ = desk.report(dispatcher, draft)
    desk.move(dispatcher, found.number, Move.REJECT, 1, "误报")
    with pytest.raises(BadInputError, match="is rejected: what is over is changed with a note"):
        desk.edit(dispatcher, found.number, 2, Changes(severity=1), " \u200b")
    edited = desk.edit(dispatcher, found.number, 2, Changes(severity=1), "登记有误")
    assert (edited.severity, edited.status, edited.due_at) == (1, Status.REJECTED, None)


def test_a_place_that_moves_away_from_who_has_it_is_told(
    desk: Desk, feed: Feed, dispatcher: Actor, draft: Draft
) -> None:
    found, _ = desk.report(dispatcher, draft)
    assert not found.assignee_elsewhere
    desk.move(dispatcher, found.number, Move.FILE, 1)
    desk.move(dispatcher, found.number, Move.DISPATCH, 2, assignee=Assignee("cell", "A1"))
    within = desk.edit(dispatcher, found.number, 3, Changes(lon=104.506, lat=30.405, datum="wgs84"))
    away = desk.edit(dispatcher, found.number, 4, Changes(lon=104.525, lat=30.405, datum="wgs84"))
    assert (within.assignee_elsewhere, away.assignee_elsewhere) == (False, True)
    assert away.assignee == Assignee("cell", "A1")
    assert ["assignee_elsewhere" in one.data for one in feed.after(3)] == [False, True]
    assert feed.after(4)[0].data["assignee_elsewhere"] is True
    sent_up = desk.move(dispatcher, found.number, Move.REASSIGN, 5, "x", Assignee("city", ""))
    assert not sent_up.assignee_elsewhere


def test_editing_the_place_locates_anew_and_both_areas_see_it(
    desk: Desk, feed: Feed, dispatcher: Actor, draft: Draft
) -> None:
    found, _ = desk.report(dispatcher, draft)
    changed = desk.edit(
        dispatcher, found.number, 1, Changes(lon=104.525, lat=30.405, datum="wgs84")
    )
    assert changed.grid == "B1"
    for area in "A", "B":
        of_area = Actor.of(9, "镇街", Role.TOWN_ADMIN, area)
        assert [one.kind for one in feed.seen_by(of_area, 0)][-1] is Kind.EDITED


def test_events_cannot_be_changed_or_removed(
    desk: Desk, database: Database, dispatcher: Actor, draft: Draft
) -> None:
    desk.report(dispatcher, draft)
    for statement in sa.update(event).values(note="x"), sa.delete(event):
        with pytest.raises((sa.exc.DBAPIError, WeigeError)):
            database.write(lambda connection, s=statement: connection.execute(s))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hazard": "flood"}, "hazard is 'flood', allowed are"),
        ({"severity": 5}, "severity is 5"),
        ({"title": " "}, "title is empty"),
        ({"title": "\u200b\u200d\u2060\ufeff"}, "title is empty"),
        ({"title": "\u3164\ufe0f"}, "title is empty"),
        ({"title": "长" * 201}, "201 characters"),
        ({"description": "a\x00b"}, "NUL"),
        ({"description": "\ud800"}, "surrogate"),
        ({"lon": None}, "one is missing"),
        ({"lon": 30.405, "lat": 104.505}, "swapped"),
        ({"datum": "mars"}, "mars"),
        ({"accuracy_m": -1.0}, "accuracy_m is -1"),
        ({"accuracy_m": float("nan")}, "accuracy_m is nan"),
        ({"external_id": "1"}, "belong together"),
    ],
)
def test_what_is_not_usable_is_refused_and_leaves_nothing(
    desk: Desk, feed: Feed, dispatcher: Actor, draft: Draft, change: dict[str, object], words: str
) -> None:
    with pytest.raises(BadInputError, match=words):
        desk.report(dispatcher, replace(draft, **change))
    assert feed.head() == 0


def test_an_area_sees_and_changes_its_own_only(
    desk: Desk, ledger: Ledger, feed: Feed, dispatcher: Actor, draft: Draft
) -> None:
    found, _ = desk.report(dispatcher, draft)
    other = Actor.of(3, "B 镇", Role.TOWN_ADMIN, "B")
    for ask in (
        lambda: ledger.get(other, found.number),
        lambda: ledger.history(other, found.number),
        lambda: ledger.merged(other, found.number),
        lambda: desk.move(other, found.number, Move.FILE, 1),
        lambda: desk.edit(other, found.number, 1, Changes(title="x")),
        lambda: desk.comment(other, found.number, "x"),
        lambda: desk.merge(other, found.number, 1, found.number),
    ):
        with pytest.raises(NotFoundError):
            ask()
    assert feed.seen_by(other, 0) == ()
    with pytest.raises(ForbiddenError, match="outside of B"):
        desk.report(other, draft)
    own = Actor.of(4, "A 镇", Role.TOWN_ADMIN, "A")
    assert desk.move(own, found.number, Move.FILE, 1).status is Status.FILED


def test_a_role_does_what_it_may(desk: Desk, worker: Actor, draft: Draft) -> None:
    found, _ = desk.report(worker, draft)
    with pytest.raises(ForbiddenError, match="may not dispatch"):
        desk.move(worker, found.number, Move.FILE, 1)
    settled = desk.move(worker, found.number, Move.SETTLE, 1, "当场关阀")
    assert settled.status is Status.CLOSED
    with pytest.raises(ForbiddenError, match="may not report"):
        desk.report(Actor.of(5, "查看", Role.VIEWER), draft)
