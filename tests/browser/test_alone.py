"""Without a pointer: an incident by keys alone from the first page to its end, and a wall."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watch, still
from tests.browser.desk import DeskServer
from tests.browser.pages import (
    SETTLED_MS,
    Opener,
    Point,
    apart,
    here,
    live,
    open_numbers,
    row,
    sheet,
    status,
)

# tests/js/keys.test.mjs and tests/browser/test_page.py have keys, too.
pytestmark = pytest.mark.slow

# The smallest type on a wall, pixels: what stands in its panel and on its board.
LEAST_PX = 16


@pytest.fixture
def watch(desk: DeskServer) -> Watch:
    """Return the record of the pages of one test."""
    return Watch(desk.origin)


def move(page: Page, name: str) -> None:
    """Press the key of a move, once the page takes it for the one that is seen."""
    button = page.locator(f'[name="move-{name}"]')
    expect(button).to_be_enabled()
    page.wait_for_timeout(SETTLED_MS)
    page.keyboard.press(button.get_attribute("data-key") or "")


def test_by_keys_from_the_first_page_to_a_closed_incident(
    open_desk: Opener, desk: DeskServer, inside: Point
) -> None:
    page = live(open_desk(here(apart(inside, -8), zoom=17), width=900, height=650))
    still(page)
    page.evaluate(
        """() => {
          window.__pointed = 0;
          addEventListener("pointerdown", () => { window.__pointed += 1; }, true);
        }"""
    )
    press = page.keyboard.press
    press("q")
    expect(page.locator('[data-pane="answer"]')).to_be_visible()
    press("r")
    form = page.locator(".report")
    expect(form.locator('[name="hazard"]')).to_be_focused()
    press("ArrowDown")
    press("Tab")
    press("ArrowRight")
    press("Tab")
    expect(form.locator('[name="title"]')).to_be_focused()
    page.keyboard.type("键盘上报的事件")
    press("Enter")
    expect(status(page)).to_have_text("已采集")
    number = sheet(page).get_attribute("data-number")
    note = page.locator('.composer [name="note"]')
    move(page, "file")
    expect(status(page)).to_have_text("已立案")
    move(page, "dispatch")
    expect(page.locator(".choice-row :checked")).to_have_count(1)
    press("c")
    expect(note).to_be_focused()
    press("Control+Enter")
    expect(status(page)).to_have_text("已派遣")
    expect(note).to_be_focused()
    press("Escape")
    move(page, "accept")
    expect(status(page)).to_have_text("处置中")
    move(page, "report_back")
    expect(note).to_be_focused()
    page.keyboard.type("已处置")
    press("Control+Enter")
    expect(status(page)).to_have_text("已反馈")
    expect(note).to_be_focused()
    press("Escape")
    move(page, "verify")
    expect(status(page)).to_have_text("已核查")
    move(page, "close")
    expect(status(page)).to_have_text("已结案")
    told = desk.get(f"/api/incidents/{number}")
    assert (told["status"], told["severity"], told["title"]) == ("closed", 3, "键盘上报的事件")
    assert page.evaluate("window.__pointed") == 0


def test_a_wall_follows_by_itself_in_large_type(
    open_desk: Opener, desk: DeskServer, inside: Point
) -> None:
    place = apart(inside, -9)
    for n in range(6):
        desk.report(place[0], place[1] + n / 1000, hazard="other", title=f"墙上的事件{n}")
    page = live(
        open_desk(
            f"?wall=1{here(place, zoom=15)}",
            height=700,
            color_scheme="dark",
            before=lambda one: one.clock.install(),
        )
    )
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    for control in (".rail", "#search", ".inc-filters", "#timebar", "#close-panel", "#tab-place"):
        expect(page.locator(control)).to_be_hidden()
    figure = page.locator('.wall-figures [data-kind="open"]')
    count = len(open_numbers(desk))
    expect(figure).to_have_attribute("data-n", str(count))
    pins = page.locator("html").get_attribute("data-pins")
    assert pins
    # It is told of a grave one, and nobody touches it.
    number = desk.report(*place, hazard="fire", severity=4, title="墙上的新事件")["number"]
    expect(figure).to_have_attribute("data-n", str(count + 1))
    expect(row(page, number)).to_be_visible()
    first = page.locator('.inc-row[data-index="0"]')
    expect(first).to_have_attribute("data-number", number)
    expect(page.locator("html")).to_have_attribute("data-pins", str(int(pins) + 1))
    small = page.evaluate(
        """(least) => [...document.querySelectorAll(".wall *, .panel *")]
          .filter((one) => one.checkVisibility() && !one.closest(".hidden")
            && [...one.childNodes].some((text) => text.nodeType === 3 && text.data.trim())
            && parseFloat(getComputedStyle(one).fontSize) * one.currentCSSZoom < least)
          .map((one) => `${one.className} ${one.textContent}`)""",
        LEAST_PX,
    )
    assert small == []
    # What does not fit is turned to, page by page.
    box = page.locator(".inc-scroll")
    box.evaluate("(one) => one.addEventListener('scroll', () => { one.dataset.turned = ''; })")
    page.clock.fast_forward(15_500)
    expect(box).to_have_attribute("data-turned", "")
    grave: list[Any] = []
    for theme in ("dark", "light"):
        grave += [
            (theme, one["id"], [node["html"][:120] for node in one["nodes"]][:3])
            for one in Axe().run(page).response["violations"]
            if one["impact"] in {"serious", "critical"}
        ]
        page.keyboard.press("t")
    assert grave == []
    desk.move(number, "reject", note="测试")
    expect(row(page, number)).to_have_count(0)
    expect(figure).to_have_attribute("data-n", str(count))
