"""What every kind of coverage is answered as: measures with their denominators, level by level."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from app.analysis.ground import Area, Ground
from app.analysis.terms import State, Words
from app.errors import BadInputError

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]
Mask = npt.NDArray[np.bool_]

# Id of the one row that stands for the city; no level may have it in practice.
CITY = "city"
NOTHING = Words("", "")


class Kind(StrEnum):
    """What is meant by coverage."""

    BOUNDARY = "boundary"
    STAFFING = "staffing"
    REACH = "reach"


class Form(StrEnum):
    """How a measure is made of its part and its whole."""

    # part / whole, from 0 to 1; the part is of the whole.
    SHARE = "share"
    # part / whole, of different things.
    RATIO = "ratio"
    # The part alone.
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Measure:
    """What a column of figures is.

    Attributes
    ----------
    id : str
    name : Words
    form : Form
    unit : Words
        Of the value.
    part, whole : Words
        What is counted, and what it is divided by (the denominator); no `whole` of a count.
    basis : Words
        How it was counted, where that is not plain.
    personal : bool
        Whether the counts are of people of whom little may be told: small ones are suppressed in
        what leaves the house.
    """

    id: str
    name: Words
    form: Form
    unit: Words
    part: Words
    whole: Words = NOTHING
    basis: Words = NOTHING
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """The figures of one measure for the grids of one level.

    Attributes
    ----------
    measure : Measure
    part, whole : ndarray of float64, shape (n,)
        NaN where not known (`State.NO_DATA`) or not shown (`State.SUPPRESSED`). A whole of 0 is
        known: there is nothing of the kind in the grid, so that there is no value either.
    states : ndarray of State objects, shape (n,)
    """

    measure: Measure
    part: Floats
    whole: Floats
    states: Texts

    @classmethod
    def of(cls, measure: Measure, part: Floats, whole: Floats | None = None) -> Column:
        """Return the column of counts, with the state that follows from them."""
        whole = np.full(len(part), np.nan) if whole is None else whole
        known = np.isfinite(part)
        if measure.form is not Form.COUNT:
            known &= whole > 0
        states = np.array([State.NO_DATA] * len(part), dtype=object)
        states[known] = State.VALUE
        states[known & (part == 0)] = State.ZERO
        return cls(measure, part, whole, states)

    @property
    def value(self) -> Floats:
        """The figure of each grid, NaN where there is none."""
        if self.measure.form is Form.COUNT:
            return self.part
        found = np.full(len(self.part), np.nan)
        np.divide(self.part, self.whole, out=found, where=self.whole > 0)
        if self.measure.form is Form.SHARE:
            # The part is of the whole; sums of areas differ by rounding.
            found = np.clip(found, 0.0, 1.0)
        return found

    @property
    def missing(self) -> Floats:
        """How much of the whole is not covered; NaN where not known, and where there is none."""
        if self.measure.form is not Form.SHARE:
            return np.full(len(self.part), np.nan)
        return np.where(self.whole > 0, np.maximum(self.whole - self.part, 0.0), np.nan)

    def take(self, rows: Mask) -> Column:
        """Return the figures of some grids."""
        return Column(self.measure, self.part[rows], self.whole[rows], self.states[rows])


@dataclass(frozen=True, slots=True)
class LevelTable:
    """The figures of the grids of one level, in the order of their codes.

    Attributes
    ----------
    level, name : str
        Id and shown name; `CITY` for the one row of a whole city.
    codes, names, parents : ndarray of str objects, shape (n,)
    columns : tuple of Column
    """

    level: str
    name: str
    codes: Texts
    names: Texts
    parents: Texts
    columns: tuple[Column, ...]

    def __len__(self) -> int:
        """Return how many grids there are."""
        return len(self.codes)

    def column(self, ident: str) -> Column:
        """Return the figures of a measure.

        Raises
        ------
        BadInputError
            If there is no such measure.
        """
        for column in self.columns:
            if column.measure.id == ident:
                return column
        known = [column.measure.id for column in self.columns]
        raise BadInputError(
            f"measure is {ident!r:.80}, allowed are {known}",
            message_zh=f"指标为 {ident!r:.80}，可用：{'、'.join(known)}",
        )

    def take(self, rows: Mask) -> LevelTable:
        """Return the table of some of its grids."""
        return LevelTable(
            self.level, self.name, self.codes[rows], self.names[rows], self.parents[rows],
            tuple(column.take(rows) for column in self.columns),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gap:
    """A grid in which something is not covered.

    Attributes
    ----------
    measure, level, code, name, parent : str
    affected : float
        How much is not covered, in what the measure counts.
    whole : float
        Of how much.
    value : float
        The share that is covered.
    """

    measure: str
    level: str
    code: str
    name: str
    parent: str
    affected: float
    whole: float
    value: float


@dataclass(frozen=True, slots=True)
class LevelFindings:
    """What the check of the boundaries of a level found.

    Attributes
    ----------
    level, name : str
    is_overlay : bool
    expected : int or None
    found : int
    area_km2, gap_m2, overlap_m2 : float
        Ground that the grids cover together; that they leave open within the level above; that
        two of them share.
    defects : dict of str to int
        How many of each kind (`app.grids.certificate.LevelCertificate.defects`).
    """

    level: str
    name: str
    is_overlay: bool
    expected: int | None
    found: int
    area_km2: float
    gap_m2: float
    overlap_m2: float
    defects: dict[str, int]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far a city, or a part of it, is covered in one meaning of the word.

    Attributes
    ----------
    kind : Kind
    area : Area or None
        To what it is limited; None is the whole city.
    total : LevelTable
        One row: the city or the area.
    levels : tuple of LevelTable
        Coarse to fine, from the level of the area on.
    settings : dict of str to (str, int or float)
        What was asked for: the distance, the days, the kind of station.
    as_of : date or None
        The day from which days are counted back; None where none are.
    notes : tuple of Words
        What a reader has to know.
    generation, city_name : str
    synthetic : str
        The manifest's statement of what is not real.
    suppressed_below : int
        Counts of people under this are not shown; 0 where all are.
    findings : tuple of LevelFindings
        Of the boundaries: level by level, overlays last; empty of other kinds.
    """

    kind: Kind
    area: Area | None
    total: LevelTable
    levels: tuple[LevelTable, ...]
    settings: dict[str, str | int | float]
    as_of: date | None
    notes: tuple[Words, ...]
    generation: str
    city_name: str
    synthetic: str
    suppressed_below: int = 0
    findings: tuple[LevelFindings, ...] = ()

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What is measured, in the order in which it is shown."""
        return tuple(column.measure for column in self.total.columns)

    def level(self, ident: str) -> LevelTable:
        """Return the table of a level; "" is the finest.

        Raises
        ------
        BadInputError
            If there is none: no such level, or one that is coarser than the area.
        """
        if not ident:
            return self.levels[-1]
        for table in self.levels:
            if table.level == ident:
                return table
        known = [table.level for table in self.levels]
        raise BadInputError(
            f"level is {ident!r:.80}, allowed are {known}",
            message_zh=f"层级为 {ident!r:.80}，可用：{'、'.join(known)}",
        )

    def within(self, ground: Ground, area: Area | None) -> Coverage:
        """Return what of it lies in an area: its own row as the total, and what is below."""
        if area is None:
            return self
        place = ground.levels.index(area.level)
        kept = tuple(
            table.take(ground.within(table.level, area))
            for table in self.levels
            if ground.levels.index(table.level) >= place
        )
        return replace(self, area=area, total=kept[0], levels=kept)


def worst_gaps(table: LevelTable, measures: tuple[str, ...] = ()) -> dict[str, tuple[Gap, ...]]:
    """Return where what a share measures is missing, by measure, worst first.

    The worst is where most are affected; of equals where the share is smaller, then by code.
    Figures that are not known or not shown are no gaps.

    Parameters
    ----------
    table
        Of a level.
    measures
        Ids; all that are shares where none are given.
    """
    found: dict[str, tuple[Gap, ...]] = {}
    asked = [table.column(ident) for ident in measures] or [
        column for column in table.columns if column.measure.form is Form.SHARE
    ]
    for column in asked:
        missing, value = column.missing, column.value
        rows = np.flatnonzero(missing > 0)
        order = rows[np.lexsort((table.codes[rows].astype(str), value[rows], -missing[rows]))]
        found[column.measure.id] = tuple(
            Gap(
                measure=column.measure.id,
                level=table.level,
                code=str(table.codes[row]),
                name=str(table.names[row]),
                parent=str(table.parents[row]),
                affected=float(missing[row]),
                whole=float(column.whole[row]),
                value=float(value[row]),
            )
            for row in order.tolist()
        )
    return found
