"""The basemaps that an operator has named: what the page is told, and archives on this server."""

from __future__ import annotations

import json
from typing import Any

from apiflask import APIBlueprint
from flask import Response, send_file, url_for

from app.errors import NotFoundError
from app.maps.basemaps import Basemap
from app.web.service import service

bp = APIBlueprint("basemaps", __name__, enable_openapi=False)


@bp.get("/basemaps/<ident>.pmtiles")
def get_archive(ident: str) -> Response:
    """Return an archive, or the byte range asked for; asked anew each time whether it changed."""
    for one in service().basemaps:
        if one.id == ident and one.path:
            return send_file(
                one.path, mimetype="application/octet-stream", conditional=True, max_age=0
            )
    raise NotFoundError(
        f"there is no archive of a basemap {ident!r}",
        "WEIGE_BASEMAPS names the file that lists them.",
        message_zh=f"没有底图文件 {ident!r}",
        hint_zh="由 WEIGE_BASEMAPS 指定的文件列出。",
    )


def told_to_the_page(basemaps: tuple[Basemap, ...]) -> str:
    """Return the basemaps as JSON, empty if there are none."""
    return json.dumps([_told(one) for one in basemaps], ensure_ascii=False) if basemaps else ""


def _told(one: Basemap) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "name_en": one.name_en,
        "datum": one.datum,
        "attribution": one.attribution,
        "imagery": one.imagery,
        "min_zoom": one.min_zoom,
        "max_zoom": one.max_zoom,
        "tile_px": one.tile_px,
        "urls": one.urls,
        "subdomains": one.subdomains,
        "archive": url_for("basemaps.get_archive", ident=one.id) if one.path else None,
        "vector_layers": one.vector_layers,
    }
