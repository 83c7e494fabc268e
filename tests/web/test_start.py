"""What may start: the demo on loopback only, production with a key and an administrator."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app.accounts import Role
from app.accounts.accounts import Accounts
from app.errors import BadInputError
from app.grids import City
from app.store import Database
from app.web import create_app
from app.web.settings import Settings
from app.web.start import NotReadyError, check_addresses, is_loopback
from tests.web.signing import KEY, PASSWORD, QUICK, ROOT

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        ("LocalHost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("", False),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("fe80::1", False),
        ("localhost.example", False),
        ("127.0.0.1.example", False),
        ("2130706433", False),
        ("127.1", False),
    ],
)
def test_loopback_is_this_machine_and_nothing_else(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    "address",
    [("0.0.0.0", 5000), ("::", 5000, 0, 0), ("", 5000), "/run/weige.sock", b"\0abstract", 3],
)
def test_the_demo_is_bound_to_loopback_only(address: object) -> None:
    good = [("127.0.0.1", 5000), ("::1", 5000, 0, 0)]
    check_addresses(good, Settings())
    with pytest.raises(NotReadyError, match="loopback") as caught:
        check_addresses([*good, address], Settings())
    for word in ("WEIGE_ENV=production", "WEIGE_SECRET_KEY", "scripts.manage_users add"):
        assert word in caught.value.hint
        assert word in caught.value.hint_zh
    check_addresses([address], Settings(env="production"))


@pytest.fixture
def database(tmp_path: Path):
    made = Database(f"sqlite:///{tmp_path / 'weige.db'}")
    made.upgrade()
    yield made
    made.close()


@pytest.mark.parametrize("key", ["", "k" * 31])
@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.ADMIN])
def test_production_names_all_that_is_missing(
    board: City, database: Database, tmp_path: Path, key: str, role: Role | None
) -> None:
    if role:
        Accounts(database, board, hasher=QUICK).create(ROOT, "boss", PASSWORD, role)
    settings = Settings(city=board.folder, var=tmp_path, env="production", secret_key=key)
    with pytest.raises(NotReadyError, match="WEIGE_SECRET_KEY") as caught:
        create_app(settings)
    assert ("no administrator" in caught.value.message) is (role is not Role.ADMIN)
    assert not key or key not in caught.value.message


def test_an_administrator_who_was_deactivated_is_none(
    board: City, database: Database, tmp_path: Path
) -> None:
    accounts = Accounts(database, board, hasher=QUICK)
    for name in ("one", "two"):
        accounts.create(ROOT, name, PASSWORD, Role.ADMIN)
    accounts.change(ROOT, "one", active=False)
    settings = Settings(city=board.folder, var=tmp_path, env="production", secret_key=KEY)
    create_app(settings).extensions["weige"].database.close()
    accounts.create(ROOT, "town", PASSWORD, Role.TOWN_ADMIN, "A")
    assert accounts.has_admin()


@pytest.mark.parametrize("env", ["", "prod", "DEMO", "production "])
def test_there_are_two_environments(env: str) -> None:
    with pytest.raises(BadInputError, match=r"WEIGE_ENV.*demo, production"):
        Settings.from_env({"WEIGE_ENV": env})


def start(board: City, var: Path, *options: str, **environ: str) -> subprocess.Popen[str]:
    """Start the server as `make run` does."""
    return subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "--workers", "1", *options,
         "app.web:create_app()"],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "WEIGE_CITY": str(board.folder),
             "WEIGE_VAR": str(var), "PYTHONUNBUFFERED": "1"} | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> str:
    said, _ = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "Traceback" not in said
    return said


@pytest.mark.parametrize(
    "options",
    [
        ["-b", "127.0.0.1:0", "-b", "[::]:0"],
        ["-b", "unix:{var}/socket", "--reuse-port"],
    ],
)
def test_a_demo_that_others_could_reach_does_not_start(
    board: City, tmp_path: Path, options: list[str]
) -> None:
    said = ended(start(board, tmp_path, *(one.format(var=tmp_path) for one in options)))
    assert "no address of loopback" in said
    assert "python -m scripts.manage_users add" in said
    assert "Weige 微格 is at" not in said
    assert not (tmp_path / "socket").exists()


def test_a_socket_that_is_handed_over_is_looked_at(board: City, tmp_path: Path) -> None:
    """As by systemd: the command line says nothing of it."""
    with socket.socket() as given:
        given.bind(("0.0.0.0", 0))
        given.listen()
        as_systemd = (
            "import os, sys; os.dup2(int(sys.argv[1]), 3); os.environ['LISTEN_FDS'] = '1'; "
            "os.environ['LISTEN_PID'] = str(os.getpid()); "
            "os.execv(sys.executable, [sys.executable, *sys.argv[2:]])"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", as_systemd, str(given.fileno()), "-m", "gunicorn",
             "-c", "gunicorn.conf.py", "-b", "127.0.0.1:0", "app.web:create_app()"],
            cwd=REPOSITORY,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
                 "WEIGE_CITY": str(board.folder), "WEIGE_VAR": str(tmp_path)},
            pass_fds=[given.fileno()],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip
        assert "no address of loopback" in ended(process)


def test_production_does_not_start_on_loopback_either_without_what_it_needs(
    board: City, tmp_path: Path
) -> None:
    said = ended(start(board, tmp_path, "-b", "127.0.0.1:0", WEIGE_ENV="production"))
    assert "WEIGE_SECRET_KEY has 0 bytes" in said
    assert "there is no administrator" in said


def test_production_starts_on_any_address_with_them(
    board: City, database: Database, tmp_path: Path
) -> None:
    Accounts(database, board, hasher=QUICK).create(ROOT, "boss", PASSWORD, Role.ADMIN)
    process = start(
        board, tmp_path, "-b", "0.0.0.0:0", WEIGE_ENV="production", WEIGE_SECRET_KEY=KEY
    )
    try:
        assert process.stdout is not None
        assert "Weige 微格 is at http://0.0.0.0:" in process.stdout.readline()
    finally:
        process.terminate()
        process.communicate(timeout=30)
