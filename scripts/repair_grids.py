"""Repair the boundaries of a city folder as far as tolerances allow, every change told.

    python -m scripts.repair_grids geodata/NAME [--out geodata/NEW] [--changes FILE.csv|FILE.json]
                                   [--map FILE.html]

Without --out it only reports. What is above the tolerances is left and told (docs/quality.md).
Exit code 0: the result has no defect; 1: it has, they are listed; 2: the command or the folder was
unusable and nothing was written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from app.errors import BadFileError
from app.grids import City
from app.grids.certificate import Certificate
from app.grids.mend import Mended, mend
from app.grids.mend_changes import Change, Fit, Tolerances, changes_csv
from app.grids.report import defects_text
from app.maps.quality_map import repair_page
from scripts.certificates import Language, check_report_place, show, working, write_text
from scripts.console import guarded, say

app = typer.Typer(add_completion=False)
_USUAL = Tolerances()
# Changes that are printed, largest first; the file has all.
_SHOWN = 10


@app.command()
def main(
    city: Annotated[Path, typer.Argument(help="City folder, such as geodata/jianyang.")],
    out: Annotated[
        Path | None, typer.Option(help="City folder to write; there must be nothing there.")
    ] = None,
    width_m: Annotated[
        float, typer.Option(help="Widest gap, overlap or spill that is repaired, in metres.")
    ] = _USUAL.width_m,
    area_m2: Annotated[
        float, typer.Option(help="Largest one that is repaired, in square metres.")
    ] = _USUAL.area_m2,
    snap_m: Annotated[
        float, typer.Option(help="Vertices within this become one, in metres; 0: none.")
    ] = _USUAL.snap_m,
    fit: Annotated[
        Fit,
        typer.Option(help="Clip children to parents, rebuild parents from children, or neither."),
    ] = _USUAL.fit,
    changes: Annotated[
        Path | None, typer.Option(help="Write what was done and left: .csv or .json.")
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--map", help="Write a map of the changes, before and after: one HTML page."),
    ] = None,
    language: Annotated[
        Language, typer.Option(help="In which the map opens; it speaks both.")
    ] = Language.ZH,
) -> None:
    """Repair the boundaries of a city folder into a new one."""
    with guarded():
        tolerances = Tolerances(width_m, area_m2, snap_m, fit)
        _check_out(out)
        check_report_place(changes, city)
        check_report_place(html, city)
        if changes is not None and changes.suffix.lower() not in {".csv", ".json"}:
            raise BadFileError(
                f"{changes} is neither .csv nor .json",
                "Name it so.",
                message_zh=f"{changes} 既不是 .csv 也不是 .json",
                hint_zh="请使用其中一种扩展名。",
            )
        with working() as tell:
            mended = mend(City.open(city), tolerances, tell)
        _tell("done", mended.done)
        _tell("left", mended.left)
        _tell_of_rest(mended.after)
        for more in mended.grown:
            say(
                f"grown: {more.kind.value} in {more.level}, {more.before_m2:,.2f} m² before, "
                f"{more.after_m2:,.2f} m² now"
            )
        show(mended.after)
        _write_changes(mended, changes)
        if html is not None:
            write_text(repair_page(mended, language), html)
            say(f"map: {html}")
        if out is None:
            say("nothing written; with --out it goes to a new city folder")
        else:
            mended.write(out)
            say(f"written: {out}")
    if not mended.after.ok:
        raise typer.Exit(1)


def _check_out(out: Path | None) -> None:
    """Refuse a place where something is: no city is replaced by a repair."""
    if out is not None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadFileError(
            f"{out} exists already; a repair writes a new city folder",
            "Name another one.",
            message_zh=f"{out} 已存在；修复结果只写入新的城市目录",
            hint_zh="请另取目录名。",
        )


def _tell(title: str, found: Sequence[Change]) -> None:
    counts = Counter((one.level, one.kind.value) for one in found)
    named = ", ".join(f"{count} {kind} in {level}" for (level, kind), count in counts.items())
    say(f"{title}: {named or 'nothing'}")
    for one in sorted(found, key=lambda one: -abs(one.area_m2))[:_SHOWN]:
        codes = " ".join(one.taken_from) + (f" → {one.given_to}" if one.given_to else "")
        note = f": {one.note}" if one.note else ""
        say(
            f"  {one.level} {one.kind.value} {codes}, {one.area_m2:,.2f} m², {one.width_m:.3f} m "
            f"wide, at {one.lon:.6f}, {one.lat:.6f}{note}"
        )
    if len(found) > _SHOWN:
        say(f"  … and {len(found) - _SHOWN} more (all of them with --changes)")


def _tell_of_rest(after: Certificate) -> None:
    """Name the defects that no repair of ground can mend."""
    ground = {"overlaps", "gaps", "spills"}
    others = [
        {kind: count for kind, count in level.defects.items() if kind not in ground}
        for level in after.levels
    ]
    if named := defects_text(others):
        say(f"left, not a matter of ground: {named}")


def _write_changes(mended: Mended, path: Path | None) -> None:
    if path is None:
        return
    as_csv = path.suffix.lower() == ".csv"
    write_text(changes_csv(mended.done, mended.left) if as_csv else mended.to_json(), path)


if __name__ == "__main__":
    app()
