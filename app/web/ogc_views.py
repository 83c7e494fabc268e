"""Answers of /ogc: JSON, GeoJSON and plain pages, all with the same content."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, render_template, request

from app.open.documents import GEOJSON, JSON, Document, Site
from app.open.features import Feature, FeaturePage, feature_texts
from app.open.references import Reference
from app.store import utc_now
from app.web.errors import language
from app.web.ogc_reading import read_form
from app.web.service import service


def site() -> Site:
    """Return where this request finds the documents."""
    query = {name: value for name, value in request.args.items() if name != "f"}
    return Site(request.url_root + "ogc", language() == "zh", query)


def answer(document: Document, kind: str = JSON) -> Response:
    """Answer a document, as JSON or as a page."""
    if read_form() == "html":
        return _page(document)
    return Response(json.dumps(document, ensure_ascii=False), content_type=kind)


def answer_page(
    page: FeaturePage, links: list[dict[str, Any]], reference: Reference, title: str
) -> Response:
    """Answer a page of features."""
    head: Document = {
        "type": "FeatureCollection",
        "numberMatched": page.matched,
        "numberReturned": len(page.features),
        "timeStamp": utc_now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "links": links,
    }
    synthetic = service().city.manifest.synthetic
    if synthetic:
        head["synthetic"] = synthetic
    if read_form() == "html":
        return _page(head | {"title": title}, page.features)
    texts = ",\n".join(feature_texts(page.features, reference))
    body = f'{json.dumps(head, ensure_ascii=False)[:-1]},"features":[\n{texts}\n]}}'
    return _geojson(body, reference)


def answer_feature(feature: Feature, links: list[dict[str, Any]], reference: Reference) -> Response:
    """Answer one feature."""
    if read_form() == "html":
        return _page({"title": feature.id, "links": links}, (feature,))
    (text,) = feature_texts([feature], reference)
    return _geojson(f'{text[:-1]},"links":{json.dumps(links, ensure_ascii=False)}}}', reference)


def _geojson(body: str, reference: Reference) -> Response:
    response = Response(body, content_type=GEOJSON)
    response.headers["Content-Crs"] = f"<{reference.uri}>"
    return response


def _page(document: Document, features: tuple[Feature, ...] = ()) -> Response:
    page = render_template(
        "ogc.html",
        zh=language() == "zh",
        title=document.get("title", document.get("id", "OGC API")),
        document=document,
        features=features,
        columns=list(features[0].properties) if features else [],
        synthetic=service().city.manifest.synthetic,
    )
    return Response(page, content_type="text/html; charset=utf-8")
