"""Ask another edition of the boundaries where incidents lie, and say what changes.

    python -m scripts.replay_incidents geodata/NAME [--generation NAME] [--all] [--commit] [-o FILE]

Without --commit nothing is changed, the form of the database's tables neither. With it every
incident that another grid governs gets the codes of that edition; its history keeps those of
before. Who has an incident keeps it. The result is a CSV, one row for each incident that changes.
Exit code 0: done; 1: some incidents cannot be placed in that edition, their row says why; 2:
refused, nothing changed.
"""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import asdict, fields
from pathlib import Path
from typing import Annotated

import typer

from app.accounts import Actor
from app.errors import BadFileError, ConflictError
from app.grids.city import City
from app.grids.editions import Edition, Editions, today_here
from app.grids.store import write_bytes
from app.incidents.replay import Replay, Replayed
from app.locate import Locator
from app.store import Database
from scripts.console import guarded, say
from scripts.databases import open_as_it_is

app = typer.Typer(add_completion=False)


@app.command()
def main(
    city: Annotated[Path, typer.Argument(help="City folder.")],
    generation: Annotated[
        str, typer.Option(help="The edition to ask, in force or not; left out: today's.")
    ] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Those that are over, too; left out: open ones.")
    ] = False,
    commit: Annotated[bool, typer.Option("--commit", help="Change them.")] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write the CSV to this file.")
    ] = None,
    var: Annotated[Path, typer.Option(envvar="WEIGE_VAR", help="Where weige.db is.")] = Path("var"),
    database_url: Annotated[
        str, typer.Option(envvar="WEIGE_DATABASE_URL", help="Another database.")
    ] = "",
) -> None:
    """Say which incidents another edition puts into other grids, or put them there."""
    with guarded():
        editions = Editions.read(city)
        wanted = editions.named(generation) if generation else editions.current(today_here())
        if commit:
            _refuse_other_than_todays(wanted, editions)
        database = _database(var, database_url, commit)
        try:
            replay = Replay(database, Locator(City.at(wanted.folder)))
            by = Actor.system("replay_incidents")
            looked = list(replay.look(by, only_open=not everything))
            told = [one for one in looked if one.changes]
            _write(told, output)
            if commit:
                note = f"boundaries {wanted.name} 网格版本 {wanted.name}"
                done = sum(replay.write(by, one.number, note) for one in told if not one.fault)
        finally:
            database.close()
        lost = sum(bool(one.fault) for one in told)
        say(f"{len(looked)} incidents asked of {wanted.name}, {len(told)} change, {lost} lost")
        say(f"changed: {done}" if commit else "nothing changed; --commit changes them")
    if lost:
        raise typer.Exit(1)


def _refuse_other_than_todays(wanted: Edition, editions: Editions) -> None:
    """Refuse to write the codes of an edition that does not answer today."""
    today = editions.current(today_here())
    if wanted is today:
        return
    if not wanted.in_force:
        hint, hint_zh = "Put it in force first", "请先启用该版本"
    elif wanted.valid_from > today.valid_from:
        hint = f"It is in force and answers from {wanted.valid_from} on: write then"
        hint_zh = f"该版本已启用，自 {wanted.valid_from} 起生效，请届时再写入"
    else:
        hint = f"It answered until {wanted.until}; today {today.name!r} does: name that one"
        hint_zh = f"该版本于 {wanted.until} 失效，今天生效的是 {today.name!r}，请改用后者"
    raise ConflictError(
        f"the generation {wanted.name!r} does not answer today: incidents would lie in "
        "grids that nobody is asked for",
        f"{hint}, or leave --commit out.",
        message_zh=f"网格版本 {wanted.name!r} 今天并不生效，不能据此改写事件",
        hint_zh=f"{hint_zh}，或去掉 --commit。",
    )


def _database(var: Path, url: str, commit: bool) -> Database:
    """Open the database as it is; only --commit brings its tables to the newest form."""
    path = var / "weige.db"
    if not url and not path.is_file():
        raise BadFileError(
            f"there is no {path}",
            "Name with --var the folder of the server, or with --database-url its database.",
            message_zh=f"{path} 不存在",
            hint_zh="请用 --var 指明服务器的目录，或用 --database-url 指明数据库。",
        )
    url = url or f"sqlite:///{path}"
    if not commit:
        return open_as_it_is(url, "or give --commit", "或加上 --commit")
    database = Database(url)
    database.upgrade()
    return database


def _write(told: list[Replayed], output: Path | None) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, [one.name for one in fields(Replayed)], lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(asdict(one) for one in told)
    if output is None:
        sys.stdout.write(text.getvalue().replace("\r\n", "\n"))
    else:
        write_bytes(output, text.getvalue().encode("utf-8-sig"))


if __name__ == "__main__":
    app()
