"""Write the incidents of a database to a file.

    python -m scripts.export_incidents --city geodata/jianyang -o OUT.xlsx [--from 2026-01-01]

CSV, TSV, XLSX, Parquet and GeoJSON, by the extension. docs/incidents-files.md tells the columns,
which are always the same; scripts.import_incidents reads the file again. Personal fields come with
--with-contact only, and that is recorded in the audit log. Exit code 0: written; 2: refused,
nothing was written.
"""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from app.accounts import Actor
from app.errors import BadFileError, BadInputError
from app.grids import City
from app.incidents.hand_out import HandOut
from app.incidents.incident import Query
from app.incidents.lifecycle import OPEN, OVER, Status
from app.incidents.policy import DEFAULT_POLICY, Policy
from app.incidents.row_times import TimeReader
from app.store import Database
from scripts.console import guarded, say
from scripts.progress import RowProgress

app = typer.Typer(add_completion=False)

BY = Actor.system("export_incidents")
_GROUPS = {"open": OPEN, "over": OVER}


@app.command()
def main(
    output: Annotated[
        Path, typer.Option("-o", "--output", help=".csv, .tsv, .xlsx, .parquet or .geojson.")
    ],
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
    since: Annotated[
        str | None, typer.Option("--from", help="Happened then or later: 2026-01-01 or with time.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="Happened before.")] = None,
    hazard: Annotated[str | None, typer.Option(help="With all its kinds.")] = None,
    status: Annotated[
        list[str] | None, typer.Option(help="open, over or a status; may be given several times.")
    ] = None,
    area: Annotated[str | None, typer.Option(help="Code of a grid of any level.")] = None,
    with_contact: Annotated[
        bool, typer.Option("--with-contact", help="Who reported; recorded in the audit log.")
    ] = False,
) -> None:
    """Write incidents to a file, all or none."""
    with guarded():
        if not output.absolute().parent.is_dir():
            raise BadFileError(f"there is no folder {output.absolute().parent}")
        rules = Policy.read(policy)
        opened = City.open(city)
        if area is not None:
            opened.find(area)
        times = TimeReader(rules.time_zone)
        query = Query(
            statuses=_statuses(status or []),
            hazard=hazard,
            code=area,
            since=_time(times, "--from", since),
            until=_time(times, "--to", until),
        )
        if not database_url and not (var / "weige.db").is_file():
            raise BadFileError(f"there is no database {var / 'weige.db'}")
        database = Database(database_url or f"sqlite:///{var / 'weige.db'}")
        with closing(database):
            database.upgrade()
            task = HandOut(database, rules, opened, BY, query, contact=with_contact)
            with RowProgress("writing", None) as progress:
                count = task.write(output, progress.advance)
                progress.finish()
    say(f"{output}: {count} incidents")
    if opened.manifest.synthetic:
        say(f"{opened.manifest.name}: {opened.manifest.synthetic}")


def _time(times: TimeReader, name: str, text: str | None) -> datetime | None:
    return None if text is None else times.read(name, text)


def _statuses(names: list[str]) -> tuple[Status, ...]:
    found: set[Status] = set()
    for name in names:
        if name in _GROUPS:
            found |= _GROUPS[name]
        elif name in set(Status):
            found.add(Status(name))
        else:
            allowed = ", ".join([*_GROUPS, *Status])
            raise BadInputError(
                f"status is {name!r}, allowed are {allowed}",
                message_zh=f"status 为 {name!r}，可用：{allowed}",
            )
    return tuple(one for one in Status if one in found)


if __name__ == "__main__":
    app()
