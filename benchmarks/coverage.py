"""How long the coverage of a whole city takes, all levels, in each of its meanings.

    python -m benchmarks.coverage

Writes docs/benchmarks/coverage.md.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import shapely

from app.analysis.coverage import CoverageOf
from app.analysis.coverage_near import RESPONDER, Nearness
from app.analysis.coverage_plain import to_plain
from app.analysis.coverage_reach import ReachQuestion
from app.analysis.coverage_suppress import suppress
from app.grids import City
from app.web.settings import ROOT
from benchmarks.machine import describe

CITY = ROOT / "geodata" / "jianyang"
OUT = ROOT / "docs" / "benchmarks" / "coverage.md"
PACKAGES = ("numpy", "shapely", "scipy", "pyarrow")
BAR_S, RUNS = 2.0, 5
_HEAD = """# Coverage of a whole city

Made by `python -m benchmarks.coverage`; no number here is typed by hand.

- day: {day}
- {machine}
- data: geodata/jianyang, content {content}: {micro:,} micro-grids, {stations} stations,
  {addresses:,} doors and buildings
- bar: {bar:g} s for all levels, the tables of the city being open; median of {runs} runs, by the
  clock and of the processor
- {wanting:.0f} processes wanted the cores meanwhile: the times of the processor are what it takes
  on a quiet machine
- ground within 1,000 m of a fire station, compared in every 25th grid with a plain cut with the
  union of circles of 1,024 corners: {apart}

| what | clock | processor | ≤ {bar:g} s |
|---|---:|---:|---|
"""


def main() -> None:
    """Measure and write the page."""
    city = City.open(CITY)
    rows = [_first(city)]
    of = CoverageOf(city)
    stations, found = of.reference.stations, of.reach()
    assert stations is not None
    for name, question in (
        ("reach, fire stations, 300 m", ReachQuestion("fire", d_m=300)),
        ("reach, fire stations, 1,000 m", ReachQuestion("fire", d_m=1_000)),
        ("reach, all stations, 1,000 m", ReachQuestion(d_m=1_000)),
        ("reach, all stations, 10,000 m", ReachQuestion(d_m=10_000)),
        ("reach, people on duty, 300 m", ReachQuestion(RESPONDER, d_m=300)),
        ("reach, people on duty, 1,000 m", ReachQuestion(RESPONDER, d_m=1_000)),
    ):
        rows.append((name, *_taken(lambda asked=question: of.reach(asked))))
    rows += [
        ("staffing", *_taken(of.staffing)),
        ("boundary, by the certificate of the folder", *_taken(of.boundary)),
        ("suppression of reach", *_taken(lambda: suppress(of.ground, found))),
        ("reach as JSON values, the finest level", *_taken(lambda: to_plain(found, "", 20))),
    ]
    nearness = Nearness(of.ground, stations)
    head = _HEAD.format(
        day=datetime.now(UTC).date(),
        machine=describe(*PACKAGES).removeprefix("- "),
        micro=len(city.finest),
        stations=len(stations.ids),
        addresses=_addresses(nearness),
        content=city.manifest.content_hash,
        bar=BAR_S,
        wanting=os.getloadavg()[0],
        runs=RUNS,
        apart=_apart(of, nearness),
    )
    lines = [
        f"| {name} | {clock:.2f} s | {work:.2f} s | {'yes' if clock <= BAR_S else 'missed'} |"
        for name, clock, work in rows
    ]
    OUT.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    print(OUT.read_text(encoding="utf-8"))


def _first(city: City) -> tuple[str, float, float]:
    """Return what the first question takes, that reads tables and addresses."""
    start, work = time.perf_counter(), time.process_time()
    CoverageOf(city).reach()
    return (
        "reach, the first question: tables, shapes and addresses are read",
        time.perf_counter() - start,
        time.process_time() - work,
    )


def _taken(call: Callable[[], object]) -> tuple[float, float]:
    """Return the medians of the seconds by the clock and of the processor."""
    clock, work = [], []
    for _ in range(RUNS):
        start, busy = time.perf_counter(), time.process_time()
        call()
        clock.append(time.perf_counter() - start)
        work.append(time.process_time() - busy)
    return statistics.median(clock), statistics.median(work)


def _addresses(nearness: Nearness) -> int:
    found = nearness.addresses
    return 0 if found is None else len(found.row)


def _apart(of: CoverageOf, nearness: Nearness) -> str:
    """Say how far shares of the ground are from those of a plain cut."""
    stations = of.reference.stations
    assert stations is not None
    to_metres = of.ground.plane.to_metres
    own = stations.of_kind("fire")
    xy = to_metres(np.column_stack([stations.lon[own], stations.lat[own]]))
    union = shapely.union_all(shapely.buffer(shapely.points(xy), 1_000.0, quad_segs=256))
    shapes = shapely.transform(of.city.finest.geometry[::25], to_metres)
    plain = shapely.area(shapely.intersection(shapes, union)) / shapely.area(shapes)
    off = np.abs(plain - nearness.area_share("fire", 1_000.0)[::25]).max()
    return f"shares differ by {off:.1e} at most"


if __name__ == "__main__":
    main()
