"""Dedicated grids (专属网格): campuses along streets, each inside one general grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from app.demo.land import Land
from app.errors import BadInputError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Kind, Chinese word, weight in town and in the country, shorter and longer side in metres.
KINDS = (
    ("school", "学校", 0.26, 0.30, (70.0, 150.0), (100.0, 210.0)),
    ("hospital", "医院", 0.08, 0.10, (60.0, 120.0), (80.0, 170.0)),
    ("mall", "商场", 0.13, 0.02, (60.0, 120.0), (80.0, 180.0)),
    ("plant", "企业", 0.12, 0.28, (90.0, 220.0), (130.0, 340.0)),
    ("park", "公园", 0.12, 0.06, (80.0, 180.0), (120.0, 280.0)),
    ("market", "市场", 0.13, 0.12, (60.0, 110.0), (80.0, 150.0)),
    ("office", "办公楼", 0.16, 0.12, (50.0, 90.0), (70.0, 130.0)),
)
_MARGIN_M = 9.0
_ROAD_GAP_M = {"motorway": 26.0, "main": 15.0, "local": 9.0, "street": 10.0}


@dataclass(frozen=True, slots=True)
class Campus:
    """A dedicated grid before it has a number: village index, kind, shape in metres."""

    village: int
    kind: str
    word: str
    shape: shapely.Polygon


def place_campuses(
    rng: np.random.Generator,
    land: Land,
    villages: npt.NDArray[np.object_],
    counts: Ints,
    density: Floats,
) -> list[Campus]:
    """Return `counts[i]` campuses inside village i.

    Parameters
    ----------
    rng
        Where the randomness comes from.
    land
        Roads and water to line up with and keep off.
    villages
        Polygons in metres.
    counts
        How many campuses each gets.
    density
        People per area of each village, in relative units.

    Raises
    ------
    BadInputError
        If a village has no room for its campuses.
    """
    obstacles = [
        shapely.LineString(road.path).buffer(_ROAD_GAP_M[road.kind], cap_style="flat")
        for road in land.roads
    ]
    obstacles += [river.water.buffer(15.0) for river in land.rivers]
    obstacles += [lake.water.buffer(12.0) for lake in land.reservoirs]
    blocked = shapely.STRtree(obstacles)
    fronts = np.concatenate(
        [np.stack([r.path[:-1], r.path[1:]], axis=1) for r in land.roads if r.kind != "motorway"]
    )
    front_tree = shapely.STRtree(shapely.linestrings(fronts))
    campuses: list[Campus] = []
    urban_from = float(np.quantile(density, 0.75))
    for village, shape in enumerate(villages):
        own: list[shapely.Polygon] = []
        room = shape.buffer(-_MARGIN_M)
        shapely.prepare(room)
        near = fronts[front_tree.query(shape, predicate="intersects")]
        length = np.hypot(*(near[:, 1] - near[:, 0]).T) if len(near) else np.zeros(0)
        for _ in range(int(counts[village])):
            urban = bool(density[village] >= urban_from)
            for attempt in range(600):
                kind, word, plan = _plan(rng, urban, 0.97 ** (attempt / 2.0))
                if len(near) and attempt < 400:  # noqa: PLR2004 - then anywhere will do
                    campus = _beside(rng, near, length, plan)
                else:
                    campus = _anywhere(rng, shape, plan)
                if not room.contains(campus):
                    continue
                hit = blocked.query(campus, predicate="intersects")
                if len(hit) or any(campus.distance(other) < _MARGIN_M for other in own):
                    continue
                own.append(campus)
                campuses.append(Campus(village, kind, word, campus))
                break
            else:
                raise BadInputError(
                    f"general grid {village + 1} of {len(villages)} has no room for "
                    f"{counts[village]} dedicated grids",
                    "Ask for fewer dedicated grids.",
                )
    return campuses


def _plan(rng: np.random.Generator, urban: bool, shrink: float) -> tuple[str, str, Floats]:
    """Return kind, word and the ground plan around the origin, front side at y = 0."""
    weight = np.array([kind[2] if urban else kind[3] for kind in KINDS])
    kind = KINDS[int(rng.choice(len(KINDS), p=weight / weight.sum()))]
    shorter, longer = rng.uniform(*kind[4]), rng.uniform(*kind[5])
    scale = max(shrink, 0.35) * (0.85 if urban else 1.0)
    wide, deep = longer * scale / 2.0, shorter * scale
    corners = np.array([[-wide, 0.0], [wide, 0.0], [wide, deep], [-wide, deep]])
    form = rng.random()
    if form < 0.28:  # noqa: PLR2004 - L shape
        cut_x, cut_y = wide * rng.uniform(0.3, 1.0), deep * rng.uniform(0.3, 0.6)
        side = 1.0 if rng.random() < 0.5 else -1.0  # noqa: PLR2004 - a coin
        corners = np.array(
            [
                [-wide, 0.0],
                [wide, 0.0],
                [wide, deep - cut_y],
                [wide - cut_x, deep - cut_y],
                [wide - cut_x, deep],
                [-wide, deep],
            ]
        ) * np.array([side, 1.0])
    elif form < 0.55:  # noqa: PLR2004 - chamfered corner
        cut = min(wide, deep) * rng.uniform(0.15, 0.4)
        corners = np.array(
            [[-wide, 0.0], [wide, 0.0], [wide, deep - cut], [wide - cut, deep], [-wide, deep]]
        )
    elif form < 0.8:  # noqa: PLR2004 - not quite square
        corners[2:] += rng.uniform(-0.12, 0.12, (2, 2)) * deep
    return kind[0], kind[1], corners


def _beside(
    rng: np.random.Generator, fronts: Floats, length: Floats, plan: Floats
) -> shapely.Polygon:
    at = int(rng.choice(len(fronts), p=length / length.sum()))
    a, b = fronts[at]
    way = (b - a) / max(float(length[at]), 1e-9)
    normal = np.array([-way[1], way[0]]) * (1.0 if rng.random() < 0.5 else -1.0)  # noqa: PLR2004
    foot = a + (b - a) * rng.random() + normal * rng.uniform(16.0, 34.0)
    return shapely.Polygon(foot + plan[:, :1] * way + plan[:, 1:] * normal)


def _anywhere(rng: np.random.Generator, shape: shapely.Polygon, plan: Floats) -> shapely.Polygon:
    low, high = np.reshape(shape.bounds, (2, 2))
    foot = rng.uniform(low, high)
    angle = rng.uniform(0.0, 2.0 * np.pi)
    way = np.array([np.cos(angle), np.sin(angle)])
    return shapely.Polygon(foot + plan[:, :1] * way + plan[:, 1:] * np.array([-way[1], way[0]]))
