"""What lies in an area: grids by how much of them, against plain geometry."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from app.analysis.enclosed import area_of, dedicated, enclosed
from app.analysis.ground import Ground
from app.errors import BadInputError
from app.grids import City
from app.grids.reference import ResidentGroups


def test_every_grid_is_there_with_its_part(board: City) -> None:
    ground = Ground(board)
    layer = board.finest
    west, south, east, north = shapely.total_bounds(layer.geometry)
    middle = (west + east) / 2
    half = shapely.box(west, south, middle + (east - west) / 16, north)
    groups = ResidentGroups(
        np.array(["R1", "R2"], dtype=object), np.array(["甲", "乙"], dtype=object),
        np.array([0, len(layer) - 1]), np.array([30, 40]),
    )  # fmt: skip
    found = enclosed(ground, area_of(list(half.exterior.coords)[:-1]), groups)
    told = dict(zip(layer.codes[found.rows], found.part, strict=True))
    for code, shape in zip(layer.codes, layer.geometry, strict=True):
        wanted = shape.intersection(half).area / shape.area
        assert told.get(code, 0.0) == pytest.approx(wanted if wanted >= 0.005 else 0.0, abs=1e-9)
    assert 0 < len(told) <= len(layer)
    whole = shapely.box(west, south, east, north)
    every = enclosed(ground, area_of(list(whole.exterior.coords)), groups)
    assert len(every.rows) == len(layer)
    assert np.all(every.part == 1)
    assert every.area_km2 == pytest.approx(ground.area_km2(layer.part.id).sum())
    assert every.group_rows[0].tolist() == [0]
    assert sum(len(one) for one in every.group_rows) == 2


def test_dedicated_grids_are_taken_in_by_the_same_rule(board: City) -> None:
    west, south, east, north = shapely.total_bounds(board.finest.geometry)
    for share in (0.2, 0.45, 0.5, 1.0):
        area = shapely.box(west, south, west + (east - west) * share, north)
        wanted = {
            (one.id, str(code)): shape.intersection(area).area / shape.area
            for one in board.overlays
            for code, shape in zip(
                board.layer(one.id).codes, board.layer(one.id).geometry, strict=True
            )
        }
        told = {
            (one.overlay, str(board.layer(one.overlay).codes[one.row])): one.part
            for one in dedicated(board, area)
        }
        assert told == pytest.approx({k: v for k, v in wanted.items() if v >= 0.005})
    assert told


def test_what_is_no_area_is_refused() -> None:
    for ring in ([[0, 0], [1, 1]], [[0, 0], [1, 1], [1, 0], [0, 1]], [[0, 0], [1, 1], [2, 2]]):
        with pytest.raises(BadInputError):
            area_of(ring)
