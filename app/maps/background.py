"""What every exported map has, whatever it is about: land, water, roads, borders, names."""

from __future__ import annotations

from app.maps.elements import Drawn, Shapes
from app.maps.houses import light_bases
from app.maps.legend import Legend, LegendRow
from app.maps.palette import Palette
from app.maps.scope import Scope

# Widths of borders in pixels at zoom 12, of the coarsest level and of the finest.
_COARSE_PX, _FINE_PX = 2.3, 0.7
# Overlays and names come in when there is room; roads and water lie over colours, and quietly.


def ground(shapes: Shapes, palette: Palette) -> list[Drawn]:
    """Return what lies under everything: the land and what others govern."""
    options = {"pane": "wx-ground", "colours": palette.map}
    return [Drawn("Ground", shapes, options, ident="ground", control=False)]


def lines_over(
    shapes: Shapes, scope: Scope, palette: Palette, words: dict[str, str]
) -> list[Drawn]:
    """Return what lies over the colours: water, roads, borders, overlays, names."""
    city, colours = scope.city, palette.map
    found = [
        Drawn(
            "Base",
            shapes,
            {"pane": "wx-base", "base": base.id, "colours": colours},
            ident=f"base_{base.id}",
            name=base.name,
            group=words["group_base"],
        )
        for base in light_bases(city)
    ]
    last = max(1, len(city.levels) - 1)
    lines = []
    for number in range(len(city.levels)):
        part = number / last
        lines.append(
            {
                "colour": mix(colours["level-coarse"], colours["level-fine"], part**0.7),
                "width": round(_COARSE_PX * (_FINE_PX / _COARSE_PX) ** part, 2),
            }
        )
    inks = [
        mix(colours["label-coarse"], colours["label-fine"], (number / last) ** 0.6)
        for number in range(len(city.levels))
    ]
    found.append(
        Drawn(
            "Borders",
            shapes,
            {"pane": "wx-borders", "lines": lines},
            ident="borders",
            name=words["borders"],
            group=words["group_overlay"],
        )
    )
    for overlay in city.overlays:
        row = LegendRow(colours["overlay"] + "2a", overlay.name, outline=colours["overlay"])
        found.append(
            Drawn(
                "Outlines",
                shapes,
                {"pane": "wx-overlay", "overlay": overlay.id, "colour": colours["overlay"]},
                ident=f"overlay_{overlay.id}",
                name=overlay.name,
                group=words["group_overlay"],
                legend=Legend(overlay.name, "", (row,)),
                show=False,
            )
        )
    found.append(
        Drawn(
            "Names",
            shapes,
            {"pane": "wx-names", "colours": colours, "inks": inks},
            ident="names",
            name=words["names"],
            group=words["group_overlay"],
        )
    )
    return found


def mix(one: str, other: str, part: float) -> str:
    """Return the colour that lies between two, `part` of the way from the first."""
    pairs = ((int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)
