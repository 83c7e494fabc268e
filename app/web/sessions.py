"""Sessions: how the cookie of a signed-in browser is made, and who is believed about addresses."""

from __future__ import annotations

import secrets
from datetime import timedelta

from apiflask import APIFlask
from werkzeug.middleware.proxy_fix import ProxyFix

from app.web.settings import PRODUCTION, Settings

# A shift. Not prolonged by use: an answer that was under way while somebody signed out would
# bring the cookie of before.
LIFETIME = timedelta(hours=12)


def init_app(app: APIFlask, settings: Settings) -> None:
    """Give `app` its key and its cookie.

    Parameters
    ----------
    app
        The application.
    settings
        Whether it is the demo, the key, and how many proxies stand in front.
    """
    production = settings.env == PRODUCTION
    app.config.update(
        SECRET_KEY=settings.secret_key or secrets.token_urlsafe(48),
        # A browser keeps a cookie whose name begins like this from other hosts and plain HTTP.
        SESSION_COOKIE_NAME="__Host-weige" if production else "weige-demo",
        SESSION_COOKIE_SECURE=production,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=LIFETIME,
        SESSION_REFRESH_EACH_REQUEST=False,
        # A page stays open for a day; its token is as good as its session.
        WTF_CSRF_TIME_LIMIT=None,
    )
    if settings.proxies:
        count = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]
