"""What an actor may do, and how a refusal reads."""

from __future__ import annotations

import pytest

from app.accounts import Actor, Permission, Role
from app.errors import ForbiddenError


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("permission", list(Permission))
def test_a_refusal_names_what_is_wanted_and_what_there_is(
    role: Role, permission: Permission
) -> None:
    actor = Actor.of(1, "某岗位", role)
    if permission in role.permissions:
        actor.require(permission)
        return
    with pytest.raises(ForbiddenError) as caught:
        actor.require(permission)
    assert f"may not {permission}; it may {', '.join(sorted(role.permissions))}" in (
        caught.value.message
    )
    assert str(permission) not in caught.value.message_zh
