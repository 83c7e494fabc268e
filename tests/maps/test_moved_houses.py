"""Houses that corrections move: the tiles are those of a city whose gazetteer said so itself."""

from __future__ import annotations

import numpy as np
import pytest

from app.addresses.amendments import AmendedAlias, AmendedPoint, Amendments, amend
from app.addresses.index import TABLE, read_tables
from app.grids import City
from app.locate import Locator
from app.maps.houses import HOUSES, house_tiles, read_houses
from app.maps.moved_houses import moved_houses
from app.maps.mvt import only_layer, points_layer, without_layer
from app.maps.tiles import MAX_ZOOM
from tests.corrections.conftest import at, streets, streets_folder  # noqa: F401 - fixtures


def door(number: str, cell: str, **words: str) -> AmendedPoint:
    place = at(cell)
    named = {"town": f"格{cell[0]}", "road": "东滨路", "number": number} | words
    return AmendedPoint(named, place["lon"] + 0.001, place["lat"] + 0.001, "survey_point")


MOVED = door("12", "A2")
NEW = door("99", "B4")
BLOCK = AmendedPoint(
    {"town": "格A", "estate": "阳光花园", "building": "1栋"}, **at("A4"), basis="survey_point"
)


@pytest.mark.parametrize(
    "points",
    [(MOVED,), (NEW,), (BLOCK,), (MOVED, NEW, BLOCK)],
    ids=["moved", "new", "block", "all"],
)
def test_changed_tiles_are_those_of_a_city_so_corrected(
    streets: City,  # noqa: F811
    points: tuple[AmendedPoint, ...],
) -> None:
    locator = Locator(streets)
    amendments = Amendments(points=points)
    found = moved_houses(locator, amendments)
    tables = read_tables(streets.folder, streets.manifest)
    before = house_tiles(read_houses(streets), MAX_ZOOM)
    after = house_tiles(read_houses(streets, amend(locator, tables, amendments)[TABLE]), MAX_ZOOM)
    changed = {key[1:] for key in before | after if before.get(key) != after.get(key)}
    assert changed
    assert set(found.layers) == changed
    assert found.version == amendments.version
    other = points_layer("roads", [(1, 2, {"name": "x"})])
    for _, x, y in before | after:
        archived = other + before.get((MAX_ZOOM, x, y), b"")
        tile = found.tile(archived, x, y)
        assert only_layer(tile, HOUSES) == after.get((MAX_ZOOM, x, y), b"")
        assert without_layer(tile, HOUSES) == other


def test_a_name_or_the_same_place_again_changes_nothing(streets: City, board: City) -> None:  # noqa: F811
    locator = Locator(streets)
    alias = AmendedAlias("太阳小区", "estate", "", "阳光花园")
    assert moved_houses(locator, Amendments(aliases=(alias,))).layers == {}
    place = at("A1")
    same = AmendedPoint(dict(MOVED.words), place["lon"], place["lat"] + 12e-6, "survey_point")
    found = moved_houses(locator, Amendments((same,), (alias,)))
    assert (found.version, found.layers) == ("", {})
    assert found.tile(b"as it was", 1, 2) == b"as it was"
    # Without a gazetteer there are no houses.
    assert moved_houses(Locator(board), Amendments((MOVED,))).layers == {}


def test_of_points_that_are_all_there_no_tile_is_wanted_twice(streets: City) -> None:  # noqa: F811
    houses = read_houses(streets)
    all_tiles = house_tiles(houses, MAX_ZOOM)
    one = next(iter(all_tiles))
    assert house_tiles(houses, MAX_ZOOM, {one[1:]}) == {one: all_tiles[one]}
    assert np.isfinite(houses.corners).all()
