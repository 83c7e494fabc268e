"""No text becomes a formula in a spreadsheet, and every text comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.tables.formulas import neutralised, restored

LEADING = tuple("=+-@\t\r\n＝＋－＠")


@given(st.text(alphabet=st.sampled_from([*LEADING, "'", " ", "a", "1", "\u3000"]), max_size=6))
def test_every_text_comes_back(text: str) -> None:
    safe = neutralised(text)
    assert restored(safe) == text
    assert not safe.startswith(LEADING)
    assert not safe.strip().startswith(LEADING)


@given(st.text())
def test_any_text_comes_back(text: str) -> None:
    assert restored(neutralised(text)) == text


@pytest.mark.parametrize("text", ["", "a=b", "it's", "'quoted'", "燃气", "3-4", "https://x/?a=1"])
def test_plain_text_is_left_as_it_is(text: str) -> None:
    assert neutralised(text) == text
    assert restored(text) == text


@pytest.mark.parametrize("text", ["=1+1", "+86 1", "-1", "@SUM", "\t=1", "\r=1", "  =1", "＝1"])
def test_what_a_spreadsheet_would_run_is_quoted(text: str) -> None:
    assert neutralised(text) == "'" + text
