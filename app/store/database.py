"""One database: connections, write transactions, retries, migrations.

On SQLite a write transaction takes the one write lock when it begins, so that it never fails in
the middle because another process was faster; within a process writers queue up before they ask.
On PostgreSQL a deadlock or a serialization failure runs the work again.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection, Engine

from app.errors import BadInputError, UnavailableError

log = logging.getLogger(__name__)

Result = TypeVar("Result")

MIGRATIONS = Path(__file__).parent / "migrations"
# How long a writer waits for the others before its caller is told to come again.
LOCK_WAIT_S = 20.0
_ATTEMPTS = 6
_RETRY = {"40001", "40P01"}  # PostgreSQL: serialization_failure, deadlock_detected
_UPGRADE_LOCK = 510185


class Database:
    """A database by its URL.

    Parameters
    ----------
    url
        ``sqlite:///path/to/file.db`` or ``postgresql://user:password@host/name``.

    Raises
    ------
    BadInputError
        If the URL is neither.
    """

    def __init__(self, url: str) -> None:
        self.engine = _make_engine(url)
        self._writer = threading.Lock()
        _engines.add(self.engine)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection whose reads all see one state.

        Raises
        ------
        UnavailableError
            If the database cannot be reached.
        """
        with as_unavailable(), self.engine.connect() as connection:
            if not self.is_sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    def write(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` in one write transaction and return what it returns, committed.

        `work` may run more than once: it must do nothing that a rollback does not undo.

        Raises
        ------
        UnavailableError
            If the database cannot be reached or written to (disk full, locked for long).
        """
        with as_unavailable():
            for attempt in range(_ATTEMPTS):
                try:
                    with self._turn(), self.engine.execution_options(write=True).begin() as made:
                        return work(made)
                except sa.exc.DBAPIError as error:
                    if attempt + 1 == _ATTEMPTS or not _worth_another_try(error):
                        raise
                time.sleep(random.uniform(0.5, 1.5) * 0.01 * 2**attempt)  # noqa: S311
        raise AssertionError("unreachable")

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Queue up with the other writers of this process; PostgreSQL needs no queue."""
        if not self.is_sqlite:
            yield
            return
        if not self._writer.acquire(timeout=LOCK_WAIT_S):
            raise _unavailable("many others are writing")
        try:
            yield
        finally:
            self._writer.release()

    def upgrade(self, revision: str = "head") -> None:
        """Bring the tables to the newest form; safe to call from several processes at once.

        Raises
        ------
        UnavailableError
            If the database cannot be reached or written to.
        """
        path = self.engine.url.database
        if self.is_sqlite and path and path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)

        def run(connection: Connection) -> None:
            if not self.is_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_UPGRADE_LOCK)))
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            config.attributes["connection"] = connection
            command.upgrade(config, revision)

        self.write(run)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


@contextmanager
def as_unavailable() -> Iterator[None]:
    """Turn what a database says when it cannot serve into one error that names the reason."""
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise _unavailable("too many others are asking") from error
    except sa.exc.IntegrityError:
        raise
    except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
        raise _unavailable(_reason(error)) from error
    except sa.exc.DBAPIError as error:
        if not error.connection_invalidated:
            raise
        raise _unavailable(_reason(error)) from error


def _unavailable(reason: str) -> UnavailableError:
    return UnavailableError(
        f"the database cannot serve now: {reason}",
        "Nothing was changed. Try again in a moment; if it lasts, tell the administrator.",
        message_zh="数据库暂时无法使用，未作任何修改",
        hint_zh="请稍后重试；如持续出现，请联系管理员。",
    )


def _reason(error: sa.exc.DBAPIError) -> str:
    """Return why, in words that a caller may read: no address, no name of an account."""
    said = _first_line(error)
    of_server = hasattr(error.orig, "sqlstate")
    if of_server and (error.orig.sqlstate is None or error.connection_invalidated):  # type: ignore[union-attr]
        log.warning("the database server: %s", said)
        return "its server cannot be reached"
    return said


def _first_line(error: sa.exc.DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines()
    return lines[0] if lines else type(error.orig).__name__


def _worth_another_try(error: sa.exc.DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return state in _RETRY or "database is locked" in str(error.orig)


def _make_engine(url: str) -> Engine:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise _bad_url("") from None
    if parsed.get_backend_name() == "sqlite":
        engine = sa.create_engine(
            parsed, pool_size=16, max_overflow=32, connect_args={"timeout": LOCK_WAIT_S}
        )
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    if parsed.get_backend_name() == "postgresql":
        return sa.create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=16,
            max_overflow=32,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 5, "options": "-c timezone=UTC"},
        )
    raise _bad_url(parsed.get_backend_name())


def _bad_url(found: str) -> BadInputError:
    # The URL itself may hold a password.
    return BadInputError(
        f"the database URL begins with {found!r}, allowed are sqlite:///file and postgresql://…",
        "Set WEIGE_DATABASE_URL, or leave it out to use SQLite.",
    )


def _prepare_sqlite(connection: sa.engine.interfaces.DBAPIConnection, _: object) -> None:
    # The driver would begin transactions when it likes; SQLAlchemy says BEGIN instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


# A child that inherited connections over a fork must not speak on them.
_engines: weakref.WeakSet[Engine] = weakref.WeakSet()


def _forget_connections() -> None:
    for engine in list(_engines):
        engine.dispose(close=False)


os.register_at_fork(after_in_child=_forget_connections)
