"""The OpenAPI document of the collections, as OGC API - Features wants one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.open.collections import WHOLE_TILE_PARAMETERS, Collection
from app.open.documents import GEOJSON, HTML, JSON, OPENAPI, Site
from app.open.features import DEFAULT_LIMIT, MAX_LIMIT
from app.open.tiles import MVT, QUAD

_ERRORS = {
    "400": ("A parameter is not known or not usable", "参数未知或不可用"),
    "401": ("Nobody known asks", "未登录"),
    "403": ("Your account may not do this, or not here", "无权访问"),
    "404": ("There is no such thing", "不存在"),
    "503": ("The database cannot serve now", "数据库暂不可用"),
}
_TEXT = {"type": "string"}
_PARAMETERS: dict[str, tuple[dict[str, Any], str, str]] = {
    "bbox": (
        {
            "type": "array",
            "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
            "items": {"type": "number"},
        },
        "Only features that meet this box; lower, then upper corner, in bbox-crs",
        "仅返回与此范围相交的要素；先左下角后右上角，坐标系见 bbox-crs",
    ),
    "bbox-crs": (
        {"type": "string", "format": "uri"},
        "CRS of bbox; CRS84 (longitude first) if left out",
        "bbox 的坐标系；缺省为 CRS84（先经度）",
    ),
    "crs": (
        {"type": "string", "format": "uri"},
        "CRS of the answer, in the axis order of its authority; CRS84 if left out",
        "返回坐标的坐标系，轴序遵循其定义；缺省为 CRS84",
    ),
    "datetime": (
        _TEXT,
        "A time with its zone, a day, or two with a slash between; .. is open. Grids: of that time",
        "带时区的时间、日期，或以斜杠分隔的区间；.. 表示不限。网格：取届时有效的各版本",
    ),
    "limit": (
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        "How many features a page holds at most",
        "每页最多的要素数",
    ),
    "after": (_TEXT, "Taken from a link next", "取自 next 链接"),
    "before": (_TEXT, "Taken from a link prev", "取自 prev 链接"),
    "hazard": (_TEXT, "Id of a hazard, with all its kinds", "隐患类别编号，含其下级"),
    "generation": (
        _TEXT,
        "Edition of the boundaries; that of today if left out",
        "网格版本；缺省为当前版本",
    ),
    "f": (
        {"type": "string", "enum": ["json", "html"]},
        "Form of the answer; Accept decides if left out",
        "返回格式；缺省按 Accept 请求头",
    ),
}


def openapi(
    site: Site, title: str, version: str, found: Iterable[Collection], references: Iterable[str]
) -> dict[str, Any]:
    """Return the document.

    Parameters
    ----------
    site
        Where the paths stand, and in which language they are told.
    title, version
        Of the API.
    found
        The collections.
    references
        URIs of the CRSs.
    """
    paths = {
        "/": _get(site, "landing", "Landing page", "首页", JSON),
        "/conformance": _get(site, "conformance", "What it conforms to", "符合的标准", JSON),
        "/api": _get(site, "api", "This document", "本文档", OPENAPI),
        "/collections": _get(site, "collections", "What there is", "数据集列表", JSON),
        "/tileMatrixSets": _get(site, "tileMatrixSets", "Tile matrix sets", "瓦片矩阵集", JSON),
        f"/tileMatrixSets/{QUAD}": _get(site, f"tileMatrixSet.{QUAD}", QUAD, QUAD, JSON),
    }
    whole = site.either("All levels and overlays", "全部层级与专属网格")
    paths |= _tiles(site, "", "city", whole, WHOLE_TILE_PARAMETERS)
    for one in found:
        path, name = f"/collections/{one.id}", site.either(one.title, one.title_zh)
        paths[path] = _get(site, f"describe.{one.id}", name, name, JSON)
        paths[f"{path}/items"] = _get(
            site, f"items.{one.id}", name, name, GEOJSON, one.parameters, [one.id]
        )
        item = _get(site, f"item.{one.id}", name, name, GEOJSON, one.item_parameters)
        ident = {"name": "featureId", "in": "path", "required": True, "schema": _TEXT}
        item["get"]["parameters"].insert(0, ident)
        paths[f"{path}/items/{{featureId}}"] = item
        paths |= _tiles(site, path, one.id, name, one.tile_parameters)
    return {
        "openapi": "3.0.3",
        "info": {"title": title, "version": version, "license": {"name": "MIT"}},
        "servers": [{"url": site.base}],
        "paths": paths,
        "components": {
            "parameters": {name: _parameter(site, name, list(references)) for name in _PARAMETERS},
            "schemas": {
                "exception": {
                    "type": "object",
                    "required": ["code"],
                    "properties": {"code": _TEXT, "description": _TEXT, "error": _OBJECT},
                },
                "document": _OBJECT,
            },
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


_OBJECT: dict[str, Any] = {"type": "object"}


def _tiles(
    site: Site, path: str, ident: str, name: str, parameters: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Return the paths of the tiles below a path."""
    told = f"{name}: {site.either('vector tiles', '矢量瓦片')}"
    tile = _get(site, f"tile.{ident}", told, told, MVT, parameters, [ident], pages=False)
    numbers = {"type": "integer", "minimum": 0}
    for at in ("tileMatrix", "tileRow", "tileCol"):
        schema = _TEXT if at == "tileMatrix" else numbers
        place = {"name": at, "in": "path", "required": True, "schema": schema}
        tile["get"]["parameters"].append(place)
    empty = site.either("There is nothing in this tile", "该瓦片为空")
    tile["get"]["responses"]["204"] = {"description": empty}
    return {
        f"{path}/tiles": _get(site, f"tilesets.{ident}", told, told, JSON),
        f"{path}/tiles/{QUAD}": _get(site, f"tileset.{ident}", told, told, JSON),
        f"{path}/tiles/{QUAD}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": tile,
    }


def _get(
    site: Site,
    ident: str,
    english: str,
    chinese: str,
    kind: str,
    parameters: Iterable[str] = (),
    tags: Iterable[str] = ("capabilities",),
    *,
    pages: bool = True,
) -> dict[str, Any]:
    """Return what is said of a path; `pages`: it is answered as a page for people, too."""
    content: dict[str, Any] = {kind: {"schema": {"type": "string", "format": "binary"}}}
    if pages:
        content = {
            kind: {"schema": {"$ref": "#/components/schemas/document"}},
            HTML: {"schema": _TEXT},
        }
    responses: dict[str, Any] = {"200": {"description": "OK", "content": content}}
    error = {JSON: {"schema": {"$ref": "#/components/schemas/exception"}}}
    for status, (text, text_zh) in _ERRORS.items():
        responses[status] = {"description": site.either(text, text_zh), "content": error}
    told = [
        {"$ref": f"#/components/parameters/{name}"}
        for name in (*parameters, *(["f"] if pages else []))
    ]
    return {
        "get": {
            "operationId": ident,
            "summary": site.either(english, chinese),
            "tags": list(tags),
            "parameters": told,
            "responses": responses,
        }
    }


def _parameter(site: Site, name: str, references: list[str]) -> dict[str, Any]:
    schema, text, text_zh = _PARAMETERS[name]
    if name in {"crs", "bbox-crs"}:
        schema = schema | {"enum": references, "default": references[0]}
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": site.either(text, text_zh),
        "schema": schema,
        "style": "form",
        "explode": False,
    }
