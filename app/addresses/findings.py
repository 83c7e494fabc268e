"""What an audit finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

_EXAMPLES = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of thing that an audit found.

    Attributes
    ----------
    kind : str
        Name of the check.
    count : int
        How many there are.
    text, text_zh : str
        What they are.
    defect : bool
        Whether it is a fault of the data; else it is a note.
    of : int
        Among how many, 0 where that says nothing.
    examples : list of str
        Some of them.
    """

    kind: str
    count: int
    text: str
    text_zh: str
    defect: bool = False
    of: int = 0
    examples: list[str] = field(default_factory=list)


def examples_of(say: Callable[[int], str], those: npt.NDArray[np.int64]) -> list[str]:
    """Return what some of n things are called, spread evenly over all of them."""
    if not len(those):
        return []
    chosen = np.unique(np.linspace(0, len(those) - 1, _EXAMPLES).astype(np.int64))
    return [say(int(those[one])) for one in chosen]
