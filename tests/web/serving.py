"""A real gunicorn with the settings that are shipped."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

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


@contextmanager
def serving(city: Path, *options: str) -> Iterator[Server]:
    """Serve a city on a free port until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    known = {name: value for name, value in os.environ.items() if not name.startswith("WEIGE_")}
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        env = known | {"WEIGE_CITY": str(city), "WEIGE_VAR": folder}
        command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", *options]
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
            process.wait(60)


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            if b" 200 " in server.talk(
                b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            ):
                return
        except ConnectionError:
            time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{server.log()}")
