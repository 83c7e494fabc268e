"""Incidents for tests: columns made up over a small city."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from app.analysis.ground import Ground
from app.analysis.period import Period
from app.analysis.selection import IncidentSet, make_set
from app.locate import Locator
from tests.cities import ORIGIN, STEP

ZONE = ZoneInfo("Asia/Shanghai")
YEAR = Period.of_days(date(2025, 11, 1), date(2026, 11, 1), ZONE)


def at_squares(squares: npt.ArrayLike) -> np.ndarray:
    """Return lon, lat of places given in squares of the chessboard."""
    return np.asarray(ORIGIN) + np.asarray(squares, dtype=np.float64).reshape(-1, 2) * STEP


def incidents_at(
    locator: Locator,
    ground: Ground,
    squares: npt.ArrayLike,
    *,
    hazard: Sequence[str] | None = None,
    severity: npt.ArrayLike | None = None,
    days: npt.ArrayLike | None = None,
    grid: Sequence[str | None] | None = None,
) -> IncidentSet:
    """Return incidents at places in squares, so many days after the beginning of `YEAR`."""
    lonlat = at_squares(squares)
    n = len(lonlat)
    offsets = np.zeros(n) if days is None else np.asarray(days, dtype=np.float64)
    return make_set(
        locator,
        ground,
        ident=np.arange(1, n + 1),
        lon=lonlat[:, 0],
        lat=lonlat[:, 1],
        hazard=hazard or ["gas"] * n,
        severity=np.ones(n) if severity is None else severity,
        at=np.datetime64("2025-10-31T16:00:00", "us")
        + (offsets * 86_400e6).astype("timedelta64[us]"),
        grid=grid,
    )
