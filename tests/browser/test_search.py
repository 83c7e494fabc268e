"""The search box: coordinates with a datum, grid codes, and what it says of anything else."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from app.geo.datum import from_wgs84
from app.grids import City
from tests.browser.conftest import ROOT, Opener, Server, Watch, address, middle, still

Point = tuple[float, float]
DICTIONARIES = ROOT / "static" / "i18n"


def search(page: Page, text: str, datum: str = "wgs84") -> None:
    """Type into the search box and submit."""
    page.locator("#search-text").fill(text)
    if page.locator("#search-datum").is_visible():
        page.locator("#search-datum").select_option(datum)
    page.locator("#search-text").press("Enter")


def test_coordinates_are_located(open_page: Opener, server: Server, inside: Point) -> None:
    page = open_page()
    answer = server.get(f"/api/locate?lon={inside[0]}&lat={inside[1]}")[1]
    for form in ("{0}, {1}", "{0} {1}", " {0}，{1} ", "{0}；{1}"):
        search(page, form.format(*inside))
        codes = page.locator(".chain-item .code span")
        expect(codes).to_have_text([link["code"] for link in answer["chain"]])
        page.locator("#close-panel").click()


def test_declared_datum_is_honoured(open_page: Opener, inside: Point) -> None:
    page = open_page()
    for datum in ("gcj02", "bd09"):
        x, y = from_wgs84([inside[0]], [inside[1]], datum)
        search(page, f"{x[0]:.7f}, {y[0]:.7f}", datum)
        expect(page.locator(".pane-foot")).to_contain_text(datum.upper())
        page.wait_for_url(re.compile(r"[#&]p="))
        lon, lat = re.search(r"p=([\d.]+),([\d.]+)", page.url).groups()  # type: ignore[union-attr]
        assert (float(lon), float(lat)) == pytest.approx(inside, abs=3e-6)


def test_bad_coordinate_shows_the_message_of_the_server(
    open_page: Opener, server: Server, watch: Watch
) -> None:
    watch.allowed.append("400")
    page = open_page()
    for lon, lat in (("30.4", "104.55"), ("999", "30"), ("104.5", "-95")):
        search(page, f"{lon}, {lat}")
        status, body = server.get(f"/api/locate?lon={lon}&lat={lat}")
        assert status == 400
        message = page.locator('#search-message[data-kind="bad"]')
        expect(message).to_contain_text(body["error"]["message"])
        expect(message).to_contain_text(body["error"]["hint"])
        expect(page.locator("#search-text")).to_have_attribute("aria-invalid", "true")
        expect(page.locator(".pin")).to_have_count(0)
        page.locator("#search-text").press("Backspace")
        expect(message).not_to_be_visible()


def test_what_cannot_be_meant_is_told_what_is_accepted(open_page: Opener, watch: Watch) -> None:
    page = open_page()

    def asked() -> list[str]:
        # Figures of incidents may come in meanwhile.
        return [url for url in watch.requests if re.search("/api/(?!incidents|stats|me)", url)]

    before = asked()
    for text in ("", "   ", "104°33′E 103°33′E", "104°61′E 30°24′N"):
        search(page, text)
        message = page.locator("#search-message")
        for words in ("经度, 纬度", "网格编码", "地址或地名", "30°24′36″N 104°33′E"):
            expect(message).to_contain_text(words)
    assert asked() == before


# What is typed, and the longitude and latitude that are meant, as the server gets them.
POINTS = {
    "104.55,30.41": ("104.55", "30.41"),
    "104.55， 30.41": ("104.55", "30.41"),
    "30°24′36″N 104°33′E": ("104.55", "30.41"),
    "104°33′E, 30°24′36″N": ("104.55", "30.41"),
    "N30°24'36\" E104°33'": ("104.55", "30.41"),
    "30.41°N, 104.55°E": ("104.55", "30.41"),
    "北纬30度24分36秒 东经104度33分": ("104.55", "30.41"),
    "东经104.55° 北纬30.41°": ("104.55", "30.41"),
    "东 104.55 北 30.41": ("104.55", "30.41"),
    "104°33′ 30°24′36″": ("104.55", "30.41"),
    "30.5°S 10.25°W": ("-10.25", "-30.5"),
    "-104.5 +30": ("-104.5", "+30"),
}
NO_POINTS = {
    "104°33′E 103°33′E": "bad",
    "104°60′E 30°24′N": "bad",
    "104°33′E 30°24′": "bad",
    "-104°33′W 30°N": "bad",
    "104°33.5′20″E 30°N": "bad",
    "": "empty",
    " \u3000": "empty",
    "1 2 3": "address",
    "NaN, 30": "address",
    "射洪坝街道东滨路128号附3号": "address",
    "东滨路12": "address",
    "文塘路 12 号": "address",
    "510185001003-01-05": "code",
}


def parsed(page: Page, text: str) -> dict[str, str]:
    """Return what the page reads."""
    found: dict[str, str] = page.evaluate(
        "async (text) => (await import('/static/js/parse.mjs')).parseTyped(text)", text
    )
    return found


def test_coordinates_are_read_in_all_the_ways_that_people_write_them(open_page: Opener) -> None:
    page = open_page()
    for text, (lon, lat) in POINTS.items():
        assert parsed(page, text) == {"kind": "point", "lon": lon, "lat": lat}, text
    for text, kind in NO_POINTS.items():
        assert parsed(page, text)["kind"] == kind, text


def test_degrees_minutes_and_seconds_are_located(open_page: Opener, server: Server) -> None:
    answer = server.get("/api/locate?lon=104.55&lat=30.41")[1]
    page = open_page()
    search(page, "30°24′36″N 104°33′E")
    codes = page.locator(".chain-item .code span")
    expect(codes).to_have_text([link["code"] for link in answer["chain"]])


def test_the_datum_is_asked_for_where_there_are_coordinates(open_page: Opener) -> None:
    page = open_page()
    datum = page.locator("#search-datum")
    expect(datum).not_to_be_visible()
    for text, shown in (("104.5", False), ("104.55, ", True), ("简城街道", False), ("30°", True)):
        page.locator("#search-text").fill(text)
        expect(datum).to_be_visible(visible=shown)


def test_code_opens_the_grid_and_its_children(
    open_page: Opener, server: Server, city: City
) -> None:
    code = city.layer(city.levels[0].id).codes[0]
    grid = server.get(f"/api/grids/{code}")[1]
    page = open_page()
    search(page, code)
    pane = page.locator('[data-pane="grid"]')
    expect(pane.locator(".pane-title")).to_have_text(grid["name"])
    expect(pane.locator("button.row")).to_have_count(len(grid["children"]))
    child = grid["children"][0]
    pane.locator("button.row").first.click()
    expect(page.locator('[data-pane="grid"] .pane-title')).to_have_text(child["name"])
    expect(page.locator(".crumbs")).to_contain_text(grid["name"])
    assert f"g={child['code']}" in page.url
    # As an input method writes it; Enter takes what is offered for just that.
    search(page, code.translate({ord(one): ord(one) + 0xFEE0 for one in "0123456789-"}))
    expect(pane.locator(".pane-title")).to_have_text(grid["name"])
    expect(page.locator("#search-text")).to_have_value(grid["name"])


def test_unknown_code_shows_the_message_of_the_server(
    open_page: Opener, server: Server, watch: Watch
) -> None:
    watch.allowed.append("404")
    page = open_page()
    search(page, "999999-99")
    body = server.get("/api/grids/999999-99")[1]
    expect(page.locator("#search-message")).to_contain_text(body["error"]["message"])


def test_strip_tells_what_was_searched_not_what_was_clicked_before(
    open_page: Opener, server: Server, inside: Point, elsewhere: Point
) -> None:
    page = open_page(address(*inside))
    still(page)
    page.mouse.click(*middle(page))
    code = server.get(f"/api/locate?lon={inside[0]}&lat={inside[1]}")[1]["chain"][-1]["code"]
    strip = page.locator("#readout")
    expect(strip).to_contain_text(code)
    # By keyboard: the pointer rests where it clicked.
    search(page, f"{elsewhere[0]}, {elsewhere[1]}")
    expect(strip).to_contain_text(f"{elsewhere[0]:.5f}, {elsewhere[1]:.5f}")
    expect(strip).not_to_contain_text(code)
    search(page, code)
    expect(strip).to_contain_text(code)


def test_dedicated_grid_is_described_in_the_language_of_the_page(
    open_page: Opener, city: City
) -> None:
    overlay = city.layer(city.overlays[0].id)
    row = int((overlay.frame["households"] == 0).to_numpy().argmax())
    kind = overlay.frame["kind"].iloc[row]
    page = open_page(f"#g={overlay.codes[row]}")
    pane = page.locator('[data-pane="grid"]')
    facts = pane.locator(".rows").first
    expect(facts).to_be_visible()
    words = {}
    for language in ("zh", "en"):
        words[language] = json.loads((DICTIONARIES / f"{language}.json").read_text("utf-8"))
    expect(facts).to_contain_text(words["zh"][f"kind.{kind}"])
    expect(facts).not_to_contain_text(words["zh"]["property.households"])
    page.locator("#switch-language").click()
    expect(facts).to_contain_text(words["en"][f"kind.{kind}"])
    expect(facts).not_to_contain_text(words["en"]["property.households"])
