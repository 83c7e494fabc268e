"""Columns of texts as codes into their distinct values, of which there are few."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Texted:
    """A column of n texts as codes into its distinct values.

    Attributes
    ----------
    code : ndarray of int32, shape (n,)
    distinct : list of str
    """

    code: Ints
    distinct: list[str]

    @classmethod
    def of(cls, column: pa.ChunkedArray | pa.Array) -> Texted:
        """Return a column of texts, nothing for null."""
        whole = pc.fill_null(column.cast(pa.string()), "")
        if isinstance(whole, pa.ChunkedArray):
            whole = whole.combine_chunks()
        coded = whole.dictionary_encode()
        return cls(
            coded.indices.to_numpy().astype(np.int32, copy=False), coded.dictionary.to_pylist()
        )

    @classmethod
    def same(cls, value: str, n: int) -> Texted:
        """Return a column that holds one text n times."""
        return cls(np.zeros(n, np.int32), [value])

    @classmethod
    def joined(cls, columns: Sequence[Texted]) -> Texted:
        """Return columns one below the other."""
        codes: list[Ints] = []
        values: list[str] = []
        for column in columns:
            codes.append((column.code + len(values)).astype(np.int32))
            values += column.distinct
        return cls(np.concatenate(codes), values).mapped(str)

    def __len__(self) -> int:
        """Return how many texts there are."""
        return len(self.code)

    def __getitem__(self, row: int) -> str:
        """Return one text."""
        return self.distinct[int(self.code[row])]

    def take(self, rows: Longs) -> Texted:
        """Return the texts of some rows."""
        return Texted(self.code[rows], self.distinct)

    def mapped(self, function: Callable[[str], str]) -> Texted:
        """Return the column with each value replaced, equal results as one."""
        place: dict[str, int] = {}
        to = [place.setdefault(function(value), len(place)) for value in self.distinct]
        return Texted(np.array(to, np.int32)[self.code], list(place))

    def where(self, mask: Flags, other: Texted) -> Texted:
        """Return this column with the rows of a mask from another column."""
        code = np.where(mask, other.code + len(self.distinct), self.code).astype(np.int32)
        return Texted(code, self.distinct + other.distinct).mapped(str)

    def is_empty(self) -> Flags:
        """Return where the text is empty, shape (n,)."""
        return np.array([not value for value in self.distinct], bool)[self.code]

    def sorted(self) -> Texted:
        """Return the column with its values in ascending order and none that does not occur."""
        used = np.unique(self.code)
        order = sorted(used.tolist(), key=self.distinct.__getitem__)
        rank = np.zeros(len(self.distinct), np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        return Texted(rank[self.code], [self.distinct[one] for one in order])

    def arrow(self) -> pa.DictionaryArray:
        """Return the column for a table, its dictionary in ascending order."""
        tidy = self.sorted()
        return pa.DictionaryArray.from_arrays(
            pa.array(tidy.code, pa.int32()), pa.array(tidy.distinct, pa.string())
        )


def unique_rows(table: Longs) -> tuple[Longs, Longs]:
    """Return the distinct rows of a table in ascending order, and the place of each row there.

    Parameters
    ----------
    table : ndarray of integers, shape (n, m)
    """
    if not len(table):
        return table, np.empty(0, np.int64)
    order = np.lexsort(table.T[::-1])
    new = np.r_[True, (table[order[1:]] != table[order[:-1]]).any(axis=1)]
    of = np.empty(len(table), np.int64)
    of[order] = np.cumsum(new) - 1
    return table[order[new]], of
