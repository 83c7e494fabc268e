"""A Dask cluster of two worker processes on this machine, in a process tree of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
START = """
import sys
from distributed import LocalCluster

if __name__ == "__main__":
    workers = int(sys.argv[1])
    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster:
        pids = [worker.process.pid for worker in cluster.workers.values()]
        print(cluster.scheduler_address, *pids, flush=True)
        sys.stdin.read()
"""


@dataclass
class RunningCluster:
    address: str
    pids: list[int]
    process: subprocess.Popen[str]

    def kill_all(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=60)

    def kill_a_worker(self) -> None:
        os.kill(self.pids.pop(), signal.SIGKILL)


@contextlib.contextmanager
def running_cluster(folder: Path, workers: int = 2) -> Iterator[RunningCluster]:
    script = folder / "cluster.py"
    script.write_text(START, encoding="utf-8")
    with (
        (folder / "cluster.log").open("w") as log,
        subprocess.Popen(
            [sys.executable, str(script), str(workers)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            process_group=0,
        ) as process,
    ):
        address, *pids = process.stdout.readline().split()
        yield RunningCluster(address, list(map(int, pids)), process)
        process.stdin.close()
        process.wait(timeout=60)
