"""What a Parquet body would expand to, read from the heads of its pages before any is expanded.

The footer states sizes too, but a page is expanded by what its own head says. Heads are in
Thrift's compact protocol; format and field numbers: parquet.thrift of Apache Parquet, PageHeader.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from app.errors import TooLargeError
from app.web.limits import Limits

# A head of a page of numbers has some fifty bytes.
_MAX_HEAD = 4_096
_MAX_PAGES = 100_000
_MAX_DEPTH = 4
_EXPANDED, _STORED = 2, 3
_TRUE, _FALSE, _BYTE, _INTEGERS, _DOUBLE, _BINARY, _STRUCT = 1, 2, 3, (4, 5, 6), 7, 8, 12
_SEVEN_BITS, _MAX_BITS = 0x7F, 64


def check_pages(body: pa.Buffer, metadata: pq.FileMetaData, limits: Limits) -> None:
    """Refuse a file whose pages would expand to more than its rows can need.

    Raises
    ------
    TooLargeError
        If they would, or if there are more than 100,000 pages.
    ValueError, IndexError
        If the pages are not where the footer says.
    """
    # The bytes of a buffer of pyarrow are signed.
    raw = memoryview(body).cast("B")
    expanded = pages = 0
    for group in range(metadata.num_row_groups):
        columns = metadata.row_group(group)
        for number in range(columns.num_columns):
            column = columns.column(number)
            # Of a column without values no page is read, and its offsets mean nothing.
            if column.num_values <= 0:
                continue
            at = column.data_page_offset
            if column.has_dictionary_page and 0 < column.dictionary_page_offset < at:
                at = column.dictionary_page_offset
            end = at + column.total_compressed_size
            if not 0 <= at <= end <= len(raw):
                raise ValueError("the footer names pages that are not there")
            while at < end:
                head = _Head(raw[at : min(end, at + _MAX_HEAD)])
                sizes = head.integers()
                size, stored = sizes.get(_EXPANDED, -1), sizes.get(_STORED, -1)
                if min(size, stored) < 0:
                    raise ValueError("a page does not say how long it is")
                expanded += size
                limits.check_bytes(expanded)
                pages += 1
                if pages > _MAX_PAGES:
                    raise _too_many()
                at += head.at + stored


class _Head:
    """One struct in the compact protocol, read field by field; `at` is where it has ended."""

    def __init__(self, raw: memoryview) -> None:
        self._raw = raw
        self.at = 0

    def integers(self, depth: int = 0) -> dict[int, int]:
        """Return the integer fields by number, and pass over all others."""
        if depth > _MAX_DEPTH:
            raise ValueError("the head of a page is nested too deeply")
        found: dict[int, int] = {}
        field = 0
        while (byte := self._byte()) != 0:
            step, kind = byte >> 4, byte & 0x0F
            field = field + step if step else self._signed()
            if kind in _INTEGERS:
                found[field] = self._signed()
            elif kind == _BYTE:
                self._pass(1)
            elif kind == _DOUBLE:
                self._pass(8)
            elif kind == _BINARY:
                self._pass(self._varint())
            elif kind == _STRUCT:
                self.integers(depth + 1)
            elif kind not in {_TRUE, _FALSE}:
                raise ValueError("the head of a page has a field of unknown kind")
        return found

    def _byte(self) -> int:
        byte = self._raw[self.at]
        self.at += 1
        return byte

    def _pass(self, count: int) -> None:
        if self.at + count > len(self._raw):
            raise ValueError("the head of a page is torn")
        self.at += count

    def _varint(self) -> int:
        value = 0
        for shift in range(0, _MAX_BITS, 7):
            byte = self._byte()
            value |= (byte & _SEVEN_BITS) << shift
            if byte <= _SEVEN_BITS:
                return value
        raise ValueError("the head of a page has a number that does not end")

    def _signed(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)


def _too_many() -> TooLargeError:
    return TooLargeError(
        f"the body has more than {_MAX_PAGES} pages, allowed are {_MAX_PAGES}",
        "Write the file with larger row groups.",
        message_zh=f"请求体的数据页超过 {_MAX_PAGES} 个，最多允许 {_MAX_PAGES} 个",
        hint_zh="请使用更大的 row group 写出文件。",
    )
