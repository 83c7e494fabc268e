"""/ogc/tiles and /ogc/collections/<id>/tiles: vector tiles by OGC API - Tiles."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response

from app.errors import NotFoundError
from app.maps.mvt import only_layer
from app.open.collections import WHOLE_TILE_PARAMETERS, Collection, Kind, collection_named
from app.open.documents import JSON
from app.open.incidents import IncidentFeatures
from app.open.tiles import (
    MVT,
    QUAD,
    QUAD_URI,
    Tile,
    read_tile,
    tile_matrix_set,
    tile_named,
    tileset,
)
from app.web.auth import current_actor
from app.web.ogc_reading import asked_edition, asked_map, check_parameters, figures, read_wanted
from app.web.ogc_views import answer, site
from app.web.service import Service, service

bp = APIBlueprint("ogc_tiles", __name__, url_prefix="/ogc", enable_openapi=False)


@bp.get("/tileMatrixSets")
def get_matrix_sets() -> Response:
    """List the tile matrix sets."""
    check_parameters(())
    link = site().link("self", f"/tileMatrixSets/{QUAD}", JSON, QUAD)
    return answer({"tileMatrixSets": [{"id": QUAD, "uri": QUAD_URI, "links": [link]}]})


@bp.get("/tileMatrixSets/<matrix_set>")
def get_matrix_set(matrix_set: str) -> Response:
    """Define the one there is."""
    _check_set(matrix_set)
    check_parameters(())
    return answer(tile_matrix_set())


@bp.get("/tiles")
def get_tilesets() -> Response:
    """List the tiles of the whole city."""
    check_parameters(())
    return answer({"tilesets": [_whole()], "links": site().selves("/tiles", JSON)})


@bp.get("/tiles/<matrix_set>")
def get_tileset(matrix_set: str) -> Response:
    """Describe the tiles of the whole city."""
    _check_set(matrix_set)
    check_parameters(())
    return answer(_whole())


@bp.get("/tiles/<matrix_set>/<matrix>/<row>/<column>")
def get_tile(matrix_set: str, matrix: str, row: str, column: str) -> Response:
    """Return a tile with every level and overlay that is drawn at its zoom."""
    _check_set(matrix_set)
    check_parameters(WHOLE_TILE_PARAMETERS)
    return _tile(_drawn(tile_named(matrix, row, column)))


@bp.get("/collections/<ident>/tiles")
def get_collection_tilesets(ident: str) -> Response:
    """List the tiles of a collection."""
    check_parameters(())
    links = site().selves(f"/collections/{ident}/tiles", JSON)
    return answer(
        {"tilesets": [_of_collection(collection_named(service().city, ident))], "links": links}
    )


@bp.get("/collections/<ident>/tiles/<matrix_set>")
def get_collection_tileset(ident: str, matrix_set: str) -> Response:
    """Describe the tiles of a collection."""
    _check_set(matrix_set)
    check_parameters(())
    return answer(_of_collection(collection_named(service().city, ident)))


@bp.get("/collections/<ident>/tiles/<matrix_set>/<matrix>/<row>/<column>")
def get_collection_tile(
    ident: str, matrix_set: str, matrix: str, row: str, column: str
) -> Response:
    """Return a tile with the grids of one level or overlay, its figures, or incidents."""
    _check_set(matrix_set)
    now = service()
    one = collection_named(now.city, ident)
    check_parameters(one.tile_parameters)
    tile = tile_named(matrix, row, column)
    if one.kind is Kind.GRIDS:
        return _tile(only_layer(_drawn(tile), one.part))
    wanted = read_wanted(now, one)
    if one.kind is Kind.STATISTICS:
        now = asked_edition()
        return _tile(figures(now, wanted).tile(one.part, _read(now, tile), one.id))
    incidents = IncidentFeatures(now.database, now.ledger, now.policy.time_zone)
    return _tile(incidents.tile(current_actor(), wanted, tile, one.id))


def _whole() -> dict[str, object]:
    city = service().city
    parts = [one.id for one in city.levels] + [one.id for one in city.overlays]
    return tileset(site(), city, "/tiles", city.manifest.name, parts)


def _of_collection(one: Collection) -> dict[str, object]:
    here = site()
    title = here.either(one.title, one.title_zh)
    return tileset(here, service().city, f"/collections/{one.id}/tiles", title, [one.id])


def _check_set(matrix_set: str) -> None:
    if matrix_set != QUAD:
        raise NotFoundError(
            f"there is no tile matrix set {matrix_set!r:.80}, allowed is {QUAD}",
            message_zh=f"没有瓦片矩阵集 {matrix_set!r:.80}，可用：{QUAD}",
        )


def _drawn(tile: Tile) -> bytes:
    """Return a tile of the edition that is asked for; an empty one if none holds then."""
    now = asked_map()
    return b"" if now is None else _read(now, tile)


def _read(now: Service, tile: Tile) -> bytes:
    path = now.tiles
    if not path.is_file():
        raise NotFoundError(
            "the tiles of this edition are not built",
            f"python -m scripts.build_derived --generation {now.city.manifest.generation} builds "
            "them.",
            message_zh="该版本的瓦片尚未生成",
            hint_zh="请运行 python -m scripts.build_derived --generation "
            f"{now.city.manifest.generation} 生成。",
        )
    return read_tile(path, tile)


def _tile(tile: bytes) -> Response:
    """Answer a tile; an empty one says so by its status."""
    return Response(tile, status=200 if tile else 204, mimetype=MVT)
