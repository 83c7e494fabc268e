"""The life cycle of an incident: one table of moves.

reported → filed or rejected → dispatched → handling → feedback → verified → closed; a failed
verification goes back to dispatched. After GB/T 30428 (digital city management) as practised:
采集、立案、派遣、处置、反馈、核查、结案.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.accounts import Permission
from app.errors import ConflictError
from app.incidents.policy import Hazard


class Status(StrEnum):
    """Where an incident is in its life."""

    REPORTED = "reported"
    FILED = "filed"
    REJECTED = "rejected"
    DISPATCHED = "dispatched"
    HANDLING = "handling"
    FEEDBACK = "feedback"
    VERIFIED = "verified"
    CLOSED = "closed"
    MERGED = "merged"


class Move(StrEnum):
    """What can be done with an incident."""

    FILE = "file"
    REJECT = "reject"
    DISPATCH = "dispatch"
    SETTLE = "settle"
    ACCEPT = "accept"
    REPORT_BACK = "report_back"
    VERIFY = "verify"
    FAIL = "fail"
    CLOSE = "close"
    REASSIGN = "reassign"
    ESCALATE = "escalate"
    MERGE = "merge"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class Transition:
    """What a move does.

    Attributes
    ----------
    move : Move
    sources : tuple of Status
        From where.
    target : Status or None
        To where; None stays.
    permission : Permission
        Who may.
    note : bool
        Whether a reason must be given.
    assigns : bool
        Whether it says who has the incident from then on.
    name, name_zh : str
        Shown to people.
    undoes : tuple of Move
        What it takes back or puts right where that was a mistake. A move that only happens to
        lead to where another began is none: who escalates or sends back says something else.
    """

    move: Move
    sources: tuple[Status, ...]
    target: Status | None
    permission: Permission
    note: bool
    assigns: bool
    name: str
    name_zh: str
    undoes: tuple[Move, ...] = ()


_S, _P = Status, Permission
OVER = frozenset({_S.REJECTED, _S.CLOSED, _S.MERGED})
OPEN = frozenset(Status) - OVER
_AT_WORK = (_S.DISPATCHED, _S.HANDLING)
_ANY_OPEN = tuple(one for one in Status if one in OPEN)

# move, from, to, who may, reason needed, says who has it, names
_TABLE: tuple[Transition, ...] = (
    Transition(Move.FILE, (_S.REPORTED,), _S.FILED, _P.DISPATCH, False, False, "File", "立案"),
    Transition(
        Move.REJECT,
        (_S.REPORTED, _S.FILED),
        _S.REJECTED,
        _P.DISPATCH,
        True,
        False,
        "Reject",
        "不予立案",
    ),
    Transition(
        Move.DISPATCH, (_S.FILED,), _S.DISPATCHED, _P.DISPATCH, False, True, "Dispatch", "派遣"
    ),
    Transition(
        Move.SETTLE,
        (_S.REPORTED, _S.FILED),
        _S.CLOSED,
        _P.HANDLE,
        True,
        False,
        "Settle on the spot",
        "上报即结案",
    ),
    Transition(
        Move.ACCEPT,
        (_S.DISPATCHED,),
        _S.HANDLING,
        _P.HANDLE,
        False,
        False,
        "Start handling",
        "开始处置",
    ),
    Transition(
        Move.REPORT_BACK, _AT_WORK, _S.FEEDBACK, _P.HANDLE, True, False, "Report back", "反馈"
    ),
    Transition(
        Move.VERIFY, (_S.FEEDBACK,), _S.VERIFIED, _P.VERIFY, False, False, "Verify", "核查通过"
    ),
    Transition(
        Move.FAIL, (_S.FEEDBACK,), _S.DISPATCHED, _P.VERIFY, True, False, "Send back", "核查不通过"
    ),
    Transition(Move.CLOSE, (_S.VERIFIED,), _S.CLOSED, _P.DISPATCH, False, False, "Close", "结案"),
    Transition(
        Move.REASSIGN,
        _AT_WORK,
        _S.DISPATCHED,
        _P.DISPATCH,
        True,
        True,
        "Reassign",
        "改派",
        undoes=(Move.DISPATCH, Move.REASSIGN),
    ),
    Transition(
        Move.ESCALATE, _AT_WORK, _S.DISPATCHED, _P.HANDLE, True, False, "Escalate", "上报上级"
    ),
    Transition(
        Move.MERGE, _ANY_OPEN, _S.MERGED, _P.DISPATCH, False, False, "Merge into another", "并案"
    ),
    Transition(
        Move.REOPEN,
        (_S.REJECTED, _S.CLOSED, _S.MERGED),
        _S.FILED,
        _P.VERIFY,
        True,
        False,
        "Open again",
        "重新立案",
        undoes=(Move.REJECT, Move.SETTLE, Move.CLOSE, Move.MERGE),
    ),
)
TRANSITIONS: dict[Move, Transition] = {one.move: one for one in _TABLE}

# Until when the next move is due, by the status in which the incident is.
_STAGE = {
    _S.REPORTED: "file",
    _S.FILED: "file",
    _S.DISPATCHED: "handle",
    _S.FEEDBACK: "verify",
    _S.VERIFIED: "verify",
}


def allowed(status: Status) -> tuple[Move, ...]:
    """Return the moves that a status allows, in the order of the table."""
    return tuple(one.move for one in TRANSITIONS.values() if status in one.sources)


def transition(status: Status, move: Move) -> Transition:
    """Return what a move does to an incident of a status.

    Raises
    ------
    ConflictError
        If the status does not allow the move; names those that it does.
    """
    found = TRANSITIONS[move]
    if status not in found.sources:
        legal = [str(one) for one in allowed(status)]
        raise ConflictError(
            f"{move} is not possible for an incident that is {status}; allowed are {legal}",
            "Load the incident again: it may have been changed by somebody else.",
            message_zh=f"当前状态（{STATUS_ZH[status]}）不能“{found.name_zh}”，可执行："
            + ("、".join(TRANSITIONS[Move(one)].name_zh for one in legal) or "无"),
            hint_zh="请刷新该事件：可能已被他人修改。",
        )
    return found


def hours(hazard: Hazard, severity: int, status: Status) -> float | None:
    """Return how many hours the stage of a status lasts; None once it is over."""
    stage = "handle" if status is Status.HANDLING else _STAGE.get(status)
    return None if stage is None else hazard.deadline_hours[stage][severity - 1]


def due(
    hazard: Hazard, severity: int, status: Status, before: datetime | None, now: datetime
) -> datetime | None:
    """Return when the next move is due.

    The clock of handling starts at the dispatch and runs on while the incident is handled; every
    other stage starts its own.
    """
    if status is Status.HANDLING:
        return before
    lasting = hours(hazard, severity, status)
    return None if lasting is None else now + timedelta(hours=lasting)


STATUS_EN = {one: one.value.capitalize() for one in Status}
STATUS_ZH = {
    _S.REPORTED: "已采集",
    _S.FILED: "已立案",
    _S.REJECTED: "不予立案",
    _S.DISPATCHED: "已派遣",
    _S.HANDLING: "处置中",
    _S.FEEDBACK: "已反馈",
    _S.VERIFIED: "已核查",
    _S.CLOSED: "已结案",
    _S.MERGED: "已并案",
}
