"""The routes of webhooks, the command, and the receiver of docs/feed.md."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask
from typer.testing import CliRunner

from app.accounts import Actor, Role
from app.grids import City
from app.incidents.deliver import sign
from app.incidents.incident import Draft
from app.store import Database
from app.web import api_webhooks, create_app
from app.web.settings import Settings
from scripts.webhooks import app as command
from tests.incidents.test_feed import url_of

ROOT = Path(__file__).resolve().parents[2]
DRAFT = Draft(hazard="gas.leak", title="闻到燃气味", severity=3, lon=104.505, lat=30.405)
ADMIN = Actor.of(None, "管理员", Role.ADMIN)


@pytest.fixture
def app(
    board: City, tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> Iterator[APIFlask]:
    made = create_app(Settings(city=board.folder, var=tmp_path, database_url=url_of(database)))
    monkeypatch.setattr(api_webhooks, "current_actor", lambda: ADMIN)
    yield made
    now = made.extensions["weige"]
    now.end()
    now.deliverer.stop()
    now.follower.stop()
    now.database.close()


@pytest.fixture
def receiver() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run the receiver of docs/feed.md as it stands there."""
    text = (ROOT / "docs" / "feed.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", example],
        env=os.environ | {"WEIGE_SECRET": "to be replaced", "PORT": str(port)},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.05)
    yield process, port
    process.terminate()
    process.wait(20)
    process.stdout.close()


def post(port: int, body: bytes, signature: str) -> int:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    line.request("POST", "/weige", body, {"X-Weige-Signature": signature})
    status = line.getresponse().status
    line.close()
    return status


def test_the_receiver_of_the_docs_takes_what_is_genuine_once(
    app: APIFlask, receiver: tuple[subprocess.Popen[str], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    process, port = receiver
    monkeypatch.setattr("app.incidents.webhooks.secrets.token_urlsafe", lambda _: "to be replaced")
    client = app.test_client()
    url = f"http://127.0.0.1:{port}/weige"
    assert client.post("/api/webhooks", json={"url": url}).get_json()["secret"] == "to be replaced"
    now = app.extensions["weige"]
    now.begin()
    made = [now.desk.report(ADMIN, DRAFT)[0].number for _ in range(3)]
    told = [process.stdout.readline().split() for _ in made]
    assert told == [[str(seq), number, "reported"] for seq, number in enumerate(made, 1)]
    body, at = b'{"seq": 3, "number": "x", "kind": "y"}', int(time.time())
    good = sign("to be replaced", at, body)
    assert post(port, body, good) == 204  # known already: nothing is done
    assert post(port, body + b" ", good) == 403
    assert post(port, body, sign("to be replaced", at - 400, body)) == 403
    assert post(port, body, sign("guessed", at, body)) == 403
    assert post(port, body, "") == 403
    later = b'{"seq": 4, "number": "x", "kind": "y"}'
    assert post(port, later, sign("to be replaced", at, later)) == 204
    assert process.stdout.readline().split() == ["4", "x", "y"]


def test_webhooks_are_made_changed_and_removed(app: APIFlask) -> None:
    client = app.test_client()
    made = client.post("/api/webhooks", json={"url": "http://10.0.0.5/x", "hazards": ["gas"]})
    assert made.status_code == 201
    ident = made.get_json()["id"]
    assert len(made.get_json()["secret"]) >= 40
    listed = client.get("/api/webhooks").get_json()["webhooks"]
    assert [one["id"] for one in listed] == [ident]
    assert "secret" not in listed[0]
    assert "secret" not in client.get(f"/api/webhooks/{ident}").get_json()
    changed = client.patch(f"/api/webhooks/{ident}", json={"active": False, "hazards": []})
    assert (changed.get_json()["active"], changed.get_json()["hazards"]) == (False, [])
    assert client.get(f"/api/webhooks/{ident}/dead").get_json() == {"dead": []}
    again = client.post(f"/api/webhooks/{ident}/redeliver", json={"seqs": [1]})
    assert again.get_json() == {"again": 0}
    assert client.delete(f"/api/webhooks/{ident}").status_code == 204
    assert client.get(f"/api/webhooks/{ident}").status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({}, 400, "url is missing"),
        ({"url": "ftp://x"}, 400, "ftp://x"),
        ({"url": "http://x/", "hazards": ["flood"]}, 400, "flood"),
        ({"url": "http://x/", "area": "Q"}, 404, "Q"),
        ({"url": "http://x/", "secret": "mine"}, 400, "secret is not known"),
    ],
)
def test_what_cannot_be_a_webhook_is_refused(
    app: APIFlask, body: dict[str, object], status: int, words: str
) -> None:
    answer = app.test_client().post("/api/webhooks", json=body)
    assert answer.status_code == status
    assert words in answer.get_json()["error"]["message"]


def test_who_does_not_manage_is_refused_everywhere(
    app: APIFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = app.test_client()
    ident = client.post("/api/webhooks", json={"url": "http://10.0.0.5/x"}).get_json()["id"]
    asks = (
        lambda: client.get("/api/webhooks"),
        lambda: client.post("/api/webhooks", json={"url": "http://10.0.0.5/x"}),
        lambda: client.get(f"/api/webhooks/{ident}"),
        lambda: client.patch(f"/api/webhooks/{ident}", json={"active": False}),
        lambda: client.delete(f"/api/webhooks/{ident}"),
        lambda: client.get(f"/api/webhooks/{ident}/dead"),
        lambda: client.post(f"/api/webhooks/{ident}/redeliver", json={}),
    )
    dispatcher = Actor.of(1, "调度员", Role.DISPATCHER)
    monkeypatch.setattr(api_webhooks, "current_actor", lambda: dispatcher)
    assert [ask().status_code for ask in asks] == [403] * 7
    town = Actor.of(2, "A 镇", Role.TOWN_ADMIN, "A")
    monkeypatch.setattr(api_webhooks, "current_actor", lambda: town)
    assert [ask().status_code for ask in asks] == [200, 201, 404, 404, 404, 404, 404]
    assert [one["area"] for one in client.get("/api/webhooks").get_json()["webhooks"]] == ["A"]
    outside = client.post("/api/webhooks", json={"url": "http://10.0.0.5/x", "area": "B"})
    assert outside.status_code == 403


def test_the_command_lists_and_redelivers(app: APIFlask, database: Database) -> None:
    now = app.extensions["weige"]
    made = now.webhooks.add(ADMIN, "http://10.0.0.5/x")
    now.desk.report(ADMIN, DRAFT)
    now.deliverer._lease.take()
    assert now.webhooks.bury(now.deliverer.holder, made, 1, 12, "HTTP 500")
    run, url = CliRunner().invoke, ["--database-url", url_of(database)]
    assert "http://10.0.0.5/x" in run(command, ["list", *url]).output
    assert "HTTP 500" in run(command, ["dead", str(made.id), *url]).output
    assert run(command, ["redeliver", str(made.id), "1", *url]).exit_code == 0
    assert now.webhooks.waiting(made.id).seq == 1
    assert run(command, ["dead", "99", *url]).exit_code == 2
