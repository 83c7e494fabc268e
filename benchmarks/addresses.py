"""How right addresses are, how sure and how fast: the demo city, and 500,000 made-up rows.

    python -m benchmarks.addresses [--rows 20000] [--sheet 100000] [--gazetteer 500000]

Writes docs/benchmarks/addresses.md. Addresses are written by the perturber of the tests, which
shares nothing with the matcher nor with the one that calibrates.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from app.addresses.calibration import ENOUGH, calibration_of, wilson
from app.addresses.index import TABLE, read_tables, version_of
from app.addresses.match import Band, Status
from app.addresses.matcher import Matcher
from app.grids import City
from app.web.settings import ROOT
from benchmarks.addresses_speed import CITY, SEED, sheet_of, size, speed
from benchmarks.bars import Bar, verdicts
from benchmarks.machine import describe
from tests.addresses.held_out import (
    Score,
    ask,
    coarse,
    matcher_without,
    split,
)
from tests.addresses.perturb import LEVELS

OUT = ROOT / "docs" / "benchmarks" / "addresses.md"
PACKAGES = ("ahocorasick-rs", "numpy", "pyarrow", "python-calamine", "xlsxwriter")
# Of the issue: percent of the assigned that may be wrong, percent that are to be assigned.
WRONG = {"clean": 0.1, "shortened": 0.5, "sloppy": 1.0}
ASSIGNED = {"clean": 99.0, "shortened": 80.0, "sloppy": 60.0}
LISTED, POINTS = 95.0, 2.0
# Rows that calibration is held against: a band that is seldom met needs many.
MIXED_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of one set of rows, by level."""

    what: str
    scores: dict[str, Score]


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000, help="asked for in each set")
    parser.add_argument("--sheet", type=int, default=100_000, help="rows of the XLSX")
    parser.add_argument("--gazetteer", type=int, default=500_000, help="rows of the large one")
    given = parser.parse_args()
    city = City.open(CITY)
    tables = read_tables(city.folder, city.manifest)
    bars: list[Bar] = []
    lines = _accuracy(city, tables, given.rows, bars)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        lines += speed(city, tables, bars)
        lines += sheet_of(tables, given.sheet, scratch, bars)
        lines += size(given.gazetteer, scratch, bars)
    lines = [*_head(city), *verdicts(bars), *lines]
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"wrote {OUT.relative_to(ROOT)}")


def _head(city: City) -> list[str]:
    return [
        "# Addresses: how right, how sure, how fast",
        "",
        "Made by `python -m benchmarks.addresses` in one run; no number here is typed by hand.",
        "**Synthetic 合成数据**: the demo city's gazetteer is made up, and so are the addresses.",
        "",
        f"- day: {datetime.now(tz=UTC).date()}",
        describe(*PACKAGES),
        f"- gazetteer {version_of(city.manifest)}",
    ]


# --- accuracy ------------------------------------------------------------------------------------


def _accuracy(city: City, tables: dict[str, pa.Table], n: int, bars: list[Bar]) -> list[str]:
    """Ask for rows that a gazetteer has, for those that it has not, and for unknown roads."""
    table = tables[TABLE]
    half = split(table, SEED)
    matcher = matcher_without(city, tables, half.keep, calibration_of(city))
    whole = Asked(
        "micro-grids, whole gazetteer",
        ask(Matcher.open(city), table, _some(half.addressed, n), LEVELS, 5),
    )
    known = Asked(
        "micro-grids, rows that half of it has",
        ask(matcher, table, _some(half.known, n), LEVELS, 1),
    )
    held = Asked(
        "micro-grids, rows held out", ask(matcher, table, _some(half.held_out, n), LEVELS, 2)
    )
    with tempfile.TemporaryDirectory() as folder:
        made, located = coarse(city, Path(folder) / "city", 2)
        other = split(table, SEED + 1)
        matcher = matcher_without(made, located, other.keep)
        community = Asked(
            "communities, rows held out",
            ask(matcher, located[TABLE], _some(other.held_out, n), LEVELS, 3),
        )
    lacking = split(table, SEED + 2, share=0.0, absent=0.1)
    matcher = matcher_without(city, tables, lacking.keep)
    absent = Asked(
        "micro-grids, road or estate absent",
        ask(matcher, table, _some(lacking.unknown_places, n), LEVELS, 4),
    )
    mixed = split(table, SEED + 3, absent=0.1)
    matcher = matcher_without(city, tables, mixed.keep, calibration_of(city))
    sure = Asked("all", ask(matcher, table, _some(mixed.addressed, MIXED_ROWS), LEVELS, 6))
    sets = [whole, known, held, community, absent]
    _accuracy_bars(whole, held, community, absent, bars)
    return [
        "",
        "## Accuracy",
        "",
        (
            "First the whole gazetteer is asked for its rows, as it is used. Then half of the"
            " doors, buildings and places are held out, and what is left is asked for rows that it"
            " has and for rows that it has not, at the size of micro-grids"
            f" ({len(city.finest):,}) and of communities"
            f" ({len(city.layer(city.levels[1].id)):,}). At the size of micro-grids the doors on"
            " both sides of one that is held out often lie in different grids: no rule may then"
            " assign one. Last, a tenth of all roads and estates is left out and only their"
            " addresses are asked for. Wrong: another grid than that of the row's point. Truth"
            " listed: of the answers with candidates, those that have it among them; reached:"
            " it is assigned or among at most five grids that are named. Area: only the town or"
            " community is known; a number that a dozen groups of a village have counts there,"
            " since five of them are no list of candidates. Of the shortened addresses of the"
            f" whole gazetteer that are not assigned, {_named(whole.scores['shortened']):.0f} %"
            " have the truth among the grids that are named, area included."
        ),
        "",
        (
            "| rows | style | texts | assigned | wrong of assigned | candidates | truth listed |"
            " area | reached |"
        ),
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
        *(
            f"| {one.what} | {level} | {score.n:,} | {100 * score.assigned_share:.1f} % | "
            f"{100 * score.wrong_share:.3f} % | {100 * score.candidates / score.n:.1f} % | "
            f"{100 * score.listed_share:.1f} % | "
            f"{100 * score.statuses[Status.AREA_ONLY] / score.n:.1f} % | "
            f"{100 * score.reached / score.n:.1f} % |"
            for one in sets
            for level, score in one.scores.items()
        ),
        *_hard(sets[1:3]),
        *_bands(sure, bars),
    ]


def _named(score: Score) -> float:
    """Return the percentage of those not assigned that have the truth among the grids named."""
    right = score.assigned - score.wrong
    return 100 * (score.reached - right) / (score.n - score.assigned)


def _some(rows: np.ndarray, n: int) -> np.ndarray:
    return np.random.default_rng(SEED).permutation(rows)[:n]


def _accuracy_bars(
    whole: Asked, held: Asked, community: Asked, absent: Asked, bars: list[Bar]
) -> None:
    for level in LEVELS:
        for one in (whole, held, community):
            wrong = 100 * one.scores[level].wrong_share
            bars.append(
                Bar(
                    f"wrong of assigned, {level}; {one.what}",
                    WRONG[level],
                    wrong,
                    "%",
                    at_most=True,
                )
            )
        for one in (whole, community):
            share = 100 * one.scores[level].assigned_share
            bars.append(Bar(f"assigned, {level}; {one.what}", ASSIGNED[level], share, "%"))
        score = absent.scores[level]
        wrong = 100 * score.wrong / score.n
        bars.append(
            Bar(f"wrong of all, {level}; {absent.what}", WRONG[level], wrong, "%", at_most=True)
        )
    for one in (whole, community):
        listed = 100 * one.scores["shortened"].listed_share
        bars.append(Bar(f"truth among candidates, shortened; {one.what}", LISTED, listed, "%"))


def _hard(sets: Sequence[Asked]) -> list[str]:
    """Return what makes addresses hard: assigned and wrong by what was done to them."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in sets:
        for level, score in one.scores.items():
            for done, found in score.by_done.items():
                if level != "clean":
                    for place, count in enumerate(found):
                        counts[done][place] += count
    lines = [
        "",
        "### What makes them hard",
        "",
        (
            "Shortened and sloppy addresses of both sets at the size of micro-grids, by what"
            " was done to them."
        ),
        "",
        "| done | texts | assigned | wrong of assigned |",
        "|---|---:|---:|---:|",
    ]
    for done, (n, assigned, wrong) in sorted(counts.items(), key=lambda one: -one[1][0]):
        lines.append(
            f"| {done} | {n:,} | {100 * assigned / n:.1f} % | "
            f"{100 * wrong / max(1, assigned):.2f} % |"
        )
    return lines


def _bands(asked: Asked, bars: list[Bar]) -> list[str]:
    sure: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for score in asked.scores.values():
        for band, answers in score.sure.items():
            sure[band] += answers
    lines = [
        "",
        "## Calibration",
        "",
        (
            "The committed calibration held against addresses that another perturber wrote, of a"
            " gazetteer of the kind that it was measured on: half of the doors, buildings and"
            " places are held out and a tenth of all roads and estates is absent;"
            f" {MIXED_ROWS:,} rows, known or not, in three styles. Of fewer than {ENOUGH} answers"
            " the bar takes how far the mean confidence lies beyond the 95 % interval of their"
            " accuracy: they tell no more."
        ),
        "",
        "| band | answers | mean confidence | accuracy | its 95 % interval | difference, points |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for band in Band:
        if not sure[band]:
            continue
        confidence, right = np.array(sure[band], float).T
        mean = float(confidence.mean())
        points = 100 * (float(right.mean()) - mean)
        low, high = wilson(int(right.sum()), len(right))
        lines.append(
            f"| {band} | {len(right):,} | {mean:.4f} | {right.mean():.4f} | "
            f"{low:.4f}–{high:.4f} | {points:+.2f} |"
        )
        off, what = abs(points), f"calibration, band {band}"
        if len(right) < ENOUGH:
            off = 100 * max(0.0, low - mean, mean - high)
            what += f" ({len(right)} answers: beyond their interval)"
        bars.append(Bar(what, POINTS, off, "points", at_most=True))
    return lines


if __name__ == "__main__":
    main()
