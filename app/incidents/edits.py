"""What an edit changes of an incident, and what its event says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.accounts import Actor, Permission
from app.errors import BadInputError
from app.incidents.changes import change_reporter
from app.incidents.incident import Incident
from app.incidents.lifecycle import hours
from app.incidents.place import Place
from app.incidents.policy import Policy
from app.incidents.records import keep_grids
from app.incidents.tables import reporter

_PLAIN = ("address", "description", "hazard", "severity", "title")
_PERSONAL = {"reporter_name": "name", "reporter_contact": "contact"}


def edit_fields(
    connection: Connection,
    actor: Actor,
    policy: Policy,
    before: Incident,
    given: dict[str, Any],
    place: Place | None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return which columns an edit changes, and what its event says; write what is in no column.

    Parameters
    ----------
    connection
        In the transaction of the edit.
    given
        Checked fields, as `app.incidents.checks.check_changes` returns them.
    place
        The new place, if one is given.

    Raises
    ------
    BadInputError
        If everything is so already.
    """
    changed = {
        name: [getattr(before, name), given[name]]
        for name in _PLAIN
        if name in given and getattr(before, name) != given[name]
    }
    data: dict[str, Any] = {"changed": changed}
    values: dict[str, Any] = {name: given[name] for name in changed}
    values |= _due_after(policy, before, values)
    if place is not None and any(
        getattr(before, name) != value for name, value in place.columns.items()
    ):
        values |= place.columns
        changed["place"] = [[before.lon, before.lat], [place.lon, place.lat]]
        changed["grid"] = [before.grid, values["grid"]]
        keep_grids(connection, before.id, place.location)
        if replace(before, location=place.location).assignee_elsewhere:
            data["assignee_elsewhere"] = True
    if personal := _changed_personal(connection, actor, before, given):
        data["personal"] = personal
        change_reporter(connection, before.id, given)
    if not values and not personal:
        raise BadInputError(
            f"nothing would change: {before.number} has these values already",
            "Leave out what is to stay as it is.",
            message_zh=f"没有变化：{before.number} 已是这些值",
            hint_zh="不修改的字段请不要填写。",
        )
    return values, data


def _changed_personal(
    connection: Connection, actor: Actor, before: Incident, given: dict[str, Any]
) -> list[str]:
    """Return which personal fields change.

    Who may not read them is not told by a refusal what they hold: for them all change.
    """
    named = [name for name in _PERSONAL if name in given]
    if not named or Permission.CONTACT not in actor.permissions:
        return named
    asked = sa.select(reporter.c.name, reporter.c.contact)
    row = connection.execute(asked.where(reporter.c.incident_id == before.id)).mappings().first()
    return [name for name in named if (row[_PERSONAL[name]] if row else "") != given[name]]


def _due_after(policy: Policy, before: Incident, values: dict[str, Any]) -> dict[str, Any]:
    """Return when the next move is due after a change of hazard or severity.

    The clock of the stage goes on; what it has run so far counts.
    """
    hazard = policy.rule(values.get("hazard", before.hazard))
    severity = values.get("severity", before.severity)
    was = hours(policy.rule(before.hazard), before.severity, before.status)
    is_now = hours(hazard, severity, before.status)
    if before.due_at is None or was is None or is_now is None or was == is_now:
        return {}
    return {"due_at": before.due_at + timedelta(hours=is_now - was)}
