"""Look after the editions of a city's boundaries: list them, put one in force, take that back.

    python -m scripts.generations list geodata/NAME
    python -m scripts.generations activate geodata/NAME 2027
    python -m scripts.generations roll-back geodata/NAME

`scripts.import_grids --generation` makes an edition. Once in force it answers from its day on, at
once if that day has come; a running server changes over by itself (docs/generations.md). What the
server needs is built before. Exit code 0: done; 2: refused, nothing changed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.addresses.calibration import unused_calibration
from app.addresses.index import TABLE
from app.addresses.matcher import Matcher
from app.grids.certificate import CERTIFICATE_TABLE
from app.grids.city import City
from app.grids.editions import Edition, Editions, activate, roll_back, today_here
from app.grids.report import defects_text
from scripts.build_derived import build_all
from scripts.console import guarded, say

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Look after editions of boundaries."
)

CityFolder = Annotated[Path, typer.Argument(help="City folder.")]
Var = Annotated[
    Path, typer.Option(envvar="WEIGE_VAR", help="Folder for derived files, as of the server.")
]


@app.command("list")
def show(city: CityFolder) -> None:
    """List the editions, the earliest first."""
    with guarded():
        editions = Editions.read(city)
    current = editions.current(today_here())
    table = Table("generation", "from", "before", "state", "boundaries", "folder", box=None)
    table.pad_edge = False
    for one in editions.all:
        state = "in force" if one.in_force else "inactive"
        table.add_row(
            one.name,
            str(one.valid_from),
            str(one.until or ""),
            "answers today" if one is current else state,
            _defects(one),
            str(one.folder),
        )
    Console(soft_wrap=True).print(table)
    for error in editions.unusable:
        say(f"not usable: {error.message}")


@app.command("activate")
def put_in_force(
    city: CityFolder,
    generation: Annotated[str, typer.Argument(help="Its name, see list.")],
    var: Var = Path("var"),
) -> None:
    """Put an edition in force from its day on."""
    with guarded():
        found = Editions.read(city).named(generation)
        # Opened and checked whole, and all is built that a server would have to wait for.
        opened = City.at(found.folder)
        build_all(opened, var)
        if TABLE in opened.manifest.tables:
            Matcher.open(opened)
        say(f"its boundaries: {_defects(found)}")
        _say(activate(city, generation))
        if TABLE in opened.manifest.tables and (told := unused_calibration(found.folder)):
            say(told)


@app.command("roll-back")
def take_back(city: CityFolder, var: Var = Path("var")) -> None:
    """Take the last activation back: what was in force before is in force again."""
    with guarded():
        editions = Editions.read(city)
        now = {one.name for one in editions.in_force}
        back = [one for one in editions.all if one.name in editions.was and one.name not in now]
        for one in back:
            build_all(City.at(one.folder), var)
        _say(roll_back(city))


def _defects(edition: Edition) -> str:
    """Return what the certificate of an edition says of its boundaries."""
    file = edition.manifest.tables.get(CERTIFICATE_TABLE)
    if file is None:
        return "not checked"
    try:
        told = json.loads((edition.folder / file).read_text(encoding="utf-8"))
        found = defects_text([level["defects"] for level in told["levels"]])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return f"{file} cannot be read"
    return found or "no defect"


def _say(editions: Editions) -> None:
    """Say by which editions is answered from now on."""
    current = editions.current(today_here())
    say(f"{current.name} answers today")
    for one in editions.in_force:
        if one.valid_from > today_here():
            say(f"{one.name} answers from {one.valid_from} on")


if __name__ == "__main__":
    app()
