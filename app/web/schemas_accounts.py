"""What the routes of accounts take and answer, typed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.web.schemas_incidents import (
    whole,
)

RoleName = Literal["viewer", "grid_worker", "dispatcher", "town_admin", "admin"]
PermissionName = Literal[
    "view", "report", "handle", "dispatch", "verify", "contact", "export", "manage"
]
_MAX_LIMIT = 1000
_AREA = "Code of the grid, of any level, to which it is limited; null: the whole city"
_Whole = Annotated[int, BeforeValidator(whole)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class MeOut(BaseModel):
    """Who asks."""

    signed_in_by: Literal["session", "token", "demo"]
    label: str = Field(description="What histories show")
    role: RoleName
    role_name: str = Field(description="In the caller's language")
    area: str | None = Field(description=_AREA)
    area_name: str
    permissions: list[PermissionName]
    csrf_token: str | None = Field(
        description="To be sent in the header X-CSRFToken with every write of a browser; null for "
        "tokens, which need none"
    )


class UserOut(BaseModel):
    """An account."""

    name: str
    label: str
    role: RoleName
    area: str | None = Field(description=_AREA)
    active: bool
    created_at: datetime
    last_sign_in_at: datetime | None


class UsersOut(BaseModel):
    """Accounts in your area, by name."""

    users: list[UserOut]


class UserBody(_In):
    """A new account."""

    name: str = Field(description="2 to 32 of a-z, 0-9, '.', '_', '-'", examples=["jiancheng-01"])
    password: str = Field(description="10 to 200 characters")
    role: RoleName
    area: str | None = Field(None, description=_AREA)
    label: str = Field("", description="A post, never a person; left out: role and name")


class UserChangesBody(_In):
    """What to change of an account; what is left out stays as it is."""

    role: RoleName | None = Field(None, description="Its new role")
    area: str | None = Field("", description=_AREA + "; left out or empty: as it is")
    label: str | None = Field(None, description="What histories show")
    active: bool | None = Field(None, description="Whether it can be used")
    password: str | None = Field(None, description="A new password ends its sessions")


class TokenOut(BaseModel):
    """A token, without its secret."""

    id: int
    user: str
    name: str
    scopes: list[PermissionName]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="To ten minutes")


class NewTokenOut(TokenOut):
    """A token that was just made."""

    secret: str = Field(description="Told once: it is kept nowhere")


class TokensOut(BaseModel):
    """Tokens of the accounts in your area, the newest first."""

    tokens: list[TokenOut]


class TokenBody(_In):
    """A new token."""

    user: str = Field(description="Account as which it acts")
    name: str = Field(description="The system that uses it", examples=["12345 热线"])
    scopes: list[PermissionName] = Field(description="What it may do, of what the role may")
    days: int = Field(365, description="How long it can be used, 1 to 1825")


class KeptViewBody(_In):
    """What a view shows."""

    address: str = Field(
        description="The part of the page's address from # on, at most 2,000 characters",
        examples=["#z=13.20&c=104.54720,30.39010"],
    )


class KeptViewOut(BaseModel):
    """A view that is kept."""

    name: str = Field(description="1 to 60 characters")
    address: str = Field(description="The part of the page's address from # on")
    kept_at: datetime


class KeptViewsOut(BaseModel):
    """The views of your account, those kept last first."""

    views: list[KeptViewOut]


class AuditQuery(_In):
    """Which records of the audit log."""

    before: _Whole | None = Field(None, description="Only records with a lower id")
    subject: str = Field("", description="Only about this incident, grid or account")
    limit: _Whole = Field(100, description=f"1 to {_MAX_LIMIT}", ge=1, le=_MAX_LIMIT)


class RecordOut(BaseModel):
    """Who did what."""

    id: int
    at: datetime
    account_id: int | None
    label: str
    what: str
    subject: str
    fields: list[str] = Field(description="Names of what was seen or changed, never the content")
    remote: str


class AuditOut(BaseModel):
    """Records, the newest first."""

    records: list[RecordOut]
