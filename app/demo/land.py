"""The land before any border: water, roads and people, drawn once and used by all that follows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from app.demo.noise import Field, noise_field
from app.demo.places import (
    SEAT_RADIUS_M,
    Towns,
    people_field,
    place_towns,
    seat_centre,
    town_radius_m,
    village_sites,
)
from app.demo.roads import Road, Terrain, draw_motorways, route_country_roads, smooth_roads
from app.demo.sizes import DemoSizes
from app.demo.sources import Sources
from app.demo.streets import (
    Quarter,
    join_streets,
    meet_quarters,
    seat_quarter,
    through_streets,
    town_quarter,
)
from app.demo.water import Reservoir, River, draw_reservoirs, draw_rivers

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Land:
    """What lies on the ground, in metres of EPSG:4544."""

    sources: Sources
    towns: Towns
    hills: Field
    people: Field
    rivers: list[River]
    reservoirs: list[Reservoir]
    roads: list[Road]
    quarters: list[Quarter]


def lay_land(sources: Sources, sizes: DemoSizes) -> Land:
    """Draw rivers, reservoirs, roads and streets, and say where people live."""
    rng = np.random.default_rng(sizes.seed)
    towns = place_towns(sources)
    bounds = sources.outline.buffer(2000.0).bounds
    hills = noise_field(rng, bounds, 100.0, (5000.0, 2200.0, 900.0))
    sites = village_sites(rng, sources, towns, hills)
    rivers = draw_rivers(rng, sources.outline)
    lakes = draw_reservoirs(rng, sources, towns, rivers, sites, sizes.reservoirs)
    terrain = Terrain(rng, sources.outline, hills, rivers, lakes, sizes.road_cell_m)
    country = smooth_roads(terrain, route_country_roads(rng, terrain, towns, sites))
    radius = town_radius_m(towns, rng)
    quarters = _quarters(rng, sources, towns, radius, rivers, lakes, country, sizes)
    people = people_field(rng, sources, towns, radius, sites, hills)
    roads = draw_motorways(rng, sources.outline) + meet_quarters(country, quarters)
    for quarter in quarters:
        carries = through_streets(roads, quarter)
        for kind, wanted in (("main", True), ("street", False)):
            pieces = [s for s, c in zip(quarter.streets, carries, strict=True) if c == wanted]
            roads += [Road("", kind, path) for path in join_streets(pieces)]
    named = [
        Road(road.name or f"街道{k + 1}（示意）", road.kind, road.path)
        for k, road in enumerate(roads)
    ]
    return Land(sources, towns, hills, people, rivers, lakes, named, quarters)


def _quarters(
    rng: np.random.Generator,
    sources: Sources,
    towns: Towns,
    radius_m: Floats,
    rivers: list[River],
    lakes: list[Reservoir],
    country: list[Road],
    sizes: DemoSizes,
) -> list[Quarter]:
    beyond = shapely.difference(
        shapely.box(*sources.outline.buffer(5000.0).bounds), sources.outline.buffer(-80.0)
    )
    keep_off = shapely.union_all([beyond, *[lake.water.buffer(30.0) for lake in lakes]])
    seat = seat_quarter(rng, seat_centre(), SEAT_RADIUS_M, sizes.street_block_m, rivers, keep_off)
    wet = shapely.union_all(
        [keep_off, seat.area.buffer(150.0), *[r.water.buffer(40.0) for r in rivers]]
    )
    quarters = [seat]
    for centre, radius in zip(towns.centre, radius_m, strict=True):
        if shapely.contains_xy(seat.area.buffer(radius), *centre):
            continue
        heading = _heading(centre, country)
        quarter = town_quarter(rng, centre, radius, heading, sizes.street_block_m, wet)
        if quarter.streets:
            quarters.append(quarter)
    return quarters


def _heading(centre: Floats, roads: list[Road]) -> float:
    """Return the direction of the main road at a place, radians."""
    best, heading = np.inf, 0.0
    for road in roads:
        if road.kind != "main":
            continue
        gap = np.hypot(*(road.path - centre).T)
        at = int(np.argmin(gap))
        if gap[at] < best:
            best = float(gap[at])
            a, b = road.path[max(at - 6, 0)], road.path[min(at + 6, len(road.path) - 1)]
            heading = float(np.arctan2(*(b - a)[::-1]))
    return heading
