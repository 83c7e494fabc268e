"""Small drawings for paper as SVG: a map of a part of a city, bars of months."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from markupsafe import Markup, escape

from app.maps.palette import Palette
from app.maps.scope import Scope
from app.maps.simplify import mercator, simplify_coverage

_MARGIN = 4.0
_STEPS_PER_PX = 10.0


def map_svg(
    scope: Scope,
    level: str,
    fills: Sequence[str],
    palette: Palette,
    *,
    width: int = 340,
    height: int = 300,
    label: str,
) -> Markup:
    """Return a map of the grids of a level.

    Parameters
    ----------
    scope
        What is shown.
    level
        Id of the level.
    fills
        For each of its grids a colour, or ``hatch`` or ``dots``.
    palette
        Colours of borders and marks.
    width, height
        Pixels.
    label
        What it shows, for those who do not see it.
    """
    layer = scope.city.layer(level)
    shapes = mercator(layer.geometry[scope.rows[level]])
    west, south, east, north = shapely.total_bounds(shapes)
    scale = min(
        (width - 2 * _MARGIN) / max(east - west, 1.0),
        (height - 2 * _MARGIN) / max(north - south, 1.0),
    )
    left = (width - (east - west) * scale) / 2
    top = (height - (north - south) * scale) / 2
    flat = simplify_coverage(shapes, 0.4 / scale)

    def path(shape: shapely.Geometry) -> str:
        parts = []
        for ring in shapely.get_rings(shapely.get_parts(shape)):
            xy = shapely.get_coordinates(ring)
            px = np.column_stack(
                ((xy[:, 0] - west) * scale + left, (north - xy[:, 1]) * scale + top)
            )
            steps = np.rint(px * _STEPS_PER_PX) / _STEPS_PER_PX
            parts.append("M" + "L".join(f"{x:g} {y:g}" for x, y in steps[:-1]) + "z")
        return "".join(parts)

    drawn = "".join(
        f'<path d="{path(shape)}" fill="{_paint(fill)}"/>'
        for shape, fill in zip(flat, fills, strict=True)
    )
    upper = scope.area.part.id if scope.area else scope.city.levels[0].id
    outlines = simplify_coverage(
        mercator(scope.city.layer(upper).geometry[scope.rows[upper]]), 0.4 / scale
    )
    outer = "".join(f'<path d="{path(shape)}"/>' for shape in outlines)
    colours = palette.map
    return Markup(  # noqa: S704 - of numbers, colours and an escaped label
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">'
        f'<g stroke="{colours["level-fine"]}" stroke-width=".6">{drawn}</g>'
        f'<g fill="none" stroke="{colours["level-coarse"]}" stroke-width="1.4">{outer}</g></svg>'
    )


def patterns_svg(palette: Palette) -> Markup:
    """Return the patterns that maps of a page refer to, once for the page."""
    paper, ink = palette.marks["paper"], palette.marks["ink"]
    return Markup(  # noqa: S704 - of colours
        '<svg width="0" height="0" aria-hidden="true" style="position:absolute"><defs>'
        '<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<rect width="6" height="6" fill="{paper}"/>'
        f'<path d="M-1 7 7-1M-1 1 1-1M5 7 7 5" stroke="{ink}" stroke-width=".9"/></pattern>'
        '<pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<rect width="6" height="6" fill="{paper}"/>'
        f'<circle cx="1.5" cy="1.5" r=".8" fill="{ink}"/>'
        f'<circle cx="4.5" cy="4.5" r=".8" fill="{ink}"/></pattern></defs></svg>'
    )


def _paint(fill: str) -> str:
    return f"url(#{fill})" if fill in {"hatch", "dots"} else fill


def bars_svg(values: Sequence[int | None], colour: str, palette: Palette, label: str) -> Markup:
    """Return bars of months, the last one strong; what is held back is a dotted stub."""
    wide, high, gap = 8, 26, 2
    most = max([1, *(one for one in values if one)])
    parts = []
    for at, value in enumerate(values):
        x = at * (wide + gap)
        tall = 4.0 if value is None else round(value / most * (high - 2), 1)
        if tall:
            fill = "url(#dots)" if value is None else colour
            strong = 1 if at == len(values) - 1 else 0.5
            parts.append(
                f'<rect x="{x}" y="{high - tall:g}" width="{wide}" height="{tall:g}" '
                f'fill="{fill}" opacity="{1 if value is None else strong}"/>'
            )
    width = len(values) * (wide + gap) - gap
    return Markup(  # noqa: S704 - of numbers, colours and an escaped label
        f'<svg class="bars" viewBox="0 0 {width} {high}" width="{width}" height="{high}" '
        'role="img" '
        f'aria-label="{escape(label)}"><path d="M0 {high - 0.5}H{width}" '
        f'stroke="{palette.ui["line-strong"]}"/>{"".join(parts)}</svg>'
    )
