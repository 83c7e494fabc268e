"""The database: SQLite by default, PostgreSQL by URL; what its tables hold is not known here."""

from app.store.database import Database, as_unavailable
from app.store.types import Instant, Json, Key, new_metadata, utc_now

__all__ = ["Database", "Instant", "Json", "Key", "as_unavailable", "new_metadata", "utc_now"]
