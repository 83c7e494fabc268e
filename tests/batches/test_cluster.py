"""Parts on a Dask cluster: in order, whatever worker is lost; clear errors where it cannot be."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.batches.cluster import CONNECT_S, Cluster, ClusterError
from app.errors import BadInputError
from tests.batches.jobs import CannotStart, Noted
from tests.clusters import ROOT, running_cluster


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory):
    with running_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


def test_results_come_in_order_from_both_workers_and_the_job_starts_once_in_each(
    two_workers, tmp_path
):
    with Cluster(two_workers.address) as cluster:
        results = list(cluster.in_order(Noted(tmp_path, 0.02), range(40)))
    assert [part for part, _ in results] == list(range(40))
    workers = {pid for _, pid in results}
    assert len(workers) == 2
    started = {int(one.name): one.read_text() for one in tmp_path.iterdir()}
    assert started == dict.fromkeys(workers, "started\n")


def test_it_works_where_an_event_loop_runs_already(two_workers, tmp_path):
    """As in a notebook."""

    async def cell():
        with Cluster(two_workers.address) as cluster:
            return [part for part, _ in cluster.in_order(Noted(tmp_path), range(3))]

    # In a thread that certainly runs no other loop.
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: asyncio.run(cell())).result() == [0, 1, 2]


def test_an_error_of_the_work_comes_as_it_is_at_its_place(two_workers, tmp_path):
    seen = []
    with Cluster(two_workers.address) as cluster:
        results = cluster.in_order(Noted(tmp_path), [1, 2, "bad", 4])
        with pytest.raises(BadInputError, match="part 'bad' is bad") as caught:
            seen.extend(part for part, _ in results)
        assert seen == [1, 2]
        assert caught.value.message_zh == "坏"
        with pytest.raises(BadInputError, match="cannot start here"):
            list(cluster.in_order(CannotStart(), [1]))
        with pytest.raises(ClusterError, match="RuntimeError: worse"):
            list(cluster.in_order(Noted(tmp_path), ["worse"]))
        # The cluster is none the worse for it.
        assert [part for part, _ in cluster.in_order(Noted(tmp_path), [7])] == [7]


def test_a_lost_worker_loses_no_part(tmp_path):
    (tmp_path / "notes").mkdir()
    job = Noted(tmp_path / "notes", 0.05)
    with running_cluster(tmp_path) as running, Cluster(running.address) as cluster:
        workers = set()
        for number, (part, pid) in enumerate(cluster.in_order(job, range(60))):
            assert part == number
            workers.add(pid)
            if number == 5:
                running.kill_a_worker()
    assert number == 59
    # The one that was killed, if it had finished a part, the other one, and its successor.
    assert len(workers) >= 2


def test_a_lost_cluster_is_told_and_waited_for_no_longer(tmp_path):
    (tmp_path / "notes").mkdir()
    seen = []
    with running_cluster(tmp_path) as running, Cluster(running.address) as cluster:
        results = cluster.in_order(Noted(tmp_path / "notes", 0.05), range(1000))
        seen.append(next(results))
        running.kill_all()
        with pytest.raises(ClusterError, match="failed"):
            seen.extend(results)
    assert 1 <= len(seen) < 1000


def test_large_parts_travel_without_a_word(two_workers, tmp_path):
    parts = [bytes(20_000_000), bytes(1)]
    with Cluster(two_workers.address) as cluster:
        found = [len(part) for part, _ in cluster.in_order(Noted(tmp_path), parts)]
    assert found == [20_000_000, 1]


def test_a_scheduler_without_workers_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("app.batches.cluster.WORKERS_S", 1.0)
    with (
        running_cluster(tmp_path, workers=0) as running,
        Cluster(running.address) as cluster,
        pytest.raises(ClusterError, match="has had no worker for 1 s"),
    ):
        list(cluster.in_order(Noted(tmp_path), [1]))


def unanswered():
    """Return a socket that takes connections and never says a word."""
    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen()
    return silent


def test_an_address_where_nobody_answers_is_told_within_seconds():
    with unanswered() as silent:
        silent_port = silent.getsockname()[1]
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            closed_port = closed.getsockname()[1]
        for port in (silent_port, closed_port):
            begun = time.monotonic()
            with (
                pytest.raises(ClusterError, match=f"answers at 'tcp://127.0.0.1:{port}'") as caught,
                Cluster(f"tcp://127.0.0.1:{port}"),
            ):
                pass
            # It is the limit that ends the wait, not a retry of half a minute.
            assert time.monotonic() - begun < 5 * CONNECT_S
            assert "没有 Dask 调度器" in caught.value.message_zh


@pytest.mark.parametrize("address", ["", "host", "127.0.0.1:8786", "http://host:8786", "tcp://h"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(ClusterError, match="is no address of a Dask scheduler"):
        Cluster(address)


WITHOUT = """
import sys
sys.modules["distributed"] = None
from app.batches import Cluster, in_threads
from app.batches.cluster import ClusterError
assert list(in_threads(str, [1])) == ["1"]
try:
    Cluster("tcp://127.0.0.1:1")
except ClusterError as error:
    print(error.message, "|", error.hint)
"""


def test_without_the_extra_it_says_what_to_install():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "distributed, which is not installed" in done.stdout
    assert done.stdout.strip().endswith("| pip install -r requirements-dask.txt")
    assert (ROOT / "requirements-dask.txt").is_file()
