"""Many listeners to the change feed in one process, and one who reports at an even pace."""

from __future__ import annotations

import http.client
import json
import queue
import random
import selectors
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import Any

_PATIENCE_S = 60.0
_NUMBER = b'"number":"'


@dataclass
class Listener:
    """One stream of server-sent events, read as bytes come.

    Attributes
    ----------
    ids : list of int
        Ids of the events that came, in order.
    at : list of float
        When each came, seconds of `time.monotonic`.
    """

    sock: socket.socket
    ids: list[int] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    status: int = 0
    _raw: bytes = b""
    _text: bytes = b""

    def take(self, numbers: dict[str, int]) -> bool:
        """Read what has come; False once the server has closed the connection."""
        data = self.sock.recv(1 << 18)
        now = time.monotonic()
        if not data:
            return False
        self._raw += data
        if not self.status:
            head, found, rest = self._raw.partition(b"\r\n\r\n")
            if not found:
                return True
            self.status = int(head.split()[1])
            self._raw = rest
        self._unpack()
        *whole, self._text = self._text.split(b"\n\n")
        for message in whole:
            lines = message.split(b"\n")
            if not lines[0].startswith(b"id: ") or lines[1] == b"event: mark":
                continue
            seq = int(lines[0][4:])
            self.ids.append(seq)
            self.at.append(now)
            start = message.index(_NUMBER) + len(_NUMBER)
            numbers.setdefault(message[start : message.index(b'"', start)].decode(), seq)
        return True

    def _unpack(self) -> None:
        """Take whole chunks of HTTP/1.1 off what has come."""
        while True:
            size, found, rest = self._raw.partition(b"\r\n")
            if not found or len(rest) < (length := int(size, 16)) + 2:
                return
            self._text += rest[:length]
            self._raw = rest[length + 2 :]


def connect(port: int) -> Listener:
    """Begin to listen, as a browser does."""
    sock = socket.create_connection(("127.0.0.1", port))
    sock.sendall(
        b"GET /api/incidents/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Accept: text/event-stream\r\n\r\n"
    )
    return Listener(sock)


def listen(port: int, count: int, ready: Any, wanted: Any, out: Any) -> None:  # noqa: ANN401
    """Listen with many lines in a process of its own.

    Parameters
    ----------
    port
        Of the server on loopback.
    count
        How many lines.
    ready
        An event of multiprocessing, set once all lines are open.
    wanted
        A value of multiprocessing: once it is not 0, listening ends when every line has so many
        events, or `_PATIENCE_S` later.
    out
        A queue that is given ids and times of every listener, and the number of each id.
    """
    numbers: dict[str, int] = {}
    select = selectors.DefaultSelector()
    lines = []
    for _ in range(count):
        line = connect(port)
        lines.append(line)
        select.register(line.sock, selectors.EVENT_READ, line)
        time.sleep(0.005)
    until = float("inf")
    while time.monotonic() < until and not (
        wanted.value and all(len(line.ids) >= wanted.value for line in lines)
    ):
        if wanted.value and until == float("inf"):
            until = time.monotonic() + _PATIENCE_S
        for key, _ in select.select(0.2):
            if not key.data.take(numbers):
                select.unregister(key.fileobj)
        if not ready.is_set() and all(line.status for line in lines):
            ready.set()
    out.put(([(one.status, one.ids, one.at) for one in lines], numbers))


def report(
    port: int, places: list[tuple[float, float]], rate: float, lasting_s: float
) -> list[tuple[str, float, float]]:
    """Report incidents at an even pace over eight connections.

    Returns
    -------
    list of (number, sent, answered)
        Seconds of `time.monotonic`.
    """
    jobs: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    done: list[tuple[str, float, float]] = []

    def work() -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while (job := jobs.get()) is not None:
            lon, lat = places[job % len(places)]
            body = json.dumps(
                {
                    "hazard": random.choice(["gas.leak", "fire", "drowning", "other"]),  # noqa: S311
                    "title": f"第 {job} 件",
                    "lon": lon,
                    "lat": lat,
                    "datum": "wgs84",
                }
            )
            sent = time.monotonic()
            line.request("POST", "/api/incidents", body, {"Content-Type": "application/json"})
            answer = line.getresponse()
            answered = time.monotonic()
            said = json.loads(answer.read())
            if answer.status != http.client.CREATED:
                raise RuntimeError(f"{answer.status}: {said}")
            done.append((said["incident"]["number"], sent, answered))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    begin = time.monotonic()
    for job in range(round(rate * lasting_s)):
        time.sleep(max(0.0, begin + job / rate - time.monotonic()))
        jobs.put(job)
    for _ in threads:
        jobs.put(None)
    for thread in threads:
        thread.join()
    return done
