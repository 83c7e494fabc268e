"""/api/me, /api/users, /api/tokens and /api/audit: who asks, and who may ask."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from apiflask import APIBlueprint
from flask_wtf.csrf import generate_csrf

from app.accounts import Permission, Role
from app.accounts.account import Account
from app.accounts.audit import records
from app.accounts.tokens import Token
from app.errors import ForbiddenError
from app.web.auth import current_actor, signed_in_by
from app.web.errors import language
from app.web.reading import takes
from app.web.schemas_accounts import (
    AuditOut,
    AuditQuery,
    MeOut,
    NewTokenOut,
    RecordOut,
    TokenBody,
    TokenOut,
    TokensOut,
    UserBody,
    UserChangesBody,
    UserOut,
    UsersOut,
)
from app.web.service import service

bp = APIBlueprint("accounts", __name__, tag="Accounts")

_MAY_NOT = "Your account may not do this, or not here"
_NO_USER = "There is no such account"


@bp.get("/api/me")
@bp.output(MeOut)
def get_me() -> MeOut:
    """Say who you are, and what you may do."""
    actor, by = current_actor(), signed_in_by()
    city = service().city
    return MeOut(
        signed_in_by=by,
        label=actor.label,
        role=actor.role.value,
        role_name=actor.role.name_zh if language() == "zh" else actor.role.name_en,
        area=actor.area,
        area_name=city.name_of(actor.area) if actor.area else "",
        permissions=[one.value for one in Permission if one in actor.permissions],
        csrf_token=None if by == "token" else generate_csrf(),
    )


@bp.get("/api/users")
@bp.output(UsersOut)
@bp.doc(responses={403: _MAY_NOT})
def get_users() -> UsersOut:
    """Return the accounts in your area."""
    actor = current_actor()
    actor.require(Permission.MANAGE)
    return UsersOut(users=[_user(one) for one in service().accounts.all(actor)])


@bp.post("/api/users")
@takes(bp, UserBody, "json")
@bp.output(UserOut, status_code=201)
@bp.doc(responses={403: _MAY_NOT, 409: "The name is taken"})
def post_user(json_data: UserBody) -> tuple[UserOut, int]:
    """Make an account in your area, with no more than you have."""
    values = json_data.model_dump() | {"role": Role(json_data.role)}
    return _user(service().accounts.create(current_actor(), **values)), 201


@bp.patch("/api/users/<name>")
@takes(bp, UserChangesBody, "json")
@bp.output(UserOut)
@bp.doc(responses={403: _MAY_NOT, 404: _NO_USER, 409: "Nobody would be left to manage accounts"})
def patch_user(name: str, json_data: UserChangesBody) -> UserOut:
    """Change an account of your area, all or nothing; a new password ends its sessions."""
    values: dict[str, Any] = json_data.model_dump()
    if json_data.role is not None:
        values["role"] = Role(json_data.role)
    return _user(service().accounts.change(current_actor(), name, **values))


@bp.get("/api/tokens")
@bp.output(TokensOut)
@bp.doc(responses={403: _MAY_NOT})
def get_tokens() -> TokensOut:
    """Return the tokens of the accounts in your area."""
    return TokensOut(tokens=[_token(one) for one in service().tokens.all(current_actor())])


@bp.post("/api/tokens")
@takes(bp, TokenBody, "json")
@bp.output(NewTokenOut, status_code=201)
@bp.doc(responses={403: _MAY_NOT, 404: _NO_USER})
def post_token(json_data: TokenBody) -> tuple[NewTokenOut, int]:
    """Make a token of an account of your area; its secret is told in this answer only."""
    made, secret = service().tokens.make(
        current_actor(),
        json_data.user,
        json_data.name,
        map(Permission, json_data.scopes),
        json_data.days,
    )
    return NewTokenOut(**_token(made).model_dump(), secret=secret), 201


@bp.delete("/api/tokens/<int(max=2147483647):ident>")
@bp.output(TokenOut)
@bp.doc(responses={403: _MAY_NOT, 404: "There is no such token"})
def delete_token(ident: int) -> TokenOut:
    """Take a token back, for good; it stays in the list."""
    return _token(service().tokens.revoke(current_actor(), ident))


@bp.get("/api/audit")
@takes(bp, AuditQuery, "query")
@bp.output(AuditOut)
@bp.doc(responses={403: _MAY_NOT})
def get_audit(query_data: AuditQuery) -> AuditOut:
    """Return who saw which personal field and who changed which account, newest first."""
    actor = current_actor()
    actor.require(Permission.MANAGE)
    if actor.role is not Role.ADMIN:
        raise ForbiddenError(
            f"the audit log is for administrators of the whole city, {actor.label!r} is none",
            message_zh=f"审计记录仅供市级管理员查看，“{actor.label}”不是",
        )
    with service().database.read() as connection:
        found = records(
            connection,
            before=query_data.before,
            subject=query_data.subject,
            limit=query_data.limit,
        )
    return AuditOut(records=[RecordOut(**asdict(one)) for one in found])


def _user(one: Account) -> UserOut:
    return UserOut(
        name=one.name,
        label=one.label,
        role=one.role.value,
        area=one.area,
        active=one.active,
        created_at=one.created_at,
        last_sign_in_at=one.last_sign_in_at,
    )


def _token(one: Token) -> TokenOut:
    return TokenOut(
        id=one.id,
        user=one.account,
        name=one.name,
        scopes=[scope.value for scope in Permission if scope in one.scopes],
        created_at=one.created_at,
        expires_at=one.expires_at,
        revoked_at=one.revoked_at,
        last_used_at=one.last_used_at,
    )
