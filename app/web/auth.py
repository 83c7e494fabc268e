"""Who asks: the account behind a request."""

from __future__ import annotations

from app.accounts import Actor, Role


def current_actor() -> Actor:
    """Return who makes the current request."""
    return Actor.of(None, "演示调度员", Role.DISPATCHER)
