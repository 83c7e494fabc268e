"""Who has an incident after a move: chosen, proposed, or whoever is above."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from app.accounts import Actor
from app.errors import BadInputError, ConflictError
from app.grids import City
from app.incidents.assign import CITY, Duty, grids_up, propose, step_up
from app.incidents.checks import check_text
from app.incidents.incident import CITY_LEVEL, Assignee, Incident
from app.incidents.lifecycle import Move, Transition, allowed, transition
from app.incidents.policy import Policy
from app.incidents.reach import require
from app.incidents.records import keep_assignee
from app.incidents.words import is_blank

# An incident that is opened again begins anew: nobody has it, and it is no part of another.
_UNASSIGNED = {
    "assignee_level": None,
    "assignee_code": None,
    "assignee_role": None,
    "merged_into": None,
    "dispatched_at": None,
}


def hand_over(
    connection: Connection,
    city: City,
    policy: Policy,
    before: Incident,
    step: Transition,
    assignee: Assignee | None,
    now: datetime,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return which columns a move changes on who has the incident, and what its event says.

    Parameters
    ----------
    connection
        In the transaction of the move.
    city, policy
        The city and its policy.
    before, step
        The incident, and the move that is made.
    assignee
        Who was chosen, for moves that say so; None is the first of the proposal.
    now
        The instant of the move.

    Raises
    ------
    BadInputError
        If the move does not say who has the incident, or the grid has no such role.
    NotFoundError
        If there is no such grid.
    ConflictError
        If there is nobody above.
    """
    if assignee is not None:
        if not step.assigns:
            raise BadInputError(
                f"{step.move} does not say who has the incident",
                "Leave assignee out.",
                message_zh=f"“{step.name_zh}”不能指定承办人",
                hint_zh="请不要填写 assignee。",
            )
        return _assign(_checked(city, assignee))
    if step.assigns:
        proposal = propose(city, policy, Duty.read(connection, city, now), before.location)
        return _assign(proposal.offers[0].assignee, proposal.passed_over)
    if step.move is Move.ESCALATE:
        above = step_up(city, Duty.read(connection, city, now), before.assignee)
        if above is None:
            raise ConflictError(
                f"{before.number} is with the city already: there is no level above",
                message_zh=f"{before.number} 已在市级，无法继续上报",
                details=as_it_is(before),
            )
        return _assign(above.assignee, above.passed_over)
    if step.move is Move.REOPEN:
        return dict(_UNASSIGNED), {"out_of": before.merged_into} if before.merged_into else {}
    return {}, {}


def let_see(connection: Connection, city: City, ident: int, columns: dict[str, Any]) -> None:
    """Let the grids of whoever has an incident after a move see it, and no others but its own.

    Parameters
    ----------
    columns
        As `hand_over` returns them; where they say nothing of the assignee, nothing changes.
    """
    if "assignee_level" not in columns:
        return
    keep_assignee(connection, ident, grids_up(city, assignee_of(columns)))


def assignee_of(columns: dict[str, Any]) -> Assignee | None:
    """Return who has an incident by the columns that `hand_over` returns, None for nobody."""
    level = columns.get("assignee_level")
    if level is None:
        return None
    return Assignee(level, columns["assignee_code"], columns["assignee_role"])


def check_move(actor: Actor, before: Incident, move: Move, note: str) -> Transition:
    """Return what a move does to an incident; refuse what is not possible or not allowed.

    Raises
    ------
    ConflictError
        If the status does not allow it; with details.
    ForbiddenError
        If the actor may not make it.
    BadInputError
        If a reason is wanted, or the note is not usable.
    """
    check_text("note", note)
    try:
        step = transition(before.status, move)
    except ConflictError as error:
        error.details = as_it_is(before)
        raise
    require(actor, before, step.permission)
    if step.note and is_blank(note):
        raise BadInputError(
            f"{move} needs a note that says why",
            message_zh=f"“{step.name_zh}”需要填写说明",
        )
    return step


def as_it_is(found: Incident) -> dict[str, object]:
    """Return what whoever meets a conflict needs to decide anew."""
    return {
        "version": found.version,
        "status": str(found.status),
        "allowed": [str(one) for one in allowed(found.status)],
    }


def _checked(city: City, assignee: Assignee) -> Assignee:
    """Return an assignee that the city knows; raises NotFoundError or BadInputError."""
    if assignee.level == CITY_LEVEL:
        if assignee != CITY:
            raise BadInputError(
                f"the city itself has no code and no role, given are {assignee.code!r} and "
                f"{assignee.role!r}",
                message_zh="市级没有编码和角色",
            )
        return CITY
    grid = city.find(assignee.code, assignee.level)
    roles = [one.role for one in city.staff_of(grid.code)]
    if assignee.role and assignee.role not in roles:
        raise BadInputError(
            f"role is {assignee.role!r}, {grid.name} has {roles}",
            message_zh=f"{grid.name} 没有角色 {assignee.role!r}，可用：{'、'.join(roles) or '无'}",
        )
    return assignee


def _assign(
    to: Assignee, passed_over: tuple[str, ...] = ()
) -> tuple[dict[str, Any], dict[str, Any]]:
    data: dict[str, Any] = {"assignee": {"level": to.level, "code": to.code, "role": to.role}}
    if passed_over:
        data["passed_over"] = list(passed_over)
    columns = {"assignee_level": to.level, "assignee_code": to.code, "assignee_role": to.role}
    return columns, data
