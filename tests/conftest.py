"""Fixtures that many tests share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

from app.grids import City
from app.store import Database
from tests.browsers import chromium_browser
from tests.cities import chessboard
from tests.databases import PostgresServer, postgres_programs

ROOT = Path(__file__).resolve().parent.parent


WITH_BROWSER = ("tests/browser/", "tests/maps/test_address_report.py")


class ByFile(LoadFileScheduling):
    """Keep the tests of a file together, and all that drive a browser in one process.

    Side by side, several browsers that draw without a graphics card starve each other.
    """

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "browser" if file.startswith(WITH_BROWSER) else file

    def remove_node(self, node: WorkerController) -> str | None:
        """Take what ended its process for done: given out again, it would end the next one."""
        ended: str | None = super().remove_node(node)
        if ended is not None:
            self.workqueue[self._split_scope(ended)][ended] = True
        return ended


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """Say how tests are given out to processes."""
    return ByFile(config, log)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Number long bytes instead of quoting them.

    What was compressed may hold the second at which it was, and a process that collected a second
    later would not know the test by its name.
    """
    return argname if isinstance(val, bytes) and len(val) > 40 else None


@pytest.fixture(scope="session")
def board(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Return the chessboard city; read only."""
    return chessboard(tmp_path_factory.mktemp("city") / "board")


@pytest.fixture(scope="session")
def jianyang_folder() -> Path:
    """Return the folder of the demo city as committed."""
    return ROOT / "geodata" / "jianyang"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return the browser of this process."""
    with chromium_browser() as chromium:
        yield chromium


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Return a PostgreSQL server of this run's own."""
    programs = postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: nothing about it is tested (apt: postgresql)")
    server = PostgresServer(programs)
    yield server
    server.remove()


@pytest.fixture(scope="session")
def prepared_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SQLite file with the newest tables, to be copied."""
    path = tmp_path_factory.mktemp("prepared") / "weige.db"
    _upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def prepared_postgres(postgres: PostgresServer) -> Iterator[str]:
    """Return the name of a PostgreSQL database with the newest tables, to be copied."""
    with postgres.database() as url:
        _upgrade(url)
        yield url.rpartition("/")[2]


def _upgrade(url: str) -> None:
    database = Database(url)
    database.upgrade()
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Return a database of each kind with the newest tables."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            path = tmp_path / "weige.db"
            shutil.copy(request.getfixturevalue("prepared_sqlite"), path)
            url = f"sqlite:///{path}"
        else:
            template = request.getfixturevalue("prepared_postgres")
            url = stack.enter_context(request.getfixturevalue("postgres").database(template))
        made = Database(url)
        yield made
        made.close()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Count a skipped test as a failure in CI: there, everything that tests want is installed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if os.environ.get("CI") and skipped and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
