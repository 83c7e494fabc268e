"""Somebody who acts: a role, what it may do, and the area to which it is limited."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.errors import ForbiddenError


class Permission(StrEnum):
    """One thing that somebody may be allowed to do."""

    VIEW = "view"
    REPORT = "report"
    HANDLE = "handle"
    DISPATCH = "dispatch"
    VERIFY = "verify"
    CONTACT = "contact"
    EXPORT = "export"
    MANAGE = "manage"


class Role(StrEnum):
    """What an account is for."""

    VIEWER = "viewer"
    GRID_WORKER = "grid_worker"
    DISPATCHER = "dispatcher"
    TOWN_ADMIN = "town_admin"
    ADMIN = "admin"

    @property
    def permissions(self) -> frozenset[Permission]:
        """What this role may do within its area."""
        return PERMISSIONS[self]

    @property
    def name_zh(self) -> str:
        """Its name in Chinese."""
        return NAMES_ZH[self]

    @property
    def name_en(self) -> str:
        """Its name in English."""
        return NAMES_EN[self]


_WORKER = frozenset({Permission.VIEW, Permission.REPORT, Permission.HANDLE})
_DISPATCHER = _WORKER | {
    Permission.DISPATCH,
    Permission.VERIFY,
    Permission.CONTACT,
    Permission.EXPORT,
}
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({Permission.VIEW}),
    Role.GRID_WORKER: _WORKER,
    Role.DISPATCHER: _DISPATCHER,
    Role.TOWN_ADMIN: _DISPATCHER | {Permission.MANAGE},
    Role.ADMIN: frozenset(Permission),
}
PERMISSIONS_ZH = {
    Permission.VIEW: "查看",
    Permission.REPORT: "上报",
    Permission.HANDLE: "处置",
    Permission.DISPATCH: "派遣",
    Permission.VERIFY: "核查",
    Permission.CONTACT: "查看联系方式",
    Permission.EXPORT: "导出",
    Permission.MANAGE: "管理",
}
NAMES_ZH = {
    Role.VIEWER: "查看",
    Role.GRID_WORKER: "网格员",
    Role.DISPATCHER: "调度员",
    Role.TOWN_ADMIN: "镇街管理员",
    Role.ADMIN: "管理员",
}


NAMES_EN = {
    Role.VIEWER: "Viewer",
    Role.GRID_WORKER: "Grid worker",
    Role.DISPATCHER: "Dispatcher",
    Role.TOWN_ADMIN: "Town administrator",
    Role.ADMIN: "Administrator",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts.

    Attributes
    ----------
    id : int or None
        Account; None for the system itself (an import, the demo).
    label : str
        Shown in histories; never a person's name.
    role : Role
        What the account is for.
    area : str or None
        Code of the grid, of any level, to which everything is limited; None for the whole city.
    permissions : frozenset of Permission
        What it may do: the role's, or fewer where an API token was given fewer.
    remote : str
        Address from which it asks, for the audit log; "" for a script.
    """

    id: int | None
    label: str
    role: Role
    area: str | None
    permissions: frozenset[Permission]
    remote: str = ""

    @classmethod
    def of(cls, ident: int | None, label: str, role: Role, area: str | None = None) -> Actor:
        """Return an actor with everything that the role may do."""
        return cls(ident, label, role, area, role.permissions)

    @classmethod
    def system(cls, label: str) -> Actor:
        """Return the actor of a script that an administrator runs."""
        return cls.of(None, label, Role.ADMIN)

    def require(self, permission: Permission) -> None:
        """Raise ForbiddenError unless the actor has a permission."""
        if permission not in self.permissions:
            raise ForbiddenError(
                f"{self.label!r} ({self.role}) may not {permission}; it may "
                f"{', '.join(sorted(self.permissions)) or 'nothing'}",
                "Ask an administrator for an account or a token with this right.",
                message_zh=f"“{self.label}”（{self.role.name_zh}）"
                f"没有“{PERMISSIONS_ZH[permission]}”权限",
                hint_zh="请向管理员申请相应权限。",
            )

    def require_area(self, codes: frozenset[str] | set[str]) -> None:
        """Raise ForbiddenError unless a place with these grids lies in the actor's area."""
        if self.area is not None and self.area not in codes:
            raise ForbiddenError(
                f"the place lies outside of {self.area}, to which {self.label!r} is limited",
                "Report it to the town that it lies in, or to the city's dispatchers.",
                message_zh=f"该位置不在本账号的管辖范围 {self.area} 内",
                hint_zh="请转报所属镇街或市级调度员。",
            )
