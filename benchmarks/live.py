"""How fast 100,000 open incidents are found, and the index over them is built and kept.

    python -m benchmarks.live

Writes docs/benchmarks/live.md.
"""

from __future__ import annotations

import argparse
import gc
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from app.accounts import Actor, Role
from app.geo.measure import distance_m
from app.incidents.desk import Desk
from app.incidents.feed import Feed
from app.incidents.incident import Draft
from app.incidents.live import Live
from app.incidents.policy import Policy
from app.incidents.records import grid_rows, location_record
from app.incidents.tables import event, incident, incident_grid
from app.locate import Locator
from app.store import Database
from app.web.settings import ROOT
from benchmarks.live_questions import NEAREST, WHOLE_CITY, Ask, questions
from benchmarks.machine import describe

CITY = ROOT / "geodata" / "jianyang"
OUT = ROOT / "docs" / "benchmarks" / "live.md"
PACKAGES = ("rtree", "numpy", "pyproj", "sqlalchemy")
SEED = 20261122
OPEN_INCIDENTS = 100_000
QUESTIONS = 500
OTHERS = 3
BAR_MS = 5.0
_AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
# What was asked, the milliseconds each answer took, those the processor worked, and a note.
Row = tuple[str, list[float], list[float], str]
_HAZARDS = ("gas", "gas.leak", "fire.building", "drowning", "geological", "other")


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=OPEN_INCIDENTS, help="open incidents")
    count = parser.parse_args().n
    locator = Locator.open(CITY)
    rng = np.random.default_rng(SEED)
    with tempfile.TemporaryDirectory() as scratch:
        database = Database(f"sqlite:///{Path(scratch) / 'weige.db'}")
        database.upgrade()
        lon, lat = _places(locator, rng, count)
        _fill(database, locator, lon, lat, rng)
        print(f"{count:,} open incidents are kept")
        rows, facts = _measure(database, locator, lon, lat, rng)
        database.close()
    _write(rows, facts, count)


def _places(
    locator: Locator, rng: np.random.Generator, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return places as crowded as people are: near the middle of a micro-grid, taken at random."""
    middle = locator.city.finest.frame.representative_point()
    chosen = rng.integers(0, len(middle), count)
    off = rng.normal(0, 0.001, (2, count))
    return middle.x.to_numpy()[chosen] + off[0], middle.y.to_numpy()[chosen] + off[1]


def _fill(
    database: Database,
    locator: Locator,
    lon: np.ndarray,
    lat: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Write open incidents as the desk writes them, many at a time."""
    severity = rng.integers(1, 5, len(lon))
    city = locator.city
    step = 5_000
    for start in range(0, len(lon), step):
        stop = min(start + step, len(lon))
        found = locator.locate_table(lon[start:stop], lat[start:stop])
        incidents, grids = [], []
        for ident, location in zip(range(start + 1, stop + 1), found, strict=True):
            record = location_record(location, city)
            at = _AT - timedelta(minutes=ident % 40_000)
            incidents.append(
                {
                    "id": ident,
                    "number": f"JY-{at:%Y%m%d}-{ident:06d}",
                    "version": 1,
                    "status": "reported",
                    "hazard": _HAZARDS[ident % len(_HAZARDS)],
                    "severity": int(severity[ident - 1]),
                    "title": "隐患",
                    "description": "",
                    "source": "import",
                    "lon_given": location.lon,
                    "lat_given": location.lat,
                    "datum": "wgs84",
                    "lon": location.lon,
                    "lat": location.lat,
                    "accuracy_m": 0.0,
                    "address": "",
                    "location": record,
                    "location_status": record["status"],
                    "generation": record["generation"],
                    "grid": list(record["codes"].values())[-1] if record["codes"] else None,
                    "synthetic": True,
                    "occurred_at": at,
                    "reported_at": at,
                    "updated_at": at,
                    "due_at": at + timedelta(hours=8),
                }
            )
            grids += grid_rows(ident, record)

        def work(
            connection: sa.Connection,
            incidents: list[dict[str, object]] = incidents,
            grids: list[dict[str, object]] = grids,
        ) -> None:
            connection.execute(sa.insert(incident), incidents)
            connection.execute(sa.insert(incident_grid), grids)

        database.write(work)
    # The feed begins behind them; what they were before it does not matter here.
    assert Feed(database).head() == 0
    with database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(event)) == 0


def _measure(
    database: Database,
    locator: Locator,
    lon: np.ndarray,
    lat: np.ndarray,
    rng: np.random.Generator,
) -> tuple[list[Row], dict[str, str]]:
    actor = Actor.of(1, "市级", Role.DISPATCHER)
    gc.collect()
    before = _resident_mb()
    live = Live(database)
    start = time.perf_counter()
    live.catch_up()
    built = time.perf_counter() - start
    facts = {"built": f"{built:.2f} s", "memory": f"{_resident_mb() - before:.0f} MB"}
    again, worked = [], []
    for _ in range(3):
        live.forget()
        start, begun = time.perf_counter(), time.thread_time()
        live.catch_up()
        worked.append(time.thread_time() - begun)
        again.append(time.perf_counter() - start)
    facts |= {"again": f"{min(again):.2f} s", "worked": f"{min(worked):.2f} s"}

    chosen = rng.integers(0, len(lon), QUESTIONS)
    points = list(
        zip(
            lon[chosen] + rng.normal(0, 0.002, QUESTIONS),
            lat[chosen] + rng.normal(0, 0.002, QUESTIONS),
            strict=True,
        )
    )
    asked = questions(live, locator, lon, lat, QUESTIONS)
    rows = [_record(what, ask, points) for what, ask in asked.items()]
    _check(live, actor, lon, lat, points[:100])
    for what in NEAREST, WHOLE_CITY:
        with _others(asked[what], points):
            name = f"{NEAREST}, while {OTHERS} other threads ask {what}"
            rows.append(_record(name, asked[NEAREST], points))
    facts["update"] = _updates(database, locator, live, actor, lon, lat)
    return rows, facts


def _record(what: str, ask: Ask, points: list[tuple[float, float]]) -> Row:
    taken, worked, sizes = [], [], []
    for x, y in points:
        start, begun = time.perf_counter(), time.thread_time()
        size = ask(x, y)
        worked.append((time.thread_time() - begun) * 1e3)
        taken.append((time.perf_counter() - start) * 1e3)
        sizes += [] if size is None else [size]
    held = f"{np.median(sizes):,.0f} in the box, {max(sizes):,} at most" if sizes else ""
    shown = ", ".join(f"{name} {one:.2f} ms" for name, one in _figures(taken, worked).items())
    print(f"{what}: {shown}; bar {BAR_MS:g} ms: {_verdict(taken, worked)} {held}", flush=True)
    return what, taken, worked, held


@contextmanager
def _others(ask: Ask, points: list[tuple[float, float]]) -> Iterator[None]:
    """Have other threads ask meanwhile, without a pause."""
    stop = threading.Event()

    def ask_on() -> None:
        while not stop.is_set():
            for x, y in points[:50]:
                ask(x, y)

    threads = [threading.Thread(target=ask_on) for _ in range(OTHERS)]
    for one in threads:
        one.start()
    try:
        yield
    finally:
        stop.set()
        for one in threads:
            one.join()


def _figures(taken: list[float], worked: list[float]) -> dict[str, float]:
    """Return what is held against the bar, milliseconds."""
    wall, processor = np.quantile(taken, [0.5, 0.99]), np.quantile(worked, [0.5, 0.99])
    return {
        "p50": wall[0], "p99": wall[1],
        "processor p50": processor[0], "processor p99": processor[1],
    }  # fmt: skip


def _verdict(taken: list[float], worked: list[float]) -> str:
    over = [name for name, one in _figures(taken, worked).items() if one > BAR_MS]
    return f"missed: {', '.join(over)}" if over else "met"


def _check(
    live: Live,
    actor: Actor,
    lon: np.ndarray,
    lat: np.ndarray,
    points: list[tuple[float, float]],
) -> None:
    """Compare the answers with the distances to every incident."""
    for x, y in points:
        every = distance_m(x, y, lon, lat)
        wanted = np.lexsort((np.arange(len(lon)), every))[:10] + 1
        found = live.nearest(actor, x, y, 10)
        assert [one.pin.id for one in found] == wanted.tolist()


def _updates(
    database: Database,
    locator: Locator,
    live: Live,
    actor: Actor,
    lon: np.ndarray,
    lat: np.ndarray,
) -> str:
    """Return how long it takes to take in one incident that was just reported."""
    desk = Desk(database, locator, Policy.read())
    taken = []
    for index in range(200):
        draft = Draft(hazard="gas", title="新", lon=float(lon[index]), lat=float(lat[index]))
        desk.report(actor, draft)
        start = time.perf_counter()
        live.catch_up()
        taken.append((time.perf_counter() - start) * 1e3)
    return f"{np.median(taken):.2f} ms in the median, {np.quantile(taken, 0.99):.2f} ms at p99"


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _write(rows: list[Row], facts: dict[str, str], count: int) -> None:
    lines = [
        "# The live index: open incidents by where they are",
        "",
        "Made by `python -m benchmarks.live`; no number here is typed by hand.",
        "",
        f"- day: {datetime.now(tz=UTC).date()}",
        describe(*PACKAGES),
        (
            f"- data: {count:,} open incidents around the micro-grids of geodata/jianyang, "
            f"in SQLite, seed {SEED}"
        ),
        f"- {QUESTIONS:,} questions of each kind; each first asks the database what is new",
        f"- bar: {BAR_MS:g} ms for a question, p50 and p99, by the clock and of the processor",
        (
            f"- {os.getloadavg()[0]:.0f} processes wanted the {os.cpu_count()} cores at the end: "
            "the times of the processor are what it takes on a quiet machine"
        ),
        "- the ten nearest of 100 places were compared with the distances to every incident: equal",
        "",
        f"| question | p50 | p99 | processor p50 | processor p99 | ≤ {BAR_MS:g} ms | |",
        "|---|---:|---:|---:|---:|---|---|",
    ]
    for what, taken, worked, note in rows:
        figures = " | ".join(f"{one:.2f} ms" for one in _figures(taken, worked).values())
        lines.append(f"| {what} | {figures} | {_verdict(taken, worked)} | {note} |")
    lines += [
        "",
        (
            f"- read from the database and built: {facts['built']} the first time, "
            f"{facts['again']} at best of three more; of the processor {facts['worked']}"
        ),
        f"- memory of the process grows by {facts['memory']}",
        "- one incident that was just reported is taken in, the database asked, in "
        + facts["update"],
    ]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"wrote {OUT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
