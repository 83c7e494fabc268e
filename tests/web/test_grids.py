"""GET /api/grids and /api/grids/<code>."""

from __future__ import annotations

import shapely
from flask.testing import FlaskClient
from shapely.geometry import shape

from app.grids import City


def test_a_grid_has_parents_children_staff_and_shape(client: FlaskClient, board: City) -> None:
    found = client.get("/api/grids/A").json
    assert [one["code"] for one in found["chain"]] == ["A"]
    assert [one["code"] for one in found["children"]] == ["A1", "A2", "A3", "A4", "K"]
    assert found["staff"][0]["role"] == "镇长"
    assert shape(found["geometry"]).equals(board.layer("town").geometry[0])
    assert found["bounds"] == list(board.layer("town").geometry[0].bounds)


def test_the_finest_grid_and_the_overlay_know_their_chain(client: FlaskClient) -> None:
    cell = client.get("/api/grids/B3").json
    assert [one["level"] for one in cell["chain"]] == ["town", "cell"]
    assert cell["children"] == []
    campus = client.get("/api/grids/K").json
    assert [one["code"] for one in campus["chain"]] == ["A", "K"]


def test_grids_of_a_box_are_geojson(client: FlaskClient) -> None:
    answer = client.get("/api/grids?level=cell&bbox=104.501,30.401,104.512,30.405")
    assert answer.mimetype == "application/geo+json"
    found = answer.json["features"]
    assert [one["properties"]["code"] for one in found] == ["A1", "A2"]
    box = shapely.box(104.501, 30.401, 104.512, 30.405)
    assert all(shape(one["geometry"]).intersects(box) for one in found)
    assert found[0]["properties"]["parent"] == "A"


def test_grids_without_a_box_are_all_of_the_level(client: FlaskClient) -> None:
    assert len(client.get("/api/grids?level=town").json["features"]) == 2


def test_more_grids_than_allowed_is_an_error_and_not_a_part(client: FlaskClient) -> None:
    answer = client.get("/api/grids?level=cell")
    assert answer.status_code == 413
    assert "8 grids" in answer.json["error"]["message"]


def test_grids_are_found_by_a_part_of_name_or_code(client: FlaskClient, board: City) -> None:
    found = client.get("/api/grid-names", query_string={"q": " 格ａ"}).json["grids"]
    # What begins with it, the coarser first; overlays last.
    assert [one["code"] for one in found] == ["A", "A1", "A2", "A3", "A4"]
    assert found[1]["within"] == "格A"
    assert found[1]["match"] == [0, 2]
    by_code = client.get("/api/grid-names?q=b3&limit=1").json["grids"]
    assert [(one["code"], one["by"], one["match"]) for one in by_code] == [("B3", "name", [1, 3])]
    assert client.get("/api/grid-names", query_string={"q": " "}).json["grids"] == []
    assert client.get("/api/grid-names?q=x&limit=51").status_code == 400
    every = {str(code) for part in (*board.levels, *board.overlays)
             for code in board.layer(part.id).codes}  # fmt: skip
    told = client.get("/api/grid-names?q=格&limit=50").json["grids"]
    assert {one["code"] for one in told} == every
