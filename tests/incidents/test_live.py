"""The live index against a brute-force reading of the ledger, under whatever happens."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from app.accounts import Actor, Role
from app.errors import ForbiddenError, UnavailableError, WeigeError
from app.geo.measure import distance_m
from app.incidents import live as live_module
from app.incidents.desk import Desk
from app.incidents.feed import Feed
from app.incidents.follow import Follower
from app.incidents.incident import Changes, Draft, Incident, Query
from app.incidents.ledger import Ledger
from app.incidents.lifecycle import OPEN, Move, Status, allowed
from app.incidents.live import InBox, Live, Near
from app.incidents.near import WORLD, box_around
from app.incidents.pins import Pin, Pins, ranked
from app.store import Database
from tests.cities import ORIGIN, STEP

GEOD = Geod(ellps="WGS84")
EVERYTHING = (-180.0, -90.0, 180.0, 90.0)


def open_ones(ledger: Ledger, actor: Actor) -> dict[str, Incident]:
    query = Query(statuses=tuple(OPEN), limit=10_000)
    return {one.number: one for one in ledger.find(actor, query).incidents if one.lon is not None}


def as_pin(one: Incident) -> Pin:
    return Pin(
        one.id, one.number, one.lon, one.lat, one.hazard, one.severity, one.status, one.due_at,
        one.occurred_at, one.seen_by_codes,
    )  # fmt: skip


def agrees(live: Live, ledger: Ledger, actor: Actor, at: tuple[float, float]) -> None:
    """Check every kind of question against the ledger."""
    wanted = {as_pin(one) for one in open_ones(ledger, actor).values()}
    found = live.in_box(actor, EVERYTHING, 10_000)
    grave = sorted(wanted, key=lambda one: (-one.severity, -one.id))
    assert (list(found.pins), found.total, found.seq) == (grave, len(wanted), live.position)
    some = live.in_box(actor, EVERYTHING, 5)
    assert (list(some.pins), some.total) == (grave[:5], len(wanted))
    far = {one: float(distance_m(*at, one.lon, one.lat)) for one in wanted}
    order = sorted(wanted, key=lambda one: (far[one], one.id))
    for k in 1, 3, 50:
        found = live.nearest(actor, *at, k)
        assert [one.pin for one in found] == order[:k]
        assert [one.distance_m for one in found] == [far[one] for one in order[:k]]
    found = live.within(actor, *at, 700.0)
    assert [one.pin for one in found] == [one for one in order if far[one] <= 700.0]
    west, south, east, north = at[0] - STEP, at[1] - STEP, at[0] + STEP / 2, at[1] + STEP
    inside = {one for one in wanted if west <= one.lon <= east and south <= one.lat <= north}
    assert set(live.in_box(actor, (west, south, east, north), 10_000).pins) == inside


def random_place(rng: random.Random) -> tuple[float, float]:
    # A coarse lattice, so that several incidents stand at one point and on the edges of boxes.
    return (
        ORIGIN[0] + rng.randrange(1, 40) * STEP / 10,
        ORIGIN[1] + rng.randrange(1, 20) * STEP / 10,
    )


def happen(desk: Desk, ledger: Ledger, actor: Actor, rng: random.Random) -> None:
    """Do one thing that may happen, whether it is allowed or not."""
    everything = ledger.find(actor, Query(limit=10_000)).incidents
    what = rng.choice(["report", "report", "move", "move", "place", "merge", "comment", "grave"])
    if what == "report" or not everything:
        lon, lat = random_place(rng) if rng.random() < 0.9 else (None, None)
        hazard = rng.choice(["gas", "gas.leak", "fire"])
        desk.report(actor, Draft(hazard=hazard, title="x", lon=lon, lat=lat))
        return
    one = rng.choice(everything)
    try:
        if what == "move":
            legal = [other for other in allowed(one.status) if other is not Move.MERGE]
            move = rng.choice(legal if legal and rng.random() < 0.9 else [Move.FILE, Move.CLOSE])
            desk.move(actor, one.number, move, one.version, "因为")
        elif what == "place":
            lon, lat = random_place(rng)
            desk.edit(actor, one.number, one.version, Changes(lon=lon, lat=lat, datum="wgs84"))
        elif what == "merge":
            desk.merge(actor, one.number, one.version, rng.choice(everything).number)
        elif what == "grave":
            desk.edit(actor, one.number, one.version, Changes(severity=rng.randint(1, 4)))
        else:
            desk.comment(actor, one.number, "嗯")
    except WeigeError:
        pass


@pytest.mark.parametrize("seed", range(4))
def test_it_agrees_with_the_ledger_whatever_happens(
    desk: Desk, ledger: Ledger, feed: Feed, database: Database, dispatcher: Actor, seed: int
) -> None:
    rng = random.Random(seed)
    live = Live(database)
    town = Actor.of(7, "B 镇", Role.TOWN_ADMIN, "B")
    for round_ in range(30):
        for _ in range(rng.randrange(1, 6)):
            happen(desk, ledger, dispatcher, rng)
        at = random_place(rng)
        agrees(live, ledger, dispatcher, at)
        agrees(live, ledger, town, at)
        assert live.position == feed.head()
        if round_ % 10 == 5:
            live.forget()
            assert len(live) == 0
    statuses = {one.status for one in ledger.find(dispatcher, Query(limit=10_000)).incidents}
    assert len(statuses) > 3


def test_far_behind_it_is_built_anew(
    desk: Desk, ledger: Ledger, database: Database, dispatcher: Actor, draft: Draft,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(live_module, "MAX_BEHIND", 3)
    live = Live(database)
    agrees(live, ledger, dispatcher, ORIGIN)
    for _ in range(9):
        desk.report(dispatcher, draft)
    agrees(live, ledger, dispatcher, ORIGIN)


def test_nothing_is_missed_that_happens_while_it_is_built_and_asked(
    desk: Desk, ledger: Ledger, feed: Feed, database: Database, dispatcher: Actor
) -> None:
    rng = random.Random(5)
    for _ in range(20):
        happen(desk, ledger, dispatcher, rng)
    live = Live(database, follower := Follower(feed))
    done = threading.Event()
    failures: list[BaseException] = []

    def ask() -> None:
        try:
            while not done.is_set():
                live.nearest(dispatcher, *ORIGIN, 5)
                live.in_box(dispatcher, EVERYTHING, 100)
                if rng.random() < 0.1:
                    live.forget()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for one in threads:
        one.start()
    try:
        for _ in range(80):
            happen(desk, ledger, dispatcher, rng)
            # Who has just written finds what was written.
            assert live.catch_up() >= feed.head()
        agrees(live, ledger, dispatcher, ORIGIN)
    finally:
        done.set()
        for one in threads:
            one.join()
        follower.stop()
    assert failures == []
    agrees(live, ledger, dispatcher, ORIGIN)


def test_the_follower_keeps_it_warm(
    desk: Desk, feed: Feed, database: Database, dispatcher: Actor, draft: Draft
) -> None:
    live = Live(database, follower := Follower(feed))
    live.in_box(dispatcher, EVERYTHING, 1)
    told = threading.Event()
    follower.subscribe(lambda _: told.set())
    try:
        desk.report(dispatcher, draft)
        # Those who listen are called in the order in which they came.
        assert told.wait(20)
        assert len(live) == 1
    finally:
        follower.stop()


def test_only_who_may_see_incidents_may_ask(database: Database) -> None:
    nobody = Actor(1, "无权限", Role.VIEWER, None, frozenset())
    with pytest.raises(ForbiddenError):
        Live(database).in_box(nobody, EVERYTHING, 1)


def test_a_box_counts_what_it_does_not_return_and_returns_the_gravest(
    desk: Desk, database: Database, dispatcher: Actor, draft: Draft
) -> None:
    for severity in 1, 4, 2, 3:
        desk.report(dispatcher, replace(draft, severity=severity))
    found = Live(database).in_box(dispatcher, EVERYTHING, 2)
    assert ([one.severity for one in found.pins], found.total) == ([4, 3], 4)


def test_hazards_limit_what_is_found(
    desk: Desk, database: Database, dispatcher: Actor, draft: Draft
) -> None:
    desk.report(dispatcher, draft)
    desk.report(dispatcher, replace(draft, hazard="fire"))
    live = Live(database)
    found = live.nearest(dispatcher, draft.lon, draft.lat, 5, ("fire", "gas"))
    assert [one.pin.hazard for one in found] == ["fire"]
    assert live.within(dispatcher, draft.lon, draft.lat, 1.0, ("gas",)) == ()


def pins(rng: np.random.Generator, n: int, spread: float) -> list[Pin]:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    xs = 104.5 + rng.normal(0, spread, n)
    ys = 30.4 + rng.normal(0, spread, n)
    codes = [frozenset({"A"}), frozenset({"B"})]
    return [
        Pin(
            i,
            f"N{i}",
            float(x),
            float(y),
            "drowning" if i in {5, 11} else "fire" if i % 7 == 3 else "gas",
            2,
            Status.FILED,
            None,
            at,
            codes[i % 2 or i > 9],
        )
        for i, (x, y) in enumerate(zip(xs, ys, strict=True))
    ]


def _ranked(given: list[Pin], lon: float, lat: float) -> tuple[Near, ...]:
    return tuple(Near(pin, far) for far, pin in ranked(given, lon, lat))


class Loaded(Live):
    """An index over given incidents, without a database behind it."""

    def __init__(self, given: list[Pin]) -> None:
        super().__init__(Database("sqlite:////nowhere/weige.db"))
        self._fill(Pins(given), 0)

    def catch_up(self) -> int:
        return 0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(0, 400),
    k=st.integers(1, 60),
    spread=st.sampled_from([1e-6, 1e-3, 0.05, 3.0]),
    off=st.tuples(st.floats(-5, 5), st.floats(-5, 5)),
    area=st.sampled_from([None, "A", "B"]),
    hazards=st.sampled_from([(), ("fire",), ("gas", "fire")]),
)
def test_the_nearest_are_the_nearest_in_metres(
    seed: int,
    n: int,
    k: int,
    spread: float,
    off: tuple[float, float],
    area: str | None,
    hazards: tuple[str, ...],
) -> None:
    given_ = pins(np.random.default_rng(seed), n, spread)
    live = Loaded(given_)
    actor = Actor.of(1, "x", Role.DISPATCHER, area)
    lon, lat = 104.5 + off[0] * spread, 30.4 + off[1] * spread
    seen = [one for one in given_ if area is None or area in one.codes]
    seen = [one for one in seen if not hazards or one.hazard in hazards]
    assert live.nearest(actor, lon, lat, k, hazards) == _ranked(seen, lon, lat)[:k]


def test_few_among_very_many_are_found_all_the_same() -> None:
    given_ = pins(np.random.default_rng(3), 12_000, 0.05)
    live = Loaded(given_)
    town = Actor.of(1, "x", Role.DISPATCHER, "A")
    seen = [one for one in given_ if "A" in one.codes]
    assert 0 < len(seen) < 10
    assert live.nearest(town, 104.7, 30.1, 3) == _ranked(seen, 104.7, 30.1)[:3]
    city = Actor.of(1, "x", Role.DISPATCHER)
    drowned = [one for one in given_ if one.hazard == "drowning"]
    assert live.nearest(city, 104.7, 30.1, 5, ("drowning",)) == _ranked(drowned, 104.7, 30.1)


@settings(max_examples=200, deadline=None)
@given(
    lon=st.floats(-180, 180),
    lat=st.floats(-90, 90),
    metres=st.floats(0, 2e6),
    bearing=st.floats(0, 360),
    share=st.floats(0, 1),
)
def test_a_box_holds_all_that_lies_within_the_distance(
    lon: float, lat: float, metres: float, bearing: float, share: float
) -> None:
    x, y, _ = GEOD.fwd(lon, lat, bearing, metres * share)
    west, south, east, north = box_around(lon, lat, metres)
    inside = west <= x <= east and south <= y <= north
    assert inside or (abs(abs(x) - 180) < 1e-9 and (west, east) == (WORLD[0], WORLD[2]))


def test_a_question_that_failed_leaves_the_next_one_to_subscribe(
    desk: Desk,
    feed: Feed,
    database: Database,
    dispatcher: Actor,
    draft: Draft,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    live = Live(database, follower := Follower(feed))
    told = threading.Event()
    try:
        with monkeypatch.context() as away:
            refuse = UnavailableError("the database is away")
            away.setattr(feed, "head", lambda: (_ for _ in ()).throw(refuse))
            with pytest.raises(UnavailableError):
                live.in_box(dispatcher, EVERYTHING, 1)
        live.in_box(dispatcher, EVERYTHING, 1)
        follower.subscribe(lambda _: told.set())
        desk.report(dispatcher, draft)
        assert told.wait(20)
        assert len(live) == 1
    finally:
        follower.stop()


def test_an_answer_tells_with_which_event_it_is(
    desk: Desk, database: Database, dispatcher: Actor, draft: Draft
) -> None:
    live = Live(database)
    assert live.in_box(dispatcher, EVERYTHING, 1).seq == 0
    for seq in 1, 2:
        desk.report(dispatcher, draft)
        assert live.in_box(dispatcher, (0.0, 0.0, 0.0, 0.0), 1) == InBox((), 0, seq)
