"""Polygons that are hard to locate in, for tests against brute force."""

from __future__ import annotations

import itertools

import numpy as np
import shapely

from tests.cities import coverage

Objects = np.ndarray


def comb(teeth: int = 60) -> Objects:
    """Return two interlocking combs whose teeth are far thinner than a cell."""
    x = np.linspace(0, 1, 2 * teeth + 1)
    low = [(0.0, -0.2), (0.0, 0.1)]
    for k in range(teeth):
        low += [(x[2 * k], 0.9), (x[2 * k + 1], 0.9), (x[2 * k + 1], 0.1), (x[2 * k + 2], 0.1)]
    low += [(1.0, -0.2)]
    first = shapely.Polygon(low)
    second = shapely.box(0, -0.2, 1, 1.2).difference(first)
    return np.array([first, second], dtype=object)


def slivers() -> Objects:
    """Return strips from 1e-12 degree wide up, side by side."""
    edges = np.cumsum([0, 1e-12, 1e-9, 1e-12, 1e-6, 1e-12, 1e-3, 0.1])
    return np.array([shapely.box(a, 0, b, 1) for a, b in itertools.pairwise(edges)], dtype=object)


def corners() -> Objects:
    """Return squares that touch in corners only, and holes that touch their shell."""
    squares = [shapely.box(c, r, c + 1, r + 1) for c in range(4) for r in range(4) if (c + r) % 2]
    shell = shapely.box(5, 0, 8, 3)
    hole = shapely.Polygon([(5, 1), (6, 0.5), (7, 1), (6, 2)])
    holed = shell.difference(hole)
    return np.array([*squares, holed, hole], dtype=object)


def crowded(n: int = 40) -> Objects:
    """Return n slices of a pie: more polygons in the cell of the middle than a record holds."""
    angles = np.linspace(0, 2 * np.pi, n + 1)
    rim = np.column_stack([np.cos(angles), np.sin(angles)])
    return np.array([shapely.Polygon([(0, 0), rim[k], rim[k + 1]]) for k in range(n)], dtype=object)


def overlapping(seed: int = 4) -> Objects:
    """Return discs of all sizes over one another, one of them twice."""
    rng = np.random.default_rng(seed)
    discs = shapely.buffer(shapely.points(rng.uniform(0, 1, (40, 2))), rng.uniform(0.01, 0.5, 40))
    return np.append(discs, [discs[3]])


def parts_and_holes() -> Objects:
    """Return multipolygons, islands in holes, and a gap."""
    ring = shapely.box(0, 0, 4, 4).difference(shapely.box(1, 1, 3, 3))
    island = shapely.box(1.5, 1.5, 2.5, 2.5)
    far = shapely.box(6, 0, 7, 1)
    return np.array([shapely.MultiPolygon([ring, far]), island, shapely.box(5, 2, 6, 3)])


def long_border(vertices: int = 10_000) -> Objects:
    """Return two polygons that share a border of very many vertices."""
    x = np.linspace(0, 1, vertices)
    y = 0.5 + 0.1 * np.sin(40 * x) + 1e-4 * np.sin(9_000 * x)
    border = np.column_stack([x, y])
    low = shapely.Polygon([*border, (1, 0), (0, 0)])
    high = shapely.Polygon([*border, (1, 1), (0, 1)])
    return np.array([low, high], dtype=object)


def tiny() -> Objects:
    """Return 900 polygons that together are hardly larger than a cell, and one that is not."""
    small = [
        shapely.box(0.5 + 1e-6 * c, 0.5 + 1e-6 * r, 0.5 + 1e-6 * (c + 1), 0.5 + 1e-6 * (r + 1))
        for c in range(30)
        for r in range(30)
    ]
    return np.array([*small, shapely.box(0, 0, 1, 1)], dtype=object)


def lattice() -> Objects:
    """Return an exact lattice: every border runs along a parallel or a meridian."""
    return np.array([shapely.box(c, r, c + 1, r + 1) for c in range(12) for r in range(12)])


def moved(polygons: Objects, lon: float, lat: float, scale: float) -> Objects:
    """Return polygons laid out anywhere on Earth."""
    return np.asarray(
        shapely.transform(polygons, lambda xy: xy * scale + np.array([lon, lat])), dtype=object
    )


LAYOUTS: dict[str, Objects] = {
    "coverage": coverage(7, 60),
    "comb": moved(comb(), 104.5, 30.4, 0.05),
    "comb near the equator": moved(comb(), -0.02, -0.01, 0.05),
    "slivers": moved(slivers(), 104.5, 30.4, 1.0),
    "corners": moved(corners(), 104.5, 30.4, 0.01),
    "crowded": moved(crowded(), 104.5, 30.4, 0.05),
    "overlapping": moved(overlapping(), 104.5, 30.4, 0.05),
    "parts and holes": moved(parts_and_holes(), -70.3, -33.4, 0.02),
    "long border": moved(long_border(), 104.5, 30.4, 0.1),
    "tiny": moved(tiny(), 104.5, 30.4, 0.5),
    "lattice": lattice(),
    "lattice of the whole world": moved(lattice(), -180, -90, 15.0),
    "one": moved(np.array([shapely.Point(0, 0).buffer(1)]), 179.0, 80.0, 0.5),
}


def points_on_and_around(polygons: Objects, rng: np.random.Generator, n: int) -> np.ndarray:
    """Return points anywhere, on vertices, on edges, and a rounding off them, shape (m, 2)."""
    west, south, east, north = shapely.total_bounds(polygons)
    span = np.array([east - west, north - south])
    free = np.array([west, south]) + rng.uniform(-0.05, 1.05, (n, 2)) * span
    vertices = shapely.get_coordinates(polygons)
    a, b = (vertices[rng.integers(0, len(vertices), n)] for _ in range(2))
    edges = []
    for ring in shapely.get_rings(shapely.get_parts(polygons)):
        xy = shapely.get_coordinates(ring)
        edges.append(xy[:-1] + rng.uniform(0, 1, (len(xy) - 1, 1)) * np.diff(xy, axis=0))
    on_edge = np.vstack(edges)
    on_edge = on_edge[rng.integers(0, len(on_edge), n)]
    # As low as the last digit of a float, as high as a thousandth of the extent.
    off = rng.choice([-1, 1], (n, 2)) * 10.0 ** rng.uniform(-17, -3, (n, 1)) * span
    level = np.column_stack([free[:n, 0], a[:, 1]])
    upright = np.column_stack([a[:, 0], free[:n, 1]])
    found = np.vstack([free, a, b, on_edge, on_edge + off, a + off, level, upright])
    found[:, 0] = np.clip(found[:, 0], -180, 180)
    found[:, 1] = np.clip(found[:, 1], -90, 90)
    return found
