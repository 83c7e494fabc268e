"""Streams and pages of the feed: through the application, and through real processes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from apiflask import APIFlask

from app.accounts import Actor, Permission, Role
from app.grids import City
from app.incidents.incident import Draft
from app.store import Database
from app.web import api_feed, create_app, streams
from app.web.settings import Settings
from tests.databases import PostgresServer
from tests.incidents.test_feed import url_of
from tests.web.servers import BODY, Server, Stream

DRAFT = Draft(hazard="gas.leak", title="闻到燃气味\n第二行", severity=3, lon=104.505, lat=30.405)


@pytest.fixture
def app(board: City, tmp_path: Path, database: Database) -> Iterator[APIFlask]:
    made = create_app(
        Settings(city=board.folder, var=tmp_path, database_url=url_of(database), max_listeners=2)
    )
    yield made
    made.extensions["weige"].end()
    made.extensions["weige"].follower.stop()
    made.extensions["weige"].database.close()


def report(app: APIFlask, count: int, lon: float = 104.505) -> None:
    desk = app.extensions["weige"].desk
    for _ in range(count):
        desk.report(Actor.system("测试"), replace(DRAFT, lon=lon))


def act_as(monkeypatch: pytest.MonkeyPatch, actor: Actor) -> None:
    monkeypatch.setattr(api_feed, "current_actor", lambda: actor)


def test_pages_follow_one_another_without_gap(app: APIFlask) -> None:
    report(app, 7)
    client, after, seen = app.test_client(), 0, []
    while True:
        page = client.get(f"/api/changes?after={after}&limit=3").get_json()
        seen += [one["seq"] for one in page["events"]]
        after = page["after"]
        if not page["has_more"]:
            break
    assert (seen, after) == ([*range(1, 8)], 7)
    assert client.get("/api/changes?after=7").get_json() == {
        "events": [], "after": 7, "has_more": False,
    }  # fmt: skip


def test_an_area_is_told_its_own_and_passes_over_the_rest(
    app: APIFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(app, 2)
    report(app, 3, lon=104.525)
    report(app, 1)
    report(app, 4, lon=104.525)
    act_as(monkeypatch, Actor.of(3, "A 镇", Role.TOWN_ADMIN, "A"))
    client = app.test_client()
    page = client.get("/api/changes?limit=2").get_json()
    assert ([one["seq"] for one in page["events"]], page["has_more"]) == ([1, 2], True)
    page = client.get(f"/api/changes?after={page['after']}").get_json()
    assert ([one["seq"] for one in page["events"]], page["has_more"]) == ([6], False)
    assert page["after"] == 10
    answer = client.get("/api/incidents/stream?after=1")
    parts = iter(answer.response)
    next(parts)
    assert [one[0] for one in parse(next(parts))] == ["2", "6"]
    answer.close()


def parse(part: bytes) -> list[tuple[str, str, str]]:
    found = []
    for message in part.decode().split("\n\n"):
        fields = dict(one.split(": ", 1) for one in message.splitlines())
        if "id" in fields:
            found.append((fields["id"], fields["event"], fields["data"]))
    return found


def test_who_waits_is_answered_when_something_happens(app: APIFlask) -> None:
    client = app.test_client()
    pages: list[dict] = []
    waiting = threading.Thread(
        target=lambda: pages.append(client.get("/api/changes?wait=30").get_json())
    )
    waiting.start()
    while not app.extensions["weige"].listeners.count:
        time.sleep(0.01)
    report(app, 1)
    waiting.join(60)
    assert [one["seq"] for one in pages[0]["events"]] == [1]
    assert app.extensions["weige"].listeners.count == 0
    assert client.get("/api/changes?after=1&wait=1").get_json()["events"] == []


def test_a_feed_that_ends_before_is_another_one(app: APIFlask) -> None:
    report(app, 2)
    client = app.test_client()
    answer = client.get("/api/changes?after=3")
    assert answer.status_code == 409
    assert "the feed ends at 2" in answer.get_json()["error"]["message"]
    stream = client.get("/api/incidents/stream", headers={"Last-Event-ID": "9"})
    assert [one[:2] for one in parse(next(iter(stream.response)))] == [("2", "reset")]
    stream.close()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/api/changes?after=-1", "after"),
        ("/api/changes?after=x", "after"),
        ("/api/changes?limit=0", "limit is 0"),
        ("/api/changes?limit=1001", "limit is 1001"),
        ("/api/changes?wait=31", "wait is 31"),
        ("/api/changes?since=1", "since is not known"),
        ("/api/incidents/stream?after=1.5", "after"),
    ],
)
def test_what_cannot_be_asked_is_refused(app: APIFlask, path: str, words: str) -> None:
    answer = app.test_client().get(path)
    assert answer.status_code == 400
    assert words in answer.get_json()["error"]["message"]


@pytest.mark.parametrize("last", ["x", "-1", "1" * 16, "１"])
def test_an_id_that_is_none_is_refused(app: APIFlask, last: str) -> None:
    answer = app.test_client().get(
        "/api/incidents/stream", headers={"Last-Event-ID": last.encode().decode("latin-1")}
    )
    assert answer.status_code == 400
    assert "Last-Event-ID" in answer.get_json()["error"]["message"]


def test_more_listeners_than_allowed_are_told_when_to_come_again(app: APIFlask) -> None:
    client = app.test_client()
    open_ = [client.get("/api/incidents/stream") for _ in range(2)]
    answer = client.get("/api/incidents/stream")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert "allowed are 2" in answer.get_json()["error"]["message"]
    open_[0].close()
    assert client.get("/api/incidents/stream").status_code == 200
    for one in open_:
        one.close()
    assert client.head("/api/incidents/stream").status_code == 200


def test_a_stream_tells_everything_once_and_marks_how_far_it_is(
    app: APIFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "BEAT_S", 0.0)
    monkeypatch.setattr(streams, "LOOK_S", 0.05)
    answer = app.test_client().get("/api/incidents/stream?after=0")
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert answer.headers["Cache-Control"] == "no-store"
    parts = iter(answer.response)
    assert next(parts).startswith(b"retry: ")
    report(app, 3)
    seen: list[tuple[str, str, str]] = []
    while len(seen) < 3:
        seen += parse(next(parts))
    assert [one[:2] for one in seen] == [(str(n), "reported") for n in (1, 2, 3)]
    assert next(parts) == b": \n\n"
    answer.close()
    act_as(monkeypatch, Actor.of(3, "B 镇", Role.TOWN_ADMIN, "B"))
    filtered = app.test_client().get("/api/incidents/stream?after=0")
    parts = iter(filtered.response)
    next(parts)
    assert parse(next(parts)) == [("3", "mark", '{"seq":3}')]
    filtered.close()


def test_who_may_not_listen_any_more_is_cut_off(
    app: APIFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the true account behind it: asked anew, not remembered."""
    monkeypatch.setattr(streams, "CHECK_S", 0.0)
    monkeypatch.setattr(streams, "BEAT_S", 0.0)
    monkeypatch.setattr(streams, "LOOK_S", 0.05)
    now = app.extensions["weige"]
    by = Actor.system("测试")
    now.accounts.create(by, "viewer", "x9!kkQmzz-41-long", Role.VIEWER)
    client = app.test_client()
    _, token = now.tokens.make(by, "viewer", "t", [Permission.VIEW])
    answer = client.get("/api/incidents/stream", headers={"Authorization": f"Bearer {token}"})
    parts = iter(answer.response)
    next(parts)
    assert next(parts) == b": \n\n"
    now.accounts.change(by, "viewer", active=False)
    rest = list(parts)
    assert len(rest) <= 1
    answer.close()


# Through real processes.


@pytest.fixture
def server(
    board: City, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    var = tmp_path_factory.mktemp("served")
    made = Server(board.folder, var, url_of(database))
    yield made
    made.stop()
    shutil.rmtree(var, ignore_errors=True)


def follow(port: int, wanted: int, out: list[int], drop_after: int) -> None:
    """Listen as a browser does: come again with the last id whenever the line breaks."""
    last, until = 0, time.monotonic() + 120
    while (not out or out[-1] < wanted) and time.monotonic() < until:
        try:
            stream = Stream(port, last=last)
        except OSError:
            time.sleep(0.1)
            continue
        for count, message in enumerate(stream, 1):
            last = message.id
            if message.kind not in {"mark", "reset"}:
                out.append(message.id)
            if count == drop_after or last >= wanted:
                break
        stream.close()


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_over_processes_breaks_and_restarts(server: Server) -> None:
    wanted = 120
    heard: list[list[int]] = [[] for _ in range(6)]
    listeners = [
        threading.Thread(target=follow, args=(server.port, wanted, out, 5 + 7 * i))
        for i, out in enumerate(heard)
    ]
    for one in listeners:
        one.start()
    done = 0
    while done < wanted:
        if done == 40:
            server.process.send_signal(signal.SIGHUP)
        elif done == 80:
            os.kill(server.pids[0], signal.SIGKILL)
        try:
            status, _ = server.report(f"{done}")
        except (OSError, ValueError):
            # Killed in the middle: whether it was written shows in the feed.
            status = 0
        if status == 201:
            done += 1
        else:
            done = server.ask("GET", "/api/changes?after=0&limit=1000")[1]["after"]
    for one in listeners:
        one.join(130)
    assert heard == [[*range(1, wanted + 1)]] * len(heard)


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGQUIT])
def test_a_server_with_listeners_stops_in_order(
    board: City, prepared_sqlite: Path, tmp_path: Path, how: signal.Signals
) -> None:
    shutil.copy(prepared_sqlite, tmp_path / "weige.db")
    # What does not end by itself is not killed before this gives up waiting.
    waits = "--graceful-timeout 600"
    url = f"sqlite:///{tmp_path / 'weige.db'}"
    server = Server(board.folder, tmp_path, url, GUNICORN_CMD_ARGS=waits)
    open_ = [Stream(server.port) for _ in range(4)]
    idle = server.line()
    idle.auto_open = 0  # whoever closes it is told
    try:
        heard = [next(iter(one)).kind for one in open_]
        assert heard == ["mark"] * 4
        idle.connect()
        for waits_s in (4, 0):  # longer than gunicorn keeps a connection if it is not told
            idle.request("GET", "/healthz")
            assert idle.getresponse().read()
            time.sleep(waits_s)
        assert server.stop(how) == 0
        assert [list(one) for one in open_] == [[]] * 4
        assert idle.sock.recv(1) == b""
    finally:
        server.stop()
        idle.close()
        for one in open_:
            one.close()


@pytest.mark.slow
# What a socket holds does not depend on the database.
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_listener_that_takes_nothing_is_cut_off_and_others_are_not_held_up(
    server: Server,
) -> None:
    """Its thread comes back, and with its last id it misses nothing."""
    slow = socket.create_connection(("127.0.0.1", server.port))
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.sendall(b"GET /api/incidents/stream?after=0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    note = "长" * 2000
    status, made = server.report()
    assert status == 201
    number = made["incident"]["number"]
    heard: list[int] = []
    quick = threading.Thread(target=follow, args=(server.port, 161, heard, 10**9))
    quick.start()
    for _ in range(160):
        assert server.ask("POST", f"/api/incidents/{number}/comments", {"note": note})[0] == 201
    quick.join(120)
    assert heard == [*range(1, 162)]
    # What the server has kept for the slow one ends before the end.
    slow.settimeout(60)
    taken = b""
    time.sleep(12)
    while part := slow.recv(1 << 16):
        taken += part
    slow.close()
    ids = [int(one.split()[1]) for one in taken.split(b"\n") if one.startswith(b"id: ")]
    assert ids == [*range(1, len(ids) + 1)]
    assert len(ids) < 161


@pytest.mark.slow
def test_a_database_that_is_away_is_told_by_503_and_streams_outlast_it(
    board: City, tmp_path: Path, postgres: PostgresServer
) -> None:
    """No address of the database is told, and nothing needs a restart."""
    own = PostgresServer(postgres.programs)
    try:
        with own.database() as url:
            server = Server(board.folder, tmp_path, url)
            try:
                assert server.report()[0] == 201
                stream = Stream(server.port, after=0)
                messages = iter(stream)
                assert next(messages).id == 1
                own.stop("immediate")
                for method, path, body in (
                    ("GET", "/api/changes", None),
                    ("GET", "/api/incidents", None),
                    ("POST", "/api/incidents", BODY),
                ):
                    status, said = server.ask(method, path, body)
                    assert (status, server.headers["Retry-After"]) == (503, "2")
                    assert said["error"]["code"] == "unavailable"
                    assert str(own.port) not in said["error"]["message"]
                own.start()
                until = time.monotonic() + 60
                while server.report()[0] != 201 and time.monotonic() < until:
                    time.sleep(0.1)
                assert next(messages).id == 2
                stream.close()
            finally:
                assert server.stop() == 0
    finally:
        own.remove()
