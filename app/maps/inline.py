"""A folium map as one file: every script, style sheet and image of it written into the page.

Everything that folium, branca and their plugins load ends as a link element of the figure. Those of
one figure are given a template of their own that writes the file itself, as it lies in ``static/``;
the templates of branca's classes are left alone, so nothing has to be put back, and maps may be
written by several threads at once, beside others that are rendered as ever. A link to a file that
is not there raises: an exported map never asks a host for anything.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import cast

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink, Link
from jinja2 import Template

from app.errors import WeigeError
from app.maps.palette import STATIC

# Files of this project are named by their place in the repository.
OWN = "static/"
LEAFLET = "static/vendor/leaflet-1.9.4/leaflet.js"
LEAFLET_CSS = "static/vendor/leaflet-1.9.4/leaflet.css"
# What folium itself names, and what stands in for it.
STAND_INS = {
    "https://cdn.jsdelivr.net/npm/leaflet@1.9.3/dist/leaflet.js": LEAFLET,
    "https://cdn.jsdelivr.net/npm/leaflet@1.9.3/dist/leaflet.css": LEAFLET_CSS,
}
_MEDIA = {
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".gif": "image/gif",
    ".woff2": "font/woff2",
    ".woff": "font/woff",
}
_CSS_URL = re.compile(r"""url\(\s*(['"]?)([^'")]+)\1\s*\)""")
_SOURCE_MAP = re.compile(r"^(//|/\*)[#@] sourceMappingURL=.*$", re.MULTILINE)


class MissingAssetError(WeigeError):
    """A map wants a file that is not vendored."""

    def __init__(self, url: str, why: str = "") -> None:
        super().__init__(
            f"the map wants {url!r}, which is not in static/{': ' + why if why else ''}",
            "Vendor it (scripts/vendor_static.py) or leave out the part of the map that wants it.",
            message_zh=f"地图需要 {url!r}，但 static/ 中没有该文件",
            hint_zh="请先将其纳入 static/vendor（scripts/vendor_static.py），或不使用该地图部件。",
        )


def render_offline(root: folium.Map | Figure) -> str:
    """Return a map as a page that asks no host for anything.

    Parameters
    ----------
    root
        A folium map, or the figure that holds it. Like every folium map it is rendered once.

    Raises
    ------
    MissingAssetError
        If it links to a file that is not in static/.
    """
    figure = root.get_root()
    # As branca's Figure.render does it: children add their links to the header, then it is written.
    for child in figure._children.values():  # noqa: SLF001 - branca has no other way to them
        child.render()
    for link in _links(figure):
        # Of this link alone; a template is whatever has render().
        link._template = cast("Template", _Written(asset_markup(link)))  # noqa: SLF001
    return str(figure._template.render(this=figure, kwargs={}))  # noqa: SLF001


class _Written:
    """In place of a template: text that stands already."""

    def __init__(self, text: str) -> None:
        self._text = text

    def render(self, **_: object) -> str:
        return self._text


def _links(element: Element) -> Iterator[Link]:
    """Yield every link below an element."""
    if isinstance(element, Link):
        yield element
    parts = [getattr(element, name, None) for name in ("header", "html", "script")]
    for part in [*parts, *element._children.values()]:  # noqa: SLF001
        if isinstance(part, Element):
            yield from _links(part)


def asset_markup(link: Link) -> str:
    """Return the element that holds what a link points at.

    Raises
    ------
    MissingAssetError
        If that is not in static/.
    """
    path = asset_path(link.url)
    if isinstance(link, JavascriptLink):
        return f"<script>{_script(path)}</script>"
    if isinstance(link, CssLink):
        return f"<style>{_style(path)}</style>"
    raise MissingAssetError(link.url, f"{type(link).__name__} is not a script or a style sheet")


def asset_path(url: str) -> Path:
    """Return the file that stands for an address.

    Raises
    ------
    MissingAssetError
        If there is none.
    """
    name = STAND_INS.get(url, url)
    if not name.startswith(OWN):
        raise MissingAssetError(url)
    path = (STATIC / PurePosixPath(name.removeprefix(OWN))).resolve()
    if not path.is_relative_to(STATIC) or not path.is_file():
        raise MissingAssetError(url)
    return path


@lru_cache(maxsize=64)
def _script(path: Path) -> str:
    text = _SOURCE_MAP.sub("", path.read_text(encoding="utf-8"))
    # Within a script both would be read as markup: the end of it, and a comment that hides it.
    text = re.sub(r"</(script)", r"<\\/\1", text, flags=re.IGNORECASE).replace("<!--", "<\\!--")
    return f"{_licence(path)}{text}"


@lru_cache(maxsize=64)
def _style(path: Path) -> str:
    text = _SOURCE_MAP.sub("", path.read_text(encoding="utf-8"))
    text = _CSS_URL.sub(lambda found: f"url({_data_url(path, found.group(2))})", text)
    if re.search(r"@import|</style", text, flags=re.IGNORECASE):
        raise MissingAssetError(path.name, "it has @import or the end of a style in it")
    return f"{_licence(path)}{text}"


def _data_url(sheet: Path, url: str) -> str:
    """Return an image or font that a style sheet names, in the address itself."""
    if url.startswith(("data:", "#")):
        return url
    path = (sheet.parent / PurePosixPath(url.partition("#")[0].partition("?")[0])).resolve()
    media = _MEDIA.get(path.suffix.lower())
    if "//" in url or media is None or not path.is_relative_to(STATIC) or not path.is_file():
        raise MissingAssetError(url, f"named by {sheet.name}")
    return f"data:{media};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


def _licence(path: Path) -> str:
    """Return the licence of a vendored library as a comment; its terms want it in every copy."""
    file = path.parent / "LICENSE.txt"
    if not file.is_file():
        return ""
    return f"/*!\n{file.read_text(encoding='utf-8').replace('*/', '* /')}*/\n"
