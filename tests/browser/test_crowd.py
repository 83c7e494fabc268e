"""Ten thousand open incidents: of their list only what is seen is in the page; all are mapped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Locator as Element
from playwright.sync_api import Page, expect

from app.grids import City
from app.incidents.backfill import Past, backfill
from app.incidents.incident import Draft
from app.incidents.policy import DEFAULT_POLICY, Policy
from app.locate import Locator
from app.store import Database, utc_now
from tests.browser.conftest import Watch
from tests.browser.desk import DeskServer, serving
from tests.browser.pages import Opener

OPEN = 10_000
LATE = 5_000
# No more rows than a tall screen holds are in the page, with those above and below.
MOST_ROWS = 40

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def desk(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskServer]:
    """Serve a desk with ten thousand open incidents; those of the first half are overdue."""
    var = tmp_path_factory.mktemp("crowd")
    database = Database(f"sqlite:///{var / 'weige.db'}")
    database.upgrade()
    middle = city.finest.frame.representative_point()
    begun = utc_now() - timedelta(hours=6)
    drafts = (
        Draft(
            hazard="other",
            severity=2,  # to be filed within four hours
            title=f"第{n}件",
            lon=float(middle.x.iloc[n % len(middle)]),
            lat=float(middle.y.iloc[n % len(middle)]),
            external_source="test",
            external_id=str(n),
            synthetic=True,
        )
        for n in range(OPEN)
    )
    pause = [timedelta(0), timedelta(hours=3)]
    pasts = [
        Past(one, begun + pause[n >= LATE] + timedelta(seconds=n), "演示网格员")
        for n, one in enumerate(drafts)
    ]
    policy = Policy.read(DEFAULT_POLICY)
    assert backfill(database, Locator.open(city.folder), policy, pasts) == OPEN
    database.close()
    with serving(city, var) as server:
        yield server


@pytest.fixture
def watch(desk: DeskServer) -> Watch:
    """Return the record of the pages of one test."""
    return Watch(desk.origin)


def at(page: Page, place: int) -> Element:
    """Return the row at a place of the list, the newest at 0; few others are in the page."""
    found = page.locator(f'.inc-row[data-index="{place}"]')
    expect(found).to_contain_text(f"第{OPEN - 1 - place}件")
    assert page.locator(".inc-item").count() < MOST_ROWS
    return found


def test_ten_thousand_are_listed_mapped_and_gone_through_by_keys(open_desk: Opener) -> None:
    page = open_desk("#tab=incidents")
    expect(page.locator(".inc-count")).to_contain_text("10,000 / 10,000")
    expect(page.locator("html")).to_have_attribute("data-pins", str(OPEN))
    first = at(page, 0)
    box = page.locator(".inc-scroll")
    high = box.evaluate("(one) => one.scrollHeight")
    for part in (0.5, 1):
        box.evaluate("(one, part) => { one.scrollTop = part * one.scrollHeight; }", part)
        at(page, OPEN // 2 if part < 1 else OPEN - 1)
    assert box.evaluate("(one) => one.scrollHeight") == high
    box.evaluate("(one) => { one.scrollTop = 0; }")
    first = at(page, 0)
    first.focus()
    for key, place in {
        "ArrowDown": 1,
        "End": OPEN - 1,
        "ArrowUp": OPEN - 2,
        "Home": 0,
    }.items():
        page.keyboard.press(key)
        expect(at(page, place)).to_be_focused()
    page.keyboard.press("End")
    last = at(page, OPEN - 1)
    expect(last).to_be_focused()
    item = page.locator(".inc-item", has=last)
    expect(item).to_have_attribute("aria-posinset", str(OPEN))
    expect(item).to_have_attribute("aria-setsize", str(OPEN))
    page.keyboard.press("Enter")
    expect(page.locator('[data-pane="incident"]')).to_contain_text("第0件")
    page.keyboard.press("Escape")
    expect(at(page, OPEN - 1)).to_be_focused()
    # What should have been begun by now, and nothing else; on the map as well.
    page.click("#whole-city")
    page.check('.inc-filters [name="overdue"]', force=True)
    expect(page.locator(".inc-count")).to_contain_text(f"{LATE:,} / {OPEN:,}")
    expect(page.locator("html")).to_have_attribute("data-pins", str(LATE))
    expect(page.locator(".inc-row").first).to_contain_text(f"第{LATE - 1}件")
    expect(page.locator(".inc-row").first.locator(".inc-due")).to_have_attribute(
        "data-late", "true"
    )
    assert "overdue" in page.url
