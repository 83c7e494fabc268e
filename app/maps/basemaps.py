"""Maps of others that may lie under the city's own: which an operator names, where they are.

Nothing is fetched here. What a file names is read once, held against what the page can draw, and
told to the page; the browser then asks those hosts and no others (see `origins`). Each basemap
declares its datum, as nothing in a tile tells it.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pmtiles.reader import MmapSource, Reader
from pmtiles.tile import MagicNumberNotFound, SpecVersionUnsupported, TileType

from app.errors import BadFileError

DATUMS = ("wgs84", "cgcs2000", "gcj02")
KINDS = ("tianditu", "tiles", "file")
# Layers of Tianditu in EPSG:3857 and the names that go over each.
TIANDITU = {"vec": "cva", "img": "cia", "ter": "cta"}
_TIANDITU_URL = (
    "https://t{s}.tianditu.gov.cn/%s_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=%s"
    "&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=%s"
)
_TIANDITU_ZOOMS = (1, 18)
_TIANDITU_CREDIT = "© 天地图"
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_KEY = re.compile(r"[0-9A-Za-z]+")
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
# WMTS has other names for the same.
_WMTS = {"{TileMatrix}": "{z}", "{TileCol}": "{x}", "{TileRow}": "{y}"}
_PLACEHOLDERS = ("{z}", "{x}", "{y}", "{-y}", "{s}")
_DEEPEST = 22
_TILE_PX = (256, 512)
_COMMON = {"id", "name", "name_en", "kind", "imagery", "attribution", "min_zoom", "max_zoom"}
_KEYS = {
    "tianditu": {"layer", "key", "subdomains"},
    "tiles": {"urls", "datum", "subdomains", "tile_px"},
    "file": {"path", "datum"},
}
_HINT = "See docs/basemaps.md."
_HINT_ZH = "格式见 docs/basemaps.md。"


@dataclass(frozen=True, slots=True)
class Basemap:
    """One map that may lie under the city's own.

    Attributes
    ----------
    id : str
        Its name in addresses of the page.
    name, name_en : str
        Shown to people.
    datum : str
        One of `DATUMS`.
    attribution : str
        Whose it is, shown as long as it is drawn.
    imagery : bool
        Whether it is a picture of the ground, which a dark theme may dim but not recolour.
    min_zoom, max_zoom : int
        Zooms that have tiles.
    tile_px : int
        Pixels of a side of a tile.
    urls : tuple of str
        Templates of tiles that lie on each other, undermost first; none of a file.
    subdomains : tuple of str
        What stands for ``{s}``.
    path : Path or None
        A PMTiles archive that this server gives out.
    vector_layers : tuple of str
        Layers of an archive of vector tiles; none of pictures.
    """

    id: str
    name: str
    name_en: str
    datum: str
    attribution: str
    imagery: bool
    min_zoom: int
    max_zoom: int
    tile_px: int = 256
    urls: tuple[str, ...] = ()
    subdomains: tuple[str, ...] = ()
    path: Path | None = None
    vector_layers: tuple[str, ...] = ()

    @property
    def origins(self) -> tuple[str, ...]:
        """Scheme and host of everywhere that its tiles come from, without repeats."""
        found = []
        for url in self.urls:
            scheme, host = urlsplit(url).scheme, urlsplit(url).netloc
            found += [f"{scheme}://{host.replace('{s}', s)}" for s in self.subdomains or ("",)]
        return tuple(dict.fromkeys(found))


def read_basemaps(path: Path) -> tuple[Basemap, ...]:
    """Read the file that names the basemaps.

    Parameters
    ----------
    path
        A TOML file of ``[[basemaps]]``, see docs/basemaps.md. Paths in it begin at its folder.

    Raises
    ------
    BadFileError
        If it cannot be read, or names what the page cannot draw.
    """
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadFileError(
            f"{path}: {error}", _HINT, message_zh=f"读不了 {path}：{error}", hint_zh=_HINT_ZH
        ) from error
    if set(told) - {"basemaps"} or not isinstance(told.get("basemaps", []), list):
        raise _wrong(path, f"knows only [[basemaps]], not {sorted(told)}")
    found = []
    for row, one in enumerate(told.get("basemaps", []), 1):
        if not isinstance(one, dict):
            raise _wrong(path, f"basemap {row} is {one!r}, allowed is a table")
        found.append(_Table(path, f"basemap {one.get('id', row)!r}", one).basemap())
    idents = [one.id for one in found]
    twice = {one for one in idents if idents.count(one) > 1}
    if twice:
        raise _wrong(path, f"id {sorted(twice)} stands more than once")
    return tuple(found)


def origins(basemaps: tuple[Basemap, ...]) -> tuple[str, ...]:
    """Return every other host that the page may ask, as a Content-Security-Policy names it."""
    return tuple(dict.fromkeys(origin for one in basemaps for origin in one.origins))


def _wrong(path: Path, what: str) -> BadFileError:
    return BadFileError(
        f"{path}: {what}", _HINT, message_zh=f"底图设置 {path} 有误：{what}", hint_zh=_HINT_ZH
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """One table of the file, asked for its values one by one."""

    file: Path
    who: str
    told: dict[str, Any]

    def basemap(self) -> Basemap:
        kind = self.text("kind", allowed=KINDS)
        unknown = sorted(set(self.told) - _COMMON - _KEYS[kind])
        if unknown:
            raise self.wrong(f"{unknown} is not known, allowed are {sorted(_COMMON | _KEYS[kind])}")
        return {"tianditu": self.tianditu, "tiles": self.tiles, "file": self.archive}[kind]()

    def wrong(self, what: str) -> BadFileError:
        return _wrong(self.file, f"{self.who}: {what}")

    def text(self, name: str, fallback: str | None = None, allowed: tuple[str, ...] = ()) -> str:
        value = self.told.get(name, fallback)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(f"{name} is {value!r}, allowed is {' or '.join(allowed) or 'text'}")
        if allowed and value not in allowed:
            raise self.wrong(f"{name} is {value!r}, allowed are {', '.join(allowed)}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.told.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
            raise self.wrong(f"{name} is {value!r}, allowed is a list of texts")
        return tuple(value)

    def number(self, name: str, fallback: int, allowed: range | tuple[int, ...]) -> int:
        value = self.told.get(name, fallback)
        if not isinstance(value, int) or isinstance(value, bool) or value not in allowed:
            raise self.wrong(f"{name} is {value!r}, allowed are {allowed[0]} to {allowed[-1]}")
        return value

    def datum(self) -> str:
        if self.told.get("datum") == "bd09":
            raise self.wrong(
                "datum is 'bd09', allowed are " + ", ".join(DATUMS) + ": Baidu cuts its tiles by a "
                "projection and a scheme of its own, so they do not lie on a Web Mercator map"
            )
        return self.text("datum", allowed=DATUMS)

    def common(self, zooms: tuple[int, int], imagery: bool = False) -> dict[str, Any]:
        ident = self.text("id")
        if not _ID.fullmatch(ident) or ident == "none":
            raise self.wrong(
                f"id is {ident!r}, allowed are 1 to 32 of a to z, 0 to 9 "
                "and -, and not none, which is the city's own map alone"
            )
        is_imagery = self.told.get("imagery", imagery)
        if not isinstance(is_imagery, bool):
            raise self.wrong(f"imagery is {is_imagery!r}, allowed are true and false")
        low = self.number("min_zoom", zooms[0], range(_DEEPEST + 1))
        high = self.number("max_zoom", zooms[1], range(low, _DEEPEST + 1))
        name = self.text("name")
        return {
            "id": ident,
            "name": name,
            "name_en": self.text("name_en", name),
            "imagery": is_imagery,
            "min_zoom": low,
            "max_zoom": high,
        }

    def tianditu(self) -> Basemap:
        layer, key = self.text("layer", allowed=tuple(TIANDITU)), self.text("key")
        if not _KEY.fullmatch(key):
            raise self.wrong("key holds other than letters and digits")
        return Basemap(
            **self.common(_TIANDITU_ZOOMS, imagery=layer == "img"),
            datum="cgcs2000",
            attribution=self.text("attribution", _TIANDITU_CREDIT),
            urls=tuple(_TIANDITU_URL % (one, one, key) for one in (layer, TIANDITU[layer])),
            subdomains=self.subdomains() or tuple("01234567"),
        )

    def tiles(self) -> Basemap:
        subdomains = self.subdomains()
        urls = tuple(self.template(url, subdomains) for url in self.texts("urls"))
        if not urls:
            raise self.wrong("urls is empty, allowed is a list of templates of tiles")
        return Basemap(
            **self.common((0, 18)),
            datum=self.datum(),
            attribution=self.text("attribution"),
            tile_px=self.number("tile_px", _TILE_PX[0], _TILE_PX),
            urls=urls,
            subdomains=subdomains,
        )

    def subdomains(self) -> tuple[str, ...]:
        found = self.texts("subdomains")
        for one in found:
            if not _HOST.fullmatch(one):
                raise self.wrong(f"subdomains has {one!r}, allowed are a to z, 0 to 9, - and .")
        return found

    def template(self, url: str, subdomains: tuple[str, ...]) -> str:
        """Return a template in the words of XYZ; its host goes into a policy, so it is plain."""
        for wmts, xyz in _WMTS.items():
            url = url.replace(wmts, xyz)
        used = _PLACEHOLDER.findall(url)
        strange = sorted(set(used) - set(_PLACEHOLDERS))
        if strange or not {"{z}", "{x}"} <= set(used) or len({"{y}", "{-y}"} & set(used)) != 1:
            raise self.wrong(
                f"url {url!r} needs {{z}}, {{x}} and {{y}} (or {{-y}}, counted from the south), "
                f"or WMTS's {', '.join(_WMTS)}, and allows {{s}}"
            )
        if ("{s}" in used) != bool(subdomains):
            raise self.wrong(f"url {url!r} and subdomains {list(subdomains)}: {{s}} needs both")
        try:
            parts = urlsplit(url)
            port, host = parts.port, (parts.hostname or "").replace("{s}", "s")
        except ValueError as error:
            raise self.wrong(f"url {url!r}: {error}") from None
        plain = host + (f":{port}" if port else "")
        if (
            parts.scheme not in {"http", "https"}
            or not _HOST.fullmatch(host)
            or parts.netloc.lower().replace("{s}", "s") != plain
            or set(_PLACEHOLDER.findall(parts.netloc)) - {"{s}"}
        ):
            raise self.wrong(f"url {url!r}: allowed is http:// or https:// with the name of a host")
        return url

    def archive(self) -> Basemap:
        path = self.file.parent / self.text("path")
        try:
            with path.open("rb") as stream:
                reader = Reader(MmapSource(stream))
                header, more = reader.header(), reader.metadata()
        except (OSError, ValueError, EOFError, IndexError) as error:
            raise self.wrong(f"path {path}: {error}") from error
        except (MagicNumberNotFound, SpecVersionUnsupported):
            raise self.wrong(f"path {path} is no PMTiles archive of version 3") from None
        datum = self.datum()
        is_vector = header["tile_type"] == TileType.MVT
        if header["tile_type"] == TileType.UNKNOWN:
            raise self.wrong(f"path {path} does not say what its tiles are")
        if is_vector and datum == "gcj02":
            raise self.wrong(
                f"path {path} has vector tiles in gcj02; only pictures are moved, so bring its "
                "data to wgs84 before tiles are made of them"
            )
        layers = more.get("vector_layers") or []
        return Basemap(
            **self.common((header["min_zoom"], header["max_zoom"])),
            datum=datum,
            attribution=self.text("attribution"),
            path=path,
            vector_layers=tuple(str(one["id"]) for one in layers) if is_vector else (),
        )
