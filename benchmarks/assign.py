"""How fast `scripts.assign_addresses` is, and how much memory it takes.

    python -m benchmarks.assign --rows 100000 --gazetteer-rows 500000

Makes tables of addresses from the gazetteer of the demo city, as clean as people hardly write them
and as they do, assigns each in a process of its own, and does the same with a gazetteer of many
more rows. Writes docs/benchmarks/assign.md.
"""

from __future__ import annotations

import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.parquet as pq
import typer

from app.addresses.gazetteer import Gazetteer
from app.addresses.update import Options, prepare
from app.grids import City
from app.tables import TableWriter, open_table
from app.web.settings import ROOT
from benchmarks.gazetteer import rows as gazetteer_rows
from benchmarks.machine import describe
from tests.cities import chessboard

CITY = ROOT / "geodata" / "jianyang"
OUT = ROOT / "docs" / "benchmarks" / "assign.md"
PACKAGES = ("pyarrow", "numpy", "ahocorasick-rs", "python-calamine", "xlsxwriter")
SEED = 20261127
SCHEMA = pa.schema([pa.field(name, pa.string()) for name in ("编号", "地址", "备注")])


@dataclass(frozen=True)
class Run:
    """What one run of the command took.

    Attributes
    ----------
    seconds, cpu_seconds : float
        From its start to its end; of processor, itself and all that it started.
    peak_mb : float
        Most memory at a time: what belongs to one process wholly, what several share once.
    load : float
        Processes that wanted a processor at its end, mean of a minute.
    told : str
        What it said on stderr.
    """

    seconds: float
    cpu_seconds: float
    peak_mb: float
    load: float
    told: str


def main(
    rows: Annotated[int, typer.Option(help="Of each table.")] = 100_000,
    gazetteer: Annotated[int, typer.Option("--gazetteer-rows", help="Of the large one.")] = 500_000,
) -> None:
    """Measure and write the page."""
    lines = []
    with tempfile.TemporaryDirectory() as scratch:
        here = Path(scratch)
        points = pq.read_table(CITY / "gazetteer.parquet").to_pylist()
        Gazetteer.open(City.open(CITY))
        source = here / "in.xlsx"
        _make(source, points, rows)
        name = f"demo, {len(points):,}"
        for target, options in (
            ("xlsx", ["--workers", "2"]),
            ("xlsx", ["--workers", "2", "--report", str(here / "report.html")]),
            ("csv", ["--workers", "2"]),
            ("csv", ["--workers", "1"]),
        ):
            lines.append(_measured(name, source, here / f"out.{target}", CITY, options, rows))
        city = here / "city"
        large = _large(city, here / "points.parquet", gazetteer)
        _make(source, large, rows)
        lines.append(
            _measured(f"synthetic, {gazetteer:,}", source, here / "out.xlsx", city,
                      ["--workers", "2"], rows)
        )  # fmt: skip
    _write(lines, rows)


def _large(city: Path, file: Path, count: int) -> list[dict[str, Any]]:
    """Bring a large gazetteer into a small city, and return its rows."""
    chessboard(city)
    gazetteer_rows(count).to_parquet(file)
    prepare(city, [file], Options()).write()
    Gazetteer.open(City.open(city))
    return pq.read_table(city / "gazetteer.parquet").to_pylist()


def _make(path: Path, points: list[dict[str, Any]], count: int) -> None:
    """Write addresses of random doors and buildings as different people write them."""
    chance = random.Random(SEED)  # noqa: S311 - no secret
    known = [one for one in points if one["number"] or one["building"]]
    texts = [_text(chance.choice(known), chance) for _ in range(count)]
    with TableWriter(path, SCHEMA) as out:
        out.write([[f"{place:06}" for place in range(count)], texts, ["合成"] * count])


def _text(point: dict[str, Any], chance: random.Random) -> str:
    parts = [point["town"]]
    if not point["road"] or chance.random() < 0.3:  # noqa: PLR2004
        parts.append(point["community"])
    if not point["road"]:
        parts.append(point["group"])
    parts += [point["road"], point["section"], point["lane"]]
    if point["number"]:
        parts.append(re.sub(r"号*$", "号", point["number"]))
        if point["sub_number"]:
            parts.append(f"附{point['sub_number']}号")
    parts.append(point["estate"])
    if point["building"]:
        parts.append(re.sub(r"栋*$", "栋", point["building"]))
    kind = chance.random()
    if kind < 0.1:  # noqa: PLR2004
        del parts[0]
    elif kind < 0.2:  # noqa: PLR2004
        parts.insert(0, "四川省简阳市")
    text = "".join(parts)
    if 0.2 <= kind < 0.25:  # noqa: PLR2004
        text = text.replace("号", "", 1)
    if chance.random() < 0.4:  # noqa: PLR2004
        text += f"{chance.randint(1, 4)}单元{chance.randint(1, 20)}0{chance.randint(1, 4)}"
    return text


def _measured(
    name: str, source: Path, target: Path, city: Path, options: list[str], rows: int
) -> str:
    """Assign a table, check the output, and return the line of the page."""
    run = _run(source, target, city, options)
    assert sum(len(batch) for batch in open_table(target).batches()) == rows
    told = re.search(r"\((.*)\)", run.told)
    assert told is not None
    how = " ".join("--report" if "/" in one else one for one in options if one != "--report")
    line = (
        f"| {name} | {source.suffix[1:]} → {target.suffix[1:]} | `{how}` | {run.seconds:.1f} "
        f"| {run.cpu_seconds:.1f} | {rows / run.seconds:,.0f} | {run.peak_mb:,.0f} "
        f"| {run.load:.0f} | {told[1]} |"
    )
    target.unlink()
    print(line, flush=True)
    return line


def _run(source: Path, target: Path, city: Path, options: list[str]) -> Run:
    words = ["-m", "scripts.assign_addresses", str(source), "--city", str(city), "-o", str(target)]
    log = source.parent / "log"
    begin, before = time.perf_counter(), _cpu_seconds()
    peak = 0.0
    with (
        log.open("w") as stream,
        subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, *words, *options], cwd=ROOT, stderr=stream
        ) as process,
    ):
        while process.poll() is None:
            peak = max(peak, _tree_mb(process.pid))
            time.sleep(0.2)
    taken = time.perf_counter() - begin
    told = log.read_text(encoding="utf-8")
    assert process.returncode == 0, told
    return Run(taken, _cpu_seconds() - before, peak, os.getloadavg()[0], told)


def _cpu_seconds() -> float:
    """Return the processor time of all processes that were started here and have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _tree_mb(pid: int) -> float:
    """Return the memory of a process and its children, MB; what they share is shared out (PSS)."""
    try:
        told = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [child for task in tasks for child in (task / "children").read_text().split()]
    except (OSError, ProcessLookupError):  # it has ended
        return 0.0
    found = re.search(r"^Pss:\s+(\d+) kB", told, flags=re.MULTILINE)
    own = int(found[1]) / 1000 if found else 0.0
    return own + sum(_tree_mb(int(child)) for child in children)


def _write(lines: list[str], rows: int) -> None:
    page = [
        "# Assigning the addresses of a table",
        "",
        "Made by `python -m benchmarks.assign`; no number here is typed by hand.",
        "",
        f"- day: {datetime.now(tz=UTC).date()}",
        describe(*PACKAGES),
        (
            f"- data: {rows:,} addresses of random doors and buildings of a gazetteer, a tenth "
            "without the town, a tenth with the county before it, one of twenty without 号, two "
            f"of five with unit and room; three columns in, all columns out, seed {SEED}"
        ),
        (
            "- each run once, as a process of its own, from its start to its end: opening the city "
            "and its gazetteer, reading, matching with explanations, writing. The index of the "
            "gazetteer is there already. Every output was read again: as many rows as in the input"
        ),
        (
            "- memory: the most at a time of the command and its workers; what they share is "
            "counted once (PSS)"
        ),
        (
            "- load: processes that wanted one of the processors, mean of the last minute; above 3 "
            "other work slowed it, which the processor time shows less"
        ),
        "",
        "| gazetteer, rows | | how | s | processor s | rows/s | peak memory, MB | load | found |",
        "|---|---|---|---:|---:|---:|---:|---:|---|",
        *lines,
    ]
    OUT.write_text("\n".join(page) + "\n", encoding="utf-8")
    print(f"wrote {OUT.relative_to(ROOT)}")


if __name__ == "__main__":
    typer.run(main)
