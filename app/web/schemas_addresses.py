"""What the address part of the API takes and answers, typed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.addresses.suggest import MAX_SUGGESTIONS, MAX_TYPED
from app.web.schemas import ON_TEXT, ChainRef, Day, decimal
from app.web.schemas_incidents import (
    Whole,
)

_Decimal = Annotated[float, BeforeValidator(decimal)]
# What a cell of a spreadsheet may hold where a number stands alone.
_Part = str | int

KindName = Literal["town", "community", "group", "road", "door", "estate", "building", "poi"]
MatchStatusName = Literal["assigned", "candidates", "area_only", "conflict", "outside", "none"]
LevelName = Literal[
    "building", "door", "door_base", "interpolated", "extrapolated", "estate", "poi", "group",
    "road", "community", "town", "none",
]  # fmt: skip
BasisName = Literal["survey_point", "building_polygon", "interpolated", "centroid", "none"]
WhyName = Literal[
    "", "abbreviation", "former", "colloquial", "merged", "misspelling", "correction"
]  # fmt: skip


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SuggestQuery(_In):
    """What is typed so far."""

    q: str = Field(
        description=f"What is typed; its first {MAX_TYPED} characters are looked at",
        examples=["东滨路12"],
    )
    limit: Whole = Field(
        10, ge=1, le=MAX_SUGGESTIONS, description=f"How many at most, 1 to {MAX_SUGGESTIONS}"
    )
    lon: _Decimal | None = Field(
        None, description="WGS-84; of places that fit equally well the nearest come first"
    )
    lat: _Decimal | None = Field(None, description="With lon, or neither")
    on: Day | None = Field(None, description=ON_TEXT)


class ExplainQuery(_In):
    """One address."""

    q: str = Field(description="The address", examples=["射洪坝街道东滨路128号附3号"])
    on: Day | None = Field(None, description=ON_TEXT)


class PartsIn(_In):
    """What a table has in columns of its own; each beats what the text says of it."""

    town: _Part = ""
    community: _Part = ""
    group: _Part = ""
    road: _Part = ""
    section: _Part = ""
    lane: _Part = ""
    number: _Part = ""
    sub_number: _Part = ""
    estate: _Part = ""
    building: _Part = ""
    unit: _Part = ""
    poi: _Part = ""


class AddressIn(_In):
    """One address: text, parts or both."""

    text: str = Field(
        "", description="As written; 200 characters are read", examples=["射洪坝街道东滨路128号"]
    )
    parts: PartsIn = PartsIn()


class AssignBody(_In):
    """Many addresses."""

    addresses: list[AddressIn] = Field(description="Up to 1,000 (WEIGE_MAX_ADDRESSES)")
    on: Day | None = Field(None, description=ON_TEXT)


class SuggestionOut(BaseModel):
    """A place that the text may become."""

    kind: KindName = Field(description="road also stands for its sections and lanes")
    name: str
    area: str = Field(description="Town and community in which it lies")
    address: str = Field(description="The whole address, fit for POST /api/addresses/assign")
    match: list[int] = Field(
        description="First and last + 1 of the characters of name, or of alias if there is one, "
        "that were typed; equal for none"
    )
    alias: str = Field(description="The other name by which it was found")
    why: WhyName = Field(description="Why that is another name of it")
    grid: str = Field(description="Code of the finest grid if all points lie in one; or empty")
    lon: float = Field(description="WGS-84")
    lat: float = Field(description="WGS-84")


class SuggestOut(BaseModel):
    """What the text may become, the likeliest first."""

    suggestions: list[SuggestionOut]
    gazetteer_version: str
    synthetic: str


class SpanOut(BaseModel):
    """A piece of the text as it was written."""

    start: int
    stop: int
    text: str


class FaultOut(BaseModel):
    """What lowers certainty."""

    code: str = Field(examples=["DOOR.interpolated"])
    sentence: str = Field(description="In the caller's language")
    span: SpanOut | None = Field(description="The words that it is about, if in the text")
    detail: str


class CandidateOut(BaseModel):
    """A grid that the address may lie in."""

    grid: str
    name: str
    chain: list[ChainRef] = Field(description="Coarse to fine")
    share: float = Field(description="Of what was found, 0 to 1")
    reason: str = Field(description="Which reading leads there, in Chinese")
    lon: float = Field(description="WGS-84, a point in this grid")
    lat: float
    at_point: bool = Field(
        description="Whether that is the point of the reading; else it is one that stands for the "
        "grid"
    )


class AddressOut(BaseModel):
    """The answer to one address."""

    status: MatchStatusName = Field(description="Only assigned names a grid")
    match_level: LevelName = Field(description="How far the words matched")
    position_basis: BasisName = Field(description="What the point is")
    grid: str = Field(description="Code of the finest level; empty unless assigned")
    grid_name: str
    chain: list[ChainRef] = Field(description="Coarse to fine; empty unless assigned")
    confidence: float = Field(
        description="Lower bound of the share of such answers that are right; 0 unless assigned"
    )
    band: Literal["高", "中", "低"] = Field(description="高 ≥ 0.98, 中 ≥ 0.90, 低 below")
    explanation: str = Field(description="One Chinese sentence: what was used, and what not")
    candidates: list[CandidateOut] = Field(description="At most five, the likeliest first")
    faults: list[FaultOut]
    standard_address: str = Field(description="In the gazetteer's words, as far as understood")
    leftover: str = Field(description="Words that were not understood")
    parsed: dict[str, str]
    lon: float | None = Field(description="WGS-84")
    lat: float | None


class AssignOut(BaseModel):
    """One answer for every address, in order."""

    results: list[AddressOut]
    assigned: int = Field(description="How many have a grid")
    gazetteer_version: str
    generation: str
    synthetic: str


class FindingOut(BaseModel):
    """A place that a reading leads to."""

    what: str
    rank: float
    level: LevelName
    grids: dict[str, float] = Field(description="Weight by code; empty code: outside of all")
    fault: str
    detail: str


class HypothesisFaultOut(BaseModel):
    """A fault of one reading."""

    code: str
    most: float = Field(description="No answer with this fault is surer before it is measured")
    sentence: str = Field(description="In Chinese")


class HypothesisOut(BaseModel):
    """One reading of an address and what it leads to."""

    words: list[str]
    parsed: dict[str, str]
    leftover: list[str]
    status: MatchStatusName
    level: LevelName
    grids: dict[str, float] = Field(description="Weight by code; empty code: outside of all")
    findings: list[FindingOut]
    faults: list[HypothesisFaultOut]


class ExplainOut(BaseModel):
    """How an address was read."""

    text: str = Field(description="As it is read: simplified, half width, small letters")
    match: AddressOut
    hypotheses: list[HypothesisOut] = Field(description="The likeliest first, at most eight")
    gazetteer_version: str
    synthetic: str
