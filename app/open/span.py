"""The time to which features are limited: RFC 3339 as OGC API - Features has it in ``datetime``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.errors import BadInputError

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_OPEN = ("", "..")
# Whatever lies beyond is all of time: a day before its ends, so that any zone can tell it.
_FIRST, _LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Span:
    """A time with both its ends; an instant has the same twice.

    Attributes
    ----------
    since, until : datetime or None
        Both belong to it; None is open.
    """

    since: datetime | None
    until: datetime | None

    def meets(self, since: datetime, until: datetime | None) -> bool:
        """Tell whether it has an instant in common with a range whose end does not belong to it."""
        begins = self.until is None or since <= self.until
        return begins and (until is None or self.since is None or self.since < until)


def parse_span(text: str, zone: ZoneInfo) -> Span:
    """Return the time that a parameter ``datetime`` names.

    Parameters
    ----------
    text
        An instant with its zone, or two of them with a slash between, of which each may be ``..``
        or empty. A day stands for all of it.
    zone
        Where a day begins.

    Raises
    ------
    BadInputError
        If it is none of these, or ends before it begins.
    """
    parts = [one.strip() for one in text.split("/")]
    if len(parts) == 1 and parts[0] not in _OPEN:
        first, last = _read(parts[0], zone), _read(parts[0], zone)
        if first is not None and last is not None:
            return Span(first[0], last[1])
    elif len(parts) == 2:  # noqa: PLR2004
        ends = [None if one in _OPEN else _read(one, zone) for one in parts]
        known = all((end is None) == (one in _OPEN) for end, one in zip(ends, parts, strict=True))
        since, until = ends[0] and ends[0][0], ends[1] and ends[1][1]
        if known and (since is None or until is None or since <= until):
            return Span(since, until)
    raise BadInputError(
        f"datetime is {text!r:.120}, allowed are an instant such as 2026-11-22T12:00:00+08:00, a "
        "day, or two of them with a slash between, of which each may be ..",
        "A plus in an address is written %2B.",
        message_zh=f"datetime 为 {text!r:.120}，应为带时区的时间（如 2026-11-22T12:00:00+08:00）、"
        "日期，或以斜杠分隔的区间（两端均可为 ..）",
        hint_zh="地址中的加号写作 %2B。",
    )


def _read(text: str, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """Return the first and the last instant of a day, or the same instant twice."""
    try:
        if _DAY.fullmatch(text):
            day = date.fromisoformat(text)
            first = datetime.combine(day, time(), zone)
            last = _LAST
            if day < _LAST.date():
                last = datetime.combine(day + timedelta(days=1), time(), zone) - _TICK
        # A plus that became a blank in the address is one again.
        elif _INSTANT.fullmatch(plain := text.replace(" ", "+")):
            first = last = datetime.fromisoformat(plain.upper())
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return min(max(first, _FIRST), _LAST), min(max(last, _FIRST), _LAST)
