"""Print the quality certificate of a city folder.

    python -m scripts.check_grids geodata/NAME [--json FILE] [--map FILE.html]

Exit code 0: no defect; 1: defects, which are listed; 2: the folder was unusable.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.grids import City
from app.grids.certify import certify_city
from app.maps.quality_map import quality_page
from scripts.certificates import (
    Language,
    check_report_place,
    show,
    working,
    write_report,
    write_text,
)
from scripts.console import guarded, say

app = typer.Typer(add_completion=False)


@app.command()
def main(
    city: Annotated[Path, typer.Argument(help="City folder, such as geodata/jianyang.")],
    json: Annotated[
        Path | None, typer.Option(help="Write the certificate as JSON to this file.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--map", help="Write a map of the findings, one HTML page.")
    ] = None,
    language: Annotated[
        Language, typer.Option(help="In which the map opens; it speaks both.")
    ] = Language.ZH,
) -> None:
    """Check the boundaries of a city folder."""
    with guarded():
        check_report_place(json, city)
        check_report_place(html, city)
        with working() as tell:
            opened = City.open(city)
            certificate = certify_city(opened, tell)
        show(certificate)
        write_report(certificate, json)
        if html is not None:
            write_text(quality_page(opened, certificate.to_dict(), language), html)
            say(f"map: {html}")
    if not certificate.ok:
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
