"""An exported page: whole, without a host, without what a name could smuggle in."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

from app.analysis.trend import Pattern
from app.errors import BadInputError
from app.geo.datum import wgs84_to_gcj02
from app.grids import City
from app.maps.compact import Lines, decode
from app.maps.export import Basemap, Sayings, map_page, write_page
from app.maps.houses import light_bases
from app.maps.palette import read_palette
from app.maps.scope import find_area, scope_of
from app.maps.shapes import shapes_json
from app.maps.topology import WORLD_BITS
from tests.cities import layer, make_city, square
from tests.maps.test_inline import loads

# Names of namespaces, and Leaflet's own credit, which the page does not show; nothing is fetched.
NAMED = {"www.w3.org", "leafletjs.com"}


def hosts(page: str) -> set[str]:
    """Return every host that a page names, in whatever way, outside of comments."""
    page = re.sub(r"/\*.*?\*/", "", page, flags=re.DOTALL)
    return set(re.findall(r"(?:https?:|wss?:|ftp:|[\"'(=])\\?/\\?/([a-z0-9-]+\.[a-z0-9.-]+)", page))


def test_names_no_host_and_loads_nothing(board: City) -> None:
    page = map_page(scope_of(board), [], Sayings())
    assert hosts(page) <= NAMED
    assert loads(page) == []
    assert "default-src 'none'" in page
    assert not re.search(r"@import|url\((?!data:|#)", page)


def test_says_what_it_is(board: City) -> None:
    page = map_page(
        scope_of(board), [], Sayings(period="2026年", notes=("一条说明",), made=date(2026, 11, 1))
    )
    for text in ("示例市网格地图", "2026年", "一条说明", "测试数据 test data", "2026-11-01"):
        assert text in page
    assert "2 town级 · 8 cell级" in page
    assert '<html lang="zh-CN">' in page


def test_in_english(board: City) -> None:
    page = map_page(scope_of(board), [], Sayings(), language="en")
    assert '<html lang="en">' in page
    assert "Grid map of 示例市" in page


def test_a_language_that_there_is_not(board: City) -> None:
    with pytest.raises(BadInputError, match=r"'fr'.*\['zh', 'en'\]"):
        map_page(scope_of(board), [], Sayings(), language="fr")


def test_the_same_city_gives_the_same_file(board: City) -> None:
    pages = {map_page(scope_of(board), [], Sayings()) for _ in range(2)}
    assert len(pages) == 1


def test_names_are_names(tmp_path: Path) -> None:
    """Whatever stands in a name: markup, the end of a script, an expression of a template."""
    bad = '</script><img src=x onerror=alert(1)>{{ 7*7 }}{% if 1 %}"\\\u2028'
    towns = layer([("A", "", square(0, 0))])
    towns["name"] = bad
    city = make_city(tmp_path / "c", {"town": towns})
    page = map_page(scope_of(city, find_area(city, "A")), [], Sayings(title=bad, notes=(bad,)))
    assert loads(page) == []
    told = re.search(r"new weige\.Shapes\((.*)\);\n", page)
    assert told
    assert json.loads(told.group(1))["levels"][0]["names"] == [bad]
    assert page.count("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;") >= 3


def test_a_page_is_written_whole_or_not(tmp_path: Path) -> None:
    target = tmp_path / "map.html"
    write_page("<p>一</p>", target)
    assert target.read_text(encoding="utf-8") == "<p>一</p>"
    with pytest.raises(UnicodeEncodeError):
        write_page("\ud800", target)
    assert target.read_text(encoding="utf-8") == "<p>一</p>"
    assert list(tmp_path.iterdir()) == [target]


def test_ramps_run_from_light_to_dark() -> None:
    palette = read_palette()

    def light(colour: str) -> float:
        return sum(w * int(colour[at : at + 2], 16) for w, at in ((2, 1), (7, 3), (1, 5)))

    for name in set(palette.ramps) - {"change"}:
        for count in range(1, 8):
            colours = palette.ramp(name, count)
            assert len(set(colours)) == count
            shades = [light(colour) for colour in colours]
            assert shades == sorted(shades, reverse=True), name


def test_a_hazard_without_a_hue_gets_that_of_others() -> None:
    palette = read_palette()
    assert palette.ramp("flood", 4) == palette.ramp("other", 4)


def test_named_classes_are_told_by_more_than_their_colour() -> None:
    palette = read_palette()
    silent = {sign for sign in palette.signs if palette.texture(sign) is None}
    assert silent == {"none", "not-significant"}
    inks = {sign: texture.ink for sign in palette.signs if (texture := palette.texture(sign))}
    assert (inks["hot-99"], inks["hot-90"]) == (palette.inks["light"], palette.inks["dark"])
    hot, cold = palette.texture("hot-95"), palette.texture("cold-95")
    assert hot
    assert cold
    assert hot.strokes != cold.strokes
    trends = [*Pattern]
    assert len({palette.strokes.get(str(one)) for one in trends}) == len(trends)


def test_every_domain_of_the_map_has_a_ramp() -> None:
    palette = read_palette()
    domains = {name.removeprefix("hazard-") for name in palette.map if name.startswith("hazard-")}
    assert domains - {"ink", "late", "late-ink"} <= set(palette.ramps)


def test_a_basemap_is_the_only_host_and_says_so(board: City) -> None:
    below = Basemap.of("https://{s}.tiles.example/{z}/{x}/{y}.png")
    page = map_page(scope_of(board), [], Sayings(), basemap=below)
    assert "img-src data: blob: https://*.tiles.example;" in page
    assert hosts(page) - NAMED <= {"tiles.example"}


@pytest.mark.parametrize(
    "url",
    [
        "tiles.example/{z}/{x}/{y}.png",
        "https://tiles.example/{z}/{x}.png",
        "file:///etc/{z}/{x}/{y}",
        "https://a b; script-src */{z}/{x}/{y}",
        "javascript:{z}{x}{y}",
    ],
)
def test_what_is_no_basemap(url: str) -> None:
    with pytest.raises(BadInputError, match="basemap"):
        Basemap.of(url)


def test_shapes_are_shifted_with_the_datum_of_the_basemap(board: City) -> None:
    """Every corner and every place of a name, by what the datum says."""
    plain, shifted = (shapes_json(scope_of(board, None, datum)) for datum in ("wgs84", "gcj02"))
    for one, other in zip(plain["levels"], shifted["levels"], strict=True):
        count = len(one["codes"])
        here = degrees(decode(Lines(one["points"], [count]))[0])
        there = degrees(decode(Lines(other["points"], [count]))[0])
        wanted = np.column_stack(wgs84_to_gcj02(here[:, 0], here[:, 1]))
        # The largest circle of a moved square is not quite the moved circle.
        assert np.abs(there - wanted).max() < 2e-4
    here, there = (
        degrees(np.concatenate(decode(Lines(**one["arcs"])))) for one in (plain, shifted)
    )
    wanted = np.column_stack(wgs84_to_gcj02(here[:, 0], here[:, 1]))
    assert np.abs(there.min(axis=0) - wanted.min(axis=0)).max() < 2e-5
    assert np.abs(there.max(axis=0) - wanted.max(axis=0)).max() < 2e-5


def test_a_map_that_is_shifted_says_so_in_its_head(board: City) -> None:
    said = "坐标系：GCJ-02"
    assert said in map_page(scope_of(board, None, "gcj02"), [], Sayings())
    assert said not in map_page(scope_of(board), [], Sayings())


def degrees(steps: np.ndarray) -> np.ndarray:
    """Return whole steps of the world in lon, lat."""
    part = steps / 2**WORLD_BITS
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * part[:, 1]))))
    return np.column_stack((part[:, 0] * 360 - 180, lat))


def test_outlines_of_buildings_stay_out_of_a_file_to_be_mailed(tmp_path: Path) -> None:
    """Nor are they taken for water in a picture."""
    squares = gpd.GeoDataFrame({"name": [""]}, geometry=[square(0.2, 0.2, 0.1, 0.1)], crs=4326)
    cells = layer([("1", "", square(0, 0))])
    bases = {"water": squares, "buildings": squares}
    city = make_city(tmp_path / "city", {"cell": cells}, bases=bases)
    assert [base.id for base in light_bases(city)] == ["water"]
    assert [base["id"] for base in shapes_json(scope_of(city))["bases"]] == ["water"]
