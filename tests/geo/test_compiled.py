"""Compiled code is kept, is never older than what it was made of, and works without a place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KERNEL = """
from app.geo.compiled import compiled, inlined
from loops.numbers import STEP
from loops.parts import part

@compiled
def total(n):
    found = 0
    for i in range(n):
        found += STEP * part(i)
    return found
"""
RUN = """
from loops.kernel import total
print(total(10), sum(total.stats.cache_hits.values()))
"""
FULL = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
"""


def run(folder: Path, script: str = RUN) -> list[str]:
    environ = os.environ | {
        "PYTHONPATH": f"{folder}:{ROOT}",
        "NUMBA_CACHE_DIR": str(folder / "kept"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


@pytest.fixture
def loops(tmp_path: Path) -> Path:
    package = tmp_path / "loops"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "kernel.py").write_text(KERNEL)
    (package / "numbers.py").write_text("STEP = 1\n")
    (package / "parts.py").write_text(
        "from app.geo.compiled import inlined\n\n@inlined\ndef part(i):\n    return i\n"
    )
    return tmp_path


def test_the_second_process_finds_it_compiled(loops: Path) -> None:
    assert run(loops) == ["45", "0"]
    assert run(loops) == ["45", "1"]


def test_a_constant_of_another_module_makes_it_anew(loops: Path) -> None:
    run(loops)
    (loops / "loops" / "numbers.py").write_text("STEP = 3\n")
    assert run(loops) == ["135", "0"]


def test_an_inlined_part_of_another_module_makes_it_anew(loops: Path) -> None:
    run(loops)
    parts = loops / "loops" / "parts.py"
    parts.write_text(parts.read_text().replace("return i", "return 2 * i"))
    assert run(loops) == ["90", "0"]


def test_a_full_disk_costs_time_only(loops: Path) -> None:
    assert run(loops, FULL + RUN) == ["45", "0"]


def test_damaged_code_is_made_anew(loops: Path) -> None:
    run(loops)
    for path in (loops / "kept").rglob("*.nb[ci]"):
        path.write_bytes(path.read_bytes()[:40])
    assert run(loops) == ["45", "0"]
