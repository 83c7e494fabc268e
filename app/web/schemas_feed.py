"""What the routes of the feed take and answer, typed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.web.schemas_incidents import (
    KindName,
    MoveName,
    StatusName,
    Whole,
)

_SEQ = "Number in the feed: 1, 2, 3 … without holes, in the order in which changes took effect"


class _In(BaseModel):
    # A misspelt parameter or a number in quotes must not pass in silence.
    model_config = ConfigDict(extra="forbid", strict=True)


class ChangesQuery(_In):
    """Events after one that is known."""

    after: Whole = Field(0, description="The last answer's `after`; 0 for everything")
    limit: Whole = Field(100, description="1 to 1,000")
    wait: Whole = Field(0, description="Seconds to wait for the first event, 0 to 30")


class StreamQuery(_In):
    """Where to begin; a Last-Event-ID header counts more."""

    after: Whole = Field(0, description="Only events after this one; left out: from now on")


class ChangeOut(BaseModel):
    """One change of one incident."""

    seq: int = Field(description=_SEQ)
    number: str = Field(description="The incident")
    version: int = Field(description="The incident's version after the change")
    at: datetime
    kind: KindName
    move: MoveName | None
    hazard: str = Field(description="The incident's hazard as it is now")
    actor: str
    status_from: StatusName | None
    status_to: StatusName
    note: str
    data: dict[str, Any] = Field(description="What changed; never the content of a personal field")
    codes: list[str] = Field(description="Grids in which the incident lay before and after")


class ChangesOut(BaseModel):
    """Events in order, each once."""

    events: list[ChangeOut]
    after: int = Field(description="Give this to the next call")
    has_more: bool = Field(description="Whether there is more already")
