"""Values of query strings that several routes of incidents take."""

from __future__ import annotations

from app.errors import BadInputError
from app.incidents.lifecycle import OPEN, OVER, Status
from app.incidents.policy import SEVERITIES
from app.web.reading import quote

_GROUPS = {"open": OPEN, "over": OVER}
_STATUSES = {str(one): one for one in Status}


def read_statuses(text: str) -> tuple[Status, ...]:
    """Return the statuses, or groups of them, that a list with commas names.

    Raises
    ------
    BadInputError
        If one is not known; names it and those that are.
    """
    found: set[Status] = set()
    for one in text.split(",") if text else ():
        if one in _GROUPS:
            found |= _GROUPS[one]
        elif one in _STATUSES:
            found.add(_STATUSES[one])
        else:
            known = [*_GROUPS, *_STATUSES]
            raise BadInputError(
                f"status is {quote(one)}, allowed are {known}, separated by commas",
                message_zh=f"status 为 {quote(one)}，可用：{'、'.join(known)}，以逗号分隔",
            )
    return tuple(one for one in Status if one in found)


def read_severities(text: str) -> tuple[int, ...]:
    """Return the severities that a list with commas names.

    Raises
    ------
    BadInputError
        If one is not known; names it and those that are.
    """
    known = {str(one): one for one in SEVERITIES}
    parts = text.split(",") if text else []
    for one in parts:
        if one not in known:
            raise BadInputError(
                f"severity is {quote(one)}, allowed are {list(known)}, separated by commas",
                message_zh=f"severity 为 {quote(one)}，可用：{'、'.join(known)}，以逗号分隔",
            )
    return tuple(known[one] for one in dict.fromkeys(parts))
