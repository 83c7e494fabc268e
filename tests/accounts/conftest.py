"""Accounts of the chessboard city, on SQLite and on PostgreSQL, with quick hashes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from app.accounts import Actor
from app.accounts.accounts import Accounts
from app.accounts.tokens import Tokens
from app.grids import City
from app.store import Database

PASSWORD = "four plain words here"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
ROOT = Actor.system("setup")


@dataclass
class Clock:
    """A clock that stands still until it is told."""

    now: datetime = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(database: Database, board: City, clock: Clock) -> Accounts:
    return Accounts(database, board, clock, QUICK)


@pytest.fixture
def tokens(database: Database, accounts: Accounts, clock: Clock) -> Tokens:
    return Tokens(database, accounts, clock)
