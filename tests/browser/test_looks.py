"""What is drawn, by its pixels: hatching, signs, what has no figure."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from PIL import Image
from playwright.sync_api import Page

from app.grids import City
from tests.browser.conftest import Opener, Server, middle, still

pytestmark = pytest.mark.slow

Gray = npt.NDArray[np.float64]
HALF_PX = 20
STATES = {"zero": "0（无）", "suppressed": "数量过小，不予显示", "no_data": "无数据"}
# Pixels of a sign as the map gets them, by severity or hazard.
SIGN = """async ([domain, severity, late]) => {
  const { incidentImage } = await import("/static/js/incidents/symbols.mjs");
  const palette = await (await fetch("/static/palette.json")).json();
  const { data, width } = incidentImage(`incident|light|${domain}||${severity}|${late}`, palette).image;
  return [Array.from(data), width];
}"""  # noqa: E501 - a script


def around(page: Page, x: float, y: float) -> Gray:
    """Return the picture around a place of the screen, in grey."""
    clip: Any = {"x": x - HALF_PX, "y": y - HALF_PX, "width": 2 * HALF_PX, "height": 2 * HALF_PX}
    picture = Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("L")
    return np.asarray(picture, dtype=np.float64)


def all_of(city: City) -> str:
    """Return what is switched off so that only overlays and what others govern are left."""
    return ",".join(
        [*(one.id for one in city.levels), *(one.id for one in city.manifest.bases), "houses"]
    )


def lean(gray: Gray) -> float:
    """Return how much more a picture changes along one diagonal than along the other."""
    down = np.abs(gray[1:, 1:] - gray[:-1, :-1]).mean()  # along \\
    up = np.abs(gray[1:, :-1] - gray[:-1, 1:]).mean()  # along /
    return float(math.log2((down + 0.1) / (up + 0.1)))


def test_hatching_leans_one_way_for_dedicated_grids_and_the_other_outside(
    open_page: Opener, city: City, elsewhere: tuple[float, float]
) -> None:
    overlay = city.overlays[0]
    shapes = city.layer(overlay.id).geometry
    largest = shapes[int(np.argmax(shapely.area(shapes)))]
    inside = shapely.get_point(shapely.maximum_inscribed_circle(largest), 0)
    bare = all_of(city)
    found = {}
    for name, lon, lat, off in (
        ("dedicated", inside.x, inside.y, ""),
        ("without", inside.x, inside.y, f",{overlay.id}"),
        ("outside", *elsewhere, ""),
    ):
        page = open_page(f"#z=15&c={lon:.6f},{lat:.6f}&off={bare}{off}")
        still(page)
        found[name] = around(page, *middle(page))
    assert found["without"].std() < 1
    assert found["dedicated"].std() > 4
    assert found["outside"].std() > 1
    one, other = lean(found["dedicated"]), lean(found["outside"])
    assert abs(one) > 1
    assert abs(other) > 1
    assert one * other < 0


def sign(page: Page, domain: str, severity: int, late: int = 0) -> npt.NDArray[np.uint8]:
    """Return a sign of 64 by 64 pixels in RGBA, whatever its size on the map."""
    data, width = page.evaluate(SIGN, [domain, severity, late])
    whole = Image.fromarray(np.array(data, dtype=np.uint8).reshape(-1, width, 4))
    return np.asarray(whole.resize((64, 64), Image.Resampling.NEAREST))


def test_signs_differ_in_shape_by_severity_and_in_glyph_by_hazard(open_page: Opener) -> None:
    page = open_page()
    bodies = {one: sign(page, "gas", one)[..., 3] > 127 for one in (1, 2, 3, 4)}
    for one, body in bodies.items():
        for other in range(one + 1, 5):
            assert (body != bodies[other]).mean() > 0.04, (one, other)
    domains = page.evaluate(
        "async () => (await (await fetch('/api/hazards')).json()).hazards"
        ".filter((one) => !one.parent).map((one) => one.id)"
    )
    assert len(domains) > 3
    # In greys of their own ink, so that who sees no colours tells them apart.
    inks = {}
    for domain in domains:
        pixels = sign(page, domain, 2).astype(int)
        inks[domain] = (pixels[..., :3].min(axis=2) > 200) & (pixels[..., 3] > 200)
    for place, one in enumerate(domains):
        for other in domains[place + 1 :]:
            assert (inks[one] != inks[other]).mean() > 0.01, (one, other)
    assert (sign(page, "gas", 2, 1) != sign(page, "gas", 2)).any()


def test_what_has_no_figure_and_what_is_held_back_are_told_and_look_so(
    open_page: Opener, server: Server, city: City
) -> None:
    """Of small counts of people nothing is told, and of what is not known no colour is drawn."""
    finest = city.levels[-1].id
    told = server.get(f"/api/coverage?kind=reach&level={finest}&gaps=0")[1]["grids"]
    states = np.array(told["figures"]["visited"]["state"])
    bare = all_of(city)
    off = f"off={bare},{city.overlays[0].id}"
    page = open_page(f"#{off}&t=coverage:reach:visited@{finest}", width=1366, height=768)
    page.wait_for_selector("html[data-topic=drawn]")
    rows = page.locator(".legend-rows li").all_inner_texts()
    for state, label in STATES.items():
        (row,) = [one for one in rows if label in one]
        assert f"{(states == state).sum():,}" in row
    shapes = city.finest.geometry
    circles = shapely.maximum_inscribed_circle(shapes, tolerance=1e-4)
    seen = {}
    for state in ("value", *STATES):
        of = np.isin(city.finest.codes, np.array(told["code"])[states == state])
        at = shapely.get_point(circles[np.argmax(np.where(of, shapely.length(circles), 0))], 0)
        page.evaluate(
            "(hash) => { location.hash = hash; }",
            f"#z=15.5&c={at.x:.6f},{at.y:.6f}&{off}&t=coverage:reach:visited@{finest}",
        )
        page.wait_for_function(f"location.hash.includes('{at.x:.5f}'.slice(0, -1))")
        still(page)
        seen[state] = around(page, *middle(page))
    # A class and nothing have one colour each; what is held back has dots, what is not known lines.
    assert seen["value"].std() < 1
    assert seen["zero"].std() < 1
    assert abs(seen["value"].mean() - seen["zero"].mean()) > 3
    for state in ("suppressed", "no_data"):
        assert seen[state].std() > 3
    assert abs(lean(seen["no_data"])) > 1 > abs(lean(seen["suppressed"]))
