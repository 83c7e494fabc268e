"""Tiles of incidents and of figures: GDAL reads them, and finds what the features say."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely
from apiflask import APIFlask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

import app.open.incidents
from app.accounts import Permission, Role
from app.grids import City
from app.maps.mvt import only_layer, points_layer
from app.maps.simplify import mercator
from app.maps.tiles import build_tiles
from app.open.tiles import QUAD, Tile
from app.store import Database
from tests.web.signing import PASSWORD, ROOT, production, token
from tests.web.test_ogc_tiles import ZOOM, tile_at

CONTACT = "138-0000-4711"
# The first two lie in A1, beside one another; the third in B1.
PLACES = [(104.505, 30.405), (104.5051, 30.4049), (104.525, 30.405)]


@pytest.fixture(scope="module")
def real(
    board: City, prepared_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[APIFlask]:
    folder = tmp_path_factory.mktemp("tiles")
    build_tiles(board, folder)
    shutil.copy(prepared_sqlite, folder / "weige.db")
    database = Database(f"sqlite:///{folder / 'weige.db'}")
    with production(board, database, folder) as app:
        client = of(app, "boss")
        for at, (lon, lat) in enumerate(PLACES):
            draft = {
                "hazard": "gas.leak", "title": "谁也不该读到", "lon": lon, "lat": lat,
                "reporter_contact": CONTACT, "occurred_at": f"2026-05-0{at + 1}T12:00:00+08:00",
            }  # fmt: skip
            assert client.post("/api/incidents", json=draft).status_code == 201
        app.extensions["weige"].accounts.create(ROOT, "of-b1", PASSWORD, Role.TOWN_ADMIN, "B1")
        yield app
    database.close()


def of(app: APIFlask, name: str) -> FlaskClient:
    client = app.test_client()
    header = token(app, name, *([Permission.VIEW] if name == "of-b1" else []))
    client.environ_base["HTTP_AUTHORIZATION"] = header["Authorization"]
    return client


@pytest.fixture(scope="module")
def client(real: APIFlask) -> FlaskClient:
    return of(real, "boss")


def read(tile: bytes, tmp_path: Path, layer: str) -> gpd.GeoDataFrame:
    """Return what GDAL reads in a tile, in units of the tile."""
    path = tmp_path / "tile.mvt"
    path.write_bytes(tile)
    assert [name for name, _ in pyogrio.list_layers(path)] == [layer]
    return pyogrio.read_dataframe(path, layer=layer)


def tiles_of(client: FlaskClient, ident: str, zoom: int, **query: str) -> list[bytes]:
    """Return the tiles of a zoom in which something is."""
    rows, columns = zip(tile_at(104.49, 30.43, zoom), tile_at(104.55, 30.39, zoom), strict=True)
    found = []
    for row in range(rows[0], rows[1] + 1):
        for column in range(columns[0], columns[1] + 1):
            path = f"/ogc/collections/{ident}/tiles/{QUAD}/{zoom}/{row}/{column}"
            answer = client.get(path, query_string=query)
            assert answer.status_code in {200, 204}, answer.text
            assert CONTACT.encode() not in answer.data
            assert "谁".encode() not in answer.data
            found += [answer.data] if answer.data else []
    return found


@pytest.mark.parametrize("zoom", [6, 12, 15])
def test_every_incident_lies_in_one_tile_of_a_zoom(
    client: FlaskClient, tmp_path: Path, zoom: int
) -> None:
    features = client.get("/ogc/collections/incidents/items").json["features"]
    expected = {one["properties"]["number"]: one["properties"] for one in features}
    found = [read(one, tmp_path, "incidents") for one in tiles_of(client, "incidents", zoom)]
    rows = [row for frame in found for row in frame.to_dict("records")]
    assert sorted(one["number"] for one in rows) == sorted(expected)
    for one in rows:
        known = expected[one["number"]]
        for name in ("status", "hazard", "severity", "occurred_at", "generation"):
            assert one[name] == known[name]
        assert bool(one["open"]) == known["open"]
        assert set(one) - {"mvt_id", "geometry"} == {
            "number", "status", "hazard", "severity", "occurred_at", "generation", "open",
        }  # fmt: skip


def test_an_incident_is_drawn_where_it_is(client: FlaskClient, tmp_path: Path) -> None:
    row, column = tile_at(*PLACES[2])
    answer = client.get(f"/ogc/collections/incidents/tiles/{QUAD}/{ZOOM}/{row}/{column}")
    # Under its address GDAL knows where on Earth a tile lies.
    place = tmp_path / str(ZOOM) / str(column)
    place.mkdir(parents=True)
    (place / f"{row}.mvt").write_bytes(answer.data)
    (point,) = pyogrio.read_dataframe(place / f"{row}.mvt").geometry
    (wanted,) = mercator(shapely.points([PLACES[2]]))
    assert point.distance(wanted) < 40075016.6855784 / 2**ZOOM / 4096 * 1.5


def test_what_is_asked_for_and_who_asks_limit_the_incidents(
    real: APIFlask, client: FlaskClient, tmp_path: Path
) -> None:
    def count(who: FlaskClient, **query: str) -> int:
        found = tiles_of(who, "incidents", 12, **query)
        return sum(len(read(one, tmp_path, "incidents")) for one in found)

    assert count(client) == 3
    assert count(client, datetime="2026-05-02/..") == 2
    assert count(client, datetime="0001-01-01/9999-12-31", hazard="gas") == 3
    assert count(client, hazard="fire") == 0
    assert count(of(real, "of-b1")) == 1
    nobody = real.test_client().get(f"/ogc/collections/incidents/tiles/{QUAD}/12/1/1")
    assert nobody.status_code == 401


def test_figures_stand_beside_the_shapes_that_the_map_draws(
    client: FlaskClient, tmp_path: Path
) -> None:
    query = {"datetime": "2026-05-01/2026-05-31"}
    for ident in ("cell", "town"):
        told = client.get(f"/ogc/collections/statistics-{ident}/items", query_string=query).json
        expected = {one["id"]: one["properties"] for one in told["features"]}
        drawn = tiles_of(client, ident, ZOOM)
        figures = tiles_of(client, f"statistics-{ident}", ZOOM, **query)
        assert len(drawn) == len(figures) > 0
        codes = set()
        for one, other in zip(drawn, figures, strict=True):
            plain, full = (
                read(tile, tmp_path, name)
                for tile, name in ((one, ident), (other, f"statistics-{ident}"))
            )
            assert full["code"].tolist() == plain["code"].tolist()
            shapes = [shapely.to_wkb(frame.geometry.to_numpy()).tolist() for frame in (full, plain)]
            assert shapes[0] == shapes[1]
            for row in full.to_dict("records"):
                known = expected[row["code"]]
                assert row["name"] == known["name"]
                assert row["count"] == known["count"]
                assert row["per_km2"] == known["per_km2"]
            codes |= set(full["code"])
        assert codes == set(expected)
    assert {x["count"] for x in expected.values()} == {1, 2}


def test_figures_of_what_an_account_does_not_see_are_in_no_tile(
    real: APIFlask, tmp_path: Path
) -> None:
    client = of(real, "of-b1")
    found = tiles_of(client, "statistics-cell", 14)
    assert {code for one in found for code in read(one, tmp_path, "statistics-cell")["code"]} == {
        "B1"
    }
    # A town holds more than the cell.
    assert tiles_of(client, "statistics-town", 14) == []


def test_a_tile_of_too_many_incidents_says_so(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.open.incidents, "MAX_LIMIT", 2)
    row, column = tile_at(*PLACES[0], 6)
    path = f"/ogc/collections/incidents/tiles/{QUAD}/6/{row}/{column}"
    answer = client.get(path)
    assert answer.status_code == 413
    assert answer.json["code"] == "too_large"
    assert "Zoom in" in answer.json["description"]
    assert client.get(path, query_string={"datetime": "2026-05-02/.."}).status_code == 200


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 4095),
            st.integers(0, 4095),
            st.fixed_dictionaries(
                {"name": st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)},
                optional={
                    "count": st.integers(-(2**50), 2**50),
                    "rate": st.floats(allow_nan=False, allow_infinity=False),
                },
            ),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_is_written_as_points_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, points: list
) -> None:
    folder = tmp_path_factory.mktemp("points")
    tile = points_layer("p", points)
    assert only_layer(tile, "p") == tile
    assert only_layer(tile, "q") == b""
    found = read(tile, folder, "p")
    assert len(found) == len(points)
    for row, (_, _, values) in zip(found.to_dict("records"), points, strict=True):
        for name, value in values.items():
            assert row[name] == value


@settings(deadline=None, max_examples=60)
@given(st.floats(-179.999, 179.999), st.floats(-85, 85), st.integers(0, 18))
def test_a_point_lies_in_one_tile_alone(lon: float, lat: float, zoom: int) -> None:
    row, column = tile_at(lon, lat, zoom)
    around = [
        Tile(zoom, row + down, column + across) for down in (-1, 0, 1) for across in (-1, 0, 1)
    ]
    assert sum(tile.place(lon, lat, 4096) is not None for tile in around) == 1
    home = next(tile for tile in around if tile.place(lon, lat, 4096) is not None)
    west, south, east, north = home.bounds
    assert west - 1e-9 <= lon <= east + 1e-9
    assert south - 1e-9 <= lat <= north + 1e-9
