"""How long the heat of very many incidents takes, beside a direct sum and scipy's estimator.

    python -m benchmarks.heat

Writes docs/benchmarks/heat.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from scipy import stats as scipy_stats

from app.analysis.exact import exact_p
from app.analysis.getis_ord import adjusted, around, z_scores
from app.analysis.grid_figures import Measure
from app.analysis.ground import Ground
from app.analysis.heat import HeatOptions, heat
from app.analysis.hotspots import hotspots
from app.analysis.isobands import isobands, to_geojson
from app.analysis.period import Period
from app.analysis.rates import PER_HOUSEHOLDS, counts_of, denominator_of, stats
from app.analysis.selection import IncidentSet, make_set, read_table
from app.locate import Locator
from app.web.settings import ROOT
from benchmarks.machine import describe, seconds

CITY = ROOT / "geodata" / "jianyang"
OUT = ROOT / "docs" / "benchmarks" / "heat.md"
PACKAGES = ("numpy", "scipy", "pyproj", "contourpy", "shapely", "esda", "libpysal", "mapclassify")
SEED = 20261128
INCIDENTS = 1_000_000
BANDWIDTH_M = 500.0
BAR_S = 0.3
# The peers take as long for each incident; a million of them would take hours.
SAMPLE, CELLS = 20_000, 2_000
PERIOD = Period.of_days(date(2024, 11, 1), date(2026, 11, 1), ZoneInfo("Asia/Shanghai"))
# How often the demo city's own figures are dealt to its grids at random.
DEALS, FDR = 200, 0.05
_MODULES = ("esda.getisord", "libpysal.graph", "mapclassify", "contourpy", "scipy.ndimage")
_IMPORT = """
import json, os, pathlib, time
import app.analysis.ground
def resident():
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
before = resident()
start = time.perf_counter()
import {module}
taken = time.perf_counter() - start
print(json.dumps([taken, resident() - before]))
"""


@dataclass(frozen=True)
class Row:
    """What was measured, and how long it took."""

    what: str
    median_s: float
    most_s: float
    note: str = ""


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=INCIDENTS, help="incidents")
    count = parser.parse_args().n
    locator = Locator.open(CITY)
    ground = Ground(locator.city)
    every = _incidents(locator, ground, count)
    print(f"{count:,} incidents")
    rows = [*_heat_rows(every, ground), *_peer_rows(every, ground), *_grid_rows(every, ground)]
    _write(rows, _false_spots(locator, ground), count)


def _incidents(locator: Locator, ground: Ground, count: int) -> IncidentSet:
    """Return incidents as crowded as people are: near the middle of a micro-grid, at random."""
    rng = np.random.default_rng(SEED)
    middle = locator.city.finest.frame.representative_point()
    chosen = rng.integers(0, len(middle), count)
    off = rng.normal(0, 0.001, (2, count))
    minutes = rng.integers(0, int(PERIOD.days * 1_440), count).astype("timedelta64[m]")
    return make_set(
        locator,
        ground,
        ident=np.arange(count),
        lon=middle.x.to_numpy()[chosen] + off[0],
        lat=middle.y.to_numpy()[chosen] + off[1],
        hazard=np.array(["gas", "fire", "drowning", "other"])[rng.integers(0, 4, count)],
        severity=rng.integers(1, 5, count),
        at=np.datetime64("2024-10-31T16:00", "us") + minutes,
    )


def _timed(what: str, call: Callable[[], object], note: str = "", runs: int = 5) -> Row:
    median_s, most_s = seconds(call, runs)
    print(f"{what}: {median_s:.3f} s, {most_s:.3f} s at most {note}", flush=True)
    return Row(what, median_s, most_s, note)


def _heat_rows(every: IncidentSet, ground: Ground) -> list[Row]:
    options = HeatOptions(BANDWIDTH_M)
    found = heat(every, ground, PERIOD, options=options)
    np.testing.assert_allclose(found.total, found.weight, rtol=1e-9)
    rows, columns = found.frame.share.shape
    cells = f"{columns} × {rows} cells of {found.frame.cell_m:g} m"
    surface = _timed(
        "heat surface, lon/lat to density",
        lambda: heat(every, ground, PERIOD, options=options),
        f"{cells}; bar {BAR_S:g} s",
    )
    weighted = HeatOptions(BANDWIDTH_M, (1, 2, 4, 8), 180.0)
    bands = isobands(found, ground)
    size_kb = len(json.dumps(to_geojson(bands))) / 1024
    return [
        surface,
        _timed(
            "the same, weighted by severity and decaying",
            lambda: heat(every, ground, PERIOD, options=weighted),
        ),
        _timed("isobands of it", lambda: isobands(found, ground), f"{size_kb:,.0f} KB of GeoJSON"),
        _timed(
            "what is made once for a ground and bandwidth",
            lambda: heat(every.take([]), Ground(ground.city), PERIOD, options=options),
            "outline, shares of cells, edge correction",
        ),
        _timed(
            "select one hazard of one town",
            lambda: every.select(
                ground,
                period=PERIOD,
                hazards=("gas",),
                area=ground.area(str(ground.layer(ground.levels[0]).codes[0])),
            ),
        ),
    ]


def _peer_rows(every: IncidentSet, ground: Ground) -> list[Row]:
    """Measure what scipy and the definition take for some incidents and some cells."""
    some = every.take(np.arange(min(SAMPLE, len(every))))
    found = heat(some, ground, PERIOD, options=HeatOptions(BANDWIDTH_M))
    xy = ground.plane.to_metres(np.column_stack([some.lon, some.lat]))
    places = np.stack(np.meshgrid(found.frame.east_of, found.frame.north_of), -1).reshape(-1, 2)
    # Where a kernel reaches no border, so that all three reckon the same.
    deep = ground.shape(None).buffer(-4 * BANDWIDTH_M)
    shapely.prepare(deep)
    inside = np.flatnonzero(shapely.contains_xy(deep, places[:, 0], places[:, 1]))
    taken = np.random.default_rng(SEED).choice(inside, CELLS, replace=False)
    to_unit = len(some) * 1e6 / PERIOD.months

    def direct() -> np.ndarray:
        near = np.zeros(CELLS)
        for start in range(0, len(xy), 1_000):
            part = xy[start : start + 1_000]
            square = ((places[taken, None, :] - part[None]) ** 2).sum(axis=2)
            near += np.exp(square / (-2 * BANDWIDTH_M**2)).sum(axis=1)
        return near / (2 * np.pi * BANDWIDTH_M**2) / len(xy) * to_unit

    # Its kernel takes the shape of the data unless it is told another.
    def scipy() -> np.ndarray:
        kde = scipy_stats.gaussian_kde(xy.T, bw_method=1.0)
        kde.covariance = np.eye(2) * BANDWIDTH_M**2
        kde.cho_cov = np.eye(2) * BANDWIDTH_M
        kde.log_det = 2 * np.log(2 * np.pi * BANDWIDTH_M**2)
        return kde(places[taken].T) * to_unit

    ours = found.density.ravel()[taken]
    worst = [np.abs(ours - one()).max() / ours.max() for one in (direct, scipy)]
    at = f"{SAMPLE:,} incidents, {CELLS:,} of {len(places):,} cells"
    return [
        _timed(
            "heat surface", lambda: heat(some, ground, PERIOD, options=HeatOptions(BANDWIDTH_M)),
            f"{SAMPLE:,} incidents, all cells",
        ),
        _timed("direct sum of kernels", direct, f"{at}; differs by {worst[0]:.1e} of the top", 2),
        _timed("scipy.stats.gaussian_kde", scipy, f"{at}; differs by {worst[1]:.1e} of the top", 2),
    ]  # fmt: skip


def _grid_rows(every: IncidentSet, ground: Ground) -> list[Row]:
    finest = ground.levels[-1]
    grids = f"{len(ground.layer(finest)):,} grids"
    months = len(PERIOD.whole_months())
    return [
        _timed(
            "stats per 1,000 households, smoothed",
            lambda: stats(every, ground, PERIOD, finest, Measure.PER_HOUSEHOLD, smooth=True),
            grids,
        ),
        _timed(
            "hot spots, no trend",
            lambda: hotspots(every, ground, PERIOD, finest, trend=False),
            grids,
        ),
        _timed(
            "hot spots with trend",
            lambda: hotspots(every, ground, PERIOD, finest),
            f"{grids}, {months} months",
            3,
        ),
    ]


def _false_spots(locator: Locator, ground: Ground) -> list[str]:
    """Deal figures to grids at random: whatever is called a spot then is false."""
    year = Period.of_days(date(2025, 11, 1), date(2026, 11, 1), ZoneInfo("Asia/Shanghai"))
    chosen = read_table(locator, ground).select(ground, period=year)
    rng = np.random.default_rng(SEED)
    lines = []
    for level in ground.levels[:0:-1]:
        beside = around(*ground.neighbours(level), len(ground.layer(level)))
        near = np.asarray(beside.sum(axis=1), dtype=np.float64)
        for measure in (Measure.COUNT, Measure.PER_HOUSEHOLD):
            figures = counts_of(chosen, ground, level).astype(np.float64)
            if measure is Measure.PER_HOUSEHOLD:
                figures *= PER_HOUSEHOLDS / denominator_of(ground, level, measure)
            found = np.zeros((2, DEALS))
            for deal in range(DEALS):
                dealt = rng.permutation(figures)
                z, p = z_scores(dealt, beside @ dealt, near)
                exact = exact_p(dealt, near, z, p, beside.__matmul__)
                found[:, deal] = [(adjusted(one) <= FDR).sum() for one in (p, exact)]
            shares = (found > 0).mean(axis=1) * 100
            cells = [f"{shares[one]:.0f} % | {found[one].mean():.2f}" for one in (0, 1)]
            print(level, measure, cells, flush=True)
            lines.append(
                f"| {ground.name(level)}, {measure} | {len(figures):,} | {int(chosen.at.size):,} | "
                f"{cells[0]} | {cells[1]} |"
            )
    return lines


def _imports() -> list[str]:
    """Return what each library costs a process that has the geometry loaded already."""
    lines = []
    for module in _MODULES:
        command = [sys.executable, "-c", _IMPORT.format(module=module)]
        told = subprocess.run(  # noqa: S603 - this very Python
            command, cwd=ROOT, check=True, capture_output=True, text=True
        )
        taken, memory = json.loads(told.stdout)
        lines.append(f"| `{module}` | {taken:.2f} s | {memory:.0f} MB |")
    return lines


def _write(rows: list[Row], false: list[str], count: int) -> None:
    surface = rows[0]
    verdict = "met" if surface.median_s <= BAR_S else "missed"
    lines = [
        "# Heat, rates and hot spots",
        "",
        "Made by `python -m benchmarks.heat`; no number here is typed by hand.",
        "",
        f"- day: {datetime.now(tz=UTC).date()}",
        describe(*PACKAGES),
        (
            f"- data: {count:,} incidents around the micro-grids of geodata/jianyang over two "
            f"years, seed {SEED}; bandwidth {BANDWIDTH_M:g} m"
        ),
        f"- bar: {BAR_S:g} s for the heat surface of {INCIDENTS:,} incidents: {verdict}",
        (f"- {os.getloadavg()[0]:.0f} processes wanted the {os.cpu_count()} cores at the end"),
        "",
        "| what | median | most | |",
        "|---|---:|---:|---|",
    ]
    lines += [f"| {one.what} | {one.median_s:.3f} s | {one.most_s:.3f} s | {one.note} |"
              for one in rows]  # fmt: skip
    lines += [
        "",
        "## False hot and cold spots",
        "",
        (
            f"A year's figures of geodata/jianyang, dealt to the grids at random {DEALS} times: "
            "every spot is then false. In how many deals there was any, and how many spots there "
            f"were on average, at a false-discovery rate of {FDR:.0%}, which allows any in that "
            "share of deals; by the normal approximation, and exactly (`app.analysis.exact`):"
        ),
        "",
        "| level and figure | grids | incidents | any, normal | spots | any, exact | spots |",
        "|---|---:|---:|---:|---:|---:|---:|",
        *false,
        "",
        "## Imports",
        "",
        "Libraries that are imported when they are first needed, and what that costs a process:",
        "",
        "| library | time | memory |",
        "|---|---:|---:|",
        *_imports(),
    ]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"wrote {OUT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
