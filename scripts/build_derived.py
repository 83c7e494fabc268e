"""Build what is derived from a city: its vector tiles. Does nothing when they are there."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from app.grids import City
from app.maps.tiles import build_tiles, tiles_path
from scripts.console import guarded, say

DEFAULT_CITY = Path("geodata/jianyang")
app = typer.Typer(add_completion=False)


@app.command()
def main(
    city: Annotated[Path, typer.Option(help="City folder.")] = DEFAULT_CITY,
    var: Annotated[Path, typer.Option(help="Folder for derived files.")] = Path("var"),
) -> None:
    """Build the vector tiles of a city, once for each content of the city."""
    with guarded():
        opened = City.open(city)
        if tiles_path(opened, var).is_file():
            say(f"tiles are up to date: {tiles_path(opened, var)}")
            return
        say(f"building the tiles of {opened.manifest.name} (once for this edition) …")
        start = time.perf_counter()
        path = build_tiles(opened, var)
        size_mb = path.stat().st_size / 1e6
        say(f"built {path} ({size_mb:.1f} MB) in {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    app()
