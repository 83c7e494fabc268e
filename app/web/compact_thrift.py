"""Thrift's compact protocol, read from bytes that nobody vouches for.

Only the fields that are asked for are kept. What a lenient reader would pass over or cut down to
size (a field twice, a number wider than its kind, a field of another kind) is an error here, so
that nothing is read otherwise than by the library that reads the same bytes after.
Source: thrift-compact-protocol.md of Apache Thrift.
"""

from __future__ import annotations

from typing import Any, TypeAlias

I32, I64 = 5, 6
# What to keep: an integer of that kind, a struct's fields by number, or a list of one of these.
Shape: TypeAlias = "int | dict[int, Shape] | list[Shape]"

_TRUE, _FALSE, _BYTE, _I16, _DOUBLE, _BINARY, _LIST, _STRUCT = 1, 2, 3, 4, 7, 8, 9, 12
_BITS = {_I16: 16, I32: 32, I64: 64}
_WIDTHS = {_TRUE: 1, _FALSE: 1, _BYTE: 1, _DOUBLE: 8}
_SEVEN_BITS, _MAX_SHIFT, _MAX_FIELD, _LONG = 0x7F, 63, 0x7FFF, 15
_MAX_DEPTH = 16


class Reader:
    """A run of bytes, read from its beginning.

    Parameters
    ----------
    raw
        The bytes, unsigned.
    max_items
        Items of all the lists together that are kept.

    Attributes
    ----------
    at : int
        Bytes read so far.
    """

    def __init__(self, raw: memoryview, max_items: int) -> None:
        self._raw = raw
        self._items = max_items
        self.at = 0

    def struct(self, wanted: dict[int, Shape], depth: int = 0) -> dict[int, Any]:
        """Return those fields of the next struct that are wanted and there.

        Raises
        ------
        ValueError
            If it is damaged, or nested too deeply.
        """
        if depth > _MAX_DEPTH:
            raise ValueError("its metadata is nested too deeply")
        found: dict[int, Any] = {}
        seen: set[int] = set()
        field = 0
        while (byte := self._byte()) != 0:
            step, kind = byte >> 4, byte & 0x0F
            field = field + step if step else self._integer(_I16)
            if not 0 < field <= _MAX_FIELD or field in seen:
                raise ValueError(f"its metadata has a field {field} twice or out of range")
            seen.add(field)
            if field in wanted:
                found[field] = self._value(kind, wanted[field], depth)
            elif kind not in {_TRUE, _FALSE}:  # a field of these has no bytes of its own
                self._skip(kind, depth)
        return found

    def _value(self, kind: int, shape: Shape, depth: int) -> Any:  # noqa: ANN401
        """Return a value of the shape that is wanted."""
        if isinstance(shape, int) and kind == shape:
            return self._integer(kind)
        if isinstance(shape, dict) and kind == _STRUCT:
            return self.struct(shape, depth + 1)
        if isinstance(shape, list) and kind == _LIST:
            count, of = self._list()
            self._items -= count
            if self._items < 0:
                raise ValueError("its metadata has too many parts")
            return [self._value(of, shape[0], depth + 1) for _ in range(count)]
        raise ValueError(f"its metadata has a field of unexpected kind {kind}")

    def _skip(self, kind: int, depth: int) -> None:
        """Pass over a value."""
        if kind in _WIDTHS:
            self._pass(_WIDTHS[kind])
        elif kind in _BITS:
            self._integer(kind)
        elif kind == _BINARY:
            self._pass(self._varint())
        elif kind == _STRUCT:
            self.struct({}, depth + 1)
        elif kind == _LIST:
            if depth > _MAX_DEPTH:
                raise ValueError("its metadata is nested too deeply")
            count, of = self._list()
            for _ in range(count):
                self._skip(of, depth + 1)
        else:
            raise ValueError(f"its metadata has a field of unknown kind {kind}")

    def _list(self) -> tuple[int, int]:
        """Return how many items a list has and of what kind; each takes a byte at least."""
        byte = self._byte()
        count, kind = byte >> 4, byte & 0x0F
        if count == _LONG:
            count = self._varint()
        if count > len(self._raw) - self.at:
            raise ValueError("its metadata ends within a list")
        return count, kind

    def _integer(self, kind: int) -> int:
        value = self._varint()
        if value >> _BITS[kind]:
            raise ValueError("its metadata has a number that is wider than its kind")
        return (value >> 1) ^ -(value & 1)

    def _varint(self) -> int:
        value = 0
        for shift in range(0, _MAX_SHIFT + 1, 7):
            byte = self._byte()
            value |= (byte & _SEVEN_BITS) << shift
            if byte <= _SEVEN_BITS:
                return value
        raise ValueError("its metadata has a number that does not end")

    def _byte(self) -> int:
        try:
            byte = self._raw[self.at]
        except IndexError:
            raise ValueError("its metadata is torn") from None
        self.at += 1
        return byte

    def _pass(self, count: int) -> None:
        if count > len(self._raw) - self.at:
            raise ValueError("its metadata is torn")
        self.at += count
