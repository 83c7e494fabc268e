"""Whatever is asked of any route: no fault of the server, and answers as the document says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
import schemathesis
from apiflask import APIFlask
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import CHECKS, not_a_server_error
from schemathesis.schemas import BaseSchema

from app.accounts import Actor, Permission, Role
from app.grids import City
from app.maps.tiles import build_tiles
from app.web import create_app
from app.web.settings import Settings
from tests.addresses.gazetteers import with_gazetteer
from tests.incidents.pictures import jpeg

# An answer that does not end is followed in the tests of the feed.
STREAM = "/api/incidents/stream"
KEPT = (
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
CALM = settings(
    deadline=None,
    # The same requests each time: what fails anew fails the change that brings it.
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
# How often each route is asked. What a request may be does not depend on the database.
ASKED = {"sqlite": 10, "postgresql": 4}
ENOUGH = 35
# What strings must be for a request to be more than refused.
MEANT: dict[str, Any] = {
    "hazard": "gas.leak",
    "ring": [[104.5, 30.4], [104.52, 30.4], [104.52, 30.42]],
    "level": "cell",
    "code": "A1",
    "grid": "A1",
    "lon": 104.505,
    "lat": 30.405,
    "bbox": "104.5,30.4,104.52,30.42",
    "status": "open",
    "severity": None,
    "order": "-due_at",
    "accuracy_m": 5,
    "role": None,
    "occurred_at": "2026-01-01T00:00:00Z",
    "begins_at": None,
    "ends_at": None,
    "since": None,
    "until": None,
    "external_source": None,
    "external_id": None,
    "assignee": None,
    "after": 0,
    "limit": 3,
    "kind": "staffing",
    "state": None,
    "before": None,
    "area": "A",
    "at": "2026-11-01T00:00:00Z",
    "gaps": 3,
    "suppress": 5,
    # Of another kind of coverage.
    "station": None,
    "group": None,
    "site": None,
    "d_m": None,
    "days": None,
    "as_of": None,
    "q": "上街1",
    "crs": None,
    "addresses": [{"text": "甲镇上街1号"}, {"text": "上街", "parts": {"number": 3}}],
}


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def contract_app(
    board: City, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[APIFlask]:
    var = tmp_path_factory.mktemp("contract")
    rows = [
        {"town": "甲镇", "road": "上街", "number": n, "lon": 104.502 + n / 1000, "lat": 30.405}
        for n in range(1, 16)
    ]
    board = with_gazetteer(board, var / "city", rows)
    build_tiles(board, var)
    with ExitStack() as stack:
        url = ""
        if request.param == "postgresql":
            url = stack.enter_context(request.getfixturevalue("postgres").database())
        made = create_app(
            Settings(
                city=board.folder,
                var=Path(var),
                max_points=5,
                writes_per_minute=1_000_000,
                database_url=url,
            )
        )
        yield made
        made.extensions["weige"].follower.stop()
        made.extensions["weige"].live_corrections.stop()
        made.extensions["weige"].database.close()


@pytest.fixture(scope="session")
def token(contract_app: APIFlask) -> str:
    now, by = contract_app.extensions["weige"], Actor.system("test")
    now.accounts.create(by, "admin", "a long enough password", Role.ADMIN)
    return now.tokens.make(by, "admin", "contract", set(Permission))[1]


@pytest.fixture(scope="session")
def document(contract_app: APIFlask) -> BaseSchema:
    def from_here(environ: dict[str, Any], start_response: Any) -> Any:
        # The demo answers this machine only.
        return contract_app(environ | {"REMOTE_ADDR": "127.0.0.1"}, start_response)

    return schemathesis.openapi.from_wsgi("/api/openapi.json", from_here)


@pytest.fixture(scope="session")
def often(contract_app: APIFlask) -> settings:
    database = contract_app.extensions["weige"].database
    return settings(CALM, max_examples=ASKED["sqlite" if database.is_sqlite else "postgresql"])


class Maker:
    """Makes a new one of what a request is about, so that there is one, and none is missed."""

    def __init__(self, app: APIFlask, token: str) -> None:
        self._client = app.test_client()
        self._head = {"Authorization": f"Bearer {token}"}
        self._count = 0

    def _post(self, path: str, **more: Any) -> Any:
        answer = self._client.post(path, headers=self._head, **more)
        assert answer.status_code == 201, answer.text
        return answer.json

    def number(self) -> str:
        body = {"hazard": "gas", "title": "x", "lon": 104.505, "lat": 30.405}
        return self._post("/api/incidents", json=body)["incident"]["number"]

    def photo(self, number: str) -> int:
        path = f"/api/incidents/{number}/photos"
        return self._post(path, data=jpeg(), content_type="image/jpeg")["id"]

    def name(self, path: str) -> str:
        if path != "/api/views/{name}":
            return str(self._post("/api/users", json=self.body("POST /api/users"))["name"])
        body = self.body(f"PUT {path}")
        view = self._client.put("/api/views/x", headers=self._head, json=body)
        assert view.status_code == 200, view.text
        return "x"

    def body(self, label: str) -> dict[str, Any] | None:
        """Return the body for a route that wants all of it as it is meant."""
        self._count += 1
        bodies: dict[str, dict[str, Any]] = {
            "POST /api/users": {
                "name": f"u{self._count}", "password": "a long enough one", "role": "viewer"
            },
            "PATCH /api/users/{name}": {"role": "dispatcher", "password": "another long one"},
            "POST /api/tokens": {"user": "admin", "name": "x", "scopes": ["view"]},
            "POST /api/webhooks": {"url": "http://127.0.0.1:9/weige"},
            "PATCH /api/webhooks/{ident}": {"active": False},
            "POST /api/webhooks/{ident}/redeliver": {},
            "PUT /api/views/{name}": {"address": "#z=12"},
            "POST /api/absences": {"code": "A1"},
            "POST /api/incidents/{number}/moves": {"move": "file", "version": 1},
            "POST /api/addresses/corrections": {
                "kind": "place", "lon": 104.505, "lat": 30.405,
                "words": {"town": "甲镇", "road": "上街", "number": str(100 + self._count)},
            },
            "POST /api/addresses/corrections/{ident}/undo": {"note": "x"},
        }  # fmt: skip
        return bodies.get(label)

    def path(self, path: str) -> dict[str, Any]:
        """Return the parts of an address that names something."""
        if "{number}" in path:
            number = self.number()
            return {"number": number} | ({"ident": self.photo(number)} if "{ident}" in path else {})
        if "{ident}" in path:
            many = path.partition("/{")[0]
            # There may not be many of these.
            if many == "/api/webhooks":
                for one in self._client.get(many, headers=self._head).json["webhooks"]:
                    return {"ident": one["id"]}
            made = self._post(many, json=self.body(f"POST {many}"))
            return {"ident": made.get("correction", made)["id"]}
        if "{name}" in path:
            return {"name": self.name(path)}
        if "{city_id}" in path:
            return {"city_id": "demo"}
        return {"code": "A1"} if "{code}" in path else {}


def better(case: Case, maker: Maker) -> bool:
    """Make a request more than refused, keeping the rest as it is; tell whether that is possible.

    What is None in `MEANT` is left out.
    """
    made = maker.path(case.operation.path)
    case.path_parameters.update(made)
    body = maker.body(case.operation.label)
    if body is not None:
        case.body = body
        return True
    changed = bool(made)
    if case.operation.path.endswith("/diff"):
        # The only edition that there is; "to" means something else to incidents.
        case.query.update({"from": "1", "to": "1"})
    for part in case.query, case.body:
        if not isinstance(part, dict):
            continue
        for name in MEANT.keys() & part.keys():
            changed = True
            if MEANT[name] is None:
                del part[name]
            else:
                part[name] = MEANT[name]
        if "version" in part:
            part["version"] = 1
        if "into" in part:
            part["into"] = maker.number()
    return changed


@pytest.mark.slow
def test_every_route_keeps_its_word(
    document: BaseSchema, contract_app: APIFlask, token: str, often: settings
) -> None:
    wanted = [not_a_server_error, *(CHECKS.get_one(name) for name in KEPT)]
    maker = Maker(contract_app, token)
    broken: dict[str, str] = {}
    answers: Counter[tuple[str, int]] = Counter()

    def ask(case: Case) -> None:
        case.headers["Authorization"] = f"Bearer {token}"
        answer = case.call_and_validate(checks=wanted)
        answers[case.operation.label, answer.status_code // 100] += 1

    for found in document.get_all_operations():
        operation = found.ok()
        if operation.path == STREAM:
            continue

        @often
        @given(case=operation.as_strategy())
        def keeps(case: Case) -> None:
            # Nobody takes the token away with which this asks.
            if case.operation.path == "/api/tokens/{ident}" and case.path_parameters["ident"] == 1:
                return
            ask(case)
            if better(case, maker):
                ask(case)

        try:
            keeps()
        except (Exception, BaseExceptionGroup) as error:
            broken[operation.label] = str(error)
    assert broken == {}
    asked = {label for label, _ in answers}
    assert len(asked) > ENOUGH
    # All others must have done what they are for, or only refusals were tested.
    refused = asked - {label for label, hundreds in answers if hundreds == 2}
    if often.max_examples == ASKED["sqlite"]:
        assert refused == UNSERVED


# The city of the tests has no certificate.
UNSERVED = {
    "GET /api/certificate",
    "GET /api/cities/{city_id}/quality",
    "GET /api/cities/{city_id}/quality.html",
}

CODES = st.sampled_from(["gas", "gas.leak", "fire", "alien", "", "\x00", "A1", "K", "Z9"])
TIMES = st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01T00:00:00+08:00", "0001-01-01", ""])
NUMBERS = st.sampled_from(["1", "0", "-1", "104.505", "30.405", "nan", "1e999", "9" * 30, "٣"])
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ANY = CODES | TIMES | NUMBERS | WORDS | st.sampled_from(["open", "closed", "open,closed", "done"])
ARGUMENTS = (
    "service_code", "service_request_id", "start_date", "end_date", "status", "page", "page_size",
    "lat", "long", "address_string", "address_id", "description", "email", "phone", "first_name",
    "last_name", "media_url", "attribute[severity]", "attribute[occurred_at]", "attribute[x]",
    "jurisdiction_id", "unknown",
)  # fmt: skip
PLACES = {"service_code": "gas", "lat": "30.405", "long": "104.505"}
# What lies under /open311/v2/: an address, a part of it that may be anything, and the method.
OPEN311 = (
    ("discovery", "GET"), ("services", "GET"), ("services/{}", "GET"), ("requests", "GET"),
    ("requests", "POST"), ("requests/{}", "GET"), ("tokens/{}", "GET"), ("{}", "DELETE"),
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["json", "xml"])
@pytest.mark.parametrize(("path", "method"), OPEN311)
def test_open311_keeps_its_word(
    contract_app: APIFlask, token: str, often: settings, path: str, method: str, kind: str
) -> None:
    """It has a document of its own, of which no tool makes requests: test_open311 has its shape."""
    client = contract_app.test_client()
    number = Maker(contract_app, token).number()
    statuses: Counter[int] = Counter()

    @often
    @given(
        named=st.just(number) | CODES | WORDS,
        given_=st.dictionaries(st.sampled_from(ARGUMENTS), ANY, max_size=5),
        good=st.booleans(),
    )
    @example(named=number, given_={}, good=True)
    @example(named="gas", given_={}, good=True)
    def keeps(named: str, given_: dict[str, str], good: bool) -> None:
        arguments = given_ | (PLACES if good and method == "POST" else {})
        answer = client.open(
            f"/open311/v2/{path.format(quote(named, safe=''))}.{kind}",
            method=method,
            headers={"Authorization": f"Bearer {token}"},
            **{"data" if method == "POST" else "query_string": arguments},
        )
        statuses[answer.status_code] += 1
        assert answer.status_code in {200, 201, 400, 404}, answer.text
        if kind == "xml":
            root = ET.fromstring(answer.data)
            assert (root.tag == "errors") == (answer.status_code >= 400)
        elif answer.status_code >= 400:
            assert [one["code"] for one in answer.json] == [answer.status_code]
        else:
            assert isinstance(
                answer.json, dict if path == "discovery" or "services/" in path else list
            )

    keeps()
    wanted = {"GET": {200}, "POST": {201, 400}, "DELETE": {404}}[method]
    assert wanted <= statuses.keys()
