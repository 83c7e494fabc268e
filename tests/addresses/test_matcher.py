"""What holds for every address: rewriting changes nothing, less is never surer, nothing hangs."""

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.addresses.entry import COLUMNS
from app.addresses.match import Query, Status
from app.addresses.matcher import Matcher
from tests.addresses.case_folders import board, case_matcher, matcher_of, rows_of
from tests.addresses.test_tokens import in_characters

TOWN, VILLAGE = "射洪坝街道", "三江坝村"
FULL = str.maketrans("0123456789-", "０１２３４５６７８９－")
TRADITIONAL = str.maketrans("滨东号组杨镇坝园阳栋", "濱東號組楊鎮壩園陽棟")


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return board(tmp_path_factory.mktemp("board"))


@pytest.fixture(scope="module")
def matcher(city, tmp_path_factory):
    return case_matcher(city, tmp_path_factory.mktemp("matcher") / "city", "elements")


def grid(matcher, text):
    match = matcher.assign(Query(text))
    return match.status, match.grid, match.level


# Coarse to fine, with every part right; the last one is never left out.
PARTS = st.one_of(
    st.tuples(
        st.just("简阳市"), st.just(TOWN), st.just("东滨路"),
        st.sampled_from([1, 2, 17, 33, 40, 54, 55, 80, 126, 128, 130]).map(lambda n: f"{n}号"),
    ),
    st.tuples(st.just("杨家镇"), st.just(VILLAGE), st.sampled_from(["3组", "4组"])),
    st.tuples(st.just(TOWN), st.just("阳光花园"), st.sampled_from(["3栋", "5栋"])),
    st.tuples(
        st.just("简城街道"), st.just("政府街"), st.sampled_from(["南段", "二段"]),
        st.integers(1, 40).map(lambda n: f"{n}号"),
    ),
)  # fmt: skip


@given(parts=PARTS, keep=st.lists(st.booleans(), min_size=4, max_size=4))
@settings(max_examples=60, deadline=None)
def test_a_part_that_is_left_out_never_makes_it_surer_nor_another_grid(matcher, parts, keep):
    whole = matcher.assign(Query("".join(parts)))
    assert whole.status is Status.ASSIGNED
    less = matcher.assign(Query("".join(p for p, kept in zip(parts, keep, strict=False) if kept)))
    assert less.confidence <= whole.confidence
    assert less.grid in {"", whole.grid}


@given(parts=PARTS)
@settings(max_examples=40, deadline=None)
def test_rewriting_changes_nothing(matcher, parts):
    text = "".join(parts)
    wanted = grid(matcher, text)
    assert grid(matcher, text.translate(FULL)) == wanted
    assert grid(matcher, text.translate(TRADITIONAL)) == wanted
    assert grid(matcher, " ".join(parts)) == wanted
    assert grid(matcher, "，".join(parts)) == wanted
    digits = "".join(one for one in parts[-1] if one.isdigit())
    if int(digits) < 100:
        assert grid(matcher, text.replace(digits, in_characters(int(digits)))) == wanted


@given(st.permutations(["东滨路128号", "阳光花园5栋", "杨家镇三江坝村3组", "没有的路3号"]))
@settings(max_examples=10, deadline=None)
def test_the_order_of_addresses_does_not_matter(matcher, texts):
    found = matcher.assign_many([Query(text) for text in texts])
    assert found == [matcher.assign(Query(text)) for text in texts]


HOSTILE = [
    "1" * 10_000, "号" * 10_000, "东滨路" * 4_000, "射洪坝街道" * 3_000,
    "三" * 10_000, "(" * 10_000,
    "东滨路（（（128号", "】】东滨路128号", "😀东滨路128号😀", "'; DROP TABLE gazetteer; --",
    "=1+1",
    "\x00\x01\x02",
    "东滨路99999999999999999999号", "-" * 500, "1-" * 300, "附" * 300, "栋" * 300,
    "\ud800",
    "\U00020000" * 300, "阳光花园" * 60 + "3栋", "东滨路1281281281281283楼",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_are_answered(matcher, text):
    match = matcher.assign(Query(text))
    assert (match.grid != "") == (match.status is Status.ASSIGNED)
    assert len(match.candidates) <= 5
    assert match.explanation.endswith("。")
    assert len(matcher.explain(Query(text))["hypotheses"]) <= 8


@given(st.text(max_size=60))
@settings(max_examples=80, deadline=None)
def test_any_text_is_answered_and_quoted_as_written(matcher, text):
    match = matcher.assign(Query(text))
    assert (match.grid != "") == (match.status is Status.ASSIGNED)
    for fault in match.faults:
        if fault.span is not None:
            assert text[fault.span.start : fault.span.stop] == fault.span.text


@given(
    text=st.text(alphabet="东滨路128号阳光花园3栋", max_size=12),
    parts=st.dictionaries(
        st.sampled_from([one.name for one in COLUMNS if one.name not in {"alias", "lon", "lat"}]),
        st.text(alphabet="射洪坝街道东滨路128号3栋组附 ", max_size=10),
    ),
)
@settings(max_examples=80, deadline=None)
def test_any_parts_are_answered(matcher, text, parts):
    match = matcher.assign(Query(text, parts))
    assert (match.grid != "") == (match.status is Status.ASSIGNED)


def test_phones_are_quoted_nowhere(matcher):
    match = matcher.assign(Query("东滨路128号 张某 13800000000"))
    assert "13800000000" not in repr(match)


def test_it_goes_through_pickle(matcher):
    again = pickle.loads(pickle.dumps(matcher))
    query = Query("四川省资阳市简阳市射洪坝街道东滨路128号附9号")
    assert again.assign(query) == matcher.assign(query)


def test_a_calibration_decides_how_sure(matcher):
    class Measured:
        def confidence(self, level, fault):
            return 0.91 if (level, fault) == ("door", "") else None

    own = Matcher(matcher.gazetteer, Measured())
    match = own.assign(Query(f"{TOWN}东滨路128号"))
    assert (match.confidence, str(match.band)) == (0.91, "中")
    assert own.assign(Query("东滨路128号")).confidence == 0.97


def row(**words):
    return dict.fromkeys("xy", "0.5") | words


@pytest.mark.parametrize("seed", range(4))
def test_unrelated_rows_never_turn_candidates_into_another_grid(city, tmp_path, seed):
    rows = [
        row(town="甲镇", road="人民路", number="1..19", x="0.1..0.9", y="0.5"),
        row(town="乙镇", road="人民路", number="1..19", x="3.1..3.9", y="0.5"),
    ]
    more = [
        row(town=f"丙{seed}镇", road="别的路", number="1..19", x=f"{seed}.1..{seed}.9", y="4.5")
    ]
    before = matcher_of(city, tmp_path / "a", rows_of(rows)).assign(Query("人民路9号"))
    after = matcher_of(city, tmp_path / "b", rows_of(rows + more)).assign(Query("人民路9号"))
    assert before.status is after.status is Status.CANDIDATES
    assert {one.grid for one in after.candidates} == {"g00", "g30"}


def test_where_a_town_is_complete_its_missing_number_counts_no_more(city, tmp_path):
    rows = rows_of(
        [
            row(town="甲镇", road="人民路", number="1..59", x="0.1..0.9", y="0.5"),
            row(town="乙镇", road="人民路", number="1..9", x="3.1..3.9", y="0.5"),
        ]
    )
    open_ = matcher_of(city, tmp_path / "a", rows).assign(Query("人民路51号"))
    assert open_.status is Status.CANDIDATES
    closed = matcher_of(
        city, tmp_path / "b", rows, coverage=[{"town": "乙镇", "element": "door", "complete": True}]
    ).assign(Query("人民路51号"))
    assert (closed.status, closed.grid) == (Status.ASSIGNED, "g00")
