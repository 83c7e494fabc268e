"""The tables of corrections. What stands in them is never changed; triggers hold that."""

from __future__ import annotations

import sqlalchemy as sa

from app.store import Instant, Json, Key, new_metadata

metadata = new_metadata()

correction = sa.Table(
    "correction",
    metadata,
    # The same in every database and file: an import knows again what it has.
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("kind", sa.String(8), nullable=False),
    # The address that was corrected, without telephones.
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    # Of a place: its words, and where it is.
    sa.Column("words", Json, nullable=False),
    sa.Column("lon", sa.Float(53)),
    sa.Column("lat", sa.Float(53)),
    sa.Column("basis", sa.String(20), nullable=False),
    sa.Column("chosen", sa.Boolean, nullable=False),
    sa.Column("grid", sa.String(64), nullable=False),
    sa.Column("border_m", sa.Float(53)),
    # Of an alias: the name, and what it names.
    sa.Column("alias", sa.Text, nullable=False),
    sa.Column("target_kind", sa.String(16), nullable=False),
    sa.Column("target_town", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("replaces", sa.String(36), sa.ForeignKey("correction.id")),
    # How the address was answered before.
    sa.Column("before_status", sa.String(16), nullable=False),
    sa.Column("before_grid", sa.String(64), nullable=False),
    sa.Column("before_version", sa.String(64), nullable=False),
    # Who is limited to one of these grids may undo it.
    sa.Column("whole", Json, nullable=False),
    sa.Column("generation", sa.String(64), nullable=False),
)

# What happened to a correction: it was made, and perhaps undone, each once.
correction_event = sa.Table(
    "correction_event",
    metadata,
    # Without holes, in the order of commits (app.incidents.feed.next_value).
    sa.Column("seq", Key, primary_key=True, autoincrement=False),
    sa.Column("correction_id", sa.String(36), sa.ForeignKey("correction.id"), nullable=False),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor_id", Key),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.UniqueConstraint("correction_id", "kind"),
)

# The grids of all levels that a correction has to do with: what an area sees.
correction_grid = sa.Table(
    "correction_grid",
    metadata,
    sa.Column("code", sa.String(64), primary_key=True),
    sa.Column("correction_id", sa.String(36), sa.ForeignKey("correction.id"), primary_key=True),
)
