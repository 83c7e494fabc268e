"""No digit of a telephone or a room leaves, and every other word stays where it was."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.addresses.masking import MASK, masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("射洪坝街道东滨路128号", "射洪坝街道东滨路128号"),
        ("东滨路128号附3号", "东滨路128号附3号"),
        ("东滨路49-2号", "东滨路49-2号"),
        ("杨家镇三江坝村3组45号", "杨家镇三江坝村3组45号"),
        ("政府街12巷3号", "政府街12巷3号"),
        ("东滨路128阳光花园", "东滨路128阳光花园"),
        ("阳光花园3栋2单元501室", "阳光花园3栋•单元•••室"),
        ("阳光花园3栋2单元501号", "阳光花园3栋•单元•••号"),
        ("阳光花园5-2-501", "阳光花园5-•-•••"),
        ("阳光花园５－２－５０１", "阳光花园５－•－•••"),
        ("阳光花园5#2单元501", "阳光花园5#•单元•••"),
        ("阳光花园501", "阳光花园•••"),
        ("阳光花园三幢五楼左", "阳光花园三幢•楼左"),
        ("东滨路128号3楼", "东滨路128号•楼"),
        ("东滨路128号3号楼502", "东滨路128号3号楼•••"),
        ("东滨路128号五〇一室", "东滨路128号•••室"),
        ("东滨路1号 13800000000", "东滨路1号 •••••••••••"),
        ("东滨路1号 138-0000-0000", "东滨路1号 •••-••••-••••"),
        ("东滨路1号张三 13800000000", "东滨路1号•• •••••••••••"),
        ("东滨路1号 13800000000 李小四", "东滨路1号 ••••••••••• •••"),
        ("收件人：王五 东滨路1号", "收件人：•• 东滨路1号"),
        ("东滨路1号赵先生", "东滨路1号•先生"),
        ("东滨路1号 51018519990101001X", "东滨路1号 ••••••••••••••••••"),
        ("", ""),
    ],
)  # fmt: skip
def test_of_an_address_is_shown(text, shown):
    assert masked(text) == shown


PIECES = st.sampled_from(
    ["东滨路", "128号", "附3号", "阳光花园", "3栋", "2单元", "501室", "13800000000", "张三",
     "-", " ", "5-2-501", "五楼", "A座", "１２", "（", "）", "\n", "😀", "'=1"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=8).map("".join))
def test_the_length_stays_and_what_is_not_hidden_is_as_written(text):
    shown = masked(text)
    assert len(shown) == len(text)
    assert all(a in {b, MASK} for a, b in zip(shown, text, strict=True))


@given(before=st.text(max_size=10), phone=st.from_regex(r"1[3-9]\d{9}", fullmatch=True))
def test_no_digit_of_a_telephone_is_shown_wherever_it_stands(before, phone):
    shown = masked(f"{before} {phone} 简阳")
    assert not re.search(r"\d", shown[len(before) :])


@given(st.text())
def test_any_text_can_be_masked(text):
    assert len(masked(text)) == len(text)
