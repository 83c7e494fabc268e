"""Maps of others below the grids: they lie where they should; failing, they leave the city's."""

from __future__ import annotations

import io
import json
import math
import shutil
import socket
import threading
from collections.abc import Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from app.geo.datum import from_wgs84
from app.maps.tiles import build_tiles
from tests.browser.conftest import WATCH_CSP, address, still
from tests.browser.desk import PATIENCE_S
from tests.cities import chessboard
from tests.web.servers import Server

# tests/js/basemaps.test.mjs reckons the same places.
pytestmark = pytest.mark.slow

# In the chessboard, off its borders and names.
MARK = (104.50520, 30.40330)
RADIUS_PX = 9
SIDE = 256


def world_px(lon: float, lat: float, zoom: int) -> tuple[float, float]:
    """Return a place in the pixels of the whole world in Web Mercator."""
    size = SIDE * 2**zoom
    north = math.asinh(math.tan(math.radians(lat)))
    return (lon + 180) / 360 * size, (1 - north / math.pi) / 2 * size


def metres_per_px(zoom: int) -> float:
    """Return how many metres a pixel of the page is at the mark, of 512 to a tile."""
    return 40_075_017 * math.cos(math.radians(MARK[1])) / (2 * SIDE * 2**zoom)


@cache
def tile(z: int, x: int, y: int) -> bytes:
    """Return a tile of a GCJ-02 map: white, with a disc around the mark, smooth at its rim."""
    fine = 8
    lon, lat = (float(one) for one in from_wgs84(*MARK, "gcj02"))
    left, top = world_px(lon, lat, z)
    image = Image.new("RGB", (SIDE, SIDE), "white")
    px, py = left - x * SIDE, top - y * SIDE
    if -RADIUS_PX < px < SIDE + RADIUS_PX and -RADIUS_PX < py < SIDE + RADIUS_PX:
        at = (np.arange(SIDE * fine) + 0.5) / fine
        inside = (at[None, :] - px) ** 2 + (at[:, None] - py) ** 2 < RADIUS_PX**2
        share = inside.reshape(SIDE, fine, SIDE, fine).mean(axis=(1, 3))[..., None]
        ink = np.array([255, 0, 255]) * share + 255 * (1 - share)
        image = Image.fromarray(ink.round().astype(np.uint8))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


class Tiles(BaseHTTPRequestHandler):
    """A map server of somebody else."""

    def do_GET(self) -> None:
        z, x, y = (int(one) for one in self.path.strip("/").split("/"))
        body = tile(z, x, y)
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def tiles_port() -> Iterator[int]:
    """Start the other server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Tiles)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def served(tmp_path: Path, prepared_sqlite: Path, tiles_port: int) -> Iterator[Server]:
    """Start Weige with basemaps of every kind."""
    city = chessboard(tmp_path / "board")
    archive = build_tiles(city, tmp_path)
    shutil.copy(archive, tmp_path / "own.pmtiles")
    shutil.copy(prepared_sqlite, tmp_path / "weige.db")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = probe.getsockname()[1]

    def tiles(ident: str, datum: str, port: int) -> str:
        url = f"http://127.0.0.1:{port}/{{z}}/{{x}}/{{y}}"
        return (
            f'[[basemaps]]\nid = "{ident}"\nname = "图{ident}"\nname_en = "Map {ident}"\n'
            f'kind = "tiles"\ndatum = "{datum}"\nattribution = "© 某某"\nimagery = true\n'
            f"urls = {json.dumps([url])}\n"
        )

    text = tiles("moved", "gcj02", tiles_port) + tiles("plain", "wgs84", tiles_port)
    text += tiles("gone", "gcj02", nobody)
    text += '[[basemaps]]\nid = "own"\nname = "自"\nkind = "file"\npath = "own.pmtiles"\n'
    text += 'datum = "wgs84"\nattribution = "©"\n'
    named = tmp_path / "basemaps.toml"
    named.write_text(text, encoding="utf-8")
    database = f"sqlite:///{tmp_path / 'weige.db'}"
    server = Server(city.folder, tmp_path, database, workers=1, WEIGE_BASEMAPS=str(named))
    yield server
    server.stop()


def disc(page: Page) -> tuple[float, float]:
    """Return the middle of the disc on the page, in pixels; its own weights find parts of them."""
    still(page)
    found = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"), float)
    box = page.locator("#map").bounding_box()
    assert box
    # How much magenta takes away of green; nothing else on this map is so far from grey.
    weight = np.clip(np.minimum(found[..., 0], found[..., 2]) - found[..., 1] - 60, 0, None)
    weight[:, : int(box["x"])] = 0
    assert weight.sum() > 0, "the disc is not to be seen"
    rows, columns = np.mgrid[: weight.shape[0], : weight.shape[1]] + 0.5
    return (columns * weight).sum() / weight.sum(), (rows * weight).sum() / weight.sum()


ZOOM = 16
VIEW = address(*MARK, ZOOM) + "&off=town,cell,incidents"
CLOSE_ZOOM = 18
CLOSE = address(*MARK, CLOSE_ZOOM) + "&off=town,cell,incidents"


@pytest.fixture
def page(served: Server, tiles_port: int, browser: Browser) -> Iterator[Page]:
    """Open the page on the moved map, and hold it against the policy and the hosts it may ask."""
    page = browser.new_page(locale="zh-CN", viewport={"width": 1000, "height": 800})
    page.emulate_media(reduced_motion="reduce")
    page.set_default_timeout(PATIENCE_S * 1000)
    page.add_init_script(WATCH_CSP)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    own = f"http://127.0.0.1:{served.port}/"
    try:
        page.goto(f"{own}{VIEW}&b=moved")
        page.wait_for_selector("html[data-ready]")
        yield page
        assert page.evaluate("window.__violations") == []
        hosts = {urlsplit(one).netloc for one in asked if not one.startswith((own, "blob:"))}
        assert f"127.0.0.1:{tiles_port}" in hosts
        assert len(hosts - {""}) == 2, "the one that answers, and the one that nobody serves"
        assert any("/basemaps/own.pmtiles" in one for one in asked)
    finally:
        page.close()


def centre(page: Page) -> tuple[float, float]:
    """Return where on the page the mark is, as the map is centred on it."""
    box = page.locator("#map").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_basemaps_lie_where_they_should(page: Page) -> None:
    """Half a pixel is MapLibre's, which lays tiles on whole pixels; a pixel is 1.03 m here."""
    middle = centre(page)
    there = disc(page)
    assert math.dist(there, middle) < 0.95
    expect(page.locator("#basemap-credit")).to_contain_text("© 某某 · GCJ-02")
    clicked_is_wgs84(page, there)
    unmoved_is_far_off(page, middle)
    failing_leaves_the_own_map(page)
    # Chosen last, it is there when the page is opened without saying which; close up, too.
    page.get_by_role("radio", name="图moved").check()
    page.evaluate("(view) => { history.replaceState(null, '', view); location.reload(); }", CLOSE)
    page.wait_for_selector("html[data-ready]")
    expect(page.locator("#basemap-credit")).to_contain_text("图moved")
    assert math.dist(disc(page), middle) * metres_per_px(CLOSE_ZOOM) < 1
    points_are_told_in_the_datum_that_is_chosen(page, middle)


def clicked_is_wgs84(page: Page, there: tuple[float, float]) -> None:
    with page.expect_request("**/api/locate?*") as asked:
        page.mouse.click(*there)
    query = parse_qs(urlsplit(asked.value.url).query)
    assert query["datum"] == ["wgs84"]
    assert abs(float(query["lon"][0]) - MARK[0]) < 2e-5
    assert abs(float(query["lat"][0]) - MARK[1]) < 2e-5
    expect(page.locator('[data-pane="answer"]')).to_be_visible()
    page.locator("#close-panel").click()


def unmoved_is_far_off(page: Page, middle: tuple[float, float]) -> None:
    """The same tiles, called WGS-84, lie off by the whole shift."""
    page.locator("#open-layers").click()
    page.get_by_role("radio", name="图plain").check()
    expect(page.locator("#basemap-credit")).to_contain_text("图plain")
    assert "b=plain" in page.evaluate("location.hash")
    here = world_px(*MARK, ZOOM + 1)
    shifted = world_px(*(float(one) for one in from_wgs84(*MARK, "gcj02")), ZOOM + 1)
    expected = middle[0] + shifted[0] - here[0], middle[1] + shifted[1] - here[1]
    assert math.dist(expected, middle) > 200
    assert math.dist(disc(page), expected) < 0.95


def failing_leaves_the_own_map(page: Page) -> None:
    page.get_by_role("radio", name="自").check()  # vector tiles of this server
    still(page)
    page.get_by_role("radio", name="图gone").check()
    expect(page.locator("#toast")).to_contain_text("底图“图gone”取不到")
    expect(page.get_by_role("radio", name="不用")).to_be_checked()
    expect(page.locator("#basemap-credit")).to_be_hidden()
    assert "b=none" in page.evaluate("location.hash")


def points_are_told_in_the_datum_that_is_chosen(page: Page, middle: tuple[float, float]) -> None:
    lon, lat = (float(one) for one in from_wgs84(*MARK, "gcj02"))
    page.locator("#readout-datum").click()
    expect(page.locator("#readout-datum")).to_have_text("GCJ-02")
    page.mouse.move(0, 0)
    expect(page.locator("#readout")).to_contain_text(f"{lon:.5f}, {lat:.5f}")
    page.mouse.click(*middle, button="right")
    item = page.locator('[name="menu-copy"]')
    expect(item).to_contain_text(str(lon)[:7])
    expect(item).to_contain_text("(GCJ-02)")
