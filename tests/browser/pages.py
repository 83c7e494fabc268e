"""What tests do with a page of incidents, and how they look behind it."""

from __future__ import annotations

from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.desk import DeskServer

Point = tuple[float, float]
Opener = Callable[..., Page]
FAR = 0.02  # degrees; farther than any two incidents of one hazard are taken for the same
# A key that comes with new buttons was meant for older ones: so long the page waits, and a bit.
SETTLED_MS = 700

# Every map of the page, the first one first, and what colours it was told of grids while the bar of
# time said what.
_WATCH_MAPS = """async () => {
  const { Map: Drawn } = await import("/static/vendor/maplibre-gl-6.17.0/maplibre-gl.mjs");
  window.__maps = [];
  window.__coloured = [];
  for (const name of ["setFeatureState", "removeFeatureState", "setStyle", "jumpTo"]) {
    const real = Drawn.prototype[name];
    Drawn.prototype[name] = function (...given) {
      if (!window.__maps.includes(this)) window.__maps.push(this);
      if (name === "setFeatureState" && given[1].topic) {
        const month = document.querySelector(".time-label")?.textContent ?? "";
        window.__coloured.push([month, given[0].id, given[1].topic]);
      }
      return real.apply(this, given);
    };
  }
}"""
# Of whom the page told as new, one after the other.
_WATCH_NEWS = """async () => {
  const { Herald } = await import("/static/js/incidents/herald.mjs");
  const tell = Herald.prototype.tell;
  window.__told = [];
  Herald.prototype.tell = function (reported) {
    window.__told.push(...reported.map((one) => one.number));
    return tell.call(this, reported);
  };
}"""
# What is written by hand into pictures.
_WATCH_WRITING = """() => {
  const real = CanvasRenderingContext2D.prototype.fillText;
  window.__written = [];
  CanvasRenderingContext2D.prototype.fillText = function (text, ...given) {
    window.__written.push(text);
    return real.call(this, text, ...given);
  };
}"""


def live(page: Page) -> Page:
    """Wait until the page hears of everything as it happens."""
    expect(page.locator("#feed-state")).to_have_attribute("data-state", "live")
    return page


def list_of(page: Page) -> Page:
    """Turn to the list of incidents."""
    page.click("#tab-incidents")
    expect(page.locator(".inc-count")).to_contain_text("/")
    return page


def row(page: Page, number: str) -> Locator:
    """Return the row of an incident in the list."""
    return page.locator(f'.inc-row[data-number="{number}"]')


def sheet(page: Page) -> Locator:
    """Return the incident that is open."""
    return page.locator('[data-pane="incident"]')


def status(page: Page) -> Locator:
    """Return where the incident that is open stands."""
    return sheet(page).locator(".badge")


def here(point: Point, number: str = "", zoom: float = 16) -> str:
    """Return the part of the address that shows a place, and an incident."""
    shown = f"&i={number}" if number else ""
    return f"#z={zoom}&c={point[0]:.5f},{point[1]:.5f}{shown}"


def apart(point: Point, count: int) -> Point:
    """Return a point so far from another that nothing there is taken for the same."""
    return round(point[0] + count * FAR, 6), point[1]


def open_numbers(desk: DeskServer) -> list[str]:
    """Return the numbers of the open incidents."""
    found = desk.get("/api/incidents?status=open&limit=1000")["incidents"]
    return [one["number"] for one in found]


def see(page: Page, hidden: bool) -> None:
    """Let the page believe that its tab is in front, or behind another."""
    page.evaluate(
        """hidden => {
          Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def watch_maps(page: Page) -> None:
    """Hold every map of the page that is told something from now on, in `__maps`."""
    page.evaluate(_WATCH_MAPS)


def watch_news(page: Page) -> Callable[[], list[str]]:
    """Return a function that says which incidents the page told as new from now on."""
    page.evaluate(_WATCH_NEWS)

    def told() -> list[str]:
        found: list[str] = page.evaluate("window.__told")
        return found

    return told


def watch_writing(page: Page) -> Callable[[], str]:
    """Return a function that says what was written into pictures since it was asked last."""
    page.evaluate(_WATCH_WRITING)

    def written() -> str:
        found: list[str] = page.evaluate("window.__written.splice(0)")
        return "\n".join(found)

    return written


def grave(page: Page) -> list[str]:
    """Return what axe-core finds that is serious."""
    found = Axe().run(page).response["violations"]
    return [one["id"] for one in found if one["impact"] in {"serious", "critical"}]
