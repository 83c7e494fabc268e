"""The time that a figure is of: from one instant up to another, and the months in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from app.errors import BadInputError

# A mean month of the Gregorian calendar, so that rates of February and July compare.
DAYS_PER_MONTH = 365.2425 / 12
_DAY_S = 86_400.0
# Beyond these a time is a mistake, and some have no instant in UTC.
_YEARS = (1900, 2200)
_HINT = "Times are from (included) up to (not included)."
_HINT_ZH = "时间段为左闭右开：含起始，不含结束。"


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open range of time.

    Attributes
    ----------
    since, until : datetime
        Instants with their zone; `since` is part of it, `until` is not.
    zone : ZoneInfo
        Whose days and months count.
    """

    since: datetime
    until: datetime
    zone: ZoneInfo

    def __post_init__(self) -> None:
        """Refuse what is no range.

        Raises
        ------
        BadInputError
            If a time has no zone, or the range does not run forwards.
        """
        for one in (self.since, self.until):
            if one.tzinfo is None:
                raise BadInputError(
                    f"{one.isoformat()} has no time zone",
                    "Write it as 2026-11-01T00:00:00+08:00.",
                    message_zh=f"{one.isoformat()} 缺少时区",
                    hint_zh="请写成 2026-11-01T00:00:00+08:00。",
                )
        if self.since >= self.until:
            raise BadInputError(
                f"the period runs from {self.since.isoformat()} to {self.until.isoformat()}, "
                "allowed is from < to",
                _HINT,
                message_zh=f"时间段为 {self.since.isoformat()} 至 {self.until.isoformat()}，"
                "起始应早于结束",
                hint_zh=_HINT_ZH,
            )

    @classmethod
    def of_days(cls, first: date, until: date, zone: ZoneInfo) -> Period:
        """Return the period of whole days in a zone, `until` not included."""
        return cls(_midnight(first, zone), _midnight(until, zone), zone)

    @classmethod
    def of_month(cls, year: int, month: int, zone: ZoneInfo) -> Period:
        """Return the period of a calendar month."""
        following = date(year + month // 12, month % 12 + 1, 1)
        return cls.of_days(date(year, month, 1), following, zone)

    @classmethod
    def last_year(cls, now: datetime, zone: ZoneInfo) -> Period:
        """Return the twelve months up to the end of the day of `now`: what is meant by default."""
        until = _midnight(now.astimezone(zone).date() + timedelta(days=1), zone)
        return cls(year_before(until, zone), until, zone)

    @property
    def days(self) -> float:
        """How long it is, days of 24 hours."""
        return (self.until - self.since).total_seconds() / _DAY_S

    @property
    def months(self) -> float:
        """How long it is, in months of `DAYS_PER_MONTH`."""
        return self.days / DAYS_PER_MONTH

    def whole_months(self) -> tuple[Period, ...]:
        """Return the calendar months that lie in it whole, in order."""
        day = self.since.astimezone(self.zone).date().replace(day=1)
        found: list[Period] = []
        while True:
            month = Period.of_month(day.year, day.month, self.zone)
            if month.until > self.until:
                return tuple(found)
            if month.since >= self.since:
                found.append(month)
            day = month.until.astimezone(self.zone).date()

    def holds(self, at: npt.NDArray[np.datetime64]) -> npt.NDArray[np.bool_]:
        """Tell which of some instants, datetime64 in UTC, lie in it."""
        return np.asarray((at >= as_utc64(self.since)) & (at < as_utc64(self.until)))


def as_utc64(at: datetime) -> np.datetime64:
    """Return an instant with its zone as datetime64 in UTC, microseconds."""
    return np.datetime64(at.astimezone(UTC).replace(tzinfo=None), "us")


def parse_time(text: str, zone: ZoneInfo) -> datetime:
    """Return the instant that a text names: a day (its beginning), or a time with its zone.

    Parameters
    ----------
    text
        Such as ``2026-11-01`` or ``2026-11-01T00:00:00+08:00``.
    zone
        Where a day begins.

    Raises
    ------
    BadInputError
        If it is neither.
    """
    plain = text.strip()
    try:
        if len(plain) == len("2026-11-01"):
            found = _midnight(date.fromisoformat(plain), zone)
        else:
            found = datetime.fromisoformat(plain)
        if found.tzinfo is not None and _YEARS[0] <= found.year < _YEARS[1]:
            return found
    except ValueError:
        pass
    raise BadInputError(
        f"the time is {text!r:.80}, allowed is a day such as 2026-11-01, or a time with its zone "
        "such as 2026-11-01T00:00:00+08:00",
        _HINT,
        message_zh=f"时间为 {text!r:.80}，应为日期（如 2026-11-01）或带时区的时间"
        "（如 2026-11-01T00:00:00+08:00）",
        hint_zh=_HINT_ZH,
    )


def year_before(at: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant a calendar year before another; the 28th for a leap day."""
    local = at.astimezone(zone)
    leap = local.month == 2 and local.day == 29  # noqa: PLR2004 - the leap day
    return local.replace(year=local.year - 1, day=28 if leap else local.day)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
