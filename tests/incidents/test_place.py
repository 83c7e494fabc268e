"""Where an incident is: a place of which only a grid is known."""

from __future__ import annotations

import pytest

from app.errors import BadInputError
from app.grids import City
from app.incidents.incident import UNLOCATED, Draft
from app.incidents.place import find_place
from app.incidents.places import find_places
from app.locate import Locator


@pytest.fixture(scope="module")
def locator(board: City) -> Locator:
    return Locator(board)


@pytest.mark.parametrize(
    ("code", "codes", "overlays", "grid"),
    [
        ("A1", {"town": "A", "cell": "A1"}, {}, "A1"),
        ("A", {"town": "A"}, {}, "A"),
        ("K", {"town": "A"}, {"campus": ["K"]}, "A"),
    ],
)
def test_a_grid_places_without_a_point(
    locator: Locator,
    code: str,
    codes: dict[str, str],
    overlays: dict[str, list[str]],
    grid: str,
) -> None:
    found = find_place(locator, None, None, "wgs84", 0, code)
    assert (found.lon, found.lat, found.location["status"]) == (None, None, UNLOCATED)
    assert (found.location["codes"], found.location["overlays"]) == (codes, overlays)
    assert found.columns["grid"] == grid
    assert find_places(locator, [Draft("gas", "x", grid=code)]) == [found]


def test_a_grid_that_is_not_there_is_refused(locator: Locator) -> None:
    with pytest.raises(BadInputError, match="'Z9'"):
        find_place(locator, None, None, "wgs84", 0, "Z9")
    (fault,) = find_places(locator, [Draft("gas", "x", grid="Z9")])
    assert isinstance(fault, BadInputError)
