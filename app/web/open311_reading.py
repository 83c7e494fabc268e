"""What a request to Open311 asks for or reports, in the words of the incidents."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from flask import request

from app.errors import BadInputError, NotFoundError
from app.incidents.incident import Draft, Query, Source
from app.incidents.lifecycle import OPEN, OVER, Status
from app.incidents.policy import Hazard
from app.incidents.words import is_blank
from app.locate.rows import parse_degrees
from app.store import utc_now
from app.web.open311_forms import MAX_DESCRIPTION, hazard_name
from app.web.reading import quote
from app.web.service import service

MAX_DAYS = 90
MAX_REQUESTS = 1_000
SEVERITIES = {"1": ("一般", "Slight"), "2": ("较大", "Moderate"), "3": ("重大", "Grave"),
              "4": ("特别重大", "Very grave")}  # fmt: skip
_MAX_URL = 2_000
_TITLE_LENGTH = 60
_URL = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"attribute\[([^\]]*)\](\[\])?")
_YEARS = (1900, 2200)
_STATUSES: dict[str, frozenset[Status]] = {"open": OPEN, "closed": OVER}


def hazard_named(code: str) -> Hazard:
    """Return the hazard of a service code.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    found = service().policy.hazards.get(code)
    if found is None:
        known = list(service().policy.hazards)
        raise NotFoundError(
            f"service_code {quote(code)} was not found; there are {', '.join(known)}",
            message_zh=f"service_code {quote(code)} 不存在，可用：{'、'.join(known)}",
        )
    return found


def listed(name: str) -> list[str]:
    """Return the values of a parameter that may come several times, or with commas."""
    parts = [one.strip() for text in request.args.getlist(name) for one in text.split(",")]
    return [one for one in parts if one]


def read_query() -> Query:
    """Return which requests are asked for.

    Raises
    ------
    BadInputError, NotFoundError
        If an argument is not usable, or names a service that is not there.
    """
    statuses: frozenset[Status] = frozenset()
    for one in listed("status"):
        if one not in _STATUSES:
            raise BadInputError(
                f"status is {quote(one)}, allowed are open and closed",
                message_zh=f"status 为 {quote(one)}，可用：open、closed",
            )
        statuses |= _STATUSES[one]
    since, until = _window()
    size = _count("page_size", MAX_REQUESTS, MAX_REQUESTS)
    return Query(
        statuses=tuple(one for one in Status if one in statuses),
        hazards=tuple(hazard_named(one).id for one in listed("service_code")),
        reported_since=since,
        reported_until=until,
        limit=size,
        after=(_count("page", 1, 1_000_000) - 1) * size,
    )


def _window() -> tuple[datetime, datetime | None]:
    """Return from when to when requests are asked for: 90 days at most."""
    lasting = timedelta(days=MAX_DAYS)
    start = _instant("start_date", request.args.get("start_date", ""))
    end = _instant("end_date", request.args.get("end_date", ""))
    if start is None and end is None:
        return utc_now() - lasting, None
    if start is None and end is not None:
        start = end - lasting
    if end is None and start is not None:
        end = start + lasting
    assert start is not None  # noqa: S101 - one of them was given
    assert end is not None  # noqa: S101
    if not timedelta(0) <= end - start <= lasting:
        raise BadInputError(
            f"start_date {start.isoformat()} to end_date {end.isoformat()} is not within "
            f"{MAX_DAYS} days",
            "Ask for one span after the other.",
            message_zh=f"start_date 至 end_date 应不超过 {MAX_DAYS} 天",
            hint_zh="请分段查询。",
        )
    # The end itself belongs to it.
    return start, end + timedelta(microseconds=1)


def _instant(name: str, text: str) -> datetime | None:
    """Return a time with its zone; a plus that became a blank in the address is one again."""
    if not text.strip():
        return None
    try:
        found = datetime.fromisoformat(text.strip().replace(" ", "+"))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not _YEARS[0] <= found.year <= _YEARS[1]:
        raise BadInputError(
            f"{name} is {quote(text)}, allowed is a time with its zone, such as "
            "2026-11-22T12:00:00+08:00",
            message_zh=f"{name} 为 {quote(text)}，应为带时区的时间，如 2026-11-22T12:00:00+08:00",
        )
    return found.astimezone(UTC)


def _count(name: str, default: int, most: int) -> int:
    text = request.args.get(name, "").strip()
    if not text:
        return default
    if not re.fullmatch("[0-9]{1,7}", text) or not 1 <= int(text) <= most:
        raise BadInputError(
            f"{name} is {quote(text)}, allowed are 1 to {most}",
            message_zh=f"{name} 为 {quote(text)}，应为 1 至 {most}",
        )
    return int(text)


def read_draft() -> Draft:
    """Return the report that a form makes.

    Raises
    ------
    BadInputError, NotFoundError
        If an argument is not usable, or names a service or grid that is not there.
    """
    form = request.form
    code = form.get("service_code", "").strip()
    if not code:
        raise BadInputError("service_code was not provided", message_zh="缺少 service_code")
    hazard = hazard_named(code)
    description = form.get("description", "")
    if len(description) > MAX_DESCRIPTION:
        raise BadInputError(
            f"description has {len(description)} characters, allowed are {MAX_DESCRIPTION}",
            message_zh=f"description 有 {len(description)} 个字符，最多 {MAX_DESCRIPTION} 个",
        )
    lon, lat, address, grid = _place()
    severity, occurred_at = _attributes()
    media = form.get("media_url", "").strip()
    if media and (len(media) > _MAX_URL or not _URL.fullmatch(media)):
        raise BadInputError(f"media_url is {quote(media)}, allowed is an http(s) address")
    first, last = form.get("first_name", "").strip(), form.get("last_name", "").strip()
    # Chinese names begin with the family's.
    western = f"{first}{last}".isascii()
    return Draft(
        hazard=hazard.id,
        title=_title(description) or hazard_name(hazard),
        severity=severity,
        description=description + (f"\n[media_url] {media}" if media else ""),
        lon=lon,
        lat=lat,
        address=address,
        grid=grid,
        source=Source.API,
        reporter_name=f"{first} {last}".strip() if western else f"{last}{first}",
        reporter_contact=", ".join(
            part for name in ("phone", "email") if (part := form.get(name, "").strip())
        ),
        occurred_at=occurred_at,
    )


def _place() -> tuple[float | None, float | None, str, str | None]:
    """Return lon, lat, address and the grid that is named; one way to say where is needed."""
    texts = {name: request.form.get(name, "").strip() for name in ("long", "lat")}
    address = request.form.get("address_string", "").strip()
    ident = request.form.get("address_id", "").strip()
    if not any((*texts.values(), address, ident)):
        raise BadInputError(
            "no location was provided: lat and long, address_string or address_id",
            message_zh="缺少位置：lat 与 long、address_string 或 address_id",
        )
    if ident:
        grid = service().city.find(ident)
        address = address or f"{grid.name}（{grid.code}）"
    if not any(texts.values()):
        return None, None, address, ident or None
    degrees = []
    for name, text in texts.items():
        values, reasons = parse_degrees([text], name)
        if reasons:
            raise BadInputError(reasons[0], "lat and long are decimal degrees in WGS-84.")
        degrees.append(float(values[0]))
    return degrees[0], degrees[1], address, ident or None


def _attributes() -> tuple[int, datetime | None]:
    severity, occurred_at = 2, None
    for name in request.form:
        found = _ATTRIBUTE.fullmatch(name)
        if found is None:
            continue
        values = request.form.getlist(name)
        text = values[0].strip()
        if found[1] not in {"severity", "occurred_at"} or len(values) > 1:
            raise BadInputError(
                f"{name:.60} is given {len(values)} times, allowed are attribute[severity] and "
                "attribute[occurred_at], once each",
                message_zh=f"{name:.60} 不可用，允许 attribute[severity]、attribute[occurred_at]",
            )
        if found[1] == "occurred_at":
            occurred_at = _instant(name, text)
        elif text:
            if text not in SEVERITIES:
                raise BadInputError(f"{name} is {quote(text)}, allowed are {list(SEVERITIES)}")
            severity = int(text)
    return severity, occurred_at


def _title(description: str) -> str:
    lines = (line.strip() for line in description.splitlines())
    # A line that shows nothing names nothing, and no incident may be called so.
    first = next((line for line in lines if not is_blank(line)), "")
    return first if len(first) <= _TITLE_LENGTH else first[: _TITLE_LENGTH - 1] + "…"
