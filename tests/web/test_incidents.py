"""The main flow over HTTP, on both databases: reported, dispatched, handled, closed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, get_args

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from app.accounts import Actor, Role
from app.grids import City
from app.incidents.incident import Kind, Source
from app.incidents.lifecycle import TRANSITIONS, Move, Status
from app.locate.location import Status as LocationStatus
from app.web import api_incidents, create_app, schemas_incidents
from app.web.settings import Settings

DRAFT = {"hazard": "gas.leak", "title": "闻到燃气味", "severity": 3, "lon": 104.505, "lat": 30.405}


@pytest.fixture(params=["sqlite", "postgresql"])
def app(request: pytest.FixtureRequest, board: City, tmp_path: Path) -> Iterator[APIFlask]:
    """Return the application over an empty database of each kind."""
    with ExitStack() as stack:
        url = f"sqlite:///{tmp_path / 'weige.db'}"
        if request.param == "sqlite":
            shutil.copy(request.getfixturevalue("prepared_sqlite"), tmp_path / "weige.db")
        else:
            template = request.getfixturevalue("prepared_postgres")
            url = stack.enter_context(request.getfixturevalue("postgres").database(template))
        made = create_app(Settings(city=board.folder, var=tmp_path, database_url=url))
        yield made
        made.extensions["weige"].follower.stop()
        made.extensions["weige"].database.close()


@pytest.fixture
def client(app: APIFlask) -> FlaskClient:
    return app.test_client()


def report(client: FlaskClient, **more: Any) -> dict[str, Any]:
    answer = client.post("/api/incidents", json=DRAFT | more)
    assert answer.status_code == 201, answer.json
    return answer.json


def test_a_report_is_answered_with_all_that_a_dispatcher_needs(client: FlaskClient) -> None:
    first = report(client)
    answer = client.post("/api/incidents", json=DRAFT)
    made = answer.json["incident"]
    assert answer.headers["Location"] == f"/api/incidents/{made['number']}"
    assert (made["status"], made["version"], made["open"], made["overdue"]) == (
        "reported", 1, True, False,
    )  # fmt: skip
    assert [(one["level"], one["code"], one["name"]) for one in made["place"]["chain"]] == [
        ("town", "A", "格A"),
        ("cell", "A1", "格A1"),
    ]
    assert [one["move"] for one in made["moves"]] == ["file", "reject", "settle", "merge"]
    assert [one["note"] for one in made["moves"]] == [False, True, True, False]
    (same,) = answer.json["duplicates"]
    assert (same["number"], same["distance_m"]) == (first["incident"]["number"], 0.0)
    proposal = answer.json["proposal"]
    assert proposal["rule"] == "level"
    assert [one["code"] for one in proposal["offers"]] == ["A1", "A", ""]
    # The city of the tests is fictitious: its phones may be shown.
    assert proposal["offers"][0]["phone"] == "000-0000-0001"
    assert client.get(answer.headers["Location"]).json == made


def test_the_whole_way(client: FlaskClient) -> None:
    url = "/api/incidents/" + report(client)["incident"]["number"]

    def move(name: str, version: int, **more: Any) -> dict[str, Any]:
        body = {"move": name, "version": version} | more
        answer = client.post(f"{url}/moves", json=body)
        assert answer.status_code == 200, answer.json
        return answer.json

    assert move("file", 1)["status"] == "filed"
    sent = move("dispatch", 2, assignee={"level": "cell", "code": "A1", "role": "网格长"})
    assert sent["assignee"]["name"] == "格A1"
    assert client.get(f"{url}/proposal").json["above"]["code"] == "A"
    assert move("escalate", 3, note="力量不足")["assignee"]["code"] == "A"
    assert move("accept", 4)["status"] == "handling"
    assert move("report_back", 5, note="已关阀")["status"] == "feedback"
    assert move("fail", 6, note="仍有气味")["status"] == "dispatched"
    move("report_back", 7, note="已换管")
    assert move("verify", 8)["status"] == "verified"
    closed = move("close", 9)
    assert (closed["open"], closed["due_at"]) == (False, None)
    assert [one["move"] for one in closed["moves"]] == ["reopen"]
    events = client.get(f"{url}/history").json["events"]
    assert [one["version"] for one in events] == list(range(1, 11))
    assert events[6]["note"] == "仍有气味"
    assert client.post(f"{url}/comments", json={"note": "归档"}).status_code == 201


def test_the_slower_of_two_is_told_what_is_there_and_allowed(client: FlaskClient) -> None:
    url = "/api/incidents/" + report(client)["incident"]["number"]
    assert client.patch(url, json={"version": 1, "title": "先到"}).status_code == 200
    answer = client.patch(url, json={"version": 1, "title": "后到"})
    assert answer.status_code == 409
    details = answer.json["error"]["details"]
    assert details == {
        "version": 2,
        "status": "reported",
        "allowed": ["file", "reject", "settle", "merge"],
    }
    answer = client.post(f"{url}/moves", json={"move": "close", "version": 2})
    assert answer.status_code == 409
    assert answer.json["error"]["details"] == details
    assert client.get(url).json["title"] == "先到"


def test_a_merge_is_seen_from_both_sides_and_can_be_undone(client: FlaskClient) -> None:
    first, second = (report(client)["incident"]["number"] for _ in range(2))
    answer = client.post(f"/api/incidents/{second}/merge", json={"into": first, "version": 1})
    assert (answer.json["status"], answer.json["merged_into"]) == ("merged", first)
    assert client.get(f"/api/incidents/{first}").json["merged"] == [second]
    body = {"move": "reopen", "version": 2, "note": "不是同一处"}
    again = client.post(f"/api/incidents/{second}/moves", json=body)
    assert (again.json["status"], again.json["merged_into"]) == ("filed", None)
    assert client.get(f"/api/incidents/{first}").json["merged"] == []
    history = client.get(f"/api/incidents/{first}/history").json["events"]
    assert [one["kind"] for one in history] == ["reported", "absorbed", "released"]
    assert history[-1]["data"] == {"released": second}


def test_a_merge_into_what_is_over_is_a_conflict(client: FlaskClient) -> None:
    first, second = (report(client)["incident"]["number"] for _ in range(2))
    body = {"move": "reject", "version": 1, "note": "误报"}
    client.post(f"/api/incidents/{first}/moves", json=body)
    answer = client.post(f"/api/incidents/{second}/merge", json={"into": first, "version": 1})
    assert answer.status_code == 409
    details = answer.json["error"]["details"]
    assert (details["status"], details["into"]["status"]) == ("reported", "rejected")


def test_an_edit_is_refused_or_told_with_what_it_leads_to(client: FlaskClient) -> None:
    number = report(client)["incident"]["number"]
    path = f"/api/incidents/{number}"
    same = client.patch(path, json={"version": 1, "title": DRAFT["title"]})
    assert same.status_code == 400
    assert client.get(path).json["version"] == 1
    client.post(f"{path}/moves", json={"move": "file", "version": 1})
    client.post(f"{path}/moves", json={"move": "dispatch", "version": 2})
    assert client.get(path).json["assignee_elsewhere"] is False
    place = {"version": 3, "lon": 104.525, "lat": 30.405, "datum": "wgs84"}
    assert client.patch(path, json=place).json["assignee_elsewhere"] is True
    last = client.get(f"{path}/history").json["events"][-1]
    assert last["data"]["assignee_elsewhere"] is True


def test_an_external_id_is_known_again(client: FlaskClient) -> None:
    body = DRAFT | {"external_source": "12345", "external_id": "工单 7"}
    first = client.post("/api/incidents", json=body)
    again = client.post("/api/incidents", json=body | {"title": "第二次"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json["new"] is False
    assert again.json["incident"] == first.json["incident"]
    assert client.get("/api/incidents").json["total"] == 1


def test_a_blank_external_id_is_none(client: FlaskClient) -> None:
    blank = {"external_source": "", "external_id": " "}
    first, second = (report(client, title=title, **blank) for title in ("闻到燃气味", "井盖破损"))
    assert (first["new"], second["new"]) == (True, True)
    assert second["incident"]["title"] == "井盖破损"
    half = client.post(
        "/api/incidents", json=DRAFT | {"external_source": "12345"} | {"external_id": ""}
    )
    assert half.status_code == 400
    assert "missing or blank" in half.json["error"]["message"]


def test_a_town_handles_what_it_is_sent_from_another(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/api/incidents/{report(client)['incident']['number']}"
    client.post(f"{path}/moves", json={"move": "file", "version": 1})
    to = {"level": "cell", "code": "B1"}
    client.post(f"{path}/moves", json={"move": "dispatch", "version": 2, "assignee": to})
    town = Actor.of(9, "B 镇", Role.TOWN_ADMIN, "B")
    monkeypatch.setattr(api_incidents, "current_actor", lambda: town)
    assert client.get("/api/incidents").json["total"] == 1
    assert client.get("/api/incidents?grid=B").json["total"] == 0
    moves = [one["move"] for one in client.get(path).json["moves"]]
    assert moves == ["accept", "report_back", "escalate"]
    refused = client.patch(path, json={"version": 3, "title": "改"})
    assert refused.status_code == 403
    assert "which is asked to handle it" in refused.json["error"]["message"]
    done = client.post(
        f"{path}/moves", json={"move": "report_back", "version": 3, "note": "已关阀"}
    )
    assert (done.status_code, done.json["moves"]) == (200, [])
    words = {name: value for name, value in DRAFT.items() if name not in {"lon", "lat"}}
    made = client.post("/api/incidents", json=words)
    assert made.status_code == 201, made.json
    found = made.json["incident"]
    assert (found["location_status"], found["grid"]) == ("unlocated", "B")
    assert client.get(f"/api/incidents/{found['number']}").status_code == 200


def test_lists_are_limited_as_asked(client: FlaskClient) -> None:
    numbers = [report(client, severity=one)["incident"]["number"] for one in (1, 4, 2)]
    client.post(f"/api/incidents/{numbers[0]}/moves", json={"move": "file", "version": 1})

    def found(query: str) -> list[str]:
        return [one["number"] for one in client.get(f"/api/incidents?{query}").json["incidents"]]

    assert found("order=-severity") == [numbers[1], numbers[2], numbers[0]]
    assert found("order=severity&limit=1&after=1") == [numbers[2]]
    assert found("status=filed") == [numbers[0]]
    assert found("status=over") == []
    assert set(found("status=open&severity=1,4")) == set(numbers[:2])
    assert found("hazard=gas&grid=A&overdue=true") == []
    assert len(found("bbox=104.5,30.4,104.51,30.41&text=燃气")) == 3
    page = client.get("/api/incidents?limit=2").json
    assert (page["total"], page["limit"], page["after"]) == (3, 2, 0)


def test_geojson_says_no_more_than_a_map_needs(client: FlaskClient) -> None:
    made = report(client, reporter_name="张三")["incident"]
    report(client, lon=None, lat=None)
    answer = client.get("/api/incidents?format=geojson&order=number")
    assert answer.mimetype == "application/geo+json"
    first, second = answer.json["features"]
    assert first == {
        "type": "Feature",
        "id": made["number"],
        "geometry": {"type": "Point", "coordinates": [104.505, 30.405]},
        "properties": {
            "number": made["number"],
            "hazard": "gas.leak",
            "severity": 3,
            "status": "reported",
            "overdue": False,
        },
    }
    assert second["geometry"] is None


def test_the_live_routes_see_what_was_just_done(client: FlaskClient) -> None:
    made = report(client)["incident"]
    (pin,) = client.get("/api/incidents/live?bbox=104.5,30.4,104.51,30.41").json["pins"]
    assert (pin["number"], pin["severity"]) == (made["number"], 3)
    for asked, total in {
        "severity=3,4": 1,
        "severity=1": 0,
        "status=open": 1,
        "status=filed": 0,
        "overdue=false": 1,
        "overdue=true": 0,
    }.items():
        answer = client.get(f"/api/incidents/live?bbox=104.5,30.4,104.51,30.41&{asked}").json
        assert (len(answer["pins"]), answer["total"]) == (total, total)
    near = client.get("/api/incidents/nearest?lon=104.506&lat=30.405&k=3").json["incidents"]
    assert [one["number"] for one in near] == [made["number"]]
    assert 90 < near[0]["distance_m"] < 100
    asked = "/api/incidents/duplicates?lon=104.505&lat=30.405&hazard=gas"
    found = client.get(asked).json
    assert [one["number"] for one in found["duplicates"]] == [made["number"]]
    assert (found["within_m"], found["within_hours"]) == (30.0, 72.0)
    body = {"move": "settle", "version": 1, "note": "当场关阀"}
    client.post(f"/api/incidents/{made['number']}/moves", json=body)
    assert client.get("/api/incidents/live?bbox=104.5,30.4,104.51,30.41").json["pins"] == []
    assert client.get(asked).json["duplicates"] == []


def test_nearest_takes_points_of_other_datums(client: FlaskClient) -> None:
    made = report(client, datum="gcj02")["incident"]
    asked = "/api/incidents/nearest?lon=104.505&lat=30.405&datum=gcj02"
    (one,) = client.get(asked).json["incidents"]
    assert one["number"] == made["number"]
    assert one["distance_m"] < 0.01


def test_a_border_that_is_near_is_told(client: FlaskClient) -> None:
    # Eleven metres west of the line between A1 and A2.
    place = report(client, lon=104.50989)["incident"]["place"]
    assert place["neighbour"]["code"] == "A2"
    assert "格A2" in place["border_note"]
    assert report(client)["incident"]["place"]["border_note"] == ""


def test_text_comes_back_as_given_in_json_that_no_page_runs(client: FlaskClient) -> None:
    title = "<script>alert('x')</script> & \"引号\" \\ \u2028"
    answer = client.post("/api/incidents", json=DRAFT | {"title": title})
    assert answer.json["incident"]["title"] == title
    assert answer.mimetype == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_who_reported_is_told_by_one_route_only(client: FlaskClient) -> None:
    secret = "13812345678"
    number = report(client, reporter_name="张三", reporter_contact=secret)["incident"]["number"]
    url = f"/api/incidents/{number}"
    edited = client.patch(url, json={"version": 1, "reporter_contact": secret + "9"})
    assert edited.status_code == 200
    answer = client.get(f"{url}/contact")
    assert (answer.json["name"], answer.json["contact"]) == ("张三", secret + "9")
    assert answer.headers["Cache-Control"] == "no-store"
    for path in (
        url, f"{url}/history", f"{url}/proposal", "/api/incidents", "/api/incidents?format=geojson",
        "/api/incidents/live?bbox=104,30,105,31", "/api/incidents/nearest?lon=104.5&lat=30.4",
        "/api/changes?after=0",
    ):  # fmt: skip
        found = client.get(path)
        assert found.status_code == 200, path
        assert secret not in found.text
        assert "张三" not in found.text


def test_off_duty_people_are_passed_over_until_they_are_back(client: FlaskClient) -> None:
    url = "/api/incidents/" + report(client)["incident"]["number"]
    made = client.post("/api/absences", json={"code": "A1", "reason": "培训"})
    assert (made.status_code, made.json["name"]) == (201, "格A1")
    proposal = client.get(f"{url}/proposal", headers={"Accept-Language": "zh"}).json
    assert proposal["offers"][0]["code"] == "A"
    assert "无人在岗" in proposal["notes"][0]
    assert client.get("/api/absences").json["absences"] == [made.json]
    assert client.delete(f"/api/absences/{made.json['id']}").status_code == 204
    assert client.get(f"{url}/proposal").json["offers"][0]["code"] == "A1"


def test_the_rules_are_told_as_they_are(client: FlaskClient) -> None:
    moves = client.get("/api/lifecycle").json["moves"]
    assert {one["move"]: set(one["sources"]) for one in moves} == {
        str(move): set(map(str, step.sources)) for move, step in TRANSITIONS.items()
    }
    (reopen,) = [one for one in moves if one["move"] == Move.REOPEN]
    assert reopen["undoes"] == ["reject", "settle", "close", "merge"]
    hazards = client.get("/api/hazards").json["hazards"]
    assert [one["id"] for one in hazards if not one["parent"]] == [
        "gas", "geological", "drowning", "fire", "other",
    ]  # fmt: skip


def test_the_names_of_the_document_are_those_of_the_domain() -> None:
    assert set(get_args(schemas_incidents.StatusName)) == set(map(str, Status))
    assert set(get_args(schemas_incidents.MoveName)) == set(map(str, Move))
    assert set(get_args(schemas_incidents.KindName)) == set(map(str, Kind))
    assert set(get_args(schemas_incidents.SourceName)) == set(map(str, Source))
    assert set(get_args(schemas_incidents.LocationStatusName)) == {
        *map(str, LocationStatus),
        "unlocated",
    }
