"""How fast what is typed is completed, at 500,000 rows of a gazetteer.

    python -m benchmarks.suggest [ROWS]

Writes docs/benchmarks/suggest.md.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from app.addresses.gazetteer import Gazetteer
from app.addresses.home import Home
from app.addresses.sounds import initials
from app.addresses.suggest import Suggester
from app.addresses.update import Options, prepare
from app.grids import City
from app.web.settings import ROOT
from benchmarks.gazetteer import rows
from benchmarks.machine import describe
from tests.cities import chessboard

OUT = ROOT / "docs" / "benchmarks" / "suggest.md"
DEMO = ROOT / "geodata" / "jianyang"
SEED = 20261127
QUESTIONS = 1_000
BAR_MS = 20.0
LIMIT = 10
# Opened in a process of its own, so that what it takes is not what the making of it took.
_OPEN = """
import re, sys, time
from pathlib import Path
from app.grids import City
from app.web.address_book import AddressBook
def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024
city = City.open(sys.argv[1])
before = resident()
start = time.perf_counter()
book = AddressBook(city)
book.warm()
opened = time.perf_counter() - start
start = time.perf_counter()
from app.addresses.suggest import Suggester
Suggester(book.open().gazetteer)
print(opened, time.perf_counter() - start, before, resident())
"""
Row = tuple[str, str, list[float], list[float]]


def main(n: int) -> None:
    """Measure and write the page."""
    lines = [
        "# Addresses completed while they are typed",
        "",
        "Made by `python -m benchmarks.suggest`; no number here is typed by hand.",
        "",
        f"- day: {datetime.now(tz=UTC).date()}",
        describe("numpy"),
        f"- {QUESTIONS:,} texts of each kind, {LIMIT} suggestions each, near a place; seed {SEED}",
        f"- bar: {BAR_MS:g} ms, p50 and p99, by the clock",
    ]
    lines += _part("The demo city", DEMO)
    with tempfile.TemporaryDirectory() as folder:
        city = Path(folder) / "city"
        chessboard(city)
        file = Path(folder) / "points.parquet"
        rows(n).to_parquet(file)
        prepare(city, [file], Options()).write()
        lines += _part(f"{n:,} synthetic rows", city)
    lines += [
        "",
        (
            f"{os.getloadavg()[0]:.0f} processes wanted the {os.cpu_count()} cores at the end; the "
            "times of the processor are what it takes on a quiet machine."
        ),
    ]
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"wrote {OUT.relative_to(ROOT)}")


def _part(title: str, folder: Path) -> list[str]:
    """Return the lines about one city."""
    city = City.open(folder)
    gazetteer = Gazetteer.open(city)
    suggester = Suggester(gazetteer, Home.of(city.manifest.name))
    opened = subprocess.run(  # noqa: S603 - this very program
        [sys.executable, "-c", _OPEN, str(folder)], capture_output=True, text=True, check=True
    ).stdout.split()
    count = sum(len(places) for places in gazetteer.places.values())
    lines = [
        "",
        f"## {title}",
        "",
        (
            f"{len(gazetteer.names):,} names of {count:,} places, {len(gazetteer.doors):,} doors, "
            f"{len(gazetteer.buildings):,} buildings. Matcher and suggestions open in "
            f"{float(opened[0]):.2f} s, {float(opened[1]):.2f} s of it for the suggestions; memory "
            f"of a process that has both grows from {opened[2]} to {opened[3]} MB, with the file "
            "that all share."
        ),
        "",
        f"| typed | p50 | p99 | most | processor p50 | processor p99 | ≤ {BAR_MS:g} ms |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    for what, example, taken, worked in _measure(suggester, city):
        figures = [f"{np.quantile(taken, q):.2f} ms" for q in (0.5, 0.99, 1.0)]
        figures += [f"{np.quantile(worked, q):.2f} ms" for q in (0.5, 0.99)]
        held = "yes" if np.quantile(taken, 0.99) <= BAR_MS else "missed"
        lines.append(f"| {what}, such as `{example}` | {' | '.join(figures)} | {held} |")
        print(title, what, example, *figures, flush=True)
    return lines


def _measure(suggester: Suggester, city: City) -> list[Row]:
    g = suggester.gazetteer
    rng = np.random.default_rng(SEED)
    keys, roads, estates = g.names.keys, list(g.roads.name), list(g.estates.name)
    towns = list(g.towns.name)
    west, south, east, north = city.bounds

    def one_of(many: list[str]) -> str:
        return many[int(rng.integers(len(many)))]

    def part(text: str, size: int) -> str:
        start = int(rng.integers(max(1, len(text) - size + 1)))
        return text[start : start + size]

    def digits() -> str:
        return str(rng.integers(1, 400))[: int(rng.integers(1, 4))]

    letters = initials()

    def spelt(text: str) -> str:
        return "".join(letters.get(one, "a") for one in text)

    kinds: dict[str, Callable[[], str]] = {
        "one character": lambda: part(one_of(keys), 1),
        "two characters": lambda: part(one_of(keys), 2),
        "the beginning of a name": lambda: one_of(keys)[: int(rng.integers(2, 6))],
        "initials": lambda: spelt(one_of(keys)[: int(rng.integers(2, 6))]),
        "a road and a number": lambda: one_of(roads) + digits(),
        "town, road and a number": lambda: one_of(towns) + one_of(roads) + digits(),
        "an estate and a building": lambda: f"{one_of(estates)}{rng.integers(1, 9)}",
        "nothing that is there": lambda: f"没有这里{rng.integers(100, 999)}号楼后面的院子",
        "60 characters": lambda: "".join(one_of(keys) for _ in range(20))[:60],
    }
    found: list[Row] = []
    for what, make in kinds.items():
        texts = [make() for _ in range(QUESTIONS)]
        near = [(rng.uniform(west, east), rng.uniform(south, north)) for _ in texts]
        taken, worked = [], []
        gc.collect()
        for text, place in zip(texts, near, strict=True):
            start, busy = time.perf_counter(), time.process_time()
            suggester.suggest(text, LIMIT, place)
            worked.append((time.process_time() - busy) * 1e3)
            taken.append((time.perf_counter() - start) * 1e3)
        example = min(texts, key=len)[:24]
        found.append((what, example, taken, worked))
    return found


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500_000)
