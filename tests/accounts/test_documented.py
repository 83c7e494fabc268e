"""docs/accounts.md says what the roles really may."""

from __future__ import annotations

import re
from pathlib import Path

from app.accounts import Permission, Role
from app.accounts.tokens import DEFAULT_DAYS
from app.accounts.tries import PER_ACCOUNT, PER_ADDRESS, WINDOW
from app.web.schemas_accounts import PermissionName, RoleName
from app.web.sessions import LIFETIME
from app.web.settings import MIN_KEY_BYTES, Settings

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "accounts.md").read_text(encoding="utf-8")


def test_the_table_of_roles_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \| (any|needed|none) \| (.*) \|$", PAGE, re.MULTILINE)
    told = {
        Role(name): (zh, area, set(re.findall(r"`(\w+)`", may))) for name, zh, area, may in rows
    }
    areas = {Role.TOWN_ADMIN: "needed", Role.ADMIN: "none"}
    assert told == {
        role: (role.name_zh, areas.get(role, "any"), set(map(str, role.permissions)))
        for role in Role
    }


def test_its_figures_are_those_of_the_code() -> None:
    for text in (
        f"at least {MIN_KEY_BYTES} bytes",
        f"lasts {LIFETIME.total_seconds() / 3600:.0f} hours",
        f"in {WINDOW.total_seconds() / 60:.0f} minutes",
        f"{Settings().writes_per_minute} writes a minute",
        f"--days {DEFAULT_DAYS}",
    ):
        assert text in PAGE, text
    assert (PER_ACCOUNT, PER_ADDRESS) == (10, 50)


def test_the_api_knows_the_same_roles_and_permissions() -> None:
    assert set(RoleName.__args__) == set(Role)
    assert set(PermissionName.__args__) == set(Permission)
