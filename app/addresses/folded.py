"""A whole address as it is read: folded character by character, with the way back to the raw text.

Names are folded by `app.addresses.normalise.key`; here the same folding keeps count of where each
character came from, so that explanations quote what was written.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import NamedTuple

from app.addresses.normalise import folding

# Longer texts are no addresses; what lies behind is not read.
MAX_LENGTH = 200
_DROPPED, _LONGER = "\ue000", "\ue001"
_DASHES = "‐‑‒–—―−﹣－─━ー"
_WAVES = "～〜∼∽"
_STOPS = "，。；：、,;:|\\!?！？…·•"
_OPEN, _CLOSE = "([{【〔《「『〈<", ")]}】〕》」』〉>"
# Telephones and other long numbers: never compared, never quoted.
_PRIVATE = re.compile(
    r"(?<!\d)(?:\+?86-?)?(?:1[3-9]\d(?:[- ]?\d{4}){2}|0\d{2,3}-?\d{7,8}|\d{7,})(?!\d)"
)
# Every private number has such a run; without one they are not looked for.
_MANY_DIGITS = re.compile(r"\d[-\d ]{5,}\d")
# A postcode before the address.
_POSTCODE = re.compile(
    r"[, ]*\d{3}(?:\d{2,3})?(?=[, ]*[\u4e00-\u9fff])"
    r"(?![, ]*[号巷弄衖段组队社邻栋幢座单层楼室户附之])"
)


class Folded(NamedTuple):
    """A text as it is read.

    Attributes
    ----------
    text : str
        Folded: simplified, half width, small letters; blanks gone but between digits; stops as
        commas; brackets, telephones and postcodes as commas too.
    raw : str
        As written.
    places : tuple of int or None
        For each character of `text` its place in `raw`; None where they are the same.
    hints : tuple of (int, int)
        Where `text` stood in brackets.
    cut : bool
        Whether the raw text is longer than `MAX_LENGTH`.
    private : tuple of (int, int)
        Where `text` has telephones and other long numbers.
    """

    text: str
    raw: str
    places: tuple[int, ...] | None
    hints: tuple[tuple[int, int], ...]
    cut: bool
    private: tuple[tuple[int, int], ...]

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """Return where characters of `text` stand in `raw`."""
        if self.places is None:
            return start, stop
        if stop <= start:
            return (self.places[start], self.places[start]) if start < len(self.places) else (0, 0)
        return self.places[start], self.places[stop - 1] + 1

    def written(self, start: int, stop: int) -> str:
        """Return the raw words of characters of `text`."""
        first, last = self.span(start, stop)
        return self.raw[first:last]


def fold(raw: str) -> Folded:
    """Fold an address.

    Parameters
    ----------
    raw
        Any text. Only its first `MAX_LENGTH` characters are read.

    Returns
    -------
    Folded
    """
    head = raw[:MAX_LENGTH]
    text = head
    places: list[int] | None = None
    if _folded_ones().search(head) is not None:
        text = head.translate(_table())
        if _DROPPED in text or _LONGER in text:
            text, places = _slow(head, text)
    hints: tuple[tuple[int, int], ...] = ()
    if "(" in text or ")" in text:
        text, hints = _take_brackets(text)
    private: list[tuple[int, int]] = []
    if _MANY_DIGITS.search(text):
        for found in _PRIVATE.finditer(text):
            private.append(found.span())
        for start, stop in private:
            text = f"{text[:start]}{',' * (stop - start)}{text[stop:]}"
    code = _POSTCODE.match(text) if text and not text[0].isalpha() else None
    if code is not None:
        text = "," * code.end() + text[code.end() :]
    return Folded(
        text,
        raw,
        None if places is None else tuple(places),
        hints,
        len(raw) > MAX_LENGTH,
        tuple(private),
    )


def fold_name(key: str) -> str:
    """Return a key of a name as `fold` would leave it, for the patterns of an automaton."""
    text = key.translate(_table())
    return _slow(key, text)[0] if _DROPPED in text or _LONGER in text else text


def _slow(raw: str, text: str) -> tuple[str, list[int]]:
    """Drop blanks and control characters, and write out characters that stand for several."""
    found: list[str] = []
    places: list[int] = []
    blank = False
    for place, one in enumerate(text):
        if one == _DROPPED:
            blank = True
            continue
        parts = (
            unicodedata.normalize("NFKC", raw[place]).translate(_table()).replace(_DROPPED, "")
            if one == _LONGER
            else one
        )
        for part in parts:
            # Between digits a blank keeps two numbers apart.
            if blank and found and part.isdigit() and found[-1].isdigit():
                found.append(" ")
                places.append(place - 1)
            blank = False
            found.append(part if part != _LONGER else ",")
            places.append(place)
    return "".join(found), places


def _take_brackets(text: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Replace brackets by commas; tell what stood in pairs. One without its other is a comma."""
    hints: list[tuple[int, int]] = []
    start = -1
    for place, one in enumerate(text):
        if one == "(":
            if start < 0:
                start = place
        elif one == ")" and start >= 0:
            hints.append((start + 1, place))
            start = -1
    return text.replace("(", ",").replace(")", ","), tuple(hints)


@cache
def _folded_ones() -> re.Pattern[str]:
    """Return what finds a character that may be folded; most addresses have none."""
    plane = (re.escape(chr(one)) for one in sorted(_table()) if one < 0x10000)  # noqa: PLR2004
    return re.compile(f"[{''.join(plane)}\U00010000-\U0010ffff]")


@cache
def _table() -> dict[int, str]:
    table: dict[int, str] = {}
    known = folding()
    for code in range(0x20, 0x10000):
        one = chr(code)
        if 0x4E00 <= code < 0xA000 or 0xAC00 <= code < 0xE002:  # noqa: PLR2004 - blocks
            continue
        if one.isspace() or unicodedata.category(one) in {"Cc", "Cf"}:
            table[code] = _DROPPED
            continue
        whole = unicodedata.normalize("NFKC", one).lower()
        if len(whole) != 1:
            table[code] = _LONGER
        elif whole != one:
            table[code] = whole
    table |= known
    for code in list(table):
        # What compatibility forms are folded to may itself be folded.
        again = known.get(ord(table[code])) if len(table[code]) == 1 else None
        if again is not None:
            table[code] = again
    table |= dict.fromkeys((*range(0x20), 0x7F, 0x20, 0x3000), _DROPPED)
    # Lone surrogates are no characters, and those two mean something else here.
    table |= dict.fromkeys((*range(0xD800, 0xE002),), _DROPPED)
    for group, to in ((_DASHES, "-"), (_WAVES, "~"), (_STOPS, ","), (_OPEN, "("), (_CLOSE, ")")):
        table |= dict.fromkeys(map(ord, group), to)
    for code in range(0x24EA, 0x2500):
        table[code] = _LONGER
    table[0x2116] = ","  # №
    return table
