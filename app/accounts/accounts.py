"""Accounts: made, changed, signed in to. Every change leaves a record in the audit log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from sqlalchemy.engine import Connection, RowMapping

from app.accounts.account import (
    Account,
    check_label,
    check_name,
    check_role_and_area,
    is_name,
    require_may_give,
    require_may_manage,
)
from app.accounts.actor import Actor, Role
from app.accounts.areas import Areas
from app.accounts.audit import record
from app.accounts.passwords import Passwords, check_password
from app.accounts.tables import account
from app.accounts.tries import Tries
from app.errors import ConflictError, NotFoundError, NotSignedInError
from app.grids import City
from app.store import Database, utc_now


class Accounts:
    """The accounts of one database.

    Parameters
    ----------
    database
        Where they are kept.
    city
        Whose grids their areas are.
    clock
        What time it is.
    hasher
        How passwords are hashed; see `Passwords`.
    """

    def __init__(
        self,
        database: Database,
        city: City,
        clock: Callable[[], datetime] = utc_now,
        hasher: PasswordHasher | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._passwords = Passwords(hasher)
        self._tries = Tries(database, clock)
        self.areas = Areas(city)

    def create(
        self,
        by: Actor,
        name: str,
        password: str,
        role: Role,
        area: str | None = None,
        label: str = "",
    ) -> Account:
        """Make an account.

        Parameters
        ----------
        by
            Who makes it; nobody gives more than it has.
        name
            What is typed to sign in.
        password
            See `app.accounts.passwords.check_password`.
        role, area
            What it is for, and the grid to which it is limited; None for the whole city.
        label
            What histories show; left out: made of the role and the name.

        Raises
        ------
        BadInputError
            If a value is not usable.
        ForbiddenError
            If `by` may not make such an account.
        ConflictError
            If the name is taken.
        """
        name = check_name(name)
        label = check_label(label or f"{role.name_zh} {name}")
        check_role_and_area(role, area, self.areas)
        require_may_give(by, role, area, self.areas)
        check_password(password, name)
        kept = self._passwords.hash(password)

        def work(connection: Connection) -> Account:
            if connection.scalar(sa.select(account.c.id).where(account.c.name == name)) is not None:
                raise _taken(name)
            values = {
                "name": name,
                "label": label,
                "password_hash": kept,
                "role": str(role),
                "area": area,
                "active": True,
                "epoch": 1,
                "created_at": self._clock(),
            }
            connection.execute(sa.insert(account).values(values))
            record(connection, by, "create_account", name, ["role", "area", "label"])
            return _account(_row(connection, name))

        try:
            return self._database.write(work)
        except sa.exc.IntegrityError as error:  # two at once, on PostgreSQL
            raise _taken(name) from error

    def get(self, name: str) -> Account:
        """Return an account by its name.

        Raises
        ------
        NotFoundError
            If there is none.
        """
        with self._database.read() as connection:
            return _account(_row(connection, name))

    def managed(self, by: Actor, name: str) -> Account:
        """Return an account that `by` may manage.

        Raises
        ------
        NotFoundError
            If there is none; ForbiddenError if it is none of `by`'s.
        """
        found = self.get(name)
        require_may_manage(by, found, self.areas)
        return found

    def all(self, by: Actor) -> list[Account]:
        """Return the accounts in the area of `by`, by name."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(account).order_by(account.c.name)).mappings()
            found = [_account(row) for row in rows]
        return [one for one in found if self.areas.within(one.area, by.area)]

    def has_admin(self) -> bool:
        """Tell whether anybody can manage all accounts."""
        with self._database.read() as connection:
            return bool(connection.scalar(sa.select(_admins().exists())))

    def change(
        self,
        by: Actor,
        name: str,
        *,
        role: Role | None = None,
        area: str | None = "",
        label: str | None = None,
        active: bool | None = None,
        password: str | None = None,
    ) -> Account:
        """Change what is given of an account, all or nothing.

        Its tokens never have more than its role. With another password, everybody who is signed
        in to it is so no more.

        Parameters
        ----------
        by
            Who changes it.
        name
            Which.
        role, label, active, password
            What to change; None: as it is.
        area
            The new area, None for the whole city; "": as it is.

        Raises
        ------
        NotFoundError, BadInputError, ForbiddenError
            If there is no such account, a value is not usable, or `by` may not.
        ConflictError
            If nobody would be left to manage all accounts.
        """
        if label is not None:
            label = check_label(label)
        kept = None
        if password is not None:
            # Who may not change it shall not have one hashed, which takes long.
            self.managed(by, name)
            check_password(password, check_name(name))
            kept = self._passwords.hash(password)

        def work(connection: Connection) -> Account:
            now = _account(_row(connection, name, lock=True))
            require_may_manage(by, now, self.areas)
            new = replace(
                now,
                role=role or now.role,
                area=now.area if area == "" else area,
                label=label or now.label,
                active=now.active if active is None else active,
            )
            if (new.role, new.area) != (now.role, now.area):
                check_role_and_area(new.role, new.area, self.areas)
                require_may_give(by, new.role, new.area, self.areas)
            values = {
                field: getattr(new, field)
                for field in ("role", "area", "label", "active")
                if getattr(new, field) != getattr(now, field)
            }
            if values:
                record(connection, by, "change_account", now.name, list(values))
            if kept is not None:
                record(connection, by, "set_password", now.name, ["password"])
                self._tries.forgive(connection, now.name, "")
                values["password_hash"] = kept
            if not values:
                return now
            if values.keys() & {"active", "password_hash"}:
                values["epoch"] = now.epoch + 1
            _keep_an_admin(connection, now, new)
            return _update(connection, now.id, values)

        return self._database.write(work)

    def set_password(self, by: Actor, name: str, password: str) -> Account:
        """Give an account a new password; see `change`."""
        return self.change(by, name, password=password)

    def change_own_password(self, by: Actor, password: str, new: str) -> Account:
        """Change the password of who asks, who knows the old one.

        Raises
        ------
        NotSignedInError
            If `password` is not the password of now, or `by` has none.
        TooManyError
            If that was tried too often.
        BadInputError
            If the new one is not allowed.
        """
        name = self._name_of(by)
        self._tries.begin(name, by.remote)
        with self._database.read() as connection:
            row = _row(connection, name)
        if not self._passwords.verify(row["password_hash"], password):
            raise NotSignedInError(
                "the present password is another one",
                message_zh="原密码不正确",
            )
        check_password(new, name)
        kept = self._passwords.hash(new)

        def work(connection: Connection) -> Account:
            now = _row(connection, name, lock=True)
            if now["password_hash"] != row["password_hash"] or not now["active"]:
                raise _not_signed_in()
            record(connection, by, "set_password", name, ["password"])
            self._tries.forgive(connection, name, by.remote)
            values = {"password_hash": kept, "epoch": now["epoch"] + 1}
            return _update(connection, now["id"], values)

        return self._database.write(work)

    def sign_in(self, name: str, password: str, remote: str = "") -> Account:
        """Return the account to which a name and a password belong.

        What is answered, and how long it takes, does not depend on whether the account exists.

        Raises
        ------
        NotSignedInError
            If they belong to none, or to one that is not active.
        TooManyError
            If that was tried too often, for this name or from this address.
        """
        name = name.strip().lower()
        self._tries.begin(name, remote)
        with self._database.read() as connection:
            row = _find(connection, name)
        right = self._passwords.verify(row["password_hash"] if row else None, password)
        if row is None or not right or not row["active"]:
            raise _not_signed_in()
        weak = self._passwords.is_weak(row["password_hash"])
        again = self._passwords.hash(password) if weak else ""

        def work(connection: Connection) -> Account:
            now = _row(connection, name, lock=True)
            # Whoever changed it meanwhile meant that nobody signs in with the old one.
            if now["epoch"] != row["epoch"] or not now["active"]:
                raise _not_signed_in()
            values: dict[str, Any] = {"last_sign_in_at": self._clock()}
            if again:
                values["password_hash"] = again
            found = _update(connection, now["id"], values)
            self._tries.forgive(connection, name, remote)
            record(connection, found.actor(remote), "sign_in", name, [])
            return found

        return self._database.write(work)

    def of_session(self, ident: int, epoch: int) -> Account | None:
        """Return the account of a session; None if the session is over.

        Parameters
        ----------
        ident
            Number of the account.
        epoch
            In which epoch of the account the session was begun.
        """
        with self._database.read() as connection:
            asked = sa.select(account).where(account.c.id == ident, account.c.active)
            row = connection.execute(asked).mappings().first()
        return _account(row) if row is not None and row["epoch"] == epoch else None

    def _name_of(self, by: Actor) -> str:
        with self._database.read() as connection:
            name = connection.scalar(sa.select(account.c.name).where(account.c.id == by.id))
        if name is None:
            raise _not_signed_in()
        return str(name)


def _find(connection: Connection, name: str, *, lock: bool = False) -> RowMapping | None:
    if not is_name(name):  # not even text that a database can read, perhaps
        return None
    asked = sa.select(account).where(account.c.name == name)
    return connection.execute(asked.with_for_update() if lock else asked).mappings().first()


def _row(connection: Connection, name: str, *, lock: bool = False) -> RowMapping:
    found = _find(connection, name.strip().lower(), lock=lock)
    if found is None:
        raise NotFoundError(
            f"there is no account {name!r:.80}",
            message_zh=f"没有账号 {name!r:.80}",
        )
    return found


def _account(row: RowMapping) -> Account:
    values = {key: value for key, value in row.items() if key != "password_hash"}
    return Account(**values | {"role": Role(row["role"])})


def _update(connection: Connection, ident: int, values: dict[str, Any]) -> Account:
    connection.execute(sa.update(account).where(account.c.id == ident).values(values))
    return _account(
        connection.execute(sa.select(account).where(account.c.id == ident)).mappings().one()
    )


def _admins() -> sa.Select[tuple[int]]:
    return sa.select(account.c.id).where(account.c.role == str(Role.ADMIN), account.c.active)


def _keep_an_admin(connection: Connection, now: Account, new: Account) -> None:
    """Refuse to take away the last one who can manage all accounts."""
    if now.role is not Role.ADMIN or (new.role is Role.ADMIN and new.active):
        return
    # Locked, in one order: two administrators who remove each other take turns.
    others = connection.scalars(_admins().order_by(account.c.id).with_for_update()).all()
    if set(others) <= {now.id}:
        raise ConflictError(
            f"{now.name!r} is the only administrator",
            "Make another one first.",
            message_zh=f"{now.name!r} 是唯一的管理员",
            hint_zh="请先设立另一位管理员。",
        )


def _taken(name: str) -> ConflictError:
    return ConflictError(
        f"there is an account {name!r} already",
        "Take another name; a name is never given twice.",
        message_zh=f"账号 {name!r} 已存在",
        hint_zh="请换一个账号名；账号名不会重复使用。",
    )


def _not_signed_in() -> NotSignedInError:
    return NotSignedInError(
        "name and password do not belong together",
        "Names are in small letters. An administrator can set a new password.",
        message_zh="账号或密码不正确",
        hint_zh="账号名为小写字母。忘记密码请联系管理员重设。",
    )
