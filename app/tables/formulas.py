"""Text that a spreadsheet would take for a formula, made harmless, and brought back.

An apostrophe is put before it, as people do by hand; a text that looks so already gets one more,
so that taking one away always gives back what stood there.

The leading characters are those of OWASP, "CSV Injection" (= + - @, tab, carriage return, line
feed), and their full-width forms, which some spreadsheets take for the same.
"""

from __future__ import annotations

import re

_FORMULA = re.compile(r"'*(?:[\t\r\n]|\s*[=+\-@＝＋－＠])")


def neutralised(text: str) -> str:
    """Return a text as it may stand in a cell: with an apostrophe before what looks like a formula.

    `restored` gives back the text.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def restored(text: str) -> str:
    """Return the text of which `neutralised` made this one."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
