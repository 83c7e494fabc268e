"""Who is off duty, when: noted by dispatchers, heeded by proposals and escalations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.accounts import Actor, Permission
from app.errors import BadInputError, NotFoundError
from app.grids import City
from app.incidents.checks import check_text
from app.incidents.tables import absence
from app.store import Database, utc_now


@dataclass(frozen=True, slots=True)
class Absence:
    """When nobody is on duty for a grid, or not the one with a role.

    Attributes
    ----------
    role : str or None
        None is everybody of the grid.
    ends_at : datetime or None
        None is until it is removed.
    """

    id: int
    code: str
    role: str | None
    begins_at: datetime
    ends_at: datetime | None
    reason: str


class Roster:
    """Who is off duty.

    Parameters
    ----------
    database
        Where it is kept.
    city
        Whose grids and roles there are.
    clock
        Returns the instant; for tests.
    """

    def __init__(
        self, database: Database, city: City, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._city = city
        self._clock = clock

    def absences(self, actor: Actor) -> tuple[Absence, ...]:
        """Return the absences that last or are to come, in the actor's area, by their begin.

        Raises
        ------
        ForbiddenError
            If the actor does not dispatch.
        """
        actor.require(Permission.DISPATCH)
        lasting = sa.or_(absence.c.ends_at.is_(None), absence.c.ends_at > self._clock())
        asked = sa.select(absence).where(lasting).order_by(absence.c.begins_at, absence.c.id)
        with self._database.read() as connection:
            found = [_to_absence(row) for row in connection.execute(asked)]
        return tuple(one for one in found if self._is_in_area(actor, one.code))

    def add(
        self,
        actor: Actor,
        code: str,
        role: str | None = None,
        begins_at: datetime | None = None,
        ends_at: datetime | None = None,
        reason: str = "",
    ) -> Absence:
        """Note an absence.

        Parameters
        ----------
        actor
            Who notes it.
        code, role
            The grid, and which of its roles; None is all of them.
        begins_at, ends_at
            From now where left out, and without an end.
        reason
            As given.

        Raises
        ------
        NotFoundError
            If there is no such grid.
        BadInputError
            If the grid has no such role, or the end is not after the begin.
        ForbiddenError
            If the actor does not dispatch, or not there.
        """
        actor.require(Permission.DISPATCH)
        grid = self._city.find(code)
        actor.require_area({one.code for one in self._city.chain(grid)})
        roles = [one.role for one in self._city.staff_of(code)]
        if role is not None and role not in roles:
            raise BadInputError(
                f"role is {role!r}, {grid.name} has {roles}",
                message_zh=f"{grid.name} 没有角色 {role!r}，可用：{'、'.join(roles) or '无'}",
            )
        begins = begins_at or self._clock()
        if ends_at is not None and ends_at <= begins:
            raise BadInputError(
                f"ends_at is {ends_at.isoformat()}, allowed is after {begins.isoformat()}",
                message_zh=f"ends_at 为 {ends_at.isoformat()}，应晚于 {begins.isoformat()}",
            )
        check_text("note", reason)
        values = {
            "code": code,
            "role": role,
            "begins_at": begins,
            "ends_at": ends_at,
            "reason": reason,
        }

        def work(connection: Connection) -> Absence:
            made = sa.insert(absence).values(values).returning(absence.c.id)
            ident = connection.execute(made).scalar_one()
            return Absence(ident, code, role, begins, ends_at, reason)

        return self._database.write(work)

    def remove(self, actor: Actor, ident: int) -> None:
        """Remove an absence: whoever it was is on duty again.

        Raises
        ------
        NotFoundError
            If the actor sees no such absence.
        ForbiddenError
            If the actor does not dispatch.
        """
        actor.require(Permission.DISPATCH)

        def work(connection: Connection) -> None:
            row = connection.execute(sa.select(absence).where(absence.c.id == ident)).first()
            if row is None or not self._is_in_area(actor, row.code):
                raise NotFoundError(
                    f"there is no absence {ident}", message_zh=f"没有编号为 {ident} 的缺岗记录"
                )
            connection.execute(sa.delete(absence).where(absence.c.id == ident))

        self._database.write(work)

    def _is_in_area(self, actor: Actor, code: str) -> bool:
        if actor.area is None:
            return True
        try:
            chain = self._city.chain(self._city.find(code))
        except NotFoundError:  # of an older generation
            return False
        return actor.area in {one.code for one in chain}


def _to_absence(row: sa.Row[tuple[object, ...]]) -> Absence:
    return Absence(row.id, row.code, row.role, row.begins_at, row.ends_at, row.reason)
