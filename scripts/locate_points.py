"""Say of every row of a table with coordinates in which grids it lies.

    python -m scripts.locate_points POINTS.csv --city geodata/jianyang -o OUT.xlsx

CSV, XLSX and Parquet in and out. Every row comes out again, in order, its columns untouched, with
columns of its own after them: status, code and name at each level, codes of overlays, metres to
the border, alternatives, reason; and data_note, which says that the data is synthetic, only where
the city declares that (docs/locate.md). Exit code 0: every row was located; 1: some rows were
unusable, their reason says why; 2: the command or a file was unusable and nothing was written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Annotated

import typer

from app.batches import Cluster, in_threads
from app.errors import BadFileError
from app.locate import Locator
from app.locate.locator import DEFAULT_TOLERANCE_M
from app.locate.partitions import LocatedPart, LocateJob, PartLocator
from app.locate.rows import UNUSABLE, RowLocator, coordinate_columns
from app.tables import TableWriter, check_output, open_table, with_own_columns
from scripts.console import guarded, named_day, say, stopped_in_order
from scripts.progress import RowProgress

EXIT_SOME_UNUSABLE = 1

app = typer.Typer(add_completion=False)


@app.command()
def main(
    points: Annotated[Path, typer.Argument(help="Rows to locate: .csv, .tsv, .xlsx, .parquet.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write, of any of them.")],
    city: Annotated[Path, typer.Option(help="City folder.")] = Path("geodata/jianyang"),
    lon: Annotated[str | None, typer.Option(help="Column of the longitude, exactly.")] = None,
    lat: Annotated[str | None, typer.Option(help="Column of the latitude, exactly.")] = None,
    datum: Annotated[str, typer.Option(help="wgs84 (cgcs2000), gcj02 or bd09.")] = "wgs84",
    accuracy_m: Annotated[
        float, typer.Option(help="Metres by which a point may be wrong; lists all grids within.")
    ] = 0.0,
    tolerance_m: Annotated[
        float, typer.Option(help="Metres outside of every grid to be given the nearest still.")
    ] = DEFAULT_TOLERANCE_M,
    encoding: Annotated[
        str | None, typer.Option(help="Of a CSV; found out by itself for UTF-8 and GBK.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Of an XLSX with several sheets.")] = None,
    prefix: Annotated[str, typer.Option(help="Put before the names of the new columns.")] = "",
    columns: Annotated[
        str | None,
        typer.Option(
            help="Only these of the new columns, joined by commas; the rest costs nothing."
        ),
    ] = None,
    on: Annotated[
        str, typer.Option(help="Day whose edition of the boundaries is to answer, 2026-05-01.")
    ] = "",
    scheduler: Annotated[
        str | None, typer.Option(help="Dask scheduler whose workers do it, tcp://host:8786.")
    ] = None,
) -> None:
    """Locate every row of a table in the grids of a city.

    Every row comes out again with columns appended: status, code and name at each level, codes of
    overlays, border_m, alternatives, reason; and data_note, only if the city is synthetic.

    Exit code 0: every row was located; 1: some rows were unusable; 2: nothing was written.
    """
    with guarded(), stopped_in_order("stopped, nothing was written"), ExitStack() as stack:
        check_output(output, points)
        cluster = stack.enter_context(Cluster(scheduler)) if scheduler is not None else None
        try:
            table = open_table(points, encoding=encoding, sheet=sheet)
            places = coordinate_columns(table, lon, lat)
            locator = Locator.open(city, tolerance_m, named_day(on))
            wanted = None if columns is None else tuple(columns.split(","))
            rows = RowLocator(locator, datum, accuracy_m, wanted)
            out = TableWriter(output, with_own_columns(table.schema, rows.fields, prefix))
            if cluster is None:
                parts = in_threads(PartLocator(rows, places, out.encoder), table.parts())
            else:
                job = LocateJob(
                    folder=locator.city.folder.absolute(),
                    manifest=locator.city.manifest,
                    tolerance_m=tolerance_m,
                    accuracy_m=accuracy_m,
                    datum=datum,
                    places=places,
                    encoder=out.encoder,
                    columns=wanted,
                )
                parts = cluster.in_order(job, table.parts())
            statuses = _write(out, stack.enter_context(closing(parts)), table.row_hint)
        except OSError as error:
            raise BadFileError(f"{error.filename or output}: {error.strerror or error}") from error
    counts = ", ".join(f"{status} {count}" for status, count in statuses.most_common())
    say(f"{output}: {statuses.total()} rows ({counts or 'none'})")
    manifest = locator.city.manifest
    if manifest.synthetic:
        say(f"{manifest.name}: {manifest.synthetic}")
    if statuses[UNUSABLE]:
        raise typer.Exit(EXIT_SOME_UNUSABLE)


def _write(out: TableWriter, parts: Iterator[LocatedPart], row_hint: int | None) -> Counter[str]:
    """Write the output, showing how far it is; return how many rows have which status."""
    statuses: Counter[str] = Counter()
    with out, RowProgress("locating", row_hint) as progress:
        for part in parts:
            out.write_encoded(part.encoded, part.rows)
            statuses += part.statuses
            progress.advance(part.rows)
        progress.finish()
    return statuses


if __name__ == "__main__":
    app()
