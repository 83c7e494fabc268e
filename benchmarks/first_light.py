"""How long the everyday things take on the demo city.

    python -m benchmarks.first_light

Writes docs/benchmarks/first-light.md.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from app.grids import City
from app.locate import Locator
from app.maps.tiles import build_tiles
from app.web import create_app
from app.web.settings import ROOT, Settings
from benchmarks.machine import describe, seconds

CITY = ROOT / "geodata" / "jianyang"
OUT = ROOT / "docs" / "benchmarks" / "first-light.md"
PACKAGES = ("shapely", "geopandas", "pyogrio", "numpy", "flask")


def main() -> None:
    """Measure and write the page."""
    rows: list[tuple[str, float, float, str]] = []
    locator = Locator.open(CITY)
    rng = np.random.default_rng(20261122)
    west, south, east, north = locator.city.layer("town").frame.total_bounds
    lon, lat = rng.uniform(west, east, 100_000), rng.uniform(south, north, 100_000)

    def record(what: str, median: float, worst: float, note: str = "") -> None:
        rows.append((what, median, worst, note))
        print(f"{what}: {median:.4g} s {note}")

    record("open the city (digests, CRS, codes, parents)", *seconds(lambda: City.open(CITY)))
    record("open the Locator", *seconds(lambda: Locator.open(CITY)))
    places = locator.city.finest.frame.representative_point()[::10]
    one = [seconds(lambda p=p: locator.locate(p.x, p.y), 1)[0] for p in places]
    record("one full answer, `locate`", float(np.median(one)), max(one), "inside a grid")
    median, worst = seconds(lambda: locator.locate_many(lon, lat), 5)
    record("`locate_many`, 100,000 points", median, worst, f"{1e5 / median:,.0f} points/s")
    median, worst = seconds(lambda: locator.locate_table(lon, lat), 3)
    record("`locate_table`, 100,000 points", median, worst, f"{1e5 / median:,.0f} points/s")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _csv(folder / "points.csv", lon, lat)
        record(
            "`scripts.locate_points`, 100,000 rows CSV to CSV",
            *seconds(lambda: _script(folder / "points.csv", folder / "out.csv"), 3),
            f"whole process, {(folder / 'points.csv').stat().st_size / 1e6:.1f} MB in",
        )
        record(
            "`scripts.locate_points`, 100,000 rows CSV to XLSX",
            *seconds(lambda: _script(folder / "points.csv", folder / "out.xlsx"), 1),
            "whole process",
        )
        count = iter(range(100))
        median, worst = seconds(lambda: build_tiles(locator.city, folder / f"var{next(count)}"), 1)
        size = next(folder.glob("var0/derived/*/*.pmtiles")).stat().st_size
        record("build the vector tiles", median, worst, f"{size / 1e6:.1f} MB")
    client = create_app(Settings(city=CITY)).test_client()
    url = f"/api/locate?lon={lon[0]}&lat={lat[0]}"
    record("`GET /api/locate`, inside the process", *seconds(lambda: client.get(url), 200))
    _write(rows)


def _csv(path: Path, lon: np.ndarray, lat: np.ndarray) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["编号", "经度", "纬度"])
        writer.writerows(
            (number, f"{x:.7f}", f"{y:.7f}")
            for number, (x, y) in enumerate(zip(lon, lat, strict=True))
        )


def _script(source: Path, target: Path) -> None:
    words = ["-m", "scripts.locate_points", str(source), "-o", str(target), "--city", str(CITY)]
    subprocess.run(  # noqa: S603 - our own script
        [sys.executable, *words], check=True, cwd=ROOT, stderr=subprocess.DEVNULL, env=os.environ
    )


def _write(rows: list[tuple[str, float, float, str]]) -> None:
    lines = [
        "# First light: the everyday things",
        "",
        "Made by `python -m benchmarks.first_light`; no number here is typed by hand.",
        "",
        f"- day: {datetime.now(tz=UTC).date()}",
        describe(*PACKAGES),
        "- data: geodata/jianyang; points uniform over the extent of its towns, seed 20261122",
        "",
        "| what | median | slowest | |",
        "|---|---:|---:|---|",
    ]
    lines += [f"| {what} | {_time(m)} | {_time(w)} | {note} |" for what, m, w, note in rows]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"wrote {OUT.relative_to(ROOT)}")


def _time(taken_s: float) -> str:
    if taken_s >= 1:
        return f"{taken_s:.2f} s"
    return f"{taken_s * 1e3:.3g} ms" if taken_s >= 1e-3 else f"{taken_s * 1e6:.3g} µs"  # noqa: PLR2004


if __name__ == "__main__":
    main()
