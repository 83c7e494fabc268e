"""Names that are one edit away from what was written: an index of names with one character less."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from app.addresses.sounds import alike

# Names that differ in one of these are different names, not typing errors: 东一大道, 东二大道.
_SERIES = frozenset(
    "东西南北中上下前后内外左右大小新老旧一二三四五六七八九十0123456789甲乙丙丁abcdef"
)
# Words for estates that tell one from the next as much: 春晓花园, 春晓家园.
_GENERIC = frozenset("花家苑城园府庭阁居湾郡都庄")
# A shorter name is one edit from too many others.
SHORTEST = 3
_LONGEST = 16


class Typos:
    """Finds names by one edit: a character exchanged, missing or too many.

    Parameters
    ----------
    names
        Keys with the numbers by which they are known.

    Notes
    -----
    Deletion index as in SymSpell (https://github.com/wolfgarbe/SymSpell): two texts are at most
    one edit apart only if they share a text with at most one character deleted.
    """

    def __init__(self, names: Iterable[tuple[str, int]]) -> None:
        index: dict[str, list[int]] = defaultdict(list)
        self._names: dict[int, str] = {}
        for name, number in names:
            if SHORTEST <= len(name) <= _LONGEST:
                self._names[number] = name
                for one in {name[:place] + name[place + 1 :] for place in range(len(name))}:
                    index[one].append(number)
                index[name].append(number)
        # Tuples of numbers are nothing that the collector of garbage has to look through again.
        self._index = {one: tuple(numbers) for one, numbers in index.items()}

    def find(self, text: str) -> list[int]:
        """Return the numbers of names exactly one edit away, whose last character is the same."""
        if not SHORTEST <= len(text) <= _LONGEST:
            return []
        index, names = self._index, self._names
        found: set[int] = set(index.get(text, ()))
        for place in range(len(text)):
            found.update(index.get(text[:place] + text[place + 1 :], ()))
        return sorted(
            number
            for number in found
            if names[number][-1] == text[-1] and one_edit(text, names[number])
        )


def is_slip(written: str, name: str) -> bool:
    """Tell whether a text one edit away from a name is hardly another name.

    One character for another that sounds like it, or one twice: so people slip who type by sound.
    Any other character may be meant: 御景小区 is not 丽景小区. Of 1,240 names one edit off that
    decided in the synthetic city, a tenth of its names unknown, 1 of 941 slips was wrong, of the
    others 16.
    """
    if len(written) == len(name):
        pairs = [(a, b) for a, b in zip(written, name, strict=True) if a != b]
        return len(pairs) == 1 and alike(*pairs[0])
    return len(written) == len(name) + 1 and any(
        written[place] == written[place + 1] and written[:place] + written[place + 1 :] == name
        for place in range(len(name))
    )


def one_edit(a: str, b: str) -> bool:
    """Tell whether two texts differ by one typing error: exchanged, missing or too many.

    Characters that tell one name of a series from the next are no typing errors.
    """
    if len(a) > len(b):
        a, b = b, a
    if len(b) - len(a) > 1 or a == b:
        return False
    place = 0
    while place < len(a) and a[place] == b[place]:
        place += 1
    if len(a) == len(b):
        if a[place + 1 :] != b[place + 1 :]:
            return False
        pair = {a[place], b[place]}
        return not (pair <= _SERIES or pair <= _GENERIC)
    return a[place:] == b[place + 1 :] and b[place] not in _SERIES
