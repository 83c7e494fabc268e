"""/api/addresses: suggestions, many addresses to grids, and how one is read."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
import shapely
from apiflask import APIFlask
from flask.testing import FlaskClient

from app.addresses.amendments import AmendedAlias, Amendments
from app.addresses.faults import FAULTS
from app.grids import City
from app.store import Database
from app.web import create_app
from app.web.fault_words import ENGLISH, fault_sentence
from app.web.settings import Settings
from tests.addresses.gazetteers import with_gazetteer
from tests.web.serving import serving
from tests.web.signing import Visitor, production

ZH = {"Accept-Language": "zh"}
# Doors run from A1 to A2 on one side and in A3 on the other; two roads of one name.
ROWS = [
    *(
        {"town": "甲镇", "road": "上街", "number": n, "lon": 104.502 + n / 5000, "lat": 30.405}
        for n in range(1, 80, 2)
    ),
    *(
        {"town": "甲镇", "road": "上街", "number": n, "lon": 104.502 + n / 10000, "lat": 30.415}
        for n in range(2, 40, 2)
    ),
    *(
        {"town": "乙街道", "road": "上街", "number": n, "lon": 104.522, "lat": 30.402 + n / 10000}
        for n in range(1, 10)
    ),
    {"town": "乙街道", "community": "新村社区", "estate": "阳光花园", "building": "3栋",
     "lon": 104.535, "lat": 30.405},
    {"town": "乙街道", "community": "新村社区", "estate": "阳光花园", "building": "5栋",
     "lon": 104.535, "lat": 30.415},
]  # fmt: skip
ALIASES = [
    {"alias": "老街", "target_kind": "road", "town": "甲镇", "target": "上街", "why": "former"}
]


@pytest.fixture(scope="module")
def city(board: City, tmp_path_factory: pytest.TempPathFactory) -> City:
    return with_gazetteer(board, tmp_path_factory.mktemp("addresses") / "city", ROWS, ALIASES)


@pytest.fixture(scope="module")
def app(city: City, tmp_path_factory: pytest.TempPathFactory) -> APIFlask:
    var = tmp_path_factory.mktemp("var")
    return create_app(Settings(city=city.folder, var=var, max_addresses=50))


@pytest.fixture
def client(app: APIFlask) -> Iterator[FlaskClient]:
    with app.test_client() as client:
        yield client


def suggested(client: FlaskClient, **query: object) -> list[dict]:
    answer = client.get("/api/addresses", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.json["suggestions"]


def assigned(client: FlaskClient, *addresses: object, **more: object) -> list[dict]:
    body = {"addresses": [one if isinstance(one, dict) else {"text": one} for one in addresses]}
    answer = client.post("/api/addresses/assign", json=body, **more)
    assert answer.status_code == 200, answer.text
    return answer.json["results"]


# --- suggestions ---------------------------------------------------------------------------------


def test_what_is_typed_is_completed(client: FlaskClient) -> None:
    (first, *others) = suggested(client, q="甲镇上街1")
    assert first == {
        "kind": "door", "name": "上街1号", "area": "甲镇", "address": "甲镇上街1号",
        "match": [0, 3], "alias": "", "why": "", "grid": "A1", "lon": 104.5022, "lat": 30.405,
    }  # fmt: skip
    assert [one["name"] for one in others] == [f"上街{n}号" for n in range(10, 19)]
    assert len(suggested(client, q="上街", limit=1)) == 1


def test_the_nearest_comes_first(client: FlaskClient) -> None:
    for lon, area in ((104.505, "甲镇"), (104.522, "乙街道")):
        assert suggested(client, q="上街", lon=lon, lat=30.405)[0]["area"] == area


def test_another_name_says_of_what_it_is_one(client: FlaskClient) -> None:
    (found, *_) = suggested(client, q="老街")
    assert (found["name"], found["alias"], found["why"]) == ("上街", "老街", "former")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "q is missing"),
        ("q=x&limit=0", "limit"),
        ("q=x&limit=51", "limit"),
        ("q=x&lon=104.5", "lat is missing"),
        ("q=x&lon=30.4&lat=104.5", "swapped"),
        ("q=x&city=y", "city is not known"),
    ],
)
def test_a_query_that_is_none_is_refused(client: FlaskClient, query: str, words: str) -> None:
    answer = client.get(f"/api/addresses?{query}", headers={"Accept-Language": "en"})
    assert answer.status_code == 400
    assert words in answer.json["error"]["message"]


# --- addresses -----------------------------------------------------------------------------------


def test_one_answer_for_every_address_in_order(client: FlaskClient, app: APIFlask) -> None:
    texts = ["甲镇上街1号", "", "甲镇上街79号", "邻镇某路1号", "甲镇", "胡说八道", "甲镇上街8号"]
    body = {"addresses": [{"text": text} for text in texts]}
    answer = client.post("/api/addresses/assign", json=body, headers=ZH).json
    found = answer["results"]
    assert [one["status"] for one in found] == [
        "assigned", "none", "assigned", "outside", "candidates", "none", "assigned"
    ]  # fmt: skip
    assert [one["grid"] for one in found] == ["A1", "", "A2", "", "", "", "A3"]
    assert answer["assigned"] == 3
    assert answer["gazetteer_version"] == app.extensions["weige"].addresses.version != ""
    assert answer["synthetic"]
    first = found[0]
    assert [(one["level"], one["code"], one["name"]) for one in first["chain"]] == [
        ("town", "A", "格A"), ("cell", "A1", "格A1"),
    ]  # fmt: skip
    assert first["grid_name"] == "格A1"
    assert (first["match_level"], first["position_basis"]) == ("door", "survey_point")
    assert first["band"] == "高"
    assert first["confidence"] > 0.98
    assert "甲镇" in first["explanation"]
    assert first["standard_address"] == "甲镇上街1号"
    assert (first["lon"], first["lat"]) == (104.5022, 30.405)
    assert first["candidates"] == []
    assert found[1]["faults"][0]["code"] == "TEXT.empty"
    assert found[5]["leftover"] == "胡说八道"


def test_candidates_have_a_point_in_their_grid(client: FlaskClient, city: City) -> None:
    (found,) = assigned(client, "上街")
    assert found["status"] == "candidates"
    assert found["grid"] == ""
    assert found["chain"] == []
    grids = [one["grid"] for one in found["candidates"]]
    assert len(grids) == len(set(grids)) <= 5
    assert set(grids) <= {"A1", "A2", "A3", "B1"}
    shares = [one["share"] for one in found["candidates"]]
    assert shares == sorted(shares, reverse=True)
    for one in found["candidates"]:
        assert one["chain"][-1]["code"] == one["grid"]
        shape = city.finest.geometry[city.finest.row_of[one["grid"]]]
        assert shapely.intersects_xy(shape, one["lon"], one["lat"])
    assert {one["at_point"] for one in found["candidates"]} == {True, False}


def test_parts_beat_the_text_and_a_number_may_be_one(client: FlaskClient) -> None:
    whole, differs = assigned(
        client,
        {"parts": {"town": "甲镇", "road": "上街", "number": 8}},
        {"text": "乙街道上街8号", "parts": {"town": "甲镇"}},
    )
    assert (whole["grid"], differs["grid"]) == ("A3", "A3")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_faults_are_told_in_the_callers_language(client: FlaskClient, language: str) -> None:
    (found,) = assigned(client, "甲镇上街", headers={"Accept-Language": language})
    (fault,) = (one for one in found["faults"] if one["code"] == "DOOR.missing")
    words = {"zh": FAULTS["DOOR.missing"].sentence, "en": ENGLISH["DOOR.missing"]}
    assert fault["sentence"] == words[language]


def test_a_fault_says_where_its_words_stand(client: FlaskClient) -> None:
    (found,) = assigned(client, "甲镇老街1号", headers=ZH)
    (fault,) = (one for one in found["faults"] if one["code"] == "ROAD.alias")
    assert fault["span"] == {"start": 2, "stop": 4, "text": "老街"}
    assert "老街" in fault["sentence"]
    assert "上街" in fault["sentence"]


def test_every_fault_has_english_words_with_the_same_gaps() -> None:
    assert ENGLISH.keys() == FAULTS.keys()
    for code, kind in FAULTS.items():
        for gap in ("{word}", "{detail}"):
            assert (gap in ENGLISH[code]) == (gap in kind.sentence), code
    assert fault_sentence("DOOR.missing", "", "", "en") == ENGLISH["DOOR.missing"]
    several = fault_sentence("TOWN.former", "老镇", "甲镇、乙街道", "en")
    assert several == "“老镇” is a former or another name of 甲镇, 乙街道"
    assert "所写内容" in fault_sentence("ROAD.unknown", "", "", "zh")


def test_too_many_addresses_are_refused(client: FlaskClient) -> None:
    assert len(assigned(client, *["甲镇上街1号"] * 50)) == 50
    assert assigned(client) == []
    body = {"addresses": [{"text": "甲镇上街1号"}] * 51}
    answer = client.post("/api/addresses/assign", json=body)
    assert answer.status_code == 413
    assert "51" in answer.json["error"]["message"]
    assert "50" in answer.json["error"]["message"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "addresses is missing"),
        ({"addresses": "x"}, "addresses is 'x', allowed is a list"),
        ({"addresses": [{"text": 7}]}, "addresses.0.text is 7, allowed is text"),
        ({"addresses": [{"txt": "x"}]}, "addresses.0.txt is not known"),
        ({"addresses": [{"parts": {"street": "x"}}]}, "addresses.0.parts.street is not known"),
    ],
)
def test_a_body_that_is_none_is_refused(client: FlaskClient, body: object, words: str) -> None:
    answer = client.post("/api/addresses/assign", json=body, headers={"Accept-Language": "en"})
    assert answer.status_code == 400
    assert words in answer.json["error"]["message"]


# --- how one is read -----------------------------------------------------------------------------


def test_an_explanation_has_the_readings(client: FlaskClient) -> None:
    answer = client.get("/api/addresses/explain", query_string={"q": "甲鎮上街１號"}, headers=ZH)
    assert answer.status_code == 200, answer.text
    found = answer.json
    assert found["text"] == "甲镇上街1号"
    assert found["match"] == assigned(client, "甲鎮上街１號", headers=ZH)[0]
    (reading, *_) = found["hypotheses"]
    assert reading["words"] == ["甲鎮", "上街", "１號"]
    assert reading["grids"] == {"A1": 1.0}
    assert reading["findings"][0]["level"] == "door"


# --- without a gazetteer, with a bad one ---------------------------------------------------------


def asked(client: FlaskClient) -> list[tuple[int, dict]]:
    answers = [
        client.get("/api/addresses?q=x"),
        client.post("/api/addresses/assign", json={"addresses": []}),
        client.get("/api/addresses/explain?q=x"),
    ]
    return [(one.status_code, one.json["error"]) for one in answers]


def test_a_city_without_a_gazetteer_says_what_to_do(
    board: City, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(Settings(city=board.folder, var=tmp_path))
    app.extensions["weige"].addresses.warm()
    assert caplog.records == []
    for _ in range(2):
        for status, error in asked(app.test_client()):
            assert (status, error["code"]) == (404, "no_gazetteer")
            assert "import_gazetteer" in error["hint"]
    assert app.test_client().get("/api/city").json["gazetteer"] == ""


def test_a_gazetteer_that_cannot_be_used_keeps_nothing_else_from_serving(
    board: City, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    city = with_gazetteer(board, tmp_path / "city", ROWS)
    app = create_app(Settings(city=city.folder, var=tmp_path))
    table = city.folder / city.manifest.tables["gazetteer"]
    table.write_bytes(b"no table")
    with caplog.at_level(logging.WARNING):
        app.extensions["weige"].addresses.warm()
    assert any("gazetteer" in record.getMessage() for record in caplog.records)
    for _ in range(2):
        for status, error in asked(app.test_client()):
            assert (status, error["code"]) == (503, "gazetteer_unusable")
            assert "gazetteer.parquet" in error["message"]
    assert app.test_client().get("/api/locate?lon=104.505&lat=30.405").status_code == 200


def test_corrections_are_answered_by_once_they_are_taken(board: City, tmp_path: Path) -> None:
    city = with_gazetteer(board, tmp_path / "city", ROWS, ALIASES)
    app = create_app(Settings(city=city.folder, var=tmp_path))
    client, book = app.test_client(), app.extensions["weige"].addresses
    body = {"addresses": [{"text": "甲镇新街8号"}]}
    before = client.post("/api/addresses/assign", json=body).json
    assert suggested(client, q="新街") == []
    named = AmendedAlias("新街", "road", "甲镇", "上街")
    book.take(Amendments((), (named,)))
    (found, *_) = suggested(client, q="新街")
    assert (found["name"], found["alias"]) == ("上街", "新街")
    after = client.post("/api/addresses/assign", json=body).json
    assert [one["results"][0]["grid"] for one in (before, after)] == ["", "A3"]
    assert before["gazetteer_version"] != after["gazetteer_version"]


# --- who may, and what is kept -------------------------------------------------------------------


def test_threads_get_the_answers_that_one_gets(app: APIFlask, city: City, tmp_path: Path) -> None:
    texts = [f"{town}上街{n}号" for town in ("甲镇", "乙街道", "") for n in range(1, 60, 3)]
    fresh = create_app(Settings(city=city.folder, var=tmp_path))

    def both(made: APIFlask, text: str) -> tuple[list, list]:
        client = made.test_client()
        return suggested(client, q=text[:-1]), assigned(client, text)

    alone = [both(app, text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda text: both(fresh, text), texts)) == alone


def test_whoever_may_look_may_ask_and_it_counts_as_no_write(
    city: City, database: Database, tmp_path: Path
) -> None:
    with production(city, database, tmp_path, writes_per_minute=1) as app:
        visitor = Visitor(app.test_client())
        visitor.sign_in("vera")
        body = {"addresses": [{"text": "甲镇上街1号"}]}
        for _ in range(3):
            answer = visitor.post("/api/addresses/assign", json=body, headers=visitor.csrf())
            assert answer.json["results"][0]["grid"] == "A1"
        assert "no-store" in answer.headers["Cache-Control"]


def test_no_address_stands_in_a_log(city: City) -> None:
    """Not even where somebody turns the access log on."""
    secret = "上街77号秘密"
    options = ("--workers", "1", "--access-logfile", "-", "--log-level", "info")
    with serving(city.folder, *options) as server:
        lines = [
            f"GET /api/addresses?q={quote(secret)} HTTP/1.1",
            f"GET /api/addresses/explain?q={quote(secret)} HTTP/1.1",
            f"GET /api/addresses?qq={quote(secret)} HTTP/1.1",
        ]
        for line in lines:
            head = f"{line}\r\nHost: localhost\r\nReferer: http://x/?q={quote(secret)}\r\n"
            assert server.talk(head.encode() + b"Connection: close\r\n\r\n")
        body = json.dumps({"addresses": [{"text": secret}]}).encode()
        server.talk(
            b"POST /api/addresses/assign HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        )
        log = server.log()
    assert log.count("/api/addresses") == 4, log
    for part in (secret, "上街", quote("上街"), "秘密", quote("秘密"), "?"):
        assert part not in log, log
