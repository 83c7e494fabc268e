"""The abstract tests of OGC API - Features and Tiles that hold for all documents at once.

Annex A of OGC 17-069r4 (Core, GeoJSON, HTML, OpenAPI 3.0), 18-058r1 (CRS) and 20-057 (Core,
Tileset, Tilesets list, Dataset and Geodata tilesets, Mapbox vector tiles), in a form of our own.
Those of single parameters and answers are in test_ogc.py and test_ogc_tiles.py.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import shapely
from flask.testing import FlaskClient
from schemathesis import openapi
from werkzeug.test import TestResponse

from app.open.documents import CONFORMANCE
from app.open.tiles import QUAD, QUAD_URI
from app.web.settings import ROOT

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_FEATURES = "http://www.opengis.net/spec/ogcapi-features-{}/1.0/conf/{}"
_TILES = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/"


def get(client: FlaskClient, path: str, **query: str) -> Any:
    answer = client.get(f"/ogc{path}", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.json


@pytest.fixture
def collections(client: FlaskClient) -> list[dict[str, Any]]:
    return get(client, "/collections")["collections"]


def links_of(found: object) -> list[dict[str, Any]]:
    """Return all links of a document, wherever they stand in it."""
    if isinstance(found, list):
        return [link for one in found for link in links_of(one)]
    if not isinstance(found, dict):
        return []
    own = [one for one in found.get("links", ()) if isinstance(one, dict)]
    return own + [link for key, one in found.items() if key != "links" for link in links_of(one)]


def test_every_link_leads_to_what_it_says(client: FlaskClient) -> None:
    """Core: root-op, conformance-op, api-definition-op, fc-md-links, fc-links, f-links; Tiles."""
    ahead = ["http://localhost/ogc/"]
    seen: dict[str, TestResponse] = {}
    kinds: dict[str, str] = {}
    while ahead:
        url = ahead.pop()
        if url in seen:
            continue
        answer = seen[url] = client.get(url)
        assert answer.status_code == 200, url
        if not answer.is_json and "geo+json" not in answer.mimetype:
            continue
        found = json.loads(answer.data)
        if "openapi" in found:
            continue
        for one in links_of(found):
            assert {"href", "rel", "type"} <= set(one), url
            if one.get("templated"):
                assert re.findall(r"{(\w+)}", one["href"]) == ["tileMatrix", "tileRow", "tileCol"]
                continue
            if urlsplit(one["href"]).path.startswith("/ogc"):
                kinds[one["href"]] = one["type"]
                ahead.append(one["href"])
        rels = {one["rel"]: one for one in found.get("links", ())}
        if "links" in found and "f=html" not in url and "/tileMatrixSets" not in url:
            assert "self" in rels, url
            assert client.get(rels["self"]["href"]).mimetype == answer.mimetype
    for url, kind in kinds.items():
        assert seen[url].mimetype == kind.split(";")[0], url
    paths = {urlsplit(url).path for url in seen}
    assert {
        "/ogc/conformance", "/ogc/api", "/ogc/collections", "/ogc/collections/cell/items",
        "/ogc/tileMatrixSets", f"/ogc/tiles/{QUAD}", f"/ogc/collections/incidents/tiles/{QUAD}",
    } <= paths  # fmt: skip


def test_every_document_leads_to_itself_and_to_its_other_form(
    client: FlaskClient, collections: list[dict[str, Any]]
) -> None:
    """Core: root-success, fc-md-links, fc-md-items-links, fc-links, f-links: self and alternate."""
    paths = ["/", "/collections"]
    for one in collections:
        items = f"/collections/{one['id']}/items"
        first = [f"{items}/{x['id']}" for x in get(client, items, limit="1")["features"]]
        paths += [f"/collections/{one['id']}", items, *first]
    for path in paths:
        answer = client.get(f"/ogc{path}")
        links = {one["rel"]: one for one in answer.json["links"]}
        assert links["self"]["type"] == answer.mimetype, path
        assert links["alternate"]["type"] == "text/html", path
        assert client.get(links["alternate"]["href"]).mimetype == "text/html", path


def test_each_abstract_test_is_one_that_is_here() -> None:
    """The table of docs/ogc-conformance.md names tests that there are."""
    text = (ROOT / "docs" / "ogc-conformance.md").read_text(encoding="utf-8")
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| `/")]
    named = [name for row in rows for name in re.findall(r"`(test_\w+\.py)::(test_\w+)`", row[1])]
    assert len(rows) > 60
    assert all("`test_" in row[1] for row in rows)
    folder = Path(__file__).parent
    for file in {file for file, _ in named}:
        there = set(re.findall(r"^def (test_\w+)", (folder / file).read_text(), re.MULTILINE))
        assert {name for one, name in named if one == file} <= there, file


def test_whatever_is_got_can_be_asked_for_its_head_alone(client: FlaskClient) -> None:
    """Core: http. The head says what the answer would be."""
    for path in ("/", "/api", "/collections", "/collections/cell/items", "/tiles"):
        head, whole = client.head(f"/ogc{path}"), client.get(f"/ogc{path}")
        assert (head.status_code, head.data) == (200, b"")
        assert head.content_type == whole.content_type


def test_what_is_declared_is_what_is_tested() -> None:
    declared = {_FEATURES.format(1, name) for name in ("core", "geojson", "html", "oas30")}
    declared |= {_FEATURES.format(2, "crs")}
    declared |= {
        _TILES + name
        for name in (
            "core", "tileset", "tilesets-list", "dataset-tilesets", "geodata-tilesets", "mvt",
        )
    }  # fmt: skip
    assert set(CONFORMANCE) == declared


def test_the_api_document_defines_each_parameter_as_the_standard_has_it(
    client: FlaskClient, collections: list[dict[str, Any]]
) -> None:
    """Core: fc-bbox-, fc-limit-, fc-time-definition; CRS: bbox-crs-, crs-definition; oas30."""
    spec = get(client, "/api")
    openapi.from_dict(spec).validate()
    shared = spec["components"]["parameters"]

    def parameters(path: str) -> dict[str, dict[str, Any]]:
        told = spec["paths"][path]["get"]["parameters"]
        found = [shared[x["$ref"].rpartition("/")[2]] if "$ref" in x else x for x in told]
        return {one["name"]: one for one in found}

    for one in collections:
        path = f"/collections/{one['id']}"
        items = parameters(f"{path}/items")
        for name in ("bbox", "datetime", "limit", "crs", "bbox-crs"):
            assert items[name]["in"] == "query"
            assert items[name]["required"] is False
            assert (items[name]["style"], items[name]["explode"]) == ("form", False)
        assert items["datetime"]["schema"]["type"] == "string"
        assert items["limit"]["schema"]["type"] == "integer"
        box = items["bbox"]["schema"]
        assert box["type"] == "array"
        assert {(x["minItems"], x["maxItems"]) for x in box["oneOf"]} == {(4, 4), (6, 6)}
        item = parameters(f"{path}/items/{{featureId}}")
        assert (item["featureId"]["in"], item["featureId"]["required"]) == ("path", True)
        assert "crs" in item
        for names in (items, item):
            for name in {"crs", "bbox-crs"} & set(names):
                assert names[name]["schema"]["format"] == "uri"
                assert names[name]["schema"]["default"] == CRS84
        tile = parameters(f"{path}/tiles/{QUAD}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}")
        assert all(tile[x]["required"] for x in ("tileMatrix", "tileRow", "tileCol"))
        # What is defined is answered: the value that is used if it is left out, too.
        plain = get(client, f"{path}/items")
        given = {"limit": str(items["limit"]["schema"]["default"]), "crs": CRS84}
        told = get(client, f"{path}/items", **given, **{"bbox-crs": CRS84})
        assert told["features"] == plain["features"]
    assert spec["security"] == [{"token": []}]
    assert spec["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for path, methods in spec["paths"].items():
        answers = set(methods["get"]["responses"])
        assert {"200", "400", "401", "404"} <= answers, path


def test_every_collection_says_in_which_crs_it_is_kept_and_given(
    client: FlaskClient, collections: list[dict[str, Any]]
) -> None:
    """CRS: crs-uri, fc-md-crs-list, fc-md-storageCrs, crs-default-value, good-crs-header."""
    for one in collections:
        alone = get(client, f"/collections/{one['id']}")
        assert alone["crs"][0] == CRS84
        assert alone["storageCrs"] in alone["crs"]
        assert len(alone["crs"]) == len(set(alone["crs"]))
        for uri in alone["crs"]:
            assert re.fullmatch(r"http://www\.opengis\.net/def/crs/\w+/[\d.]+/\w+", uri)
            answer = client.get(f"/ogc/collections/{one['id']}/items", query_string={"crs": uri})
            assert answer.headers["Content-Crs"] == f"<{uri}>"
        assert alone["extent"]["spatial"]["crs"] == CRS84
        assert alone["extent"]["temporal"]["trs"].endswith("/Gregorian")


def test_every_feature_is_geojson_within_the_extent_that_is_told(
    client: FlaskClient, collections: list[dict[str, Any]]
) -> None:
    """GeoJSON: content; Core: fc-md-extent, fc-response. Rings keep to the right-hand rule."""
    for one in collections:
        extent = shapely.box(*one["extent"]["spatial"]["bbox"][0])
        found = get(client, f"/collections/{one['id']}/items")
        assert found["type"] == "FeatureCollection"
        for feature in found["features"]:
            assert set(feature) >= {"type", "id", "geometry", "properties"}
            assert feature["type"] == "Feature"
            if feature["geometry"] is None:
                continue
            shape = shapely.from_geojson(json.dumps(feature["geometry"]))
            assert shapely.covers(extent, shape)
            for part in shapely.get_parts([shape]):
                if part.geom_type == "Polygon":
                    assert part.exterior.is_ccw
                    assert not any(ring.is_ccw for ring in part.interiors)


def test_every_tileset_says_all_that_a_client_needs(
    client: FlaskClient, collections: list[dict[str, Any]]
) -> None:
    """Tiles: tilesets-list, tileset, dataset- and geodata-tilesets: tms, limits, links, layers."""
    for path in ("/tiles", *(f"/collections/{one['id']}/tiles" for one in collections)):
        (listed,) = get(client, path)["tilesets"]
        alone = get(client, f"{path}/{QUAD}")
        assert alone == listed
        assert alone["dataType"] == "vector"
        assert alone["tileMatrixSetURI"] == QUAD_URI
        assert alone["crs"] == "http://www.opengis.net/def/crs/EPSG/0/3857"
        rels = {one["rel"].rpartition("/")[2] for one in alone["links"]}
        assert rels == {"self", "tiling-scheme", "item"}
        assert all(one["dataType"] == "vector" for one in alone["layers"])
        matrices = {one["id"] for one in get(client, f"/tileMatrixSets/{QUAD}")["tileMatrices"]}
        for limit in alone["tileMatrixSetLimits"]:
            assert limit["tileMatrix"] in matrices
            assert 0 <= limit["minTileRow"] <= limit["maxTileRow"] < 2 ** int(limit["tileMatrix"])
        # Within its limits a tile is there or empty, beyond them there is none.
        zoom, last = limit["tileMatrix"], limit["maxTileRow"]
        base = f"/ogc{path}/{QUAD}/{zoom}"
        assert client.get(f"{base}/{last}/0").status_code == 204
        assert client.get(f"{base}/{last + 1}/0").status_code == 404
        assert client.get(f"/ogc{path}/{QUAD}/24/0/0").status_code == 404
