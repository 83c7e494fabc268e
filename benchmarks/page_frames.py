"""How long frames take while 10,000 open incidents are listed and mapped, and of what they are.

    python -m benchmarks.page_frames

The same visits with none, few and all of them: what the map costs by itself, and what incidents
add. Then what a frame of the map that stands still costs, and each of its layers alone. Writes
docs/benchmarks/page_frames.md; takes about five minutes once tiles are there.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from app.grids import City
from app.incidents.backfill import Past, backfill
from app.incidents.policy import DEFAULT_POLICY, Policy
from app.locate import Locator
from app.maps.tiles import build_tiles
from app.store import Database, utc_now
from app.web.settings import ROOT
from benchmarks.bars import Bar, verdicts
from benchmarks.browsing import FLAGS, frames, now, served, still, watched
from benchmarks.machine import describe
from benchmarks.page_day import Crowd

CITY = ROOT / "geodata" / "jianyang"
OUT = ROOT / "docs" / "benchmarks" / "page_frames.md"
# So many incidents are open.
OPEN = (0, 100, 1_000, 10_000)
# So often the page is opened with each.
VISITS = 2
# So many layers are told, those that cost most.
TOLD = 8
_MIDDLE = "z=12.5&c=104.55,30.39"
# The map of the page: whichever draws next.
_FIND = """async (address) => {
  const { Map } = await import(address);
  const draw = Map.prototype._render;
  Map.prototype._render = function (...given) {
    window.__map = this;
    return draw.apply(this, given);
  };
}"""
# Milliseconds that a frame takes until its pixels can be read, the least of some: of all layers, of
# none, and of each alone.
_COSTS = """async () => {
  const map = window.__map;
  const gl = map.getCanvas().getContext("webgl2");
  const drawn = () => {
    const begun = performance.now();
    map._render(begun);
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    return performance.now() - begun;
  };
  const least = async () => {
    await new Promise((done) => setTimeout(done, 250));
    return Math.min(...Array.from({ length: 8 }, drawn));
  };
  const show = (id, shown) => map.setLayoutProperty(id, "visibility", shown ? "visible" : "none");
  const zoom = map.getZoom();
  const layers = map.getStyle().layers.filter((one) =>
    one.layout?.visibility !== "none" && zoom >= (one.minzoom ?? 0) && zoom < (one.maxzoom ?? 24));
  const found = [["all", await least()]];
  for (const { id } of layers) show(id, false);
  found.push(["none", await least()]);
  for (const { id } of layers) {
    show(id, true);
    found.push([id, await least()]);
    show(id, false);
  }
  return found;
}"""


def main() -> None:
    """Measure and write the page."""
    chromium = shutil.which("chromium") or "/usr/bin/chromium"
    visits: dict[int, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as driver:
        build_tiles(City.open(CITY), ROOT / "var")
        browser = driver.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        version = browser.version
        for count in OPEN:
            var = Path(scratch) / str(count)
            var.mkdir()
            (var / "derived").symlink_to(ROOT / "var" / "derived")
            visits[count] = crowded_frames(browser, CITY, var, count)
        with served(CITY, var) as origin:
            costs = layer_costs(browser, origin)
        browser.close()
    lines = [
        "# Frames of the page",
        "",
        "Made by `python -m benchmarks.page_frames`; no number here is typed by hand.",
        "",
        f"- day: {datetime.now(tz=UTC).date()}",
        describe("flask", "gunicorn", "playwright"),
        f"- Chromium {version}, headless, software WebGL (SwiftShader) on the same cores; loopback",
        f"- load of the machine when it ended: {os.getloadavg()[0]:.1f}",
        *_told(visits),
        *_costs_told(costs),
    ]
    most = max(OPEN)
    slowest = {count: max(max(all_) for all_ in one.values()) for count, one in visits.items()}
    scrolled = max(visits[most]["list scrolled"])
    rows = (
        (f"slowest frame while {most:,} incidents are listed and mapped", 200, slowest[most], "ms"),
        ("the same, without any incident", 200, slowest[0], "ms"),
        (f"slowest frame while a list of {most:,} is scrolled", 200, scrolled, "ms"),
    )
    lines += verdicts([Bar(*row, at_most=True) for row in rows])
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


def _told(visits: dict[int, dict[str, list[float]]]) -> list[str]:
    """Return how long the slowest frames took, as lines of Markdown."""
    lines = [
        "",
        "## By what is done, and how many incidents are open",
        "",
        "The slowest frame of a visit, ms, as the browser tells those of more than 50 (long",
        "animation frames: from the first work for a frame to its drawing), after the page was",
        f"ready; the mean of {VISITS} visits, each with a new profile, and the slowest of them.",
        "Here the processor draws in place of a graphics card.",
        "",
        "| while | " + " | ".join(f"{count:,}" for count in visits) + " |",
        "|---|" + "---:|" * len(visits),
    ]
    for name in visits[max(visits)]:
        told = [one.get(name) for one in visits.values()]
        cells = [f"{np.mean(one):,.0f} ({max(one):,.0f})" if one else "–" for one in told]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _costs_told(costs: dict[str, float]) -> list[str]:
    """Return what a frame is made of, as lines of Markdown."""
    least = costs["none"]
    layers = {name: cost - least for name, cost in costs.items() if name not in {"all", "none"}}
    ranked = sorted(layers.items(), key=lambda one: -one[1])
    incidents = sum(cost for name, cost in ranked if name.startswith("incident"))
    return [
        "",
        f"## What a frame is made of, {max(OPEN):,} incidents open",
        "",
        "A frame of the map that stands still over the middle of the city (zoom 12.5), ms until",
        "its pixels can be read; the least of 8. Layers alone, less the frame without any.",
        "",
        "| what is drawn | ms |",
        "|---|---:|",
        f"| everything | {costs['all']:.1f} |",
        f"| nothing | {least:.1f} |",
        *(f"| `{name}` | {cost:.1f} |" for name, cost in ranked[:TOLD]),
        f"| all layers of incidents together | {incidents:.1f} |",
    ]


def layer_costs(browser: Browser, origin: str) -> dict[str, float]:
    """Return what a frame costs with all layers, with none, and with each alone, ms."""
    context, page = watched(browser)
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.goto(f"{origin}/#z=12.4&c=104.55,30.39&tab=incidents")
    page.wait_for_selector("html[data-ready]")
    page.wait_for_selector("html[data-pins]")
    still(page, 0)
    page.wait_for_timeout(2_000)
    page.evaluate(_FIND, next(url for url in asked if url.endswith("/maplibre-gl.mjs")))
    _go(page, _MIDDLE)
    page.wait_for_timeout(2_500)
    found = dict(page.evaluate(_COSTS))
    context.close()
    return {str(name): float(cost) for name, cost in found.items()}


def crowded_frames(browser: Browser, city: Path, var: Path, count: int) -> dict[str, list[float]]:
    """Return the slowest frame of each of some visits, ms, by what was done in them.

    Parameters
    ----------
    browser : Browser
        What opens the page, with a new profile for each visit.
    city, var : Path
        The city, and a folder for its database.
    count : int
        How many incidents are open; what the map costs without any is told by 0.

    Returns
    -------
    dict of str to list of float
        A frame is what the browser calls a long animation frame: from the first work for it to its
        drawing, told where it takes more than 50 ms; 0 where none did.
    """
    locator = Locator.open(city)
    database = Database(f"sqlite:///{var / 'weige.db'}")
    database.upgrade()
    crowd, begun = Crowd(locator), utc_now() - timedelta(hours=6)
    pasts = [
        Past(crowd.draft(one), begun + timedelta(seconds=one), "演示网格员") for one in range(count)
    ]
    backfill(database, locator, Policy.read(DEFAULT_POLICY), pasts)
    database.close()
    found: dict[str, list[float]] = {}
    with served(city, var) as origin:
        for _ in range(VISITS):
            for name, slowest in _visit(browser, origin, count).items():
                found.setdefault(name, []).append(slowest)
    return found


def _visit(browser: Browser, origin: str, count: int) -> dict[str, float]:
    context, page = watched(browser)
    page.goto(f"{origin}/#tab=incidents")
    page.wait_for_selector("html[data-ready]")
    ready = now(page)
    page.wait_for_selector(f"html[data-pins='{count}']")
    still(page, now(page) - 1)
    if count:
        page.wait_for_selector(".inc-row[data-index='3']")
    page.wait_for_timeout(1_000)
    found = {"opened": frames(page, ready)}
    if count:
        found["list scrolled"] = _during(page, lambda: _scroll(page))
    for again in ("", ", again"):
        moved = _during(page, lambda: _go(page, _MIDDLE))
        found[f"moved to the middle{again}"] = moved
        found[f"map panned{again}"] = _during(page, lambda: _pan(page))
        found[f"moved back out{again}"] = _during(page, lambda: page.click("#whole-city"))
    if count:
        found["filtered and back"] = _during(page, lambda: _filter(page))
    context.close()
    return {name: max(all_, default=0.0) for name, all_ in found.items()}


def _during(page: Page, act: Callable[[], object]) -> list[float]:
    begun = now(page)
    act()
    page.wait_for_timeout(1_500)
    return frames(page, begun)


def _scroll(page: Page) -> None:
    for part in (0.1, 0.5, 0.9, 1.0, 0.3, 0.0):
        page.evaluate(
            "(part) => { const one = document.querySelector('.inc-scroll');"
            " one.scrollTop = part * one.scrollHeight; }",
            part,
        )
        page.wait_for_timeout(300)


def _go(page: Page, place: str) -> None:
    page.evaluate("(text) => { location.hash = text; }", f"#{place}&tab=incidents")


def _pan(page: Page) -> None:
    page.locator("#map canvas").focus()
    for step in range(8):
        page.keyboard.press(("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp")[step // 2 % 4])
        page.wait_for_timeout(250)


def _filter(page: Page) -> None:
    for filters in ("&f=hazard:gas", ""):
        page.evaluate("(text) => { location.hash = text; }", f"#tab=incidents{filters}")
        page.wait_for_timeout(1_500)


if __name__ == "__main__":
    main()
