"""The command that writes a map: files, exit codes, what it says."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.commands import run_here

ROOT = Path(__file__).resolve().parents[2]


def run(*words: str, lang: str = "C") -> subprocess.CompletedProcess[str]:
    return run_here("export_map", *words, lang=lang)


def test_writes_one_file_and_says_what_it_is(tmp_path: Path) -> None:
    target = tmp_path / "map.html"
    done = run("--layer", "incidents", "--town", "简城街道", "-o", str(target), "--undated")
    assert done.returncode == 0, done.stderr
    assert "map.html: " in done.stderr
    assert "Demonstration data" in done.stderr
    text = target.read_text(encoding="utf-8")
    assert "Grid map of 简城街道" in text
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--layer", "heat:flood"], "flood"),
        (["--layer", "nothing"], "'nothing'"),
        (["--town", "没有镇"], "没有镇"),
        (["--suppress", "-1"], "-1"),
        (["--window-months", "13"], "13"),
        (["--city", "nowhere"], "nowhere"),
        (["--incidents", "a.csv", "--database", "sqlite:///b"], "--incidents"),
        (["--from", "soon"], "soon"),
        (["--language", "fr"], "fr"),
    ],
)
def test_what_is_unusable_writes_nothing(tmp_path: Path, words: list[str], said: str) -> None:
    done = run(*words, "-o", str(tmp_path / "map.html"))
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_no_page(tmp_path: Path) -> None:
    done = run("-o", str(tmp_path / "map.pdf"))
    assert done.returncode == 2
    assert ".html" in done.stderr


def test_rows_that_are_unusable_are_told_and_left_out(tmp_path: Path) -> None:
    table = tmp_path / "incidents.csv"
    table.write_text(
        "occurred_at,hazard,severity,title,lon,lat\n"
        "2026-01-05T08:00:00+08:00,gas.leak,2,一,104.5469,30.3915\n"
        "2026-01-06T08:00:00+08:00,volcano,2,二,104.5469,30.3915\n",
        encoding="utf-8",
    )
    target = tmp_path / "map.html"
    done = run("--layer", "incidents", "--incidents", str(table), "-o", str(target))
    assert done.returncode == 1, done.stderr
    assert "row 2" in done.stderr
    assert "volcano" in done.stderr
    assert target.is_file()


def test_a_database(tmp_path: Path) -> None:
    missing = run(
        "--layer", "incidents", "--database", "nonsense://x", "-o", str(tmp_path / "m.html")
    )
    assert missing.returncode == 2
    assert shutil.which("python") is None or "Traceback" not in missing.stderr
