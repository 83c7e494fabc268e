"""Write a map of a city into one HTML file that opens anywhere, with the network off.

    python -m scripts.export_map --layer heat:fire --layer rates:gas:per_household -o map.html

Layers: incidents[:HAZARD], heat[:HAZARD], hotspots[:HAZARD[:MEASURE]], trends[:HAZARD],
rates[:HAZARD[:MEASURE]], coverage[:KIND[:MEASURE]]; HAZARD is an id of the policy or ``all``,
MEASURE one of count, per_household, per_km2; ``@LEVEL`` at the end names the level.
docs/export.md tells the rest. Counts below --suppress are not shown. Exit code 0: written; 1:
written, but rows of --incidents were unusable and are not in it; 2: nothing was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from app.analysis.classes import DEFAULT_K, MAX_K, MIN_K
from app.analysis.ground import Ground
from app.analysis.heat import HeatOptions, weights_named
from app.analysis.selection import IncidentSet
from app.analysis.suppression import DEFAULT_THRESHOLD, check_threshold
from app.errors import BadInputError
from app.incidents.policy import DEFAULT_POLICY, Policy
from app.locate import Locator
from app.maps.export import Basemap, write_page
from app.maps.order import DEFAULT_LAYERS, order_map, period_of, read_specs
from app.maps.plain_picture import draw_plain
from app.maps.question import Question
from app.maps.scope import find_area, scope_of
from app.maps.snapshot import find_chromium, photograph
from app.maps.sources import of_city, of_database, of_file
from app.maps.specs import LayerSpec
from scripts.console import guarded, say, speaks_chinese

EXIT_SOME_UNUSABLE = 1
_TOLD = 5
_BASEMAP_DATUMS = ("wgs84", "gcj02")

app = typer.Typer(add_completion=False)


@app.command()
def main(
    output: Annotated[Path, typer.Option("-o", "--output", help="HTML file to write.")],
    layer: Annotated[
        list[str], typer.Option("--layer", help="What to show; several times for several layers.")
    ] = list(DEFAULT_LAYERS),  # noqa: B006 - typer takes a copy
    city: Annotated[Path, typer.Option(help="City folder.", envvar="WEIGE_CITY")] = Path(
        "geodata/jianyang"
    ),
    since: Annotated[
        str, typer.Option("--from", help="First day, 2026-01-01; a year before the end.")
    ] = "",
    until: Annotated[
        str, typer.Option("--to", help="Day after the last; that of the newest incident.")
    ] = "",
    town: Annotated[
        str, typer.Option(help="Only this grid and what is in it: name or code, of any level.")
    ] = "",
    incidents: Annotated[
        Path | None, typer.Option(help="Incidents from a file: .csv, .xlsx, .parquet.")
    ] = None,
    database: Annotated[str, typer.Option(help="Incidents from a database, by its URL.")] = "",
    policy: Annotated[Path, typer.Option(help="Policy file.", envvar="WEIGE_POLICY")] = (
        DEFAULT_POLICY
    ),
    suppress: Annotated[
        int, typer.Option(help="Counts below it are not shown; 0 shows all.")
    ] = DEFAULT_THRESHOLD,
    window_months: Annotated[
        int, typer.Option(help="Months that a step of the time bar takes in, 1 to 12.")
    ] = 1,
    bandwidth_m: Annotated[
        float | None, typer.Option(help="Of heat, metres; left out: the hazard's own.")
    ] = None,
    severity: Annotated[
        str, typer.Option(help="Of heat: weighted, or what severity 1 to 4 counts: 1,2,4,8.")
    ] = "",
    half_life_days: Annotated[
        float | None, typer.Option(help="Of heat: after so many days an incident counts half.")
    ] = None,
    scheme: Annotated[
        str,
        typer.Option(
            help="How classes are made: quantiles, steps, equal_interval, fisher_jenks, "
            "maximum_breaks; left out: quantiles, and 20 % each for shares."
        ),
    ] = "",
    classes: Annotated[
        int, typer.Option(help=f"How many classes, {MIN_K} to {MAX_K}.")
    ] = DEFAULT_K,
    png: Annotated[
        Path | None, typer.Option(help="The same map as a picture; by Chromium if there is one.")
    ] = None,
    basemap: Annotated[
        str,
        typer.Option(help="Tiles below the map, https://host/{z}/{x}/{y}.png: needs a network."),
    ] = "",
    basemap_datum: Annotated[
        str, typer.Option(help="Of the basemap: wgs84 (Tianditu, OSM) or gcj02 (AMap, Tencent).")
    ] = "",
    title: Annotated[str, typer.Option(help="Title of the map.")] = "",
    language: Annotated[str, typer.Option(help="zh or en; that of the terminal.")] = "",
    undated: Annotated[
        bool, typer.Option("--undated", help="Without the day of the export: same data, same file.")
    ] = False,
) -> None:
    """Write a map of a city into one HTML file.

    Incidents are those of the city folder, unless a file or a database is named.
    """
    with guarded():
        check_threshold(suppress)
        if not 1 <= window_months <= 12:  # noqa: PLR2004 - a year
            raise BadInputError(f"--window-months is {window_months}, allowed are 1 to 12")
        if output.suffix.lower() not in {".html", ".htm"}:
            raise BadInputError(f"the output is {output}, allowed is a name that ends with .html")
        if png is not None and png.suffix.lower() != ".png":
            raise BadInputError(f"the picture is {png}, allowed is a name that ends with .png")
        below = Basemap.of(basemap) if basemap else None
        if bool(basemap) != (basemap_datum in _BASEMAP_DATUMS):
            raise BadInputError(
                f"--basemap-datum is {basemap_datum!r}, allowed with --basemap are "
                f"{list(_BASEMAP_DATUMS)}, without it nothing",
                "A wrong datum cannot be seen in tiles: AMap and Tencent are gcj02.",
            )
        specs = read_specs(layer)
        rules = Policy.read(policy)
        locator = Locator.open(city)
        ground = Ground(locator.city)
        area = find_area(locator.city, town) if town else None
        found = read_incidents(locator, ground, rules, incidents, database)
        question = Question(
            scope=scope_of(locator.city, area, basemap_datum or "wgs84"),
            ground=ground,
            policy=rules,
            incidents=found.incidents,
            period=period_of(found.incidents, rules, since, until),
            suppress=suppress,
            language=language or ("zh" if speaks_chinese() else "en"),
            window_months=window_months,
            heat=HeatOptions(bandwidth_m, weights_named(severity), half_life_days),
            scheme=scheme,
            k=classes,
        )
        if any(spec.kind != "coverage" for spec in specs) and not len(question.select("")):
            say(f"no incident that is known here happened in {question.period_text()}")
        made = None if undated else date.today()  # noqa: DTZ011 - the day on the wall
        page = order_map(question, specs, title=title, made=made, basemap=below)
        write_page(page, output)
        if png is not None:
            _picture(question, specs, title, output, png)
        say(f"{output}: {len(page.encode()) / 1e6:.1f} MB, {question.period_text()}")
        if locator.city.manifest.synthetic:
            say(f"{locator.city.manifest.name}: {locator.city.manifest.synthetic}")
    if found.unusable:
        raise typer.Exit(EXIT_SOME_UNUSABLE)


def _picture(
    question: Question, specs: list[LayerSpec], title: str, page: Path, target: Path
) -> None:
    """Write the picture, and say by what it was drawn."""
    chromium = find_chromium()
    if chromium is not None:
        photograph(page, target, chromium)
        say(f"{target}: drawn by {chromium}")
        return
    # As the page opens: the first layer of colours, discs if there is none.
    first = next((spec for spec in specs if spec.kind != "incidents"), specs[0])
    name = title or question.words["title"].format(name=question.scope.name)
    draw_plain(question, first, name, target)
    say(f"{target}: no Chromium was found, {first.text} is drawn plainly without it")


@dataclass(frozen=True, slots=True)
class Found:
    """Incidents, and how many rows of a file are not among them."""

    incidents: IncidentSet
    unusable: int = 0


def read_incidents(
    locator: Locator, ground: Ground, rules: Policy, file: Path | None, database: str
) -> Found:
    """Read the incidents that a command line names; say which rows of a file are unusable."""
    if file is not None and database:
        raise BadInputError(
            "incidents are asked for from a file and from a database",
            "Give --incidents or --database.",
        )
    if database:
        return Found(of_database(locator, ground, database))
    if file is None:
        return Found(of_city(locator, ground))
    taken = of_file(locator, ground, rules, file)
    for row, reason in taken.unusable[:_TOLD]:
        say(f"row {row}: {reason:.300}")
    if taken.unusable:
        say(f"{len(taken.unusable)} of {taken.rows} rows are unusable and not on the map")
    return Found(taken.incidents, len(taken.unusable))


if __name__ == "__main__":
    app()
