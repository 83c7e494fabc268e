"""Colours, classes' ramps and fonts: one file for the page, exported maps, reports and pictures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

STATIC = Path(__file__).resolve().parents[2] / "static"
PALETTE_FILE = STATIC / "palette.json"


@dataclass(frozen=True, slots=True)
class Palette:
    """The light theme and the ramps of static/palette.json.

    Attributes
    ----------
    ui, map : dict of str to str
        Colours by name, ``#rrggbb``.
    ramps : dict of str to tuple of str
        Sequential ramps, light to dark, and diverging ones, of seven colours each.
    signs : dict of str to str
        Colours of named classes: kinds of hot spots, of trends.
    marks : dict of str to str
        ``zero``, and paper and ink of hatching (no data) and dots (held back).
    sans : tuple of str
        Font families of text.
    """

    ui: dict[str, str]
    map: dict[str, str]
    ramps: dict[str, tuple[str, ...]]
    signs: dict[str, str]
    marks: dict[str, str]
    sans: tuple[str, ...]

    def ramp(self, name: str, count: int) -> list[str]:
        """Return `count` colours of a ramp, evenly spread over it, light to dark.

        A ramp of which there is none stands for a hazard that has no hue of its own: it gets that
        of ``other``.
        """
        colours = self.ramps.get(name) or self.ramps["other"]
        if count == 1:
            return [colours[len(colours) // 2 + 1]]
        last = len(colours) - 1
        # Few classes need not go as far into the dark as many.
        top = last if count > 4 else last - 1  # noqa: PLR2004
        spread = [at * top / (count - 1) for at in range(count)]
        return [_between(colours, place) for place in spread]


def _between(colours: tuple[str, ...], place: float) -> str:
    low = min(int(place), len(colours) - 2)
    part = place - low
    pairs = (
        (int(colours[low][at : at + 2], 16), int(colours[low + 1][at : at + 2], 16))
        for at in (1, 3, 5)
    )
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)


@cache
def read_palette(path: Path = PALETTE_FILE) -> Palette:
    """Return the palette, read once."""
    told = json.loads(path.read_text(encoding="utf-8"))
    light = told["themes"]["light"]
    return Palette(
        ui=light["ui"],
        map=light["map"],
        ramps={name: tuple(colours) for name, colours in told["ramps"].items()},
        signs=told["signs"],
        marks=told["marks"],
        sans=tuple(told["type"]["sans"]),
    )
