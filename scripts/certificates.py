"""What the command lines that print a certificate share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from rich.console import Console

from app.errors import BadFileError, BadInputError
from app.grids.certificate import Certificate
from app.grids.report import certificate_tables
from app.grids.store import write_bytes

# Wide enough for the table where no terminal says how wide it is.
_PIPE_WIDTH = 140
# What comes beside a file of boundaries under the same name, by the formats that have such files.
_SIDECARS = frozenset(
    {
        *(".shp", ".shx", ".dbf", ".prj", ".cpg", ".qpj", ".sbn", ".sbx", ".qix", ".xml"),
        *(".tab", ".dat", ".map", ".id", ".ind", ".mif", ".mid"),
        *(".gml", ".xsd", ".gfs"),
    }
)


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


def check_report_place(path: Path | None, city: Path, inputs: Iterable[Path] = ()) -> None:
    """Refuse a place for the report that cannot be one, before any work.

    Parameters
    ----------
    path
        Where the report is to go; None for nowhere.
    city
        The city folder; whatever lies in it is the city's own.
    inputs
        Files that are read, each with the files beside it that belong to it (.dbf of a .shp).

    Raises
    ------
    BadFileError
        If it is a folder, or lies in a folder that does not exist.
    BadInputError
        If it lies in the city folder, or is an input or a part of one.
    """
    if path is None:
        return
    if path.is_dir() or not path.parent.is_dir():
        raise BadFileError(
            f"{path} is not a place for a file",
            "Name a file in a folder.",
            message_zh=f"{path} 不能作为文件的位置",
            hint_zh="请给出某个目录中的文件名。",
        )
    place = path.resolve()
    if place.is_relative_to(city.resolve()):
        raise BadInputError(
            f"the report {path} would lie in the city folder {city}",
            "Name a file elsewhere; the city folder holds its own certificate.",
            message_zh=f"报告 {path} 位于城市目录 {city} 之内",
            hint_zh="请写到别处；城市目录自带质量证书。",
        )
    for one in inputs:
        if _belongs_to(place, one):
            raise BadInputError(
                f"the report {path} would overwrite the input {one}",
                "Name another file; an input is never written over.",
                message_zh=f"报告 {path} 会覆盖输入文件 {one}",
                hint_zh="请另取文件名；输入文件不会被覆盖。",
            )


def _belongs_to(place: Path, source: Path) -> bool:
    """Tell whether a resolved path is an input, lies in it, or is a file that comes with it."""
    found = source.resolve()
    if place.is_relative_to(found) or found.is_relative_to(place):
        return True
    if place.exists() and found.exists() and place.samefile(found):
        return True
    beside = place.parent == found.parent and place.suffix.lower() in _SIDECARS
    return beside and place.stem in {found.stem, found.name}


class Language(StrEnum):
    """In which a page opens."""

    ZH = "zh"
    EN = "en"


def write_report(certificate: Certificate, path: Path | None) -> None:
    """Write a certificate as JSON, whole or not at all; nothing if no path is given."""
    if path is not None:
        write_text(certificate.to_json(), path)


def write_text(text: str, path: Path) -> None:
    """Write a report, whole or not at all.

    Raises
    ------
    BadFileError
        If it cannot be written.
    """
    try:
        write_bytes(path, text.encode())
    except OSError as error:
        raise BadFileError(f"{path} cannot be written: {error.strerror}") from error
