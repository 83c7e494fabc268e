"""What figures for the grids of a level have in common: which grids, of what, when and where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from app.analysis.ground import Area
from app.analysis.period import Period
from app.analysis.terms import Words

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


class Measure(StrEnum):
    """What a figure is per."""

    COUNT = "count"
    PER_HOUSEHOLD = "per_household"
    PER_KM2 = "per_km2"


@dataclass(frozen=True, slots=True, kw_only=True)
class GridFigures:
    """A figure for every grid of a level within an area.

    Attributes
    ----------
    level : str
        Id of the level.
    codes, names : tuple of str, length n
        The grids, ordered by code.
    rows : ndarray of int64, shape (n,)
        Their rows in the layer.
    measure : Measure
    value : ndarray of float64, shape (n,)
        In `unit`; NaN where `state` is no data or suppressed.
    state : ndarray of str, shape (n,)
        Of `State`.
    count : ndarray of int64, shape (n,)
        Incidents; -1 where it is suppressed.
    unit, denominator_name : Words
    hazard : str
        Id, "" for all.
    period : Period
    area : Area or None
        None for the whole city.
    generation : str
        Of the boundaries.
    total : int
        Incidents in the shown grids.
    unplaced : int
        Incidents of the selection that lie in no grid of this level.
    notes : tuple of Words
        What a reader has to know.
    """

    level: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    rows: Rows
    measure: Measure
    value: Floats
    state: npt.NDArray[np.str_]
    count: Rows
    unit: Words
    denominator_name: Words
    hazard: str
    period: Period
    area: Area | None
    generation: str
    total: int
    unplaced: int
    notes: tuple[Words, ...] = ()
