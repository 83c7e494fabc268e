"""A click, or a shared address, is answered with what the API says."""

from __future__ import annotations

import contextlib
import re
from typing import Any

import pytest
from playwright.sync_api import Error, Locator, Page, Route, expect

from app.grids import City
from tests.browser.conftest import Opener, Server, address, middle, still

Point = tuple[float, float]


def click_middle(page: Page) -> None:
    """Click the middle of the map, which the address says where it is."""
    page.mouse.click(*middle(page))


def answered(page: Page) -> Locator:
    """Return the answer once it is there."""
    pane = page.locator('[data-pane="answer"]')
    expect(pane).to_be_visible()
    return pane


def asked_point(page: Page) -> Point:
    """Return the located point that the address keeps."""
    page.wait_for_url(re.compile(r"[#&]p="))
    lon, lat = re.search(r"[#&]p=([\d.]+),([\d.]+)", page.url).groups()  # type: ignore[union-attr]
    return float(lon), float(lat)


def shown_chain(pane: Locator) -> list[dict[str, Any]]:
    """Return what the panel says of the chain."""
    return [
        {
            "level_name": item.locator(".chain-level").inner_text(),
            "code": item.locator(".code span").inner_text(),
            "name": item.locator(".chain-name").inner_text(),
            "labels": item.locator(".staff-label").all_inner_texts(),
            "phones": [tel.strip() for tel in item.locator("a.tel").all_inner_texts()],
        }
        for item in pane.locator(".chain-item").all()
    ]


def told_chain(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the API says of the chain."""
    return [
        {
            "level_name": link["level_name"],
            "code": link["code"],
            "name": link["name"],
            "labels": [one["label"] for one in link["staff"]],
            "phones": [one["phone"] for one in link["staff"] if one["phone"]],
        }
        for link in answer["chain"]
    ]


def test_click_shows_chain_and_staff_of_the_api(
    open_page: Opener, server: Server, inside: Point, city: City
) -> None:
    page = open_page(address(*inside))
    still(page)
    click_middle(page)
    pane = answered(page)
    lon, lat = asked_point(page)
    assert (lon, lat) == pytest.approx(inside, abs=2e-5)  # a pixel at this zoom is 1e-5 degrees
    answer = server.get(f"/api/locate?lon={lon}&lat={lat}")[1]
    assert answer["status"] == "inside"
    assert len(answer["chain"]) == len(city.levels)
    assert shown_chain(pane) == told_chain(answer)
    assert any(one["phones"] for one in shown_chain(pane))
    for tel in pane.locator("a.tel").all():
        assert tel.get_attribute("href") == "tel:" + tel.inner_text().strip()
    blocks = pane.locator(".overlay-block .code span").all_inner_texts()
    assert blocks == [one["code"] for one in answer["overlays"]]
    expect(pane.locator(".pane-title")).to_have_text(answer["chain"][-1]["name"])
    expect(pane.locator(".pane-foot")).to_contain_text(answer["generation"])
    expect(page.locator("#live")).to_contain_text(answer["chain"][-1]["name"])


def test_dedicated_grid_has_its_own_block(open_page: Opener, server: Server, city: City) -> None:
    shape = city.layer(city.overlays[0].id).geometry[0].representative_point()
    lon, lat = round(shape.x, 6), round(shape.y, 6)
    answer = server.get(f"/api/locate?lon={lon}&lat={lat}")[1]
    assert answer["overlays"]
    page = open_page(address(lon, lat) + f"&p={lon},{lat}")
    block = answered(page).locator(".overlay-block").first
    expect(block).to_contain_text(answer["overlays"][0]["code"])
    expect(block).to_contain_text(answer["overlays"][0]["name"])
    for person in answer["overlays"][0]["staff"]:
        expect(block).to_contain_text(person["phone"])


def test_near_border_names_the_neighbour_with_emphasis(
    open_page: Opener, server: Server, near_border: Point, inside: Point
) -> None:
    lon, lat = near_border
    answer = server.get(f"/api/locate?lon={lon}&lat={lat}")[1]
    page = open_page(address(lon, lat, 17) + f"&p={lon},{lat}")
    note = answered(page).locator('.note[data-tone="warn"]')
    expect(note).to_contain_text(f"距边界仅 {answer['border_m']:.1f} m")
    expect(note).to_contain_text(f"隔壁是 {answer['neighbour']['name']}")
    # Well inside a grid the distance is told without emphasis.
    page = open_page(address(*inside) + f"&p={inside[0]},{inside[1]}")
    expect(answered(page).locator('.note[data-tone="plain"]')).to_contain_text("距边界")


def test_far_out_a_click_is_said_to_be_rough(open_page: Opener, inside: Point) -> None:
    page = open_page(address(*inside, 8))
    still(page)
    click_middle(page)
    note = answered(page).locator(".note")
    expect(note).to_contain_text("误差约")
    before = page.url
    note.get_by_role("button", name="放大后再点").click()
    page.wait_for_url(lambda url: url != before and "z=17.00" in url)


def test_outside_names_who_governs(open_page: Opener, server: Server, elsewhere: Point) -> None:
    page = open_page(address(*elsewhere, 13))
    still(page)
    click_middle(page)
    pane = answered(page)
    lon, lat = asked_point(page)
    answer = server.get(f"/api/locate?lon={lon}&lat={lat}")[1]
    assert answer["status"] == "outside"
    assert answer["outside"]["governed_by"] == "成都东部新区"
    expect(pane).to_contain_text("成都东部新区")
    expect(pane).to_contain_text(answer["outside"]["name"])
    expect(pane.locator(".chain-item")).to_have_count(0)


def test_shared_address_gives_the_same_answer_and_view(open_page: Opener, inside: Point) -> None:
    first = open_page(address(*inside, 15))
    still(first)
    click_middle(first)
    told = shown_chain(answered(first))
    asked_point(first)
    second = open_page(first.url.partition("/#")[2].join(["#", ""]))
    assert shown_chain(answered(second)) == told
    assert second.url == first.url


def test_hash_change_is_followed(open_page: Opener, inside: Point, elsewhere: Point) -> None:
    page = open_page(address(*inside) + f"&p={inside[0]},{inside[1]}")
    expect(answered(page)).to_have_attribute("data-status", "inside")
    lon, lat = elsewhere
    page.evaluate(f"location.hash = '{address(lon, lat, 13)}&p={lon},{lat}'")
    expect(page.locator('[data-pane="answer"][data-status="outside"]')).to_be_visible()


def test_chain_element_zooms_to_its_grid(open_page: Opener, server: Server, inside: Point) -> None:
    page = open_page(address(*inside) + f"&p={inside[0]},{inside[1]}")
    town = answered(page).locator(".chain-item").first
    code = town.get_attribute("data-code")
    still(page)
    before = page.url
    town.locator(".chain-name").click()
    expect(town).to_have_attribute("aria-current", "true")
    page.wait_for_url(lambda url: url.partition("&p=")[0] != before.partition("&p=")[0])
    west, south, east, north = server.get(f"/api/grids/{code}")[1]["bounds"]
    view = re.search(r"z=([\d.]+)&c=([\d.]+),([\d.]+)", page.url)
    assert view
    zoom, lon, lat = map(float, view.groups())
    assert zoom < 15
    assert west < lon < east + (east - west)  # east of the middle lies under the panel
    assert south < lat < north + (north - south)
    # The answer stays.
    expect(page.locator(".chain-item")).not_to_have_count(0)


def test_panel_does_not_cover_the_clicked_place(open_page: Opener, inside: Point) -> None:
    page = open_page(address(*inside), reduced_motion="no-preference")
    page.locator("#close-panel").click()
    still(page)
    x, y = middle(page)
    page.mouse.click(x * 2 - 120, y)
    answered(page)
    still(page)
    pin, panel = page.locator(".pin").bounding_box(), page.locator("#panel").bounding_box()
    assert pin
    assert panel
    assert pin["x"] + pin["width"] < panel["x"]


def test_only_the_last_of_quick_clicks_is_answered(
    open_page: Opener, inside: Point, elsewhere: Point
) -> None:
    page = open_page(address(*inside))
    still(page)
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route("**/api/locate*", hold_the_first)
    click_middle(page)
    expect(page.locator(".pin[data-busy]")).to_be_visible()  # at once, before any answer
    expect(page.locator('[data-pane="waiting"]')).to_be_visible()
    lon, lat = elsewhere
    page.locator("#search-text").fill(f"{lon}, {lat}")
    page.locator("#search-text").press("Enter")
    expect(page.locator('[data-status="outside"]')).to_be_visible()
    with contextlib.suppress(Error):  # the page has given up on it
        held[0].fulfill(status=500, body="too late")
    page.wait_for_timeout(200)
    expect(page.locator('[data-status="outside"]')).to_be_visible()
    expect(page.locator('[data-pane="failure"]')).to_have_count(0)


def test_copy_button_copies_the_code(open_page: Opener, inside: Point) -> None:
    page = open_page(address(*inside) + f"&p={inside[0]},{inside[1]}")
    item = answered(page).locator(".chain-item").last
    item.locator(".code button").click()
    expect(page.locator("#toast")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == item.get_attribute("data-code")


def test_data_is_never_markup(open_page: Opener, server: Server, inside: Point) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    answer = server.get(f"/api/locate?lon={inside[0]}&lat={inside[1]}")[1]
    answer["chain"][-1]["name"] = hostile
    answer["chain"][-1]["staff"] = [{"role": hostile, "label": hostile, "phone": hostile}]
    page = open_page(
        address(*inside) + f"&p={inside[0]},{inside[1]}",
        before=lambda page: page.route("**/api/locate*", lambda route: route.fulfill(json=answer)),
    )
    pane = answered(page)
    expect(pane.locator(".pane-title")).to_have_text(hostile)
    assert pane.locator("img").count() == 0
