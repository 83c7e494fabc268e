"""The table of moves has the shape that practice asks for, and deadlines follow it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.accounts import Actor, Permission, Role
from app.errors import BadInputError
from app.incidents.desk import Desk
from app.incidents.incident import Changes, Draft, Query
from app.incidents.ledger import Ledger
from app.incidents.lifecycle import OPEN, OVER, STATUS_ZH, TRANSITIONS, Move, Status, allowed
from app.incidents.policy import Policy
from tests.incidents.conftest import Clock

S = Status


def test_every_status_can_be_reached_and_every_open_one_left() -> None:
    reached = {S.REPORTED}
    while (
        more := {
            step.target
            for step in TRANSITIONS.values()
            if step.target is not None and reached & set(step.sources)
        }
        - reached
    ):
        reached |= more
    assert reached == set(Status)
    assert {one for one in Status if allowed(one)} >= OPEN
    assert set(Status) == OPEN | OVER
    assert set(STATUS_ZH) == set(Status)


def test_from_every_open_status_there_is_a_way_to_the_end() -> None:
    for begin in OPEN:
        reached = {begin}
        for _ in Status:
            reached |= {
                step.target
                for step in TRANSITIONS.values()
                if step.target and reached & set(step.sources)
            }
        assert S.CLOSED in reached


def test_who_handles_does_not_verify_its_own_work() -> None:
    for move in Move.VERIFY, Move.FAIL:
        assert TRANSITIONS[move].permission is Permission.VERIFY
    for move in Move.ACCEPT, Move.REPORT_BACK, Move.SETTLE, Move.ESCALATE:
        assert TRANSITIONS[move].permission is Permission.HANDLE


def test_what_ends_or_turns_back_wants_a_reason() -> None:
    wanted = {
        Move.REJECT, Move.SETTLE, Move.FAIL, Move.REASSIGN, Move.ESCALATE, Move.REOPEN,
        Move.REPORT_BACK,
    }  # fmt: skip
    assert {one for one, step in TRANSITIONS.items() if step.note} == wanted


@pytest.mark.parametrize("role", Role)
def test_what_takes_a_move_back_is_a_way_back_and_no_complaint(role: Role) -> None:
    for made, first in TRANSITIONS.items():
        after = first.target
        if after is None or first.permission not in role.permissions:
            continue
        ways = {
            one
            for one in allowed(after)
            if made in TRANSITIONS[one].undoes and TRANSITIONS[one].permission in role.permissions
        }
        assert not ways & {Move.ESCALATE, Move.FAIL}
        if role is Role.GRID_WORKER:
            assert not ways
        elif after in OVER:
            assert ways == {Move.REOPEN}
        elif made in {Move.DISPATCH, Move.REASSIGN}:
            assert ways == {Move.REASSIGN}
        else:
            assert not ways


def drive(desk: Desk, actor: Actor, number: str, *moves: Move) -> None:
    for move in moves:
        version = desk.comment(actor, number, "看").version
        desk.move(actor, number, move, version, "因为")


def test_the_whole_way_with_a_failed_verification_and_its_deadlines(
    desk: Desk, ledger: Ledger, dispatcher: Actor, draft: Draft, clock: Clock, policy: Policy
) -> None:
    hours = policy.hazard("gas.leak").deadline_hours
    found, _ = desk.report(dispatcher, draft)
    expected = {
        Move.FILE: ("filed", hours["file"]),
        Move.DISPATCH: ("dispatched", hours["handle"]),
        Move.ACCEPT: ("handling", None),
        Move.REPORT_BACK: ("feedback", hours["verify"]),
        Move.FAIL: ("dispatched", hours["handle"]),
        Move.VERIFY: ("verified", hours["verify"]),
        Move.CLOSE: ("closed", ()),
    }
    way = [
        Move.FILE, Move.DISPATCH, Move.ACCEPT, Move.REPORT_BACK, Move.FAIL, Move.ACCEPT,
        Move.REPORT_BACK, Move.VERIFY, Move.CLOSE,
    ]  # fmt: skip
    for version, move in enumerate(way, start=1):
        clock.advance(minutes=7)
        before = found
        found = desk.move(dispatcher, found.number, move, version, "因为")
        status, lasting = expected[move]
        assert found.status == status
        if lasting is None:
            assert found.due_at == before.due_at
        elif lasting:
            assert found.due_at == clock.now + timedelta(hours=lasting[draft.severity - 1])
        else:
            assert (found.due_at, found.closed_at) == (None, clock.now)
    history = ledger.history(dispatcher, found.number)
    assert [one.move for one in history[1:]] == way
    assert [one.version for one in history] == list(range(1, len(way) + 2))


def test_overdue_is_what_is_past_its_deadline_and_not_over(
    desk: Desk, ledger: Ledger, dispatcher: Actor, draft: Draft, clock: Clock
) -> None:
    late, _ = desk.report(dispatcher, replace(draft, severity=4))
    early, _ = desk.report(dispatcher, replace(draft, severity=1, hazard="fire"))
    over, _ = desk.report(dispatcher, draft)
    drive(desk, dispatcher, over.number, Move.SETTLE)

    def overdue(value: bool) -> set[str]:
        page = ledger.find(dispatcher, Query(overdue=value), clock.now)
        for one in page.incidents:
            assert one.is_overdue(clock.now) is value
        return {one.number for one in page.incidents}

    assert overdue(True) == set()
    # At the deadline itself it is not late yet.
    clock.now = late.due_at
    assert overdue(True) == set()
    clock.advance(seconds=1)
    assert overdue(True) == {late.number}
    assert overdue(False) == {early.number, over.number}


@pytest.mark.parametrize("status", ["reported", "handling", "closed"])
def test_a_graver_incident_is_due_earlier_and_its_clock_goes_on(
    desk: Desk, dispatcher: Actor, draft: Draft, clock: Clock, policy: Policy, status: str
) -> None:
    found, _ = desk.report(dispatcher, replace(draft, severity=1))
    way = {
        "reported": [],
        "handling": [Move.FILE, Move.DISPATCH, Move.ACCEPT],
        "closed": [Move.SETTLE],
    }[status]
    drive(desk, dispatcher, found.number, *way)
    stage = {"reported": "file", "handling": "handle"}.get(status)
    before = desk.comment(dispatcher, found.number, "看")
    clock.advance(minutes=10)
    # What is over is changed with a note that says why.
    after = desk.edit(dispatcher, found.number, before.version, Changes(severity=4), note="改正")
    if stage is None:
        assert after.due_at is None
        return
    hours = policy.hazard(draft.hazard).deadline_hours[stage]
    assert before.due_at - after.due_at == timedelta(hours=hours[0] - hours[3])
    back = desk.edit(dispatcher, found.number, after.version, Changes(severity=1))
    assert back.due_at == before.due_at
    other = desk.edit(dispatcher, found.number, back.version, Changes(hazard="fire"))
    fire = policy.hazard("fire").deadline_hours[stage]
    assert other.due_at - back.due_at == timedelta(hours=fire[0] - hours[0])


def test_a_merge_can_be_undone_and_both_histories_say_so(
    desk: Desk, ledger: Ledger, dispatcher: Actor, draft: Draft
) -> None:
    first, _ = desk.report(dispatcher, draft)
    second, _ = desk.report(dispatcher, draft)
    desk.merge(dispatcher, second.number, 1, first.number)
    opened = desk.move(dispatcher, second.number, Move.REOPEN, 2, "不是同一处")
    assert (opened.status, opened.merged_into, opened.closed_at) == (S.FILED, None, None)
    assert opened.due_at is not None
    assert ledger.merged(dispatcher, first.number) == ()
    told = ledger.history(dispatcher, second.number)
    assert [one.data.get("into") or one.data.get("out_of") for one in told[1:]] == [
        first.number,
        first.number,
    ]


def test_what_is_opened_again_is_with_nobody(desk: Desk, dispatcher: Actor, draft: Draft) -> None:
    found, _ = desk.report(dispatcher, draft)
    way = [Move.FILE, Move.DISPATCH, Move.REPORT_BACK, Move.VERIFY, Move.CLOSE, Move.REOPEN]
    drive(desk, dispatcher, found.number, *way)
    again = desk.comment(dispatcher, found.number, "看")
    assert (again.status, again.assignee, again.dispatched_at) == (S.FILED, None, None)


def test_an_incident_whose_hazard_the_policy_lost_still_moves(
    desk: Desk, dispatcher: Actor, draft: Draft, policy: Policy
) -> None:
    found, _ = desk.report(dispatcher, draft)
    kept = {name: one for name, one in policy.hazards.items() if not name.startswith("gas")}
    desk.policy = replace(policy, hazards=kept)
    assert desk.move(dispatcher, found.number, Move.FILE, 1).status is S.FILED


def test_what_is_yet_to_come_is_refused(
    desk: Desk, dispatcher: Actor, draft: Draft, clock: Clock
) -> None:
    soon = clock.now + timedelta(hours=23)
    assert desk.report(dispatcher, replace(draft, occurred_at=soon))[0].occurred_at == soon
    with pytest.raises(BadInputError, match="yet to come"):
        desk.report(dispatcher, replace(draft, occurred_at=clock.now + timedelta(hours=25)))
