"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

# SQLite gives a row its number only if the column is called INTEGER.
Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Not JSONB, which would forget the order of keys: levels go from coarse to fine.
Json = sa.JSON(none_as_null=True)


def new_metadata() -> sa.MetaData:
    """Return a collection of tables whose constraints are named as in all others."""
    return sa.MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )


def utc_now() -> datetime:
    """Return the instant, to the microsecond, with its zone."""
    return datetime.now(UTC)


class Instant(sa.TypeDecorator[datetime]):
    """An instant in UTC: aware on the way in and on the way out."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:  # noqa: ANN401
        """Refuse a time without a zone; SQLite keeps UTC without one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(
        self,
        value: datetime | None,
        dialect: sa.Dialect,  # noqa: ARG002
    ) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
