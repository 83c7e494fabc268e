"""How much of each cell a shape covers: compared with GEOS, cell by cell."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analysis.raster import Frame


def shares_by_geos(frame: Frame) -> np.ndarray:
    rows, columns = frame.share.shape
    column, row = np.meshgrid(np.arange(columns), np.arange(rows))
    west = frame.west + column * frame.cell_m
    south = frame.south + row * frame.cell_m
    boxes = shapely.box(west, south, west + frame.cell_m, south + frame.cell_m)
    return shapely.area(shapely.intersection(boxes, frame.shape)) / frame.cell_m**2


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), cell_m=st.sampled_from([3.0, 7.0, 40.0, 1000.0]))
def test_shares_are_those_of_geos(seed: int, cell_m: float) -> None:
    """Of any polygons, with holes and several parts."""
    rng = np.random.default_rng(seed)
    discs = shapely.buffer(shapely.points(rng.uniform(0, 200, (5, 2))), rng.uniform(2, 50, 5))
    shape = shapely.difference(
        shapely.union_all(discs), shapely.buffer(shapely.points(rng.uniform(0, 200, 2)), 30)
    )
    if shape.is_empty:
        return
    frame = Frame.over(shape, cell_m)
    np.testing.assert_allclose(frame.share, shares_by_geos(frame), atol=1e-9)


def test_edges_on_the_lines_of_the_cells() -> None:
    shape = shapely.difference(shapely.box(10, 10, 40, 50), shapely.box(20, 20, 30, 30))
    frame = Frame.over(shape, 10.0)
    assert set(np.unique(frame.share)) == {0.0, 1.0}
    assert frame.share.sum() == 11
    np.testing.assert_array_equal(frame.share, shares_by_geos(frame))


def test_cells_of_a_part_are_cells_of_the_whole() -> None:
    whole = Frame.over(shapely.box(-13, 2, 91, 77), 10.0)
    part = Frame.over(shapely.box(33, 14, 58, 31), 10.0)
    assert set(part.east_of) <= set(whole.east_of)
    assert set(part.north_of) <= set(whole.north_of)


def test_a_point_has_the_cell_around_it() -> None:
    frame = Frame.over(shapely.box(0, 0, 30, 20), 10.0)
    points = np.array([[5, 5], [29.9, 19.9], [-1, 5], [1000, 5], [5, -1000], [31, 5], [np.nan, 5]])
    cells = frame.cells(*points.astype(np.float64).T)
    centres = np.stack(np.meshgrid(frame.east_of, frame.north_of), axis=-1).reshape(-1, 2)
    assert cells[2:].tolist() == [-1] * 5
    np.testing.assert_allclose(centres[cells[:2]], [[5, 5], [25, 15]])


@pytest.mark.parametrize("cell_m", [1.0, 0.3])
def test_the_shares_add_up_to_the_area(cell_m: float) -> None:
    shape = shapely.Point(0.123, 4.567).buffer(20)
    frame = Frame.over(shape, cell_m)
    assert frame.share.sum() * cell_m**2 == pytest.approx(shape.area, rel=1e-12)


def test_what_rounding_puts_beyond_the_border_is_inside() -> None:
    """The square ends at the edge of a cell: beyond it begins a cell that is not covered."""
    frame = Frame.over(shapely.box(0, 0, 70, 70), 7.0)
    x = np.array([70.0005, 35.0, -0.0005, 70.05, np.nan])
    y = np.array([35.0, 70.0005, -0.0005, 35.0, 35.0])
    cells = frame.cells(x, y)
    assert (cells[:3] >= 0).all()
    assert (frame.share.ravel()[cells[:3]] == 1).all()
    assert cells[3:].tolist() == [-1, -1]
