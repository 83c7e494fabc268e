"""Whether a text says anything."""

from __future__ import annotations

import unicodedata

# Letters and a symbol that show nothing: fillers of Hangul, and the empty Braille cell.
_UNSEEN = frozenset("\u115f\u1160\u3164\uffa0\u2800")


def is_blank(text: str) -> bool:
    """Return whether a text shows nothing: empty, or spaces, controls and zero-width characters.

    Marks that only go onto another character show nothing by themselves either. Characters that
    this Python's tables do not know yet count as shown, since new ideographs are among them.
    """
    return all(one in _UNSEEN or _shows_nothing(unicodedata.category(one)) for one in text)


def _shows_nothing(category: str) -> bool:
    return category[0] in "ZM" or category in {"Cc", "Cf"}
