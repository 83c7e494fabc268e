"""A real server and a headless Chromium that is watched: what measurements of the page share."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, BrowserContext, Page

from app.web.settings import ROOT

FLAGS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
]
WIDTH, HEIGHT = 1366, 768
_PATIENCE_S = 60
# When the map stood still, when a click was made, when its answer was in the panel; and how long
# frames took in which the page was at work, as the browser tells it (long animation frames).
_WATCH = """
  window.__at = { still: [], down: 0, answer: 0, drawn: 0, change: 0, frames: [] };
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
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) __at.frames.push([one.startTime, one.duration]);
  }).observe({ type: "long-animation-frame", buffered: true });
"""  # noqa: E501 - a script


@contextmanager
def served(city: Path, var: Path) -> Iterator[str]:
    """Serve a city as `make run` does, and return the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {key: value for key, value in os.environ.items() if not key.startswith("WEIGE_")}
    env |= {"WEIGE_CITY": str(city), "WEIGE_VAR": str(var)}
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
    for _ in range(10 * _PATIENCE_S):
        try:
            if done():
                return
        except (URLError, ConnectionError):
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


def watched(browser: Browser) -> tuple[BrowserContext, Page]:
    """Return a new profile, which keeps nothing of others, and a page in it that is watched."""
    size: Any = {"width": WIDTH, "height": HEIGHT}
    context = browser.new_context(viewport=size, reduced_motion="reduce")
    context.add_init_script(_WATCH)
    return context, context.new_page()


def first_view(browser: Browser, origin: str) -> tuple[float, float]:
    """Return seconds from navigation to a map that stands still, and bytes that came for it."""
    context, page = watched(browser)
    sizes: list[float] = []
    session = context.new_cdp_session(page)
    session.on("Network.loadingFinished", lambda one: sizes.append(one["encodedDataLength"]))
    session.send("Network.enable")
    page.goto(origin)
    page.wait_for_selector("html[data-ready]")
    taken = still(page, 0)
    page.wait_for_timeout(500)
    context.close()
    return taken / 1e3, sum(sizes)


def still(page: Page, since: float) -> float:
    """Return when the map stood still after an instant, both in ms of the page."""
    for _ in range(100 * _PATIENCE_S):
        times = page.evaluate("(since) => __at.still.filter((one) => one > since)", since)
        if times:
            return float(times[0])
        page.wait_for_timeout(10)
    raise RuntimeError("the map does not come to rest")


def now(page: Page) -> float:
    """Return the time of the page, ms."""
    return float(page.evaluate("performance.now()"))


def frames(page: Page, since: float) -> list[float]:
    """Return how long the long frames took that began after an instant, ms."""
    page.wait_for_timeout(100)  # they are told after they end
    told = page.evaluate("(since) => __at.frames.filter(([at]) => at >= since)", since)
    return [float(lasted) for _, lasted in told]
