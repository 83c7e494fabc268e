"""Coordinates as short text: steps from point to point, five bits to a character.

The encoding is that of the Encoded Polyline Algorithm Format, applied to whole steps of the world
(`app.maps.topology.WORLD_BITS`) in place of hundred-thousandths of a degree. Its characters run
from ``?`` to ``~``: none of them can end a script or begin a tag.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.maps.topology import Points

_FIRST = 63  # "?"
_BITS = 5
_LONGEST = 7  # characters that 32 bits need


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines as text.

    Attributes
    ----------
    text : str
        Steps of all points, each from the one before it, of whatever line; the first from 0, 0.
    lengths : list of int
        Points of each line.
    """

    text: str
    lengths: list[int]

    def as_json(self) -> dict[str, Any]:
        """Return what the page reads."""
        return {"text": self.text, "lengths": self.lengths}


def encode(lines: Iterable[Points]) -> Lines:
    """Write lines, each of shape (n, 2), as text."""
    parts = list(lines)
    if not parts:
        return Lines("", [])
    points = np.concatenate(parts)
    steps = np.diff(points, axis=0, prepend=np.zeros((1, 2), np.int64)).ravel()
    return Lines(_text(steps), [len(part) for part in parts])


def _text(steps: npt.NDArray[np.int64]) -> str:
    # The sign goes into the last bit, so that small steps either way are short.
    zigzag = (steps << 1) ^ (steps >> 63)
    digits = zigzag[:, None] >> (_BITS * np.arange(_LONGEST)) & (2**_BITS - 1)
    more = zigzag[:, None] >> (_BITS * np.arange(1, _LONGEST + 1)) > 0
    kept = np.ones_like(more)
    kept[:, 1:] = more[:, :-1]
    characters = (digits | more << _BITS) + _FIRST
    return bytes(characters[kept].astype(np.uint8)).decode("ascii")


def decode(lines: Lines) -> list[Points]:
    """Read lines back; what the page does, for whoever reads an exported file."""
    values, value, shift = [], 0, 0
    for character in lines.text.encode("ascii"):
        digit = character - _FIRST
        value |= (digit & (2**_BITS - 1)) << shift
        shift += _BITS
        if digit < 2**_BITS:
            values.append(value >> 1 ^ -(value & 1))
            value = shift = 0
    points = np.cumsum(np.array(values, dtype=np.int64).reshape(-1, 2), axis=0)
    return np.split(points, np.cumsum(lines.lengths)[:-1]) if lines.lengths else []
