"""The pages of an account: sign in, sign out, another password, another role of the demo.

They work without scripts. What is wrong is said on the page; a caller that wants JSON gets the
one shape of errors.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from apiflask import APIBlueprint
from flask import make_response, redirect, render_template, request, session, url_for
from flask_login import login_user
from werkzeug.wrappers import Response

from app.accounts import Role
from app.accounts.account import Account
from app.errors import (
    BadInputError,
    ForbiddenError,
    NotFoundError,
    NotSignedInError,
    TooManyError,
    WeigeError,
)
from app.web.auth import (
    SignedIn,
    check_csrf,
    current_actor,
    is_demo,
    remote,
    set_demo_role,
    signed_in_by,
)
from app.web.errors import language, status_of
from app.web.service import service

bp = APIBlueprint("sign_in", __name__, enable_openapi=False)

HOME = "/"
_MAX_NEXT = 2000


@bp.get("/sign-in")
def get_sign_in() -> str:
    """Return the page on which one signs in."""
    return _sign_in_page(_safe_next(request.args.get("next", "")))


@bp.post("/sign-in")
def post_sign_in() -> Response:
    """Sign in, and go where one wanted to go."""
    wanted = _safe_next(request.form.get("next", ""))
    name = request.form.get("name", "")
    try:
        check_csrf()
        found = service().accounts.sign_in(name, request.form.get("password", ""), remote())
    except (NotSignedInError, TooManyError, ForbiddenError) as error:
        return _failed(error, _sign_in_page(wanted, error, name))
    _begin(found)
    return redirect(wanted, 303)


@bp.post("/sign-out")
def post_sign_out() -> Response:
    """Sign out: the session's cookie is taken back."""
    session.clear()
    return redirect(url_for("sign_in.get_sign_in"), 303)


@bp.get("/account")
def get_account() -> str:
    """Return the page of who is signed in."""
    return _account_page()


@bp.post("/account/password")
def post_password() -> Response:
    """Change the own password; other sessions of the account are over."""
    form = request.form
    try:
        if signed_in_by() != "session":
            raise ForbiddenError(
                "only who signed in with a password can change it",
                message_zh="只有用密码登录后才能修改密码",
            )
        if form.get("new") != form.get("again"):
            raise BadInputError(
                "the new password and its repetition differ", message_zh="两次输入的新密码不一致"
            )
        accounts = service().accounts
        found = accounts.change_own_password(
            current_actor(), form.get("password", ""), form.get("new", "")
        )
    except (NotSignedInError, TooManyError, ForbiddenError, BadInputError) as error:
        return _failed(error, _account_page(error))
    _begin(found)
    return redirect(url_for("sign_in.get_account", changed="1"), 303)


@bp.post("/demo-role")
def post_demo_role() -> Response:
    """Be somebody else in the demo."""
    if not is_demo():
        raise NotFoundError("this is not the demo", message_zh="当前不是演示模式")
    name = request.form.get("role", "")
    try:
        role = Role(name)
    except ValueError:
        raise BadInputError(
            f"role is {name!r:.80}, allowed are {', '.join(Role)}",
            message_zh=f"role 为 {name!r:.80}，可用 {'、'.join(Role)}",
        ) from None
    session.clear()
    set_demo_role(role)
    return redirect(HOME, 303)


def _begin(account: Account) -> None:
    """Begin a session that owes nothing to the one before."""
    session.clear()
    session.permanent = True
    login_user(SignedIn(account))


def _safe_next(target: str) -> str:
    """Return where to go after signing in: a path of this host, or the map.

    What a browser would read as another host (two slashes, a backslash, a scheme) is not followed.
    """
    try:
        parts = urlsplit(target)
    except ValueError:
        return HOME
    if (
        not target.isprintable()
        or len(target) > _MAX_NEXT
        or parts.scheme
        or parts.netloc
        or not target.startswith("/")
        or target.startswith("//")
        or "\\" in target
    ):
        return HOME
    return target


def _sign_in_page(wanted: str, error: WeigeError | None = None, name: str = "") -> str:
    return render_template(
        "sign_in.html",
        wanted=wanted,
        name=name[:80],
        error=_said(error),
        demo=is_demo(),
        zh=language() == "zh",
        roles=list(Role),
        city=service().city.manifest.name,
    )


def _account_page(error: WeigeError | None = None) -> str:
    actor = current_actor()
    city = service().city
    return render_template(
        "account.html",
        actor=actor,
        area=city.name_of(actor.area) if actor.area else "",
        by=signed_in_by(),
        changed=request.args.get("changed") == "1",
        error=_said(error),
        demo=is_demo(),
        zh=language() == "zh",
        roles=list(Role),
        city=city.manifest.name,
    )


def _said(error: WeigeError | None) -> tuple[str, str] | None:
    if error is None:
        return None
    if language() == "zh":
        return error.message_zh, error.hint_zh
    return error.message, error.hint


def _failed(error: WeigeError, page: str) -> Response:
    """Return the page that says what is wrong; the one shape to whom wants JSON."""
    wants = request.accept_mimetypes.best_match(["text/html", "application/json"])
    if wants == "application/json":
        raise error
    answer = make_response(page, status_of(error))
    if isinstance(error, TooManyError):
        answer.headers["Retry-After"] = str(error.retry_after_s)
    return answer
