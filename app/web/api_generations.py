"""GET /api/cities/<id>/generations: which editions of the boundaries there are."""

from __future__ import annotations

from apiflask import APIBlueprint

from app.errors import NotFoundError
from app.grids.editions import Edition
from app.web.schemas_generations import GenerationOut, GenerationsOut
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
