"""The matcher of a process that serves: it takes in corrections while it answers.

A thread asks the database a few times a second for the number of the newest event; a new one
means that the corrections in effect may be others. Then it opens the gazetteer with them and,
when all is ready, puts the new matcher in the place of the old one: one assignment, so a request
has the one or the other and waits for neither. Of several processes one builds the index; the
others map what it kept (app.addresses.amended).
"""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections.abc import Callable

from app.addresses.amended import amended_version, open_amended
from app.addresses.gazetteer import Gazetteer
from app.addresses.matcher import Matcher
from app.corrections.book import Book, InEffect
from app.errors import UnavailableError

log = logging.getLogger(__name__)

PAUSE_S = 0.5
_RETRY_S = (0.5, 1.0, 2.0, 5.0)


class LiveMatcher:
    """Follows the corrections of a city; its thread starts when it is told to, once.

    Parameters
    ----------
    book
        The corrections, and the city.
    make
        Returns a matcher of a gazetteer, ready to answer.
    pause_s
        How long the thread waits between two questions, seconds.

    Raises
    ------
    CityError
        If the city has no gazetteer that can be used.
    UnavailableError
        If the database cannot be read.
    """

    def __init__(
        self,
        book: Book,
        make: Callable[[Gazetteer], Matcher],
        *,
        pause_s: float = PAUSE_S,
    ) -> None:
        self._book = book
        self._make = make
        self._pause_s = pause_s
        self._renew()
        known = book.in_effect()
        self._matcher = self._opened(known)
        self._seq = known.seq
        _matchers.add(self)

    def _renew(self) -> None:
        """Have locks and no thread, as in a process that has just begun."""
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._changed = threading.Condition()
        self._ending = threading.Event()

    @property
    def matcher(self) -> Matcher:
        """The matcher with all corrections that were taken in."""
        return self._matcher

    @property
    def seq(self) -> int:
        """Number of the newest event that it includes."""
        return self._seq

    def start(self) -> None:
        """Begin to follow, if it does not yet."""
        if self._thread is not None:
            return
        with self._starting:
            if self._is_running():
                return
            thread = threading.Thread(target=self._follow, name="corrections", daemon=True)
            thread.start()
            self._thread = thread

    def _is_running(self) -> bool:
        return self._thread is not None

    def end(self) -> None:
        """Tell the thread to stop, and return at once; fit for the handler of a signal."""
        self._ending.set()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Stop to follow, and wait until the thread has ended."""
        self.end()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def wait(self, seq: int, timeout_s: float) -> bool:
        """Wait until an event is included; return whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._seq >= seq, timeout_s)

    def _opened(self, known: InEffect) -> Matcher:
        ground = self._book.ground
        made = self._make(open_amended(ground.city, known.amendments, ground.locator))
        made.warm()
        return made

    def _take(self) -> None:
        """Take the corrections in effect in."""
        known = self._book.in_effect()
        version = amended_version(self._book.ground.city, known.amendments)
        if version != self._matcher.gazetteer.version:
            self._matcher = self._opened(known)
        with self._changed:
            self._seq = known.seq
            self._changed.notify_all()

    def _follow(self) -> None:
        failures = 0
        while not self._ending.wait(_RETRY_S[min(failures, 4) - 1] if failures else self._pause_s):
            try:
                if self._book.head() != self._seq:
                    self._take()
            except UnavailableError as error:
                if not failures:
                    log.warning("corrections cannot be read: %s", error.message)
                failures += 1
                continue
            except Exception:
                # The matcher that is there goes on answering, with its version.
                if not failures:
                    log.exception("corrections cannot be taken in")
                failures += 1
                continue
            if failures:
                log.warning("corrections are taken in again after %d attempts", failures)
            failures = 0


# A child after fork has no thread, and locks that may never be released: it starts its own.
_matchers: weakref.WeakSet[LiveMatcher] = weakref.WeakSet()


def _renew_all() -> None:
    for one in list(_matchers):
        one._renew()  # noqa: SLF001 - the same module


os.register_at_fork(after_in_child=_renew_all)
