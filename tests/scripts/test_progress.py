"""How far a run is, told on a terminal and elsewhere."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from scripts import progress
from scripts.progress import RowProgress

ROOT = Path(__file__).resolve().parents[2]


def test_without_a_terminal_a_line_now_and_then_and_one_at_the_end(capsys, monkeypatch):
    clock = iter([0.0, 0.0, *(step / 2 for step in range(1, 200))])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    with RowProgress("locating", 1000) as shown:
        for _ in range(50):
            shown.advance(20)
        shown.finish()
    lines = capsys.readouterr().err.splitlines()
    assert 2 <= len(lines) <= 10
    rows = [int(re.fullmatch(r"locating (\d+)/1000 rows, [\d,]+ rows/s, \d+ s", line)[1])
            for line in lines]  # fmt: skip
    assert rows == sorted(set(rows))
    assert rows[-1] == 1000


def test_what_is_not_known_is_not_told(capsys):
    with RowProgress("locating", None) as shown:
        shown.advance(7)
    assert re.fullmatch(r"locating 7 rows, [\d,]+ rows/s, 0 s\n", capsys.readouterr().err)


def test_an_estimate_is_corrected_at_the_end_and_a_failure_has_no_last_line(capsys):
    with RowProgress("locating", 9) as shown:
        shown.advance(7)
        shown.finish()
    assert "7/7 rows" in capsys.readouterr().err
    with pytest.raises(KeyError), RowProgress("locating", 9):
        raise KeyError
    assert capsys.readouterr().err == ""


SHOWN = """
from scripts.progress import RowProgress
with RowProgress("locating", 30) as shown:
    shown.advance(10)
    shown.advance(20)
    shown.finish()
"""


def test_on_a_terminal_a_bar():
    terminal, process_end = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", SHOWN], cwd=ROOT, stderr=process_end) as process:
        os.close(process_end)
        told = bytearray()

        def read():
            try:
                while chunk := os.read(terminal, 1 << 16):
                    told.extend(chunk)
            except OSError:  # the other end is closed
                pass

        reader = threading.Thread(target=read)
        reader.start()
        assert process.wait(timeout=60) == 0
        reader.join(timeout=60)
    os.close(terminal)
    assert "30/30" in told.decode()
    assert "rows/s" in told.decode()
