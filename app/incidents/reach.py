"""What somebody may do with an incident that is seen: all of it at home, handling it elsewhere.

An area sees what lies in it, and what one of its grids has been asked to handle. Of the latter
it decides nothing: it is filed, verified, edited and closed where it lies. What lies in no grid
at all has no other home than whoever has it.
"""

from __future__ import annotations

from app.accounts import Actor, Permission
from app.accounts.actor import PERMISSIONS_ZH
from app.errors import ForbiddenError
from app.incidents.incident import Incident

_DECIDING = frozenset({Permission.DISPATCH, Permission.VERIFY})


def is_seen(actor: Actor, incident: Incident) -> bool:
    """Return whether an actor sees an incident: the same as `ledger.visible`, of one at hand."""
    return actor.area is None or actor.area in incident.seen_by_codes


def rights(actor: Actor, incident: Incident) -> frozenset[Permission]:
    """Return what an actor may do with an incident that it sees."""
    at_home = actor.area is None or not incident.codes or actor.area in incident.codes
    return actor.permissions if at_home else actor.permissions - _DECIDING


def require(actor: Actor, incident: Incident, permission: Permission) -> None:
    """Refuse what an actor may not do with an incident that it sees.

    Raises
    ------
    ForbiddenError
        If its role may not at all, or the incident is only asked of its area.
    """
    actor.require(permission)
    if permission not in rights(actor, incident):
        raise ForbiddenError(
            f"{incident.number} lies outside of {actor.area}, which is asked to handle it: "
            f"{actor.label!r} may not {permission} it",
            "Report back, escalate or comment; the town that it lies in, or the city, decides.",
            message_zh=f"{incident.number} 不在本账号的管辖范围 {actor.area} 内，仅由本辖区承办，"
            f"不能“{PERMISSIONS_ZH[permission]}”",
            hint_zh="可反馈、上报上级或备注；其余由事发地镇街或市级办理。",
        )


def require_known(actor: Actor, known: Incident) -> None:
    """Refuse a report whose external id is that of an incident which the actor does not see.

    Raises
    ------
    ForbiddenError
        Saying that ids count in the whole city.
    """
    if not is_seen(actor, known):
        raise ForbiddenError(
            f"external_id {known.external_id!r} of {known.external_source!r} is already that of "
            f"an incident outside of {actor.area}",
            "Give each sending system an external_source of its own: ids count in the whole city.",
            message_zh=f"外部编号 {known.external_id!r}（来源 {known.external_source!r}）"
            f"已属于管辖范围 {actor.area} 以外的事件",
            hint_zh="外部编号全市唯一，请为每个来源系统使用各自的 external_source。",
        )
