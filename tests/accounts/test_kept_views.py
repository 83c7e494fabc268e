"""Kept views: by name, of one account, so many and no longer, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.accounts import Actor, Role
from app.accounts.accounts import Accounts
from app.accounts.kept_views import MAX_ADDRESS, MAX_NAME, MOST, KeptViews
from app.errors import BadInputError, ConflictError, ForbiddenError, NotFoundError
from app.store import Database
from tests.accounts.conftest import PASSWORD, ROOT, Clock

HERE = "#z=13.20&c=104.54720,30.39010"
THERE = "#z=9.00&c=104.50000,30.40000&t=rates:gas:per_km2@general"


@pytest.fixture
def views(database: Database, clock: Clock) -> KeptViews:
    return KeptViews(database, clock)


@pytest.fixture
def dina(accounts: Accounts) -> Actor:
    return accounts.create(ROOT, "dina", PASSWORD, Role.DISPATCHER).actor()


@pytest.fixture
def vera(accounts: Accounts) -> Actor:
    return accounts.create(ROOT, "vera", PASSWORD, Role.VIEWER).actor()


def names(views: KeptViews, by: Actor) -> list[str]:
    return [one.name for one in views.all(by)]


def test_views_are_kept_by_name_the_last_first(views: KeptViews, dina: Actor, clock: Clock) -> None:
    assert views.all(dina) == []
    made = views.keep(dina, "  河边 ", HERE)
    assert (made.name, made.address, made.kept_at) == ("河边", HERE, clock.now)
    clock.advance(minutes=1)
    views.keep(dina, "全市", THERE)
    assert names(views, dina) == ["全市", "河边"]
    clock.advance(minutes=1)
    views.keep(dina, "河边", THERE)
    assert names(views, dina) == ["河边", "全市"]
    assert {one.address for one in views.all(dina)} == {THERE}
    views.drop(dina, "河边")
    assert names(views, dina) == ["全市"]


def test_no_account_sees_or_changes_those_of_another(
    views: KeptViews, dina: Actor, vera: Actor
) -> None:
    views.keep(dina, "x", HERE)
    assert views.all(vera) == []
    with pytest.raises(NotFoundError, match="'x'"):
        views.drop(vera, "x")
    views.keep(vera, "x", THERE)
    assert [one.address for one in views.all(dina)] == [HERE]
    views.drop(vera, "x")
    assert names(views, dina) == ["x"]


def test_so_many_and_no_more(views: KeptViews, dina: Actor, vera: Actor) -> None:
    for i in range(MOST):
        views.keep(dina, f"view {i}", HERE)
    with pytest.raises(ConflictError, match=f"{MOST} views") as caught:
        views.keep(dina, "one more", HERE)
    assert str(MOST) in caught.value.message_zh
    assert len(views.all(dina)) == MOST
    views.keep(dina, "view 0", THERE)  # the place of another
    views.keep(vera, "one more", HERE)  # somebody else's number
    views.drop(dina, "view 1")
    views.keep(dina, "one more", HERE)
    assert len(views.all(dina)) == MOST


def test_two_at_once_make_none_too_many(views: KeptViews, dina: Actor) -> None:
    for i in range(MOST - 1):
        views.keep(dina, f"view {i}", HERE)

    def keep(i: int) -> bool:
        try:
            views.keep(dina, f"more {i}", HERE)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(keep, range(4))) == 1
    assert len(views.all(dina)) == MOST


@pytest.mark.parametrize("name", ["", " ", "a/b", ".", "..", "a\nb", "a\0b", "\ud800", "名" * 61])
def test_other_names_are_refused_and_none_is_found(
    views: KeptViews, dina: Actor, name: str
) -> None:
    with pytest.raises(BadInputError, match="name of the view"):
        views.keep(dina, name, HERE)
    with pytest.raises(NotFoundError):
        views.drop(dina, name)
    views.keep(dina, "名" * MAX_NAME, HERE)
    assert len(views.all(dina)) == 1


@pytest.mark.parametrize(
    "address",
    ["", "z=1", "https://x.example/#z=1", "#a b", "#a\nb", "#\0", "#" + "x" * MAX_ADDRESS],
)
def test_other_addresses_are_refused(views: KeptViews, dina: Actor, address: str) -> None:
    with pytest.raises(BadInputError, match="address of the view"):
        views.keep(dina, "x", address)
    views.keep(dina, "x", "#" + "x" * (MAX_ADDRESS - 1))
    assert len(views.all(dina)) == 1


def test_who_has_no_account_keeps_none(views: KeptViews) -> None:
    visitor = Actor.of(None, "演示调度员", Role.DISPATCHER)
    for act in (
        lambda: views.all(visitor),
        lambda: views.keep(visitor, "x", HERE),
        lambda: views.drop(visitor, "x"),
    ):
        with pytest.raises(ForbiddenError, match="no account"):
            act()
