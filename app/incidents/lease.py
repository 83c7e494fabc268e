"""The right of one process at a time to deliver to webhooks."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from app.incidents.webhook_tables import lease
from app.store import Database, utc_now

# One lease is kept so far, by its name.
NAME = "webhooks"


class Lease:
    """The right of one process to deliver, for a while.

    Parameters
    ----------
    database
        Where it is kept.
    holder
        Name of the process.
    lasting_s
        How long it lasts unless it is taken again, seconds.
    """

    def __init__(self, database: Database, holder: str, lasting_s: float) -> None:
        self._database = database
        self.holder = holder
        self.lasting_s = lasting_s

    def take(self) -> bool:
        """Take the right, or keep it; False if another process has it."""

        def work(connection: Connection) -> bool:
            now = _now(connection)
            until = now + timedelta(seconds=self.lasting_s)
            insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            values = {"name": NAME, "holder": self.holder, "until": until}
            taken = (
                insert(lease)
                .values(values)
                .on_conflict_do_update(
                    index_elements=[lease.c.name],
                    set_={"holder": self.holder, "until": until},
                    where=sa.or_(lease.c.holder == self.holder, lease.c.until < now),
                )
                .returning(lease.c.holder)
            )
            return connection.execute(taken).first() is not None

        return self._database.write(work)

    def give_up(self) -> None:
        """Let another process have it at once."""
        mine = sa.delete(lease).where(lease.c.name == NAME, lease.c.holder == self.holder)
        self._database.write(lambda made: made.execute(mine))


def _now(connection: Connection) -> datetime:
    """Return the database's time: processes of several machines share no other clock."""
    if connection.dialect.name == "sqlite":
        return utc_now()
    now: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return now
