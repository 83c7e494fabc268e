"""Build a demo city from geodata/sources.

Usage: ``python -m scripts.build_demo [--size jianyang|large] [--out FOLDER] [--sources FOLDER]``

``jianyang`` (the default) is the committed city geodata/jianyang; ``large`` has 124,000
micro-grids on the same land, for tests of size, and goes to var/large.
"""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.addresses.calibration import CALIBRATION_TABLE
from app.addresses.index import TABLE
from app.demo.city import build_city
from app.demo.sizes import PRESETS
from app.grids.store import refuse_foreign_folder
from scripts.console import guarded, say

ROOT = Path(__file__).resolve().parents[1]


class Size(StrEnum):
    """Names of `PRESETS`."""

    JIANYANG = "jianyang"
    LARGE = "large"

    @property
    def folder(self) -> Path:
        """Where a city of this size goes unless told otherwise."""
        return ROOT / ("geodata/jianyang" if self is Size.JIANYANG else f"var/{self}")


app = typer.Typer(add_completion=False)


@app.command()
def main(
    size: Annotated[Size, typer.Option(help="How many grids.")] = Size.JIANYANG,
    out: Annotated[
        Path | None,
        typer.Option(help="City folder to write; by default geodata/jianyang or var/<size>."),
    ] = None,
    sources: Annotated[Path, typer.Option(help="Folder of sources.")] = ROOT / "geodata/sources",
) -> None:
    """Build a demo city and write it atomically."""
    folder = out or size.folder
    start = time.perf_counter()

    def tell(step: str) -> None:
        say(f"{time.perf_counter() - start:6.1f} s  {step}")

    with guarded():
        refuse_foreign_folder(folder)
        city = build_city(sources, PRESETS[size], progress=tell)
        tell(f"writing {folder}")
        manifest = city.write(folder)
    written = sum((folder / name).stat().st_size for name in manifest.sha256)
    if TABLE in manifest.tables and CALIBRATION_TABLE not in manifest.tables:
        say(f"not calibrated: python -m scripts.calibrate_addresses --city {folder} --commit")
    typer.echo(f"{folder}: {written / 1e6:.1f} MB, content {manifest.content_hash}")


if __name__ == "__main__":
    app()
