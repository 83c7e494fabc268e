"""What a request to /ogc asks for."""

from __future__ import annotations

import re
from collections.abc import Collection as AnyOf
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import request

from app.analysis.ground import Area
from app.analysis.period import Period
from app.analysis.scope import area_for
from app.analysis.selection import kinds_of
from app.errors import BadInputError, NotFoundError
from app.grids.editions import Edition, NoEditionError
from app.open.box import Box, parse_box
from app.open.collections import Collection, Kind
from app.open.documents import GEOJSON, HTML, JSON, midnight
from app.open.features import DEFAULT_LIMIT, MAX_LIMIT, Wanted
from app.open.grids import Figures, InForce, code_and_edition
from app.open.references import reference_named, references_of
from app.open.span import Span, parse_span
from app.store import utc_now
from app.web.auth import current_actor
from app.web.reading import quote
from app.web.service import Service, service

_FORMS = ("json", "html")
_DIGITS = re.compile("0*([0-9]+)")
# More digits than any limit has.
_MANY = 9


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
    return _edition(request.args.get("generation", ""))


def _edition(name: str) -> Service:
    now = service()
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


def asked_editions(wanted: Wanted) -> list[InForce]:
    """Return the editions whose grids are asked for, the earliest first.

    That is the one that is named, else those that hold in the time that is asked for, else the one
    of today; of one that is named nothing if it does not hold in that time.
    """
    now = asked_edition()
    editions = now.switch.editions()
    if not wanted.generation and wanted.span is not None:
        found = editions.in_force
    else:
        found = (editions.named(now.city.manifest.generation),)
    if wanted.span is not None:
        zone = now.policy.time_zone
        found = tuple(x for x in found if _meets(wanted.span, x, zone))
    return [_in_force(edition) for edition in found]


def asked_map() -> Service | None:
    """Return what answers for the edition that a request for a tile of grids is to draw.

    It is the one that is named, else the newest of those that hold in the time that is asked for,
    else that of today; None if none holds then.
    """
    now = asked_edition()
    span = _span(now)
    if span is None:
        return now
    editions = now.switch.editions()
    named = request.args.get("generation")
    known = (editions.named(now.city.manifest.generation),) if named else editions.in_force
    found = [one for one in known if _meets(span, one, now.policy.time_zone)]
    return _edition(found[-1].name) if found else None


def asked_row(ident: str) -> tuple[Service, str]:
    """Return what answers for the figures of a grid, and its code, of a request for one of them."""
    known = [edition.name for edition in service().switch.editions().in_force]
    code, name = code_and_edition(ident, known)
    if name and request.args.get("generation", "") in {"", name}:
        return _edition(name), code
    return asked_edition(), ident


def asked_grid(one: Collection, wanted: Wanted, ident: str) -> tuple[InForce, str]:
    """Return the edition and the code of the grid that a request for one feature names.

    Of a code alone it is the grid of the edition that is asked for: the newest one that has it, if
    the time that is asked for meets several.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    now = service()
    known = [edition.name for edition in now.switch.editions().in_force]
    code, name = code_and_edition(ident, known)
    editions = asked_editions(wanted)
    if name and not wanted.generation and wanted.span is None:
        editions = [_in_force(now.switch.editions().named(name))]
    for edition in reversed(editions):
        if name in {"", edition.name} and edition.has(one.part):
            layer = edition.city.layer(one.part)
            if code in layer.row_of:
                return edition, code
    if len(editions) == 1:
        editions[0].city.find(ident, one.part)
    names = [edition.name for edition in editions]
    raise NotFoundError(
        f"no grid {ident!r:.80} is in {one.id} of the editions {names} that are asked for",
        f"Ask for /ogc/collections/{one.id}/items.",
        message_zh=f"所请求的网格版本 {names} 的 {one.id} 中没有网格 {ident!r:.80}",
        hint_zh=f"请使用 /ogc/collections/{one.id}/items。",
    )


def _meets(span: Span, edition: Edition, zone: ZoneInfo) -> bool:
    until = midnight(edition.until, zone) if edition.until else None
    return span.meets(midnight(edition.valid_from, zone), until)


def _in_force(edition: Edition) -> InForce:
    today = service()
    found = today.switch.of(edition) if edition.name != today.city.manifest.generation else today
    return InForce(found.city, edition.until, found is today)


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
    period, today = _period(now, wanted.span), now is service()
    return Figures(every, now.ground, period, wanted.hazard, hazards, area, today=today)


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
    found = _DIGITS.fullmatch(text)
    digits = found[1] if found else "0"
    if digits == "0":
        raise BadInputError(
            f"limit is {quote(text)}, allowed is a whole number from 1 on, of which up to "
            f"{MAX_LIMIT} are answered",
            message_zh=f"limit 为 {quote(text)}，应为不小于 1 的整数，最多返回 {MAX_LIMIT} 个",
        )
    return MAX_LIMIT if len(digits) > _MANY else min(int(digits), MAX_LIMIT)


def _period(now: Service, span: Span | None) -> Period:
    """Return the time of the figures: what is open begins in 1970, or ends now."""
    zone = now.policy.time_zone
    if span is None:
        return Period.last_year(utc_now(), zone)
    since = span.since or datetime(1970, 1, 1, tzinfo=zone)
    # The end of a span belongs to it, that of a period does not.
    until = span.until or max(utc_now(), since)
    return Period(since, until + datetime.resolution, zone)
