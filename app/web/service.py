"""What the routes share: the opened city, its Locator, and how answers are worded."""

from __future__ import annotations

import logging
from typing import cast

from flask import current_app, g

from app.accounts import Actor, Permission
from app.accounts.accounts import Accounts
from app.accounts.tokens import Tokens
from app.analysis.archive import Archive
from app.analysis.coverage import CoverageOf
from app.analysis.ground import Ground
from app.corrections.book import Book
from app.corrections.live import LiveCorrections
from app.errors import WeigeError
from app.grids import City, Grid
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
from app.maps.tiles import tiles_path
from app.store import Database
from app.web.address_book import AddressBook
from app.web.cached import AnswerCache
from app.web.listeners import Listeners
from app.web.schemas import ChainRef, GridRef, StaffOut
from app.web.settings import DEMO, Settings
from app.web.start import check_ready
from app.web.writes import WriteLimit

log = logging.getLogger(__name__)


class Service:
    """The parts that live as long as the application.

    Parameters
    ----------
    settings
        What to serve.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.locator = Locator.open(settings.city, settings.tolerance_m)
        self.city: City = self.locator.city
        self.ground = Ground(self.city)
        self.coverage = CoverageOf(self.city, self.ground)
        self.answers = AnswerCache()
        self.tiles = tiles_path(self.city, settings.var)
        self.addresses = AddressBook(self.city)
        self.policy = Policy.read(settings.policy)
        self.database = Database(settings.database_url or f"sqlite:///{settings.var / 'weige.db'}")
        self.database.upgrade()
        # A server forks after this: no connection may be open then.
        self.database.close()
        self.desk = Desk(self.database, self.locator, self.policy)
        self.ledger = Ledger(self.database, self.policy)
        self.feed = Feed(self.database)
        self.follower = Follower(self.feed)
        self.listeners = Listeners(settings.max_listeners)
        hosts = WebhookHosts.of(settings.webhook_hosts, loopback=settings.env == DEMO)
        self.webhooks = Webhooks(self.database, self.policy, hosts)
        self.deliverer = Deliverer(self.database, self.webhooks, self.follower)
        self.live = Live(self.database, self.follower)
        self.archive = Archive(self.database, self.locator, self.ground)
        self.corrections = Book(self.database, self.locator)
        self.live_corrections = LiveCorrections(self.corrections, self.addresses.take)
        self.photos = Photos(self.database)
        self.roster = Roster(self.database, self.city)
        self.accounts = Accounts(self.database, self.city)
        self.tokens = Tokens(self.database, self.accounts)
        self.writes = WriteLimit(settings.writes_per_minute)
        check_ready(settings, self.accounts)

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
        """Do what is done without being asked: deliver to webhooks, take corrections in.

        For a process that serves.
        """
        self.deliverer.start()
        if self.addresses.version:
            self.live_corrections.start()

    def end(self) -> None:
        """Let everything that waits end: the process stops. Fit for the handler of a signal."""
        self.deliverer.end()
        self.live_corrections.end()
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
    """Return the service of the current application."""
    return cast("Service", current_app.extensions["weige"])
