"""Say what another edition of the boundaries changes, and for whom.

    python -m scripts.diff_generations 2026-demo 2027-demo --city geodata/jianyang -o DIR

Prints a table, and writes into DIR (docs/generations.md): changes.csv and lineage.csv, doors.csv
and posts.csv, incidents.csv and accounts.csv if there is a database, diff.geojson, diff.html (both
editions side by side, opens without a network) and summary.json. Exit code 0: nothing changes;
1: something does; 2: the command or a folder is unusable.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, fields
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from app.accounts import Actor
from app.accounts.accounts import Accounts
from app.analysis.moved import (
    DOOR_COLUMNS,
    POST_COLUMNS,
    Moved,
    became,
    door_rows,
    moved_by,
    totals,
)
from app.errors import BadInputError
from app.grids.city import City
from app.grids.diff import Kind
from app.grids.diff_rows import (
    CHANGE_COLUMNS,
    LINEAGE_COLUMNS,
    change_rows,
    lineage_rows,
    summary,
    to_csv,
    to_geojson,
)
from app.grids.editions import Editions
from app.grids.store import write_bytes
from app.incidents.replay import Replay, Replayed
from app.locate import Locator
from app.maps.diff_page import diff_page
from scripts.certificates import working
from scripts.console import guarded, say
from scripts.databases import open_as_it_is

# Wide enough for the table where no terminal says how wide it is.
_PIPE_WIDTH = 140
_ACCOUNT_COLUMNS = ("account", "role", "area", "level", "kind", "code_to", "into")

app = typer.Typer(add_completion=False)


@app.command()
def main(
    before: Annotated[str, typer.Argument(help="Name of an edition, see scripts.generations.")],
    after: Annotated[str, typer.Argument(help="Name of another one, in force or not.")],
    city: Annotated[Path, typer.Option(help="City folder.", envvar="WEIGE_CITY")] = Path(
        "geodata/jianyang"
    ),
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder to write into; made if need be.")
    ] = None,
    language: Annotated[str, typer.Option(help="Of the page: zh or en.")] = "zh",
    var: Annotated[Path, typer.Option(envvar="WEIGE_VAR", help="Where weige.db is.")] = Path("var"),
    database_url: Annotated[
        str, typer.Option(envvar="WEIGE_DATABASE_URL", help="Another database.")
    ] = "",
) -> None:
    """Compare two editions of the boundaries of a city."""
    with guarded():
        if language not in {"zh", "en"}:
            raise BadInputError(f"--language is {language!r}, allowed are zh and en")
        editions = Editions.read(city)
        one, other = (Locator(City.at(editions.named(name).folder)) for name in (before, after))
        with working() as tell:
            moved = moved_by(one, other, tell)
            tell("incidents")
            asked, accounts = _in_database(one, other, moved, var, database_url)
        _show(moved, asked, accounts)
        if output is not None:
            with working() as tell:
                tell(f"writing {output}")
                _write(moved, asked, accounts, output, language)
            say(f"written: {output}")
    if not moved.diff.is_empty:
        raise typer.Exit(1)


def _in_database(
    before: Locator, after: Locator, moved: Moved, var: Path, url: str
) -> tuple[list[Replayed] | None, list[dict[str, Any]]]:
    """Return what the later edition says of open incidents, and which accounts lose their area.

    Without a database there are no accounts, and None for the incidents.
    """
    path = var / "weige.db"
    if not url and not path.is_file():
        say(f"open incidents and accounts are not compared: there is no {path}")
        return None, []
    database = open_as_it_is(
        url or f"sqlite:///{path}",
        "or name a --var without a database: then incidents and accounts are left out",
        "或用 --var 指定没有数据库的目录（不比较事件和账号）",
    )
    by = Actor.system("diff_generations")
    try:
        asked = list(Replay(database, after).look(by))
        accounts = Accounts(database, before.city).all(by)
    finally:
        database.close()
    told = [(one, became(before.city, moved.diff, one.area)) for one in accounts if one.area]
    rows = [
        {"account": one.name, "role": str(one.role), "area": one.area, **found}
        for one, found in told
        if found is not None
    ]
    return asked, rows


def _show(moved: Moved, asked: list[Replayed] | None, accounts: list[dict[str, Any]]) -> None:
    diff = moved.diff
    title = f"{diff.before.generation} → {diff.after.generation}"
    names = [kind.value for kind in Kind]
    table = Table(title, *names, "households moved", box=None, pad_edge=False)
    for layer in diff.layers:
        lives, whole = layer.households
        known = "" if math.isnan(whole) or not whole else f"{lives:,.0f} of {whole:,.0f}"
        counts = [f"{count:,}" if count else "" for count in layer.counts.values()]
        table.add_row(layer.part.name, *counts, known)
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(width=_PIPE_WIDTH, highlight=False)
    console.print(table)
    told = totals(moved)
    if told["doors"] is not None:
        console.print(
            f"addresses: {told['doors_moved']:,} of {told['doors']:,} get another grid, "
            f"{told['doors_recoded']:,} another code only"
        )
    console.print(f"staff posts: {told['posts_changed']:,} of {told['posts']:,} to be changed")
    if asked is not None:
        changed = sum(row.changes for row in asked)
        console.print(f"open incidents: {changed:,} of {len(asked):,} get other grids")
        console.print(f"accounts whose area does not simply go on: {len(accounts):,}")


def _write(
    moved: Moved,
    asked: list[Replayed] | None,
    accounts: list[dict[str, Any]],
    folder: Path,
    language: str,
) -> None:
    """Write every file beside its place and rename it there."""
    diff = moved.diff
    folder.mkdir(parents=True, exist_ok=True)
    changed = [row for row in asked or () if row.changes]
    files: dict[str, bytes] = {
        "changes.csv": to_csv(
            CHANGE_COLUMNS, (row for layer in diff.layers for row in change_rows(layer, kept=True))
        ),
        "lineage.csv": to_csv(
            LINEAGE_COLUMNS,
            (row for layer in diff.layers for row in lineage_rows(layer, kept=True)),
        ),
        "doors.csv": to_csv(DOOR_COLUMNS, door_rows(moved)),
        "posts.csv": to_csv(POST_COLUMNS, moved.posts),
        "diff.geojson": to_geojson(diff),
        "diff.html": diff_page(
            moved, language, None if asked is None else (len(changed), len(asked))
        ).encode(),
    }
    told: dict[str, Any] = {**summary(diff), **totals(moved)}
    if asked is not None:
        columns = [one.name for one in fields(Replayed)]
        files["incidents.csv"] = to_csv(columns, map(asdict, changed))
        files["accounts.csv"] = to_csv(_ACCOUNT_COLUMNS, accounts)
        told |= {"incidents": len(asked), "incidents_moved": len(changed)}
    files["summary.json"] = json.dumps(told, ensure_ascii=False, indent=1).encode()
    for name, content in files.items():
        write_bytes(folder / name, content)


if __name__ == "__main__":
    app()
