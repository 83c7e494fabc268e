"""The pages: the map, and the API explained."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import current_app, render_template

from app import __version__
from app.web.service import service

bp = APIBlueprint("pages", __name__, enable_openapi=False)


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
    )


@bp.get("/api/docs")
def api_docs() -> str:
    """Return the OpenAPI document as a page that needs no script."""
    spec: dict[str, Any] = current_app.spec  # type: ignore[attr-defined]
    return render_template("api.html", spec=spec, version=__version__)
