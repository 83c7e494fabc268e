"""What the routes of corrections take and answer, typed."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.web.schemas import DatumName
from app.web.schemas_incidents import (
    Whole,
)

KindName = Literal["place", "alias"]
StateName = Literal["in_effect", "replaced", "undone"]
TargetKindName = Literal["town", "community", "group", "road", "estate", "poi"]
PointBasisName = Literal["survey_point", "building_polygon", "centroid"]
HowName = Literal["new", "same", "bare", "alias", "one_edit"]


class _In(BaseModel):
    # A misspelt parameter or a number in quotes must not pass in silence.
    model_config = ConfigDict(extra="forbid", strict=True)


class WordsIn(_In):
    """The words of a door or a place, as an import names its columns; the town may follow."""

    town: str = ""
    community: str = ""
    group: str = ""
    road: str = ""
    section: str = ""
    lane: str = ""
    number: str = ""
    sub_number: str = ""
    estate: str = ""
    building: str = ""
    unit: str = ""
    poi: str = ""


class CorrectionBody(_In):
    """What is right: a door or a place where it is, or another name of a place."""

    kind: KindName = Field(description="place: words, and lon and lat or grid; alias: a name")
    dry_run: bool = Field(False, description="true: say what it would do, and write nothing")
    text: str = Field("", description="The address that was answered wrongly, as written")
    words: WordsIn = WordsIn()
    lon: float | None = Field(None, description="Of a place, degrees east")
    lat: float | None = Field(None, description="Of a place, degrees north")
    datum: DatumName = Field("wgs84", description="Datum of lon and lat")
    grid: str = Field(
        "", description="Instead of lon and lat: a finest grid; a point in it is chosen"
    )
    basis: PointBasisName = Field("survey_point", description="What the point is")
    alias: str = Field("", description="Of an alias: the other name")
    target_kind: TargetKindName | Literal[""] = Field("", description="Of an alias: what it names")
    target_town: str = Field("", description="Its town, where others have such a name too")
    target: str = Field("", description="The name that the gazetteer has")
    note: str = Field("", description="Why")
    replaces: str = Field("", description="Id of the correction of the same that it replaces")
    confirmed: bool = Field(False, description="true: you have seen which other names it touches")


class CorrectionsQuery(_In):
    """Which corrections are listed."""

    state: StateName | Literal[""] = Field("", description="Only of this state; left out: all")
    before: Whole | None = Field(None, description="Only those with a lower seq: the next page")
    limit: Whole = Field(100, ge=1, le=500, description="1 to 500")


class UndoBody(_In):
    """Why a correction is undone."""

    note: str = ""


class CorrectedPointOut(BaseModel):
    """Where a corrected place lies."""

    lon: float = Field(description="WGS-84")
    lat: float = Field(description="WGS-84")
    basis: PointBasisName
    chosen: bool = Field(description="Whether only a grid was given and the point was chosen in it")
    grid: str = Field(description="Code of the finest grid")
    border_m: float


class AliasOut(BaseModel):
    """Another name, and what it names."""

    alias: str
    target_kind: TargetKindName
    target_town: str
    target: str


class BeforeOut(BaseModel):
    """How the address was answered before."""

    status: str = Field(description="Empty if no address was given")
    grid: str
    gazetteer_version: str


class ReplacedOut(BaseModel):
    """A row of the gazetteer that says something else of the same."""

    words: dict[str, str]
    grid: str
    source: str
    kept: bool = Field(description="It stays for what it names beside, without these words")


class TouchedOut(BaseModel):
    """A name that texts may have meant and that is read otherwise with the correction."""

    name: str
    kind: str
    town: str
    how: HowName = Field(
        description="new: no such name was there; same: it has this name too; bare: it is called "
        "so for short; alias: it was another name of this; one_edit: misspelt, it reads so"
    )


class TrialOut(BaseModel):
    """What a correction does."""

    kind: KindName
    words: dict[str, str]
    filled: list[str] = Field(description="Words that were not given and follow from the point")
    point: CorrectedPointOut | None
    alias: AliasOut | None
    before: BeforeOut
    replaced: list[ReplacedOut]
    replaces: str = Field(description="Id of the correction of the same that is in effect")
    touched: list[TouchedOut] = Field(description="If there are any, they must be confirmed")


class CorrectionOut(BaseModel):
    """A correction that was made."""

    id: str
    seq: int = Field(description="Corrections in the order in which they were made, with gaps")
    kind: KindName
    state: StateName
    taken_in: bool = Field(description="Whether the process that answers reckons with its state")
    text: str
    words: dict[str, str]
    point: CorrectedPointOut | None
    alias: AliasOut | None
    note: str
    replaces: str
    before: BeforeOut
    made_at: datetime
    made_by: str
    undone_at: datetime | None
    undone_by: str
    undo_note: str


class CorrectedOut(BaseModel):
    """What was tried out, and the correction unless it was only tried."""

    dry_run: bool
    trial: TrialOut
    correction: CorrectionOut | None


class CorrectionsOut(BaseModel):
    """Corrections in your area, the newest first."""

    corrections: list[CorrectionOut]
    next: int | None = Field(description="`before` of the next page; null on the last")
    taken_in: int = Field(description="Number of the newest event that this process reckons with")
    gazetteer_version: str
