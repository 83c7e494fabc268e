"""Write corrections of addresses to a file, or take those of a file in: a rehearsal first.

    python -m scripts.corrections export OUT.csv --city geodata/jianyang
    python -m scripts.corrections import FILE.csv --city geodata/jianyang -o REPORT.csv
    python -m scripts.corrections import FILE.csv --city geodata/jianyang --commit

A file has every correction with who made it when, of what text, and who undid it. Every row that
comes in is checked as if somebody made it now; the report has every row again, in order, its
columns untouched, with correction_status (new, same, undone, refused), correction_reason and
correction_id after them. A correction is known by its id: a second run changes nothing.
docs/corrections.md tells the columns. Exit code 0: every row is usable; 1: some are refused, their
reason says why, all others were taken in; 2: the command or a file was unusable, nothing was
written.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer

from app.accounts import Actor
from app.corrections.book import Book
from app.corrections.bring_in import OWN_COLUMNS, BringIn, RowStatus
from app.corrections.files import columns_of, rows_of, schema
from app.errors import BadFileError
from app.locate import Locator
from app.store import Database
from app.tables import TableWriter, check_output, open_table, with_own_columns
from scripts.console import guarded, say, speaks_chinese
from scripts.progress import RowProgress

EXIT_SOME_REFUSED = 1
BY = Actor.system("scripts.corrections")

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)

City = Annotated[Path, typer.Option(help="City folder.", envvar="WEIGE_CITY")]
Var = Annotated[
    Path, typer.Option(help="Where weige.db is, without --database.", envvar="WEIGE_VAR")
]
Url = Annotated[
    str,
    typer.Option("--database", "--database-url", help="Another one.", envvar="WEIGE_DATABASE_URL"),
]
_CITY, _VAR = Path("geodata/jianyang"), Path("var")


@app.command("export")
def export_(
    output: Annotated[Path, typer.Argument(help=".csv, .tsv, .xlsx or .parquet.")],
    city: City = _CITY,
    var: Var = _VAR,
    database: Url = "",
) -> None:
    """Write all corrections to a file, also those that were undone."""
    with guarded():
        check_output(output)
        if not database and not (var / "weige.db").is_file():
            raise BadFileError(f"there is no database {var / 'weige.db'}")
        with _book(city, var, database) as book:
            found = book.everything(BY)
        with TableWriter(output, schema()) as out:
            out.write(columns_of(found))
    say(f"{output}: {len(found)} corrections")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="As export writes it, or edited.")],
    city: City = _CITY,
    var: Var = _VAR,
    database: Url = "",
    commit: Annotated[
        bool, typer.Option("--commit", help="Write; else it is a rehearsal.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option("-o", "--output", help="Report: every row, what became of it.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Of a CSV; found out by itself for UTF-8 and GBK.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Of an XLSX with several sheets.")] = None,
) -> None:
    """Take the corrections of a file in; without --commit they are only checked."""
    with guarded():
        if report is not None:
            check_output(report, file)
        table = open_table(file, encoding=encoding, sheet=sheet)
        own = [pa.field(name, pa.string()) for name in OWN_COLUMNS]
        whole = with_own_columns(table.schema, own)
        with _book(city, var, database) as book:
            task = BringIn(book, BY, rows_of(table), "zh" if speaks_chinese() else "en")
            with RowProgress("checking", len(task.rows)) as progress:
                task.try_out(progress.advance)
                progress.finish()
            if commit:
                with RowProgress("writing", len(task.rows)) as progress:
                    task.commit(progress.advance)
                    progress.finish()
        if report is not None:
            with TableWriter(report, whole) as out:
                at = 0
                appended = task.report()
                for batch in table.batches():
                    stop = at + len(batch)
                    out.write([*batch.columns, *(column[at:stop] for column in appended)])
                    at = stop
        _tell(task, commit)
    if task.count(RowStatus.REFUSED):
        raise typer.Exit(EXIT_SOME_REFUSED)


@contextmanager
def _book(city: Path, var: Path, url: str) -> Iterator[Book]:
    locator = Locator.open(city)
    database = Database(url or f"sqlite:///{var / 'weige.db'}")
    with closing(database):
        database.upgrade()
        yield Book(database, locator)


def _tell(task: BringIn, committed: bool) -> None:
    counts = {status: task.count(status) for status in RowStatus}
    told = ", ".join(f"{status} {count}" for status, count in counts.items() if count)
    say(f"{len(task.rows)} rows ({told or 'none'})")
    noted = [(at, one) for at, one in enumerate(task.rows, 2) if one.reason]
    for at, one in noted[:5]:
        say(f"row {at}: {one.status}: {one.reason:.300}")
    if len(noted) > 5:  # noqa: PLR2004 - as above
        say(f"and {len(noted) - 5} more; -o REPORT.csv tells all")
    if not committed:
        say("nothing was written to the database: add --commit to take them in")


if __name__ == "__main__":
    app()
