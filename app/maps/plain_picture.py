"""A map as a picture without a browser: the first layer, its legend, its title."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from app.errors import UnavailableError
from app.maps.elements import Drawn, Shapes
from app.maps.export import origins
from app.maps.legend import LegendRow
from app.maps.order import make_layer
from app.maps.plain_map import OVER, draw_map, pattern, textured
from app.maps.question import Question
from app.maps.specs import LayerSpec

WIDTH_PX, HEIGHT_PX = 1600, 1000
_PANEL_PX, _STRIP_PX, _ORIGINS_PX = 380, 74, 200
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
    """Write a picture of one layer: of heat that of the whole period.

    Parameters
    ----------
    question
        What is shown.
    spec
        The layer.
    title
        Of the map.
    target
        PNG file, put there whole.

    Raises
    ------
    UnavailableError
        If no font with Chinese is found.
    """
    names = chinese_font(16)
    layer = make_layer(question, spec, Shapes({}))
    picture = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), question.palette.ui["surface"])
    size = (WIDTH_PX - _PANEL_PX, HEIGHT_PX - _STRIP_PX)
    picture.paste(draw_map(question, layer, size, names))
    _texts(question, layer, title, picture)
    partial = target.with_name(f"{target.name}.partial")
    try:
        picture.save(partial, format="PNG")
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _texts(question: Question, layer: Drawn, title: str, picture: Image.Image) -> None:
    pen, ui = ImageDraw.Draw(picture), question.palette.ui
    large, normal, small = (chinese_font(size) for size in (24, 16, 13))
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
            _draw_row(picture, row, (x, y), wide, small, ui)
            y += 25
        for note in legend.notes:
            y = write(note, small, ui["text-faint"], x, y + 4, wide)
    y = HEIGHT_PX - _ORIGINS_PX
    for line in origins(question.scope, question.words, question.language):
        y = write(line, small, ui["text-faint"], x, y, wide) + 4
    zh, _, en = question.scope.city.manifest.synthetic.partition(" / ")
    said = zh if question.language == "zh" else en or zh
    write(said, small, ui["warn"], 16, HEIGHT_PX - _STRIP_PX + 6, WIDTH_PX - _PANEL_PX - 32)


def _draw_row(
    picture: Image.Image,
    row: LegendRow,
    place: tuple[int, int],
    wide: int,
    font: _Font,
    ui: dict[str, str],
) -> None:
    """Draw one line of a legend: its swatch, its label, how many grids."""
    pen, (x, y) = ImageDraw.Draw(picture), place
    swatch = [x, y + 3, x + 32, y + 19]
    if row.mark:
        kind = "n" if row.mark == "hatch" else "s"
        tile = pattern(kind, row.outline, row.colour, (32 * OVER, 16 * OVER))
        picture.paste(tile.resize((32, 16)), (x, y + 3))
        pen.rectangle(swatch, outline=ui["line-strong"])
    elif row.texture:
        tile = textured(row.texture.as_json(), row.colour, (32 * OVER, 16 * OVER))
        picture.paste(tile.resize((32, 16)), (x, y + 3))
        pen.rectangle(swatch, outline=ui["line-strong"])
    elif row.radius:
        pen.circle((x + 16, y + 11), row.radius, fill=row.colour, outline=ui["line-strong"])
    else:
        pen.rectangle(swatch, fill=row.colour, outline=ui["line-strong"])
    pen.text((x + 44, y + 2), row.label, font=font, fill=ui["text"])
    if row.count is not None:
        told = f"{row.count}"
        pen.text((x + wide, y + 2), told, font=font, fill=ui["text-soft"], anchor="ra")


def _lines(text: str, font: _Font, room: int) -> list[str]:
    """Break a text into lines that have room; Chinese breaks anywhere."""
    lines = [""]
    for character in text:
        if font.getlength(lines[-1] + character) > room:
            lines.append("")
        lines[-1] += character
    return lines


def chinese_font(size: int) -> ImageFont.FreeTypeFont:
    """Return a font that has Chinese, of a size in pixels.

    Raises
    ------
    UnavailableError
        If none is found.
    """
    for name in _FONTS:
        if Path(name).is_file():
            return ImageFont.truetype(name, size)
    raise UnavailableError(
        "no font with Chinese was found, so the names would be empty boxes",
        "Install Chromium, or a font such as Noto Sans CJK.",
        message_zh="没有找到中文字体，无法绘制名称",
        hint_zh="请安装 Chromium，或 Noto Sans CJK 等字体。",
    )
