"""Print the quality certificate of a city folder.

    python -m scripts.check_grids geodata/NAME [--json FILE]

Exit code 0: no defect; 1: defects, which are listed; 2: the folder was unusable.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.grids import City
from app.grids.certify import certify_city
from scripts.certificates import check_report_place, show, working, write_report
from scripts.console import guarded

app = typer.Typer(add_completion=False)


@app.command()
def main(
    city: Annotated[Path, typer.Argument(help="City folder, such as geodata/jianyang.")],
    json: Annotated[
        Path | None, typer.Option(help="Write the certificate as JSON to this file.")
    ] = None,
) -> None:
    """Check the boundaries of a city folder."""
    with guarded():
        check_report_place(json, city)
        with working() as tell:
            certificate = certify_city(City.open(city), tell)
        show(certificate)
        write_report(certificate, json)
    if not certificate.ok:
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
