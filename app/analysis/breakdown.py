"""What incidents are made up of: how many of each month, hazard, severity, weekday and hour.

Times are those of the clock of the city: a day begins at midnight in the zone of the period.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.analysis.grid_figures import Measure
from app.analysis.ground import Area, Ground
from app.analysis.period import Period
from app.analysis.rates import UNITS, unplaced_note
from app.analysis.selection import IncidentSet
from app.analysis.terms import Words, notes, synthetic_note

Rows = npt.NDArray[np.int64]

SEVERITIES = (1, 2, 3, 4)
WEEKDAYS, HOURS = 7, 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """How many incidents there are of what; each of the parts adds up to `total`.

    Attributes
    ----------
    hazard : str
        Id of the hazard that was asked for, "" for all.
    period : Period
    area : Area or None
        The grid in which they lie; None for the whole city.
    generation : str
        Of the boundaries.
    unit : Words
    total : int
    unplaced : int
        Of the period and hazard, but in no grid of the city; not counted.
    month : tuple of (str, int)
        ``2026-03`` and how many, in order; months without any are left out.
    by_hazard : tuple of (str, int)
        Ids as they were filed and how many, the most first; those without any are left out.
    severity : ndarray of int64, shape (4,)
        Of severity 1 to 4.
    weekday : ndarray of int64, shape (7,)
        Monday to Sunday.
    hour : ndarray of int64, shape (24,)
        From 0:00, 1:00, … on.
    notes : tuple of Words
    """

    hazard: str
    period: Period
    area: Area | None
    generation: str
    unit: Words
    total: int
    unplaced: int
    month: tuple[tuple[str, int], ...]
    by_hazard: tuple[tuple[str, int], ...]
    severity: Rows
    weekday: Rows
    hour: Rows
    notes: tuple[Words, ...]


def breakdown(
    incidents: IncidentSet,
    ground: Ground,
    period: Period,
    *,
    hazard: str = "",
    area: Area | None = None,
) -> Breakdown:
    """Return what incidents are made up of.

    Parameters
    ----------
    incidents
        Those of the period, hazard and area (`IncidentSet.select`), in any order.
    ground, period
        The city, and the time of which the incidents are.
    hazard
        Id of the hazard, "" for all.
    area
        The grid in which they lie; None for the whole city.
    """
    # As rates do: what lies in no grid is told, not counted.
    placed = incidents.rows(ground, ground.levels[0]) >= 0
    if area is not None:
        placed[:] = True
    unplaced = int((~placed).sum())
    counted = incidents.take(placed)
    local = pd.DatetimeIndex(counted.at).tz_localize("UTC").tz_convert(period.zone)
    months = pd.Series(local.strftime("%Y-%m")).value_counts().sort_index()
    kinds = np.bincount(counted.hazard, minlength=len(counted.hazards))
    return Breakdown(
        hazard=hazard,
        period=period,
        area=area,
        generation=ground.city.manifest.generation,
        unit=UNITS[Measure.COUNT],
        total=len(counted),
        unplaced=unplaced,
        month=tuple((str(name), int(n)) for name, n in months.items()),
        by_hazard=tuple(
            (counted.hazards[i], int(kinds[i]))
            for i in np.lexsort((np.arange(len(kinds)), -kinds))
            if kinds[i]
        ),
        severity=np.bincount(counted.severity, minlength=SEVERITIES[-1] + 1)[1:].astype(np.int64),
        weekday=np.bincount(local.day_of_week, minlength=WEEKDAYS).astype(np.int64),
        hour=np.bincount(local.hour, minlength=HOURS).astype(np.int64),
        notes=notes(synthetic_note(ground.city.manifest.synthetic), unplaced_note(unplaced)),
    )
