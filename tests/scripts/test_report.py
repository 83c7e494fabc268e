"""The command that writes reports."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.commands import run_here


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return run_here("report", *words)


@pytest.mark.slow
def test_a_folder_has_a_page_for_every_town(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    done = run("--month", "2026-10", "--language", "zh", "-o", str(folder))
    assert done.returncode == 0, done.stderr
    pages = sorted(folder.iterdir())
    assert len(pages) == 22
    assert "简城街道 2026-10 网格月报" in (folder / "510185001.html").read_text(encoding="utf-8")
    again = run("--month", "2026-10", "-o", str(folder))
    assert again.returncode == 2
    assert "is there already" in again.stderr
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--town", "没有镇"], "没有镇"),
        ([], "without --town it is a folder"),
        (["--town", "简城街道", "--month", "2030-01"], "known from 2024-11"),
        (["--town", "简城街道", "--month", "x"], "'x'"),
        (["--town", "简城街道", "--suppress", "-2"], "-2"),
    ],
)
def test_what_is_unusable_writes_nothing(tmp_path: Path, words: list[str], said: str) -> None:
    done = run(*words, "-o", str(tmp_path / "report.html"))
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []
