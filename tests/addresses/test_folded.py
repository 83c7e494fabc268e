"""Folding keeps count of where each character came from."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.addresses.folded import MAX_LENGTH, fold, fold_name
from app.addresses.normalise import key


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("四川省簡陽市射洪壩", "四川省简阳市射洪坝"),
        ("１２８號－２", "128号-2"),
        ("⻄街", "西街"),
        ("3 栋 2 单元", "3栋2单元"),
        ("128 501", "128 501"),
        ("路\u200b12\x00号", "路12号"),
        ("①栋", "1栋"),
        ("Ａ座", "a座"),
        ("12，14号", "12,14号"),
        ("641400四川省", ",,,,,,四川省"),
        ("128号", "128号"),
    ],
)
def test_texts_are_folded(raw, text):
    assert fold(raw).text == text


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_every_character_knows_its_place(raw):
    folded = fold(raw)
    assert folded.raw is raw or folded.raw == raw
    assert folded.cut == (len(raw) > MAX_LENGTH)
    places = [folded.span(place, place + 1) for place in range(len(folded.text))]
    assert all(0 <= start < stop <= len(raw) for start, stop in places)
    assert [start for start, _ in places] == sorted(start for start, _ in places)
    for start, stop in folded.hints:
        assert 0 <= start <= stop <= len(folded.text)


@given(st.text(alphabet="射洪壩路Ａ１2号 ⻄㎡-、", min_size=1, max_size=20))
def test_names_fold_as_texts_do(raw):
    assert fold_name(key(raw)) == fold_name(fold_name(key(raw)))


def test_brackets_are_hints_only_in_pairs():
    folded = fold("东滨路128号（阳光花园旁）")
    [(start, stop)] = folded.hints
    assert folded.text[start:stop] == "阳光花园旁"
    assert fold("东滨路（128号").hints == ()
    assert fold("东滨路128号）").hints == ()


@pytest.mark.parametrize(
    "phone", ["13800000000", "138-0000-0000", "028-27000000", "+8613800000000"]
)
def test_telephones_are_not_read(phone):
    folded = fold(f"东滨路128号{phone}")
    assert set(folded.text.removeprefix("东滨路128号")) <= {","}
    [(start, stop)] = folded.private
    assert folded.written(start, stop) in phone
