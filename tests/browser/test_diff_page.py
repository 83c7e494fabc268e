"""The page that shows two editions side by side, opened from a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from app.analysis.moved import moved_by
from app.grids import City
from app.locate import Locator
from app.maps.diff_page import diff_page
from tests.editions import changed_board


@pytest.mark.browser
def test_the_page_shows_both_editions_without_a_network(tmp_path: Path, browser: Browser) -> None:
    folder = changed_board(tmp_path)
    places = folder, folder / "generations" / "june"
    moved = moved_by(*(Locator(City.at(one)) for one in places))
    path = tmp_path / "diff.html"
    path.write_text(diff_page(moved, "zh", (3, 40)), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1000, "height": 700})
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    try:
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready]")
        assert "测试数据" in page.inner_text(".synthetic")
        assert "3" in page.inner_text(".tiles li:last-child b")
        assert page.locator(".changes button").count() == 5, "what merges is one line"
        page.click(".changes button:has-text('合并')")
        told = page.inner_text("#told")
        assert "B4" in told
        assert "100%" in told
        # A grid is chosen by a click on either map: the middle of A1, B1 and others lies west.
        page.click("[data-fit]")
        box = page.locator("#after").bounding_box()
        found = set()
        for across in range(1, 12):
            page.mouse.click(box["x"] + box["width"] * across / 12, box["y"] + box["height"] * 0.6)
            if page.is_visible("#told"):
                found.add(page.inner_text("#told h2").split("·")[0].strip())
        assert {"边界调整", "换码"} <= found
        page.click("[data-kind='redrawn']")
        assert page.locator(".changes button").count() == 3
        page.fill("#filter", "B9")
        assert page.locator(".changes button").count() == 1
    finally:
        page.close()
    assert (faults, asked) == ([], [path.as_uri()])
