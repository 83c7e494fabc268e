"""GET /api/cities/<id>/generations and …/diff: the editions, and what one of them changes."""

from __future__ import annotations

import json
from typing import Any

from apiflask import APIBlueprint
from flask import Response

from app.accounts import Permission
from app.analysis.moved import moved_by, totals
from app.errors import NotFoundError
from app.grids.diff_rows import change_rows, lineage_rows, summary
from app.grids.editions import Edition
from app.incidents.replay import Replay
from app.web.auth import current_actor
from app.web.cached import json_bytes
from app.web.reading import takes
from app.web.schemas_generations import DiffOut, DiffQuery, GenerationOut, GenerationsOut
from app.web.service import Service, service

bp = APIBlueprint("generations", __name__, tag="Generations")


def served(city_id: str) -> Service:
    """Return what answers for a city.

    Raises
    ------
    NotFoundError
        If another city is served.
    """
    now = service()
    ident = now.city.manifest.id
    if city_id != ident:
        raise NotFoundError(
            f"there is no city {city_id!r} here, allowed is {ident!r}",
            "/api/city says which city is served.",
            message_zh=f"这里没有城市 {city_id!r}，可用的是 {ident!r}",
            hint_zh="/api/city 说明当前城市。",
        )
    return now


@bp.get("/api/cities/<city_id>/generations")
@bp.output(GenerationsOut)
@bp.doc(responses={404: "Another city is served"})
def get_generations(city_id: str) -> GenerationsOut:
    """List the editions of the boundaries, and which one answers. 列出网格版本."""
    now = served(city_id)
    current = now.city.manifest.generation
    editions = now.switch.editions()
    return GenerationsOut(current=current, generations=[_out(one, current) for one in editions.all])


def _out(edition: Edition, current: str) -> GenerationOut:
    return GenerationOut(
        name=edition.name,
        valid_from=edition.valid_from,
        until=edition.until,
        in_force=edition.in_force,
        current=edition.name == current,
        content_hash=edition.manifest.content_hash,
    )


@bp.get("/api/cities/<city_id>/diff")
@takes(bp, DiffQuery, "query")
@bp.output(DiffOut)
@bp.doc(responses={404: "Another city is served, or there is no such edition or level"})
def get_diff(city_id: str, query_data: DiffQuery) -> Response:
    """Say what another edition of the boundaries changes, and for whom. 对比两个网格版本."""
    now = served(city_id)
    editions = now.switch.editions()
    before, after = (
        now.switch.of(editions.named(name)) for name in (query_data.from_, query_data.to)
    )
    if query_data.level:
        after.city.layer(query_data.level)
    key = (
        "diff", before.city.manifest.content_hash, after.city.manifest.content_hash,
        before.city.manifest.generation, after.city.manifest.generation, query_data.level,
    )  # fmt: skip
    kept = now.answers.get(key, lambda: json_bytes(_told(before, after, query_data.level)))
    told = json.loads(kept.body) | _incidents(after)
    return Response(json_bytes(told), mimetype="application/json")


def _told(before: Service, after: Service, level: str) -> dict[str, Any]:
    """Return what depends on the two editions alone."""
    moved = moved_by(before.locator, after.locator)
    wanted = [one for one in moved.diff.layers if level in {"", one.part.id}]
    head = summary(moved.diff)
    head["levels"] = [one for one in head["levels"] if level in {"", one["id"]}]
    return {
        **{name: head[name] for name in ("from", "to", "levels", "only_from", "only_to")},
        **totals(moved),
        "changes": [row for one in wanted for row in change_rows(one)],
        "lineage": [row for one in wanted for row in lineage_rows(one)],
        "synthetic": head["synthetic"],
    }


def _incidents(after: Service) -> dict[str, Any]:
    """Return which open incidents get other grids, for who sees the whole city."""
    actor = current_actor()
    if actor.area is not None or Permission.DISPATCH not in actor.permissions:
        return {"open_incidents": None, "open_incidents_moved": None}
    asked = list(Replay(after.database, after.locator).look(actor))
    return {
        "open_incidents": len(asked),
        "open_incidents_moved": [one.number for one in asked if one.changes],
    }
