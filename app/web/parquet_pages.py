"""What a Parquet body would expand to, read from the heads of its pages before any is expanded.

The footer states sizes too, but a page is expanded by what its own head says. Footer and heads are
read here and not through pyarrow's metadata: of damaged bytes its accessors end the process, where
its readers raise. Format and field numbers: parquet.thrift of Apache Parquet.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

import pyarrow as pa

from app.errors import TooLargeError
from app.web.compact_thrift import I32, I64, Reader, Shape
from app.web.limits import Limits

# A head of a page of numbers has some fifty bytes.
_MAX_HEAD = 4_096
_MAX_PAGES = 100_000
# Three columns with statistics take some 350 bytes for each row group.
_MAX_FOOTER = 2 << 20
# Three columns need four; of a few hundred the caller still hears their names.
_MAX_FIELDS = 1_000
_MAGIC = b"PAR1"
_TAIL = struct.Struct("<I4s")

# Fields of FileMetaData, RowGroup, ColumnChunk, ColumnMetaData and PageHeader.
_SCHEMA, _ROW_GROUPS, _COLUMNS, _METADATA = 2, 4, 1, 3
_VALUES, _COMPRESSED, _DATA, _DICTIONARY = 5, 7, 9, 11
_EXPANDED, _STORED = 2, 3
_CHUNK: dict[int, Shape] = {_VALUES: I64, _COMPRESSED: I64, _DATA: I64, _DICTIONARY: I64}
_FOOTER: dict[int, Shape] = {_SCHEMA: [{}], _ROW_GROUPS: [{_COLUMNS: [{_METADATA: _CHUNK}]}]}
_HEAD: dict[int, Shape] = {_EXPANDED: I32, _STORED: I32}


class Chunk(NamedTuple):
    """The pages of one column in one row group.

    Attributes
    ----------
    values : int
        Values that it has, those that are missing included.
    begin, end : int
        Bytes of the file.
    """

    values: int
    begin: int
    end: int


def read_chunks(body: pa.Buffer) -> list[Chunk]:
    """Return where the footer of a file says that its pages are, row group by row group.

    Raises
    ------
    TooLargeError
        If the footer is larger than that of any table of points needs to be.
    ValueError
        If it is damaged.
    """
    # The bytes of a buffer of pyarrow are signed.
    raw = memoryview(body).cast("B")
    if len(raw) < len(_MAGIC) + _TAIL.size:
        raise ValueError("it is too short")
    size, magic = _TAIL.unpack(raw[-_TAIL.size :])
    if magic != _MAGIC:
        raise ValueError("it does not end as one")
    begin = len(raw) - _TAIL.size - size
    if begin < len(_MAGIC):
        raise ValueError("its footer is longer than the file")
    if size > _MAX_FOOTER:
        raise _too_many(f"a footer of {size} bytes", str(_MAX_FOOTER), f"文件尾有 {size} 字节")
    footer = Reader(raw[begin : -_TAIL.size], 3 * _MAX_PAGES).struct(_FOOTER)
    if len(footer.get(_SCHEMA, ())) > _MAX_FIELDS:
        raise ValueError(f"it has more than {_MAX_FIELDS} columns")
    return [
        _chunk(column.get(_METADATA, {}), begin)
        for group in footer.get(_ROW_GROUPS, ())
        for column in group.get(_COLUMNS, ())
    ]


def _chunk(fields: dict[int, int], end: int) -> Chunk:
    if not {_VALUES, _COMPRESSED, _DATA} <= fields.keys():
        raise ValueError("its footer does not say where a column is")
    # Of a column without values no page is read, and its offsets mean nothing.
    if fields[_VALUES] <= 0:
        return Chunk(0, 0, 0)
    begin = fields[_DATA]
    if 0 < fields.get(_DICTIONARY, 0) < begin:
        begin = fields[_DICTIONARY]
    chunk = Chunk(fields[_VALUES], begin, begin + fields[_COMPRESSED])
    if not 0 <= chunk.begin <= chunk.end <= end:
        raise ValueError("its footer names pages that are not there")
    return chunk


def check_pages(body: pa.Buffer, chunks: Iterable[Chunk], limits: Limits) -> None:
    """Refuse a file whose pages would expand to more than its rows can need.

    Parameters
    ----------
    body
        The file.
    chunks
        What `read_chunks` says of it.
    limits
        What it may carry.

    Raises
    ------
    TooLargeError
        If they would, or if there are more than 100,000 pages.
    ValueError
        If the pages are not where the footer says.
    """
    raw = memoryview(body).cast("B")
    expanded = pages = 0
    for chunk in chunks:
        at = chunk.begin
        while at < chunk.end:
            head = Reader(raw[at : min(chunk.end, at + _MAX_HEAD)], 0)
            sizes = head.struct(_HEAD)
            size, stored = sizes.get(_EXPANDED, -1), sizes.get(_STORED, -1)
            if min(size, stored) < 0:
                raise ValueError("a page does not say how long it is")
            expanded += size
            limits.check_bytes(expanded)
            pages += 1
            if pages > _MAX_PAGES:
                raise _too_many(
                    f"more than {_MAX_PAGES} pages", str(_MAX_PAGES), f"数据页超过 {_MAX_PAGES} 个"
                )
            at += head.at + stored


def _too_many(what: str, allowed: str, what_zh: str) -> TooLargeError:
    return TooLargeError(
        f"the body has {what}, allowed are {allowed}",
        "Write the file with larger row groups.",
        message_zh=f"请求体的{what_zh}，最多允许 {allowed}",
        hint_zh="请使用更大的 row group 写出文件。",
    )
