"""GET /api/coverage: do the grids tile the city, are they staffed, what is reached."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from apiflask import APIBlueprint
from flask import Response

from app.accounts import Actor, Permission
from app.analysis.coverage_plain import to_plain
from app.analysis.coverage_reach import D_M, DAYS, ReachQuestion
from app.analysis.coverage_suppress import suppress
from app.analysis.coverage_table import Coverage
from app.analysis.ground import Area
from app.analysis.suppression import DEFAULT_THRESHOLD, check_threshold
from app.errors import BadInputError, CityError, ForbiddenError, UnavailableError
from app.incidents.assign import Duty
from app.web.auth import current_actor
from app.web.cached import json_bytes, respond
from app.web.reading import quote, takes
from app.web.schemas_coverage import CoverageOut, CoverageQuery
from app.web.service import Service, service

log = logging.getLogger(__name__)

bp = APIBlueprint("coverage", __name__, tag="Analysis")

_MOST_GAPS = 1_000
# What only one kind of coverage is asked with.
_OWN = {
    "station": "reach",
    "d_m": "reach",
    "days": "reach",
    "as_of": "reach",
    "group": "reach",
    "site": "reach",
    "at": "staffing",
}


@bp.get("/api/coverage")
@takes(bp, CoverageQuery, "query")
@bp.output(CoverageOut)
@bp.doc(
    responses={
        304: "What you have by If-None-Match is still the same",
        404: "No grid has the code of the area, or no edition holds on the day",
    }
)
def get_coverage(query_data: CoverageQuery) -> Response:
    """Return how far the city, or your area of it, is covered, level by level, worst gaps first."""
    now, actor = service().on(query_data.on), current_actor()
    _check(query_data)
    area = _area(now, actor, query_data.area)
    below = _threshold(actor, query_data.suppress)
    duty = _duty(now, actor, query_data.at)
    key = (
        "coverage",
        now.city.manifest.content_hash,
        now.city.manifest.generation,
        query_data.model_dump_json(exclude={"area", "suppress"}),
        area and area.code,
        below,
        duty and duty.absent,
    )

    def make() -> bytes:
        found = suppress(now.coverage.ground, _asked(now, query_data, duty), below)
        within = found.within(now.coverage.ground, area)
        return json_bytes(to_plain(within, query_data.level, query_data.gaps))

    try:
        return respond(now.answers.get(key, make))
    except CityError as error:
        # Which file, and what is wrong with it, is for whoever runs the server.
        log.error("coverage cannot be told: %s", error.message)
        raise UnavailableError(
            "a reference table of the city is not usable",
            "Tell who runs the server: python -m scripts.coverage says what is wrong.",
            message_zh="城市的一张参考表不可用",
            hint_zh="请联系服务器管理员：python -m scripts.coverage 会说明原因。",
        ) from error


def _check(query: CoverageQuery) -> None:
    """Refuse what another kind of coverage is asked with, and too long a list."""
    for name, kind in _OWN.items():
        value = getattr(query, name)
        if kind != query.kind and value not in {None, ""}:
            raise BadInputError(
                f"{name} is {quote(value)}, it belongs to kind={kind} and not to {query.kind}",
                "Leave it out.",
                message_zh=f"{name} 为 {quote(value)}，只用于 kind={kind}，不用于 {query.kind}",
                hint_zh="请去掉该参数。",
            )
    if query.gaps > _MOST_GAPS:
        raise BadInputError(
            f"gaps is {query.gaps}, allowed are 0 to {_MOST_GAPS}",
            message_zh=f"gaps 为 {query.gaps}，应为 0 至 {_MOST_GAPS}",
        )


def _area(now: Service, actor: Actor, code: str) -> Area | None:
    """Return the area that is asked for, or the actor's own.

    Raises
    ------
    ForbiddenError
        If it does not lie in the actor's.
    """
    asked = code or actor.area
    if asked is None:
        return None
    grid = now.city.find(asked)
    actor.require_area({one.code for one in now.city.chain(grid)})
    return now.coverage.ground.area(asked)


def _threshold(actor: Actor, asked: int | None) -> int:
    """Return the least count of people that is shown.

    Raises
    ------
    ForbiddenError
        If small counts are asked for by somebody who may not see personal fields.
    """
    if asked is None:
        return DEFAULT_THRESHOLD
    check_threshold(asked)
    if asked < DEFAULT_THRESHOLD and Permission.CONTACT not in actor.permissions:
        raise ForbiddenError(
            f"suppress is {asked}, {actor.label!r} ({actor.role}) may ask for "
            f"{DEFAULT_THRESHOLD} or more: small counts tell of somebody in particular",
            "Leave it out.",
            message_zh=f"suppress 为 {asked}，“{actor.label}”（{actor.role.name_zh}）"
            f"只能使用不小于 {DEFAULT_THRESHOLD} 的值：过小的计数可能指向个人",
            hint_zh="请去掉该参数。",
        )
    return asked


def _duty(now: Service, actor: Actor, at: datetime | None) -> Duty | None:
    """Return who is on duty at an instant, for who dispatches; None if that is not asked."""
    if at is None:
        return None
    actor.require(Permission.DISPATCH)
    with now.database.read() as connection:
        return Duty.read(connection, now.city, at)


def _asked(now: Service, query: CoverageQuery, duty: Duty | None) -> Coverage:
    if query.kind == "boundary":
        return now.coverage.boundary()
    if query.kind == "staffing":
        return now.coverage.staffing(duty, query.at)
    asked: dict[str, Any] = {"station": query.station, "group": query.group, "site": query.site}
    return now.coverage.reach(
        ReachQuestion(
            **asked,
            d_m=D_M if query.d_m is None else query.d_m,
            days=DAYS if query.days is None else query.days,
            as_of=query.as_of,
        )
    )
