"""A line that is cut, and a computer that slept: it is said, nothing lost, nothing told twice."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Watch
from tests.browser.desk import DeskServer
from tests.browser.line import Line
from tests.browser.pages import Opener, Point, apart, list_of, live, row, watch_news

# tests/js/feed.test.mjs and tests/web/test_feed.py cut the line without a browser.
pytestmark = pytest.mark.slow

# What the browser says of connections that were cut.
CUT = ["ERR_INCOMPLETE_CHUNKED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION", "ERR_SOCKET"]
CUT += ["ERR_NETWORK"]
ASLEEP_S = 2.0


@pytest.fixture
def line(desk: DeskServer) -> Iterator[Line]:
    """Return the line over which the page reaches the server."""
    line = Line(desk.origin)
    yield line
    line.close()


@pytest.fixture
def watch(line: Line) -> Watch:
    """Return the record of the pages of one test."""
    return Watch(line.origin, allowed=[*CUT])


@pytest.mark.parametrize("seconds", [pytest.param(3, id="3 s"), pytest.param(30, id="30 s")])
def test_a_line_that_is_cut_costs_no_event_and_none_comes_twice(
    open_desk: Opener,
    browser: Browser,
    desk: DeskServer,
    line: Line,
    inside: Point,
    seconds: int,
) -> None:
    page = list_of(live(open_desk(width=800, height=600, origin=line.origin)))
    told = watch_news(page)
    before = desk.report(*apart(inside, -1), title="断线前的事件")["number"]
    expect(row(page, before)).to_be_visible()
    state = page.locator("#feed-state")
    line.cut()
    expect(state).to_have_attribute("data-state", "reconnecting")
    expect(state).to_have_text("连接中断，正在重连")
    missed = [
        desk.report(*apart(inside, -n), title=f"断线时的事件{n}")["number"] for n in (2, 3, 4)
    ]
    desk.move(before, "file")
    page.wait_for_timeout(seconds * 1000)
    expect(state).to_have_attribute("data-state", "reconnecting")
    assert told() == [before]
    line.mend()
    live(page)
    for number in missed:
        expect(row(page, number)).to_have_count(1)
    expect(row(page, before)).to_contain_text("已立案")
    after = desk.report(*apart(inside, -5), title="恢复后的事件")["number"]
    expect(row(page, after)).to_be_visible()
    assert told() == [before, *missed, after]
    if seconds < 10:
        slept(page, browser, desk, line, inside, told)


@contextmanager
def asleep(browser: Browser) -> Iterator[None]:
    """Stop the processes that run pages, as a computer does that sleeps."""
    session = browser.new_browser_cdp_session()
    told = session.send("SystemInfo.getProcessInfo")["processInfo"]
    pages = [one["id"] for one in told if one["type"] == "renderer"]
    assert pages
    try:
        for one in pages:
            os.kill(one, signal.SIGSTOP)
        yield
    finally:
        for one in pages:
            os.kill(one, signal.SIGCONT)
        session.detach()


def slept(
    page: Page,
    browser: Browser,
    desk: DeskServer,
    line: Line,
    inside: Point,
    told: Callable[[], list[str]],
) -> None:
    """A computer goes to sleep, its connections end; what it missed is there when it wakes."""
    known = told()
    page.evaluate(
        """() => {
          let last = performance.now();
          window.__longest = 0;
          setInterval(() => {
            const now = performance.now();
            window.__longest = Math.max(window.__longest, now - last);
            last = now;
          }, 50);
        }"""
    )
    page.wait_for_timeout(200)
    with asleep(browser):
        line.cut()
        missed = [
            desk.report(*apart(inside, -n), title=f"休眠时的事件{n}")["number"] for n in (6, 7)
        ]
        time.sleep(ASLEEP_S)
        line.mend()
    for number in missed:
        expect(row(page, number)).to_have_count(1)
    live(page)
    assert told() == [*known, *missed]
    assert page.evaluate("window.__longest") > ASLEEP_S * 900, "it did not sleep"
