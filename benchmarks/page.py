"""How soon the page can be used, and how quick it is: a real server, a headless Chromium.

    python -m benchmarks.page

Serves the demo city with its demo incidents as `make run` does, then `make large`'s city, then a
day of events, and writes docs/benchmarks/page.md. Needs the development requirements and Chromium;
takes about three minutes once tiles are there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from app.grids import City
from app.maps.tiles import build_tiles
from app.web.settings import ROOT
from benchmarks.bars import Bar, verdicts
from benchmarks.browsing import FLAGS, first_view, now, served, still, watched
from benchmarks.machine import describe
from benchmarks.page_day import EVENTS, Day, eight_hours

CITY = ROOT / "geodata" / "jianyang"
LARGE = ROOT / "var" / "large"
OUT = ROOT / "docs" / "benchmarks" / "page.md"
RUNS = 5


def work(browser: Browser, origin: str) -> dict[str, list[float]]:
    """Return milliseconds of pans, of clicks until the answer, and of recolouring all grids."""
    context, page = watched(browser)
    page.goto(f"{origin}/#z=14.70&c=104.551,30.3915")
    page.wait_for_selector("html[data-ready]")
    still(page, 0)
    found: dict[str, list[float]] = {"pan": [], "click": [], "colour": []}
    page.locator("#map canvas").focus()
    for step in range(24):
        start = now(page)
        page.keyboard.press(("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp")[step // 2 % 4])
        found["pan"].append(still(page, start) - start)
    for step in range(24):
        page.evaluate("__at.answer = 0")
        page.mouse.click(300 + 20 * step, 200 + 15 * step)
        while not page.evaluate("__at.answer"):
            page.wait_for_timeout(5)
        found["click"].append(float(page.evaluate("__at.answer - __at.down")))
        page.wait_for_timeout(300)
    page.keyboard.press("Escape")
    page.evaluate("location.hash = '#z=9.4&c=104.6,30.38&t=rates:all:count@micro'")
    page.wait_for_selector("html[data-topic=drawn]")
    page.click("#open-topics")
    for step in range(12):
        before = now(page)
        measure = ("per_km2", "count")[step % 2]
        page.select_option('[name="topic-measure"]', measure)
        while float(page.evaluate("__at.drawn")) < before:
            page.wait_for_timeout(5)
        begun = float(page.evaluate("__at.change"))
        done = still(page, begun)
        if step > 1:  # the first of each waits for the server
            found["colour"].append(done - begun)
        page.wait_for_timeout(400)
    context.close()
    return found


def main() -> None:
    """Measure and write the page."""
    chromium = shutil.which("chromium") or "/usr/bin/chromium"
    if not LARGE.is_dir():
        _run("scripts.build_demo", "--size", "large")
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as driver:
        for city in (CITY, LARGE):
            build_tiles(City.open(city), ROOT / "var")
        browser = driver.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        version = browser.version
        var = _folder(Path(scratch) / "demo")
        _run("scripts.load_demo", "--city", str(CITY), "--var", str(var))
        with served(CITY, var) as origin:
            views = [first_view(browser, origin) for _ in range(RUNS)]
            times = work(browser, origin)
        with served(LARGE, _folder(Path(scratch) / "large")) as origin:
            large = [first_view(browser, origin) for _ in range(RUNS)]
        day = eight_hours(browser, CITY, _folder(Path(scratch) / "day"))
        browser.close()
    lines = [
        "# The page",
        "",
        "Made by `python -m benchmarks.page`; no number here is typed by hand.",
        "",
        f"- day: {datetime.now(tz=UTC).date()}",
        describe("flask", "gunicorn", "playwright"),
        f"- Chromium {version}, headless, software WebGL (SwiftShader) on the same cores; loopback",
        f"- load of the machine when it ended: {os.getloadavg()[0]:.1f}",
        "- medians; a new profile for each first view, so nothing is kept from the one before",
        "- the first map is usable when it stands still: every tile, border and name is drawn",
        "",
        "| what | median | 95 % | slowest | of |",
        "|---|---:|---:|---:|---:|",
    ]
    count = _count(LARGE)
    rows = {
        "first usable map, s": [one[0] for one in views],
        "bytes of it": [one[1] for one in views],
        f"first usable map of {count:,} polygons, s": [one[0] for one in large],
        "bytes of it ": [one[1] for one in large],
    } | {f"{name}, ms": all_ for name, all_ in times.items()}
    for name, all_ in rows.items():
        mid, high = np.percentile(all_, [50, 95])
        lines.append(f"| {name} | {mid:,.4g} | {high:,.4g} | {max(all_):,.4g} | {len(all_)} |")
    lines += _told(day)
    middle = {name: float(np.median(all_)) for name, all_ in rows.items()}
    growth = max(after - before for before, after in (day.heap_mb, day.process_mb))
    first = middle["first usable map, s"], middle[f"first usable map of {count:,} polygons, s"]
    rows_of_bars = (
        (f"first usable map, {_count(CITY):,} polygons", 2.0, first[0], "s"),
        (f"first usable map, {count:,} polygons", 3.0, first[1], "s"),
        ("transfer for the first view", 1.5, middle["bytes of it"] / 1e6, "MB"),
        ("pan to a map that stands still", 250, middle["pan, ms"], "ms"),
        ("click to the answer in the panel", 100, middle["click, ms"], "ms"),
        (f"recolour all {_count(CITY):,} grids", 300, middle["colour, ms"], "ms"),
        ("memory that eight hours of events cost", 50, growth, "MB"),
    )
    bars = [Bar(*row, at_most=True) for row in rows_of_bars]
    lines += verdicts(bars)
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


def _told(day: Day) -> list[str]:
    """Return what a day of events came to, as lines of Markdown."""
    times = day.events_measured / day.lasted_s
    heap, process = day.heap_mb, day.process_mb
    return [
        "",
        "Frames while 10,000 incidents are listed and mapped: [page_frames.md](page_frames.md).",
        "",
        "## Eight hours of one event a second",
        "",
        f"{EVENTS:,} events, made by the desk in the server's database and told by its feed,",
        f"{times:,.0f} times as fast as in a day; list and map were looked at anew {day.looks:,}",
        "times meanwhile.",
        "",
        "| what | before | after |",
        "|---|---:|---:|",
        f"| heap of the page after garbage was collected, MB | {heap[0]:.1f} | {heap[1]:.1f} |",
        f"| memory of its process with its worker, MB | {process[0]:.0f} | {process[1]:.0f} |",
        f"| elements and texts in it | {day.nodes[0]:,} | {day.nodes[1]:,} |",
    ]


def _count(city: Path) -> int:
    return len(City.open(city).finest)


def _folder(path: Path) -> Path:
    """Make a folder of a server, which has the tiles that were built before."""
    path.mkdir()
    (path / "derived").symlink_to(ROOT / "var" / "derived")
    return path


def _run(script: str, *arguments: str) -> None:
    env = {key: value for key, value in os.environ.items() if not key.startswith("WEIGE_")}
    command = [sys.executable, "-m", script, *arguments]
    subprocess.run(command, cwd=ROOT, env=env, check=True)  # noqa: S603 - our own script


if __name__ == "__main__":
    main()
