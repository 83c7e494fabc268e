"""The report: what was counted is what it shows, in one file that needs nothing else."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from html.parser import HTMLParser

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from app.addresses.faults import FAULTS
from app.addresses.match import Band, Level, Status
from app.addresses.tally import EXAMPLES, Example, Tally
from app.grids import City
from app.maps.address_map import WIDTH, address_map, tints_of
from app.maps.address_report import (
    LEVEL_NAMES,
    STATUS_NAMES,
    RunFacts,
    address_report,
    band_counts,
    bars_of,
    calibration_note,
    fault_rows,
    town_rows,
)

FACTS = RunFacts("地址<1>.xlsx", date(2026, 11, 27), "gazetteer1", "rules1", "检验说明")


def tally() -> Tally:
    found = Tally(rows=10, unusable=1)
    found.statuses.update({"assigned": 6, "candidates": 2, "none": 2})
    found.levels.update({"door": 5, "building": 1})
    found.towns.update({("格A", "assigned"): 4, ("格B", "assigned"): 2, ("格B", "candidates"): 2})
    found.towns[("", "none")] = 2
    found.confidences.update({0.998: 4, 0.95: 1, 0.5: 1})
    found.grids.update({"A1": 4, "B4": 2})
    found.faults.update({"TOWN.missing": 3, "DOOR.no_suffix": 1})
    found.add_example("TOWN.missing", Example("<b>东滨路</b>128号•••", 3, 6, "candidates"))
    return found


class Page(HTMLParser):
    """Collects the tags of a page, and all that is no tag."""

    def __init__(self):
        super().__init__()
        self.tags, self.words = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


def parsed(text):
    page = Page()
    page.feed(text)
    return page


def test_one_file_without_a_script_or_an_address_to_load_from(board):
    text = address_report(board, tally(), FACTS)
    page = parsed(text)
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in page.tags}
    loading = {"src", "href", "xlink:href", "srcset", "data", "action"}
    assert not [attrs for _, attrs in page.tags if loading & attrs.keys()]
    assert "://" not in text
    assert "url(" not in text
    assert ("html", {"lang": "zh-CN"}) in page.tags


def test_what_was_counted_is_what_it_says(board):
    words = " ".join(" ".join(parsed(address_report(board, tally(), FACTS)).words).split())
    for wanted in (
        "示例市 · 地址定网格报告", "测试数据 test data", "地址<1>.xlsx · 2026-11-27",
        "已定网格 assigned 6 60.0%", "没有写镇街 TOWN.missing 3 30.0%", "gazetteer1", "rules1",
        "检验说明", "有 1 行没有可读的地址", "没有写明，或没有认出 2 0 0 0 0 0 2",
    ):  # fmt: skip
        assert wanted in words
    # An example is text, with what is wrong marked.
    assert "<b> 东滨路 </b>128号•••" in words


def test_it_says_on_what_the_confidences_rest():
    class Origin:
        texts, day = 12_345, "2026-11-27"

    class Measured:
        origin = Origin

    assert "起始值，尚未" in calibration_note(None)
    assert "12,345" in calibration_note(Measured())
    assert "2026-11-27" in calibration_note(Measured())
    assert calibration_note(object())


def test_an_empty_table_has_a_report(board):
    text = address_report(board, Tally(), FACTS)
    assert "没有一行定了网格" in text
    assert "没有问题" in text


def test_only_three_sizes_of_type_and_no_colour_of_its_own(board):
    text = address_report(board, tally(), FACTS)
    sizes = set(re.findall(r"font(?:-size)?:\s*(?:\d+ )?(\d+)px", text))
    sizes |= set(re.findall(r'font-size="(\d+)"', text))
    assert sizes == {"13", "15", "20"}


def test_every_status_and_level_has_its_names():
    assert list(STATUS_NAMES) == list(Status)
    assert list(LEVEL_NAMES) == list(Level)


def test_towns_come_by_rows_and_those_without_at_the_end():
    assert [(one.name, one.rows) for one in town_rows(tally())] == [("格A", 4), ("格B", 4), ("", 2)]


@given(st.dictionaries(st.floats(0, 1), st.integers(1, 100), max_size=12))
def test_bars_hold_every_row_once_and_bands_are_those_of_their_bars(confidences):
    bars = bars_of(Counter(confidences))
    assert sum(bar.count for bar in bars) == sum(confidences.values())
    found = Tally()
    found.confidences.update(confidences)
    by_band = dict.fromkeys(Band, 0)
    for bar in bars:
        by_band[bar.band] += bar.count
    assert by_band == band_counts(found)


@given(st.lists(st.integers(0, 500), max_size=60))
def test_every_count_has_one_tint_and_more_is_never_paler(counts):
    tints = tints_of(counts)
    for count in counts:
        own = [tint for tint in tints if tint.low <= count <= tint.high]
        assert len(own) == (1 if count else 0)
    assert [tint.share for tint in tints] == sorted({tint.share for tint in tints})


@given(st.sampled_from(sorted(FAULTS)))
def test_no_sentence_of_a_fault_shows_its_braces(code):
    found = Tally()
    found.faults[code] = 1
    [row] = fault_rows(found)
    assert "{" not in row.sentence


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["TOWN.missing", "CROSSING"])),
        max_size=20,
    ),
    st.integers(0, 20),
)
def test_parts_added_up_are_the_whole_whatever_the_cut(rows, cut):
    def of(some):
        made = Tally(rows=len(some))
        for text, code in some:
            made.faults[code] += 1
            made.towns[(text, "none")] += 1
            made.confidences[0.5] += 1
            if made.wants_example(code):
                made.add_example(code, Example(text, 0, 1, "none"))
        return made

    whole, added = of(rows), Tally()
    for part in (rows[:cut], rows[cut:]):
        added.add(Tally.from_json(of(part).to_json()))
    assert added == whole
    assert all(len(found) <= EXAMPLES for found in added.examples.values())


def test_a_grid_with_addresses_is_drawn_where_it_lies(board):
    drawn = address_map(board, {"A1": 1, "B4": 9})
    assert drawn.width == WIDTH
    titles = {one.title: one for one in drawn.filled}
    assert set(titles) == {"A1：1", "B4：9"}
    assert titles["A1：1"].share < titles["B4：9"].share

    def middle(path):
        numbers = np.array(re.findall(r"-?[\d.]+", path), float).reshape(-1, 2)
        return numbers.mean(axis=0)

    # A1 is the south-western corner of the board, B4 the north-eastern one.
    west, east = middle(titles["A1：1"].path), middle(titles["B4：9"].path)
    assert west[0] < drawn.width / 2 < east[0]
    assert east[1] < drawn.height / 2 < west[1]
    assert [label.text for label in drawn.labels] == ["格A", "格B"]


def test_the_demo_city_is_drawn_whole_and_small(jianyang_folder):
    city = City.open(jianyang_folder)
    counts = {code: 1 + place % 40 for place, code in enumerate(city.finest.codes)}
    drawn = address_map(city, counts)
    assert len(drawn.filled) == len(city.finest)
    assert sum(len(one.path) for one in drawn.filled) < 2_000_000
    assert len(drawn.labels) >= 18
    shapes = [
        shapely.Polygon([tuple(map(float, pair.split())) for pair in ring.split("L")])
        for one in drawn.filled
        for ring in one.path.strip("Mz").split("zM")
    ]
    # Borders that are simplified together leave neither gaps nor overlaps to speak of.
    whole = shapely.union_all([shapely.make_valid(shape) for shape in shapes])
    assert whole.area == pytest.approx(sum(shape.area for shape in shapes), rel=0.002)


@pytest.mark.browser
@pytest.mark.slow
def test_a_browser_shows_it_whole_and_asks_for_nothing_else(board, tmp_path, browser):
    path = tmp_path / "report.html"
    path.write_text(address_report(board, tally(), FACTS), encoding="utf-8")
    asked, complaints = [], []
    for width in (1200, 400):
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(path.as_uri())
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(overflow) <= 0
        page.close()
    assert asked == [path.as_uri()] * 2
    assert complaints == []
