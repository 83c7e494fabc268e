"""Colours, classes' ramps and fonts: one file for the page, exported maps, reports and pictures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# Up to this luminance a colour wants light ink.
_DARK = 0.18
_GAMMA = 2.2

# Side of a tile of a texture.
TILE_PX = 12

STATIC = Path(__file__).resolve().parents[2] / "static"
PALETTE_FILE = STATIC / "palette.json"


@dataclass(frozen=True, slots=True)
class Texture:
    """What says the same as the colour of a named class, for whoever cannot tell colours apart.

    Attributes
    ----------
    strokes : tuple of tuple of float, each x, y to x, y
        In a tile of `TILE_PX` pixels that is repeated; one without length is a dot.
    ink : str
        A colour that is seen on the class's own.
    """

    strokes: tuple[tuple[float, ...], ...]
    ink: str

    def as_json(self) -> dict[str, object]:
        """Return what the page of a map reads."""
        return {"strokes": [list(one) for one in self.strokes], "ink": self.ink}


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
    strokes : dict of str to tuple
        What the texture of a named class is drawn with, by the names of `signs`; some have none.
    inks : dict of str to str
        ``dark`` and ``light``, for textures.
    marks : dict of str to str
        ``zero``, and paper and ink of hatching (no data) and dots (held back).
    sans : tuple of str
        Font families of text.
    """

    ui: dict[str, str]
    map: dict[str, str]
    ramps: dict[str, tuple[str, ...]]
    signs: dict[str, str]
    strokes: dict[str, tuple[tuple[float, ...], ...]]
    inks: dict[str, str]
    marks: dict[str, str]
    sans: tuple[str, ...]

    def texture(self, sign: str) -> Texture | None:
        """Return the texture of a named class; None for one that says nothing."""
        strokes = self.strokes.get(sign)
        return Texture(strokes, self.inks[_ink_on(self.signs[sign])]) if strokes else None

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


def _ink_on(colour: str) -> str:
    """Return ``dark`` or ``light``, whichever is seen on a colour; as the page does."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    luminance = 0.2126 * red**_GAMMA + 0.7152 * green**_GAMMA + 0.0722 * blue**_GAMMA
    return "dark" if luminance > _DARK else "light"


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
    light, textures = told["themes"]["light"], told["textures"]
    return Palette(
        ui=light["ui"],
        map=light["map"],
        ramps={name: tuple(colours) for name, colours in told["ramps"].items()},
        signs=told["signs"],
        strokes={
            sign: tuple(map(tuple, textures["strokes"][name]))
            for sign, name in textures["of"].items()
        },
        inks=textures["ink"],
        marks=told["marks"],
        sans=tuple(told["type"]["sans"]),
    )
