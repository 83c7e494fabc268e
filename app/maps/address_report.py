"""What a table of addresses came to, as one HTML page that opens anywhere, without a network."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.addresses.faults import FAULTS
from app.addresses.match import Band, Level, Status
from app.addresses.matcher import band_of
from app.addresses.tally import Example, Tally
from app.grids import City
from app.maps.address_map import address_map

_TEMPLATES = Path(__file__).resolve().parent / "templates"
_PALETTE = Path(__file__).resolve().parents[2] / "static" / "palette.json"
# Rows of a table that a page bears; what is left out is said.
MOST_TOWNS, MOST_FAULTS, MOST_GRIDS = 60, 15, 8
# Characters of an address that are shown around what is wrong with it.
_AROUND = 14
# Bars of the histogram: from each to the next. The upper ones are fine, as measured accuracies
# crowd there.
_EDGES = (0.0, 0.5, 0.7, 0.8, 0.9, 0.92, 0.94, 0.96, 0.98, 0.985, 0.99, 0.995, 1.0)

STATUS_NAMES: dict[Status, tuple[str, str]] = {
    Status.ASSIGNED: ("已定网格", "assigned"),
    Status.CANDIDATES: ("有候选，未定", "candidates"),
    Status.AREA_ONLY: ("只到镇街社区", "area only"),
    Status.CONFLICT: ("内容矛盾", "conflict"),
    Status.OUTSIDE: ("不归本市", "outside"),
    Status.NONE: ("没有看懂", "none"),
}
LEVEL_NAMES: dict[Level, tuple[str, str]] = {
    Level.BUILDING: ("楼栋", "building"),
    Level.DOOR: ("门牌", "door"),
    Level.DOOR_BASE: ("主号（附号未查到）", "door without its sub-number"),
    Level.INTERPOLATED: ("同侧相邻门牌之间", "between doors of one side"),
    Level.EXTRAPOLATED: ("同侧最近门牌之外", "beyond the last door of a side"),
    Level.ESTATE: ("小区", "estate"),
    Level.POI: ("地点名称", "named place"),
    Level.GROUP: ("组", "group"),
    Level.ROAD: ("道路", "road"),
    Level.COMMUNITY: ("社区、村", "community"),
    Level.TOWN: ("镇街", "town"),
    Level.NONE: ("无", "none"),
}


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a report says of its run.

    Attributes
    ----------
    source : str
        Name of the input, without its folder.
    day : date
        Day of the run.
    gazetteer, rules : str
        Versions.
    calibration : str
        In Chinese, on what the confidences rest.
    """

    source: str
    day: date
    gazetteer: str
    rules: str
    calibration: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the histogram: from `low` to `high`, as high as `share` of the highest."""

    low: float
    high: float
    count: int
    share: float
    band: Band


@dataclass(frozen=True, slots=True)
class TownRow:
    """Rows of a town by status."""

    name: str
    rows: int
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class GridRow:
    """A finest grid with its addresses."""

    code: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Excerpt:
    """An example cut to what its fault is about."""

    before: str
    word: str
    after: str
    status: str


@dataclass(frozen=True, slots=True)
class FaultRow:
    """A fault with its sentence, the rows that have it, and some of them."""

    code: str
    sentence: str
    count: int
    examples: list[Excerpt]


def address_report(city: City, tally: Tally, facts: RunFacts) -> str:
    """Return the page.

    Parameters
    ----------
    city
        In whose grids the addresses were looked for.
    tally
        What they came to.
    facts
        Of the run.
    """
    palette = json.loads(_PALETTE.read_text(encoding="utf-8"))
    light = palette["themes"]["light"]
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["share"] = _share
    environment.filters["thousands"] = lambda number: f"{number:,}"
    towns = town_rows(tally)
    faults = fault_rows(tally)
    bands = band_counts(tally)
    return environment.get_template("address_report.html").render(
        city=city.manifest,
        finest=city.levels[-1],
        facts=facts,
        tally=tally,
        ui=light["ui"],
        map=light["map"],
        fonts=", ".join(f'"{one}"' if " " in one else one for one in palette["type"]["sans"]),
        colours=_status_colours(light),
        band_colours={Band.HIGH: light["ui"]["good"], Band.MIDDLE: light["map"]["near"],
                      Band.LOW: light["ui"]["bad"]},
        statuses=STATUS_NAMES,
        levels=LEVEL_NAMES,
        assigned=tally.statuses[Status.ASSIGNED],
        bands=bands,
        bars=bars_of(tally.confidences),
        towns=towns[:MOST_TOWNS],
        more_towns=len(towns) - MOST_TOWNS,
        faults=faults[:MOST_FAULTS],
        more_faults=len(faults) - MOST_FAULTS,
        most=grid_rows(city, tally)[:MOST_GRIDS],
        picture=address_map(city, tally.grids),
    )  # fmt: skip


def calibration_note(calibration: object | None) -> str:
    """Return in Chinese on what the confidences of a matcher rest.

    Parameters
    ----------
    calibration
        Of the matcher; one that says of itself where it is from (`origin`, with `texts` and
        `day`) is quoted with that.
    """
    if calibration is None:
        return "置信度是起始值，尚未按本市的标准地址库检验。"
    origin = getattr(calibration, "origin", None)
    if origin is None:
        return "置信度按检验时同类结果的正确率给出。"
    return (
        f"置信度是 {origin.day} 用本市标准地址库做留出检验（{origin.texts:,} 条写法）时"
        "同类结果正确率的 95% 下限；检验少的类别用起始值。"
    )


def _share(part: int, whole: int) -> str:
    """Return a share as it may be read: never 100 % of less than all, nor 0 % of something."""
    if not whole:
        return "–"
    share = 100 * part / whole
    if 0 < share < 0.1:  # noqa: PLR2004 - the last digit that is shown
        return "<0.1%"
    if share > 99.9 and part < whole:  # noqa: PLR2004
        return ">99.9%"
    return f"{share:.1f}%"


def _status_colours(light: dict[str, dict[str, str]]) -> dict[Status, str]:
    ui, ground = light["ui"], light["map"]
    return {
        Status.ASSIGNED: ui["accent"],
        Status.CANDIDATES: ground["near"],
        Status.AREA_ONLY: ground["main-case"],
        Status.CONFLICT: ui["bad"],
        Status.OUTSIDE: ground["overlay"],
        Status.NONE: ui["text-faint"],
    }


def bars_of(confidences: Counter[float]) -> list[Bar]:
    """Return the histogram of the confidences of assigned rows."""
    counts = [0] * (len(_EDGES) - 1)
    for confidence, count in confidences.items():
        place = sum(confidence >= edge for edge in _EDGES[1:-1])
        counts[place] += count
    most = max(*counts, 1)
    return [
        Bar(low, high, count, count / most, band_of(low))
        for low, high, count in zip(_EDGES, _EDGES[1:], counts, strict=False)
    ]


def band_counts(tally: Tally) -> dict[Band, int]:
    """Return how many assigned rows are in each band."""
    found = dict.fromkeys(Band, 0)
    for confidence, count in tally.confidences.items():
        found[band_of(confidence)] += count
    return found


def town_rows(tally: Tally) -> list[TownRow]:
    """Return the towns, those with most rows first, and rows without a town at the end."""
    by_town: dict[str, dict[str, int]] = {}
    for (town, status), count in tally.towns.items():
        by_town.setdefault(town, {})[status] = count
    rows = [TownRow(town, sum(counts.values()), counts) for town, counts in by_town.items()]
    return sorted(rows, key=lambda one: (not one.name, -one.rows, one.name))


def grid_rows(city: City, tally: Tally) -> list[GridRow]:
    """Return the finest grids that have addresses, those with most first."""
    layer = city.finest
    return [
        GridRow(code, layer.names[layer.row_of[code]], count)
        for code, count in sorted(tally.grids.items(), key=lambda one: (-one[1], one[0]))
    ]


def fault_rows(tally: Tally) -> list[FaultRow]:
    """Return the faults, the commonest first."""
    return [
        FaultRow(
            code,
            FAULTS[code].sentence.replace("{word}", "…").replace("{detail}", "…"),
            count,
            [_excerpt(one) for one in tally.examples.get(code, ())],
        )
        for code, count in sorted(tally.faults.items(), key=lambda one: (-one[1], one[0]))
    ]


def _excerpt(example: Example) -> Excerpt:
    """Cut an example to its fault and some words around it."""
    text, start, stop = example.text, example.start, example.stop
    if start == stop:
        start = stop = 0
    before, after = text[:start], text[stop:]
    around = _AROUND if stop else 2 * _AROUND
    if len(before) > around:
        before = "…" + before[-around:]
    if len(after) > around:
        after = after[:around] + "…"
    return Excerpt(before, text[start:stop], after, STATUS_NAMES[Status(example.status)][0])
