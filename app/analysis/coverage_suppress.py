"""Small counts of people, hidden in what leaves the house.

A count of 1 to k - 1 people tells of somebody in particular; so does its complement within a
whole, and a whole that is that small. What one row hides could be had by subtracting its sisters
from their parent: so at least two children of a parent that is shown are hidden, and as many as
it takes for their sums to be no small counts. It could be had by adding up its children, too: so
all that is below a hidden row is hidden with it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from app.analysis.coverage_table import Column, Coverage, LevelTable
from app.analysis.ground import Ground
from app.analysis.suppression import DEFAULT_THRESHOLD, check_threshold
from app.analysis.terms import State

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def suppress(ground: Ground, coverage: Coverage, below: int = DEFAULT_THRESHOLD) -> Coverage:
    """Return coverage of a whole city in which small counts of people are not shown.

    Parameters
    ----------
    ground
        Of the city.
    coverage
        Of the whole city: what is hidden must not depend on who asks for which part of it.
    below
        The least count that is shown; 0 shows all.

    Raises
    ------
    BadInputError
        If the threshold is not usable.
    """
    check_threshold(below)
    if below <= 1:
        return replace(coverage, suppressed_below=0)
    hidden = [_hidden(ground, coverage, at, below) for at in range(len(coverage.measures))]
    return replace(
        coverage,
        total=_masked(coverage.total, [one[0] for one in hidden]),
        levels=tuple(
            _masked(table, [one[place + 1] for one in hidden])
            for place, table in enumerate(coverage.levels)
        ),
        suppressed_below=below,
    )


def _hidden(ground: Ground, coverage: Coverage, at: int, below: int) -> list[Mask]:
    """Return which figures of a measure are hidden: of the city, then of every level."""
    tables = [coverage.total, *coverage.levels]
    columns = [table.columns[at] for table in tables]
    if not columns[0].measure.personal:
        return [np.zeros(len(table), dtype=bool) for table in tables]
    hidden = [_is_small(column, below) for column in columns]
    parents = [np.zeros(len(tables[1]), dtype=np.int64)]
    parents += [
        ground.layer(table.level).parent_row.astype(np.int64) for table in coverage.levels[1:]
    ]
    for place in range(1, len(tables)):
        parent, above = parents[place - 1], hidden[place - 1]
        hidden[place] |= (parent >= 0) & above[parent] & (columns[place].whole > 0)
        _hide_sisters(hidden[place], columns[place], parent, above, below)
    return hidden


def _is_small(column: Column, below: int) -> Mask:
    def small(counts: Floats) -> Mask:
        return np.asarray((counts > 0) & (counts < below))

    return small(column.part) | small(column.whole) | small(column.whole - column.part)


def _hide_sisters(
    hidden: Mask, column: Column, parent: npt.NDArray[np.int64], above: Mask, below: int
) -> None:
    """Hide more children wherever what is hidden could be had by subtracting from the parent."""
    for family in np.unique(parent[hidden]):
        if family < 0 or above[family]:
            continue
        rows = np.flatnonzero(parent == family)
        free = rows[~hidden[rows] & (column.whole[rows] > 0)]
        order = free[np.argsort(column.whole[free], kind="stable")].tolist()
        while order and not _is_safe(column, rows[hidden[rows]], below):
            hidden[order.pop(0)] = True


def _is_safe(column: Column, rows: npt.NDArray[np.int64], below: int) -> bool:
    """Tell whether the sums of hidden rows are no small counts either."""
    part, whole = column.part[rows].sum(), column.whole[rows].sum()
    sums = np.array([part, whole, whole - part])
    return len(rows) > 1 and not bool(((sums > 0) & (sums < below)).any())


def _masked(table: LevelTable, hidden: list[Mask]) -> LevelTable:
    columns = []
    for column, mask in zip(table.columns, hidden, strict=True):
        states = column.states.copy()
        states[mask] = State.SUPPRESSED
        columns.append(
            Column(
                column.measure,
                np.where(mask, np.nan, column.part),
                np.where(mask, np.nan, column.whole),
                states,
            )
        )
    return replace(table, columns=tuple(columns))
