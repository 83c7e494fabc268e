"""Draw docs/cells.svg: the cell index over real grids of a city, and how one leaf of it answers.

    python -m scripts.draw_cells --city geodata/jianyang

Everything in the picture is computed: blocks, leaves, lines and bands are those of the city's
index, and the leaf that is enlarged is the one that shows most. See scripts.cell_walk.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import shapely
import typer

from app.grids import City
from app.locate.cells import BAND
from scripts.cell_walk import MIDDLE, Floats, Walk, Window
from scripts.console import guarded, say
from scripts.svg import mixed, path, tag, text

PALETTE = Path(__file__).resolve().parent.parent / "static" / "palette.json"
# The map: blocks shown, and pixels of a block.
COLUMNS, ROWS, BLOCK_PX = 8, 7, 88
# Where the parts stand, pixels.
WIDTH, HEIGHT = 1280, 838
MAP_X, MAP_Y = 32, 92
ZOOM_X, ZOOM_Y, ZOOM_PX = 852, 92, 396
# The enlarged leaf shows this much of what is around it, in leaves.
RIM = 0.09
# Colours of grids, from the palette, and how much of them is laid on the surface.
TINTS = (
    ("ui", "accent"),
    ("ui", "good"),
    ("map", "hazard-geological"),
    ("ui", "bad"),
    ("map", "overlay"),
)
MIX = 0.22
LETTERS = "ABCDEFGH"

app = typer.Typer(add_completion=False)


class Picture:
    """The SVG of a window and of the walk in one of its leaves."""

    def __init__(self, window: Window, walk: Walk, city: str) -> None:
        palette = json.loads(PALETTE.read_text(encoding="utf-8"))
        theme = palette["themes"]["light"]
        self.ui: dict[str, str] = theme["ui"]
        self.map: dict[str, str] = theme["map"]
        self.fonts = ", ".join(palette["type"]["sans"])
        self.strong = [str(theme[part][name]) for part, name in TINTS]
        self.soft = [mixed(self.ui["surface"], strong, MIX) for strong in self.strong]
        self.window, self.walk, self.city = window, walk, city
        self.tint = _tints(window)

    def svg(self) -> str:
        """Return the whole picture."""
        ui = self.ui
        head = tag(
            "svg",
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {WIDTH} {HEIGHT}",
            width=WIDTH,
            height=HEIGHT,
            font_family=self.fonts,
            fill=ui["text"],
        )
        size = {"width": COLUMNS * BLOCK_PX, "height": ROWS * BLOCK_PX}
        parts = [
            head.replace("/>", ">"),
            "<title>格子索引 The cell index</title>",
            tag("rect", width=WIDTH, height=HEIGHT, rx=14, fill=ui["surface"]),
            '<defs><clipPath id="map">',
            tag("rect", x=MAP_X, y=MAP_Y, rx=6, **size),
            '</clipPath><clipPath id="zoom">',
            tag("rect", x=ZOOM_X, y=ZOOM_Y, width=ZOOM_PX, height=ZOOM_PX, rx=6),
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
        soft, size = self.ui["text-soft"], f"{self.window.block_m:.0f}"
        share = f"{self.window.sign_share:.1%}"
        words = f"{size} 米的块，边界处分成叶；{share} 的地方看正负"
        yield text(MAP_X, 46, words, 24, weight=600)
        words = (
            f"Blocks of {size} m, divided into leaves at borders: a sign answers on {share} of it"
        )
        yield text(MAP_X, 74, words, 17, soft)
        size = f"{self.window.block_m * self.walk.leaf.size:.0f}"
        yield text(ZOOM_X, 46, f"{size} 米的叶：带外看正负，带内走", 24, weight=600)
        words = f"A leaf of {size} m: beyond the band a sign, in it a walk"
        yield text(ZOOM_X, 74, words, 17, soft)

    def _grids(self) -> Iterator[str]:
        """Draw the map as the index has it, and over it the borders of grids."""
        window = self.window
        size = {"width": COLUMNS * BLOCK_PX, "height": ROWS * BLOCK_PX}
        yield '<g clip-path="url(#map)">'
        yield tag("rect", x=MAP_X, y=MAP_Y, fill=self.ui["surface"], **size)
        sides, bands = defaultdict(list), []
        for leaf in window.leaves:
            for grid, part in leaf.sides:
                sides[self._soft(grid)].append(part)
            bands.append(leaf.band)
        for fill, parts in sides.items():
            way = path(shapely.get_parts(shapely.union_all(parts)), _on_map)
            yield tag("path", d=way, fill=fill, fill_rule="evenodd")
        yield tag("path", d=path(bands, _on_map), fill=self.map["near"])
        yield from self._edges()
        way, ink = path(window.lines, _on_map), self.map["level-coarse"]
        yield tag("path", d=way, fill="none", stroke=ink, stroke_width=1.7)
        yield "</g>"

    def _edges(self) -> Iterator[str]:
        """Draw the edges of leaves, and over them those of blocks."""
        steps = []
        for block in self.window.blocks:
            side, first = round(1 / block[0].size), block[0]
            x, y = _on_map(np.array([first.x, first.y + 1.0]))
            for at in np.arange(1, side) * BLOCK_PX / side:
                steps.append(f"M{x + at:g} {y:g}v{BLOCK_PX}M{x:g} {y + at:g}h{BLOCK_PX}")
        white = {"fill": "none", "stroke": self.ui["surface"]}
        yield tag("path", d="".join(steps), stroke_width=0.9, **white)
        across = [f"M{MAP_X} {MAP_Y + k * BLOCK_PX}h{COLUMNS * BLOCK_PX}" for k in range(ROWS + 1)]
        up = [f"M{MAP_X + k * BLOCK_PX} {MAP_Y}v{ROWS * BLOCK_PX}" for k in range(COLUMNS + 1)]
        yield tag("path", d="".join(across + up), stroke_width=3.2, **white)

    def _link(self) -> Iterator[str]:
        """Draw the beam from the leaf on the map to its enlargement."""
        colour, leaf = self.ui["accent"], self.walk.leaf
        x, y = _on_map(np.array([leaf.x, leaf.y + leaf.size]))
        side = leaf.size * BLOCK_PX
        right, bottom, zoom_bottom = x + side, y + side, ZOOM_Y + ZOOM_PX
        beam = f"M{right:g} {y:g}L{ZOOM_X} {ZOOM_Y}V{zoom_bottom}L{right:g} {bottom:g}z"
        yield tag("path", d=beam, fill=colour, fill_opacity=0.06)
        rims = f"M{right:g} {y:g}L{ZOOM_X} {ZOOM_Y}M{right:g} {bottom:g}L{ZOOM_X} {zoom_bottom}"
        yield tag("path", d=rims, stroke=colour, stroke_opacity=0.4)
        size = {"width": side + 4, "height": side + 4, "rx": 2.5}
        yield tag("rect", x=x - 2, y=y - 2, fill="none", stroke=colour, stroke_width=3, **size)

    def _in_zoom(self, xy: Floats) -> Floats:
        """Return pixels in the enlarged leaf of places in the window."""
        leaf = self.walk.leaf
        return _on_zoom((xy - [leaf.x, leaf.y]) / leaf.size)

    def _cell(self) -> Iterator[str]:
        """Draw the enlarged leaf: grids, band, line and borders."""
        window, leaf, ui = self.window, self.walk.leaf, self.ui
        seen = leaf.box.buffer(RIM * leaf.size, join_style="mitre")
        size = {"width": ZOOM_PX, "height": ZOOM_PX, "rx": 6}
        yield '<g clip-path="url(#zoom)">'
        yield tag("rect", x=ZOOM_X, y=ZOOM_Y, fill=self.map["void"], **size)
        for grid in np.flatnonzero(shapely.intersects(window.polygons, seen)).tolist():
            way = path([shapely.intersection(window.polygons[grid], seen)], self._in_zoom)
            yield tag("path", d=way, fill=self._soft(grid), fill_rule="evenodd")
        amber = self.map["near"]
        yield tag("path", d=path([leaf.band], self._in_zoom), fill=amber, fill_opacity=0.34)
        edges = [leaf.between(edge, edge) for edge in (-BAND, BAND)]
        line = {"fill": "none", "stroke": amber}
        yield tag("path", d=path(edges, self._in_zoom), stroke_width=1.5, **line)
        way = path([leaf.between(0, 0)], self._in_zoom)
        yield tag("path", d=way, stroke_width=2.5, stroke_dasharray="9 6", **line)
        # What lies around the leaf is none of its business.
        (left, bottom), (right, top) = _on_zoom(np.array([(0.0, 0.0), (1.0, 1.0)]))
        veil = f"M{ZOOM_X} {ZOOM_Y}h{ZOOM_PX}v{ZOOM_PX}h-{ZOOM_PX}zM{left:g} {top:g}V{bottom:g}"
        yield tag("path", d=f"{veil}H{right:g}V{top:g}z", fill=ui["surface"], fill_opacity=0.62)
        way = path(shapely.intersection(window.lines, seen), self._in_zoom)
        ink = self.map["level-coarse"]
        yield tag("path", d=way, fill="none", stroke=ink, stroke_width=3, stroke_linejoin="round")
        size = {"width": right - left, "height": bottom - top}
        yield tag("rect", x=left, y=top, fill="none", stroke=ui["accent"], stroke_width=2.5, **size)
        yield "</g>"
        yield from self._letters()

    def _letters(self) -> Iterator[str]:
        """Write the letters of the grids, and the signs of the sides, where there is room."""
        walk = self.walk
        taken = shapely.union(walk.route.buffer(0.1), shapely.Point(walk.sure).buffer(0.14))
        for letter, grid in zip(LETTERS, walk.candidates, strict=False):
            shape = shapely.intersection(self.window.polygons[grid], walk.leaf.box)
            spot = _roomiest(self._local(shape), taken)
            taken = shapely.union(taken, shapely.Point(spot).buffer(0.06))
            x, y = _on_zoom(spot)
            yield text(x, y + 9, letter, 26, self._strong(grid), 700, "middle")
        for sign, (_, side) in zip("+−", walk.leaf.sides, strict=True):
            # Close to the band, whose sides they are of.
            near = self._local(walk.leaf.band).buffer(0.11)
            spot = _roomiest(self._local(side).intersection(near), taken)
            x, y = _on_zoom(spot)
            yield text(x, y + 10, sign, 30, self.ui["warn"], 700, "middle")

    def _local(self, shape: shapely.Geometry) -> shapely.Geometry:
        """Return a shape of the window in leaves from the leaf's corner."""
        leaf = self.walk.leaf
        return shapely.transform(shape, lambda xy: (xy - [leaf.x, leaf.y]) / leaf.size)

    def _route(self) -> Iterator[str]:
        """Draw the point that the sign decides, and the walk: point, legs, crossings, centre."""
        walk, ui = self.walk, self.ui
        places = np.array([walk.sure, (walk.x, walk.y), (MIDDLE, MIDDLE)])
        (px, py), (x, y), (cx, cy) = _on_zoom(places)
        yield from self._named_point(px, py, "P", ui["good"])
        line = {"d": f"M{x:g} {y:g}H{cx:g}V{cy:g}", "fill": "none", "stroke_linejoin": "round"}
        yield tag("path", stroke=ui["surface"], stroke_width=9, stroke_opacity=0.85, **line)
        yield tag("path", stroke=ui["accent"], stroke_width=4, **line)
        yield from self._centre_mark(cx, cy, 10)
        # Words stand on the side from which the walk does not come.
        above = walk.y > MIDDLE
        side = -1 if walk.x > MIDDLE else 1
        words_y = cy + (30 if above else -20)
        yield self._haloed(cx + 14 * side, words_y, "中心 centre", "start" if side > 0 else "end")
        yield from self._named_point(x, y, "Q", ui["accent"])
        for number, one in enumerate(walk.crossings, 1):
            px, py = _on_zoom(np.array([one.x, one.y]))
            yield from self._number(px, py, number, 12)

    def _named_point(self, x: float, y: float, name: str, colour: str) -> Iterator[str]:
        edge = {"stroke": self.ui["surface"], "stroke_width": 2.5}
        yield tag("circle", cx=x, cy=y, r=13, fill=colour, **edge)
        yield text(x, y + 5.5, name, 15, self.ui["surface"], 700, "middle")

    def _centre_mark(self, x: float, y: float, radius: float) -> Iterator[str]:
        ink = {"stroke": self.ui["text"], "stroke_width": 2}
        yield tag("circle", cx=x, cy=y, r=radius, fill=self.ui["surface"], **ink)
        arm = radius * 1.6
        yield tag("path", d=f"M{x - arm:g} {y:g}h{2 * arm:g}M{x:g} {y - arm:g}v{2 * arm:g}", **ink)

    def _number(self, x: float, y: float, number: int, radius: float) -> Iterator[str]:
        edge = {"stroke": self.ui["surface"], "stroke_width": 2.5}
        yield tag("circle", cx=x, cy=y, r=radius, fill=self.map["near"], **edge)
        yield text(x, y + 5.5, str(number), 15, self.ui["surface"], 700, "middle")

    def _haloed(self, x: float, y: float, words: str, anchor: str) -> str:
        halo = f'<text stroke="{self.ui["surface"]}" stroke-width="5" paint-order="stroke"'
        return text(x, y, words, 16, self.ui["text"], 600, anchor).replace("<text", halo)

    def _table(self) -> Iterator[str]:
        """Say what the sign and the walk answer.

        Of the walk is shown what it turns, from the centre, whose state is kept, back to the point.
        """
        walk, soft = self.walk, self.ui["text-soft"]
        top = ZOOM_Y + ZOOM_PX + 34
        yield from self._numbers(top)
        top += 94
        count = len(walk.crossings)
        columns = [ZOOM_X + 178 + k * 186 / (count + 1) for k in range(count + 2)]
        yield text(ZOOM_X, top, "网格 grid", 16, soft)
        yield text(columns[0], top, "中心 centre", 16, soft, anchor="middle")
        yield from self._named_point(columns[-1], top - 6, "Q", self.ui["accent"])
        for number, x in zip(range(count, 0, -1), columns[1:-1], strict=True):
            yield from self._number(x, top - 6, number, 11)
        for k, grid in enumerate(walk.candidates):
            y = top + 36 + 32 * k
            yield tag("rect", x=ZOOM_X, y=y - 17, width=23, height=23, rx=4, fill=self._soft(grid))
            yield text(ZOOM_X + 11.5, y, LETTERS[k], 16, self._strong(grid), 700, "middle")
            yield text(ZOOM_X + 33, y, _tail(self.window.codes[grid]), 16)
            yield from self._state(columns[0], y - 6, walk.centre[k])
            for one, x in zip(reversed(walk.crossings), columns[1:-1], strict=True):
                if grid in one.owners:
                    yield text(x, y, "⇄", 18, self.ui["text"], 700, "middle")
                else:
                    yield tag("circle", cx=x, cy=y - 6, r=2, fill=self.ui["line-strong"])
            yield from self._state(columns[-1], y - 6, walk.inside[k])

    def _numbers(self, top: float) -> Iterator[str]:
        """Write what the line says of both points."""
        walk, soft = self.walk, self.ui["text-soft"]
        a, b, c = (_signed(one) for one in walk.leaf.line)
        yield text(ZOOM_X, top, f"n = {a.lstrip('+')}x {b[0]} {b[1:]}y {c[0]} {c[1:]}", 17)
        x = ZOOM_X + ZOOM_PX
        yield text(x, top, "x, y 块内 in the block", 16, soft, anchor="end")
        number = self.number_of(walk.sure)
        side = walk.leaf.above if number > 0 else walk.leaf.below
        letter = LETTERS[walk.candidates.index(side)] if side in walk.candidates else "∅"
        rows = (
            ("P", self.ui["good"], number, "≥", "看正负 sign →", letter),
            ("Q", self.ui["accent"], self.number_of((walk.x, walk.y)), "<", "走到中心 walk", "↓"),
        )
        for k, (name, colour, found, against, how, answer) in enumerate(rows):
            y = top + 30 + 30 * k
            yield from self._named_point(ZOOM_X + 13, y - 6, name, colour)
            words = f"{_signed(found)}: |n| {against} {BAND:,}"
            yield text(ZOOM_X + 36, y, words, 17)
            yield text(x, y, f"{how} {answer}", 16, self.ui["text"], 600, "end")

    def number_of(self, place: tuple[float, float]) -> int:
        """Return the line's number for a place in the enlarged leaf."""
        return self.walk.leaf.number_at(*self.walk.on_window(place))

    def _state(self, x: float, y: float, inside: bool) -> Iterator[str]:
        """Draw whether a grid contains a place."""
        if not inside:
            ring = self.ui["line-strong"]
            yield tag("circle", cx=x, cy=y, r=9, fill="none", stroke=ring, stroke_width=2)
            return
        yield tag("circle", cx=x, cy=y, r=10, fill=self.ui["good"])
        tick = f"M{x - 4:g} {y:g}l3 3.5l5 -7"
        yield tag("path", d=tick, fill="none", stroke=self.ui["surface"], stroke_width=2.2)

    def _legend(self) -> Iterator[str]:
        ui, x = self.ui, MAP_X
        y = MAP_Y + ROWS * BLOCK_PX + 50
        box = {"y": y - 21, "width": 28, "height": 28}
        yield tag("rect", x=x, fill=self.soft[1], rx=2, **box)
        chinese = f"一个网格占满的块（此处 {self.window.filled_share:.0%}）"
        yield from self._told(x + 40, y, chinese, "block that one grid fills")
        x = MAP_X + 322
        yield tag("rect", x=x, fill=self.soft[1], rx=2, **box)
        cuts = "".join(f"M{x + k:g} {y - 21}v28M{x} {y - 21 + k:g}h28" for k in (7, 14, 21))
        yield tag("path", d=cuts, stroke=ui["surface"], stroke_width=1.2)
        ink = {"stroke": self.map["level-coarse"], "stroke_width": 2}
        yield tag("path", d=f"M{x} {y - 3}l12 -8l16 4", fill="none", **ink)
        yield from self._told(x + 40, y, "分成叶的块", "block divided into leaves")
        x = MAP_X + 568
        amber = self.map["near"]
        yield tag("rect", x=x, fill=amber, fill_opacity=0.34, **box)
        dashed = {"stroke": amber, "stroke_width": 2.5, "stroke_dasharray": "6 4"}
        yield tag("path", d=f"M{x} {y - 7}h28", **dashed)
        chinese = "线与带：叶中的边界都在带内"
        yield from self._told(x + 40, y, chinese, "line, and band with all borders of the leaf")
        x = MAP_X + 948
        yield from self._number(x + 11, y - 7, 1, 11)
        yield from self._told(x + 34, y, "过边界，两侧翻转 ⇄", "a border turns both its grids")
        faint, y = self.ui["text-faint"], HEIGHT - 14
        width = np.ceil(self.window.band_m * 100)
        words = (
            f"半数的带窄于 {width:.0f} 厘米，图上只见边界 · "
            f"Half of the bands are narrower than {width:.0f} cm: only the border is seen"
        )
        yield text(MAP_X, y, words, 14, faint)
        note = f"{self.city} · 演示数据 synthetic"
        yield text(WIDTH - 32, y, note, 14, faint, anchor="end")

    def _told(self, x: float, y: float, chinese: str, english: str) -> Iterator[str]:
        yield text(x, y, chinese, 18)
        yield text(x, y + 24, english, 16, self.ui["text-soft"])

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


def _roomiest(shape: shapely.Geometry, taken: shapely.Geometry) -> Floats:
    """Return where in a shape there is most room for a letter, off what is taken."""
    parts = shapely.get_parts(shape.difference(taken))
    widest = parts[np.argmax(shapely.area(parts))] if len(parts) else shape
    circle = shapely.maximum_inscribed_circle(widest)
    return np.asarray(shapely.get_coordinates(circle)[0], dtype=np.float64)


def _signed(number: int) -> str:
    """Return a number with its sign, which is always there."""
    return f"{number:+,}".replace("-", "−")


def _tail(code: str) -> str:
    """Return the end of a code, which tells it from its neighbours'."""
    length = 9
    return code if len(code) <= length else f"…{code[-length:]}"


def _on_map(xy: Floats) -> Floats:
    """Return pixels of places in blocks of the window, shape (…, 2)."""
    return np.asarray(xy * [BLOCK_PX, -BLOCK_PX] + [MAP_X, MAP_Y + ROWS * BLOCK_PX])


def _on_zoom(xy: Floats) -> Floats:
    """Return pixels of places in leaves from the enlarged leaf's corner, shape (…, 2)."""
    scale = ZOOM_PX / (1 + 2 * RIM)
    return np.asarray((xy + RIM) * [scale, -scale] + [ZOOM_X, ZOOM_Y + ZOOM_PX])


@app.command()
def main(
    city: Annotated[Path, typer.Option(help="City folder.")] = Path("geodata/jianyang"),
    output: Annotated[Path, typer.Option("-o", "--output", help="Picture to write.")] = Path(
        "docs/cells.svg"
    ),
    lon: Annotated[float, typer.Option(help="Middle of the picture, degrees east.")] = 104.4543,
    lat: Annotated[float, typer.Option(help="Middle of the picture, degrees north.")] = 30.4372,
) -> None:
    """Draw blocks and leaves of a city's index over its grids, and how one leaf answers."""
    with guarded():
        opened = City.open(city)
        window = Window(opened, lon, lat, COLUMNS, ROWS)
        drawn = Picture(window, window.best_walk(), opened.manifest.name).svg()
        partial = output.with_name(output.name + ".partial")
        partial.write_text(drawn, encoding="utf-8")
        partial.replace(output)
    say(f"{output}: {len(drawn) / 1000:.0f} kB")


if __name__ == "__main__":
    app()
