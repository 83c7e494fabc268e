"""What the rows of a table came to, added up part by part for the report of a run."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Self

# Kept of each fault, the first that come.
EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Example:
    """An address that has a fault, masked.

    Attributes
    ----------
    text : str
        The address, see `app.addresses.masking`.
    start, stop : int
        Characters of the text that the fault is about; both 0 where it is about none.
    status : str
        What became of it.
    """

    text: str
    start: int
    stop: int
    status: str


@dataclass(slots=True)
class Tally:
    """Counts of rows.

    Attributes
    ----------
    rows, unusable : int
        All, and those without an address that can be read.
    statuses : Counter of str
        By status.
    levels : Counter of str
        Assigned rows by level.
    towns : Counter of (str, str)
        By name of the town, "" where it is not known, and status.
    confidences : Counter of float
        Assigned rows by confidence.
    grids : Counter of str
        Assigned rows by code of the finest grid.
    faults : Counter of str
        Rows that have a fault, by its code.
    examples : dict of str to list of Example
        By code of the fault, at most `EXAMPLES` each, in the order of the rows.
    """

    rows: int = 0
    unusable: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    levels: Counter[str] = field(default_factory=Counter)
    towns: Counter[tuple[str, str]] = field(default_factory=Counter)
    confidences: Counter[float] = field(default_factory=Counter)
    grids: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[Example]] = field(default_factory=dict)

    def wants_example(self, fault: str) -> bool:
        """Tell whether there are too few examples of a fault."""
        return len(self.examples.get(fault, ())) < EXAMPLES

    def add_example(self, fault: str, example: Example) -> None:
        """Keep an example, unless the same address is one already."""
        own = self.examples.setdefault(fault, [])
        if len(own) < EXAMPLES and all(one.text != example.text for one in own):
            own.append(example)

    def add(self, other: Tally) -> None:
        """Add the rows of a part that follows."""
        self.rows += other.rows
        self.unusable += other.unusable
        for name in _COUNTERS:
            getattr(self, name).update(getattr(other, name))
        for fault, examples in other.examples.items():
            for one in examples:
                self.add_example(fault, one)

    def to_json(self) -> str:
        """Return all of it as text."""
        told: dict[str, object] = {"rows": self.rows, "unusable": self.unusable}
        for name in _COUNTERS:
            told[name] = list(getattr(self, name).items())
        told["examples"] = {
            fault: [[one.text, one.start, one.stop, one.status] for one in examples]
            for fault, examples in self.examples.items()
        }
        return json.dumps(told, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return what `to_json` told."""
        told = json.loads(text)
        found = cls(told["rows"], told["unusable"])
        for name in _COUNTERS:
            counter = getattr(found, name)
            for key, count in told[name]:
                counter[tuple(key) if isinstance(key, list) else key] = count
        found.examples = {
            fault: [Example(*one) for one in examples]
            for fault, examples in told["examples"].items()
        }
        return found


_COUNTERS = [one.name for one in fields(Tally) if one.name not in {"rows", "unusable", "examples"}]
