"""The live index shows an incident to the area that has it, as long as it has it."""

from __future__ import annotations

from app.accounts import Actor, Role
from app.incidents.desk import Desk
from app.incidents.incident import Assignee, Draft
from app.incidents.lifecycle import Move
from app.incidents.live import Live
from app.store import Database

BOX = (104.0, 30.0, 105.0, 31.0)


def test_who_has_an_incident_sees_it(
    desk: Desk, dispatcher: Actor, draft: Draft, database: Database
) -> None:
    live = Live(database)
    town = Actor.of(9, "B", Role.TOWN_ADMIN, "B")
    found, _ = desk.report(dispatcher, draft)
    assert live.in_box(town, BOX, 10).total == 0
    desk.move(dispatcher, found.number, Move.FILE, 1)
    desk.move(dispatcher, found.number, Move.DISPATCH, 2, assignee=Assignee("cell", "B1"))
    assert live.in_box(town, BOX, 10).total == 1
    assert Live(database).in_box(town, BOX, 10).total == 1
    desk.move(dispatcher, found.number, Move.REASSIGN, 3, "x", Assignee("cell", "A1"))
    assert live.in_box(town, BOX, 10).total == 0
