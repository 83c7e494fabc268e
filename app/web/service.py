"""What the routes share: the opened city, its Locator, and how answers are worded."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import cast

from flask import current_app, g

from app.accounts import Actor, Permission
from app.accounts.accounts import Accounts
from app.accounts.kept_views import KeptViews
from app.accounts.tokens import Tokens
from app.addresses.amendments import Amendments
from app.analysis.archive import Archive
from app.analysis.coverage import CoverageOf
from app.analysis.ground import Ground
from app.corrections.book import Book
from app.corrections.live import LiveCorrections
from app.errors import WeigeError
from app.grids import City, Grid
from app.grids.names import GridNames
from app.incidents.absences import Roster
from app.incidents.deliver import Deliverer
from app.incidents.desk import Desk
from app.incidents.feed import Feed
from app.incidents.follow import Follower
from app.incidents.ledger import Ledger
from app.incidents.live import Live
from app.incidents.photos import Photos
from app.incidents.policy import Policy
from app.incidents.webhook_hosts import WebhookHosts
from app.incidents.webhooks import Webhooks
from app.locate import Locator
from app.maps.basemaps import read_basemaps
from app.maps.moved_houses import MovedHouses, moved_houses
from app.maps.tiles import build_tiles, tiles_path
from app.store import Database, utc_now
from app.web.address_book import AddressBook
from app.web.cached import AnswerCache
from app.web.listeners import Listeners
from app.web.schemas import ChainRef, GridRef, StaffOut
from app.web.settings import DEMO, Settings
from app.web.start import check_ready
from app.web.switch import Switch
from app.web.writes import WriteLimit

log = logging.getLogger(__name__)


class Service:
    """What answers by one edition of the boundaries, with the parts that all editions share.

    The application has one for the edition of today; those of other editions are made from it.

    Parameters
    ----------
    settings
        What to serve.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        locator = Locator.open(settings.city, settings.tolerance_m)
        self.answers = AnswerCache()
        self.policy = Policy.read(settings.policy)
        self.basemaps = read_basemaps(Path(settings.basemaps)) if settings.basemaps else ()
        self.database = Database(settings.database_url or f"sqlite:///{settings.var / 'weige.db'}")
        self.database.upgrade()
        # A server forks after this: no connection may be open then.
        self.database.close()
        self.ledger = Ledger(self.database, self.policy)
        self.feed = Feed(self.database)
        self.follower = Follower(self.feed)
        self.listeners = Listeners(settings.max_listeners)
        hosts = WebhookHosts.of(settings.webhook_hosts, loopback=settings.env == DEMO)
        self.webhooks = Webhooks(self.database, self.policy, hosts)
        self.deliverer = Deliverer(self.database, self.webhooks, self.follower)
        self.live = Live(self.database, self.follower)
        self.photos = Photos(self.database)
        self.kept_views = KeptViews(self.database)
        self.writes = WriteLimit(settings.writes_per_minute)
        self._answer_by(locator)
        zone = self.policy.time_zone
        self.switch = Switch(
            settings.city,
            self,
            self._of_edition,
            Service._get_ready,
            lambda: utc_now().astimezone(zone).date(),
        )
        check_ready(settings, self.accounts)

    def _answer_by(self, locator: Locator) -> None:
        """Have the parts that belong to an edition."""
        self.locator = locator
        self.city: City = locator.city
        self.names = GridNames(self.city)
        self.ground = Ground(self.city)
        self.coverage = CoverageOf(self.city, self.ground)
        self.tiles = tiles_path(self.city, self.settings.var)
        self.addresses = AddressBook(self.city)
        self.desk = Desk(self.database, locator, self.policy)
        self.archive = Archive(self.database, locator, self.ground)
        self.corrections = Book(self.database, locator)
        self.moved_houses = MovedHouses()
        self.live_corrections = LiveCorrections(
            self.corrections, self.addresses.take, self._move_houses
        )
        self.roster = Roster(self.database, self.city)
        self.accounts = Accounts(self.database, self.city)
        self.tokens = Tokens(self.database, self.accounts)

    def _move_houses(self, amendments: Amendments) -> None:
        self.moved_houses = moved_houses(self.locator, amendments)

    def _of_edition(self, folder: Path) -> Service:
        """Return what answers by the edition in a folder; all else is shared with it."""
        made = copy.copy(self)
        made._answer_by(Locator(City.at(folder), self.settings.tolerance_m))  # noqa: SLF001
        return made

    def _get_ready(self) -> None:
        """Have all that a question would have to wait for, before the first one comes."""
        self.locator.build_indexes()
        if self.switch.current.tiles.is_file():
            build_tiles(self.city, self.settings.var)
        self.warm()
        if self.addresses.version:
            self.live_corrections.start()

    def take_turns(self, take: Callable[[Service], None]) -> None:
        """Say how the application is given the service of another edition, when it is its day."""

        def change(before: Service, after: Service) -> None:
            take(after)
            before.live_corrections.end()

        self.switch.change = change

    def on(self, day: date | None) -> Service:
        """Return what answers for a day; None is today.

        Raises
        ------
        NoEditionError
            If no edition of the boundaries holds on that day.
        """
        return self if day is None else self.switch.on(day)

    def on_addresses(self, day: date | None) -> Service:
        """Return what answers questions about addresses for a day; see `on`.

        Of another day than today corrections are taken in with the question.
        """
        found = self.on(day)
        if found is not self and found.addresses.version:
            found.live_corrections.catch_up()
        return found

    def warm(self) -> None:
        """Open what takes a while, so that a server that forks afterwards shares it."""
        if self.addresses.version:
            try:
                self.live_corrections.catch_up()
            except WeigeError as error:
                log.warning("corrections are not reckoned with yet: %s", error.message)
            self.database.close()
        self.addresses.warm()

    def begin(self) -> None:
        """Do what is done without being asked: deliver to webhooks, take in what changes.

        For a process that serves.
        """
        self.deliverer.start()
        if self.addresses.version:
            self.live_corrections.start()
        self.switch.start()

    def end(self) -> None:
        """Let everything that waits end: the process stops. Fit for the handler of a signal."""
        self.switch.end()
        self.deliverer.end()
        self.switch.current.live_corrections.end()
        self.follower.end()

    def staff(self, actor: Actor, code: str) -> list[StaffOut]:
        """Return who is on duty for a grid, with phones only where they may be shown.

        An account of an area sees the phones of its area and of those above it.
        """
        areas = self.accounts.areas
        near = areas.within(code, actor.area) or areas.within(actor.area, code)
        found = self.city.staff_of(code)
        shown = bool(found) and near and self.shows_phones(actor, code)
        return [
            StaffOut(role=one.role, label=one.label, phone=one.phone if shown else None)
            for one in found
        ]

    def shows_phones(self, actor: Actor, subject: str) -> bool:
        """Tell whether phones of people on duty may be shown to an actor.

        That phones of real people are shown is recorded with the answer (app.web.auth).

        Parameters
        ----------
        actor
            Who asks.
        subject
            Whose phones: the code of a grid, or the number of an incident.
        """
        if Permission.CONTACT not in actor.permissions:
            return False
        if not self.city.manifest.synthetic:
            g.setdefault("weige_phones_of", set()).add(subject)
        return True

    def finest_ref(self, code: str) -> GridRef:
        """Return a grid of the finest level by code and name."""
        return GridRef(code=code, name=self.city.name_of(code, self.city.levels[-1].id))


def chain_ref(grid: Grid) -> ChainRef:
    """Return a grid and where it belongs."""
    return ChainRef(level=grid.part.id, level_name=grid.part.name, code=grid.code, name=grid.name)


def service() -> Service:
    """Return what answers the current request: the same one from its beginning to its end."""
    if "weige_service" not in g:
        g.weige_service = current_app.extensions["weige"]
    return cast("Service", g.weige_service)
