"""What the routes of webhooks take and answer, typed."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class _In(BaseModel):
    # A misspelt parameter or a number in quotes must not pass in silence.
    model_config = ConfigDict(extra="forbid", strict=True)


class WebhookBody(_In):
    """Who is to be told of events."""

    url: str = Field(description="http or https", examples=["http://10.0.0.5:8080/weige"])
    area: str | None = Field(
        None, description="Code of the grid whose events are told; left out: your own area"
    )
    hazards: list[str] = Field(
        default_factory=list, description="Hazards, with all their kinds; empty for all"
    )


class WebhookChanges(_In):
    """What is to be changed; what is left out stays."""

    url: str = Field("")
    hazards: list[str] = Field(default_factory=list)
    active: bool = Field(True, description="false: nothing is sent; the cursor stays where it is")


class RedeliverBody(_In):
    """Which dead letters are delivered again."""

    seqs: list[int] = Field(default_factory=list, description="Numbers of events; empty for all")


class WebhookOut(BaseModel):
    """Another system that is told of events, and how far it has come."""

    id: int
    url: str
    area: str | None
    hazards: list[str]
    active: bool
    created_at: datetime
    cursor: int = Field(description="Number of the feed up to which it was told")
    attempts: int = Field(description="How often the next event was tried without success")
    next_at: datetime | None = Field(description="When it is tried again")
    last_error: str = Field(description="Why the last attempt failed; empty if it did not")
    delivered_at: datetime | None
    dead: int = Field(description="Events that could not be delivered, of the first 1,000")


class NewWebhookOut(WebhookOut):
    """A webhook that was made just now."""

    secret: str = Field(description="For checking signatures; it is shown this once")


class WebhooksOut(BaseModel):
    """The webhooks that you manage."""

    webhooks: list[WebhookOut]


class DeadLetterOut(BaseModel):
    """An event that could not be delivered."""

    seq: int
    attempts: int
    reason: str
    failed_at: datetime
    again: bool = Field(description="Whether it is to be delivered again")


class DeadLettersOut(BaseModel):
    """What could not be delivered, first things first."""

    dead: list[DeadLetterOut]


class RedeliveredOut(BaseModel):
    """How many dead letters are delivered again."""

    again: int
