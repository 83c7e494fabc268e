"""Counts of grids added up: from the grids in which they were made to every level above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.analysis.coverage_table import CITY, Column, LevelTable, Measure
from app.analysis.ground import Ground

Floats = npt.NDArray[np.float64]
# By id of a level: a number for each of its grids.
Counts = Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Counted:
    """A measure, and its counts in the levels in which they were made.

    Attributes
    ----------
    measure : Measure
    part, whole : dict of str to ndarray of float64
        By id of the level. What is counted in a grid of one level counts in all grids above it.
    """

    measure: Measure
    part: Counts
    whole: Counts


def add_up(ground: Ground, counts: Counts, level: str) -> Floats:
    """Return for each grid of a level the sum of what was counted in it and in those below.

    A sum of which a part is not known (NaN) is not known.
    """
    total = np.zeros(len(ground.layer(level)))
    place = ground.levels.index(level)
    for ident, values in counts.items():
        if ground.levels.index(ident) < place:
            continue
        rows = ground.above(ident, level)
        held = rows >= 0
        total += np.bincount(rows[held], values[held], minlength=len(total))
    return total


def tables(ground: Ground, counted: Sequence[Counted]) -> tuple[LevelTable, tuple[LevelTable, ...]]:
    """Return the row of the city, and the table of every level.

    What lies in a grid without a parent counts in the city all the same.
    """
    levels = tuple(
        level_table(
            ground,
            level,
            [
                Column.of(
                    one.measure,
                    add_up(ground, one.part, level),
                    add_up(ground, one.whole, level),
                )
                for one in counted
            ],
        )
        for level in ground.levels
    )
    whole = [Column.of(one.measure, _sum(one.part), _sum(one.whole)) for one in counted]
    return city_row(ground, whole), levels


def level_table(ground: Ground, level: str, columns: Sequence[Column]) -> LevelTable:
    """Return the table of a level from its columns."""
    layer = ground.layer(level)
    return LevelTable(
        level, layer.part.name, layer.codes, layer.names, layer.parents, tuple(columns)
    )


def city_row(ground: Ground, columns: Sequence[Column]) -> LevelTable:
    """Return the table of one row that is the city."""
    name = ground.city.manifest.name
    one = [np.array([text], dtype=object) for text in ("", name, "")]
    return LevelTable(CITY, name, one[0], one[1], one[2], tuple(columns))


def _sum(counts: Counts) -> Floats:
    return np.array([sum(float(values.sum()) for values in counts.values())])
