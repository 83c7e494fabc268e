"""The pages: the map, and the API explained."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from apiflask import APIBlueprint, APIFlask
from flask import current_app, render_template

from app import __version__
from app.web.api_basemaps import told_to_the_page
from app.web.api_page import operations
from app.web.auth import current_actor, is_demo
from app.web.service import service
from app.web.settings import ROOT

bp = APIBlueprint("pages", __name__, enable_openapi=False)


@cache
def _modules() -> tuple[str, ...]:
    """Return the modules of the map, which a browser would find one after the other."""
    folder = ROOT / "static"
    return tuple(
        sorted(one.relative_to(folder).as_posix() for one in (folder / "js").rglob("*.mjs"))
    )


@bp.get("/")
def index() -> str:
    """Return the map."""
    manifest = service().city.manifest
    return render_template(
        "index.html",
        city={
            "name": manifest.name,
            "generation": manifest.generation,
            "synthetic": manifest.synthetic,
        },
        version=__version__,
        modules=_modules(),
        basemaps=told_to_the_page(service().basemaps),
        actor=current_actor(),
        demo=is_demo(),
    )


@bp.get("/api/docs")
def api_docs() -> str:
    """Return the OpenAPI document as a page that needs no script."""
    spec = cast("dict[str, Any]", cast("APIFlask", current_app).spec)
    return render_template(
        "api.html",
        spec=spec,
        operations=operations(spec),
        version=__version__,
        synthetic=service().city.manifest.synthetic,
    )
