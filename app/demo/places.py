"""Where things are: town centres, how large towns are, how many people live where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from app.demo.noise import Field, empty_field, noise_field
from app.demo.sources import Sources, to_metric

Floats = npt.NDArray[np.float64]

# Degrees, WGS-84, approximate.
SEAT = (104.5500, 30.3935)
SEAT_RADIUS_M = 2700.0

# Former towns whose boxes make up a town of today: found by looking up today's village names in
# the list of villages before the mergers of 2019-2020.
_MERGED = {
    "平泉街道": ("平泉镇",),
    "石盘街道": ("周家乡", "石盘镇"),
    "养马街道": ("养马镇", "灵仙乡"),
    "贾家街道": ("贾家镇", "老君井乡"),
    "石板凳街道": ("石板凳镇",),
    "三岔街道": ("三岔镇",),
    "草池街道": ("草池镇",),
    "福田街道": ("福田乡",),
    "玉成街道": ("玉成乡",),
    "丹景街道": ("丹景乡", "新民乡"),
    "云龙镇": ("云龙镇", "金马镇", "五合乡"),
    "三星镇": ("三星镇", "同合乡"),
    "石钟镇": ("石钟镇", "平窝乡"),
    "施家镇": ("施家镇", "平息乡"),
    "平武镇": ("平武镇",),
    "踏水镇": ("踏水镇",),
    "江源镇": ("江源镇", "永宁乡"),
    "涌泉镇": ("涌泉镇",),
    "芦葭镇": ("芦葭镇", "清风乡"),
    "高明镇": ("五指乡",),
    "武庙镇": ("武庙乡",),
    "壮溪镇": ("壮溪乡",),
    "宏缘镇": ("宏缘乡",),
    "董家埂镇": ("董家埂乡",),
    "海螺镇": ("坛罐乡", "海螺乡"),
}
# Town seats in degrees and territory in km2 where no box says so (or where the box of a former
# town that has since been divided would mislead).
_PLACED = {
    "简城街道": (104.5445, 30.3900, 33.0),
    "射洪坝街道": (104.5640, 30.4060, 24.0),
    "东溪街道": (104.6010, 30.3960, 42.0),
    "新市街道": (104.5270, 30.3560, 34.0),
    "石桥街道": (104.5230, 30.4240, 36.0),
    "赤水街道": (104.4720, 30.4150, 56.0),
    "杨家镇": (104.5700, 30.3270, 36.0),
    "禾丰镇": (104.7240, 30.3640, 74.0),
    "三合镇": (104.7330, 30.4230, 44.0),
    "青龙镇": (104.7270, 30.4720, 46.0),
    "雷家镇": (104.4840, 30.2020, 80.0),
    "镇金镇": (104.3920, 30.1720, 80.0),
}
# Boxes of neighbours overlap; this part of a box is a territory on average.
_BOX_SHARE = 0.62


@dataclass(frozen=True, slots=True)
class Towns:
    """Centres and sizes of the 37 towns.

    Attributes
    ----------
    codes : tuple of str
        In code order.
    inside : ndarray of bool, shape (37,)
        Whether the city itself manages the town.
    centre : ndarray of float64, shape (37, 2)
        Metres; where the town's streets are.
    area_km2 : ndarray of float64, shape (37,)
        Area that the town should have, scaled so that all of them fill the county.
    villages : ndarray of int64, shape (37,)
        How many villages and communities the town has.
    """

    codes: tuple[str, ...]
    inside: npt.NDArray[np.bool_]
    centre: Floats
    area_km2: Floats
    villages: npt.NDArray[np.int64]


def place_towns(sources: Sources) -> Towns:
    """Place every town by the boxes of its former towns or by the table of this module."""
    centres, areas = [], []
    for name in sources.towns["name"]:
        if name in _PLACED:
            lon, lat, area = _PLACED[name]
            centres.append(to_metric(np.array([[lon, lat]]))[0])
            areas.append(area)
            continue
        boxes = [shapely.box(*sources.boxes.loc[old]) for old in _MERGED.get(name, (name,))]
        inside = shapely.intersection(shapely.union_all(boxes), sources.outline)
        seat = shapely.intersection(boxes[0], sources.outline)
        point = seat.centroid if seat.contains(seat.centroid) else seat.representative_point()
        centres.append(np.array([point.x, point.y]))
        areas.append(inside.area / 1e6 * _BOX_SHARE)
    territory = np.array(areas, dtype=np.float64)
    territory *= sources.outline.area / 1e6 / territory.sum()
    counts = sources.villages.groupby("town_code").size()
    return Towns(
        tuple(sources.towns["code"]),
        sources.towns["managed_by"].to_numpy() == "简阳市",
        np.array(centres),
        territory,
        np.array([counts[code] for code in sources.towns["code"]], dtype=np.int64),
    )


def seat_centre() -> Floats:
    """Return the middle of the county seat in metres, shape (2,)."""
    centre: Floats = to_metric(np.array([SEAT]))[0]
    return centre


def town_radius_m(towns: Towns, rng: np.random.Generator) -> Floats:
    """Return how far the streets of each town reach, metres, shape (37,)."""
    radius = 330.0 + 16.0 * towns.villages + rng.uniform(-60.0, 60.0, len(towns.codes))
    return np.asarray(np.clip(radius, 360.0, 760.0), dtype=np.float64)


def village_sites(
    rng: np.random.Generator, sources: Sources, towns: Towns, terrain: Field
) -> Floats:
    """Return a site for each village, shape (468, 2), metres: where local roads lead.

    A few rounds of k-means in the neighbourhood of each town centre; the borders that are drawn
    later do not depend on which village a site was made for.
    """
    cells = empty_field(sources.outline.bounds, 300.0).centres()
    shapely.prepare(sources.outline)
    cells = cells[shapely.contains_xy(sources.outline.buffer(-250.0), cells[:, 0], cells[:, 1])]
    reach = np.sqrt(towns.area_km2 * 1e6)
    gap = np.hypot(
        cells[:, None, 0] - towns.centre[None, :, 0], cells[:, None, 1] - towns.centre[None, :, 1]
    )
    owner = np.argmin(gap / reach, axis=1)
    liking = np.exp(-0.4 * terrain.sample(cells))
    sites = []
    for town, count in enumerate(towns.villages):
        own = cells[owner == town]
        weight = liking[owner == town]
        chosen = own[rng.choice(len(own), size=int(count), replace=False)]
        for _ in range(12):
            near = np.argmin(
                (own[:, None, 0] - chosen[None, :, 0]) ** 2
                + (own[:, None, 1] - chosen[None, :, 1]) ** 2,
                axis=1,
            )
            mass = np.maximum(np.bincount(near, weight, count), 1e-9)
            chosen = np.column_stack(
                [np.bincount(near, weight * own[:, k], count) / mass for k in (0, 1)]
            )
        sites.append(chosen)
    return np.concatenate(sites) + rng.normal(0.0, 60.0, (int(towns.villages.sum()), 2))


def people_field(
    rng: np.random.Generator,
    sources: Sources,
    towns: Towns,
    radius_m: Floats,
    sites: Floats,
    terrain: Field,
) -> Field:
    """Return how densely people live, in relative units (1 in the hills), on a 50 m raster."""
    field = empty_field(sources.outline.buffer(500.0).bounds, 50.0)
    cells = field.centres()
    rural = np.exp(
        0.28 * noise_field(rng, sources.outline.bounds, 200.0, (5000.0, 2000.0)).sample(cells)
    )
    rural *= np.exp(-0.10 * terrain.sample(cells))
    people = rural
    for point in sites:
        _add_bump(people, cells, field, point, 1.1, 420.0)
    for point, radius, inside in zip(towns.centre, radius_m, towns.inside, strict=True):
        _add_bump(people, cells, field, point, 4.2 if inside else 3.0, radius * 0.95)
    _add_bump(people, cells, field, seat_centre(), 7.0, SEAT_RADIUS_M * 0.72)
    return Field(field.x0, field.y0, field.cell_m, people.reshape(field.values.shape))


def _add_bump(
    people: Floats, cells: Floats, field: Field, point: Floats, height: float, sigma_m: float
) -> None:
    """Add a Gaussian hill within four sigma of `point` to `people` in place."""
    ny, nx = field.values.shape
    reach = 4.0 * sigma_m / field.cell_m
    col = (point[0] - field.x0) / field.cell_m
    row = (point[1] - field.y0) / field.cell_m
    rows = np.arange(max(int(row - reach), 0), min(int(row + reach) + 2, ny))
    cols = np.arange(max(int(col - reach), 0), min(int(col + reach) + 2, nx))
    if len(rows) == 0 or len(cols) == 0:
        return
    index = (rows[:, None] * nx + cols[None, :]).ravel()
    gap2 = ((cells[index] - point) ** 2).sum(axis=1)
    people[index] += height * np.exp(-0.5 * gap2 / sigma_m**2)
