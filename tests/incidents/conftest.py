"""A desk over the chessboard city, on SQLite and on PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from app.accounts import Actor, Role
from app.grids import City
from app.incidents.desk import Desk
from app.incidents.feed import Feed
from app.incidents.incident import Draft
from app.incidents.ledger import Ledger
from app.incidents.policy import Policy
from app.locate import Locator
from app.store import Database


@dataclass
class Clock:
    """A clock that stands still until it is told."""

    now: datetime = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture(scope="session")
def locator(board: City) -> Locator:
    return Locator(board)


@pytest.fixture(scope="session")
def policy() -> Policy:
    return Policy.read()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(database: Database, locator: Locator, policy: Policy, clock: Clock) -> Desk:
    return Desk(database, locator, policy, clock)


@pytest.fixture
def ledger(database: Database, policy: Policy) -> Ledger:
    return Ledger(database, policy)


@pytest.fixture
def feed(database: Database) -> Feed:
    return Feed(database)


@pytest.fixture
def dispatcher() -> Actor:
    return Actor.of(1, "调度员 1", Role.DISPATCHER)


@pytest.fixture
def worker() -> Actor:
    return Actor.of(2, "网格员 2", Role.GRID_WORKER)


@pytest.fixture
def draft() -> Draft:
    """A report from the middle of A1."""
    return Draft(hazard="gas.leak", title="闻到燃气味", severity=3, lon=104.505, lat=30.405)
