"""Command lines, run in the process of the test: starting one anew takes seconds."""

from __future__ import annotations

import subprocess
from contextlib import chdir
from importlib import import_module
from pathlib import Path

from typer.testing import CliRunner

ROOT = Path(__file__).resolve().parent.parent


def run_here(script: str, *words: object, lang: str = "C") -> subprocess.CompletedProcess[str]:
    """Run ``python -m scripts.SCRIPT WORDS`` from the repository's folder, and return what it said.

    Parameters
    ----------
    script
        Name of the module in scripts/.
    words
        Arguments.
    lang
        Language of the terminal, as in LC_ALL.

    Raises
    ------
    Exception
        Whatever the script lets out.
    """
    app = import_module(f"scripts.{script}").app
    arguments = [str(word) for word in words]
    with chdir(ROOT):
        done = CliRunner().invoke(app, arguments, env={"LC_ALL": lang})
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return subprocess.CompletedProcess(
        [script, *arguments], done.exit_code, done.stdout, done.stderr
    )
