"""Coverage of a city in three meanings: do its grids tile it, are they staffed, what is reached.

`CoverageOf` is the one door for the map, the API, files and scripts. docs/coverage.md says how
everything is counted.
"""

from __future__ import annotations

import threading
from datetime import datetime
from functools import cached_property

from app.analysis.coverage_boundary import boundary
from app.analysis.coverage_near import Nearness, read_addresses
from app.analysis.coverage_reach import ReachQuestion, reach
from app.analysis.coverage_staffing import staffing
from app.analysis.coverage_table import Coverage
from app.analysis.ground import Ground
from app.errors import CityError
from app.grids import City
from app.grids.reference import Reference, Team, read_team, unfit_tables
from app.incidents.assign import Duty


class CoverageOf:
    """What is asked about the coverage of a city.

    Reference tables, projected shapes and distances are read and made when they are first needed,
    and kept as long as this: a city does not change while it is open.

    Parameters
    ----------
    city
        The opened city.
    ground
        Of the city, where one exists already.
    """

    def __init__(self, city: City, ground: Ground | None = None) -> None:
        self.city = city
        self.ground = ground or Ground(city)
        self._making = threading.RLock()

    @cached_property
    def reference(self) -> Reference:
        """The reference tables; raises CityError if they are not usable."""
        return Reference.open(self.city)

    @cached_property
    def team(self) -> Team:
        """Who the people on duty are; raises CityError if the staff table is not usable."""
        return read_team(self.city)

    def boundary(self) -> Coverage:
        """Return what the check of the boundaries found."""
        return boundary(self.ground)

    def staffing(self, duty: Duty | None = None, at: datetime | None = None) -> Coverage:
        """Return how the city is staffed.

        Parameters
        ----------
        duty
            Who is on duty; everybody of the staff table where left out.
        at
            The instant of `duty`.
        """
        everybody = Duty(self.city, frozenset())
        return staffing(self.ground, self.team, duty or everybody, at)

    def reach(self, question: ReachQuestion | None = None) -> Coverage:
        """Return how far stations, visits and inspections reach.

        Raises
        ------
        BadInputError
            If there is no such kind or group, or the day is missing or too early.
        CityError
            If a table of the city is not usable.
        """
        return reach(self.ground, self.reference, self._nearness, question or ReachQuestion())

    def unfit(self) -> list[CityError]:
        """Return why tables that figures are counted from do not fit the boundaries.

        After an import of other boundaries the folder still has the tables that were made for
        those before.
        """
        found = unfit_tables(self.city)
        try:
            read_addresses(self.ground)
        except CityError as error:
            found.append(error)
        return found

    @cached_property
    def _nearness(self) -> Nearness:
        with self._making:
            return Nearness(self.ground, self.reference.stations)
