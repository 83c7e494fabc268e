"""`create_app`: the application from settings, city and blueprints."""

from __future__ import annotations

import mimetypes

from apiflask import APIFlask
from flask import Response

from app import __version__
from app.maps.basemaps import Basemap, origins
from app.maps.packed import PackedFiles, packed_folder
from app.web import (
    api_accounts,
    api_addresses,
    api_analysis,
    api_basemaps,
    api_city,
    api_corrections,
    api_coverage,
    api_desk,
    api_download,
    api_enclosed,
    api_exports,
    api_feed,
    api_generations,
    api_grids,
    api_incidents,
    api_kept_views,
    api_live,
    api_locate,
    api_ogc,
    api_ogc_tiles,
    api_open311,
    api_photos,
    api_quality,
    api_tables,
    api_webhooks,
    auth,
    compressed,
    errors,
    nothing_here,
    openapi,
    pages,
    reading,
    sessions,
    sign_in,
)
from app.web.schemas import ERROR_SCHEMA
from app.web.service import Service
from app.web.settings import ROOT, Settings

MAX_BODY_BYTES = 4 * 1024 * 1024

# Scripts, styles and tiles come from this host only; the map draws in a worker and reads blobs.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


def content_security_policy(basemaps: tuple[Basemap, ...]) -> str:
    """Return the policy, widened by exactly the hosts of which basemaps fetch tiles.

    Tiles are fetched by script and drawn from memory, so that images still come from here only.
    """
    wanted = " ".join(("connect-src 'self'", *origins(basemaps)))
    return CONTENT_SECURITY_POLICY.replace("connect-src 'self'", wanted)


def create_app(settings: Settings | None = None) -> APIFlask:
    """Return the application, with its city opened and checked.

    Parameters
    ----------
    settings
        What to serve; read from the environment when left out.

    Raises
    ------
    WeigeError
        If a setting or the city folder is not usable: the server does not start then.
    """
    mimetypes.add_type("text/javascript", ".mjs")
    app = APIFlask(
        "app.web",
        title="Weige 微格",
        version=__version__,
        spec_path="/api/openapi.json",
        docs_path=None,
        static_folder=str(ROOT / "static"),
        template_folder="templates",
    )
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        VALIDATION_ERROR_STATUS_CODE=400,
        AUTO_404_RESPONSE=False,
        AUTO_OPERATION_ID=True,
        HTTP_ERROR_SCHEMA=ERROR_SCHEMA,
        VALIDATION_ERROR_SCHEMA=ERROR_SCHEMA,
        VALIDATION_ERROR_DESCRIPTION="A value is not usable",
        SERVERS=[{"url": "/"}],
        DESCRIPTION="Which grid, who is responsible, how sure: for any point of the city.",
        INFO={"license": {"name": "MIT"}},
    )
    # An address with // is another address, not a reason to send a caller of the API elsewhere.
    app.url_map.merge_slashes = False
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    settings = settings or Settings.from_env()
    now = app.extensions["weige"] = Service(settings)
    now.take_turns(lambda after: app.extensions.update(weige=after))
    sessions.init_app(app, settings)
    errors.init_app(app)
    nothing_here.init_app(app)
    for blueprint in (
        api_locate.bp,
        api_addresses.bp,
        api_corrections.bp,
        api_grids.bp,
        api_city.bp,
        api_basemaps.bp,
        api_generations.bp,
        api_quality.bp,
        api_download.bp,
        api_coverage.bp,
        api_enclosed.bp,
        api_analysis.bp,
        api_incidents.bp,
        api_desk.bp,
        api_live.bp,
        api_photos.bp,
        api_feed.bp,
        api_exports.bp,
        api_tables.bp,
        api_open311.bp,
        api_ogc.bp,
        api_ogc_tiles.bp,
        api_webhooks.bp,
        pages.bp,
        sign_in.bp,
        api_accounts.bp,
        api_kept_views.bp,
    ):
        app.register_blueprint(blueprint)
    compressed.init_app(app, PackedFiles(packed_folder(settings.var)))
    auth.init_app(app)
    openapi.init_app(app)
    app.before_request(reading.refuse_unknown_query)
    policy = content_security_policy(now.basemaps)
    app.after_request(lambda response: _secure(response, policy))
    return app


def _secure(response: Response, policy: str) -> Response:
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    return response
