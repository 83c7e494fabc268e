"""The tables of corrections of addresses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.store.types import Instant, Json, Key

revision = "0005"
down_revision = "0004"

_TABLES = ("correction", "correction_event")
_SQLITE = """
CREATE TRIGGER {table}_{what} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'corrections are never changed, they are undone'); END
"""
_POSTGRESQL_FUNCTION = """
CREATE FUNCTION refuse_change_of_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'corrections are never changed, they are undone'; END $$
"""
_POSTGRESQL = """
CREATE TRIGGER {table}_{what} BEFORE {verb} ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_correction()
"""


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "correction",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("words", Json, nullable=False),
        sa.Column("lon", sa.Float(precision=53), nullable=True),
        sa.Column("lat", sa.Float(precision=53), nullable=True),
        sa.Column("basis", sa.String(length=20), nullable=False),
        sa.Column("chosen", sa.Boolean(), nullable=False),
        sa.Column("grid", sa.String(length=64), nullable=False),
        sa.Column("border_m", sa.Float(precision=53), nullable=True),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("target_kind", sa.String(length=16), nullable=False),
        sa.Column("target_town", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("replaces", sa.String(length=36), nullable=True),
        sa.Column("before_status", sa.String(length=16), nullable=False),
        sa.Column("before_grid", sa.String(length=64), nullable=False),
        sa.Column("before_version", sa.String(length=64), nullable=False),
        sa.Column("whole", Json, nullable=False),
        sa.Column("generation", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["replaces"], ["correction.id"], name="fk_correction_replaces"),
        sa.PrimaryKeyConstraint("id", name="pk_correction"),
    )
    op.create_table(
        "correction_event",
        sa.Column("seq", Key, autoincrement=False, nullable=False),
        sa.Column("correction_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("actor_id", Key, nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["correction_id"], ["correction.id"], name="fk_correction_event_correction_id"
        ),
        sa.PrimaryKeyConstraint("seq", name="pk_correction_event"),
        sa.UniqueConstraint("correction_id", "kind", name="uq_correction_event_correction_id_kind"),
    )
    op.create_table(
        "correction_grid",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("correction_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["correction_id"], ["correction.id"], name="fk_correction_grid_correction_id"
        ),
        sa.PrimaryKeyConstraint("code", "correction_id", name="pk_correction_grid"),
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    if not sqlite:
        op.execute(_POSTGRESQL_FUNCTION)
    trigger = _SQLITE if sqlite else _POSTGRESQL
    for table in _TABLES:
        for verb in ("UPDATE", "DELETE") if sqlite else ("UPDATE", "DELETE", "TRUNCATE"):
            op.execute(trigger.format(table=table, what=verb.lower(), verb=verb))
