"""Draw docs/cells.svg: cells of the index over real grids of a city, and how one of them answers.

    python -m scripts.draw_cells --city geodata/jianyang

Everything in the picture is computed: the cells are those of the city's index, and the one that
is enlarged is the one that shows most. See scripts.cell_walk.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import shapely
import typer

from app.grids import City
from scripts.cell_walk import MIDDLE, Floats, Walk, Window
from scripts.console import guarded, say

PALETTE = Path(__file__).resolve().parent.parent / "static" / "palette.json"
# The map: cells shown, and pixels of a cell.
COLUMNS, ROWS, CELL_PX = 26, 20, 28
# Where the parts stand, pixels.
WIDTH, HEIGHT = 1280, 766
MAP_X, MAP_Y = 32, 92
ZOOM_X, ZOOM_Y, ZOOM_PX = 852, 92, 396
# The enlarged cell shows this much of what is around it, in cells.
RIM = 0.11
# Colours of grids, from the palette, and how much of them is laid on the surface.
TINTS = (("ui", "accent"), ("ui", "good"), ("ui", "warn"), ("ui", "bad"), ("map", "overlay"))
MIX = 0.22
LETTERS = "ABCDEFGH"

Place = Callable[[Floats], Floats]
app = typer.Typer(add_completion=False)


class Picture:
    """The SVG of a window and of the walk in one of its cells."""

    def __init__(self, window: Window, walk: Walk, city: str) -> None:
        palette = json.loads(PALETTE.read_text(encoding="utf-8"))
        theme = palette["themes"]["light"]
        self.ui: dict[str, str] = theme["ui"]
        self.map: dict[str, str] = theme["map"]
        self.fonts = ", ".join(palette["type"]["sans"])
        self.strong = [str(theme[part][name]) for part, name in TINTS]
        self.soft = [_mixed(self.ui["surface"], strong) for strong in self.strong]
        self.window, self.walk, self.city = window, walk, city
        self.tint = _tints(window)

    def svg(self) -> str:
        """Return the whole picture."""
        ui = self.ui
        head = _tag(
            "svg",
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {WIDTH} {HEIGHT}",
            width=WIDTH,
            height=HEIGHT,
            font_family=self.fonts,
            fill=ui["text"],
        )
        size = {"width": COLUMNS * CELL_PX, "height": ROWS * CELL_PX}
        parts = [
            head.replace("/>", ">"),
            "<title>格子索引 The cell index</title>",
            _tag("rect", width=WIDTH, height=HEIGHT, rx=14, fill=ui["surface"]),
            '<defs><clipPath id="map">',
            _tag("rect", x=MAP_X, y=MAP_Y, rx=6, **size),
            '</clipPath><clipPath id="zoom">',
            _tag("rect", x=ZOOM_X, y=ZOOM_Y, width=ZOOM_PX, height=ZOOM_PX, rx=6),
            "</clipPath></defs>",
            *self._headings(),
            *self._grids(),
            *self._link(),
            *self._cell(),
            *self._route(),
            *self._table(),
            *self._legend(),
            "</svg>",
        ]
        return "\n".join(parts) + "\n"

    def _headings(self) -> Iterator[str]:
        soft, size = self.ui["text-soft"], f"{self.window.cell_m:.0f}"
        yield _text(MAP_X, 46, f"{size} 米的格子铺满全市，大多一读即得", 24, weight=600)
        yield _text(MAP_X, 74, f"The city in cells of {size} m: most know their grid", 17, soft)
        yield _text(ZOOM_X, 46, "边界格：走到中心，数边界", 24, weight=600)
        yield _text(ZOOM_X, 74, "Border cell: walk to its centre, count borders", 17, soft)

    def _grids(self) -> Iterator[str]:
        """Draw the map: cells filled where one grid fills them, and the borders of grids."""
        window = self.window
        size = {"width": COLUMNS * CELL_PX, "height": ROWS * CELL_PX}
        yield '<g clip-path="url(#map)">'
        yield _tag("rect", x=MAP_X, y=MAP_Y, fill=self.map["land"], **size)
        inner = {"width": CELL_PX - 1.5, "height": CELL_PX - 1.5, "rx": 2.5}
        for left, low, border in zip(window.left, window.low, window.is_border, strict=True):
            grid = -1 if border else window.grid_at(left + MIDDLE, low + MIDDLE)
            fill = self.ui["surface"] if border else self._soft(grid)
            x, y = _on_map(np.array([left, low + 1.0]))
            yield _tag("rect", x=x + 0.75, y=y + 0.75, fill=fill, **inner)
        path, ink = _path(window.lines, _on_map), self.map["level-coarse"]
        yield _tag("path", d=path, fill="none", stroke=ink, stroke_width=1.7)
        yield "</g>"

    def _link(self) -> Iterator[str]:
        """Draw the beam from the cell on the map to its enlargement."""
        colour = self.ui["accent"]
        x, y = _on_map(np.array([self.walk.column, self.walk.row + 1.0]))
        right, bottom, zoom_bottom = x + CELL_PX, y + CELL_PX, ZOOM_Y + ZOOM_PX
        beam = f"M{right:g} {y:g}L{ZOOM_X} {ZOOM_Y}V{zoom_bottom}L{right:g} {bottom:g}z"
        yield _tag("path", d=beam, fill=colour, fill_opacity=0.08)
        rims = f"M{right:g} {y:g}L{ZOOM_X} {ZOOM_Y}M{right:g} {bottom:g}L{ZOOM_X} {zoom_bottom}"
        yield _tag("path", d=rims, stroke=colour, stroke_opacity=0.4)
        size = {"width": CELL_PX, "height": CELL_PX, "rx": 2.5}
        yield _tag("rect", x=x, y=y, fill="none", stroke=colour, stroke_width=3, **size)

    def _cell(self) -> Iterator[str]:
        """Draw the enlarged cell."""
        window, walk, ui = self.window, self.walk, self.ui
        corner = np.array([walk.column, walk.row], dtype=np.float64)
        seen = shapely.box(*(corner - RIM), *(corner + 1 + RIM))

        def place(xy: Floats) -> Floats:
            return _on_zoom(xy - corner)

        size = {"width": ZOOM_PX, "height": ZOOM_PX, "rx": 6}
        yield '<g clip-path="url(#zoom)">'
        yield _tag("rect", x=ZOOM_X, y=ZOOM_Y, fill=self.map["void"], **size)
        for grid in np.flatnonzero(shapely.intersects(window.polygons, seen)).tolist():
            path = _path([shapely.intersection(window.polygons[grid], seen)], place)
            yield _tag("path", d=path, fill=self._soft(grid), fill_rule="evenodd")
        # What lies around the cell is none of its business.
        (left, bottom), (right, top) = _on_zoom(np.array([(0.0, 0.0), (1.0, 1.0)]))
        veil = f"M{ZOOM_X} {ZOOM_Y}h{ZOOM_PX}v{ZOOM_PX}h-{ZOOM_PX}zM{left:g} {top:g}V{bottom:g}"
        yield _tag("path", d=f"{veil}H{right:g}V{top:g}z", fill=ui["surface"], fill_opacity=0.62)
        path, ink = _path(shapely.intersection(window.lines, seen), place), self.map["level-coarse"]
        yield _tag("path", d=path, fill="none", stroke=ink, stroke_width=3, stroke_linejoin="round")
        size = {"width": right - left, "height": bottom - top}
        yield _tag(
            "rect", x=left, y=top, fill="none", stroke=ui["accent"], stroke_width=2.5, **size
        )
        yield "</g>"
        cell = shapely.box(*corner, *(corner + 1))
        for letter, grid in zip(LETTERS, walk.candidates, strict=False):
            x, y = place(self._roomiest(shapely.intersection(window.polygons[grid], cell)))
            yield _text(x, y + 9, letter, 26, self._strong(grid), 700, "middle")

    def _roomiest(self, shape: shapely.Geometry) -> Floats:
        """Return where there is most room for a letter, off the walk and what is written at it."""
        walk = self.walk
        legs = [(walk.x, walk.y), (MIDDLE, walk.y), (MIDDLE, MIDDLE)]
        route = shapely.LineString(np.array(legs) + np.array([walk.column, walk.row]))
        parts = shapely.get_parts(shape.difference(route.buffer(0.11)))
        widest = parts[np.argmax(shapely.area(parts))] if len(parts) else shape
        circle = shapely.maximum_inscribed_circle(widest)
        return np.asarray(shapely.get_coordinates(circle)[0], dtype=np.float64)

    def _route(self) -> Iterator[str]:
        """Draw the walk: point, legs, crossings, centre."""
        walk, ui = self.walk, self.ui
        (x, y), (cx, cy) = _on_zoom(np.array([(walk.x, walk.y), (MIDDLE, MIDDLE)]))
        line = {"d": f"M{x:g} {y:g}H{cx:g}V{cy:g}", "fill": "none", "stroke_linejoin": "round"}
        yield _tag("path", stroke=ui["surface"], stroke_width=9, stroke_opacity=0.85, **line)
        yield _tag("path", stroke=ui["accent"], stroke_width=4, **line)
        yield from self._centre_mark(cx, cy, 10)
        edge = {"stroke": ui["surface"], "stroke_width": 3}
        yield _tag("circle", cx=x, cy=y, r=9, fill=ui["accent"], **edge)
        # Words stand on the side from which the walk does not come.
        above = walk.y > MIDDLE
        side = -1 if walk.x > MIDDLE else 1
        yield self._haloed(x, y - 18 if above else y + 30, "点 point", "middle")
        words_y = cy + (30 if above else -20)
        yield self._haloed(cx + 14 * side, words_y, "中心 centre", "start" if side > 0 else "end")
        for number, one in enumerate(walk.crossings, 1):
            px, py = _on_zoom(np.array([one.x, one.y]))
            yield from self._number(px, py, number, 12)

    def _centre_mark(self, x: float, y: float, radius: float) -> Iterator[str]:
        ink = {"stroke": self.ui["text"], "stroke_width": 2}
        yield _tag("circle", cx=x, cy=y, r=radius, fill=self.ui["surface"], **ink)
        arm = radius * 1.6
        yield _tag("path", d=f"M{x - arm:g} {y:g}h{2 * arm:g}M{x:g} {y - arm:g}v{2 * arm:g}", **ink)

    def _number(self, x: float, y: float, number: int, radius: float) -> Iterator[str]:
        edge = {"stroke": self.ui["surface"], "stroke_width": 2.5}
        yield _tag("circle", cx=x, cy=y, r=radius, fill=self.map["near"], **edge)
        yield _text(x, y + 5.5, str(number), 15, self.ui["surface"], 700, "middle")

    def _haloed(self, x: float, y: float, words: str, anchor: str) -> str:
        halo = f'<text stroke="{self.ui["surface"]}" stroke-width="5" paint-order="stroke"'
        return _text(x, y, words, 16, self.ui["text"], 600, anchor).replace("<text", halo)

    def _table(self) -> Iterator[str]:
        """Draw what the walk turns, from the centre, whose state is kept, back to the point."""
        walk, soft = self.walk, self.ui["text-soft"]
        count = len(walk.crossings)
        top = ZOOM_Y + ZOOM_PX + 40
        columns = [ZOOM_X + 178 + k * 186 / (count + 1) for k in range(count + 2)]
        yield _text(ZOOM_X, top, "网格 grid", 16, soft)
        yield _text(columns[0], top, "中心 centre", 16, soft, anchor="middle")
        yield _text(columns[-1], top, "点 point", 16, soft, anchor="middle")
        for number, x in zip(range(count, 0, -1), columns[1:-1], strict=True):
            yield from self._number(x, top - 6, number, 11)
        for k, grid in enumerate(walk.candidates):
            y = top + 36 + 32 * k
            yield _tag("rect", x=ZOOM_X, y=y - 17, width=23, height=23, rx=4, fill=self._soft(grid))
            yield _text(ZOOM_X + 11.5, y, LETTERS[k], 16, self._strong(grid), 700, "middle")
            yield _text(ZOOM_X + 33, y, _tail(self.window.codes[grid]), 16)
            yield from self._state(columns[0], y - 6, walk.centre[k])
            for one, x in zip(reversed(walk.crossings), columns[1:-1], strict=True):
                if grid in one.owners:
                    yield _text(x, y, "⇄", 18, self.ui["text"], 700, "middle")
                else:
                    yield _tag("circle", cx=x, cy=y - 6, r=2, fill=self.ui["line-strong"])
            yield from self._state(columns[-1], y - 6, walk.inside[k])

    def _state(self, x: float, y: float, inside: bool) -> Iterator[str]:
        """Draw whether a grid contains a place."""
        if not inside:
            ring = self.ui["line-strong"]
            yield _tag("circle", cx=x, cy=y, r=9, fill="none", stroke=ring, stroke_width=2)
            return
        yield _tag("circle", cx=x, cy=y, r=10, fill=self.ui["good"])
        tick = f"M{x - 4:g} {y:g}l3 3.5l5 -7"
        yield _tag("path", d=tick, fill="none", stroke=self.ui["surface"], stroke_width=2.2)

    def _legend(self) -> Iterator[str]:
        ui, x = self.ui, MAP_X
        y = MAP_Y + ROWS * CELL_PX + 46
        share = 1 - float(self.window.is_border.mean())
        cell = {"y": y - 18, "width": 22, "height": 22, "rx": 3}
        for k, soft in enumerate(self.soft[:3]):
            yield _tag(
                "rect", x=x + 15 * k, fill=soft, stroke=ui["surface"], stroke_width=2, **cell
            )
        yield from self._told(x + 62, y, f"一读即得（此处 {share:.0%}）", "one read answers")
        x = MAP_X + 292
        yield _tag("rect", x=x, fill=ui["surface"], stroke=ui["line-strong"], **cell)
        ink = {"stroke": self.map["level-coarse"], "stroke_width": 2}
        yield _tag("path", d=f"M{x} {y - 4}l9 -5l13 3", fill="none", **ink)
        yield from self._told(x + 32, y, "边界格", "border cell")
        x = MAP_X + 432
        yield _tag("path", d=f"M{x + 9} {y - 7}h43", stroke=ui["accent"], stroke_width=4)
        yield _tag("circle", cx=x + 9, cy=y - 7, r=8, fill=ui["accent"])
        yield from self._centre_mark(x + 52, y - 7, 8)
        chinese = "从点到中心：先沿纬线，再沿经线"
        yield from self._told(x + 76, y, chinese, "point to centre: parallel, then meridian")
        x = ZOOM_X + 28
        yield from self._number(x + 11, y - 7, 1, 11)
        chinese = "过一条边界，两侧网格翻转 ⇄"
        yield from self._told(x + 34, y, chinese, "a border crossed turns both its grids")
        note = f"{self.city} · 演示数据 synthetic"
        yield _text(WIDTH - 32, HEIGHT - 14, note, 13, ui["text-faint"], anchor="end")

    def _told(self, x: float, y: float, chinese: str, english: str) -> Iterator[str]:
        yield _text(x, y, chinese, 18)
        yield _text(x, y + 24, english, 16, self.ui["text-soft"])

    def _soft(self, grid: int) -> str:
        return self.soft[self.tint[grid]] if grid >= 0 else self.map["void"]

    def _strong(self, grid: int) -> str:
        return self.strong[self.tint[grid]]


def _tints(window: Window) -> list[int]:
    """Give grids that touch different tints, and use all tints alike."""
    found: list[int] = []
    used = [0] * len(TINTS)
    for grid, polygon in enumerate(window.polygons):
        near = np.flatnonzero(shapely.intersects(window.polygons[:grid], polygon))
        taken = {found[one] for one in near}
        free = [one for one in range(len(TINTS)) if one not in taken] or list(range(len(TINTS)))
        found.append(min(free, key=used.__getitem__))
        used[found[grid]] += 1
    return found


def _mixed(surface: str, strong: str) -> str:
    pairs = [(int(surface[k : k + 2], 16), int(strong[k : k + 2], 16)) for k in (1, 3, 5)]
    return "#" + "".join(f"{round(a + MIX * (b - a)):02x}" for a, b in pairs)


def _tail(code: str) -> str:
    """Return the end of a code, which tells it from its neighbours'."""
    length = 9
    return code if len(code) <= length else f"…{code[-length:]}"


def _on_map(xy: Floats) -> Floats:
    """Return pixels of places in cells of the window, shape (…, 2)."""
    return np.asarray(xy * [CELL_PX, -CELL_PX] + [MAP_X, MAP_Y + ROWS * CELL_PX])


def _on_zoom(xy: Floats) -> Floats:
    """Return pixels of places in the enlarged cell, shape (…, 2)."""
    scale = ZOOM_PX / (1 + 2 * RIM)
    return np.asarray((xy + RIM) * [scale, -scale] + [ZOOM_X, ZOOM_Y + ZOOM_PX])


def _path(shapes: Iterable[shapely.Geometry], place: Place) -> str:
    """Return the path data of lines and of the rings of polygons."""
    steps = []
    for part in shapely.get_parts(shapely.get_parts(np.asarray(list(shapes), dtype=object))):
        rings = shapely.get_rings(part) if part.geom_type == "Polygon" else [part]
        for ring in rings:
            xy = place(shapely.get_coordinates(ring))
            if len(xy) > 1:
                steps.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in xy))
    return "".join(steps)


def _tag(name: str, **attributes: Any) -> str:  # noqa: ANN401 - numbers and text
    """Return an element; an underscore in a name stands for a hyphen."""
    told = [
        f'{key.replace("_", "-")}="{format(value, "g") if isinstance(value, float) else value}"'
        for key, value in attributes.items()
    ]
    return f"<{name} {' '.join(told)}/>"


def _text(
    x: float,
    y: float,
    words: str,
    size: float,
    colour: str = "",
    weight: int = 400,
    anchor: str = "start",
) -> str:
    fill = f' fill="{colour}"' if colour else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}"{fill}>{escape(words)}</text>'
    )


@app.command()
def main(
    city: Annotated[Path, typer.Option(help="City folder.")] = Path("geodata/jianyang"),
    output: Annotated[Path, typer.Option("-o", "--output", help="Picture to write.")] = Path(
        "docs/cells.svg"
    ),
    lon: Annotated[float, typer.Option(help="Middle of the picture, degrees east.")] = 104.4809,
    lat: Annotated[float, typer.Option(help="Middle of the picture, degrees north.")] = 30.416,
) -> None:
    """Draw cells of a city's index over its grids, and how a border cell answers."""
    with guarded():
        opened = City.open(city)
        window = Window(opened, lon, lat, COLUMNS, ROWS)
        text = Picture(window, window.best_walk(), opened.manifest.name).svg()
        partial = output.with_name(output.name + ".partial")
        partial.write_text(text, encoding="utf-8")
        partial.replace(output)
    say(f"{output}: {len(text) / 1000:.0f} kB")


if __name__ == "__main__":
    app()
