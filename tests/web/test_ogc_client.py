"""GDAL as a client of /ogc, as QGIS uses it: lists, pages through all, reads the same coordinates.

GDAL asks while it holds Python's lock, so the server is a process of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.request import Request, urlopen

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import Transformer

from app.grids import City
from tests.cities import coverage, layer, make_city, square
from tests.web.serving import serving

PLACES = [(104.5 + 0.0071 * k, 30.4 + 0.0123456789 * k / 3) for k in range(5)]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Return a city of cells whose coordinates need all their digits."""
    cells = shapely.transform(coverage(5, 23), lambda xy: xy + np.pi * 1e-10)
    rows = [(f"T{number:02}", "T", cell) for number, cell in enumerate(cells)]
    folder = tmp_path_factory.mktemp("city") / "cells"
    return make_city(folder, {"town": layer([("T", "", square(0, 0, 4, 4))]), "cell": layer(rows)})


@pytest.fixture(scope="module")
def address(city: City) -> Iterator[str]:
    with serving(city.folder, "--workers", "1") as server:
        base = f"http://127.0.0.1:{server.port}"
        for lon, lat in PLACES:
            draft = {"hazard": "gas.leak", "title": "漏气", "lon": lon, "lat": lat}
            head = {"Content-Type": "application/json"}
            asked = Request(f"{base}/api/incidents", json.dumps(draft).encode(), head)
            with urlopen(asked, timeout=60) as answer:
                assert answer.status == 201
        yield f"OAPIF:{base}/ogc/"


def read(address: str, name: str, **options: object) -> gpd.GeoDataFrame:
    return pyogrio.read_dataframe(address, layer=name, **options)


def test_it_lists_every_collection(address: str) -> None:
    names = [name for name, _ in pyogrio.list_layers(address)]
    assert names == ["town", "cell", "incidents", "statistics-town", "statistics-cell"]


@pytest.mark.parametrize("size", [7, 1000])
def test_it_pages_through_all_and_reads_the_same_coordinates(
    address: str, city: City, size: int
) -> None:
    found = read(address, "cell", PAGE_SIZE=size)
    kept = city.layer("cell")
    assert found["code"].tolist() == kept.codes.tolist()
    assert found["name"].tolist() == kept.names.tolist()
    expected = shapely.to_wkb(shapely.orient_polygons(kept.geometry))
    assert shapely.to_wkb(found.geometry.to_numpy()).tolist() == expected.tolist()
    assert found.crs.to_authority() == ("OGC", "CRS84")


def test_it_reads_incidents_and_figures(address: str) -> None:
    found = read(address, "incidents", PAGE_SIZE=2)
    points = shapely.get_coordinates(found.geometry.to_numpy())
    assert points.tobytes() == np.array(PLACES).tobytes()
    assert set(found["title"]) == {"漏气"}
    figures = read(address, "statistics-cell", PAGE_SIZE=9)
    assert figures["count"].sum() == len(PLACES)
    assert len(figures) == 23


def test_it_asks_for_a_box(address: str, city: City) -> None:
    box = (104.51, 30.41, 104.52, 30.42)
    met = shapely.intersects(city.finest.geometry, shapely.box(*box))
    assert set(read(address, "cell", bbox=box)["code"]) == set(city.finest.codes[met])


def test_it_reads_other_crs_in_their_axis_order(address: str, city: City) -> None:
    kept = shapely.get_coordinates(shapely.orient_polygons(city.finest.geometry))
    degrees = read(address, "cell", CRS="EPSG:4490")
    assert degrees.crs.to_epsg() == 4490
    assert shapely.get_coordinates(degrees.geometry).tobytes() == kept.tobytes()
    metres = read(address, "cell", CRS="EPSG:4544")
    assert metres.crs.to_epsg() == 4544
    way = Transformer.from_crs("EPSG:4326", "EPSG:4544", always_xy=True)
    expected = np.column_stack(way.transform(kept[:, 0], kept[:, 1]))
    np.testing.assert_allclose(shapely.get_coordinates(metres.geometry), expected, atol=1e-6)
