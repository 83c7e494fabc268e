"""Elements of SVG as text, for the pictures of the docs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]
Place = Callable[[Floats], Floats]


def mixed(surface: str, strong: str, share: float) -> str:
    """Return a colour #rrggbb on another, of which a share is laid on."""
    pairs = [(int(surface[k : k + 2], 16), int(strong[k : k + 2], 16)) for k in (1, 3, 5)]
    return "#" + "".join(f"{round(a + share * (b - a)):02x}" for a, b in pairs)


def path(shapes: Iterable[shapely.Geometry], place: Place) -> str:
    """Return the path data of lines and of the rings of polygons."""
    steps = []
    for part in shapely.get_parts(shapely.get_parts(np.asarray(list(shapes), dtype=object))):
        rings = shapely.get_rings(part) if part.geom_type == "Polygon" else [part]
        for ring in rings:
            xy = place(shapely.get_coordinates(ring))
            if len(xy) > 1:
                steps.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in xy))
    return "".join(steps)


def tag(name: str, **attributes: Any) -> str:  # noqa: ANN401 - numbers and text
    """Return an element; an underscore in a name stands for a hyphen."""
    told = [
        f'{key.replace("_", "-")}="{format(value, "g") if isinstance(value, float) else value}"'
        for key, value in attributes.items()
    ]
    return f"<{name} {' '.join(told)}/>"


def text(
    x: float,
    y: float,
    words: str,
    size: float,
    colour: str = "",
    weight: int = 400,
    anchor: str = "start",
) -> str:
    """Return a line of text, its baseline at x, y."""
    fill = f' fill="{colour}"' if colour else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}"{fill}>{escape(words)}</text>'
    )
