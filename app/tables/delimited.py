"""Rows written as CSV text, whole columns at a time.

The text is the one that the csv module writes with QUOTE_MINIMAL and CRLF; pyarrow makes it
without holding the interpreter's lock, so that threads can write beside each other. (pyarrow's
own CSV writer puts every text into quotes.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from app.tables.cells import Cell, text_of
from app.tables.table import Column, as_cells

_LINE_END = "\r\n"
# Offsets of a pyarrow string column have 32 bits; so much text is written in several goes.
_MAX_TEXT = 1 << 29
# Between these pyarrow and Python write the same digits of a float.
_PLAIN_LOW, _PLAIN_HIGH = 1e-4, 1e9


def csv_text(columns: Sequence[Column], delimiter: str) -> pa.Buffer:
    """Return rows as CSV.

    Parameters
    ----------
    columns
        Lists of cells, ndarrays or pyarrow Arrays, all of one length, at least one.
    delimiter
        One character.

    Returns
    -------
    pyarrow.Buffer
        UTF-8, each row ended by CRLF; cells as `app.tables.text_of` writes them.
    """
    texts = [_quoted(column, delimiter) for column in columns]
    if len(texts) == 1:
        # A line that is empty would be no row.
        texts[0] = pc.if_else(pc.equal(pc.binary_length(texts[0]), 0), '""', texts[0])
    return _joined(texts, delimiter)


def _joined(texts: list[pa.Array], delimiter: str) -> pa.Buffer:
    rows = len(texts[0])
    if rows > 1 and sum(text.nbytes for text in texts) > _MAX_TEXT:
        halves = [
            _joined([text[start:stop] for text in texts], delimiter)
            for start, stop in ((0, rows // 2), (rows // 2, rows))
        ]
        return pa.py_buffer(b"".join(halves))
    last = pc.binary_join_element_wise(texts[-1], _LINE_END, "")
    whole = pc.binary_join_element_wise(*texts[:-1], last, delimiter)
    _, offsets, data = whole.buffers()
    if not rows:
        return pa.py_buffer(b"")
    ends = np.frombuffer(offsets, dtype=np.int32)[whole.offset :]
    return data.slice(int(ends[0]), int(ends[rows] - ends[0]))


def _quoted(column: Column, delimiter: str) -> pa.Array:
    """Return a column as text, quoted where it has to be, without nulls."""
    if isinstance(column, pa.DictionaryArray):
        known = pa.concat_arrays([_quoted(column.dictionary, delimiter), pa.array([""])])
        # A place that is null stands for the empty text at the end.
        places = pc.fill_null(column.indices.cast(pa.int32()), len(known) - 1)
        return known.take(places)
    text = pc.fill_null(_text(column), "")
    marks = ('"', "\r", "\n", delimiter)
    data = memoryview(text.buffers()[2] or b"").tobytes()
    if not any(mark.encode() in data for mark in marks):
        return text
    special = pc.match_substring(text, marks[0])
    for mark in marks[1:]:
        special = pc.or_(special, pc.match_substring(text, mark))
    doubled = pc.replace_substring(text, '"', '""')
    return pc.if_else(special, pc.binary_join_element_wise('"', doubled, '"', ""), text)


def _text(column: Column) -> pa.Array:
    """Return a column as pyarrow strings, each cell as `text_of` writes it."""
    if isinstance(column, np.ndarray) and column.dtype.kind in "if":
        column = pa.array(column, from_pandas=False)
    if isinstance(column, pa.Array):
        kind = column.type
        if pa.types.is_string(kind):
            return column
        if pa.types.is_large_string(kind) and column.nbytes < _MAX_TEXT:
            return column.cast(pa.string())
        if pa.types.is_integer(kind):
            return column.cast(pa.string())
        if pa.types.is_boolean(kind):
            return pc.if_else(column, "TRUE", "FALSE")
        if pa.types.is_floating(kind):
            return _float_text(column.cast(pa.float64()))
    return pa.array([text_of(cell) for cell in as_cells(column)], pa.string())


def _float_text(column: pa.Array) -> pa.Array:
    """Return floats as ``repr`` writes them; None as an empty text."""
    size = pc.abs(column)
    plain = pc.and_(pc.greater_equal(size, _PLAIN_LOW), pc.less(size, _PLAIN_HIGH))
    whole = pc.and_(plain, pc.equal(pc.floor(column), column))
    found = pc.if_else(plain, column, None).cast(pa.string())
    found = pc.if_else(whole, pc.binary_join_element_wise(found, ".0", ""), found)
    # Zero, infinity, not a number, the very large and the very small.
    odd = pc.and_(pc.is_valid(column), pc.invert(pc.fill_null(plain, False)))
    if pc.any(odd).as_py():
        cells: list[Cell] = column.filter(odd).to_pylist()
        found = pc.replace_with_mask(found, odd, pa.array(map(text_of, cells), pa.string()))
    return found
