"""How fast POST /api/locate answers over HTTP, as `make run` serves it.

    python -m benchmarks.api_locate

Starts the server with the same gunicorn settings, posts a million points in each form, compares
every answer with the Locator and writes docs/benchmarks/api-locate.md.
"""

from __future__ import annotations

import http.client
import io
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from app.locate import Locator
from app.locate.location import STATUSES
from app.web.columnar import FILE, PARQUET, STREAM
from app.web.reading import JSON
from app.web.settings import ROOT, Settings
from benchmarks.machine import describe

CITY = ROOT / "geodata" / "jianyang"
OUT = ROOT / "docs" / "benchmarks" / "api-locate.md"
PACKAGES = ("gunicorn", "flask", "pyarrow", "numpy", "numba", "shapely")
POINTS, RUNS, CALLERS, SEED = 1_000_000, 7, 4, 20261122
ALL = "code,status,reason,levels,names,overlays,border,alternatives"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Served:
    """A running server."""

    port: int
    pid: int

    def post(self, body: bytes, form: str, query: str = "", accept: str = "") -> tuple[str, bytes]:
        """Return type and body of an answer."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        headers = {"Content-Type": form} | ({"Accept": accept} if accept else {})
        line.request("POST", f"/api/locate{query}", body, headers)
        answer = line.getresponse()
        data = answer.read()
        assert answer.status == HTTPStatus.OK, data[:500]
        line.close()
        return answer.headers["Content-Type"], data

    def processes(self) -> list[int]:
        """Return gunicorn's workers."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii")
        return [int(pid) for pid in children.split()]

    def peak_mb(self) -> float:
        """Return the most memory that one of the workers has held."""
        peaks = []
        for pid in self.processes():
            for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
                if line.startswith("VmHWM"):
                    peaks.append(int(line.split()[1]) / 1024)
        return max(peaks)


@contextmanager
def served() -> Iterator[Served]:
    """Serve the demo city as `make run` does, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    known = {name: value for name, value in os.environ.items() if not name.startswith("WEIGE_")}
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py"]
    process = subprocess.Popen(  # noqa: S603 - our own server
        [*command, "--bind", f"127.0.0.1:{port}", "app.web:create_app()"],
        cwd=ROOT,
        env=known | {"WEIGE_CITY": str(CITY)},
        stdout=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                line.request("GET", "/healthz")
                line.getresponse().read()
                break
            except OSError:
                time.sleep(0.1)
        yield Served(port, process.pid)
    finally:
        process.terminate()
        process.wait(30)


def bodies(lon: Floats, lat: Floats) -> dict[str, bytes]:
    """Return the points in every form of columns."""
    table = pa.table({"lon": lon, "lat": lat})
    found = {}
    for form, create in ((STREAM, pa.ipc.new_stream), (FILE, pa.ipc.new_file)):
        sink = io.BytesIO()
        with create(sink, table.schema) as writer:
            writer.write_table(table)
        found[form] = sink.getvalue()
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return found | {PARQUET: sink.getvalue()}


def table_of(form: str, data: bytes) -> pa.Table:
    """Return an answer as a table."""
    if form == PARQUET:
        return pq.read_table(io.BytesIO(data))
    opened = pa.ipc.open_stream(data) if form == STREAM else pa.ipc.open_file(data)
    return opened.read_all()


class Truth:
    """What the Locator says, against which every answer is held."""

    def __init__(self, locator: Locator, lon: Floats, lat: Floats) -> None:
        found = locator.locate_table(lon, lat)
        # Row -1 stands for none and picks the None at the end.
        self.codes = pa.array(np.append(locator.codes, None)[found.rows[-1]], pa.string())
        names = np.array([str(one) for one in STATUSES], dtype=object)
        self.statuses = pa.array(names[found.status], pa.string())
        self.border_m = pa.array(found.border_m, mask=np.isnan(found.border_m))

    def hold(self, table: pa.Table) -> None:
        """Compare the columns of a table that are known."""
        for name, wanted in (
            ("code", self.codes),
            ("status", self.statuses),
            ("border_m", self.border_m),
        ):
            if name in table.column_names:
                assert table[name].cast(wanted.type).combine_chunks().equals(wanted), name
        assert table.num_rows == len(self.codes)

    def hold_json(self, data: bytes, level: str) -> None:
        """Compare an answer in JSON."""
        results = json.loads(data)["results"]
        assert [one["codes"].get(level) for one in results] == self.codes[
            : len(results)
        ].to_pylist()
        assert [one["status"] for one in results] == self.statuses[: len(results)].to_pylist()


def runs(call: Callable[[], tuple[str, bytes]], hold: Callable[[str, bytes], None]) -> list[float]:
    """Return the seconds of each run after one that is not counted; every answer is checked."""
    hold(*call())
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        answer = call()
        taken.append(time.perf_counter() - start)
        hold(*answer)
    return taken


def at_once(
    call: Callable[[], tuple[str, bytes]], hold: Callable[[str, bytes], None]
) -> list[float]:
    """Return the seconds of `CALLERS` calls that begin together, the last one counting."""
    taken = []
    with ThreadPoolExecutor(CALLERS) as pool:
        for _ in range(RUNS):
            gate = threading.Barrier(CALLERS + 1)

            def one(gate: threading.Barrier = gate) -> tuple[str, bytes]:
                gate.wait()
                return call()

            waiting = [pool.submit(one) for _ in range(CALLERS)]
            gate.wait()
            start = time.perf_counter()
            answers = [each.result() for each in waiting]
            taken.append(time.perf_counter() - start)
            for answer in answers:
                hold(*answer)
    return taken


def main() -> None:
    """Measure and write the page."""
    locator = Locator.open(CITY)
    locator.build_indexes()
    rng = np.random.default_rng(SEED)
    west, south, east, north = locator.city.layer("town").frame.total_bounds
    lon, lat = rng.uniform(west, east, 4 * POINTS), rng.uniform(south, north, 4 * POINTS)
    covered = np.flatnonzero(locator.locate_many(lon, lat) >= 0)[:POINTS]
    kinds = {
        "inside": (lon[covered], lat[covered]),
        "anywhere": (lon[:POINTS], lat[:POINTS]),
    }
    rows: list[tuple[str, ...]] = []
    with served() as server:
        start_mb = server.peak_mb()
        for kind, (x, y) in kinds.items():
            truth, sent = Truth(locator, x, y), bodies(x, y)

            def hold(form: str, data: bytes, truth: Truth = truth) -> None:
                truth.hold(table_of(form, data))

            def record(
                what: str, points: int, taken: list[float], size: tuple[int, int], kind: str = kind
            ) -> None:
                median = statistics.median(taken)
                rows.append(
                    (
                        what,
                        kind,
                        f"{points:,}",
                        f"{size[0] / 1e6:.1f}",
                        f"{size[1] / 1e6:.1f}",
                        f"{median:.3f} s",
                        f"{max(taken):.3f} s",
                        f"{points / median:,.0f}",
                    )
                )
                print(*rows[-1])

            for form, body in sent.items():
                taken = runs(lambda body=body, form=form: server.post(body, form), hold)
                size = len(body), len(server.post(body, form)[1])
                record(f"`{form.rsplit('.', 1)[1]}` in and out", POINTS, taken, size)
            for fields in ("code", ALL):
                body, query = sent[STREAM], f"?fields={fields}"
                taken = runs(lambda body=body, q=query: server.post(body, STREAM, q), hold)
                size = len(body), len(server.post(body, STREAM, query)[1])
                name = "`code` alone" if fields == "code" else "every field"
                record(f"`stream`, {name}", POINTS, taken, size)
            body = sent[STREAM]
            taken = at_once(lambda body=body: server.post(body, STREAM), hold)
            size = CALLERS * len(body), CALLERS * len(server.post(body, STREAM)[1])
            record(f"`stream`, {CALLERS} callers at once", CALLERS * POINTS, taken, size)
            count = Settings().max_points
            points = [
                {"lon": a, "lat": b}
                for a, b in zip(x[:count].tolist(), y[:count].tolist(), strict=True)
            ]
            body = json.dumps({"points": points}).encode()
            level = locator.city.levels[-1].id
            taken = runs(
                lambda body=body: server.post(body, JSON),
                lambda _, data, truth=truth, level=level: truth.hold_json(data, level),
            )
            record(
                "JSON, as many as it may",
                count,
                taken,
                (len(body), len(server.post(body, JSON)[1])),
            )
        peak_mb = server.peak_mb()
    _write(rows, start_mb, peak_mb)


def _write(rows: list[tuple[str, ...]], start_mb: float, peak_mb: float) -> None:
    facts = f"""\
- day: {datetime.now(tz=UTC).date()}
{describe(*PACKAGES)}
- server: as `make run` starts it (two workers of eight threads), over loopback; the callers run on
  the same machine
- data: geodata/jianyang; *inside*: {POINTS:,} points of the city, *anywhere*: {POINTS:,} points
  uniform over the extent of its towns, most of them outside; seed {SEED}
- every answer of every run was compared with the Locator, row by row; {RUNS} runs after one not
  counted; from the first byte sent to the last byte received
- columns are `code` and `status` (with the reasons of unusable rows) unless said otherwise
- most memory that one worker held at any time in all of this: {peak_mb:,.0f} MB, {start_mb:,.0f} MB
  of it before the first request
"""
    lines = [
        "# POST /api/locate over HTTP",
        "",
        "Made by `python -m benchmarks.api_locate`; no number here is typed by hand.",
        "",
        facts,
        "| what | where | points | MB in | MB out | median | slowest | points/s |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"wrote {OUT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
