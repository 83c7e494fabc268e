"""The tables of incidents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.store.types import Instant, Json, Key

revision = "0001"
down_revision = None

# An event is written once; the database itself refuses to change or remove one.
_SQLITE = """
CREATE TRIGGER event_{what} BEFORE {verb} ON event
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END
"""
_POSTGRESQL_FUNCTION = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'events are never changed'; END $$
"""
_POSTGRESQL = """
CREATE TRIGGER event_{what} BEFORE {verb} ON event
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "absence",
        sa.Column("id", Key, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=True),
        sa.Column("begins_at", Instant, nullable=False),
        sa.Column("ends_at", Instant, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_absence"),
    )
    op.create_index("ix_absence_code", "absence", ["code"], unique=False)
    op.create_table(
        "counter",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counter"),
    )
    op.create_table(
        "incident",
        sa.Column("id", Key, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("hazard", sa.String(length=64), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("external_source", sa.String(length=64), nullable=True),
        sa.Column("external_id", sa.String(length=128), nullable=True),
        sa.Column("lon_given", sa.Float(precision=53), nullable=True),
        sa.Column("lat_given", sa.Float(precision=53), nullable=True),
        sa.Column("datum", sa.String(length=16), nullable=False),
        sa.Column("lon", sa.Float(precision=53), nullable=True),
        sa.Column("lat", sa.Float(precision=53), nullable=True),
        sa.Column("accuracy_m", sa.Float(precision=53), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("location", Json, nullable=False),
        sa.Column("location_status", sa.String(length=16), nullable=False),
        sa.Column("generation", sa.String(length=64), nullable=False),
        sa.Column("grid", sa.String(length=64), nullable=True),
        sa.Column("assignee_level", sa.String(length=32), nullable=True),
        sa.Column("assignee_code", sa.String(length=64), nullable=True),
        sa.Column("assignee_role", sa.String(length=64), nullable=True),
        sa.Column("merged_into", Key, nullable=True),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("created_by", Key, nullable=True),
        sa.Column("occurred_at", Instant, nullable=False),
        sa.Column("reported_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.Column("dispatched_at", Instant, nullable=True),
        sa.Column("closed_at", Instant, nullable=True),
        sa.Column("due_at", Instant, nullable=True),
        sa.CheckConstraint("severity between 1 and 4", name="ck_incident_severity"),
        sa.ForeignKeyConstraint(["merged_into"], ["incident.id"], name="fk_incident_merged_into"),
        sa.PrimaryKeyConstraint("id", name="pk_incident"),
        sa.UniqueConstraint(
            "external_source", "external_id", name="uq_incident_external_source_external_id"
        ),
        sa.UniqueConstraint("number", name="uq_incident_number"),
    )
    op.create_index("ix_incident_hazard_status", "incident", ["hazard", "status"], unique=False)
    op.create_index("ix_incident_merged_into", "incident", ["merged_into"], unique=False)
    op.create_index("ix_incident_occurred_at", "incident", ["occurred_at"], unique=False)
    op.create_index("ix_incident_reported_at", "incident", ["reported_at"], unique=False)
    op.create_index("ix_incident_status_due_at", "incident", ["status", "due_at"], unique=False)
    op.create_table(
        "event",
        sa.Column("seq", Key, autoincrement=False, nullable=False),
        sa.Column("incident_id", Key, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", Key, nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("status_from", sa.String(length=16), nullable=True),
        sa.Column("status_to", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.Column("codes", Json, nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name="fk_event_incident_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_event"),
        sa.UniqueConstraint("incident_id", "version", name="uq_event_incident_id_version"),
    )
    op.create_table(
        "incident_grid",
        sa.Column("incident_id", Key, nullable=False),
        sa.Column("layer", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name="fk_incident_grid_incident_id"
        ),
        sa.PrimaryKeyConstraint("incident_id", "layer", "code", name="pk_incident_grid"),
    )
    op.create_index(
        "ix_incident_grid_code_incident_id", "incident_grid", ["code", "incident_id"], unique=False
    )
    op.create_table(
        "reporter",
        sa.Column("incident_id", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name="fk_reporter_incident_id"),
        sa.PrimaryKeyConstraint("incident_id", name="pk_reporter"),
    )
    op.create_table(
        "event_grid",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("seq", Key, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["event.seq"], name="fk_event_grid_seq"),
        sa.PrimaryKeyConstraint("code", "seq", name="pk_event_grid"),
    )

    sqlite = op.get_bind().dialect.name == "sqlite"
    if not sqlite:
        op.execute(_POSTGRESQL_FUNCTION)
    for verb in ("UPDATE", "DELETE") if sqlite else ("UPDATE", "DELETE", "TRUNCATE"):
        trigger = _SQLITE if sqlite else _POSTGRESQL
        op.execute(trigger.format(what=verb.lower(), verb=verb))
