"""The map of findings: every one a numbered place with its ground; one page, no network."""

from __future__ import annotations

import datetime as dt
import json
import re

import numpy as np
import pytest
import shapely
from playwright.sync_api import expect

from app.geo.plane import Plane
from app.grids import City
from app.grids.boundary_set import BoundarySet
from app.grids.certify import certify_city
from app.grids.importer import import_boundaries
from app.grids.mend import mend
from app.grids.mend_changes import Tolerances
from app.maps.quality_map import MOST_PLACES, quality_page, repair_page
from app.maps.quality_places import places_of, places_of_repair
from app.maps.quality_words import KINDS
from tests.cities import layer, make_city, square
from tests.grids.defects import DEFECTS, write_defects

PLANE = Plane("EPSG:4544")
# What a repair says of its levels and of no place.
COUNTED_ELSEWHERE = {"unmatched", "prefix"}


@pytest.fixture(scope="module")
def dirty(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dirty")
    spec = BoundarySet.read(write_defects(folder, DEFECTS))
    import_boundaries(spec, dt.date(2026, 5, 1)).write(folder / "city")
    return City.open(folder / "city")


@pytest.fixture(scope="module")
def certificate(dirty):
    return certify_city(dirty).to_dict()


def data_of(page):
    (text,) = re.findall(
        r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL
    )
    return json.loads(text)


def area(lines):
    """Return the area within lines as the page has them."""
    step, *flat = lines
    rings = [np.cumsum(np.reshape(one, (-1, 2)), axis=0) * step for one in flat]
    return shapely.area(shapely.polygonize([shapely.linestrings(one) for one in rings]))


def test_every_finding_is_a_place_and_has_the_ground_that_it_says(dirty, certificate):
    found = places_of(dirty, certificate)
    for raw in certificate["levels"]:
        for group, key in (("defect", "defects"), ("warning", "warnings")):
            for kind, count in raw[key].items():
                own = [one for one in found if (one.level, one.kind) == (raw["id"], kind)]
                assert len(own) == (0 if kind in COUNTED_ELSEWHERE else count), (raw["id"], kind)
                assert {one.group for one in own} <= {group}
    for one in found:
        if one.facts.get("area_m2") and one.kind != "scraps":
            assert PLANE.area_m2([one.ground])[0] == pytest.approx(one.facts["area_m2"], rel=1e-3)
        if one.lon is not None:
            assert one.ground.distance(shapely.Point(one.lon, one.lat)) < 1e-9
    assert [one.kind for one in found if one.lon is None] == ["count"]
    assert {one.kind for one in found} <= {*KINDS}


def test_the_page_keeps_a_sliver_to_the_millimetre(dirty, certificate):
    data = data_of(quality_page(dirty, certificate))
    thin = [one for one in data["places"] if one["facts"].get("width_m", 9) < 1]
    assert {one["kind"] for one in thin} == {"overlaps", "gaps", "spills"}
    for one in thin:
        assert area(one["ground"]) == pytest.approx(one["facts"]["area_m2"], rel=0.1)
        assert one["box"][0] <= one["at"][0] <= one["box"][2]
    assert data["more"] == 0


def test_a_page_asks_no_host_and_cannot_be_broken_by_a_name(tmp_path):
    cells = layer([("A1", "A", square(0, 0))])
    cells["name"] = "</script><b>x"
    city = make_city(tmp_path / "c", {"t": layer([("A", "", square(0, 0, 2, 1))]), "cell": cells})
    page = quality_page(city, certify_city(city).to_dict(), "en")
    assert page.count("</script>") == 2
    assert data_of(page)["places"][0]["names"] == ["</script><b>x"]
    assert not re.search(r"https?://", page)
    assert "default-src 'none'" in page
    assert '<html lang="en">' in page


def test_more_places_than_a_page_bears_are_counted(dirty, certificate, monkeypatch):
    monkeypatch.setattr("app.maps.quality_map.MOST_PLACES", 5)
    data = data_of(quality_page(dirty, certificate))
    assert len(data["places"]) == 5
    assert data["more"] == len(places_of(dirty, certificate)) - 5
    assert MOST_PLACES > 500


def test_a_certificate_of_an_earlier_version_is_drawn_as_well(dirty, certificate):
    newer = {"malformed", "islands", "same_names", "sizes", "warnings", "households_min"}
    older = {
        **certificate,
        "levels": [
            {key: value for key, value in level.items() if key not in newer}
            for level in certificate["levels"]
        ],
    }
    assert data_of(quality_page(dirty, older))["places"]


def test_a_repair_shows_each_change_before_and_after(dirty):
    mended = mend(dirty, Tolerances())
    found = places_of_repair(mended)
    assert [one.group for one in found].count("done") == len(mended.done) == 3
    data = data_of(repair_page(mended))
    for one in data["places"]:
        assert ("after" in one) == (one["group"] == "done")
        # Nobody is beside the gap in a scrap that has no children.
        assert len(one["before"]) > 1 or one["codes"] == []
    done = data["places"][0]
    assert done["before"] != done["after"]


@pytest.mark.browser
def test_the_page_in_a_browser(dirty, tmp_path, browser):
    mended = mend(dirty, Tolerances())
    certificate = mended.before.to_dict()
    (tmp_path / "map.html").write_text(quality_page(dirty, certificate), encoding="utf-8")
    (tmp_path / "repair.html").write_text(repair_page(mended, "en"), encoding="utf-8")
    page = browser.new_page(reduced_motion="reduce")
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda told: faults.append(told.text))
    page.goto((tmp_path / "map.html").as_uri())
    places = places_of(dirty, certificate)
    assert page.locator("#list button").count() == len(places)
    expect(page.locator("#scale span")).to_have_text("500 m")
    # An entry goes to its place: near enough to see how wide a sliver is.
    thin = next(at for at, one in enumerate(places, 1) if one.facts.get("width_m", 9) < 1)
    page.locator(f'[data-number="{thin}"]').click()
    assert page.url.endswith(f"#{thin}")
    expect(page.locator("#scale span")).to_have_text(re.compile("^[1-5] m$"))
    card = page.locator("#card")
    assert "43.2 cm" in card.inner_text()
    assert page.locator("[aria-current]").get_attribute("data-number") == str(thin)
    page.keyboard.press("n")
    assert page.url.endswith(f"#{thin + 1}")
    page.keyboard.press("Escape")
    assert card.is_hidden()
    # Filters and search keep to what is asked; the other language says the same.
    page.locator(".chip", has_text="空隙").first.click()
    gaps = sum(one.kind == "gaps" for one in places)
    assert page.locator("#list button").count() == gaps
    page.locator("#language").click()
    assert "Gap" in page.locator("#list button").first.inner_text()
    page.locator("#search").fill("a30")
    assert page.locator("#list button").count() == 1
    page.goto((tmp_path / "repair.html").as_uri() + "#2")
    assert page.locator(".switch [aria-pressed=true]").inner_text() == "After"
    after = page.locator("#map").screenshot()
    page.locator(".switch button", has_text="Before").click()
    expect(page.locator(".switch [aria-pressed=true]")).to_have_text("Before")
    assert page.locator("#map").screenshot() != after
    assert faults == []
    page.close()
