"""Borders as lines, each stretch once, with the coarsest level that it divides.

Neighbours share their border and levels share theirs: drawn shape by shape, the border of a town
would be drawn twice for each of its levels. The lines follow the very corners of the shapes.

`app.maps.topology` cuts rings into arcs of which they can be put together again, in steps of 0.6 m;
here lines are wanted that lie on the borders of the last zoom to a third of that, and no rings.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely

from app.maps.simplify import Shapes


def border_lines(groups: Sequence[Shapes]) -> list[Shapes]:
    """Return the borders of groups of polygons without repetition.

    Parameters
    ----------
    groups
        For each level, coarse to fine, its polygons in one plane. Where shapes do not share the
        corners of their borders, both borders are kept.

    Returns
    -------
    list of ndarray of object
        For each group the lines that it divides and no group before it; each goes on until it
        meets another or ends.
    """
    corners, group = _segments(groups)
    points = corners[..., 0] + 1j * corners[..., 1]
    _, number = np.unique(points, return_inverse=True)
    number = np.sort(number.reshape(points.shape), axis=1).astype(np.int64)
    key = number[:, 0] * (int(number.max(initial=0)) + 1) + number[:, 1]
    # The first of equal ones is kept: that of the coarsest group.
    first = np.unique(key, return_index=True)[1]
    first = np.sort(first[number[first, 0] != number[first, 1]])
    return [_joined(corners[first[group[first] == one]]) for one in range(len(groups))]


def _segments(groups: Sequence[Shapes]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return all segments of all rings, shape (n, 2, 2), and the group of each."""
    corners, group = [np.empty((0, 2, 2))], [np.empty(0, np.int64)]
    for place, shapes in enumerate(groups):
        rings = shapely.get_rings(shapely.get_parts(shapes))
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        own = ring[1:] == ring[:-1]
        found = np.stack((xy[:-1][own], xy[1:][own]), axis=1)
        corners.append(found)
        group.append(np.full(len(found), place, np.int64))
    return np.concatenate(corners), np.concatenate(group)


def _joined(corners: npt.NDArray[np.float64]) -> Shapes:
    """Return segments, shape (n, 2, 2), as lines that go on until they meet another."""
    if not len(corners):
        return np.empty(0, dtype=object)
    lines = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(corners)))
    return np.asarray(shapely.get_parts(lines), dtype=object)
