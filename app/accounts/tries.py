"""How often a sign-in may be tried: counted in the database, for all worker processes together.

A try is counted before the password is looked at, by one statement that adds and returns: however
many arrive at once, no more than the limit are verified in a window. A sign-in that succeeds
takes its tries back.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.engine import Connection

from app.accounts.tables import sign_in_try
from app.errors import TooManyError
from app.store import Database, utc_now

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = 10
# An office may share one address.
PER_ADDRESS = 50


class Tries:
    """Counts tries by account and by address.

    Parameters
    ----------
    database
        Where they are counted.
    clock
        What time it is.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock

    def begin(self, name: str, remote: str) -> None:
        """Count a try before it is made.

        Parameters
        ----------
        name
            The account as it was typed, whether it exists or not.
        remote
            Address from which it is tried; "" for none.

        Raises
        ------
        TooManyError
            If there were too many for this account or from this address; nothing more is counted
            for the account then.
        """
        limits = [(_key("account", name), PER_ACCOUNT)]
        if remote:
            limits.insert(0, (_key("address", remote), PER_ADDRESS))
        now = self._clock()

        def work(connection: Connection) -> datetime | None:
            connection.execute(sa.delete(sign_in_try).where(sign_in_try.c.ends_at <= now))
            for key, limit in limits:
                count, ends_at = _add(connection, key, now + WINDOW)
                if count > limit:
                    return ends_at
            return None

        ends_at = self._database.write(work)
        if ends_at is not None:
            raise too_many_tries(math.ceil((ends_at - now).total_seconds()))

    def forgive(self, connection: Connection, name: str, remote: str) -> None:
        """Take back the tries of an account, and one of its address, after a sign-in."""
        mine = sign_in_try.c.key == _key("account", name)
        connection.execute(sa.delete(sign_in_try).where(mine))
        connection.execute(
            sa.update(sign_in_try)
            .where(sign_in_try.c.key == _key("address", remote), sign_in_try.c.count > 0)
            .values(count=sign_in_try.c.count - 1)
        )


def too_many_tries(seconds: int) -> TooManyError:
    """Return the error that says when the next try is allowed."""
    minutes = max(1, math.ceil(seconds / 60))
    return TooManyError(
        f"too many tries to sign in; the next one is allowed in {minutes} min",
        "An administrator can set a new password: python -m scripts.manage_users set-password.",
        message_zh=f"登录尝试次数过多，请 {minutes} 分钟后再试",
        hint_zh="忘记密码请联系管理员重设。",
        retry_after_s=seconds,
    )


def _add(connection: Connection, key: str, ends_at: datetime) -> tuple[int, datetime]:
    """Count one more, and return how many there are until when."""
    insert = insert_sqlite if connection.dialect.name == "sqlite" else insert_postgresql
    added = insert(sign_in_try).values(key=key, ends_at=ends_at, count=1)
    count, until = connection.execute(
        added.on_conflict_do_update(
            index_elements=[sign_in_try.c.key], set_={"count": sign_in_try.c.count + 1}
        ).returning(sign_in_try.c.count, sign_in_try.c.ends_at)
    ).one()
    return count, until


def _key(kind: str, value: str) -> str:
    return hashlib.sha256(f"{kind}:{value}".encode("utf-8", "replace")).hexdigest()
