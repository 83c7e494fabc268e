"""The tables of incidents. An event is written once and never changed; triggers hold that."""

from __future__ import annotations

import sqlalchemy as sa

from app.store import Instant, Json, Key, new_metadata

metadata = new_metadata()

incident = sa.Table(
    "incident",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("number", sa.String(32), nullable=False, unique=True),
    # Raised by every change; who changes says which one was seen.
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("hazard", sa.String(64), nullable=False),
    sa.Column("severity", sa.SmallInteger, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("source", sa.String(16), nullable=False),
    # What another system calls it; an import brings the same incident once.
    sa.Column("external_source", sa.String(64)),
    sa.Column("external_id", sa.String(128)),
    # The place as it was given, and in WGS-84; none where only words are known.
    sa.Column("lon_given", sa.Float(53)),
    sa.Column("lat_given", sa.Float(53)),
    sa.Column("datum", sa.String(16), nullable=False),
    sa.Column("lon", sa.Float(53)),
    sa.Column("lat", sa.Float(53)),
    sa.Column("accuracy_m", sa.Float(53), nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    # What the locator said, as of that generation.
    sa.Column("location", Json, nullable=False),
    sa.Column("location_status", sa.String(16), nullable=False),
    sa.Column("generation", sa.String(64), nullable=False),
    sa.Column("grid", sa.String(64)),
    # Who has it: a grid of some level ("" is the city itself) and a role there.
    sa.Column("assignee_level", sa.String(32)),
    sa.Column("assignee_code", sa.String(64)),
    sa.Column("assignee_role", sa.String(64)),
    sa.Column("merged_into", Key, sa.ForeignKey("incident.id")),
    sa.Column("synthetic", sa.Boolean, nullable=False),
    sa.Column("created_by", Key),
    # When it happened or was seen, when Weige learned of it, when it last changed.
    sa.Column("occurred_at", Instant, nullable=False),
    sa.Column("reported_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("dispatched_at", Instant),
    sa.Column("closed_at", Instant),
    # When the next move is due; none once it is over.
    sa.Column("due_at", Instant),
    sa.UniqueConstraint("external_source", "external_id"),
    sa.CheckConstraint("severity between 1 and 4", name="severity"),
    sa.Index(None, "status", "due_at"),
    sa.Index(None, "hazard", "status"),
    sa.Index(None, "reported_at"),
    sa.Index(None, "occurred_at"),
    sa.Index(None, "merged_into"),
)

# Every grid of every level and overlay that an incident lies in, and under a layer of their own
# those of whoever has it: what an area sees.
incident_grid = sa.Table(
    "incident_grid",
    metadata,
    sa.Column("incident_id", Key, sa.ForeignKey("incident.id"), primary_key=True),
    sa.Column("layer", sa.String(32), primary_key=True),
    sa.Column("code", sa.String(64), primary_key=True),
    sa.Index(None, "code", "incident_id"),
)

# Personal; read by one function only, which keeps a record of who looked.
reporter = sa.Table(
    "reporter",
    metadata,
    sa.Column("incident_id", Key, sa.ForeignKey("incident.id"), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("contact", sa.Text, nullable=False),
)

event = sa.Table(
    "event",
    metadata,
    # Given by app.incidents.feed: without holes, in the order of commits.
    sa.Column("seq", Key, primary_key=True, autoincrement=False),
    sa.Column("incident_id", Key, sa.ForeignKey("incident.id"), nullable=False),
    # The incident's version after the event.
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("actor_id", Key),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("status_from", sa.String(16)),
    sa.Column("status_to", sa.String(16), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    # What changed; never the content of a personal field.
    sa.Column("data", Json, nullable=False),
    # The same grids as in event_grid, for whoever reads the event already.
    sa.Column("codes", Json, nullable=False),
    sa.UniqueConstraint("incident_id", "version"),
)

# The grids that see an event: where the incident lay, and who had it, before and after.
event_grid = sa.Table(
    "event_grid",
    metadata,
    sa.Column("code", sa.String(64), primary_key=True),
    sa.Column("seq", Key, sa.ForeignKey("event.seq"), primary_key=True, autoincrement=False),
)

counter = sa.Table(
    "counter",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

# When nobody is on duty for a grid, or not the one with that role.
absence = sa.Table(
    "absence",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("code", sa.String(64), nullable=False, index=True),
    sa.Column("role", sa.String(64)),
    sa.Column("begins_at", Instant, nullable=False),
    sa.Column("ends_at", Instant),
    sa.Column("reason", sa.Text, nullable=False),
)
