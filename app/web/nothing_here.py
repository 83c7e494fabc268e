"""What a person sees who opens an address at which there is nothing: a page with a way back.

Programs get the error in the one shape of all errors (app.web.errors).
"""

from __future__ import annotations

from apiflask import APIFlask
from flask import make_response, render_template, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from app.web.errors import http_error, language
from app.web.service import service

# Below these all answers are for programs, whoever asks.
_FOR_PROGRAMS = ("/api/", "/ogc/", "/open311/", "/tiles/", "/static/", "/basemaps/")
# So much of an address is shown.
_SHOWN = 200


def init_app(app: APIFlask) -> None:
    """Answer browsers with a page where there is nothing."""
    app.register_error_handler(NotFound, _nothing)


def _nothing(error: NotFound) -> Response:
    accepted = request.accept_mimetypes
    is_person = accepted["text/html"] > accepted["application/json"]
    if not is_person or request.path.startswith(_FOR_PROGRAMS):
        return http_error(error)
    page = render_template(
        "nothing.html",
        path=request.path[:_SHOWN],
        zh=language() == "zh",
        city=service().city.manifest.name,
    )
    return make_response(page, 404)
