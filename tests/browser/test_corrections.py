"""Addresses corrected on the page: placed by a click, tried, saved, seen to hold, undone."""

from __future__ import annotations

import json
import math
import re
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, Watch, still
from tests.browser.desk import DeskServer
from tests.browser.pages import Opener, grave

# tests/web/test_corrections.py goes the same ways without a page.
pytestmark = pytest.mark.slow


@pytest.fixture
def watch(desk: DeskServer) -> Watch:
    """Return the record of the pages of one test."""
    return Watch(desk.origin)


WORDS = json.loads((ROOT / "static" / "i18n" / "zh.json").read_text("utf-8"))
LONG_MS = 120_000
M_PER_DEG = 111_320.0


def offered(desk: DeskServer, text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.get(f"/api/addresses?q={quote(text)}&limit=8")["suggestions"]
    return found


@pytest.fixture(scope="module")
def door(desk: DeskServer) -> dict[str, Any]:
    """Return a door that is answered, and where it would be moved into another grid."""
    for one in [*offered(desk, "文塘路2"), *offered(desk, "文塘路1"), *offered(desk, "文塘路3")]:
        if one["kind"] != "door":
            continue
        body = {"addresses": [{"text": one["address"]}]}
        found = desk.post("/api/addresses/assign", body)["results"][0]
        if found["status"] != "assigned" or found["match_level"] != "door":
            continue
        words = {name: found["parsed"][name] for name in ("town", "road", "number")}
        for step in range(56):
            angle, metres = math.pi * step / 4, 40 + 30 * (step // 8)
            place = {
                "lon": found["lon"]
                + metres * math.cos(angle) / M_PER_DEG / math.cos(math.radians(found["lat"])),
                "lat": found["lat"] + metres * math.sin(angle) / M_PER_DEG,
            }
            there = desk.get(f"/api/locate?lon={place['lon']}&lat={place['lat']}")
            grid = there["chain"][-1]["code"] if there["status"] == "inside" else ""
            clear = there["border_m"] is not None and there["border_m"] > 8
            if (
                clear
                and grid != found["grid"]
                and there["chain"][0]["code"] == found["chain"][0]["code"]
            ):
                return found | {"text": one["address"], "to": place, "to_grid": grid, "of": words}
    pytest.fail("no door can be moved")


def look_up(page: Page, text: str) -> None:
    # The answer before stays until the new one is there.
    page.evaluate(
        "for (const it of document.querySelectorAll('[data-correct]')) it.dataset.old = 'yes'"
    )
    page.locator("#search-text").fill(text)
    page.locator("#search-text").press("Enter")
    page.wait_for_selector("[data-correct]:not([data-old])")


def click_at(page: Page, door: dict[str, Any]) -> None:
    """Click the place to which the door is to be moved, as far from the pin as it is."""
    still(page)
    pin = page.locator(".pin").bounding_box()
    found = re.search(r"z=([\d.]+)", page.url)
    assert pin is not None
    assert found is not None
    wide = math.cos(math.radians(door["lat"]))
    pixel_m = 40_075_016.7 * wide / 512 / 2 ** float(found[1])
    east = (door["to"]["lon"] - door["lon"]) * M_PER_DEG * wide
    north = (door["to"]["lat"] - door["lat"]) * M_PER_DEG
    x = pin["x"] + pin["width"] / 2 + east / pixel_m
    y = pin["y"] + pin["height"] - north / pixel_m
    page.mouse.click(x, y)


def grid_of(desk: DeskServer, text: str) -> str:
    body = {"addresses": [{"text": text}]}
    grid: str = desk.post("/api/addresses/assign", body)["results"][0]["grid"]
    return grid


def test_a_door_is_moved_by_a_click_and_moved_back(
    open_desk: Opener, desk: DeskServer, door: dict[str, Any], watch: Watch
) -> None:
    watch.allowed.append("400 (BAD REQUEST)")  # what lacks a place is refused
    page = open_desk()
    look_up(page, door["text"])
    page.click("[data-correct]")
    pane = page.locator('[data-pane="correct"]')
    expect(pane.locator(".address-text")).to_have_text(door["text"])
    expect(pane.locator('input[name="number"]')).to_have_value(door["of"]["number"])
    expect(pane.locator(".report-spot")).to_have_attribute("data-spot", "open")
    # Without a place nothing is saved, and it is said why.
    pane.locator('[name="try"]').click()
    expect(pane.locator('[role="alert"]')).to_contain_text("lon")
    click_at(page, door)
    expect(pane.locator(".report-spot")).to_have_attribute("data-spot", "set")
    pane.locator('input[name="note"]').fill("现场核实")
    pane.locator('[name="try"]').click()
    expect(pane.locator(".correct-told")).to_contain_text(door["to_grid"])
    for _ in ("light", "dark"):
        assert grave(page) == []
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("t")
    expect(pane.locator(".correct-told")).to_contain_text(door["grid"])
    assert grid_of(desk, door["text"]) == door["grid"]
    pane.locator('[name="save"]').click()
    toast = page.locator("#toast")
    expect(toast).to_contain_text(WORDS["correct.in_effect"], timeout=LONG_MS)
    answer = page.locator('[data-pane="answer"], [data-pane="grid"]')
    expect(answer).to_contain_text(door["to_grid"])
    (made,) = desk.get("/api/addresses/corrections?state=in_effect")["corrections"]
    assert made["note"] == "现场核实"
    assert made["before"]["grid"] == door["grid"]

    toast.get_by_role("button").click()
    expect(toast).to_contain_text(WORDS["correct.undone"], timeout=LONG_MS)
    expect(answer.locator(".chain-item .code span").last).to_have_text(door["grid"])
    assert desk.get("/api/addresses/corrections?state=in_effect")["corrections"] == []


def test_another_name_is_confirmed_where_it_touches_others(
    open_desk: Opener,
    desk: DeskServer,
    door: dict[str, Any],
) -> None:
    page = open_desk()
    road = door["of"]["road"]
    # One character from the road: misspelt, it was led there.
    name = f"{road[0]}糖{road[2:]}"
    look_up(page, door["text"].replace(road, "阿尔法大街"))
    page.click("[data-correct]")
    pane = page.locator('[data-pane="correct"]')
    pane.locator('input[value="alias"]').check()
    pane.locator('input[name="alias"]').fill(name)
    pane.locator('select[name="target_kind"]').select_option("estate")
    estate = next(one for one in offered(desk, "花园") if one["kind"] == "estate")
    body = {"addresses": [{"text": estate["address"]}]}
    town = desk.post("/api/addresses/assign", body)["results"][0]["parsed"]["town"]
    pane.locator('input[name="target"]').fill(estate["name"])
    pane.locator('input[name="target_town"]').fill(town)
    pane.locator('[name="try"]').click()
    expect(pane.locator(".correct-told")).to_contain_text(road)
    save = pane.locator('[name="save"]')
    expect(save).to_be_disabled()
    # What is changed must be tried again.
    pane.locator('input[name="alias"]').fill("阿尔法花苑")
    pane.locator('[name="try"]').click()
    expect(pane.locator(".correct-told")).to_contain_text("阿尔法花苑")
    expect(save).to_be_enabled()
    save.click()
    toast = page.locator("#toast")
    expect(toast).to_contain_text(WORDS["correct.in_effect"], timeout=LONG_MS)
    page.locator("#search-text").fill("阿尔法")
    option = page.locator("#search-list .option").first
    expect(option).to_contain_text(estate["name"])
    (made,) = desk.get("/api/addresses/corrections?state=in_effect")["corrections"]
    desk.post(f"/api/addresses/corrections/{made['id']}/undo", {})
    # It is in the list of the form, as undone.
    look_up(page, door["text"])
    page.click("[data-correct]")
    row = pane.locator(f'[data-correction="{made["id"]}"]')
    expect(row).to_have_attribute("data-state", "undone")
    expect(row.get_by_role("button")).to_have_count(0)
