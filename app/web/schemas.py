"""What the API takes and answers, typed; the OpenAPI document is made from this."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.locate.arrow import DEFAULT_FIELDS, FIELDS
from app.locate.rows import parse_degrees

DatumName = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]
_DATUM = "Datum of lon and lat. It cannot be seen from the numbers: declare it."


def decimal(text: str) -> float:
    """Read a number of a query string by the rule that holds for the rows of a table.

    Raises
    ------
    PydanticCustomError
        If the text is not one decimal number; Python alone would take ``1_0_4`` for 104.
    """
    values, _ = parse_degrees([text], "")
    if np.isnan(values[0]):
        raise PydanticCustomError("decimal", "not a decimal number")
    return float(values[0])


_Decimal = Annotated[float, BeforeValidator(decimal)]


def day(text: str) -> date:
    """Read a day of a query string.

    Raises
    ------
    PydanticCustomError
        If the text is not one.
    """
    if len(text) == len("2026-11-01"):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise PydanticCustomError("day", "not a day")


Day = Annotated[date, BeforeValidator(day)]
ON_TEXT = (
    "The day whose boundaries are to answer, such as 2026-11-01: the edition that holds on it; "
    "left out: today's. 按该日生效的网格版本回答；不填为今天"
)


class _In(BaseModel):
    # A misspelt parameter or a number in quotes must not pass in silence.
    model_config = ConfigDict(extra="forbid", strict=True)


class LocateQuery(_In):
    """One point."""

    lon: _Decimal = Field(description="Longitude, degrees east", examples=[104.5469])
    lat: _Decimal = Field(description="Latitude, degrees north", examples=[30.3915])
    datum: DatumName = Field("wgs84", description=_DATUM)
    accuracy_m: _Decimal = Field(
        0.0, description="How far the true place may be from the point, metres (0 to 10,000)"
    )
    on: Day | None = Field(None, description=ON_TEXT)


class PointIn(_In):
    """One point of many; a value that is not a number makes this point `unusable`, no more."""

    lon: Any = Field(None, description="Longitude, degrees east (a number)", examples=[104.5469])
    lat: Any = Field(None, description="Latitude, degrees north (a number)", examples=[30.3915])


class LocateManyQuery(_In):
    """How points in Arrow or Parquet are meant, and what is answered in Arrow or Parquet."""

    datum: DatumName = Field(
        "wgs84", description="Datum of a body in Arrow or Parquet; a JSON body has its own"
    )
    fields: str = Field(
        ",".join(DEFAULT_FIELDS),
        description="Columns of an answer in Arrow or Parquet, separated by commas, of "
        + ", ".join(FIELDS),
    )
    on: Day | None = Field(None, description=ON_TEXT)


class LocateBody(_In):
    """Many points of one datum and accuracy."""

    points: list[PointIn] = Field(description="Up to 10,000 points (WEIGE_MAX_POINTS)")
    datum: DatumName = Field("wgs84", description=_DATUM)
    accuracy_m: float = Field(0.0, description="As for one point")


class GridsQuery(_In):
    """Grids of one level in a box."""

    level: str = Field(description="Id of a level or overlay, see /api/city", examples=["general"])
    bbox: str = Field(
        "",
        description="west,south,east,north in WGS-84 degrees; left out: the whole city",
        examples=["104.53,30.38,104.56,30.41"],
    )
    on: Day | None = Field(None, description=ON_TEXT)


class GridQuery(_In):
    """Which of two levels that use the same code is meant."""

    level: str = Field("", description="Id of a level or overlay; left out: the coarsest match")
    on: Day | None = Field(None, description=ON_TEXT)


class DayQuery(_In):
    """The edition of which day."""

    on: Day | None = Field(None, description=ON_TEXT)


class StaffOut(BaseModel):
    """One person on duty, by role."""

    role: str
    label: str
    phone: str | None = Field(description="null where phones are not shown")


class GridRef(BaseModel):
    """A grid by code and name."""

    code: str
    name: str


class ChainRef(GridRef):
    """A grid and where it belongs."""

    level: str
    level_name: str


class ChainLink(ChainRef):
    """A grid of the answer, and who is on duty."""

    staff: list[StaffOut]


class OverlayLink(GridRef):
    """A dedicated grid of the answer, and who is on duty."""

    overlay: str
    overlay_name: str
    staff: list[StaffOut]


class AlternativeOut(GridRef):
    """Another grid that the point may belong to."""

    distance_m: float = Field(description="0 where it covers the point")


class OutsideOut(BaseModel):
    """The neighbouring area that holds the point."""

    name: str
    governed_by: str


StatusName = Literal["inside", "on_border", "overlap", "nearest", "outside"]


class LocateOut(BaseModel):
    """Where one point belongs, who is responsible and how sure that is."""

    lon: float = Field(description="WGS-84")
    lat: float = Field(description="WGS-84")
    datum: DatumName = Field(description="Datum the point was given in")
    status: StatusName
    reason: str = Field(description="Why the status is not inside, in the caller's language")
    chain: list[ChainLink] = Field(description="Coarse to fine")
    overlays: list[OverlayLink]
    border_m: float | None = Field(description="Metres to the border of the named grid")
    distance_m: float | None = Field(description="Metres to the named grid, 0 inside it")
    neighbour: GridRef | None = Field(description="The grid across that border")
    alternatives: list[AlternativeOut]
    outside: OutsideOut | None
    generation: str
    synthetic: str = Field(description="What of the data is not real; empty for real data")


class ResultOut(BaseModel):
    """Where one of many points belongs."""

    status: Literal["inside", "on_border", "overlap", "nearest", "outside", "unusable"]
    reason: str
    codes: dict[str, str] = Field(description="Code by level id")
    overlays: dict[str, list[str]] = Field(description="Codes by overlay id")
    border_m: float | None
    distance_m: float | None
    neighbour: str | None
    alternatives: list[dict[str, str | float]]
    governed_by: str | None

    @classmethod
    def unusable(cls, reason: str) -> ResultOut:
        """Return the result of a point that cannot be located."""
        return cls(
            status="unusable",
            reason=reason,
            codes={},
            overlays={},
            border_m=None,
            distance_m=None,
            neighbour=None,
            alternatives=[],
            governed_by=None,
        )


class LocateManyOut(BaseModel):
    """One result for every point, in order."""

    results: list[ResultOut]
    unusable: int = Field(description="How many points could not be read")
    generation: str
    synthetic: str


class GridOut(ChainRef):
    """One grid."""

    properties: dict[str, Any]
    chain: list[ChainRef] = Field(description="Coarse to fine, this grid last")
    children: list[ChainRef]
    staff: list[StaffOut]
    bounds: Annotated[list[float], Field(description="west, south, east, north")]
    geometry: dict[str, Any] = Field(description="GeoJSON geometry, WGS-84")
    generation: str
    synthetic: str


class FeaturesOut(BaseModel):
    """GeoJSON FeatureCollection; every feature has code, name, parent, level."""

    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]]
    synthetic: str


class LevelOut(BaseModel):
    """A level of the tiling."""

    id: str
    name: str
    count: int
    expected: int | None
    min_zoom: int = Field(description="Zoom of the tiles from which it is drawn")


class OverlayOut(LevelOut):
    """An overlay over the tiling."""

    parent_level: str


class BaseOut(BaseModel):
    """A base layer."""

    id: str
    name: str


class SourceOut(BaseModel):
    """Where data came from."""

    what: str
    origin: str
    licence: str
    datum: str


class MovedOut(BaseModel):
    """Tiles that are others than in the archive: corrections moved a house there."""

    zoom: int
    tiles: list[list[int]] = Field(description="Column and row of each")
    url: str = Field(description="Where each is, with {x} and {y}")


class CityOut(BaseModel):
    """What is served."""

    id: str
    name: str
    generation: str
    valid_from: str
    synthetic: str
    bounds: list[float]
    levels: list[LevelOut]
    overlays: list[OverlayOut]
    bases: list[BaseOut]
    sources: list[SourceOut]
    tiles: str
    moved: MovedOut | None = Field(description="null where corrections moved no house")
    certificate: bool = Field(description="Whether what a check of the boundaries found is kept")
    gazetteer: str = Field(description="Version of the gazetteer; empty if there is none")
    tolerance_m: float


class CertificateOut(BaseModel):
    """What a check of the boundaries found; docs/quality.md explains the fields."""

    model_config = ConfigDict(extra="allow")


class QualityMapQuery(DayQuery):
    """How the map of the certificate opens."""

    lang: Literal["zh", "en"] = Field("zh", description="Language of the page 页面语言")


class HealthOut(BaseModel):
    """Whether the server answers, and for what."""

    status: Literal["ok"]
    version: str
    city: str
    content_hash: str


class ErrorBody(BaseModel):
    """What is wrong and what to do."""

    code: str
    message: str
    hint: str
    details: dict[str, Any] = Field(
        default_factory=dict, description="Of a conflict: the version, status and allowed moves now"
    )


# Every error of every route; APIFlask takes a plain schema here.
ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": ErrorBody.model_json_schema()},
}
