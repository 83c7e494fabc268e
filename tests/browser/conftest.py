"""A real server, a real browser, and a page that may talk to no other host.

``WEIGE_TEST_CITY`` points the suite to another city folder than the demo city.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest
import shapely
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from app.grids import City
from app.maps.tiles import build_tiles
from tests.browser.desk import PATIENCE_S, DeskServer, serving

ROOT = Path(__file__).resolve().parents[2]
WATCH_CSP = """
  window.__violations = [];
  addEventListener("securitypolicyviolation", (event) =>
    window.__violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


expect.set_options(timeout=PATIENCE_S * 1000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder.

    Where everything is shared with others, a page may be slower than any patience: CI tries a test
    that failed once more, and its summary names it.
    """
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if os.environ.get("CI"):
                item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def city() -> City:
    """Return the city that the server serves."""
    named = os.environ.get("WEIGE_TEST_CITY")
    return City.open(Path(named) if named else ROOT / "geodata" / "jianyang")


@dataclass
class Server:
    """A running server."""

    origin: str

    def get(self, path: str, language: str = "zh") -> tuple[int, Any]:
        """Return status and body of an answer of the API."""
        request = Request(self.origin + path, headers={"Accept-Language": language})
        try:
            with urlopen(request, timeout=PATIENCE_S) as response:
                return response.status, json.load(response)
        except HTTPError as error:
            return error.code, json.load(error)


@pytest.fixture(scope="session")
def server(city: City) -> Iterator[Server]:
    """Start gunicorn on a free port, with the tiles built once for the content of the city."""
    var = ROOT / "var"
    build_tiles(city, var)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    known = {name: value for name, value in os.environ.items() if not name.startswith("WEIGE_")}
    env = known | {"WEIGE_CITY": str(city.folder), "WEIGE_VAR": str(var)}
    # A page keeps a thread, and its connections longer than gunicorn would.
    held = ["--threads", "64", "--keep-alive", "60"]
    command = [sys.executable, "-m", "gunicorn", "app.web:create_app()", *held]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [*command, "-b", f"127.0.0.1:{port}"], cwd=ROOT, env=env, stdout=log, stderr=log
        )
        found = Server(f"http://127.0.0.1:{port}")
        try:
            _wait(found, process, log)
            yield found
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def _wait(server: Server, process: subprocess.Popen[bytes], log: Any) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        try:
            if server.get("/healthz")[0] == 200:
                return
        except (URLError, ConnectionError):
            time.sleep(0.1)
    log.seek(0)
    pytest.fail(f"the server did not start:\n{log.read().decode()}")


@dataclass
class Watch:
    """What a page did beside what a test looks at."""

    origin: str
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    # Parts of console errors that a test provokes.
    allowed: list[str] = field(default_factory=list)
    # Requests that failed or were given up, with the browser's reason: they explain an error.
    failed: list[str] = field(default_factory=list)

    def note(self, message: ConsoleMessage) -> None:
        """Keep what the console said, and of which address, if it is a complaint."""
        if message.type in {"error", "warning"}:
            self.errors.append(f"{message.text} [{message.location['url']}]")

    def follow(self, page: Page) -> None:
        """Keep what a page asks for and complains of from now on."""
        page.set_default_timeout(PATIENCE_S * 1000)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self.note)

    def check(self, page: Page) -> None:
        """Assert that no other host was asked and nothing went wrong unseen."""
        # A worker's script may be wrapped as blob: or data:, which is no request to a host.
        foreign = [url for url in self.requests if not url.startswith((self.origin, "data:"))]
        foreign = [url for url in foreign if not url.startswith(f"blob:{self.origin}")]
        assert foreign == []
        assert self.requests, "nothing was watched"
        assert page.evaluate("window.__violations ?? []") == []
        unexpected = [
            error for error in self.errors if not any(part in error for part in self.allowed)
        ]
        assert unexpected == [], self.failed


Opener = Callable[..., Page]


@pytest.fixture
def watch(server: Server) -> Watch:
    """Return the record of the pages of one test."""
    return Watch(server.origin)


@pytest.fixture(scope="session")
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """Return the browser's profile; kept, so that scripts are compiled once."""
    context = browser.new_context(locale="zh-CN", permissions=["clipboard-read", "clipboard-write"])
    context.add_init_script(WATCH_CSP)
    yield context
    context.close()


@pytest.fixture
def open_page(profile: BrowserContext, server: Server, watch: Watch) -> Iterator[Opener]:
    """Return a function that opens the page and waits until it is ready.

    Motion is off by default: software rendering pays for every frame.
    """
    pages: list[Page] = []

    def opener(
        address: str = "",
        width: int = 1000,
        height: int = 600,
        before: Callable[[Page], None] | None = None,
        ready: bool = True,
        color_scheme: Literal["light", "dark"] = "light",
        reduced_motion: Literal["reduce", "no-preference"] = "reduce",
    ) -> Page:
        page = profile.new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=color_scheme, reduced_motion=reduced_motion)
        watch.follow(page)
        if before:
            before(page)
        page.goto(server.origin + "/" + address)
        if ready:
            page.wait_for_selector("html[data-ready]")
        return page

    try:
        yield opener
        for page in pages:
            watch.check(page)
    finally:
        # Nothing of a test that fails is left to the next one.
        profile.set_offline(False)
        for page in pages:
            page.evaluate("localStorage.clear()")
            page.close()


def still(page: Page) -> None:
    """Wait until the map has drawn everything and stands still."""
    page.wait_for_selector("#map[aria-busy=false]")


def middle(page: Page) -> tuple[float, float]:
    """Return the middle of the map in pixels of the page."""
    box = page.locator("#map").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def address(lon: float, lat: float, zoom: float = 16) -> str:
    """Return the part of the address that shows a place."""
    return f"#z={zoom:.2f}&c={lon:.5f},{lat:.5f}"


@pytest.fixture(scope="session")
def inside(city: City) -> tuple[float, float]:
    """Return a point well inside a finest grid that has people on duty, at 5 decimals."""
    layer = city.layer(city.levels[-1].id)
    shapes = layer.geometry
    row = int(shapely.area(shapes).argsort()[len(shapes) // 2])
    point = shapely.get_point(shapely.maximum_inscribed_circle(shapes[row], tolerance=1e-5), 0)
    return round(point.x, 5), round(point.y, 5)


@pytest.fixture(scope="session")
def near_border(city: City, server: Server, inside: tuple[float, float]) -> tuple[float, float]:
    """Return a point inside a grid but a few metres from a neighbour."""
    here = shapely.Point(inside)
    layer = city.layer(city.levels[-1].id)
    rows = layer.frame.sindex.query(here, predicate="intersects")
    edge = layer.geometry[rows[0]].exterior
    for part in range(1, 40):
        border = edge.interpolate(part / 40, normalized=True)
        step = 4e-5 / border.distance(here)
        lon = round(border.x + (here.x - border.x) * step, 6)
        lat = round(border.y + (here.y - border.y) * step, 6)
        answer = server.get(f"/api/locate?lon={lon}&lat={lat}")[1]
        if answer["status"] == "inside" and answer["border_m"] < 8 and answer["neighbour"]:
            return lon, lat
    pytest.fail("no point near a border was found")


@pytest.fixture(scope="session")
def elsewhere(city: City) -> tuple[float, float]:
    """Return a point of an area that others govern."""
    shape = max(city.outside.geometry, key=lambda one: one.area)
    point = shapely.get_point(shapely.maximum_inscribed_circle(shape, tolerance=1e-3), 0)
    return round(point.x, 5), round(point.y, 5)


@pytest.fixture(scope="session")
def desk(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskServer]:
    """Serve a desk that was empty when it began."""
    with serving(city, tmp_path_factory.mktemp("desk")) as server:
        yield server


@pytest.fixture
def open_desk(browser: Browser, desk: DeskServer, watch: Watch) -> Iterator[Opener]:
    """Return a function that opens the page in a profile of its own, as another person does."""
    profiles: list[BrowserContext] = []
    pages: list[Page] = []

    def opener(
        address: str = "",
        width: int = 1366,
        height: int = 768,
        locale: str = "zh-CN",
        color_scheme: Literal["light", "dark"] = "light",
        before: Callable[[Page], None] | None = None,
        origin: str = "",
    ) -> Page:
        profile = browser.new_context(
            locale=locale,
            color_scheme=color_scheme,
            reduced_motion="reduce",
            viewport={"width": width, "height": height},
            permissions=["clipboard-read", "clipboard-write"],
        )
        profiles.append(profile)
        profile.add_init_script(WATCH_CSP)
        page = profile.new_page()
        pages.append(page)
        watch.follow(page)
        if before:
            before(page)
        page.goto(f"{origin or desk.origin}/{address}")
        page.wait_for_selector("html[data-ready]")
        return page

    try:
        yield opener
        for page in pages:
            watch.check(page)
    finally:
        # A page that stays open goes on listening.
        for profile in profiles:
            profile.close()
