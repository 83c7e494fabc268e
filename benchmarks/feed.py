"""What listeners to the change feed get, and when: 200 of them, 50 incidents a second.

    python -m benchmarks.feed

Serves the demo city as `make run` does, over an empty database, and writes docs/benchmarks/feed.md.
Where PostgreSQL's programs are installed, it is measured too.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from app.grids import City
from app.web.settings import ROOT
from benchmarks import listening
from benchmarks.machine import describe
from tests.databases import PostgresServer, postgres_programs

CITY = ROOT / "geodata" / "jianyang"
OUT = ROOT / "docs" / "benchmarks" / "feed.md"
LISTENERS = 200
RATE = 50.0
LASTING_S = 60.0
WORKERS = 2


def main(lasting_s: float = LASTING_S) -> None:
    """Measure and write the page."""
    shapes = City.open(CITY).finest.frame.representative_point()
    places = [(point.x, point.y) for point in shapes]
    np.random.default_rng(20261122).shuffle(places)
    columns: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        columns["SQLite"] = _measure(f"sqlite:///{folder}/weige.db", places, lasting_s)
        programs = postgres_programs()
        if programs is not None:
            postgres = PostgresServer(programs)
            stack.callback(postgres.remove)
            url = stack.enter_context(postgres.database())
            columns["PostgreSQL"] = _measure(url, places, lasting_s)
    _write(columns, lasting_s)


def _measure(url: str, places: list[tuple[float, float]], lasting_s: float) -> dict[str, str]:
    with _server(url) as (port, process):
        workers = _children(process.pid)
        before = [_status(pid) for pid in workers]
        spawn = multiprocessing.get_context("spawn")
        ready, wanted, out = spawn.Event(), spawn.Value("q", 0), spawn.Queue()
        listeners = spawn.Process(
            target=listening.listen, args=(port, LISTENERS, ready, wanted, out)
        )
        listeners.start()
        ready.wait(60)
        between = [_status(pid) for pid in workers]
        begin = _processor_s(workers)
        asked: list[float] = []
        ending = threading.Event()
        asker = threading.Thread(target=_ask, args=(port, asked, ending))
        asker.start()
        reports = listening.report(port, places, RATE, lasting_s)
        used_s = _processor_s(workers) - begin
        ending.set()
        asker.join()
        wanted.value = len(reports)
        heard, seqs = out.get()
        listeners.join()
        after = [_status(pid) for pid in workers]
    whole = list(range(1, len(reports) + 1))
    faulty = [ids for _, ids, _ in heard if ids != whole]
    answered = np.full(len(reports) + 1, np.nan)
    sent = answered.copy()
    for number, sent_at, answered_at in reports:
        if number in seqs:
            sent[seqs[number]], answered[seqs[number]] = sent_at, answered_at
    late = np.concatenate([np.array(at) - answered[ids] for _, ids, at in heard])
    since_sent = np.concatenate([np.array(at) - sent[ids] for _, ids, at in heard])
    taken = np.array([answered_at - sent_at for _, sent_at, answered_at in reports])
    made = {
        "listeners": f"{sum(status == 200 for status, _, _ in heard)} of {LISTENERS}",  # noqa: PLR2004
        "threads more on each of the two processes with them": " + ".join(
            str(many.threads - few.threads) for few, many in zip(before, between, strict=True)
        ),
        "incidents reported": f"{len(reports):,}",
        "events that arrived": f"{sum(len(ids) for _, ids, _ in heard):,}",
        "listeners that missed an event, had one twice or out of order": str(len(faulty)),
        "from the answer to the report to the arrival (below 0: it came before), median": _ms(
            late, 50
        ),
        "… 99 %": _ms(late, 99),
        "… the latest": _ms(late, 100),
        "from sending the report to the arrival, median": _ms(since_sent, 50),
        "… 99 % ": _ms(since_sent, 99),
        "to answer a report, median": _ms(taken, 50),
        "… 99 %  ": _ms(taken, 99),
        "to answer `/api/locate` meanwhile, median": _ms(np.array(asked), 50),
        "… 99 %   ": _ms(np.array(asked), 99),
        "processor time of both processes": f"{used_s / lasting_s:.0%} of one core",
        "memory that 200 listeners cost": f"{_sum_mb(between) - _sum_mb(before):.0f} MB",
        "memory of both processes at the end, own": f"{_sum_mb(after):.0f} MB",
    }
    for what, figure in made.items():
        print(f"{what}: {figure}", flush=True)
    return made


@contextmanager
def _server(url: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Serve as `make run` does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    known = {name: value for name, value in os.environ.items() if not name.startswith("WEIGE_")}
    env = known | {"WEIGE_DATABASE_URL": url, "WEIGE_CITY": str(CITY)}
    subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-m", "scripts.build_derived", "--city", str(CITY)],
        check=True, cwd=ROOT, env=env,
    )  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py"]
    command += ["--workers", str(WORKERS), "--bind", f"127.0.0.1:{port}", "app.web:create_app()"]
    process = subprocess.Popen(command, cwd=ROOT, env=env)  # noqa: S603
    try:
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz"):
                    if len(_children(process.pid)) == WORKERS:
                        break
            except OSError:
                pass
            time.sleep(0.1)
        for _ in range(20):
            # Whatever is loaded or compiled by the first question is not what is measured.
            url = f"http://127.0.0.1:{port}/api/locate?lon=104.5469&lat=30.3915"
            with urllib.request.urlopen(url, timeout=300) as answer:  # noqa: S310 - loopback
                answer.read()
        yield port, process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _ask(port: int, taken: list[float], ending: threading.Event) -> None:
    """Ask an ordinary question five times a second, as somebody who works meanwhile."""
    url = f"http://127.0.0.1:{port}/api/locate?lon=104.5469&lat=30.3915"
    while not ending.wait(0.2):
        start = time.monotonic()
        with urllib.request.urlopen(url) as answer:
            answer.read()
        taken.append(time.monotonic() - start)


class _Status:
    def __init__(self, threads: int, own_mb: float) -> None:
        self.threads = threads
        self.own_mb = own_mb


def _status(pid: int) -> _Status:
    """Return threads of a process and the memory that it shares with no other."""
    proc = Path(f"/proc/{pid}")
    lines = (proc / "status").read_text().splitlines()
    threads = next(int(line.split()[1]) for line in lines if line.startswith("Threads:"))
    rollup = (proc / "smaps_rollup").read_text().splitlines()
    own_kb = sum(int(line.split()[1]) for line in rollup if line.startswith("Private_"))
    return _Status(threads, own_kb / 1024)


def _sum_mb(found: list[_Status]) -> float:
    return sum(one.own_mb for one in found)


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _processor_s(pids: list[int]) -> float:
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _ms(values_s: np.ndarray, percent: float) -> str:
    return f"{np.percentile(values_s, percent) * 1e3:.0f} ms"


def _write(columns: dict[str, dict[str, str]], lasting_s: float) -> None:
    names = list(columns)
    lines = [
        "# The change feed under load",
        "",
        "Made by `python -m benchmarks.feed`; no number here is typed by hand.",
        "",
        f"- day: {datetime.now(tz=UTC).date()}",
        describe("gunicorn", "flask", "sqlalchemy", "psycopg"),
        "- data: geodata/jianyang served as `make run` does, over an empty database",
        f"- load: {LISTENERS} listeners to `/api/incidents/stream` from one process",
        f"- meanwhile: {RATE:.0f} reports a second to `/api/incidents` for {lasting_s:.0f} s",
        "- listeners and reporters run on the machine of the server",
        "",
        "| what | " + " | ".join(names) + " |",
        "|---|" + "---:|" * len(names),
    ]
    for what in columns[names[0]]:
        cells = " | ".join(columns[name][what] for name in names)
        lines.append(f"| {what.strip()} | {cells} |")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"wrote {OUT.relative_to(ROOT)}")


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
