"""What answers questions about addresses: opened once in a process, shared by its threads.

A server opens it before it forks (gunicorn.conf.py), so that its processes share the memory; any
other opens it with the first question.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from threading import Lock

from app.addresses.amended import open_amended
from app.addresses.amendments import Amendments
from app.addresses.calibration import calibration_of
from app.addresses.gazetteer import Gazetteer
from app.addresses.home import Home
from app.addresses.index import TABLE, version_of
from app.addresses.matcher import Matcher
from app.addresses.suggest import Suggester
from app.errors import CityError, NotFoundError, UnavailableError, WeigeError
from app.grids import City

log = logging.getLogger(__name__)


class NoGazetteerError(NotFoundError):
    """The city has no gazetteer, so no address can be looked up."""

    code = "no_gazetteer"


class GazetteerError(UnavailableError):
    """The city's gazetteer cannot be used until somebody mends it."""

    code = "gazetteer_unusable"


@dataclass(frozen=True, slots=True)
class Addresses:
    """What one gazetteer answers."""

    gazetteer: Gazetteer
    matcher: Matcher
    suggester: Suggester


class AddressBook:
    """The addresses of one city.

    Parameters
    ----------
    city
        Whose gazetteer is opened when it is first asked for.
    """

    def __init__(self, city: City) -> None:
        self._city = city
        self._lock = Lock()
        self._opened: Addresses | None = None
        self._fault: WeigeError | None = None

    @property
    def version(self) -> str:
        """Hash of the content of the gazetteer, "" if the city has none."""
        manifest = self._city.manifest
        return version_of(manifest) if TABLE in manifest.tables else ""

    def open(self) -> Addresses:
        """Return what answers, opened if need be.

        Raises
        ------
        NoGazetteerError
            If the city has no gazetteer.
        GazetteerError
            If it has one that cannot be used.
        """
        if self._opened is None:
            with self._lock:
                if self._fault is not None:
                    # One that is raised again and again would drag its traces along.
                    raise type(self._fault)(
                        self._fault.message,
                        self._fault.hint,
                        message_zh=self._fault.message_zh,
                        hint_zh=self._fault.hint_zh,
                    )
                if self._opened is None:
                    self._opened = self._open()
        return self._opened

    def warm(self) -> None:
        """Open it now, if the city has one; what is wrong with it is logged."""
        if not self.version:
            return
        try:
            self.open()
        except WeigeError as error:
            log.warning("addresses are not answered: %s %s", error.message, error.hint)

    def take(self, amendments: Amendments) -> None:
        """Answer by the gazetteer with corrections laid over it from now on.

        Who asks meanwhile is answered as before.

        Parameters
        ----------
        amendments
            The corrections in effect.

        Raises
        ------
        CityError
            If the gazetteer cannot be used; then all stays as it is.
        """
        opened = self._made(open_amended(self._city, amendments))
        with self._lock:
            self._opened, self._fault = opened, None

    def _open(self) -> Addresses:
        try:
            return self._made(Gazetteer.open(self._city))
        except CityError as error:
            kind = GazetteerError if self.version else NoGazetteerError
            self._fault = kind(
                error.message, error.hint, message_zh=error.message_zh, hint_zh=error.hint_zh
            )
            raise self._fault from error

    def _made(self, gazetteer: Gazetteer) -> Addresses:
        start = time.perf_counter()
        home = Home.of(self._city.manifest.name)
        matcher = Matcher(gazetteer, calibration_of(self._city), home)
        matcher.warm()
        opened = Addresses(gazetteer, matcher, Suggester(gazetteer, home))
        log.info("addresses are ready after %.1f s", time.perf_counter() - start)
        return opened
