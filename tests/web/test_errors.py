"""Every error of every route has one shape, quotes the bad value and leaks nothing."""

from __future__ import annotations

from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

JSON = {"content_type": "application/json"}
POINTS = {"json": {"points": []}}
DRAFT = {"hazard": "gas", "title": "x"}
WANTS_JSON = {"environ_overrides": {"HTTP_ACCEPT": "application/json"}}
FOREIGN = {"environ_overrides": {"HTTP_ORIGIN": "https://other.example"}}
BAD = [
    ("GET", "/api/locate", {}, 400, ["lon is missing", "lat is missing"]),
    ("GET", "/api/locate?lon=abc&lat=3", {}, 400, ["'abc'"]),
    ("GET", "/api/locate?lon=nan&lat=3", {}, 400, ["nan"]),
    ("GET", "/api/locate?lon=inf&lat=3", {}, 400, ["inf"]),
    ("GET", "/api/locate?lon=500&lat=3", {}, 400, ["500"]),
    ("GET", "/api/locate?lon=30.4&lat=104.5", {}, 400, ["30.4", "104.5"]),
    ("GET", "/api/locate?lon=104.5&lat=30.4&datum=utm", {}, 400, ["'utm'", "gcj02"]),
    ("GET", "/api/locate?lon=104.5&lat=30.4&accuracy_m=-1", {}, 400, ["-1"]),
    ("GET", "/api/locate?lon=104.5&lat=30.4&acuracy=5", {}, 400, ["acuracy"]),
    ("GET", "/api/locate?lon=1_0_4&lat=3", {}, 400, ["lon is '1_0_4'", "decimal"]),
    ("GET", "/api/locate?lon=１０４&lat=3", {}, 400, ["lon is '１０４'", "decimal"]),
    ("GET", "/api/locate?lon=104.5&lat=30.4&accuracy_m=1_0", {}, 400, ["accuracy_m is '1_0'"]),
    ("GET", "/api/locate?lon=104.5&lon=30&lat=30", {}, 400, ["lon", "2 times", "'104.5', '30'"]),
    ("GET", "/api/locate?lon=-180&lat=-90&datum=bd09", {}, 400, ["as bd09: "]),
    ("POST", "/api/locate?x=1", POINTS, 400, ["x is not known", "'1'"]),
    ("POST", "/api/locate", {**JSON, "data": "{"}, 400, ["Expecting", "line 1 column 2", "ends"]),
    ("POST", "/api/locate", {**JSON, "data": '{"a":\n1 2}'}, 400, ["line 2 column 3", "'2}'"]),
    ("POST", "/api/locate", {**JSON, "data": ""}, 400, ["the body is empty"]),
    ("POST", "/api/locate", {**JSON, "data": '{"a":"简'.encode("gbk")}, 400,
     ["not UTF-8", "byte 7", "xbc"]),
    ("POST", "/api/locate", {**JSON, "data": "[" * 200_000}, 400, ["nested too deeply", "[[["]),
    ("POST", "/api/locate", {**JSON, "data": '{"points":[],"points":[]}'}, 400, ["'points' twice"]),
    ("POST", "/api/locate", {**JSON, "data": "9" * 5000}, 400, ["the body is inf"]),
    ("POST", "/api/locate", {**JSON, "data": "null"}, 400, ["the body is None", "an object"]),
    ("POST", "/api/locate", {**JSON, "data": '{"\\ud800":1}'}, 400, ["the body has", "ud800"]),
    ("POST", "/api/locate", {"json": []}, 400, ["the body is []", "an object"]),
    ("POST", "/api/locate", {"json": 1}, 400, ["the body is 1", "an object"]),
    ("POST", "/api/locate", {"json": "x"}, 400, ["the body is 'x'", "an object"]),
    ("POST", "/api/locate", {"json": {"points": [], "accuracy_m": "10"}}, 400,
     ["accuracy_m is '10'", "a number"]),
    ("POST", "/api/locate", {"json": {"points": [], "accuracy_m": True}}, 400, ["True"]),
    ("POST", "/api/locate", {"json": {"points": [{"x": 1}] * 5}}, 400, ["points.4.x", "lon, lat"]),
    ("POST", "/api/locate", {"json": {"points": [1] * 9000}}, 400, ["points.4", "8995 more"]),
    ("POST", "/api/locate", {"data": "{}"}, 415, ["missing", "application/json"]),
    ("POST", "/api/locate", {"data": "{}", "content_type": "text/plain"}, 415, ["'text/plain'"]),
    ("POST", "/api/locate", {"data": "{}", "content_type": "application/json; charset=gbk"}, 415,
     ["charset=gbk", "UTF-8"]),
    ("POST", "/api/locate", {**JSON, "data": b"", "environ_overrides":
     {"HTTP_CONTENT_ENCODING": "gzip"}}, 415, ["'gzip'"]),
    ("POST", "/api/locate", {"json": {}}, 400, ["points is missing"]),
    ("POST", "/api/locate", {"json": {"points": 5}}, 400, ["points is 5"]),
    ("POST", "/api/locate", {"json": {"points": [7]}}, 400, ["7"]),
    ("POST", "/api/locate", {"json": {"points": [{"lng": 1}]}}, 400, ["lng"]),
    ("POST", "/api/locate", {"json": {"points": [{}] * 6}}, 413, ["6 points", "5"]),
    ("POST", "/api/locate", {"json": {"points": [], "datum": "x"}}, 400, ["'x'"]),
    ("POST", "/api/locate", {**JSON, "data": b"0" * 5_000_000}, 413, ["too large"]),
    ("GET", "/api/grids", {}, 400, ["level is missing"]),
    ("GET", "/api/grids?level=street", {}, 404, ["'street'", "'cell'"]),
    ("GET", "/api/grids?level=cell&bbox=1,2,3", {}, 400, ["1,2,3"]),
    ("GET", "/api/grids?level=cell&bbox=3,2,1,4", {}, 400, ["3,2,1,4"]),
    ("GET", "/api/grids?level=cell&bbox=nan,2,3,4", {}, 400, ["nan,2,3,4"]),
    ("GET", "/api/grids?level=cell", {}, 413, ["8"]),
    ("GET", "/api/grids/Z9", {}, 404, ["'Z9'"]),
    ("GET", "/api/cities/x/quality", {}, 404, ["'x'", "'demo'"]),
    ("GET", "/api/cities/x/quality.html", {}, 404, ["'x'", "'demo'"]),
    ("GET", "/api/cities/x/generations", {}, 404, ["'x'", "'demo'"]),
    ("GET", "/api/cities/demo/diff?from=1&to=9", {}, 404, ["no generation '9'", "['1']"]),
    ("GET", "/api/cities/demo/download?level=cell&format=doc", {}, 400, ["'doc'", "'gpkg'"]),
    ("GET", "/api/grid-names?q=x&limit=99", {}, 400, ["limit is 99"]),
    ("POST", "/api/enclosed", {"json": {"ring": [[30.4, 104.5], [0, 0], [1, 0]]}}, 400,
     ["30.4, 104.5", "longitude"]),
    ("POST", "/api/enclosed", {"json": {"ring": [[0, 0], [1, 1], [1, 0], [0, 1]]}}, 400,
     ["cross"]),
    ("POST", "/api/tables", {"json": {"columns": [{"name": "a"}], "rows": [[]]}}, 400,
     ["row 1 has 0 cells"]),
    ("GET", "/api/grids/A1?level=street", {}, 404, ["'street'"]),
    ("GET", "/api/grids/A1?colour=red", {}, 400, ["colour"]),
    ("GET", "/api/certificate", {}, 404, ["no certificate"]),
    ("GET", "/basemaps/nobody.pmtiles", {}, 404, ["'nobody'"]),
    ("GET", "/tiles/0000/city.pmtiles", {}, 404, ["'0000'"]),
    ("GET", "/tiles/0000/moved/a/1/2.pbf", {}, 404, ["'0000'"]),
    ("GET", "/api/locate?" + "a=1&" * 900, {}, 400, ["a is given 900 times"]),
    ("GET", "/api/city?x=1", {}, 400, ["x is not known", "/api/city"]),
    ("GET", "/api/certificate?x=1", {}, 400, ["x is not known"]),
    ("GET", "/healthz?x=1", {}, 400, ["x is not known"]),
    ("GET", "/api/docs?x=1", {}, 400, ["x is not known"]),
    ("GET", "/api/openapi.json?x=1", {}, 400, ["x is not known"]),
    ("GET", "/api/grids?level=cell&bbox=1_0,2,30,4", {}, 400, ["'1_0,2,30,4'"]),
    ("GET", "/api//city", {}, 404, ["/api//city"]),
    ("GET", "/api/city/", {}, 404, ["/api/city/"]),
    ("GET", "/tiles/x", {}, 404, ["/tiles/x"]),
    ("GET", "/nothing/here", {}, 404, ["/nothing/here"]),
    ("DELETE", "/api/locate", {}, 405, ["DELETE"]),
    ("POST", "/healthz", {}, 405, ["POST"]),
    ("POST", "/", {}, 405, ["POST"]),
    ("POST", "/api/city", {}, 405, ["POST"]),
    ("POST", "/api/docs", {}, 405, ["POST"]),
    ("POST", "/api/openapi.json", {}, 405, ["POST"]),
    ("GET", "/api/addresses?q=x", {}, 404, ["no gazetteer"]),
    ("GET", "/api/addresses?q=x&limit=0", {}, 400, ["limit is 0"]),
    ("POST", "/api/addresses/assign", {"json": {"rows": 5}}, 400, ["addresses is missing"]),
    ("GET", "/api/addresses/explain", {}, 400, ["q is missing"]),
    ("GET", "/api/addresses/corrections?state=lost", {}, 400, ["'lost'", "undone"]),
    ("POST", "/api/addresses/corrections", {"json": {}}, 400, ["kind is missing"]),
    ("GET", "/api/addresses/corrections/zz", {}, 404, ["'zz'"]),
    ("POST", "/api/addresses/corrections/zz/undo", {"json": {}}, 404, ["'zz'"]),
    ("GET", "/api/heat?bandwidth_m=-1", {}, 400, ["bandwidth_m is -1", "20000"]),
    ("GET", "/api/heat?hazard=flood", {}, 400, ["'flood'", "gas.leak"]),
    ("GET", "/api/stats?level=street", {}, 400, ["'street'", "'cell'"]),
    ("GET", "/api/stats?measure=x", {}, 400, ["measure is 'x'", "per_km2"]),
    ("GET", "/api/breakdown?hazard=flood", {}, 400, ["'flood'", "gas.leak"]),
    ("GET", "/api/breakdown?level=cell", {}, 400, ["level is not known"]),
    ("GET", "/api/hotspots?level=cell&fdr=2", {}, 400, ["fdr is 2", "0.5"]),
    ("GET", "/api/coverage?kind=x", {}, 400, ["kind is 'x'", "reach"]),
    ("GET", "/api/incidents?colour=red", {}, 400, ["colour is not known", "severity"]),
    ("GET", "/api/incidents?status=lost", {}, 400, ["status is 'lost'", "reported"]),
    ("GET", "/api/incidents?severity=5", {}, 400, ["severity is '5'"]),
    ("GET", "/api/incidents?limit=1.5", {}, 400, ["limit is '1.5'", "whole number"]),
    ("GET", "/api/incidents?limit=0", {}, 400, ["limit is 0"]),
    ("GET", "/api/incidents?after=-1", {}, 400, ["after is '-1'", "0 or more"]),
    ("GET", "/api/incidents?since=yesterday", {}, 400, ["since is 'yesterday'", "zone"]),
    ("GET", "/api/incidents?since=2026-01-01T00:00:00", {}, 400, ["2026-01-01", "zone"]),
    ("GET", "/api/incidents?order=colour", {}, 400, ["order is 'colour'", "due_at"]),
    ("GET", "/api/incidents?hazard=flood", {}, 400, ["'flood'", "gas.leak"]),
    ("GET", "/api/incidents?bbox=1,2,3", {}, 400, ["1,2,3"]),
    ("GET", "/api/incidents?overdue=maybe", {}, 400, ["overdue is 'maybe'", "true"]),
    ("POST", "/api/incidents", {"json": {"title": "x"}}, 400, ["hazard is missing"]),
    ("POST", "/api/incidents", {"json": DRAFT | {"severity": 5}}, 400, ["severity is 5", "4"]),
    ("POST", "/api/incidents", {"json": DRAFT | {"severity": "2"}}, 400, ["severity is '2'"]),
    ("POST", "/api/incidents", {"json": DRAFT | {"title": " "}}, 400, ["title is empty"]),
    ("POST", "/api/incidents", {"json": DRAFT | {"lon": 104.5}}, 400, ["lon is 104.5", "missing"]),
    ("POST", "/api/incidents", {"json": DRAFT | {"lon": 30.4, "lat": 104.5}}, 400, ["104.5"]),
    ("POST", "/api/incidents", {"json": DRAFT | {"occurred_at": "2999-01-01T00:00:00Z"}}, 400,
     ["occurred_at is '2999"]),
    ("POST", "/api/incidents", {"json": DRAFT | {"occurred_at": "2199-01-01T00:00:00Z"}}, 400,
     ["occurred_at is 2199", "come"]),
    ("POST", "/api/incidents", {"json": DRAFT | {"source": "import"}}, 400,
     ["'import'", "citizen"]),
    ("POST", "/api/incidents", {"json": DRAFT | {"external_id": "7"}}, 400, ["external_source"]),
    ("GET", "/api/incidents/export?format=pdf", {}, 400, ["format is 'pdf'", "xlsx"]),
    ("GET", "/api/incidents/JY-1", {}, 404, ["'JY-1'"]),
    ("GET", "/api/incidents/JY-1?x=1", {}, 400, ["x is not known"]),
    ("GET", "/api/incidents/JY-1/history", {}, 404, ["'JY-1'"]),
    ("GET", "/api/incidents/JY-1/proposal", {}, 404, ["'JY-1'"]),
    ("GET", "/api/incidents/JY-1/contact", {}, 404, ["'JY-1'"]),
    ("PATCH", "/api/incidents/JY-1", {"json": {"version": 1}}, 400, ["nothing is to be changed"]),
    ("PATCH", "/api/incidents/JY-1", {"json": {"version": 1, "title": None}}, 400,
     ["title is None"]),
    ("PATCH", "/api/incidents/JY-1", {"json": {"title": "x"}}, 400, ["version is missing"]),
    ("PATCH", "/api/incidents/JY-1", {"json": {"version": 1, "lon": 104.5}}, 400, ["together"]),
    ("POST", "/api/incidents/JY-1/moves", {"json": {"move": "fly", "version": 1}}, 400, ["'fly'"]),
    ("POST", "/api/incidents/JY-1/moves", {"json": {"move": "file", "version": 0}}, 400,
     ["version is 0", "1 or more"]),
    ("POST", "/api/incidents/JY-1/moves", {"json": {"move": "merge", "version": 1}}, 400, ["into"]),
    ("POST", "/api/incidents/JY-1/moves", {"json": {"move": "file", "version": 1}}, 404, ["JY-1"]),
    ("POST", "/api/incidents/JY-1/merge", {"json": {"into": "JY-2", "version": 1}}, 404, ["JY-1"]),
    ("POST", "/api/incidents/JY-1/comments", {"json": {"note": " "}}, 400, ["note is empty"]),
    ("POST", "/api/incidents/JY-1/photos", {"data": b"x", "content_type": "image/gif"}, 415,
     ["image/gif", "image/jpeg"]),
    ("GET", "/api/incidents/JY-1/photos", {}, 404, ["'JY-1'"]),
    ("GET", "/api/incidents/JY-1/photos/1", {}, 404, ["'JY-1'"]),
    ("GET", "/api/incidents/JY-1/photos/x", {}, 404, ["/photos/x"]),
    ("GET", "/api/incidents/JY-1/photos/1/thumbnail", {}, 404, ["'JY-1'"]),
    ("GET", "/api/incidents/live", {}, 400, ["bbox is missing"]),
    ("GET", "/api/incidents/live?bbox=1,2,3,4&severity=5", {}, 400, ["severity is '5'", "'4'"]),
    ("GET", "/api/incidents/live?bbox=1,2,3,4&limit=0", {}, 400, ["limit is 0", "1 or more"]),
    ("GET", "/api/incidents/nearest?lon=104.5&lat=30.4&k=101", {}, 400, ["k is 101", "100"]),
    ("GET", "/api/incidents/nearest?lon=30.4&lat=104.5", {}, 400, ["104.5"]),
    ("GET", "/api/incidents/duplicates?lon=104.5&lat=30.4", {}, 400, ["hazard is missing"]),
    ("GET", "/api/incidents/duplicates?lon=104.5&lat=30.4&hazard=x", {}, 400, ["hazard is 'x'"]),
    ("GET", "/api/hazards?x=1", {}, 400, ["x is not known"]),
    ("GET", "/api/lifecycle?x=1", {}, 400, ["x is not known"]),
    ("GET", "/api/absences?x=1", {}, 400, ["x is not known"]),
    ("POST", "/api/absences", {"json": {"code": "Q9"}}, 404, ["'Q9'"]),
    ("POST", "/api/absences", {"json": {"code": "A1", "role": "x"}}, 400, ["role is 'x'"]),
    ("DELETE", "/api/absences/7", {}, 404, ["absence 7"]),
    ("DELETE", "/api/absences/99999999999999999999", {}, 404, ["/api/absences/9999"]),
    ("GET", "/api/changes?after=-1", {}, 400, ["after is '-1'"]),
    ("GET", "/api/changes?limit=0", {}, 400, ["limit is 0"]),
    ("GET", "/api/incidents/stream?after=x", {}, 400, ["after is 'x'"]),
    ("GET", "/api/webhooks", {}, 403, ["manage"]),
    ("POST", "/api/webhooks", {"json": {}}, 400, ["url is missing"]),
    ("GET", "/api/webhooks/1", {}, 403, ["manage"]),
    ("GET", "/api/webhooks/99999999999999999999", {}, 404, ["/api/webhooks/9999"]),
    ("PATCH", "/api/webhooks/1", {"json": {"active": False}}, 403, ["manage"]),
    ("DELETE", "/api/webhooks/1", {}, 403, ["manage"]),
    ("GET", "/api/webhooks/1/dead", {}, 403, ["manage"]),
    ("POST", "/api/webhooks/1/redeliver", {"json": {}}, 403, ["manage"]),
    ("GET", "/static/none.js", {}, 404, ["/static/none.js"]),
    ("DELETE", "/sign-in", {}, 405, ["DELETE"]),
    ("POST", "/sign-in", WANTS_JSON, 403, ["CSRF"]),
    ("POST", "/sign-out", FOREIGN, 403, ["another site"]),
    ("DELETE", "/account", {}, 405, ["DELETE"]),
    ("POST", "/account/password", WANTS_JSON, 403, ["signed in with a password"]),
    ("POST", "/demo-role", {"data": {"role": "king"}}, 400, ["'king'", "dispatcher"]),
    ("GET", "/api/me?token=wg_x", {}, 400, ["token is not known"]),
    ("GET", "/api/users", {}, 403, ["manage"]),
    ("POST", "/api/users", {"json": {}}, 400, ["name is missing", "role is missing"]),
    ("PATCH", "/api/users/nobody", {"json": {}}, 404, ["'nobody'"]),
    ("GET", "/api/tokens", {}, 403, ["manage"]),
    ("POST", "/api/tokens", {"json": {"scopes": ["all"]}}, 400, ["scopes.0 is 'all'", "view"]),
    ("DELETE", "/api/tokens/1", {}, 403, ["manage"]),
    ("GET", "/api/audit", {}, 403, ["manage"]),
    ("GET", "/api/views", {}, 403, ["no account"]),
    ("PUT", "/api/views/x", {"json": {}}, 400, ["address is missing"]),
    ("PUT", "/api/views/x", {"json": {"address": "#"}}, 403, ["no account"]),
    ("DELETE", "/api/views/x", {}, 403, ["no account"]),
    ("GET", "/api/audit?before=x", {}, 400, ["before is 'x'"]),
]  # fmt: skip


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= char <= "\u9fff" for char in text)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("method", "url", "body", "status", "words"), BAD)
def test_every_error_has_the_one_shape(
    client: FlaskClient,
    method: str,
    url: str,
    body: dict[str, Any],
    status: int,
    words: list[str],
    language: str,
) -> None:
    answer = client.open(url, method=method, headers={"Accept-Language": language}, **body)
    assert answer.status_code == status
    assert answer.mimetype == "application/json"
    assert list(answer.json) == ["error"]
    error = answer.json["error"]
    assert set(error) == {"code", "message", "hint"}
    assert all(isinstance(text, str) for text in error.values())
    assert error["code"]
    assert error["message"]
    assert "Traceback" not in answer.text
    if language == "en":
        for word in words:
            assert word in error["message"]
    else:
        assert is_chinese(error["message"])
        assert is_chinese(error["hint"]) or not error["hint"]
        # What was typed may be English, sentences may not.
        for word in (" is ", "should", "allowed", "Input", "Expecting"):
            assert word not in error["message"]


def test_every_route_has_an_error_case(app: APIFlask) -> None:
    """A route added without a case above fails here."""
    adapter = app.url_map.bind("localhost")
    asked = set()
    for method, url, *_ in BAD:
        path = url.partition("?")[0]
        for candidate in (method, "GET"):
            try:
                asked.add(adapter.match(path, method=candidate)[0])
                break
            except Exception:
                continue
    routes = {rule.endpoint for rule in app.url_map.iter_rules()}
    # Standards have errors of their own shapes: tests/web/test_open311.py and test_ogc.py.
    standards = ("open311.", "ogc.", "ogc_tiles.")
    assert asked >= {one for one in routes if not one.startswith(standards)}


def test_a_fault_of_the_server_is_said_without_its_insides(
    app: APIFlask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the secret path /etc/weige")

    monkeypatch.setattr(app.extensions["weige"].locator, "locate", fail)
    answer = app.test_client().get("/api/locate?lon=104.505&lat=30.403")
    assert answer.status_code == 500
    assert answer.json["error"]["code"] == "internal"
    assert "secret" not in answer.text
    assert "secret" in caplog.text


def test_a_person_is_shown_a_page_where_there_is_nothing(client: FlaskClient) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "zh-CN"}
    answer = client.get("/no<b>where", headers=browser)
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"
    assert "没有这个页面" in answer.text
    assert "no&lt;b&gt;where" in answer.text
    for path in ("/api/nowhere", "/tiles/nowhere"):
        assert client.get(path, headers=browser).json["error"]["code"] == "not_found"
    assert client.get("/nowhere", headers={"Accept": "*/*"}).json["error"]["code"] == "not_found"


def test_a_range_past_the_end_is_416(client: FlaskClient) -> None:
    url = client.get("/api/city").json["tiles"]
    with client.get(url, headers={"Range": "bytes=99999999-"}) as answer:
        assert answer.status_code == 416
        assert answer.json["error"]["code"] == "range_not_satisfiable"
