"""The incidents that figures are made of, as columns: read once, limited by masks.

An incident counts once: one that was rejected did not happen, and one that was merged into
another is the other. It counts where it lies by the boundaries of the opened city, which may be of
a later generation than those by which it was filed; where it has no point, or lies in a gap
between grids, it counts in the grid that was named when it was filed, if there still is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.analysis.ground import Area, Ground
from app.analysis.period import Period
from app.errors import CityError
from app.grids.store import verify
from app.incidents.lifecycle import Status
from app.incidents.policy import Policy
from app.incidents.tables import incident
from app.locate import Locator

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Rows32 = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

# Incidents as a table of the city folder, such as those of the demo.
TABLE = "incidents"
NOT_COUNTED = (Status.REJECTED, Status.MERGED)
_COLUMNS = sa.select(
    incident.c.id,
    incident.c.lon,
    incident.c.lat,
    incident.c.hazard,
    incident.c.severity,
    incident.c.occurred_at,
    incident.c.grid,
).where(incident.c.status.not_in([str(one) for one in NOT_COUNTED]))
_ROWS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class IncidentSet:
    """Incidents as columns, ordered by `ident`.

    Attributes
    ----------
    ident : ndarray of int64, shape (n,)
        Their ids; of a file, the row.
    lon, lat : ndarray of float64, shape (n,)
        WGS-84 degrees; NaN where no point is known.
    hazard : ndarray of int16, shape (n,)
        Place in `hazards`.
    severity : ndarray of int8, shape (n,)
        1 to 4.
    at : ndarray of datetime64[us], shape (n,)
        When it happened or was seen, UTC.
    row : ndarray of int32, shape (levels, n)
        For each level, coarse to fine, the row of the grid that it lies in; -1 for none.
    hazards : tuple of str
        Ids of hazards.
    seq : int
        Number of the last event of the feed that is taken in; 0 for a file.
    """

    ident: Rows
    lon: Floats
    lat: Floats
    hazard: npt.NDArray[np.int16]
    severity: npt.NDArray[np.int8]
    at: npt.NDArray[np.datetime64]
    row: Rows32
    hazards: tuple[str, ...]
    seq: int = 0

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.ident)

    def take(self, which: Mask | Rows) -> IncidentSet:
        """Return some of them: those of a mask, or rows in their order."""
        columns = {
            one.name: getattr(self, one.name)[..., which]
            for one in fields(self)
            if one.name not in {"hazards", "seq"}
        }
        return replace(self, **columns)

    def select(
        self,
        ground: Ground,
        *,
        period: Period | None = None,
        hazards: Sequence[str] = (),
        area: Area | None = None,
    ) -> IncidentSet:
        """Return those that are asked for; what is left out does not limit.

        Parameters
        ----------
        ground
            Says which level is which.
        period
            In which they happened.
        hazards
            Ids; a hazard's kinds are named with it (`Policy.kinds`).
        area
            The grid in which they lie.
        """
        wanted: Mask = np.ones(len(self), dtype=np.bool_)
        if period is not None:
            wanted &= period.holds(self.at)
        if hazards:
            known = [place for place, one in enumerate(self.hazards) if one in set(hazards)]
            wanted &= np.isin(self.hazard, known)
        if area is not None:
            wanted &= self.row[ground.levels.index(area.level)] == area.row
        return self.take(wanted)

    def rows(self, ground: Ground, level: str) -> Rows32:
        """Return for each the row of its grid of a level, -1 for none."""
        ground.layer(level)
        return np.asarray(self.row[ground.levels.index(level)])


def make_set(
    locator: Locator,
    ground: Ground,
    *,
    ident: npt.ArrayLike,
    lon: npt.ArrayLike,
    lat: npt.ArrayLike,
    hazard: Iterable[str],
    severity: npt.ArrayLike,
    at: npt.ArrayLike,
    grid: Iterable[str | None] | None = None,
    seq: int = 0,
) -> IncidentSet:
    """Return incidents as columns, each placed in the grids that it lies in.

    Parameters
    ----------
    locator, ground
        The opened city.
    ident, lon, lat, severity, at
        Columns of the same length, see `IncidentSet`; lon and lat NaN where no point is known.
    hazard
        Ids.
    grid
        Codes of the grids, of any level, that were named when they were filed.
    seq
        Number of the last event that is taken in.
    """
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    numbers, hazards = pd.factorize(np.asarray(list(hazard), dtype=object), sort=True)
    made = IncidentSet(
        ident=np.asarray(ident, dtype=np.int64),
        lon=x,
        lat=y,
        hazard=numbers.astype(np.int16),
        severity=np.asarray(severity, dtype=np.int8),
        at=np.asarray(at, dtype="datetime64[us]"),
        row=_place(locator, ground, x, y, grid),
        hazards=tuple(map(str, hazards)),
        seq=seq,
    )
    return made.take(np.argsort(made.ident, kind="stable"))


def read_rows(
    connection: Connection,
    locator: Locator,
    ground: Ground,
    seq: int,
    only: Sequence[int] | None = None,
) -> IncidentSet:
    """Return the incidents of a database that count.

    Parameters
    ----------
    connection
        Within a transaction that sees the events up to `seq`.
    locator, ground
        The opened city.
    only
        Ids to which they are limited.
    """
    asked = _COLUMNS.order_by(incident.c.id)
    if only is not None:
        asked = asked.where(incident.c.id.in_(only))
    found: list[tuple[object, ...]] = []
    for part in connection.execute(
        asked, execution_options={"yield_per": _ROWS_AT_ONCE}
    ).partitions():
        found += map(tuple, part)
    columns = list(zip(*found, strict=True)) if found else [()] * 7
    ident, lon, lat, hazard, severity, at, grid = columns
    return make_set(
        locator,
        ground,
        ident=np.array(ident, dtype=np.int64),
        lon=np.array(lon, dtype=np.float64),
        lat=np.array(lat, dtype=np.float64),
        hazard=map(str, hazard),
        severity=np.array(severity, dtype=np.int8),
        at=_utc(at),
        grid=[None if code is None else str(code) for code in grid],
        seq=seq,
    )


def read_table(locator: Locator, ground: Ground) -> IncidentSet:
    """Return the incidents of the city folder's own table that count.

    Raises
    ------
    CityError
        If the city names no such table, or it lacks a column.
    """
    city = locator.city
    file = city.manifest.tables.get(TABLE)
    if file is None:
        raise CityError(
            f"{city.folder} has no table {TABLE!r}; it has {sorted(city.manifest.tables)}",
            "Take them from the database instead.",
            message_zh=f"{city.folder} 没有 {TABLE!r} 表；现有 {sorted(city.manifest.tables)}",
            hint_zh="请改用数据库中的事件。",
        )
    verify(city.folder, city.manifest, (file,))
    wanted = ["lon", "lat", "hazard", "severity", "occurred_at", "outcome"]
    try:
        frame = pd.read_parquet(city.folder / file, columns=wanted)
    except (OSError, ValueError) as error:
        raise CityError(f"{file} is no table of incidents with {wanted}: {error}") from error
    frame = frame[~frame["outcome"].isin([str(one) for one in NOT_COUNTED])]
    return make_set(
        locator,
        ground,
        ident=frame.index.to_numpy(),
        lon=frame["lon"].to_numpy(),
        lat=frame["lat"].to_numpy(),
        hazard=frame["hazard"].astype(str),
        severity=frame["severity"].to_numpy(),
        at=_utc(frame["occurred_at"]),
    )


def join(one: IncidentSet, other: IncidentSet) -> IncidentSet:
    """Return the incidents of two sets that have none in common, ordered by id."""
    hazards = tuple(sorted({*one.hazards, *other.hazards}))
    place = {name: number for number, name in enumerate(hazards)}
    parts = [
        replace(
            each,
            hazard=np.array([place[name] for name in each.hazards] or [0], np.int16)[each.hazard],
        )
        for each in (one, other)
    ]
    columns = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts], axis=-1)
        for field in fields(IncidentSet)
        if field.name not in {"hazards", "seq"}
    }
    joined = replace(one, **columns, hazards=hazards, seq=max(one.seq, other.seq))
    return joined.take(np.argsort(joined.ident, kind="stable"))


def kinds_of(policy: Policy, hazard: str) -> tuple[str, ...]:
    """Return the ids that a hazard stands for: itself and its kinds; none for "", which is all."""
    return policy.kinds(hazard) if hazard else ()


def _place(
    locator: Locator,
    ground: Ground,
    lon: Floats,
    lat: Floats,
    grid: Iterable[str | None] | None,
) -> Rows32:
    """Return for each level and incident the row of the grid that it lies in."""
    levels = ground.levels
    row = np.full((len(levels), len(lon)), -1, dtype=np.int32)
    known = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    found = locator.locate_many(lon[known], lat[known])
    held = found >= 0
    for depth, level in enumerate(levels):
        row[depth, known[held]] = ground.above(levels[-1], level)[found[held]]
    if grid is None:
        return row
    named = np.asarray(list(grid), dtype=object)
    for place in np.flatnonzero(row[-1] < 0):
        _fill_named(ground, row, int(place), named[place])
    return row


def _fill_named(ground: Ground, row: Rows32, place: int, code: str | None) -> None:
    """Place an incident in the grid of a code and in those above it, if there is such a grid."""
    if not code:
        return
    for depth in range(len(ground.levels) - 1, -1, -1):
        level = ground.levels[depth]
        at = ground.layer(level).row_of.get(code)
        if at is not None:
            for higher in range(depth + 1):
                row[higher, place] = ground.above(level, ground.levels[higher])[at]
            return


def _utc(times: Iterable[object]) -> npt.NDArray[np.datetime64]:
    """Return instants with their zones as datetime64 in UTC."""
    stamps = pd.to_datetime(pd.Series(list(times), dtype=object), utc=True)
    return np.asarray(stamps.dt.tz_localize(None).to_numpy("datetime64[us]"))
