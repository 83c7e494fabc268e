"""Real databases for tests: a SQLite file each, and a PostgreSQL server of the test run's own."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

_ROOM_BYTES = 4 << 30
_INSTALLED = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def postgres_programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, None if there is none."""
    if _INSTALLED:
        return _INSTALLED[0]
    found = shutil.which("initdb")
    return Path(found).parent if found else None


def _in_memory() -> Path | None:
    """Return a folder in memory with room for a server, None if there is none.

    Hundreds of databases are made and dropped; on a disk that others use, that takes minutes.
    """
    folder = Path("/dev/shm")
    room = folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free
    return folder if room and room > _ROOM_BYTES else None


class PostgresServer:
    """A server over an empty folder, on a port of loopback, without durability of the disk."""

    def __init__(self, programs: Path) -> None:
        self.programs = programs
        # The server refuses to run as root; the folder belongs to who runs it.
        self._user = "postgres" if os.geteuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="weige-postgres-", dir=_in_memory()))
        if self._user:
            found = pwd.getpwnam(self._user)
            os.chown(self.folder, found.pw_uid, found.pw_gid)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N")
        self.start()

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self.programs / program, *arguments],
            check=True,
            user=self._user,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
        )

    def start(self) -> None:
        options = (
            f"-c listen_addresses=127.0.0.1 -p {self.port} -k '' -c fsync=off "
            "-c max_connections=300 -c shared_buffers=64MB -c max_wal_size=256MB"
        )
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", self._data, "-o", options, "-l", log, "-w", "start")

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-D", self._data, "-m", mode, "-w", "stop")

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, name: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """Give the URL of a database of its own, dropped afterwards."""
        name = f"test_{uuid.uuid4().hex}"
        admin = sa.create_engine(
            self.url("postgres").replace("postgresql:", "postgresql+psycopg:"),
            isolation_level="AUTOCOMMIT",
            poolclass=sa.NullPool,
        )
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            with admin.connect() as connection:
                connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
