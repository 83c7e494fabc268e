"""/api/coverage: what is answered to whom, and what is refused."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from app.grids import City
from app.store import Database
from app.web import create_app
from app.web.settings import Settings
from tests.cities import chessboard, with_tables
from tests.reference_tables import TABLES
from tests.web.signing import production, token

PATH = "/api/coverage"


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> City:
    return with_tables(chessboard(tmp_path_factory.mktemp("coverage") / "board"), **TABLES)


@pytest.fixture(scope="module")
def real(
    counted: City, prepared_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[APIFlask]:
    folder = tmp_path_factory.mktemp("real")
    shutil.copy(prepared_sqlite, folder / "weige.db")
    database = Database(f"sqlite:///{folder / 'weige.db'}")
    with production(counted, database, folder) as app:
        yield app
    database.close()


@pytest.fixture
def asked(real: APIFlask) -> Any:
    client: FlaskClient = real.test_client()
    heads = {name: token(real, name) for name in ("boss", "dina", "vera", "town-b")}

    def ask(query: str, who: str = "boss", **headers: str) -> Any:
        return client.get(f"{PATH}?{query}", headers=heads[who] | headers)

    return ask


def message(answer: Any, status: int = 400) -> str:
    assert answer.status_code == status, answer.text
    found: str = answer.json["error"]["message"]
    return found


def test_reach_names_what_was_asked_and_what_it_is_of(asked: Any) -> None:
    found = asked("kind=reach&station=fire&d_m=400&days=31&suppress=0").json
    assert found["kind"] == "reach"
    assert found["level"] == "cell"
    assert found["as_of"] == "2026-10-31"
    assert found["settings"] == {
        "station": "fire", "d_m": 400, "days": 31, "group": "", "site": "",
    }  # fmt: skip
    assert found["synthetic"]
    assert [one["id"] for one in found["measures"]] == [
        "area",
        "households",
        "visited",
        "inspected",
    ]
    assert found["measures"][2]["whole"]["zh"] == "特殊群体人数"
    assert found["total"]["visited"] == {
        "value": 0.5, "part": 7, "whole": 14, "state": "value",
    }  # fmt: skip
    assert found["total"]["households"]["state"] == "no_data"
    assert found["total"]["households"]["value"] is None
    figures = found["grids"]["figures"]["visited"]
    assert dict(zip(found["grids"]["code"], figures["whole"], strict=True))["A1"] == 9
    assert [one["code"] for one in found["gaps"]["visited"]["worst"]] == ["B4", "A1"]
    assert found["gaps"]["visited"]["affected"] == 7


def test_small_counts_are_hidden_unless_personal_fields_may_be_seen(asked: Any) -> None:
    query = "kind=reach&days=31"
    for who in ("boss", "vera"):
        found = asked(query, who).json
        assert found["suppressed_below"] == 5
        assert found["grids"]["figures"]["visited"]["state"][0] == "suppressed"
        assert found["grids"]["figures"]["visited"]["part"][0] is None
    assert asked(f"{query}&suppress=0", "dina").json["suppressed_below"] == 0
    assert "5 or more" in message(asked(f"{query}&suppress=4", "vera"), 403)
    assert asked(f"{query}&suppress=6", "vera").status_code == 200
    assert "suppress is 2000" in message(asked(f"{query}&suppress=2000"))


def test_an_area_is_answered_by_itself_and_to_its_own(asked: Any) -> None:
    whole = asked("kind=reach&area=B&suppress=0").json
    assert whole["area"] == {"level": "town", "code": "B", "name": "格B"}
    assert whole["total"]["visited"]["whole"] == 5
    own = asked("kind=reach&suppress=0", "town-b").json
    assert own == whole
    assert asked("kind=reach&area=B4", "town-b").json["grids"]["code"] == ["B4"]
    assert "outside of B" in message(asked("kind=reach&area=A1", "town-b"), 403)
    assert asked("kind=reach&area=Q").status_code == 404
    assert "overlay 'campus'" in message(asked("kind=reach&area=K"))
    assert "allowed are ['cell']" in message(asked("kind=reach&area=B4&level=town"))


def test_boundary_and_staffing_are_asked_in_the_same_form(asked: Any) -> None:
    boundary = asked("kind=boundary&level=town").json
    assert [one["level"] for one in boundary["findings"]] == ["town", "cell", "campus"]
    assert boundary["total"]["findings"]["part"] == 0
    assert boundary["gaps"]["children"]["grids"] == 0
    staffing = asked("kind=staffing&level=town&gaps=1").json
    assert staffing["total"]["led"]["part"] == 3
    assert [one["code"] for one in staffing["gaps"]["led"]["worst"]] == ["B"]
    assert staffing["gaps"]["led"]["grids"] == 2
    assert staffing["findings"] == []


def test_absences_are_for_who_dispatches(real: APIFlask, asked: Any) -> None:
    query = "kind=staffing&at=2100-01-01T00:00:00Z"
    assert asked(query, "vera").status_code == 403
    before = asked(query, "dina").json["total"]["led"]["part"]
    head = token(real, "dina")
    client = real.test_client()
    made = client.post("/api/absences", json={"code": "A1"}, headers=head)
    assert made.status_code == 201
    assert asked(query, "dina").json["total"]["led"]["part"] == before - 1
    assert asked("kind=staffing", "dina").json["total"]["led"]["part"] == before
    client.delete(f"/api/absences/{made.json['id']}", headers=head)
    assert asked(query, "dina").json["total"]["led"]["part"] == before


def test_what_one_has_already_is_not_sent_again(asked: Any) -> None:
    first = asked("kind=reach")
    etag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = asked("kind=reach", **{"If-None-Match": etag})
    assert again.status_code == 304
    assert again.data == b""
    assert asked("kind=reach&days=31").headers["ETag"] != etag
    # Another account of the same rights has the same answer, one of an area another.
    assert asked("kind=reach", "dina").headers["ETag"] == etag
    assert asked("kind=reach", "town-b", **{"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "kind is missing"),
        ("kind=heat", "kind is 'heat'"),
        ("kind=reach&days=0", "days is 0, allowed are 1 to 3660"),
        ("kind=reach&days=1.5", "days is '1.5', allowed is a whole number"),
        ("kind=reach&d_m=0", "d_m is 0"),
        ("kind=reach&d_m=nan", "d_m is 'nan'"),
        (
            "kind=reach&station=nurse",
            "station is 'nurse', allowed are ['aed', 'fire', 'responder']",
        ),
        ("kind=reach&as_of=2026-10-30", "allowed is 2026-10-31 or later"),
        ("kind=reach&as_of=31.10.2026", "as_of is '31.10.2026', allowed is a day such as"),
        ("kind=reach&level=county", "level is 'county'"),
        ("kind=reach&gaps=1001", "gaps is 1001, allowed are 0 to 1000"),
        ("kind=staffing&days=3", "days is 3, it belongs to kind=reach"),
        ("kind=boundary&station=fire", "station is 'fire', it belongs to kind=reach"),
        ("kind=reach&at=2026-11-01T00:00:00Z", "it belongs to kind=staffing"),
        ("kind=staffing&at=2026-11-01", "a time with its zone"),
        ("kind=reach&nurse=1", "nurse is not known"),
    ],
)
def test_what_cannot_be_asked_is_refused(asked: Any, query: str, said: str) -> None:
    assert said in message(asked(query))


def test_refusals_come_in_chinese_too(asked: Any) -> None:
    answer = asked("kind=staffing&days=3", **{"Accept-Language": "zh"})
    assert "只用于 kind=reach" in message(answer)


def test_a_table_that_does_not_fit_is_not_served_and_not_explained(tmp_path: Path) -> None:
    moved = TABLES["special_people"].assign(code=["A1", "A1", "Z9"])
    city = with_tables(
        chessboard(tmp_path / "board"),
        special_groups=TABLES["special_groups"], special_people=moved,
    )  # fmt: skip
    (tmp_path / "var").mkdir()
    app = create_app(Settings(city=city.folder, var=tmp_path / "var"))
    answer = app.test_client().get(f"{PATH}?kind=reach")
    assert "reference table" in message(answer, 503)
    assert "Z9" not in answer.text
    # What does not need it is answered.
    for kind in ("boundary", "staffing"):
        assert app.test_client().get(f"{PATH}?kind={kind}").status_code == 200
    app.extensions["weige"].database.close()
