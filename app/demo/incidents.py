"""Two years of demo incidents: synthetic, with believable space, season and course.

Drowning lies along the 沱江 and the reservoirs in summer, gas in the dense blocks of the seat and
the market towns in winter, landslides and rockfalls in the hills in the days after rain, fire in
dense old blocks all year and in the hills around Qingming and the Spring Festival.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.demo.incident_course import COURSE_COLUMNS, run_course
from app.demo.incident_words import TITLES, describe
from app.demo.land import Land
from app.demo.sources import to_degrees, to_metric

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]

# The name of their table in a city.
TABLE = "incidents"
FIRST_DAY, DAYS = np.datetime64("2024-11-01", "D"), 730
# Hazards rectified by mid-2023 (newspaper page of the project's origin, see domain figures).
RECTIFIED = 519
# How many of each kind over the two years; with the shares of what became of them below.
_COUNTS = {
    "gas.leak": 420,
    "gas.appliance": 640,
    "drowning": 610,
    "fire.building": 780,
    "fire.wildland": 330,
    "geological.landslide": 260,
    "geological.rockfall": 150,
    "other": 410,
}
# Weight of the twelve months, January first. Qingming is at the beginning of April, the Spring
# Festival in February; rain and bathing have their summers.
_MONTHS = {
    "gas.leak": (14, 12, 9, 6, 5, 4, 4, 4, 5, 6, 10, 14),
    "gas.appliance": (10, 8, 9, 9, 8, 7, 7, 7, 8, 9, 10, 10),
    "drowning": (0.3, 0.3, 1, 3, 8, 16, 28, 26, 10, 3, 0.7, 0.4),
    "fire.building": (11, 10, 8, 8, 7, 6, 7, 8, 7, 7, 9, 12),
    "fire.wildland": (8, 14, 16, 30, 6, 1, 1, 3, 2, 2, 6, 9),
    "other": (8, 8, 9, 9, 9, 8, 8, 8, 8, 8, 8, 8),
}
# Of a day, by hour; unlisted hours have weight 1.
_HOURS = {
    "gas": {6: 3, 7: 5, 11: 6, 12: 6, 17: 7, 18: 8, 19: 6, 20: 4},
    "drowning": {11: 3, 13: 5, 14: 7, 15: 9, 16: 10, 17: 9, 18: 6},
    "fire": {9: 4, 10: 6, 11: 6, 13: 4, 14: 6, 15: 6, 16: 5, 19: 4},
    "geological": {7: 4, 8: 6, 9: 6, 10: 5, 14: 4, 15: 4},
    "other": {9: 6, 10: 7, 11: 5, 14: 6, 15: 6, 16: 5},
}
_SEVERITIES = (0.42, 0.40, 0.15, 0.03)
# So many are reported twice, by somebody else near by.
_ECHOES = 72
_RAINS, _RAIN_RADIUS_M = 26, 9_000.0


@dataclass(frozen=True, slots=True)
class _Places:
    """The grids as places to draw from: shapes and centres in metres, and what they are like."""

    shapes: Shapes
    centre: Floats
    names: npt.NDArray[np.object_]
    households: Floats
    density: Floats
    hilly: Floats


def make_incidents(land: Land, micro: gpd.GeoDataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the demo incidents, oldest first.

    Parameters
    ----------
    land
        Rivers, reservoirs and hills.
    micro
        The micro-grids, in degrees.
    rng
        Where the randomness comes from.

    Returns
    -------
    DataFrame
        A row for each incident: external_id, occurred_at (UTC), hazard, severity, title,
        description, address, lon, lat, source, and the columns of its course
        (app.demo.incident_course).
    """
    places = _places(land, micro)
    hazard = np.repeat(list(_COUNTS), list(_COUNTS.values()))
    day, spot, grid = _place_and_date(rng, land, places, hazard)
    minute = _minutes(rng, hazard)
    echo, first = _echo(rng, hazard, day, minute, spot, grid)
    local = (FIRST_DAY + day).astype("datetime64[m]") + minute.astype("timedelta64[m]")
    occurred_at = pd.DatetimeIndex(local).tz_localize("Asia/Shanghai").tz_convert("UTC")
    degrees = np.round(to_degrees(spot), 6)
    severity = rng.choice([1, 2, 3, 4], size=len(hazard), p=_SEVERITIES)
    title_at = np.array([rng.integers(len(TITLES[one])) for one in hazard])
    titles = [TITLES[one][at] for one, at in zip(hazard, title_at, strict=True)]
    names = places.names[grid]
    frame = pd.DataFrame(
        {
            "occurred_at": occurred_at,
            "hazard": hazard,
            "severity": severity.astype(np.int8),
            "title": titles,
            "description": [
                describe(one, title, name)
                for one, title, name in zip(hazard, titles, names, strict=True)
            ],
            "address": [f"{name}附近（演示）" for name in names],
            "lon": degrees[:, 0],
            "lat": degrees[:, 1],
            "source": rng.choice(
                ["grid_worker", "citizen", "dispatcher"], size=len(hazard), p=[0.62, 0.27, 0.11]
            ),
        }
    )
    order = frame.sort_values(["occurred_at", "lon", "lat"]).index.to_numpy()
    frame = frame.loc[order].reset_index(drop=True)
    frame.insert(0, "external_id", [f"demo-{row + 1:05d}" for row in range(len(frame))])
    place = np.argsort(order)
    frame["echo_of"] = None
    frame.loc[place[echo], "echo_of"] = frame["external_id"].to_numpy()[place[first]]
    course = run_course(frame, rng, RECTIFIED)
    return pd.concat([frame.drop(columns="echo_of"), course[list(COURSE_COLUMNS)]], axis=1)


def _places(land: Land, micro: gpd.GeoDataFrame) -> _Places:
    shapes = shapely.transform(np.asarray(micro.geometry.array, dtype=object), to_metric)
    centre = shapely.get_coordinates(shapely.point_on_surface(shapes))
    return _Places(
        shapes=shapes,
        centre=centre,
        names=micro["name"].to_numpy(dtype=object),
        households=micro["households"].to_numpy(dtype=np.float64),
        density=(micro["households"] / micro["area_km2"]).to_numpy(dtype=np.float64),
        hilly=land.hills.sample(centre),
    )


def _place_and_date(
    rng: np.random.Generator, land: Land, places: _Places, hazard: npt.NDArray[np.str_]
) -> tuple[Ints, Floats, Ints]:
    """Return day, place in metres, and row of the micro-grid of each incident."""
    day = np.zeros(len(hazard), dtype=np.int64)
    spot = np.zeros((len(hazard), 2))
    grid = np.zeros(len(hazard), dtype=np.int64)
    tree = shapely.STRtree(places.shapes)
    banks = _banks(land)
    rains = _rains(rng, places)
    for kind in _COUNTS:
        rows = np.flatnonzero(hazard == kind)
        if kind.startswith("geological"):
            day[rows], grid[rows] = _after_rain(rng, places, rains, len(rows))
            spot[rows] = _points_in(rng, places.shapes[grid[rows]])
            continue
        day[rows] = _days(rng, _MONTHS[kind], len(rows))
        if kind == "drowning":
            spot[rows], grid[rows] = _at_banks(rng, banks, tree, len(rows))
            continue
        weight = _weight(kind, places)
        grid[rows] = rng.choice(len(weight), size=len(rows), p=weight / weight.sum())
        spot[rows] = _points_in(rng, places.shapes[grid[rows]])
    return day, spot, grid


def _echo(
    rng: np.random.Generator,
    hazard: npt.NDArray[np.str_],
    day: Ints,
    minute: Ints,
    spot: Floats,
    grid: Ints,
) -> tuple[Ints, Ints]:
    """Move some incidents close to another of their kind, a little later; return both rows."""
    first = rng.choice(len(hazard), size=_ECHOES, replace=False)
    echo = np.zeros(_ECHOES, dtype=np.int64)
    used = set(first.tolist())
    for at, row in enumerate(first):
        kin = [one for one in np.flatnonzero(hazard == hazard[row]) if one not in used]
        echo[at] = rng.choice(kin)
        used.add(int(echo[at]))
    spot[echo] = spot[first] + rng.normal(0.0, 6.0, size=(_ECHOES, 2))
    grid[echo], day[echo] = grid[first], day[first]
    minute[echo] = minute[first] + rng.integers(15, 200, size=_ECHOES)
    return echo, first


def _weight(kind: str, places: _Places) -> Floats:
    """Return how likely each micro-grid is to see a hazard, up to a factor."""
    dense = np.clip(places.density / np.quantile(places.density, 0.9), 0.0, 3.0)
    if kind.startswith("gas"):
        # Piped gas reaches the dense blocks only.
        return np.asarray(places.households * np.clip(dense - 0.35, 0.02, None) ** 1.3)
    if kind == "fire.building":
        return np.asarray(places.households * (0.05 + dense**2))
    if kind == "fire.wildland":
        open_land = dense < 0.35  # noqa: PLR2004 - a share of the densest
        return np.asarray(np.exp(1.1 * places.hilly) * open_land, dtype=np.float64)
    return places.households


def _days(rng: np.random.Generator, months: tuple[float, ...], n: int) -> Ints:
    """Draw days by the weight of their months."""
    all_days = FIRST_DAY + np.arange(DAYS)
    month = all_days.astype("datetime64[M]").astype(np.int64) % 12
    weight = np.asarray(months, dtype=np.float64)[month]
    return np.asarray(rng.choice(DAYS, size=n, p=weight / weight.sum()), dtype=np.int64)


def _minutes(rng: np.random.Generator, hazard: npt.NDArray[np.str_]) -> Ints:
    """Draw minutes of the day by hazard."""
    minute = np.zeros(len(hazard), dtype=np.int64)
    domain = np.array([one.partition(".")[0] for one in hazard])
    for kind, hours in _HOURS.items():
        rows = np.flatnonzero(domain == kind)
        weight = np.array([float(hours.get(hour, 1 if hour > 6 else 0.3)) for hour in range(24)])  # noqa: PLR2004
        hour = rng.choice(24, size=len(rows), p=weight / weight.sum())
        minute[rows] = hour * 60 + rng.integers(0, 60, size=len(rows))
    return minute


def _banks(land: Land) -> Shapes:
    """Return the banks of the 沱江 and of the reservoirs, in metres."""
    waters = [land.rivers[0].water, *(lake.water for lake in land.reservoirs)]
    return np.array([shapely.boundary(water) for water in waters], dtype=object)


def _at_banks(
    rng: np.random.Generator, banks: Shapes, tree: shapely.STRtree, n: int
) -> tuple[Floats, Ints]:
    """Draw places at the water's edge, within a few metres, in the city; with their grids."""
    length = shapely.length(banks)
    # Half at the river, half at the reservoirs, the longer the more.
    weight = np.append(0.5, 0.5 * np.sqrt(length[1:]) / np.sqrt(length[1:]).sum())
    found: list[Floats] = []
    grids: list[Ints] = []
    while sum(map(len, found)) < n:
        bank = rng.choice(len(banks), size=2 * n, p=weight)
        along = rng.random(2 * n) * length[bank]
        at = shapely.get_coordinates(shapely.line_interpolate_point(banks[bank], along))
        at += rng.normal(0.0, 8.0, size=at.shape)
        point, row = tree.query(shapely.points(at), predicate="within")
        point, first = np.unique(point, return_index=True)
        found.append(at[point])
        grids.append(row[first])
    return np.concatenate(found)[:n], np.concatenate(grids)[:n]


def _rains(rng: np.random.Generator, places: _Places) -> list[tuple[int, Floats]]:
    """Draw heavy rains: day and centre, in metres."""
    days = _days(rng, (0, 0, 0, 0.5, 2, 6, 10, 10, 5, 0.5, 0, 0), _RAINS)
    at = places.centre[rng.integers(len(places.centre), size=_RAINS)]
    return list(zip(days.tolist(), at, strict=True))


def _after_rain(
    rng: np.random.Generator, places: _Places, rains: list[tuple[int, Floats]], n: int
) -> tuple[Ints, Ints]:
    """Draw days and grids of slides: in the hills, near a rain, up to six days after it."""
    which = rng.integers(len(rains), size=n)
    slope = np.exp(1.6 * places.hilly)
    day, grid = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    for row, one in enumerate(which):
        begins, centre = rains[one]
        far = np.hypot(*(places.centre - centre).T)
        weight = slope * np.exp(-0.5 * (far / _RAIN_RADIUS_M) ** 2)
        grid[row] = rng.choice(len(weight), p=weight / weight.sum())
        day[row] = min(begins + min(int(rng.exponential(1.7)), 6), DAYS - 1)
    return day, grid


def _points_in(rng: np.random.Generator, shapes: Shapes) -> Floats:
    """Draw one point inside of each shape."""
    bounds = shapely.bounds(shapes)
    spot = shapely.get_coordinates(shapely.point_on_surface(shapes))
    left = np.arange(len(shapes))
    for _ in range(40):
        if not len(left):
            break
        low, high = bounds[left, :2], bounds[left, 2:]
        tried = low + rng.random((len(left), 2)) * (high - low)
        inside = shapely.contains_xy(shapes[left], tried[:, 0], tried[:, 1])
        spot[left[inside]] = tried[inside]
        left = left[~inside]
    return np.asarray(spot, dtype=np.float64)
