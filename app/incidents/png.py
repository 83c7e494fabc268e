"""Whether a PNG holds all the rows that it says it has; Pillow leaves those black that are missing.

Source: Portable Network Graphics (PNG) Specification, Third Edition, W3C: 5.2 and 5.3 (chunks),
7.2 (scanlines), 8.1 (interlacing), 10 (compression), 11.2.1 (IHDR).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

_SIGNATURE_BYTES = 8
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Of the passes of an interlaced picture: first column and row, step to the next ones.
_PASSES = (
    (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
    (0, 1, 1, 2),
)  # fmt: skip
_WHOLE = ((0, 0, 1, 1),)
_PART_BYTES, _STEP_BYTES = 1 << 16, 1 << 20


def check_png(data: bytes) -> None:
    """Refuse a PNG that ends before its last row.

    Parameters
    ----------
    data
        A whole file; whether it is sound in all else is for its decoder to say.

    Raises
    ------
    ValueError
        If there are fewer bytes of pixels than its header says.
    zlib.error, struct.error, KeyError
        If it cannot be read.
    """
    left = _pixel_bytes(data)
    inflated = zlib.decompressobj()
    for part in _idat(data):
        rest = part
        # At its end it may keep a tail that it will never take.
        while rest and left > 0 and not inflated.eof:
            left -= len(inflated.decompress(rest, _STEP_BYTES))
            rest = inflated.unconsumed_tail
        if left <= 0 or inflated.eof:
            break
    if left > 0 and not inflated.eof:
        # All is taken in; what did not fit into the last step is still inside.
        left -= len(inflated.flush())
    if left > 0:
        raise ValueError(f"{left} bytes of pixels are missing")


def _pixel_bytes(data: bytes) -> int:
    """Return how many bytes the rows of all passes have before they are compressed."""
    width, height, depth, colour, _, _, interlaced = struct.unpack_from(
        ">IIBBBBB", data, _SIGNATURE_BYTES + 8
    )
    bits = depth * _CHANNELS[colour]
    count = 0
    for column, row, right, down in _PASSES if interlaced else _WHOLE:
        columns, rows = -(-(width - column) // right), -(-(height - row) // down)
        if columns > 0 and rows > 0:
            count += rows * (1 + -(-columns * bits // 8))
    return count


def _idat(data: bytes) -> Iterator[bytes]:
    """Yield what the chunks of pixels hold, in small parts; they follow each other."""
    at, begun = _SIGNATURE_BYTES, False
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IDAT":
            begun = True
            end = min(at + 8 + length, len(data))
            for start in range(at + 8, end, _PART_BYTES):
                yield data[start : min(start + _PART_BYTES, end)]
        elif begun:
            return
        at += 12 + length
