"""Incidents as files over HTTP: whole, limited to the area, personal fields on the record."""

from __future__ import annotations

import resource
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from app.accounts import Permission
from app.accounts.audit import records
from app.grids import City
from app.store import Database
from app.tables import open_table
from app.web.api_exports import TYPES
from tests.web.signing import production, token

LIST = "/api/incidents"
URL = f"{LIST}/export"


@pytest.fixture(scope="module")
def real(board: City, prepared_sqlite: Path, tmp_path_factory) -> Iterator[APIFlask]:
    folder = tmp_path_factory.mktemp("exports")
    shutil.copy(prepared_sqlite, folder / "weige.db")
    database = Database(f"sqlite:///{folder / 'weige.db'}")
    with production(board, database, folder) as app:
        boss = token(app, "boss")
        for lon, title in ((104.505, "=A"), (104.525, "in B")):
            body = {"hazard": "gas", "title": title, "lon": lon, "lat": 30.405,
                    "reporter_contact": "138-0000-4711"}  # fmt: skip
            made = app.test_client().post("/api/incidents", json=body, headers=boss)
            assert made.status_code == 201
        yield app
    database.close()


@pytest.fixture
def client(real: APIFlask) -> FlaskClient:
    return real.test_client()


@pytest.mark.parametrize("kind", list(TYPES))
def test_a_file_of_each_format(
    real: APIFlask, client: FlaskClient, tmp_path: Path, kind: str
) -> None:
    answer = client.get(f"{URL}?format={kind}", headers=token(real, "dina"))
    assert answer.status_code == 200
    assert answer.mimetype == TYPES[kind]
    assert f".{kind}" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert b"0000-4711" not in answer.data
    if kind == "geojson":
        assert len(answer.json["features"]) == 2
        return
    path = tmp_path / f"o.{kind}"
    path.write_bytes(answer.data)
    (batch,) = open_table(path).batches()
    title = "=A" if kind == "parquet" else "'=A"
    assert batch.cells(open_table(path).index("title")) == [title, "in B"]


def test_a_town_gets_its_own(real: APIFlask, client: FlaskClient) -> None:
    text = client.get(URL, headers=token(real, "town-b")).text
    assert "in B" in text
    assert "'=A" not in text


def test_filters_are_those_of_the_list(real: APIFlask, client: FlaskClient) -> None:
    head = token(real, "dina")
    assert client.get(f"{URL}?status=closed", headers=head).text.count("\r\n") == 1
    assert client.get(f"{URL}?grid=A&status=open", headers=head).text.count("\r\n") == 2
    assert client.get(f"{URL}?colour=red", headers=head).status_code == 400


def test_who_may_not_export_or_see_contacts(real: APIFlask, client: FlaskClient) -> None:
    assert client.get(URL, headers=token(real, "vera")).status_code == 403
    weak = token(real, "dina", Permission.VIEW, Permission.EXPORT)
    assert client.get(URL, headers=weak).status_code == 200
    assert client.get(f"{URL}?contact=true", headers=weak).status_code == 403


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """Let every write beyond `size` bytes of a file fail, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


# What writes XLSX keeps rows in a file of its own, which complains when it is closed unwritten.
@pytest.mark.parametrize("kind", [one for one in TYPES if one != "xlsx"])
def test_a_full_disk_is_told(
    real: APIFlask, client: FlaskClient, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    head = token(real, "dina")
    # That the token is used is written now, and not when there is no room.
    assert client.get(LIST, headers=head).status_code == 200
    with no_file_larger_than(100):
        answer = client.get(f"{URL}?format={kind}", headers=head)
    assert answer.status_code == 503
    assert answer.json["error"]["code"] == "unavailable"
    assert "temporary folder" in answer.json["error"]["message"]
    assert str(tmp_path) not in answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert list(tmp_path.iterdir()) == []


def test_a_temporary_folder_that_is_gone_is_told(
    real: APIFlask, client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    head = token(real, "dina") | {"Accept-Language": "zh"}
    answer = client.get(URL, headers=head)
    assert answer.status_code == 503
    assert "临时文件夹" in answer.json["error"]["message"]


def test_contacts_come_on_the_record(real: APIFlask, client: FlaskClient) -> None:
    head = token(real, "town-b")
    answer = client.get(f"{URL}?contact=true&hazard=gas&severity=1,2", headers=head)
    assert "138-0000-4711" in answer.text
    with real.extensions["weige"].database.read() as connection:
        seen, asked = records(connection, limit=2)
        (number,) = (one["number"] for one in client.get(LIST, headers=head).json["incidents"])
        assert records(connection, subject=number) == [seen]
    assert (asked.what, asked.subject) == ("export_reporters", "area=B hazard=gas severities=1,2")
    assert (seen.what, seen.subject) == ("export_reporter", number)
    for kept in asked, seen:
        assert kept.fields == ["reporter_contact", "reporter_name"]
        assert kept.account_id is not None
