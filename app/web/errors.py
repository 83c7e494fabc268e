"""One table exception → status, one JSON shape for every error of every route."""

from __future__ import annotations

import logging
from typing import Any

from apiflask import APIFlask, HTTPError
from flask import Response, current_app, jsonify, request
from werkzeug.exceptions import HTTPException

from app.errors import (
    BadFileError,
    BadInputError,
    NotFoundError,
    TooLargeError,
    WeigeError,
)

log = logging.getLogger(__name__)

# The first class that matches counts.
STATUS: tuple[tuple[type[WeigeError], int], ...] = (
    (TooLargeError, 413),
    (BadInputError, 400),
    (NotFoundError, 404),
    (BadFileError, 500),
    (WeigeError, 500),
)

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


def language() -> str:
    """Return ``zh`` or ``en``, after the caller's Accept-Language."""
    return request.accept_languages.best_match(["en", "zh"], default="en")


def shape(status: int, code: str, message: str, hint: str = "") -> Response:
    """Return an error in the one shape."""
    response = jsonify({"error": {"code": code, "message": message, "hint": hint}})
    response.status_code = status
    return response


def init_app(app: APIFlask) -> None:
    """Make every error of `app` come out in the one shape."""
    app.register_error_handler(WeigeError, _weige_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)
    app.error_processor(_schema_error)


def _weige_error(error: WeigeError) -> Response:
    status = next(status for kind, status in STATUS if isinstance(error, kind))
    if status >= 500:  # noqa: PLR2004 - server errors are logged and not explained
        log.exception("server error: %s", error.message)
        return _plain(500)
    if language() == "zh":
        return shape(status, error.code, error.message_zh, error.hint_zh)
    return shape(status, error.code, error.message, error.hint)


def _http_error(error: HTTPException) -> Response:
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


def _schema_error(error: HTTPError) -> tuple[dict[str, Any], int, Any]:
    """Return a failed check of parameters or body as 400, quoting the bad value."""
    faults = [
        (str(path), str(text), place)
        for place, fields in (error.detail or {}).items()
        if isinstance(fields, dict)
        for path, texts in fields.items()
        for text in texts
    ]
    if not faults:
        return _plain(error.status_code).get_json(), error.status_code, error.headers
    zh = language() == "zh"
    said = [_quote(path, text, place, zh=zh) for path, text, place in faults]
    hint = "参数与类型见 /api/docs。" if zh else "/api/docs lists the parameters and their types."
    message = ("；" if zh else "; ").join(said)
    return {"error": {"code": "bad_input", "message": message, "hint": hint}}, 400, {}


def _quote(path: str, text: str, place: str, *, zh: bool) -> str:
    missing = object()
    value: Any = request.args if place == "query" else request.get_json(silent=True)
    for step in path.split("."):
        if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        elif hasattr(value, "get"):
            value = value.get(step, missing)
        else:
            value = missing
    if value is missing:
        return f"缺少 {path}" if zh else f"{path} is missing"
    shown = repr(value)
    shown = shown if len(shown) <= 80 else shown[:77] + "…"  # noqa: PLR2004 - one line
    return f"{path} 为 {shown}，不可用（{text}）" if zh else f"{path} is {shown}: {text}"
