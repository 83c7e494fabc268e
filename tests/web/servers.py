"""A real gunicorn with the settings that are shipped, for tests that need processes."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BODY = {"hazard": "gas", "title": "测试", "lon": 104.505, "lat": 30.405, "datum": "wgs84"}
ROOT = Path(__file__).resolve().parents[2]


class Server:
    """The application over a city and a database, served by several processes.

    Parameters
    ----------
    city, var
        Folders.
    url
        Of the database.
    tls
        Folder of `key` and `certificate`, where it serves TLS itself.
    """

    def __init__(
        self,
        city: Path,
        var: Path,
        url: str,
        workers: int = 2,
        tls: Path | None = None,
        **more: str,
    ) -> None:
        self._tls = tls
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = var / "server.log"
        self._workers = workers
        known = {name: value for name, value in os.environ.items() if not name.startswith("WEIGE_")}
        self._env = known | {
            "WEIGE_CITY": str(city), "WEIGE_VAR": str(var), "WEIGE_DATABASE_URL": url, **more,
        }  # fmt: skip
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py"]
        command += ["--workers", str(self._workers), "-b", f"127.0.0.1:{self.port}"]
        if self._tls:
            command += ["--keyfile", str(self._tls / "key")]
            command += ["--certfile", str(self._tls / "certificate")]
        with self.log.open("ab") as sink:
            self.process = subprocess.Popen(
                [*command, "app.web:create_app()"],
                cwd=ROOT, env=self._env, stdout=sink, stderr=sink,
            )  # fmt: skip
        until = time.monotonic() + 60
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if self.ask("GET", "/healthz")[0] == 200 and len(self.pids) == self._workers:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise AssertionError(self.log.read_text(encoding="utf-8"))

    @property
    def pids(self) -> list[int]:
        """The processes that serve."""
        of = self.process.pid
        return [int(one) for one in Path(f"/proc/{of}/task/{of}/children").read_text().split()]

    def stop(self, how: int = signal.SIGTERM) -> int:
        """Stop the server and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(120)

    def line(self, timeout_s: float = 60.0) -> http.client.HTTPConnection:
        """Return a connection that is still to be opened."""
        if self._tls is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        trusting = ssl.create_default_context(cafile=self._tls / "certificate")
        trusting.check_hostname = False
        return http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=timeout_s, context=trusting
        )

    def ask(
        self, method: str, path: str, body: Any = None, timeout_s: float = 60.0
    ) -> tuple[int, Any]:
        """Return status and JSON of an answer."""
        line = self.line(timeout_s)
        try:
            headers = {"Content-Type": "application/json"} if body is not None else {}
            line.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = line.getresponse()
            self.headers = dict(answer.headers)
            return answer.status, json.loads(answer.read() or b"null")
        finally:
            line.close()

    def report(self, title: str = "测试") -> tuple[int, Any]:
        """Report an incident in A1 of the chessboard."""
        return self.ask("POST", "/api/incidents", BODY | {"title": title})


@dataclass
class Message:
    """One message of a stream."""

    id: int
    kind: str
    data: dict[str, Any]


class Stream:
    """A stream of server-sent events, read as a browser does."""

    def __init__(
        self,
        port: int,
        last: int | None = None,
        after: int | None = None,
        line: http.client.HTTPConnection | None = None,
    ) -> None:
        self._line = line or http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        query = "" if after is None else f"?after={after}"
        headers = {} if last is None else {"Last-Event-ID": str(last)}
        self._line.request("GET", f"/api/incidents/stream{query}", headers=headers)
        self.answer = self._line.getresponse()

    def __iter__(self) -> Iterator[Message]:
        """Give the messages until the server ends the stream or breaks off."""
        lines: list[str] = []
        while True:
            try:
                raw = self.answer.readline()
            except (OSError, http.client.HTTPException):
                return
            if not raw:
                return
            text = raw.decode().rstrip("\n")
            if text:
                lines.append(text)
                continue
            fields = dict(one.split(": ", 1) for one in lines if not one.startswith(":"))
            lines = []
            if "id" in fields:
                yield Message(int(fields["id"]), fields["event"], json.loads(fields["data"]))

    def close(self) -> None:
        self.answer.close()
        self._line.close()
