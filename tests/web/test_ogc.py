"""OGC API - Features: the abstract tests of Part 1 (Core, GeoJSON, HTML, OpenAPI) and Part 2.

The tests are those of Annex A of OGC 17-069r4 and 18-058r1, as far as a program can decide them,
in a form of our own. A real client asks in test_ogc_client.py.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import numpy as np
import pytest
import shapely
from apiflask import APIFlask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from schemathesis import openapi
from werkzeug.test import TestResponse

from app.accounts import Permission, Role
from app.grids import City
from app.open.references import CRS84, references_of
from app.store import Database
from tests.web.signing import PASSWORD, ROOT, production, token

BASE = "/ogc"
GRIDS = ["town", "cell", "campus"]
COLLECTIONS = [*GRIDS, "incidents", "statistics-town", "statistics-cell"]
PLACES = [(104.505, 30.405), (104.515, 30.405), (104.525, 30.415), (104.535, 30.405)]
DAYS = ["2026-05-01", "2026-05-02", "2026-05-03", "2026-05-04"]
CONTACT = "138-0000-4711"


@pytest.fixture(scope="module")
def real(
    board: City, prepared_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[APIFlask]:
    folder = tmp_path_factory.mktemp("ogc")
    shutil.copy(prepared_sqlite, folder / "weige.db")
    database = Database(f"sqlite:///{folder / 'weige.db'}")
    with production(board, database, folder) as app:
        yield app
    database.close()


@pytest.fixture(scope="module")
def boss(real: APIFlask) -> FlaskClient:
    client = real.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = token(real, "boss")["Authorization"]
    return client


@pytest.fixture(scope="module")
def numbers(boss: FlaskClient) -> list[str]:
    """Return the numbers of five incidents; the last has no point."""
    made = []
    for (lon, lat), day in zip(PLACES, DAYS, strict=True):
        made.append({"lon": lon, "lat": lat, "occurred_at": f"{day}T12:00:00+08:00"})
    made.append({"address": "某处", "occurred_at": "2026-05-05T12:00:00+08:00"})
    draft = {"hazard": "gas.leak", "title": "t", "reporter_contact": CONTACT, "reporter_name": "甲"}
    found = []
    for one in made:
        answer = boss.post("/api/incidents", json=draft | one)
        assert answer.status_code == 201, answer.text
        found.append(answer.json["incident"]["number"])
    return found


@pytest.fixture
def client(boss: FlaskClient, numbers: list[str]) -> FlaskClient:
    assert numbers
    return boss


LONLAT_OF_METRES = Transformer.from_crs("EPSG:4544", "EPSG:4326", always_xy=True)


def get(client: FlaskClient, path: str, **query: Any) -> TestResponse:
    answer = client.get(f"{BASE}{path}", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer


def ids(client: FlaskClient, ident: str, **query: Any) -> list[str]:
    query = {name.replace("_", "-"): value for name, value in query.items()}
    told = get(client, f"/collections/{ident}/items", **query).json
    assert told["numberReturned"] == len(told["features"])
    return [one["id"] for one in told["features"]]


def link(document: dict[str, Any], rel: str) -> str | None:
    return next((one["href"] for one in document["links"] if one["rel"] == rel), None)


def is_refused(answer: TestResponse, status: int, *words: str) -> None:
    """Both shapes of an error say the same."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/json"
    told = answer.json
    assert told["code"] == told["error"]["code"]
    assert told["error"]["message"].rstrip(".") in told["description"]
    for word in words:
        assert word in told["description"]


def test_the_landing_page_leads_to_everything(client: FlaskClient) -> None:
    for path in ("", "/"):
        page = get(client, path).json
        assert page["title"]
        rels = {one["rel"] for one in page["links"]}
        assert {"self", "alternate", "service-desc", "service-doc", "conformance", "data"} <= rels
        for one in page["links"]:
            answer = client.get(one["href"])
            assert answer.status_code == 200, one
            assert answer.mimetype == one["type"].split(";")[0], one
        assert page["synthetic"]


def test_it_declares_what_it_conforms_to(client: FlaskClient) -> None:
    told = get(client, "/conformance").json["conformsTo"]
    for name in ("core", "geojson", "html", "oas30"):
        assert f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" in told
    assert "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs" in told


def test_the_api_document_has_every_path_and_parameter_that_is_answered(
    client: FlaskClient,
) -> None:
    answer = get(client, "/api")
    assert answer.content_type == "application/vnd.oai.openapi+json;version=3.0"
    spec = answer.json
    assert spec["openapi"].startswith("3.0.")
    openapi.from_dict(spec).validate()
    for path, methods in spec["paths"].items():
        names = [one.get("$ref", "").rpartition("/")[2] for one in methods["get"]["parameters"]]
        assert set(names) <= {*spec["components"]["parameters"], ""}
        if "{" not in path:
            assert client.get(BASE + path).status_code == 200, path
            # Whatever else is asked for is refused.
            is_refused(client.get(f"{BASE}{path}?nothing=1"), 400, "'nothing'", "allowed are")
    for ident in COLLECTIONS:
        assert f"/collections/{ident}/items/{{featureId}}" in spec["paths"]
    limit = spec["components"]["parameters"]["limit"]["schema"]
    assert limit == {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 100}
    box = spec["components"]["parameters"]["bbox"]
    assert box["schema"]["items"] == {"type": "number"}
    assert (box["style"], box["explode"], box["required"]) == ("form", False, False)
    ids = [one["get"]["operationId"] for one in spec["paths"].values()]
    assert len(ids) == len(set(ids))
    zh = client.get(f"{BASE}/api", headers={"Accept-Language": "zh"}).json
    assert "坐标系" in zh["components"]["parameters"]["crs"]["description"]


def test_the_collections_are_described(board: City, client: FlaskClient) -> None:
    told = get(client, "/collections").json
    assert [one["id"] for one in told["collections"]] == COLLECTIONS
    uris = list(references_of(board))
    assert told["crs"] == uris
    for one in told["collections"]:
        alone = get(client, f"/collections/{one['id']}").json
        assert alone["crs"] == uris
        assert {k: v for k, v in alone.items() if k not in {"crs", "links"}} == {
            k: v for k, v in one.items() if k not in {"crs", "links"}
        }
        assert one["crs"] == ["#/crs"]
        assert one["storageCrs"] == CRS84
        assert one["itemType"] == "feature"
        assert {"title", "description", "extent"} <= set(one)
        west, south, east, north = one["extent"]["spatial"]["bbox"][0]
        assert one["extent"]["spatial"]["crs"] == CRS84
        assert west < east
        assert south < north
        items = [x for x in one["links"] if x["rel"] == "items"]
        assert {x["type"] for x in items} == {"application/geo+json", "text/html"}
        assert client.get(items[0]["href"]).mimetype == "application/geo+json"
    (begins, ends) = told["collections"][0]["extent"]["temporal"]["interval"][0]
    assert (begins, ends) == ("2025-12-31T16:00:00Z", None)


@pytest.mark.parametrize("ident", COLLECTIONS)
def test_features_come_as_geojson(client: FlaskClient, ident: str) -> None:
    answer = get(client, f"/collections/{ident}/items")
    assert answer.content_type == "application/geo+json"
    assert answer.headers["Content-Crs"] == f"<{CRS84}>"
    told = answer.json
    assert told["type"] == "FeatureCollection"
    assert told["numberMatched"] == told["numberReturned"] == len(told["features"]) > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["timeStamp"])
    assert client.get(link(told, "self") or "").json["features"] == told["features"]
    for one in told["features"]:
        assert one["type"] == "Feature"
        alone = get(client, f"/collections/{ident}/items/{one['id']}")
        assert alone.content_type == "application/geo+json"
        assert alone.headers["Content-Crs"] == f"<{CRS84}>"
        assert {k: v for k, v in alone.json.items() if k != "links"} == one
        assert (link(alone.json, "self") or "").endswith(f"{ident}/items/{one['id']}")
        assert (link(alone.json, "collection") or "").endswith(f"/collections/{ident}")
    assert CONTACT not in answer.text
    assert "甲" not in answer.text


@pytest.mark.parametrize("ident", GRIDS)
def test_grids_are_those_of_the_city(board: City, client: FlaskClient, ident: str) -> None:
    layer = board.layer(ident)
    told = get(client, f"/collections/{ident}/items").json["features"]
    assert [one["id"] for one in told] == layer.codes.tolist()
    for one, shape, name in zip(told, layer.geometry, layer.names, strict=True):
        read = shapely.from_geojson(json.dumps(one["geometry"]))
        assert shapely.to_wkb(read) == shapely.to_wkb(shapely.orient_polygons(shape))
        assert one["properties"]["name"] == name
        assert one["properties"]["generation"] == "1"


@pytest.mark.parametrize("ident", COLLECTIONS)
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_hold_every_feature_once_there_and_back(
    client: FlaskClient, ident: str, limit: int
) -> None:
    every = ids(client, ident)
    url: str | None = f"{BASE}/collections/{ident}/items?limit={limit}"
    seen: list[str] = []
    pages = []
    while url:
        told = client.get(url).json
        assert len(told["features"]) <= limit
        assert told["numberMatched"] == len(every)
        seen += [one["id"] for one in told["features"]]
        pages.append((link(told, "self"), [one["id"] for one in told["features"]]))
        assert (link(told, "prev") is None) == (len(pages) == 1)
        url = link(told, "next")
    assert seen == every
    back = []
    url = pages[-1][0]
    while url:
        told = client.get(url).json
        back = [one["id"] for one in told["features"]] + back
        url = link(told, "prev")
    assert back == every


def test_a_next_link_keeps_to_what_was_asked(client: FlaskClient) -> None:
    crs = "http://www.opengis.net/def/crs/EPSG/0/4490"
    told = get(
        client, "/collections/cell/items", limit=1, bbox="104.5,30.4,104.515,30.415", crs=crs
    ).json
    url = link(told, "next") or ""
    query = parse_qs(urlsplit(url).query)
    assert query["generation"] == ["1"]
    assert query["crs"] == [crs]
    answer = client.get(url)
    assert answer.headers["Content-Crs"] == f"<{crs}>"
    assert answer.json["numberMatched"] == told["numberMatched"] == 4


def test_an_incident_that_comes_meanwhile_moves_no_page(client: FlaskClient) -> None:
    """Pages go on after a feature, not after so many."""
    first = get(client, "/collections/incidents/items", limit=2, hazard="gas").json
    rest = client.get((link(first, "next") or "").replace("limit=2", "limit=100")).json
    assert [one["id"] for one in first["features"] + rest["features"]] == ids(client, "incidents")
    assert not set(first["features"][0]) & {"reporter_name"}


def test_a_limit_above_the_most_is_the_most(client: FlaskClient) -> None:
    for limit in (10_001, 9_999_999_999, "0" * 20 + "9" * 5000):
        assert len(ids(client, "cell", limit=limit)) == 8


@pytest.mark.parametrize(
    ("box", "cells", "at"),
    [
        ("104.501,30.401,104.502,30.402", ["A1"], []),
        ("104.501,30.401,5,104.502,30.402,6", ["A1"], []),
        ("104.505,30.405,104.515,30.405", ["A1", "A2"], [0, 1]),
        ("104.51,30.41,104.51,30.41", ["A1", "A2", "A3", "A4"], []),
        ("0,0,1,1", [], []),
        ("-180,-90,180,90", ["A1", "A2", "A3", "A4", "B1", "B2", "B3", "B4"], [0, 1, 2, 3]),
        ("104.53,30,-170,31", ["B1", "B2", "B3", "B4"], [3]),
    ],
)
def test_a_box_limits(
    client: FlaskClient, numbers: list[str], box: str, cells: list[str], at: list[int]
) -> None:
    assert ids(client, "cell", bbox=box) == cells
    assert ids(client, "statistics-cell", bbox=box) == cells
    # Without a point it lies in no box.
    assert ids(client, "incidents", bbox=box) == [numbers[one] for one in at]


def test_a_box_in_another_crs_limits_alike(
    board: City, client: FlaskClient, numbers: list[str]
) -> None:
    _, degrees, metres = references_of(board).values()
    assert ids(client, "cell", bbox="30.401,104.501,30.402,104.502", bbox_crs=degrees.uri) == ["A1"]
    asked = np.array([shapely.box(104.504, 30.404, 104.516, 30.406)])
    west, south, east, north = shapely.bounds(metres.flat(asked))[0]
    box = f"{south},{west},{north},{east}"
    assert ids(client, "cell", bbox=box, bbox_crs=metres.uri) == ["A1", "A2"]
    assert ids(client, "incidents", bbox=box, bbox_crs=metres.uri) == numbers[:2]
    one = get(
        client, "/collections/incidents/items",
        **{"bbox": box, "bbox-crs": metres.uri, "limit": 1},
    ).json  # fmt: skip
    assert one["numberMatched"] == 2
    two = client.get(link(one, "next") or "").json
    assert [x["id"] for x in one["features"] + two["features"]] == numbers[:2]
    assert link(two, "next") is None
    assert client.get(link(two, "prev") or "").json["features"] == one["features"]


def test_a_time_limits(client: FlaskClient, numbers: list[str]) -> None:
    noon = "2026-05-02T12:00:00+08:00"
    asked: dict[str, list[int]] = {
        noon: [1],
        "2026-05-02T04:00:00Z": [1],
        "2026-05-02": [1],
        f"{noon}/..": [1, 2, 3, 4],
        f"../{noon}": [0, 1],
        # An end that is left empty is open as well.
        f"{noon}/": [1, 2, 3, 4],
        f"/{noon}": [0, 1],
        f"{noon}/2026-05-03T12:00:00+08:00": [1, 2],
        "2026-05-02T12:00:01+08:00/2026-05-03T11:59:59+08:00": [],
        "2026-05-03/2026-05-04": [2, 3],
    }
    for text, at in asked.items():
        assert ids(client, "incidents", datetime=text) == [numbers[one] for one in at], text
        if at and "T" not in text:
            told = get(client, "/collections/statistics-town/items", datetime=text).json
            assert sum(one["properties"]["count"] for one in told["features"]) == len(at)
    # The edition holds from the beginning of 2026 on.
    assert ids(client, "town", datetime="2026-05-01") == ["A", "B"]
    assert ids(client, "town", datetime="2025-12-31") == []
    assert ids(client, "town", datetime="../2026-01-01") == ["A", "B"]
    assert ids(client, "town", datetime="../2025-12-31T15:59:59Z") == []
    for text in ("../..", "0001-01-01/9999-12-31", "0001-01-01T00:00:00+14:00/.."):
        assert ids(client, "incidents", datetime=text) == numbers, text
        told = get(client, "/collections/statistics-town/items", datetime=text).json
        assert sum(one["properties"]["count"] for one in told["features"]) == len(numbers) - 1, text
    for text in ("0001-01-01", "9999-12-31T23:59:59-12:00"):
        assert ids(client, "incidents", datetime=text) == []
        get(client, "/collections/statistics-town/items", datetime=text)


def test_figures_are_those_of_the_api(client: FlaskClient) -> None:
    period = "2026-05-01/2026-05-04"
    query = {"datetime": period, "hazard": "gas"}
    told = get(client, "/collections/statistics-cell/items", **query).json["features"]
    for measure, name in (("count", "count"), ("per_km2", "per_km2")):
        path = f"/api/stats?level=cell&hazard=gas&from=2026-05-01&to=2026-05-05&measure={measure}"
        grids = client.get(path).json["grids"]
        assert [one["id"] for one in told] == grids["code"]
        values = [one["properties"][name] for one in told]
        assert values == pytest.approx(grids["value"], rel=1e-7)
    assert sum(one["properties"]["count"] for one in told) == 4
    assert told[0]["properties"]["period_to"] == "2026-05-05T00:00:00+08:00"


def test_coordinates_come_in_every_crs_that_is_listed(board: City, client: FlaskClient) -> None:
    for ident in COLLECTIONS:
        for reference in references_of(board).values():
            answer = get(client, f"/collections/{ident}/items", crs=reference.uri, limit=1)
            assert answer.headers["Content-Crs"] == f"<{reference.uri}>"
            (one,) = answer.json["features"]
            path = f"/collections/{ident}/items/{one['id']}"
            alone = get(client, path, crs=reference.uri)
            assert alone.headers["Content-Crs"] == f"<{reference.uri}>"
            assert alone.json["geometry"] == one["geometry"]
            plain = get(client, path).json["geometry"]
            found = shapely.get_coordinates(shapely.from_geojson(json.dumps(one["geometry"])))
            kept = shapely.get_coordinates(shapely.from_geojson(json.dumps(plain)))
            if reference.code == "EPSG:4490":
                assert found.tobytes() == kept[:, ::-1].tobytes()
            elif reference.projected:
                # Northing first.
                assert (found[:, 0] > 3e6).all()
                assert (found[:, 1] < 1e6).all()
                back = np.column_stack(LONLAT_OF_METRES.transform(found[:, 1], found[:, 0]))
                np.testing.assert_allclose(back, kept, rtol=0, atol=1e-11)


def test_a_box_without_its_crs_is_one_in_crs84(client: FlaskClient) -> None:
    box = "104.501,30.401,104.502,30.402"
    for ident in ("cell", "incidents"):
        assert ids(client, ident, bbox=box, bbox_crs=CRS84) == ids(client, ident, bbox=box)
        swapped = "30.401,104.501,30.402,104.502"
        answer = client.get(f"{BASE}/collections/{ident}/items?bbox={swapped}")
        assert answer.status_code == 400 or not answer.json["features"]


ITEMS = "/collections/{}/items"
BAD = [
    ("limit=0", "limit is '0'"),
    ("limit=-1", "limit"),
    ("limit=x", "limit"),
    ("limit=1.5", "limit"),
    ("limit=1&limit=2", "limit is given 2 times"),
    ("bbox=1,2,3", "bbox is"),
    ("bbox=", "bbox is"),
    ("bbox=104,31,105,30", "lower"),
    ("bbox-crs=http://www.opengis.net/def/crs/EPSG/0/1", "bbox-crs is"),
    ("crs=http://www.opengis.net/def/crs/0/unknown", "crs is"),
    ("crs=EPSG:4544", "allowed are http://www.opengis.net/def/crs/OGC/1.3/CRS84"),
    ("datetime=yesterday", "datetime is"),
    ("datetime=2026-05-01/2026-04-01", "datetime is"),
    ("after=1&before=2", "after and before"),
    ("nothing=1", "'nothing' is not known here"),
    ("LIMIT=1", "'LIMIT' is not known here"),
    ("f=xml", "f is 'xml'"),
]


@pytest.mark.parametrize(("query", "words"), BAD)
def test_what_cannot_be_used_is_400(client: FlaskClient, query: str, words: str) -> None:
    for ident in ("cell", "incidents", "statistics-cell"):
        is_refused(client.get(f"{BASE}{ITEMS.format(ident)}?{query}"), 400, words)
    if query.startswith(("crs=", "f=", "nothing=")):
        is_refused(client.get(f"{BASE}/collections/cell/items/A1?{query}"), 400, words)


def test_what_a_collection_does_not_take_is_400(client: FlaskClient) -> None:
    is_refused(client.get(f"{BASE}/collections/cell/items?hazard=gas"), 400, "'hazard'")
    is_refused(client.get(f"{BASE}/collections/cell/items/A1?bbox=1,2,3,4"), 400, "'bbox'")
    is_refused(client.get(f"{BASE}/collections/incidents/items?generation=1"), 400, "generation")
    for text in ("x", "-1", "9" * 30, "٣"):
        path = f"{BASE}/collections/incidents/items"
        is_refused(client.get(path, query_string={"after": text}), 400, "after is")
    for ident in ("incidents", "statistics-cell"):
        path = f"{BASE}/collections/{ident}/items?hazard=dragons"
        answer = client.get(path)
        assert answer.status_code in {400, 404}
        is_refused(answer, answer.status_code, "dragons")


def test_what_is_not_there_is_404(client: FlaskClient) -> None:
    is_refused(client.get(f"{BASE}/collections/none"), 404, "'none'", "town")
    is_refused(client.get(f"{BASE}/collections/none/items"), 404, "'none'")
    for ident in COLLECTIONS:
        is_refused(client.get(f"{BASE}/collections/{ident}/items/none"), 404, "none")
    # A campus is no town, though it has a code.
    is_refused(client.get(f"{BASE}/collections/town/items/K"), 404, "'K'")
    is_refused(client.get(f"{BASE}/collections/cell/items?generation=9"), 404, "'9'")


def test_nothing_can_be_changed(client: FlaskClient) -> None:
    is_refused(client.get(f"{BASE}/nothing"), 404, "/ogc/nothing")
    for path in ("/", "/collections/cell/items", "/collections/cell/items/A1"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            is_refused(client.open(BASE + path, method=method), 405)


def test_errors_speak_chinese(client: FlaskClient) -> None:
    answer = client.get(f"{BASE}/collections/cell/items?limit=0", headers={"Accept-Language": "zh"})
    is_refused(answer, 400, "应为不小于 1 的整数")


def test_nobody_is_told_anything(real: APIFlask) -> None:
    for path in ("/", "/api", "/collections/incidents/items", "/collections/town/items/A"):
        is_refused(real.test_client().get(BASE + path), 401, "Bearer")


@pytest.mark.parametrize(
    ("area", "towns", "cells", "incidents"),
    [
        ("A", ["A"], ["A1", "A2", "A3", "A4"], [0, 1]),
        ("A2", [], ["A2"], [1]),
    ],
)
def test_an_account_of_an_area_gets_its_own_and_no_figures_of_what_lies_around(
    real: APIFlask, numbers: list[str], area: str, towns: list[str], cells: list[str],
    incidents: list[int],
) -> None:  # fmt: skip
    """A town holds more than a cell of it: its figures are not for who sees the cell."""
    service, name = real.extensions["weige"], f"of-{area.lower()}"
    service.accounts.create(ROOT, name, PASSWORD, Role.TOWN_ADMIN, area)
    client = real.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = token(real, name, Permission.VIEW)["Authorization"]
    assert ids(client, "statistics-town") == towns
    assert ids(client, "statistics-cell") == cells
    told = get(client, "/collections/statistics-cell/items", datetime="../..").json["features"]
    assert sum(one["properties"]["count"] for one in told) == len(incidents)
    assert ids(client, "incidents") == [numbers[one] for one in incidents]
    for ident, codes in (("town", ["A", "B"]), ("cell", ["A1", "A2", "B1"])):
        seen = towns if ident == "town" else cells
        for code in codes:
            answer = client.get(f"{BASE}/collections/statistics-{ident}/items/{code}")
            assert answer.status_code == (200 if code in seen else 404), code
    # Boundaries are no secret.
    assert ids(client, "town") == ["A", "B"]


@pytest.mark.parametrize(
    "path",
    [
        "/", "/conformance", "/api", "/collections", "/collections/cell",
        "/collections/cell/items", "/collections/incidents/items", "/collections/cell/items/A1",
    ],
)  # fmt: skip
def test_every_document_is_a_page_as_well(client: FlaskClient, path: str) -> None:
    asked = client.get(f"{BASE}{path}?f=html")
    preferred = client.get(BASE + path, headers={"Accept": "text/html,*/*;q=0.8"})
    for answer in (asked, preferred):
        assert answer.status_code == 200
        assert answer.mimetype == "text/html"
        assert "<!doctype html>" in answer.text
        assert "Accept" in answer.headers["Vary"]
    for href in re.findall(r'<a[^>]* href="([^"]+)"', asked.text):
        if "/ogc" in href:
            assert client.get(href.replace("&amp;", "&")).status_code == 200, href
    if path.endswith("A1"):
        assert "格A1" in asked.text
    insists = client.get(f"{BASE}{path}?f=json", headers={"Accept": "text/html"})
    assert "json" in insists.mimetype


ODD = st.sampled_from(
    ["", "\x00", "nan", "1e999", "9" * 30, "٣", "A1", "gas", "-1", "../..", "104.5,30.4,104.6,30.5"]
)
TEXT = ODD | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = st.sampled_from(
    ["bbox", "bbox-crs", "crs", "datetime", "limit", "after", "before", "hazard", "generation", "f"]
)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    path=st.sampled_from(["incidents/items", "cell/items", "statistics-cell/items"])
    | st.builds("{}/items/{}".format, st.sampled_from(COLLECTIONS), TEXT)
    | TEXT,
    query=st.dictionaries(NAMES, TEXT, max_size=3),
)
def test_whatever_is_asked_is_answered_or_refused(
    client: FlaskClient, path: str, query: dict[str, str]
) -> None:
    answer = client.get(f"{BASE}/collections/{quote(path)}", query_string=query)
    assert answer.status_code in {200, 400, 404}
    if answer.status_code != 200:
        is_refused(answer, answer.status_code)
