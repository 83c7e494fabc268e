"""Pins that come, move and go, in every kind of box, against looking at each of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.incidents.lifecycle import Status
from app.incidents.near import WORLD, Box
from app.incidents.pins import Pin, Pins, Such, ranked

HAZARDS = ("gas", "gas.leak", "fire")
# One of the first is rarer than all others; one pin has no grid, one has more than any before.
GRIDS = (
    frozenset({"A", "A1"}),
    frozenset({"A", "A2"}),
    frozenset({"B", "B1", "x"}),
    frozenset[str](),
    frozenset({"B", "B2", "x", "y", "z"}),
)
AT = datetime(2026, 11, 22, tzinfo=UTC)
# Smaller and larger than what is asked of the index, the lattice's edges, and everything.
BOXES: tuple[Box, ...] = (
    (104.500, 30.400, 104.510, 30.410),
    (104.505, 30.405, 104.505, 30.405),
    (104.490, 30.390, 104.530, 30.520),
    (104.500, 30.400, 104.500, 30.600),
    WORLD,
)
# What is asked of the gravest besides, and which fit.
SUCH: tuple[tuple[Such, Callable[[Pin], bool]], ...] = (
    (Such(severities=(1, 4)), lambda one: one.severity in {1, 4}),
    (Such(statuses=(Status.HANDLING,)), lambda one: one.status is Status.HANDLING),
    (Such(statuses=(Status.CLOSED,)), lambda _: False),
    (Such(overdue=True, at=AT), lambda one: one.due_at is not None and one.due_at < AT),
    (Such(overdue=False, at=AT), lambda one: one.due_at is None or one.due_at >= AT),
    (
        Such((2,), (Status.FILED, Status.VERIFIED), True, AT + timedelta(microseconds=1)),
        lambda one: (
            one.severity == 2
            and one.status is not Status.HANDLING
            and one.due_at is not None
            and one.due_at <= AT
        ),
    ),
)


def some_pin(rng: random.Random, ident: int) -> Pin:
    return Pin(
        ident,
        f"N{ident}",
        # A lattice: several stand at one point and on the edges of boxes.
        104.5 + rng.randrange(60) / 1000,
        30.4 + rng.randrange(60) / 1000,
        rng.choice(HAZARDS),
        rng.randint(1, 4),
        rng.choice([Status.FILED, Status.HANDLING, Status.VERIFIED]),
        rng.choice([None, AT, AT + timedelta(microseconds=1), AT - timedelta(days=1)]),
        AT,
        rng.choices(GRIDS, [9, 3, 9, 1, 1])[0],
    )


def agrees(pins: Pins, held: dict[int, Pin], rng: random.Random) -> None:
    assert len(pins) == len(held)
    for area in None, "A", "A2", "z", "nowhere":
        for hazards in (), ("fire",), ("gas", "gas.leak"), ("flood",):
            asked = [
                one
                for one in held.values()
                if (area is None or area in one.codes) and (not hazards or one.hazard in hazards)
            ]
            for box in BOXES:
                west, south, east, north = box
                inside = [
                    one for one in asked if west <= one.lon <= east and south <= one.lat <= north
                ]
                grave = sorted(inside, key=lambda one: (-one.severity, -one.id))
                for limit in 1, 7, 10_000:
                    assert pins.gravest(area, box, hazards, limit) == (grave[:limit], len(inside))
                for such, fits in SUCH:
                    fitting = [one for one in grave if fits(one)]
                    found = pins.gravest(area, box, hazards, 5, such)
                    assert found == (fitting[:5], len(fitting))
                within = pins.within(area, box, hazards)
                assert sorted(within, key=lambda one: one.id) == sorted(
                    inside, key=lambda one: one.id
                )
            # In the middle of them, and so far off that all are about as near.
            lon, lat = rng.choice([(104.52, 30.43), (103.1, 31.7), (-60.0, -80.5)])
            for k in 1, 5, 200:
                found = ranked(pins.around(area, lon, lat, k, hazards), lon, lat)[:k]
                assert found == ranked(asked, lon, lat)[:k]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("first", [0, 1, 700])
def test_whatever_comes_moves_and_goes_is_found_as_by_looking_at_each(
    seed: int, first: int
) -> None:
    rng = random.Random(seed)
    held = {ident: some_pin(rng, ident) for ident in range(1, first + 1)}
    pins = Pins(held.values())
    agrees(pins, held, rng)
    ident = first
    for round_ in range(4):
        # The second round makes them few, so that the next ones come to rows that are free.
        for _ in range(150):
            what = rng.random()
            if what < (0.05 if round_ == 1 else 0.6) or not held:
                ident += 1
                held[ident] = some_pin(rng, ident)
                pins.put(held[ident])
            elif what < 0.7 and round_ != 1:
                one = rng.choice(list(held))
                held[one] = some_pin(rng, one)
                pins.put(held[one])
            else:
                one = rng.choice(list(held))
                del held[one]
                pins.drop(one)
                pins.drop(one)
        agrees(pins, held, rng)


def test_one_that_stays_where_it_is_is_changed_all_the_same() -> None:
    one = some_pin(random.Random(1), 1)
    pins = Pins([one])
    changed = replace(one, hazard="flood", severity=4, codes=frozenset({"Q"}), lon=one.lon)
    pins.put(changed)
    assert pins.within("Q", WORLD, ["flood"]) == [changed]
    assert pins.within(None, WORLD, [one.hazard]) == []
