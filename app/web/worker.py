"""The gunicorn worker whose own errors have the one shape, too.

What gunicorn refuses before the application sees it (an address that is too long, headers that
cannot be read) it answers in HTML; `gunicorn.conf.py` names this worker instead.
"""

from __future__ import annotations

import json
import socket
import time
from http import HTTPStatus
from types import FrameType

from gunicorn import util  # type: ignore[import-untyped]
from gunicorn.http import errors  # type: ignore[import-untyped]
from gunicorn.http.message import Request  # type: ignore[import-untyped]
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from app.web.service import Service

_BODY = (errors.InvalidChunkSize, errors.ChunkMissingTerminator, errors.InvalidChunkExtension)
_OURS = (
    errors.ConfigurationProblem,
    errors.InvalidResponseHeader,
    errors.InvalidResponseHeaderName,
)
# The first class that matches counts: status, code, English, 中文.
_ANSWERS: tuple[tuple[type[Exception], int, str, str, str], ...] = (
    (errors.LimitRequestLine, 414, "uri_too_long", "the address is too long", "请求地址过长"),
    (
        errors.LimitRequestHeaders,
        431,
        "headers_too_large",
        "the headers are too large",
        "请求头过大",
    ),
    (
        errors.UnsupportedTransferCoding,
        501,
        "not_implemented",
        "the transfer coding is not supported",
        "不支持该传输编码",
    ),
    (
        errors.ExpectationFailed,
        417,
        "expectation_failed",
        "the expectation cannot be met",
        "无法满足 Expect 要求",
    ),
    (errors.ForbiddenProxyRequest, 403, "forbidden", "the proxy is not allowed", "不允许该代理"),
    (
        errors.ParseException,
        400,
        "bad_request",
        "the request is not sound HTTP",
        "请求不符合 HTTP 规范",
    ),
)
# For every stream that a process holds, it takes a new connection so much later.
_DELAY_S = 10e-6
_HINT = "Addresses and single headers may have 8190 bytes; send many points by POST."
_HINT_ZH = "请求地址和单个请求头最长 8190 字节；多个点请用 POST 发送。"
_MAX_QUOTE = 120


class JsonErrorWorker(ThreadWorker):  # type: ignore[misc]
    """A ThreadWorker that answers its own errors as the application answers its."""

    def run(self) -> None:
        """Serve until told to stop."""
        service = self._service()
        if service is not None:
            service.begin()
        super().run()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop: streams end at once, requests are answered to their end."""
        self._end_streams()
        super().handle_exit(sig, frame)

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:
        """Stop at once; a stream that went on would hold the process back."""
        self._end_streams()
        super().handle_quit(sig, frame)

    def is_parent_alive(self) -> bool:
        """Whether to go on; without gunicorn's first process the streams end, too."""
        alive = bool(super().is_parent_alive())
        if not alive:
            self._end_streams()
        return alive

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection, the later the more streams this process holds already.

        Every process is woken for a new connection and the quickest takes it, which would be the
        same one nearly always. A moment's delay leaves it to the process with fewer streams; where
        there is no other, it costs that moment.
        """
        service = self._service()
        if service is not None:
            time.sleep(service.listeners.count * _DELAY_S)
        super().accept(listener)

    def _end_streams(self) -> None:
        service = self._service()
        if service is not None:
            service.end()

    def _service(self) -> Service | None:
        # A signal may come before the application is loaded.
        extensions = getattr(getattr(self, "wsgi", None), "extensions", {})
        return extensions.get("weige")

    def handle_error(
        self,
        req: Request | None,
        client: socket.socket,
        addr: tuple[str, int],
        exc: Exception,
    ) -> None:
        """Answer a request that cannot be read; the connection is closed after it.

        Parameters
        ----------
        req
            The request, where its head could be read.
        client
            Where the answer goes.
        addr
            Who asked.
        exc
            What is wrong.
        """
        if isinstance(exc, _BODY):
            # The application has answered already; all that is left is to close the connection.
            self.log.debug("broken body from %s: %s", addr, exc)
            return
        if isinstance(exc, _OURS) or not isinstance(exc, errors.ParseException):
            # Without its query, in which addresses and places of people may stand.
            self.log.error("error on %s", getattr(req, "path", "a request"), exc_info=exc)
            answer = error_answer(exc, known=False)
        else:
            self.log.info("unreadable request from %s: %s", addr, exc)
            answer = error_answer(exc, known=True)
        try:
            util.write_nonblock(client, answer)
        except OSError:
            self.log.debug("the caller was gone before the error was told")


def error_answer(exc: Exception, *, known: bool) -> bytes:
    """Return a whole HTTP answer in the one shape.

    Its language cannot be known, so both are told.

    Parameters
    ----------
    exc
        What is wrong.
    known
        Whether it is the caller's fault and may be quoted.
    """
    status, code = 500, "internal"
    english, chinese = "something went wrong on the server", "服务器内部错误"
    quoted = hint = ""
    if known:
        _, status, code, english, chinese = next(row for row in _ANSWERS if isinstance(exc, row[0]))
        said = str(exc)
        quoted = f" ({said if len(said) <= _MAX_QUOTE else said[:_MAX_QUOTE] + '…'})"
        hint = f"{_HINT} / {_HINT_ZH}"
    message = f"{english}{quoted} / {chinese}"
    body = json.dumps(
        {"error": {"code": code, "message": message, "hint": hint}}, ensure_ascii=False
    ).encode("utf-8", "backslashreplace")
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
        "Connection: close\r\n"
        "Content-Type: application/json\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body
