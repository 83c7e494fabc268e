"""What a request to /ogc asks for."""

from __future__ import annotations

import re
from collections.abc import Collection as AnyOf
from datetime import datetime

from flask import request

from app.analysis.ground import Area
from app.analysis.period import Period
from app.analysis.scope import area_for
from app.analysis.selection import kinds_of
from app.errors import BadInputError
from app.grids.editions import NoEditionError
from app.open.box import Box, parse_box
from app.open.collections import Collection, Kind
from app.open.documents import GEOJSON, HTML, JSON
from app.open.features import DEFAULT_LIMIT, MAX_LIMIT, Wanted
from app.open.grids import Figures
from app.open.references import reference_named, references_of
from app.open.span import Span, parse_span
from app.store import utc_now
from app.web.auth import current_actor
from app.web.reading import quote
from app.web.service import Service, service

_FORMS = ("json", "html")
_DIGITS = re.compile("[0-9]{1,9}")


def read_form() -> str:
    """Return ``json`` or ``html``: by ``f``, else by what the caller accepts, JSON of both.

    Raises
    ------
    BadInputError
        If ``f`` is neither.
    """
    asked = request.args.get("f", "")
    if asked and asked not in _FORMS:
        raise BadInputError(
            f"f is {quote(asked)}, allowed are json and html",
            message_zh=f"f 为 {quote(asked)}，可用：json、html",
        )
    if asked:
        return asked
    best = request.accept_mimetypes.best_match((JSON, GEOJSON, HTML))
    return "html" if best == HTML else "json"


def check_parameters(allowed: AnyOf[str]) -> None:
    """Refuse parameters that are not known here, or come twice.

    Raises
    ------
    BadInputError
        If there is one.
    """
    known = sorted({*allowed, "f"})
    for name, values in request.args.lists():
        if name not in known:
            raise BadInputError(
                f"{quote(name)} is not known here, allowed are {', '.join(known)}",
                message_zh=f"未知参数 {quote(name)}，可用：{'、'.join(known)}",
            )
        if len(values) > 1:
            raise BadInputError(
                f"{name} is given {len(values)} times, allowed is once",
                message_zh=f"{name} 出现 {len(values)} 次，只允许一次",
            )


def asked_edition() -> Service:
    """Return what answers for the edition that the request names; that of today if it names none.

    Raises
    ------
    NoEditionError
        If there is none in force of this name.
    """
    now = service()
    name = request.args.get("generation", "")
    if name in {"", now.city.manifest.generation}:
        return now
    known = now.switch.editions().in_force
    for one in known:
        if one.name == name:
            return now.switch.of(one)
    names = [one.name for one in known]
    raise NoEditionError(
        f"no edition {quote(name)} of the boundaries is in force, allowed are {names}",
        "Begin again with the first page, without generation.",
        message_zh=f"没有生效的网格版本 {quote(name)}，可用：{names}",
        hint_zh="请去掉 generation，从第一页重新开始。",
    )


def read_wanted(now: Service, one: Collection) -> Wanted:
    """Return which features of a collection are asked for.

    Raises
    ------
    BadInputError
        If a parameter is not usable.
    """
    args = request.args
    known = references_of(now.city)
    after, before = args.get("after", ""), args.get("before", "")
    if after and before:
        raise BadInputError(
            "after and before are both given, allowed is one of them",
            message_zh="after 与 before 只能给出其一",
        )
    return Wanted(
        reference=reference_named(known, args.get("crs", ""), "crs"),
        box=_box(now),
        span=_span(now),
        hazard=_hazard(now, one),
        generation=args.get("generation", ""),
        limit=_limit(args.get("limit")),
        after=after,
        before=before,
    )


def figures(now: Service, wanted: Wanted) -> Figures:
    """Return the figures that the account may see of the time and hazard that are asked for."""
    area: Area | None = area_for(current_actor(), now.ground, now.accounts.areas, "")
    hazards = kinds_of(now.policy, wanted.hazard)
    every = now.archive.current()
    return Figures(every, now.ground, _period(now, wanted.span), wanted.hazard, hazards, area)


def _hazard(now: Service, one: Collection) -> str:
    hazard = request.args.get("hazard", "")
    if hazard and one.kind is not Kind.GRIDS:
        now.policy.kinds(hazard)
    return hazard


def _box(now: Service) -> Box | None:
    text = request.args.get("bbox")
    known = references_of(now.city)
    reference = reference_named(known, request.args.get("bbox-crs", ""), "bbox-crs")
    return None if text is None else parse_box(text, reference)


def _span(now: Service) -> Span | None:
    text = request.args.get("datetime")
    return None if text is None else parse_span(text, now.policy.time_zone)


def _limit(text: str | None) -> int:
    """Return the limit; more than is possible is as much as is possible, as the standard has it."""
    if text is None:
        return DEFAULT_LIMIT
    if not _DIGITS.fullmatch(text) or int(text) < 1:
        raise BadInputError(
            f"limit is {quote(text)}, allowed is a whole number from 1 on, of which up to "
            f"{MAX_LIMIT} are answered",
            message_zh=f"limit 为 {quote(text)}，应为不小于 1 的整数，最多返回 {MAX_LIMIT} 个",
        )
    return min(int(text), MAX_LIMIT)


def _period(now: Service, span: Span | None) -> Period:
    """Return the time of the figures: what is open begins in 1970, or ends now."""
    zone = now.policy.time_zone
    if span is None:
        return Period.last_year(utc_now(), zone)
    since = span.since or datetime(1970, 1, 1, tzinfo=zone)
    # The end of a span belongs to it, that of a period does not.
    until = span.until or max(utc_now(), since)
    return Period(since, until + datetime.resolution, zone)
