"""One table exception → status, one JSON shape for every error of every route."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal

from apiflask import APIFlask
from flask import Response, current_app, jsonify, request
from werkzeug.exceptions import HTTPException

from app.errors import (
    BadFileError,
    BadInputError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    NotSignedInError,
    TooLargeError,
    TooManyError,
    UnavailableError,
    WeigeError,
)

log = logging.getLogger(__name__)


class UnsupportedMediaTypeError(BadInputError):
    """The body of a request is declared as something else than what is read."""

    code = "unsupported_media_type"


class NotAcceptableError(BadInputError):
    """The caller accepts none of the forms in which an answer can be given."""

    code = "not_acceptable"


# The first class that matches counts.
STATUS: tuple[tuple[type[WeigeError], int], ...] = (
    (TooLargeError, 413),
    (UnsupportedMediaTypeError, 415),
    (NotAcceptableError, 406),
    (BadInputError, 400),
    (NotFoundError, 404),
    (NotSignedInError, 401),
    (ForbiddenError, 403),
    (TooManyError, 429),
    (ConflictError, 409),
    (UnavailableError, 503),
    (BadFileError, 500),
    (WeigeError, 500),
)

# When to ask again what could not be served; whole seconds.
RETRY_AFTER_S = 2

# What HTTP itself may answer: code, English, 中文.
_HTTP = {
    400: ("bad_request", "the request cannot be read", "请求无法读取"),
    404: ("not_found", "there is nothing at {path}", "{path} 不存在"),
    405: ("method_not_allowed", "{path} does not answer {method}", "{path} 不支持 {method}"),
    413: ("too_large", "the request body is too large", "请求体过大"),
    415: ("unsupported_media_type", "the body must be application/json", "请求体必须是 JSON"),
    416: ("range_not_satisfiable", "the range is not within the file", "请求的范围超出文件"),
    500: ("internal", "something went wrong on the server", "服务器内部错误"),
}


def status_of(error: WeigeError) -> int:
    """Return the status with which an error is answered."""
    return next(status for kind, status in STATUS if isinstance(error, kind))


def language() -> Literal["en", "zh"]:
    """Return ``zh`` or ``en``, after the caller's Accept-Language."""
    return "zh" if request.accept_languages.best_match(["en", "zh"]) == "zh" else "en"


def shape(
    status: int, code: str, message: str, hint: str = "", details: dict[str, object] | None = None
) -> Response:
    """Return an error in the one shape; `details` only where a program needs them to go on."""
    error: dict[str, object] = {"code": code, "message": message, "hint": hint}
    if details:
        error["details"] = details
    response = jsonify({"error": error})
    response.status_code = status
    return response


def init_app(app: APIFlask) -> None:
    """Make every error of `app` come out in the one shape."""
    app.register_error_handler(WeigeError, weige_error)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, _unexpected)


def weige_error(error: WeigeError) -> Response:
    """Answer an error in the one shape."""
    details = error.details if isinstance(error, ConflictError) else None

    def made(status: int, code: str, message: str, hint: str) -> Response:
        return shape(status, code, message, hint, details)

    return answered(error, made)


def answered(error: WeigeError, make: Callable[[int, str, str, str], Response]) -> Response:
    """Answer an error in whatever shape, in the caller's language, and log what is no caller's.

    Parameters
    ----------
    error
        What happened.
    make
        Returns the answer for a status, a code, a message and a hint.
    """
    status = status_of(error)
    if status >= 500 and not isinstance(error, UnavailableError):  # noqa: PLR2004
        # Server errors are logged and not explained.
        log.exception("server error: %s", error.message)
        code, english, chinese = _HTTP[500]
        return make(500, code, chinese if language() == "zh" else english, "")
    if language() == "zh":
        response = make(status, error.code, error.message_zh, error.hint_zh)
    else:
        response = make(status, error.code, error.message, error.hint)
    if isinstance(error, UnavailableError):
        log.warning("unavailable: %s", error.message)
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    if isinstance(error, TooManyError):
        response.headers["Retry-After"] = str(error.retry_after_s)
    if response.status_code == 401:  # noqa: PLR2004
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def http_error(error: HTTPException) -> Response:
    """Answer an error of HTTP itself in the one shape."""
    response = _plain(error.code or 500)
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> Response:
    log.error("unexpected error", exc_info=error)
    if current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    return _plain(500)


def _plain(status: int) -> Response:
    """Return an error of HTTP itself."""
    code, english, chinese = _HTTP.get(status, ("http_error", "HTTP {status}", "HTTP {status}"))
    text = chinese if language() == "zh" else english
    return shape(status, code, text.format(path=request.path, method=request.method, status=status))
