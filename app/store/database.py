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
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy.engine import Connection, Engine

from app.errors import BadFileError, BadInputError, UnavailableError

log = logging.getLogger(__name__)

Result = TypeVar("Result")

MIGRATIONS = Path(__file__).parent / "migrations"
# How long a writer waits for the others before its caller is told to come again.
LOCK_WAIT_S = 20.0
# How long SQLite itself waits for the lock of another process before it is asked again.
_BUSY_WAIT_S = 4.0
_RETRY = {"40001", "40P01"}  # PostgreSQL: serialization_failure, deadlock_detected
_UPGRADE_LOCK = 510185
_LOCKED = "others have been writing for too long"
# Of a pool, in each process; PostgreSQL allows 100 in all by default.
_POOL: dict[str, int] = {"pool_size": 12, "max_overflow": 12}


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
            If the database cannot be reached or written to (disk full, locked for long); it says
            so where the connection broke during the commit and nobody knows what became of it.
        """
        until = time.monotonic() + LOCK_WAIT_S
        pause_s = 0.01
        with as_unavailable():
            while True:
                try:
                    with self._turn(until), self.engine.connect() as made:
                        made.execution_options(write=True)
                        return _committed(made, work)
                except sa.exc.DBAPIError as error:
                    if not _worth_another_try(error) or time.monotonic() > until:
                        raise
                time.sleep(random.uniform(0.5, 1.5) * pause_s)  # noqa: S311
                pause_s = min(2 * pause_s, 0.5)

    @contextmanager
    def _turn(self, until: float) -> Iterator[None]:
        """Queue up with the other writers of this process; PostgreSQL needs no queue."""
        if not self.is_sqlite:
            yield
            return
        if not self._writer.acquire(timeout=max(until - time.monotonic(), 0.0)):
            raise _unavailable(_LOCKED)
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
        BadFileError
            If it is newer than this program.
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
            try:
                command.upgrade(config, revision)
            except CommandError as error:
                raise BadFileError(
                    f"the database is not one that this program knows: {error}",
                    "It may be newer than the program: update the program, or name another one.",
                ) from error

        self.write(run)

    def is_newest(self) -> bool:
        """Tell whether the tables have the form that this program knows; nothing is changed.

        Raises
        ------
        UnavailableError
            If the database cannot be reached.
        """
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.read() as connection:
            found = MigrationContext.configure(connection).get_current_heads()
        return set(found) == set(ScriptDirectory.from_config(config).get_heads())

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _committed(connection: Connection, work: Callable[[Connection], Result]) -> Result:
    """Run `work` in a transaction of its own and return what it returns, committed."""
    with connection.begin() as transaction:
        result = work(connection)
        try:
            transaction.commit()
        except sa.exc.DBAPIError as error:
            if not error.connection_invalidated:
                raise
            log.warning("the database server, during a commit: %s", _first_line(error))
            raise UnavailableError(
                "the connection to the database broke while a change was being saved: it may or "
                "may not have taken effect",
                "Look before you repeat it; a report with an external id may be sent again.",
                message_zh="保存时与数据库的连接中断：修改可能已生效，也可能未生效",
                hint_zh="请先核对再重试；带外部编号的上报可以直接重发。",
            ) from error
    return result


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
    if _is_locked(error):
        return _LOCKED
    of_server = hasattr(error.orig, "sqlstate")
    if of_server and (error.orig.sqlstate is None or error.connection_invalidated):  # type: ignore[union-attr]
        log.warning("the database server: %s", said)
        return "its server cannot be reached"
    return said


def _first_line(error: sa.exc.DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines()
    return lines[0] if lines else type(error.orig).__name__


def _worth_another_try(error: sa.exc.DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) in _RETRY or _is_locked(error)


def _is_locked(error: sa.exc.DBAPIError) -> bool:
    return "database is locked" in str(error.orig)


def _make_engine(url: str) -> Engine:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise _bad_url("") from None
    if parsed.get_backend_name() == "sqlite":
        # What a statement was given may be personal, and errors are logged.
        engine = sa.create_engine(
            parsed, hide_parameters=True, connect_args={"timeout": _BUSY_WAIT_S}, **_POOL
        )
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    if parsed.get_backend_name() == "postgresql":
        return sa.create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 5, "options": "-c timezone=UTC"},
            **_POOL,
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
