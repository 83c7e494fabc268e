"""Write the grids of a level or overlay to a file.

    python -m scripts.export_grids geodata/jianyang --level micro -o micro.gpkg [--crs EPSG:4544]

GeoPackage (.gpkg), zipped shapefile (.zip), GeoJSON (.geojson), KML (.kml) and FlatGeobuf (.fgb),
by the extension. docs/ogc.md tells the fields. Exit code 0: written; 2: refused, nothing was
written.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.errors import BadFileError, BadInputError
from app.grids import City
from app.grids.manifest import MANIFEST_NAME
from app.open.files import FORMATS, GridFile
from scripts.console import guarded, named_day, say

app = typer.Typer(add_completion=False)


@app.command()
def main(
    city: Annotated[Path, typer.Argument(help="City folder.")],
    level: Annotated[str, typer.Option(help="Id of a level or overlay.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help=".gpkg, .zip, .geojson, .kml or .fgb.")
    ],
    crs: Annotated[
        str, typer.Option(help="wgs84, EPSG:4490, such as EPSG:4544, gcj02 or bd09.")
    ] = "wgs84",
    on: Annotated[str, typer.Option("--on", help="The edition of this day: 2026-05-01.")] = "",
) -> None:
    """Write the grids of a level to a file, all or none."""
    with guarded():
        kinds = {one.suffix: one.id for one in FORMATS.values()}
        kind = kinds.get(output.suffix.lower())
        if kind is None:
            raise BadInputError(
                f"{output.name} ends with {output.suffix!r}, allowed are {', '.join(kinds)}",
                message_zh=f"{output.name} 的扩展名为 {output.suffix!r}，可用：{'、'.join(kinds)}",
            )
        if not output.absolute().parent.is_dir():
            raise BadFileError(f"there is no folder {output.absolute().parent}")
        for above in output.resolve().parents:
            if (above / MANIFEST_NAME).is_file():
                raise BadFileError(
                    f"{output} lies in the city folder {above}, which holds its own files only",
                    "Write it beside the folder.",
                    message_zh=f"{output} 位于城市文件夹 {above} 中，那里只能有它自己的文件",
                    hint_zh="请写到该文件夹之外。",
                )
        opened = City.open(city, named_day(on))
        count = GridFile(opened, level, kind, crs).write(output)
    say(f"{output}: {count} grids of {opened.manifest.name}, {opened.manifest.generation}")
    if opened.manifest.synthetic:
        say(f"{opened.manifest.name}: {opened.manifest.synthetic}")


if __name__ == "__main__":
    app()
