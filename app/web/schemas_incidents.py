"""What the routes of incidents take, typed; app.web.schemas_incidents_out has what they answer."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.web.schemas import DatumName, decimal

StatusName = Literal[
    "reported",
    "filed",
    "rejected",
    "dispatched",
    "handling",
    "feedback",
    "verified",
    "closed",
    "merged",
]
MoveName = Literal[
    "file",
    "reject",
    "dispatch",
    "settle",
    "accept",
    "report_back",
    "verify",
    "fail",
    "close",
    "reassign",
    "escalate",
    "merge",
    "reopen",
]
# An import marks its own.
SourceIn = Literal["dispatcher", "grid_worker", "citizen", "api"]
SourceName = Literal["dispatcher", "grid_worker", "citizen", "import", "api"]
LocationStatusName = Literal["inside", "on_border", "overlap", "nearest", "outside", "unlocated"]
KindName = Literal["reported", "moved", "edited", "commented", "photo", "absorbed", "released"]

_MAX_WHOLE = 10**9
_YEARS = (1900, 2200)
_WHOLE = re.compile(r"-?[0-9]{1,15}")


def whole(text: str) -> int:
    """Read a whole number of a query string.

    Raises
    ------
    PydanticCustomError
        If the text is not one.
    """
    if not _WHOLE.fullmatch(text):
        raise PydanticCustomError("whole", "not a whole number")
    return int(text)


def instant(text: object) -> datetime:
    """Read a time with its zone, in the form of RFC 3339.

    Raises
    ------
    PydanticCustomError
        If it is not one, has no zone, or lies outside of 1900 to 2200.
    """
    try:
        read = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        read = None
    if read is None or read.tzinfo is None or not _YEARS[0] <= read.year < _YEARS[1]:
        raise PydanticCustomError("instant", "not a time with its zone")
    return read.astimezone(UTC)


Decimal = Annotated[float, BeforeValidator(decimal)]
Whole = Annotated[int, BeforeValidator(whole), Field(ge=0, le=_MAX_WHOLE)]
Moment = Annotated[datetime, BeforeValidator(instant)]
Version = Annotated[int, Field(ge=1, le=_MAX_WHOLE, description="The version that you have seen")]
# What is left out is None within, but null is not what may be sent.
_LEFT_OUT: Any = None
_BBOX = "west,south,east,north in WGS-84 degrees"


class _In(BaseModel):
    # A misspelt parameter or a number in quotes must not pass in silence.
    model_config = ConfigDict(extra="forbid", strict=True)


class IncidentsQuery(_In):
    """Which incidents are asked for; what is left out does not limit."""

    status: str = Field(
        "",
        description="One or several, separated by commas; open and over stand for groups",
        examples=["open"],
    )
    hazard: str = Field("", description="With all its kinds; see /api/hazards")
    severity: str = Field("", description="One or several of 1 to 4, separated by commas")
    grid: str = Field("", description="Code of a grid of any level or overlay")
    bbox: str = Field("", description=_BBOX)
    text: str = Field("", description="Found in number, title, description or address")
    overdue: Literal["", "true", "false"] = Field("", description="As of now")
    since: Moment = Field(_LEFT_OUT, description="Happened then or later")
    until: Moment = Field(_LEFT_OUT, description="Happened before")
    location_status: Literal[
        "", "inside", "on_border", "overlap", "nearest", "outside", "unlocated"
    ] = ""
    order: str = Field(
        "-reported_at",
        description="reported_at, occurred_at, updated_at, due_at, severity, number or status; "
        "with - descending",
    )
    limit: Whole = Field(100, description="1 to 10,000")
    after: Whole = Field(0, description="How many to pass over")
    format: Literal["json", "geojson"] = Field(
        "json", description="geojson: points with number, hazard, severity, status and overdue"
    )


class LiveQuery(_In):
    """Open incidents in a box."""

    bbox: str = Field(description=_BBOX, examples=["104.53,30.38,104.56,30.41"])
    hazard: str = Field("", description="With all its kinds; see /api/hazards")
    severity: str = Field("", description="One or several of 1 to 4, separated by commas")
    status: str = Field("", description="One or several of those that are open, with commas")
    overdue: Literal["", "true", "false"] = Field("", description="As of now")
    limit: Whole = Field(1_000, ge=1, le=10_000, description="The gravest and newest come first")


class NearestQuery(_In):
    """Open incidents near a point."""

    lon: Decimal = Field(description="Degrees east in datum", examples=[104.5469])
    lat: Decimal = Field(description="Degrees north in datum", examples=[30.3915])
    datum: DatumName = Field("wgs84", description="Datum of lon and lat: declare it")
    k: Whole = Field(10, ge=1, le=100, description="How many")
    hazard: str = Field("", description="With all its kinds; see /api/hazards")


class DuplicatesQuery(_In):
    """A report that is being written."""

    lon: Decimal = Field(description="Degrees east in datum", examples=[104.5469])
    lat: Decimal = Field(description="Degrees north in datum", examples=[30.3915])
    datum: DatumName = Field("wgs84", description="Datum of lon and lat: declare it")
    hazard: str = Field(description="See /api/hazards", examples=["gas.leak"])
    occurred_at: Moment = Field(_LEFT_OUT, description="With its zone; left out: now")


class DraftBody(_In):
    """A report; a place is given by lon and lat, by address, or not at all."""

    hazard: str = Field(description="See /api/hazards", examples=["gas.leak"])
    title: str = Field(description="1 to 200 characters", examples=["闻到燃气味"])
    severity: int = Field(2, ge=1, le=4, description="1 slight to 4 very grave")
    description: str = Field("", description="Up to 10,000 characters")
    lon: float | None = Field(None, description="Degrees east in datum", examples=[104.5469])
    lat: float | None = Field(None, description="Degrees north in datum", examples=[30.3915])
    datum: DatumName = Field("wgs84", description="Datum of lon and lat: declare it")
    accuracy_m: float = Field(0.0, description="How far the true place may be, 0 to 10,000 metres")
    address: str = Field("", description="Up to 300 characters")
    source: SourceIn = "api"
    reporter_name: str = Field("", description="Personal; only /contact answers it")
    reporter_contact: str = Field("", description="Personal; only /contact answers it")
    occurred_at: Moment | None = Field(None, description="With its zone; left out: now")
    external_source: str | None = Field(None, description="Your system's name, with external_id")
    external_id: str | None = Field(
        None, description="What your system calls it: sent again, the known incident is answered"
    )


class AssigneeBody(_In):
    """Who is to have an incident."""

    level: str = Field(description="Id of a level or overlay; city for the city itself")
    code: str = Field("", description="Code of the grid, empty for the city itself")
    role: str = Field("", description="A role that the grid has; empty for anybody there")


class MoveBody(_In):
    """A move along the life cycle; /api/lifecycle lists them."""

    move: MoveName
    version: Version
    note: str = Field("", description="Why; some moves want it")
    assignee: AssigneeBody | None = Field(
        None, description="For moves that say who has it; left out: the first of the proposal"
    )


class MergeBody(_In):
    """Into which incident this one is merged."""

    into: str = Field(description="Number of the other incident")
    version: Version
    note: str = ""


class ChangesBody(_In):
    """What is to be changed; what is left out stays. lon, lat and datum go together."""

    version: Version
    note: str = Field("", description="Why")
    hazard: str = Field(_LEFT_OUT)
    severity: int = Field(_LEFT_OUT, ge=1, le=4)
    title: str = Field(_LEFT_OUT)
    description: str = Field(_LEFT_OUT)
    address: str = Field(_LEFT_OUT)
    lon: float = Field(_LEFT_OUT)
    lat: float = Field(_LEFT_OUT)
    datum: DatumName = Field(_LEFT_OUT)
    accuracy_m: float = Field(_LEFT_OUT)
    reporter_name: str = Field(_LEFT_OUT)
    reporter_contact: str = Field(_LEFT_OUT)


class CommentBody(_In):
    """A remark for the history."""

    note: str = Field(description="1 to 2,000 characters")


class AbsenceBody(_In):
    """When nobody is on duty for a grid, or not the one with a role."""

    code: str = Field(description="Code of the grid")
    role: str | None = Field(None, description="A role that the grid has; left out: everybody")
    begins_at: Moment | None = Field(None, description="Left out: now")
    ends_at: Moment | None = Field(None, description="Left out: until it is deleted")
    reason: str = ""
