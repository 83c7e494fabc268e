"""Measure how right addresses are answered by the gazetteer of a city, and keep that with it.

    python -m scripts.calibrate_addresses --city geodata/NAME [--seed 1] [--rounds 3] [--commit]

Half of the doors, buildings and places are held out in turn and asked for in three styles; how
sure an answer is, is then what was right of such answers. Without --commit it only reports. Exit
code 0: measured; 2: the command or a file was unusable and nothing was written.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.addresses.calibrate import Plan, measure, put
from app.addresses.calibration_report import page, tables
from app.errors import BadFileError
from app.grids import City
from app.grids.replace import refuse_loss
from app.grids.store import write_bytes
from scripts.certificates import check_report_place, working
from scripts.console import guarded, say, speaks_chinese

_PIPE_WIDTH = 140

app = typer.Typer(add_completion=False)


@app.command()
def main(
    city: Annotated[Path, typer.Option(help="City folder with a gazetteer.")],
    seed: Annotated[int, typer.Option(help="Of what is held out and how it is written.")] = 1,
    folds: Annotated[int, typer.Option(help="Gazetteers that are built.")] = 4,
    rows: Annotated[int, typer.Option(help="At most so many are asked for in a round.")] = 60_000,
    rounds: Annotated[int, typer.Option(help="How often, of other gazetteers each time.")] = 1,
    commit: Annotated[bool, typer.Option("--commit", help="Keep it in the city folder.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write a page of Markdown.")] = None,
) -> None:
    """Measure how right addresses are, and keep that in the city folder or only report it."""
    with guarded():
        check_report_place(report, city)
        opened = City.open(city)
        if commit:
            refuse_loss(opened.folder)
        with working() as tell:
            measured = measure(opened, Plan(seed, folds, rows, rounds=rounds), tell)
        synthetic = opened.manifest.synthetic
        day = datetime.now(tz=UTC).date().isoformat()
        table = measured.table(day, bool(synthetic))
        console = Console(highlight=False)
        if not console.is_terminal:
            console = Console(width=_PIPE_WIDTH, highlight=False)
        console.print(tables(measured, table, zh=speaks_chinese()))
        if commit:
            try:
                put(opened, table)
            except OSError as error:
                raise BadFileError(f"{city} cannot be written: {error.strerror}") from error
            say(f"written: {city}")
        # Only now, so that a report of what could not be written does not stand for it.
        if report is not None:
            text = page(measured, table, opened.manifest.name, synthetic)
            write_bytes(report, text.encode())
        if not commit:
            say(f"nothing written; with --commit it goes to {city}")


if __name__ == "__main__":
    app()
