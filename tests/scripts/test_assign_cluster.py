"""Addresses on a Dask cluster of two workers: the same bytes as without one."""

from __future__ import annotations

import pytest

from app.addresses.partitions import PART_ROWS
from tests.addresses.case_folders import board
from tests.clusters import running_cluster
from tests.scripts.assigning import ADDRESSES, elements_city, ran, write_rows


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cities")
    return elements_city(board(folder / "board"), folder / "elements")


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory):
    with running_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_the_output_is_byte_for_byte_that_of_a_run_without_it(two_workers, city, tmp_path, kind):
    rows = [[ADDRESSES[place % len(ADDRESSES)][0]] for place in range(2 * PART_ROWS + 3)]
    write_rows(tmp_path / f"in.{kind}", ["地址"], [*rows, [""]])
    outs = [tmp_path / f"{name}.{kind}" for name in ("here", "there")]
    for out, options in zip(outs, ([], ["--scheduler", two_workers.address]), strict=True):
        done = ran(tmp_path / f"in.{kind}", "--city", city.folder, "-o", out, *options)
        # The blank row at the end of a sheet is none.
        assert done.returncode == (0 if kind == "xlsx" else 1), done.stderr
    assert outs[0].read_bytes() == outs[1].read_bytes()
    assert len(list(tmp_path.iterdir())) == 3


def test_workers_here_and_on_a_cluster_exclude_each_other(two_workers, city, tmp_path):
    write_rows(tmp_path / "in.csv", ["地址"], [["x"]])
    done = ran(
        tmp_path / "in.csv", "--city", city.folder, "-o", tmp_path / "out.csv",
        "--workers", 2, "--scheduler", two_workers.address,
    )  # fmt: skip
    assert done.returncode == 2
    assert "--workers 2 and --scheduler are both given" in done.stderr
