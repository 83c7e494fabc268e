"""Marks of houses: each where the gazetteer has it, whole in every tile that it reaches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from app.grids import City
from app.grids.manifest import BaseLayer
from app.maps.houses import BUILDINGS, HOUSES, Houses, house_layer, house_tiles, read_houses
from app.maps.simplify import mercator
from app.maps.tiles import MAX_ZOOM

HALF_M = 20_037_508.342789244


@pytest.fixture(scope="module")
def city(jianyang_folder: Path) -> City:
    return City.open(jianyang_folder)


@pytest.fixture(scope="module")
def houses(city: City) -> Houses:
    return read_houses(city)


def test_there_is_a_mark_at_every_door_and_around_every_entrance(
    city: City, houses: Houses
) -> None:
    rows = pd.read_parquet(city.folder / city.manifest.tables["gazetteer"])
    marks = shapely.polygons(houses.corners)
    assert shapely.is_valid(marks).all()
    tree = shapely.STRtree(marks)
    for kind in ("door", "building"):
        own = rows[rows["kind"] == kind]
        points = shapely.points(own["lon"].to_numpy(float), own["lat"].to_numpy(float))
        found = tree.query(mercator(np.asarray(points, dtype=object)), predicate="covered_by")
        assert len(np.unique(found[0])) == len(own)


def test_marks_are_as_large_as_houses_are(city: City, houses: Houses) -> None:
    lat = float(np.mean(city.bounds[1::2]))
    area_m2 = shapely.area(shapely.polygons(houses.corners)) * np.cos(np.radians(lat)) ** 2
    assert area_m2.min() > 80
    assert area_m2.max() < 135 * 135


def test_tiles_hold_each_mark_in_every_tile_that_it_reaches(tmp_path: Path) -> None:
    side = 2 * HALF_M / 2**MAX_ZOOM
    # One inside a tile, one over an edge of two, one over a corner of four.
    places = np.array([[100.5, 10.5], [102.0, 10.5], [105.0, 12.0]]) * side
    middles = np.column_stack([places[:, 0] - HALF_M, HALF_M - places[:, 1]])
    box = np.array([(-8.0, -8.0), (-8.0, 8.0), (8.0, 8.0), (8.0, -8.0)])
    houses = Houses(middles[:, None] + box, np.array(["7", "", "9-1"], dtype=object))
    found = house_tiles(houses, MAX_ZOOM)
    columns = {(100, 10), (101, 10), (102, 10), (104, 11), (105, 11), (104, 12), (105, 12)}
    assert {(x, y) for _, x, y in found} == columns
    numbers: list[str | None] = []
    for (z, x, y), tile in found.items():
        file = tmp_path / f"{z}-{x}-{y}.pbf"
        file.write_bytes(tile)
        frame = pyogrio.read_dataframe(f"MVT:{file}", layer=HOUSES, X=x, Y=y, Z=z, CLIP="NO")
        assert len(frame) == 1
        drawn = frame.geometry.iloc[0]
        nearest = min(shapely.polygons(houses.corners), key=lambda one: one.distance(drawn))
        assert shapely.hausdorff_distance(nearest, drawn) < side / 4096
        numbers.append(frame["number"].iloc[0] if "number" in frame else None)
    assert sorted(filter(None, numbers)) == ["7", "9-1", "9-1", "9-1", "9-1"]


def test_where_a_city_brings_outlines_only_numbers_are_added(city: City) -> None:
    roads = next(base for base in city.manifest.bases if base.id == "roads")
    brought = BaseLayer(BUILDINGS, "建筑", roads.file)
    other = replace(city.manifest, bases=(*city.manifest.bases, brought))
    with_outlines = City.open(city.folder)
    with_outlines.manifest = other
    assert house_layer(with_outlines) == (HOUSES, "门牌号")
    assert read_houses(with_outlines).corners.shape[1] == 1


def test_a_city_without_a_gazetteer_or_with_a_layer_of_that_name_has_none(
    board: City, city: City
) -> None:
    assert house_layer(board) == ("", "")
    assert house_layer(city) == (HOUSES, "房屋与门牌")
    taken = City.open(city.folder)
    one = BaseLayer(HOUSES, "房屋", "roads.parquet")
    taken.manifest = replace(city.manifest, bases=(*city.manifest.bases, one))
    assert house_layer(taken) == ("", "")
