"""Print how far a city is covered: boundaries, staffing, reach; worst gaps first.

    python -m scripts.coverage --city geodata/jianyang [--kind reach] [--level town] [-o OUT.xlsx]

docs/coverage.md says how everything is counted. Counts of people below --suppress are not shown.
Exit code 0: told; 2: the folder, an option or the file was unusable, nothing was written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer
from rich.console import Console
from rich.table import Table

from app.analysis.coverage import CoverageOf
from app.analysis.coverage_plain import to_plain
from app.analysis.coverage_reach import D_M, DAYS, ReachQuestion
from app.analysis.coverage_suppress import suppress
from app.analysis.coverage_table import Column, Coverage, Form, Kind, LevelTable, worst_gaps
from app.analysis.ground import Area
from app.analysis.suppression import DEFAULT_THRESHOLD
from app.analysis.terms import State, Words
from app.errors import BadInputError
from app.grids import City
from app.grids.store import write_bytes
from app.tables import TableWriter, check_output
from scripts.certificates import check_report_place
from scripts.console import guarded, speaks_chinese

app = typer.Typer(add_completion=False)

# Wide enough where no terminal says how wide it is.
_PIPE_WIDTH = 180
_MARKS = {State.NO_DATA: "–", State.SUPPRESSED: "*"}


@app.command()
def main(
    city: Annotated[Path, typer.Option(help="City folder.", envvar="WEIGE_CITY")] = Path(
        "geodata/jianyang"
    ),
    kind: Annotated[
        list[Kind] | None, typer.Option(help="Which meaning; several times, or all.")
    ] = None,
    level: Annotated[
        str, typer.Option(help="Whose grids are listed; by default the coarsest.")
    ] = "",
    area: Annotated[str, typer.Option(help="Code of a grid: only what lies in it.")] = "",
    station: Annotated[
        str, typer.Option(help="Kind of station, or responder; by default all kinds.")
    ] = "",
    d_m: Annotated[float, typer.Option(help="Metres to a station.")] = D_M,
    days: Annotated[int, typer.Option(help="How many days back.")] = DAYS,
    as_of: Annotated[
        str, typer.Option(help="The last of them; needed unless the city is synthetic.")
    ] = "",
    group: Annotated[str, typer.Option(help="Special group; by default all.")] = "",
    site: Annotated[str, typer.Option(help="Kind of site; by default all.")] = "",
    suppressed: Annotated[
        int, typer.Option("--suppress", help="The least count of people that is shown; 0: all.")
    ] = DEFAULT_THRESHOLD,
    gaps: Annotated[int, typer.Option(min=0, help="How many of the worst gaps.")] = 5,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help=".csv, .tsv, .xlsx, .parquet or .json.")
    ] = None,
) -> None:
    """Print how far a city is covered, and write it to a file if asked."""
    with guarded():
        _check_output(output, city)
        of = CoverageOf(City.open(city))
        question = ReachQuestion(station, group, site, d_m, days, _day(as_of))
        within = of.ground.area(area) if area else None
        level = level or (within.level if within else of.ground.levels[0])
        found = [
            _asked(of, one, question, suppressed, within)
            for one in dict.fromkeys(kind or list(Kind))
        ]
        tables = [one.level(level) for one in found]
        console = Console(highlight=False)
        if not console.is_terminal:
            console = Console(width=_PIPE_WIDTH, highlight=False)
        for coverage, table in zip(found, tables, strict=True):
            _print(console, coverage, table, gaps)
        if output is not None:
            _write(output, found, tables, gaps)


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInputError(
            f"--as-of is {text!r}, allowed is a day such as 2026-11-01",
            message_zh=f"--as-of 为 {text!r}，应为日期，例如 2026-11-01",
        ) from None


def _asked(
    of: CoverageOf, kind: Kind, question: ReachQuestion, suppressed: int, within: Area | None
) -> Coverage:
    if kind is Kind.BOUNDARY:
        found = of.boundary()
    elif kind is Kind.STAFFING:
        found = of.staffing()
    else:
        found = of.reach(question)
    return suppress(of.ground, found, suppressed).within(of.ground, within)


def _said(words: Words) -> str:
    return words.zh if speaks_chinese() else words.en


def _print(console: Console, coverage: Coverage, table: LevelTable, gaps: int) -> None:
    """Print the table of a level under the row of the city, then what is worst."""
    day = "" if coverage.as_of is None else f" · {coverage.as_of}"
    shown = Table(
        title=f"{coverage.city_name} {coverage.generation} · {coverage.kind} · {table.name}{day}",
        title_justify="left",
    )
    shown.add_column("")
    for measure in coverage.measures:
        shown.add_column(_said(measure.name), justify="right", overflow="fold")
    shown.add_row(coverage.total.names[0], *_cells(coverage.total, 0), end_section=True)
    if coverage.total is not table:
        for row in range(len(table)):
            shown.add_row(str(table.names[row]), *_cells(table, row))
    console.print(shown)
    for level in coverage.findings:
        defects = {name: count for name, count in level.defects.items() if count}
        expected = "" if level.expected is None else f" / {level.expected}"
        console.print(f"{level.name}: {level.found}{expected} {defects or ''}")
    for ident, worst in worst_gaps(table).items():
        if worst and gaps:
            measure = table.column(ident).measure
            console.print(f"{_said(measure.name)} ↓")
            for gap in worst[:gaps]:
                console.print(
                    f"  {gap.name} {gap.code}: −{gap.affected:,.6g} / {gap.whole:,.6g} "
                    f"{_said(measure.whole)}"
                )
    for note in coverage.notes:
        console.print(_said(note), style="dim")
    if coverage.suppressed_below:
        console.print(f"* < {coverage.suppressed_below}", style="dim")


def _cells(table: LevelTable, row: int) -> list[str]:
    return [_cell(column, row) for column in table.columns]


def _cell(column: Column, row: int) -> str:
    mark = _MARKS.get(column.states[row])
    if mark is not None:
        return mark
    value = float(column.value[row])
    return f"{100 * value:.1f} %" if column.measure.form is Form.SHARE else f"{value:,.1f}"


def _check_output(output: Path | None, city: Path) -> None:
    """Refuse a file that cannot be written, before any work."""
    check_report_place(output, city)
    if output is not None and output.suffix.lower() != ".json":
        check_output(output)


def _write(output: Path, found: list[Coverage], tables: list[LevelTable], gaps: int) -> None:
    if output.suffix.lower() == ".json":
        plain = [to_plain(one, table.level, gaps) for one, table in zip(found, tables, strict=True)]
        text = json.dumps({"coverage": plain}, ensure_ascii=False, indent=1)
        write_bytes(output, f"{text}\n".encode())
        return
    first, coverage = tables[0], found[0]
    day = next((one.as_of for one in found if one.as_of is not None), None)
    rows = len(first)
    columns: dict[str, tuple[pa.DataType, list[object]]] = {
        "code": (pa.string(), first.codes.tolist()),
        "name": (pa.string(), first.names.tolist()),
        "parent": (pa.string(), first.parents.tolist()),
    }
    for table in tables:
        for column in table.columns:
            ident = column.measure.id
            for name, values in (
                ("", column.value),
                ("_part", column.part),
                ("_whole", column.whole),
            ):
                columns[f"{ident}{name}"] = (pa.float64(), _known(values.tolist()))
            columns[f"{ident}_state"] = (pa.string(), [str(one) for one in column.states])
    columns["generation"] = (pa.string(), [coverage.generation] * rows)
    columns["as_of"] = (pa.date32(), [day] * rows)
    columns["synthetic"] = (pa.string(), [coverage.synthetic] * rows)
    schema = pa.schema([(name, kind) for name, (kind, _) in columns.items()])
    with TableWriter(output, schema) as writer:
        writer.write([values for _, values in columns.values()])


def _known(values: Iterable[float]) -> list[object]:
    """Return numbers, None where there is none."""
    return [None if value != value else value for value in values]  # noqa: PLR0124 - NaN


if __name__ == "__main__":
    app()
