"""Corrections taken in while a process answers: by its own thread, in several processes at once."""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from app.accounts import Actor
from app.addresses.amended import KEPT, amended_file
from app.addresses.amendments import Amendments
from app.addresses.match import Query
from app.addresses.matcher import Matcher
from app.corrections.book import Book
from app.corrections.live import LiveCorrections
from app.errors import UnavailableError
from app.grids import City
from app.locate import Locator
from app.store import Database
from tests.corrections.conftest import at
from tests.corrections.test_book import DOOR

SPAWN = multiprocessing.get_context("spawn")
TEXT = Query("格A东滨路12号")
LONG_S = 60.0


class Answers:
    """The matcher that answers now."""

    def __init__(self, city: City) -> None:
        self._city = city
        self.matcher = Matcher.open(city)

    def take(self, amendments: Amendments) -> None:
        self.matcher = Matcher.open(self._city, amendments=amendments)

    def grid(self) -> str:
        return self.matcher.assign(TEXT).grid


@contextmanager
def following(book: Book, answers: Answers) -> Iterator[LiveCorrections]:
    live = LiveCorrections(book, answers.take, pause_s=0.02)
    live.catch_up()
    live.start()
    try:
        yield live
    finally:
        live.stop()


def test_a_correction_and_its_undoing_are_taken_in(
    book: Book, streets: City, matcher: Matcher, dispatcher: Actor
) -> None:
    answers = Answers(streets)
    with following(book, answers) as live:
        assert answers.grid() == "A1"
        made = book.add(dispatcher, DOOR, matcher)
        assert live.wait(made.seq, LONG_S)
        assert answers.grid() == "A2"
        assert answers.matcher.gazetteer.version.startswith(f"{matcher.gazetteer.version}+")
        undone = book.undo(dispatcher, made.id)
        assert live.wait(undone.last_seq, LONG_S)
        assert answers.grid() == "A1"
        assert answers.matcher.gazetteer.version == matcher.gazetteer.version


def test_whoever_asks_meanwhile_gets_the_one_answer_or_the_other(
    book: Book, streets: City, matcher: Matcher, dispatcher: Actor
) -> None:
    answers = Answers(streets)
    seen: list[tuple[str, str]] = []
    errors: list[Exception] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            try:
                now = answers.matcher
                seen.append((now.gazetteer.version, now.assign(TEXT).grid))
            except Exception as error:
                errors.append(error)
            # Who asks without a pause leaves the processor to nobody else.
            time.sleep(0.002)

    with following(book, answers) as live:
        threads = [threading.Thread(target=ask) for _ in range(3)]
        for one in threads:
            one.start()
        last = ""
        for cell in ("A2", "A3", "A4"):
            draft = replace(DOOR, **at(cell), replaces=last)
            made = book.add(dispatcher, draft, matcher)
            last = made.id
            assert live.wait(made.seq, LONG_S)
        done.set()
        for one in threads:
            one.join()
    assert not errors
    # A version has one answer, and each of them was given.
    assert {grid for _, grid in seen} <= {"A1", "A2", "A3", "A4"}
    assert len(dict(seen)) == len(set(seen))
    assert answers.grid() == "A4"


def _serve(url: str, folder: Path, to: Connection) -> None:
    """Answer in a process of its own, and tell whenever the answer is another one."""
    database = Database(url)
    city = City.open(folder)
    answers = Answers(city)
    with following(Book(database, Locator(city)), answers) as live:
        to.send((live.seq, answers.grid(), answers.matcher.gazetteer.version))
        while (seq := to.recv()) is not None:
            live.wait(seq, LONG_S)
            to.send((live.seq, answers.grid(), answers.matcher.gazetteer.version))
    database.close()


def test_every_process_takes_it_in_and_one_builds_the_index(
    book: Book, streets: City, database: Database, matcher: Matcher, dispatcher: Actor
) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    url = url.replace("postgresql+psycopg", "postgresql")
    pipes = []
    children = []
    for _ in range(2):
        mine, its = SPAWN.Pipe()
        child = SPAWN.Process(target=_serve, args=(url, streets.folder, its))
        child.start()
        pipes.append(mine)
        children.append(child)
    try:
        for one in pipes:
            assert one.poll(LONG_S)
            assert one.recv() == (0, "A1", matcher.gazetteer.version)
        made = book.add(dispatcher, DOOR, matcher)
        for one in pipes:
            one.send(made.seq)
        told = []
        for one in pipes:
            assert one.poll(LONG_S)
            told.append(one.recv())
        assert {(seq, grid) for seq, grid, _ in told} == {(1, "A2")}
        assert len({version for *_, version in told}) == 1
        file = amended_file(streets, book.in_effect().amendments).path
        assert list(file.parent.glob("gazetteer-*-*-v*.idx")) == [file]
        assert not list(file.parent.glob("*.partial"))
        undone = book.undo(dispatcher, made.id)
        for one in pipes:
            one.send(undone.last_seq)
            assert one.poll(LONG_S)
            assert one.recv() == (2, "A1", matcher.gazetteer.version)
    finally:
        for one, child in zip(pipes, children, strict=True):
            one.send(None)
            child.join(LONG_S)
    assert [child.exitcode for child in children] == [0, 0]


def test_what_cannot_be_taken_in_is_tried_again_and_the_old_answers_stay(
    book: Book,
    streets: City,
    matcher: Matcher,
    dispatcher: Actor,
    caplog: pytest.LogCaptureFixture,
) -> None:
    answers = Answers(streets)
    broken = [OSError("no space left"), UnavailableError("the database sleeps")]

    def take(amendments: Amendments) -> None:
        if broken:
            raise broken.pop()
        answers.take(amendments)

    live = LiveCorrections(book, take, pause_s=0.02)
    made = book.add(dispatcher, DOOR, matcher)
    with caplog.at_level(logging.WARNING):
        live.start()
        assert answers.grid() == "A1"
        assert live.wait(made.seq, LONG_S)
    live.stop()
    assert answers.grid() == "A2"
    assert [one.message for one in caplog.records if "corrections" in one.message] == [
        "corrections cannot be read: the database sleeps",
        "corrections are taken in again after 2 attempts",
    ]


def test_a_child_after_fork_follows_by_itself(
    book: Book, streets: City, matcher: Matcher, dispatcher: Actor
) -> None:
    answers = Answers(streets)
    with following(book, answers) as live:
        child = os.fork()
        if child == 0:
            try:
                live.start()
                is_there = live.wait(1, LONG_S)
                os._exit(0 if is_there and answers.grid() == "A2" else 3)
            finally:
                os._exit(4)
        book.add(dispatcher, DOOR, matcher)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_folder_that_cannot_be_written_is_no_hindrance(
    book: Book, streets: City, matcher: Matcher, dispatcher: Actor
) -> None:
    book.add(dispatcher, DOOR, matcher)
    derived = streets.folder / ".derived"
    for one in derived.iterdir():
        one.unlink()
    derived.rmdir()
    # A file where the folder would be: whoever runs this, it cannot be written.
    derived.write_bytes(b"")
    found = Matcher.open(streets, amendments=book.in_effect().amendments)
    assert found.assign(TEXT).grid == "A2"
    derived.unlink()


def test_few_indexes_are_kept(
    book: Book, streets: City, matcher: Matcher, dispatcher: Actor
) -> None:
    last = ""
    for step in range(KEPT + 3):
        draft = replace(DOOR, lon=104.5151 + 1e-4 * step, replaces=last)
        last = book.add(dispatcher, draft, matcher).id
        Matcher.open(streets, amendments=book.in_effect().amendments)
    kept = list((streets.folder / ".derived").glob("gazetteer-*-*-v*.idx"))
    assert len(kept) == KEPT
    assert amended_file(streets, book.in_effect().amendments).path in kept
    assert Matcher.open(streets).assign(TEXT).grid == "A1"
