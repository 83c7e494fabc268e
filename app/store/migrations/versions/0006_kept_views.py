"""The table of kept views."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.store.types import Instant, Key

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make it."""
    op.create_table(
        "kept_view",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("kept_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_kept_view_account_id"),
        sa.PrimaryKeyConstraint("account_id", "name", name="pk_kept_view"),
    )
