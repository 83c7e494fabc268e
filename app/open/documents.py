"""The documents of OGC API - Features: landing page, conformance, collections, pages of features.

Source: OGC 17-069r4, OGC API - Features - Part 1: Core corrigendum, and 18-058r1, Part 2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from app.grids import City
from app.open.collections import Collection, Kind
from app.open.features import FeaturePage
from app.open.references import CRS84

JSON, HTML, GEOJSON = "application/json", "text/html", "application/geo+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
_FEATURES = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"
CONFORMANCE = (
    *(_FEATURES + name for name in ("core", "geojson", "html", "oas30")),
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    *(
        f"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/{name}"
        for name in (
            "core",
            "tileset",
            "tilesets-list",
            "dataset-tilesets",
            "geodata-tilesets",
            "mvt",
        )
    ),
)
_TILESETS = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
_SCHEMES = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes"
_GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
Link = dict[str, Any]
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Site:
    """Where the documents stand, and in which language they speak.

    Attributes
    ----------
    base : str
        Address of the landing page without its last slash.
    zh : bool
        Whether titles are in Chinese.
    query : dict of str to str
        Parameters of the address that is asked.
    """

    base: str
    zh: bool
    query: dict[str, str]

    def either(self, english: str, chinese: str) -> str:
        """Return the text in the language that is spoken."""
        return chinese if self.zh else english

    def link(
        self,
        rel: str,
        path: str,
        kind: str,
        title: str = "",
        query: dict[str, str] | None = None,
    ) -> Link:
        """Return a link to a path below the landing page."""
        href = self.base + path + (f"?{urlencode(query)}" if query else "")
        found = {"href": href, "rel": rel, "type": kind}
        return found | ({"title": title} if title else {})

    def selves(self, path: str, kind: str) -> list[Link]:
        """Return the links of a document to itself and to the same as HTML."""
        return [
            self.link("self", path, kind, query=self.query),
            self.link("alternate", path, HTML, "HTML", self.query | {"f": "html"}),
        ]


def landing(site: Site, city: City) -> Document:
    """Return the landing page."""
    manifest = city.manifest
    document = {
        "title": site.either(f"Weige: {manifest.name}", f"微格：{manifest.name}"),
        "description": site.either(
            "Grids, incidents and statistics of a city that governs itself by grids.",
            "网格、事件与统计。",
        ),
        "links": [
            *site.selves("/", JSON),
            site.link("service-desc", "/api", OPENAPI, "OpenAPI 3.0"),
            site.link("service-doc", "/api", HTML, "API", {"f": "html"}),
            site.link(
                "conformance", "/conformance", JSON, site.either("Conformance", "符合的标准")
            ),
            site.link("data", "/collections", JSON, site.either("Collections", "数据集")),
            site.link(_TILESETS, "/tiles", JSON, site.either("Vector tiles", "矢量瓦片")),
            site.link(_SCHEMES, "/tileMatrixSets", JSON),
        ],
    }
    return document | _note(city)


def conformance() -> Document:
    """Return what the documents conform to."""
    return {"conformsTo": list(CONFORMANCE)}


def collection_list(
    site: Site, city: City, found: Iterable[Collection], since: date, zone: ZoneInfo,
    references: Iterable[str],
) -> Document:  # fmt: skip
    """Return the list of collections; parameters as of `collection_document`."""
    uris = list(references)
    below = replace(site, query={})
    return {
        "links": site.selves("/collections", JSON),
        "crs": uris,
        "collections": [
            collection_document(below, one, since, zone, uris, listed=True) for one in found
        ],
    } | _note(city)


def collection_document(
    site: Site, one: Collection, since: date, zone: ZoneInfo, references: Iterable[str], *,
    listed: bool = False,
) -> Document:  # fmt: skip
    """Return what is said of one collection.

    Parameters
    ----------
    site, one
        Where, which.
    since
        The day from which the first edition in force holds.
    zone
        Where days begin.
    references
        URIs of the CRSs.
    listed
        Whether it stands in the list.
    """
    path = f"/collections/{one.id}"
    items = site.either("Features", "要素")
    return {
        "id": one.id,
        "title": site.either(one.title, one.title_zh),
        "description": site.either(one.about, one.about_zh),
        "extent": {
            "spatial": {"bbox": [list(one.bounds)], "crs": CRS84},
            "temporal": {"interval": [_interval(one, since, zone)], "trs": _GREGORIAN},
        },
        "itemType": "feature",
        "crs": ["#/crs"] if listed else list(references),
        "storageCrs": CRS84,
        "links": [
            *site.selves(path, JSON),
            site.link("items", f"{path}/items", GEOJSON, items),
            site.link("items", f"{path}/items", HTML, items, {"f": "html"}),
            site.link(_TILESETS, f"{path}/tiles", JSON),
        ],
    }


def _interval(one: Collection, since: date, zone: ZoneInfo) -> list[str | None]:
    """Return the time of a collection; some edition of the boundaries holds from the first on."""
    return [instant(midnight(since, zone)) if one.kind is Kind.GRIDS else None, None]


def page_links(site: Site, path: str, page: FeaturePage, pinned: dict[str, str]) -> list[Link]:
    """Return the links of a page of features.

    Parameters
    ----------
    site, path
        Where it is.
    page
        What is on it.
    pinned
        Parameters that hold the other pages to the same edition.
    """
    base = {k: v for k, v in site.query.items() if k not in {"after", "before"}} | pinned
    found = site.selves(path, GEOJSON)
    if page.after:
        found.append(site.link("next", path, GEOJSON, query=base | {"after": page.after}))
    if page.before:
        found.append(site.link("prev", path, GEOJSON, query=base | {"before": page.before}))
    found.append(site.link("collection", path.rpartition("/items")[0], JSON))
    return found


def feature_path(one: Collection, ident: str) -> str:
    """Return the path of a feature below the landing page."""
    return f"/collections/{one.id}/items/{quote(ident, safe='')}"


def instant(at: datetime) -> str:
    """Return an instant as RFC 3339 has it in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant in which a day begins."""
    return datetime.combine(day, time(), zone)


def _note(city: City) -> Document:
    return {"synthetic": city.manifest.synthetic} if city.manifest.synthetic else {}
