"""Take the demo incidents of a synthetic city into the database, once.

    python -m scripts.load_demo --city geodata/jianyang

What is open is brought up to the time of loading. A city that brings no demo incidents, and a
production server, are left as they are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.demo.past import load_demo_incidents
from app.incidents.policy import DEFAULT_POLICY, Policy
from app.locate import Locator
from app.store import Database, utc_now
from scripts.console import guarded, say

app = typer.Typer(add_completion=False)


@app.command()
def main(
    city: Annotated[Path, typer.Option(help="City folder.", envvar="WEIGE_CITY")] = Path(
        "geodata/jianyang"
    ),
    var: Annotated[
        Path, typer.Option(help="Where weige.db is, without --database-url.", envvar="WEIGE_VAR")
    ] = Path("var"),
    database_url: Annotated[
        str, typer.Option(help="Database to fill.", envvar="WEIGE_DATABASE_URL")
    ] = "",
    policy: Annotated[Path, typer.Option(help="Policy file.", envvar="WEIGE_POLICY")] = (
        DEFAULT_POLICY
    ),
    env: Annotated[str, typer.Option(help="demo or production.", envvar="WEIGE_ENV")] = "demo",
) -> None:
    """Load demo incidents that are not there yet."""
    if env == "production":
        say("production: no demo incidents are loaded")
        return
    with guarded():
        database = Database(database_url or f"sqlite:///{var / 'weige.db'}")
        database.upgrade()
        new = load_demo_incidents(database, Locator.open(city), Policy.read(policy), utc_now())
        database.close()
    say(f"demo incidents: {new} new" if new else "demo incidents are up to date")


if __name__ == "__main__":
    app()
