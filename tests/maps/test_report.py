"""A report says the numbers of its months, and none that is held back."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from PIL import Image

from app.analysis.ground import Ground
from app.analysis.period import Period
from app.analysis.selection import read_table
from app.errors import BadInputError, UnavailableError
from app.incidents.policy import Policy
from app.locate import Locator
from app.maps.order import period_of
from app.maps.question import Question
from app.maps.report import Report, parse_month, report_of
from app.maps.report_page import report_page
from app.maps.scope import find_area, scope_of
from app.maps.snapshot import find_chromium, photograph
from tests.maps.test_export import NAMED, hosts
from tests.maps.test_inline import loads

POLICY = Policy.read()
HELD = 5


@pytest.fixture(scope="module")
def question(jianyang_folder: Path) -> Question:
    locator = Locator.open(jianyang_folder)
    ground = Ground(locator.city)
    found = read_table(locator, ground)
    return Question(
        scope=scope_of(locator.city, find_area(locator.city, "简城街道")),
        ground=ground,
        policy=POLICY,
        incidents=found,
        period=period_of(found, POLICY),
        suppress=HELD,
    )


@pytest.fixture(scope="module")
def report(question: Question) -> Report:
    return report_of(question, parse_month("2026-10", question))


@pytest.mark.parametrize("text", ["2026", "2026-13", "26-10", "october", "2026-10-01", ""])
def test_what_is_no_month(question: Question, text: str) -> None:
    with pytest.raises(BadInputError, match="such as 2026-10"):
        parse_month(text, question)


def test_what_is_not_known_is_not_zero(question: Question) -> None:
    """The demo's incidents begin in November 2024."""
    early = report_of(question, parse_month("2025-01", question))
    every = early.hazards[0]
    assert every.month.count
    for figure in (every.year_ago, every.year, every.year_before, *every.months[:10]):
        assert (figure.count, figure.known) == (None, False)
    page = report_page(early)
    assert "无更早的数据" in page
    assert "<td>–</td>" in re.sub(r"<td[^>]*>", "<td>", page)
    for text in ("2024-10", "2026-11", "2030-01"):
        with pytest.raises(BadInputError, match="known from 2024-11 to 2026-10"):
            report_of(question, parse_month(text, question))


def test_numbers_are_those_of_their_months(report: Report, question: Question) -> None:
    zone = POLICY.time_zone

    def number(hazard: str, since: date, until: date) -> int:
        return len(question.select(hazard, Period.of_days(since, until, zone)))

    for row in report.hazards:
        wanted = {
            "month": number(row.hazard, date(2026, 10, 1), date(2026, 11, 1)),
            "before": number(row.hazard, date(2026, 9, 1), date(2026, 10, 1)),
            "year_ago": number(row.hazard, date(2025, 10, 1), date(2025, 11, 1)),
            "year": number(row.hazard, date(2025, 11, 1), date(2026, 11, 1)),
            "year_before": number(row.hazard, date(2024, 11, 1), date(2025, 11, 1)),
        }
        for name, count in wanted.items():
            shown = getattr(row, name).count
            assert shown is None or shown == count, (row.hazard, name)
            if 0 < count < HELD:
                assert shown is None
        assert row.months[-1] == row.month
        assert len(row.months) == 13
    assert report.hazards[0].year.count is not None
    assert report.hazards[0].year.count > 100


def test_no_hazard_can_be_told_from_the_others(report: Report) -> None:
    for name in ("month", "before", "year_ago", "year", "year_before"):
        every, *domains = (getattr(row, name).count for row in report.hazards)
        hidden = domains.count(None)
        if every is None:
            assert all(one in {None, 0} for one in domains)
        else:
            assert hidden != 1 or sum(one or 0 for one in domains) == 0


def test_gaps_are_worst_first(report: Report) -> None:
    assert report.gaps
    for gap in report.gaps:
        affected = [row.affected for row in gap.rows]
        assert affected == sorted(affected, reverse=True)
    assert report.as_of == date(2026, 10, 31)


def test_the_page_is_whole(report: Report) -> None:
    page = report_page(report)
    assert hosts(page) <= NAMED
    assert loads(page) == []
    assert "<script" not in page
    for text in ("简城街道 2026-10 网格月报", "演示数据", "近 12 个月", "较上月", "分母", "不足 5"):
        assert text in page, text
    assert page.count("<svg") >= 2 + len(report.hazards)
    assert not re.search(r"\b0{3}-0{4}-\d{4}\b", page)


def test_names_are_names_on_paper_too(report: Report) -> None:
    bad = replace(report, busiest=(("<b>{{ 7*7 }}</b>", 7),))
    page = report_page(bad)
    assert "&lt;b&gt;{{ 7*7 }}&lt;/b&gt;" in page


def test_a_micro_grid_has_a_report_too(question: Question) -> None:
    city = question.scope.city
    area = find_area(city, str(city.finest.codes[0]))
    small = Question(
        scope=scope_of(city, area),
        ground=question.ground,
        policy=POLICY,
        incidents=question.incidents,
        period=question.period,
        suppress=HELD,
        language="en",
    )
    made = report_of(small, parse_month("2026-10", small))
    assert made.busiest == ()
    assert area.name in report_page(made)


@pytest.mark.browser
def test_a_photograph(tmp_path: Path) -> None:
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("no Chromium: the picture of a browser was NOT tested")
    page = tmp_path / "a.html"
    page.write_text("<body style='margin:0;background:#1f4fb5'>", encoding="utf-8")
    photograph(page, tmp_path / "a.png", chromium)
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size == (3200, 2000)
        assert picture.convert("RGB").getpixel((100, 100)) == (0x1F, 0x4F, 0xB5)


def test_a_browser_that_gives_no_picture(tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    page.write_text("x", encoding="utf-8")
    for program in ("/bin/false", "/nowhere/chromium"):
        with pytest.raises(UnavailableError, match=program):
            photograph(page, tmp_path / "a.png", program)
    assert [one.name for one in tmp_path.iterdir()] == ["a.html"]
