"""What is worked with beside answers: topics, tables, tools, search, keys; fit for everybody."""

from __future__ import annotations

import csv
import io
import re
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from app.grids import City
from tests.browser.conftest import PATIENCE_S, WATCH_CSP, Watch, still
from tests.browser.desk import DeskServer, serving
from tests.browser.handed_out import explained, printed, read_back, same, taken_along, workbook
from tests.browser.pages import watch_maps, watch_writing

Point = tuple[float, float]
PERIOD = ("2026-01-01", "2026-05-01")
# Day of the month and hour, so that no two are taken for the same.
MONTHS = {"2026-01": 2, "2026-02": 0, "2026-03": 5, "2026-04": 1}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture(scope="module")
def desk(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskServer]:
    """Serve a desk with a few incidents of each month, in the finest grid of `inside`."""
    with serving(city, tmp_path_factory.mktemp("work")) as server:
        yield server


@pytest.fixture(scope="module")
def reported(desk: DeskServer, inside: Point, city: City) -> list[str]:
    """Return the numbers of the incidents that were reported."""
    level = city.levels[0].id
    lon, lat = inside
    # The first answer of each process takes longest, which a page does not wait for.
    for _ in range(6):
        desk.get(f"/api/locate?lon={lon}&lat={lat}")
        desk.get(f"/api/stats?level={level}&measure=count")
    days = [(month, day) for month, count in MONTHS.items() for day in range(1, count + 1)]
    return [
        desk.report(lon, lat, hazard="fire", occurred_at=f"{month}-{day:02}T04:00:00Z")["number"]
        for month, day in days
    ]


@pytest.fixture
def page(browser: Browser, desk: DeskServer, reported: list[str]) -> Iterator[Page]:
    """Return a page that may talk to its own host only and complains of nothing."""
    assert reported
    profile = browser.new_context(
        locale="zh-CN",
        reduced_motion="reduce",
        viewport={"width": 1366, "height": 768},
        permissions=["clipboard-read", "clipboard-write"],
    )
    profile.add_init_script(WATCH_CSP)
    watch = Watch(desk.origin)
    page = profile.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    page.on("request", lambda request: watch.requests.append(request.url))
    page.on("pageerror", lambda error: watch.errors.append(str(error)))
    page.on("console", watch.note)
    try:
        yield page
        watch.check(page)
    finally:
        profile.close()


def show(page: Page, desk: DeskServer, address: str) -> None:
    page.goto(f"{desk.origin}/{address}")
    page.wait_for_selector("html[data-ready]")


def drawn(page: Page) -> None:
    page.wait_for_selector("html[data-topic=drawn]")


def hold_beside(page: Page) -> None:
    # Any other period, from the card; the bar offers that of a year before.
    page.keyboard.press("h")
    page.check('[name="topic-beside"]')
    for end, day in (("from", "2025-01-01"), ("to", "2025-05-01")):
        expect(page.locator(f'[name="topic-beside-{end}"]')).to_have_value(day)
    page.fill('[name="topic-beside-from"]', "2025-02-01")
    page.wait_for_url(re.compile(r"2025-02-01\.\.2025-05-01"))
    page.uncheck('[name="topic-beside"]')
    expect(page.locator(".swipe-map")).to_have_count(0)
    page.keyboard.press("Escape")
    page.click('[name="time-beside"]')
    expect(page.locator(".swipe-map canvas")).to_be_visible()
    line = page.locator(".swipe-line")
    line.press("ArrowRight")
    expect(line).to_have_attribute("aria-valuenow", "52")
    page.click(".swipe-left")  # whole, without dragging
    expect(line).to_have_attribute("aria-valuenow", "98")
    # A month beside the same month.
    page.locator('[name="time-month"]').press("End")
    expect(page.locator(".swipe-label")).to_have_text(
        ["2026-04-01 – 2026-04-30", "2025-04-01 – 2025-04-30"]
    )


# What each of two maps beside each other shows.
SIDES = """({ level, town, finest, code }) => ["#map", ".swipe-map"].map((box) => {
  const is = (one) => one.getContainer().isConnected && one.getContainer().matches(box);
  const map = __maps.findLast(is);
  const style = map?.style && map.getStyle();
  if (!style) return null;
  const { layers, sources } = style;
  const seen = layers.filter((one) => one.layout?.visibility !== "none").map((one) => one.id);
  const drawn = ["incidents-group", "work-line"].map((one) =>
    map.queryRenderedFeatures({ layers: [one] }).length);
  const data = ["incidents", "incident", "work", "focus"].map((one) =>
    JSON.stringify(sources[one].data));
  const state = (sourceLayer, id) => map.getFeatureState({ source: "city", sourceLayer, id });
  return {
    topic: state(level, town).topic,
    layers: seen,
    data,
    drawn,
    selected: state(finest, code).selected ?? false,
  };
})"""


def both_sides(page: Page, desk: DeskServer, city: City, inside: Point, count: int) -> None:
    """Incidents, what is switched off, selection and drawing are the same in both periods."""
    lon, lat = inside
    level, finest, off = city.levels[0].id, city.levels[-1].id, city.overlays[0].id
    chain = desk.get(f"/api/locate?lon={lon}&lat={lat}")["chain"]
    link = (
        f"#z=16&c={lon},{lat}&p={lon},{lat}&off={off}"
        f"&d=line:{lon},{lat - 0.001};{lon + 0.001},{lat - 0.001}"
        f"&t=rates:fire:count@{level};2026-01-01..2026-05-01;;2025-01-01..2025-05-01"
    )
    page.evaluate("(link) => { location.hash = link; }", link)
    expect(page.locator("html")).to_have_attribute("data-pins", str(count))
    asked = {"level": level, "town": chain[0]["code"], "finest": finest, "code": chain[-1]["code"]}

    def sides() -> tuple[dict[str, Any], dict[str, Any]] | None:
        left, right = page.evaluate(SIDES, asked)
        is_whole = left and right and left["selected"] and min(left["drawn"]) > 0
        is_same = is_whole and {**left, "topic": ""} == {**right, "topic": ""}
        return (left, right) if is_same else None

    until = time.monotonic() + PATIENCE_S
    while not (found := sides()) and time.monotonic() < until:
        page.wait_for_timeout(200)
    assert found, page.evaluate(SIDES, asked)
    left, right = found
    assert left["topic"] != right["topic"], "eight in one year, none in the other"
    assert f"{off}-line" not in left["layers"]
    assert f"{finest}-line" in left["layers"]


def played(page: Page, city: City, code: str) -> None:
    """The bar goes month by month to the end, colours follow, and it stops when it is told to."""
    level = city.levels[0].id
    label = page.locator("#timebar .time-label")
    button = page.locator('[name="time-play"]')
    watch_maps(page)
    page.emulate_media(reduced_motion="no-preference")  # half as long at each month
    page.locator('[name="time-month"]').press("Home")
    expect(label).to_have_text("全部时段")
    drawn(page)
    page.evaluate("window.__coloured = []")
    button.click()
    expect(button).to_have_accessible_name("暂停")
    expect(label).to_have_text(list(MONTHS)[-1])
    expect(button).to_have_accessible_name("逐月播放")
    drawn(page)
    told = page.evaluate("window.__coloured")
    colours = {month: colour for month, id_, colour in told if id_ == code}
    assert list(dict.fromkeys(month for month, _, _ in told)) == list(MONTHS)
    zero = next(colour for month, _, colour in told if month == "2026-02")
    assert colours["2026-02"] == zero
    assert len(set(colours.values())) == len(MONTHS), "2, 0, 5 and 1 are classes of their own"
    held = page.evaluate(
        "([level, id]) => __maps[0].getFeatureState({source: 'city', sourceLayer: level, id})",
        [level, code],
    )
    assert held["topic"] == colours["2026-04"]
    # It begins anew, and stands where it is stopped.
    button.click()
    expect(label).to_have_text("2026-01")
    button.click()
    expect(button).to_have_accessible_name("逐月播放")
    stopped = label.inner_text()
    page.wait_for_timeout(1_500)
    expect(label).to_have_text(stopped)
    page.emulate_media(reduced_motion="reduce")


def above(page: Page) -> None:
    """Legend and bar of time stand above the table, and its chart is as wide as there is room."""
    panel = page.locator("#panel")
    chart = page.locator("#drawer .chart")
    for is_open in (False, True):
        page.click("#open-panel")
        expect(panel).to_be_visible(visible=is_open)
        page.wait_for_function(
            "(box) => box.querySelector('canvas').clientWidth === box.clientWidth - 24",
            arg=chart.element_handle(),
        )
    drawer = page.locator("#drawer").bounding_box()
    for one in ("#legend", "#timebar"):
        box = page.locator(one).bounding_box()
        assert box
        assert drawer
        assert box["y"] + box["height"] <= drawer["y"]
    page.click('[name="chart-hour"]')


def listed(
    page: Page, folder: Path, told: dict[str, Any], reported: list[str]
) -> tuple[str, list[list[str]]]:
    """The table: the same figures, the greatest first, and files of them; return code and rows."""
    states = told["grids"]["state"]
    page.click('[name="topic-table"]')
    top = max(range(len(states)), key=lambda i: told["grids"]["count"][i])
    expect(page.locator("#drawer .line-row").first).to_contain_text(told["grids"]["name"][top])
    expect(page.locator("#drawer")).to_be_visible()
    expect(page.locator("#drawer .line-row .cell-number").first).to_have_text(
        str(told["grids"]["count"][top])
    )
    expect(page.locator("#drawer .chart canvas")).to_be_visible()
    months = "，".join(f"{month}: {count}" for month, count in MONTHS.items())
    expect(page.locator("#drawer .chart .hidden")).to_have_text(months)
    above(page)
    # 04:00 UTC.
    expect(page.locator("#drawer .chart .hidden")).to_contain_text(f"12:00–13:00: {len(reported)}")
    with page.expect_download() as download:
        page.click('[name="drawer-csv"]')
    download.value.save_as(folder / "table.csv")
    with (folder / "table.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == len(states) + 1
    assert rows[1][0].lstrip("'") == told["grids"]["code"][top]
    assert "2026-01-01 – 2026-04-30" in ",".join(rows[1])  # as in the legend
    read_back(page, folder, rows)
    page.keyboard.press("Escape")
    expect(page.locator("#drawer:not([hidden]), #drawer .line-row")).to_have_count(0)
    return told["grids"]["code"][top], rows


def test_a_topic_is_drawn_explained_listed_and_taken_along(
    page: Page, desk: DeskServer, city: City, inside: Point, tmp_path: Path, reported: list[str]
) -> None:
    level = city.levels[0].id
    since, until = PERIOD
    topic = f"rates:fire:count@{level};{since}..{until}"
    show(page, desk, f"#t={topic}")
    drawn(page)
    path = f"/api/stats?hazard=fire&level={level}&measure=count"
    told = desk.get(f"{path}&from={since}&to={until}")
    states = told["grids"]["state"]
    legend = page.locator("#legend")
    expect(legend).to_contain_text("2026-01-01 – 2026-04-30")
    counts = [int(one) for one in legend.locator(".legend-rows .faint").all_inner_texts()]
    assert sum(counts) == len(states)
    assert counts[-1] == states.count("zero")
    code, rows = listed(page, tmp_path, told, reported)
    played(page, city, code)
    # Month by month; the address says which one.
    page.locator('[name="time-month"]').press("End")
    expect(legend).to_contain_text("2026-04")
    page.wait_for_url(re.compile(r"2026-04$"))
    page.keyboard.press("Home")
    expect(legend).to_contain_text("2026-01-01 – 2026-04-30")
    taken_along(page, tmp_path, city, same(rows))
    # Two periods side by side, and the link opens the same again, as heat in the dark.
    hold_beside(page)
    both_sides(page, desk, city, inside, len(reported))
    page.evaluate(f"location.hash = '#t=heat:fire;{since}..{until}'")
    expect(page.locator(".swipe-map")).to_have_count(0)
    drawn(page)
    expect(legend.locator(".legend-unit")).to_contain_text(
        re.compile(r"起/平方公里·月 · 带宽 [\d,]+ 米 · 2026-01-01 – 2026-04-30")
    )
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    # The last year is another one tomorrow: the address holds its days.
    page.evaluate("location.hash = '#t=heat:fire'")
    page.wait_for_url(re.compile(r"t=heat:fire;\d{4}-\d\d-\d\d\.\.\d{4}-\d\d-\d\d$"))
    drawn(page)
    page.click('[name="topic-close"]')
    expect(legend).to_be_hidden()


def by_other_ways(page: Page, desk: DeskServer, x: float, y: float) -> None:
    """The menu key and a long press answer and offer the same as a right click."""
    menu = page.locator("#place-menu")
    answer = page.locator('[data-pane="answer"]')
    page.locator("#map canvas").focus()
    page.keyboard.press("ContextMenu")
    expect(menu.locator("[role=menuitem]").first).to_be_focused()
    page.wait_for_url(re.compile(r"[#&]p="))
    lon, lat = re.search(r"[#&]p=([\d.]+),([\d.]+)", page.url).groups()  # type: ignore[union-attr]
    home = desk.get(f"/api/locate?lon={lon}&lat={lat}")["chain"][-1]
    expect(answer.locator(".chain-item").last).to_have_attribute("data-code", home["code"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("已复制")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{lon}, {lat} (WGS-84)"
    answer.get_by_role("button", name="复制链接").click()
    expect(page.locator("#toast")).to_contain_text("已复制")
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    expect(menu).to_be_hidden()
    before = page.url
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    points = [{"x": x, "y": y}]
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points})
    expect(menu).to_be_visible()
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
    page.wait_for_url(lambda url: url != before)
    expect(menu).to_be_visible()
    menu.locator('[name="menu-report"]').click()
    name = page.locator('[data-pane="report"] .report-spot strong').inner_text()
    lon, lat = re.search(r"[#&]p=([\d.]+),([\d.]+)", page.url).groups()  # type: ignore[union-attr]
    assert desk.get(f"/api/locate?lon={lon}&lat={lat}")["chain"][-1]["name"] == name
    page.click('[name="drop"]')


def measured(page: Page, x: float, y: float) -> None:
    page.mouse.click(x - 90, y + 40)
    page.mouse.click(x - 90, y - 90)
    told = page.locator(".pen-told")
    expect(told).to_have_text(re.compile(r"^\d+ m$"))
    # Enter ends what the mouse has drawn, and adds nothing at a cross that nobody sees.
    metres = told.inner_text()
    page.keyboard.press("Enter")
    expect(page.locator('[name="pen-copy"]')).to_be_visible()
    expect(told).to_have_text(metres)
    page.keyboard.press("Escape")
    expect(page.locator("#pen")).to_be_hidden()


def measured_by_keys(page: Page) -> None:
    """The map moves below the cross, Enter sets a place there, at the same one again it ends."""
    before = page.evaluate("location.hash")
    told = page.locator(".pen-told")
    for key, unit, turns in (
        ("m", r"^\d+ m$", ("ArrowRight",)),
        ("a", r" m² · ", ("ArrowRight", "ArrowDown")),
    ):
        page.keyboard.press(key)
        page.keyboard.press("Enter")
        for turn in turns:
            page.keyboard.press(turn)
            still(page)
            page.keyboard.press("Enter")
        expect(told).to_have_text(re.compile(unit))
        expect(page.locator('[name="pen-end"]')).to_be_visible()
        page.keyboard.press("Enter")
        if key == "m":
            expect(page.locator('[name="pen-copy"]')).to_be_visible()
            page.keyboard.press("l")  # a card, beside which the bar stands
            card, bar = (page.locator(one).bounding_box() for one in ("#layers", "#pen"))
            assert card
            assert bar
            assert bar["x"] >= card["x"] + card["width"]
            page.keyboard.press("Escape")
            page.keyboard.press("Escape")
            expect(page.locator("#pen")).to_be_hidden()
    expect(page.locator("#enclosed .tiles")).to_be_visible()
    page.click('[name="enclosed-close"]')
    page.evaluate("(hash) => { location.hash = hash; }", before)
    still(page)


def test_a_place_an_area_and_whom_to_call_there(
    page: Page, desk: DeskServer, city: City, inside: Point, reported: list[str], tmp_path: Path
) -> None:
    lon, lat = inside
    show(page, desk, f"#z=17.00&c={lon},{lat}")
    still(page)
    box = page.locator("#map").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    by_other_ways(page, desk, x + 40, y + 40)
    # A right click answers, and offers what can be done there.
    page.mouse.click(x + 40, y + 40, button="right")
    expect(page.locator('[data-pane="answer"]')).to_be_visible()
    near = page.locator('[data-slot="around"]')
    expect(near.locator(".dup").first).to_be_visible()
    expect(near.locator(".tiles")).to_contain_text(str(len(reported)))
    expect(page.locator("#place-menu [role=menuitem]").first).to_be_focused()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    measured(page, x, y)
    measured_by_keys(page)
    # An area around the incidents.
    page.keyboard.press("a")
    for dx, dy in ((-120, -100), (130, -110), (120, 120), (-130, 110)):
        page.mouse.click(x + dx, y + dy)
    expect(page.locator(".pen-told")).to_contain_text("m²")
    page.click('[name="pen-end"]')
    tiles = page.locator("#enclosed .tiles")
    expect(tiles).to_contain_text("未结事件")
    assert page.locator("#enclosed .dup").count() == len(reported)
    codes = [one.get_attribute("data-code") for one in page.locator("#enclosed .line-row").all()]
    home = desk.get(f"/api/locate?lon={lon}&lat={lat}")["chain"][-1]
    assert home["code"] in codes
    called(page, tmp_path, home)
    linked(page)
    # A kept view, a picture, and paper.
    page.keyboard.press("w")
    page.fill('[name="view-name"]', "河边")
    page.press('[name="view-name"]', "Enter")
    expect(page.locator('[data-view="河边"]')).to_be_visible()
    written = watch_writing(page)
    with page.expect_download() as download:
        page.click('[name="work-png"]')
    download.value.save_as(tmp_path / "map.png")
    head = (tmp_path / "map.png").read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    assert struct.unpack(">II", head[16:]) == (2368, 1504)  # drawn for it, whatever the screen
    explained(written(), "网格地图", city)
    printed(page, "a3")
    explained(written(), "网格地图", city)


def called(page: Page, folder: Path, home: dict[str, Any]) -> None:
    """Whom to call and which groups to write to, as files and to be pasted: the same rows."""
    with page.expect_download() as download:
        page.click('[name="enclosed-csv"]')
    download.value.save_as(folder / "list.csv")
    text = (folder / "list.csv").read_text(encoding="utf-8-sig")
    assert all(one["phone"] in text for one in home["staff"])
    table = list(csv.reader(io.StringIO(text)))
    assert workbook(page, "enclosed-xlsx", folder / "list.xlsx") == same(table)
    page.click('[name="enclosed-copy"]')
    expect(page.locator("#toast")).to_contain_text("已复制")
    pasted = page.evaluate("navigator.clipboard.readText()").split("\n")
    assert pasted == ["\t".join(row[:8]) for row in same(table)]  # every cell in its column
    assert {row[0] for row in table[1:]} == {"打电话", "发群消息"}


def linked(page: Page) -> None:
    """A link shows the area with what is in it, and without it it is gone."""
    tiles = page.locator("#enclosed .tiles")
    held = tiles.inner_text()
    link = page.evaluate("location.hash")
    assert "d=enclose:" in link
    page.click('[name="enclosed-close"]')
    assert "d=" not in page.evaluate("location.hash")
    page.evaluate("(link) => { location.hash = link; }", link)
    expect(tiles).to_have_text(held, use_inner_text=True)


def test_search_finds_grids_and_incidents_and_keys_do_the_rest(
    page: Page, desk: DeskServer, inside: Point, reported: list[str]
) -> None:
    show(page, desk, "")
    chain = desk.get(f"/api/locate?lon={inside[0]}&lat={inside[1]}")["chain"]
    page.keyboard.press("/")
    box = page.locator("#search-text")
    expect(box).to_be_focused()
    box.press_sequentially(chain[-1]["code"][:-1])
    option = page.locator('.option[data-kind="grid"]', has_text=chain[-1]["code"])
    option.click()
    expect(page.locator('[data-pane="grid"]')).to_have_attribute("data-code", chain[-1]["code"])
    number = reported[0]
    box.fill("")
    box.press_sequentially(number)
    page.locator('.option[data-kind="incident"]').click()
    expect(page.locator('[data-pane="incident"]')).to_have_attribute("data-number", number)
    # Its moves have numbers; a note is wanted, so nothing is done yet.
    page.locator(".inc-bar [name=back]").focus()
    move = page.locator("[data-key='1']")
    expect(move).to_have_attribute("aria-keyshortcuts", "1")
    page.keyboard.press("c")
    expect(page.locator('[name="note"]')).to_be_focused()
    page.keyboard.type("1")  # text, where letters are text
    expect(page.locator('[name="note"]')).to_have_value("1")
    page.locator(".inc-bar [name=back]").focus()
    before = page.locator('[data-pane="incident"] .badge').inner_text()
    page.wait_for_timeout(700)  # a key that comes with new buttons was meant for older ones
    page.keyboard.press("1")
    expect(page.locator('[data-pane="incident"] .badge')).not_to_have_text(before)
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.uncheck('[name="keys-on"]')
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    expect(page.locator('[data-pane="incident"]')).to_be_visible()  # keys are off


def written_and_drawn(page: Page, theme: str, look: Callable[[str], None], inside: Point) -> None:
    """Look at what is open less often: a report, suggestions, the list, an area."""
    lon, lat = inside
    home = f"#z=16&c={lon},{lat}"
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    area = "enclose:" + ";".join(f"{lon + x / 500},{lat + y / 500}" for x, y in corners)
    page.click("[data-report]")
    page.select_option('.report [name="hazard"]', "fire")
    page.locator("#search-text").press_sequentially("文塘")
    expect(page.locator("#search-list .option").first).to_be_visible()
    look(f"{theme}: report, suggestions")
    page.locator("#search-text").fill("")
    page.click('[name="drop"]')
    expect(page.locator(".inc-row").first).to_be_visible()
    page.evaluate("(link) => { location.hash = link; }", f"{home}&tab=incidents&d={area}")
    expect(page.locator("#enclosed .tiles")).to_be_visible()
    expect(page.locator(".inc-row").first).to_be_visible()
    look(f"{theme}: list, area")
    page.evaluate("(link) => { location.hash = link; }", f"{home}&p={lon},{lat}")
    expect(page.locator(".near .dup").first).to_be_visible()


def test_everybody_can_use_it(page: Page, desk: DeskServer, inside: Point) -> None:
    """No serious finding of axe-core, in either theme, in what is open most."""
    found: list[Any] = []

    def look(where: str) -> None:
        for one in Axe().run(page, options=RULES).response["violations"]:
            if one["impact"] in {"serious", "critical"}:
                found.append((where, one["id"], [node["html"][:120] for node in one["nodes"]][:3]))

    lon, lat = inside
    show(page, desk, f"#z=16&c={lon},{lat}&p={lon},{lat}")
    expect(page.locator(".near .dup").first).to_be_visible()
    for theme in ("light", "dark"):
        look(f"{theme}: answer")
        written_and_drawn(page, theme, look, inside)
        page.click("#open-layers")
        look(f"{theme}: layers")
        page.click("#open-work")
        look(f"{theme}: tools")
        page.keyboard.press("Escape")
        page.click("#open-incidents")
        page.locator(".inc-row").first.click()
        expect(page.locator(".composer")).to_be_visible()
        look(f"{theme}: incident")
        page.click("#open-topics")
        kind = "rates" if theme == "light" else "coverage"
        page.check(f'[name="topic-kind"][value="{kind}"]', force=True)
        drawn(page)
        page.click('[name="topic-table"]')
        expect(page.locator("#drawer .line-row").first).to_be_visible()
        # A row names its columns to whoever does not see them.
        column = page.locator('#drawer [name="sort-value"]').get_attribute("title")
        label = page.locator("#drawer .line-row").first.get_attribute("aria-label")
        assert column
        assert f"，{column} " in str(label)
        look(f"{theme}: topics")
        page.click('[name="drawer-close"]')
        page.keyboard.press("Escape")
        page.click("#open-panel")
        page.click("#switch-theme")
    page.click("#close-panel")
    page.click("#open-panel")
    expect(page.locator('[data-pane="overview"]')).to_be_visible()
    look("overview")
    assert found == []
