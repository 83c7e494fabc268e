"""Addresses in the search box: completed, looked up, chosen between, and said why not."""

from __future__ import annotations

import contextlib
import json
import re
import time
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Error, Locator, Page, Route, expect

from tests.browser.conftest import ROOT, Opener, Server, Watch, still

ROAD = "文塘路"
WORDS = {
    language: json.loads((ROOT / "static" / "i18n" / f"{language}.json").read_text("utf-8"))
    for language in ("zh", "en")
}
# Its level, and that choosing it names one grid.
DOOR = WORDS["zh"]["suggest.kind.door"] + WORDS["zh"]["suggest.one_grid"]


def typing(page: Page, text: str) -> Locator:
    """Type, and return the options once they are there."""
    page.locator("#search-text").fill(text)
    options = page.locator("#search-list .option")
    expect(options.first).to_be_visible()
    return options


def look_up(page: Page, text: str) -> None:
    """Type an address and press Enter before anything is offered."""
    page.locator("#search-text").fill(text)
    page.locator("#search-text").press("Enter")


def offered(server: Server, text: str) -> list[dict[str, Any]]:
    """Return what the API offers."""
    found: list[dict[str, Any]] = server.get(f"/api/addresses?q={quote(text)}&limit=8")[1][
        "suggestions"
    ]
    return found


def assigned(server: Server, *texts: str) -> list[dict[str, Any]]:
    """Return what the API answers."""
    body = json.dumps({"addresses": [{"text": text} for text in texts]}).encode()
    headers = {"Content-Type": "application/json", "Accept-Language": "zh"}
    request = Request(f"{server.origin}/api/addresses/assign", body, headers)
    with urlopen(request, timeout=20) as answer:
        found: list[dict[str, Any]] = json.load(answer)["results"]
    return found


@pytest.fixture(scope="module")
def door(server: Server) -> dict[str, Any]:
    """Return a door that the gazetteer has."""
    return next(one for one in offered(server, f"{ROAD}2") if one["kind"] == "door")


def of_status(server: Server, status: str, *texts: str) -> tuple[str, dict[str, Any]]:
    """Return the first of some addresses that is answered like this."""
    for text, found in zip(texts, assigned(server, *texts), strict=True):
        if found["status"] == status:
            return text, found
    pytest.fail(f"none of {texts} is {status}")


# --- what is offered -----------------------------------------------------------------------------


def test_what_is_typed_is_completed(open_page: Opener, server: Server) -> None:
    page = open_page()
    options = typing(page, f"{ROAD}2")
    wanted = offered(server, f"{ROAD}2")
    expect(options).to_have_count(len(wanted))
    # The page asks near what it shows, which may order doors of one number anew.
    assert set(options.locator(".option-name").all_inner_texts()) == {one["name"] for one in wanted}
    expect(options.first.locator("mark")).to_have_text(f"{ROAD}2")
    expect(options.first.locator(".option-kind")).to_have_text(DOOR)
    expect(page.locator("#search-hint")).to_have_text(WORDS["zh"]["suggest.enter"])


def test_the_list_is_a_combobox(open_page: Opener, door: dict[str, Any]) -> None:
    page = open_page()
    box = page.locator("#search-text")
    expect(box).to_have_attribute("aria-expanded", "false")
    options = typing(page, door["name"])
    expect(box).to_have_attribute("aria-expanded", "true")
    assert box.get_attribute("aria-controls") == "search-list"
    last = options.count() - 1
    box.press("ArrowUp")
    expect(options.nth(last)).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == options.nth(last).get_attribute("id")
    # Past the end lies the text itself, then the first.
    box.press("ArrowDown")
    expect(box).not_to_have_attribute("aria-activedescendant", re.compile("."))
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    box.press("Escape")
    expect(page.locator("#search-box")).not_to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value(door["name"])
    expect(page.locator("#panel")).to_be_visible()
    box.press("ArrowDown")
    expect(options.first).to_be_visible()
    box.press("Tab")
    expect(page.locator("#search-box")).not_to_be_visible()


def test_by_keyboard_from_letters_to_the_grid(
    open_page: Opener, server: Server, door: dict[str, Any]
) -> None:
    page = open_page()
    typing(page, door["address"])
    page.locator("#search-text").press("ArrowDown")
    page.locator("#search-text").press("Enter")
    pane = page.locator('[data-pane="answer"]')
    expect(pane).to_be_visible()
    expect(page.locator("#search-text")).to_have_value(door["address"])
    expect(page.locator("#search-box")).not_to_be_visible()
    (told,) = assigned(server, door["address"])
    assert told["grid"] == door["grid"]
    codes = pane.locator(".chain-item .code span")
    expect(codes).to_have_text([one["code"] for one in told["chain"]])
    head = pane.locator(".address-head")
    expect(head.locator(".address-text")).to_have_text(told["standard_address"])
    expect(head.locator(".address-why")).to_have_text(told["explanation"])
    expect(head.locator(".badge")).to_have_attribute("data-band", told["band"])
    expect(head.locator(".badge")).to_contain_text("高 99")
    expect(page.locator(".pin")).to_be_visible()
    page.wait_for_url(re.compile(r"[#&]p="))
    # An address says where people live: it stands in no address of the page.
    assert quote(ROAD) not in page.url


def test_a_click_chooses(open_page: Opener, door: dict[str, Any]) -> None:
    page = open_page()
    options = typing(page, door["name"])
    options.filter(
        has=page.locator(".option-name", has_text=re.compile(f"^{door['name']}$"))
    ).first.click()
    expect(page.locator(".address-head .address-text")).to_contain_text(door["name"])


def test_a_road_goes_on_to_its_doors(open_page: Opener) -> None:
    page = open_page()
    options = typing(page, ROAD)
    options.filter(
        has=page.locator(".option-kind", has_text=WORDS["zh"]["suggest.kind.road"])
    ).first.click()
    box = page.locator("#search-text")
    expect(box).to_be_focused()
    expect(page.locator("#search-hint")).to_have_text(WORDS["zh"]["suggest.go_on"])
    expect(page.locator('[data-pane="address"]')).to_have_count(0)
    box.press_sequentially("1")
    expect(options.first.locator(".option-kind")).to_have_text(DOOR)


def test_a_former_name_says_so(open_page: Opener, server: Server) -> None:
    found = [one for one in offered(server, "简城镇") if one["alias"]]
    assert len(found) > 1
    page = open_page()
    options = typing(page, "简城镇")
    expect(options).to_have_count(len(found))
    for one in found:
        option = options.filter(has=page.locator(".option-name", has_text=one["name"]))
        expect(option.locator(".option-area")).to_contain_text(
            f"{WORDS['zh']['suggest.why.former']} 简城镇"
        )


def test_an_answer_that_was_overtaken_is_dropped(open_page: Opener) -> None:
    page = open_page()
    held: list[Route] = []

    def hold(route: Route) -> None:
        typed = parse_qs(urlsplit(route.request.url).query)["q"][0]
        if typed == "三":
            held.append(route)
        else:
            route.continue_()

    page.route("**/api/addresses?*", hold)
    page.locator("#search-text").fill("三")
    until = time.monotonic() + 10
    while not held and time.monotonic() < until:
        page.wait_for_timeout(20)
    assert held
    options = typing(page, f"{ROAD}1")
    expect(options.first.locator(".option-name")).to_contain_text(ROAD)
    fake = {"suggestions": [], "gazetteer_version": "", "synthetic": ""}
    with contextlib.suppress(Error):  # the page gave it up, which is as good
        held[0].fulfill(json=fake)
    page.wait_for_timeout(200)
    expect(options.first.locator(".option-name")).to_contain_text(ROAD)


def test_nothing_found_and_nothing_answered_are_said(open_page: Opener, watch: Watch) -> None:
    watch.allowed.append("500")
    page = open_page()
    hint = page.locator("#search-hint")
    page.locator("#search-text").fill("没有这里")
    expect(hint).to_have_text(WORDS["zh"]["suggest.none"])
    body = {"error": {"code": "internal", "message": "x", "hint": ""}}
    page.route("**/api/addresses?*", lambda route: route.fulfill(status=500, json=body))
    page.locator("#search-text").fill(f"{ROAD}1")
    expect(hint).to_have_text(WORDS["zh"]["suggest.failed"])
    # The way by Enter stays open.
    page.locator("#search-text").press("Enter")
    expect(page.locator("[data-pane]").first).to_be_visible()
    expect(page.locator("#search-box")).not_to_be_visible()


# --- what is answered ----------------------------------------------------------------------------


def test_candidates_are_chosen_between_and_never_picked(open_page: Opener, server: Server) -> None:
    text, told = of_status(server, "candidates", ROAD, "平泉路", "上街")
    page = open_page()
    look_up(page, text)
    pane = page.locator('[data-pane="address"][data-status="candidates"]')
    expect(pane).to_be_visible()
    expect(pane.locator(".pane-title")).to_have_text(text)
    expect(pane.locator("ul.address-why li")).to_have_text([told["faults"][0]["sentence"]])
    pane.locator("details summary").click()
    expect(pane.locator("p.address-why")).to_have_text(told["explanation"])
    rows = pane.locator(".candidate")
    expect(rows).to_have_count(len(told["candidates"]))
    expect(page.locator(".number-mark")).to_have_text([str(i + 1) for i in range(rows.count())])
    expect(page.locator(".pin")).to_have_count(0)
    assert "p=" not in page.url
    # The address of the page shows the same to whoever opens it.
    link = page.url
    assert quote(text) in link
    page.evaluate("location.hash = '#z=12&c=104.5,30.4'")
    expect(page.locator(".number-mark")).to_have_count(0)
    page.evaluate("(link) => { location.href = link; }", link)
    expect(page.locator(".number-mark")).to_have_count(len(told["candidates"]))
    second = told["candidates"][1]
    expect(rows.nth(1)).to_contain_text(second["name"])
    rows.nth(1).click()
    page.wait_for_url(re.compile(r"[#&]p="))
    assert quote(text) not in page.url  # what is settled is a place
    head = page.locator(".address-head")
    expect(head.locator(".badge")).to_have_text(WORDS["zh"]["address.picked"])
    codes = page.locator(".chain-item .code span, [data-pane=grid] .code span")
    expect(codes.last).to_have_text(second["grid"])
    expect(page.locator(".number-mark")).to_have_count(0)


def test_a_mark_on_the_map_chooses_too(open_page: Opener, server: Server) -> None:
    text, told = of_status(server, "candidates", "人民路12号", ROAD, "平泉路", "上街")
    # Legend and time bar stand over the map, but over none of the candidates.
    page = open_page("#t=rates:all:per_km2@general;2026-01-01..2026-05-01", width=1366, height=768)
    expect(page.locator("#timebar")).to_be_visible()
    look_up(page, text)
    expect(page.locator(".number-mark").first).to_be_visible()
    still(page)
    for mark in page.locator(".number-mark").all():
        mark.click(trial=True)
    page.locator(".number-mark").first.click()
    codes = page.locator(".chain-item .code span, [data-pane=grid] .code span")
    expect(codes.last).to_have_text(told["candidates"][0]["grid"])


@pytest.mark.parametrize(
    ("status", "texts"),
    [
        ("area_only", ("简城街道", "三合镇利木村")),
        ("outside", ("武侯区天府大道1号", "遂宁市射洪市太和街道1号")),
        ("conflict", (f"三合镇{ROAD}12号", f"平武镇{ROAD}10号")),
        ("none", ("胡说八道", "这是什么")),
    ],
)
def test_what_has_no_grid_is_said_in_words(
    open_page: Opener, server: Server, status: str, texts: tuple[str, ...]
) -> None:
    text, told = of_status(server, status, *texts)
    page = open_page()
    look_up(page, text)
    pane = page.locator(f'[data-pane="address"][data-status="{status}"]')
    expect(pane.locator(".badge")).to_have_text(WORDS["zh"][f"address.status.{status}"])
    why = pane.locator(".address-why" if not told["candidates"] else "p.address-why")
    expect(why).to_have_text(told["explanation"])
    expect(pane.locator(".note li").first).to_be_visible()
    expect(page.locator(".pin")).to_have_count(0)
    page.locator("#switch-language").click()
    expect(pane.locator(".badge")).to_have_text(WORDS["en"][f"address.status.{status}"])
    assert not re.search(r"[\u4e00-\u9fff]", pane.locator(".note").inner_text())


def test_a_click_takes_the_answer_away(open_page: Opener, server: Server) -> None:
    text, _ = of_status(server, "candidates", ROAD, "平泉路", "上街")
    page = open_page()
    look_up(page, text)
    expect(page.locator(".number-mark").first).to_be_visible()
    page.locator("#close-panel").click()
    expect(page.locator(".number-mark")).to_have_count(0)


def test_an_incident_at_an_address_has_the_address(open_page: Opener, door: dict[str, Any]) -> None:
    page = open_page()
    look_up(page, door["address"])
    page.locator("[data-report]").click()
    expect(page.locator('.report input[name="address"]')).to_have_value(re.compile(door["name"]))


def test_the_server_says_why_it_does_not_answer(
    open_page: Opener, watch: Watch, door: dict[str, Any]
) -> None:
    watch.allowed += ["413", "503"]
    page = open_page()
    body = {"error": {"code": "too_large", "message": "太长了", "hint": "短一点"}}
    page.route("**/api/addresses/assign", lambda route: route.fulfill(status=413, json=body))
    look_up(page, door["address"])
    expect(page.locator('#search-message[data-kind="bad"]')).to_contain_text("短一点")
    page.unroute("**/api/addresses/assign")
    body = {"error": {"code": "gazetteer_unusable", "message": "标准地址库不可用", "hint": ""}}
    page.route("**/api/addresses/assign", lambda route: route.fulfill(status=503, json=body))
    look_up(page, door["address"])
    expect(page.locator('[data-pane="failure"]')).to_contain_text("标准地址库不可用")
    page.unroute("**/api/addresses/assign")
    page.locator("[data-retry]").click()
    expect(page.locator('[data-pane="answer"]')).to_be_visible()


# --- a city without a gazetteer, other sizes -----------------------------------------------------


def test_without_a_gazetteer_the_box_takes_what_it_took(open_page: Opener, watch: Watch) -> None:
    def bare(route: Route) -> None:
        route.fulfill(json=route.fetch().json() | {"gazetteer": ""})

    page = open_page(before=lambda page: page.route("**/api/city", bare))
    box = page.locator("#search-text")
    expect(box).to_have_attribute("placeholder", WORDS["zh"]["search.placeholder_point"])
    look_up(page, f"简城街道{ROAD}12号")
    expect(page.locator("#search-message")).to_contain_text("经度, 纬度")
    expect(page.locator("#search-message")).not_to_contain_text("地址")
    assert not [url for url in watch.requests if "/api/addresses" in url]


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_on_a_telephone_nothing_is_cut(open_page: Opener, color_scheme: Any) -> None:
    page = open_page(width=360, height=720, color_scheme=color_scheme)
    options = typing(page, f"{ROAD}1")
    for box in (page.locator("#search-box"), options.first, page.locator("#search-hint")):
        found = box.bounding_box()
        assert found is not None
        assert found["x"] >= 0
        assert found["x"] + found["width"] <= 360
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    options.first.click()
    expect(page.locator(".address-head")).to_be_visible()
