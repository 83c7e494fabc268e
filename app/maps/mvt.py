"""Mapbox vector tiles as bytes: a layer taken out, one with figures beside its grids, small signs.

What GDAL wrote is never drawn anew: shapes go through byte by byte. Source: the Mapbox Vector Tile
Specification 2.1; the encoding of protocol buffers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence

Value = str | int | float | bool | None
Values = Mapping[str, Value]
# Units of a tile's side.
EXTENT = 4096

# Fields of a tile, a layer, a feature and a value, and their wire types.
_LAYERS = 3
_NAME, _FEATURES, _KEYS, _VALUES, _EXTENT, _VERSION = 1, 2, 3, 4, 5, 15
_TAGS, _TYPE, _GEOMETRY = 2, 3, 4
_STRING, _DOUBLE, _SINT, _BOOL = 1, 3, 6, 7
_NUMBER, _EIGHT_BYTES, _LENGTH = 0, 1, 2
_POINT, _AREA = 1, 3
# One "move to", the number of "line to", "close".
_MOVE_TO, _LINE_TO, _CLOSE = 9, 2, 15


def only_layer(tile: bytes, name: str) -> bytes:
    """Return of a vector tile the layer of a name alone; nothing if it has none."""
    return b"".join(tile[start:end] for start, _, end in _layers(tile, name))


def without_layer(tile: bytes, name: str) -> bytes:
    """Return a vector tile without the layer of a name."""
    own = {start for start, _, _ in _layers(tile, name)}
    return b"".join(tile[start:end] for _, start, _, end in _fields(tile) if start not in own)


def codes_of(tile: bytes, name: str) -> set[str]:
    """Return the codes of the grids in the layer of a name."""
    found: set[str] = set()
    for _, body, end in _layers(tile, name):
        keys, values, features, _ = _parts(tile[body:end])
        found |= {_code(one, keys, values) for one in features}
    return found


def with_figures(tile: bytes, name: str, new_name: str, figures: Mapping[str, Values]) -> bytes:
    """Return a layer of grids as one of figures.

    Parameters
    ----------
    tile
        A vector tile.
    name
        The layer of it whose features have a ``code``.
    new_name
        What the layer is to be called.
    figures
        What is to stand beside the attributes of each grid, by its code. Grids that are not in it
        are left out; so are values that are None.

    Returns
    -------
    bytes
        A tile of that layer; nothing if no grid of it is left.
    """
    found = b""
    for _, body, end in _layers(tile, name):
        keys, values, features, rest = _parts(tile[body:end])
        book, told = _Book(keys, values), list[bytes]()
        for feature in features:
            more = figures.get(_code(feature, keys, values))
            if more is not None:
                tags = b"".join(map(_varint, book.tags(more)))
                kept = b"".join(
                    feature[start:stop] for field, start, _, stop in _fields(feature)
                    if field != _TAGS
                )  # fmt: skip
                told.append(_bytes(_FEATURES, _bytes(_TAGS, _tag_bytes(feature) + tags) + kept))
        if told:
            layer = b"".join((_bytes(_NAME, new_name.encode()), *told, book.written(), rest))
            found += _bytes(_LAYERS, layer)
    return found


def points_layer(name: str, points: Iterable[tuple[int, int, Values]]) -> bytes:
    """Return a tile with one layer of points; nothing if there are none.

    Parameters
    ----------
    name
        Of the layer.
    points
        Columns and rows in units of the tile, from its upper left corner, and attributes; those
        that are None are left out.
    """
    return shapes_layer(name, (([(column, row)], values) for column, row, values in points))


def shapes_layer(name: str, shapes: Iterable[tuple[Sequence[Sequence[int]], Values]]) -> bytes:
    """Return a tile with one layer of points or simple areas; nothing if there are none.

    Parameters
    ----------
    name
        Of the layer.
    shapes
        Vertices, columns and rows in units of the tile from its upper left corner, and attributes;
        those that are None are left out. One vertex is a point, several go around an area as the
        hand of a clock does, without the first one again at the end.
    """
    book, told = _Book([], []), list[bytes]()
    for vertices, values in shapes:
        tags = b"".join(map(_varint, book.tags(values)))
        kind, place = (_POINT, _point(vertices)) if len(vertices) == 1 else (_AREA, _ring(vertices))
        told_of = _bytes(_TAGS, tags) if tags else b""
        feature = told_of + _number(_TYPE, kind) + _bytes(_GEOMETRY, place)
        told.append(_bytes(_FEATURES, feature))
    if not told:
        return b""
    ends = _number(_EXTENT, EXTENT) + _number(_VERSION, 2)
    layer = b"".join((_bytes(_NAME, name.encode()), *told, book.written(), ends))
    return _bytes(_LAYERS, layer)


def _point(vertices: Sequence[Sequence[int]]) -> bytes:
    ((column, row),) = vertices
    return b"".join(map(_varint, (_MOVE_TO, _zigzag(column), _zigzag(row))))


def _ring(vertices: Sequence[Sequence[int]]) -> bytes:
    (at_x, at_y), *others = vertices
    steps = [_MOVE_TO, _zigzag(at_x), _zigzag(at_y), len(others) << 3 | _LINE_TO]
    for x, y in others:
        steps += (_zigzag(x - at_x), _zigzag(y - at_y))
        at_x, at_y = x, y
    return b"".join(map(_varint, (*steps, _CLOSE)))


class _Book:
    """The keys and values of a layer, each kept once."""

    def __init__(self, keys: list[str], values: list[bytes]) -> None:
        self._keys = {one: at for at, one in enumerate(keys)}
        self._values = {one: at for at, one in enumerate(values)}

    def tags(self, values: Values) -> Iterator[int]:
        """Yield the places of keys and values by turns."""
        for key, value in values.items():
            if value is not None:
                yield self._keys.setdefault(key, len(self._keys))
                yield self._values.setdefault(_value(value), len(self._values))

    def written(self) -> bytes:
        """Return both as fields of a layer."""
        keys = b"".join(_bytes(_KEYS, one.encode()) for one in self._keys)
        return keys + b"".join(_bytes(_VALUES, one) for one in self._values)


def _layers(tile: bytes, name: str) -> Iterator[tuple[int, int, int]]:
    """Yield start, start of the body and end of each layer of a name."""
    for field, start, body, end in _fields(tile):
        if field == _LAYERS and _name_of(tile[body:end]) == name:
            yield start, body, end


def _name_of(layer: bytes) -> str:
    for field, _, body, end in _fields(layer):
        if field == _NAME:
            return layer[body:end].decode()
    return ""


def _parts(layer: bytes) -> tuple[list[str], list[bytes], list[bytes], bytes]:
    """Return keys, values and features of a layer, and what it has but these and its name."""
    keys: list[str] = []
    values: list[bytes] = []
    features: list[bytes] = []
    rest = b""
    for field, start, body, end in _fields(layer):
        if field == _KEYS:
            keys.append(layer[body:end].decode())
        elif field == _VALUES:
            values.append(layer[body:end])
        elif field == _FEATURES:
            features.append(layer[body:end])
        elif field != _NAME:
            rest += layer[start:end]
    return keys, values, features, rest


def _tag_bytes(feature: bytes) -> bytes:
    return b"".join(feature[body:end] for field, _, body, end in _fields(feature) if field == _TAGS)


def _code(feature: bytes, keys: list[str], values: list[bytes]) -> str:
    """Return the attribute ``code`` of a feature; "" if it has none."""
    packed, at = _tag_bytes(feature), 0
    while at < len(packed):
        key, at = _read_varint(packed, at)
        value, at = _read_varint(packed, at)
        if keys[key] == "code":
            return _name_of(values[value])
    return ""


def _fields(message: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield number, start, start of the body and end of each field of a message.

    Tiles, layers, features and texts have fields of two wire types only: numbers, and what says its
    length.
    """
    at = 0
    while at < len(message):
        start = at
        key, at = _read_varint(message, at)
        body = at
        value, at = _read_varint(message, at)
        if key & 7 == _LENGTH:
            body = at
            at += value
        yield key >> 3, start, body, at


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the last one
            return value, at
        shift += 7


_SHORT = [bytes([value]) for value in range(128)]


def _varint(value: int) -> bytes:
    if value < 0x80:  # noqa: PLR2004 - most are
        return _SHORT[value]
    found = bytearray()
    while value >= 0x80:  # noqa: PLR2004 - more follow
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def _zigzag(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3 | _NUMBER) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | _LENGTH) + _varint(len(value)) + value


def _value(value: str | float) -> bytes:
    """Return a value as a message."""
    if isinstance(value, str):
        return _bytes(_STRING, value.encode())
    if isinstance(value, bool):
        return _number(_BOOL, int(value))
    if isinstance(value, int):
        return _number(_SINT, _zigzag(value))
    return _varint(_DOUBLE << 3 | _EIGHT_BYTES) + struct.pack("<d", value)
