"""Say of every address in a table in which grid it lies, how sure that is, and why.

    python -m scripts.assign_addresses IN.xlsx --city geodata/jianyang --address 地址 -o OUT.xlsx

CSV, XLSX and Parquet in and out, - for the standard input. Every row comes out again, in order,
its columns untouched, with columns of its own after them (docs/addresses.md). --report writes what
it came to as one HTML page. A run that was killed is continued with --resume. Exit code 0: every
row had an address; 1: some had none that can be read, their explanation says why; 2: the command
or a file was unusable and nothing was written.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from app.addresses.amendments import NOTHING
from app.addresses.matcher import Matcher
from app.addresses.partitions import (
    PART_ROWS,
    AddressPart,
    AssignedPart,
    AssignJob,
    PartAssigner,
)
from app.addresses.rows import RowAssigner
from app.addresses.rules import rules_version
from app.addresses.table_columns import PARTS, address_columns
from app.addresses.tally import Tally
from app.batches import Cluster, Journal, in_processes
from app.corrections.files import amendments_in
from app.errors import BadFileError, BadInputError
from app.grids import City
from app.grids.store import digest, write_bytes
from app.maps.address_report import RunFacts, address_report, calibration_note
from app.tables import Table, TableWriter, check_output, open_table, with_own_columns
from scripts.certificates import check_report_place
from scripts.console import guarded, say, stopped_in_order
from scripts.progress import RowProgress
from scripts.standard_input import STDIN, named_input

EXIT_SOME_UNUSABLE = 1
STOPPED = "stopped, no output was written; the same command with --resume goes on from here"

app = typer.Typer(add_completion=False)


@app.command()
def main(
    source: Annotated[
        str, typer.Argument(metavar="IN", help="Rows: .csv, .tsv, .xlsx, .parquet, or - for stdin.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write, of any of them.")],
    city: Annotated[Path, typer.Option(help="City folder.")] = Path("geodata/jianyang"),
    address: Annotated[
        str | None, typer.Option(help="Column of whole addresses; 地址 or address by default.")
    ] = None,
    town: Annotated[str | None, typer.Option(help="Column of the town, 镇街.")] = None,
    community: Annotated[str | None, typer.Option(help="Of the community, 社区/村.")] = None,
    group: Annotated[str | None, typer.Option(help="Of the group, 组.")] = None,
    road: Annotated[str | None, typer.Option(help="Of the road, 道路.")] = None,
    section: Annotated[str | None, typer.Option(help="Of its section, 段.")] = None,
    lane: Annotated[str | None, typer.Option(help="Of the lane, 巷.")] = None,
    number: Annotated[str | None, typer.Option(help="Of the door number, 门牌号.")] = None,
    sub_number: Annotated[str | None, typer.Option(help="Of the sub-number, 附号.")] = None,
    estate: Annotated[str | None, typer.Option(help="Of the estate, 小区.")] = None,
    building: Annotated[str | None, typer.Option(help="Of the building, 楼栋.")] = None,
    unit: Annotated[str | None, typer.Option(help="Of the unit, 单元.")] = None,
    poi: Annotated[str | None, typer.Option(help="Of the name of a place, 名称.")] = None,
    corrections: Annotated[
        Path | None, typer.Option(help="Corrections of addresses to reckon with, as exported.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write what it came to as one HTML page.")
    ] = None,
    workers: Annotated[
        int, typer.Option(help="Processes that match; 0: one for each processor.")
    ] = 0,
    scheduler: Annotated[
        str | None, typer.Option(help="Dask scheduler whose workers do it, tcp://host:8786.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where a killed run of this command was.")
    ] = False,
    encoding: Annotated[
        str | None, typer.Option(help="Of a CSV; found out by itself for UTF-8 and GBK.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Of an XLSX with several sheets.")] = None,
    prefix: Annotated[str, typer.Option(help="Put before the names of the new columns.")] = "",
) -> None:
    """Assign every address of a table to a grid of a city.

    Every row comes out again with columns appended: grid_code, grid_name, the code at each level,
    status, match_level, position_basis, confidence, band, explanation, candidates,
    standard_address, leftover, gazetteer_version; and data_note, only if the city is synthetic.
    Options such as --town name columns that hold one part of the address: they beat the text.

    Exit code 0: every row had an address; 1: some had none that can be read; 2: nothing was
    written.
    """
    given = dict(zip(PARTS, (town, community, group, road, section, lane, number, sub_number,
                             estate, building, unit, poi), strict=True))  # fmt: skip
    parts = {name: column for name, column in given.items() if column is not None}
    with guarded(), stopped_in_order(STOPPED), ExitStack() as stack:
        _check_places(source, output, report, city, corrections)
        processes = _processes(workers, scheduler)
        cluster = stack.enter_context(Cluster(scheduler)) if scheduler is not None else None
        try:
            path = stack.enter_context(named_input(source, output))
            table = open_table(path, encoding=encoding, sheet=sheet)
            columns = address_columns(table, address, parts)
            opened = City.open(city)
            amendments = NOTHING if corrections is None else amendments_in(corrections, opened)
            matcher = Matcher.open(opened, amendments=amendments)
            rows = RowAssigner(opened, matcher, columns)
            schema = with_own_columns(table.schema, rows.fields, prefix)
            out = TableWriter(output, schema, output.with_name(f"{output.name}.partial"))
            key = {
                "input": digest(path),
                "format": output.suffix.lower(),
                "address": address or "",
                **{f"--{name}": column for name, column in parts.items()},
                "encoding": encoding or "",
                "sheet": sheet or "",
                "prefix": prefix,
                "city": _of_city(opened),
                "gazetteer": matcher.gazetteer.version,
                "rules": rules_version(),
            }
            place = output.with_name(f"{output.name}.journal")
            journal = stack.enter_context(Journal(place, key, resume=resume))
            _say_of(journal, resume)
            coming = _items(table, journal)
            done: Generator[AssignedPart, None, None] | Iterator[AssignedPart]
            if cluster is not None:
                job = AssignJob(
                    opened.folder.absolute(), opened.manifest, columns, amendments, out.encoder
                )
                done = stack.enter_context(closing(cluster.in_order(job, coming)))
            else:
                matcher.warm()
                assign = PartAssigner(rows, out.encoder)
                if processes == 1 or (table.row_hint or PART_ROWS + 1) <= PART_ROWS:
                    done = map(assign, coming)
                else:
                    done = stack.enter_context(closing(in_processes(assign, coming, processes)))
            tally = _write(out, done, journal, table.row_hint)
            if report is not None:
                page = address_report(opened, tally, _facts(source, matcher, key["rules"]))
                write_bytes(report, page.encode())
        except OSError as error:
            raise BadFileError(f"{error.filename or output}: {error.strerror or error}") from error
        counts = ", ".join(f"{status} {count}" for status, count in tally.statuses.most_common())
        say(f"{output}: {tally.rows} rows ({counts or 'none'})")
        if opened.manifest.synthetic:
            say(f"{opened.manifest.name}: {opened.manifest.synthetic}")
    if tally.unusable:
        say(f"{tally.unusable} rows without an address that can be read")
        raise typer.Exit(EXIT_SOME_UNUSABLE)


def _check_places(
    source: str, output: Path, report: Path | None, city: Path, corrections: Path | None
) -> None:
    inputs = [] if source == STDIN else [Path(source)]
    inputs += [corrections] if corrections is not None else []
    check_output(output, *inputs)
    check_report_place(report, city, [*inputs, output])


def _processes(workers: int, scheduler: str | None) -> int:
    if workers < 0:
        raise BadInputError(
            f"--workers is {workers}, allowed is 0 or more",
            "0 means one for each processor.",
            message_zh=f"--workers 为 {workers}，应为 0 或更大",
            hint_zh="0 表示每个处理器一个。",
        )
    if workers and scheduler is not None:
        raise BadInputError(
            f"--workers {workers} and --scheduler are both given",
            "The workers of a scheduler are started with it; leave one of them out.",
            message_zh=f"同时给出了 --workers {workers} 与 --scheduler",
            hint_zh="调度器的工作进程另行启动；请去掉其中一个。",
        )
    return workers or len(os.sched_getaffinity(0))


def _say_of(journal: Journal, resume: bool) -> None:
    if journal.finished:
        say(f"going on after {journal.finished} parts of {PART_ROWS} rows that are done already")
    elif resume:
        say("there is nothing to go on with: beginning afresh")
    elif journal.found:
        say("an earlier run was not finished; beginning afresh, as --resume was not given")


def _facts(source: str, matcher: Matcher, rules: str) -> RunFacts:
    return RunFacts(
        source="标准输入 stdin" if source == STDIN else Path(source).name,
        day=date.today(),  # noqa: DTZ011 - the day of whoever runs it
        gazetteer=matcher.gazetteer.version,
        rules=rules,
        calibration=calibration_note(matcher.calibration),
    )


def _of_city(city: City) -> str:
    return hashlib.sha256(city.manifest.to_toml().encode()).hexdigest()[:16]


def _items(table: Table, journal: Journal) -> Iterator[AddressPart]:
    """Yield the parts of a table, each with what is known of it already."""
    known = journal.parts()
    for batch in table.batches(PART_ROWS):
        yield AddressPart(batch, next(known, b""))


def _write(
    out: TableWriter, parts: Iterator[AssignedPart], journal: Journal, row_hint: int | None
) -> Tally:
    """Write the output, showing how far it is; return what the rows came to."""
    tally, known = Tally(), journal.finished
    try:
        with out, RowProgress("assigning", row_hint) as progress:
            for place, part in enumerate(parts):
                if place >= known:
                    journal.append(part.own)
                out.write_encoded(part.encoded, part.rows)
                tally.add(part.tally)
                progress.advance(part.rows)
            progress.finish()
    except (BadFileError, BadInputError):
        # The input or the output cannot be: there is nothing to go on with.
        journal.discard()
        raise
    journal.discard()
    return tally


if __name__ == "__main__":
    app()
