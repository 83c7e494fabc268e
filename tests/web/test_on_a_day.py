"""What a question is answered by: the boundaries of the day that ``on`` names."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.grids.certificate import CERTIFICATE_FILE, CERTIFICATE_TABLE
from app.grids.editions import activate
from app.grids.store import read_manifest, write_city
from tests.cities import chessboard
from tests.editions import POINT, add_edition, wider
from tests.web.test_ogc_editions import application

EARLIER, TODAY = "2026-05-31", "2026-06-01"


def certify(folder: Path, certificate: str) -> None:
    """Put a certificate into an edition."""
    manifest = read_manifest(folder)
    files: dict[str, Path | str] = {name: folder / name for name in manifest.sha256}
    tables = manifest.tables | {CERTIFICATE_TABLE: CERTIFICATE_FILE}
    manifest = dataclasses.replace(manifest, tables=tables, sha256={})
    write_city(folder, manifest, files | {CERTIFICATE_FILE: certificate})


@pytest.fixture(scope="module")
def client(
    tmp_path_factory: pytest.TempPathFactory, prepared_sqlite: Path
) -> Iterator[FlaskClient]:
    """Return a client of a city whose second edition answers today, with an incident.

    It lies in what was A2 and is A1; each edition has a certificate of its own.
    """
    folder = chessboard(tmp_path_factory.mktemp("days") / "board").folder
    certify(folder, json.dumps({"city": {"generation": "1"}, "levels": []}))
    june = add_edition(folder, "june", date(2026, 6, 1), {"cell": wider(folder)})
    certify(june, json.dumps({"city": {"generation": "june"}, "levels": []}))
    activate(folder, "june")
    with application(folder, tmp_path_factory.mktemp("var"), prepared_sqlite) as app:
        client = app.test_client()
        draft = {"hazard": "gas.leak", "title": "t", "occurred_at": "2026-06-03T12:00:00+08:00"}
        assert client.post("/api/incidents", json=draft | POINT).status_code == 201
        yield client


PERIOD = "from=2026-06-01&to=2026-07-01"


@pytest.mark.parametrize(("on", "code"), [(EARLIER, "A2"), (TODAY, "A1"), ("", "A1")])
def test_figures_are_of_the_grids_of_the_day(client: FlaskClient, on: str, code: str) -> None:
    day = f"&on={on}" if on else ""
    told = client.get(f"/api/stats?level=cell&{PERIOD}{day}").json
    counts = dict(zip(told["grids"]["code"], told["grids"]["count"], strict=True))
    assert {grid for grid, count in counts.items() if count} == {code}
    generation = "1" if on == EARLIER else "june"
    for path in (
        "stats?level=cell&",
        "hotspots?level=cell&",
        "heat?bandwidth_m=300&",
        "breakdown?",
    ):
        answer = client.get(f"/api/{path}{PERIOD}{day}")
        assert answer.status_code == 200, answer.text
        assert answer.json["about"]["generation"] == generation
    alone = client.get(f"/api/breakdown?area={code}&{PERIOD}{day}").json
    assert alone["about"]["total"] == 1


@pytest.mark.parametrize(("on", "generation"), [(EARLIER, "1"), (TODAY, "june"), ("", "june")])
def test_coverage_and_the_certificate_are_of_the_edition_of_the_day(
    client: FlaskClient, on: str, generation: str
) -> None:
    day = {"on": on} if on else {}
    found = client.get("/api/coverage", query_string={"kind": "staffing"} | day)
    assert found.status_code == 200, found.text
    assert found.json["generation"] == generation
    for path in ("/api/certificate", "/api/cities/demo/quality"):
        assert client.get(path, query_string=day).json["city"]["generation"] == generation


@pytest.mark.parametrize(
    "path",
    [
        "/api/stats?level=cell&", "/api/heat?", "/api/hotspots?level=cell&", "/api/breakdown?",
        "/api/coverage?kind=boundary&", "/api/certificate?", "/api/cities/demo/quality?",
        "/api/cities/demo/quality.html?",
    ],
)  # fmt: skip
def test_a_day_before_all_editions_and_one_that_is_none_are_refused(
    client: FlaskClient, path: str
) -> None:
    answer = client.get(f"{path}on=2025-12-31")
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "no_generation")
    assert "2026-01-01" in answer.json["error"]["message"]
    assert client.get(f"{path}on=June").status_code in {400, 422}
