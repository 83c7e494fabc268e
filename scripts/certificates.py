"""What the command lines that print a certificate share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from app.errors import BadFileError
from app.grids.certificate import Certificate
from app.grids.report import certificate_tables
from app.grids.store import write_bytes

# Wide enough for the table where no terminal says how wide it is.
_PIPE_WIDTH = 140


@contextmanager
def working() -> Iterator[Callable[[str], None]]:
    """Show on stderr what is being done, as the function that is yielded is told."""
    with Console(stderr=True).status("") as status:
        yield status.update


def show(certificate: Certificate) -> None:
    """Print a certificate on stdout."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(width=_PIPE_WIDTH, highlight=False)
    console.print(certificate_tables(certificate))


def check_report_place(path: Path | None) -> None:
    """Refuse a place for the report that cannot be one, before any work.

    Raises
    ------
    BadFileError
        If it is a folder, or lies in a folder that does not exist.
    """
    if path is not None and (path.is_dir() or not path.parent.is_dir()):
        raise BadFileError(f"{path} is not a place for a file", "Name a file in a folder.")


def write_report(certificate: Certificate, path: Path | None) -> None:
    """Write a certificate as JSON, whole or not at all; nothing if no path is given."""
    if path is None:
        return
    try:
        write_bytes(path, certificate.to_json().encode())
    except OSError as error:
        raise BadFileError(f"{path} cannot be written: {error.strerror}") from error
