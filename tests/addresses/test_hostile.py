"""Texts that are no addresses, or were made to do harm: an answer each, after bounded work."""

from __future__ import annotations

import sys
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.addresses.folded import MAX_LENGTH
from app.addresses.match import Query, Status
from app.addresses.matcher import MAX_CANDIDATES, Matcher
from app.addresses.parse import MAX_READINGS
from app.grids import City

# Calls of functions, Python's and C's, that any text may cost; an address costs some hundreds.
MOST_CALLS = 60_000


@pytest.fixture(scope="module")
def matcher(jianyang_folder):
    found = Matcher.open(City.open(jianyang_folder))
    found.warm()
    return found


def calls_of(work: Callable[[], object]) -> int:
    """Return how many functions were called."""
    count = 0

    def note(_frame: object, event: str, _arg: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def answered(matcher: Matcher, text: str) -> None:
    """Hold what holds for every answer."""
    match = matcher.assign(Query(text))
    assert (match.grid != "") == (match.status is Status.ASSIGNED)
    assert (match.confidence > 0) == (match.status is Status.ASSIGNED)
    assert len(match.candidates) <= MAX_CANDIDATES
    assert match.explanation.endswith("。")
    for fault in match.faults:
        if fault.span is not None:
            assert text[fault.span.start : fault.span.stop] == fault.span.text
            assert fault.span.stop <= MAX_LENGTH
    assert len(matcher.explain(Query(text))["hypotheses"]) <= MAX_READINGS
    assert calls_of(lambda: matcher.assign(Query(text))) <= MOST_CALLS


NAMES = (
    "射洪坝街道",
    "简城街道",
    "人民路",
    "建设路",
    "阳光花园",
    "三江坝村",
    "正街",
    "平泉",
    "青龙",
)
REPEATED = [
    *(one * 10_000 for one in "1号路栋-（)【附至三段村 \u3000"),
    *(one * 2_000 for one in NAMES),
    "1-" * 5_000, "1号" * 5_000, "一百" * 5_000, "12巷" * 4_000, "3栋2单元" * 2_000, "附3" * 5_000,
    "人民路建设路" * 2_000, "人民路1号附" * 2_000, "".join(NAMES) * 300, "(" * 5_000 + ")" * 5_000,
    "（人民路" * 3_000, "】）]」" * 3_000, "简阳市" * 4_000, "资阳市简阳市" * 2_000, "对面" * 5_000,
]  # fmt: skip
STRANGE = [
    "", " ", "\n", "\x00", "\x00人民路\x001号", "\x1b[31m人民路1号\x1b[0m", "\u202e人民路1号",
    "\ufeff人民路1号", "😀人民路😀1号😀", "👨‍👩‍👧‍👦" * 200, "𠮷" * 300, "\ud800人民路1号",
    "e\u0301" * 500, "\u0301" * 500, "﷽" * 300, "㍿㍿㌀" * 100, "½号", "①②③号", "人民路⑴号",
    "人民路Ⅻ号", "人民路１２８号", "'; DROP TABLE gazetteer; --", "1 OR 1=1", "=1+1",
    "=HYPERLINK(\"http://example.invalid\")", "@SUM(A1)", "+1", "-1", "{{7*7}}",
    "${jndi:ldap://example.invalid/a}", "<script>alert(1)</script>", "../../etc/passwd", "%s%s%n",
    "人民路%d号", "{word}{detail}", "人民路{0}号", "\\", "\\u0041", "人民路99999999999999999999号",
    "人民路-1号", "人民路0号", "人民路1e9号", "人民路0x10号", "人民路1.5号", "人民路00000001号",
    "人民路1号附99999999999号", "人民路１２８１２８１２８１２８３楼", "人民路12812812楼",
    "(((人民路1号", "人民路1号)))", ")人民路(1号", "【【】人民路1号", "人民路1号（", "（）" * 100,
]  # fmt: skip


@pytest.mark.parametrize("text", REPEATED, ids=range(len(REPEATED)))
def test_ten_thousand_characters_are_answered_after_bounded_work(matcher, text):
    assert len(text) >= 2_000
    answered(matcher, text)
    assert any(fault.code == "TEXT.cut" for fault in matcher.assign(Query(text)).faults)


@pytest.mark.parametrize("text", STRANGE, ids=range(len(STRANGE)))
def test_strange_texts_are_answered(matcher, text):
    answered(matcher, text)


def test_what_lies_behind_two_hundred_characters_is_not_read(matcher):
    tail = "简城街道人民路1号"
    padded = "，" * MAX_LENGTH + tail
    assert matcher.assign(Query(padded)).status is Status.NONE
    fits = "，" * (MAX_LENGTH - len(tail)) + tail
    assert "TEXT.cut" not in {one.code for one in matcher.assign(Query(fits)).faults}
    assert matcher.assign(Query(fits)).level == matcher.assign(Query(tail)).level


PIECES = st.sampled_from(
    [
        *NAMES, "1号", "128", "附3", "-", "~", "3栋", "二单元", "5楼", "501室", "南段", "12巷",
        "3组", "(", "）", "旁", "附近", "与", "交叉口", "简阳市", "资阳市", "武侯区", "，", " ",
        "\x00", "😀", "东", "新", "路", "村",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=40).map("".join))
@settings(max_examples=150, deadline=None)
def test_pieces_of_addresses_in_any_order_are_answered(matcher, text):
    answered(matcher, text)


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_text_is_answered(matcher, text):
    answered(matcher, text)


@given(st.integers(0, 10**6))
@settings(max_examples=50, deadline=None)
def test_random_digits_and_units_are_answered(matcher, seed):
    rng = Random(seed)
    units = "号栋幢楼层室段巷弄组附之-~至一二十百"
    text = "".join(rng.choice((str(rng.randint(0, 10**6)), rng.choice(units))) for _ in range(60))
    answered(matcher, f"人民路{text}")


@given(st.dictionaries(st.sampled_from(["town", "road", "number", "estate", "building"]),
                       st.one_of(st.text(max_size=30), st.sampled_from(STRANGE))))  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_any_parts_are_answered_after_bounded_work(matcher, parts):
    query = Query("人民路1号", parts)
    match = matcher.assign(query)
    assert (match.grid != "") == (match.status is Status.ASSIGNED)
    assert calls_of(lambda: matcher.assign(query)) <= MOST_CALLS
