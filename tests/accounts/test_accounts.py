"""Accounts: who may make and change which, how one signs in, and what ends a session."""

from __future__ import annotations

import contextlib
import threading

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from app.accounts import Actor, Permission, Role
from app.accounts.account import Account
from app.accounts.accounts import Accounts
from app.accounts.audit import records
from app.accounts.passwords import Passwords
from app.accounts.tables import account
from app.accounts.tries import PER_ACCOUNT, PER_ADDRESS, WINDOW
from app.errors import (
    BadInputError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    NotSignedInError,
    TooManyError,
    WeigeError,
)
from app.grids import City
from app.store import Database
from tests.accounts.conftest import PASSWORD, QUICK, ROOT, Clock

TOWN_A = Actor.of(9, "镇街管理员 A", Role.TOWN_ADMIN, "A")


def test_an_account_is_kept_as_it_was_made(accounts: Accounts, clock: Clock) -> None:
    made = accounts.create(ROOT, " Ana-1 ", PASSWORD, Role.DISPATCHER, "A1")
    assert made == Account(
        made.id, "ana-1", "调度员 ana-1", Role.DISPATCHER, "A1", True, 1, clock.now, None
    )
    assert accounts.get("ANA-1") == made


def test_no_password_is_kept(accounts: Accounts, database: Database) -> None:
    accounts.create(ROOT, "ana", PASSWORD, Role.VIEWER)
    with database.read() as connection:
        row = connection.execute(sa.select(account)).one()
        assert PASSWORD not in repr(row) + repr(records(connection))
        assert row.password_hash.startswith("$argon2id$")


@pytest.mark.parametrize("name", ["", "a", "-a", "a b", "李", "a" * 33, "a\0b", "a\ud800", "a/b"])
def test_other_names_are_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(BadInputError, match="the name is"):
        accounts.create(ROOT, name, PASSWORD, Role.VIEWER)
    with pytest.raises(NotFoundError):
        accounts.get(name)
    with pytest.raises(NotSignedInError):
        accounts.sign_in(name, PASSWORD)


@pytest.mark.parametrize("password", ["", "short", "x" * 201, "ababababababab", "my Ana-Maria 1"])
def test_weak_passwords_are_refused_and_not_quoted(accounts: Accounts, password: str) -> None:
    with pytest.raises(BadInputError, match="the password") as caught:
        accounts.create(ROOT, "ana-maria", password, Role.VIEWER)
    assert not password or password not in caught.value.message


@pytest.mark.parametrize("label", [" ", "x" * 41, "a\nb", "a\0"])
def test_labels_that_cannot_be_shown_are_refused(accounts: Accounts, label: str) -> None:
    with pytest.raises(BadInputError, match="the label"):
        accounts.create(ROOT, "ana", PASSWORD, Role.VIEWER, label=label)


@pytest.mark.parametrize(
    ("role", "area", "why"),
    [
        (Role.TOWN_ADMIN, None, "needs an area"),
        (Role.ADMIN, "A", "whole city"),
        (Role.VIEWER, "Z", "'Z'"),
    ],
)
def test_an_area_fits_its_role_and_the_city(
    accounts: Accounts, role: Role, area: str | None, why: str
) -> None:
    with pytest.raises(BadInputError, match=why):
        accounts.create(ROOT, "ana", PASSWORD, role, area)


def test_a_name_is_given_once_however_many_ask(accounts: Accounts) -> None:
    outcomes: list[str] = []

    def make() -> None:
        try:
            accounts.create(ROOT, "ana", PASSWORD, Role.VIEWER)
            outcomes.append("made")
        except ConflictError:
            outcomes.append("taken")

    threads = [threading.Thread(target=make) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(outcomes) == ["made", *["taken"] * 5]


GIVING = [
    (TOWN_A, Role.VIEWER, "A", True),
    (TOWN_A, Role.DISPATCHER, "A1", True),
    (TOWN_A, Role.VIEWER, "K", True),
    (TOWN_A, Role.TOWN_ADMIN, "A", True),
    (TOWN_A, Role.VIEWER, "B", False),
    (TOWN_A, Role.VIEWER, "B1", False),
    (TOWN_A, Role.VIEWER, None, False),
    (TOWN_A, Role.ADMIN, None, False),
    (Actor.of(1, "d", Role.DISPATCHER), Role.VIEWER, "A", False),
    (Actor(1, "t", Role.ADMIN, None, frozenset({Permission.MANAGE})), Role.VIEWER, None, False),
    (Actor.of(1, "a", Role.ADMIN), Role.ADMIN, None, True),
]


@pytest.mark.parametrize(("by", "role", "area", "allowed"), GIVING)
def test_nobody_gives_or_manages_more_than_it_has(
    accounts: Accounts, by: Actor, role: Role, area: str | None, allowed: bool
) -> None:
    accounts.create(ROOT, "boss", PASSWORD, Role.ADMIN)
    accounts.create(ROOT, "there", PASSWORD, role, area)
    acts = [
        lambda: accounts.create(by, "new", PASSWORD, role, area),
        lambda: accounts.set_password(by, "there", PASSWORD),
        lambda: accounts.change(by, "there", label="x"),
        lambda: accounts.change(by, "there", active=False),
    ]
    for act in acts:
        if allowed:
            act()
        else:
            with pytest.raises(ForbiddenError):
                act()
    if not allowed:
        assert accounts.get("there").label != "x"
        assert accounts.get("there").active


def test_a_town_administrator_cannot_push_an_account_out_of_or_over_itself(
    accounts: Accounts,
) -> None:
    accounts.create(ROOT, "worker", PASSWORD, Role.GRID_WORKER, "A1")
    for more in ({"area": None}, {"area": "B"}, {"role": Role.ADMIN, "area": None}):
        with pytest.raises(ForbiddenError):
            accounts.change(TOWN_A, "worker", **more)
    assert accounts.change(TOWN_A, "worker", area="A2", role=Role.DISPATCHER).area == "A2"


def test_accounts_are_listed_within_the_area(accounts: Accounts) -> None:
    for name, area in (("a", "A"), ("a1", "A1"), ("k", "K"), ("b1", "B1"), ("city", None)):
        accounts.create(ROOT, f"x-{name}", PASSWORD, Role.VIEWER, area)
    assert [one.name for one in accounts.all(TOWN_A)] == ["x-a", "x-a1", "x-k"]
    assert len(accounts.all(ROOT)) == 5


def test_the_last_administrator_stays(accounts: Accounts) -> None:
    assert not accounts.has_admin()
    accounts.create(ROOT, "one", PASSWORD, Role.ADMIN)
    assert accounts.has_admin()
    for change in ({"active": False}, {"role": Role.VIEWER}):
        with pytest.raises(ConflictError, match="only administrator"):
            accounts.change(ROOT, "one", **change)
    accounts.create(ROOT, "two", PASSWORD, Role.ADMIN)
    accounts.change(ROOT, "one", active=False)
    with pytest.raises(ConflictError):
        accounts.change(ROOT, "two", role=Role.VIEWER)


def test_two_administrators_who_remove_each_other_leave_one(accounts: Accounts) -> None:
    accounts.create(ROOT, "one", PASSWORD, Role.ADMIN)
    accounts.create(ROOT, "two", PASSWORD, Role.ADMIN)
    together = threading.Barrier(2)

    def remove(name: str) -> None:
        together.wait()
        with contextlib.suppress(WeigeError):
            accounts.change(ROOT, name, active=False)

    threads = [threading.Thread(target=remove, args=[name]) for name in ("one", "two")]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert accounts.has_admin()


def test_signing_in_is_noted(accounts: Accounts, clock: Clock, database: Database) -> None:
    accounts.create(ROOT, "ana", PASSWORD, Role.VIEWER)
    clock.advance(hours=1)
    assert accounts.sign_in(" ANA ", PASSWORD, "10.0.0.1").last_sign_in_at == clock.now
    with database.read() as connection:
        found = records(connection)[0]
    assert (found.what, found.subject, found.remote) == ("sign_in", "ana", "10.0.0.1")


def test_what_is_refused_does_not_say_why(accounts: Accounts) -> None:
    accounts.create(ROOT, "ana", PASSWORD, Role.VIEWER)
    accounts.create(ROOT, "gone", PASSWORD, Role.VIEWER)
    accounts.change(ROOT, "gone", active=False)
    said = set()
    for name, password in (("ana", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD),
                           ("ana", "x" * 100_000), ("ana", "\ud800")):  # fmt: skip
        with pytest.raises(NotSignedInError) as caught:
            accounts.sign_in(name, password)
        said.add((caught.value.message, caught.value.hint))
    assert len(said) == 1


class CountingHasher(PasswordHasher):
    """Counts what it is asked to verify, which is what takes the time."""

    verified = 0

    def verify(self, hash: str | bytes, password: str | bytes):  # noqa: A002
        self.verified += 1
        return super().verify(hash, password)


def test_an_unknown_name_costs_as_much_as_a_known_one(database: Database, board: City) -> None:
    hasher = CountingHasher(time_cost=1, memory_cost=8, parallelism=1)
    accounts = Accounts(database, board, hasher=hasher)
    accounts.create(ROOT, "ana", PASSWORD, Role.VIEWER)
    counts = []
    for name in ("ana", "nobody", "a\0"):
        before = hasher.verified
        with pytest.raises(NotSignedInError):
            accounts.sign_in(name, "wrong")
        counts.append(hasher.verified - before)
    assert counts == [1, 1, 1]


def test_passwords_are_the_same_from_every_keyboard(accounts: Accounts) -> None:
    accounts.create(ROOT, "ana", "Cafe\u0301 und Tee im Garten", Role.VIEWER)
    accounts.sign_in("ana", "Caf\u00e9 und Tee im Garten")


def test_a_hash_of_weaker_parameters_is_made_anew(
    accounts: Accounts, database: Database, board: City
) -> None:
    accounts.create(ROOT, "ana", PASSWORD, Role.VIEWER)
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    later = Accounts(database, board, hasher=stronger)
    session = later.sign_in("ana", PASSWORD)
    with database.read() as connection:
        kept = connection.scalar(sa.select(account.c.password_hash))
    assert kept is not None
    assert not Passwords(stronger).is_weak(kept)
    assert accounts.of_session(session.id, session.epoch) is not None
    later.sign_in("ana", PASSWORD)


def test_a_session_ends_with_password_and_account(accounts: Accounts) -> None:
    accounts.create(ROOT, "ana", PASSWORD, Role.VIEWER)

    def session() -> tuple[int, int]:
        made = accounts.sign_in("ana", PASSWORD)
        return made.id, made.epoch

    first = session()
    assert accounts.of_session(*first)
    accounts.set_password(ROOT, "ana", PASSWORD)
    assert accounts.of_session(*first) is None
    second = session()
    accounts.change(ROOT, "ana", active=False)
    assert accounts.of_session(*second) is None
    accounts.change(ROOT, "ana", active=True)
    assert accounts.of_session(*second) is None
    assert accounts.of_session(*session())


def test_a_session_has_the_role_of_now(accounts: Accounts) -> None:
    made = accounts.create(ROOT, "ana", PASSWORD, Role.DISPATCHER)
    accounts.change(ROOT, "ana", role=Role.VIEWER)
    found = accounts.of_session(made.id, made.epoch)
    assert found is not None
    assert found.actor().permissions == {Permission.VIEW}


def test_changing_the_own_password_wants_the_old_one(accounts: Accounts) -> None:
    made = accounts.create(ROOT, "ana", PASSWORD, Role.VIEWER)
    new = "quite another sentence"
    with pytest.raises(NotSignedInError):
        accounts.change_own_password(made.actor(), "wrong", new)
    with pytest.raises(BadInputError):
        accounts.change_own_password(made.actor(), PASSWORD, "short")
    assert accounts.change_own_password(made.actor(), PASSWORD, new).epoch == made.epoch + 1
    accounts.sign_in("ana", new)
    with pytest.raises(NotSignedInError):
        accounts.sign_in("ana", PASSWORD)
    with pytest.raises(NotSignedInError):
        accounts.change_own_password(Actor.of(None, "demo", Role.ADMIN), PASSWORD, new)


def fail(accounts: Accounts, name: str, remote: str = "") -> None:
    with pytest.raises(NotSignedInError):
        accounts.sign_in(name, "wrong", remote)


@pytest.mark.parametrize("name", ["ana", "nobody"])
def test_tries_are_limited_by_account_whether_it_exists_or_not(
    accounts: Accounts, clock: Clock, name: str
) -> None:
    accounts.create(ROOT, "ana", PASSWORD, Role.VIEWER)
    for _ in range(PER_ACCOUNT):
        fail(accounts, name)
    clock.advance(minutes=5)
    with pytest.raises(TooManyError) as caught:
        accounts.sign_in(name, PASSWORD)
    assert caught.value.retry_after_s == (WINDOW.total_seconds() - 300)
    accounts.create(ROOT, "other", PASSWORD, Role.VIEWER)
    accounts.sign_in("other", PASSWORD)
    clock.advance(minutes=10)
    if name == "ana":
        accounts.sign_in(name, PASSWORD)
    else:
        fail(accounts, name)


def test_tries_are_limited_by_address(accounts: Accounts) -> None:
    accounts.create(ROOT, "ana", PASSWORD, Role.VIEWER)
    for number in range(PER_ADDRESS):
        fail(accounts, f"name-{number}", "10.0.0.1")
    with pytest.raises(TooManyError):
        accounts.sign_in("ana", PASSWORD, "10.0.0.1")
    accounts.sign_in("ana", PASSWORD, "10.0.0.2")


def test_a_sign_in_takes_its_tries_back(accounts: Accounts) -> None:
    accounts.create(ROOT, "ana", PASSWORD, Role.VIEWER)
    for _ in range(PER_ADDRESS + 1):
        accounts.sign_in("ana", PASSWORD, "10.0.0.1")
    for _ in range(3):
        for _ in range(PER_ACCOUNT - 1):
            fail(accounts, "ana")
        accounts.sign_in("ana", PASSWORD)


def test_an_administrator_lets_in_again_by_a_new_password(accounts: Accounts) -> None:
    accounts.create(ROOT, "ana", PASSWORD, Role.VIEWER)
    for _ in range(PER_ACCOUNT):
        fail(accounts, "ana")
    accounts.set_password(ROOT, "ana", "quite another sentence")
    accounts.sign_in("ana", "quite another sentence")


def test_tries_at_once_by_several_processes_are_all_counted(
    database: Database, board: City
) -> None:
    """Each has its own counter object, as each worker process has; only the database is shared."""
    outcomes: list[type] = []

    def guess() -> None:
        try:
            Accounts(database, board, hasher=QUICK).sign_in("ana", "wrong")
        except WeigeError as error:
            outcomes.append(type(error))

    threads = [threading.Thread(target=guess) for _ in range(PER_ACCOUNT + 8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert outcomes.count(NotSignedInError) == PER_ACCOUNT
    assert outcomes.count(TooManyError) == 8


def test_changes_leave_records_and_nothing_leaves_none(
    accounts: Accounts, database: Database
) -> None:
    accounts.create(ROOT, "ana", PASSWORD, Role.VIEWER)
    accounts.change(CITY, "ana", role=Role.DISPATCHER, label="新")
    accounts.change(CITY, "ana", role=Role.DISPATCHER)
    with database.read() as connection:
        found = [(one.what, one.fields, one.label) for one in reversed(records(connection))]
    assert found == [
        ("create_account", ["area", "label", "role"], "setup"),
        ("change_account", ["label", "role"], "管理员"),
    ]


CITY = Actor.of(1, "管理员", Role.ADMIN)
