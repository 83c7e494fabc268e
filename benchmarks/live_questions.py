"""What the benchmark of the live index asks: boxes of every size, the nearest, areas."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from app.accounts import Actor, Role
from app.incidents.live import Live
from app.incidents.near import Box
from app.locate import Locator

# Given a place, asks something there, and returns how many a box holds, None without a box.
Ask = Callable[[float, float], int | None]

# What a map shows at its closer scales: degrees wide and high.
STREETS, TOWN = (0.01, 0.006), (0.06, 0.04)
LIMIT = 1_000
NEAREST = "`nearest`, k = 10"
WHOLE_CITY = f"`in_box`, the whole city, the gravest {LIMIT:,}"


def questions(
    live: Live, locator: Locator, lon: np.ndarray, lat: np.ndarray, count: int
) -> dict[str, Ask]:
    """Return the questions by what they are called, in order.

    Parameters
    ----------
    live
        Who is asked.
    locator
        Its city's grids are the areas.
    lon, lat
        Where the incidents are, degrees.
    count
        How often each question is asked at most.
    """
    city = Actor.of(1, "市级", Role.DISPATCHER)
    town = Actor.of(2, "镇街", Role.DISPATCHER, _smallest_town(locator, lon, lat))
    whole = (float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))
    quarters = itertools.cycle(_quarters(whole))
    # Each area asks once, as an account of it that has just signed in.
    areas = _areas(locator, 2 * count)
    to_box, to_nearest = iter(areas[::2]), iter(areas[1::2])

    def box(actor: Actor, edges: Box) -> int:
        return live.in_box(actor, edges, LIMIT).total

    def around(size: tuple[float, float]) -> Ask:
        wide, high = size
        return lambda x, y: box(city, (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2))

    def nearest(actor: Actor, k: int, *hazards: str) -> Ask:
        def ask(x: float, y: float) -> None:
            live.nearest(actor, x, y, k, hazards)

        return ask

    def within(x: float, y: float) -> None:
        live.within(city, x, y, 200.0)

    def first_nearest(x: float, y: float) -> None:
        live.nearest(Actor.of(3, "新账号", Role.DISPATCHER, next(to_nearest)), x, y, 10)

    return {
        f"`in_box`, some streets ({STREETS[0]}° × {STREETS[1]}°)": around(STREETS),
        f"`in_box`, a small town ({TOWN[0]}° × {TOWN[1]}°), the gravest {LIMIT:,}": around(TOWN),
        f"`in_box`, a quarter of the city, the gravest {LIMIT:,}": (
            lambda _x, _y: box(city, next(quarters))
        ),
        WHOLE_CITY: lambda _x, _y: box(city, whole),
        "`in_box`, the whole city, the first question of an area": (
            lambda _x, _y: box(Actor.of(3, "新账号", Role.DISPATCHER, next(to_box)), whole)
        ),
        "`nearest`, k = 1": nearest(city, 1),
        NEAREST: nearest(city, 10),
        "`nearest`, k = 100": nearest(city, 100),
        "`nearest`, k = 10, one hazard in six": nearest(city, 10, "gas.leak"),
        "`nearest`, k = 10, an account of the smallest town, anywhere": nearest(town, 10),
        "`nearest`, k = 10, the first question of an area, anywhere": first_nearest,
        "`within` 200 m": within,
    }


def _quarters(whole: Box) -> list[Box]:
    west, south, east, north = whole
    lon, lat = (west + east) / 2, (south + north) / 2
    return [
        (west, south, lon, lat),
        (lon, south, east, lat),
        (west, lat, lon, north),
        (lon, lat, east, north),
    ]


def _smallest_town(locator: Locator, lon: np.ndarray, lat: np.ndarray) -> str:
    """Return the code of the town with the fewest incidents, of those that have some."""
    codes = locator.city.frame("town")["code"].to_numpy()
    rows = locator.locate_table(lon[:5_000], lat[:5_000]).rows[0]
    towns, counts = np.unique([str(codes[row]) for row in rows if row >= 0], return_counts=True)
    return str(towns[np.argmin(counts)])


def _areas(locator: Locator, count: int) -> list[str]:
    """Return so many codes of areas, each once: of all levels, the large ones first."""
    city = locator.city
    codes = [str(code) for level in city.levels for code in city.frame(level.id)["code"]]
    few = [codes[at] for at in np.unique(np.linspace(0, len(codes) - 1, count).astype(int))]
    assert len(few) == count, f"{len(codes)} areas are too few"
    return few
