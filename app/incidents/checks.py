"""What the fields of an incident may hold."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from app.errors import BadInputError
from app.incidents.incident import Changes, Draft
from app.incidents.policy import SEVERITIES
from app.incidents.words import is_blank

MAX_ACCURACY_M = 10_000.0
MAX_LENGTH = {
    "title": 200,
    "description": 10_000,
    "address": 300,
    "note": 2_000,
    "reporter_name": 100,
    "reporter_contact": 200,
    "external_source": 64,
    "external_id": 128,
}
_REQUIRED = ("title",)


def check_draft(draft: Draft) -> None:
    """Refuse a report of which a field is not usable, but for its hazard and its place.

    Raises
    ------
    BadInputError
        Naming the field, the value and what is allowed.
    """
    check_severity(draft.severity)
    for name in MAX_LENGTH.keys() & {one.name for one in fields(Draft)}:
        check_text(name, getattr(draft, name) or "")
    if (draft.external_source is None) != (draft.external_id is None):
        raise BadInputError(
            "external_source and external_id belong together; one is missing or blank",
            "Give both, or neither.",
            message_zh="external_source 与 external_id 须同时填写，其一缺失或为空",
            hint_zh="请同时填写，或都不填写。",
        )
    if draft.occurred_at is not None and draft.occurred_at.tzinfo is None:
        raise BadInputError(
            f"occurred_at is {draft.occurred_at}, it needs a time zone",
            message_zh=f"occurred_at 为 {draft.occurred_at}，缺少时区",
        )


def check_changes(changes: Changes) -> dict[str, Any]:
    """Return the fields that are to be changed, but for hazard and place as they should be.

    Raises
    ------
    BadInputError
        If there is none, one is not usable, or a place is given in part.
    """
    given = {
        one.name: getattr(changes, one.name)
        for one in fields(Changes)
        if getattr(changes, one.name) is not None
    }
    if not given:
        raise BadInputError(
            "nothing is to be changed",
            "Name at least one field.",
            message_zh="没有要修改的字段",
            hint_zh="请至少填写一个字段。",
        )
    for name in MAX_LENGTH.keys() & given.keys():
        check_text(name, given[name])
    if "severity" in given:
        check_severity(given["severity"])
    if given.keys() & {"lon", "lat", "datum", "accuracy_m"} and not given.keys() >= {
        "lon",
        "lat",
        "datum",
    }:
        raise BadInputError(
            "a place is changed by lon, lat and datum together",
            message_zh="修改位置须同时填写 lon、lat 与 datum",
        )
    return given


def check_severity(severity: int) -> None:
    """Refuse what is no severity; raises BadInputError."""
    if severity not in SEVERITIES:
        raise BadInputError(
            f"severity is {severity!r}, allowed are {SEVERITIES}",
            message_zh=f"severity 为 {severity!r}，应为 1 至 4",
        )


def check_accuracy(accuracy_m: float) -> None:
    """Refuse an accuracy that is not 0 to 10,000 metres; raises BadInputError."""
    if not 0 <= accuracy_m <= MAX_ACCURACY_M:
        raise BadInputError(
            f"accuracy_m is {accuracy_m!r}, allowed is 0 to {MAX_ACCURACY_M:.0f} metres",
            message_zh=f"accuracy_m 为 {accuracy_m!r}，应为 0 至 {MAX_ACCURACY_M:.0f} 米",
        )


def check_text(name: str, text: str) -> None:
    """Refuse a text that is too long, that must not be empty, or that no database keeps.

    Parameters
    ----------
    name
        The field, one of `MAX_LENGTH`.
    text
        What it holds.

    Raises
    ------
    BadInputError
        Naming the field and what is allowed.
    """
    if len(text) > MAX_LENGTH[name]:
        raise BadInputError(
            f"{name} has {len(text)} characters, allowed are {MAX_LENGTH[name]}",
            message_zh=f"{name} 有 {len(text)} 个字符，最多 {MAX_LENGTH[name]} 个",
        )
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadInputError(
            f"{name} holds half a character (a lone surrogate)",
            message_zh=f"{name} 含有不完整的字符",
        ) from None
    if "\x00" in text:
        raise BadInputError(
            f"{name} holds a NUL character",
            "Remove it.",
            message_zh=f"{name} 含有 NUL 字符",
            hint_zh="请删除该字符。",
        )
    if name in _REQUIRED and is_blank(text):
        raise BadInputError(f"{name} is empty", message_zh=f"{name} 不能为空")
