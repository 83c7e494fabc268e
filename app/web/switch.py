"""The editions of a city as a process serves them: today's, and those of other days.

A thread looks twice a second whether the files that say what holds have changed, or the day has.
Then it opens the edition that holds now and puts its service in the place of the one before: one
assignment. A request keeps the service that it began with, so it never meets two editions, and
waits for neither (docs/architecture.md).
"""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from app.errors import CityError, UnavailableError, WeigeError
from app.grids import City
from app.grids.editions import Edition, Editions, today_here
from app.grids.manifest import MANIFEST_NAME
from app.grids.store import EDITIONS_FOLDER, EDITIONS_NAME

log = logging.getLogger(__name__)

PAUSE_S = 0.5
# How long the thread waits before it tries again what failed.
_RETRY_S = (0.5, 1.0, 2.0, 5.0)
# Of other days so many editions are kept open.
KEPT = 3


class OfEdition(Protocol):
    """What answers by one edition."""

    @property
    def city(self) -> City:
        """The opened edition."""


ServiceT = TypeVar("ServiceT", bound=OfEdition)
_Sign = tuple[object, ...]


class Switch(Generic[ServiceT]):
    """Holds what answers by the edition of today, and by those of other days.

    Parameters
    ----------
    folder
        The city folder.
    first
        What answers now.
    make
        Makes what answers by an edition, from its folder.
    ready
        Is given what was made for today before it answers, and gets all of it ready.
    today
        Tells the day.

    Attributes
    ----------
    change : callable
        Is given what answered, and what answers from now on, and has everybody asked the second.
    """

    def __init__(
        self,
        folder: Path,
        first: ServiceT,
        make: Callable[[Path], ServiceT],
        ready: Callable[[ServiceT], None],
        today: Callable[[], date] = today_here,
    ) -> None:
        self._folder = folder
        self._current = first
        self._make = make
        self._ready = ready
        self.change: Callable[[ServiceT, ServiceT], None] = lambda *_: None
        self._today = today
        self._seen: _Sign | None = None
        self._read: tuple[_Sign, Editions] | None = None
        self._others: OrderedDict[tuple[Path, str], ServiceT] = OrderedDict()
        self._renew()
        _all.add(self)

    def _renew(self) -> None:
        """Have locks and no thread, as in a process that has just begun."""
        self._thread: threading.Thread | None = None
        self._turn = threading.Lock()
        self._opening = threading.Lock()
        self._ending = threading.Event()

    @property
    def current(self) -> ServiceT:
        """What answers where no day is named."""
        return self._current

    def editions(self) -> Editions:
        """Return the editions that there are now.

        Raises
        ------
        UnavailableError
            If the folder cannot be read as one now; the log says why.
        """
        sign = self._sign()
        known = self._read
        if known is None or known[0] != sign:
            try:
                known = self._read = sign, Editions.read(self._folder)
            except CityError as error:
                log.warning("the editions of %s: %s", self._folder, error.message)
                raise UnavailableError(
                    "the list of editions of the boundaries cannot be read now",
                    "What answers today answers still; tell the administrator, the log says why.",
                    message_zh="暂时无法读取网格版本清单",
                    hint_zh="当前版本仍可使用；请联系管理员，日志中有原因。",
                ) from error
        return known[1]

    def on(self, day: date) -> ServiceT:
        """Return what answers by the edition that holds on a day.

        Raises
        ------
        NoEditionError
            If there is none.
        CityError
            If it cannot be opened.
        """
        return self.of(self.editions().on(day))

    def of(self, edition: Edition) -> ServiceT:
        """Return what answers by an edition, in force or not."""
        now, key = self._current, _key(edition)
        if key == (now.city.folder, now.city.manifest.content_hash):
            return now
        with self._opening:
            found = self._others.get(key)
            if found is None:
                found = self._others[key] = self._make(edition.folder)
                while len(self._others) > KEPT:
                    self._others.popitem(last=False)
            self._others.move_to_end(key)
            return found

    def catch_up(self) -> None:
        """Let the edition of today answer, if another one does.

        Raises
        ------
        WeigeError
            If it cannot be opened; then all stays as it is.
        """
        with self._turn:
            sign = self._sign()
            if sign == self._seen:
                return
            wanted = Editions.read(self._folder).current(self._today())
            before = self._current
            if _key(wanted) != (before.city.folder, before.city.manifest.content_hash):
                fresh = self._make(wanted.folder)
                self._ready(fresh)
                self._current = fresh
                self.change(before, fresh)
                log.warning(
                    "generation %s answers in the place of %s",
                    fresh.city.manifest.generation,
                    before.city.manifest.generation,
                )
            self._seen = sign

    def start(self) -> None:
        """Begin to follow, if it does not yet; first take in what has changed since the start."""
        if self._thread is None:
            self._try()
            thread = threading.Thread(target=self._follow, name="editions", daemon=True)
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

    def _follow(self) -> None:
        failures = 0
        while not self._ending.wait(_RETRY_S[min(failures, 3)] if failures else PAUSE_S):
            failures = 0 if self._try(quiet=bool(failures)) else failures + 1

    def _try(self, *, quiet: bool = False) -> bool:
        """Catch up; tell whether that went well. What is there goes on answering."""
        try:
            self.catch_up()
        except Exception as error:
            if not quiet and isinstance(error, WeigeError):
                log.warning("the city folder is not taken in: %s %s", error.message, error.hint)
            elif not quiet:
                log.exception("the city folder is not taken in")
            return False
        return True

    def _sign(self) -> _Sign:
        """Return what changes whenever another edition may hold, or the one there is changes."""
        now = self._current.city.folder
        files = {
            self._folder / EDITIONS_NAME, self._folder / MANIFEST_NAME, now / MANIFEST_NAME,
            self._folder, self._folder / EDITIONS_FOLDER,
        }  # fmt: skip
        return (self._today(), *(_stamp(one) for one in sorted(files)))


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_ino, found.st_mtime_ns, found.st_size)


def _key(edition: Edition) -> tuple[Path, str]:
    return edition.folder, edition.manifest.content_hash


# A child after fork has no thread, and locks that may never be released: it starts its own.
_all: weakref.WeakSet[Switch[Any]] = weakref.WeakSet()


def _renew_all() -> None:
    for one in list(_all):
        one._renew()  # noqa: SLF001 - the same module


os.register_at_fork(after_in_child=_renew_all)
