"""What the routes of incidents answer, typed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from app.web.schemas import AlternativeOut, ChainRef, DatumName, GridRef, OutsideOut
from app.web.schemas_incidents import (
    KindName,
    LocationStatusName,
    MoveName,
    SourceName,
    StatusName,
)


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
    undoes: list[MoveName] = Field(description="What it takes back where that was a mistake")


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
