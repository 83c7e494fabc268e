"""The examples of docs/api.md do what the page says, against a real server."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.locate.arrow import FIELDS
from app.locate.arrow_in import COLUMNS
from app.web.columnar import COLUMNAR
from app.web.settings import Settings
from tests.web.serving import ROOT, Server, serving

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:5000"


@pytest.fixture(scope="module")
def server(jianyang_folder: Path) -> Iterator[Server]:
    with serving(jianyang_folder, "--workers", "1") as found:
        yield found


def block(language: str, server: Server) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)
    assert ADDRESS in found
    return found.replace(ADDRESS, f"http://127.0.0.1:{server.port}")


def run(words: list[str], folder: Path) -> str:
    done = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_python_example_runs(server: Server, tmp_path: Path) -> None:
    code = block("python", server)
    rows, generation = run([sys.executable, "-W", "error", "-c", code], tmp_path).splitlines()
    assert rows.startswith("[{'status': 'inside', 'code': '510185")
    assert "'status': 'unusable', 'code': None, 'town_code': None" in rows
    assert generation


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_example_runs(server: Server, tmp_path: Path) -> None:
    points = pa.table({"lon": [104.5469, 104.35], "lat": [30.3915, 30.45]})
    pq.write_table(points, tmp_path / "points.parquet")
    run(shlex.split(block("sh", server)), tmp_path)
    located = pq.read_table(tmp_path / "located.parquet")
    assert located.num_rows == 2
    assert located.column_names[:4] == ["code", "status", "reason", "town_name"]


def test_the_page_states_what_holds() -> None:
    for kind in COLUMNAR:
        assert f"`{kind}`" in PAGE
    for name in (*COLUMNS, *FIELDS):
        assert f"`{name}`" in PAGE
    known = Settings()
    assert f"{known.max_points:,} points (`WEIGE_MAX_POINTS`)" in PAGE
    assert f"{known.max_bulk_points:,} points (`WEIGE_MAX_BULK_POINTS`)" in PAGE
    assert f"{known.max_bulk_bytes >> 20} MiB (`WEIGE_MAX_BULK_BYTES`)" in PAGE
