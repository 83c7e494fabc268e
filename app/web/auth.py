"""Who asks: a signed-in browser, another system by its token, or the demo's visitor.

Nothing is answered to nobody: every route but those in `PUBLIC` wants an account, and routes that
are added later do so by themselves. What an account may do is decided behind the routes, by
`Actor.require` and by queries that are limited to its area.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, cast
from urllib.parse import urlsplit

from apiflask import APIFlask
from flask import Response, g, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user
from flask_wtf.csrf import generate_csrf, validate_csrf
from werkzeug.wrappers import Response as AnyResponse
from wtforms import ValidationError

from app.accounts import Actor, Permission, Role
from app.accounts.account import Account
from app.accounts.audit import record
from app.errors import ForbiddenError, NotSignedInError, WeigeError
from app.web.errors import weige_error
from app.web.service import Service, service
from app.web.settings import PRODUCTION
from app.web.start import is_loopback

# Answered to everybody.
PUBLIC = frozenset({"static", "city.get_health", "sign_in.get_sign_in", "sign_in.post_sign_in"})
# Asked with POST, but nothing is changed.
READS = frozenset({"locate.locate_many", "addresses.post_assign"})
PAGES = frozenset({"pages", "sign_in"})
CSRF_HEADER = "X-CSRFToken"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_PROXY_HEADERS = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")
_DEMO_ROLE = "demo_role"

By = Literal["token", "session", "demo"]


class CsrfError(ForbiddenError):
    """A browser sends what its user perhaps did not mean to send."""

    code = "csrf"


class SignedIn(UserMixin):  # type: ignore[misc]
    """The account of a session, as flask-login wants it."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def get_id(self) -> str:
        """Return what the session keeps: with another password it is another one."""
        return f"{self.account.id}.{self.account.epoch}"


def current_actor() -> Actor:
    """Return who makes the current request.

    Raises
    ------
    NotSignedInError
        If nobody is known.
    """
    if "weige_actor" not in g:
        by, actor = _who()
        if actor is None:
            raise _not_signed_in()
        g.weige_actor, g.weige_by = actor, by
    return cast("Actor", g.weige_actor)


def act_by_token(secret: str) -> None:
    """Let the current request be made by a token, wherever the route's own protocol carries it.

    Raises
    ------
    NotSignedInError
        If there is no such token, or it counts no more.
    """
    g.weige_actor, g.weige_by = service().tokens.actor_of(secret, remote()), "token"


def signed_in_by() -> By:
    """Return how the current request says who makes it."""
    return cast("By", g.weige_by)


def is_demo() -> bool:
    """Tell whether this is the demo."""
    return service().settings.env != PRODUCTION


def remote() -> str:
    """Return the address that asks, as far as it can be known."""
    return (request.remote_addr or "")[:64]


def init_app(app: APIFlask) -> None:
    """Let `app` ask who asks, before everything else."""
    manager = LoginManager()
    # It would change the session of an office whose address changes; the cookie is HttpOnly.
    manager.session_protection = None
    manager.init_app(app)
    manager.user_loader(_load)
    app.jinja_env.globals["csrf_token"] = generate_csrf
    app.before_request(_admit)
    # The last one comes first, so that its errors are kept private, too.
    app.after_request(_keep_private)
    app.after_request(_keep_phone_record)


def check_csrf() -> None:
    """Refuse a form or a write that another site may have made this browser send.

    Raises
    ------
    CsrfError
        If it carries no token of this session, or says that it comes from elsewhere.
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin", "null")
    # A page that tells no referrer has the origin "null"; then the token alone decides.
    foreign = origin != "null" and urlsplit(origin).netloc != request.host
    try:
        if (site is not None and site not in {"same-origin", "none"}) or foreign:
            raise ValidationError("it comes from another site")
        given = request.headers.get(CSRF_HEADER)
        if given is None and request.mimetype in {
            "application/x-www-form-urlencoded",
            "multipart/form-data",
        }:
            given = request.form.get("csrf_token")
        validate_csrf(given)
    except ValidationError as error:
        raise CsrfError(
            f"the request is not accepted: {str(error).rstrip('.')}",
            f"Reload the page. Programs send a token (Authorization: Bearer wg_…), or the header "
            f"{CSRF_HEADER} with csrf_token of GET /api/me.",
            message_zh="请求未被接受：缺少有效的防伪令牌，或来自其他网站",
            hint_zh=f"请刷新页面后重试。程序请使用令牌（Authorization: Bearer wg_…），或在请求头 "
            f"{CSRF_HEADER} 中发送 GET /api/me 的 csrf_token。",
        ) from None


def set_demo_role(role: Role) -> None:
    """Let the demo's visitor be somebody else."""
    session[_DEMO_ROLE] = str(role)


def demo_actor(now: Service) -> Actor:
    """Return who the demo's visitor is: a dispatcher, until another role is chosen."""
    try:
        role = Role(session.get(_DEMO_ROLE, ""))
    except ValueError:
        role = Role.DISPATCHER
    top = now.city.layer(now.city.levels[0].id)
    area = str(top.codes[0]) if role in {Role.TOWN_ADMIN, Role.GRID_WORKER} else None
    found = Actor.of(None, f"演示{role.name_zh}", role, area)
    if now.city.manifest.synthetic:
        return found
    # Nobody has shown who they are: personal fields of a real city stay closed.
    closed = {Permission.CONTACT, Permission.EXPORT}
    return replace(found, permissions=found.permissions - closed)


def _load(ident: str) -> SignedIn | None:
    number, _, epoch = ident.partition(".")
    if not (number.isdecimal() and epoch.isdecimal()):
        return None
    found = service().accounts.of_session(int(number), int(epoch))
    return SignedIn(found) if found else None


def _admit() -> AnyResponse | None:
    """Find out who asks, and send away who may not ask at all."""
    if is_demo():
        _refuse_strangers()
    if request.endpoint is None or request.endpoint in PUBLIC:
        return None
    try:
        actor = current_actor()
    except NotSignedInError:
        if request.blueprint not in PAGES or "Authorization" in request.headers:
            raise
        wanted = request.full_path.rstrip("?") if request.method in _SAFE else None
        return redirect(url_for("sign_in.get_sign_in", next=wanted), 303)
    actor.require(Permission.VIEW)
    by = signed_in_by()
    if request.method not in _SAFE:
        # The demo is signed in to without a cookie; only a browser can be made to send things.
        if by == "session" or (by == "demo" and _is_browser()):
            check_csrf()
        if actor.id is not None and request.endpoint not in READS:
            service().writes.count(actor.id)
    return None


def _who() -> tuple[By, Actor | None]:
    header = request.headers.get("Authorization")
    if header is not None:
        kind, _, secret = header.strip().partition(" ")
        if kind.lower() != "bearer":
            raise _not_signed_in()
        return "token", service().tokens.actor_of(secret.strip(), remote())
    if current_user.is_authenticated:
        return "session", current_user.account.actor(remote())
    if is_demo():
        return "demo", replace(demo_actor(service()), remote=remote())
    return "session", None


def _is_browser() -> bool:
    return "Origin" in request.headers or "Sec-Fetch-Site" in request.headers


def _refuse_strangers() -> None:
    """Refuse to show the demo to anybody but this machine.

    A page of another site whose name leads here (DNS rebinding) has its name in Host; a proxy in
    front names who it asks for.
    """
    try:
        host = urlsplit(f"//{request.host}").hostname or ""
    except ValueError:
        host = ""
    if (
        is_loopback(host)
        and is_loopback(request.remote_addr or "")
        and not any(name in request.headers for name in _PROXY_HEADERS)
    ):
        return
    raise ForbiddenError(
        f"the demo serves this machine only, as localhost or 127.0.0.1; it was asked as "
        f"{request.host!r:.80}",
        "For others set it up for real use: docs/accounts.md.",
        message_zh=f"演示模式只在本机以 localhost 或 127.0.0.1 提供服务，"
        f"本次访问地址为 {request.host!r:.80}",
        hint_zh="供他人使用请按 docs/accounts.md 正式部署。",
    )


def _keep_phone_record(response: Response) -> Response:
    """Record that phones of real people were shown, before they are, or answer why they are not."""
    codes = g.get("weige_phones_of")
    if codes:
        actor = current_actor()
        subject = ", ".join(sorted(codes))
        try:
            service().database.write(
                lambda connection: record(connection, actor, "view_staff", subject, ["phone"])
            )
        except WeigeError as error:
            # Here no handler of errors stands behind.
            return weige_error(error)
    return response


def _keep_private(response: Response) -> Response:
    """Let nothing that needs an account be kept where others may find it."""
    if request.endpoint in PUBLIC - {"sign_in.get_sign_in", "sign_in.post_sign_in"}:
        return response
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    elif response.cache_control.public:
        response.cache_control.public = False
        response.cache_control.private = True
    return response


def _not_signed_in() -> NotSignedInError:
    return NotSignedInError(
        f"{request.path:.200} wants somebody who is signed in",
        "Sign in at /sign-in; programs send the header Authorization: Bearer wg_… with a token.",
        message_zh=f"{request.path:.200} 需要登录",
        hint_zh="请在 /sign-in 登录；程序请在请求头 Authorization: Bearer wg_… 中发送令牌。",
    )
