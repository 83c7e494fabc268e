"""What an Arrow IPC body would expand to, read from its messages before anything is expanded.

pyarrow takes the sizes of compressed buffers as the body states them and sets memory aside for
them; here they are looked at first. The messages are FlatBuffers, of which pyarrow has checked
that every offset lies within; only the few numbers that are needed are read. Format and field
numbers: Message.fbs, Schema.fbs and File.fbs of Apache Arrow (docs/source/format/Columnar.rst).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
from pyarrow import ipc

from app.errors import BadInputError
from app.web.limits import Limits

_MAGIC = b"ARROW1"
_WORD = 8
# An uncompressed buffer among compressed ones states this instead of a size.
_AS_IS = -1
_BLOCK = struct.Struct("<qi4xq")
_BUFFER = struct.Struct("<qq")


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of a FlatBuffer: fields by number."""

    raw: memoryview
    at: int

    @classmethod
    def root(cls, raw: memoryview) -> _Table:
        return cls(raw, *struct.unpack_from("<I", raw, 0))

    def _place(self, number: int) -> int:
        """Return where a field stands, 0 where it is left out."""
        names = self.at - struct.unpack_from("<i", self.raw, self.at)[0]
        size = struct.unpack_from("<H", self.raw, names)[0]
        slot = 4 + 2 * number
        offset = struct.unpack_from("<H", self.raw, names + slot)[0] if slot < size else 0
        return self.at + int(offset) if offset else 0

    def number(self, number: int, form: str) -> int:
        place = self._place(number)
        return int(struct.unpack_from(form, self.raw, place)[0]) if place else 0

    def table(self, number: int) -> _Table | None:
        place = self._place(number)
        if not place:
            return None
        return _Table(self.raw, place + struct.unpack_from("<I", self.raw, place)[0])

    def structs(self, number: int, form: struct.Struct) -> list[tuple[int, ...]]:
        place = self._place(number)
        if not place:
            return []
        start = place + struct.unpack_from("<I", self.raw, place)[0]
        count = struct.unpack_from("<I", self.raw, start)[0]
        end = start + 4 + count * form.size
        return list(form.iter_unpack(self.raw[start + 4 : end]))


def stream_messages(body: pa.Buffer) -> Iterator[ipc.Message]:
    """Yield the messages of an Arrow stream, the schema first."""
    source = pa.BufferReader(body)
    reader = ipc.MessageReader.open_stream(source)
    while True:
        try:
            message = reader.read_next_message()
        except StopIteration:
            break
        yield message
    if source.tell() != body.size:
        raise pa.ArrowInvalid(f"{body.size - source.tell()} bytes follow the end of the stream")


def file_messages(body: pa.Buffer) -> Iterator[ipc.Message]:
    """Yield the record batches of an Arrow file, in the order of its footer."""
    raw = memoryview(body)
    size = struct.unpack_from("<i", raw, len(raw) - len(_MAGIC) - 4)[0]
    footer = _Table.root(raw[len(raw) - len(_MAGIC) - 4 - size :])
    _check_order(footer.table(1))
    if footer.structs(2, _BLOCK):
        raise _dictionaries()
    for offset, head, length in footer.structs(3, _BLOCK):
        if min(offset, head, length) < 0 or offset + head + length > len(raw):
            raise pa.ArrowInvalid("the footer names a batch that is not there")
        yield ipc.read_message(body.slice(offset, head + length))


def check_schema(message: ipc.Message) -> None:
    """Refuse numbers whose bytes come in the other order."""
    _check_order(_Table.root(memoryview(message.metadata)).table(2))


def check_batch(message: ipc.Message, rows_before: int, limits: Limits) -> int:
    """Return the rows of a message that is a record batch, having checked what it expands to.

    Raises
    ------
    TooLargeError
        If it would bring the rows to more than may be sent.
    BadInputError
        If it is no record batch, or states buffers larger than its rows can need.
    """
    if message.type != "record batch":
        raise _dictionaries()
    batch = _Table.root(memoryview(message.metadata)).table(2)
    if batch is None:
        raise pa.ArrowInvalid("a record batch without content")
    rows = batch.number(0, "<q")
    limits.check_rows(rows_before + rows)
    compressed = batch.table(3) is not None
    body = memoryview(message.body) if message.body is not None else memoryview(b"")
    # Eight bytes for the widest number, and what buffers are padded by.
    most = 64 + 8 * max(rows, 0)
    for offset, length in batch.structs(2, _BUFFER):
        if not compressed or length < _WORD:
            continue
        size = struct.unpack_from("<q", body, offset)[0]
        if size != _AS_IS and not 0 <= size <= most:
            raise BadInputError(
                f"a compressed buffer states {size} bytes for {rows} rows, allowed are {most}",
                "Write the table again, or without compression.",
                message_zh=f"压缩缓冲区声明 {size} 字节，而该批只有 {rows} 行，最多允许 {most}",
                hint_zh="请重新写出该表，或不要压缩。",
            )
    return rows


def _check_order(schema: _Table | None) -> None:
    if schema is not None and schema.number(0, "<h"):
        raise BadInputError(
            "the body is big-endian, allowed is little-endian",
            message_zh="请求体为大端字节序，只接受小端字节序",
        )


def _dictionaries() -> BadInputError:
    return BadInputError(
        "the body holds dictionaries, allowed are plain columns of numbers",
        "Cast lon and lat to float64, without dictionary.",
        message_zh="请求体含有字典，只接受普通数值列",
        hint_zh="请将 lon、lat 转换为 float64，不要用字典编码。",
    )
