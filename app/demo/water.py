"""Rivers and reservoirs, laid before anything else: approximate and synthetic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from app.demo.noise import catmull_rom, noise_curve, normals, smooth_path
from app.demo.places import SEAT_RADIUS_M, Towns, seat_centre
from app.demo.sources import Sources, to_metric

Floats = npt.NDArray[np.float64]

# Control points in degrees (WGS-84), upstream to downstream; the last number is the width in m.
_RIVERS: tuple[tuple[str, tuple[tuple[float, float], ...], float, float], ...] = (
    (
        "沱江",
        (
            (104.508, 30.668),
            (104.528, 30.632),
            (104.512, 30.598),
            (104.536, 30.566),
            (104.519, 30.532),
            (104.532, 30.500),
            (104.558, 30.482),
            (104.551, 30.456),
            (104.572, 30.440),
            (104.566, 30.420),
            (104.5555, 30.404),
            (104.5555, 30.388),
            (104.561, 30.372),
            (104.578, 30.356),
            (104.566, 30.334),
            (104.588, 30.318),
            (104.580, 30.292),
            (104.601, 30.276),
            (104.592, 30.252),
            (104.606, 30.222),
        ),
        170.0,
        210.0,
    ),
    (
        "绛溪河",
        (
            (104.335, 30.372),
            (104.372, 30.384),
            (104.402, 30.369),
            (104.432, 30.383),
            (104.462, 30.372),
            (104.490, 30.388),
            (104.512, 30.378),
            (104.534, 30.386),
            (104.5555, 30.3835),
        ),
        46.0,
        150.0,
    ),
    (
        "阳化河",
        (
            (104.694, 30.556),
            (104.690, 30.522),
            (104.706, 30.492),
            (104.694, 30.460),
            (104.712, 30.432),
            (104.706, 30.398),
            (104.744, 30.378),
            (104.756, 30.340),
            (104.738, 30.318),
            (104.744, 30.280),
        ),
        52.0,
        240.0,
    ),
    (
        "索溪河",
        (
            (104.402, 30.262),
            (104.436, 30.250),
            (104.462, 30.262),
            (104.492, 30.246),
            (104.510, 30.222),
            (104.540, 30.214),
            (104.548, 30.188),
        ),
        36.0,
        150.0,
    ),
)

# Side valleys have side valleys, and those have none.
_TRUNK = 2


@dataclass(frozen=True, slots=True)
class River:
    """A river with its centre line and its water.

    Attributes
    ----------
    name : str
    path : ndarray of float64, shape (n, 2)
        Centre line in metres.
    water : Polygon
        What the map shows.
    """

    name: str
    path: Floats
    water: shapely.Geometry


@dataclass(frozen=True, slots=True)
class Reservoir:
    """A reservoir: name and shape in metres."""

    name: str
    water: shapely.Polygon


def draw_rivers(rng: np.random.Generator, outline: shapely.Polygon) -> list[River]:
    """Return the rivers; the first one is the 沱江."""
    rivers = []
    for name, control, width_m, sway_m in _RIVERS:
        path = catmull_rom(to_metric(np.array(control)), 25.0)
        to_seat = np.hypot(*(path - seat_centre()).T)
        calm = np.clip((to_seat - 1500.0) / 4000.0, 0.0, 1.0)
        sway = noise_curve(rng, len(path), 2600.0 / 25.0) + 0.35 * noise_curve(rng, len(path), 36.0)
        path = path + normals(path) * (sway_m * calm * sway)[:, None]
        path = smooth_path(path, 25.0, 90.0)
        half = width_m / 2.0 * np.exp(0.22 * noise_curve(rng, len(path), 70.0))
        side = normals(path) * half[:, None]
        shape = shapely.make_valid(
            shapely.Polygon(np.concatenate([path + side, (path - side)[::-1]]))
        )
        water = shapely.union_all(
            [shape, *shapely.buffer(shapely.points(path[::4]), half[::4] * 0.97)]
        )
        rivers.append(River(name, path, shapely.intersection(water.simplify(1.0), outline)))
    first = rivers[0]
    return [first] + [
        River(r.name, _until(r.path, first.water), shapely.difference(r.water, first.water))
        for r in rivers[1:]
    ]


def _until(path: Floats, water: shapely.Geometry) -> Floats:
    """Cut a tributary where it has reached the middle of the main river."""
    wet = shapely.contains_xy(water, path[:, 0], path[:, 1])
    if not wet.any():
        return path
    return path[: min(int(np.argmax(wet)) + 5, len(path))]


def draw_reservoirs(
    rng: np.random.Generator,
    sources: Sources,
    towns: Towns,
    rivers: list[River],
    sites: Floats,
    count: int,
) -> list[Reservoir]:
    """Return 三岔湖, 龙泉湖 and `count` small reservoirs in the hills."""
    lakes = [
        Reservoir("三岔湖", _dendrite(rng, (104.262, 30.300), 7800.0, 300.0, 1.15, 16)),
        Reservoir("龙泉湖", _dendrite(rng, (104.329, 30.466), 4600.0, 210.0, 2.3, 12)),
    ]
    lakes = [
        Reservoir(
            lake.name, _largest(shapely.intersection(lake.water, sources.outline.buffer(-150.0)))
        )
        for lake in lakes
    ]
    taken = shapely.union_all([lake.water.buffer(1500.0) for lake in lakes])
    dry = [r.water.buffer(400.0) for r in rivers] + [seat_disc()]
    dry += list(shapely.buffer(shapely.points(towns.centre), 1300.0))
    dry += list(shapely.buffer(shapely.points(sites), 220.0))
    taken = shapely.union_all([taken, *dry])
    low, high = np.reshape(sources.outline.bounds, (2, 2))
    shore = sources.outline.buffer(-500.0)
    small: list[Reservoir] = []
    for _ in range(count * 60):
        if len(small) == count:
            break
        at = rng.uniform(low, high)
        size = float(np.exp(rng.normal(6.15, 0.38)))
        if not shore.contains(shapely.Point(at)):
            continue
        shape = _dendrite_at(rng, at, size, size * 0.085 + 14.0, rng.uniform(0, np.pi), 5)
        if taken.intersects(shape) or not shore.contains(shape):
            continue
        taken = shapely.union(taken, shape.buffer(900.0))
        small.append(Reservoir(f"{len(small) + 1}号水库（示意）", shape))
    return lakes + small


def seat_disc() -> shapely.Polygon:
    """Return the circle that holds the seat's streets."""
    return shapely.Point(seat_centre()).buffer(SEAT_RADIUS_M + 700.0)


def _largest(shape: shapely.Geometry) -> shapely.Polygon:
    parts = shapely.get_parts(shape)
    return parts[int(np.argmax(shapely.area(parts)))]


def _dendrite(
    rng: np.random.Generator,
    lon_lat: tuple[float, float],
    length_m: float,
    half_m: float,
    heading: float,
    arms: int,
) -> shapely.Polygon:
    return _dendrite_at(rng, to_metric(np.array([lon_lat]))[0], length_m, half_m, heading, arms)


def _dendrite_at(
    rng: np.random.Generator, at: Floats, length_m: float, half_m: float, heading: float, arms: int
) -> shapely.Polygon:
    """Return a drowned valley: a trunk that narrows upstream with side valleys.

    Parameters
    ----------
    at
        Middle of the trunk, metres.
    length_m, half_m
        Length of the trunk and half its greatest width.
    heading
        Direction of the trunk in radians.
    arms
        Number of side valleys.
    """
    discs: list[shapely.Polygon] = []

    def valley(start: Floats, angle: float, length: float, half: float, depth: int) -> None:
        step = max(half * 0.35, 6.0)
        n = max(int(length / step), 4)
        turn = np.cumsum(rng.normal(0.0, 0.10, n))
        turn -= np.linspace(0.0, turn[-1] * 0.6, n)
        angles = angle + turn
        path = start + step * np.cumsum(np.column_stack([np.cos(angles), np.sin(angles)]), axis=0)
        taper = half * (1.0 - 0.7 * np.linspace(0.0, 1.0, n))
        taper = taper * np.exp(0.18 * noise_curve(rng, n, 14.0))
        discs.extend(shapely.buffer(shapely.points(path), taper, quad_segs=6))
        if depth == 0:
            return
        branches = arms if depth == _TRUNK else 2
        for k in range(branches):
            where = min(int(n * (0.12 + 0.8 * (k + rng.uniform(0.1, 0.9)) / branches)), n - 1)
            side = angles[where] + (1 if (k % 2 == 0) else -1) * rng.uniform(0.7, 1.35)
            valley(
                path[where],
                float(side),
                length * rng.uniform(0.18, 0.42),
                float(taper[where]) * rng.uniform(0.45, 0.7),
                depth - 1,
            )

    start = at - 0.5 * length_m * np.array([np.cos(heading), np.sin(heading)])
    valley(start, heading, length_m, half_m, _TRUNK)
    body = shapely.union_all(discs)
    soft = half_m * 0.12
    body = body.buffer(soft).buffer(-2.0 * soft).buffer(soft).simplify(max(half_m * 0.01, 0.6))
    return shapely.Polygon(_largest(body).exterior)
