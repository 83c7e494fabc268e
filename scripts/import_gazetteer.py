"""Bring addressable points into the gazetteer of a city, and say what is wrong with it.

    python -m scripts.import_gazetteer FILE... --city geodata/NAME [--datum gcj02] [--commit]

CSV, XLSX or Parquet with any of the columns that docs/gazetteer.md lists, under English or
Chinese headers. Without --commit it only reports; without FILE what is there is located again.
Exit code 0: no defect; 1: defects or unusable rows, which the report names; 2: the command or a
file was unusable and nothing was written.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from app.addresses.audit_report import update_tables
from app.addresses.side_files import read_aliases, read_coverage, stated_coverage
from app.addresses.update import Options, Update, prepare
from app.errors import BadFileError
from app.grids.store import write_bytes
from scripts.certificates import check_report_place, working
from scripts.console import guarded, say, speaks_chinese

EXIT_FINDINGS = 1
_PIPE_WIDTH = 140

app = typer.Typer(add_completion=False)


@app.command()
def main(
    city: Annotated[Path, typer.Option(help="City folder.")],
    files: Annotated[
        list[Path] | None, typer.Argument(help="Points: .csv, .tsv, .xlsx or .parquet.")
    ] = None,
    datum: Annotated[str, typer.Option(help="wgs84 (cgcs2000), gcj02 or bd09.")] = "wgs84",
    commit: Annotated[bool, typer.Option("--commit", help="Write it.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Start afresh: leave all earlier rows out.")
    ] = False,
    encoding: Annotated[
        str | None, typer.Option(help="Of a CSV; found out by itself for UTF-8 and GBK.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Of an XLSX with several sheets.")] = None,
    source: Annotated[
        str | None, typer.Option(help="What the points are known by; else the name of the file.")
    ] = None,
    basis: Annotated[
        str, typer.Option(help="survey_point, building_polygon or centroid.")
    ] = "survey_point",
    aliases: Annotated[
        list[Path] | None, typer.Option(help="Other names: alias, target_kind, town, target …")
    ] = None,
    complete: Annotated[
        list[str] | None, typer.Option(help="town:element of which nothing is missing.")
    ] = None,
    coverage: Annotated[
        Path | None, typer.Option(help="The same as a table: town, element, complete.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write all of it as JSON.")] = None,
) -> None:
    """Import points into the gazetteer of a city, or only report on them."""
    with guarded():
        named = files or []
        inputs = [*named, *(aliases or []), *([coverage] if coverage else [])]
        check_report_place(report, city, inputs)
        stated = [stated_coverage(one) for one in complete or []]
        with working() as tell:
            options = Options(datum, encoding, sheet, source, basis, replace)
            update = prepare(
                city,
                named,
                options,
                _aliases(aliases or [], source, encoding),
                [*(read_coverage(coverage, encoding) if coverage else []), *stated],
                tell,
            )
        _show(update)
        if commit:
            _write(update, city)
        # Only now, so that a report of what could not be written does not stand for it.
        if report is not None:
            write_bytes(report, update.to_json().encode())
        if not commit:
            say(f"nothing written; with --commit it goes to {city}")
    if update.unusable or not update.audit.ok:
        raise typer.Exit(EXIT_FINDINGS)


def _aliases(
    paths: Iterable[Path], source: str | None, encoding: str | None
) -> list[dict[str, Any]]:
    return [row for path in paths for row in read_aliases(path, source or path.name, encoding)]


def _show(update: Update) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(width=_PIPE_WIDTH, highlight=False)
    console.print(update_tables(update, zh=speaks_chinese()))


def _write(update: Update, city: Path) -> None:
    try:
        changed = update.write() != update.city.manifest
    except OSError as error:
        raise BadFileError(f"{city} cannot be written: {error.strerror}") from error
    say(f"written: {city}" if changed else f"nothing changes in {city}")


if __name__ == "__main__":
    app()
