"""What /api/coverage takes and answers, typed."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from app.analysis.coverage_reach import D_M, DAYS, MOST_D_M, MOST_DAYS
from app.analysis.suppression import DEFAULT_THRESHOLD, MAX_THRESHOLD
from app.web.schemas import Day, DayQuery
from app.web.schemas_incidents import (
    Decimal,
    Moment,
    Whole,
)

StateName = Literal["value", "zero", "no_data", "suppressed"]


class CoverageQuery(DayQuery):
    """In which meaning, and where."""

    kind: Literal["boundary", "staffing", "reach"] = Field(
        description="boundary: do the grids tile the city; staffing: is somebody on duty; reach: "
        "who lives near to help, was visited, what was inspected"
    )
    level: str = Field("", description="Whose grids are listed; left out: the finest level")
    area: str = Field("", description="Code of a grid of any level; left out: all that you may see")
    gaps: Whole = Field(20, description="How many of the worst gaps are listed, up to 1,000")
    suppress: Whole | None = Field(
        None,
        description="Counts of people from 1 to one less than this are not shown (0 to "
        f"{MAX_THRESHOLD}); left out: {DEFAULT_THRESHOLD}. Less is for who may see personal fields",
    )
    station: str = Field(
        "",
        description="reach: kind of station, or responder: people on duty, in the "
        "middle of their grids; left out: all kinds of stations",
    )
    d_m: Decimal | None = Field(
        None, description=f"reach: metres to a station (up to {MOST_D_M:g}); left out: {D_M:g}"
    )
    days: Whole | None = Field(
        None, description=f"reach: how many days back (1 to {MOST_DAYS}); left out: {DAYS}"
    )
    as_of: Day | None = Field(
        None,
        description="reach: the last of these days; left out, for a synthetic city only: the "
        "newest day of its tables",
        examples=["2026-10-31"],
    )
    group: str = Field("", description="reach: special group; left out: all of them")
    site: str = Field("", description="reach: kind of site; left out: all kinds")
    at: Moment | None = Field(
        None,
        description="staffing: without who is off duty at this instant; for who dispatches",
        examples=["2026-11-01T08:00:00+08:00"],
    )


class WordsOut(BaseModel):
    """Words in both languages."""

    en: str
    zh: str


class MeasureOut(BaseModel):
    """What a figure is."""

    id: str
    name: WordsOut
    form: Literal["share", "ratio", "count"]
    unit: WordsOut
    part: WordsOut = Field(description="What is counted")
    whole: WordsOut = Field(description="The denominator; empty of a count")
    basis: WordsOut = Field(description="How it was counted; empty where that is plain")
    personal: bool = Field(description="Small counts are not shown")


class FigureOut(BaseModel):
    """One figure."""

    value: float | None = Field(description="part / whole, or the part of a count")
    part: float | None
    whole: float | None = Field(description="0: nothing of the kind is there; null: not known")
    state: StateName


class FiguresOut(BaseModel):
    """The figures of all grids, in the order of their codes."""

    value: list[float | None]
    part: list[float | None]
    whole: list[float | None]
    state: list[StateName]


class CoverageGridsOut(BaseModel):
    """The grids of the level, by column."""

    code: list[str]
    name: list[str]
    parent: list[str]
    figures: dict[str, FiguresOut] = Field(description="By id of the measure")


class GapOut(BaseModel):
    """A grid in which something is not covered."""

    code: str
    name: str
    parent: str
    affected: float = Field(description="How much of the whole is not covered")
    whole: float
    value: float


class GapsOut(BaseModel):
    """Where something is not covered, worst first."""

    grids: int = Field(description="How many grids have a gap")
    affected: float = Field(description="In all of them together")
    worst: list[GapOut]


class LevelFindingsOut(BaseModel):
    """What the check of the boundaries of a level found."""

    level: str
    name: str
    is_overlay: bool
    expected: int | None
    found: int
    area_km2: float
    gap_m2: float
    overlap_m2: float
    defects: dict[str, int]


class AreaOut(BaseModel):
    """To which everything is limited."""

    level: str
    code: str
    name: str


class CoverageOut(BaseModel):
    """How far a city or an area is covered, in one meaning of the word."""

    kind: Literal["boundary", "staffing", "reach"]
    city: str
    generation: str
    synthetic: str = Field(description="What is not real; show it with the figures")
    area: AreaOut | None
    level: str
    level_name: str
    as_of: str | None = Field(description="The day from which days are counted back")
    settings: dict[str, Any] = Field(description="What was asked, with what was left out filled in")
    suppressed_below: int
    notes: list[WordsOut]
    measures: list[MeasureOut]
    total: dict[str, FigureOut] = Field(description="Of the city or the area, by measure")
    grids: CoverageGridsOut
    gaps: dict[str, GapsOut] = Field(description="By measure; of shares only")
    findings: list[LevelFindingsOut] = Field(description="boundary: level by level")
