"""A page that is open while another edition of the boundaries begins to answer."""

from __future__ import annotations

import shutil
import time
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from app.grids import City
from app.grids.editions import activate
from app.maps.tiles import build_tiles
from tests.browser.conftest import address, middle, still
from tests.browser.desk import PATIENCE_S
from tests.cities import chessboard
from tests.editions import POINT, add_edition, wider
from tests.web.servers import Server

# tests/web/test_switch.py and tests/js ask the same without a map.
pytestmark = pytest.mark.slow


def test_it_is_told_once_and_shows_the_new_one_after_a_reload(
    tmp_path: Path, prepared_sqlite: Path, browser: Browser
) -> None:
    folder = chessboard(tmp_path / "board").folder
    place = add_edition(folder, "june", date(2026, 6, 1), {"cell": wider(folder)})
    for one in (folder, place):
        build_tiles(City.at(one), tmp_path)
    shutil.copy(prepared_sqlite, tmp_path / "weige.db")
    server = Server(folder, tmp_path, f"sqlite:///{tmp_path / 'weige.db'}", workers=1)
    page = browser.new_page(locale="zh-CN", viewport={"width": 1000, "height": 600})
    page.set_default_timeout(PATIENCE_S * 1000)
    try:
        page.goto(f"http://127.0.0.1:{server.port}/{address(POINT['lon'], POINT['lat'], 15)}")
        page.wait_for_selector("html[data-ready]")
        still(page)
        page.mouse.click(*middle(page))
        expect(page.locator('[data-pane="answer"]')).to_contain_text("A2")
        toast = page.locator("#toast")
        expect(toast).to_be_hidden()
        activate(folder, "june")
        until = time.monotonic() + PATIENCE_S
        while server.ask("GET", "/api/city")[1]["generation"] != "june":
            assert time.monotonic() < until
            time.sleep(0.1)
        # Tiles of the edition before are still there for it.
        page.mouse.click(*middle(page))
        expect(page.locator('[data-pane="answer"]')).to_contain_text("A1")
        expect(toast).to_contain_text("网格边界已更新为版本 june")
        toast.get_by_role("button").click()
        page.wait_for_selector("html[data-ready]")
        expect(page.locator('[data-pane="answer"]')).to_contain_text("A1")
        expect(toast).to_be_hidden()
    finally:
        page.close()
        server.stop()
