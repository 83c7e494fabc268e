"""How fast addresses are: in one process, in a spreadsheet, with a large gazetteer."""

from __future__ import annotations

import gc
import resource
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import xlsxwriter

from app.addresses.index import TABLE
from app.addresses.match import Query
from app.addresses.matcher import Matcher
from app.addresses.update import Options, prepare
from app.grids import City
from app.web.settings import ROOT
from benchmarks.bars import Bar
from benchmarks.gazetteer import rows as gazetteer_rows
from tests.addresses.held_out import NAMING, texts_of
from tests.addresses.perturb import LEVELS, perturb
from tests.cities import chessboard

CITY = ROOT / "geodata" / "jianyang"
SEED = 20261127
RUNS = 3
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


def texts(table: pa.Table, n: int, seed: int) -> Iterator[tuple[str, str]]:
    """Yield addresses with their level, all levels in turn."""
    addressed = np.flatnonzero(np.isin(texts_of(table, "kind"), ("door", "building", "poi")))
    picked = np.random.default_rng(seed).choice(addressed, n)
    rng = Random(seed)  # noqa: S311 - nothing secret
    taken = table.select(NAMING).take(pa.array(picked)).to_pylist()
    for place, words in enumerate(taken):
        level = LEVELS[place % len(LEVELS)]
        yield level, perturb(words, level, rng).text


def speed(city: City, tables: dict[str, pa.Table], bars: list[Bar]) -> list[str]:
    """Assign addresses of each style in one thread."""
    matcher = Matcher.open(city)
    matcher.warm()
    by_level: dict[str, list[Query]] = defaultdict(list)
    for level, text in texts(tables[TABLE], 60_000, SEED):
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


def sheet_of(tables: dict[str, pa.Table], n: int, scratch: Path, bars: list[Bar]) -> list[str]:
    """Assign a spreadsheet by the command that a person uses."""
    lines = ["", "## A spreadsheet", ""]
    if not (ROOT / "scripts" / "assign_addresses.py").is_file():
        return [*lines, "Not measured: there is no scripts.assign_addresses."]
    source, out = scratch / "addresses.xlsx", scratch / "assigned.xlsx"
    book = xlsxwriter.Workbook(str(source), {"constant_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["编号", "地址"])
    for place, (_, text) in enumerate(texts(tables[TABLE], n, SEED + 1)):
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


def size(n: int, scratch: Path, bars: list[Bar]) -> list[str]:
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
