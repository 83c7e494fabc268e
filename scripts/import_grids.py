"""Read the boundaries of a city from files of any format, and say what is wrong with them.

    python -m scripts.import_grids SPEC.toml --out geodata/NAME [--commit] [--report FILE]

SPEC.toml names the files level by level (docs/import.md). Without --commit it only reports.
Exit code 0: no defect; 1: defects, listed and recorded in the city folder; 2: the command or a
file was unusable and nothing was written.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from app.errors import BadFileError
from app.grids.boundary_set import BoundarySet, LayerSpec, ReferenceSpec
from app.grids.importer import Imported, import_boundaries
from app.grids.replace import refuse_loss, refuse_other_city, unlisted
from scripts.certificates import check_report_place, show, working, write_report
from scripts.console import guarded, say

app = typer.Typer(add_completion=False)


@app.command()
def main(
    spec: Annotated[Path, typer.Argument(help="The boundary set, a TOML file.")],
    out: Annotated[Path, typer.Option(help="City folder to write; of no other city.")],
    commit: Annotated[bool, typer.Option("--commit", help="Write it.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write the certificate as JSON to this file.")
    ] = None,
) -> None:
    """Import boundaries into a city folder, or only report on them."""
    with guarded():
        boundaries = BoundarySet.read(spec)
        refuse_other_city(out, boundaries.id)
        if commit:
            refuse_loss(out)
        elif lost := unlisted(out):
            say(f"with --commit this is refused as long as {out} holds {', '.join(lost)}")
        check_report_place(report, out, [spec, *_sources(boundaries)])
        with working() as tell:
            today = dt.datetime.now(tz=dt.UTC).astimezone().date()
            imported = import_boundaries(boundaries, today, tell)
        show(imported.certificate)
        write_report(imported.certificate, report)
        if commit:
            _write(imported, out)
            say(f"written: {out}")
        else:
            say(f"nothing written; with --commit it goes to {out}")
    if not imported.certificate.ok:
        raise typer.Exit(1)


def _sources(boundaries: BoundarySet) -> list[Path]:
    parts: list[LayerSpec | ReferenceSpec] = [*boundaries.levels, *boundaries.overlays]
    if boundaries.reference is not None:
        parts.append(boundaries.reference)
    places = [place for part in parts for place in boundaries.places(part)]
    return [place for place in places if isinstance(place, Path)]


def _write(imported: Imported, out: Path) -> None:
    try:
        imported.write(out)
    except OSError as error:
        raise BadFileError(f"{out} cannot be written: {error.strerror}") from error


if __name__ == "__main__":
    app()
