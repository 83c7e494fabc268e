"""Write the monthly report of a town, or of every town: one page of A4 each, ready to print.

    python -m scripts.report --town 射洪坝街道 --month 2026-10 -o report.html
    python -m scripts.report --month 2026-10 -o reports/

Figures beside those of the month before and the year before, trends, maps, worst gaps. Without
--town the output is a folder, and every grid of the coarsest level gets a page in it. Counts below
--suppress are not shown. Exit code 0: written; 1: written, but rows of --incidents were unusable;
2: nothing was written. docs/export.md tells more.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from app.analysis.ground import Ground
from app.analysis.suppression import DEFAULT_THRESHOLD, check_threshold
from app.errors import BadFileError, BadInputError
from app.grids import City, Grid
from app.incidents.policy import DEFAULT_POLICY, Policy
from app.locate import Locator
from app.maps.export import write_page
from app.maps.order import newest, period_of
from app.maps.question import Question
from app.maps.report import parse_month, report_of
from app.maps.report_page import report_page
from app.maps.scope import find_area, scope_of
from scripts.console import guarded, say, speaks_chinese
from scripts.export_map import EXIT_SOME_UNUSABLE, read_incidents

app = typer.Typer(add_completion=False)


@app.command()
def main(
    output: Annotated[
        Path, typer.Option("-o", "--output", help="HTML file; a folder without --town.")
    ],
    town: Annotated[str, typer.Option(help="Grid of any level, by name or code.")] = "",
    month: Annotated[str, typer.Option(help="Such as 2026-10; that of the newest incident.")] = "",
    city: Annotated[Path, typer.Option(help="City folder.", envvar="WEIGE_CITY")] = Path(
        "geodata/jianyang"
    ),
    incidents: Annotated[
        Path | None, typer.Option(help="Incidents from a file: .csv, .xlsx, .parquet.")
    ] = None,
    database: Annotated[str, typer.Option(help="Incidents from a database, by its URL.")] = "",
    policy: Annotated[Path, typer.Option(help="Policy file.", envvar="WEIGE_POLICY")] = (
        DEFAULT_POLICY
    ),
    suppress: Annotated[
        int, typer.Option(help="Counts below it are not shown; 0 shows all.")
    ] = DEFAULT_THRESHOLD,
    language: Annotated[str, typer.Option(help="zh or en; that of the terminal.")] = "",
) -> None:
    """Write the monthly report of a town, or of every town."""
    with guarded():
        check_threshold(suppress)
        if town and output.suffix.lower() not in {".html", ".htm"}:
            raise BadInputError(f"the output is {output}, allowed is a name that ends with .html")
        if not town and output.suffix:
            raise BadInputError(
                f"the output is {output}, without --town it is a folder",
                "Name a town, or a folder without an extension.",
                message_zh=f"输出为 {output}，未指定 --town 时应为文件夹",
                hint_zh="请指定镇街，或给出不带扩展名的文件夹。",
            )
        if not town and output.exists():
            raise BadFileError(f"{output} is there already", "Name a folder that is not there yet.")
        rules = Policy.read(policy)
        locator = Locator.open(city)
        ground = Ground(locator.city)
        found = read_incidents(locator, ground, rules, incidents, database)
        question = Question(
            scope=scope_of(locator.city),
            ground=ground,
            policy=rules,
            incidents=found.incidents,
            period=period_of(found.incidents, rules),
            suppress=suppress,
            language=language or ("zh" if speaks_chinese() else "en"),
        )
        wanted = month or f"{newest(found.incidents).astimezone(rules.time_zone):%Y-%m}"
        if town:
            write_page(_page(question, find_area(locator.city, town), wanted), output)
            say(f"{output}: {wanted}")
        else:
            say(f"{output}: {_write_all(question, locator.city, wanted, output)} reports")
        if locator.city.manifest.synthetic:
            say(f"{locator.city.manifest.name}: {locator.city.manifest.synthetic}")
    if found.unusable:
        raise typer.Exit(EXIT_SOME_UNUSABLE)


def _page(question: Question, area: Grid, month: str) -> str:
    asked = replace(question, scope=scope_of(question.scope.city, area))
    return report_page(report_of(asked, parse_month(month, asked)))


def _write_all(question: Question, city: City, month: str, folder: Path) -> int:
    """Write a page for every grid of the coarsest level, all of them or none."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f"{folder.name}.partial-"))
    try:
        top = city.levels[0].id
        codes = [str(code) for code in city.layer(top).codes]
        for code in codes:
            page = _page(question, city.find(code, top), month)
            write_page(page, partial / f"{code}.html")
        partial.chmod(0o755)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return len(codes)


if __name__ == "__main__":
    app()
