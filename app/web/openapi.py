"""What the OpenAPI document says of every route alike, and of bodies that are no JSON."""

from __future__ import annotations

from typing import Any

from apiflask import APIFlask

from app.incidents.images import FORMATS, KEPT_AS
from app.web.api_photos import FORM, PART

_ERROR = {"application/json": {"schema": {"$ref": "#/components/schemas/HTTPError"}}}
# What any route may answer.
_ALWAYS = {
    400: "A parameter is not known or not usable",
    401: "Nobody known asks",
    403: "Your account may not do this, or not here",
    503: "The database cannot serve now; try again in a moment",
}
# What a route that changes something may answer besides.
_WRITES = {429: "You write too often; Retry-After says how long to wait"}
# What a route that takes a body may answer besides.
_BODY = {
    413: "The body is larger than allowed",
    415: "The body is declared as something that is not read",
}
# What a route that is told a name may answer besides.
_NAMES = {404: "It names something that is not there, or that you do not see"}
_BINARY = {"type": "string", "format": "binary"}
_PHOTOS = "/api/incidents/{number}/photos"


def init_app(app: APIFlask) -> None:
    """Complete the OpenAPI document of `app`; blueprints that do so too come first."""
    before = app.spec_callback

    def complete(spec: dict[Any, Any] | str) -> dict[Any, Any] | str:
        made = before(spec) if before else spec
        if isinstance(made, dict):  # YAML is not served
            _complete(made)
        return made

    app.spec_processor(complete)


def _complete(spec: dict[Any, Any]) -> None:
    # Each once, though several blueprints have routes of it.
    spec["tags"] = list({tag["name"]: tag for tag in spec["tags"]}.values())
    _photos(spec["paths"])
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            told = dict(_ALWAYS)
            if method != "get":
                told |= _WRITES
            if "requestBody" in operation:
                told |= _BODY
            if "{" in path or "requestBody" in operation:
                told |= _NAMES
            for status, text in told.items():
                answer = {"description": text, "content": _ERROR}
                operation["responses"].setdefault(str(status), answer)


def _photos(paths: dict[str, Any]) -> None:
    """Say that photos come and go as they are; APIFlask notes JSON alone."""
    post = paths[_PHOTOS]["post"]
    form = {"type": "object", "required": [PART], "properties": {PART: _BINARY}}
    post["requestBody"] = {
        "required": True,
        "content": {kind: {"schema": _BINARY} for kind in FORMATS} | {FORM: {"schema": form}},
    }
    post["responses"]["200"]["content"] = post["responses"]["201"]["content"]
    for path in (f"{_PHOTOS}/{{ident}}", f"{_PHOTOS}/{{ident}}/thumbnail"):
        answers = paths[path]["get"]["responses"]
        answers["200"] = {"description": "JPEG", "content": {KEPT_AS: {"schema": _BINARY}}}
        answers["304"] = {"description": "What you have by If-None-Match is still the same"}
