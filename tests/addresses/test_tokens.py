"""Numbers with their units, by texts of our own and by how each can be written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.addresses.tokens import TOKEN, tokens


def read(text):
    return [
        (one.kind, one.key, one.value, text[one.start : one.stop])
        for one in tokens(text, 0, len(text))
    ]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("128号", [("door", "", 128)]),
        ("128号附3号", [("door", "3", 128)]),
        ("3号附2号", [("door", "2", 3)]),
        ("128附3号", [("door", "3", 128)]),
        ("128-2号", [("door", "2", 128)]),
        ("128之1", [("door", "1", 128)]),
        ("128号之一", [("door", "1", 128)]),
        ("128甲号", [("door", "甲", 128)]),
        ("一百二十八号", [("door", "", 128)]),
        ("临12号", [("door", "临", 12)]),
        ("128号附近", [("door", "", 128), ("relation", "附近", -1)]),
        ("12号a座", [("door", "", 12), ("building", "a", -1)]),
        ("三段12巷3弄5号之2", [("section", "3", -1), ("lane", "12巷3弄", -1), ("door", "2", 5)]),
        ("二社", [("group", "2", -1)]),
        ("八社区", []),
        ("第3村民小组", [("group", "3", -1)]),
        ("12队", [("group", "12", -1)]),
        (
            "3栋2单元5楼501室",
            [("building", "3", 3), ("unit", "2", -1), ("floor", "5", 5), ("room", "501室", -1)],
        ),
        ("三幢", [("building", "3", 3)]),
        ("3#", [("building", "3", 3)]),
        ("3号楼", [("building", "3", 3)]),
        ("128号楼下", [("door", "", 128), ("relation", "楼下", -1)]),
        ("3-2-501", [("dash", "3-2-501", -1)]),
        ("二期3栋", [("phase", "2期", -1), ("building", "3", 3)]),
        ("5号3楼之2", [("door", "", 5), ("floor", "3", 3)]),
        ("交叉口", [("crossing", "交叉口", -1)]),
        ("东100米", [("relation", "东100米", -1)]),
        ("一心桥", []),
        ("百花", []),
    ],
)
def test_elements_are_read(text, kinds):
    assert [one[:3] for one in read(text)] == kinds


def test_a_range_keeps_its_last_number():
    [one] = tokens("128号-130号", 0, 9)
    assert (one.value, one.key, one.to) == (128, "", 130)
    # 3-12号 may be a sub-number as well.
    [one] = tokens("3-12号", 0, 5)
    assert (one.value, one.key, one.to) == (3, "12", 12)


_HAN = "零一二三四五六七八九"


def in_characters(number):
    """Write a number below 100 in characters, by a rule of its own."""
    tens, ones = divmod(number, 10)
    if not tens:
        return _HAN[ones]
    return ("" if tens == 1 else _HAN[tens]) + "十" + (_HAN[ones] if ones else "")


@given(
    number=st.integers(1, 99),
    unit=st.sampled_from(["号", "段", "组", "社", "队", "栋", "幢", "座", "号楼", "单元", "巷"]),
)
@settings(max_examples=100)
def test_digits_and_characters_are_one(number, unit):
    digits = [one[:3] for one in read(f"{number}{unit}")]
    assert digits == [one[:3] for one in read(f"{in_characters(number)}{unit}")]
    assert len(digits) == 1


@given(st.text(alphabet="12附号-之栋#单元楼室巷弄段组ab一十,", max_size=200))
@settings(max_examples=150, deadline=None)
def test_tokens_do_not_overlap(text):
    place = 0
    for one in tokens(text, 0, len(text)):
        assert place <= one.start < one.stop <= len(text)
        place = one.stop


@given(
    st.sampled_from(["", "二段", "第3段", "东段"]),
    st.sampled_from(["", "3组", "12组"]),
    st.sampled_from(["", "5号", "128号", "128号附3", "128号附3号"]),
    st.text(alphabet="0123一十段组号附之-~至,楼室栋单元甲a#巷社团子", max_size=6),
)
def test_usual_beginnings_are_read_as_the_grammar_reads_them(section, group, door, rest):
    text = section + group + door + rest
    assert [(one.start, one.stop) for one in tokens(text, 0, len(text))] == [
        hit.span() for hit in TOKEN.finditer(text) if tokens(hit.group(), 0, len(hit.group()))
    ]
