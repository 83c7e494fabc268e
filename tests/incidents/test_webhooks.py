"""Webhooks against a real receiver: in order, signed, again after faults, by one process only."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.accounts import Actor, Role
from app.accounts.accounts import Accounts
from app.errors import BadInputError, ForbiddenError, NotFoundError
from app.grids import City
from app.incidents import deliver
from app.incidents.deliver import Deliverer, Sender, pause_s, sign
from app.incidents.desk import Desk
from app.incidents.feed import Feed
from app.incidents.follow import Follower
from app.incidents.incident import Draft
from app.incidents.lease import Lease
from app.incidents.lifecycle import Move
from app.incidents.policy import Policy
from app.incidents.webhook_hosts import WebhookHosts
from app.incidents.webhooks import Webhooks
from app.store import Database
from tests.incidents.receivers import Receiver

ADMIN = Actor.of(None, "管理员", Role.ADMIN)
TOWN = Actor.of(None, "A 镇", Role.TOWN_ADMIN, "A")
HERE = WebhookHosts(loopback=True)
WAIT_S = 40.0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def webhooks(database: Database, policy: Policy) -> Webhooks:
    return Webhooks(database, policy, HERE)


@pytest.fixture
def start(
    database: Database, webhooks: Webhooks, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Deliverer]]:
    """Return a function that starts a deliverer, as one process does; no test waits for minutes."""
    monkeypatch.setattr(deliver, "pause_s", lambda attempts: 0.02 * (attempts + 1))
    monkeypatch.setattr(deliver, "_TICK_S", 0.05)
    made: list[Deliverer] = []

    def begin() -> Deliverer:
        follower = Follower(feed, pause_s=0.02)
        one = Deliverer(database, webhooks, follower, timeout_s=0.6, max_attempts=4, lasting_s=4.0)
        one.start()
        made.append(one)
        return one

    yield begin
    for one in made:
        one.follower.stop()
        one.stop()


def report(desk: Desk, draft: Draft, count: int) -> list[str]:
    by = Actor.system("测试")
    made = [desk.report(by, replace(draft, title=f"第 {i} 件"))[0] for i in range(count)]
    return [one.number for one in made]


def test_every_event_comes_signed_and_in_order(
    desk: Desk,
    draft: Draft,
    webhooks: Webhooks,
    receiver: Receiver,
    start: Callable[[], Deliverer],
) -> None:
    report(desk, draft, 2)
    made = webhooks.add(ADMIN, receiver.url)
    start()
    report(desk, draft, 30)
    assert receiver.wait(lambda: len(receiver.taken) >= 30)
    assert receiver.seqs == [*range(3, 33)]
    for _, headers, body in receiver.taken:
        at, given = (part.partition("=")[2] for part in headers["X-Weige-Signature"].split(","))
        signed = hmac.new(made.secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
        assert hmac.compare_digest(signed.hexdigest(), given)
        assert abs(time.time() - int(at)) < 60
        assert headers["X-Weige-Event"] == str(json.loads(body)["seq"])
        assert headers["X-Weige-Webhook"] == str(made.id)


def test_area_and_hazards_limit_what_is_told(
    desk: Desk,
    draft: Draft,
    webhooks: Webhooks,
    receiver: Receiver,
    start: Callable[[], Deliverer],
) -> None:
    webhooks.add(TOWN, receiver.url, "A", ["gas"])
    start()
    report(desk, draft, 1)
    report(desk, replace(draft, lon=104.525), 1)  # in B
    report(desk, replace(draft, hazard="fire"), 1)
    report(desk, replace(draft, hazard="gas"), 1)
    assert receiver.wait(lambda: len(receiver.seqs) == 2)
    assert receiver.seqs == [1, 4]


def test_what_fails_is_tried_again_before_anything_else(
    desk: Desk,
    draft: Draft,
    webhooks: Webhooks,
    receiver: Receiver,
    start: Callable[[], Deliverer],
) -> None:
    """500, no answer at all and a server that is gone: the order stays."""
    fails = {2: 500, 3: None, 7: 302}
    receiver.answer = lambda count, _: fails.get(count, 204)
    receiver.location = "http://127.0.0.1:1/elsewhere"
    made = webhooks.add(ADMIN, receiver.url)
    start()
    report(desk, draft, 6)
    assert receiver.wait(lambda: len(receiver.seqs) == 6)
    receiver.close()
    report(desk, draft, 1)
    until = time.monotonic() + WAIT_S
    while not webhooks.get(ADMIN, made.id).last_error and time.monotonic() < until:
        time.sleep(0.02)
    assert "refused" in webhooks.get(ADMIN, made.id).last_error
    receiver.open()
    report(desk, draft, 3)
    assert receiver.wait(lambda: len(receiver.seqs) + len(webhooks.dead(ADMIN, made.id)) >= 10)
    assert receiver.seqs == sorted(set(receiver.seqs))
    told = {*receiver.seqs, *(one.seq for one in webhooks.dead(ADMIN, made.id))}
    assert told == {*range(1, 11)}


def test_what_never_works_is_kept_and_can_be_delivered_later(
    desk: Desk,
    draft: Draft,
    webhooks: Webhooks,
    receiver: Receiver,
    start: Callable[[], Deliverer],
) -> None:
    receiver.answer = lambda _, event: 500 if event["seq"] == 2 else 204
    made = webhooks.add(ADMIN, receiver.url)
    start()
    report(desk, draft, 4)
    assert receiver.wait(lambda: len(receiver.seqs) == 3)
    assert receiver.seqs == [1, 3, 4]
    (dead,) = webhooks.dead(ADMIN, made.id)
    assert (dead.seq, dead.attempts, dead.reason, dead.again) == (2, 4, "HTTP 500", False)
    receiver.answer = lambda *_: 204
    assert webhooks.redeliver(ADMIN, made.id, [99]) == 0
    assert webhooks.redeliver(ADMIN, made.id) == 1
    assert receiver.wait(lambda: 2 in receiver.seqs)
    until = time.monotonic() + WAIT_S
    while webhooks.dead(ADMIN, made.id) and time.monotonic() < until:
        time.sleep(0.02)
    assert webhooks.dead(ADMIN, made.id) == ()


def test_a_hanging_receiver_holds_back_no_other(
    desk: Desk,
    draft: Draft,
    webhooks: Webhooks,
    receiver: Receiver,
    start: Callable[[], Deliverer],
) -> None:
    hanging = Receiver()
    hanging.answer = lambda *_: None
    try:
        webhooks.add(ADMIN, hanging.url)
        webhooks.add(ADMIN, receiver.url)
        start()
        report(desk, draft, 20)
        assert receiver.wait(lambda: len(receiver.seqs) == 20)
        assert receiver.seqs == [*range(1, 21)]
        assert hanging.seqs == []
    finally:
        hanging.close()


def test_of_several_processes_one_delivers_and_another_takes_over(
    desk: Desk,
    draft: Draft,
    webhooks: Webhooks,
    receiver: Receiver,
    start: Callable[[], Deliverer],
) -> None:
    webhooks.add(ADMIN, receiver.url)
    several = [start() for _ in range(3)]
    for round_ in range(1, 4):
        report(desk, draft, 10)
        assert receiver.wait(lambda n=round_: len(receiver.seqs) >= 10 * n)
        assert receiver.seqs == [*range(1, 10 * round_ + 1)]
        (holding,) = [one for one in several if one.is_mine()]
        # In order: what was delivered is written down, and the lease given up.
        holding.stop()
        several.remove(holding)


def test_a_lease_is_one_s_until_it_runs_out(database: Database) -> None:
    first, second = Lease(database, "a", 60.0), Lease(database, "b", 60.0)
    assert [first.take(), second.take(), first.take()] == [True, False, True]
    first.give_up()
    assert second.take()
    second.give_up()
    short = Lease(database, "c", -1.0)
    assert short.take()
    assert first.take()
    assert not short.take()


def test_many_asking_at_once_one_gets_the_lease(database: Database) -> None:
    got: list[str] = []

    def ask(name: str) -> None:
        if Lease(database, name, 60.0).take():
            got.append(name)

    threads = [threading.Thread(target=ask, args=(f"p{i}",)) for i in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(got) == 1


def test_switched_off_it_waits_and_goes_on_later(
    desk: Desk,
    draft: Draft,
    webhooks: Webhooks,
    receiver: Receiver,
    start: Callable[[], Deliverer],
) -> None:
    made = webhooks.add(ADMIN, receiver.url)
    webhooks.change(ADMIN, made.id, active=False)
    other = Receiver()
    try:
        seen = webhooks.add(ADMIN, other.url)
        start()
        report(desk, draft, 3)
        assert other.wait(lambda: len(other.seqs) == 3)
        assert receiver.taken == []
        webhooks.change(ADMIN, made.id, active=True)
        assert receiver.wait(lambda: len(receiver.seqs) == 3)
        webhooks.remove(ADMIN, seen.id)
        with pytest.raises(NotFoundError):
            webhooks.get(ADMIN, seen.id)
    finally:
        other.close()


def test_an_area_manages_its_own_only(webhooks: Webhooks, dispatcher: Actor) -> None:
    whole = webhooks.add(ADMIN, "https://a.example/x")
    own = webhooks.add(TOWN, "https://a.example/y", "A")
    assert webhooks.all(TOWN) == (own,)
    assert webhooks.all(ADMIN) == (whole, own)
    for ask in (
        lambda: webhooks.get(TOWN, whole.id),
        lambda: webhooks.change(TOWN, whole.id, active=False),
        lambda: webhooks.remove(TOWN, whole.id),
        lambda: webhooks.dead(TOWN, whole.id),
        lambda: webhooks.redeliver(TOWN, whole.id),
    ):
        with pytest.raises(NotFoundError):
            ask()
    for area in None, "B":
        with pytest.raises(ForbiddenError, match="of 'A' only"):
            webhooks.add(TOWN, "https://a.example/", area)
    with pytest.raises(ForbiddenError):
        webhooks.all(dispatcher)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/", "file:///etc/passwd", "a.example", "http://", "http://u:p@a.example/",
        "http://a.example/#x", "http://a example/", "http://[::1/", "http://a.example:x/",
        "http://a.example/" + "x" * 500, "http://a.example/\r\nX: y", "http://例.example/", "",
    ],
)  # fmt: skip
def test_addresses_that_lead_nowhere_are_refused(webhooks: Webhooks, url: str) -> None:
    with pytest.raises(BadInputError, match="url is "):
        webhooks.add(ADMIN, url)
    assert webhooks.all(ADMIN) == ()


def test_a_list_of_hosts_limits_where_events_go() -> None:
    listed = WebhookHosts.of("Hooks.city.example, 10.1.2.3,[::1],169.254.1.1")
    for url in (
        "http://10.1.2.3:8080/x", "https://hooks.CITY.example/x", "http://[::1]:8/",
        "http://169.254.1.1/",
    ):  # fmt: skip
        listed.check(url)
    for url in "http://10.1.2.4/x", "http://127.0.0.1/":
        with pytest.raises(BadInputError, match="WEIGE_WEBHOOK_HOSTS"):
            listed.check(url)


THIS_MACHINE = [
    "http://127.0.0.1:8080/", "http://127.8.9.1/", "http://127.1/", "http://2130706433/",
    "http://0x7f000001/", "https://[::1]/", "http://[::ffff:127.0.0.1]/", "http://localhost/",
    "http://LocalHost./", "http://x.localhost:99/",
]  # fmt: skip
NOWHERE = [
    "http://169.254.169.254/latest/meta-data/", "http://[fe80::1]/", "http://[::ffff:a9fe:a9fe]/",
    "http://0.0.0.0/", "http://0/", "http://[::]:5000/",
]  # fmt: skip


@pytest.mark.parametrize("url", THIS_MACHINE + NOWHERE)
def test_the_machine_itself_is_no_place_for_events_unless_named(
    database: Database, policy: Policy, url: str
) -> None:
    webhooks = Webhooks(database, policy)
    with pytest.raises(BadInputError, match="allowed are others") as refused:
        webhooks.add(ADMIN, url)
    assert "WEIGE_WEBHOOK_HOSTS" in refused.value.hint
    made = webhooks.add(ADMIN, "http://10.0.0.5/")
    with pytest.raises(BadInputError, match="allowed are others"):
        webhooks.change(ADMIN, made.id, url=url)
    assert webhooks.all(ADMIN) == (made,)


def test_the_demo_may_send_to_itself_and_to_nothing_else_that_is_near() -> None:
    for url in THIS_MACHINE:
        HERE.check(url)
    for url in NOWHERE:
        with pytest.raises(BadInputError, match="allowed are others"):
            HERE.check(url)


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::1", "0.0.0.0"])
def test_a_name_that_leads_to_the_machine_itself_is_refused_when_it_is_sent(
    desk: Desk, draft: Draft, feed: Feed, webhooks: Webhooks, receiver: Receiver, address: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Also where another of its addresses is harmless; nothing is connected to."""
    made = webhooks.add(ADMIN, f"http://hooks.city.example:{receiver.port}/")
    truly = socket.getaddrinfo

    def look_up(host: str, port: int, *more: int, **named: int) -> list[tuple]:
        if host != "hooks.city.example" or socket.AI_NUMERICHOST in {*more, *named.values()}:
            return truly(host, port, *more, **named)
        found = truly("10.255.255.1", port, *more, **named)
        return [*found, *truly(address, port, *more, **named)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    report(desk, draft, 1)
    (event,) = feed.after(0)
    said = Sender(WebhookHosts(), 5.0).send(made, event)
    assert f"({address}), allowed are others" in said
    assert receiver.taken == []


def test_a_name_that_is_listed_is_sent_to_wherever_it_leads(
    desk: Desk, draft: Draft, feed: Feed, webhooks: Webhooks, receiver: Receiver
) -> None:
    report(desk, draft, 1)
    (event,) = feed.after(0)
    made = webhooks.add(ADMIN, f"http://localhost:{receiver.port}/")
    sender = Sender(WebhookHosts.of("localhost"), 5.0)
    assert sender.send(made, event) == ""
    sender.close()
    assert receiver.seqs == [1]
    assert "gaierror" in Sender(HERE, 5.0).send(replace(made, url="http://no.invalid/"), event)


def test_certificates_are_checked(
    desk: Desk, draft: Draft, feed: Feed, webhooks: Webhooks, receiver: Receiver
) -> None:
    report(desk, draft, 1)
    (event,) = feed.after(0)
    made = webhooks.add(ADMIN, f"https://127.0.0.1:{receiver.port}/")
    assert "SSL" in Sender(HERE, 5.0).send(made, event)
    assert receiver.taken == []


@pytest.mark.parametrize(
    "change",
    [{"active": False}, {"role": Role.VIEWER}, {"role": Role.TOWN_ADMIN, "area": "B"}],
    ids=["switched off", "another role", "another area"],
)
def test_nobody_is_told_any_more_for_who_may_not_manage(
    board: City, database: Database, desk: Desk, draft: Draft, webhooks: Webhooks,
    receiver: Receiver, start: Callable[[], Deliverer], change: dict[str, Any],
) -> None:  # fmt: skip
    """It waits; who changes it takes it over, and what was missed comes."""
    accounts = Accounts(database, board)
    by = Actor.system("测试")
    boss = accounts.create(by, "boss", "four plain words here", Role.TOWN_ADMIN, "A").actor()
    made = webhooks.add(boss, receiver.url, "A")
    other = Receiver()
    try:
        webhooks.add(ADMIN, other.url)
        start()
        report(desk, draft, 2)
        assert receiver.wait(lambda: len(receiver.seqs) == 2)
        accounts.change(by, "boss", **change)
        assert webhooks.current(made.id) is None
        report(desk, draft, 3)
        assert other.wait(lambda: len(other.seqs) == 5)
        assert receiver.seqs == [1, 2]
        webhooks.change(TOWN, made.id, active=True)
        assert receiver.wait(lambda: len(receiver.seqs) == 5)
        assert receiver.seqs == [*range(1, 6)]
    finally:
        other.close()


def test_an_unknown_hazard_is_refused(webhooks: Webhooks) -> None:
    with pytest.raises(BadInputError, match="hazard is 'flood'"):
        webhooks.add(ADMIN, "http://a.example/", None, ["flood"])


def test_waits_double_and_end_at_ten_minutes() -> None:
    for attempts in range(40):
        top = min(2.0**attempts, 600.0)
        assert top / 2 <= pause_s(attempts) <= top


def test_a_signature_is_of_time_and_body() -> None:
    """The first as `openssl dgst -sha256 -hmac secret` has it for 1700000000.{"seq":1}."""
    given = sign("secret", 1_700_000_000, b'{"seq":1}')
    assert given == (
        "t=1700000000,v1=de44acd957813f3e827d17d95cf7d690ba2085a7f13db6d432fd9d5cff6fdf22"
    )
    assert given != sign("secret", 1_700_000_001, b'{"seq":1}')
    assert given != sign("secret", 1_700_000_000, b'{"seq":2}')
    assert given != sign("Secret", 1_700_000_000, b'{"seq":1}')


def test_moves_are_told_too(
    desk: Desk,
    draft: Draft,
    webhooks: Webhooks,
    receiver: Receiver,
    start: Callable[[], Deliverer],
) -> None:
    webhooks.add(ADMIN, receiver.url)
    start()
    (number,) = report(desk, draft, 1)
    desk.move(Actor.system("测试"), number, Move.FILE, 1)
    assert receiver.wait(lambda: len(receiver.seqs) == 2)
    told = json.loads(receiver.taken[1][2])
    assert (told["move"], told["status_to"], told["version"]) == ("file", "filed", 2)
