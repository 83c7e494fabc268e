"""Make up a later edition of a synthetic city, beside those that it has.

    python -m scripts.build_demo_generation geodata/jianyang --generation 2027-demo --valid-from 2027-01-01

Some grids of the finest level are split, merged, redrawn, renamed, recoded or moved to another
parent (docs/generations.md). It answers nothing before it is activated. Exit code 0: written;
2: refused, nothing written.
"""  # noqa: E501 - a command

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.demo.next_edition import next_edition
from app.errors import BadInputError
from app.grids.city import City
from app.grids.editions import place_for
from scripts.console import guarded, named_day, say
from scripts.import_grids import locate_gazetteer

app = typer.Typer(add_completion=False)


@app.command()
def main(
    city: Annotated[Path, typer.Argument(help="City folder; must say that it is synthetic.")],
    generation: Annotated[str, typer.Option(help="Name of the edition.")] = "2027-demo",
    valid_from: Annotated[str, typer.Option(help="Day from which it holds.")] = "2027-01-01",
    seed: Annotated[int, typer.Option(help="Of what is chosen.")] = 1,
    split: Annotated[int, typer.Option(help="How many grids are split.")] = 12,
    merged: Annotated[int, typer.Option(help="How many pairs are merged.")] = 10,
    redrawn: Annotated[int, typer.Option(help="How many borders are redrawn.")] = 12,
    renamed: Annotated[int, typer.Option(help="How many grids are renamed.")] = 6,
    recoded: Annotated[int, typer.Option(help="How many get another code.")] = 6,
    moved: Annotated[int, typer.Option(help="How many get another parent.")] = 4,
) -> None:
    """Make up a later edition of a synthetic city."""
    numbers = {
        "split": split, "merged": merged, "redrawn": redrawn,
        "renamed": renamed, "recoded": recoded, "moved": moved,
    }  # fmt: skip
    with guarded():
        day = named_day(valid_from, "--valid-from")
        if day is None:
            raise BadInputError("--valid-from is empty, allowed is a day such as 2027-01-01")
        place = place_for(city, generation)
        made = next_edition(City.open(city), generation, day, numbers, seed)
        made.write(place)
        locate_gazetteer(place)
    for edit in made.edits:
        say(f"{edit.kind:8} {' '.join(edit.before)} → {' '.join(edit.after)}")
    say(f"written: {place}")


if __name__ == "__main__":
    app()
