"""Open311 GeoReport v2: the structure of the specification's examples, in JSON and in XML.

Fields, types and which of them may be missing are written down here from the tables and examples
of https://wiki.open311.org/GeoReport_v2/ and https://wiki.open311.org/Service_Discovery/ (read as
of the repository open311/open311.github.io), in a form of our own.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from app.accounts import Actor, Permission, Role
from app.grids import City
from app.incidents.backfill import Past, backfill
from app.incidents.contact import read_reporter
from app.incidents.incident import Draft
from app.incidents.lifecycle import Move
from app.store import Database, utc_now
from app.web.open311_forms import to_xml
from tests.web.signing import production, token

BASE = "/open311/v2/"
# Type of each field, and whether it may be null.
TEXT, NUMBER, TRUTH, TIME = "text", "number", "truth", "time"
Fields = dict[str, tuple[str, bool]]
SERVICE: Fields = {
    "service_code": (TEXT, False), "service_name": (TEXT, False), "description": (TEXT, False),
    "metadata": (TRUTH, False), "type": (TEXT, False), "keywords": (TEXT, False),
    "group": (TEXT, False),
}  # fmt: skip
ATTRIBUTE: Fields = {
    "variable": (TRUTH, False), "code": (TEXT, False), "datatype": (TEXT, False),
    "required": (TRUTH, False), "datatype_description": (TEXT, True), "order": (NUMBER, False),
    "description": (TEXT, False),
}  # fmt: skip
REQUEST: Fields = {
    "service_request_id": (TEXT, False), "status": (TEXT, False), "status_notes": (TEXT, True),
    "service_name": (TEXT, True), "service_code": (TEXT, False), "description": (TEXT, True),
    "agency_responsible": (TEXT, True), "service_notice": (TEXT, True),
    "requested_datetime": (TIME, False), "updated_datetime": (TIME, True),
    "expected_datetime": (TIME, True), "address": (TEXT, True), "address_id": (TEXT, True),
    "zipcode": (TEXT, True), "lat": (NUMBER, True), "long": (NUMBER, True),
    "media_url": (TEXT, True),
}  # fmt: skip
POSTED: Fields = {"service_request_id": (TEXT, False), "service_notice": (TEXT, True),
                  "account_id": (TEXT, True)}  # fmt: skip
ERROR: Fields = {"code": (NUMBER, False), "description": (TEXT, False)}
ENDPOINT: Fields = dict.fromkeys(("specification", "url", "changeset", "type"), (TEXT, False))
DISCOVERY: Fields = dict.fromkeys(("changeset", "contact", "key_service"), (TEXT, False))
# The arguments of the specification's example of POST, with values of here.
EXAMPLE = {
    "jurisdiction_id": "city.gov", "service_code": "gas.leak", "lat": "30.405", "long": "104.505",
    "address_string": "1234 5th street", "email": "smith@example.org", "device_id": "tt222111",
    "account_id": "123456", "first_name": "john", "last_name": "smith", "phone": "111111111",
    "description": "A smell of gas\nin the yard",
    "media_url": "http://example.org/2002/2212426634.jpg", "attribute[severity]": "3",
}  # fmt: skip


def fits(value: Any, fields: Fields, besides: set[str] = frozenset()) -> None:
    assert set(value) - besides == set(fields)
    for name, (kind, nullable) in fields.items():
        one = value[name]
        if one is None:
            assert nullable, name
            continue
        wanted = {TEXT: str, NUMBER: (int, float), TRUTH: bool, TIME: str}[kind]
        assert isinstance(one, wanted), name
        if kind == TIME:
            assert datetime.fromisoformat(one).tzinfo is not None


def same(element: ET.Element, value: Any) -> None:
    """Check that an element says what JSON says, after the Spark convention."""
    if isinstance(value, list):
        assert len({one.tag for one in element}) <= 1
        for child, one in zip(element, value, strict=True):
            same(child, one)
    elif isinstance(value, dict):
        assert [child.tag for child in element] == list(value)
        for child in element:
            same(child, value[child.tag])
    elif value is None or value == "":
        assert len(element) == 0
        assert element.text is None
    else:
        text = {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) \
            else str(value)  # fmt: skip
        assert element.text == text


@pytest.fixture(scope="module")
def real(board: City, prepared_sqlite: Path, tmp_path_factory) -> Iterator[APIFlask]:
    folder = tmp_path_factory.mktemp("open311")
    shutil.copy(prepared_sqlite, folder / "weige.db")
    database = Database(f"sqlite:///{folder / 'weige.db'}")
    with production(board, database, folder) as app:
        yield app
    database.close()


@pytest.fixture(scope="module")
def key(real: APIFlask) -> str:
    made = token(real, "dina", Permission.VIEW, Permission.REPORT)
    return made["Authorization"].removeprefix("Bearer ")


@pytest.fixture
def client(real: APIFlask, key: str) -> FlaskClient:
    made = real.test_client()
    made.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return made


def both(client: FlaskClient, path: str, **query: Any) -> Any:
    """Ask for JSON and XML, check that they say the same, and return the JSON."""
    json_answer = client.get(f"{BASE}{path}.json", query_string=query)
    xml_answer = client.get(f"{BASE}{path}.xml", query_string=query)
    assert json_answer.status_code == xml_answer.status_code
    assert json_answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert xml_answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert xml_answer.data.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    same(ET.fromstring(xml_answer.data), json_answer.json)
    return json_answer.json


def post(client: FlaskClient, kind: str = "json", **form: Any) -> Any:
    return client.post(f"{BASE}requests.{kind}", data=form)


def test_discovery(client: FlaskClient) -> None:
    found = both(client, "discovery")
    fits(found, DISCOVERY, {"endpoints"})
    (endpoint,) = found["endpoints"]
    fits(endpoint, ENDPOINT, {"formats"})
    assert endpoint["type"] == "production"
    assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
    assert endpoint["url"].endswith("/open311/v2")
    assert endpoint["formats"] == ["text/xml", "application/json"]


def test_services_and_their_definitions(client: FlaskClient) -> None:
    services = both(client, "services")
    for one in services:
        fits(one, SERVICE)
        assert one["type"] == "realtime"
        definition = both(client, f"services/{one['service_code']}")
        assert definition["service_code"] == one["service_code"]
        for attribute in definition["attributes"]:
            fits(attribute, ATTRIBUTE, {"values"})
            assert all(set(value) == {"key", "name"} for value in attribute["values"])
    groups = {one["service_code"]: one["group"] for one in services}
    assert groups["gas.leak"] == groups["gas"] == "Gas"
    root = ET.fromstring(client.get(f"{BASE}services.xml").data)
    assert (root.tag, root[0].tag) == ("services", "service")


def test_services_in_chinese(client: FlaskClient) -> None:
    found = client.get(f"{BASE}services.json", headers={"Accept-Language": "zh"}).json
    assert found[0]["service_name"] == "社区燃气"


@pytest.mark.parametrize("kind", ["json", "xml"])
def test_the_example_of_the_specification_is_taken_in(real: APIFlask, key: str, kind: str) -> None:
    """With api_key among the fields of the form, as the specification has it."""
    answer = post(real.test_client(), kind, api_key=key, **EXAMPLE)
    assert answer.status_code == 201, answer.text
    if kind == "json":
        (made,) = answer.json
        fits(made, POSTED)
        number = made["service_request_id"]
    else:
        root = ET.fromstring(answer.data)
        assert (root.tag, root[0].tag) == ("service_requests", "request")
        number = root[0].findtext("service_request_id")
    head = {"Authorization": f"Bearer {key}"}
    asked = real.test_client().get(f"{BASE}requests/{number}.json", headers=head)
    (found,) = asked.json
    fits(found, REQUEST)
    assert found["description"] == EXAMPLE["description"]
    assert found["media_url"] == EXAMPLE["media_url"]
    assert (found["lat"], found["long"], found["address_id"]) == (30.405, 104.505, "A1")
    assert (found["status"], found["service_code"]) == ("open", "gas.leak")
    assert found["address"] == EXAMPLE["address_string"]
    for personal in ("smith", "111111111", "john", "tt222111"):
        assert personal not in asked.text
    service = real.extensions["weige"]
    dispatcher = Actor.of(None, "x", Role.DISPATCHER)
    kept = read_reporter(service.database, dispatcher, number)
    assert (kept.name, kept.contact) == ("john smith", "111111111, smith@example.org")
    assert service.ledger.get(dispatcher, number).severity == 3


def made_at(client: FlaskClient, **form: Any) -> str:
    answer = post(client, **({"service_code": "gas", "lat": 30.405, "long": 104.505} | form))
    assert answer.status_code == 201, answer.text
    return answer.json[0]["service_request_id"]


def test_requests_are_listed_and_found(client: FlaskClient, real: APIFlask) -> None:
    first = made_at(client, description="first")
    second = made_at(client, description="second", service_code="fire")
    desk, actor = real.extensions["weige"].desk, Actor.of(None, "x", Role.DISPATCHER)
    desk.move(actor, second, Move.SETTLE, 1, "好了")

    def ids(**query: Any) -> list[str]:
        listed = both(client, "requests", **query)
        for one in listed:
            fits(one, REQUEST)
        return [one["service_request_id"] for one in listed]

    assert ids()[:2] == [second, first]
    assert second not in ids(status="open")
    assert first not in ids(status="closed")
    assert {first, second} <= set(ids(status="open,closed"))
    assert second not in ids(service_code="gas")
    assert {first, second} <= set(ids(service_code="gas,fire"))
    # The ids override all else; those that are not there are left out.
    assert ids(service_request_id=f"{first},{second},JY-1", status="open") == [first, second]
    assert ids(page_size=1) == [second]
    assert ids(page_size=1, page=2) == [first]
    now = utc_now()
    assert first in ids(start_date=(now - timedelta(days=1)).isoformat())
    assert ids(end_date=(now - timedelta(days=1)).isoformat()) == []
    begin, end = ((now + timedelta(days=by)).strftime("%Y-%m-%dT%H:%M:%SZ") for by in (-1, 1))
    assert first in ids(start_date=begin, end_date=end)
    # Empty arguments are as none.
    assert ids(status="", start_date="", service_code="", page="") == ids()
    assert both(client, f"tokens/{first}") == [{"service_request_id": first, "token": first}]


def test_only_the_last_90_days_unless_asked(client: FlaskClient, real: APIFlask) -> None:
    service = real.extensions["weige"]
    old = utc_now() - timedelta(days=91)
    draft = Draft("gas", "old", external_source="s", external_id="1", occurred_at=utc_now())
    backfill(service.database, service.locator, service.policy, [Past(draft, old, "x")])
    asked = {"start_date": (old - timedelta(days=1)).isoformat()}
    assert "old" not in [one["description"] for one in both(client, "requests")]
    assert "old" in [one["description"] for one in both(client, "requests", **asked)]


@pytest.mark.parametrize(
    "text",
    [
        "<b>&amp;</b>",
        "]]>",
        "\x01\x0b\x1f",
        "a\r\nb\tc",
        "=1+1",
        "👩‍👩‍👧🔥",
        "\ufffe",
        "\"'",
        "  x ",
    ],
)
def test_hostile_text_is_data_in_both_forms(client: FlaskClient, text: str) -> None:
    number = made_at(client, description="t" + text, address_string=text)
    (found,) = client.get(f"{BASE}requests/{number}.json").json
    assert found["description"] == "t" + text
    root = ET.fromstring(client.get(f"{BASE}requests/{number}.xml").data)
    kept = "".join(c if c not in "\x01\x0b\x1f\ufffe" else "\ufffd" for c in "t" + text)
    assert root.findtext("request/description") == kept


@pytest.mark.parametrize("text", ["\u200b", "\u200b\n ", " \n\u3164"])
def test_a_description_that_shows_nothing_gives_no_title(client: FlaskClient, text: str) -> None:
    (found,) = client.get(f"{BASE}requests/{made_at(client, description=text)}.json").json
    assert found["description"].startswith("Gas")


@given(st.text(st.characters(blacklist_categories=["Cs"])))
def test_any_text_makes_xml(text: str) -> None:
    found = ET.fromstring(to_xml("x", text)).text or ""
    assert len(found) == len(text)
    assert all(a in {b, "\ufffd"} for a, b in zip(found, text, strict=True))


def test_words_alone_and_an_address_id(client: FlaskClient) -> None:
    words = made_at(client, lat="", long="", address_string="东门")
    (found,) = client.get(f"{BASE}requests/{words}.json").json
    assert (found["lat"], found["long"], found["address_id"]) == (None, None, None)
    ident = made_at(client, lat="", long="", address_id="A1")
    (found,) = client.get(f"{BASE}requests/{ident}.json").json
    assert "A1" in found["address"]
    assert (found["lat"], found["long"], found["address_id"]) == (None, None, "A1")


@pytest.mark.parametrize(("code", "grid"), [("A1", "A1"), ("A", "A"), ("K", "A")])
def test_a_request_in_a_grid_lies_in_its_town(real: APIFlask, code: str, grid: str) -> None:
    """A level's grid or a dedicated one: the town's token reports there, sees it, and it alone."""
    town, other = real.test_client(), real.test_client()
    town.environ_base["HTTP_AUTHORIZATION"] = token(real, "town-a")["Authorization"]
    other.environ_base["HTTP_AUTHORIZATION"] = token(real, "town-b")["Authorization"]
    form = {"service_code": "gas", "address_id": code}
    is_error(post(other, **form), 403, "outside of B", "json")
    answer = post(town, **form)
    assert answer.status_code == 201, answer.text
    number = answer.json[0]["service_request_id"]
    (found,) = town.get(f"{BASE}requests/{number}.json").json
    assert (found["address_id"], found["lat"]) == (grid, None)
    assert number in town.get(f"{BASE}requests.json").text
    assert other.get(f"{BASE}requests/{number}.json").status_code == 404
    # On the other routes it is the same: in these grids, at no known point.
    kept = town.get(f"/api/incidents/{number}").json
    assert kept["location_status"] == kept["place"]["status"] == "unlocated"
    assert "A" in [one["code"] for one in kept["place"]["chain"]]
    assert code in [one["code"] for one in kept["place"]["chain"] + kept["place"]["overlays"]]
    listed = town.get(f"/api/incidents?grid={code}").json["incidents"]
    assert number in [one["number"] for one in listed]


def test_a_point_counts_more_than_a_grid(client: FlaskClient) -> None:
    (found,) = client.get(f"{BASE}requests/{made_at(client, address_id='B1')}.json").json
    assert (found["lat"], found["address_id"]) == (30.405, "A1")


def test_the_agency_is_the_grid_that_has_it(client: FlaskClient, real: APIFlask) -> None:
    number = made_at(client)
    desk, actor = real.extensions["weige"].desk, Actor.of(None, "x", Role.DISPATCHER)
    desk.move(actor, number, Move.FILE, 1)
    moved = desk.move(actor, number, Move.DISPATCH, 2)
    city = real.extensions["weige"].city
    wanted = city.name_of(moved.assignee.code, moved.assignee.level)
    (found,) = client.get(f"{BASE}requests/{number}.json").json
    assert found["agency_responsible"] == wanted
    assert found["status_notes"] == "Dispatched"


GOOD = {"service_code": "gas", "lat": "30.405", "long": "104.505"}
BAD_GETS = [
    ("services/alien", {}, 404, "alien"), ("requests/JY-1", {}, 404, "JY-1"),
    ("tokens/12345", {}, 404, "12345"), ("requests", {"status": "done"}, 400, "done"),
    ("requests", {"service_code": "alien"}, 404, "alien"), ("requests", {"page": "0"}, 400, "page"),
    ("requests", {"page_size": "1001"}, 400, "1000"), ("requests", {"page": "x"}, 400, "page"),
    ("requests", {"start_date": "2026-01-01"}, 400, "zone"),
    ("requests", {"start_date": "gestern"}, 400, "gestern"),
    ("requests", {"end_date": "9999-12-31T23:59:59Z"}, 400, "end_date"),
    ("requests", {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-06-01T00:00:00Z"}, 400,
     "90"),
    ("requests", {"start_date": "2026-02-01T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"}, 400,
     "90"),
    ("requests", {"service_request_id": ",".join(["x"] * 1001)}, 400, "1001"),
    ("nothing", {}, 404, "nothing"),
]  # fmt: skip
BAD_POSTS = [
    ({"service_code": ""}, 400, "service_code was not provided"),
    ({"service_code": "alien"}, 404, "alien"), ({"lat": ""}, 400, "lat"),
    ({"lat": "", "long": ""}, 400, "location"), ({"lat": "x"}, 400, "'x'"),
    ({"lat": "104.505", "long": "30.405"}, 400, "swapped"), ({"lat": "nan"}, 400, "nan"),
    ({"lat": "", "long": "", "address_id": "Z9"}, 404, "Z9"),
    ({"description": "x" * 4001}, 400, "4001"), ({"media_url": "javascript:alert(1)"}, 400, "java"),
    ({"attribute[severity]": "9"}, 400, "9"), ({"attribute[colour]": "red"}, 400, "colour"),
    ({"attribute[occurred_at]": "gestern"}, 400, "gestern"), ({"description": "\x00"}, 400, "NUL"),
    ({"phone": "1" * 300}, 400, "300"),
]  # fmt: skip


def is_error(answer: Any, status: int, word: str, kind: str) -> None:
    assert answer.status_code == status, answer.text
    if kind == "json":
        (error,) = answer.json
    else:
        root = ET.fromstring(answer.data)
        assert (root.tag, root[0].tag) == ("errors", "error")
        error = {"code": int(root[0].findtext("code") or 0),
                 "description": root[0].findtext("description")}  # fmt: skip
    fits(error, ERROR)
    assert error["code"] == status
    assert word in error["description"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("kind", ["json", "xml"])
@pytest.mark.parametrize(("path", "query", "status", "word"), BAD_GETS)
def test_errors_of_reading_have_the_specifications_shape(
    client: FlaskClient, path: str, query: dict[str, str], status: int, word: str, kind: str
) -> None:
    answer = client.get(f"{BASE}{path}.{kind}", query_string=query)
    is_error(answer, status, word, kind)


@pytest.mark.parametrize("kind", ["json", "xml"])
@pytest.mark.parametrize(("form", "status", "word"), BAD_POSTS)
def test_errors_of_writing_have_the_specifications_shape(
    client: FlaskClient, form: dict[str, str], status: int, word: str, kind: str
) -> None:
    is_error(post(client, kind, **(GOOD | form)), status, word, kind)


def test_other_bodies_and_methods_are_refused(client: FlaskClient) -> None:
    is_error(client.post(f"{BASE}requests.json", json=GOOD), 400, "Content-Type", "json")
    big = client.post(f"{BASE}requests.json", data=GOOD | {"description": "x" * 1_000_000})
    assert big.status_code == 400
    for method in ("PUT", "PATCH", "DELETE"):
        is_error(client.open(f"{BASE}requests.json", method=method), 404, method, "json")


@pytest.mark.parametrize("kind", ["json", "xml"])
def test_a_missing_wrong_or_weak_key_is_403(real: APIFlask, kind: str) -> None:
    nobody = real.test_client()
    is_error(post(nobody, kind, **GOOD), 403, "api_key", kind)
    is_error(post(nobody, kind, **GOOD, api_key="wg_" + "x" * 43), 403, "api_key", kind)
    is_error(nobody.get(f"{BASE}requests.{kind}"), 403, "api_key", kind)
    weak = token(real, "vera")["Authorization"].removeprefix("Bearer ")
    is_error(post(nobody, kind, **GOOD, api_key=weak), 403, "report", kind)


@pytest.mark.parametrize("kind", ["json", "xml"])
def test_a_key_in_the_address_is_refused(
    real: APIFlask, client: FlaskClient, key: str, kind: str
) -> None:
    """Logs keep addresses; a good header beside it does not make that good."""
    for one in (real.test_client(), client):
        for path in ("discovery", "services", "requests", "nothing"):
            answer = one.get(f"{BASE}{path}.{kind}?api_key={key}")
            is_error(answer, 400, "api_key is in the address", kind)
            assert key not in answer.text
        answer = one.post(f"{BASE}requests.{kind}?api_key={key}", data=GOOD)
        is_error(answer, 400, "api_key is in the address", kind)
        answer = one.post(f"{BASE}requests.{kind}?api_key=", data=GOOD | {"api_key": key})
        is_error(answer, 400, "api_key is in the address", kind)


def test_a_key_in_a_form_counts_for_post_only(real: APIFlask, key: str) -> None:
    answer = real.test_client().get(f"{BASE}services.json", data={"api_key": key})
    is_error(answer, 403, "api_key", "json")


def test_a_key_of_a_town_sees_and_reports_in_its_town_only(
    real: APIFlask, client: FlaskClient
) -> None:
    number = made_at(client, description="only A")
    head = token(real, "town-b")
    town = real.test_client()
    assert number not in town.get(f"{BASE}requests.json", headers=head).text
    ids = {"service_request_id": number}
    assert town.get(f"{BASE}requests.json", query_string=ids, headers=head).json == []
    is_error(town.get(f"{BASE}requests/{number}.json", headers=head), 404, number, "json")
    key = head["Authorization"].removeprefix("Bearer ")
    is_error(post(town, **GOOD, api_key=key), 403, "outside of B", "json")


def test_the_key_counts_on_these_routes_only(real: APIFlask, key: str) -> None:
    answer = real.test_client().get(f"/api/incidents?api_key={key}")
    assert answer.status_code == 401


def test_every_route_has_an_error_case(real: APIFlask) -> None:
    """A route that is added without a case above fails here."""
    adapter = real.url_map.bind("weige.test")
    asked = {adapter.match(f"{BASE}{path}.json", method="GET")[0] for path, *_ in BAD_GETS}
    asked |= {adapter.match(f"{BASE}requests.json", method="POST")[0]}
    routes = {rule.endpoint for rule in real.url_map.iter_rules()}
    # These two take nothing that could be wrong but the key.
    without = {"open311.get_discovery", "open311.get_services"}
    assert {one for one in routes if one.startswith("open311.")} == asked | without
