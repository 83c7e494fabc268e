"""What the routes share: the opened city, its Locator, and how answers are worded."""

from __future__ import annotations

from typing import cast

from flask import current_app

from app.accounts import Actor, Permission
from app.grids import City, Grid
from app.incidents.absences import Roster
from app.incidents.desk import Desk
from app.incidents.feed import Feed
from app.incidents.follow import Follower
from app.incidents.ledger import Ledger
from app.incidents.policy import Policy
from app.locate import Locator
from app.incidents.live import Live
from app.maps.tiles import tiles_path
from app.store import Database
from app.web.listeners import Listeners
from app.web.schemas import ChainRef, GridRef, StaffOut
from app.web.settings import Settings


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
        self.tiles = tiles_path(self.city, settings.var)
        self.policy = Policy.read(settings.policy)
        self.database = Database(settings.database_url or f"sqlite:///{settings.var / 'weige.db'}")
        self.database.upgrade()
        self.desk = Desk(self.database, self.locator, self.policy)
        self.ledger = Ledger(self.database, self.policy)
        self.feed = Feed(self.database)
        self.follower = Follower(self.feed)
        self.listeners = Listeners(settings.max_listeners)
        self.roster = Roster(self.database, self.city)
        self._show_phones = settings.staff_phones or bool(self.city.manifest.synthetic)

    def end(self) -> None:
        self.live = Live(self.database, self.follower)
        """Let everything that waits end: the process stops. Fit for the handler of a signal."""
        self.follower.end()

    def staff(self, code: str) -> list[StaffOut]:
        """Return who is on duty for a grid, with phones only where they may be shown."""
        return [
            StaffOut(role=one.role, label=one.label, phone=one.phone if self._show_phones else None)
            for one in self.city.staff_of(code)
        ]

    def shows_phones(self, actor: Actor) -> bool:
        """Whether phones of people on duty may be shown to an actor."""
        return self._show_phones and Permission.CONTACT in actor.permissions

    def finest_ref(self, code: str) -> GridRef:
        """Return a grid of the finest level by code and name."""
        return GridRef(code=code, name=self.city.name_of(code, self.city.levels[-1].id))


def chain_ref(grid: Grid) -> ChainRef:
    """Return a grid and where it belongs."""
    return ChainRef(level=grid.part.id, level_name=grid.part.name, code=grid.code, name=grid.name)


def service() -> Service:
    """Return the service of the current application."""
    return cast("Service", current_app.extensions["weige"])
