"""Build the demo city geodata/jianyang from geodata/sources.

Usage: ``python -m scripts.build_demo [--out geodata/jianyang] [--sources geodata/sources]``
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.demo.city import build_city
from app.errors import WeigeError

GEODATA = Path(__file__).resolve().parents[1] / "geodata"


def main(
    out: Annotated[Path, typer.Option(help="City folder to write.")] = GEODATA / "jianyang",
    sources: Annotated[Path, typer.Option(help="Folder of sources.")] = GEODATA / "sources",
) -> None:
    """Build the demo city and write it atomically."""
    try:
        manifest = build_city(sources).write(out)
    except WeigeError as error:
        typer.echo(f"{error.message}\n{error.hint}".rstrip(), err=True)
        sys.exit(2)
    size = sum(file.stat().st_size for file in out.iterdir())
    typer.echo(f"{out}: {size / 1e6:.1f} MB, content {manifest.content_hash}")


if __name__ == "__main__":
    typer.run(main)
