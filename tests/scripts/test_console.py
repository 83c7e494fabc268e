"""What a person at the terminal reads: no traceback, and in the language of the terminal."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from app.errors import BadInputError
from scripts.console import guarded, speaks_chinese

ROOT = Path(__file__).resolve().parents[2]


def ended(error):
    with pytest.raises(SystemExit) as caught, guarded():
        raise error
    return caught.value.code


@pytest.mark.parametrize(
    ("environ", "zh"),
    [
        ({}, False),
        ({"LANG": "zh_CN.UTF-8"}, True),
        ({"LANG": "ZH_cn"}, True),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, True),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, False),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, True),
        ({"LC_ALL": "zh_TW.UTF-8", "LANG": "en_US.UTF-8"}, True),
        ({"LANG": "C"}, False),
    ],
)
def test_the_first_locale_that_is_set_decides_the_language(environ, zh):
    assert speaks_chinese(environ) is zh


ERROR = BadInputError("x is 'y'", "Give z.", message_zh="x 为 'y'", hint_zh="请给 z。")


def test_an_error_is_two_lines_in_english_or_chinese(capsys, monkeypatch):
    assert ended(ERROR) == 2
    assert capsys.readouterr() == ("", "error: x is 'y'\nhint: Give z.\n")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert ended(ERROR) == 2
    assert capsys.readouterr() == ("", "错误：x 为 'y'\n提示：请给 z。\n")
    assert ended(BadInputError("only English")) == 2
    assert capsys.readouterr() == ("", "错误：only English\n")


def test_an_error_of_the_operating_system_names_its_file(capsys, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as caught, guarded():
        (tmp_path / "file" / "below").mkdir()
    assert caught.value.code == 2
    assert capsys.readouterr().err == f"error: {tmp_path / 'file' / 'below'}: Not a directory\n"
    assert ended(OSError("no number")) == 2
    assert capsys.readouterr().err == "error: no number\n"


def test_ctrl_c_is_no_error_of_the_program(capsys):
    assert ended(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_a_reader_that_left_and_a_fault_of_the_program_are_let_through():
    with pytest.raises(BrokenPipeError), guarded():
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")
    with pytest.raises(ZeroDivisionError), guarded():
        _ = 1 / 0


@pytest.mark.parametrize("option", ["--var", "--city"])
def test_a_file_where_a_folder_is_wanted_ends_without_a_traceback(tmp_path, board, option):
    (tmp_path / "file").touch()
    options = {"--city": board.folder, "--var": tmp_path, option: tmp_path / "file"}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "scripts.build_derived"),
            *(str(part) for pair in options.items() for part in pair),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "error: " in done.stderr
    assert str(tmp_path / "file") in done.stderr
    assert "Traceback" not in done.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_server_with_a_setting_that_is_none_ends_without_a_traceback(tmp_path):
    for variable, value, says in (
        ("WEIGE_FOO", "1", "error: WEIGE_FOO is not a setting; known are"),
        ("WEIGE_CITY", str(tmp_path), "is not a city folder"),
    ):
        done = subprocess.run(
            [
                *(sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py"),
                *("--bind", "127.0.0.1:0", "app.web:create_app()"),
            ],
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", variable: value},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode != 0
        assert says in done.stderr
        assert "Traceback" not in done.stderr
