"""Plain values out of the arrays of an index: numbers, sorted runs, texts, sets of grids.

Single values are read through memoryviews, which hand out plain numbers several times faster than
arrays do.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias, cast

import numpy.typing as npt

Arrays: TypeAlias = Mapping[str, npt.NDArray[Any]]
Ints: TypeAlias = "memoryview[int]"
Floats: TypeAlias = "memoryview[float]"

_SHORT = 4


def ints(arrays: Arrays, name: str) -> Ints:
    """Return a column of whole numbers."""
    return cast("Ints", memoryview(cast("Any", arrays[name])))


def floats(arrays: Arrays, name: str) -> Floats:
    """Return a column of numbers."""
    return cast("Floats", memoryview(cast("Any", arrays[name])))


def run_of(column: Ints, value: int, low: int, high: int) -> tuple[int, int]:
    """Return where a sorted run of a column holds a value."""
    first = bisect_left(column, value, low, high)
    end = first
    # Most runs are short.
    while end < high and column[end] == value:
        end += 1
        if end - first == _SHORT:
            return first, bisect_right(column, value, end, high)
    return first, end


class Texts(Sequence[str]):
    """Texts kept as one piece of UTF-8; decoded when asked for."""

    def __init__(self, arrays: Arrays, name: str) -> None:
        self._first: Ints = ints(arrays, f"{name}.first")
        self._data: Ints = ints(arrays, f"{name}.data")

    def __len__(self) -> int:
        """Return how many texts there are."""
        return len(self._first) - 1

    def __getitem__(self, place: Any) -> Any:  # noqa: ANN401 - Sequence has two overloads
        """Return one text."""
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        if place < 0:
            place += len(self)
        if not 0 <= place < len(self):
            raise IndexError(place)
        return str(self._data[self._first[place] : self._first[place + 1]], "utf-8")

    def __iter__(self) -> Iterator[str]:
        """Yield all texts, in order."""
        first, data = self._first, bytes(self._data)
        for place in range(len(first) - 1):
            yield data[first[place] : first[place + 1]].decode()


class GridSets:
    """For each of n things the grids in which it lies, and how many of its points lie in each."""

    def __init__(self, arrays: Arrays, name: str) -> None:
        self._first: Ints = ints(arrays, f"{name}.grids.first")
        self._grid: Ints = ints(arrays, f"{name}.grids.grid")
        self._count: Ints = ints(arrays, f"{name}.grids.count")

    def of(self, thing: int) -> list[int]:
        """Return the grids of a thing in ascending order; -1 among them: a point outside of all."""
        return self._grid[self._first[thing] : self._first[thing + 1]].tolist()

    def counts(self, thing: int) -> dict[int, int]:
        """Return how many points of a thing lie in each grid."""
        run = slice(self._first[thing], self._first[thing + 1])
        return dict(zip(self._grid[run].tolist(), self._count[run].tolist(), strict=True))
