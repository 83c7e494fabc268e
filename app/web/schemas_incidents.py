"""What the routes of incidents take and answer, typed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.web.schemas import AlternativeOut, ChainRef, DatumName, GridRef, OutsideOut, decimal

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


class AssigneeOut(BaseModel):
    """Who has an incident."""

    level: str
    code: str
    role: str
    name: str = Field(description="Of the grid; empty if the present boundaries do not know it")


class SummaryOut(BaseModel):
    """An incident in a list."""

    number: str
    version: int
    status: StatusName
    hazard: str
    severity: int
    title: str
    address: str
    source: SourceName
    lon: float | None = Field(description="WGS-84; null where only words are known")
    lat: float | None
    location_status: LocationStatusName
    grid: str | None = Field(description="Code of the finest grid that holds it")
    assignee: AssigneeOut | None
    merged_into: str | None
    synthetic: bool
    open: bool = Field(description="Whether it is still to be dealt with")
    overdue: bool = Field(description="Whether the next move should have been made by now")
    occurred_at: datetime
    reported_at: datetime
    updated_at: datetime
    due_at: datetime | None = Field(description="When the next move is due")


class PlaceOut(BaseModel):
    """What the locator said of the place, as of that edition of the boundaries."""

    status: LocationStatusName
    chain: list[ChainRef] = Field(description="Coarse to fine")
    overlays: list[ChainRef] = Field(description="Dedicated grids")
    border_m: float | None
    neighbour: GridRef | None = Field(description="The grid across that border")
    alternatives: list[AlternativeOut]
    outside: OutsideOut | None
    border_note: str = Field(
        description="That a border is near, in the caller's language; empty where none is"
    )
    generation: str


class MoveOut(BaseModel):
    """A move of the life cycle."""

    move: MoveName
    name: str
    name_zh: str
    target: StatusName | None = Field(description="null: the status stays")
    note: bool = Field(description="Whether a reason is wanted")
    assignee: bool = Field(description="Whether it says who has the incident from then on")


class TransitionOut(MoveOut):
    """A move, from where, and who may make it."""

    sources: list[StatusName]
    permission: str


class StatusOut(BaseModel):
    """A status of the life cycle."""

    status: StatusName
    name: str
    name_zh: str
    open: bool


class LifecycleOut(BaseModel):
    """The life cycle: one table of moves."""

    statuses: list[StatusOut]
    moves: list[TransitionOut]


class HazardOut(BaseModel):
    """A kind of incident, and how it is handled."""

    id: str
    name: str
    name_zh: str
    parent: str = Field(description="Of which this is a kind; empty for a domain")
    duplicate_m: float
    duplicate_hours: float
    deadline_hours: dict[str, list[float]] = Field(
        description="By stage (file, handle, verify), for severity 1 to 4"
    )


class HazardsOut(BaseModel):
    """The tree of hazards, each after the one of which it is a kind."""

    hazards: list[HazardOut]


class PhotoOut(BaseModel):
    """A photo: JPEG, upright, longest side at most 2,048 pixels, without metadata."""

    id: int
    sha256: str
    width: int
    height: int
    size: int = Field(description="Bytes")
    added_at: datetime
    image: str = Field(description="Address")
    thumbnail: str = Field(description="Address; longest side at most 320 pixels")


class PhotosOut(BaseModel):
    """The photos of an incident, first things first."""

    photos: list[PhotoOut]


class PhotoPlaceOut(BaseModel):
    """Where the camera says that it was: an offer, nothing is done with it."""

    lon: float = Field(description="WGS-84")
    lat: float
    accuracy_m: float | None = Field(description="As the camera says; null where it does not")
    status: LocationStatusName
    reason: str = Field(description="Why the status is not inside, in the caller's language")
    grid: str | None = Field(description="Code of the finest grid that holds it")
    distance_m: float | None = Field(description="To the place of the incident")


class PhotoAddedOut(PhotoOut):
    """The photo, and where the camera was."""

    new: bool = Field(description="false: the incident had the same photo before")
    place: PhotoPlaceOut | None


class IncidentOut(SummaryOut):
    """An incident in full; who reported it is told by /contact only."""

    description: str
    external_source: str | None
    external_id: str | None
    lon_given: float | None = Field(description="As given, in datum")
    lat_given: float | None
    datum: DatumName
    accuracy_m: float
    dispatched_at: datetime | None
    closed_at: datetime | None
    place: PlaceOut
    assignee_elsewhere: bool = Field(
        description="Whether it is with a grid in which it does not lie (any more)"
    )
    moves: list[MoveOut] = Field(description="What you may do with it now")
    merged: list[str] = Field(description="Numbers of the incidents merged into it")
    photos: list[PhotoOut]


class IncidentsOut(BaseModel):
    """Some of the incidents that are asked for, and how many there are."""

    incidents: list[SummaryOut]
    total: int
    limit: int
    after: int


class OfferOut(BaseModel):
    """One who may be asked, and why."""

    level: str
    code: str
    role: str
    name: str
    label: str
    phone: str | None = Field(description="null where phones are not shown to you")
    reason: str = Field(description="In the caller's language")


class ProposalOut(BaseModel):
    """Who is asked, the first one first."""

    rule: Literal["level", "dedicated"] = Field(
        description="The policy's rule on who comes first where a dedicated grid holds the place"
    )
    rule_text: str = Field(description="The same in words, in the caller's language")
    offers: list[OfferOut]
    neighbours: list[OfferOut]
    notes: list[str] = Field(description="Who was passed over and why, in the caller's language")
    above: AssigneeOut | None = Field(
        description="Who has it after an escalation; null where nobody has it yet, or the city"
    )


class DuplicateOut(SummaryOut):
    """An open incident that may be the same."""

    distance_m: float
    hours: float = Field(description="Between the two times at which they happened")


class DuplicatesOut(BaseModel):
    """Open incidents that may be the same, nearest first; none is merged by itself."""

    duplicates: list[DuplicateOut]
    within_m: float
    within_hours: float
    hazards: list[str] = Field(description="Which hazards count as the same")


class PinOut(BaseModel):
    """An open incident on the map."""

    number: str
    lon: float = Field(description="WGS-84")
    lat: float
    hazard: str
    severity: int
    status: StatusName
    overdue: bool
    due_at: datetime | None


class LiveOut(BaseModel):
    """Open incidents in a box, the gravest and then the newest first."""

    pins: list[PinOut]
    total: int = Field(description="How many there are in the box")
    seq: int = Field(description="Number in the feed up to which everything is taken in")


class NearOut(SummaryOut):
    """An open incident, and how far it is."""

    distance_m: float


class NearestOut(BaseModel):
    """Open incidents, nearest first."""

    incidents: list[NearOut]


class ReportedOut(BaseModel):
    """The incident, what may be the same, and who should be asked."""

    incident: IncidentOut
    new: bool = Field(description="false: it came under the same external id before")
    duplicates: list[DuplicateOut]
    proposal: ProposalOut


class EventOut(BaseModel):
    """One change of an incident."""

    seq: int
    version: int
    at: datetime
    kind: KindName
    actor: str
    move: MoveName | None
    status_from: StatusName | None
    status_to: StatusName
    note: str
    data: dict[str, Any] = Field(description="What changed; never the content of a personal field")


class HistoryOut(BaseModel):
    """Everything that happened to an incident, first things first."""

    number: str
    events: list[EventOut]


class ContactOut(BaseModel):
    """Who reported an incident; that it was read is recorded."""

    number: str
    name: str
    contact: str


class AbsenceOut(BaseModel):
    """When nobody is on duty for a grid, or not the one with a role."""

    id: int
    code: str
    name: str
    role: str | None
    begins_at: datetime
    ends_at: datetime | None
    reason: str


class AbsencesOut(BaseModel):
    """Absences that last or are to come."""

    absences: list[AbsenceOut]
