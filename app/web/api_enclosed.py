"""POST /api/enclosed: what lies in an area that is drawn by hand, and whom to call there."""

from __future__ import annotations

import math

import shapely
from apiflask import APIBlueprint

from app.accounts import Actor
from app.analysis.enclosed import DedicatedPart, Enclosed, area_of, dedicated, enclosed
from app.errors import BadInputError, ForbiddenError, TooLargeError
from app.store import utc_now
from app.web.auth import current_actor
from app.web.incident_views import summary
from app.web.reading import takes
from app.web.schemas_enclosed import (
    EnclosedBody,
    EnclosedDedicatedOut,
    EnclosedGridOut,
    EnclosedOut,
    GroupOut,
)
from app.web.schemas_incidents_out import SummaryOut
from app.web.service import Service, service

bp = APIBlueprint("enclosed", __name__, tag="Grids")

_MOST_INCIDENTS = 10_000
_MOST_LAT = 90.0


@bp.post("/api/enclosed")
@takes(bp, EnclosedBody, "json")
@bp.output(EnclosedOut)
@bp.doc(responses={413: "More grids or incidents than one call may carry"})
def post_enclosed(json_data: EnclosedBody) -> EnclosedOut:
    """Return grids, households, people on duty, groups and open incidents of an area."""
    now, actor = service(), current_actor()
    for lon, lat in json_data.ring:
        if abs(lat) > _MOST_LAT:
            raise BadInputError(
                f"a corner is {lon}, {lat}, allowed are longitude and latitude in degrees",
                message_zh=f"顶点为 {lon}, {lat}，应为经度和纬度（度）",
            )
    shape = area_of(json_data.ring)
    found = enclosed(now.ground, shape, now.coverage.reference.residents)
    over = dedicated(now.city, shape)
    limit = now.settings.max_features
    if (count := len(found.rows) + len(over)) > limit:
        raise TooLargeError(
            f"{count} grids lie in the area, one call returns at most {limit}",
            "Draw a smaller area.",
            message_zh=f"区域内有 {count} 个网格，单次最多返回 {limit} 个",
            hint_zh="请画小一些。",
        )
    layer = now.city.finest
    areas = now.accounts.areas
    special = [one for one in (_dedicated(now, actor, part) for part in over) if one is not None]
    own = [i for i, row in enumerate(found.rows) if areas.within(layer.codes[row], actor.area)]
    households = sum(
        found.households[i] * found.part[i] for i in own if not math.isnan(found.households[i])
    )
    known = any(not math.isnan(found.households[i]) for i in own)
    return EnclosedOut(
        area_km2=found.area_km2,
        households=float(households) if known else None,
        grids=[_grid(now, actor, found, i) for i in own],
        dedicated=special,
        elsewhere=count - len(own) - len(special),
        incidents=_incidents(now, actor, shape),
        generation=now.city.manifest.generation,
        synthetic=now.city.manifest.synthetic,
    )


def _grid(now: Service, actor: Actor, found: Enclosed, i: int) -> EnclosedGridOut:
    layer, row = now.city.finest, int(found.rows[i])
    code = str(layer.codes[row])
    grid = now.city.find(code, layer.part.id)
    groups = now.coverage.reference.residents
    households = float(found.households[i])
    rows = found.group_rows[i].tolist() if groups is not None else []
    return EnclosedGridOut(
        code=code,
        name=grid.name,
        within=" › ".join(one.name for one in now.city.chain(grid)[:-1]),
        part=round(float(found.part[i]), 4),
        households=None if math.isnan(households) else households,
        staff=now.staff(actor, code),
        groups=[
            GroupOut(name=str(groups.names[at]), members=int(groups.members[at]))
            for at in rows
            if groups is not None
        ],
    )


def _dedicated(now: Service, actor: Actor, found: DedicatedPart) -> EnclosedDedicatedOut | None:
    """Return a dedicated grid, None if it is not the actor's to see."""
    layer = now.city.layer(found.overlay)
    code = str(layer.codes[found.row])
    if not now.accounts.areas.within(code, actor.area):
        return None
    grid = now.city.find(code, found.overlay)
    return EnclosedDedicatedOut(
        code=code,
        name=grid.name,
        overlay=found.overlay,
        overlay_name=layer.part.name,
        within=" › ".join(one.name for one in now.city.chain(grid)[:-1]),
        part=round(found.part, 4),
        staff=now.staff(actor, code),
    )


def _incidents(now: Service, actor: Actor, shape: shapely.Polygon) -> list[SummaryOut] | None:
    west, south, east, north = shape.bounds
    try:
        boxed = now.live.in_box(actor, (west, south, east, north), _MOST_INCIDENTS)
    except ForbiddenError:
        return None
    if boxed.total > len(boxed.pins):
        raise TooLargeError(
            f"{boxed.total} open incidents lie around the area, one call looks at "
            f"{_MOST_INCIDENTS}",
            "Draw a smaller area.",
            message_zh=f"区域周围有 {boxed.total} 件未结事件，单次最多 {_MOST_INCIDENTS} 件",
            hint_zh="请画小一些。",
        )
    inside = [one.number for one in boxed.pins if shape.covers(shapely.Point(one.lon, one.lat))]
    known = now.ledger.numbered(actor, inside)
    at = utc_now()
    return [SummaryOut(**summary(now.city, known[one], at)) for one in inside if one in known]
