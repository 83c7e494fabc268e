"""GET /api/cities/<id>/download: the file that scripts.export_grids writes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyogrio
import pytest
from flask.testing import FlaskClient

from app.grids import City
from app.open.files import FORMATS

PATH = "/api/cities/demo/download"


@pytest.mark.parametrize("kind", FORMATS)
def test_a_level_comes_as_a_file(
    board: City, client: FlaskClient, tmp_path: Path, kind: str
) -> None:
    answer = client.get(PATH, query_string={"level": "cell", "format": kind})
    assert answer.status_code == 200
    assert answer.mimetype == FORMATS[kind].mimetype
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert answer.headers["Cache-Control"] == "no-store"
    name = f"demo-cell-1-wgs84{FORMATS[kind].suffix}"
    assert f"filename={name}" in answer.headers["Content-Disposition"]
    path = tmp_path / name
    path.write_bytes(answer.data)
    assert sorted(pyogrio.read_dataframe(path)["code"]) == board.layer("cell").codes.tolist()


def test_it_is_a_geopackage_of_today_if_nothing_else_is_said(client: FlaskClient) -> None:
    plain = client.get(f"{PATH}?level=campus&on=2026-05-01&crs=EPSG:4544")
    assert plain.mimetype == FORMATS["gpkg"].mimetype
    assert "demo-campus-1-epsg4544.gpkg" in plain.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/api/cities/other/download?level=cell", 404, "other"),
        (f"{PATH}?level=none", 404, "none"),
        (f"{PATH}?level=cell&on=1999-01-01", 404, "1999"),
        (PATH, 400, "level is missing"),
        (f"{PATH}?level=cell&format=dxf", 400, "dxf"),
        (f"{PATH}?level=cell&crs=EPSG:3857", 400, "allowed are wgs84, EPSG:4490, EPSG:4544"),
        (f"{PATH}?level=cell&format=kml&crs=gcj02", 400, "WGS-84 by its own definition"),
        (f"{PATH}?level=cell&nothing=1", 400, "nothing"),
    ],
)
def test_what_cannot_be_is_an_error(
    client: FlaskClient, path: str, status: int, words: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert words in answer.json["error"]["message"]


def test_no_room_is_an_error_that_names_no_folder(
    client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    answer = client.get(f"{PATH}?level=cell")
    assert answer.status_code == 503
    assert str(tmp_path) not in answer.text
