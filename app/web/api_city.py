"""GET /api/city, /api/certificate, /healthz and the tiles: what is served, and that it is."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from apiflask import APIBlueprint
from flask import Response, send_file, url_for

from app import __version__
from app.errors import NotFoundError
from app.grids import City
from app.maps.houses import house_layer
from app.maps.tiles import FORMAT_VERSION, MAX_ZOOM, first_zooms, tiles_of
from app.open.tiles import MVT, Tile, read_tile
from app.web.reading import takes
from app.web.schemas import (
    BaseOut,
    CertificateOut,
    CityOut,
    DayQuery,
    HealthOut,
    LevelOut,
    MovedOut,
    OverlayOut,
    SourceOut,
)
from app.web.service import Service, service

bp = APIBlueprint("city", __name__, tag="City")
_YEAR_S = 365 * 24 * 3600
_HASH = re.compile(r"[0-9a-f]{16}")


@bp.get("/api/city")
@bp.output(CityOut)
def get_city() -> CityOut:
    """Say which city is served: its levels, overlays, sources and tiles."""
    now = service()
    city, manifest = now.city, now.city.manifest
    zooms = first_zooms(city)
    bases = [BaseOut(id=base.id, name=base.name) for base in manifest.bases]
    houses, houses_name = house_layer(city)
    if houses:
        bases.append(BaseOut(id=houses, name=houses_name))
    return CityOut(
        id=manifest.id,
        name=manifest.name,
        generation=manifest.generation,
        valid_from=manifest.valid_from.isoformat(),
        synthetic=manifest.synthetic,
        bounds=list(city.bounds),
        levels=[
            LevelOut(
                id=level.id,
                name=level.name,
                count=len(city.layer(level.id)),
                expected=level.expected,
                min_zoom=zooms[level.id],
            )
            for level in city.levels
        ],
        overlays=[
            OverlayOut(
                id=overlay.id,
                name=overlay.name,
                count=len(city.layer(overlay.id)),
                expected=overlay.expected,
                min_zoom=zooms[city.levels[-1].id],
                parent_level=overlay.parent_level,
            )
            for overlay in city.overlays
        ],
        bases=bases,
        sources=[SourceOut(**asdict(source)) for source in manifest.sources],
        # Tiles made another way have another address: a browser keeps them for a year.
        tiles=url_for("city.get_tiles", content_hash=manifest.content_hash, v=FORMAT_VERSION),
        moved=_moved(now),
        certificate=bool(now.city.certificate),
        gazetteer=now.addresses.version,
        tolerance_m=now.locator.tolerance_m,
    )


def _moved(now: Service) -> MovedOut | None:
    moved = now.moved_houses
    if not moved.layers:
        return None
    url = url_for(
        "city.get_moved_tile",
        content_hash=now.city.manifest.content_hash,
        version=moved.version,
        column=0,
        row=0,
    )
    template = url.removesuffix("/0/0.pbf") + "/{x}/{y}.pbf"
    return MovedOut(zoom=MAX_ZOOM, tiles=[list(one) for one in moved.layers], url=template)


@bp.get("/api/certificate")
@takes(bp, DayQuery, "query")
@bp.output(CertificateOut)
@bp.doc(responses={404: "No certificate is recorded, or no edition holds on the day"})
def get_certificate(query_data: DayQuery) -> dict[str, Any]:
    """Return what the check of the boundaries found when the city was imported."""
    return certificate_of(service().on(query_data.on).city)


def certificate_of(city: City) -> dict[str, Any]:
    """Return the certificate that a city folder carries.

    Raises
    ------
    NotFoundError
        If it carries none.
    """
    if not city.certificate:
        raise NotFoundError(
            f"{city.manifest.name} carries no certificate",
            "python -m scripts.check_grids prints one.",
            message_zh=f"{city.manifest.name} 没有附带边界检查证书",
            hint_zh="请运行 python -m scripts.check_grids 查看检查结果。",
        )
    found: dict[str, Any] = json.loads(city.certificate)
    return found


@bp.get("/healthz")
@bp.output(HealthOut)
def get_health() -> HealthOut:
    """Say that the server answers, and for which city."""
    manifest = service().city.manifest
    return HealthOut(
        status="ok", version=__version__, city=manifest.id, content_hash=manifest.content_hash
    )


@bp.get("/tiles/<content_hash>/city.pmtiles")
@bp.doc(hide=True)
def get_tiles(content_hash: str) -> Response:
    """Return the vector tiles, or the byte range asked for; the address names their content.

    A page that was opened before another edition answers goes on with the tiles that it has.
    """
    response = send_file(
        _archive(content_hash),
        mimetype="application/octet-stream",
        conditional=True,
        max_age=_YEAR_S,
    )
    response.cache_control.immutable = True
    return response


@bp.get("/tiles/<content_hash>/moved/<version>/<int:column>/<int:row>.pbf")
@bp.doc(hide=True)
def get_moved_tile(content_hash: str, version: str, column: int, row: int) -> Response:
    """Return a tile of the last zoom with its houses where corrections put them by now.

    The address names corrections; another process may not have taken them in yet, or others since.
    """
    path = _archive(content_hash)
    side = 2**MAX_ZOOM
    if max(column, row) >= side:
        raise NotFoundError(
            f"there is no tile {column}/{row}, columns and rows are below {side}",
            message_zh=f"没有瓦片 {column}/{row}，列和行应小于 {side}",
        )
    now = service()
    archived = read_tile(path, Tile(MAX_ZOOM, row, column))
    if content_hash != now.city.manifest.content_hash:
        tile, is_asked = archived, False  # a page from before another edition
    else:
        moved = now.moved_houses
        tile, is_asked = moved.tile(archived, column, row), moved.version == version
    response = Response(gzip.compress(tile, 6, mtime=0), mimetype=MVT)
    response.content_encoding = "gzip"
    if is_asked:
        response.cache_control.max_age = _YEAR_S
        response.cache_control.immutable = True
    else:
        response.cache_control.no_store = True
    return response


def _archive(content_hash: str) -> Path:
    """Return the archive of tiles of a content.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    now = service()
    path = tiles_of(now.city.manifest.id, content_hash, now.settings.var)
    if not _HASH.fullmatch(content_hash) or not path.is_file():
        raise NotFoundError(
            f"there are no tiles {content_hash!r}",
            "python -m scripts.build_derived builds them; /api/city says where they are.",
            message_zh=f"没有瓦片 {content_hash!r}",
            hint_zh="请运行 python -m scripts.build_derived 生成；地址见 /api/city。",
        )
    return path
