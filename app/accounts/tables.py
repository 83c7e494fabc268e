"""The tables of accounts. A record of the audit log is written once; triggers hold that."""

from __future__ import annotations

import sqlalchemy as sa

from app.store import Instant, Json, Key, new_metadata

metadata = new_metadata()

# Not called "user", which is a reserved word of SQL.
account = sa.Table(
    "account",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("name", sa.String(32), nullable=False, unique=True),
    # Shown in histories; names a post, never a person.
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    # The grid, of any level, to which the account is limited; none for the whole city.
    sa.Column("area", sa.String(64)),
    sa.Column("active", sa.Boolean, nullable=False),
    # Raised by whatever ends the sessions of the account: a new password, being deactivated.
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("last_sign_in_at", Instant),
)

token = sa.Table(
    "token",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("account_id", Key, sa.ForeignKey("account.id"), nullable=False, index=True),
    sa.Column("name", sa.String(64), nullable=False),
    # Of the secret, which is shown once and kept nowhere. It is random enough to need no salt.
    sa.Column("sha256", sa.String(64), nullable=False, unique=True),
    sa.Column("scopes", Json, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("revoked_at", Instant),
    sa.Column("last_used_at", Instant),
)

# What the page's address held, by the name that the account gave it.
kept_view = sa.Table(
    "kept_view",
    metadata,
    sa.Column("account_id", Key, sa.ForeignKey("account.id"), primary_key=True),
    sa.Column("name", sa.String(60), primary_key=True),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("kept_at", Instant, nullable=False),
)

# How often a sign-in was tried for an account or from an address, in a window of time.
sign_in_try = sa.Table(
    "sign_in_try",
    metadata,
    # A digest: what somebody typed as a name may be a password.
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("ends_at", Instant, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("at", Instant, nullable=False, index=True),
    # No reference: who acted may be a script, and a record outlives everything.
    sa.Column("account_id", Key),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("what", sa.String(64), nullable=False),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    # Names of the fields that were seen or changed; never what they hold.
    sa.Column("fields", Json, nullable=False),
    sa.Column("remote", sa.String(64), nullable=False),
)
