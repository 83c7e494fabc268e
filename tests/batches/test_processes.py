"""Parts in processes: results in order, only so many ahead, nobody left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.batches import in_processes
from app.batches.processes import WorkerError
from app.errors import BadInputError
from tests.batches.jobs import Noted

ROOT = Path(__file__).resolve().parents[2]


def test_results_come_in_the_order_of_the_parts_from_several_processes(tmp_path):
    def work(part):
        (tmp_path / str(os.getpid())).touch()
        until = time.monotonic() + 60
        # Each waits for the other, however late that one begins.
        while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.02 * (part % 3))
        return part, os.getpid()

    found = list(in_processes(work, range(20), 2))
    assert [part for part, _ in found] == list(range(20))
    assert len({pid for _, pid in found}) == 2
    assert os.getpid() not in {pid for _, pid in found}


def test_what_is_there_before_the_fork_is_shared_not_pickled():
    held = {"lock": open(os.devnull)}  # noqa: SIM115, PTH123 - what cannot be pickled
    with held["lock"]:
        assert list(in_processes(lambda part: (part, len(held)), [1], 1)) == [(1, 1)]


def test_only_so_many_parts_are_taken_ahead():
    taken = []

    def parts():
        for number in range(50):
            taken.append(number)
            yield number

    for done, result in enumerate(in_processes(lambda part: part, parts(), 2)):
        assert result == done
        assert len(taken) <= done + 5
    assert len(taken) == 50


def test_an_error_is_raised_at_the_place_of_its_part_with_all_that_it_says(tmp_path):
    work = Noted(tmp_path)()
    seen = []
    with pytest.raises(BadInputError, match="part 'bad' is bad") as raised:
        seen.extend(in_processes(work, [*"abc", "bad", *"def"], 2))
    assert [part for part, _ in seen] == [*"abc"]
    assert raised.value.message_zh == "坏"


def test_a_process_that_is_killed_is_told():
    def work(part):
        if part == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return part

    with pytest.raises(WorkerError, match="ended from outside"):
        list(in_processes(work, range(10), 2))


ORPHANS = """
import os, time
from app.batches import in_processes

def work(part):
    os.write(1, b"%d\\n" % os.getpid())  # whole: both write at once
    time.sleep(600)

list(in_processes(work, range(4), 2))
"""


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_processes_end_when_the_one_they_work_for_is_killed():
    with subprocess.Popen(
        [sys.executable, "-c", ORPHANS], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        try:
            workers = [int(parent.stdout.readline()) for _ in range(2)]
            assert all(map(alive, workers))
        finally:
            parent.kill()  # or a failure would wait for it
        parent.wait(timeout=30)
        deadline = time.monotonic() + 30
        while any(map(alive, workers)) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not any(map(alive, workers))
