"""The page by itself: no other host, words, themes, keyboard, narrow screens."""

from __future__ import annotations

import base64
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from app.grids import City
from tests.browser.conftest import Opener, Server, Watch, address, middle, still

Point = tuple[float, float]


def picture(page: Page, png: bytes) -> tuple[float, int]:
    """Return mean brightness (0 to 255) and number of colours of a picture."""
    blank = page.context.new_page()
    found = blank.evaluate(
        """async (data) => {
          const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
          const image = await createImageBitmap(new Blob([bytes], {type: "image/png"}));
          const pen = new OffscreenCanvas(image.width, image.height).getContext("2d");
          pen.drawImage(image, 0, 0);
          const {data: dots} = pen.getImageData(0, 0, image.width, image.height);
          let sum = 0;
          const colours = new Set();
          for (let i = 0; i < dots.length; i += 4) {
            sum += dots[i] + dots[i + 1] + dots[i + 2];
            colours.add((dots[i] << 16) | (dots[i + 1] << 8) | dots[i + 2]);
          }
          return [sum / (dots.length / 4) / 3, colours.size];
        }""",
        base64.b64encode(png).decode(),
    )
    blank.close()
    return found[0], found[1]


def map_picture(page: Page) -> bytes:
    """Return the map without what stands over it."""
    still(page)
    box = page.locator("#map").bounding_box()
    assert box
    clip = {"x": box["x"], "y": box["y"] + 120, "width": 600, "height": 400}
    return page.screenshot(clip=clip)  # type: ignore[arg-type]


def test_everything_comes_from_the_own_host(open_page: Opener, watch: Watch, inside: Point) -> None:
    page = open_page(address(*inside, 14))
    still(page)
    page.mouse.click(*middle(page))
    expect(page.locator('[data-pane="answer"]')).to_be_visible()
    # The fixture holds every request, console message and policy violation against the page;
    # here only that the watched page really did load all its parts.
    for part in ("maplibre-gl.mjs", "maplibre-gl-worker.mjs", "pmtiles.js", "/tiles/", "/api/city"):
        assert any(part in url for url in watch.requests), part
    _, colours = picture(page, map_picture(page))
    assert colours > 100, "the map is blank"


def test_pages_of_words_ask_no_other_host_either(
    open_page: Opener, server: Server, city: City
) -> None:
    quality = f"api/cities/{city.manifest.id}/quality.html"
    page = open_page("api/docs", ready=False)
    for path in ("api/docs", quality, "ogc/?f=html", "ogc/collections?f=html", "sign-in"):
        page.goto(f"{server.origin}/{path}")
        expect(page.locator("h1").first).to_be_visible()
        assert page.evaluate("window.__violations") == []


def test_other_hosts_are_really_blocked(open_page: Opener, watch: Watch) -> None:
    page = open_page()
    watch.allowed += ["Content Security Policy", "violates", "Refused"]
    outcome = page.evaluate("fetch('https://example.org/').then(() => 'reached', () => 'blocked')")
    assert outcome == "blocked"
    assert page.evaluate("window.__violations.length") > 0
    page.evaluate("window.__violations = []")
    watch.requests[:] = [url for url in watch.requests if "example.org" not in url]


def test_synthetic_data_says_so(open_page: Opener, city: City) -> None:
    statement = city.manifest.synthetic
    assert statement
    chinese, _, english = statement.partition(" / ")
    page = open_page()
    expect(page.locator("#synthetic")).to_be_visible()
    expect(page.locator("#synthetic")).to_contain_text(chinese)
    expect(page.locator('[data-pane="overview"]')).to_contain_text(chinese)
    # One press shows all of it, in the language of the page.
    page.locator("#open-synthetic").click()
    expect(page.locator("#about")).to_contain_text(chinese)
    page.locator("#switch-language").click()
    expect(page.locator("#synthetic")).to_contain_text(english)


def test_overview_counts_are_those_of_the_api(open_page: Opener, server: Server) -> None:
    page = open_page()
    told = server.get("/api/city")[1]
    rows = page.locator('[data-pane="overview"] .rows .row')
    expect(rows).to_have_count(len(told["levels"]) + len(told["overlays"]))
    for level in told["levels"] + told["overlays"]:
        row = rows.filter(has_text=re.compile(f"^{level['name']}"))
        expect(row).to_contain_text(f"{level['count']:,}")
    # The map was framed beside the panel before that held anything: as the button does it now.
    still(page)
    page.wait_for_function("() => location.hash.includes('c=')")
    begun = camera(page)
    page.click("#whole-city")
    still(page)
    assert camera(page) == pytest.approx(begun, abs=0.02)


def camera(page: Page) -> list[float]:
    """Return zoom, lon and lat of the middle of the map, as the address has them."""
    words = dict(one.split("=", 1) for one in page.evaluate("location.hash.slice(1)").split("&"))
    return [float(words["z"]), *map(float, words["c"].split(","))]


def test_language_switch(open_page: Opener, inside: Point) -> None:
    page = open_page(address(*inside) + f"&p={inside[0]},{inside[1]}")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator(".badge").first).to_have_text("界内")
    page.locator("#switch-language").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".badge").first).to_have_text("Inside")
    expect(page.locator(".search-go")).to_have_text("Locate")
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".badge").first).to_have_text("Inside")
    page.locator("#switch-language").click()
    expect(page.locator(".badge").first).to_have_text("界内")


@pytest.mark.parametrize(
    ("locale", "lang"), [("en-GB", "en"), ("zh-TW", "zh-CN"), ("fr-FR", "zh-CN")]
)
def test_first_visit_is_in_the_language_of_the_browser(
    browser: Browser, server: Server, locale: str, lang: str
) -> None:
    """A language that the page does not speak gets the page as it was written."""
    context = browser.new_context(locale=locale)
    page = context.new_page()
    page.goto(server.origin + "/")
    expect(page.locator("html")).to_have_attribute("lang", lang)
    expect(page.locator(".search-go")).to_have_text("Locate" if lang == "en" else "定位")
    context.close()


STYLE = """async (theme) => {
  const {buildStyle} = await import("/static/js/map/style.mjs");
  const city = await (await fetch("/api/city")).json();
  const palette = await (await fetch("/static/palette.json")).json();
  const look = {theme, colours: palette.themes[theme].map, fonts: palette.type.map,
                hidden: new Set(), focus: null, sketch: null};
  return buildStyle(city, location.origin + city.tiles, look).layers;
}"""
# A map of the own modules, beside the one of the page, that can be asked what it has drawn.
LABELS = """async ({layer, zoom, centre}) => {
  const gl = await import("/static/vendor/maplibre-gl-6.17.0/maplibre-gl.mjs");
  const {MapView} = await import("/static/js/map/view.mjs");
  const city = await (await fetch("/api/city")).json();
  const palette = await (await fetch("/static/palette.json")).json();
  const view = new MapView(gl, {
    container: document.getElementById("map"), city, palette, theme: "light", locale: {},
    tilesUrl: location.origin + city.tiles,
    camera: zoom === null ? null : {center: centre, zoom},
    covered: () => [document.getElementById("panel").getBoundingClientRect()],
  });
  view.restyle();
  await new Promise((done) => view.map.once("idle", done));
  return view.map.queryRenderedFeatures({layers: [layer]}).map((one) => one.properties.name);
}"""


def test_every_coarsest_grid_is_named_in_the_view_of_the_whole_city(
    open_page: Opener, city: City
) -> None:
    page = open_page(width=1440, height=900)
    still(page)
    coarsest = city.levels[0].id
    layer = f"{coarsest}-label"
    shown = page.evaluate(LABELS, {"layer": layer, "zoom": None, "centre": None})
    assert set(city.layer(coarsest).names) - set(shown) == set()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_roads_of_every_kind_are_drawn_alike_and_no_line_strikes_a_name(
    open_page: Opener, theme: str
) -> None:
    layers = open_page().evaluate(STYLE, theme)
    kinds = [one["type"] for one in layers]
    assert "symbol" not in kinds[: len(kinds) - kinds[::-1].index("line")]
    paints = {one["id"]: one["paint"] for one in layers}
    close_up = {}
    for kind in ("street", "local", "main"):
        fill, case = paints[f"roads-{kind}"], paints[f"roads-{kind}-case"]
        colour = fill["line-color"]
        close_up[kind] = (colour if isinstance(colour, str) else colour[-1], case["line-color"])
        border = max(
            one["paint"]["line-width"][-1]
            for one in layers
            if one["id"].endswith("-line")
            and isinstance(one["paint"]["line-width"], list)
            and one["paint"]["line-width"][0] == "interpolate"
        )
        assert fill["line-width"][-1] > 2 * border, kind
    assert len(set(close_up.values())) == 1
    roads = next(one for one in layers if one["id"] == "roads-label")
    assert roads["layout"]["text-rotation-alignment"] == "viewport"


def test_server_answers_in_the_language_of_the_page(
    open_page: Opener, server: Server, watch: Watch
) -> None:
    watch.allowed.append("400")
    page = open_page()
    page.locator("#switch-language").click()
    expect(page.locator(".search-go")).to_have_text("Locate")
    page.locator("#search-text").fill("30.4, 104.55")
    page.locator("#search-text").press("Enter")
    body = server.get("/api/locate?lon=30.4&lat=104.55", language="en")[1]
    expect(page.locator("#search-message")).to_contain_text(body["error"]["message"])


def test_theme_switch_repaints_page_and_map(open_page: Opener, inside: Point) -> None:
    page = open_page(address(*inside, 14))
    light, _ = picture(page, map_picture(page))
    page.locator("#switch-theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.wait_for_timeout(300)
    dark, colours = picture(page, map_picture(page))
    assert light > 200
    assert dark < 70
    assert colours > 100
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_dark_is_taken_from_the_system(open_page: Opener) -> None:
    page = open_page(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_layer_switch_changes_the_map(open_page: Opener, inside: Point, city: City) -> None:
    page = open_page(address(*inside, 15))
    page.locator("#open-layers").click()
    page.locator("#close-panel").click()
    still(page)
    part = {"x": 500, "y": 150, "width": 600, "height": 400}
    before = page.screenshot(clip=part)  # type: ignore[arg-type]
    for level in city.levels:
        page.locator(f"input[name=layer-{level.id}]").uncheck()
    page.wait_for_timeout(300)
    still(page)
    assert picture(page, page.screenshot(clip=part))[1] < picture(page, before)[1]  # type: ignore[arg-type]
    page.keyboard.press("Escape")
    expect(page.locator("#layers")).not_to_be_visible()


def test_keyboard_alone(open_page: Opener, inside: Point) -> None:
    page = open_page(address(*inside))
    still(page)
    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#search-text")).to_be_focused()
    expect(page.locator("#panel")).to_be_visible()
    assert address(*inside) in page.url
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.id") == "locate-centre":
            break
    expect(page.locator("#locate-centre")).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.locator('[data-pane="answer"]')).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).not_to_be_visible()
    expect(page.locator(".pin")).to_have_count(0)
    # The map itself: arrows move it, Enter locates the crosshair.
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('maplibregl-canvas')"):
            break
    expect(page.locator("#crosshair")).to_be_visible()
    before = page.url
    page.keyboard.press("ArrowUp")
    page.wait_for_url(lambda url: url != before)
    page.keyboard.press("Enter")
    expect(page.locator('[data-pane="answer"]')).to_be_visible()
    name = page.locator(".pane-title").inner_text()
    expect(page.locator("#live")).to_contain_text(name)


def test_every_control_has_a_name(open_page: Opener) -> None:
    page = open_page()
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, a[href]")]
          .filter((node) => !(node.ariaLabel || node.textContent.trim() || node.closest("label")))
          .map((node) => node.outerHTML)"""
    )
    assert nameless == []


def test_narrow_screen(open_page: Opener, inside: Point) -> None:
    page = open_page(address(*inside), width=360, height=700)
    still(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    expect(page.locator("#panel")).not_to_be_visible()
    x, y = middle(page)
    page.mouse.click(x, y + 120)
    expect(page.locator('[data-pane="answer"]')).to_be_visible()
    still(page)
    pin, panel = page.locator(".pin").bounding_box(), page.locator("#panel").bounding_box()
    assert pin
    assert panel
    assert pin["y"] + pin["height"] <= panel["y"]
    page.locator("#search-text").fill("104.5, 30.4")
    for ident in ("search-text", "search-datum", "open-layers", "open-about", "switch-theme"):
        box = page.locator(f"#{ident}").bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
    expect(page.locator("#synthetic")).to_be_visible()


def test_still_where_motion_is_unwelcome(open_page: Opener, inside: Point) -> None:
    page = open_page(address(*inside), reduced_motion="reduce")
    still(page)
    page.mouse.click(*middle(page))
    expect(page.locator('[data-pane="answer"]')).to_be_visible()
    assert page.evaluate("document.getAnimations().length") == 0
