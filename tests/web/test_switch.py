"""Another edition of the boundaries answers without a restart, and no request fails for it."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pyarrow as pa
import pytest
from apiflask import APIFlask

from app.addresses.update import Options, prepare
from app.grids.editions import activate, roll_back
from app.grids.store import read_manifest
from app.maps.tiles import tiles_of
from app.web import create_app
from app.web.settings import Settings
from tests.cities import chessboard
from tests.editions import POINT, add_edition, changed_board, wider
from tests.web.servers import BODY, Server

JUNE = date(2026, 6, 1)
LOCATE = f"/api/locate?{urlencode(POINT)}"
# In which grid the point lies, by edition.
GRID = {"1": "A2", "june": "A1"}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the chessboard with a second edition that is not in force."""
    folder = chessboard(tmp_path_factory.mktemp("prepared") / "board").folder
    add_edition(folder, "june", JUNE, {"cell": wider(folder)})
    return folder


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "board"))


@pytest.fixture
def app(folder: Path, tmp_path: Path, prepared_sqlite: Path) -> Iterator[APIFlask]:
    shutil.copy(prepared_sqlite, tmp_path / "weige.db")
    made = create_app(Settings(city=folder, var=tmp_path))
    yield made
    made.extensions["weige"].follower.stop()
    made.extensions["weige"].database.close()


def grid_of(app: APIFlask, query: str = "") -> tuple[str, str]:
    answer = app.test_client().get(LOCATE + query)
    assert answer.status_code == 200, answer.json
    return answer.json["generation"], answer.json["chain"][-1]["code"]


def test_an_edition_answers_once_it_is_in_force_and_no_more_once_that_is_taken_back(
    app: APIFlask, folder: Path
) -> None:
    assert grid_of(app) == ("1", "A2")
    first = app.extensions["weige"]
    first.switch.catch_up()
    assert app.extensions["weige"] is first
    activate(folder, "june")
    assert grid_of(app) == ("1", "A2")
    first.switch.catch_up()
    assert grid_of(app) == ("june", "A1")
    now = app.extensions["weige"]
    assert now is first.switch.current
    assert (now.desk is first.desk, now.database is first.database) == (False, True)
    roll_back(folder)
    first.switch.catch_up()
    assert grid_of(app) == ("1", "A2")


def test_a_day_begins_by_the_clock_of_the_city_wherever_the_server_stands(
    folder: Path, tmp_path: Path, prepared_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    activate(folder, "june")
    shutil.copy(prepared_sqlite, tmp_path / "weige.db")
    told = [datetime(2026, 5, 31, 15, 59, tzinfo=UTC)]  # 23:59 in 简阳
    monkeypatch.setattr("app.web.service.utc_now", lambda: told[0])
    made = create_app(Settings(city=folder, var=tmp_path))
    try:
        switch = made.extensions["weige"].switch
        switch.catch_up()
        assert grid_of(made) == ("1", "A2")
        told[0] += timedelta(minutes=1)
        switch.catch_up()
        assert grid_of(made) == ("june", "A1")
    finally:
        made.extensions["weige"].follower.stop()
        made.extensions["weige"].database.close()


def test_a_day_is_answered_by_its_edition_whatever_answers_today(
    app: APIFlask, folder: Path
) -> None:
    client = app.test_client()
    activate(folder, "june")
    for _ in range(2):
        assert grid_of(app, "&on=2026-05-31") == ("1", "A2")
        assert grid_of(app, "&on=2026-06-01") == ("june", "A1")
        shape = client.get("/api/grids/A2?on=2026-05-01").json
        later = client.get("/api/grids/A2?on=2026-11-01").json
        assert (shape["generation"], later["generation"]) == ("1", "june")
        assert shape["bounds"][0] < later["bounds"][0]
        listed = client.get("/api/grids?level=cell&on=2026-11-01").json
        assert {one["properties"]["generation"] for one in listed["features"]} == {"june"}
        app.extensions["weige"].switch.catch_up()
    body = {"points": [POINT, POINT]}
    for day, name in [("2026-05-01", "1"), ("2026-07-01", "june")]:
        answer = client.post(f"/api/locate?on={day}", json=body).json
        assert answer["generation"] == name
        assert [one["codes"]["cell"] for one in answer["results"]] == [GRID[name]] * 2
        table = pa.table({key: [value] for key, value in POINT.items()})
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        answer = client.post(
            f"/api/locate?on={day}&fields=code", data=sink.getvalue().to_pybytes(),
            content_type="application/vnd.apache.arrow.stream",
        )  # fmt: skip
        found = pa.ipc.open_stream(answer.data).read_all()
        assert found["code"].to_pylist() == [GRID[name]]
        assert found.schema.metadata[b"weige.generation"] == name.encode()


def test_addresses_are_answered_by_the_edition_of_the_day(
    tmp_path: Path, prepared_sqlite: Path
) -> None:
    folder = changed_board(tmp_path)
    prepare(folder / "generations" / "june", [], Options()).write()
    activate(folder, "june")
    shutil.copy(prepared_sqlite, tmp_path / "weige.db")
    app = create_app(Settings(city=folder, var=tmp_path))
    client = app.test_client()
    for day, grid in (("2026-05-01", "A2"), ("2026-07-01", "A1"), (None, "A1")):
        body = {"addresses": [{"text": "东滨路1号"}]} | ({"on": day} if day else {})
        answer = client.post("/api/addresses/assign", json=body).json
        assert answer["results"][0]["chain"][-1]["code"] == grid
        query = f"?q=东滨路1号{f'&on={day}' if day else ''}"
        assert client.get(f"/api/addresses/explain{query}").status_code == 200
        assert client.get(f"/api/addresses{query}").json["suggestions"]
    app.extensions["weige"].database.close()


def test_a_day_before_all_editions_and_what_is_no_day_are_refused(app: APIFlask) -> None:
    client = app.test_client()
    answer = client.get(LOCATE + "&on=2025-12-31", headers={"Accept-Language": "zh"})
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "no_generation")
    assert "没有生效的网格版本" in answer.json["error"]["message"]
    answer = client.get(LOCATE + "&on=yesterday")
    assert answer.status_code == 400
    assert "allowed is a day such as" in answer.json["error"]["message"]


def test_the_editions_are_listed(app: APIFlask, folder: Path) -> None:
    activate(folder, "june")
    client = app.test_client()
    found = client.get("/api/cities/demo/generations").json
    assert found["current"] == "1", "until the server has changed over"
    assert [(one["name"], one["valid_from"], one["until"]) for one in found["generations"]] == [
        ("1", "2026-01-01", "2026-06-01"),
        ("june", "2026-06-01", None),
    ]
    assert client.get("/api/cities/else/generations").status_code == 404


def test_what_an_edition_changes_is_told_and_for_whom(app: APIFlask) -> None:
    client = app.test_client()
    number = client.post("/api/incidents", json=BODY | POINT).json["incident"]["number"]
    found = client.get("/api/cities/demo/diff?from=1&to=june").json
    assert [(one["code_from"], one["kind"]) for one in found["changes"]] == [
        ("A1", "redrawn"),
        ("A2", "redrawn"),
    ]
    assert {one["id"]: one["counts"]["kept"] for one in found["levels"]} == {
        "town": 2, "cell": 6, "campus": 1,
    }  # fmt: skip
    assert (found["open_incidents"], found["open_incidents_moved"]) == (1, [number])
    assert sum(one["share"] for one in found["lineage"]) == pytest.approx(2)
    back = client.get("/api/cities/demo/diff?from=june&to=1&level=town").json
    assert (back["changes"], [one["id"] for one in back["levels"]]) == ([], ["town"])
    for query in ("from=1&to=2030", "from=1&to=june&level=x"):
        assert client.get(f"/api/cities/demo/diff?{query}").status_code == 404
    assert client.get("/api/cities/demo/diff?from=1").status_code == 400


def test_an_edition_that_cannot_be_opened_leaves_the_one_before(
    app: APIFlask, folder: Path
) -> None:
    layer = folder / "generations" / "june" / "cell.parquet"
    whole = layer.read_bytes()
    layer.write_bytes(whole[:-10])
    activate(folder, "june")
    now = app.extensions["weige"]
    with pytest.raises(Exception, match="is damaged"):
        now.switch.catch_up()
    assert grid_of(app) == ("1", "A2")
    layer.write_bytes(whole)
    now.switch.catch_up()
    assert grid_of(app) == ("june", "A1")


def test_tiles_of_the_edition_before_go_on_being_served(app: APIFlask, folder: Path) -> None:
    client = app.test_client()
    before = read_manifest(folder)
    for place in (folder, folder / "generations" / "june"):
        content = read_manifest(place).content_hash
        path = tiles_of("demo", content, app.extensions["weige"].settings.var)
        path.parent.mkdir(parents=True)
        path.write_bytes(b"tiles")
    activate(folder, "june")
    app.extensions["weige"].switch.catch_up()
    assert client.get("/api/city").json["generation"] == "june"
    with client.get(f"/tiles/{before.content_hash}/city.pmtiles") as answer:
        assert (answer.status_code, answer.data) == (200, b"tiles")
    assert client.get("/tiles/../city.pmtiles").status_code == 404
    assert client.get(f"/tiles/{'0' * 16}/city.pmtiles").status_code == 404


class Asking:
    """Asks a server, again and again, until it is told to stop, and keeps what went wrong."""

    def __init__(self, server: Server, kept_alive: bool) -> None:
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._server, self._kept_alive = server, kept_alive
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        line = self._server.line()
        while not self._ending.is_set():
            try:
                self._ask(line)
            except (OSError, http.client.HTTPException) as error:
                self.wrong.append(repr(error))
            if not self._kept_alive or self.wrong:
                line.close()
                line = self._server.line()
            time.sleep(0.005)
        line.close()

    def _ask(self, line: http.client.HTTPConnection) -> None:
        for path, body in (
            (LOCATE, None),
            ("/api/grids/A2", None),
            ("/api/locate", {"points": [POINT]}),
        ):
            data = None if body is None else json.dumps(body)
            headers = {} if body is None else {"Content-Type": "application/json"}
            line.request("GET" if body is None else "POST", path, data, headers)
            answer = line.getresponse()
            found = json.loads(answer.read())
            if answer.status != 200:
                self.wrong.append(f"{path} {answer.status} {found}")
                return
            # One answer is of one edition.
            name = found["generation"]
            told = {
                LOCATE: lambda found: found["chain"][-1]["code"],
                "/api/locate": lambda found: found["results"][0]["codes"]["cell"],
                "/api/grids/A2": lambda found: "A2" if found["bounds"][0] < 104.5125 else "A1",
            }[path](found)  # fmt: skip
            if told != GRID[name]:
                self.wrong.append(f"{path}: {told} by {name}")
            self.counts[name] += 1


@pytest.mark.slow
def test_several_processes_change_over_under_load_and_no_request_fails(
    folder: Path, tmp_path: Path, prepared_sqlite: Path
) -> None:
    var = tmp_path / "var"
    var.mkdir()
    shutil.copy(prepared_sqlite, var / "weige.db")
    server = Server(folder, var, f"sqlite:///{var / 'weige.db'}")
    asking = [Asking(server, kept_alive) for kept_alive in (True, False)]
    try:
        activate(folder, "june")
        _wait_for_all(server, "june")
        # One that takes the place of a process that ended was made of the first edition.
        os.kill(server.pids[0], signal.SIGTERM)
        _wait_for_all(server, "june")
        roll_back(folder)
        _wait_for_all(server, "1")
    finally:
        for one in asking:
            one.stop()
        server.stop()
    wrong = [told for one in asking for told in one.wrong]
    assert not wrong, wrong[:3]
    total = sum((one.counts for one in asking), Counter())
    assert set(total) == {"1", "june"}


def _wait_for_all(server: Server, name: str) -> None:
    """Wait until every process answers by an edition: twenty new connections in a row do."""
    until, streak = time.monotonic() + 60, 0
    while streak < 20:
        assert time.monotonic() < until, server.log.read_text(encoding="utf-8")
        status, found = server.ask("GET", LOCATE)
        assert status == 200
        streak = streak + 1 if found["generation"] == name else 0
