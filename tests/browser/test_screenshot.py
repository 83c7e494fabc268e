"""The script that takes the pictures of the README and the docs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.browser.conftest import ROOT, Server

pytestmark = pytest.mark.slow


def take(*options: str) -> subprocess.CompletedProcess[str]:
    # A process of its own: one has a browser that is driven already.
    command = [sys.executable, "-m", "scripts.screenshot", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_it_takes_a_picture_of_the_page_by_day_and_by_night(server: Server, tmp_path: Path) -> None:
    bright = {}
    for theme in ("light", "dark"):
        out = tmp_path / f"{theme}.png"
        done = take("--url", server.origin, "--theme", theme, "--out", str(out))
        assert done.returncode == 0, done.stderr
        with Image.open(out) as picture:
            assert picture.size == (1440, 900)
            assert out.stat().st_size < 600_000
            bright[theme] = float(np.asarray(picture.convert("L")).mean())
    assert bright["light"] > 180
    assert bright["dark"] < 80


def test_it_writes_nothing_where_it_cannot(server: Server, tmp_path: Path) -> None:
    out = tmp_path / "one.png"
    done = take("--url", server.origin, "--theme", "dusk", "--out", str(out))
    assert done.returncode == 2
    assert "'dusk': light or dark" in done.stderr
    # What the page complains of is told in place of a picture of the complaint.
    done = take("--url", server.origin, "--topic", "weather", "--out", str(out))
    assert done.returncode == 2
    assert "weather" in done.stderr
    assert list(tmp_path.iterdir()) == []
