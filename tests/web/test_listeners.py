"""Lines of listeners: plain ones and, through a real process, such of TLS."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.grids import City
from app.web.listeners import Line
from tests.web.servers import Server, Stream


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


@pytest.mark.parametrize("unread", [b"", b"more"])
def test_a_line_is_open_until_the_other_side_ends_it(
    pair: tuple[socket.socket, socket.socket], unread: bytes
) -> None:
    """Also where the other side sent something that nobody reads."""
    ours, theirs = pair
    line = Line(ours)
    theirs.sendall(unread)
    assert line.is_open()
    theirs.close()
    assert not line.is_open()


def test_a_line_that_we_closed_is_not_open(pair: tuple[socket.socket, socket.socket]) -> None:
    line = Line(pair[0])
    pair[0].close()
    assert not line.is_open()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed: streams over TLS were NOT tested")
    folder = tmp_path_factory.mktemp("keys")
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    subject = ["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    files = ["-keyout", str(folder / "key"), "-out", str(folder / "certificate")]
    subprocess.run([*made, *subject, *files], check=True, capture_output=True)
    return folder


def test_a_line_of_tls_is_asked_as_a_plain_one(
    keys: Path, pair: tuple[socket.socket, socket.socket]
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(keys / "certificate", keys / "key")
    ours = context.wrap_socket(pair[0], server_side=True, do_handshake_on_connect=False)
    line = Line(ours)
    assert line.is_open()
    assert line.has_room(0.0)
    pair[1].close()
    assert not line.is_open()
    ours.close()


def status(server: Server) -> int:
    """Return how a new listener is answered."""
    stream = Stream(server.port, line=server.line())
    stream.close()
    return stream.answer.status


@pytest.mark.slow
def test_events_arrive_over_tls_and_who_leaves_is_noticed(
    board: City, keys: Path, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'weige.db'}"
    server = Server(
        board.folder, tmp_path, url, workers=1, tls=keys, WEIGE_MAX_LISTENERS="1"
    )  # fmt: skip
    try:
        stream = Stream(server.port, line=server.line())
        messages = iter(stream)
        assert next(messages).kind == "mark"
        for title in "一", "二":
            assert server.report(title)[0] == 201
        assert [(one.id, one.kind) for one in (next(messages), next(messages))] == [
            (1, "reported"),
            (2, "reported"),
        ]
        assert status(server) == 503
        stream.close()
        # One may listen: the next one can as soon as the process has seen that the first is gone.
        until = time.monotonic() + 30
        while (told := status(server)) == 503 and time.monotonic() < until:
            time.sleep(0.1)
        assert told == 200
    finally:
        assert server.stop() == 0
