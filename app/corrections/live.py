"""Corrections taken in by a process that serves, while it answers.

A thread asks the database twice a second for the number of the newest event; a new one means that
the corrections in effect may be others. Then it has the gazetteer opened with them and put in the
place of the one before: one assignment, so a request has the one or the other and waits for
neither. Of several processes one builds the index; the others map what it kept
(app.addresses.amended).
"""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections.abc import Callable

from app.addresses.amendments import Amendments
from app.corrections.book import Book
from app.errors import UnavailableError

log = logging.getLogger(__name__)

PAUSE_S = 0.5
# How long the thread waits before it tries again what failed.
_RETRY_S = (0.5, 1.0, 2.0, 5.0)


class LiveCorrections:
    """Follows the corrections of a city; its thread starts when it is told to, once.

    Parameters
    ----------
    book
        The corrections.
    take
        Is given the corrections in effect and has everybody answered by them from then on. It is
        called when they are others than before, by one thread at a time.
    then
        Is given them afterwards, by the thread that follows: what nobody waits for.
    pause_s
        How long the thread waits between two questions, seconds.
    """

    def __init__(
        self,
        book: Book,
        take: Callable[[Amendments], None],
        then: Callable[[Amendments], None] = lambda _: None,
        *,
        pause_s: float = PAUSE_S,
    ) -> None:
        self._book = book
        self._take = take
        self._then = then
        self._pause_s = pause_s
        self._seq = 0
        self._taken = self._told = Amendments()
        self._renew()
        _all.add(self)

    def _renew(self) -> None:
        """Have locks and no thread, as in a process that has just begun."""
        self._thread: threading.Thread | None = None
        self._turn = threading.Lock()
        self._changed = threading.Condition()
        self._ending = threading.Event()

    @property
    def seq(self) -> int:
        """Number of the newest event that was taken in."""
        return self._seq

    def catch_up(self) -> None:
        """Take in now what there is.

        Raises
        ------
        UnavailableError
            If the database cannot be read.
        CityError
            If the gazetteer cannot be used.
        """
        with self._turn:
            if self._book.head() == self._seq:
                return
            known = self._book.in_effect()
            amendments = known.amendments
            if amendments != self._taken:
                self._take(amendments)
                self._taken = amendments
        with self._changed:
            self._seq = known.seq
            self._changed.notify_all()

    def _tell(self) -> None:
        """Have done what follows from corrections that were taken in."""
        taken = self._taken
        if taken != self._told:
            self._then(taken)
            self._told = taken

    def start(self) -> None:
        """Begin to follow, if it does not yet."""
        with self._turn:
            if self._thread is None:
                thread = threading.Thread(target=self._follow, name="corrections", daemon=True)
                thread.start()
                self._thread = thread

    def end(self) -> None:
        """Tell the thread to stop, and return at once; fit for the handler of a signal."""
        self._ending.set()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Stop to follow, and wait until the thread has ended."""
        self.end()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def wait(self, seq: int, timeout_s: float) -> bool:
        """Wait until an event is taken in; return whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._seq >= seq, timeout_s)

    def _follow(self) -> None:
        failures = 0
        pause_s = self._pause_s
        while not self._ending.wait(pause_s):
            try:
                self.catch_up()
                self._tell()
            except Exception as error:
                # What is there goes on answering, and says its version.
                if not failures and isinstance(error, UnavailableError):
                    log.warning("corrections cannot be read: %s", error.message)
                elif not failures:
                    log.exception("corrections cannot be taken in")
                pause_s = _RETRY_S[min(failures, len(_RETRY_S) - 1)]
                failures += 1
                continue
            if failures:
                log.warning("corrections are taken in again after %d attempts", failures)
            failures, pause_s = 0, self._pause_s


# A child after fork has no thread, and locks that may never be released: it starts its own.
_all: weakref.WeakSet[LiveCorrections] = weakref.WeakSet()


def _renew_all() -> None:
    for one in list(_all):
        one._renew()  # noqa: SLF001 - the same module


os.register_at_fork(after_in_child=_renew_all)
