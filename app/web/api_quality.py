"""GET /api/cities/<id>/quality: what the check of the boundaries found, and a map of it."""

from __future__ import annotations

from typing import Any, cast

from apiflask import APIBlueprint
from flask import Response

from app.maps.quality_map import quality_page
from app.web.api_city import certificate_of
from app.web.api_generations import served
from app.web.cached import respond
from app.web.reading import takes
from app.web.schemas import CertificateOut, DayQuery, QualityMapQuery

bp = APIBlueprint("quality", __name__, tag="City")
# A page of its own, with its own script: it reaches nothing of this application.
_CSP = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
)
_NONE = "Another city is served, no certificate is recorded, or no edition holds on the day"
_PAGE = {200: {"description": "The page", "content": {"text/html": {"schema": {"type": "string"}}}}}


@bp.get("/api/cities/<city_id>/quality")
@takes(bp, DayQuery, "query")
@bp.output(CertificateOut)
@bp.doc(responses={404: _NONE})
def get_quality(city_id: str, query_data: DayQuery) -> dict[str, Any]:
    """Return what the check of the boundaries found, as /api/certificate does. 边界质量证书."""
    return certificate_of(served(city_id).on(query_data.on).city)


@bp.get("/api/cities/<city_id>/quality.html")
@takes(bp, QualityMapQuery, "query")
@bp.doc(responses=cast("Any", _PAGE) | {404: _NONE})
def get_quality_map(city_id: str, query_data: QualityMapQuery) -> Response:
    """Return it as a map of numbered places, one HTML page. 边界质量图，一页 HTML."""
    now = served(city_id).on(query_data.on)
    found = certificate_of(now.city)
    manifest = now.city.manifest
    key = ("quality", manifest.content_hash, manifest.generation, query_data.lang)
    answer = now.answers.get(key, lambda: quality_page(now.city, found, query_data.lang).encode())
    response = respond(answer, "text/html")
    response.headers["Content-Security-Policy"] = _CSP
    return response
