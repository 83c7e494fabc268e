"""The command line on a Dask cluster of two workers: the same bytes as without one."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from app.tables import TableWriter
from scripts.locate_points import app
from tests.cities import chessboard
from tests.clusters import running_cluster

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory):
    with running_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture
def run(board):
    def invoke(*arguments, folder=board.folder):
        return CliRunner().invoke(app, [*map(str, arguments), "--city", str(folder)])

    return invoke


def write_points(path, rows):
    """Write points in and around the chessboard, with text that needs quotes and a bad row."""
    lon, lat = np.random.default_rng(7).uniform((104.48, 30.38), (104.58, 30.45), (rows, 2)).T
    notes = [f'"{row}", 甲\nx' if row % 7 == 0 else str(row) for row in range(rows)]
    types = [pa.string(), pa.float64(), pa.float64()]
    schema = pa.schema(list(map(pa.field, ["备注", "lon", "lat"], types)))
    lat[rows // 2] = np.nan
    with TableWriter(path, schema) as out:
        out.write([notes, lon, lat])


@pytest.mark.slow
@pytest.mark.parametrize(("source", "target"), [("csv", "csv"), ("csv", "parquet"),
    ("parquet", "parquet"), ("parquet", "csv"), ("xlsx", "csv")])  # fmt: skip
def test_the_output_is_byte_for_byte_that_of_a_run_without_it(
    run, two_workers, tmp_path, source, target
):
    rows = 20_000 if source == "xlsx" else 200_000
    write_points(tmp_path / f"in.{source}", rows)
    here, there = tmp_path / f"here.{target}", tmp_path / f"there.{target}"
    for path, options in ((here, []), (there, ["--scheduler", two_workers.address])):
        result = run(tmp_path / f"in.{source}", "-o", path, "--accuracy-m", "30", *options)
        assert result.exit_code == 1, result.stderr
        assert f"{rows} rows" in result.stderr
        assert "unusable 1" in result.stderr
    assert here.read_bytes() == there.read_bytes()
    if target == "parquet":
        assert pq.read_metadata(there).num_rows == rows
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.slow
def test_a_worker_killed_midway_changes_nothing(board, run, tmp_path):
    source, here, there = tmp_path / "in.csv", tmp_path / "here.csv", tmp_path / "there.csv"
    write_points(source, 250_000)
    # Many alternatives make it slow enough to be met midway.
    options = ["--accuracy-m", "2000"]
    assert run(source, "-o", here, *options).exit_code == 1
    with running_cluster(tmp_path) as cluster:
        words = [source, "-o", there, *options, "--city", board.folder]
        with subprocess.Popen(
            [
                *(sys.executable, "-m", "scripts.locate_points", *map(str, words)),
                *("--scheduler", cluster.address),
            ],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            deadline = time.monotonic() + 120
            while not any(one.stat().st_size > 1000 for one in tmp_path.glob("there*.partial")):
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.01)
            cluster.kill_a_worker()
            assert process.poll() is None
            _, told = process.communicate(timeout=300)
    assert process.returncode == 1, told
    assert "250000 rows" in told
    assert here.read_bytes() == there.read_bytes()


def test_a_worker_that_finds_another_city_is_told_and_nothing_is_written(
    two_workers, tmp_path, run
):
    folder = tmp_path / "city"
    chessboard(folder)
    (tmp_path / "in.csv").write_text("lon,lat\n104.505,30.405\n", encoding="utf-8")
    arguments = [tmp_path / "in.csv", "-o", tmp_path / "out.csv"]

    # The worker opens the city only when its first part comes: by then it is another one.
    from app.batches import Cluster  # noqa: PLC0415

    in_order = Cluster.in_order

    def swapped(cluster, job, parts):
        manifest = folder / "city.toml"
        text = manifest.read_text(encoding="utf-8")
        manifest.write_text(text.replace("测试数据 test data", ""), encoding="utf-8")
        return in_order(cluster, job, parts)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Cluster, "in_order", swapped)
        result = run(*arguments, "--scheduler", two_workers.address, folder=folder)
    assert result.exit_code == 2
    assert f"a worker finds another city at {folder}" in result.stderr
    assert not list(tmp_path.glob("out*"))


def test_no_scheduler_and_nothing_is_written(run, tmp_path):
    (tmp_path / "in.csv").write_text("lon,lat\n104.505,30.405\n", encoding="utf-8")
    for address, message in (
        ("tcp://127.0.0.1:1", "no Dask scheduler answers at 'tcp://127.0.0.1:1'"),
        ("nowhere", "'nowhere' is no address of a Dask scheduler"),
    ):
        result = run(tmp_path / "in.csv", "-o", tmp_path / "out.csv", "--scheduler", address)
        assert result.exit_code == 2
        assert message in result.stderr
        assert [one.name for one in tmp_path.iterdir()] == ["in.csv"]
