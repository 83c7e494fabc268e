"""Incidents for a map: of the city folder, of a database, or of a file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from app.analysis.archive import Archive
from app.analysis.ground import Ground
from app.analysis.selection import IncidentSet, read_table
from app.incidents.bring_in import BringIn, RowStatus
from app.incidents.mapping import Mapping
from app.incidents.policy import Policy
from app.locate import Locator
from app.store import Database
from app.tables import open_table


@dataclass(frozen=True, slots=True)
class Taken:
    """Incidents of a file.

    Attributes
    ----------
    incidents : IncidentSet
    rows : int
    unusable : tuple of (int, str)
        Number of the row, from 1, and why.
    """

    incidents: IncidentSet
    rows: int
    unusable: tuple[tuple[int, str], ...]


def of_city(locator: Locator, ground: Ground) -> IncidentSet:
    """Return the incidents of the city folder's own table; raises CityError if there is none."""
    return read_table(locator, ground)


def of_database(locator: Locator, ground: Ground, url: str) -> IncidentSet:
    """Return the incidents of a database that count."""
    with closing(Database(url)) as database:
        return Archive(database, locator, ground).current()


def of_file(
    locator: Locator,
    ground: Ground,
    policy: Policy,
    path: Path,
    *,
    mapping: Mapping | None = None,
    progress: Callable[[int], None] | None = None,
) -> Taken:
    """Return the incidents of a table, by the same rules by which they are imported.

    They are taken into a database that is thrown away: what an import would refuse, and why, is
    the same, and so is what counts.

    Parameters
    ----------
    path
        CSV, XLSX or Parquet.
    mapping
        Which column is which field; the built-in one if left out.
    progress
        Told of every row that is read.

    Raises
    ------
    BadFileError, BadInputError
        If the table cannot be read, or its columns do not fit.
    """
    with tempfile.TemporaryDirectory() as scratch:
        url = f"sqlite:///{Path(scratch) / 'incidents.db'}"
        with closing(Database(url)) as database:
            database.upgrade()
            task = BringIn(
                database, locator, policy, open_table(path), mapping or Mapping.built_in(policy)
            )
            task.read(progress or (lambda _: None))
            unusable = tuple(
                (at, row.reason)
                for at, row in enumerate(task.rows, 1)
                if row.status is RowStatus.UNUSABLE
            )
            task.commit(lambda _: None)
            found = Archive(database, locator, ground).current()
        return Taken(found, len(task.rows), unusable)
