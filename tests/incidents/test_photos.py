"""Photos are kept with their incidents, on both databases."""

from __future__ import annotations

import threading

import pytest

from app.accounts import Actor, Role
from app.errors import BadInputError, ConflictError, ForbiddenError, NotFoundError
from app.incidents.desk import Desk
from app.incidents.feed import Feed
from app.incidents.incident import Draft, Kind
from app.incidents.ledger import Ledger
from app.incidents.photos import MAX_PHOTOS, Photos
from app.store import Database
from tests.incidents.pictures import jpeg, position


def test_a_photo_is_an_event_and_comes_back_whole(
    desk: Desk, ledger: Ledger, feed: Feed, database: Database, dispatcher: Actor, draft: Draft
) -> None:
    found, _ = desk.report(dispatcher, draft)
    photos = Photos(database)
    made, new, where = photos.add(dispatcher, found.number, jpeg(gps=position(104.5, 30.4)))
    assert new
    assert (where.lon, where.lat) == (104.5, 30.4)
    assert photos.of(dispatcher, found.number) == (made,)
    kept, content = photos.image(dispatcher, found.number, made.id)
    assert (kept, len(content)) == (made, made.size)
    told = feed.after(0)[-1]
    assert (told.kind, told.data["photo"], told.codes) == (Kind.PHOTO, made.id, {"A", "A1"})
    assert "104.5" not in str(told.data)
    assert ledger.get(dispatcher, found.number).version == 2


def test_only_whoever_sees_the_incident_and_may_report(
    desk: Desk, feed: Feed, database: Database, dispatcher: Actor, draft: Draft
) -> None:
    found, _ = desk.report(dispatcher, draft)
    photos = Photos(database)
    made, _, _ = photos.add(dispatcher, found.number, jpeg())
    other = Actor.of(3, "B 镇", Role.TOWN_ADMIN, "B")
    for ask in (
        lambda: photos.of(other, found.number),
        lambda: photos.image(other, found.number, made.id),
        lambda: photos.add(other, found.number, b"not even decoded"),
    ):
        with pytest.raises(NotFoundError):
            ask()
    viewer = Actor.of(4, "查看", Role.VIEWER)
    assert photos.of(viewer, found.number) == (made,)
    with pytest.raises(ForbiddenError):
        photos.add(viewer, found.number, jpeg())
    with pytest.raises(BadInputError):
        photos.add(dispatcher, found.number, b"no photo")
    assert feed.head() == 2


def test_those_who_add_at_once_add_no_more_than_allowed(
    desk: Desk, feed: Feed, database: Database, dispatcher: Actor, draft: Draft
) -> None:
    found, _ = desk.report(dispatcher, draft)
    photos = Photos(database)
    for size in range(MAX_PHOTOS - 2):
        photos.add(dispatcher, found.number, jpeg(20 + size))
    outcomes: list[str] = []

    def add(size: int) -> None:
        try:
            # Of its own each, as in several processes.
            Photos(database).add(dispatcher, found.number, jpeg(size))
            outcomes.append("kept")
        except ConflictError:
            outcomes.append("full")

    threads = [threading.Thread(target=add, args=(100 + index,)) for index in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(outcomes) == ["full"] * 4 + ["kept"] * 2
    assert len(photos.of(dispatcher, found.number)) == MAX_PHOTOS
    assert feed.head() == 1 + MAX_PHOTOS
