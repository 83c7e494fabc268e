"""Incidents in the words of Open311."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from app.errors import NotFoundError
from app.incidents.incident import CITY_LEVEL, Incident
from app.incidents.lifecycle import STATUS_EN, STATUS_ZH
from app.web.open311_forms import MAX_DESCRIPTION, either, hazard_name
from app.web.service import service

_MEDIA = re.compile(r"\n\[media_url\] (\S+)\Z")


def request_out(one: Incident) -> dict[str, Any]:
    """Return an incident as a request; nothing personal."""
    now = service()
    description, media = _described(one)
    zone = now.policy.time_zone

    def w3(at: datetime | None) -> str | None:
        return at.astimezone(zone).isoformat(timespec="seconds") if at else None

    hazard = now.policy.hazards.get(one.hazard)
    notes = either(STATUS_EN[one.status], STATUS_ZH[one.status])
    if one.merged_into:
        notes = either(f"Duplicate of {one.merged_into}", f"已并入 {one.merged_into}")
    return {
        "service_request_id": one.number,
        "status": "open" if one.is_open else "closed",
        "status_notes": notes,
        "service_name": hazard_name(hazard) if hazard else one.hazard,
        "service_code": one.hazard,
        "description": description or None,
        "agency_responsible": _agency(one),
        "service_notice": None,
        "requested_datetime": w3(one.reported_at),
        "updated_datetime": w3(one.closed_at or one.updated_at),
        "expected_datetime": w3(one.due_at),
        "address": one.address or None,
        "address_id": one.grid,
        "zipcode": None,
        "lat": one.lat,
        "long": one.lon,
        "media_url": media,
    }


def _described(one: Incident) -> tuple[str, str | None]:
    """Return title and description as one text, and the address of what was sent with it."""
    text, media = one.description, None
    found = _MEDIA.search(text)
    if found is not None:
        text, media = text[: found.start()], found[1]
    # The title that a request got here is the beginning of its description.
    if not text.strip().startswith(one.title.removesuffix("…")):
        text = f"{one.title}\n{text}" if text else one.title
    return text if len(text) <= MAX_DESCRIPTION else text[: MAX_DESCRIPTION - 1] + "…", media


def _agency(one: Incident) -> str | None:
    city, to = service().city, one.assignee
    if to is None:
        return None
    if to.level == CITY_LEVEL:
        return city.manifest.name
    try:
        return city.name_of(to.code, to.level)
    except NotFoundError:  # of an older generation
        return to.code
