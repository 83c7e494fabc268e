"""The tables of webhooks, and what stands in a row of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.incidents.tables import metadata
from app.store import Instant, Json, Key

webhook = sa.Table(
    "webhook",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    # Needed as it is to sign; shown once.
    sa.Column("secret", sa.Text, nullable=False),
    sa.Column("area", sa.String(64)),
    # Hazards with all their kinds; empty for all.
    sa.Column("hazards", Json, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("created_by", Key),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("cursor", sa.BigInteger, nullable=False),
    # How often the event after the cursor was tried, when it is tried next, and what was wrong.
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_at", Instant),
    sa.Column("last_error", sa.Text, nullable=False),
    sa.Column("delivered_at", Instant),
)

# What could not be delivered, kept until it is delivered after all.
dead_letter = sa.Table(
    "dead_letter",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("webhook_id", Key, sa.ForeignKey("webhook.id"), nullable=False, index=True),
    sa.Column("seq", Key, sa.ForeignKey("event.seq"), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("failed_at", Instant, nullable=False),
    # Set to have it delivered again, ahead of what is new.
    sa.Column("again", sa.Boolean, nullable=False),
)

lease = sa.Table(
    "lease",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("holder", sa.String(64), nullable=False),
    sa.Column("until", Instant, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Webhook:
    """Another system that is told of events.

    Attributes
    ----------
    area : str or None
        Code of the grid whose events it is told; None for the whole city.
    hazards : tuple of str
        Hazards, with all their kinds, of which it is told; empty for all.
    cursor : int
        Number of the feed up to which it was told.
    attempts : int
        How often the next event was tried without success.
    next_at : datetime or None
        When it is tried again.
    last_error : str
        Why the last attempt failed, "" if it did not.
    """

    id: int
    url: str
    secret: str
    area: str | None
    hazards: tuple[str, ...]
    active: bool
    created_by: int | None
    created_at: datetime
    cursor: int
    attempts: int
    next_at: datetime | None
    last_error: str
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that could not be delivered.

    Attributes
    ----------
    again : bool
        Whether it is to be delivered again.
    """

    id: int
    webhook_id: int
    seq: int
    attempts: int
    reason: str
    failed_at: datetime
    again: bool


def to_webhook(row: sa.Row[Any]) -> Webhook:
    """Return what a row of `webhook` holds."""
    found = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    return Webhook(**(found | {"hazards": tuple(found["hazards"])}))
