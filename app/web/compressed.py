"""Scripts, styles and words of the page, sent compressed to whoever takes them so."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from apiflask import APIFlask
from flask import Response, request

from app.maps.packed import LEAST_BYTES, SUFFIXES, Packed, PackedFiles

# Libraries of others, whose folders name their versions: there is never anything else there.
_VERSIONED = re.compile(r"/static/vendor/[^/]+-[0-9][^/]*/")
_YEAR_S = 365 * 86400


def init_app(app: APIFlask, packed: PackedFiles) -> None:
    """Have static files sent compressed.

    Parameters
    ----------
    app
        The application.
    packed
        Their compressed forms, of which each process keeps in memory what it has sent.
    """
    kept: dict[tuple[str, str], Packed] = {}

    def keep(response: Response) -> Response:
        """Let a browser keep for good what stands under an address of its own version."""
        if _VERSIONED.match(request.path) and response.status_code in (200, 206, 304):
            caching = response.cache_control
            caching.no_cache, caching.public = None, True
            caching.max_age, caching.immutable = _YEAR_S, True
        return response

    def compress(response: Response) -> Response:
        if request.endpoint != "static" or PurePosixPath(request.path).suffix not in SUFFIXES:
            return response
        response.vary.add("Accept-Encoding")
        etag, _ = response.get_etag()
        whole = response.status_code == 200 and request.method == "GET"  # noqa: PLR2004
        if not whole or etag is None or not request.accept_encodings["gzip"]:
            return response
        if (response.content_length or 0) < LEAST_BYTES:
            return response
        key = (request.path, etag)
        response.direct_passthrough = False
        file = response.response
        if key not in kept:
            kept[key] = packed.get(b"".join(response.iter_encoded()))
        if hasattr(file, "close"):
            file.close()
        response.set_data(kept[key].body)
        response.headers["Content-Encoding"] = "gzip"
        # Another body, another tag, which outlives a copy of the same file; who has it already is
        # told so.
        response.set_etag(f"{kept[key].content_hash}-gzip")
        response.make_conditional(request)
        return response

    app.after_request(compress)
    app.after_request(keep)
