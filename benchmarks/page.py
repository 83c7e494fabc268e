"""How soon the page can be used, and how quick it is: a real server, a headless Chromium.

    python -m benchmarks.page

Serves the demo city with its demo incidents as `make run` does and writes
docs/benchmarks/page.md. Needs the development requirements and Chromium.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from app.grids import City
from app.maps.tiles import build_tiles
from app.web.settings import ROOT
from benchmarks.bars import Bar, verdicts
from benchmarks.machine import describe

CITY = ROOT / "geodata" / "jianyang"
OUT = ROOT / "docs" / "benchmarks" / "page.md"
RUNS = 5
FLAGS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
]
# When the map stood still, when a click was made, when its answer was in the panel.
WATCH = """
  window.__at = { still: [], down: 0, answer: 0, drawn: 0, change: 0 };
  addEventListener("pointerdown", () => { __at.down = performance.now(); }, true);
  addEventListener("change", () => { __at.change = performance.now(); }, true);
  new MutationObserver((all) => {
    for (const { target, attributeName } of all) {
      if (target.id === "map" && attributeName === "aria-busy" && target.getAttribute("aria-busy") === "false") {
        __at.still.push(performance.now());
      }
      if (attributeName === "data-topic" && target.dataset.topic === "drawn") __at.drawn = performance.now();
      if (target.id === "panel-body" && target.querySelector('[data-pane="answer"]')) __at.answer = performance.now();
    }
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-busy", "data-topic"] });
"""  # noqa: E501 - a script


@contextmanager
def served(var: Path) -> Iterator[str]:
    """Serve the demo city, and return the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {key: value for key, value in os.environ.items() if not key.startswith("WEIGE_")}
    env |= {"WEIGE_CITY": str(CITY), "WEIGE_VAR": str(var)}
    load = [sys.executable, "-m", "scripts.load_demo", "--city", str(CITY), "--var", str(var)]
    subprocess.run(load, cwd=ROOT, env=env, check=True)  # noqa: S603 - our own script
    serve = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "-b", f"127.0.0.1:{port}"]
    process = subprocess.Popen([*serve, "app.web:create_app()"], cwd=ROOT, env=env)  # noqa: S603
    origin = f"http://127.0.0.1:{port}"
    try:
        _until(lambda: urlopen(f"{origin}/healthz").status == 200)  # noqa: PLR2004, S310
        for _ in range(8):  # the first answer of each process takes longest
            urlopen(f"{origin}/api/locate?lon=104.5469&lat=30.3915").read()  # noqa: S310
        yield origin
    finally:
        process.terminate()
        process.wait(30)


def _until(done: Callable[[], bool]) -> None:
    for _ in range(600):
        try:
            if done():
                return
        except (URLError, ConnectionError):
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


def first_view(browser: Browser, origin: str) -> tuple[float, float]:
    """Return seconds from navigation to a map that stands still, and bytes that came for it."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, reduced_motion="reduce")
    context.add_init_script(WATCH)
    page = context.new_page()
    sizes: list[float] = []
    session = context.new_cdp_session(page)
    session.on("Network.loadingFinished", lambda one: sizes.append(one["encodedDataLength"]))
    session.send("Network.enable")
    page.goto(origin)
    page.wait_for_selector("html[data-ready]")
    still(page, 0)
    taken = float(page.evaluate("__at.still[0]"))
    page.wait_for_timeout(500)
    context.close()
    return taken / 1e3, sum(sizes)


def still(page: Page, since: float) -> float:
    """Return when the map stood still after an instant, both in ms of the page."""
    while True:
        times = page.evaluate("(since) => __at.still.filter((one) => one > since)", since)
        if times:
            return float(times[0])
        page.wait_for_timeout(10)


def work(browser: Browser, origin: str) -> dict[str, list[float]]:
    """Return milliseconds of pans, of clicks until the answer, and of recolouring all grids."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, reduced_motion="reduce")
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(f"{origin}/#z=14.70&c=104.551,30.3915")
    page.wait_for_selector("html[data-ready]")
    still(page, 0)
    found: dict[str, list[float]] = {"pan": [], "click": [], "colour": []}
    page.locator("#map canvas").focus()
    for step in range(24):
        start = float(page.evaluate("performance.now()"))
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
        before = float(page.evaluate("performance.now()"))
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
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as driver:
        var = Path(scratch)
        kept = ROOT / "var" / "derived"
        if kept.is_dir():
            (var / "derived").symlink_to(kept)
        build_tiles(City.open(CITY), var)
        with served(var) as origin:
            browser = driver.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
            version = browser.version
            views = [first_view(browser, origin) for _ in range(RUNS)]
            times = work(browser, origin)
            browser.close()
    seconds, sizes = [one[0] for one in views], [one[1] for one in views]
    middle = {name: float(np.median(all_)) for name, all_ in times.items()}
    bars = [
        Bar("first usable map, 4,951 polygons", 2.0, float(np.median(seconds)), "s", at_most=True),
        Bar("transfer for the first view", 1.5, float(np.median(sizes)) / 1e6, "MB", at_most=True),
        Bar("pan to a map that stands still", 250, middle["pan"], "ms", at_most=True),
        Bar("click to the answer in the panel", 100, middle["click"], "ms", at_most=True),
        Bar("recolour all 4,951 grids", 300, middle["colour"], "ms", at_most=True),
    ]
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
        "",
        "| what | median | 95 % | slowest | of |",
        "|---|---:|---:|---:|---:|",
    ]
    rows = {"first usable map, s": seconds, "bytes of it": sizes} | {
        f"{name}, ms": all_ for name, all_ in times.items()
    }
    for name, all_ in rows.items():
        mid, high = np.percentile(all_, [50, 95])
        lines.append(f"| {name} | {mid:,.4g} | {high:,.4g} | {max(all_):,.4g} | {len(all_)} |")
    lines += verdicts(bars)
    lines += ["", "Not measured here: 124,000 polygons, 10,000 incidents, eight hours of events."]
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
