"""A map drawn without a browser: land, water, one layer, borders, names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from PIL import Image, ImageChops, ImageDraw, ImageFont

from app.maps.compact import Lines, decode
from app.maps.elements import Drawn
from app.maps.houses import light_bases
from app.maps.palette import TILE_PX
from app.maps.question import Question
from app.maps.scope import Scope
from app.maps.simplify import label_points
from app.maps.topology import step_metres

# Drawn larger and made smaller, so that edges are smooth.
OVER = 3
_MARGIN_PX = 24
# Grids this wide have room for a disc.
_DISC_PX = 52
_STROKE_PX = 1.5
_NAME_PX, _NUMBER_PX = 15, 13
_MOST_RADIUS_PX, _LEAST_RADIUS_PX = 26.0, 4.0
_HEAT_OPACITY = 0.86

_Font = ImageFont.FreeTypeFont
_Ring = list[tuple[float, float]]
_Size = tuple[int, int]


def draw_map(question: Question, layer: Drawn, size: _Size, font: _Font) -> Image.Image:
    """Return a picture of a layer over the grids of what is shown.

    Parameters
    ----------
    question
        What is shown.
    layer
        Of classes, heat or counts.
    size
        Pixels, width and height.
    font
        Of names and numbers.
    """
    palette, scope = question.palette, question.scope
    top = top_level(scope)
    shapes = scope.flat(scope.city.layer(top).geometry[scope.rows[top]])
    canvas = _Canvas(shapely.total_bounds(shapes), size, palette.map["void"])
    canvas.fill(_rings(shapes), palette.map["land"])
    if layer.kind == "Classes":
        _draw_classes(question, layer, canvas)
    _draw_water(question, canvas)
    if layer.kind == "Heat":
        _draw_heat(layer, canvas)
    level = str(layer.options["level"]) if layer.kind == "Classes" else _below_top(scope)
    for ident, width in ((level, 1), (top, 4)):
        outlines = scope.flat(scope.city.layer(ident).geometry[scope.rows[ident]])
        colour = palette.map["level-fine" if ident == level else "level-coarse"]
        canvas.outline(_rings(outlines), colour, width)
    drawn = canvas.reduced()
    radii: dict[str, list[float]] = {}
    if layer.kind == "Counts":
        radii = _draw_discs(question, layer, canvas, drawn, font)
    _draw_names(question, canvas, drawn, font.font_variant(size=_NAME_PX), radii)
    return drawn


def top_level(scope: Scope) -> str:
    """Return the coarsest level of which more than a part is shown."""
    return scope.area.part.id if scope.area else scope.city.levels[0].id


def _below_top(scope: Scope) -> str:
    names = [one.id for one in scope.city.levels]
    return names[min(names.index(top_level(scope)) + 1, len(names) - 1)]


def pattern(mark: str, ink: str, paper: str, size: _Size) -> Image.Image:
    """Return hatching for no data (``n``), dots for what is held back (``s``)."""
    step = 7 * OVER
    found = Image.new("RGB", size, paper)
    pen = ImageDraw.Draw(found)
    if mark == "n":
        for at in range(-size[1], size[0], step):
            pen.line([(at, size[1]), (at + size[1], 0)], fill=ink, width=OVER)
        return found
    for row, y in enumerate(range(0, size[1], step // 2)):
        for x in range(row % 2 * step // 2, size[0], step):
            pen.ellipse([x - OVER, y - OVER, x + OVER, y + OVER], fill=ink)
    return found


def textured(texture: dict[str, Any], paper: str, size: _Size) -> Image.Image:
    """Return the texture of a named class on its colour."""
    side = TILE_PX * OVER
    tile = Image.new("RGB", (side, side), paper)
    pen = ImageDraw.Draw(tile)
    for stroke in texture["strokes"]:
        x, y, to_x, to_y = (one * OVER for one in stroke)
        if (x, y) == (to_x, to_y):
            pen.circle((x, y), _STROKE_PX * OVER, fill=texture["ink"])
        else:
            pen.line([x, y, to_x, to_y], fill=texture["ink"], width=round(_STROKE_PX * OVER))
    found = Image.new("RGB", size)
    for left in range(0, size[0], side):
        for top in range(0, size[1], side):
            found.paste(tile, (left, top))
    return found


class _Canvas:
    """A picture three times as large as it will be, and where the ground lies in it."""

    def __init__(self, bounds: npt.NDArray[np.float64], size: _Size, paper: str) -> None:
        self.size = (size[0] * OVER, size[1] * OVER)
        self.image = Image.new("RGB", self.size, paper)
        west, south, east, north = bounds.tolist()
        room = 2 * _MARGIN_PX * OVER
        self.scale = min(
            (self.size[0] - room) / (east - west), (self.size[1] - room) / (north - south)
        )
        self._left = (self.size[0] - (east + west) * self.scale) / 2
        self._top = (self.size[1] + (north + south) * self.scale) / 2

    def place(self, points_m: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return where points of EPSG:3857 lie."""
        x, y = points_m[:, 0], points_m[:, 1]
        return np.column_stack((x * self.scale + self._left, self._top - y * self.scale))

    def px(self, points_m: npt.NDArray[np.float64]) -> _Ring:
        return [(x, y) for x, y in self.place(points_m).tolist()]

    def fill(
        self,
        rings: Iterable[npt.NDArray[np.float64]],
        colour: str | Image.Image,
        opacity: float = 1.0,
    ) -> None:
        """Fill what lies within an odd number of rings, with a colour or a picture."""
        mask = Image.new("1", self.size)
        for ring in rings:
            points = self.px(ring)
            box = _box(points, self.size)
            if box is None:
                continue
            part = Image.new("1", (box[2] - box[0], box[3] - box[1]))
            moved = [(x - box[0], y - box[1]) for x, y in points]
            ImageDraw.Draw(part).polygon(moved, fill=1)
            mask.paste(ImageChops.logical_xor(mask.crop(box), part), box)
        paint = colour if isinstance(colour, Image.Image) else Image.new("RGB", self.size, colour)
        if opacity < 1:
            paint = Image.blend(self.image, paint, opacity)
        self.image.paste(paint, mask=mask)

    def outline(self, rings: Iterable[npt.NDArray[np.float64]], colour: str, width: int) -> None:
        pen = ImageDraw.Draw(self.image)
        for ring in rings:
            pen.line(self.px(ring), fill=colour, width=width, joint="curve")

    def reduced(self) -> Image.Image:
        size = (self.size[0] // OVER, self.size[1] // OVER)
        return self.image.resize(size, Image.Resampling.LANCZOS)


def _box(points: _Ring, size: _Size) -> tuple[int, int, int, int] | None:
    """Return the part of a picture that a ring covers; None if there is none."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    box = (
        max(int(min(xs)) - 1, 0),
        max(int(min(ys)) - 1, 0),
        min(int(max(xs)) + 2, size[0]),
        min(int(max(ys)) + 2, size[1]),
    )
    return box if box[0] < box[2] and box[1] < box[3] else None


def _rings(shapes: npt.NDArray[np.object_]) -> list[npt.NDArray[np.float64]]:
    parts = shapely.get_parts(shapes)
    areas = parts[shapely.get_dimensions(parts) == 2]  # noqa: PLR2004 - of a polygon
    return [shapely.get_coordinates(ring) for ring in shapely.get_rings(areas)]


def _draw_classes(question: Question, layer: Drawn, canvas: _Canvas) -> None:
    palette, scope = question.palette, question.scope
    level = str(layer.options["level"])
    shapes = scope.flat(scope.city.layer(level).geometry[scope.rows[level]])
    marks = np.array(list(str(layer.options["classes"])))
    for mark in np.unique(marks).tolist():
        paint: str | Image.Image
        if mark in "ns":
            paint = pattern(mark, palette.marks["ink"], palette.marks["paper"], canvas.size)
        else:
            paint = _paint_of(layer, mark, palette.marks["zero"], canvas.size)
        canvas.fill(_rings(shapes[marks == mark]), paint)


def _paint_of(layer: Drawn, mark: str, zero: str, size: _Size) -> str | Image.Image:
    """Return the colour of a class, or its texture on it."""
    if mark == "z":
        return zero
    at = int(mark, 36)
    colour = str(layer.options["colours"][at])
    texture = layer.options.get("textures", {at: None})[at]
    return textured(texture, colour, size) if texture else colour


def _draw_heat(layer: Drawn, canvas: _Canvas) -> None:
    """Draw the bands of the whole period."""
    for band in layer.options["frames"][0]["bands"]:
        lines = decode(Lines(band["lines"]["text"], band["lines"]["lengths"]))
        rings = [step_metres(line) for line in lines]
        canvas.fill(rings, layer.options["colours"][band["at"]], _HEAT_OPACITY)


def _draw_water(question: Question, canvas: _Canvas) -> None:
    scope = question.scope
    for base in light_bases(scope.city):
        frame = scope.city.base(base.id)
        shapes = scope.flat(np.asarray(frame.geometry.array, dtype=object))
        canvas.fill(_rings(shapes), question.palette.map["water"])


def _draw_discs(
    question: Question, layer: Drawn, canvas: _Canvas, drawn: Image.Image, font: _Font
) -> dict[str, list[float]]:
    """Draw a disc for every grid of the finest level that has room; return radii by level."""
    scope, ink = question.scope, question.palette.map["hazard-ink"]
    colour, halo = str(layer.options["colour"]), str(layer.options["halo"])
    level, counts = _level_of_discs(scope, layer, canvas)
    spots = _spots(scope, level, canvas)
    most = max((count for count in counts if count), default=1)
    radii = [
        _LEAST_RADIUS_PX if not count else max(_MOST_RADIUS_PX * (count / most) ** 0.5, 3.5)
        for count in counts
    ]
    pen, small = ImageDraw.Draw(drawn), font.font_variant(size=_NUMBER_PX)
    for at in sorted(range(len(counts)), key=lambda one: -radii[one]):
        count, r, (x, y) = counts[at], radii[at], spots[at]
        if count == 0:
            continue
        fill, rim = (halo, colour) if count is None else (colour, halo)
        pen.ellipse([x - r, y - r, x + r, y + r], fill=fill, outline=rim)
        if count is None:
            continue
        if small.getlength(str(count)) < 2 * r - 3:
            pen.text((x, y), str(count), font=small, fill=ink, anchor="mm")
        else:
            place = (x + r + 3, y)
            _write(pen, place, str(count), small, colour, halo, anchor="lm")
    return {level: [r if counts[at] != 0 else 0.0 for at, r in enumerate(radii)]}


def _level_of_discs(scope: Scope, layer: Drawn, canvas: _Canvas) -> tuple[str, list[int | None]]:
    told = [(str(one["level"]), one["counts"]) for one in layer.options["levels"]]
    for level, counts in reversed(told):
        bounds = shapely.bounds(scope.flat(scope.city.layer(level).geometry[scope.rows[level]]))
        wide = np.median(bounds[:, 2] - bounds[:, 0]) * canvas.scale / OVER
        if wide > _DISC_PX:
            return level, counts
    return told[0]


def _spots(scope: Scope, level: str, canvas: _Canvas) -> list[tuple[float, float]]:
    """Return where the discs and names of a level stand, in pixels of the reduced picture."""
    shapes = scope.moved(scope.city.layer(level).geometry[scope.rows[level]])
    places = canvas.place(shapely.get_coordinates(label_points(shapes))) / OVER
    return [(float(x), float(y)) for x, y in places]


def _draw_names(
    question: Question,
    canvas: _Canvas,
    drawn: Image.Image,
    font: _Font,
    radii: dict[str, list[float]],
) -> None:
    """Write the names of the coarsest level of which there are several, none over another."""
    scope, colours = question.scope, question.palette.map
    level = _below_top(scope) if scope.area else top_level(scope)
    pen = ImageDraw.Draw(drawn)
    taken = [
        (x - r, y - r, x + r, y + r)
        for ident, of_level in radii.items()
        for (x, y), r in zip(_spots(scope, ident, canvas), of_level, strict=True)
        if r
    ]
    names = scope.city.layer(level).names[scope.rows[level]]
    below = radii.get(level) or [0.0] * len(names)
    for name, (x, spot_y), r in zip(names, _spots(scope, level, canvas), below, strict=True):
        y = spot_y + (r + _NAME_PX * 0.8 if r else 0)
        half = font.getlength(str(name)) / 2 + 2
        box = (x - half, y - _NAME_PX * 0.7, x + half, y + _NAME_PX * 0.7)
        if any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken):
            continue
        taken.append(box)
        _write(pen, (x, y), str(name), font, colours["label-coarse"], colours["halo"])


def _write(
    pen: ImageDraw.ImageDraw,
    place: tuple[float, float],
    text: str,
    font: _Font,
    colour: str,
    halo: str,
    anchor: str = "mm",
) -> None:
    pen.text(place, text, font=font, fill=colour, anchor=anchor, stroke_width=2, stroke_fill=halo)
