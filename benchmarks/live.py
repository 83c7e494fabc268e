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
from collections.abc import Callable
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
from benchmarks.machine import describe

CITY = ROOT / "geodata" / "jianyang"
OUT = ROOT / "docs" / "benchmarks" / "live.md"
PACKAGES = ("rtree", "numpy", "pyproj", "sqlalchemy")
SEED = 20261122
OPEN_INCIDENTS = 100_000
QUESTIONS = 500
# What a map shows at its closer scales: degrees wide and high.
STREETS, TOWN = (0.01, 0.006), (0.06, 0.04)
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


def _measure(  # noqa: PLR0915 - one figure after the other
    database: Database,
    locator: Locator,
    lon: np.ndarray,
    lat: np.ndarray,
    rng: np.random.Generator,
) -> tuple[list[Row], dict[str, str]]:
    city_actor = Actor.of(1, "市级", Role.DISPATCHER)
    crowded = locator.city.frame("town")["code"].to_numpy()
    towns, counts = np.unique(
        [
            str(crowded[row])
            for row in locator.locate_table(lon[:5_000], lat[:5_000]).rows[0]
            if row >= 0
        ],
        return_counts=True,
    )
    town_actor = Actor.of(2, "镇街", Role.DISPATCHER, str(towns[np.argmin(counts)]))
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
    rows: list[Row] = []
    sizes: list[int] = []

    def boxed(actor: Actor, wide: float, high: float) -> Callable[[float, float], None]:
        def ask(x: float, y: float) -> None:
            box = (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
            sizes.append(live.in_box(actor, box, 1_000)[1])

        return ask

    def record(what: str, ask: Callable[[float, float], object]) -> None:
        sizes.clear()
        ask(*points[0])
        taken, worked = [], []
        for x, y in points:
            start, begun = time.perf_counter(), time.thread_time()
            ask(x, y)
            worked.append((time.thread_time() - begun) * 1e3)
            taken.append((time.perf_counter() - start) * 1e3)
        held = f"{np.median(sizes):.0f} in the box, {max(sizes):,} at most" if sizes else ""
        rows.append((what, taken, worked, held))
        print(
            f"{what}: p50 {np.median(taken):.3f} ms, p99 {np.quantile(taken, 0.99):.3f} ms {held}"
        )

    record("`in_box`, some streets (0.01° × 0.006°)", boxed(city_actor, *STREETS))
    record("`in_box`, a small town (0.06° × 0.04°)", boxed(city_actor, *TOWN))
    record("`nearest`, k = 1", lambda x, y: live.nearest(city_actor, x, y, 1))
    record("`nearest`, k = 10", lambda x, y: live.nearest(city_actor, x, y, 10))
    record("`nearest`, k = 100", lambda x, y: live.nearest(city_actor, x, y, 100))
    record(
        "`nearest`, k = 10, one hazard in six",
        lambda x, y: live.nearest(city_actor, x, y, 10, ("gas.leak",)),
    )
    record("`within` 200 m", lambda x, y: live.within(city_actor, x, y, 200.0))
    record(
        "`nearest`, k = 10, an account of the smallest town, anywhere",
        lambda x, y: live.nearest(town_actor, x, y, 10),
    )
    _check(live, city_actor, lon, lat, points[:100])

    def at_once(x: float, y: float) -> None:
        live.nearest(city_actor, x, y, 10)

    stop = threading.Event()
    others = [
        threading.Thread(target=_ask_on, args=(live, city_actor, points, stop)) for _ in range(3)
    ]
    for one in others:
        one.start()
    record("`nearest`, k = 10, while three other threads ask, too", at_once)
    stop.set()
    for one in others:
        one.join()
    facts["update"] = _updates(database, locator, live, city_actor, lon, lat)
    return rows, facts


def _ask_on(
    live: Live, actor: Actor, points: list[tuple[float, float]], stop: threading.Event
) -> None:
    while not stop.is_set():
        for x, y in points[:50]:
            live.nearest(actor, x, y, 10)


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
        f"- bar: {BAR_MS:g} ms for a box and for the nearest",
        (
            f"- {os.getloadavg()[0]:.0f} processes wanted the {os.cpu_count()} cores at the end: "
            "the times of the processor are what it takes on a quiet machine"
        ),
        "- the ten nearest of 100 places were compared with the distances to every incident: equal",
        "",
        "| question | p50 | p99 | processor p50 | processor p99 | |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for what, taken, worked, note in rows:
        figures = [*np.quantile(taken, [0.5, 0.99]), *np.quantile(worked, [0.5, 0.99])]
        lines.append(
            f"| {what} | " + " | ".join(f"{one:.2f} ms" for one in figures) + f" | {note} |"
        )
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
