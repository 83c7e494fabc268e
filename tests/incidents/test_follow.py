"""One reader of the feed per process: nothing lost, nothing twice, through faults and forks."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from app.accounts import Actor
from app.incidents.desk import Desk
from app.incidents.feed import Feed
from app.incidents.follow import Follower
from app.incidents.incident import Draft, Event

WAIT_S = 30.0


@pytest.fixture
def follower(feed: Feed) -> Iterator[Follower]:
    made = Follower(feed, kept=10, pause_s=0.01)
    yield made
    made.stop()


def report(desk: Desk, actor: Actor, draft: Draft, count: int) -> None:
    for number in range(count):
        desk.report(actor, replace(draft, title=f"第 {number} 件"))


def test_who_waits_is_given_what_comes(
    desk: Desk, follower: Follower, dispatcher: Actor, draft: Draft
) -> None:
    assert follower.position == -1
    assert follower.after(0) == ()
    assert follower.position == 0
    found: list[Event] = []
    listener = threading.Thread(target=lambda: found.extend(follower.after(0, wait_s=WAIT_S)))
    listener.start()
    report(desk, dispatcher, draft, 1)
    listener.join(WAIT_S)
    assert [one.seq for one in found] == [1]


def test_what_is_no_longer_in_memory_comes_from_the_database(
    desk: Desk, follower: Follower, dispatcher: Actor, draft: Draft
) -> None:
    follower.start()
    report(desk, dispatcher, draft, 35)
    assert follower.after(34, wait_s=WAIT_S)[0].seq == 35
    for seq in range(36):
        assert [one.seq for one in follower.after(seq, limit=7)] == [
            *range(seq + 1, min(seq + 8, 36))
        ]


def test_a_late_follower_begins_with_the_newest_in_memory(
    desk: Desk, follower: Follower, dispatcher: Actor, draft: Draft
) -> None:
    report(desk, dispatcher, draft, 25)
    assert [one.seq for one in follower.after(22)] == [23, 24, 25]
    assert follower.position == 25


def test_subscribers_are_given_each_event_once_and_in_order(
    desk: Desk, follower: Follower, dispatcher: Actor, draft: Draft
) -> None:
    """One that fails does not keep the others from theirs."""
    given: list[int] = []
    done = threading.Event()

    def keep(events: Sequence[Event]) -> None:
        given.extend(one.seq for one in events)
        if given[-1] == 24:
            done.set()

    def fail(_: Sequence[Event]) -> None:
        raise KeyError("on purpose")

    report(desk, dispatcher, draft, 3)
    assert follower.subscribe(fail) == 3
    assert follower.subscribe(keep) == 3
    report(desk, dispatcher, draft, 21)
    assert done.wait(WAIT_S)
    follower.unsubscribe(fail)
    assert given == [*range(4, 25)]


def test_stopping_sends_home_who_waits(follower: Follower) -> None:
    follower.start()
    listener = threading.Thread(target=lambda: follower.after(0, wait_s=WAIT_S * 10))
    listener.start()
    follower.stop()
    listener.join(WAIT_S)
    assert not listener.is_alive()
    assert follower.ended


def test_a_child_after_fork_follows_by_itself(
    desk: Desk, follower: Follower, dispatcher: Actor, draft: Draft
) -> None:
    report(desk, dispatcher, draft, 2)
    follower.start()
    child = os.fork()
    if child == 0:
        try:
            seen = [one.seq for one in follower.after(0, limit=2, wait_s=WAIT_S)]
            seen += [one.seq for one in follower.after(2, wait_s=WAIT_S)]
            os._exit(0 if seen == [1, 2, 3] else 3)
        finally:
            os._exit(4)
    report(desk, dispatcher, draft, 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
