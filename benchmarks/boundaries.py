"""Minutes and memory that the boundaries of a large city take: import, certificate, repair, diff.

    python -m benchmarks.boundaries [CITY [FOLDER]]

CITY is var/large by default (`make large`). Each step runs in a process of its own, so that its
memory is its own; what a step came to is kept in FOLDER, if one is named, so that a run that was
stopped goes on with the next. Writes docs/benchmarks/boundaries.md.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
import tomli_w
import typer

from app.analysis.moved import moved_by
from app.demo.next_edition import next_edition
from app.grids import City
from app.grids.boundary_set import BoundarySet
from app.grids.certify import certify_city
from app.grids.editions import Editions, place_for
from app.grids.importer import import_boundaries
from app.grids.mend import mend
from app.grids.mend_changes import Tolerances
from app.locate import Locator
from app.maps.quality_map import quality_page
from app.web.settings import ROOT
from benchmarks.machine import describe
from scripts.diff_generations import main as diff_generations

OUT = ROOT / "docs" / "benchmarks" / "boundaries.md"
PACKAGES = ("numpy", "shapely", "geopandas", "pyogrio", "pyarrow")
BAR_GB = 4.0
# Every so manieth grid of the finest level is drawn smaller, by this much (0.2 m) all around.
_EVERY, _SHRUNK_DEG = 60, 2e-6
_DAY = date(2026, 1, 1)
_LATER = "2027"
_EDITS = {"split": 100, "merged": 100, "redrawn": 100, "renamed": 60, "recoded": 60, "moved": 40}
_HEAD = """# Boundaries of a large city

Made by `python -m benchmarks.boundaries`; no number here is typed by hand.

- day: {day}
- {machine}
- data: {city}, content {content}: {grids}; {vertices:,} vertices. Synthetic, clean
- each step in a process of its own: seconds by the clock and of the processor, and the most memory
  that it held
- bar: {bar:g} GB; {wanting:.0f} processes wanted the cores meanwhile: the processor's seconds are
  what a quiet machine takes
- the dirty city is the same with every {every}th grid of the finest level drawn 0.2 m smaller all
  around: {dirty}
- the second edition is the same city with {edits}; compared, {changes}

| step | clock | processor | memory | ≤ {bar:g} GB |
|---|---:|---:|---:|---|
"""


def main() -> None:
    """Measure and write the page."""
    city = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "var" / "large"
    with tempfile.TemporaryDirectory() as base:
        folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(base)  # noqa: PLR2004
        about = _ask("about", city, folder)
        _ask("prepare", city, folder)
        _ask("edit", city, folder)
        rows = []
        for name, step in (
            ("import from GeoPackages, certificate made, folder written", "bring_in"),
            ("open the folder", "opening"),
            ("certificate of the folder, clean", "check"),
            ("certificate of the dirty city", "check_dirty"),
            ("repair of the dirty city, its two certificates made, folder written", "repair"),
            ("map of the dirty city's findings, one page", "draw"),
            ("two editions opened and compared", "compare"),
            ("the same, and all files of `diff_generations` written, the page among them", "tell"),
        ):
            rows.append((name, step, _ask(step, city, folder)))
            print(rows[-1], flush=True)
    head = _HEAD.format(
        day=datetime.now(UTC).date(),
        machine=describe(*PACKAGES).removeprefix("- "),
        city=about["id"],
        content=about["content"],
        grids=about["grids"],
        vertices=about["vertices"],
        bar=BAR_GB,
        wanting=os.getloadavg()[0],
        every=_EVERY,
        dirty=_told(rows, "repair"),
        edits=_ask("edit", city, folder)["told"],
        changes=_told(rows, "compare"),
    )
    lines = [
        f"| {name} | {found['clock_s']:.1f} s | {found['work_s']:.1f} s "
        f"| {found['memory_gb']:.2f} GB | {'yes' if found['memory_gb'] <= BAR_GB else 'missed'} |"
        for name, _, found in rows
    ]
    OUT.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    print(OUT.read_text(encoding="utf-8"))


def _told(rows: list[tuple[str, str, dict[str, Any]]], step: str) -> object:
    return next(found["told"] for _, one, found in rows if one == step)


def _ask(step: str, city: Path, folder: Path) -> dict[str, Any]:
    """Run a step in a process of its own, unless it was."""
    kept = folder / f"{step}.told.json"
    if not kept.exists():
        command = [sys.executable, "-m", "benchmarks.boundaries", "--step", step, city, folder]
        done = subprocess.run(  # noqa: S603
            [str(one) for one in command], check=True, capture_output=True, cwd=ROOT
        )
        kept.write_bytes(done.stdout.splitlines()[-1])
    found: dict[str, Any] = json.loads(kept.read_bytes())
    return found


def run(step: str, city: Path, folder: Path) -> None:
    """Do a step and say what it took."""
    start, work = time.perf_counter(), time.process_time()
    told = STEPS[step](city, folder)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = {
        "clock_s": time.perf_counter() - start,
        "work_s": time.process_time() - work,
        "memory_gb": used / (1 << 20),
    }
    print(json.dumps({**found, **told}))


def about(city: Path, _: Path) -> dict[str, object]:
    """Say how large the city is."""
    opened = City.open(city)
    finest = opened.finest.geometry
    parts = [*opened.levels, *opened.overlays]
    return {
        "id": opened.manifest.id,
        "content": opened.manifest.content_hash,
        "grids": ", ".join(f"{len(opened.layer(part.id)):,} {part.name}" for part in parts),
        "vertices": int(shapely.get_num_coordinates(finest).sum()),
    }


def prepare(city: Path, folder: Path) -> dict[str, object]:
    """Write the levels as files with their SPEC.toml, clean and dirty."""
    opened = City.open(city)
    for kind in ("clean", "dirty"):
        (folder / kind).mkdir()
        entries = []
        for place, level in enumerate(opened.levels):
            frame = opened.frame(level.id)[["code", "name", "parent", "geometry"]]
            if kind == "dirty" and level is opened.levels[-1]:
                frame = _spoilt(frame)
            pyogrio.write_dataframe(frame, folder / kind / f"{level.id}.gpkg")
            entries.append(
                {
                    "id": level.id,
                    "name": level.name,
                    "source": f"{level.id}.gpkg",
                    "code_field": "code",
                    "name_field": "name",
                    **({"parent_field": "parent"} if place else {}),
                }
            )
        document = {"city": {"id": "large", "name": "大城"}, "levels": entries}
        (folder / kind / "SPEC.toml").write_text(tomli_w.dumps(document), encoding="utf-8")
    _bring_in(folder, "dirty")
    return {}


def _spoilt(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    shapes = np.array(frame.geometry.array, dtype=object)
    small = shapely.buffer(shapes[::_EVERY], -_SHRUNK_DEG, join_style="mitre")
    shapes[::_EVERY] = np.where(shapely.is_empty(small), shapes[::_EVERY], small)
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))


def _bring_in(folder: Path, kind: str) -> None:
    spec = BoundarySet.read(folder / kind / "SPEC.toml")
    import_boundaries(spec, _DAY).write(folder / kind / "city")


def bring_in(_: Path, folder: Path) -> dict[str, object]:
    """Import the clean files."""
    _bring_in(folder, "clean")
    return {}


def opening(_: Path, folder: Path) -> dict[str, object]:
    """Open what was imported."""
    City.open(folder / "clean" / "city")
    return {}


def check(_: Path, folder: Path) -> dict[str, object]:
    """Certify what was imported."""
    assert certify_city(City.open(folder / "clean" / "city")).ok
    return {}


def check_dirty(_: Path, folder: Path) -> dict[str, object]:
    """Certify the dirty city."""
    found = certify_city(City.open(folder / "dirty" / "city"))
    assert not found.ok
    (folder / "dirty.json").write_text(found.to_json(), encoding="utf-8")
    return {}


def repair(_: Path, folder: Path) -> dict[str, object]:
    """Repair it."""
    mended = mend(City.open(folder / "dirty" / "city"), Tolerances())
    mended.write(folder / "mended")
    before, after = (
        sum(sum(level.defects.values()) for level in one.levels)
        for one in (mended.before, mended.after)
    )
    return {
        "told": f"{before:,} defects, of which {after:,} are left by the repair with "
        f"{len(mended.done):,} changes"
    }


def draw(_: Path, folder: Path) -> dict[str, object]:
    """Draw its findings."""
    found = json.loads((folder / "dirty.json").read_text(encoding="utf-8"))
    page = quality_page(City.open(folder / "dirty" / "city"), found)
    (folder / "map.html").write_text(page, encoding="utf-8")
    return {}


def edit(city: Path, folder: Path) -> dict[str, object]:
    """Make up an edition of many edits beside the city's own."""
    shutil.copytree(city, folder / "editions")
    place = place_for(folder / "editions", _LATER)
    made = next_edition(City.open(folder / "editions"), _LATER, date(2027, 1, 1), _EDITS, seed=1)
    made.write(place)
    return {"told": f"{len(made.edits)} edits"}


def _editions(folder: Path) -> list[str]:
    return [one.name for one in Editions.read(folder / "editions").all]


def compare(_: Path, folder: Path) -> dict[str, object]:
    """Compare the two editions."""
    editions = Editions.read(folder / "editions")
    one, other = (Locator(City.at(editions.named(name).folder)) for name in _editions(folder))
    finest = moved_by(one, other).diff.layers[len(one.city.levels) - 1]
    counts = (f"{count:,} {kind.value}" for kind, count in finest.counts.items() if count)
    return {"told": ", ".join(counts)}


def tell(_: Path, folder: Path) -> dict[str, object]:
    """Write all that the command writes."""
    first, later = _editions(folder)
    # Something changes: that is its exit code 1.
    with suppress(typer.Exit):
        diff_generations(
            first,
            later,
            city=folder / "editions",
            output=folder / "diff",
            language="zh",
            var=folder,
            database_url="",
        )
    assert (folder / "diff" / "diff.html").is_file()
    return {}


STEPS: dict[str, Callable[[Path, Path], dict[str, object]]] = {
    one.__name__: one
    for one in (
        about,
        prepare,
        edit,
        bring_in,
        opening,
        check,
        check_dirty,
        repair,
        draw,
        compare,
        tell,
    )
}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--step"]:
        run(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        main()
