"""Numbers without holes: writers that dawdle before they commit, roll back and collide."""

from __future__ import annotations

import multiprocessing
import random
import threading
import time
from dataclasses import replace
from multiprocessing.synchronize import Event as Flag

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.accounts import Actor, Role
from app.errors import ConflictError
from app.incidents.desk import Desk
from app.incidents.feed import FEED, Feed, next_value
from app.incidents.incident import Draft
from app.incidents.lifecycle import Move
from app.incidents.policy import Policy
from app.incidents.tables import counter, event, incident
from app.locate import Locator
from app.store import Database, utc_now
from tests.databases import PostgresServer

THREADS = 4
ROUNDS = 25
SPAWN = multiprocessing.get_context("spawn")


def write_rounds(url: str, of: int, seed: int) -> int:
    """Write events from several threads of a process; some dawdle, some are rolled back."""
    database = Database(url)
    written = 0

    def work(made: Connection, dawdle_s: float, fails: bool) -> None:
        seq = next_value(made, FEED)
        _insert(made, of, seq)
        # The number is taken and the row written: now wait, as a slow commit would.
        if made.dialect.name == "postgresql":
            made.execute(sa.select(sa.func.pg_sleep(dawdle_s)))
        else:
            time.sleep(dawdle_s)
        if fails:
            raise KeyError("on purpose")

    def write(number: int) -> None:
        nonlocal written
        chance = random.Random(seed * 100 + number)
        for _ in range(ROUNDS):
            fails = chance.random() < 0.2
            dawdle_s = chance.choice([0.0, 0.0, 0.002, 0.01])
            try:
                database.write(lambda made, d=dawdle_s, f=fails: work(made, d, f))
                with lock:
                    written += 1
            except KeyError:
                pass

    lock = threading.Lock()
    threads = [threading.Thread(target=write, args=(i,)) for i in range(THREADS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    database.close()
    return written


def _insert(made: Connection, of: int, seq: int) -> None:
    made.execute(
        sa.insert(event).values(
            seq=seq, incident_id=of, version=seq + 1, at=utc_now(), kind="commented", actor="",
            status_to="reported", note="", data={}, codes=[],
        )
    )  # fmt: skip


def read_all(url: str, until: Flag, got: object) -> None:
    """Poll as a listener does, and put every number in the order in which it was seen."""
    database = Database(url)
    feed = Feed(database)
    seen = [1]
    while True:
        ending = until.is_set()
        found = [one.seq for one in feed.after(seen[-1], 7)]
        seen += found
        if ending and not found:
            break
        if not found:
            time.sleep(0.001)
    database.close()
    got.put(seen)  # type: ignore[attr-defined]


def run_writers(url: str, of: int, seed: int, count: object) -> None:
    count.put(write_rounds(url, of, seed))  # type: ignore[attr-defined]


def url_of(database: Database) -> str:
    return database.engine.url.set(
        drivername="sqlite" if database.is_sqlite else "postgresql"
    ).render_as_string(hide_password=False)


@pytest.mark.slow
def test_readers_pass_over_no_number_however_writers_commit(
    database: Database, desk: Desk, dispatcher: Actor, draft: Draft
) -> None:
    first, _ = desk.report(dispatcher, draft)
    url, until = url_of(database), SPAWN.Event()
    seen, counts = SPAWN.Queue(), SPAWN.Queue()
    readers = [SPAWN.Process(target=read_all, args=(url, until, seen)) for _ in range(2)]
    writers = [
        SPAWN.Process(target=run_writers, args=(url, first.id, seed, counts)) for seed in (1, 2)
    ]
    for one in readers + writers:
        one.start()
    written = sum(counts.get(timeout=120) for _ in writers)
    until.set()
    assert written > 100
    for _ in readers:
        assert seen.get(timeout=60) == [*range(1, written + 2)]
    for one in readers + writers:
        one.join(30)
        assert one.exitcode == 0
    with database.read() as connection:
        value = connection.execute(sa.select(counter.c.value).where(counter.c.name == FEED))
        assert value.scalar_one() == written + 1


def test_without_the_locked_counter_a_number_would_be_passed_over(
    postgres: PostgresServer,
) -> None:
    """Why the counter: a sequence hands numbers out early, and a reader sees 2 before 1."""
    with postgres.database() as url:
        database = Database(url)
        with database.engine.begin() as made:
            made.exec_driver_sql("CREATE SEQUENCE s")
            made.exec_driver_sql("CREATE TABLE t (seq bigint)")
        late, early = database.engine.connect(), database.engine.connect()
        for one in late, early:
            one.exec_driver_sql("INSERT INTO t VALUES (nextval('s'))")
        early.commit()
        with database.read() as reader:
            assert reader.exec_driver_sql("SELECT min(seq), max(seq) FROM t").one() == (2, 2)
        late.commit()
        late.close()
        early.close()
        database.close()


def test_a_number_that_is_rolled_back_is_given_again(database: Database) -> None:
    def fail(made: Connection) -> None:
        assert next_value(made, FEED) == 1
        raise KeyError

    for _ in range(3):
        with pytest.raises(KeyError):
            database.write(fail)
    assert database.write(lambda made: next_value(made, FEED)) == 1


@pytest.mark.slow
def test_reports_moves_and_merges_at_once_neither_lock_up_nor_lose(
    database: Database, desk: Desk, feed: Feed, draft: Draft, locator: Locator, policy: Policy
) -> None:
    """Many threads on few incidents: each change is written, or refused because another was."""
    actor = Actor.of(1, "调度员", Role.DISPATCHER)
    numbers = [desk.report(actor, replace(draft, title=str(i)))[0].number for i in range(6)]
    done: list[str] = []
    faults: list[BaseException] = []

    def work(seed: int) -> None:
        chance = random.Random(seed)
        other = Database(url_of(database))
        own = Desk(other, locator, policy)
        for _ in range(25):
            one, two = chance.sample(numbers, 2)
            acts = {
                "report": lambda: own.report(actor, draft),
                "move": lambda one=one: own.move(actor, one, Move.FILE, 1),
                "merge": lambda one=one, two=two: own.merge(actor, one, chance.randint(1, 3), two),
                "comment": lambda one=one: own.comment(actor, one, "x"),
            }
            what = chance.choice(list(acts))
            try:
                acts[what]()
                done.append(what)
            except ConflictError:
                pass
            except Exception as error:
                # What is merged takes no other in: the one refusal that is no conflict.
                if "only an open incident" not in str(error):
                    faults.append(error)
        other.close()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(120)
    assert not any(one.is_alive() for one in threads)
    assert faults == []
    assert {"report", "comment"} <= set(done)
    seqs = [one.seq for one in feed.after(0)]
    assert seqs == [*range(1, len(seqs) + 1)]
    assert len(seqs) == len(numbers) + len(done) + done.count("merge")
    with database.read() as connection:
        last = sa.select(event.c.incident_id, sa.func.max(event.c.version), sa.func.count())
        told = {row[0]: row[1:] for row in connection.execute(last.group_by(event.c.incident_id))}
        for row in connection.execute(sa.select(incident.c.id, incident.c.version)):
            assert told[row.id] == (row.version, row.version)
