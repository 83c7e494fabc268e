"""Read the boundaries of a city from files of any format, and say what is wrong with them.

    python -m scripts.import_grids SPEC.toml --out geodata/NAME [--commit] [--report FILE]
        [--generation NAME] [--valid-from DAY] [--map FILE.html]

SPEC.toml names the files level by level (docs/import.md). Without --commit it only reports.
With --generation it becomes an edition beside those that the city has, and answers nothing before
it is activated (docs/generations.md).
Exit code 0: no defect; 1: defects, listed and recorded in the city folder; 2: the command or a
file was unusable and nothing was written.
"""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from app.errors import BadFileError
from app.grids import City
from app.grids.boundary_set import BoundarySet, LayerSpec, ReferenceSpec
from app.grids.editions import edition_folder, place_for, today_here
from app.grids.importer import Imported, import_boundaries
from app.grids.manifest import MANIFEST_NAME
from app.grids.replace import refuse_loss, refuse_other_city, unlisted
from app.grids.store import read_manifest, refuse_editions
from app.maps.quality_map import quality_page
from scripts.certificates import (
    Language,
    check_report_place,
    show,
    working,
    write_report,
    write_text,
)
from scripts.console import guarded, named_day, say

app = typer.Typer(add_completion=False)


@app.command()
def main(
    spec: Annotated[Path, typer.Argument(help="The boundary set, a TOML file.")],
    out: Annotated[Path, typer.Option(help="City folder to write; of no other city.")],
    commit: Annotated[bool, typer.Option("--commit", help="Write it.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write the certificate as JSON to this file.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--map", help="Write a map of the findings, one HTML page.")
    ] = None,
    language: Annotated[
        Language, typer.Option(help="In which the map opens; it speaks both.")
    ] = Language.ZH,
    generation: Annotated[
        str, typer.Option(help="Name of the edition; put beside those that the city has.")
    ] = "",
    valid_from: Annotated[
        str, typer.Option(help="Day from which it holds, such as 2027-01-01.")
    ] = "",
) -> None:
    """Import boundaries into a city folder, or only report on them."""
    with guarded():
        boundaries = _named(BoundarySet.read(spec), generation, valid_from)
        refuse_other_city(out, boundaries.id)
        beside = (out / MANIFEST_NAME).is_file() and bool(generation)
        place = place_for(out, generation) if beside else out
        if commit:
            refuse_editions(place)
            refuse_loss(place)
        elif lost := unlisted(place):
            say(f"with --commit this is refused as long as {place} holds {', '.join(lost)}")
        for file in (report, html):
            check_report_place(file, out, [spec, *_sources(boundaries)])
        with working() as tell:
            imported = import_boundaries(boundaries, today_here(), tell)
        show(imported.certificate)
        write_report(imported.certificate, report)
        if html is not None:
            write_text(_map(imported, language), html)
            say(f"map: {html}")
        if not commit:
            say(f"nothing written; with --commit it goes to {place}")
        elif beside:
            _write(imported, place, edition_folder(out))
            locate_gazetteer(place)
            say(f"written: {place}")
            say(
                f"it answers nothing yet: python -m scripts.generations activate {out} {generation}"
            )
            _tell_unfit(place)
        else:
            _write(imported, place)
            say(f"written: {place}")
            _tell_unfit(place)
    if not imported.certificate.ok:
        raise typer.Exit(1)


def _named(boundaries: BoundarySet, generation: str, valid_from: str) -> BoundarySet:
    """Return a boundary set with the name and the day that the command line gives, if any."""
    day = named_day(valid_from, "--valid-from") or boundaries.valid_from
    name = generation or boundaries.generation
    return dataclasses.replace(boundaries, generation=name, valid_from=day)


def _map(imported: Imported, language: Language) -> str:
    """Return the map of what was found; it draws a folder, of which there may be none yet."""
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base) / imported.manifest.id
        imported.write(folder)
        return quality_page(City.open(folder), imported.certificate.to_dict(), language)


def _sources(boundaries: BoundarySet) -> list[Path]:
    parts: list[LayerSpec | ReferenceSpec] = [*boundaries.levels, *boundaries.overlays]
    if boundaries.reference is not None:
        parts.append(boundaries.reference)
    places = [place for part in parts for place in boundaries.places(part)]
    return [place for place in places if isinstance(place, Path)]


def _write(imported: Imported, out: Path, beside: Path | None = None) -> None:
    try:
        imported.write(out, beside)
    except OSError as error:
        raise BadFileError(f"{out} cannot be written: {error.strerror}") from error


def _tell_unfit(folder: Path) -> None:
    """Say which tables that were kept do not fit the boundaries that were written."""
    from app.analysis.coverage import CoverageOf  # noqa: PLC0415 - only here, and slow to load

    for error in CoverageOf(City.open(folder)).unfit():
        say(f"does not fit these boundaries, and is not counted until it does: {error.message}")
        if error.hint:
            say(error.hint)


def locate_gazetteer(folder: Path) -> None:
    """Locate the gazetteer that an edition took over in its own boundaries."""
    from app.addresses.calibration import unused_calibration  # noqa: PLC0415 - only here, slow
    from app.addresses.index import TABLE  # noqa: PLC0415
    from app.addresses.update import Options, prepare  # noqa: PLC0415

    if TABLE not in read_manifest(folder).tables:
        return
    with working() as tell:
        prepare(folder, [], Options(), tell=tell).write()
    say("the gazetteer was located in it")
    if told := unused_calibration(folder):
        say(told)


if __name__ == "__main__":
    app()
