"""An exported map opened as its readers open it: from a disk, with the network off."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ROOT
from tests.maps.test_export import NAMED, hosts
from tests.maps.test_inline import loads

LAYERS = ["heat:all", "hotspots:all", "rates:gas:per_household", "rates:all:count", "incidents:all"]
# The bar of the issue is 10 MB.
MOST_BYTES = 10_000_000
# A machine that has much else to do draws 5,000 grids by software slowly.
_PATIENCE_MS = 120_000


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a map of the whole demo city, as the command writes it."""
    target = tmp_path_factory.mktemp("export") / "地图 map.html"
    words = [word for layer in LAYERS for word in ("--layer", layer)]
    done = subprocess.run(
        [
            *[sys.executable, "-m", "scripts.export_map", "--language", "zh", *words],
            *["--from", "2025-01-01", "-o", str(target)],
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "演示数据" in done.stderr
    return target


@dataclass
class Seen:
    """What the page asked for and complained of."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def note(self, kind: str, text: str) -> None:
        """Keep what the console said, but for advice on how a test reads the canvas."""
        if "willReadFrequently" not in text:
            self.complaints.append(f"{kind}: {text}")


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def page(browser: Browser, exported: Path, seen: Seen) -> Iterator[Page]:
    context = browser.new_context(
        offline=True, locale="zh-CN", viewport={"width": 1280, "height": 800}
    )
    context.set_default_timeout(_PATIENCE_MS)
    opened = context.new_page()
    opened.on("request", lambda request: seen.requests.append(request.url))
    opened.on("pageerror", lambda error: seen.complaints.append(str(error)))
    opened.on("console", lambda message: seen.note(message.type, message.text))
    opened.goto(exported.as_uri())
    opened.wait_for_selector("body[data-ready]")
    yield opened
    asked = [url for url in seen.requests if not url.startswith(("data:", "blob:"))]
    assert asked == [exported.as_uri()], "the file alone"
    assert seen.complaints == []
    context.close()


def picture(page: Page) -> bytes:
    """Return what the map shows, without what lies over it."""
    return page.screenshot(clip={"x": 440, "y": 90, "width": 480, "height": 560})


def colours(page: Page, pane: str, x: float, y: float, side: int = 8) -> set[str]:
    """Return the colours of one canvas around a place of the window."""
    found: list[int] = page.evaluate(
        """([pane, x, y, side]) => {
          const canvas = weige.map.getPane(pane).querySelector("canvas");
          const box = canvas.getBoundingClientRect();
          const ratio = canvas.width / box.width;
          const at = [(x - box.x) * ratio, (y - box.y) * ratio].map(Math.round);
          return [...canvas.getContext("2d").getImageData(...at, side, side).data];
        }""",
        [pane, x, y, side],
    )
    return {"#{:02x}{:02x}{:02x}".format(*found[at : at + 3]) for at in range(0, len(found), 4)}


def show(page: Page, code: str) -> tuple[float, float]:
    """Bring a grid into view; return where its middle lies in the window."""
    x, y = page.evaluate(
        """(code) => {
          for (const level of weige.asking.shapes.levels) {
            const row = level.codes.indexOf(code);
            if (row < 0) continue;
            weige.map.fitBounds(weige.boundsOf(level.boxes, row), {animate: false});
            const at = weige.map.latLngToContainerPoint(
              weige.latLng(level.spots[2 * row], level.spots[2 * row + 1]));
            return [at.x, at.y];
          }
        }""",
        code,
    )
    return x, y


def test_names_no_host_and_is_small_enough(exported: Path) -> None:
    text = exported.read_text(encoding="utf-8")
    assert len(text.encode()) <= MOST_BYTES
    assert hosts(text) <= NAMED
    assert loads(text) == []


def test_holds_nothing_personal(exported: Path) -> None:
    text = exported.read_text(encoding="utf-8")
    assert not re.search(r"\b0{3}-0{4}-\d{4}\b|\b1[3-9]\d{9}\b", text), "telephone numbers"
    for word in ("demo-0", "巡查时发现", "入户排查", "附近（演示）", "网格长 5"):
        assert word not in text, "titles, texts, addresses and people stay in the house"


@pytest.mark.slow
def test_opens_with_title_period_and_what_is_synthetic(page: Page) -> None:
    expect(page.locator("#wx-head")).to_contain_text("简阳市网格地图")
    expect(page.locator("#wx-head")).to_contain_text("2025-01 – 2026-10")
    expect(page.locator("#wx-head")).to_contain_text("4,951 微网格")
    expect(page.locator(".wx-badge").first).to_have_text("演示数据")
    expect(page.locator("#wx-strip")).to_contain_text("2026-demo")
    expect(page.locator("#wx-legend")).to_contain_text("起/平方公里")
    page.locator("#wx-strip summary").click()
    expect(page.locator("#wx-strip details .wx-card")).to_contain_text("不足 5")


@pytest.mark.slow
def test_time_moves(page: Page) -> None:
    whole = picture(page)
    expect(page.locator(".wx-when")).to_contain_text("2025-01 – 2026-10")
    page.locator("#wx-slider").focus()
    page.keyboard.press("Home")
    expect(page.locator(".wx-when")).to_contain_text(re.compile(r"^2025-01\s+\d+ 起"))
    first = picture(page)
    assert first != whole
    page.keyboard.press("ArrowRight")
    expect(page.locator(".wx-when")).to_contain_text(re.compile(r"^2025-02\s+\d+ 起"))
    assert picture(page) != first
    page.locator(".wx-play").click()
    expect(page.locator(".wx-when")).to_contain_text(re.compile(r"^2025-03\s+\d+ 起"))
    page.locator(".wx-play").click()
    page.locator(".wx-whole").click()
    page.mouse.move(640, 400)
    expect(page.locator(".wx-when")).to_contain_text("2025-01 – 2026-10")
    page.get_by_label("不着色").check()
    expect(page.locator("#wx-time")).to_be_hidden()


@pytest.mark.parametrize("text", ["510185001010-03-07", "政府街社区第3网格"])
def test_search_finds_a_grid(page: Page, text: str) -> None:
    box = page.get_by_role("combobox")
    box.fill(text)
    first = page.locator("#wx-found [role=option]").first
    expect(first).to_contain_text(text)
    box.press("Enter")
    expect(page.locator(".leaflet-popup")).to_contain_text(text)
    expect(page.locator(".wx-chain li").first).to_contain_text("简城街道")
    assert page.evaluate("weige.map.getZoom()") > 13


@pytest.mark.slow
def test_search_says_when_there_is_nothing(page: Page) -> None:
    page.get_by_role("combobox").fill("没有这个网格")
    expect(page.locator("#wx-found")).to_contain_text("没有名称或编码含“没有这个网格”的网格")
    page.keyboard.press("Escape")
    expect(page.locator("#wx-found")).to_be_hidden()


def test_a_click_tells_chain_and_figures(page: Page) -> None:
    page.get_by_label("全部隐患（起）").check()
    x, y = show(page, "510185001010")
    page.mouse.click(x, y)
    popup = page.locator(".leaflet-popup")
    for part in ("简城街道", "510185001010", "户", "平方公里", "起/千户", "全部隐患（起）"):
        expect(popup).to_contain_text(part)
    # From the chain one goes on to what is above.
    popup.get_by_role("button", name="简城街道").click()
    expect(page.locator(".wx-told h3")).to_have_text("简城街道")
    # What the map shows is what stands out in it.
    expect(popup.locator("dt.wx-on")).to_have_count(0)
    page.get_by_label("全部隐患数量").check()
    expect(popup.locator("dt.wx-on")).to_have_text("全部隐患数量")


@pytest.mark.slow
def test_layers_change_map_and_legend(page: Page) -> None:
    before = picture(page)
    page.get_by_label("全部隐患热点", exact=True).check()
    expect(page.locator("#wx-legend h3")).to_contain_text("全部隐患热点")
    hot = picture(page)
    assert hot != before
    page.get_by_label("网格边界").uncheck()
    assert picture(page) != hot
    page.get_by_label("全部隐患数量").check()
    expect(page.locator("#wx-legend")).to_contain_text("面积与数量成正比")
    page.get_by_label("不着色").check()
    boxes = page.evaluate(
        """() => weige.asking.panel.entries.find((one) => one.layer instanceof weige.Names)
          .layer.taken"""
    )
    assert len(boxes) > 40, "discs, and names below them"
    for at, (west, north, east, south) in enumerate(boxes):
        # Discs come first, and may lie over each other: they are after their numbers.
        for one in boxes[max(at + 1, 22) :]:
            assert one[0] >= east or one[2] <= west or one[1] >= south or one[3] <= north


@pytest.mark.slow
def test_zero_held_back_and_classes_look_different(page: Page) -> None:
    """A grid with nothing is plain white; what is held back has dots; classes have their colour."""
    page.get_by_label("全部隐患（起）").check()
    for name in ("网格边界", "名称", "水系", "道路"):
        page.get_by_label(name, exact=True).uncheck()
    told = page.evaluate(
        """() => {
          const layer = weige.asking.panel.theme.layer;
          const find = (mark) => layer.level.codes[layer.options.classes.indexOf(mark)];
          return {zero: find("z"), held: find("s"), some: find("2"),
                  colour: layer.options.colours[2], paper: layer.options.marks.paper,
                  ink: layer.options.marks.ink};
        }"""
    )

    assert colours(page, "wx-theme", *show(page, told["zero"])) == {"#ffffff"}
    assert colours(page, "wx-theme", *show(page, told["some"])) == {told["colour"]}
    held = colours(page, "wx-theme", *show(page, told["held"]))
    assert told["paper"] in held
    assert len(held) > 2, "dots on paper"


@pytest.mark.slow
def test_no_count_below_the_threshold_is_in_the_file(page: Page) -> None:
    levels = page.evaluate(
        """() => weige.asking.panel.entries.find((one) => one.title === "全部隐患数量").layer
          .options.levels"""
    )
    for one in levels:
        shown = [count for count in one["counts"] if count]
        assert min(shown, default=5) >= 5
    assert sum(count or 0 for count in levels[0]["counts"]) > 2000


def test_keyboard_and_names_of_controls(page: Page) -> None:
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, a[href]")]
          .filter((node) => !(node.ariaLabel || node.title || node.textContent.trim()
            || node.closest("label")))
          .map((node) => node.outerHTML)"""
    )
    assert nameless == []
    page.locator("#wx-fold").press("Enter")
    expect(page.locator("#wx-layers")).to_be_hidden()


@pytest.mark.slow
def test_on_a_small_screen_the_map_comes_first(
    browser: Browser, exported: Path, seen: Seen
) -> None:
    context = browser.new_context(offline=True, viewport={"width": 390, "height": 800})
    context.set_default_timeout(_PATIENCE_MS)
    page = context.new_page()
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.goto(exported.as_uri())
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("#wx-layers")).to_be_hidden()
    page.locator("#wx-fold").click()
    expect(page.locator("#wx-layers")).to_be_visible()
    assert seen.complaints == []
    context.close()


@pytest.mark.slow
def test_on_paper(page: Page) -> None:
    """One sheet: title, map, legend, and what the data is; no controls."""
    page.emulate_media(media="print")
    expect(page.locator(".wx-search")).to_be_hidden()
    expect(page.locator("#wx-layers")).to_be_hidden()
    expect(page.locator("#wx-legend")).to_be_visible()
    expect(page.locator(".wx-print-only")).to_contain_text("演示数据")
    page.emulate_media(media="null")
    paper = page.pdf(prefer_css_page_size=True)
    assert paper.count(b"/Type /Page\n") + paper.count(b"/Type /Page ") == 1


@pytest.mark.slow
def test_narrow_screen(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for name in ("#wx-head", "#wx-panel"):
        box = page.locator(name).bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
