"""Flask, and nothing but: the factory and its parts."""

from app.web.factory import create_app

__all__ = ["create_app"]
