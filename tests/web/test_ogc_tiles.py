"""OGC API - Tiles: GDAL reads each tile, and finds the grids that lie in it."""

from __future__ import annotations

import math
from pathlib import Path

import pyogrio
import pytest
import shapely
from flask.testing import FlaskClient

from app.grids import City
from app.maps.simplify import mercator
from app.open.tiles import QUAD

ZOOM = 15


def tile_at(lon: float, lat: float, zoom: int = ZOOM) -> tuple[int, int]:
    """Return row and column of the tile of a point."""
    across = (lon + 180) / 360
    down = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return int(down * 2**zoom), int(across * 2**zoom)


def get(client: FlaskClient, path: str) -> dict:
    answer = client.get(f"/ogc{path}")
    assert answer.status_code == 200, answer.text
    return answer.json


def test_the_landing_page_and_each_level_lead_to_tiles(client: FlaskClient) -> None:
    rels = {one["rel"]: one["href"] for one in get(client, "/")["links"]}
    whole = client.get(rels["http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"]).json
    assert [one["id"] for one in whole["tilesets"][0]["layers"]] == ["town", "cell", "campus"]
    for one in get(client, "/collections")["collections"]:
        hrefs = [x["href"] for x in one["links"] if x["rel"].endswith("tilesets-vector")]
        assert len(hrefs) == 1
        for href in hrefs:
            (found,) = client.get(href).json["tilesets"]
            assert found["dataType"] == "vector"
            template = next(x for x in found["links"] if x["rel"] == "item")
            assert template["templated"]
            row, column = tile_at(104.51, 30.405)
            url = template["href"].format(tileMatrix=ZOOM, tileRow=row, tileCol=column)
            assert client.get(url).mimetype == "application/vnd.mapbox-vector-tile"
            assert [x["id"] for x in found["layers"]] == [one["id"]]
            itself = next(x["href"] for x in found["links"] if x["rel"] == "self")
            assert client.get(itself).json == found


def test_the_matrix_set_is_web_mercator_quad(client: FlaskClient) -> None:
    (listed,) = get(client, "/tileMatrixSets")["tileMatrixSets"]
    told = client.get(listed["links"][0]["href"]).json
    assert told["id"] == listed["id"] == QUAD
    for zoom, one in enumerate(told["tileMatrices"]):
        assert one["id"] == str(zoom)
        width = one["matrixWidth"] * one["tileWidth"] * one["cellSize"]
        assert width == pytest.approx(40075016.6855784, rel=1e-9)
        assert one["scaleDenominator"] * 0.00028 == pytest.approx(one["cellSize"], rel=1e-9)


@pytest.mark.parametrize("ident", ["town", "cell", "campus"])
def test_a_tile_of_a_level_has_its_grids_alone(
    board: City, client: FlaskClient, tmp_path: Path, ident: str
) -> None:
    row, column = tile_at(104.509, 30.403)
    answer = client.get(f"/ogc/collections/{ident}/tiles/{QUAD}/{ZOOM}/{row}/{column}")
    whole = client.get(f"/ogc/tiles/{QUAD}/{ZOOM}/{row}/{column}")
    path = tmp_path / "tile.mvt"
    path.write_bytes(whole.data)
    assert {"town", "cell"} <= {name for name, _ in pyogrio.list_layers(path)}
    path.write_bytes(answer.data)
    assert [name for name, _ in pyogrio.list_layers(path)] == [ident]
    side = 40075016.6855784 / 2**ZOOM
    west, north = column * side - 20037508.3427892, 20037508.3427892 - row * side
    frame = shapely.box(west, north - side, west + side, north)
    layer = board.layer(ident)
    inside = shapely.area(shapely.intersection(mercator(layer.geometry), frame)) > 1
    assert set(pyogrio.read_dataframe(path)["code"]) >= set(layer.codes[inside])
    assert set(layer.codes[inside])


def test_where_nothing_is_there_is_no_content(client: FlaskClient) -> None:
    answer = client.get(f"/ogc/tiles/{QUAD}/{ZOOM}/0/0")
    assert (answer.status_code, answer.data) == (204, b"")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/tiles/{QUAD}/15/32768/0", 404),
        (f"/tiles/{QUAD}/5/0/0", 404),
        (f"/tiles/{QUAD}/25/0/0", 404),
        (f"/tiles/{QUAD}/a/0/0", 400),
        (f"/tiles/{QUAD}/15/-1/0", 400),
        (f"/tiles/{QUAD}/15/0/0?x=1", 400),
        ("/tiles/Other/15/0/0", 404),
        ("/tileMatrixSets/Other", 404),
        ("/collections/none/tiles", 404),
        (f"/collections/incidents/tiles/{QUAD}/15/0/0?bbox=1,2,3,4", 400),
        (f"/collections/incidents/tiles/{QUAD}/15/0/0?datetime=x", 400),
        (f"/collections/statistics-cell/tiles/{QUAD}/15/0/0?hazard=dragons", 400),
        (f"/collections/cell/tiles/{QUAD}/15/0/0?datetime=x", 400),
        (f"/collections/cell/tiles/{QUAD}/15/0/0?generation=none", 404),
        (f"/collections/cell/tiles/{QUAD}/15/0/0?hazard=gas", 400),
        (f"/collections/incidents/tiles/{QUAD}/15/0/0?generation=1", 400),
        (f"/tiles/{QUAD}/15/0/0?generation=none", 404),
        (f"/collections/none/tiles/{QUAD}/15/0/0", 404),
    ],
)
def test_what_is_no_tile_is_an_error(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(f"/ogc{path}")
    assert answer.status_code == status
    assert answer.json["code"] == answer.json["error"]["code"]
