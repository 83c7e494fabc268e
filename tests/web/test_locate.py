"""GET and POST /api/locate."""

from __future__ import annotations

import numpy as np
import pytest
from flask.testing import FlaskClient

from app.geo.datum import from_wgs84
from app.grids import City
from app.locate import Locator


def test_a_point_answers_with_chain_staff_and_metres(client: FlaskClient) -> None:
    found = client.get("/api/locate?lon=104.509&lat=30.403").json
    assert [(link["level"], link["code"]) for link in found["chain"]] == [
        ("town", "A"),
        ("cell", "A1"),
    ]
    assert found["chain"][1]["staff"] == [
        {"role": "网格长", "label": "网格长 A1", "phone": "000-0000-0001"}
    ]
    assert found["overlays"][0]["code"] == "K"
    assert found["overlays"][0]["staff"][0]["role"] == "专员"
    assert found["status"] == "inside"
    assert found["neighbour"] == {"code": "A2", "name": "格A2"}
    assert found["border_m"] == pytest.approx(96.1, abs=0.2)
    assert found["synthetic"]


def test_outside_names_who_governs(client: FlaskClient) -> None:
    found = client.get("/api/locate?lon=104.541&lat=30.403").json
    assert found["status"] == "outside"
    assert found["outside"] == {"name": "邻镇", "governed_by": "新区"}
    assert (found["chain"], found["border_m"]) == ([], None)


def test_the_datum_is_taken_into_account(client: FlaskClient) -> None:
    lon, lat = (float(axis[0]) for axis in from_wgs84([104.509], [30.403], "gcj02"))
    found = client.get(f"/api/locate?lon={lon}&lat={lat}&datum=gcj02").json
    assert (found["lon"], found["lat"]) == pytest.approx((104.509, 30.403), abs=1e-8)
    assert found["datum"] == "gcj02"


@pytest.mark.parametrize(("language", "words"), [("zh-CN,zh;q=0.9", "边界"), ("en", "border")])
def test_reasons_come_in_the_callers_language(
    client: FlaskClient, language: str, words: str
) -> None:
    url = "/api/locate?lon=104.51&lat=30.405"
    found = client.get(url, headers={"Accept-Language": language}).json
    assert found["status"] == "on_border"
    assert words in found["reason"]


def test_many_points_give_one_result_each_in_order(client: FlaskClient, board: City) -> None:
    points = [
        {"lon": 104.505, "lat": 30.403},
        {"lon": "x", "lat": 30.403},
        {"lon": 30.403, "lat": 104.505},
        {"lat": 30.403},
        {"lon": 104.541, "lat": 30.403},
    ]
    answer = client.post("/api/locate", json={"points": points, "accuracy_m": 700}).json
    results = answer["results"]
    assert [one["status"] for one in results] == ["inside", *["unusable"] * 3, "outside"]
    assert answer["unusable"] == 3
    assert "'x'" in results[1]["reason"]
    assert "swap" in results[2]["reason"].lower()
    assert "None" in results[3]["reason"]
    single = Locator(board).locate(104.505, 30.403, 700)
    assert results[0]["codes"] == single.codes
    assert [alt["code"] for alt in results[0]["alternatives"]] == [
        alt.code for alt in single.alternatives
    ]
    assert results[4]["governed_by"] == "新区"


def test_no_points_no_results(client: FlaskClient) -> None:
    assert client.post("/api/locate", json={"points": []}).json["results"] == []


@pytest.mark.parametrize("value", [True, None, [], {}, "1", 10**400, float("nan")])
def test_what_is_not_a_number_makes_one_point_unusable(client: FlaskClient, value: object) -> None:
    body = {"points": [{"lon": value, "lat": 30.403}, {"lon": 104.505, "lat": 30.403}]}
    results = client.post("/api/locate", json=body).json["results"]
    assert [one["status"] for one in results] == ["unusable", "inside"]


def test_bulk_and_single_answers_agree(client: FlaskClient) -> None:
    rng = np.random.default_rng(5)
    for lon, lat in zip(
        rng.uniform(104.49, 104.57, 25), rng.uniform(30.39, 30.43, 25), strict=True
    ):
        one = client.get(f"/api/locate?lon={lon}&lat={lat}&accuracy_m=50").json
        body = {"points": [{"lon": lon, "lat": lat}], "accuracy_m": 50}
        many = client.post("/api/locate", json=body).json["results"][0]
        assert many["codes"] == {link["level"]: link["code"] for link in one["chain"]}
        for key in ("status", "reason", "border_m", "distance_m"):
            assert many[key] == one[key]


def test_a_charset_of_utf8_may_be_declared(client: FlaskClient) -> None:
    kind = "application/json; charset=UTF-8"
    answer = client.post("/api/locate", data='\ufeff{"points": []}'.encode(), content_type=kind)
    assert (answer.status_code, answer.json["results"]) == (200, [])


def test_why_a_point_is_unusable_is_said_in_chinese(client: FlaskClient) -> None:
    points = [
        {"lon": "x", "lat": None},
        {"lon": 30.403, "lat": 104.505},
        {"lon": 500, "lat": 30.403},
    ]
    answer = client.post("/api/locate", json={"points": points}, headers={"Accept-Language": "zh"})
    assert [one["reason"] for one in answer.json["results"]] == [
        "经度 为 'x'，应为数；纬度 为 None，应为数",
        "经纬度是否颠倒？经度 30.403，纬度 104.505",
        "经度 500.0 超出范围，允许 -180 至 180 度",
    ]


@pytest.mark.parametrize(("language", "words"), [("en", "as bd09: "), ("zh", "按 bd09 换算后：")])
def test_a_point_that_leaves_the_range_when_converted_spoils_no_other(
    client: FlaskClient, language: str, words: str
) -> None:
    points = [{"lon": -180, "lat": -90}, {"lon": 100, "lat": 30.403}]
    body = {"points": points, "datum": "bd09"}
    headers = {"Accept-Language": language}
    results = client.post("/api/locate", json=body, headers=headers).json["results"]
    assert [one["status"] for one in results] == ["unusable", "outside"]
    assert results[0]["reason"].startswith(words)


def test_a_value_of_any_depth_is_quoted_in_brief(client: FlaskClient) -> None:
    """What JSON can still read, a quotation of the whole could not."""
    for depth in (100, 300, 600, 900):
        value = "[" * depth + "]" * depth
        data = f'{{"points": [{{"lon": {value}, "lat": 3}}]}}'
        answer = client.post("/api/locate", data=data, content_type="application/json")
        assert answer.status_code in {200, 400}
        assert len(answer.text) < 1000
