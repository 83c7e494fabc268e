"""The files that lie beside a file and belong to it, such as the .dbf of a .shp."""

from __future__ import annotations

from pathlib import Path


def part_of(shapefile: Path, suffix: str) -> Path | None:
    """Return the file of the same name with another suffix, in any case; None if there is none.

    Parameters
    ----------
    shapefile
        The .shp file; of a file that does not exist nothing is told.
    suffix
        In small letters, with its dot.
    """
    if not shapefile.is_file():
        return None
    for other in shapefile.parent.iterdir():
        if other.stem == shapefile.stem and other.suffix.lower() == suffix:
            return other
    return None
