"""A real gunicorn with the settings that are shipped: its own errors have the one shape, too."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.grids import City

ROOT = Path(__file__).resolve().parents[2]


class Server:
    """A running server, talked to byte by byte."""

    def __init__(self, port: int, log: Path) -> None:
        self.port = port
        self._log = log

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def talk(self, request: bytes) -> bytes:
        """Return all that is answered until the server closes the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as line:
            line.sendall(request)
            answer = b""
            while part := line.recv(65536):
                answer += part
        return answer


@pytest.fixture(scope="module")
def server(board: City) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    known = {name: value for name, value in os.environ.items() if not name.startswith("WEIGE_")}
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        env = known | {"WEIGE_CITY": str(board.folder), "WEIGE_VAR": folder}
        command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "--workers", "1"]
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [*command, "-b", f"127.0.0.1:{port}", "app.web:create_app()"],
                cwd=ROOT,
                env=env,
                stdout=sink,
                stderr=sink,
            )
        found = Server(port, log)
        try:
            _wait(found, process)
            yield found
        finally:
            process.terminate()
            process.wait(20)


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            if b" 200 " in server.talk(
                b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            ):
                return
        except ConnectionError:
            time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{server.log()}")


LONG = b"lon=104." + b"5" * 9000
REFUSED = [
    (b"GET /api/locate?" + LONG + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414, "8190"),
    (b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 9000 + b"\r\n\r\n", 431, "headers"),
    (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n", 400, "CONTENT-LENGTH"),
    (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", 400, "9"),
    (b"nonsense\r\n\r\n", 400, "nonsense"),
    (b"GET / HTTP/1.1\r\nHost: x\r\n\xbc\xf2: y\r\n\r\n", 400, "\u00bc"),
    (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: zip\r\n\r\n", 501, "zip"),
]


@pytest.mark.parametrize(("request_bytes", "status", "words"), REFUSED)
def test_what_gunicorn_refuses_is_told_in_the_one_shape(
    server: Server, request_bytes: bytes, status: int, words: str
) -> None:
    head, _, body = server.talk(request_bytes).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"Content-Type: application/json\r\n" in head
    found = json.loads(body)
    assert list(found) == ["error"]
    assert set(found["error"]) == {"code", "message", "hint"}
    assert words in found["error"]["message"]
    assert any("\u4e00" <= char <= "\u9fff" for char in found["error"]["message"])


def test_an_address_of_8000_bytes_is_read(server: Server) -> None:
    answer = server.talk(
        b"GET /api/locate?lon=104." + b"5" * 7900 + b"&lat=30.403 HTTP/1.1\r\nHost: x\r\n"
        b"Connection: close\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("path", [b"/api/locate", b"/healthz"])
@pytest.mark.parametrize("chunk", [b"zz\r\n{}\r\n", b"2\r\n{}XX", b"-1\r\n"])
def test_a_bad_chunk_is_answered_once_and_logged_without_traceback(
    server: Server, path: bytes, chunk: bytes
) -> None:
    answer = server.talk(
        b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n" + chunk
    )
    assert answer.count(b"HTTP/1.1 ") == 1
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 " if path == b"/api/locate" else b"HTTP/1.1 405 ")
    assert json.loads(body)["error"]["message"]
    assert "Traceback" not in server.log()
