"""A map as a picture without a browser: the first layer of colours, its legend, its title."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import shapely
from PIL import Image, ImageDraw, ImageFont

from app.errors import UnavailableError
from app.maps.elements import Drawn, Shapes
from app.maps.order import make_layer
from app.maps.question import Question
from app.maps.scope import Scope
from app.maps.simplify import mercator
from app.maps.specs import LayerSpec

WIDTH_PX, HEIGHT_PX = 1600, 1000
# Drawn larger and made smaller, so that edges are smooth.
_OVER = 3
_PANEL_PX, _MARGIN_PX, _STRIP_PX = 380, 24, 74
# Where systems keep fonts with Chinese in them.
_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/simhei.ttf",
)
_Font = ImageFont.FreeTypeFont


def draw_plain(question: Question, spec: LayerSpec, title: str, target: Path) -> None:
    """Write a picture of one layer of colours.

    Parameters
    ----------
    question
        What is shown.
    spec
        The layer; one that colours grids.
    title
        Of the map.
    target
        PNG file, put there whole.

    Raises
    ------
    UnavailableError
        If the layer does not colour grids, or no font with Chinese is found.
    """
    layer = make_layer(question, spec, Shapes({}))
    if layer.kind != "Classes":
        raise UnavailableError(
            f"without a browser {spec.text!r} cannot be drawn; rates, hot spots and coverage can",
            "Install Chromium, or ask for such a layer first.",
            message_zh=f"没有浏览器时无法绘制 {spec.text!r}，只能绘制比率、热点和覆盖图层",
            hint_zh="请安装 Chromium，或将此类图层放在最前。",
        )
    picture = _grids(question, layer)
    _texts(question, layer, title, picture)
    partial = target.with_name(f"{target.name}.partial")
    try:
        picture.save(partial, format="PNG")
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _grids(question: Question, layer: Drawn) -> Image.Image:
    palette, scope = question.palette, question.scope
    size = ((WIDTH_PX - _PANEL_PX) * _OVER, (HEIGHT_PX - _STRIP_PX) * _OVER)
    drawn = Image.new("RGB", size, palette.map["void"])
    pen = ImageDraw.Draw(drawn)
    plain = {"z": palette.marks["zero"], "n": palette.marks["paper"], "s": palette.marks["paper"]}
    level = str(layer.options["level"])
    shapes = mercator(scope.city.layer(level).geometry[scope.rows[level]])
    place = _Placed(shapes, size)
    masks = {mark: Image.new("1", size) for mark in "ns"}
    for shape, mark in zip(shapes, str(layer.options["classes"]), strict=True):
        fill = plain.get(mark) or layer.options["colours"][int(mark, 36)]
        for ring in place.rings(shape):
            pen.polygon(ring, fill=fill)
            if mark in masks:
                ImageDraw.Draw(masks[mark]).polygon(ring, fill=1)
    for mark, mask in masks.items():
        drawn.paste(_pattern(mark, palette.marks["ink"], palette.marks["paper"], size), mask=mask)
    for ident, width in ((level, 1), (_top(scope), 4)):
        outlines = mercator(scope.city.layer(ident).geometry[scope.rows[ident]])
        colour = palette.map["level-fine" if ident == level else "level-coarse"]
        for shape in outlines:
            for ring in place.rings(shape):
                pen.line([*ring, ring[0]], fill=colour, width=width)
    whole = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), palette.ui["surface"])
    whole.paste(drawn.resize((size[0] // _OVER, size[1] // _OVER), Image.Resampling.LANCZOS))
    return whole


def _top(scope: Scope) -> str:
    return scope.area.part.id if scope.area else scope.city.levels[0].id


class _Placed:
    """Where shapes lie in a picture."""

    def __init__(self, shapes: np.ndarray, size: tuple[int, int]) -> None:
        west, south, east, north = shapely.total_bounds(shapes)
        room = _MARGIN_PX * _OVER
        self.scale = min(
            (size[0] - 2 * room) / (east - west), (size[1] - 2 * room) / (north - south)
        )
        self.left = (size[0] - (east - west) * self.scale) / 2 - west * self.scale
        self.top = (size[1] - (north - south) * self.scale) / 2 + north * self.scale

    def rings(self, shape: shapely.Geometry) -> list[list[tuple[float, float]]]:
        found = []
        for part in shapely.get_parts(shape):
            xy = shapely.get_coordinates(part.exterior)
            px = np.column_stack(
                (xy[:, 0] * self.scale + self.left, self.top - xy[:, 1] * self.scale)
            )
            found.append([(float(x), float(y)) for x, y in px])
        return found


def _pattern(mark: str, ink: str, paper: str, size: tuple[int, int]) -> Image.Image:
    """Return hatching for no data, dots for what is held back."""
    step = 7 * _OVER
    found = Image.new("RGB", size, paper)
    pen = ImageDraw.Draw(found)
    if mark == "n":
        for at in range(-size[1], size[0], step):
            pen.line([(at, size[1]), (at + size[1], 0)], fill=ink, width=_OVER)
        return found
    for row, y in enumerate(range(0, size[1], step // 2)):
        for x in range(row % 2 * step // 2, size[0], step):
            pen.ellipse([x - _OVER, y - _OVER, x + _OVER, y + _OVER], fill=ink)
    return found


def _texts(question: Question, layer: Drawn, title: str, picture: Image.Image) -> None:
    pen, ui = ImageDraw.Draw(picture), question.palette.ui
    large, normal, small = (_font(size) for size in (24, 16, 13))
    x, y = WIDTH_PX - _PANEL_PX + 20, 24
    wide = _PANEL_PX - 44

    def write(text: str, font: _Font, colour: str, left: int, top: int, room: int) -> int:
        for line in _lines(text, font, room):
            pen.text((left, top), line, font=font, fill=colour)
            top += round(font.size * 1.5)
        return top

    legend = layer.legend
    y = write(title, large, ui["text"], x, y, wide)
    y = write(question.period_text(), small, ui["text-soft"], x, y, wide) + 16
    if legend is not None:
        y = write(legend.title, normal, ui["text"], x, y, wide)
        if legend.unit:
            unit = question.words["unit"].format(unit=legend.unit)
            y = write(unit, small, ui["text-soft"], x, y, wide)
        for row in legend.rows:
            swatch = [x, y + 3, x + 32, y + 19]
            if row.mark:
                size = (32 * _OVER, 16 * _OVER)
                kind = "n" if row.mark == "hatch" else "s"
                tile = _pattern(kind, row.outline, row.colour, size).resize((32, 16))
                picture.paste(tile, (x, y + 3))
                pen.rectangle(swatch, outline=ui["line-strong"])
            else:
                pen.rectangle(swatch, fill=row.colour, outline=ui["line-strong"])
            pen.text((x + 44, y + 2), f"{row.label}   {row.count}", font=small, fill=ui["text"])
            y += 25
        for note in legend.notes:
            y = write(note, small, ui["text-faint"], x, y + 4, wide)
    zh, _, en = question.scope.city.manifest.synthetic.partition(" / ")
    said = zh if question.language == "zh" else en or zh
    write(said, small, ui["warn"], 16, HEIGHT_PX - _STRIP_PX + 6, WIDTH_PX - _PANEL_PX - 32)


def _lines(text: str, font: _Font, room: int) -> list[str]:
    """Break a text into lines that have room; Chinese breaks anywhere."""
    lines = [""]
    for character in text:
        if font.getlength(lines[-1] + character) > room:
            lines.append("")
        lines[-1] += character
    return lines


def _font(size: int) -> _Font:
    for name in _FONTS:
        if Path(name).is_file():
            return ImageFont.truetype(name, size)
    raise UnavailableError(
        "no font with Chinese was found, so the names would be empty boxes",
        "Install Chromium, or a font such as Noto Sans CJK.",
        message_zh="没有找到中文字体，无法绘制名称",
        hint_zh="请安装 Chromium，或 Noto Sans CJK 等字体。",
    )
