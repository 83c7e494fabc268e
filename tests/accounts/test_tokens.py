"""Tokens: shown once, kept as a digest, no more than was given, and over when they should be."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.accounts import Actor, Permission, Role
from app.accounts.accounts import Accounts
from app.accounts.audit import records
from app.accounts.tables import token
from app.accounts.tokens import Tokens
from app.errors import BadInputError, ForbiddenError, NotFoundError, NotSignedInError
from app.store import Database
from tests.accounts.conftest import PASSWORD, ROOT, Clock

VIEW = {Permission.VIEW}
TOWN_A = Actor.of(9, "镇街管理员 A", Role.TOWN_ADMIN, "A")


@pytest.fixture(autouse=True)
def owners(accounts: Accounts) -> None:
    accounts.create(ROOT, "system", PASSWORD, Role.DISPATCHER, "A")
    accounts.create(ROOT, "other", PASSWORD, Role.DISPATCHER, "B")
    accounts.create(ROOT, "boss", PASSWORD, Role.ADMIN)


def test_a_secret_acts_as_its_account_with_what_it_was_given(tokens: Tokens) -> None:
    made, secret = tokens.make(ROOT, "system", "12345 热线", {Permission.VIEW, Permission.REPORT})
    assert secret.startswith("wg_")
    found = tokens.actor_of(secret, "10.0.0.1")
    assert (found.role, found.area, found.remote) == (Role.DISPATCHER, "A", "10.0.0.1")
    assert found.permissions == {Permission.VIEW, Permission.REPORT}
    assert made.account == "system"


def test_no_secret_is_kept(tokens: Tokens, database: Database) -> None:
    _, secret = tokens.make(ROOT, "system", "x", VIEW)
    with database.read() as connection:
        kept = repr(connection.execute(sa.select(token)).all()) + repr(records(connection))
    assert secret not in kept
    assert secret.removeprefix("wg_") not in kept


def test_a_token_may_no_more_than_the_role_of_now(tokens: Tokens, accounts: Accounts) -> None:
    _, secret = tokens.make(ROOT, "system", "x", {Permission.VIEW, Permission.CONTACT})
    accounts.change(ROOT, "system", role=Role.GRID_WORKER, area="A1")
    assert tokens.actor_of(secret).permissions == VIEW
    assert tokens.actor_of(secret).area == "A1"


@pytest.mark.parametrize("how", ["revoked", "expired", "deactivated"])
def test_a_token_that_is_over_is_refused(
    tokens: Tokens, accounts: Accounts, clock: Clock, how: str
) -> None:
    made, secret = tokens.make(ROOT, "system", "x", VIEW, days=2)
    tokens.actor_of(secret)
    if how == "revoked":
        tokens.revoke(ROOT, made.id)
    elif how == "expired":
        clock.advance(days=2)
    else:
        accounts.change(ROOT, "system", active=False)
    with pytest.raises(NotSignedInError):
        tokens.actor_of(secret)


@pytest.mark.parametrize("secret", ["", "wg_", "wg_" + "x" * 43, "x" * 9000, "wg_\0", "wg_李"])
def test_other_secrets_are_refused_and_not_quoted(tokens: Tokens, secret: str) -> None:
    with pytest.raises(NotSignedInError) as caught:
        tokens.actor_of(secret)
    assert "xxx" not in caught.value.message


@pytest.mark.parametrize(
    ("by", "owner", "scopes", "days", "error"),
    [
        (ROOT, "nobody", VIEW, 1, NotFoundError),
        (ROOT, "system", set(), 1, BadInputError),
        (ROOT, "system", {Permission.VIEW, Permission.MANAGE}, 1, BadInputError),
        (ROOT, "system", {Permission.REPORT}, 1, BadInputError),
        (ROOT, "system", VIEW, 0, BadInputError),
        (ROOT, "system", VIEW, 5000, BadInputError),
        (TOWN_A, "other", VIEW, 1, ForbiddenError),
        (TOWN_A, "boss", VIEW, 1, ForbiddenError),
        (Actor.of(1, "d", Role.DISPATCHER), "system", VIEW, 1, ForbiddenError),
    ],
)
def test_tokens_that_may_not_be_made(
    tokens: Tokens, by: Actor, owner: str, scopes: set, days: int, error: type
) -> None:
    with pytest.raises(error):
        tokens.make(by, owner, "x", scopes, days)
    assert tokens.all(ROOT) == []


def test_a_town_administrator_sees_and_revokes_its_own_only(tokens: Tokens) -> None:
    mine, _ = tokens.make(ROOT, "system", "a", VIEW)
    other, secret = tokens.make(ROOT, "other", "b", VIEW)
    assert [one.id for one in tokens.all(TOWN_A)] == [mine.id]
    assert [one.id for one in tokens.all(ROOT)] == [other.id, mine.id]
    with pytest.raises(ForbiddenError):
        tokens.revoke(TOWN_A, other.id)
    tokens.actor_of(secret)
    assert tokens.revoke(TOWN_A, mine.id).revoked_at is not None


def test_revoking_again_changes_nothing(tokens: Tokens, clock: Clock) -> None:
    made, _ = tokens.make(ROOT, "system", "a", VIEW)
    first = tokens.revoke(ROOT, made.id)
    clock.advance(days=1)
    assert tokens.revoke(ROOT, made.id) == first
    with pytest.raises(NotFoundError):
        tokens.revoke(ROOT, made.id + 1)


def test_its_last_use_is_noted_to_ten_minutes(tokens: Tokens, clock: Clock) -> None:
    _, secret = tokens.make(ROOT, "system", "a", VIEW)
    first = clock.now
    for _ in range(3):
        tokens.actor_of(secret)
        clock.advance(minutes=4)
    assert tokens.all(ROOT)[0].last_used_at == first
    tokens.actor_of(secret)
    assert tokens.all(ROOT)[0].last_used_at == clock.now


def test_making_and_revoking_leave_records(tokens: Tokens, database: Database) -> None:
    made, _ = tokens.make(ROOT, "system", "a", VIEW)
    tokens.revoke(ROOT, made.id)
    with database.read() as connection:
        found = [(one.what, one.subject, one.fields) for one in records(connection)][:2]
    assert found == [("revoke_token", "system", []), ("make_token", "system", ["view"])]
