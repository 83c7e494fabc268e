"""Histories from elsewhere: what the desk would have done, at their own times."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.accounts import Actor
from app.errors import BadInputError, ConflictError
from app.incidents.backfill import Past, Step, backfill
from app.incidents.desk import Desk
from app.incidents.feed import Feed
from app.incidents.incident import Draft, Event, Incident, Kind
from app.incidents.ledger import Ledger
from app.incidents.lifecycle import Move, Status
from app.incidents.policy import Policy
from app.locate import Locator
from app.store import Database
from tests.incidents.conftest import Clock

START = datetime(2025, 3, 4, 1, 0, tzinfo=UTC)
LIFE = (
    (Move.FILE, ""),
    (Move.DISPATCH, ""),
    (Move.ACCEPT, ""),
    (Move.ESCALATE, "无力处置"),
    (Move.ACCEPT, ""),
    (Move.REPORT_BACK, "好了"),
    (Move.FAIL, "没好"),
    (Move.REPORT_BACK, "真好了"),
    (Move.VERIFY, ""),
    (Move.CLOSE, ""),
)


def past(draft: Draft, ident: str, *moves: tuple[Move, str], into: str | None = None) -> Past:
    """Return an incident whose moves are an hour apart."""
    steps = tuple(
        Step(START + timedelta(hours=hour), move, "调度员 1", note, into)
        for hour, (move, note) in enumerate(moves, 1)
    )
    draft = replace(draft, external_source="old", external_id=ident, occurred_at=START)
    return Past(draft, START, "调度员 1", steps)


def plain(found: Incident) -> Incident:
    return replace(found, id=0, created_by=None, external_source=None, external_id=None)


def told(one: Event) -> tuple[object, ...]:
    return (
        one.version, one.at, one.kind, one.status_from, one.status_to, one.note, one.data, one.codes
    )  # fmt: skip


def test_a_past_is_what_the_desk_would_have_made_of_it(
    database: Database,
    locator: Locator,
    policy: Policy,
    ledger: Ledger,
    desk: Desk,
    clock: Clock,
    dispatcher: Actor,
    draft: Draft,
) -> None:
    assert backfill(database, locator, policy, [past(draft, "1", *LIFE)]) == 1
    clock.now = START
    made, _ = desk.report(dispatcher, replace(draft, occurred_at=START))
    for move, note in LIFE:
        clock.advance(hours=1)
        made = desk.move(dispatcher, made.number, move, made.version, note)
    filled = ledger.get(dispatcher, "JY-20250304-0001")
    assert plain(filled) == plain(replace(made, number=filled.number))
    ours, theirs = (ledger.history(dispatcher, one.number) for one in (filled, made))
    assert [told(one) for one in ours] == [told(one) for one in theirs]


def test_numbers_and_feed_go_on_without_holes(
    database: Database,
    locator: Locator,
    policy: Policy,
    feed: Feed,
    desk: Desk,
    clock: Clock,
    dispatcher: Actor,
    draft: Draft,
) -> None:
    clock.now = START
    desk.report(dispatcher, draft)
    many = [past(draft, str(ident), (Move.SETTLE, "好了")) for ident in range(30)]
    assert backfill(database, locator, policy, many) == 30
    after, _ = desk.report(dispatcher, draft)
    assert after.number == "JY-20250304-0032"
    assert [one.seq for one in feed.after(0)] == list(range(1, 63))


def test_a_second_run_adds_nothing(
    database: Database, locator: Locator, policy: Policy, feed: Feed, draft: Draft
) -> None:
    one = [past(draft, "1", (Move.SETTLE, "好了"))]
    assert [backfill(database, locator, policy, one) for _ in range(2)] == [1, 0]
    assert feed.head() == 2


def test_a_blank_external_id_names_nothing(
    database: Database, locator: Locator, policy: Policy, feed: Feed, draft: Draft
) -> None:
    settled = past(draft, "1", (Move.SETTLE, "好了"))
    blank = replace(settled.draft, external_source=" ", external_id="")
    with pytest.raises(BadInputError, match="needs external_source and external_id"):
        backfill(database, locator, policy, [replace(settled, draft=blank)])
    half = replace(settled.draft, external_id=" ")
    with pytest.raises(BadInputError, match="missing or blank"):
        backfill(database, locator, policy, [replace(settled, draft=half)])
    numbered = [replace(settled, draft=blank, number=f"JY-20250304-000{count}") for count in (1, 2)]
    assert backfill(database, locator, policy, numbered) == 2
    assert feed.head() == 4


def test_merged_into_one_that_is_open_then(
    database: Database,
    locator: Locator,
    policy: Policy,
    ledger: Ledger,
    dispatcher: Actor,
    draft: Draft,
) -> None:
    first = past(draft, "1", (Move.FILE, ""), (Move.DISPATCH, ""), (Move.ACCEPT, ""))
    second = past(draft, "2", (Move.MERGE, "同一处"), into="1")
    backfill(database, locator, policy, [first, second])
    merged = ledger.get(dispatcher, "JY-20250304-0002")
    assert (merged.status, merged.merged_into) == (Status.MERGED, "JY-20250304-0001")
    kinds = [one.kind for one in ledger.history(dispatcher, "JY-20250304-0001")]
    assert kinds.count(Kind.ABSORBED) == 1


def test_merged_and_opened_again_and_asked_again_as_the_desk_would(
    database: Database,
    locator: Locator,
    policy: Policy,
    ledger: Ledger,
    desk: Desk,
    clock: Clock,
    dispatcher: Actor,
    draft: Draft,
) -> None:
    moves = (
        (Move.MERGE, "同"),
        (Move.REOPEN, "不同"),
        (Move.DISPATCH, ""),
        (Move.REASSIGN, "催办"),
    )
    pasts = [past(draft, "1"), past(draft, "2", *moves, into=" 1 ")]
    assert backfill(database, locator, policy, pasts) == 2
    clock.now = START
    first, second = (desk.report(dispatcher, replace(draft, occurred_at=START))[0] for _ in "12")
    clock.advance(hours=1)
    desk.merge(dispatcher, second.number, 1, first.number, "同")
    for version, (move, note) in enumerate(moves[1:], 2):
        clock.advance(hours=1)
        desk.move(dispatcher, second.number, move, version, note)
    here = {first.number: "JY-20250304-0001", second.number: "JY-20250304-0002"}
    for made, filled in here.items():
        ours, theirs = ledger.get(dispatcher, filled), ledger.get(dispatcher, made)
        assert plain(ours) == plain(replace(theirs, number=filled))
        assert [told(one) for one in ledger.history(dispatcher, filled)] == [
            told(replace(one, data={k: here.get(v, v) if isinstance(v, str) else v
                                    for k, v in one.data.items()}))
            for one in ledger.history(dispatcher, made)
        ]  # fmt: skip
    kinds = [one.kind for one in ledger.history(dispatcher, "JY-20250304-0001")]
    assert kinds == [Kind.REPORTED, Kind.ABSORBED, Kind.RELEASED]


@pytest.mark.parametrize(
    ("moves", "into", "error"),
    [
        (((Move.CLOSE, ""),), None, ConflictError),
        (((Move.MERGE, ""),), "nothing", BadInputError),
        (((Move.REJECT, "x" * 3000),), None, BadInputError),
    ],
)
def test_one_that_cannot_be_leaves_nothing(
    database: Database,
    locator: Locator,
    policy: Policy,
    feed: Feed,
    draft: Draft,
    moves: tuple[tuple[Move, str], ...],
    into: str | None,
    error: type[Exception],
) -> None:
    good = past(draft, "1", (Move.SETTLE, "好了"))
    with pytest.raises(error):
        backfill(database, locator, policy, [good, past(draft, "2", *moves, into=into)])
    assert feed.head() == 0


def test_times_must_run_forwards_and_have_a_zone(
    database: Database, locator: Locator, policy: Policy, draft: Draft
) -> None:
    good = past(draft, "1", (Move.FILE, ""))
    early = replace(good, steps=(replace(good.steps[0], at=START - timedelta(hours=1)),))
    with pytest.raises(BadInputError, match="before the one"):
        backfill(database, locator, policy, [early])
    naive = replace(good, reported_at=datetime(2025, 1, 1))  # noqa: DTZ001
    with pytest.raises(BadInputError, match="time zone"):
        backfill(database, locator, policy, [naive])
