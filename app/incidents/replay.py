"""Incidents by another edition of the boundaries: what would change, and changing it.

An incident keeps the codes of the edition that answered when it was reported. To replay it is to
ask another edition where it lies. Every change that is written is an event like any edit, with the
codes of before and after, so nothing of what was said on its day is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from app.accounts import Actor, Permission
from app.errors import BadInputError, NotFoundError
from app.grids import City
from app.incidents.assign import grids_up
from app.incidents.changes import change, load_numbered, lock
from app.incidents.incident import CITY_LEVEL, Assignee, Draft, Incident, Kind
from app.incidents.lifecycle import OPEN
from app.incidents.place import Place
from app.incidents.places import find_places
from app.incidents.records import INCIDENTS, keep_assignee, keep_grids, to_incident
from app.incidents.tables import incident
from app.locate import Locator
from app.store import Database, utc_now

_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Replayed:
    """What another edition says of one incident.

    Attributes
    ----------
    number, status : str
        The incident.
    generation_from, generation_to : str
        By which edition it was located, and by which now.
    grid_from, grid_to : str
        The finest grid, "" for none.
    status_from, status_to : str
        What the locator said of the place, and says now.
    codes_changed : bool
        Whether any grid of any level or overlay is another.
    assignee_gone : str
        Code of the grid that has it, if the edition has no such grid; else "".
    fault : str
        Why it cannot be located by it, such as a place of which only a grid was known that is no
        more; "" if it can.
    """

    number: str
    status: str
    generation_from: str
    generation_to: str
    grid_from: str
    grid_to: str
    status_from: str
    status_to: str
    codes_changed: bool
    assignee_gone: str
    fault: str

    @property
    def changes(self) -> bool:
        """Whether the edition says anything else of it than what is kept."""
        return self.codes_changed or self.status_from != self.status_to


class Replay:
    """Asks one edition about incidents of a database.

    Parameters
    ----------
    database
        Where they are kept.
    locator
        Of the edition.
    clock
        Returns the instant; for tests.
    """

    def __init__(
        self, database: Database, locator: Locator, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._locator = locator
        self._clock = clock

    def look(self, actor: Actor, *, only_open: bool = True) -> Iterator[Replayed]:
        """Yield what the edition says of each incident, in the order of their keys.

        Parameters
        ----------
        actor
            Who asks; must see the whole city.
        only_open
            Whether to leave those alone that are over.
        """
        actor.require(Permission.DISPATCH)
        actor.require_area(frozenset())
        for found in self._pages(only_open):
            places = find_places(self._locator, [_draft(one) for one in found])
            for one, place in zip(found, places, strict=True):
                yield self._said(one, place)

    def write(self, actor: Actor, number: str, note: str = "") -> bool:
        """Give an incident the place that the edition says; return whether that changed anything.

        Who has it keeps it. Written under a lock, from what is there then.

        Raises
        ------
        BadInputError
            If the edition cannot say where it lies.
        """
        actor.require(Permission.DISPATCH)
        actor.require_area(frozenset())

        def work(connection: Connection) -> bool:
            lock(connection, number)
            before = load_numbered(connection, number)
            place = find_places(self._locator, [_draft(before)])[0]
            if isinstance(place, BadInputError):
                raise place
            said = self._said(before, place)
            if not said.changes and said.generation_from == said.generation_to:
                return False
            keep_grids(connection, before.id, place.location)
            keep_assignee(connection, before.id, grids_up(self._locator.city, before.assignee))
            changed = {
                "generation": [said.generation_from, said.generation_to],
                "grid": [before.grid, place.columns["grid"]],
            }
            change(
                connection,
                actor,
                before,
                place.columns,
                self._clock(),
                Kind.EDITED,
                note=note,
                data={"changed": changed},
            )
            return True

        return self._database.write(work)

    def _pages(self, only_open: bool) -> Iterator[list[Incident]]:
        after = 0
        limits = [incident.c.status.in_([str(one) for one in OPEN])] if only_open else []
        while True:
            asked = INCIDENTS.where(incident.c.id > after, *limits).order_by(incident.c.id)
            with self._database.read() as connection:
                found = [to_incident(row) for row in connection.execute(asked.limit(_ROWS))]
            if not found:
                return
            yield found
            after = found[-1].id

    def _said(self, before: Incident, place: Place | BadInputError) -> Replayed:
        lost = isinstance(place, BadInputError)
        location = before.location if isinstance(place, BadInputError) else place.location
        codes = list(location.get("codes", {}).values())
        return Replayed(
            number=before.number,
            status=str(before.status),
            generation_from=before.generation,
            generation_to=self._locator.city.manifest.generation,
            grid_from=before.grid or "",
            grid_to=codes[-1] if codes and not lost else "",
            status_from=before.location_status,
            status_to=before.location_status if lost else location["status"],
            codes_changed=lost
            or any(_filled(before.location, key) != _filled(location, key) for key in _CODES),
            assignee_gone=_gone(self._locator.city, before.assignee),
            fault=place.message if isinstance(place, BadInputError) else "",
        )


_CODES = ("codes", "overlays")


def _filled(location: dict[str, dict[str, object]], key: str) -> dict[str, object]:
    """Return the codes that a kept location names, without layers of which it names none."""
    return {layer: found for layer, found in location.get(key, {}).items() if found}


def _gone(city: City, assignee: Assignee | None) -> str:
    if assignee is None or assignee.level == CITY_LEVEL:
        return ""
    try:
        city.find(assignee.code, assignee.level)
    except NotFoundError:
        return assignee.code
    return ""


def _draft(found: Incident) -> Draft:
    """Return the place of an incident as it was given, as a report that can be located."""
    within = None
    if found.lon_given is None:
        # Only a grid is known: the overlay's, else the finest one.
        overlays = [code for codes in found.location.get("overlays", {}).values() for code in codes]
        within = overlays[0] if overlays else found.grid
    return Draft(
        hazard=found.hazard,
        title=found.title,
        lon=found.lon_given,
        lat=found.lat_given,
        datum=found.datum,
        accuracy_m=found.accuracy_m,
        grid=within,
    )
