"""Rows brought into the form in which a file takes them, apart from the file itself.

This is the larger part of writing. An encoder can be pickled, holds nothing open and may be used
in many threads and processes at once; `TableWriter` puts what they made into the file in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import pyarrow as pa

from app.tables.cells import text_of
from app.tables.delimited import csv_text
from app.tables.table import Column, as_cells

Encoded: TypeAlias = Any


class Encoder(Protocol):
    """Brings rows into the form of one kind of file."""

    def encode(self, columns: Sequence[Column]) -> Encoded:
        """Return what `TableWriter.write_encoded` takes; it can be pickled."""
        ...


@dataclass(frozen=True, slots=True)
class CsvEncoder:
    """Text of rows.

    Attributes
    ----------
    delimiter : str
        One character.
    """

    delimiter: str

    def encode(self, columns: Sequence[Column]) -> pa.Buffer:
        """See `Encoder.encode`."""
        return csv_text(columns, self.delimiter)


@dataclass(frozen=True, slots=True)
class ParquetEncoder:
    """Columns of the types that the file has.

    Attributes
    ----------
    schema : pyarrow.Schema
        Of the file.
    """

    schema: pa.Schema

    def encode(self, columns: Sequence[Column]) -> pa.RecordBatch:
        """See `Encoder.encode`."""
        arrays = [_array(column, one) for column, one in zip(columns, self.schema, strict=True)]
        return pa.record_batch(arrays, schema=self.schema)


@dataclass(frozen=True, slots=True)
class CellEncoder:
    """Cells as they are; a sheet takes one at a time."""

    def encode(self, columns: Sequence[Column]) -> list[Column]:
        """See `Encoder.encode`."""
        return [as_cells(column) for column in columns]


def _array(column: Column, field: pa.Field) -> pa.Array:
    if isinstance(column, pa.DictionaryArray) and not pa.types.is_dictionary(field.type):
        return column.dictionary_decode()
    if isinstance(column, pa.Array):
        return column
    cells = as_cells(column)
    if pa.types.is_string(field.type):
        cells = [None if cell is None else text_of(cell) for cell in cells]
    return pa.array(cells, type=field.type)
