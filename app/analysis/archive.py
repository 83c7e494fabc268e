"""All incidents that count, in memory, and up to date with the feed.

A read model of one process, as `app.incidents.live` is one of the open ones: it is read from the
database when it is first asked for, and from then on only what events tell of is read again.
"""

from __future__ import annotations

import threading

import numpy as np
import sqlalchemy as sa

from app.analysis.ground import Ground
from app.analysis.selection import IncidentSet, join, read_rows
from app.incidents.tables import event
from app.locate import Locator
from app.store import Database

# From so many events behind on, everything is read anew.
MAX_BEHIND = 2_000


class Archive:
    """The incidents of a database that count, see `app.analysis.selection`.

    Parameters
    ----------
    database
        Where they are kept.
    locator, ground
        The opened city.
    """

    def __init__(self, database: Database, locator: Locator, ground: Ground) -> None:
        self._database = database
        self._locator = locator
        self._ground = ground
        self._lock = threading.Lock()
        self._kept: IncidentSet | None = None

    def current(self) -> IncidentSet:
        """Return them with everything taken in that was committed before the question."""
        with self._lock:
            self._kept = self._caught_up(self._kept)
            return self._kept

    def _caught_up(self, kept: IncidentSet | None) -> IncidentSet:
        with self._database.read() as connection:
            head = connection.execute(sa.select(sa.func.max(event.c.seq))).scalar() or 0
            # A feed that runs backwards is another database.
            if kept is None or not 0 <= head - kept.seq <= MAX_BEHIND:
                return read_rows(connection, self._locator, self._ground, head)
            if head == kept.seq:
                return kept
            told = sa.select(event.c.incident_id).where(event.c.seq > kept.seq).distinct()
            changed = [int(one) for one in connection.execute(told).scalars()]
            fresh = read_rows(connection, self._locator, self._ground, head, changed)
        return join(kept.take(~np.isin(kept.ident, changed)), fresh)
