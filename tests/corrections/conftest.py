"""A city with a small gazetteer, its book of corrections on SQLite and PostgreSQL."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from app.accounts import Actor, Role
from app.addresses.gazetteer import Gazetteer
from app.addresses.matcher import Matcher
from app.corrections.book import Book
from app.grids import City
from app.locate import Locator
from app.store import Database
from tests.addresses.gazetteers import with_gazetteer
from tests.incidents.conftest import Clock


def at(cell: str) -> dict[str, float]:
    """Return the middle of a cell of the chessboard."""
    town, number = cell[0], int(cell[1]) - 1
    column = (0 if town == "A" else 2) + number % 2
    return {"lon": 104.505 + 0.01 * column, "lat": 30.405 + 0.01 * (number // 2)}


def door(number: int, cell: str, **words: str) -> dict[str, Any]:
    """Return a door of 东滨路 in town A, a few metres beside the others of its cell."""
    place = at(cell)
    place["lat"] += 1e-6 * number
    row = {"town": f"格{cell[0]}", "road": "东滨路", "number": str(number)}
    return row | words | place


ROWS = [
    *(door(number, "A1") for number in range(2, 22, 2)),
    *(door(number, "A2") for number in range(30, 42, 2)),
    # The same number in two communities, and one with a POI.
    door(50, "A1", community="甲社区"),
    door(50, "A2", community="乙社区"),
    door(60, "A1", poi="红星超市"),
    door(60, "A1"),
    *(door(number, "B1", road="建设路") for number in range(1, 19, 2)),
    {"town": "格A", "estate": "阳光花园", "building": "1栋", **at("A3")},
    {"town": "格A", "estate": "阳光花园", "building": "2栋", **at("A3")},
    {"town": "格B", "estate": "月亮湾", **at("B2")},
    {"town": "格B", "community": "平泉村", **at("B3")},
    {"town": "格A", "community": "平安社区", **at("A4")},
]
ALIASES = [
    {"alias": "老街村", "target_kind": "community", "town": "格A", "target": "平安社区",
     "why": "former", "split": True, "source": "t"},
    {"alias": "老街村", "target_kind": "community", "town": "格B", "target": "平泉村",
     "why": "former", "split": True, "source": "t"},
    {"alias": "滨江路", "target_kind": "road", "target": "东滨路", "why": "colloquial",
     "source": "t"},
]  # fmt: skip


@pytest.fixture(scope="session")
def streets_folder(board: City, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the chessboard with a gazetteer, to be copied."""
    folder = tmp_path_factory.mktemp("streets") / "city"
    Gazetteer.open(with_gazetteer(board, folder, ROWS, ALIASES))
    return folder


@pytest.fixture
def streets(streets_folder: Path, tmp_path: Path) -> City:
    """Return a city of this test's own."""
    folder = tmp_path / "city"
    shutil.copytree(streets_folder, folder)
    return City.open(folder)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def book(database: Database, streets: City, clock: Clock) -> Book:
    return Book(database, Locator(streets), clock)


@pytest.fixture
def matcher(streets: City) -> Matcher:
    """Return the matcher without corrections."""
    return Matcher.open(streets)


@pytest.fixture
def dispatcher() -> Actor:
    return Actor.of(1, "调度员 1", Role.DISPATCHER)


@pytest.fixture
def town_a() -> Actor:
    return Actor.of(2, "镇街 A", Role.DISPATCHER, "A")


@pytest.fixture
def town_b() -> Actor:
    return Actor.of(3, "镇街 B", Role.DISPATCHER, "B")
