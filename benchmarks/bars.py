"""What was asked and what was measured, as a table with a verdict for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """What was asked and what was measured."""

    what: str
    asked: float
    measured: float
    unit: str
    at_most: bool = False

    @property
    def held(self) -> bool:
        """Whether it is held."""
        return self.measured <= self.asked if self.at_most else self.measured >= self.asked


def verdicts(bars: Sequence[Bar]) -> list[str]:
    """Return the bars as lines of Markdown."""
    lines = ["", "## The bars", "", "| what | bar | measured | |", "|---|---:|---:|---|"]
    for bar in bars:
        sign = "≤" if bar.at_most else "≥"
        digits = 0 if bar.measured >= 10 else 2  # noqa: PLR2004 - enough to read
        if (bar.asked and bar.measured < bar.asked / 100) or bar.asked < 1:
            digits = 3
        asked = f"{bar.asked:,.10g}"
        lines.append(
            f"| {bar.what} | {sign} {asked} {bar.unit} | {bar.measured:,.{digits}f} {bar.unit}"
            f" | {'held' if bar.held else '**missed**'} |"
        )
    return lines
