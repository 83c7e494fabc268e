"""GET /api/heat, /api/hotspots, /api/stats: whose figures, of when, and kept how long."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import shapely
from apiflask import APIFlask
from werkzeug.test import TestResponse

from app.analysis.classes import SCHEMES
from app.analysis.grid_figures import Measure
from app.analysis.terms import State
from app.analysis.trend import Pattern
from app.grids import City
from app.store import Database
from app.web import schemas_analysis as schemas
from tests.web.signing import production, token

# In A1, in A1 again, in B4; a fire in A3.
PLACES = [
    ("gas.leak", 104.504, 30.404),
    ("gas.appliance", 104.506, 30.406),
    ("gas", 104.535, 30.415),
    ("fire", 104.505, 30.415),
]
HEAT, STATS, HOTSPOTS = "/api/heat", "/api/stats", "/api/hotspots"
ALL = (HEAT, STATS, HOTSPOTS)


@pytest.fixture(scope="module")
def real(
    board: City, prepared_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[APIFlask]:
    folder = tmp_path_factory.mktemp("analysis")
    shutil.copy(prepared_sqlite, folder / "weige.db")
    database = Database(f"sqlite:///{folder / 'weige.db'}")
    with production(board, database, folder) as app:
        boss = token(app, "boss")
        for hazard, lon, lat in PLACES:
            report(app, boss, hazard, lon, lat)
        yield app
    database.close()


def report(app: APIFlask, who: dict[str, str], hazard: str, lon: float, lat: float) -> None:
    body = {"hazard": hazard, "title": "x", "lon": lon, "lat": lat}
    answer = app.test_client().post("/api/incidents", json=body, headers=who)
    assert answer.status_code == 201, answer.text


class Asker:
    """Somebody who asks."""

    def __init__(self, app: APIFlask, name: str) -> None:
        self._client, self._head = app.test_client(), token(app, name)

    def __call__(self, path: str, headers: dict[str, str] | None = None, **query: Any
    ) -> TestResponse:  # fmt: skip
        named = {name.rstrip("_"): value for name, value in query.items()}
        return self._client.get(path, query_string=named, headers=self._head | (headers or {}))


@pytest.fixture(scope="module")
def boss(real: APIFlask) -> Asker:
    return Asker(real, "boss")


@pytest.fixture(scope="module")
def town(real: APIFlask) -> Asker:
    return Asker(real, "town-a")


def test_heat_is_geojson_with_units(boss: Asker) -> None:
    answer = boss(HEAT)
    assert answer.mimetype == "application/geo+json"
    told = answer.json
    assert told["type"] == "FeatureCollection"
    assert told["about"]["count"] == 4
    assert told["about"]["weight"] == 4
    assert told["about"]["bandwidth_m"] == 500
    assert told["about"]["unit"]["en"] == "incidents per km² per month"
    assert told["about"]["synthetic"]
    assert len(told["about"]["breaks"]) == 6
    for feature in told["features"]:
        assert feature["properties"]["unit"] == told["about"]["unit"]["en"]
        shape = shapely.geometry.shape(feature["geometry"])
        assert shapely.box(104.4999, 30.3999, 104.5401, 30.4201).covers(shape)


def test_hazards_times_and_areas_limit(boss: Asker) -> None:
    def count(**query: Any) -> int:
        return boss(STATS, **query).json["about"]["total"]

    assert count() == 4
    assert count(hazard="gas") == 3
    assert count(hazard="gas.leak") == 1
    assert count(area="A") == 3
    assert count(area="A1", hazard="gas") == 2
    assert count(to="2020-01-01") == 0
    assert count(from_="2000-01-01", to="2100-01-01T00:00:00+08:00") == 4
    towns = boss(STATS, level="town", hazard="gas").json["grids"]
    assert towns["code"] == ["A", "B"]
    assert towns["count"] == [2, 1]


def test_columns_of_stats(boss: Asker) -> None:
    told = boss(STATS, measure="per_km2", k=3).json
    grids = told["grids"]
    assert grids["code"] == ["A1", "A2", "A3", "A4", "B1", "B2", "B3", "B4"]
    assert {len(one) for one in grids.values()} == {8}
    assert grids["state"][:2] == ["value", "zero"]
    assert grids["value"][0] == pytest.approx(2 / grids["denominator"][0], rel=1e-6)
    assert grids["class"][1] is None
    assert "km²" in told["about"]["denominator"]["en"]
    assert told["about"]["classes"]["k"] <= 3
    hidden = boss(STATS, suppress=5).json["grids"]
    assert set(hidden["state"]) == {"suppressed", "zero"}
    assert hidden["count"][0] is None
    assert hidden["value"][0] is None


def test_columns_of_hotspots(boss: Asker) -> None:
    told = boss(HOTSPOTS).json
    grids = told["grids"]
    assert len(told["about"]["months"]) in {11, 12}
    assert {len(one) for one in grids.values()} == {8}
    assert all(0 <= one <= 1 for one in grids["p"])
    assert all(low <= high for low, high in zip(grids["p"], grids["p_adjusted"], strict=True))
    short = boss(HOTSPOTS, trend="false").json
    assert short["about"]["months"] == short["grids"]["pattern"] == []


def test_a_town_has_its_own_figures_only(town: Asker, boss: Asker) -> None:
    assert town(STATS).json["about"]["area"] == "A"
    assert town(STATS).json["grids"] == boss(STATS, area="A").json["grids"]
    assert town(HEAT).json["features"] == boss(HEAT, area="A").json["features"]
    assert town(STATS, area="A3").json["about"]["total"] == 1
    for path in ALL:
        for area in ("B", "B4", "Z9"):
            answer = town(path, area=area)
            assert answer.status_code == 403
            assert answer.json["error"]["code"] == "forbidden"


@pytest.mark.parametrize("path", [HEAT, STATS, HOTSPOTS])
def test_who_has_it_already_is_sent_nothing(boss: Asker, real: APIFlask, path: str) -> None:
    """Until something happens, or something else is asked."""
    first = boss(path)
    assert "private" in first.headers["Cache-Control"]
    etag = first.headers["ETag"]
    again = boss(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    assert boss(path).data == first.data
    other = boss(path, headers={"If-None-Match": etag}, hazard="fire")
    assert other.status_code == 200
    report(real, token(real, "boss"), "fire", 104.515, 30.415)
    changed = boss(path, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.json["about"]["seq"] > first.json["about"]["seq"]


def test_what_was_reckoned_is_kept(boss: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    from app.web import api_analysis  # noqa: PLC0415

    whole = api_analysis.stats
    monkeypatch.setattr(api_analysis, "stats", lambda *a, **b: made.append(1) or whole(*a, **b))
    for _ in range(3):
        boss(STATS, hazard="gas", k=4)
    boss(STATS, hazard="gas", k=3)
    assert len(made) == 2


@pytest.mark.parametrize(
    ("path", "query", "status", "word"),
    [
        (HEAT, {"hazard": "plague"}, 400, "plague"),
        (HEAT, {"from": "yesterday"}, 400, "yesterday"),
        (HEAT, {"from": "2026-02-01", "to": "2026-01-01"}, 400, "from < to"),
        (HEAT, {"from": "1500-01-01"}, 400, "1500"),
        (HEAT, {"area": "Z9"}, 404, "Z9"),
        (HEAT, {"area": "K"}, 400, "overlay"),
        (HEAT, {"bandwidth_m": "3"}, 400, "bandwidth_m"),
        (HEAT, {"severity": "heavy"}, 400, "severity"),
        (HEAT, {"severity": "1,2,3"}, 400, "severity"),
        (HEAT, {"half_life_days": "-1"}, 400, "half_life_days"),
        (HEAT, {"breaks": "3,2"}, 400, "breaks"),
        (HEAT, {"scheme": "jenks"}, 400, "scheme"),
        (HEAT, {"k": "99"}, 400, "k is 99"),
        (HEAT, {"level": "town"}, 400, "from, to"),
        (STATS, {"level": "village"}, 400, "village"),
        (STATS, {"level": "town", "area": "A1"}, 400, "coarser"),
        (STATS, {"measure": "per_head"}, 400, "measure"),
        (STATS, {"measure": "per_household"}, 400, "households"),
        (STATS, {"smooth": "true"}, 400, "smoothed"),
        (STATS, {"k": "1"}, 400, "k is 1"),
        (STATS, {"suppress": "5000"}, 400, "suppress"),
        (HOTSPOTS, {"level": "town"}, 400, "2 grids"),
        (HOTSPOTS, {"fdr": "0"}, 400, "fdr"),
        (HOTSPOTS, {"from": "1900-01-01", "to": "2199-01-01", "trend": "maybe"}, 400, "trend"),
    ],
)
def test_what_means_nothing_is_refused_in_both_languages(
    boss: Asker, path: str, query: dict[str, str], status: int, word: str
) -> None:
    answer = boss(path, **query)
    assert answer.status_code == status, answer.text
    assert word in answer.json["error"]["message"]
    zh = boss(path, headers={"Accept-Language": "zh"}, **query).json["error"]["message"]
    assert any("一" <= one <= "鿿" for one in zh)


def test_weights_and_decay_are_said(boss: Asker) -> None:
    told = boss(HEAT, severity="weighted", half_life_days="30").json["about"]
    assert told["count"] < told["weight"]
    assert "weighted by severity (1, 2, 4, 8)" in told["unit"]["en"]
    assert "half after 30 days" in told["unit"]["en"]
    again = boss(HEAT, severity="1,1,1,1").json["about"]
    assert again["weight"] == again["count"]
    fixed = boss(HEAT, breaks="0.01,0.1").json
    assert fixed["about"]["breaks"] == [0.01, 0.1]
    assert {one["properties"]["low"] for one in fixed["features"]} <= {0.01, 0.1}


def test_the_document_names_what_there_is() -> None:
    assert get_args(schemas.SchemeName) == SCHEMES
    assert get_args(schemas.MeasureName) == tuple(Measure)
    assert get_args(schemas.StateName) == tuple(State)
    assert get_args(schemas.PatternName) == tuple(Pattern)
