"""Scripts, styles and words of the page, compressed once in each process."""

from __future__ import annotations

import gzip

from apiflask import APIFlask
from flask import Response, request

_KINDS = frozenset(
    {"text/javascript", "text/css", "application/json", "image/svg+xml", "application/javascript"}
)
# Below this, headers are most of it.
_LEAST_BYTES = 1_000
_LEVEL = 9


def init_app(app: APIFlask) -> None:
    """Have static files compressed for who takes them so."""
    kept: dict[tuple[str, str], bytes] = {}

    def compress(response: Response) -> Response:
        if request.endpoint != "static" or response.mimetype not in _KINDS:
            return response
        response.vary.add("Accept-Encoding")
        etag, _ = response.get_etag()
        whole = response.status_code == 200 and request.method == "GET"  # noqa: PLR2004
        if not whole or etag is None or not request.accept_encodings["gzip"]:
            return response
        if (response.content_length or 0) < _LEAST_BYTES:
            return response
        key = (request.path, etag)
        response.direct_passthrough = False
        file = response.response
        if key not in kept:
            kept[key] = gzip.compress(b"".join(response.iter_encoded()), _LEVEL, mtime=0)
        if hasattr(file, "close"):
            file.close()
        response.set_data(kept[key])
        response.headers["Content-Encoding"] = "gzip"
        # Another body, another tag; who has it already is told so.
        response.set_etag(f"{etag}-gzip")
        response.make_conditional(request)
        return response

    app.after_request(compress)
