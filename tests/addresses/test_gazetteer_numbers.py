"""Numbers mean the same however they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.addresses.normalise import key
from app.addresses.number_cells import NumberCell, number_cell
from app.addresses.numbers import (
    MAX_NUMBER,
    building_key,
    door_number,
    group_key,
    lane_key,
    numeral,
    section_key,
    sub_number,
    unit_key,
)

_HAN = "零一二三四五六七八九"
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def spelled(value):
    """Return a number below 10,000 in characters, as it is read aloud."""
    if value < 10:
        return _HAN[value]
    out, rest, gap = "", value, False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十")):
        digit, rest = divmod(rest, unit)
        if digit:
            out += ("零" if gap else "") + ("" if not out and name == "十" and digit == 1
                                          else _HAN[digit]) + name  # fmt: skip
            gap = False
        else:
            gap = bool(out)
    return out + ("零" if gap and rest else "") + (_HAN[rest] if rest else "")


@given(st.integers(0, 9_999))
def test_numerals_in_characters_are_read(value):
    assert numeral(spelled(value)) == value
    assert numeral("".join(_HAN[int(digit)] for digit in str(value))) == value
    assert numeral(str(value)) == value


def test_what_is_no_numeral_is_none():
    for text in ("", "abc", "五里", "十百", "一1", "百千"):
        assert numeral(text) is None, text


@given(st.integers(1, 9_999), st.integers(1, 200))
def test_doors_are_the_same_in_every_spelling(base, sub):
    wanted = (base, str(sub))
    for number in (str(base), spelled(base), str(base).translate(_WIDE)):
        assert door_number(number) == door_number(f"{number}号") == door_number(f"{number}號")
        assert door_number(number) == (base, "")
        for text in (f"{number}号附{sub}号", f"{number}附{spelled(sub)}", f"{number}-{sub}",
                     f"{number}-{sub}號", f"{number}之{spelled(sub)}", f"{number}號之{sub}",
                     f"{number}—{sub}号"):  # fmt: skip
            assert door_number(text) == wanted, text
    assert door_number(f"{base}之{sub}之7號") == (base, f"{sub}-7")


def test_letters_and_stems_are_sub_numbers():
    assert door_number("12甲") == door_number("12甲号") == (12, "甲")
    assert door_number("12A号") == (12, "a")
    assert door_number("12甲之3号") == (12, "甲-3")
    assert door_number("臨12號") == (12, "临")


@pytest.mark.parametrize(
    "text", ["", "号", "甲", "abc", "2026-01-02x", "附3号", str(MAX_NUMBER + 1)]
)
def test_what_is_no_door_is_none(text):
    assert door_number(text) is None


@given(st.text(alphabet="0123456789附号之-一二三十甲乙aB第 ", max_size=8))
def test_a_sub_number_is_the_sub_number_of_itself(text):
    assert sub_number(sub_number(text)) == sub_number(text)


@given(st.text(max_size=30))
def test_any_text_may_be_asked(text):
    for read in (door_number, sub_number, section_key, group_key, unit_key, lane_key, building_key):
        read(text)
    number_cell(text)
    assert key(key(text)) == key(text)


@given(st.integers(1, 300), st.integers(1, 60))
def test_elements_are_the_same_in_every_spelling(number, other):
    han = spelled(number)
    same = [
        {section_key(text) for text in (f"{number}段", f"{han}段", f"第{han}段", str(number))},
        {
            group_key(text)
            for text in (f"{number}组", f"{han}社", f"{number:03d}鄰", f"第{han}村民小组")
        },
        {unit_key(text) for text in (f"{number}单元", f"{han}單元", str(number))},
        {
            building_key(text)
            for text in (f"{number}栋", f"{han}幢", f"{number}#", f"第{number}号楼")
        },
    ]
    assert same == [{str(number)}] * 4
    assert {
        lane_key(f"{one}巷{two}弄") for one in (number, han) for two in (other, spelled(other))
    } == {f"{number}巷{other}弄"}
    assert (
        lane_key(f"{number}之{other}巷")
        == lane_key(f"{number}-{other}巷")
        == (f"{number}-{other}巷")
    )


def test_cells_may_hold_more_than_a_number():
    doors = ((12, ""), (14, ""))
    assert number_cell("12、14号") == number_cell("12号和14号") == NumberCell(doors)
    assert number_cell("128号-132号") == NumberCell(((128, ""), (130, ""), (132, "")))
    assert number_cell("1至4号") == NumberCell(tuple((n, "") for n in (1, 2, 3, 4)))
    assert number_cell("12巷3弄5之1號") == NumberCell(((5, "1"),), lane="12巷3弄")
    assert number_cell("3鄰45號") == NumberCell(((45, ""),), group="3邻")
    assert number_cell("12號3樓") == NumberCell(((12, ""),))
    # Too many doors for one plate, and a range that runs backwards.
    assert number_cell("1号-500号") is None
    assert number_cell("130号-128号") is None


def test_names_are_folded():
    assert key("臺灣路Ａ區 ") == key("台湾路a区")
    assert key("三岔⻓街") == "三岔长街"
    assert key("里") == key("裡") == key("裏")
