"""Who may do what, and where."""

from app.accounts.actor import Actor, Permission, Role

__all__ = ["Actor", "Permission", "Role"]
