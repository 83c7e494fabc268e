"""Accounts at the command line: made, listed, ended; a password is never an argument."""

from __future__ import annotations

import contextlib
import os
import pty
import sys
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app.accounts import Role
from app.accounts.accounts import Accounts
from app.accounts.tokens import Tokens
from app.errors import NotSignedInError
from app.grids import City
from app.store import Database
from scripts.manage_users import app

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "four plain words here"


class Shell:
    """Runs the command over a city and a database of its own."""

    def __init__(self, board: City, var: Path) -> None:
        self.board = board
        self.database = Database(f"sqlite:///{var / 'weige.db'}")
        self.env = {
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "WEIGE_CITY": str(board.folder),
            "WEIGE_VAR": str(var),
        }

    def __call__(self, *words: str, stdin: str = "") -> Result:
        return CliRunner().invoke(app, list(words), input=stdin, env=self.env)

    @property
    def accounts(self) -> Accounts:
        return Accounts(self.database, self.board)


@pytest.fixture
def shell(board: City, tmp_path: Path):
    made = Shell(board, tmp_path)
    yield made
    made.database.close()


def test_the_life_of_an_account(shell: Shell) -> None:
    done = shell("add", "boss", "--role", "admin", stdin=PASSWORD + "\n")
    assert (done.exit_code, done.stderr) == (0, "boss: admin, the whole city, 管理员 boss\n")
    done = shell("add", "ana", "--role", "town_admin", "--area", "A", stdin=PASSWORD)
    assert done.exit_code == 0, done.stderr
    assert shell.accounts.sign_in("ana", PASSWORD).area == "A"
    assert shell("set-password", "ana", stdin="quite another one\n").exit_code == 0
    with pytest.raises(NotSignedInError):
        shell.accounts.sign_in("ana", PASSWORD)
    shell.accounts.sign_in("ana", "quite another one")
    assert shell("set-role", "ana", "viewer").exit_code == 0
    assert (shell.accounts.get("ana").role, shell.accounts.get("ana").area) == (Role.VIEWER, None)
    assert shell("deactivate", "ana").exit_code == 0
    lines = [line.split("\t") for line in shell("list").stdout.splitlines()]
    assert [(line[0], line[1], line[4]) for line in lines] == [
        ("ana", "viewer", "no"),
        ("boss", "admin", "yes"),
    ]
    assert shell("deactivate", "ana", "--undo").exit_code == 0
    assert shell.accounts.get("ana").active


def test_the_life_of_a_token(shell: Shell) -> None:
    shell("add", "ana", "--role", "dispatcher", stdin=PASSWORD)
    done = shell("token", "add", "ana", "--for", "12345", "--scope", "view", "--scope", "report")
    assert done.exit_code == 0, done.stderr
    tokens = Tokens(shell.database, shell.accounts)
    assert sorted(tokens.actor_of(done.stdout.strip()).permissions) == ["report", "view"]
    assert done.stdout.strip() not in done.stderr
    assert shell("token", "list").stdout.split("\t")[:4] == ["1", "ana", "12345", "report view"]
    assert shell("token", "revoke", "1").exit_code == 0
    with pytest.raises(NotSignedInError):
        tokens.actor_of(done.stdout.strip())


@pytest.mark.parametrize(
    ("words", "stdin", "says"),
    [
        (["add", "ana", "--role", "town_admin"], PASSWORD, "needs an area"),
        (["add", "ana", "--role", "town_admin", "--area", "Z"], PASSWORD, "'Z'"),
        (["add", "ana", "--role", "viewer"], "", "has 0 characters"),
        (["add", "ana", "--role", "king"], PASSWORD, "king"),
        (["add", "ana", "--role", "viewer", "--password", "x"], PASSWORD, "--password"),
        (["set-password", "nobody"], PASSWORD, "'nobody'"),
        (["deactivate", "nobody"], "", "'nobody'"),
        (["token", "revoke", "7"], "", "no token 7"),
        (["list", "--city", "/nowhere"], "", "/nowhere"),
    ],
)
def test_what_is_refused_changes_nothing(
    shell: Shell, words: list[str], stdin: str, says: str
) -> None:
    done = shell(*words, stdin=stdin)
    assert done.exit_code == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert shell("list").stdout == ""


def test_a_password_is_typed_unseen_at_a_terminal(shell: Shell) -> None:
    """The terminal is a real one; what is typed does not come back on it."""
    pid, line = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        command = [sys.executable, "-m", "scripts.manage_users", "add", "ana", "--role", "viewer"]
        os.execve(sys.executable, command, shell.env)
    seen = b""
    for prompt in (b"Password: ", b"Again: "):
        while prompt not in seen:
            seen += os.read(line, 1000)
        os.write(line, PASSWORD.encode() + b"\n")
    with contextlib.suppress(OSError):  # how Linux says that the other side has closed it
        while part := os.read(line, 1000):
            seen += part
    os.close(line)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert PASSWORD.encode() not in seen
    shell.accounts.sign_in("ana", PASSWORD)
