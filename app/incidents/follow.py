"""One reader of the feed for a whole process, and everybody who listens to it.

A thread asks the database a few times a second for what comes after the last number it has seen,
keeps the newest events in memory and wakes those who wait. So two hundred listeners cost one
query, and none of them holds a connection. Numbers have no holes and become visible in order
(app.incidents.feed): what the thread has read up to n is everything up to n.
"""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections.abc import Callable, Sequence

from app.errors import UnavailableError
from app.incidents.feed import MAX_EVENTS, Feed
from app.incidents.incident import Event

log = logging.getLogger(__name__)

Callback = Callable[[Sequence[Event]], None]

KEPT = 4_000
PAUSE_S = 0.05
# How long the thread waits before it asks again a database that did not answer.
_RETRY_S = (0.2, 0.5, 1.0, 2.0)


class Follower:
    """Follows a feed; its thread starts when somebody first asks, in the process that asks.

    Parameters
    ----------
    feed
        What is followed.
    kept
        How many of the newest events stay in memory; older ones are read from the database.
    pause_s
        How long the thread waits between two questions, seconds.
    """

    def __init__(self, feed: Feed, *, kept: int = KEPT, pause_s: float = PAUSE_S) -> None:
        self._feed = feed
        self._kept = kept
        self._pause_s = pause_s
        self._callbacks: list[Callback] = []
        self._events: list[Event] = []
        self._position = -1
        self._renew()
        _followers.add(self)

    def _renew(self) -> None:
        """Have locks and no thread, as in a process that has just begun."""
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._changed = threading.Condition()
        self._ending = threading.Event()
        self._reading = threading.Lock()

    @property
    def position(self) -> int:
        """Number up to which everybody has been told; -1 before anybody asked."""
        return self._position

    @property
    def ended(self) -> bool:
        """Whether `end` was called: who listens should stop."""
        return self._ending.is_set()

    def start(self) -> None:
        """Begin to follow, if nobody has yet; the newest events are in memory when it returns.

        Raises
        ------
        UnavailableError
            If the database cannot be read.
        """
        if self._thread is not None:
            return
        with self._starting:
            if self._is_running():
                return
            if self._position < 0:
                head = self._feed.head()
                events = self._feed.after(max(0, head - self._kept), self._kept + MAX_EVENTS)
                with self._changed:
                    self._events = list(events)
                    self._position = events[-1].seq if events else head
            thread = threading.Thread(target=self._follow, name="feed-follower", daemon=True)
            thread.start()
            self._thread = thread

    def _is_running(self) -> bool:
        return self._thread is not None

    def end(self) -> None:
        """Tell the thread and everybody who waits to stop, and return at once.

        Takes no lock that another thread holds for long: fit for the handler of a signal.
        """
        self._ending.set()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Stop to follow, and wait until the thread has ended."""
        self.end()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    def subscribe(self, callback: Callback) -> int:
        """Have a function called with all events to come, and return the number they come after.

        It is called on the follower's thread with one or more events, in order, each event once.
        It must be quick; what it raises is logged and its business. Subscribing starts the
        thread. To build something from a snapshot: subscribe first, read the snapshot then, and
        expect that the first events may be part of it.

        Parameters
        ----------
        callback
            Takes a sequence of events.

        Returns
        -------
        int
            The callback is given every event with a higher number.

        Raises
        ------
        UnavailableError
            If the database cannot be read.
        """
        self.start()
        with self._changed:
            self._callbacks.append(callback)
            return self._position

    def unsubscribe(self, callback: Callback) -> None:
        """Call a function no more."""
        with self._changed:
            self._callbacks.remove(callback)

    def after(self, seq: int, limit: int = MAX_EVENTS, wait_s: float = 0.0) -> tuple[Event, ...]:
        """Return the events after a number, at most `limit`, whoever may see them.

        Parameters
        ----------
        seq
            The number.
        limit
            At most so many.
        wait_s
            How long to wait for the first, seconds; it ends early when the follower does.

        Returns
        -------
        tuple of Event
            From memory, or from the database where they are older; empty if there are none.

        Raises
        ------
        UnavailableError
            If the database is needed and cannot be read.
        """
        self.start()
        with self._changed:
            self._changed.wait_for(lambda: self._position > seq or self.ended, wait_s)
            if self._position <= seq:
                return ()
            first = self._events[0].seq if self._events else self._position + 1
            if first <= seq + 1:
                return tuple(self._events[seq + 1 - first :][:limit])
        return self._feed.after(seq, limit)

    def _follow(self) -> None:
        failures = 0
        pause_s = self._pause_s
        while not self._ending.wait(pause_s):
            try:
                with self._reading:
                    found = self._feed.after(self._position)
            except UnavailableError as error:
                if not failures:
                    log.warning("the feed cannot be read: %s", error.message)
                pause_s = _RETRY_S[min(failures, len(_RETRY_S) - 1)]
                failures += 1
                continue
            except Exception:
                log.exception("the feed cannot be read")
                pause_s = _RETRY_S[-1]
                continue
            if failures:
                log.warning("the feed is read again after %d attempts", failures)
            failures = 0
            # A full page means that there is more.
            pause_s = 0.0 if len(found) == MAX_EVENTS else self._pause_s
            if found:
                self._tell(found)
        with self._changed:
            self._changed.notify_all()

    def _tell(self, found: Sequence[Event]) -> None:
        with self._changed:
            if found[0].seq != self._position + 1:
                # The feed has no holes; if it is cut all the same, memory begins anew behind it.
                log.error("the feed goes from %d to %d", self._position, found[0].seq)
                self._events = []
            self._events.extend(found)
            if len(self._events) > 2 * self._kept:
                self._events = self._events[-self._kept :]
            self._position = found[-1].seq
            callbacks = tuple(self._callbacks)
            self._changed.notify_all()
        for callback in callbacks:
            try:
                callback(found)
            except Exception:
                log.exception("a subscriber of the feed failed")


# A child after fork has no thread, and locks that may never be released: it starts its own. Locks
# inside of SQLite cannot be made anew there, so nothing is forked while a thread reads.
_followers: weakref.WeakSet[Follower] = weakref.WeakSet()
_held: list[threading.Lock] = []
# A database that does not answer holds up a fork no longer than this.
_FORK_S = 5.0


def _hold_all() -> None:
    locks = [follower._reading for follower in list(_followers)]  # noqa: SLF001 - the same module
    _held.extend(lock for lock in locks if lock.acquire(timeout=_FORK_S))


def _release_all() -> None:
    while _held:
        _held.pop().release()


def _renew_all() -> None:
    _held.clear()
    for follower in list(_followers):
        follower._renew()  # noqa: SLF001 - the same module


os.register_at_fork(before=_hold_all, after_in_parent=_release_all, after_in_child=_renew_all)
