"""What the page says when something fails, and the way on from there."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from app.grids import City
from tests.browser.conftest import Opener, Server, Watch, address, middle, still

# tests/js asks the same of the parts alone.
pytestmark = pytest.mark.slow

Point = tuple[float, float]

NO_WEBGL = """
  const real = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
    return kind.startsWith("webgl") ? null : real.call(this, kind, ...rest);
  };
"""


def retry(page: Page) -> None:
    """Press the retry button of the failure."""
    page.locator('[data-pane="failure"] [data-retry]').click()


def test_server_error_is_shown_and_can_be_retried(
    open_page: Opener, watch: Watch, inside: Point
) -> None:
    watch.allowed.append("500")
    page = open_page(address(*inside))
    still(page)
    body = {"error": {"code": "internal", "message": "服务器出错了", "hint": "请联系管理员"}}
    page.route("**/api/locate*", lambda route: route.fulfill(status=500, json=body))
    page.mouse.click(*middle(page))
    pane = page.locator('[data-pane="failure"]')
    expect(pane).to_contain_text("服务器出错了")
    expect(pane).to_contain_text("请联系管理员")
    page.unroute("**/api/locate*")
    retry(page)
    expect(page.locator('[data-pane="answer"]')).to_be_visible()
    expect(pane).to_have_count(0)


def test_answer_that_is_not_json(open_page: Opener, watch: Watch, inside: Point) -> None:
    watch.allowed.append("502")
    page = open_page(address(*inside))
    still(page)
    page.route("**/api/locate*", lambda route: route.fulfill(status=502, body="<h1>proxy</h1>"))
    page.mouse.click(*middle(page))
    pane = page.locator('[data-pane="failure"]')
    expect(pane).to_contain_text("502")
    expect(pane).not_to_contain_text("proxy")


def test_offline_is_said_and_the_place_is_kept(
    open_page: Opener, watch: Watch, inside: Point
) -> None:
    watch.allowed.append("ERR_INTERNET_DISCONNECTED")
    page = open_page(address(*inside))
    still(page)
    page.context.set_offline(True)
    page.mouse.click(*middle(page))
    expect(page.locator('[data-pane="failure"]')).to_contain_text("连不上服务器")
    expect(page.locator(".pin")).to_be_visible()
    page.context.set_offline(False)
    retry(page)
    expect(page.locator('[data-pane="answer"]')).to_be_visible()


def test_a_topic_that_fails_says_why_and_is_tried_again(
    open_page: Opener, watch: Watch, city: City
) -> None:
    watch.allowed.append("500")
    body = {"error": {"code": "internal", "message": "统计出错了", "hint": "请联系管理员"}}

    def prepare(one: Page) -> None:
        one.route("**/api/stats*", lambda route: route.fulfill(status=500, json=body))

    topic = f"rates:fire:count@{city.levels[0].id};2026-01-01..2026-05-01"
    page = open_page(f"#t={topic}", before=prepare)
    legend = page.locator("#legend")
    expect(legend).to_contain_text("专题图没有画出来")
    expect(legend).to_contain_text("统计出错了")
    expect(legend).to_contain_text("请联系管理员")
    page.unroute("**/api/stats*")
    legend.get_by_role("button", name="重试").click()
    page.wait_for_selector("html[data-topic=drawn]")
    expect(legend.locator(".legend-rows li").first).to_be_visible()
    # What a link names and nobody knows is not passed over in silence.
    page.evaluate("location.hash = '#t=weather:all'")
    expect(page.locator("#toast")).to_contain_text("weather:all")
    expect(legend).to_be_hidden()
    page.keyboard.press("s")
    expect(page.locator("#toast")).to_contain_text("按网格的专题")


def test_city_that_cannot_be_read(open_page: Opener, watch: Watch) -> None:
    watch.allowed += ["500", "map"]

    def before(page: Page) -> None:
        body = {"error": {"code": "internal", "message": "城市数据损坏", "hint": ""}}
        page.route("**/api/city", lambda route: route.fulfill(status=500, json=body))

    page = open_page(before=before, ready=False)
    pane = page.locator('[data-pane="failure"]')
    expect(pane).to_contain_text("打不开地图")
    expect(pane).to_contain_text("城市数据损坏")
    page.unroute("**/api/city")
    retry(page)
    page.wait_for_selector("html[data-ready]")
    expect(page.locator('[data-pane="overview"]')).to_be_visible()


def test_tiles_that_fail_are_said(open_page: Opener, watch: Watch, inside: Point) -> None:
    watch.allowed += ["ERR_FAILED", "map:", "Failed to fetch"]
    page = open_page(
        address(*inside),
        before=lambda page: page.route("**/tiles/**", lambda route: route.abort()),
    )
    expect(page.locator("#toast")).to_contain_text("地图切片读取失败")
    # Answers do not depend on the picture.
    page.mouse.click(*middle(page))
    expect(page.locator('[data-pane="answer"]')).to_be_visible()


def test_tiles_whose_connection_was_cut_are_asked_for_again(
    open_page: Opener, watch: Watch, inside: Point
) -> None:
    page = open_page(address(*inside, 10))
    still(page)
    watch.allowed.append("ERR_CONNECTION_RESET")
    cut: list[str] = []

    def answer(route: Route) -> None:
        if len(cut) < 3:
            cut.append(route.request.url)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/tiles/**", answer)
    with page.expect_response("**/tiles/**"):
        page.evaluate(f"location.hash = '{address(*inside, 15)}'")
    still(page)
    expect(page.locator("#toast")).not_to_be_visible()
    assert len(cut) == 3


def test_tiles_that_were_never_built(
    open_page: Opener, watch: Watch, server: Server, inside: Point
) -> None:
    """What is missing and how it is made is said, outlines are drawn, clicks are answered."""
    watch.allowed += ["404", "map:"]
    body = {"error": {"code": "not_found", "message": "没有图块", "hint": ""}}
    page = open_page(
        address(*inside, 12),
        before=lambda page: page.route(
            "**/tiles/**", lambda route: route.fulfill(status=404, json=body)
        ),
    )
    state = page.locator("#map-state")
    expect(state).to_contain_text("地图图块还没有生成")
    expect(state).to_contain_text("python -m scripts.build_derived")
    expect(page.locator("#toast")).not_to_be_visible()
    coarsest = server.get("/api/city")[1]["levels"][0]["id"]
    assert any(f"/api/grids?level={coarsest}" in url for url in watch.requests)
    still(page)
    with page.expect_request("**/api/grids/*"):  # the outline that no tile can give
        page.mouse.click(*middle(page))
    expect(page.locator('[data-pane="answer"]')).to_be_visible()
    page.locator("#switch-language").click()
    expect(state).to_contain_text("have not been built")


def test_without_webgl_there_are_still_answers(
    open_page: Opener, server: Server, watch: Watch, inside: Point
) -> None:
    watch.allowed += ["no map", "WebGL"]
    page = open_page(before=lambda page: page.add_init_script(NO_WEBGL))
    expect(page.locator("#map-state")).to_contain_text("WebGL2")
    # What would move a map, or ask for its middle, is not offered.
    for gone in ("#zoom-in", "#whole-city", "#locate-centre"):
        expect(page.locator(gone)).to_be_hidden()
    expect(page.locator('[data-pane="overview"] .hints li')).to_have_count(1)
    keys = page.locator("#keys-body kbd").all_text_contents()
    assert not {"Q", "G", "↑"} & set(keys)
    assert {"I", "Esc"} <= set(keys)
    page.locator("#search-text").fill(f"{inside[0]}, {inside[1]}")
    page.locator("#search-text").press("Enter")
    answer = server.get(f"/api/locate?lon={inside[0]}&lat={inside[1]}")[1]
    expect(page.locator(".pane-title")).to_have_text(answer["chain"][-1]["name"])
