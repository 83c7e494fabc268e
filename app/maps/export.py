"""An exported map put together: frame, shapes, background, layers, panel and page, in one file."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import folium
import numpy as np
import shapely
from folium.map import CustomPane

from app.errors import BadInputError
from app.maps.background import ground, lines_over
from app.maps.elements import PANES, Drawn, Frame, LayerPanel, Opening, Page, Shapes, Sheet, Start
from app.maps.inline import render_offline
from app.maps.palette import read_palette
from app.maps.scope import Scope
from app.maps.shapes import shapes_json
from app.maps.words import HTML_LANG, words_in

_HOST = re.compile(r"(\{s\}\.)?[A-Za-z0-9.-]+(:\d+)?")
# Colours let through what lies below them.
_OVER_BASEMAP = 0.7
# A layer is made once the shapes are there that it draws.
MakeLayer = Callable[[Shapes], Drawn]


@dataclass(frozen=True, slots=True)
class Sayings:
    """What the page says of itself.

    Attributes
    ----------
    title : str
        "" for the name of what is shown.
    period : str
        Below the title.
    notes : tuple of str
        Below the statement on synthetic data.
    made : date or None
        When it was exported; without it the same data gives the same file.
    """

    title: str = ""
    period: str = ""
    notes: tuple[str, ...] = ()
    made: date | None = None


@dataclass(frozen=True, slots=True)
class Basemap:
    """Tiles of a host, below the map.

    Attributes
    ----------
    url : str
        With {z}, {x}, {y}, and {s} for one of several hosts.
    hosts : tuple of str
        From which a page may load them.
    """

    url: str
    hosts: tuple[str, ...]

    @classmethod
    def of(cls, url: str) -> Basemap:
        """Return the basemap of a URL.

        Raises
        ------
        BadInputError
            If it is not the template of tiles on a web host.
        """
        parts = urlsplit(url)
        if (
            parts.scheme not in {"http", "https"}
            or not _HOST.fullmatch(parts.netloc)
            or not all(one in url for one in ("{z}", "{x}", "{y}"))
        ):
            raise BadInputError(
                f"the basemap is {url!r:.200}, allowed is such as https://host/{{z}}/{{x}}/{{y}}.png",
                message_zh=f"底图地址为 {url!r:.200}，应形如 https://host/{{z}}/{{x}}/{{y}}.png",
            )
        host = parts.netloc.replace("{s}.", "*.")
        return cls(url, (f"{parts.scheme}://{host}",))


def map_page(
    scope: Scope,
    layers: Sequence[MakeLayer],
    sayings: Sayings,
    *,
    language: str = "zh",
    suppress: int = 0,
    basemap: Basemap | None = None,
) -> str:
    """Return a map as one page that asks no host for anything.

    Parameters
    ----------
    scope
        What is shown.
    layers
        What it is about, in the order of the panel. Of those that exclude each other the first is
        shown.
    sayings
        Title, period and notes.
    language
        Of the page, see `app.maps.words`.
    suppress
        The threshold that the words of suppressed counts name.
    basemap
        Tiles from elsewhere below the map, which then is no longer one that opens anywhere.
    """
    palette = read_palette()
    words = words_in(language, suppress)
    shapes = Shapes(shapes_json(scope))
    bounds = _bounds(scope)
    title = sayings.title or words["title"].format(name=scope.name)
    frame = Frame(
        location=[(bounds[1] + bounds[3]) / 2, (bounds[0] + bounds[2]) / 2],
        tiles=None,
        prefer_canvas=True,
        zoom_control=False,
        # Not "attributionControl" alone: the credit stands in the strip.
        attribution_control=False,
        zoom_snap=0.25,
        zoom_delta=0.5,
        wheel_px_per_zoom_level=90,
        min_zoom=7,
        max_zoom=18,
    )
    frame._id = "of_city"  # noqa: SLF001 - the same data gives the same file
    sheet = Sheet(title, HTML_LANG[language], basemap.hosts if basemap else ())
    frame.add_to(sheet)
    for name, order in PANES.items():
        pane = CustomPane(name, z_index=order)
        pane._id = name.replace("-", "_")  # noqa: SLF001
        frame.add_child(pane)
    frame.add_child(shapes)
    made = [make(shapes) for make in layers]
    first = next((one for one in made if one.alone), None)
    timed = first is not None and len(first.options.get("frames", ())) > 1
    frame.add_child(Opening(bounds, shapes, timed=timed))
    if basemap is not None:
        tiles = folium.TileLayer(basemap.url, attr=basemap.url, control=False)
        tiles._id = "below"  # noqa: SLF001
        frame.add_child(tiles)
    for one in ground(shapes, palette) if basemap is None else []:
        frame.add_child(one)
    for one in made:
        # Discs over colours are too much at once; without colours they are what the map is about.
        one.show = one is first if one.alone else one.show or first is None
        if basemap is not None:
            one.options["opacity"] = _OVER_BASEMAP
        frame.add_child(one)
    for one in lines_over(shapes, scope, palette, words):
        one.show = one.show and not (basemap and one.kind == "Base")
        frame.add_child(one)
    panel = LayerPanel(words)
    frame.add_child(panel)
    frame.add_child(Page(_told(scope, sayings, title, words, language), words))
    frame.add_child(Start(shapes, panel, words, palette.map))
    return render_offline(sheet)


def write_page(page: str, path: Path) -> None:
    """Write a page beside its place and put it there whole."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        partial.write_text(page, encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _told(
    scope: Scope, sayings: Sayings, title: str, words: dict[str, str], language: str
) -> dict[str, object]:
    manifest = scope.city.manifest
    zh, _, en = manifest.synthetic.partition(" / ")
    generation, source = origins(scope, words, language)
    lines = [sayings.period, scope_line(scope)]
    if scope.datum != "wgs84":
        lines.append(words["datum_line"].format(datum=scope.datum.upper().replace("GCJ", "GCJ-")))
    if sayings.made:
        generation += " · " + words["made"].format(day=sayings.made.isoformat())
    return {
        "title": title,
        "lines": [line for line in lines if line],
        "synthetic": (zh if language == "zh" else en or zh),
        "notes": list(sayings.notes),
        "source": source,
        "generation": generation,
    }


def origins(scope: Scope, words: dict[str, str], language: str) -> tuple[str, str]:
    """Return of which generation the boundaries are, and from what sources all is."""
    manifest = scope.city.manifest
    sources = "；".join(f"{_half(one.what, language)}（{one.licence}）" for one in manifest.sources)
    generation = words["generation"].format(
        generation=manifest.generation, day=manifest.valid_from.isoformat()
    )
    return generation, words["source"].format(what=sources) if sources else ""


def scope_line(scope: Scope) -> str:
    """Return how many grids of each level are shown."""
    parts = []
    for level in scope.city.levels:
        if scope.shows(level.id) and not (scope.area and level.id == scope.area.part.id):
            parts.append(f"{len(scope.rows[level.id]):,} {level.name}")
    return " · ".join(parts)


def _half(text: str, language: str) -> str:
    """Return the part of a text in two languages."""
    zh, _, en = text.partition(" / ")
    return zh if language == "zh" else en or zh


def _bounds(scope: Scope) -> tuple[float, float, float, float]:
    """Return the extent of what is shown: min lon, min lat, max lon, max lat."""
    ident = scope.area.part.id if scope.area else scope.city.levels[0].id
    shapes = scope.moved(scope.city.layer(ident).geometry[scope.rows[ident]])
    west, south, east, north = np.asarray(shapely.total_bounds(shapes), dtype=float)
    return float(west), float(south), float(east), float(north)
