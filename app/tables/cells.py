"""What a cell may hold, and how it is written as text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

import pyarrow as pa

# str, int, float, bool, date, datetime, time, timedelta, None; from Parquet also Decimal, bytes,
# lists and dicts.
Cell: TypeAlias = Any

_EXACT_INT = 2**53


def text_of(cell: Cell) -> str:
    """Return a cell as text.

    Parameters
    ----------
    cell
        Any cell.

    Returns
    -------
    str
        Text as it is, nothing for None, TRUE or FALSE, numbers in the shortest form that reads
        back the same, days and times in ISO 8601 with a blank, durations as h:mm:ss, bytes in
        hexadecimal, lists and dicts as JSON.
    """
    if isinstance(cell, str):
        return cell
    for kind, text in _TEXT:
        if isinstance(cell, kind):
            return text(cell)
    return str(cell)


def whole(cell: Cell) -> Cell:
    """Return a float that holds a whole number exactly as int, anything else as it is.

    XLSX knows floats only: a code 510185001001 comes as 510185001001.0.
    """
    if isinstance(cell, float) and abs(cell) < _EXACT_INT and cell.is_integer():
        return int(cell)
    return cell


def arrow_type(cells: Iterable[Cell]) -> pa.DataType:
    """Return the Arrow type that holds all the cells unchanged: text where they are mixed."""
    kinds = {type(cell) for cell in cells} - {type(None)}
    for members, found in (
        ({bool}, pa.bool_()),
        ({int}, pa.int64()),
        ({int, float}, pa.float64()),
        ({date}, pa.date32()),
        ({date, datetime}, pa.timestamp("us")),
        ({time}, pa.time64("us")),
        ({timedelta}, pa.duration("us")),
    ):
        if kinds and kinds <= members:
            return found
    return pa.string()


def _duration_text(span: timedelta) -> str:
    sign = "-" if span < timedelta(0) else ""
    span = abs(span)
    minutes, seconds = divmod(span.days * 86_400 + span.seconds, 60)
    fraction = f".{span.microseconds:06d}" if span.microseconds else ""
    return f"{sign}{minutes // 60}:{minutes % 60:02d}:{seconds:02d}{fraction}"


# The first that fits is taken: a bool is an int as well, a datetime is a date.
_TEXT: tuple[tuple[type | tuple[type, ...], Callable[[Any], str]], ...] = (
    (type(None), lambda _: ""),
    (bool, lambda cell: "TRUE" if cell else "FALSE"),
    (float, float.__repr__),
    (datetime, lambda cell: cell.isoformat(sep=" ")),
    ((date, time), lambda cell: cell.isoformat()),
    (timedelta, _duration_text),
    (Decimal, lambda cell: format(cell, "f")),
    (bytes, bytes.hex),
    ((list, tuple, dict), lambda cell: json.dumps(cell, ensure_ascii=False, default=text_of)),
)
