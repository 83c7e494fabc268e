"""Incidents in the page: reported, seen by everybody at once, moved, and lost by none."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from app.grids import City
from tests.browser.conftest import Watch, middle, still
from tests.browser.desk import DeskServer
from tests.browser.pages import (
    FAR,
    SETTLED_MS,
    Opener,
    Point,
    apart,
    here,
    list_of,
    live,
    open_numbers,
    row,
    see,
    sheet,
    status,
)
from tests.incidents.pictures import SECRET, jpeg, position

# Tones that the page plays.
COUNT_TONES = """
  window.__tones = 0;
  const make = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function () {
    window.__tones += 1;
    return make.call(this);
  };
"""


@pytest.fixture
def watch(desk: DeskServer) -> Watch:
    """Return the record of the pages of one test."""
    return Watch(desk.origin)


def test_a_report_from_a_click_appears_on_another_screen(
    open_desk: Opener, desk: DeskServer, inside: Point
) -> None:
    other = list_of(live(open_desk()))
    page = live(open_desk(here(inside)))
    still(page)
    page.mouse.click(*middle(page))
    page.click("[data-report]")
    page.select_option('.report [name="hazard"]', "fire.building")
    page.check('.report [name="severity"][value="3"]', force=True)
    page.fill('.report [name="title"]', "楼道堆放杂物<b>")
    page.fill('.report [name="description"]', "三单元\n一楼")
    moved_and_translated(page)
    page.fill('.report [name="reporter_name"]', "演示群众")
    page.fill('.report [name="reporter_contact"]', "000-0000-0001")
    page.click('[name="send"]')
    expect(sheet(page)).to_be_visible()
    number = sheet(page).get_attribute("data-number")
    assert number
    # The other screen was not touched.
    expect(row(other, number)).to_contain_text("楼道堆放杂物<b>")
    expect(other.locator("#live")).to_contain_text("楼道堆放杂物<b>")
    expect(other.locator("#incident-count")).to_have_text(str(len(open_numbers(desk))))
    # The reporter sees who should go, the place, and what the address keeps.
    expect(sheet(page).locator(".offer").first).to_contain_text("微网格长")
    expect(sheet(page).locator(".inc-chain li")).to_have_count(4)
    assert f"&i={number}" in page.url
    # Personal fields are seen by who asks for them only.
    expect(page.locator("body")).not_to_contain_text("000-0000-0001")
    page.click('[name="contact"]')
    expect(page.locator("[data-contact]")).to_have_text("演示群众 · 000-0000-0001")
    told = desk.get(f"/api/incidents/{number}")
    assert (told["hazard"], told["severity"], told["description"]) == (
        "fire.building",
        3,
        "三单元\n一楼",
    )
    assert abs(told["lon"] - inside[0]) < 1e-4
    assert abs(told["lat"] - inside[1]) < 1e-4


def moved_and_translated(page: Page) -> None:
    """A click moves the report, which can be taken back; another language turns to nothing."""
    spot = page.locator(".report-spot")
    before = spot.inner_text()
    x, y = middle(page)
    page.mouse.click(x - 120, y + 90)
    expect(spot).not_to_have_text(before)
    page.get_by_role("button", name="移回原处").click()
    expect(spot).to_have_text(before, use_inner_text=True)
    for title in ("Report an incident", "上报事件"):
        with page.expect_response("**/api/locate?**"):
            page.click("#switch-language")
        expect(page.locator('[data-pane="report"] .pane-title')).to_have_text(title)
        expect(page.locator('.report [name="title"]')).to_have_value("楼道堆放杂物<b>")
        expect(page.locator("#tab-incidents")).to_have_attribute("aria-selected", "true")


def test_a_whole_life_by_buttons(open_desk: Opener, desk: DeskServer, inside: Point) -> None:
    number = desk.report(*inside, hazard="gas.appliance", title="胶管老化")["number"]
    page = live(open_desk(f"#i={number}"))
    expect(status(page)).to_have_text("已采集")
    # A key that is held makes one move, not one after the other.
    page.wait_for_timeout(SETTLED_MS)
    page.locator("#tab-incidents").focus()
    page.keyboard.down("1")
    expect(status(page)).to_have_text("已立案")
    page.keyboard.down("1")
    page.wait_for_timeout(SETTLED_MS)
    page.keyboard.down("1")
    page.keyboard.up("1")
    expect(page.locator(".choice")).to_have_count(0)
    page.click('[name="move-dispatch"]')
    chosen = page.locator(".choice-row:has(:checked)")
    expect(chosen).to_have_count(1)
    page.locator('.choice-row input[value="1"]').check()
    named = page.locator(".choice-row:has(:checked) strong").inner_text()
    page.click('[name="confirm"]')
    expect(status(page)).to_have_text("已派遣")
    expect(sheet(page).locator(".inc-assignee")).to_contain_text(named)
    page.click('[name="move-accept"]')
    expect(status(page)).to_have_text("处置中")
    # Who sent it may send it to another; nothing takes the beginning of the work back.
    expect(page.locator("#toast")).to_contain_text("派错了？改派")
    expect(page.locator("#toast")).not_to_contain_text("上报上级")
    # A move that wants a reason says so where the reason is written.
    page.click('[name="move-report_back"]')
    expect(page.locator("#composer-wants")).to_contain_text("反馈")
    expect(status(page)).to_have_text("处置中")
    page.fill('.composer [name="note"]', "已更换胶管")
    page.click('[name="move-report_back"]')
    expect(status(page)).to_have_text("已反馈")
    page.click('[name="move-verify"]')
    expect(status(page)).to_have_text("已核查")
    page.fill('.composer [name="note"]', "回访满意")
    page.click('[name="comment"]')
    expect(sheet(page).locator(".timeline-note").first).to_have_text("回访满意")
    page.click('[name="move-close"]')
    expect(status(page)).to_have_text("已结案")
    expect(sheet(page).locator(".timeline-item")).to_have_count(8)
    moves = [one["move"] for one in desk.get(f"/api/incidents/{number}/history")["events"]]
    steps = ["file", "dispatch", "accept", "report_back", "verify", None, "close"]
    assert moves == [None, *steps]
    page.click(".inc-bar [name=back]")
    expect(page.locator(".inc-list")).to_be_visible()
    expect(row(page, number)).to_have_count(0)
    page.select_option('.inc-filters [name="status"]', "over")
    expect(row(page, number)).to_be_visible()
    # Those that are over are no part of those that are open.
    expect(page.locator(".inc-count span")).not_to_contain_text("/")


def test_who_was_slower_sees_what_the_other_did_and_keeps_the_text(
    open_desk: Opener, desk: DeskServer, watch: Watch, inside: Point
) -> None:
    watch.allowed.append("409")
    number = desk.report(*apart(inside, 2), title="灶具无熄火保护")["number"]
    slow = open_desk(f"#i={number}", before=lambda one: one.route("**/stream*", hang))
    fast = live(open_desk(f"#i={number}"))
    slow.fill('.composer [name="note"]', "重复上报，不立案")
    fast.click('[name="move-file"]')
    expect(status(fast)).to_have_text("已立案")
    expect(status(slow)).to_have_text("已采集")
    slow.click('[name="move-reject"]')
    expect(slow.locator("[data-conflict]")).to_contain_text("立案")
    expect(status(slow)).to_have_text("已立案")
    expect(slow.locator('.composer [name="note"]')).to_have_value("重复上报，不立案")
    assert desk.get(f"/api/incidents/{number}")["status"] == "filed"
    slow.click('[name="move-reject"]')
    expect(status(slow)).to_have_text("不予立案")
    # The other screen follows by itself, and says so.
    expect(status(fast)).to_have_text("不予立案")
    expect(fast.locator("[data-conflict]")).to_contain_text("不予立案")
    expect(fast.locator("#live")).to_have_text("另一位用户先一步处理了这件事件。")


def hang(route: Any) -> None:
    """Answer nothing: what is asked stays open."""


def test_what_is_typed_survives_what_others_do(
    open_desk: Opener, desk: DeskServer, inside: Point
) -> None:
    number = desk.report(*apart(inside, 3))["number"]
    page = live(open_desk(f"#i={number}"))
    box = page.locator('.composer [name="note"]')
    box.click()
    page.keyboard.type("现场")
    desk.post(f"/api/incidents/{number}/comments", {"note": "旁人备注"})
    expect(sheet(page).locator(".timeline-note")).to_have_text("旁人备注")
    page.keyboard.type("无人")
    expect(box).to_have_value("现场无人")
    expect(box).to_be_focused()
    # It also survives a look at the list; the first Escape only leaves the box.
    page.keyboard.press("Escape")
    expect(sheet(page).locator(".pane-title")).to_be_focused()
    page.keyboard.press("Escape")
    row(page, number).click()
    expect(box).to_have_value("现场无人")


def test_filters_narrow_list_and_map(
    open_desk: Opener, desk: DeskServer, inside: Point, elsewhere: Point
) -> None:
    lon, lat = apart(inside, 4)
    near = desk.report(lon, lat, hazard="drowning", severity=4, title="警示牌倒伏")["number"]
    away = desk.report(lon + 2 * FAR, lat, hazard="drowning", severity=1, title="救生圈缺失")
    desk.report(*inside, hazard="other", title="市内的事件")
    page = list_of(live(open_desk(here((lon, lat), zoom=17))))
    total = len(open_numbers(desk))
    expect(page.locator(".inc-count")).to_contain_text(f"{total} / {total}")
    page.select_option('.inc-filters [name="hazard"]', "drowning")
    expect(page.locator(".inc-count")).to_contain_text(f"2 / {total}")
    page.select_option('.inc-filters [name="order"]', "-severity")
    expect(page.locator(".inc-row").first).to_have_attribute("data-number", near)
    page.locator('.inc-filters [name="inView"]').check(force=True)
    expect(row(page, away["number"])).to_have_count(0)
    expect(row(page, near)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-pins", "1")
    page.locator('.inc-filters [name="inView"]').uncheck(force=True)
    page.select_option('.inc-filters [name="severity"]', "4")
    expect(page.locator(".inc-count")).to_contain_text(f"1 / {total}")
    # The address holds them, and that the list is seen.
    assert "&f=hazard:drowning;severity:4;order:-severity&tab=incidents" in page.url
    page.click('[name="sound"]')
    page.reload()
    page.wait_for_selector("html[data-ready]")
    expect(page.locator(".inc-count")).to_contain_text(f"1 / {total}")
    # So does the browser that somebody wants to hear of new ones.
    expect(page.locator('[name="sound"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator('.inc-filters [name="hazard"]')).to_have_value("drowning")
    expect(row(page, near)).to_be_visible()
    page.fill('.inc-filters [name="text"]', "没有这样的事件")
    expect(page.locator(".inc-empty")).to_contain_text("没有符合条件的事件")
    page.click(".inc-empty button")
    expect(page.locator(".inc-count")).to_contain_text(f"{total} / {total}")
    # Of one town there are as many as the server says; what has no place is counted, and listed.
    town = desk.get(f"/api/locate?lon={inside[0]}&lat={inside[1]}")["chain"][0]["code"]
    count = desk.get(f"/api/incidents?status=open&grid={town}&limit=1")["total"]
    page.select_option('.inc-filters [name="grid"]', town)
    expect(page.locator(".inc-count")).to_contain_text(f"{count} / {total}")
    lost = desk.post("/api/incidents", {"hazard": "other", "title": "没有位置的事件"})["incident"]
    away = desk.report(*elsewhere, hazard="other", title="市外的事件")
    for kind, one in (("unlocated", lost), ("outside", away)):
        known = desk.get(f"/api/incidents?status=open&location_status={kind}&limit=1")["total"]
        corner = page.locator(f'[data-lost="{kind}"]')
        expect(corner).to_have_attribute("data-n", str(known))
        corner.click()
        expect(row(page, one["number"])).to_be_visible()
        expect(page.locator(".inc-count")).to_contain_text(f"{known} / {total + 2}")


def test_a_sign_on_the_map_opens_its_incident(
    open_desk: Opener, desk: DeskServer, inside: Point
) -> None:
    lon, lat = apart(inside, 5)
    number = desk.report(lon, lat, hazard="geological", title="边坡开裂")["number"]
    page = live(open_desk(here((lon, lat))))
    expect(page.locator("html")).to_have_attribute("data-pins", "1")
    still(page)
    page.mouse.click(*middle(page))
    expect(sheet(page)).to_have_attribute("data-number", number)
    fallen_apart(page, desk, (lon, lat + 0.03))
    page.evaluate("(hash) => { location.hash = hash; }", here((lon, lat), number))
    expect(sheet(page)).to_have_attribute("data-number", number)
    # Switched off, the same click asks for the place.
    page.click("#open-layers")
    page.uncheck('[name="layer-incidents"]')
    page.click('[data-close="layers"]')
    page.click(".inc-bar [name=back]")
    still(page)
    page.mouse.click(*middle(page))
    expect(page.locator('[data-pane="answer"]')).to_be_visible()


def fallen_apart(page: Page, desk: DeskServer, place: Point) -> None:
    """Signs that would lie on each other are one disc; a click goes on until they do not."""
    lon, lat = place
    # 77 m from each other: together up to zoom 14.
    corners = [(lon, lat + 0.0004), (lon - 0.0004, lat - 0.0002), (lon + 0.0004, lat - 0.0002)]
    numbers = [
        desk.report(*at, hazard="other", title=f"相邻的事件{n}")["number"]
        for n, at in enumerate(corners)
    ]
    page.evaluate("(hash) => { location.hash = hash; }", here(place, zoom=13.5))
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator("html")).to_have_attribute("data-pins", "3")
    still(page)
    page.mouse.click(*middle(page))
    page.wait_for_url(re.compile(r"#z=15\.20&"))
    expect(page.locator("#panel")).to_be_hidden()  # it was no question
    page.evaluate("(hash) => { location.hash = hash; }", here(corners[1], zoom=15.2))
    page.wait_for_function("(lon) => location.hash.includes(lon)", arg=f"{corners[1][0]:.5f}")
    still(page)
    page.mouse.click(*middle(page))
    expect(sheet(page)).to_have_attribute("data-number", numbers[1])


def test_of_incidents_at_one_place_each_can_be_opened(
    open_desk: Opener, desk: DeskServer, inside: Point
) -> None:
    """However close one comes they are one disc, which offers them, the gravest first."""
    lon, lat = apart(inside, 20)
    made = {
        grave: desk.report(lon, lat, hazard=hazard, severity=grave, title=f"同址{grave}")["number"]
        for grave, hazard in ((1, "other"), (3, "fire"), (2, "gas.leak"))
    }
    beside = desk.report(lon + 0.0003, lat, hazard="drowning", severity=4, title="旁边")["number"]
    page = live(open_desk(here((lon, lat), zoom=18.5)))
    expect(page.locator("html")).to_have_attribute("data-pins", "4")
    still(page)
    page.mouse.click(*middle(page))
    menu = page.locator("#place-menu")
    expect(menu).to_have_attribute("aria-label", "这里有 3 起事件")
    expect(menu.locator("[role=menuitem]")).to_have_text(["同址3", "同址2", "同址1"])
    expect(menu.locator("[role=menuitem]").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(sheet(page)).to_have_attribute("data-number", made[2])
    # What lies beside is what is clicked.
    page.evaluate("(hash) => { location.hash = hash; }", here((lon + 0.0003, lat), zoom=18.5))
    still(page)
    page.mouse.click(*middle(page))
    expect(sheet(page)).to_have_attribute("data-number", beside)


def test_possible_duplicates_are_shown_while_typing_and_merged_by_hand(
    open_desk: Opener, desk: DeskServer, inside: Point
) -> None:
    lon, lat = apart(inside, 6)
    first = desk.report(lon, lat, title="燃气味很重")["number"]
    page = live(open_desk(here((lon, lat), zoom=18)))
    page.click("#open-layers")
    page.uncheck('[name="layer-incidents"]')
    page.click('[data-close="layers"]')
    still(page)
    page.mouse.click(*middle(page))
    page.click("[data-report]")
    page.select_option('.report [name="hazard"]', "gas.leak")
    expect(page.locator(f'.dup[data-number="{first}"]')).to_contain_text("燃气味很重")
    page.fill('.report [name="title"]', "有燃气味")
    page.keyboard.press("Enter")
    expect(sheet(page)).to_contain_text("可能与 1 件未结事件重复")
    second = sheet(page).get_attribute("data-number")
    page.click('[name="move-merge"]')
    page.check(f'[name="into"][value="{first}"]')
    page.click('[name="confirm"]')
    expect(status(page)).to_have_text("已并案")
    sheet(page).get_by_role("button", name=first).first.click()
    expect(sheet(page)).to_have_attribute("data-number", first)
    expect(sheet(page).locator(".inc-merged")).to_have_text(str(second))
    # Neither what is new nor a word of somebody else takes the way back away.
    desk.report(*apart(inside, 15), title="新来的事件")
    expect(page.locator("#toast")).to_contain_text("新来的事件")
    desk.post(f"/api/incidents/{second}/comments", {"note": "旁人备注"})
    page.locator("#toast").get_by_role("button", name="误操作？重新立案").click()
    expect(page.locator("#toast")).to_contain_text(f"{second} 已撤回")
    assert desk.get(f"/api/incidents/{second}")["status"] == "filed"


def test_the_keyboard_reaches_everything(
    open_desk: Opener, desk: DeskServer, city: City, inside: Point
) -> None:
    numbers = [desk.report(*apart(inside, 7), title=f"第{one}件")["number"] for one in "甲乙丙"]
    page = live(open_desk())
    page.focus("#tab-place")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-incidents")).to_be_focused()
    expect(row(page, numbers[2])).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.locator(".inc-row:focus").count():
            break
    expect(row(page, numbers[2])).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(row(page, numbers[1])).to_be_focused()
    page.keyboard.press("Enter")
    expect(sheet(page)).to_have_attribute("data-number", numbers[1])
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.locator('[name="move-file"]:focus').count():
            break
    page.keyboard.press("Enter")
    expect(status(page)).to_have_text("已立案")
    # The button is gone, the focus is not lost; what wants a reason leads to where it is written.
    expect(sheet(page).locator(".pane-title")).to_be_focused()
    page.wait_for_timeout(SETTLED_MS)
    page.keyboard.press(page.locator('[name="move-reject"]').get_attribute("data-key") or "")
    expect(page.locator('.composer [name="note"]')).to_be_focused()
    page.keyboard.type("重复")
    page.keyboard.press("Control+Enter")
    expect(status(page)).to_have_text("不予立案")
    page.click('[name="move-reopen"]')
    page.keyboard.type("误操作")
    page.keyboard.press("Control+Enter")
    expect(status(page)).to_have_text("已立案")
    page.focus("#open-layers")
    page.keyboard.press("?")
    page.keyboard.press("Escape")
    expect(page.locator("#open-layers")).to_be_focused()
    page.locator(".inc-bar [name=back]").focus()
    page.keyboard.press("Escape")
    expect(row(page, numbers[1])).to_be_focused()
    # What the map shows, as tables, whose rows open what they name.
    page.keyboard.press("g")
    page.keyboard.press("v")
    tables = page.locator("#seen table")
    expect(tables.first.locator("tbody tr")).to_have_count(len(city.layer(city.levels[0].id)))
    link = tables.last.get_by_role("button", name=numbers[0])
    link.press("Enter")
    expect(sheet(page)).to_have_attribute("data-number", numbers[0])
    page.keyboard.press("Escape")
    expect(page.locator("#seen")).to_be_hidden()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()


def test_a_link_opens_its_incident_in_english_and_dark(
    open_desk: Opener, desk: DeskServer, inside: Point
) -> None:
    number = desk.report(*apart(inside, 8), severity=4)["number"]
    page = live(open_desk(f"#i={number}", locale="en-GB", color_scheme="dark"))
    expect(status(page)).to_have_text("Reported")
    expect(sheet(page)).to_contain_text("Gas leak · Very grave")
    expect(page.locator("#feed-state")).to_have_text("Live")
    expect(page.locator('[name="move-file"]')).to_have_text("File")
    words = sheet(page).locator("h3, button, legend, .inc-due").all_inner_texts()
    grids = "".join(one["name"] for one in desk.get(f"/api/incidents/{number}")["place"]["chain"])
    foreign = [one for one in words if any("一" <= c <= "鿿" and c not in grids for c in one)]
    assert foreign == []
    page.click("#switch-language")
    expect(status(page)).to_have_text("已采集")
    expect(page.locator("#tab-incidents")).to_contain_text("事件")


@pytest.mark.slow
def test_a_stopped_server_costs_no_event(
    open_desk: Opener, desk: DeskServer, watch: Watch, inside: Point
) -> None:
    watch.allowed += ["ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED", "ERR_EMPTY_RESPONSE"]
    watch.allowed += ["ERR_CONNECTION_RESET", "ERR_NETWORK", "ERR_SOCKET"]
    page = list_of(live(open_desk()))
    desk.stop()
    expect(page.locator("#feed-state")).to_have_attribute("data-state", "reconnecting")
    desk.start()
    number = desk.report(*apart(inside, 9), title="重启后的事件")["number"]
    live(page)
    expect(row(page, number)).to_be_visible()
    # The server knows nothing of the page's token any more; a write goes through all the same.
    watch.allowed.append("403")
    row(page, number).click()
    page.click('[name="move-file"]')
    expect(status(page)).to_have_text("已立案")


@pytest.mark.slow
def test_where_streams_are_blocked_changes_are_asked_for(
    open_desk: Opener, desk: DeskServer, watch: Watch, inside: Point
) -> None:
    watch.allowed.append("ERR_FAILED")
    block = "**/api/incidents/stream*"
    asked: list[str] = []

    def prepare(one: Page) -> None:
        one.route(block, lambda route: route.abort())
        one.on("request", lambda request: asked.append(request.url))

    page = open_desk(before=prepare)
    list_of(page)
    expect(page.locator("#feed-state")).to_have_attribute("data-state", "polling")
    # Where the feed stands is learnt without asking for every incident.
    assert not [url for url in asked if "-180" in url]
    assert [url for url in asked if "limit=1" in url]
    number = desk.report(*apart(inside, 10), title="轮询看到的事件")["number"]
    expect(row(page, number)).to_be_visible()
    page.unroute(block)
    page.evaluate("dispatchEvent(new Event('online'))")
    live(page)
    desk.move(number, "reject", note="测试")
    expect(row(page, number)).to_have_count(0)


def test_a_page_that_nobody_sees_goes_on_asking(
    open_desk: Opener, desk: DeskServer, inside: Point
) -> None:
    def prepare(one: Page) -> None:
        one.clock.install()
        one.add_init_script(COUNT_TONES)

    page = list_of(live(open_desk(before=prepare)))
    title = page.title()
    sound = page.locator('[name="sound"]')
    expect(sound).to_have_attribute("aria-pressed", "false")
    see(page, hidden=True)
    page.clock.fast_forward(61_000)
    state = page.locator("#feed-state")
    expect(state).to_have_attribute("data-state", "polling")
    number = desk.report(*apart(inside, 16), title="无人看见时的事件")["number"]
    page.clock.fast_forward(31_000)
    expect(page).to_have_title(f"(1) {title}")
    expect(row(page, number)).to_be_visible()
    expect(state).to_have_attribute("data-state", "polling")
    see(page, hidden=False)
    expect(page).to_have_title(title)
    live(page)
    # With the sound on it stays connected.
    assert page.evaluate("window.__tones") == 0
    sound.click()
    see(page, hidden=True)
    page.clock.fast_forward(61_000)
    expect(state).to_have_attribute("data-state", "live")
    chosen = page.evaluate("window.__tones")  # one hears what was chosen
    assert chosen > 0
    desk.report(*apart(inside, 17), title="听得见的事件")
    expect(page).to_have_title(f"(1) {title}")
    assert page.evaluate("window.__tones") > chosen


def test_thousands_are_a_list_that_scrolls(
    open_desk: Opener, desk: DeskServer, inside: Point
) -> None:
    lon, lat = apart(inside, 11)
    made = [desk.report(lon, lat, hazard="other", title=f"事件{i}")["number"] for i in range(150)]
    page = list_of(live(open_desk()))
    expect(row(page, made[-1])).to_be_visible()
    assert page.locator(".inc-row").count() < 40
    row(page, made[-1]).focus()
    page.keyboard.press("End")
    first = open_numbers(desk)[-1]
    expect(row(page, first)).to_be_focused()


def test_photos_are_added_shown_and_refused_and_their_place_is_offered(
    open_desk: Opener, desk: DeskServer, watch: Watch, inside: Point, tmp_path: Path
) -> None:
    watch.allowed.append("400")
    number = desk.report(*inside)["number"]
    page = live(open_desk(f"#i={number}"))
    good, bad = tmp_path / "good.jpg", tmp_path / "bad.jpg"
    lon, lat = inside[0] + 0.001, inside[1]
    good.write_bytes(jpeg(gps=position(lon, lat)))
    bad.write_bytes(b"no picture")
    page.set_input_files('[name="photo"]', good)
    photo = sheet(page).locator(".photos img")
    expect(photo).to_have_count(1)
    expect(photo).to_have_js_property("naturalWidth", 60)
    page.click('[name="use-place"]')
    expect(page.locator('[name="use-place"]')).to_have_count(0)
    expect(sheet(page).locator(".timeline-note").first).to_have_text("采用照片记录的位置")
    assert abs(desk.get(f"/api/incidents/{number}")["lon"] - lon) < 1e-6
    page.set_input_files('[name="photo"]', bad)
    expect(page.locator(".photo-fault .note")).to_contain_text("bad.jpg")
    expect(page.locator('[name="photos-again"]')).to_have_count(0)
    expect(photo).to_have_count(1)
    dropped = tmp_path / "dropped.jpg"
    dropped.write_bytes(jpeg(90, 60, gps=position(lon, lat)))
    pasted_and_dropped(page, dropped)
    kept = desk.get(f"/api/incidents/{number}")["photos"]
    assert len(kept) == 3
    for one in kept:
        with urlopen(desk.origin + one["image"]) as answer:
            data = answer.read()
        assert SECRET not in data
        with Image.open(BytesIO(data)) as image:
            assert dict(image.getexif()) == {}
            assert image.size in {(60, 40), (30, 20), (90, 60)}


def pasted_and_dropped(page: Page, file: Path) -> None:
    """A picture from the clipboard, and a file that is dropped onto the panel."""
    photo = sheet(page).locator(".photos img")
    page.evaluate(
        """async () => {
          const canvas = new OffscreenCanvas(30, 20);
          const pen = canvas.getContext("2d");
          pen.fillStyle = "green";
          pen.fillRect(0, 0, 30, 20);
          const image = await canvas.convertToBlob({ type: "image/png" });
          await navigator.clipboard.write([new ClipboardItem({ "image/png": image })]);
        }"""
    )
    page.keyboard.press("Control+V")
    expect(photo).to_have_count(2)
    box = page.locator("#panel").bounding_box()
    assert box
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    files = {"items": [], "files": [str(file)], "dragOperationsMask": 1}
    session = page.context.new_cdp_session(page)
    for step in ("dragEnter", "dragOver"):
        session.send("Input.dispatchDragEvent", {"type": step, **place, "data": files})
    expect(page.locator("#panel")).to_have_attribute("data-drop", "")
    session.send("Input.dispatchDragEvent", {"type": "drop", **place, "data": files})
    expect(photo).to_have_count(3)
    expect(page.locator("#panel[data-drop]")).to_have_count(0)


def test_what_an_incident_says_is_corrected_on_its_sheet(
    open_desk: Opener, desk: DeskServer, inside: Point
) -> None:
    number = desk.report(None, None, title="只说了地址", address="某路口")["number"]
    lon, lat = place = apart(inside, -2)
    # A link with a point: what may be done there is offered once it is known who asks.
    page = live(open_desk(f"{here(place)}&p={lon},{lat}"))
    expect(page.locator("[data-report]")).to_be_visible()
    list_of(page)
    row(page, number).click()
    page.click('[name="move-place"]')
    expect(page.locator('[name="edit-place"]')).to_be_focused()
    still(page)
    x, y = middle(page)
    page.mouse.click(x, y)
    expect(page.locator(".edit-place")).to_have_attribute("data-moved", "true")
    expect(sheet(page)).to_be_visible()
    page.select_option('[name="edit-severity"]', "4")
    # Another is faster: that is told, and nothing typed is lost.
    desk.patch(f"/api/incidents/{number}", {"version": 1, "title": "路口有气味"})
    expect(page.locator("[data-conflict]")).to_contain_text("修改")
    expect(page.locator('[name="edit-title"]')).to_have_value("路口有气味")
    page.click('[name="edit-save"]')
    expect(page.locator(".editor")).to_have_count(0)
    expect(sheet(page).locator(".inc-kicker")).to_contain_text("特别严重")
    expect(sheet(page).locator(".inc-chain li")).to_have_count(4)
    told = desk.get(f"/api/incidents/{number}")
    assert (told["title"], told["severity"]) == ("路口有气味", 4)
    assert abs(told["lon"] - lon) < 1e-3
    assert abs(told["lat"] - lat) < 1e-3
    expect(sheet(page).locator('.timeline [data-kind="edited"]')).to_have_count(2)


def test_a_report_whose_answer_is_lost_is_taken_in_once(
    open_desk: Opener, desk: DeskServer, watch: Watch, inside: Point
) -> None:
    watch.allowed.append("ERR_FAILED")
    place = apart(inside, 13)
    page = live(open_desk(here(place)))
    still(page)
    page.mouse.click(*middle(page))
    page.click("[data-report]")
    page.select_option('.report [name="hazard"]', "other")
    page.fill('.report [name="title"]', "回执丢失的上报")

    def lose(route: Any) -> None:
        if route.request.method == "POST":
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/api/incidents", lose)
    page.click('[name="send"]')
    expect(page.locator('.report [role="alert"]')).to_be_visible()
    page.unroute("**/api/incidents")
    # Neither its text nor its id is lost by loading the page anew, or by giving it up a moment.
    page.reload()
    title = page.locator('.report [name="title"]')
    expect(title).to_have_value("回执丢失的上报")
    page.click('[name="drop"]')
    expect(page.locator(".inc-count")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0
    page.get_by_role("button", name="找回").click()
    expect(title).to_have_value("回执丢失的上报")
    page.click('[name="send"]')
    expect(sheet(page)).to_contain_text("回执丢失的上报")
    assert page.evaluate("sessionStorage.length") == 0
    assert desk.get(f"/api/incidents?text={quote('回执丢失')}")["total"] == 1


def test_a_viewer_sees_and_changes_nothing(
    open_desk: Opener, desk: DeskServer, inside: Point
) -> None:
    number = desk.report(*apart(inside, 14))["number"]
    page = live(open_desk(f"#i={number}"))
    expect(page.locator('[name="move-file"]')).to_be_visible()
    page.click("#mode a")
    page.click('[name="role"][value="viewer"], button[value="viewer"]')
    page.goto(f"{desk.origin}/#i={number}")
    page.wait_for_selector("html[data-ready]")
    expect(sheet(page)).to_have_attribute("data-number", number)
    for name in ("note", "move-file", "comment", "contact", "photo"):
        expect(sheet(page).locator(f'[name="{name}"]')).to_have_count(0)
    lon, lat = apart(inside, 14)
    page.goto(f"{desk.origin}/{here((lon, lat + 0.003))}")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    live(page)
    still(page)
    page.mouse.click(*middle(page))
    expect(page.locator('[data-pane="answer"]')).to_be_visible()
    expect(page.locator("[data-report]")).to_have_count(0)


def test_a_number_that_nobody_knows_says_so(open_desk: Opener, watch: Watch) -> None:
    watch.allowed.append("404")
    page = live(open_desk("#i=JY-20200101-9999"))
    failure = page.locator('#incidents-body [data-pane="failure"]')
    expect(failure).to_contain_text("打不开 JY-20200101-9999")
    failure.locator('[name="back"]').click()
    expect(page.locator(".inc-list")).to_be_visible()
