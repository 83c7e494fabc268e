"""The audit log: what is kept, in which order, and that nothing can make it forget."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from app.accounts import Actor, Role
from app.accounts.audit import record, records
from app.store import Database

DISPATCHER = replace(Actor.of(7, "调度员 7", Role.DISPATCHER), remote="10.0.0.9")


def write(database: Database, *subjects: str) -> None:
    for subject in subjects:
        database.write(
            lambda made, subject=subject: record(
                made, DISPATCHER, "view_reporter", subject, {"name", "contact"}
            )
        )


def test_a_record_says_who_saw_which_fields_of_what_from_where(database: Database) -> None:
    write(database, "JY-20261122-0042")
    with database.read() as connection:
        (found,) = records(connection)
    assert (found.account_id, found.label, found.remote) == (7, "调度员 7", "10.0.0.9")
    assert (found.what, found.subject) == ("view_reporter", "JY-20261122-0042")
    assert found.fields == ["contact", "name"]
    assert found.at.tzinfo is not None


def test_records_come_newest_first_page_by_page(database: Database) -> None:
    write(database, "a", "b", "a", "c")
    with database.read() as connection:
        first = records(connection, limit=2)
        assert [one.subject for one in first] == ["c", "a"]
        assert [one.subject for one in records(connection, before=first[-1].id)] == ["b", "a"]
        assert [one.subject for one in records(connection, subject="a")] == ["a", "a"]


def test_a_record_goes_with_its_transaction(database: Database) -> None:
    def work(connection: sa.Connection) -> None:
        record(connection, DISPATCHER, "view_reporter", "x", ["name"])
        raise KeyError("the reading failed")

    with pytest.raises(KeyError):
        database.write(work)
    with database.read() as connection:
        assert records(connection) == []


@pytest.mark.parametrize("statement", ["UPDATE audit SET label = ''", "DELETE FROM audit"])
def test_the_database_refuses_to_change_or_forget_a_record(
    database: Database, statement: str
) -> None:
    write(database, "a")
    with pytest.raises(sa.exc.DatabaseError, match="never changed"):
        database.write(lambda connection: connection.exec_driver_sql(statement))
    with database.read() as connection:
        assert len(records(connection)) == 1
