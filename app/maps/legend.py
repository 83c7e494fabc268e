"""Legends: what each colour, pattern or size stands for, with the unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.maps.palette import Palette, Texture


@dataclass(frozen=True, slots=True)
class LegendRow:
    """One line of a legend.

    Attributes
    ----------
    colour : str
        Of the swatch.
    label : str
    count : int or None
        How many grids are in it.
    mark : str
        ``hatch`` for no data, ``dots`` for held back, or "".
    outline : str
        Colour of mark and outline, where there is one.
    radius : float
        Of a disc in pixels, 0 for a swatch.
    texture : Texture or None
        What is drawn on the colour of a named class.
    """

    colour: str
    label: str
    count: int | None = None
    mark: str = ""
    outline: str = ""
    radius: float = 0.0
    texture: Texture | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what the page reads."""
        told: dict[str, Any] = {"colour": self.colour, "label": self.label}
        for name in ("mark", "outline", "radius"):
            if getattr(self, name):
                told[name] = getattr(self, name)
        if self.texture:
            told["texture"] = self.texture.as_json()
        return told if self.count is None else told | {"count": self.count}


@dataclass(frozen=True, slots=True)
class Legend:
    """A legend.

    Attributes
    ----------
    title : str
    unit : str
        Of the numbers in it, denominator included; "" for named classes.
    rows : tuple of LegendRow
    notes : tuple of str
        Level, denominator, period, how classes were made, caveats.
    """

    title: str
    unit: str
    rows: tuple[LegendRow, ...]
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return what the page reads."""
        return {
            "title": self.title,
            "unit": self.unit,
            "rows": [row.as_json() for row in self.rows],
            "notes": list(self.notes),
        }


def state_rows(
    palette: Palette, words: dict[str, str], zero: int, none: int, held: int
) -> list[LegendRow]:
    """Return the lines for what has no class, each only where there is such a grid."""
    marks = palette.marks
    rows = [
        (zero, LegendRow(marks["zero"], words["zero"], zero, "", marks["ink"])),
        (held, LegendRow(marks["paper"], words["held"], held, "dots", marks["ink"])),
        (none, LegendRow(marks["paper"], words["none"], none, "hatch", marks["ink"])),
    ]
    return [row for count, row in rows if count]
