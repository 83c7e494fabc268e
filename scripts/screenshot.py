r"""Take the pictures of the page from a running server.

    python -m scripts.screenshot --url http://127.0.0.1:5000
    python -m scripts.screenshot --incident NUMBER --out docs/screenshot-incidents.png
    python -m scripts.screenshot --search 平泉路 --out docs/screenshot-search.png
    python -m scripts.screenshot --topic "heat:all;2025-11-01..2026-11-01" \
        --out docs/screenshot-topics.png
    python -m scripts.screenshot --area --out docs/screenshot-area.png
    python -m scripts.screenshot --field --out docs/screenshot-field.png

The first shows the seat of the city after a click, the second an open incident, the third what
became of an address, the fourth a topic over the whole city, the fifth what lies in an area, the
sixth the telephone of a grid worker of the demo. Needs Chromium and the development requirements.
"""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image
from playwright.sync_api import Page, sync_playwright

WIDTH_PX, HEIGHT_PX = 1440, 900
TELEPHONE_PX = 390, 844
# Software WebGL, so that a machine without a graphics card draws the same.
FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
app = typer.Typer(add_completion=False)


@app.command()
def main(
    url: Annotated[str, typer.Option(help="Address of the running server.")],
    out: Annotated[Path, typer.Option(help="Picture to write.")] = Path("docs/screenshot.png"),
    lon: Annotated[float, typer.Option(help="Place that is clicked, degrees east.")] = 104.5469,
    lat: Annotated[float, typer.Option(help="Place that is clicked, degrees north.")] = 30.3915,
    zoom: Annotated[float, typer.Option(help="Zoom of the map.")] = 15.6,
    theme: Annotated[str, typer.Option(help="light or dark.")] = "light",
    incident: Annotated[str, typer.Option(help="Number of the incident to show instead.")] = "",
    search: Annotated[str, typer.Option(help="Address to look up instead.")] = "",
    topic: Annotated[str, typer.Option(help="Topic to draw over the city instead.")] = "",
    area: Annotated[bool, typer.Option(help="Draw an area around the place instead.")] = False,
    field: Annotated[
        bool, typer.Option(help="Show the telephone of a grid worker instead.")
    ] = False,
) -> None:
    """Take a picture of the page."""
    chromium = shutil.which("chromium")
    if chromium is None or theme not in {"light", "dark"}:
        fault = "no chromium on the PATH" if chromium is None else f"theme {theme!r}: light or dark"
        typer.echo(f"{fault}; nothing was written.", err=True)
        raise typer.Exit(2)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=FLAGS)
        width, height = TELEPHONE_PX if field else (WIDTH_PX, HEIGHT_PX)
        page = browser.new_page(
            viewport={"width": width, "height": height},
            locale="zh-CN",
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce",
        )
        complaint = ""
        if field:
            _be_grid_worker(page, url)
        else:
            shown = f"i={incident}" if incident else f"p={lon},{lat}"
            view = f"z={zoom}&c={lon + 0.004},{lat}&{shown}"
            page.goto(f"{url}/#t={topic}" if topic else f"{url}/#{view}")
            page.wait_for_selector(".offer" if incident else "[data-pane]")
            if topic:
                page.wait_for_selector("html[data-topic=drawn], #toast:not([hidden])")
                complaint = _complaint(page)
                # The legend stands over the map now: the city beside it.
                page.evaluate("document.getElementById('whole-city').click()")
            elif not incident:
                page.wait_for_selector("[data-slot=around] > *")
        if area:
            _draw_area(page)
        if search:
            page.fill("#search-text", search)
            page.press("#search-text", "Enter")
            page.wait_for_selector('.address-head, [data-pane="address"]')
        page.wait_for_selector("#map[aria-busy=false]")
        page.wait_for_timeout(500)
        complaint = complaint or _complaint(page)
        picture = _light(page.screenshot())
        browser.close()
    if complaint:
        typer.echo(f"the page says {complaint!r}; nothing was written.", err=True)
        raise typer.Exit(2)
    partial = out.with_name(out.name + ".partial")
    partial.write_bytes(picture)
    partial.replace(out)
    typer.echo(f"{out}: {len(picture) / 1000:.0f} kB")


def _complaint(page: Page) -> str:
    """Return what the page says in passing; of mere words it is gone again soon."""
    return page.locator("#toast").inner_text() if page.is_visible("#toast") else ""


def _light(picture: bytes) -> bytes:
    """Return a picture in 256 colours, so chosen that rare ones stay what they are."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    few = image.quantize(256, Image.Quantize.MAXCOVERAGE, 1, dither=Image.Dither.NONE)
    out = io.BytesIO()
    few.save(out, "PNG", optimize=True)
    return out.getvalue()


def _draw_area(page: Page) -> None:
    """Draw an area in the middle of the map, and wait for what lies in it."""
    page.keyboard.press("a")
    for x, y in ((420, 300), (640, 270), (760, 460), (560, 560), (400, 470)):
        page.mouse.click(x, y)
    page.click('[name="pen-end"]')
    page.wait_for_selector("#enclosed .line-row")


def _be_grid_worker(page: Page, url: str) -> None:
    """Be the demo's grid worker, and wait for what is open in the own grid."""
    page.goto(f"{url}/sign-in")
    page.get_by_role("button", name="网格员", exact=True).click()
    page.wait_for_selector(".field-row")


if __name__ == "__main__":
    app()
