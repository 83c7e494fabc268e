"""Names that overlap, names one edit off, and words that belong to no name."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.addresses.folded import fold
from app.addresses.home import Home
from app.addresses.parse import MAX_READINGS, Parser
from app.addresses.typos import Typos, is_slip, one_edit
from tests.addresses.case_folders import board, matcher_of, rows_of


def row(**words):
    return dict.fromkeys("xy", "0.5") | words


@pytest.fixture(scope="module")
def parser(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parser")
    rows = [
        row(town="新市镇", community="镇江街社区"),
        row(town="新市镇", road="镇江街", number="1..9"),
        row(town="石桥街道", road="江街北路", number="1..9"),
        row(town="石桥街道", road="观音井大道", number="1..9"),
        row(town="石桥街道", community="青龙村"),
        row(town="石桥街道", estate="阳光花园二期", building="3栋"),
        row(town="石桥街道", estate="阳光花园", building="3栋"),
    ]
    return Parser(
        matcher_of(board(folder / "board"), folder / "city", rows_of(rows)).gazetteer,
        Home.of("简阳市"),
    )


def first(parser, text):
    return parser.readings(fold(text))[0]


def test_the_longest_name_wins(parser):
    reading = first(parser, "镇江街社区12号")
    assert (reading.road, [one.key for one in reading.areas]) == (None, ["镇江街社区"])


def test_names_that_overlap_by_as_much_make_two_readings(parser):
    readings = parser.readings(fold("石桥街道镇江街北路12号"))
    assert {one.road.key for one in readings} == {"江街北路"}
    readings = parser.readings(fold("新市镇江街"))
    assert {tuple(w.key for w in one.areas) for one in readings} == {("新市镇",), ()}


@given(st.lists(st.sampled_from("新市镇江街北路"), max_size=60).map("".join))
@settings(max_examples=60, deadline=None)
def test_there_are_never_more_readings_than_allowed(parser, text):
    assert 1 <= len(parser.readings(fold(text))) <= MAX_READINGS


def test_a_road_called_after_a_village_is_another_name(parser):
    reading = first(parser, "青龙村路12号")
    assert (reading.areas, reading.door) == ([], None)
    assert reading.lost_door.value == 12
    reading = first(parser, "青龙村12号")
    assert [one.key for one in reading.areas] == ["青龙村"]


def test_a_number_behind_unknown_words_belongs_to_nothing_known(parser):
    assert first(parser, "镇江街无名巷12号").lost_door.value == 12
    assert first(parser, "镇江街12号").door.value == 12
    assert first(parser, "镇江街的12号").door.value == 12


def test_a_phase_is_the_estate_of_its_own(parser):
    for text in ("阳光花园二期3栋", "阳光花园2期3栋", "阳光花园Ⅱ期3栋"):
        reading = first(parser, text)
        assert {ref.id for ref in reading.estate.refs} == {
            ref.id for ref in first(parser, "阳光花园二期").estate.refs
        }
    assert [fault[0] for fault in first(parser, "阳光花园7期3栋").faults] == [
        "ESTATE.phase_unknown"
    ]


def test_what_stands_in_brackets_is_a_hint(parser):
    reading = first(parser, "镇江街5号（阳光花园3栋）")
    assert (reading.estate, reading.building, reading.door.value) == (None, None, 5)
    assert [one.key for one in reading.landmarks] == ["阳光花园"]


def test_names_are_found_one_edit_off(parser):
    assert first(parser, "观音并大道3号").road.key == "观音井大道"
    assert first(parser, "观音大道3号").road.key == "观音井大道"
    assert first(parser, "观世音井大道3号").road.key == "观音井大道"
    assert first(parser, "观音桥路3号").road is None


@pytest.mark.parametrize(
    ("a", "b"), [("东一大道", "东二大道"), ("东大道", "东一大道"), ("新民大道", "民大道")]
)
def test_names_of_a_series_are_no_typing_errors(a, b):
    assert not one_edit(a, b)


def oracle(a, b):
    """Tell whether one edit leads from a to b, by trying all."""
    letters = set(a + b)
    edits = {a[:i] + c + a[i + 1 :] for i in range(len(a)) for c in letters}
    edits |= {a[:i] + c + a[i:] for i in range(len(a) + 1) for c in letters}
    edits |= {a[:i] + a[i + 1 :] for i in range(len(a))}
    return a != b and b in edits


@given(
    names=st.lists(st.text("山水风光路", min_size=3, max_size=5), max_size=8, unique=True),
    text=st.text("山水风光路", min_size=3, max_size=5),
)
@settings(max_examples=120, deadline=None)
def test_the_index_finds_what_trying_all_finds(names, text):
    found = Typos((name, place) for place, name in enumerate(names)).find(text)
    assert found == [
        place for place, name in enumerate(names) if name[-1] == text[-1] and oracle(text, name)
    ]


@pytest.mark.parametrize(
    ("written", "name", "slip"),
    [
        ("观音景路", "观音井路", True),
        ("东宾路", "东滨路", True),
        ("紫金路", "致今路", False),
        ("翠翠茂大道", "翠茂大道", True),
        ("御景小区", "丽景小区", False),
        ("明川路", "墨川路", False),
        ("半岛苑", "半岛佳苑", False),
        ("锦景大道", "锦大道", False),
    ],
)
def test_a_slip_sounds_the_same_or_has_a_character_twice(written, name, slip):
    assert is_slip(written, name) is slip
