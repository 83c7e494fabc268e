"""Bring reference tables into a city: special groups, visits, stations, sites, estates.

    python -m scripts.import_reference stations=stations.csv visits=visits.xlsx \
        --city geodata/NAME [--datum gcj02] [--commit]

Tables and their columns are those of docs/city-folder.md, under English or Chinese headers; a table
that is brought in stands for the earlier one as a whole. They are checked against the boundaries
and against each other. Without --commit it only reports.
Exit code 0: all is well; 2: something is not, and nothing was written.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pyarrow as pa
import pyarrow.compute as pc
import typer

from app.analysis.reference_files import read_reference_file
from app.errors import BadFileError, BadInputError
from app.geo.datum import datum_named
from app.grids.reference import Reference
from app.grids.store import replace_tables
from app.locate import Locator
from scripts.console import guarded, say

app = typer.Typer(add_completion=False)


@app.command()
def main(
    files: Annotated[list[str], typer.Argument(help="TABLE=FILE, such as stations=s.csv.")],
    city: Annotated[Path, typer.Option(help="City folder.")],
    datum: Annotated[str, typer.Option(help="wgs84 (cgcs2000), gcj02 or bd09.")] = "wgs84",
    encoding: Annotated[
        str | None, typer.Option(help="Of a CSV; found out by itself for UTF-8 and GBK.")
    ] = None,
    commit: Annotated[bool, typer.Option("--commit", help="Write it.")] = False,
) -> None:
    """Bring reference tables into a city, or only report on them."""
    with guarded():
        named = _named(files)
        shown = datum_named(datum)
        locator = Locator.open(city)
        tables = {
            name: read_reference_file(locator, name, path, datum=shown, encoding=encoding)
            for name, path in named.items()
        }
        Reference.open(locator.city, tables)
        for name, table in tables.items():
            say(f"{name}: {_told(table)}")
        if not commit:
            say(f"nothing written; with --commit it goes to {city}")
            return
        try:
            replace_tables(city, locator.city.manifest, tables)
        except OSError as error:
            raise BadFileError(f"{city} cannot be written: {error.strerror}") from error
        say(f"written: {city}")


def _named(files: list[str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for text in files:
        name, equals, path = text.partition("=")
        if not equals or not path or name in found:
            raise BadInputError(
                f"the file is {text!r:.200}, allowed is TABLE=FILE, each table once",
                "For example stations=stations.csv.",
                message_zh=f"文件为 {text!r:.200}，应写成 表名=文件，每张表一次",
                hint_zh="例如 stations=stations.csv。",
            )
        found[name] = Path(path)
    return found


def _told(table: pa.Table) -> str:
    sums = [
        f"{pc.sum(table[one]).as_py() or 0:,} {one}"
        for one in ("people", "members")
        if one in table.column_names
    ]
    return ", ".join([f"{table.num_rows:,} rows", *sums])


if __name__ == "__main__":
    app()
