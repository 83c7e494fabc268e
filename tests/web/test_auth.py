"""Who may ask: sessions, tokens, CSRF, limits, phones."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts import Permission, Role
from app.accounts.audit import records
from app.accounts.tries import PER_ACCOUNT
from app.errors import TooManyError
from app.grids import City
from app.store import Database
from app.web import create_app
from app.web.settings import Settings
from app.web.writes import WriteLimit
from tests.web.signing import KEY, ORIGIN, PASSWORD, ROOT, Visitor, production, real_copy, token

LOCATE = "/api/locate?lon=104.505&lat=30.403"
DRAFT = {"hazard": "gas.leak", "title": "x", "lon": 104.505, "lat": 30.405}


@pytest.fixture
def lite(prepared_sqlite: Path, tmp_path: Path) -> Iterator[Database]:
    """Return a SQLite database; what the store does on both is tested in tests/accounts."""
    shutil.copy(prepared_sqlite, tmp_path / "weige.db")
    made = Database(f"sqlite:///{tmp_path / 'weige.db'}")
    yield made
    made.close()


@pytest.fixture
def real(board: City, lite: Database, tmp_path: Path) -> Iterator[APIFlask]:
    with production(board, lite, tmp_path) as app:
        yield app


@pytest.fixture
def visitor(real: APIFlask) -> Visitor:
    return Visitor(real.test_client())


def cookie(answer) -> str:
    found = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith("__Host-weige=")]
    return found[-1] if found else ""


def test_signing_in_leads_to_where_one_wanted_to_go(visitor: Visitor) -> None:
    asked = visitor.get("/api/docs")
    assert asked.status_code == 303
    page = asked.headers["Location"]
    assert page == "/sign-in?next=/api/docs"
    answer = visitor.sign_in("dina", page=page)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/api/docs")
    assert visitor.get("/api/docs").status_code == 200
    me = visitor.get("/api/me").json
    assert (me["signed_in_by"], me["role"], me["area"]) == ("session", "dispatcher", None)
    assert "contact" in me["permissions"]


def test_the_cookie_is_for_this_host_over_tls_and_no_script(visitor: Visitor) -> None:
    text = cookie(visitor.sign_in("dina"))
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in text
    assert "Domain" not in text


@pytest.mark.parametrize(
    "target",
    ["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "evil",
     "javascript:alert(1)", "/\tevil", "/\n/evil.example", "///evil.example", "//[", "http:/x",
     "/" + "x" * 3000, ""],
)  # fmt: skip
def test_nobody_is_led_elsewhere(visitor: Visitor, target: str) -> None:
    page = visitor.get("/sign-in", query_string={"next": target}).text
    assert 'name="next" value="/"' in page
    csrf = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    fields = {"name": "dina", "password": PASSWORD, "next": target, "csrf_token": csrf}
    assert visitor.post("/sign-in", data=fields).headers["Location"] == "/"


def test_a_place_on_the_map_is_kept(visitor: Visitor) -> None:
    answer = visitor.sign_in("dina", page="/sign-in?next=/%23z%3D12")
    assert answer.headers["Location"] == "/#z=12"


@pytest.mark.parametrize(("name", "password"), [("dina", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_a_failed_sign_in_says_the_same_for_every_name(
    visitor: Visitor, name: str, password: str
) -> None:
    answer = visitor.sign_in(name, password)
    assert answer.status_code == 401
    assert "name and password do not belong together" in answer.text
    assert visitor.get("/api/me").status_code == 401


def test_a_page_in_chinese(visitor: Visitor) -> None:
    zh = {"Accept-Language": "zh-CN"}
    page = visitor.get("/sign-in", headers=zh).text
    assert 'lang="zh-CN"' in page
    assert "密码" in page
    answer = visitor.post("/sign-in", data={"name": "x"}, headers=zh)
    assert "请求未被接受" in answer.text


def test_names_that_are_typed_are_escaped(visitor: Visitor) -> None:
    answer = visitor.sign_in('"><script>x</script>', "wrong")
    assert "<script>x" not in answer.text


def test_too_many_tries_are_429_with_the_time_to_wait(visitor: Visitor) -> None:
    for _ in range(PER_ACCOUNT):
        assert visitor.sign_in("dina", "wrong").status_code == 401
    answer = visitor.sign_in("dina")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 900
    page = visitor.get("/sign-in").text
    csrf = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    fields = {"name": "dina", "password": PASSWORD, "csrf_token": csrf}
    shape = visitor.post("/sign-in", data=fields, headers={"Accept": "application/json"})
    assert (shape.status_code, shape.json["error"]["code"]) == (429, "too_many")
    assert "Retry-After" in shape.headers


def test_a_session_begins_anew_and_nothing_of_before_is_kept(visitor: Visitor) -> None:
    """Whoever planted a cookie in this browser knows no session of it."""
    visitor.get("/sign-in")
    with visitor.client.session_transaction(base_url="https://weige.test") as session:
        session["planted"] = "by another"
        before = session["csrf_token"]
    visitor.sign_in("dina")
    with visitor.client.session_transaction(base_url="https://weige.test") as session:
        assert "planted" not in session
        assert session.get("csrf_token") != before


def test_signing_out_takes_the_cookie_back(visitor: Visitor) -> None:
    visitor.sign_in("dina")
    assert visitor.post("/sign-out").status_code == 403
    answer = visitor.submit("/account", "/sign-out")
    assert answer.headers["Location"] == "/sign-in"
    assert "Max-Age=0" in cookie(answer)
    assert visitor.get("/api/me").status_code == 401


def test_another_password_ends_the_other_sessions(visitor: Visitor, real: APIFlask) -> None:
    other = Visitor(real.test_client())
    for one in (visitor, other):
        one.sign_in("dina")
    new = "quite another sentence"
    refused = visitor.submit("/account", "/account/password", password="wrong", new=new, again=new)
    assert refused.status_code == 401
    refused = visitor.submit(
        "/account", "/account/password", password=PASSWORD, new=new, again="x" + new
    )
    assert refused.status_code == 400
    assert other.get("/api/me").status_code == 200
    done = visitor.submit("/account", "/account/password", password=PASSWORD, new=new, again=new)
    assert done.status_code == 303
    assert visitor.get("/api/me").status_code == 200
    assert other.get("/api/me").status_code == 401
    assert other.sign_in("dina").status_code == 401
    assert other.sign_in("dina", new).status_code == 303


def test_a_session_ends_with_its_account_at_once(visitor: Visitor, real: APIFlask) -> None:
    visitor.sign_in("dina")
    real.extensions["weige"].accounts.change(ROOT, "dina", active=False)
    assert visitor.get("/api/me").status_code == 401
    assert visitor.get("/").status_code == 303


@pytest.mark.parametrize("change", ["other key", "damaged"])
def test_a_cookie_that_this_server_did_not_sign_is_nobody(
    visitor: Visitor, real: APIFlask, change: str
) -> None:
    visitor.sign_in("dina")
    if change == "other key":
        real.config["SECRET_KEY"] = "o" * 32
    else:
        value = visitor.client.get_cookie("__Host-weige", domain="weige.test").value
        visitor.client.set_cookie("__Host-weige", "x" + value[1:], domain="weige.test", secure=True)
    assert visitor.get("/api/me").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-CSRFToken": "x"},
        {"X-CSRFToken": "", "Origin": "https://weige.test"},
    ],
)
def test_a_write_of_a_session_without_its_token_is_refused(
    visitor: Visitor, headers: dict[str, str]
) -> None:
    visitor.sign_in("dina")
    answer = visitor.post("/api/incidents", json=DRAFT, headers=headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "csrf")
    assert visitor.get("/api/incidents").json["total"] == 0


@pytest.mark.parametrize(
    "elsewhere",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"},
     {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://weige.test:8443"}],
)  # fmt: skip
def test_a_write_from_another_site_is_refused_whatever_it_carries(
    visitor: Visitor, elsewhere: dict[str, str]
) -> None:
    visitor.sign_in("dina")
    headers = visitor.csrf() | elsewhere
    assert visitor.post("/api/incidents", json=DRAFT, headers=headers).status_code == 403
    headers = visitor.csrf() | {"Origin": "https://weige.test"}
    assert visitor.post("/api/incidents", json=DRAFT, headers=headers).status_code == 201


def test_a_token_of_another_session_is_no_csrf_token(visitor: Visitor, real: APIFlask) -> None:
    other = Visitor(real.test_client())
    for one in (visitor, other):
        one.sign_in("dina")
    assert visitor.post("/api/incidents", json=DRAFT, headers=other.csrf()).status_code == 403


def test_a_token_needs_no_csrf_and_has_its_scopes(real: APIFlask) -> None:
    client = real.test_client()
    view = token(real, "dina", Permission.VIEW)
    both = token(real, "dina", Permission.VIEW, Permission.REPORT)
    assert client.post("/api/incidents", json=DRAFT, headers=view).status_code == 403
    assert client.post("/api/incidents", json=DRAFT, headers=both).status_code == 201
    me = client.get("/api/me", headers=view).json
    assert (me["signed_in_by"], me["permissions"], me["csrf_token"]) == ("token", ["view"], None)


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer wg_x", "Bearer " + "wg_" + "x" * 43, "Basic ZGluYTp4", "wg_x"]
)
def test_another_authorization_is_401_even_beside_a_session(visitor: Visitor, value: str) -> None:
    visitor.sign_in("dina")
    for path in ("/api/me", "/"):
        answer = visitor.get(path, headers={"Authorization": value})
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json["error"]["code"] == "not_signed_in"


def test_a_token_in_the_address_is_none(real: APIFlask, visitor: Visitor) -> None:
    secret = token(real, "dina")["Authorization"].removeprefix("Bearer ")
    for name in ("token", "access_token"):
        assert visitor.get(f"/api/me?{name}={secret}").status_code == 401
    visitor.sign_in("dina")
    assert visitor.get(f"/api/me?token={secret}").status_code == 400


def test_personal_answers_are_kept_by_nobody(visitor: Visitor) -> None:
    assert "no-store" in visitor.get("/sign-in").headers["Cache-Control"]
    visitor.sign_in("dina")
    for path in ("/", "/account", "/api/me", LOCATE, "/api/city", "/api/incidents", "/api/nothing"):
        assert "no-store" in visitor.get(path).headers["Cache-Control"], path


def test_tiles_are_kept_by_the_browser_only(app: APIFlask) -> None:
    client = app.test_client()
    with client.get(client.get("/api/city").json["tiles"]) as answer:
        assert "private" in answer.headers["Cache-Control"]
        assert "public" not in answer.headers["Cache-Control"]
        assert "immutable" in answer.headers["Cache-Control"]


def test_writes_are_limited_by_account(real: APIFlask) -> None:
    real.extensions["weige"].writes = WriteLimit(2, lambda: 30.0)
    client = real.test_client()
    dina, vera = token(real, "dina"), token(real, "vera")

    def write(who: dict[str, str]):
        return client.post("/api/incidents", json=DRAFT, headers=who)

    assert [write(dina).status_code for _ in range(3)] == [201, 201, 429]
    answer = write(dina)
    assert answer.headers["Retry-After"] == "30"
    assert answer.json["error"]["code"] == "too_many"
    assert client.get("/api/incidents", headers=dina).status_code == 200
    assert write(vera).status_code == 403
    points = {"points": [{"lon": 104.505, "lat": 30.403}]}
    assert client.post("/api/locate", json=points, headers=dina).status_code == 200


def test_a_window_of_writes_ends() -> None:
    now = 59.0
    limit = WriteLimit(2, lambda: now)
    limit.count(1)
    limit.count(1)
    limit.count(2)
    with pytest.raises(TooManyError) as caught:
        limit.count(1)
    assert caught.value.retry_after_s == 1
    now = 60.0
    limit.count(1)


def phones(answer) -> set[str | None]:
    chain = answer.json["chain"]
    return {one["phone"] for grid in chain for one in grid["staff"]}


def test_phones_of_real_people_want_the_right_and_leave_a_record(
    board: City, database: Database, tmp_path: Path
) -> None:
    city = real_copy(board, tmp_path / "real")
    with production(city, database, tmp_path) as app:
        client = app.test_client()
        assert phones(client.get(LOCATE, headers=token(app, "vera"))) == {None}
        with database.read() as connection:
            assert "view_staff" not in [one.what for one in records(connection)]
        dina = token(app, "dina")
        assert phones(client.get(LOCATE, headers=dina)) == {"000-0000-0001", "000-0000-0002"}
        with database.read() as connection:
            found = records(connection)[0]
        assert (found.what, found.subject, found.fields) == ("view_staff", "A, A1", ["phone"])
        assert (found.label, found.remote) == ("调度员 dina", "127.0.0.1")
        # Of its own town, not of another.
        assert phones(client.get(LOCATE, headers=token(app, "town-a"))) != {None}
        assert phones(client.get(LOCATE, headers=token(app, "town-b"))) == {None}


def test_the_demo_shows_no_phones_of_real_people(board: City, tmp_path: Path) -> None:
    city = real_copy(board, tmp_path / "real")
    client = create_app(Settings(city=city.folder, var=tmp_path)).test_client()
    assert phones(client.get(LOCATE)) == {None}
    assert "contact" not in client.get("/api/me").json["permissions"]


def test_a_phone_that_cannot_be_recorded_is_not_shown(
    board: City, database: Database, tmp_path: Path
) -> None:
    city = real_copy(board, tmp_path / "real")
    with production(city, database, tmp_path) as app:
        dina = token(app, "dina")
        app.test_client().get("/api/me", headers=dina)  # notes the use of the token
        with database.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE audit RENAME TO elsewhere")
        answer = app.test_client().get(LOCATE, headers=dina)
        assert answer.status_code in {500, 503}
        assert "000-0000" not in answer.text


def test_a_phone_waits_for_a_database_that_can_be_written_to(
    board: City, lite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = real_copy(board, tmp_path / "real")
    monkeypatch.setattr("app.store.database.LOCK_WAIT_S", 0.1)
    with production(city, lite, tmp_path) as app:
        dina = token(app, "dina")
        app.test_client().get("/api/me", headers=dina)  # notes the use of the token
        with lite.engine.connect() as other:
            other.exec_driver_sql("ROLLBACK")
            other.exec_driver_sql("BEGIN IMMEDIATE")
            answer = app.test_client().get(LOCATE, headers=dina)
            other.exec_driver_sql("ROLLBACK")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert answer.json["error"]["code"] == "unavailable"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "000-0000" not in answer.text
        assert app.test_client().get(LOCATE, headers=dina).status_code == 200


def test_accounts_and_tokens_over_the_api(real: APIFlask) -> None:
    client, boss = real.test_client(), token(real, "boss")
    body = {"name": "neu", "password": PASSWORD, "role": "dispatcher", "area": "A1"}
    made = client.post("/api/users", json=body, headers=boss)
    assert (made.status_code, made.json["label"]) == (201, "调度员 neu")
    assert "password" not in made.json
    assert client.post("/api/users", json=body, headers=boss).status_code == 409
    names = [one["name"] for one in client.get("/api/users", headers=boss).json["users"]]
    assert names == ["boss", "dina", "neu", "town-a", "town-b", "vera"]
    body = {"user": "neu", "name": "热线", "scopes": ["view"], "days": 7}
    new = client.post("/api/tokens", json=body, headers=boss).json
    mine = {"Authorization": f"Bearer {new['secret']}"}
    assert client.get("/api/me", headers=mine).json["area"] == "A1"
    listed = client.get("/api/tokens", headers=boss)
    assert new["secret"] not in listed.text
    assert listed.json["tokens"][0]["id"] == new["id"]
    url = f"/api/tokens/{new['id']}"
    assert client.delete(url, headers=boss).json["revoked_at"] is not None
    assert client.get("/api/me", headers=mine).status_code == 401
    change = {"active": False, "label": "旧"}
    gone = client.patch("/api/users/neu", json=change, headers=boss).json
    assert (gone["active"], gone["label"]) == (False, "旧")
    log = client.get("/api/audit?subject=neu", headers=boss).json["records"]
    assert [one["what"] for one in log] == [
        "change_account",
        "revoke_token",
        "make_token",
        "create_account",
    ]
    assert PASSWORD not in client.get("/api/audit", headers=boss).text


def test_a_town_administrator_keeps_to_its_town(real: APIFlask) -> None:
    client, town = real.test_client(), token(real, "town-a")
    body = {"name": "neu", "password": PASSWORD, "role": "viewer", "area": "A2"}
    assert client.post("/api/users", json=body, headers=town).status_code == 201
    for more in ({"area": "B1"}, {"area": None}, {"role": "admin", "area": None}):
        refused = client.post("/api/users", json=body | {"name": "nix"} | more, headers=town)
        assert refused.status_code == 403, more
    for name in ("boss", "dina", "town-b"):
        for change in ({"password": PASSWORD}, {"active": False}, {"label": "x"}):
            url = f"/api/users/{name}"
            assert client.patch(url, json=change, headers=town).status_code == 403
    assert client.patch("/api/users/neu", json={"role": "admin"}, headers=town).status_code == 400
    assert client.patch("/api/users/neu", json={"area": None}, headers=town).status_code == 403
    names = [one["name"] for one in client.get("/api/users", headers=town).json["users"]]
    assert names == ["neu", "town-a"]
    body = {"user": "dina", "name": "x", "scopes": ["view"]}
    assert client.post("/api/tokens", json=body, headers=town).status_code == 403
    assert client.get("/api/audit", headers=town).status_code == 403


def test_a_weak_password_changes_nothing_else(real: APIFlask) -> None:
    client, boss = real.test_client(), token(real, "boss")
    body = {"label": "neu", "password": "short"}
    assert client.patch("/api/users/dina", json=body, headers=boss).status_code == 400
    assert real.extensions["weige"].accounts.get("dina").label != "neu"


def test_what_is_changed_of_an_account_is_changed_at_once_or_not_at_all(
    real: APIFlask, lite: Database
) -> None:
    client, boss = real.test_client(), token(real, "boss")
    body = {"role": "viewer", "label": "neu", "password": "quite another sentence"}
    with lite.engine.begin() as connection:
        # A new password also forgives tries to sign in, which cannot be done now.
        connection.exec_driver_sql("ALTER TABLE sign_in_try RENAME TO elsewhere")
    assert client.patch("/api/users/dina", json=body, headers=boss).status_code == 503
    before = real.extensions["weige"].accounts.get("dina")
    assert (before.role, before.epoch) == (Role.DISPATCHER, 1)
    with lite.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO sign_in_try")
    assert client.patch("/api/users/dina", json=body, headers=boss).json["role"] == "viewer"
    after = real.extensions["weige"].accounts.get("dina")
    assert (after.role, after.label, after.epoch) == (Role.VIEWER, "neu", 2)
    with lite.read() as connection:
        found = [(one.what, one.fields) for one in records(connection, subject="dina", limit=2)]
    assert found == [("set_password", ["password"]), ("change_account", ["label", "role"])]


def test_the_demo_is_a_dispatcher_until_another_role_is_chosen(client: FlaskClient) -> None:
    me = client.get("/api/me").json
    assert (me["signed_in_by"], me["role"]) == ("demo", "dispatcher")
    for role in Role:
        answer = client.post("/demo-role", data={"role": role.value})
        assert answer.status_code == 303
        me = client.get("/api/me").json
        assert me["role"] == role.value
        assert me["area"] == ("A" if role in {Role.TOWN_ADMIN, Role.GRID_WORKER} else None)


def test_there_is_no_demo_role_in_production(visitor: Visitor) -> None:
    visitor.sign_in("vera")
    with visitor.client.session_transaction(base_url="https://weige.test") as session:
        session["demo_role"] = "admin"
    answer = visitor.post("/demo-role", data={"role": "admin"}, headers=visitor.csrf())
    assert answer.status_code == 404
    assert visitor.get("/api/me").json["role"] == "viewer"


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost", 200), ("localhost:5000", 200), ("127.0.0.1:5000", 200), ("[::1]:5000", 200),
     ("LOCALHOST", 200), ("evil.example", 403), ("127.0.0.1.evil.example", 403),
     ("localhost.evil.example", 403), ("10.0.0.5:5000", 403), ("0.0.0.0", 403), ("[", 403)],
)  # fmt: skip
def test_the_demo_answers_to_names_of_loopback_only(
    client: FlaskClient, host: str, status: int
) -> None:
    for path in ("/api/city", "/", "/healthz", "/static/icon.svg"):
        with client.get(path, headers={"Host": host}) as answer:
            assert answer.status_code == status, path


@pytest.mark.parametrize(
    "environ",
    [{"REMOTE_ADDR": "10.0.0.7"}, {"REMOTE_ADDR": ""}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
     {"HTTP_FORWARDED": "for=10.0.0.7"}],
)  # fmt: skip
def test_the_demo_answers_this_machine_only(client: FlaskClient, environ: dict[str, str]) -> None:
    assert client.get("/api/city", environ_overrides=environ).status_code == 403


def test_another_site_cannot_write_to_the_demo(client: FlaskClient) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"},
                    {"Origin": "http://localhost"}):  # fmt: skip
        answer = client.post("/api/incidents", json=DRAFT, headers=headers)
        assert (answer.status_code, answer.json["error"]["code"]) == (403, "csrf")
    mine = {"Origin": "http://localhost", "X-CSRFToken": client.get("/api/me").json["csrf_token"]}
    assert client.post("/api/incidents", json=DRAFT, headers=mine).status_code == 201


@pytest.mark.parametrize(("proxies", "remote"), [(0, "127.0.0.1"), (1, "10.0.0.9")])
def test_addresses_of_a_proxy_are_believed_only_when_told_to(
    board: City, lite: Database, tmp_path: Path, proxies: int, remote: str
) -> None:
    with production(board, lite, tmp_path, proxies=proxies) as app:
        headers = {"X-Forwarded-For": "1.2.3.4, 10.0.0.9"}
        page = app.test_client()
        text = page.get("/sign-in", base_url="https://weige.test").text
        csrf = text.partition('name="csrf_token" value="')[2].partition('"')[0]
        fields = {"name": "dina", "password": PASSWORD, "csrf_token": csrf}
        page.post("/sign-in", data=fields, headers=headers, base_url="https://weige.test")
        with lite.read() as connection:
            assert records(connection)[0].remote == remote


def test_the_key_is_not_shown_with_the_settings() -> None:
    settings = Settings(env="production", secret_key=KEY, database_url="postgresql://a:geheim@b/c")
    assert KEY not in repr(settings)
    assert "geheim" not in repr(settings)


def test_kept_views_are_those_of_the_account_that_is_signed_in(real: APIFlask) -> None:
    dina, vera = Visitor(real.test_client()), Visitor(real.test_client())
    dina.sign_in("dina")
    vera.sign_in("vera")
    address = "#z=13.20&c=104.54720,30.39010"

    def change(who: Visitor, method: str, name: str, **more: Any) -> TestResponse:
        headers = {"Sec-Fetch-Site": "same-origin"} | who.csrf()
        path = f"/api/views/{quote(name)}"
        return who.client.open(path, method=method, base_url=ORIGIN, headers=headers, **more)

    kept = change(dina, "PUT", "河边 50%?#", json={"address": address})
    assert kept.status_code == 200, kept.text
    assert [(one["name"], one["address"]) for one in kept.json["views"]] == [
        ("河边 50%?#", address)
    ]
    assert dina.get("/api/views").json == kept.json
    assert vera.get("/api/views").json == {"views": []}
    refused = change(vera, "DELETE", "河边 50%?#")
    assert (refused.status_code, refused.json["error"]["code"]) == (404, "not_found")
    # Without the token of the session nothing is changed.
    foreign = dina.client.put("/api/views/x", base_url=ORIGIN, json={"address": address})
    assert foreign.status_code == 403
    assert change(dina, "PUT", "x", json={"address": "javascript:x"}).status_code == 400
    assert change(dina, "DELETE", "河边 50%?#").json == {"views": []}
