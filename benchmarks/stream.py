"""How fast `scripts.locate_points` streams, and how much memory it takes, as tables grow.

    python -m benchmarks.stream --rows 100000000 --csv-rows 100000000 --folder /tmp

Makes the tables in a folder of its own under --folder (about 250 bytes a row while it runs, removed
at the end), locates each of them in a process of its own, and writes docs/benchmarks/stream.md.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import typer

from app.locate import Locator
from app.web.settings import ROOT
from benchmarks.machine import describe

CITY = ROOT / "geodata" / "jianyang"
OUT = ROOT / "docs" / "benchmarks" / "stream.md"
PACKAGES = ("pyarrow", "numpy", "numba", "shapely", "distributed")
SEED = 20261122
STEP = 1_000_000
SCHEMA = pa.schema([("id", pa.int64()), ("lon", pa.float64()), ("lat", pa.float64())])
# The share of points that lie anywhere in the extent of the city; the others lie in its grids.
ANYWHERE = 0.1


@dataclass(frozen=True)
class Run:
    """What one run of the command took.

    Attributes
    ----------
    seconds : float
        From its start to its end, whole process.
    cpu_seconds : float
        Of processor, the command and all that it started; not those of a cluster.
    load : float
        Processes that wanted a processor at its end, itself among them, mean of a minute.
    peak_mb : dict of str to float
        Most memory at a time (RSS, summed over a process and all that it started), by who.
    """

    seconds: float
    cpu_seconds: float
    load: float
    peak_mb: dict[str, float]


def main(
    rows: Annotated[int, typer.Option(help="Of the largest Parquet table.")] = 100_000_000,
    csv_rows: Annotated[int, typer.Option(help="Of the largest CSV.")] = 100_000_000,
    dask_rows: Annotated[int, typer.Option(help="Of the tables located on Dask.")] = 2_000_000,
    folder: Annotated[
        Path | None, typer.Option(help="Where there is room; that of temporary files if left out.")
    ] = None,
) -> None:
    """Measure and write the page."""
    lines: list[str] = []
    same: list[str] = []
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        here = Path(scratch)
        for kind, most in (("csv", csv_rows), ("parquet", rows)):
            for count in sorted({min(1_000_000, most), most // 10, most}):
                lines.append(_measured(here, kind, count, []))
        lines.append(_measured(here, "parquet", rows // 10, ["--columns", "micro_code"]))
        with _cluster(here) as (address, pid):
            for kind in ("csv", "parquet"):
                lines.append(_measured(here, kind, dask_rows, ["--scheduler", address], pid))
                same.append(f"{kind}: {_same_as_here(here, kind, address, dask_rows)}")
    _write(lines, same)


def _measured(
    here: Path, kind: str, rows: int, options: list[str], cluster: int | None = None
) -> str:
    """Make a table, locate it, check the output, and return the line of the page."""
    source, target = here / f"in.{kind}", here / f"out.{kind}"
    _make(source, rows)
    run = _run(source, target, options, cluster)
    _check(target, rows)
    size = source.stat().st_size / 1e6, target.stat().st_size / 1e6
    source.unlink()
    target.unlink()
    how = "all columns, threads here"
    if "--columns" in options:
        how = f"`--columns {options[-1]}`, threads here"
    if cluster is not None:
        how = "all columns, Dask, two workers here"
    memory = ", ".join(f"{who} {peak:,.0f}" for who, peak in run.peak_mb.items())
    line = (
        f"| {kind} → {kind} | {rows:,} | {how} | {run.seconds:,.1f} | {rows / run.seconds:,.0f} "
        f"| {run.cpu_seconds / rows * 1e6:.2f} | {run.load:.0f} | {memory} "
        f"| {size[0]:,.0f} | {size[1]:,.0f} |"
    )
    print(line, flush=True)
    return line


def _make(path: Path, rows: int) -> None:
    """Write points: most of them inside grids, some anywhere in the extent of the towns."""
    locator = Locator.open(CITY)
    rng = np.random.default_rng(SEED)
    west, south, east, north = locator.city.layer("town").frame.total_bounds
    writer = (pa_csv.CSVWriter if path.suffix == ".csv" else pq.ParquetWriter)(path, SCHEMA)
    with writer:
        for start in range(0, rows, STEP):
            count = min(STEP, rows - start)
            lon, lat = rng.uniform(west, east, 4 * count), rng.uniform(south, north, 4 * count)
            inside = locator.locate_many(lon, lat) >= 0
            taken = np.flatnonzero(inside | (rng.random(4 * count) < ANYWHERE))[:count]
            x, y = np.round(lon[taken], 7), np.round(lat[taken], 7)
            assert len(x) == count
            ids = np.arange(start, start + count)
            writer.write_table(pa.table([ids, x, y], schema=SCHEMA))


def _run(source: Path, target: Path, options: list[str], cluster: int | None) -> Run:
    words = ["-m", "scripts.locate_points", str(source), "-o", str(target), "--city", str(CITY)]
    begin, before = time.perf_counter(), _cpu_seconds()
    with (
        (source.parent / "log").open("w") as log,
        subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, *words, *options], cwd=ROOT, stderr=log
        ) as process,
    ):
        watched = {"command": process.pid} | ({"cluster": cluster} if cluster else {})
        peaks = dict.fromkeys(watched, 0.0)
        while process.poll() is None:
            for who, pid in watched.items():
                peaks[who] = max(peaks[who], _tree_mb(pid))
            time.sleep(0.05)
    taken = time.perf_counter() - begin
    assert process.returncode == 0, (source.parent / "log").read_text()
    return Run(taken, _cpu_seconds() - before, os.getloadavg()[0], peaks)


def _cpu_seconds() -> float:
    """Return the processor time of all processes that were started here and have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _tree_mb(pid: int) -> float:
    """Return the resident memory of a process and of all its children, MB."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [child for task in tasks for child in (task / "children").read_text().split()]
    except (OSError, ProcessLookupError):  # it has ended
        return 0.0
    return pages * 4096 / 1e6 + sum(_tree_mb(int(child)) for child in children)


def _check(target: Path, rows: int) -> None:
    """Make sure that every row came out, in order, and was located."""
    if target.suffix == ".parquet":
        with pq.ParquetFile(target) as file:
            _check_rows(file.iter_batches(columns=["id", "status"]), rows)
    else:
        wanted = pa_csv.ConvertOptions(include_columns=["id", "status"])
        with pa_csv.open_csv(target, convert_options=wanted) as file:
            _check_rows(iter(file), rows)


def _check_rows(batches: Iterator[pa.RecordBatch], rows: int) -> None:
    seen = 0
    for batch in batches:
        ids = batch.column(0).to_numpy()
        assert np.array_equal(ids, np.arange(seen, seen + len(ids)))
        assert "unusable" not in batch.column(1).unique().to_pylist()
        seen += len(ids)
    assert seen == rows


CLUSTER = """
import sys
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""


@contextmanager
def _cluster(here: Path) -> Iterator[tuple[str, int]]:
    """Run a scheduler and two workers; yield its address and the process that holds them all."""
    script = here / "cluster.py"
    script.write_text(CLUSTER, encoding="utf-8")
    with subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, str(script)],
        cwd=here,
        env={"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield process.stdout.readline().strip(), process.pid
        process.stdin.close()


def _same_as_here(here: Path, kind: str, address: str, rows: int) -> str:
    """Locate one table here and there, and say whether the outputs are the same bytes."""
    source = here / f"in.{kind}"
    _make(source, rows)
    targets = [here / f"{name}.{kind}" for name in ("threads", "dask")]
    _run(source, targets[0], [], None)
    _run(source, targets[1], ["--scheduler", address], None)
    contents = [target.read_bytes() for target in targets]
    for path in (source, *targets):
        path.unlink()
    assert contents[0] == contents[1]
    return f"{len(contents[0]):,} bytes, the same"


def _write(lines: list[str], same: list[str]) -> None:
    page = [
        "# Streaming a table through the locator",
        "",
        "Made by `python -m benchmarks.stream`; no number here is typed by hand.",
        "",
        f"- day: {datetime.now(tz=UTC).date()}",
        describe(*PACKAGES),
        (
            f"- data: geodata/jianyang; points uniform in its grids, and {ANYWHERE:.0%} of those "
            f"that miss them anywhere in the extent of its towns, seed {SEED}; columns id, lon, lat"
        ),
        (
            "- each run once, as a process of its own, from its start to its end; every output was "
            "checked: as many rows as in the input, in its order"
        ),
        (
            "- memory: the most that was resident at a time, the process and all that it started; "
            "where there is a cluster, its scheduler and both workers apart"
        ),
        (
            "- load: processes that wanted one of the processors, mean of the last minute of the "
            "run; above 3 other work slowed it, which the processor time of a row shows less"
        ),
        "",
        (
            "| | rows | how | s | rows/s | processor µs/row | load | peak memory, MB | in, MB "
            "| out, MB |"
        ),
        "|---|---:|---|---:|---:|---:|---:|---|---:|---:|",
        *lines,
        "",
        "Output of the cluster and of threads here, compared byte by byte: "
        + "; ".join(same)
        + ".",
    ]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("\n".join(page) + "\n", encoding="utf-8")
    print(f"wrote {OUT.relative_to(ROOT)}")


if __name__ == "__main__":
    typer.run(main)
