"""Look after webhooks, in the database that the server uses.

    python -m scripts.webhooks list
    python -m scripts.webhooks dead ID
    python -m scripts.webhooks redeliver ID [SEQ …]

A running server delivers again what `redeliver` names, each event once, ahead of what is new. The
database is that of WEIGE_VAR and WEIGE_DATABASE_URL, as for the server. Exit code 0: done;
2: refused, nothing changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.accounts import Actor
from app.incidents.policy import DEFAULT_POLICY, Policy
from app.incidents.webhooks import Webhooks
from app.store import Database
from scripts.console import guarded, say

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Look after webhooks.")

BY = Actor.system("webhooks")
VAR = Path("var")

Ident = Annotated[int, typer.Argument(help="Number of the webhook, see list.")]
Var = Annotated[Path, typer.Option(envvar="WEIGE_VAR", help="Where weige.db is.")]
Url = Annotated[
    str,
    typer.Option(
        "--database-url", envvar="WEIGE_DATABASE_URL", help="Another database.", show_envvar=True
    ),
]
PolicyFile = Annotated[Path, typer.Option(envvar="WEIGE_POLICY", help="Names the hazards.")]


@contextmanager
def _webhooks(var: Path, url: str, policy: Path) -> Iterator[Webhooks]:
    with guarded():
        database = Database(url or f"sqlite:///{var / 'weige.db'}")
        try:
            database.upgrade()
            yield Webhooks(database, Policy.read(policy))
        finally:
            database.close()


@app.command("list")
def show(var: Var = VAR, database_url: Url = "", policy: PolicyFile = DEFAULT_POLICY) -> None:
    """List the webhooks and how far each has come."""
    with _webhooks(var, database_url, policy) as webhooks:
        rows = [
            (
                one.id, one.url, one.area or "", " ".join(one.hazards),
                "yes" if one.active else "no", one.cursor, one.attempts,
                len(webhooks.dead(BY, one.id)), one.last_error,
            )
            for one in webhooks.all(BY)
        ]  # fmt: skip
    names = ("id", "url", "area", "hazards", "active", "cursor", "attempts", "dead", "last error")
    _print(names, rows)


@app.command()
def dead(
    ident: Ident, var: Var = VAR, database_url: Url = "", policy: PolicyFile = DEFAULT_POLICY
) -> None:
    """List the events that could not be delivered, at most 1,000."""
    with _webhooks(var, database_url, policy) as webhooks:
        found = webhooks.dead(BY, ident)
    rows = [
        (one.seq, one.attempts, one.failed_at.isoformat(), "yes" if one.again else "", one.reason)
        for one in found
    ]
    _print(("event", "attempts", "failed at", "again", "reason"), rows)


@app.command()
def redeliver(
    ident: Ident,
    seqs: Annotated[list[int] | None, typer.Argument(help="Numbers of events; else all.")] = None,
    var: Var = VAR,
    database_url: Url = "",
    policy: PolicyFile = DEFAULT_POLICY,
) -> None:
    """Have events delivered again that could not be delivered."""
    with _webhooks(var, database_url, policy) as webhooks:
        count = webhooks.redeliver(BY, ident, seqs or [])
    say(f"{count} events will be delivered again by the running server")


def _print(names: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> None:
    table = Table(*names, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(str, row))
    Console(soft_wrap=True).print(table)


if __name__ == "__main__":
    app()
