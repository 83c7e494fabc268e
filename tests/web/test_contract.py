"""Whatever is asked of any route: no fault of the server, and answers as the document says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from apiflask import APIFlask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.checks import CHECKS, not_a_server_error
from schemathesis.schemas import BaseSchema

from app.accounts import Actor, Permission, Role
from app.grids import City
from app.maps.tiles import build_tiles
from app.web import create_app
from app.web.settings import Settings

# An answer that does not end is followed in the tests of the feed.
STREAM = "/api/incidents/stream"
KEPT = (
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
CALM = settings(
    max_examples=25,
    deadline=None,
    # The same requests each time: what fails anew fails the change that brings it.
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
ENOUGH = 35
# What strings must be for a request to be more than refused.
MEANT: dict[str, Any] = {
    "hazard": "gas.leak",
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
}


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def contract_app(
    board: City, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[APIFlask]:
    var = tmp_path_factory.mktemp("contract")
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


class Reporter:
    """Reports an incident for every request that is about one."""

    def __init__(self, app: APIFlask) -> None:
        self._client = app.test_client()

    def number(self) -> str:
        body = {"hazard": "gas", "title": "x", "lon": 104.505, "lat": 30.405}
        return self._client.post("/api/incidents", json=body).json["incident"]["number"]


def better(case: Case, reporter: Reporter) -> bool:
    """Make a request more than refused, keeping the rest as it is; tell whether that is possible.

    What is None in `MEANT` is left out.
    """
    changed = False
    if "number" in case.path_parameters:
        case.path_parameters["number"] = reporter.number()
        changed = True
    if "code" in case.path_parameters:
        case.path_parameters["code"] = "A1"
        changed = True
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
            part["into"] = reporter.number()
    return changed


@pytest.mark.slow
def test_every_route_keeps_its_word(
    document: BaseSchema, contract_app: APIFlask, token: str
) -> None:
    wanted = [not_a_server_error, *(CHECKS.get_one(name) for name in KEPT)]
    reporter = Reporter(contract_app)
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

        @CALM
        @given(case=operation.as_strategy())
        def keeps(case: Case) -> None:
            # Nobody takes the token away with which this asks.
            if case.operation.path == "/api/tokens/{ident}" and case.path_parameters["ident"] == 1:
                return
            ask(case)
            if better(case, reporter):
                ask(case)

        try:
            keeps()
        except (Exception, BaseExceptionGroup) as error:
            broken[operation.label] = str(error)
    assert broken == {}
    assert len({label for label, _ in answers}) > ENOUGH
    # These must have done what they are for, or only refusals were tested.
    assert {label for label, hundreds in answers if hundreds == 2} >= SERVED


SERVED = {
    "GET /api/absences",
    "GET /api/changes",
    "GET /api/city",
    "GET /api/grids",
    "GET /api/grids/{code}",
    "GET /api/hazards",
    "GET /api/incidents",
    "GET /api/incidents/duplicates",
    "GET /api/incidents/live",
    "GET /api/incidents/nearest",
    "GET /api/incidents/{number}",
    "GET /api/incidents/{number}/contact",
    "GET /api/incidents/{number}/history",
    "GET /api/incidents/{number}/photos",
    "GET /api/incidents/{number}/proposal",
    "GET /api/lifecycle",
    "GET /api/locate",
    "GET /healthz",
    "PATCH /api/incidents/{number}",
    "POST /api/absences",
    "POST /api/incidents",
    "POST /api/incidents/{number}/comments",
    "POST /api/incidents/{number}/merge",
    "POST /api/incidents/{number}/moves",
    "POST /api/incidents/{number}/photos",
    "POST /api/locate",
}
