"""A real gunicorn with the settings that are shipped: its own errors have the one shape, too."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from app.grids import City
from tests.web.serving import Server, serving


@pytest.fixture(scope="module")
def server(board: City) -> Iterator[Server]:
    with serving(board.folder, "--workers", "1") as found:
        yield found


LONG = b"lon=104." + b"5" * 9000
REFUSED = [
    (b"GET /api/locate?" + LONG + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414, "8190"),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 9000 + b"\r\n\r\n", 431, "headers"),
    (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ten\r\n\r\n", 400, "CONTENT-LENGTH"),
    (b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", 400, "9"),
    (b"nonsense\r\n\r\n", 400, "nonsense"),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\n\xbc\xf2: y\r\n\r\n", 400, "\u00bc"),
    (b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: zip\r\n\r\n", 501, "zip"),
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
        b"GET /api/locate?lon=104." + b"5" * 7900 + b"&lat=30.403 HTTP/1.1\r\nHost: localhost\r\n"
        b"Connection: close\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("path", [b"/api/locate", b"/healthz"])
@pytest.mark.parametrize("chunk", [b"zz\r\n{}\r\n", b"2\r\n{}XX", b"-1\r\n"])
def test_a_bad_chunk_is_answered_once_and_logged_without_traceback(
    server: Server, path: bytes, chunk: bytes
) -> None:
    answer = server.talk(
        b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n" + chunk
    )
    assert answer.count(b"HTTP/1.1 ") == 1
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 " if path == b"/api/locate" else b"HTTP/1.1 405 ")
    assert json.loads(body)["error"]["message"]
    assert "Traceback" not in server.log()
