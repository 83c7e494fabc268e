"""What the page hands out, read back: tables, pictures, sheets of paper."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook

from app.grids import City
from tests.browser.pages import watch_writing

# Width and height in points.
PAPERS = {"a4": (842, 595), "a3": (1191, 842)}
SCALE = re.compile(r"^\d+ k?m$", re.MULTILINE)


def workbook(page: Page, button: str, path: Path) -> list[list[str]]:
    """Return the rows of a workbook that a button hands out, numbers as text."""
    with page.expect_download() as download:
        page.click(f'[name="{button}"]')
    download.value.save_as(path)
    (name,) = CalamineWorkbook.from_path(path).sheet_names
    rows = CalamineWorkbook.from_path(path).get_sheet_by_name(name).to_python()
    return [[f"{one:.10g}" if isinstance(one, float) else str(one) for one in row] for row in rows]


def same(table: list[list[str]]) -> list[list[str]]:
    """Return a table of text as a workbook has it, which needs no mark before what is no number."""
    return [[number(one.lstrip("'")) for one in row] for row in table]


def number(text: str) -> str:
    """Return a number as it is written shortest; anything else as it is."""
    return f"{float(text):.10g}" if re.fullmatch(r"-?\d+\.\d+(e-?\d+)?", text) else text


def read_back(page: Page, folder: Path, rows: list[list[str]]) -> None:
    """A workbook of the table holds its rows, in the order in which they are shown."""
    found = workbook(page, "drawer-xlsx", folder / "table.xlsx")
    assert found == same(rows)
    shown = page.locator("#drawer .line-row").all()
    assert len(shown) > 5
    for line, row in zip(shown, found[1:], strict=False):
        assert line.locator(".cell-name").inner_text() == row[1]
        assert line.locator(".cell-code").inner_text() == row[0]
        assert line.locator(".cell-number").first.inner_text() == row[3]


def explained(text: str, title: str, city: City) -> None:
    """A picture of the map says what it is of, when it was made, and how long a metre is."""
    assert f"{city.manifest.name} {title}" in text
    assert city.manifest.generation in text
    assert re.search(r"^.*制图 20\d\d/\d", text, re.MULTILINE)
    assert SCALE.search(text)


def printed(page: Page, paper: str) -> None:
    """Prepare the sheet with the tools; it is one page of that size, with its picture alone."""
    page.evaluate("window.print = () => {}")
    page.keyboard.press("w")
    page.click(f'[name="work-{paper}"]')
    page.wait_for_selector("html[data-sheet]")
    dots = page.evaluate("document.querySelector('#sheet img').naturalWidth")
    wide, high = PAPERS[paper]
    assert dots >= (wide / 72 - 24 / 25.4) * 150  # what is printed on, at 150 dots per inch
    file = page.pdf(prefer_css_page_size=True)
    found = re.findall(rb"MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", file)
    assert [(round(float(x)), round(float(y))) for x, y in found] == [(wide, high)]


def straight(page: Page, city: City) -> None:
    """Printed by the browser itself, the page says what its colours mean, of what city and when."""
    page.evaluate("delete document.documentElement.dataset.sheet")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    legend, map_ = page.locator("#legend"), page.locator("#map")
    expect(legend).to_be_visible()
    above, below = map_.bounding_box(), legend.bounding_box()
    assert above
    assert below
    assert above["y"] + above["height"] <= below["y"] < above["y"] + above["height"] + 20
    expect(page.locator("#panel")).to_be_hidden()
    made = page.evaluate("getComputedStyle(document.getElementById('strip'), '::before').content")
    assert re.search(rf"{city.manifest.name} · 制图 20\d\d/\d", made)
    page.emulate_media(media="screen")


def taken_along(page: Page, folder: Path, city: City, rows: list[list[str]]) -> None:
    """The view as one file, which shows the same with the network off; and on a sheet of A4."""
    title = page.locator("#legend h2").inner_text()
    classes = page.locator("#legend .legend-rows li > span:nth-child(2)").all_inner_texts()
    written = watch_writing(page)
    page.keyboard.press("w")
    with page.expect_download() as download:
        page.click('[name="work-html"]')
    path = folder / "view.html"
    download.value.save_as(path)
    for on_paper in (False, True):
        if on_paper:
            printed(page, "a4")
        text = written()
        explained(text, title, city)
        assert set(classes) <= {line.partition(" (")[0] for line in text.splitlines()}
    straight(page, city)
    browser = page.context.browser
    assert browser
    reader = browser.new_context(offline=True)
    try:
        opened = reader.new_page()
        asked: list[str] = []
        opened.on("request", lambda request: asked.append(request.url[:80]))
        opened.goto(path.as_uri())
        assert opened.title() == f"{city.manifest.name} {title}"
        picture = opened.locator("img")
        expect(picture).to_have_js_property("naturalWidth", 2368)
        lines = opened.locator("tbody tr").all_inner_texts()
        codes = [row[0] for row in rows[1:]]
        assert sorted(line.split("\t")[1] for line in lines) == sorted(codes)
        assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()[:80]]
    finally:
        reader.close()
