"""The docs list the faults that there are."""

from __future__ import annotations

import pytest

from scripts.fault_table import PAGE, with_faults


def test_the_page_has_the_table_that_the_code_makes():
    page = PAGE.read_text(encoding="utf-8")
    assert with_faults(page) == page, "python -m scripts.fault_table"


def test_a_page_without_a_place_for_it_is_refused():
    with pytest.raises(ValueError, match="lacks the lines"):
        with_faults("no place")
