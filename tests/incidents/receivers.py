"""A real HTTP server that takes webhooks as it is told to: well, badly, late, or not at all."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """Listens on loopback from `open` to `close`, always on the same port.

    Attributes
    ----------
    taken : list
        (status answered, headers, body) of every message, in order.
    answer : callable
        Told how many messages came and the event, it gives the status; None answers nothing.
    """

    def __init__(self) -> None:
        self.taken: list[tuple[int | None, dict[str, str], bytes]] = []
        self.answer: Callable[[int, dict[str, Any]], int | None] = lambda *_: 204
        self.location = ""
        self.released = threading.Event()
        self._came = threading.Condition()
        self._server: ThreadingHTTPServer | None = None
        self._lines: list[socket.socket] = []
        self.port = 0
        self.open()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?from=weige"

    @property
    def seqs(self) -> list[int]:
        """Numbers of the events that were taken well, in order."""
        return [json.loads(body)["seq"] for status, _, body in self.taken if status == 204]

    def open(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Small answers must not wait for the acknowledgement of the message.
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                receiver._lines.append(self.connection)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver._take(self, body)

            def do_GET(self) -> None:
                receiver._take(self, b'{"seq": -1}')

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.released.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        # Connections that are kept open would go on being answered.
        for line in self._lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        self._lines.clear()

    def wait(self, done: Callable[[], bool], timeout_s: float = 40.0) -> bool:
        with self._came:
            return self._came.wait_for(done, timeout_s)

    def _take(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        status = self.answer(len(self.taken), json.loads(body))
        with self._came:
            self.taken.append((status, dict(handler.headers), body))
            self._came.notify_all()
        if status is None:
            self.released.wait(60)
            handler.close_connection = True
            return
        handler.send_response(status)
        handler.send_header("Content-Length", "0")
        if self.location:
            handler.send_header("Location", self.location)
        handler.end_headers()
