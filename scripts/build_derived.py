"""Build what the server needs: tiles, cell indexes, gazetteer, compressed files of the page.

Builds what is not there.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from app.addresses.gazetteer import Gazetteer
from app.addresses.index import TABLE
from app.grids import City
from app.grids.editions import Editions
from app.locate import Locator
from app.maps.packed import pack_static
from app.maps.tiles import build_tiles, tiles_path
from scripts.console import guarded, say

DEFAULT_CITY = Path("geodata/jianyang")
app = typer.Typer(add_completion=False)


@app.command()
def main(
    city: Annotated[Path, typer.Option(help="City folder.", envvar="WEIGE_CITY")] = DEFAULT_CITY,
    var: Annotated[Path, typer.Option(help="Folder for derived files.", envvar="WEIGE_VAR")] = Path(
        "var"
    ),
    generation: Annotated[
        str, typer.Option(help="Name of the edition; the one that answers today if left out.")
    ] = "",
) -> None:
    """Build the tiles and the indexes of a city, once for each content of it."""
    with guarded():
        edition = Editions.read(city).named(generation).folder if generation else None
        build_all(City.open(city) if edition is None else City.at(edition), var)


def build_all(city: City, var: Path) -> None:
    """Build the tiles and the indexes of an opened city, those that are not there."""
    _build_tiles(city, var)
    before, after = pack_static(var)
    say(f"files of the page are compressed: {before / 1e6:.1f} MB to {after / 1e6:.1f} MB")
    start = time.perf_counter()
    Locator(city).build_indexes()
    say(f"cell indexes are ready after {time.perf_counter() - start:.1f} s")
    if TABLE in city.manifest.tables:
        start = time.perf_counter()
        Gazetteer.open(city)
        say(f"the gazetteer is ready after {time.perf_counter() - start:.1f} s")


def _build_tiles(city: City, var: Path) -> None:
    if tiles_path(city, var).is_file():
        say(f"tiles are up to date: {tiles_path(city, var)}")
        return
    say(f"building the tiles of {city.manifest.name} (once for this edition) …")
    start = time.perf_counter()
    path = build_tiles(city, var)
    size_mb = path.stat().st_size / 1e6
    say(f"built {path} ({size_mb:.1f} MB) in {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    app()
