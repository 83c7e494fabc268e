"""What /api/heat, /api/hotspots and /api/stats take and answer, typed."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from app.analysis.classes import DEFAULT_K, MAX_K, MIN_K
from app.analysis.isobands import DEFAULT_CLASSES
from app.web.schemas import DayQuery
from app.web.schemas_incidents import (
    Decimal,
    Whole,
)

StateName = Literal["value", "zero", "no_data", "suppressed"]
MeasureName = Literal["count", "per_household", "per_km2"]
SchemeName = Literal["steps", "quantiles", "equal_interval", "fisher_jenks", "maximum_breaks"]
PatternName = Literal[
    "none",
    "new",
    "consecutive",
    "intensifying",
    "persistent",
    "diminishing",
    "sporadic",
    "oscillating",
    "historical",
]
_LEVEL = "Id of a level, see /api/city; left out: the finest"
_SUPPRESS = "from 1 to one less than this are not shown; 0 shows all. For what leaves the office: 5"


class AnalysisQuery(DayQuery):
    """Which incidents are meant."""

    hazard: str = Field("", description="With all its kinds, see /api/hazards; left out: all")
    since: str = Field(
        "",
        alias="from",
        description="Happened then or later: a day (2026-11-01), or a time with its zone; left "
        "out: a year before `to`",
        examples=["2025-11-01"],
    )
    until: str = Field(
        "",
        alias="to",
        description="Happened before: a day or a time; left out: the end of today",
        examples=["2026-11-01"],
    )
    area: str = Field("", description="Code of a grid of any level; left out: all that you may see")


class HeatQuery(AnalysisQuery):
    """How heat is reckoned and classed."""

    bandwidth_m: Decimal | None = Field(
        None, description="Standard deviation of the kernel, metres; left out: the hazard's own"
    )
    severity: str = Field(
        "",
        description="weighted, or what an incident of severity 1 to 4 counts, such as 1,2,4,8; "
        "left out: each counts one",
        examples=["weighted"],
    )
    half_life_days: Decimal | None = Field(
        None, description="After so many days before `to` an incident counts half"
    )
    scheme: SchemeName = Field("steps", description="How classes are made")
    k: Whole = Field(DEFAULT_CLASSES, description=f"How many classes, {MIN_K} to {MAX_K}")
    breaks: str = Field(
        "",
        description="From which densities on classes begin, ascending, such as 0.1,0.2,0.5: to "
        "compare several maps; in place of scheme and k",
    )
    suppress: Whole = Field(0, description=f"Spots of incidents {_SUPPRESS}")


class StatsQuery(AnalysisQuery):
    """Which figure of which grids."""

    level: str = Field("", description=_LEVEL)
    measure: MeasureName = Field("count", description="What the figure is per")
    smooth: Literal["", "true", "false"] = Field(
        "", description="true: rates smoothed by empirical Bayes"
    )
    scheme: SchemeName = Field("quantiles", description="How classes are made")
    k: Whole = Field(DEFAULT_K, description=f"How many classes, {MIN_K} to {MAX_K}")
    suppress: Whole = Field(0, description=f"Counts {_SUPPRESS}")


class HotspotsQuery(AnalysisQuery):
    """Which grids are compared, and how surely."""

    level: str = Field("", description=_LEVEL)
    measure: MeasureName = Field("count", description="What is compared")
    fdr: Decimal = Field(0.05, description="Part of the spots that may be false")
    trend: Literal["true", "false"] = Field(
        "true", description="What became of them, month by month"
    )


class WordsOut(BaseModel):
    """In both languages."""

    en: str
    zh: str


class PeriodOut(BaseModel):
    """Of which time a figure is."""

    since: str = Field(alias="from", description="Included")
    until: str = Field(alias="to", description="Not included")
    months: float = Field(description="Months of 30.44 days")


class AboutOut(BaseModel):
    """What a figure is, and of what."""

    hazard: str = Field(description="Empty for all")
    area: str = Field(description="Code; empty for the whole city")
    period: PeriodOut
    unit: WordsOut
    generation: str = Field(description="Of the boundaries")
    synthetic: str = Field(description="What of the data is not real; empty for real data")
    seq: int = Field(description="Number of the last change that is taken in, see /api/changes")
    notes: list[WordsOut] = Field(description="What a reader has to know")


class HeatAbout(AboutOut):
    """What the map of heat shows."""

    bandwidth_m: float
    bandwidth_reason: WordsOut
    breaks: list[float] = Field(description="From which densities on classes begin")
    count: int = Field(description="Incidents on the map")
    weight: float = Field(description="What they count together: the integral of the density")
    left_out: int = Field(description="Incidents without a point on this ground")
    suppressed: int = Field(description="Incidents of spots too small to be shown")


class HeatOut(BaseModel):
    """GeoJSON FeatureCollection: one multipolygon for each class, with low, high, unit, label."""

    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]]
    about: HeatAbout


class ClassesOut(BaseModel):
    """The classes of the figures above zero."""

    scheme: str
    k: int
    edges: list[float] = Field(description="One more than there are classes")
    counts: list[int]
    note: WordsOut | None


class GridsAbout(AboutOut):
    """What the figures of grids are."""

    level: str
    measure: MeasureName
    denominator: WordsOut
    total: int = Field(description="Incidents in the grids that are shown")
    unplaced: int = Field(description="Incidents in no grid of this level")


class StatsAbout(GridsAbout):
    """What the figures of a choropleth are."""

    smoothed: bool
    classes: ClassesOut


class StatsColumns(BaseModel):
    """One entry for each grid, ordered by code."""

    code: list[str]
    name: list[str]
    state: list[StateName]
    value: list[float | None] = Field(description="null where there is no data, or suppressed")
    count: list[int | None] = Field(description="null where suppressed")
    denominator: list[float | None] = Field(description="Households or km²; null for a count")
    small: list[bool] = Field(description="Whether the denominator is too small to trust the rate")
    class_: list[int | None] = Field(
        alias="class", description="From 0; null for a state other than value"
    )


class StatsOut(BaseModel):
    """A figure for every grid."""

    about: StatsAbout
    grids: StatsColumns


class BreakdownAbout(AboutOut):
    """Of what incidents the parts are."""

    total: int = Field(description="Incidents; each part adds up to it")
    unplaced: int = Field(description="Incidents in no grid, which are in no part")


class MonthCount(BaseModel):
    """How many of a month."""

    month: str = Field(examples=["2026-03"])
    count: int


class HazardCount(BaseModel):
    """How many of a hazard."""

    hazard: str = Field(description="Id, see /api/hazards")
    count: int


class BreakdownOut(BaseModel):
    """How many incidents there are of what."""

    about: BreakdownAbout
    month: list[MonthCount] = Field(description="In order; months without any are left out")
    hazard: list[HazardCount] = Field(
        description="As they were filed, the most first; those without any are left out"
    )
    severity: list[int] = Field(description="Of severity 1 to 4")
    weekday: list[int] = Field(description="Monday to Sunday, by the clock of the city")
    hour: list[int] = Field(description="From 0:00, 1:00, … on, by the clock of the city")


class HotspotsAbout(GridsAbout):
    """How the grids were compared."""

    fdr: float
    months: list[str] = Field(description="That were looked at for trends; empty if none were")


class HotspotsColumns(BaseModel):
    """One entry for each grid, ordered by code."""

    code: list[str]
    name: list[str]
    state: list[StateName]
    value: list[float | None]
    count: list[int]
    z: list[float | None] = Field(description="Gi*")
    p: list[float | None] = Field(description="Two-sided")
    p_adjusted: list[float | None] = Field(description="By Benjamini and Hochberg")
    spot: list[Literal["hot", "cold", ""]]
    pattern: list[PatternName] = Field(description="Empty if no months were looked at")
    hot_months: list[int] = Field(description="Likewise")
    trend_z: list[float | None] = Field(description="Likewise: Mann-Kendall of the figures")
    trend_p: list[float | None] = Field(description="Likewise: two-sided")


class HotspotsOut(BaseModel):
    """Hot and cold spots among grids."""

    about: HotspotsAbout
    grids: HotspotsColumns
