"""From the codes that rows carry to codes that are unique: no row and no shape is lost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from app.geo.plane import Plane, Shapes

Texts = npt.NDArray[np.object_]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Resolved:
    """Rows gathered into grids.

    Attributes
    ----------
    code : ndarray of object, shape (g,)
        Unique code of every grid, in the order of their first rows.
    first : ndarray of int64, shape (g,)
        The row whose attributes the grid takes.
    shape : ndarray of object, shape (g,)
        Its polygons.
    merged : dict of str to list of int
        Grids made of several rows, and those rows.
    duplicates : dict of str to dict of str to int
        Codes that several grids claim: the code each grid got, and its first row.
    empty : dict of str to int
        Codes given to rows without one, and those rows.
    """

    code: Texts
    first: Rows
    shape: Shapes
    merged: dict[str, list[int]]
    duplicates: dict[str, dict[str, int]]
    empty: dict[str, int]


def resolve_codes(
    codes: Texts,
    names: Texts,
    parents: Texts,
    shapes: Shapes,
    plane: Plane,
    written: Texts | None = None,
) -> Resolved:
    """Make codes unique.

    Rows of one code, written alike, one name (not empty) and one parent whose insides do not
    overlap are one grid drawn in several rows (an exclave, an island): they become one
    multipolygon. Any other
    second row of a code is another grid that claims it and becomes ``CODE~2``, ``CODE~3``…;
    a row without a code becomes ``?1``, ``?2``….

    Parameters
    ----------
    codes, names, parents : ndarray of object, shape (n,)
        Text of every row; parents "" where unknown.
    shapes : ndarray of object, shape (n,)
        Valid polygons in degrees.
    plane
        Where to tell an overlap from rounding.
    written : ndarray of object, shape (n,), optional
        The codes with the white space around them, as the source has them.
    """
    written = codes if written is None else written
    rows_of: dict[str, list[int]] = {}
    for row, code in enumerate(codes):
        rows_of.setdefault(code, []).append(row)
    taken = set(rows_of)
    named: dict[int, str] = {}
    gathered: dict[int, list[int]] = {}
    duplicates: dict[str, dict[str, int]] = {}
    empty: dict[str, int] = {}
    for row in rows_of.pop("", []):
        named[row] = _free("?", 1, taken)
        empty[named[row]] = row
    for code, rows in rows_of.items():
        if len(rows) == 1:
            named[rows[0]] = code
            continue
        groups = _gather(rows, written, names, parents, shapes, plane)
        for group in groups:
            named[group[0]] = code if group is groups[0] else _free(f"{code}~", 2, taken)
            if len(group) > 1:
                gathered[group[0]] = group
        if len(groups) > 1:
            duplicates[code] = {named[group[0]]: group[0] for group in groups}
    first = np.array(sorted(named), dtype=np.int64)
    shape = shapes[first]
    for place in np.flatnonzero(np.isin(first, list(gathered))):
        shape[place] = shapely.union_all(shapes[gathered[int(first[place])]])
    code = np.array([*(named[int(row)] for row in first), None], dtype=object)[:-1]
    merged = {named[row]: rows for row, rows in gathered.items()}
    return Resolved(code, first, shape, merged, duplicates, empty)


def _free(stem: str, start: int, taken: set[str]) -> str:
    number = start
    while f"{stem}{number}" in taken:
        number += 1
    taken.add(f"{stem}{number}")
    return f"{stem}{number}"


def _gather(
    rows: list[int], written: Texts, names: Texts, parents: Texts, shapes: Shapes, plane: Plane
) -> list[list[int]]:
    """Group rows of one code into grids, in the order of their first rows."""
    groups: list[list[int]] = []
    for row in rows:
        for group in groups:
            head = group[0]
            alike = written[row] == written[head] and parents[row] == parents[head]
            if alike and names[row] and names[row] == names[head]:
                common = shapely.intersection(shapes[group], shapes[row])
                if not len(plane.parts(common)[0]):
                    group.append(row)
                    break
        else:
            groups.append([row])
    return groups
