"""What the fields of a correction may hold, before anything is looked up with them."""

from __future__ import annotations

from collections.abc import Mapping

from app.addresses.folded import fold
from app.addresses.intake import NAMING
from app.errors import BadInputError

MAX_TEXT, MAX_WORD, MAX_NOTE = 200, 60, 500
# What stands where a telephone stood.
_PRIVATE = "…"


def clean_words(words: Mapping[str, str]) -> dict[str, str]:
    """Return the words of a place without outer blanks and empty parts.

    Raises
    ------
    BadInputError
        If a part is none of an address, is too long, or does not print.
    """
    unknown = [name for name in words if name not in NAMING]
    if unknown:
        raise BadInputError(
            f"words has {unknown[0]!r:.80}, allowed are {', '.join(NAMING)}",
            message_zh=f"words 中有 {unknown[0]!r:.80}，可用：{'、'.join(NAMING)}",
        )
    return {
        name: text
        for name in NAMING
        if (text := check_field(name, words.get(name, "").strip(), MAX_WORD))
    }


def check_field(name: str, text: str, most: int) -> str:
    """Return a text of one line; raise BadInputError if it is too long or does not print."""
    if len(text) > most:
        raise BadInputError(
            f"{name} has {len(text)} characters, allowed are {most}",
            message_zh=f"{name} 有 {len(text)} 个字符，最多 {most} 个",
        )
    if not text.isprintable():
        raise BadInputError(
            f"{name} is {text!r:.80}: a character in it does not print",
            "Remove it.",
            message_zh=f"{name} 为 {text!r:.80}：含有不可见字符",
            hint_zh="请删除该字符。",
        )
    return text


def without_private(text: str) -> str:
    """Return an address without telephones and other long numbers, at most `MAX_TEXT` long.

    Characters that do not print become blanks: it is kept to be read.
    """
    folded = fold(text[:MAX_TEXT])
    shown = text[:MAX_TEXT]
    for start, stop in sorted(folded.private, reverse=True):
        first, last = folded.span(start, stop)
        shown = shown[:first] + _PRIVATE + shown[last:]
    return "".join(one if one.isprintable() else " " for one in shown).strip()
