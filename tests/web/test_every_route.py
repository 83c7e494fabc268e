"""Every route of the application wants an account, and shows a town nothing of another town.

A route that is added without an entry in PROBES fails here.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.grids import City
from app.store import Database
from app.web.auth import PUBLIC
from tests.incidents.pictures import jpeg
from tests.web.signing import ORIGIN, production, token

CONTACT = "138-0000-4711"
IN_A = {"lon": 104.505, "lat": 30.405}
IN_B = {"lon": 104.525, "lat": 30.405}
DRAFT = {"hazard": "gas.leak", "reporter_contact": CONTACT, "reporter_name": "甲"}
SECRET = "只有A镇能看"


@dataclass
class World:
    """An incident of each town, who acts, and what stands in A."""

    client: FlaskClient
    boss: dict[str, str]
    town_a: dict[str, str]
    town_b: dict[str, str]
    in_a: str
    in_b: str
    photo: int
    absence: int
    hook: int

    def state(self) -> list[Any]:
        """Return all that the town administrator of A sees of its incident."""
        paths = ["", "/history", "/contact", "/photos", "/proposal"]
        seen = [self.ask("GET", f"/api/incidents/{self.in_a}{path}") for path in paths]
        seen += [self.ask("GET", path) for path in ("/api/absences", "/api/webhooks")]
        return [(one.status_code, one.json) for one in seen]

    def ask(self, method: str, path: str, who: str = "town_a", **more: Any) -> TestResponse:
        return self.client.open(path, method=method, headers=getattr(self, who), **more)


Probe = Callable[[World], None]


def nothing(_: World) -> None:
    """The route answers nothing about incidents, and no account changes anything with it."""


def elsewhere(_: World) -> None:
    """Accounts, tokens, kept views and the audit log: held apart in test_auth.py."""


@dataclass
class Hidden:
    """The route answers as if the incident of A did not exist; to its own town it answers."""

    method: str
    path: str
    more: dict[str, Any] = field(default_factory=dict)
    statuses: tuple[int, ...] = (404,)

    def __call__(self, world: World) -> None:
        path = self.path.format(**vars(world))
        answer = world.ask(self.method, path, "town_b", **self.more)
        assert answer.status_code in self.statuses, answer.text
        nameless = answer.text.replace(world.in_a, "")
        for secret in (SECRET, CONTACT, "A1"):
            assert secret not in nameless


@dataclass
class Listed:
    """The route lists the incident of its own town, and not that of A."""

    path: str

    def __call__(self, world: World) -> None:
        own = world.ask("GET", self.path, "town_a").text
        other = world.ask("GET", self.path, "town_b").text
        assert world.in_a in own
        assert world.in_a not in other
        assert SECRET not in other


def stream(world: World) -> None:
    answer = world.client.get("/api/incidents/stream?after=0", headers=world.town_b, buffered=False)
    seen = b""
    for part in answer.response:
        seen += part
        if world.in_b.encode() in seen:
            break
    answer.close()
    assert world.in_a.encode() not in seen
    assert SECRET.encode() not in seen


def report(world: World) -> None:
    body = DRAFT | IN_A | {"title": "von B"}
    assert world.ask("POST", "/api/incidents", "town_b", json=body).status_code == 403


def report_open311(world: World) -> None:
    form = {"service_code": "gas", "lat": IN_A["lat"], "long": IN_A["lon"], "description": "x"}
    answer = world.ask("POST", "/open311/v2/requests.json", "town_b", data=form)
    assert answer.status_code == 403


def absences(world: World) -> None:
    assert "A1" in world.ask("GET", "/api/absences", "town_a").text
    assert "A1" not in world.ask("GET", "/api/absences", "town_b").text


def add_absence(world: World) -> None:
    answer = world.ask("POST", "/api/absences", "town_b", json={"code": "A1"})
    assert answer.status_code == 403


def merge(world: World) -> None:
    for source, target in ((world.in_a, world.in_b), (world.in_b, world.in_a)):
        body = {"into": target, "version": 1}
        answer = world.ask("POST", f"/api/incidents/{source}/merge", "town_b", json=body)
        assert answer.status_code == 404
        assert SECRET not in answer.text


def webhooks(world: World) -> None:
    assert "hook-a" in world.ask("GET", "/api/webhooks", "town_a").text
    assert "hook-a" not in world.ask("GET", "/api/webhooks", "town_b").text


def enclosed(world: World) -> None:
    ring = [[104.4, 30.3], [104.6, 30.3], [104.6, 30.5], [104.4, 30.5]]
    answer = world.ask("POST", "/api/enclosed", "town_b", json={"ring": ring})
    assert [one["code"] for one in answer.json["grids"]] == ["B1", "B2", "B3", "B4"]
    # K, of people who are on duty in A alone, is one of those.
    assert answer.json["elsewhere"] == 5
    assert answer.json["dedicated"] == []
    own = world.ask("POST", "/api/enclosed", "town_a", json={"ring": ring}).json["dedicated"]
    assert [(one["code"], one["overlay"], one["part"]) for one in own] == [("K", "campus", 1.0)]
    assert own[0]["within"]
    assert own[0]["staff"][0]["role"] == "专员"
    assert [one["number"] for one in answer.json["incidents"]] == [world.in_b]
    assert SECRET not in answer.text


def add_webhook(world: World) -> None:
    body = {"url": "http://10.0.0.5:9/x", "area": "A"}
    assert world.ask("POST", "/api/webhooks", "town_b", json=body).status_code == 403


def coverage(world: World) -> None:
    path = "/api/coverage?kind=staffing"
    own = world.ask("GET", path, "town_b").json
    assert own["area"]["code"] == "B"
    assert own["grids"]["code"] == ["B1", "B2", "B3", "B4"]
    assert world.ask("GET", f"{path}&area=A1", "town_b").status_code == 403
    # Who is off duty in A makes no difference to what B is told.
    now = f"{path}&at=2100-01-01T00:00:00Z"
    assert world.ask("GET", now, "town_b").json["total"] == own["total"]
    assert world.ask("GET", now, "town_a").json["total"]["led"]["part"] == 2


@dataclass
class Figures:
    """The route reckons with the incidents of its own town, and refuses the ground of A."""

    path: str
    count: Callable[[Any], Any] | None

    def __call__(self, world: World) -> None:
        answer = world.ask("GET", f"{self.path}&area=A", "town_b")
        assert answer.status_code == 403, answer.text
        assert world.ask("GET", f"{self.path}&area=A1", "town_b").status_code == 403
        own = world.ask("GET", self.path, "town_b")
        assert "A1" not in own.text
        if self.count is None:
            # A town of four grids has too few to compare.
            assert own.status_code == 400
            return
        assert self.count(own.json) == 1
        assert self.count(world.ask("GET", self.path, "town_a").json) == 1
        assert self.count(world.ask("GET", self.path, "boss").json) == 2


def features(world: World) -> None:
    """Incidents as features are those of the own town, and so is what is counted."""
    Listed("/ogc/collections/incidents/items")(world)
    path = "/ogc/collections/statistics-cell/items"
    for who, codes, count in (("town_a", "A", 1), ("town_b", "B", 1), ("boss", "AB", 2)):
        told = world.ask("GET", path, who).json["features"]
        assert {one["id"][0] for one in told} == set(codes)
        assert sum(one["properties"]["count"] for one in told) == count
    assert world.ask("GET", f"{path}/A1", "town_b").status_code == 404


def no_gazetteer(method: str, path: str = "", **more: Any) -> Probe:
    """Return what asks where nothing is corrected: towns are held apart in test_corrections.py."""

    def probe(world: World) -> None:
        answer = world.ask(method, f"/api/addresses/corrections{path}", "town_b", **more)
        assert answer.status_code == 404, answer.text

    return probe


ONE = "/api/incidents/{in_a}"
HOOK = "/api/webhooks/{hook}"
POINT = f"lon={IN_A['lon']}&lat={IN_A['lat']}"
FAR_TOO = "bbox=104.4,30.3,104.6,30.5"
PROBES: dict[str, Probe] = {
    "accounts.delete_token": elsewhere,
    "accounts.get_audit": elsewhere,
    "accounts.get_me": nothing,
    "accounts.get_tokens": elsewhere,
    "accounts.get_users": elsewhere,
    "accounts.patch_user": elsewhere,
    "accounts.post_token": elsewhere,
    "accounts.post_user": elsewhere,
    "analysis.get_breakdown": Figures(
        "/api/breakdown?hazard=gas", lambda told: told["about"]["total"]
    ),
    "analysis.get_heat": Figures("/api/heat?hazard=gas", lambda told: told["about"]["count"]),
    "analysis.get_hotspots": Figures("/api/hotspots?hazard=gas", None),
    "analysis.get_stats": Figures("/api/stats?hazard=gas", lambda told: told["about"]["total"]),
    "addresses.get_explanation": nothing,
    "addresses.get_suggestions": nothing,
    "addresses.post_assign": nothing,
    "basemaps.get_archive": nothing,
    "city.get_certificate": nothing,
    "city.get_city": nothing,
    "city.get_health": nothing,
    "city.get_tiles": nothing,
    "city.get_moved_tile": nothing,
    "generations.get_diff": nothing,
    "generations.get_generations": nothing,
    "quality.get_quality": nothing,
    "quality.get_quality_map": nothing,
    "corrections.get_correction": no_gazetteer("GET", "/x"),
    "corrections.get_corrections": no_gazetteer("GET"),
    "corrections.post_correction": no_gazetteer("POST", json={"kind": "place"}),
    "corrections.post_undo": no_gazetteer("POST", "/x/undo", json={}),
    "coverage.get_coverage": coverage,
    "desk.delete_absence": Hidden("DELETE", "/api/absences/{absence}", statuses=(403, 404)),
    "desk.get_absences": absences,
    "desk.get_hazards": nothing,
    "desk.get_lifecycle": nothing,
    "desk.post_absence": add_absence,
    "download.get_download": nothing,
    "exports.get_export": Listed("/api/incidents/export"),
    "feed.get_changes": Listed("/api/changes?after=0"),
    "feed.get_stream": stream,
    "grids.get_grid": nothing,
    "grids.get_grids": nothing,
    "grids.get_grid_names": nothing,
    "incidents.get_contact": Hidden("GET", ONE + "/contact"),
    "incidents.get_history": Hidden("GET", ONE + "/history"),
    "incidents.get_incident": Hidden("GET", ONE),
    "incidents.get_incidents": Listed("/api/incidents"),
    "incidents.get_proposal": Hidden("GET", ONE + "/proposal"),
    "incidents.patch_incident": Hidden("PATCH", ONE, {"json": {"version": 1, "title": "x"}}),
    "incidents.post_comment": Hidden("POST", ONE + "/comments", {"json": {"note": "x"}}),
    "incidents.post_incident": report,
    "incidents.post_merge": merge,
    "incidents.post_move": Hidden("POST", ONE + "/moves", {"json": {"move": "file", "version": 1}}),
    "kept_views.delete_view": elsewhere,
    "kept_views.get_views": elsewhere,
    "kept_views.put_view": elsewhere,
    "live.get_duplicates": Listed(f"/api/incidents/duplicates?hazard=gas.leak&{POINT}"),
    "live.get_live": Listed(f"/api/incidents/live?{FAR_TOO}"),
    "live.get_nearest": Listed(f"/api/incidents/nearest?{POINT}"),
    "locate.locate_many": nothing,
    "locate.locate_one": nothing,
    "ogc.get_api": nothing,
    "ogc.get_collection": nothing,
    "ogc.get_collections": nothing,
    "ogc.get_conformance": nothing,
    "ogc.get_item": Hidden("GET", "/ogc/collections/incidents/items/{in_a}"),
    "ogc.get_items": features,
    "ogc.get_landing": nothing,
    "ogc_tiles.get_collection_tile": nothing,
    "ogc_tiles.get_collection_tileset": nothing,
    "ogc_tiles.get_collection_tilesets": nothing,
    "ogc_tiles.get_matrix_set": nothing,
    "ogc_tiles.get_matrix_sets": nothing,
    "ogc_tiles.get_tile": nothing,
    "ogc_tiles.get_tileset": nothing,
    "ogc_tiles.get_tilesets": nothing,
    "open311.get_discovery": nothing,
    "open311.get_request": Hidden("GET", "/open311/v2/requests/{in_a}.json"),
    "open311.get_requests": Listed("/open311/v2/requests.xml"),
    "open311.get_service": nothing,
    "open311.get_services": nothing,
    "open311.get_token": Hidden("GET", "/open311/v2/tokens/{in_a}.json"),
    "open311.nothing_here": nothing,
    "open311.post_request": report_open311,
    "openapi.spec": nothing,
    "pages.api_docs": nothing,
    "pages.index": nothing,
    "photos.get_photo": Hidden("GET", ONE + "/photos/{photo}"),
    "photos.get_photos": Hidden("GET", ONE + "/photos"),
    "photos.get_thumbnail": Hidden("GET", ONE + "/photos/{photo}/thumbnail"),
    "photos.post_photo": Hidden(
        "POST", ONE + "/photos", {"data": jpeg(), "content_type": "image/jpeg"}
    ),
    "sign_in.get_account": nothing,
    "sign_in.get_sign_in": nothing,
    "sign_in.post_demo_role": nothing,
    "sign_in.post_password": nothing,
    "sign_in.post_sign_in": nothing,
    "sign_in.post_sign_out": nothing,
    "static": nothing,
    "webhooks.delete_webhook": Hidden("DELETE", HOOK, statuses=(403, 404)),
    "webhooks.get_dead": Hidden("GET", HOOK + "/dead", statuses=(403, 404)),
    "webhooks.get_webhook": Hidden("GET", HOOK, statuses=(403, 404)),
    "webhooks.get_webhooks": webhooks,
    "webhooks.patch_webhook": Hidden(
        "PATCH", HOOK, {"json": {"active": False}}, statuses=(403, 404)
    ),
    "webhooks.post_redeliver": Hidden(
        "POST", HOOK + "/redeliver", {"json": {}}, statuses=(403, 404)
    ),
    "enclosed.post_enclosed": enclosed,
    "tables.post_table": nothing,
    "webhooks.post_webhook": add_webhook,
}


@pytest.fixture(scope="module")
def real(
    board: City, prepared_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[APIFlask]:
    folder = tmp_path_factory.mktemp("real")
    shutil.copy(prepared_sqlite, folder / "weige.db")
    database = Database(f"sqlite:///{folder / 'weige.db'}")
    with production(board, database, folder) as app:
        yield app
    database.close()


@pytest.fixture(scope="module")
def world(real: APIFlask) -> World:
    client = real.test_client()
    boss = token(real, "boss")

    def made(place: dict[str, float], title: str) -> str:
        answer = client.post("/api/incidents", json=DRAFT | place | {"title": title}, headers=boss)
        assert answer.status_code == 201, answer.text
        return answer.json["incident"]["number"]

    in_a, in_b = made(IN_A, SECRET), made(IN_B, "B")
    photo = client.post(
        f"/api/incidents/{in_a}/photos", data=io.BytesIO(jpeg()).read(), headers=boss,
        content_type="image/jpeg",
    )  # fmt: skip
    assert photo.status_code == 201, photo.text
    absence = client.post("/api/absences", json={"code": "A1"}, headers=boss)
    assert absence.status_code == 201, absence.text
    town_a, town_b = token(real, "town-a"), token(real, "town-b")
    body = {"url": "http://10.0.0.5:9/hook-a"}
    hook = client.post("/api/webhooks", json=body, headers=town_a)
    assert hook.status_code == 201, hook.text
    return World(
        client,
        boss,
        town_a,
        town_b,
        in_a,
        in_b,
        photo.json["id"],
        absence.json["id"],
        hook.json["id"],
    )


def rules(app: APIFlask) -> list[tuple[Rule, str]]:
    return [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD"})
    ]


def address(app: APIFlask, rule: Rule) -> str:
    """Return an address that the rule answers."""
    values = {name: 1 if "int" in str(rule._converters[name]).lower() else "x"
              for name in rule.arguments}  # fmt: skip
    return app.url_map.bind("weige.test").build(rule.endpoint, values)


def test_every_route_wants_an_account(real: APIFlask) -> None:
    """Whatever the method, and before anything of the request is looked at."""
    asked = set()
    for rule, method in rules(real):
        if rule.endpoint in PUBLIC:
            continue
        path = address(real, rule)
        for cookies in ("", "__Host-weige=x"):
            headers = {"Cookie": cookies} if cookies else {}
            answer = real.test_client().open(path, method=method, base_url=ORIGIN, headers=headers)
            if rule.endpoint.startswith(("pages.", "sign_in.")):
                assert answer.status_code == 303, (method, path)
                assert answer.headers["Location"].startswith("/sign-in")
            elif rule.endpoint.startswith("open311."):
                # Its specification has 403 for a missing key, and a shape of its own.
                assert answer.status_code == 403, (method, path)
                assert "not_signed_in" not in answer.text
                assert "api_key" in answer.text
            else:
                assert answer.status_code == 401, (method, path)
                assert answer.json["error"]["code"] == "not_signed_in"
            assert "no-store" in answer.headers["Cache-Control"]
        asked.add(rule.endpoint)
    assert asked == set(PROBES) - PUBLIC


def test_what_is_public_is_no_more_than_this() -> None:
    assert {
        "static",
        "city.get_health",
        "sign_in.get_sign_in",
        "sign_in.post_sign_in",
    } == PUBLIC


def test_every_route_has_a_probe(real: APIFlask) -> None:
    assert {rule.endpoint for rule in real.url_map.iter_rules()} == set(PROBES)


def test_every_route_about_an_incident_is_probed_as_one(real: APIFlask) -> None:
    """No route with the number of an incident passes as one that has nothing to do with it."""
    for rule in real.url_map.iter_rules():
        if "incident" in rule.rule or "number" in rule.arguments or "changes" in rule.rule:
            assert PROBES[rule.endpoint] is not nothing, rule
            assert PROBES[rule.endpoint] is not elsewhere, rule


@pytest.mark.parametrize("endpoint", sorted(PROBES))
def test_a_town_sees_and_changes_nothing_of_another(world: World, endpoint: str) -> None:
    before = world.state()
    assert all(status == 200 for status, _ in before), before
    PROBES[endpoint](world)
    assert world.state() == before


def test_its_own_town_may_do_what_the_other_may_not(world: World) -> None:
    """The probes fail for their area, not for anything else."""
    for probe in PROBES.values():
        if isinstance(probe, Hidden) and probe.method == "GET":
            path = probe.path.format(**vars(world))
            assert world.ask("GET", path, "town_a").status_code == 200, path
