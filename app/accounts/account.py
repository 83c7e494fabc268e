"""One account, and who may give or change what of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from app.accounts.actor import Actor, Permission, Role
from app.accounts.areas import Areas
from app.errors import BadInputError, ForbiddenError

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
MAX_LABEL = 40


@dataclass(frozen=True, slots=True)
class Account:
    """An account.

    Attributes
    ----------
    id : int
        Its number.
    name : str
        What is typed to sign in.
    label : str
        What histories show; names a post, never a person.
    role : Role
        What it is for.
    area : str or None
        Code of the grid to which it is limited; None for the whole city.
    active : bool
        Whether it can be used.
    epoch : int
        Sessions that were begun in another epoch are over.
    created_at : datetime
        When it was made, UTC.
    last_sign_in_at : datetime or None
        When somebody last signed in with a password, UTC.
    """

    id: int
    name: str
    label: str
    role: Role
    area: str | None
    active: bool
    epoch: int
    created_at: datetime
    last_sign_in_at: datetime | None

    def actor(self, remote: str = "", scopes: frozenset[Permission] | None = None) -> Actor:
        """Return who acts with this account.

        Parameters
        ----------
        remote
            Address from which it asks.
        scopes
            What a token was given; None for all that the role may do.
        """
        allowed = self.role.permissions
        if scopes is not None:
            allowed &= scopes
        return Actor(self.id, self.label, self.role, self.area, allowed, remote)


def is_name(name: str) -> bool:
    """Tell whether an account can have this name."""
    return bool(_NAME.fullmatch(name))


def check_name(name: str) -> str:
    """Return a name as it is kept.

    Raises
    ------
    BadInputError
        If it is not one.
    """
    plain = name.strip().lower()
    if not is_name(plain):
        raise BadInputError(
            f"the name is {name!r:.80}, allowed are 2 to 32 of a-z, 0-9, '.', '_', '-', a letter "
            "or digit first",
            "For example jiancheng-01.",
            message_zh=f"账号名为 {name!r:.80}，应为 2 至 32 个小写字母、数字或 . _ -，"
            "以字母或数字开头",
            hint_zh="例如 jiancheng-01。",
        )
    return plain


def check_label(label: str) -> str:
    """Return a label as it is kept.

    Raises
    ------
    BadInputError
        If it is empty, too long, or has characters that do not print.
    """
    plain = label.strip()
    if not plain or len(plain) > MAX_LABEL or not plain.isprintable():
        raise BadInputError(
            f"the label is {label!r:.80}, allowed are 1 to {MAX_LABEL} printable characters",
            "It names a post, not a person: histories show it.",
            message_zh=f"显示名为 {label!r:.80}，应为 1 至 {MAX_LABEL} 个可见字符",
            hint_zh="请写岗位，不写人名：处理记录会显示它。",
        )
    return plain


def require_may_manage(by: Actor, account: Account, areas: Areas) -> None:
    """Refuse to manage an account that has more than the manager, or belongs elsewhere.

    Raises
    ------
    ForbiddenError
        If it has.
    """
    require_may_give(by, account.role, account.area, areas)


def require_may_give(by: Actor, role: Role, area: str | None, areas: Areas) -> None:
    """Refuse to give a role or an area that the giver does not have.

    Raises
    ------
    ForbiddenError
        If the giver may not manage accounts, or has less.
    """
    by.require(Permission.MANAGE)
    missing = role.permissions - by.permissions
    if missing or (role is Role.ADMIN and by.role is not Role.ADMIN):
        raise ForbiddenError(
            f"{by.label!r} may not give or manage the role {role}",
            "Nobody gives more than it has. Ask an administrator of the city.",
            message_zh=f"“{by.label}”不能授予或管理“{role.name_zh}”",
            hint_zh="不能授予自己没有的权限，请联系市级管理员。",
        )
    if not areas.within(area, by.area):
        where, where_zh = (area, area) if area else ("the whole city", "全市")
        raise ForbiddenError(
            f"{by.label!r} is limited to {by.area} and may not manage accounts of {where}",
            "Ask an administrator of the city.",
            message_zh=f"“{by.label}”仅管辖 {by.area}，不能管理 {where_zh} 的账号",
            hint_zh="请联系市级管理员。",
        )


def check_role_and_area(role: Role, area: str | None, areas: Areas) -> None:
    """Refuse a role whose area does not fit it.

    Raises
    ------
    BadInputError
        If a town administrator has none, an administrator has one, or no grid has its code.
    """
    if role is Role.TOWN_ADMIN and area is None:
        raise BadInputError(
            f"the role {role} needs an area, the code of a grid",
            "For example the code of its town; GET /api/grids?level=… lists them.",
            message_zh=f"角色“{role.name_zh}”必须有管辖范围（网格编码）",
            hint_zh="例如所属镇街的编码，可用 GET /api/grids?level=… 查询。",
        )
    if role is Role.ADMIN and area is not None:
        raise BadInputError(
            f"the role {role} is for the whole city, its area is {area!r}",
            f"Use {Role.TOWN_ADMIN} for an administrator of an area.",
            message_zh=f"角色“{role.name_zh}”面向全市，不能设管辖范围 {area!r}",
            hint_zh=f"管辖部分范围请用“{Role.TOWN_ADMIN.name_zh}”。",
        )
    if area is not None:
        areas.check(area)
