"""/ogc: grids, incidents and statistics by OGC API - Features, for QGIS and other programs.

Errors have the shape of all other routes, with the members of that standard beside it.
docs/ogc.md tells how it is used, and where it is stricter than the standard.
"""

from __future__ import annotations

import json

from apiflask import APIBlueprint
from flask import Response, request

from app import __version__
from app.open.collections import Collection, Kind, collection_named, collections_of
from app.open.documents import (
    GEOJSON,
    JSON,
    OPENAPI,
    collection_document,
    collection_list,
    conformance,
    feature_path,
    landing,
    page_links,
)
from app.open.features import FeaturePage, Wanted
from app.open.grids import grid_feature, grid_page
from app.open.incidents import IncidentFeatures
from app.open.openapi import openapi
from app.open.references import references_of
from app.web.auth import current_actor
from app.web.ogc_reading import (
    asked_edition,
    asked_editions,
    asked_grid,
    asked_row,
    check_parameters,
    figures,
    read_form,
    read_wanted,
)
from app.web.ogc_views import answer, answer_feature, answer_page, site
from app.web.service import Service, service

# Described by /ogc/api, which the standard wants, not by the document of the other routes.
bp = APIBlueprint("ogc", __name__, url_prefix="/ogc", enable_openapi=False)


@bp.after_app_request
def complete(response: Response) -> Response:
    """Put what the standard wants of an error beside what all other routes say of one."""
    # An address that no route answers belongs to no blueprint.
    if not f"{request.path}/".startswith("/ogc/"):
        return response
    response.vary.update(("Accept", "Accept-Language"))
    if response.status_code >= 400 and response.is_json:  # noqa: PLR2004 - errors
        told = response.get_json()
        error = told["error"]
        parts = [one.rstrip(".。") for one in (error["message"], error["hint"]) if one]
        standard = {"code": error["code"], "description": ". ".join(parts)}
        response.set_data(json.dumps(standard | told, ensure_ascii=False))
    return response


@bp.get("/", strict_slashes=False)
def get_landing() -> Response:
    """Say what there is."""
    check_parameters(())
    return answer(landing(site(), service().city))


@bp.get("/conformance")
def get_conformance() -> Response:
    """Say what is conformed to."""
    check_parameters(())
    links = site().selves("/conformance", JSON)
    return answer(conformance() | ({"links": links} if read_form() == "html" else {}))


@bp.get("/api")
def get_api() -> Response:
    """Describe the routes as OpenAPI 3.0."""
    check_parameters(())
    city, here = service().city, site()
    title = here.either(f"Weige: {city.manifest.name}", f"微格：{city.manifest.name}")
    found = collections_of(city).values()
    return answer(openapi(here, title, __version__, found, references_of(city)), OPENAPI)


@bp.get("/collections")
def get_collections() -> Response:
    """List the collections."""
    check_parameters(())
    now = service()
    found = collections_of(now.city).values()
    zone, references = now.policy.time_zone, references_of(now.city)
    since = now.switch.editions().in_force[0].valid_from
    return answer(collection_list(site(), now.city, found, since, zone, references))


@bp.get("/collections/<ident>")
def get_collection(ident: str) -> Response:
    """Describe one collection."""
    now = service()
    one = collection_named(now.city, ident)
    check_parameters(())
    zone, references = now.policy.time_zone, references_of(now.city)
    since = now.switch.editions().in_force[0].valid_from
    return answer(collection_document(site(), one, since, zone, references))


@bp.get("/collections/<ident>/items")
def get_items(ident: str) -> Response:
    """Return a page of the features of a collection."""
    collection_named(service().city, ident)
    now = asked_edition()
    one = collection_named(now.city, ident)
    check_parameters(one.parameters)
    wanted = read_wanted(now, one)
    page = _page(now, one, wanted)
    pinned = {"generation": now.city.manifest.generation}
    if one.kind is Kind.INCIDENTS or (one.kind is Kind.GRIDS and wanted.span is not None):
        # The pages of several editions name those by the grids at which they go on.
        pinned = {}
    links = page_links(site(), f"/collections/{one.id}/items", page, pinned)
    return answer_page(page, links, wanted.reference, site().either(one.title, one.title_zh))


@bp.get("/collections/<ident>/items/<path:feature_id>")
def get_item(ident: str, feature_id: str) -> Response:
    """Return one feature."""
    collection_named(service().city, ident)
    now = asked_edition()
    one = collection_named(now.city, ident)
    check_parameters(one.item_parameters)
    wanted = read_wanted(now, one)
    if one.kind is Kind.GRIDS:
        edition, code = asked_grid(one, wanted, feature_id)
        found = grid_feature(edition, one.part, code)
    elif one.kind is Kind.STATISTICS:
        now, code = asked_row(feature_id)
        found = figures(now, wanted).feature(one.part, code)
    else:
        found = _incidents(now).feature(current_actor(), feature_id)
    here = site()
    links = here.selves(feature_path(one, feature_id), GEOJSON)
    links.append(here.link("collection", f"/collections/{one.id}", JSON))
    return answer_feature(found, links, wanted.reference)


def _page(now: Service, one: Collection, wanted: Wanted) -> FeaturePage:
    if one.kind is Kind.INCIDENTS:
        return _incidents(now).page(current_actor(), wanted)
    if one.kind is Kind.STATISTICS:
        return figures(now, wanted).page(one.part, wanted)
    return grid_page(asked_editions(wanted), one.part, wanted)


def _incidents(now: Service) -> IncidentFeatures:
    return IncidentFeatures(now.database, now.ledger, now.policy.time_zone)
