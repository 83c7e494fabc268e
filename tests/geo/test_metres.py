"""Eastings and northings that are written another way than their CRS says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from pyproj import CRS

from app.errors import BadFileError
from app.geo.metres import refuse_misread_metres
from app.geo.vector import read_vector
from tests.cities import layer, square

# At Jianyang, in CGCS2000 / 3-degree Gauss-Kruger CM 105E.
X, Y = 451_914.0, 3_355_703.0
PATH = Path("a.gpkg")
ZONE_M = 35_000_000.0


def refused(x: float, y: float, crs: str) -> BadFileError:
    shapes = np.array([shapely.box(x, y, x + 500, y + 400), None], dtype=object)
    with pytest.raises(BadFileError) as caught:
        refuse_misread_metres(PATH, shapes, CRS(crs), crs)
    return caught.value


def passes(x: float, y: float, crs: str) -> None:
    refuse_misread_metres(PATH, np.array([shapely.box(x, y, x + 500, y + 400)]), CRS(crs), crs)


@pytest.mark.parametrize(
    ("x", "y", "crs"), [(Y, X, "EPSG:4544"), (Y, ZONE_M + X, "EPSG:4523"), (Y, X, "EPSG:32648")]
)
def test_exchanged_x_and_y_are_named(x, y, crs):
    error = refused(x, y, crs)
    assert str(round(y + 200, 2)) in error.message, "the coordinates of the file are quoted"
    assert "exchanged" in error.hint
    assert "zone" not in error.hint


@pytest.mark.parametrize(
    ("zone", "x", "named"), [(35, X, "EPSG:4523"), (18, X, "EPSG:4496"), (40, X, "EPSG:4528")]
)
def test_a_zone_number_in_the_easting_is_named_with_its_crs(zone, x, named):
    error = refused(zone * 1e6 + x, Y, "EPSG:4544")
    assert f"zone number {zone}" in error.hint
    assert named in error.hint
    assert "exchanged" not in error.hint


def test_both_at_once_are_named():
    error = refused(Y, ZONE_M + X, "EPSG:4544")
    assert "exchanged" in error.hint
    assert "EPSG:4523" in error.hint


def test_what_lies_well_or_is_wrong_in_another_way_is_not_accused():
    passes(X, Y, "EPSG:4544")
    passes(ZONE_M + X, Y, "EPSG:4523")
    passes(X + 300_000, Y, "EPSG:4544")  # drawn in the zone beside its own
    passes(X, Y, "EPSG:3857")
    passes(9e7, 9e7, "EPSG:4544")
    passes(104.5, 30.4, "EPSG:4326")
    refuse_misread_metres(PATH, np.array([None], dtype=object), CRS("EPSG:4544"), "EPSG:4544")


def test_a_file_is_refused_when_it_is_read(tmp_path):
    frame = layer([("A", "", square(0, 0))]).to_crs("EPSG:4544")
    frame.geometry = shapely.transform(frame.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    frame.to_file(tmp_path / "a.gpkg")
    with pytest.raises(BadFileError) as caught:
        read_vector(tmp_path / "a.gpkg", ["code"])
    assert "exchanged" in caught.value.hint
