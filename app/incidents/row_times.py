"""Times as tables have them: cells of a date type, ISO 8601, and the common forms with slashes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from app.errors import BadInputError

YEARS = (1900, 2200)
# 2026/11/22, 2026-11-22 8:05, 2026年11月22日 8:05:33: parts may lack their leading zeros.
_PLAIN = re.compile(
    r"(\d{4})([-/.年])(\d{1,2})([-/.月])(\d{1,2})日?(?:[ T]\s*(\d{1,2}):(\d{2})(?::(\d{2}))?)?",
    re.ASCII,
)
_PAIRS = {"-": "-", "/": "/", ".": ".", "年": "月"}


class TimeReader:
    """Reads cells as instants.

    Parameters
    ----------
    zone
        Of times that name none.
    formats
        Of times besides the known ones, as `datetime.strptime` has them; they come first.
    """

    def __init__(self, zone: ZoneInfo, formats: Sequence[str] = ()) -> None:
        self._zone = zone
        self._own = tuple(formats)

    def read(self, name: str, cell: object) -> datetime | None:
        """Return the instant of a cell in UTC, None where it is empty.

        Raises
        ------
        BadInputError
            If the cell is no time, or not of the years that are allowed.
        """
        found = self._parsed(cell)
        if found is None:
            if cell is None or (isinstance(cell, str) and not cell.strip()):
                return None
            raise BadInputError(
                f"{name} is {cell!r:.60}, allowed are times like 2026-11-22T12:00:00+08:00 or "
                "2026/11/22 12:00",
                message_zh=f"{name} 为 {cell!r:.60}，应为 2026-11-22T12:00:00+08:00 或 "
                "2026/11/22 12:00 等形式的时间",
            )
        if not YEARS[0] <= found.year <= YEARS[1]:
            raise BadInputError(
                f"{name} is in the year {found.year}, allowed are {YEARS[0]} to {YEARS[1]}",
                message_zh=f"{name} 的年份为 {found.year}，应在 {YEARS[0]} 至 {YEARS[1]} 之间",
            )
        if found.tzinfo is None:
            found = found.replace(tzinfo=self._zone)
        return found.astimezone(UTC)

    def _parsed(self, cell: object) -> datetime | None:
        if isinstance(cell, datetime):
            return cell
        if isinstance(cell, date):
            return datetime.combine(cell, time())
        if not isinstance(cell, str):
            return None
        text = cell.strip()
        own = (_by_format(text, pattern) for pattern in self._own)
        return next((found for found in own if found), None) or _by_habit(text)


def _by_habit(text: str) -> datetime | None:
    """Return the time that stands in one of the known forms."""
    plain = _PLAIN.fullmatch(text)
    try:
        if plain is not None:
            if _PAIRS[plain[2]] != plain[4]:
                return None
            parts = [int(plain[group] or 0) for group in (1, 3, 5, 6, 7, 8)]
            return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - the caller adds it
        # Digits alone are a number of something else, not a day.
        return None if text.isdecimal() else datetime.fromisoformat(text)
    except ValueError:
        return None


def _by_format(text: str, pattern: str) -> datetime | None:
    try:
        return datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is added by the caller
    except ValueError:
        return None
