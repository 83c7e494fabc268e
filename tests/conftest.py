"""Fixtures that many tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.grids import City
from tests.cities import chessboard

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def board(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Return the chessboard city; read only."""
    return chessboard(tmp_path_factory.mktemp("city") / "board")


@pytest.fixture(scope="session")
def jianyang_folder() -> Path:
    """Return the folder of the demo city as committed."""
    return ROOT / "geodata" / "jianyang"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Count a skipped test as a failure in CI: there, everything that tests want is installed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if os.environ.get("CI") and skipped and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
