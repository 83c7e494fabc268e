"""Take incidents of a table into the database: a rehearsal, unless --commit is given.

    python -m scripts.import_incidents FILE.csv --city geodata/jianyang -o REPORT.xlsx
    python -m scripts.import_incidents FILE.csv --city geodata/jianyang --commit

CSV, XLSX and Parquet. Every row is checked and located; the report has every row again, in order,
its columns untouched, with columns of its own after them: import_status (new, known, unusable),
import_number, import_grid, import_location_status, import_reason. What is there already under its
external id or its number is known and stays as it is: a second run adds nothing. A row without an
external id gets one made of its content. docs/incidents-files.md tells the columns, the mapping
file and the rules. Exit code 0: every row is usable; 1: some rows are not, their reason says why,
all others were taken in; 2: the command or a file was unusable, nothing was written.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path
from typing import Annotated

import typer

from app.errors import BadFileError, UnavailableError
from app.geo.datum import datum_named
from app.grids.editions import Editions, today_here
from app.incidents.bring_in import PREFIX, BringIn, RowStatus
from app.incidents.mapping import Mapping
from app.incidents.policy import DEFAULT_POLICY, Policy
from app.locate import Locator
from app.store import Database
from app.tables import TableWriter, check_output, open_table, with_own_columns
from scripts.console import guarded, say, speaks_chinese
from scripts.progress import RowProgress

EXIT_SOME_UNUSABLE = 1

app = typer.Typer(add_completion=False)


@app.command()
def main(
    file: Annotated[Path, typer.Argument(help="Incidents: .csv, .tsv, .xlsx, .parquet.")],
    city: Annotated[Path, typer.Option(help="City folder.", envvar="WEIGE_CITY")] = Path(
        "geodata/jianyang"
    ),
    var: Annotated[
        Path, typer.Option(help="Where weige.db is, without --database-url.", envvar="WEIGE_VAR")
    ] = Path("var"),
    database_url: Annotated[
        str, typer.Option(help="Another database.", envvar="WEIGE_DATABASE_URL", show_envvar=True)
    ] = "",
    policy: Annotated[Path, typer.Option(help="Policy file.", envvar="WEIGE_POLICY")] = (
        DEFAULT_POLICY
    ),
    mapping: Annotated[
        Path | None, typer.Option(help="TOML that says which column is which field.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Of an XLSX with several sheets.")] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Of a CSV; found out by itself for UTF-8 and GBK.")
    ] = None,
    datum: Annotated[
        str | None,
        typer.Option(help="Of coordinates where no column says: wgs84 (cgcs2000), gcj02, bd09."),
    ] = None,
    commit: Annotated[
        bool, typer.Option("--commit", help="Write; else it is a rehearsal.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option("-o", "--output", help="Report to write: every row, what became.")
    ] = None,
) -> None:
    """Take incidents of a table into the database.

    Without --commit everything is checked and located, and nothing is written but the report.
    """
    with guarded(), _no_hunt_for_cycles():
        if report is not None:
            check_output(report, file)
        rules = Policy.read(policy)
        table = open_table(file, encoding=encoding, sheet=sheet)
        how = Mapping.built_in(rules) if mapping is None else Mapping.read(mapping, rules)
        if datum is not None:
            how = replace(how, datum=datum_named(datum))
        database = Database(database_url or f"sqlite:///{var / 'weige.db'}")
        with closing(database):
            database.upgrade()
            task = BringIn(
                database,
                Locator.open(city),
                rules,
                table,
                how,
                "zh" if speaks_chinese() else "en",
            )
            out = None
            if report is not None:
                out = TableWriter(report, with_own_columns(table.schema, task.fields, PREFIX))
            with RowProgress("checking", table.row_hint) as progress:
                task.read(progress.advance, for_xlsx=_is_xlsx(report))
                progress.finish()
            if commit:
                _commit(task)
        if out is not None:
            _write(task, out, commit)
        _tell(task, commit)
        _tell_editions(task, Editions.read(city), rules.time_zone)
    if task.counts()[RowStatus.UNUSABLE]:
        raise typer.Exit(EXIT_SOME_UNUSABLE)


@contextmanager
def _no_hunt_for_cycles() -> Iterator[None]:
    """Let objects live that are many and refer to each other one way: a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _is_xlsx(path: Path | None) -> bool:
    return path is not None and path.suffix.lower() == ".xlsx"


def _commit(task: BringIn) -> None:
    new = task.counts()[RowStatus.NEW]
    with RowProgress("writing", new) as progress:
        try:
            task.commit(progress.advance)
        except UnavailableError as error:
            taken = sum(bool(row.number) for row in task.rows if row.status is RowStatus.NEW)
            raise UnavailableError(
                f"{error.message}; {taken} of {new} incidents were taken in before",
                "Run it again: what is there already is passed over.",
                message_zh=f"{error.message_zh}；此前已导入 {taken}/{new} 条",
                hint_zh="请重新运行：已导入的会自动跳过。",
            ) from error


def _write(task: BringIn, out: TableWriter, committed: bool) -> None:
    try:
        with out:
            for columns in task.report():
                out.write(columns)
    except OSError as error:
        done = " (the incidents were taken in)" if committed else ""
        raise BadFileError(f"{out.path}: {error.strerror or error}{done}") from error


def _tell_editions(task: BringIn, editions: Editions, zone: tzinfo) -> None:
    """Say if incidents of the days of earlier boundaries got today's grids."""
    current = editions.current(today_here())
    if current == editions.in_force[0]:
        return
    days = [one.past.reported_at.astimezone(zone).date() for one in task.rows if one.past]
    earlier = sum(day < current.valid_from for day in days)
    if earlier:
        say(
            f"{earlier} rows were reported before {current.valid_from}, when other boundaries held:"
            f" their grids are those of {current.name}, which answers today"
        )


def _tell(task: BringIn, committed: bool) -> None:
    """Say what became of the rows, and the first reasons."""
    counts = task.counts()
    told = ", ".join(f"{status} {counts[status]}" for status in RowStatus if counts[status])
    say(f"{counts.total()} rows ({told or 'none'})")
    if task.by_content:
        say(f"{task.by_content} rows have no external id: they go by one made of their content")
    bad = [(at, row) for at, row in enumerate(task.rows, 1) if row.status is RowStatus.UNUSABLE]
    for at, row in bad[:5]:
        say(f"row {at}: {row.reason:.300}")
    if len(bad) > 5:  # noqa: PLR2004 - as above
        say(f"and {len(bad) - 5} more; -o REPORT.csv tells all")
    if not committed:
        say("nothing was written to the database: add --commit to take the new ones in")


if __name__ == "__main__":
    app()
