"""Whose figures somebody may see: those of its area, whole.

Who may see an incident may see it counted: an account sees every incident that lies in its area
one by one, so no count of that area is kept from it. What lies elsewhere is in none of its
figures, also where its area was asked to handle it: a count is of the ground, and the same for
everybody who may see it.
"""

from __future__ import annotations

from app.accounts import Actor, Permission
from app.accounts.areas import Areas
from app.analysis.ground import Area, Ground
from app.errors import ForbiddenError


def area_for(actor: Actor, ground: Ground, areas: Areas, code: str) -> Area | None:
    """Return the area whose figures an actor asks for.

    Parameters
    ----------
    actor
        Who asks.
    ground, areas
        The city.
    code
        Code of a grid of a level; "" for all that the actor may see.

    Returns
    -------
    Area or None
        None is the whole city.

    Raises
    ------
    ForbiddenError
        If the area is not within the actor's.
    NotFoundError, BadInputError
        If no grid has this code, or it is that of an overlay.
    """
    actor.require(Permission.VIEW)
    if code and not areas.within(code, actor.area):
        raise ForbiddenError(
            f"{code!r:.80} does not lie in {actor.area}, to which {actor.label!r} is limited",
            "Leave the area out for all that you may see.",
            message_zh=f"{code!r:.80} 不在本账号的管辖范围 {actor.area} 内",
            hint_zh="不填区域即为本账号可见的全部范围。",
        )
    asked = code or actor.area
    return ground.area(asked) if asked else None
