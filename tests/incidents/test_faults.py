"""Faults of the machine under the store: killed, full, gone; what was acknowledged stays."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sized
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.accounts import Actor
from app.errors import UnavailableError
from app.grids import City
from app.incidents.desk import Desk
from app.incidents.feed import Feed
from app.incidents.follow import Follower
from app.incidents.incident import Draft
from app.incidents.policy import Policy
from app.incidents.tables import event, incident, incident_grid
from app.locate import Locator
from app.store import Database
from tests.databases import PostgresServer, postgres_programs
from tests.incidents.test_feed import SPAWN, url_of

pytestmark = pytest.mark.slow
BY = Actor.system("测试")
DRAFT = Draft(hazard="gas", title="测试", lon=104.505, lat=30.405)


def write_reports(url: str, city: Path, of: str, count: int, told: object) -> None:
    """Report incidents in a process of its own; tell each number once it is acknowledged."""
    desk = Desk(Database(url), Locator.open(city), Policy.read())
    for i in range(count):
        made, _ = desk.report(BY, replace(DRAFT, title=f"{of}-{i}"))
        os.write(told, f"{of}-{i} {made.number}\n".encode())  # type: ignore[arg-type]


def check_whole(database: Database) -> dict[str, str]:
    """Check that no incident is half there and the feed has no hole; return titles and numbers."""
    seqs = [one.seq for one in _all(database)]
    assert seqs == [*range(1, len(seqs) + 1)]
    with database.read() as connection:
        versions: dict[int, list[int]] = {}
        asked = sa.select(event.c.incident_id, event.c.version).order_by(event.c.seq)
        for row in connection.execute(asked):
            versions.setdefault(row.incident_id, []).append(row.version)
        found = connection.execute(sa.select(incident)).all()
        assert {row.id for row in found} == set(versions)
        for row in found:
            assert versions[row.id] == [*range(1, row.version + 1)]
        grids = sa.select(sa.func.count(incident_grid.c.incident_id.distinct()))
        assert connection.execute(grids).scalar_one() == len(found)
    return {row.title: row.number for row in found}


def _all(database: Database) -> list[object]:
    found: list[object] = []
    while page := Feed(database).after(len(found)):
        found += page
    return found


def test_writers_that_are_killed_leave_nothing_half_and_lose_nothing(
    database: Database, board: City
) -> None:
    """700 reports by two processes at a time; again and again one is killed in the middle."""
    read, write = os.pipe()
    heard = bytearray()

    def listen() -> None:
        while part := os.read(read, 65_536):
            heard.extend(part)

    listener = threading.Thread(target=listen)
    listener.start()
    fork = multiprocessing.get_context("fork")

    def start(of: int) -> multiprocessing.process.BaseProcess:
        made = fork.Process(
            target=write_reports, args=(url_of(database), board.folder, str(of), 250, write)
        )
        made.start()
        return made

    count = 0
    several = [start(0), start(1)]
    for of in range(2, 7):
        goal = count + 100
        while heard.count(b"\n") < goal and any(one.is_alive() for one in several):
            time.sleep(0.005)
        count = heard.count(b"\n")
        os.kill(several[0].pid or 0, signal.SIGKILL)
        several.pop(0).join()
        several.append(start(of))
    for one in several:
        one.join(180)
    os.close(write)
    listener.join()
    told = dict(line.split() for line in heard.decode().splitlines() if len(line.split()) == 2)
    assert len(told) >= 700
    whole = check_whole(database)
    assert told.items() <= whole.items()
    # No more than the one report that each killed process may not have told any more.
    assert len(whole) - len(told) <= 5


def test_two_processes_of_many_threads_write_at_once(database: Database, board: City) -> None:
    """On SQLite too, no caller is told that the database is locked."""
    faults = SPAWN.Queue()
    others = [
        SPAWN.Process(target=_crowd, args=(url_of(database), board.folder, str(i), faults))
        for i in range(2)
    ]
    for one in others:
        one.start()
    assert [faults.get(timeout=240) for _ in others] == [[], []]
    for one in others:
        one.join(30)
    assert len(check_whole(database)) == 2 * 16 * 8


def _crowd(url: str, city: Path, of: str, out: object) -> None:
    desk = Desk(Database(url), Locator.open(city), Policy.read())
    faults: list[str] = []

    def work(seed: int) -> None:
        for i in range(8):
            try:
                made, _ = desk.report(BY, replace(DRAFT, title=f"{of}-{seed}-{i}"))
                desk.comment(BY, made.number, "x")
            except Exception as error:
                faults.append(repr(error))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(16)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    out.put(faults)  # type: ignore[attr-defined]


@pytest.fixture
def sqlite(prepared_sqlite: Path, tmp_path: Path) -> Path:
    path = tmp_path / "weige.db"
    path.write_bytes(prepared_sqlite.read_bytes())
    return path


def test_a_full_database_says_so_and_goes_on_when_there_is_room(
    sqlite: Path, locator: Locator, policy: Policy
) -> None:
    database = Database(f"sqlite:///{sqlite}")

    def limit(pages: int) -> None:
        def keep(connection: sqlite3.Connection, *_: object) -> None:
            connection.execute(f"PRAGMA max_page_count = {pages}")

        database.close()
        sa.event.listen(database.engine, "connect", keep)

    with sqlite3.connect(sqlite) as line:
        pages = line.execute("PRAGMA page_count").fetchone()[0]
    line.close()
    limit(pages + 20)
    desk = Desk(database, locator, policy)
    made: list[str] = []
    with pytest.raises(UnavailableError, match="full"):
        _fill(desk, made)
    count = len(made)
    assert count > 3
    with pytest.raises(UnavailableError, match="full"):
        desk.report(BY, replace(DRAFT, title="x", description="长" * 9_000))
    assert len(check_whole(database)) == count
    limit(2**30)
    desk.report(BY, replace(DRAFT, title="again"))
    assert len(check_whole(database)) == count + 1
    database.close()
    assert _integrity(sqlite) == "ok"


def _fill(desk: Desk, made: list[str]) -> None:
    for count in range(5_000):
        made.append(
            desk.report(BY, replace(DRAFT, title=str(count), description="长" * 500))[0].number
        )


def _integrity(path: Path) -> str:
    line = sqlite3.connect(path)
    try:
        return str(line.execute("PRAGMA integrity_check").fetchone()[0])
    finally:
        line.close()


FULL = """
import resource, signal, sys
from dataclasses import replace
from pathlib import Path
from app.accounts import Actor
from app.errors import UnavailableError
from app.incidents.desk import Desk
from app.incidents.incident import Draft
from app.incidents.policy import Policy
from app.locate import Locator
from app.store import Database

url, city, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
desk = Desk(Database(url), Locator.open(Path(city)), Policy.read())
draft = Draft(hazard="gas", title="x", description="y" * 9000, lon=104.505, lat=30.405)
by = Actor.system("test")
desk.report(by, draft)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
count = 1
try:
    for _ in range(2000):
        desk.report(by, draft)
        count += 1
except UnavailableError as error:
    print("unavailable", error.message)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
desk.report(by, draft)
print(count + 1)
"""


def test_a_disk_that_takes_no_more_leaves_the_database_whole(sqlite: Path, board: City) -> None:
    """The system itself refuses to write on; with room again the same process writes on."""
    done = subprocess.run(
        [sys.executable, "-c", FULL, f"sqlite:///{sqlite}", str(board.folder), "900000"],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2], timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said, count = done.stdout.splitlines()
    assert said.startswith("unavailable the database cannot serve now: ")
    database = Database(f"sqlite:///{sqlite}")
    assert len(_all(database)) == int(count)
    check_whole_rows(database, int(count))
    database.close()
    assert _integrity(sqlite) == "ok"


def check_whole_rows(database: Database, count: int) -> None:
    with database.read() as connection:
        found = connection.execute(sa.select(sa.func.count()).select_from(incident))
        assert found.scalar_one() == count


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """Return a server that a test may stop."""
    programs = postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: nothing about it is tested (apt: postgresql)")
    server = PostgresServer(programs)
    yield server
    server.remove()


def test_a_server_that_stops_and_comes_back_under_load(
    own_postgres: PostgresServer, locator: Locator, policy: Policy
) -> None:
    """Requests fail with one clear error, the follower stays, and all goes on by itself."""
    with own_postgres.database() as url:
        database = Database(url)
        database.upgrade()
        desk = Desk(database, locator, policy)
        follower = Follower(Feed(database), pause_s=0.01)
        heard: list[int] = []
        follower.subscribe(lambda events: heard.extend(one.seq for one in events))
        told: dict[str, str] = {}
        refused: list[str] = []
        faults: list[BaseException] = []
        until = threading.Event()

        def work(of: int) -> None:
            i = 0
            while not until.is_set():
                i += 1
                try:
                    made, _ = desk.report(BY, replace(DRAFT, title=f"{of}-{i}"))
                    told[f"{of}-{i}"] = made.number
                except UnavailableError as error:
                    refused.append(error.message)
                    time.sleep(0.02)
                except BaseException as error:
                    faults.append(error)

        threads = [threading.Thread(target=work, args=(of,)) for of in range(6)]
        for one in threads:
            one.start()
        for _ in range(2):
            _wait_for_more(told, 30)
            own_postgres.stop("immediate")
            _wait_for_more(refused, 6)
            own_postgres.start()
        _wait_for_more(told, 30)
        until.set()
        for one in threads:
            one.join(60)
        assert faults == []
        # Where the connection broke during a commit, nobody knows what became of it.
        kinds = ("cannot serve now", "may or may not have taken effect")
        assert [one for one in refused if not any(kind in one for kind in kinds)] == []
        assert [one for one in refused if "127.0.0.1" in one] == []
        whole = check_whole(database)
        assert told.items() <= whole.items()
        _wait_for(lambda: len(heard) >= len(whole))
        assert heard == [*range(1, len(whole) + 1)]
        follower.stop()
        database.close()


def _wait_for_more(of: Sized, count: int) -> None:
    goal = len(of) + count
    _wait_for(lambda: len(of) >= goal)


def _wait_for(done: object, timeout_s: float = 60.0) -> None:
    until = time.monotonic() + timeout_s
    while not done():  # type: ignore[operator]
        assert time.monotonic() < until
        time.sleep(0.01)
