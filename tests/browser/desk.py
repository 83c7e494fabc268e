"""A server of its own for incidents: an empty database, stopped and started again as tests want."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from app.grids import City
from app.maps.tiles import build_tiles

ROOT = Path(__file__).resolve().parents[2]
# On a machine that does much else, software rendering takes its time; nothing here measures it.
PATIENCE_S = 60


class DeskServer:
    """gunicorn with two processes, over a folder of its own."""

    def __init__(self, city: Path, var: Path) -> None:
        self._env = {k: v for k, v in os.environ.items() if not k.startswith("WEIGE_")}
        self._env |= {"WEIGE_CITY": str(city), "WEIGE_VAR": str(var)}
        self._log = var / "log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "-b", f"127.0.0.1:{self._port}", "app.web:create_app()"],
                cwd=ROOT,
                env=self._env,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until and self._process.poll() is None:
            try:
                if self.get("/healthz"):
                    return
            except (URLError, ConnectionError):
                time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"the server did not start:\n{self._log.read_text(encoding='utf-8')}")

    def stop(self) -> None:
        """Stop it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE_S)
            self._process = None

    def get(self, path: str) -> Any:
        """Return what is answered in Chinese."""
        return self._ask(Request(self.origin + path, headers={"Accept-Language": "zh"}))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Send something as another system does."""
        return self._send("POST", path, body)

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        """Change something as another system does."""
        return self._send("PATCH", path, body)

    def _send(self, method: str, path: str, body: dict[str, Any]) -> Any:
        data = json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Accept-Language": "zh"}
        return self._ask(Request(self.origin + path, data=data, headers=headers, method=method))

    def report(self, lon: float | None, lat: float | None, **fields: Any) -> dict[str, Any]:
        """Report an incident, and return it."""
        draft = {"hazard": "gas.leak", "title": "闻到燃气味", "lon": lon, "lat": lat} | fields
        answer: dict[str, Any] = self.post("/api/incidents", draft)["incident"]
        return answer

    def move(self, number: str, move: str, **fields: Any) -> dict[str, Any]:
        """Move an incident as it is now."""
        version = self.get(f"/api/incidents/{number}")["version"]
        body = {"move": move, "version": version} | fields
        answer: dict[str, Any] = self.post(f"/api/incidents/{number}/moves", body)
        return answer

    def _ask(self, request: Request) -> Any:
        try:
            with urlopen(request, timeout=PATIENCE_S) as response:
                return json.load(response)
        except HTTPError as error:
            raise AssertionError(f"{error.code}: {error.read().decode()}") from error


@contextmanager
def serving(city: City, var: Path) -> Iterator[DeskServer]:
    """Serve a desk over an empty folder, with the tiles that the other tests use."""
    build_tiles(city, ROOT / "var")
    (var / "derived").symlink_to(ROOT / "var" / "derived")
    server = DeskServer(city.folder, var)
    server.start()
    try:
        yield server
    finally:
        server.stop()
