"""How right addresses are, how sure and how fast: the demo city, and 500,000 made-up rows.

    python -m benchmarks.addresses [--rows 20000] [--sheet 100000] [--gazetteer 500000]

Writes docs/benchmarks/addresses.md. Addresses are written by the perturber of the tests, which
shares nothing with the matcher nor with the one that calibrates.
"""

from __future__ import annotations

import argparse
import gc
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import xlsxwriter

from app.addresses.calibration import calibration_of
from app.addresses.index import TABLE, read_tables, version_of
from app.addresses.match import Band, Query
from app.addresses.matcher import Matcher
from app.addresses.update import Options, prepare
from app.grids import City
from app.web.settings import ROOT
from benchmarks.bars import Bar, verdicts
from benchmarks.gazetteer import rows as gazetteer_rows
from benchmarks.machine import describe
from tests.addresses.held_out import (
    NAMING,
    Score,
    ask,
    coarse,
    matcher_without,
    split,
    texts_of,
)
from tests.addresses.perturb import LEVELS, perturb
from tests.cities import chessboard

CITY = ROOT / "geodata" / "jianyang"
OUT = ROOT / "docs" / "benchmarks" / "addresses.md"
PACKAGES = ("ahocorasick-rs", "numpy", "pyarrow", "python-calamine", "xlsxwriter")
SEED = 20261127
RUNS = 3
# Of the issue: percent of the assigned that may be wrong, percent that are to be assigned.
WRONG = {"clean": 0.1, "shortened": 0.5, "sloppy": 1.0}
ASSIGNED = {"clean": 99.0, "shortened": 80.0, "sloppy": 60.0}
LISTED, POINTS = 95.0, 2.0
PER_SECOND, SHEET_S, MEMORY_MB, OPEN_S = 10_000.0, 30.0, 1_000.0, 1.0

_OPEN = """
import re, sys, time
from pathlib import Path
from app.addresses.gazetteer import Gazetteer
from app.addresses.match import Query
from app.addresses.matcher import Matcher
from app.grids import City
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
city = City.open(sys.argv[1])
start = time.perf_counter()
Gazetteer.open(city)
opened = time.perf_counter() - start
start = time.perf_counter()
matcher = Matcher.open(city)
matcher.warm()
ready = time.perf_counter() - start
for line in Path(sys.argv[2]).read_text(encoding="utf-8").splitlines():
    matcher.assign(Query(line))
print(opened, ready, peak())
"""


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
        lines += _speed(city, tables, bars)
        lines += _sheet(tables, given.sheet, scratch, bars)
        lines += _size(given.gazetteer, scratch, bars)
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
            " it is assigned or among at most five candidates."
        ),
        "",
        "| rows | style | texts | assigned | wrong of assigned | truth listed | reached |",
        "|---|---|---:|---:|---:|---:|---:|",
        *(
            f"| {one.what} | {level} | {score.n:,} | {100 * score.assigned_share:.1f} % | "
            f"{100 * score.wrong_share:.3f} % | {100 * score.listed_share:.1f} % | "
            f"{100 * score.reached / score.n:.1f} % |"
            for one in sets
            for level, score in one.scores.items()
        ),
        *_hard(sets[1:3]),
        *_bands(sets[1:3], bars),
    ]


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


def _bands(sets: Sequence[Asked], bars: list[Bar]) -> list[str]:
    sure: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for one in sets:
        for score in one.scores.values():
            for band, answers in score.sure.items():
                sure[band] += answers
    lines = [
        "",
        "## Calibration",
        "",
        "The committed calibration held against these addresses, written by another perturber.",
        "",
        "| band | answers | mean confidence | accuracy | difference, points |",
        "|---|---:|---:|---:|---:|",
    ]
    for band in Band:
        if not sure[band]:
            continue
        confidence, right = np.array(sure[band], float).T
        points = 100 * float(right.mean() - confidence.mean())
        lines.append(
            f"| {band} | {len(right):,} | {confidence.mean():.4f} | {right.mean():.4f} | "
            f"{points:+.2f} |"
        )
        bars.append(Bar(f"calibration, band {band}", POINTS, abs(points), "points", at_most=True))
    return lines


# --- speed ---------------------------------------------------------------------------------------


def _texts(table: pa.Table, n: int, seed: int) -> Iterator[tuple[str, str]]:
    """Yield addresses with their level, all levels in turn."""
    addressed = np.flatnonzero(np.isin(texts_of(table, "kind"), ("door", "building", "poi")))
    picked = np.random.default_rng(seed).choice(addressed, n)
    rng = Random(seed)  # noqa: S311 - nothing secret
    taken = table.select(NAMING).take(pa.array(picked)).to_pylist()
    for place, words in enumerate(taken):
        level = LEVELS[place % len(LEVELS)]
        yield level, perturb(words, level, rng).text


def _speed(city: City, tables: dict[str, pa.Table], bars: list[Bar]) -> list[str]:
    matcher = Matcher.open(city)
    matcher.warm()
    by_level: dict[str, list[Query]] = defaultdict(list)
    for level, text in _texts(tables[TABLE], 60_000, SEED):
        by_level[level].append(Query(text))
    lines = [
        "",
        "## Speed",
        "",
        (
            "One process, one thread, whole answers with explanation and candidates; the whole"
            f" gazetteer of the demo city. Median of {RUNS} runs over different addresses. What"
            " is there before is frozen for the collector of garbage, as in the processes that"
            " work through sheets."
        ),
        "",
        "| addresses | n | per second | slowest run |",
        "|---|---:|---:|---:|",
    ]
    slices: dict[str, list[list[Query]]] = {
        level: [queries[run::RUNS] for run in range(RUNS)] for level, queries in by_level.items()
    }
    slices["all three"] = [
        [query for level in LEVELS for query in slices[level][run]] for run in range(RUNS)
    ]
    matcher.assign_many(query for queries in by_level.values() for query in queries[:500])
    # As `app.batches.processes` does before it works: what is there is not looked through again.
    gc.collect()
    gc.freeze()
    for what, runs in slices.items():
        rates = []
        for queries in runs:
            start = time.perf_counter()
            matcher.assign_many(queries)
            rates.append(len(queries) / (time.perf_counter() - start))
        lines.append(
            f"| {what} | {sum(map(len, runs)):,} | {statistics.median(rates):,.0f} | "
            f"{min(rates):,.0f} |"
        )
        if what == "all three":
            bars.append(
                Bar("addresses with explanations", PER_SECOND, statistics.median(rates), "/s")
            )
        print(lines[-1], flush=True)
    gc.unfreeze()
    return lines


def _sheet(tables: dict[str, pa.Table], n: int, scratch: Path, bars: list[Bar]) -> list[str]:
    """Assign a spreadsheet by the command that a person uses."""
    lines = ["", "## A spreadsheet", ""]
    if not (ROOT / "scripts" / "assign_addresses.py").is_file():
        return [*lines, "Not measured: there is no scripts.assign_addresses."]
    source, out = scratch / "addresses.xlsx", scratch / "assigned.xlsx"
    book = xlsxwriter.Workbook(str(source), {"constant_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["编号", "地址"])
    for place, (_, text) in enumerate(_texts(tables[TABLE], n, SEED + 1)):
        sheet.write_row(place + 1, 0, [str(place + 1), text])
    book.close()
    command = [
        *(sys.executable, "-m", "scripts.assign_addresses", str(source), "--city", str(CITY)),
        *("--address", "地址", "-o", str(out), "--workers", "2"),
    ]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    took = time.perf_counter() - start
    if done.returncode not in {0, 1}:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    most_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    bars.append(Bar(f"XLSX of {n:,} rows, read to written", SHEET_S, took, "s", at_most=True))
    lines += [
        (
            f"`python -m scripts.assign_addresses` over {n:,} rows, all three styles in turn, from"
            " XLSX to XLSX with two workers, start of the process included."
        ),
        "",
        "| rows | seconds | rows/s | largest process | result |",
        "|---:|---:|---:|---:|---:|",
        (
            f"| {n:,} | {took:.1f} | {n / took:,.0f} | {most_mb:,.0f} MB | "
            f"{out.stat().st_size / 1e6:.0f} MB |"
        ),
    ]
    print(lines[-1], flush=True)
    return lines


def _size(n: int, scratch: Path, bars: list[Bar]) -> list[str]:
    """Open a large gazetteer in a process of its own, and ask for something."""
    folder = scratch / "large"
    chessboard(folder)
    points = scratch / "points.parquet"
    frame = gazetteer_rows(n)
    frame.to_parquet(points)
    prepare(folder, [points], Options()).write()
    asked = scratch / "asked.txt"
    sample = frame.sample(5_000, random_state=SEED)
    asked.write_text(
        "\n".join(
            f"{row.镇街}{row.道路}{row.巷}{row.门牌号}" for row in sample.itertuples(index=False)
        ),
        encoding="utf-8",
    )
    best = min(
        (
            [float(word) for word in subprocess.run(  # noqa: S603 - this very program
                [sys.executable, "-c", _OPEN, str(folder), str(asked)],
                cwd=ROOT, capture_output=True, text=True, check=True,
            ).stdout.split()]
            for _ in range(RUNS)
        ),
        key=lambda found: found[0],
    )  # fmt: skip
    opened, ready, most_mb = best
    bars += [
        Bar(f"gazetteer of {n:,} rows opens", OPEN_S, opened, "s", at_most=True),
        Bar(f"memory at {n:,} rows", MEMORY_MB, most_mb, "MB", at_most=True),
    ]
    lines = [
        "",
        "## Size",
        "",
        (
            f"{n:,} made-up rows; a process of its own, best of {RUNS}. Ready: the matcher is"
            " open and what it builds on first use is built. Memory is the largest resident"
            " size after 5,000 addresses, mapped files included."
        ),
        "",
        "| rows | gazetteer opens | matcher ready | memory |",
        "|---:|---:|---:|---:|",
        f"| {n:,} | {opened:.3f} s | {ready:.2f} s | {most_mb:,.0f} MB |",
    ]
    print(lines[-1], flush=True)
    return lines


if __name__ == "__main__":
    main()
