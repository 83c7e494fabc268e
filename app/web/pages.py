"""The pages: the map, and the API explained."""

from __future__ import annotations

import re
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
# What a module loads before it runs.
_IMPORT = re.compile(r'^(?:import|export)\b[^;]*?"(\.[^"]+)";', re.MULTILINE)


@cache
def _modules() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the modules of the page, which a browser would find one after the other.

    First those that the map is begun with: it is drawn while the others are on their way.
    """
    static = ROOT / "static"
    first = [static / "js" / "begin.mjs"]
    for module in first:  # grows meanwhile
        found = _IMPORT.findall(module.read_text(encoding="utf-8"))
        paths = [(module.parent / one).resolve() for one in found]
        first += [one for one in dict.fromkeys(paths) if one not in first]
    others = sorted(set((static / "js").rglob("*.mjs")) - set(first))
    began, then = ([one.relative_to(static).as_posix() for one in all_] for all_ in (first, others))
    return tuple(began), tuple(then)


@bp.get("/")
def index() -> str:
    """Return the map."""
    manifest = service().city.manifest
    first, others = _modules()
    return render_template(
        "index.html",
        city={
            "name": manifest.name,
            "generation": manifest.generation,
            "synthetic": manifest.synthetic,
        },
        version=__version__,
        first_modules=first,
        other_modules=others,
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
