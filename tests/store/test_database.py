"""The store on both databases: transactions, forks, migrations, what is refused."""

from __future__ import annotations

import os
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from app.accounts.tables import metadata as accounts
from app.corrections.tables import metadata as corrections
from app.errors import BadFileError, BadInputError, UnavailableError
from app.incidents import photos, webhooks  # noqa: F401 - their tables are compared, too
from app.incidents.tables import counter, metadata, reporter
from app.store import Database, Instant
from tests.databases import PostgresServer


def test_migrations_make_exactly_the_tables_that_the_code_knows(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, [metadata, accounts, corrections])
    assert [one for one in differences if not _of_others(one)] == []


def _of_others(difference: object) -> bool:
    """Whether a difference is a table that another part owns."""
    table = difference[1] if isinstance(difference, tuple) else None
    return isinstance(table, sa.Table) and table.name == "alembic_version"


def test_upgrading_again_changes_nothing(database: Database) -> None:
    database.write(lambda connection: connection.execute(_insert("a", 7)))
    database.upgrade()
    assert _value(database, "a") == 7
    assert database.is_newest()


def test_what_fails_in_the_middle_leaves_nothing(database: Database) -> None:
    def work(connection: sa.Connection) -> None:
        connection.execute(_insert("a", 1))
        raise KeyError("on purpose")

    with pytest.raises(KeyError):
        database.write(work)
    assert _value(database, "a") is None


def test_a_child_after_fork_has_connections_of_its_own(database: Database) -> None:
    database.write(lambda connection: connection.execute(_insert("a", 1)))
    child = os.fork()
    if child == 0:
        try:
            database.write(lambda connection: connection.execute(_insert("b", 2)))
            os._exit(0 if _value(database, "a") == 1 else 3)
        finally:
            os._exit(4)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert _value(database, "b") == 2


def test_instants_come_back_in_utc(database: Database) -> None:
    table = sa.Table("moments", sa.MetaData(), sa.Column("at", Instant, nullable=False))
    at = datetime.fromisoformat("2026-11-22T12:00:00.123456+08:00")
    with database.engine.begin() as connection:
        table.create(connection)
        connection.execute(sa.insert(table).values(at=at))
        found = connection.execute(sa.select(table.c.at)).scalar_one()
    assert found == at
    assert found.tzinfo == UTC


def test_a_time_without_zone_is_refused(database: Database) -> None:
    table = sa.Table("moments", sa.MetaData(), sa.Column("at", Instant, nullable=False))
    with database.engine.begin() as connection:
        table.create(connection)
        with pytest.raises(sa.exc.StatementError, match="no time zone"):
            connection.execute(sa.insert(table).values(at=datetime(2026, 1, 1)))  # noqa: DTZ001


@pytest.mark.parametrize("url", ["mysql://x/y", "no url", "sqlite3:///x"])
def test_other_databases_are_refused_without_showing_the_url(url: str) -> None:
    with pytest.raises(BadInputError, match="allowed are sqlite") as caught:
        Database(url.replace("x", "secret"))
    assert "secret" not in caught.value.message


def test_a_server_that_is_not_there_is_unavailable() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(UnavailableError), database.read():
        pass


def test_what_a_statement_was_given_is_not_in_its_error(database: Database) -> None:
    values = {"incident_id": 99, "name": "某人", "contact": "000-0000-0000"}
    with pytest.raises(sa.exc.IntegrityError) as caught:
        database.write(lambda connection: connection.execute(sa.insert(reporter).values(values)))
    assert "000-0000-0000" not in str(caught.value)


def test_another_process_that_keeps_the_lock_is_told_in_plain_words(
    tmp_path: Path, prepared_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "weige.db"
    shutil.copy(prepared_sqlite, path)
    monkeypatch.setattr("app.store.database.LOCK_WAIT_S", 0.5)
    monkeypatch.setattr("app.store.database._BUSY_WAIT_S", 0.1)
    database = Database(f"sqlite:///{path}")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(UnavailableError, match="others have been writing for too long"):
        database.write(lambda connection: connection.execute(_insert("a", 1)))
    other.execute("ROLLBACK")
    other.close()
    database.write(lambda connection: connection.execute(_insert("a", 1)))
    assert _value(database, "a") == 1
    database.close()


def test_a_connection_that_breaks_during_the_commit_promises_nothing(
    postgres: PostgresServer, prepared_postgres: str
) -> None:
    with postgres.database(prepared_postgres) as url:
        database, other = Database(url), Database(url)

        def work(connection: sa.Connection) -> None:
            connection.execute(_insert("a", 1))
            own = connection.execute(sa.select(sa.func.pg_backend_pid())).scalar_one()
            with other.engine.connect() as admin:
                admin.execute(sa.select(sa.func.pg_terminate_backend(own)))

        with pytest.raises(UnavailableError, match="may or may not have taken effect"):
            database.write(work)
        assert _value(other, "a") is None
        database.close()
        other.close()


def test_rows_of_the_first_form_survive_to_the_newest(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    database.upgrade("0001")
    database.write(lambda connection: connection.execute(_insert("a", 7)))
    database.upgrade()
    assert _value(database, "a") == 7
    database.close()


def test_a_database_of_a_newer_program_is_refused(database: Database) -> None:
    newer = sa.text("UPDATE alembic_version SET version_num = '9999'")
    database.write(lambda connection: connection.execute(newer))
    with pytest.raises(BadFileError, match="9999"):
        database.upgrade()


def _insert(name: str, value: int) -> sa.Insert:
    return sa.insert(counter).values(name=name, value=value)


def _value(database: Database, name: str) -> int | None:
    with database.read() as connection:
        return connection.execute(sa.select(counter.c.value).where(counter.c.name == name)).scalar()
